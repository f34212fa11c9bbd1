//! Taking over the history that PlexAniBridge keeps, and what other programs report.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anirewind_backup::entry_from_json_in;
use anirewind_model::{Entry, MediaId, MediaType, ScoreFormat, UserId};
use anirewind_store::{
    ChangeFilter, ForeignError, OperationRow, OperationState, SnapshotFilter, Start, StoreError,
    SyncHistoryRow, read_sync_history,
};
use anirewind_timeline::{Change, Id, Outcome, Source, When};
use serde_json::Value;
use thiserror::Error;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::app::App;
use crate::explain::{Code, Explain};
use crate::import::ImportError;
use crate::numbers::count;

/// What taking a history over brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryImport {
    /// Changes that are new here.
    pub taken: usize,
    /// Changes that were here already.
    pub already: usize,
    /// Rows that were left out, each with the reason.
    pub left_out: Vec<(i64, String)>,
    /// Names of the profiles that the history is of.
    pub profiles: Vec<String>,
}

/// A history could not be taken over. Nothing was.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The file cannot be read.
    #[error(transparent)]
    Foreign(#[from] ForeignError),
    /// It is of several profiles, and it was not said which one is this account's.
    #[error("it is of several profiles: {}", profiles.join(", "))]
    WhichProfile {
        /// Their names.
        profiles: Vec<String>,
    },
    /// What was sent is not there.
    #[error(transparent)]
    Upload(#[from] ImportError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for HistoryError {
    fn code(&self) -> Code {
        match self {
            Self::WhichProfile { .. } => Code::Usage,
            Self::Foreign(ForeignError::Io { .. }) => Code::NotFound,
            Self::Upload(error) => error.code(),
            Self::Foreign(ForeignError::NotAHistory { .. }) | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WhichProfile { .. } => {
                "Nothing was taken over. Say which one (`--from-profile`, over the API `fromProfile`)."
                    .to_owned()
            }
            _ => "Nothing was taken over, and the file was not changed.".to_owned(),
        })
    }
}

impl App {
    /// Takes over the `sync_history` of a PlexAniBridge database: outcomes and states as they are.
    /// The file is only read. What was taken over before is not taken again.
    pub async fn import_history(
        &self,
        owner: UserId,
        path: &Path,
        from_profile: Option<&str>,
    ) -> Result<HistoryImport, HistoryError> {
        let file = path.to_owned();
        let rows = tokio::task::spawn_blocking(move || read_sync_history(&file)).await;
        let rows = rows.map_err(|_| StoreError::Closed)??;
        let mut profiles: Vec<String> = rows.iter().map(|row| row.profile.clone()).collect();
        profiles.sort();
        profiles.dedup();
        let wanted = match (from_profile, profiles.as_slice()) {
            (Some(profile), _) => profile.to_owned(),
            (None, [] | [_]) => profiles.first().cloned().unwrap_or_default(),
            (None, _) => return Err(HistoryError::WhichProfile { profiles }),
        };
        let format = self.score_format(owner).await?;
        let known = self.imported(owner).await?;
        let mut import = HistoryImport {
            profiles,
            ..HistoryImport::default()
        };
        let mut changes = Vec::new();
        for row in rows.into_iter().filter(|row| row.profile == wanted) {
            match change_of(&row, format.as_ref()) {
                Err(reason) => import.left_out.push((row.id, reason)),
                Ok(change) if known.contains(&key(&change)) => import.already += 1,
                Ok(change) => changes.push(change),
            }
        }
        import.taken = changes.len();
        if !changes.is_empty() {
            self.inner.store.record_changes(owner, changes).await?;
            let what = format!(
                "Bring in {} from PlexAniBridge",
                count(import.taken, "change")
            );
            let operation = OperationRow {
                state: OperationState::Done,
                ..OperationRow::new(owner, "import", what, self.now())
            };
            let store = &self.inner.store;
            store.put_operation(operation, Vec::new()).await?;
        }
        Ok(import)
    }

