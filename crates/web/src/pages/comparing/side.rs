//! What stands on either side: a snapshot, the list at a moment, or what is on AniList now.

use std::sync::Arc;

use anirewind_core::model::List;
use anirewind_core::{AccountRow, BrowseError, Explain as _, SnapshotRow};
use time::OffsetDateTime;

use crate::address::address;
use crate::api::Hub;
use crate::format;
use crate::live::{Outcome, Work, live_of};
use crate::page::{PageError, Visitor, in_path, sentence};
use crate::pages::at::{known, no_moment};
use crate::pages::backups::find;
use crate::pages::plan_new::BackTo;
use crate::parts::DeskPart;

/// Before a moment, where it stands for a side in an address.
pub(crate) const MOMENT: &str = "at:";

/// One of the two sides.
pub(super) struct Side {
    pub(super) list: Arc<List>,
    pub(super) at: OffsetDateTime,
    pub(super) what: What,
}

/// What a side is.
pub(super) enum What {
    Live,
    Snapshot(Box<SnapshotRow>),
    /// As it stands in the address, and how it is known.
    Moment {
        text: String,
        known: String,
    },
}

impl What {
    /// What a plan goes back to. What is on AniList now nothing goes back to.
    pub(super) fn wanted(&self) -> Option<BackTo<'_>> {
        match self {
            Self::Live => None,
            Self::Snapshot(row) => Some(BackTo::Snapshot(row.id.as_str())),
            Self::Moment { text, .. } => Some(BackTo::Moment(text)),
        }
    }
}

impl Side {
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.what, What::Live)
    }

    pub(super) fn snapshot(&self) -> Option<&SnapshotRow> {
        match &self.what {
            What::Snapshot(row) => Some(row),
            What::Live | What::Moment { .. } => None,
        }
    }

    /// How the list at a moment is known.
    pub(super) fn known(&self) -> Option<&str> {
        match &self.what {
            What::Moment { known, .. } => Some(known),
            What::Live | What::Snapshot(_) => None,
        }
    }
}

/// Why there is nothing to compare yet.
pub(super) enum Missing {
    Unread,
    Reading(DeskPart),
    Failed(String),
    Damaged(String),
    /// Nothing that can be read is from before this moment, which is said by the page of the moment.
    Before {
        moment: String,
        way: String,
    },
}

/// Reads one side. The live list is not asked for here: only what somebody had read is shown.
pub(super) async fn side(
    visitor: &Visitor,
    hub: &Hub,
    account: &AccountRow,
    reference: &str,
) -> Result<Result<Side, Missing>, PageError> {
    if reference == "live" {
        return Ok(live(visitor, hub, account));
    }
    if let Some(text) = reference.strip_prefix(MOMENT) {
        return moment(visitor, account, text).await;
    }
    let row = find(visitor, reference, &account.profile).await?;
    let path = visitor.app.backups().join(&row.file);
    Ok(
        match visitor.app.find(&path.display().to_string(), None).await {
            Ok(found) => {
                let mut list = found.list().clone();
                let named = visitor.app.name_titles(&mut list).await;
                named.map_err(BrowseError::Store)?;
                Ok(Side {
                    list: Arc::new(list),
                    at: row.created_at,
                    what: What::Snapshot(Box::new(row)),
                })
            }
            Err(error) => Err(Missing::Damaged(sentence(&error.chain()))),
        },
    )
}

fn live(visitor: &Visitor, hub: &Hub, account: &AccountRow) -> Result<Side, Missing> {
    let now = visitor.app.now();
    let name = live_of(&account.profile);
    match hub.desk().work(&name, now) {
        Some(work @ Work::UnderWay(_)) => Err(Missing::Reading(DeskPart::of(&name, &work))),
        Some(Work::Over(_, Outcome::Problem(problem))) => {
            let hint = problem.hint.unwrap_or_default();
            Err(Missing::Failed(format!("{} {hint}", problem.message)))
        }
        Some(Work::Over(_, Outcome::Said(said))) if said.is_problem => {
            Err(Missing::Failed(said.text))
        }
        _ => match hub.desk().live(&account.profile, now) {
            None => Err(Missing::Unread),
            Some((at, list)) => Ok(Side {
                list,
                at,
                what: What::Live,
            }),
        },
    }
}

/// The list as it was at a moment.
async fn moment(
    visitor: &Visitor,
    account: &AccountRow,
    text: &str,
) -> Result<Result<Side, Missing>, PageError> {
    let app = &visitor.app;
    let at = app.moment(text).map_err(|_| no_moment(text))?;
    let text = app.moment_text(at);
    let found = match app.list_at(account.account.id, at).await {
        Err(BrowseError::Unusable { .. }) => None,
        found => found?,
    };
    let Some(found) = found else {
        let path = format!("/at/{}", in_path(&account.profile));
        return Ok(Err(Missing::Before {
            moment: format::instant(at),
            way: address(&path, &[("when", &text)]),
        }));
    };
    Ok(Ok(Side {
        at,
        what: What::Moment {
            text,
            known: known(&found, at).join(" "),
        },
        list: Arc::new(found.list),
    }))
}
