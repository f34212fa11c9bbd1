//! Files that somebody sent and that wait for a word: first it is said what they are, then they are taken.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anirewind_store::StoreError;
use time::OffsetDateTime;

use crate::app::App;
use crate::import::{ImportError, ImportPlan, Imported};

/// What nobody said a word about is forgotten after this.
const FORGOTTEN: std::time::Duration = std::time::Duration::from_hours(24);
/// More files at once than this are taken for a mistake.
const MOST: usize = 2_000;
const LONGEST_NAME: usize = 120;

impl App {
    /// Puts files that somebody sent aside, under an id by which they can be looked at and taken.
    pub async fn stage_upload(&self, files: Vec<(String, Vec<u8>)>) -> Result<String, ImportError> {
        let uploads = self.uploads();
        if files.len() > MOST {
            return Err(ImportError::TooMany { path: uploads });
        }
        blocking(move || {
            forget_old(&uploads);
            let failed = |path: &Path, source| ImportError::Stage {
                path: path.to_owned(),
                source,
            };
            let mut id = [0; 8];
            getrandom::fill(&mut id)
                .map_err(|error| failed(&uploads, std::io::Error::other(error.to_string())))?;
            let id = format!("{:016x}", u64::from_le_bytes(id));
            let folder = uploads.join(&id);
            for (index, (name, bytes)) in files.into_iter().enumerate() {
                // Each in a folder of its own, so that names may repeat. The name says when it is of.
                let folder = folder.join(index.to_string());
                fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
                let path = folder.join(plain_name(&name));
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options
                    .open(&path)
                    .map_err(|source| failed(&path, source))?;
                file.write_all(&bytes)
                    .map_err(|source| failed(&path, source))?;
            }
            Ok(id)
        })
        .await
    }

    /// Says what was sent.
    pub async fn plan_upload(
        &self,
        id: &str,
        taken_at: Option<OffsetDateTime>,
    ) -> Result<ImportPlan, ImportError> {
        let folder = self.upload(id)?;
        let mut plan = self.plan_import(&folder, taken_at).await?;
        // Where it lies meanwhile is nobody's business.
        for file in &mut plan.unreadable {
            let name = Path::new(&file.file).file_name();
            let name = name.map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            file.problem = file.problem.replace(&file.file, &name);
            file.file = name;
        }
        Ok(plan)
    }

    /// Takes what was sent, and forgets it.
    pub async fn import_upload(
        &self,
        id: &str,
        taken_at: Option<OffsetDateTime>,
    ) -> Result<Imported, ImportError> {
        let plan = self.plan_upload(id, taken_at).await?;
        let imported = self.import(&plan).await?;
        self.drop_upload(id).await?;
        Ok(imported)
    }

    /// Forgets what was sent.
    pub async fn drop_upload(&self, id: &str) -> Result<(), ImportError> {
        let folder = self.upload(id)?;
        blocking(move || {
            fs::remove_dir_all(&folder).map_err(|source| ImportError::Stage {
                path: folder,
                source,
            })
        })
        .await
    }

    fn uploads(&self) -> PathBuf {
        self.inner.settings.data.join("uploads")
    }

    fn upload(&self, id: &str) -> Result<PathBuf, ImportError> {
        let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let folder = self.uploads().join(id);
        if is_id && folder.is_dir() {
            Ok(folder)
        } else {
            Err(ImportError::NoUpload)
        }
    }
}

/// A name without any folder in it, of plain letters, that ends as the name of a JSON file.
fn plain_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).take(LONGEST_NAME).collect();
    let name = name.trim_start_matches('.');
    if name.to_lowercase().ends_with(".json") {
        name.to_owned()
    } else {
        format!("{name}.json")
    }
}

fn forget_old(uploads: &Path) {
    let Ok(entries) = fs::read_dir(uploads) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > FORGOTTEN)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, "cannot remove an old upload");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(StoreError::Closed.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd.json");
        assert_eq!(
            plain_name("C:\\x\\plexanibridge-hana.20251103212205.json"),
            "plexanibridge-hana.20251103212205.json"
        );
        assert_eq!(plain_name("..json"), "json.json");
        assert_eq!(plain_name(""), ".json");
    }
}
