//! Tokens that sing: tests use them as the tokens there are, and look for them afterwards. They may lie
//! where tokens are kept, and nowhere else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memmem;

/// What every such token begins with.
const SONG: &[u8] = b"CANARY";
/// The same in base64, wherever in something it begins: so much of it is the same whatever stands around it.
const IN_BASE64: [&[u8]; 3] = [b"Q0FOQVJZ", b"NBTkFSW", b"DQU5BUl"];

/// Hana's token.
pub const HANAS: &str = "CANARY-of-hana-5b0e41c2f7a93d68";
/// Yuki's token.
pub const YUKIS: &str = "CANARY-of-yuki-90d7b3e8a1c4f625";

/// Whether a token, or a part of one, stands in something.
pub fn sings(bytes: &[u8]) -> bool {
    let is_in = |song: &[u8]| memmem::find(bytes, song).is_some();
    is_in(SONG) || IN_BASE64.into_iter().any(is_in)
}

/// The files below a folder in which a token stands, or whose name it is in, and those of the files kept
/// for tokens, `secrets`, which others can read.
pub fn traces(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut traces = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path);
            let Ok(metadata) = metadata else { continue };
            let is_named = sings(path.as_os_str().as_encoded_bytes());
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            let is_kept = folder.ends_with("secrets");
            let has_sung = metadata.is_file()
                && if is_kept {
                    is_open(&metadata)
                } else {
                    fs::read(&path).is_ok_and(|bytes| sings(&bytes))
                };
            if is_named || has_sung {
                traces.push(path);
            }
        }
    }
    Ok(traces)
}

#[cfg(unix)]
fn is_open(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_open(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_wherever_it_lies() {
        assert!(sings(HANAS.as_bytes()) && sings(YUKIS.as_bytes()));
        // `CANARY-of`, `:CANARY-of` and `a:CANARY-of`.
        for written in [
            &b"Q0FOQVJZLW9m"[..],
            b"OkNBTkFSWS1vZg==",
            b"YTpDQU5BUlktb2Y=",
        ] {
            assert!(sings(written), "{}", String::from_utf8_lossy(written));
        }
        assert!(!sings(b"a canary"));
        let folder = std::env::temp_dir().join(format!("canary-{}", std::process::id()));
        let below = folder.join("below").join("secrets");
        fs::create_dir_all(&below).unwrap();
        fs::write(folder.join("log"), "fine").unwrap();
        fs::write(below.join("1"), HANAS).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(below.join("1"), fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(traces(&folder).unwrap(), Vec::<PathBuf>::new());
        fs::write(folder.join("log"), format!("token {YUKIS}")).unwrap();
        assert_eq!(traces(&folder).unwrap(), [folder.join("log")]);
        fs::remove_dir_all(&folder).unwrap();
        assert!(traces(&folder).unwrap().is_empty());
    }
}
