//! What is in the way of sending a plan, and the way out.

use anirewind_core::count;
use anirewind_core::model::UserId;

use crate::page::Visitor;

/// Why a plan cannot be sent, and the way out.
pub(super) struct Blocked {
    pub(super) reason: String,
    pub(super) way_out: String,
    /// Where that is done, without the base, and the words for it.
    pub(super) link: Option<(&'static str, &'static str)>,
}

impl Blocked {
    /// Whether anything is in the way of a plan that removes so many titles.
    pub(super) fn of(visitor: &Visitor, owner: UserId, removes: usize) -> Option<Self> {
        let settings = visitor.app.settings();
        if settings.dry_run {
            let reason = "Nothing is sent: this installation only watches (dry_run is on).";
            let link = ("/settings#dry_run", "Turn watch-only off in the settings");
            return Some(Self::by(visitor, "dry_run", reason.to_owned(), link));
        }
        if removes > 0 && !settings.destructive_sync {
            let titles = count(removes, "title");
            let link = (
                "/settings#destructive_sync",
                "Allow removals in the settings",
            );
            let reason = format!(
                "Nothing is sent: {titles} would be removed from AniList, and removing is off \
             (destructive_sync). Change this plan so that it removes nothing, or allow it."
            );
            return Some(Self::by(visitor, "destructive_sync", reason, link));
        }
        let job = visitor.job_of(owner)?;
        Some(Self {
            reason: format!(
                "Another operation of this account is not finished: \u{201c}{}\u{201d} ({}).",
                job.what, job.id
            ),
            way_out: "Finish or stop it first; this plan stays.".to_owned(),
            link: None,
        })
    }

    /// By a setting: it is changed on its page, unless something fixes it that is said before the server starts.
    fn by(
        visitor: &Visitor,
        key: &str,
        reason: String,
        link: (&'static str, &'static str),
    ) -> Self {
        let fixed_by = visitor.app.settings().fixed_by(key);
        Self {
            reason,
            way_out: match fixed_by {
                Some(origin) => format!(
                    "It is fixed by {origin}: change that and start the server again. This plan \
                     stays meanwhile, among the plans."
                ),
                None => {
                    "This plan stays meanwhile, among the plans: come back to it then.".to_owned()
                }
            },
            link: fixed_by.is_none().then_some(link),
        }
    }
}
