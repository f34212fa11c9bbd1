//! Titles and scores as the account wants them shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anirewind_core::model::{List, UserId};
use anirewind_core::{App, BrowseError, Found, FoundList, Plan, StepRow, Style, title_of};

use crate::output::Failure;

/// How each account wants titles and scores shown.
#[derive(Debug, Default)]
pub(crate) struct Styles(BTreeMap<UserId, Style>);

impl Styles {
    pub(crate) async fn read(app: &App) -> Result<Self, Failure> {
        let accounts = app.accounts().await?.into_iter();
        let styles = accounts.map(|row| (row.account.id, row.style));
        Ok(Self(styles.collect()))
    }

    /// That of a user; as AniList does it where nobody here knows.
    pub(crate) fn of(&self, owner: UserId) -> Style {
        self.0.get(&owner).cloned().unwrap_or_default()
    }

    /// That of whose list it is; of a list of somebody else the one that it holds.
    pub(crate) fn of_list(&self, list: &List) -> Style {
        let style = self.0.get(&list.owner.id).cloned();
        style.unwrap_or_else(|| said_by(list))
    }

    /// The same of a list that was asked for by name. What AniList says just now is newer than what is known here.
    pub(crate) fn of_found(&self, found: &Found) -> Style {
        match &found.source {
            FoundList::Live(list) => said_by(list),
            FoundList::Snapshot(snapshot) => self.of_list(&snapshot.list),
        }
    }

    /// The same for a plan, which knows the format of scores itself.
    pub(crate) fn of_plan(&self, plan: &Plan) -> Style {
        Style {
            scores: plan.score_format.clone(),
            ..self.of(plan.operation.owner)
        }
    }
}

/// What each account is called here.
#[derive(Debug, Default)]
pub(crate) struct Profiles(BTreeMap<UserId, String>);

impl Profiles {
    pub(crate) async fn read(app: &App) -> Result<Self, Failure> {
        let mut accounts = app.accounts().await?;
        accounts.extend(app.kept_accounts().await?);
        let named = accounts.into_iter();
        Ok(Self(
            named.map(|row| (row.account.id, row.profile)).collect(),
        ))
    }

    pub(crate) fn of(&self, owner: UserId) -> &str {
        self.0.get(&owner).map_or("", String::as_str)
    }
}

/// The one that a list holds.
fn said_by(list: &List) -> Style {
    let usual = Style::default();
    Style {
        titles: list.title_language.clone().unwrap_or(usual.titles),
        scores: list.settings.score_format.clone(),
        ..usual
    }
}

/// What a title of a plan or an act is called; as it was written down where nothing else is known of it.
pub(crate) fn step_called(step: &StepRow, style: &Style) -> String {
    let mut entries = [&step.before, &step.target].into_iter().flatten();
    match entries.find(|entry| entry.summary.is_some()) {
        Some(entry) => title_of(entry, &style.titles),
        None => step
            .title
            .clone()
            .unwrap_or_else(|| format!("{} {}", step.media_type.word(), step.media)),
    }
}

/// A list to look at, in which titles without a name have the one under which they were last seen here.
pub(crate) async fn named<'a>(app: &App, list: &'a List) -> Result<Cow<'a, List>, Failure> {
    if list.entries.iter().all(|entry| entry.summary.is_some()) {
        return Ok(Cow::Borrowed(list));
    }
    let mut list = list.clone();
    app.name_titles(&mut list)
        .await
        .map_err(BrowseError::Store)?;
    Ok(Cow::Owned(list))
}
