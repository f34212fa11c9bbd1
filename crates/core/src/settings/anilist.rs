//! Where AniList is, and what it is told about who asks. What is refused is what no client is built with.

use anirewind_anilist::{InvalidEndpoint, check_endpoint, is_referer};

use crate::settings::own::{ANILIST_URL, REFERER};
use crate::settings::parsed;
use crate::source::{SettingsError, Values};

const URL_ALLOWED: &str =
    "an address with https, as https://graphql.anilist.co, or one with http on this machine";
const REFERER_ALLOWED: &str = "what a header can hold, as https://rewind.example/: no line breaks and no other control characters";

/// Where AniList is; `None` for AniList itself.
pub(super) fn url(values: &Values<'_>) -> Result<Option<String>, SettingsError> {
    // One with a password in it is not repeated.
    if let Some((text, origin)) = values.get(ANILIST_URL)
        && let Err(problem @ InvalidEndpoint::HoldsCredentials) = check_endpoint(text.trim())
    {
        return Err(SettingsError::Secret {
            key: ANILIST_URL.key,
            problem: problem.to_string(),
            origin,
        });
    }
    parsed(values, ANILIST_URL, URL_ALLOWED, |text| {
        check_endpoint(text).is_ok().then(|| text.to_owned())
    })
}

/// What to send as `Referer`.
pub(super) fn referer(values: &Values<'_>) -> Result<Option<String>, SettingsError> {
    parsed(values, REFERER, REFERER_ALLOWED, |text| {
        is_referer(text).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;
    use crate::settings_change::SettingsDraft;
    use crate::source::Sources;

    /// Read from the environment, and as a change of the file.
    fn both(variable: &str, key: &str, value: &str) -> [Result<Settings, String>; 2] {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().display().to_string();
        let mut sources = Sources {
            flags: [("data_dir", path.clone())].into(),
            ..Sources::default()
        };
        let changes = [(key.to_owned(), Some(value.to_owned()))];
        let draft = SettingsDraft::new(&sources, &changes);
        let draft = draft.map_err(|error| error.to_string().replace(&path, "DATA"));
        let set = [(variable.to_owned(), value.to_owned())];
        sources.environment.extend(set);
        let read = Settings::read(&sources).map_err(|error| error.to_string());
        [draft.map(|draft| draft.settings), read]
    }

    #[test]
    fn what_no_client_is_built_with_is_refused_by_its_name_wherever_it_is_said() {
        let url = |text| both("ANIREWIND_ANILIST_URL", "anilist_url", text);
        let referer = |text| both("ANIREWIND_REFERER", "referer", text);
        let refused = [
            url("nonsense"),
            url("http://evil.example"),
            url("https://me:CANARY@graphql.anilist.co"),
            referer("a\u{1}b"),
        ];
        let refused = refused.into_iter().flatten();
        let words: Vec<_> = refused.map(|outcome| outcome.unwrap_err()).collect();
        let words = words.join("\n").replace('\u{1}', "^A");
        assert!(!words.contains("CANARY"), "{words}");
        insta::assert_snapshot!(words, @"
        `anilist_url` cannot be `nonsense` (from DATA/config.toml); allowed: an address with https, as https://graphql.anilist.co, or one with http on this machine
        `anilist_url` cannot be `nonsense` (from the environment variable ANIREWIND_ANILIST_URL); allowed: an address with https, as https://graphql.anilist.co, or one with http on this machine
        `anilist_url` cannot be `http://evil.example` (from DATA/config.toml); allowed: an address with https, as https://graphql.anilist.co, or one with http on this machine
        `anilist_url` cannot be `http://evil.example` (from the environment variable ANIREWIND_ANILIST_URL); allowed: an address with https, as https://graphql.anilist.co, or one with http on this machine
        what DATA/config.toml holds cannot be `anilist_url`: the address must not hold a user name or a password
        what the environment variable ANIREWIND_ANILIST_URL holds cannot be `anilist_url`: the address must not hold a user name or a password
        `referer` cannot be `a^Ab` (from DATA/config.toml); allowed: what a header can hold, as https://rewind.example/: no line breaks and no other control characters
        `referer` cannot be `a^Ab` (from the environment variable ANIREWIND_REFERER); allowed: what a header can hold, as https://rewind.example/: no line breaks and no other control characters
        ");
    }

    #[test]
    fn what_a_client_is_built_with_is_taken() {
        for url in ["https://other.example/graphql", "http://127.0.0.1:1/"] {
            for read in both("ANIREWIND_ANILIST_URL", "anilist_url", url) {
                assert_eq!(read.unwrap().anilist_url.as_deref(), Some(url));
            }
        }
        let referer = "https://rewind.example/";
        for read in both("ANIREWIND_REFERER", "referer", referer) {
            assert_eq!(read.unwrap().referer.as_deref(), Some(referer));
        }
    }
}