    /// The same for a file that somebody sent, which is forgotten then.
    pub async fn import_history_upload(
        &self,
        owner: UserId,
        upload: &str,
        from_profile: Option<&str>,
    ) -> Result<HistoryImport, HistoryError> {
        let file = self.file_of_upload(upload)?;
        let (app, turns) = (self.clone(), Arc::clone(&self.inner.reading_in));
        let (upload, from) = (upload.to_owned(), from_profile.map(str::to_owned));
        // Apart from whoever sent it, who may go away meanwhile.
        let work = tokio::spawn(async move {
            let _turn = turns.acquire_owned().await;
            let imported = app.import_history(owner, &file, from.as_deref()).await;
            app.drop_upload(&upload).await?;
            imported
        });
        work.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads an entry as it stands in a snapshot file.
    pub fn entry_of(&self, value: &Value, media_type: MediaType) -> Result<Entry, String> {
        let text = value.to_string();
        anirewind_backup::entry_from_json(&text, media_type).map_err(|error| error.to_string())
    }

    /// Writes down a change that another program made and tells us of.
    pub async fn report_change(&self, owner: UserId, change: Change) -> Result<Id, StoreError> {
        let change = Change {
            source: Source::Api,
            operation: None,
            undoes: None,
            ..change
        };
        let ids = self.inner.store.record_changes(owner, vec![change]).await?;
        ids.into_iter().next().ok_or(StoreError::Closed)
    }

    /// The format of the account's scores, as the newest snapshot has it: theirs are in it.
    async fn score_format(&self, owner: UserId) -> Result<Option<ScoreFormat>, StoreError> {
        let all = SnapshotFilter::default();
        let Some(row) = self.last_trusted(owner, all, Start::Newest).await? else {
            return Ok(None);
        };
        let folder = self.inner.folder.clone();
        let read = tokio::task::spawn_blocking(move || crate::catalogue::read_base(&folder, &row));
        let read = read.await.map_err(|_| StoreError::Closed)?;
        Ok(read.ok().map(|list| list.settings.score_format))
    }

    async fn imported(&self, owner: UserId) -> Result<BTreeSet<Key>, StoreError> {
        let filter = ChangeFilter {
            source: Some(Source::Import),
            bare: true,
            ..ChangeFilter::default()
        };
        let rows = self.changes(Some(owner), filter, None, usize::MAX).await?;
        Ok(rows.iter().map(|row| key(&row.change)).collect())
    }
}

type Key = (i128, u32, &'static str);

/// Milliseconds, as the catalogue keeps them.
fn key(change: &Change) -> Key {
    let at = change.when.at.unix_timestamp_nanos() / 1_000_000;
    (at, change.media.get(), change.outcome.as_str())
}

fn change_of(row: &SyncHistoryRow, format: Option<&ScoreFormat>) -> Result<Change, String> {
    let outcome = Outcome::parse(&row.outcome.to_lowercase())
        .ok_or_else(|| format!("its outcome is `{}`", row.outcome))?;
    let media = row.media.ok_or("it names no title of AniList")?;
    let at = instant(&row.timestamp).ok_or_else(|| format!("its time is `{}`", row.timestamp))?;
    let state = |text: &Option<String>| state(text.as_deref(), media, format);
    Ok(Change {
        media: MediaId::new(media),
        // It knows no manga.
        media_type: MediaType::Anime,
        title: None,
        before: state(&row.before)?,
        after: state(&row.after)?,
        outcome,
        source: Source::Import,
        when: When::exactly(at),
        group: None,
        operation: None,
        undoes: None,
        error: row.error.clone(),
    })
}

/// An entry as it writes one down; nothing, null and {} are none.
fn state(
    text: Option<&str>,
    media: u32,
    format: Option<&ScoreFormat>,
) -> Result<Option<Entry>, String> {
    let Some(text) = text else { return Ok(None) };
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Object(object) = value else {
        return Ok(None);
    };
    if object.is_empty() {
        return Ok(None);
    }
    let mut object: serde_json::Map<String, Value> = object
        .into_iter()
        .map(|(name, value)| (camel_case(&name), value))
        .collect();
    for (name, value) in [("id", 0), ("userId", 0), ("mediaId", media)] {
        let place = object.entry(name.to_owned()).or_insert(Value::Null);
        if place.is_null() {
            *place = Value::from(value);
        }
    }
    let text = Value::Object(object).to_string();
    let entry = entry_from_json_in(&text, MediaType::Anime, format);
    entry.map(Some).map_err(|damage| damage.to_string())
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.extend(letters);
        name
    })
}

/// `2026-11-03 14:02:03.123456`, in UTC.
fn instant(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]"
    );
    let at = PrimitiveDateTime::parse(text.get(..26).unwrap_or(text), form).ok()?;
    Some(at.assume_utc())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn their_times_and_names_are_understood() {
        assert_eq!(
            instant("2026-11-03 14:02:03.500000"),
            Some(datetime!(2026-11-03 14:02:03.5 UTC))
        );
        assert_eq!(
            instant("2026-11-03 14:02:03"),
            Some(datetime!(2026-11-03 14:02:03 UTC))
        );
        assert_eq!(instant("yesterday"), None);
        assert_eq!(camel_case("started_at"), "startedAt");
        assert_eq!(camel_case("mediaId"), "mediaId");
    }

    #[test]
    fn states_keep_what_they_hold_and_nothing_else() {
        let text = r#"{"media_id": 7, "status": "CURRENT", "score": 8.5, "progress": 3}"#;
        let entry = state(Some(text), 7, Some(&ScoreFormat::Point10Decimal))
            .unwrap()
            .unwrap();
        assert_eq!(
            entry.values.score.known().map(|score| score.raw()),
            Some(85)
        );
        assert!(!entry.values.private.is_recorded());
        let unknown = state(Some(text), 7, None).unwrap().unwrap();
        assert!(
            !unknown.values.score.is_recorded(),
            "a score in a format nobody knows"
        );
        for none in [None, Some("null"), Some("{}")] {
            assert_eq!(state(none, 7, None), Ok(None));
        }
        assert!(state(Some("{"), 7, None).is_err());
    }
}
