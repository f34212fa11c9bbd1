//! Settings of an account. One concern a call: AniList keeps half of a call that it refuses.

use anirewind_model::{EntryStatus, MediaType, RemoteError, ScoreFormat, TypeSettings};
use serde_json::{Value, json};

use crate::convert;
use crate::documents::{self, Document};
use crate::template::Variables;
use crate::transport::{AniList, Repeat};

impl AniList {
    /// Writes the settings of one list, as they are: custom lists that are not named are deleted,
    /// with everybody's place on them.
    pub async fn set_type_settings(
        &self,
        media_type: MediaType,
        settings: &TypeSettings,
    ) -> Result<(), RemoteError> {
        let name = media_type.word();
        self.set(
            &documents::LIST_OPTIONS,
            name,
            convert::type_options_input(settings),
        )
        .await
    }

    /// Makes custom lists, at the end of those in `settings`, which must be the account's present
    /// ones. Nothing is sent when all are already there.
    pub async fn add_custom_lists(
        &self,
        media_type: MediaType,
        settings: &TypeSettings,
        names: &[String],
    ) -> Result<(), RemoteError> {
        let is_new = |name: &&String| !settings.custom_lists.contains(name);
        let new: Vec<_> = names.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let lists: Vec<_> = settings.custom_lists.iter().chain(new).collect();
        let input = json!({ "customLists": lists });
        let variables = Variables::from_iter([(media_type.word().to_owned(), input)]);
        // A list that somebody makes meanwhile would be deleted: soon, or not at all.
        let _: Value = self
            .send(&documents::LIST_OPTIONS, variables, Repeat::Harmful)
            .await?;
        Ok(())
    }

    /// Deletes a custom list and every title's place on it. The titles stay.
    pub async fn delete_custom_list(
        &self,
        media_type: MediaType,
        name: &str,
    ) -> Result<(), RemoteError> {
        let variables = Variables::from_iter([
            ("name".to_owned(), json!(name)),
            ("type".to_owned(), json!(media_type.as_str())),
        ]);
        // Deleting a list that is gone answers false: sending this twice does no harm.
        let _: Value = self
            .send(&documents::DELETE_CUSTOM_LIST, variables, Repeat::Harmless)
            .await?;
        Ok(())
    }

    /// Chooses the format scores are shown in. Raw scores do not change.
    pub async fn set_score_format(&self, format: &ScoreFormat) -> Result<(), RemoteError> {
        self.set(&documents::SCORE_FORMAT, "format", json!(format.as_str()))
            .await
    }

    /// Chooses the statuses whose edits make no activity; all others do.
    pub async fn set_muted_activity(&self, muted: &[EntryStatus]) -> Result<(), RemoteError> {
        // All six each time: AniList refuses a shorter list.
        let options: Vec<Value> = EntryStatus::KNOWN
            .iter()
            .map(|status| json!({ "type": status.as_str(), "disabled": muted.contains(status) }))
            .collect();
        self.set(&documents::MUTE_ACTIVITY, "options", json!(options))
            .await
    }

    async fn set(&self, document: &Document, name: &str, value: Value) -> Result<(), RemoteError> {
        let variables = Variables::from_iter([(name.to_owned(), value)]);
        let _: Value = self.send(document, variables, Repeat::Harmless).await?;
        Ok(())
    }
}
