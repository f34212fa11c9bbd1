//! Something unusual that nobody has answered yet: was it meant, and the ways on from there.

use anirewind_core::{App, BrowseError, OpenAlarm, OperationRow, Rule};
use askama::Template;

use crate::address::address;
use crate::format;
use crate::page::{in_path, sentence};
use crate::pages::Wish;

html_safe!(AlarmPart);

/// An alarm with the buttons that answer it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/alarm.html")]
pub(crate) struct AlarmPart {
    base: String,
    profile: String,
    /// The snapshot that it is about, and the one to which the list is to be put back.
    id: String,
    before: Option<String>,
    at: String,
    words: Vec<String>,
    shown: String,
    review: Option<String>,
    /// Whether titles are gone, and not only other than they were.
    is_missing: bool,
    /// The act that is putting it right.
    act: Option<String>,
    /// The page on which it stands.
    back: String,
}

impl AlarmPart {
    /// What is open of a profile, for a page.
    pub(crate) async fn all(
        app: &App,
        (base, profile, back): (&str, &str, &str),
        open: &[OpenAlarm],
    ) -> Result<Vec<Self>, BrowseError> {
        let mut parts = Vec::new();
        let acts = match open {
            [] => Vec::new(),
            _ => app.open_operations().await?,
        };
        for open in open {
            let before = app.base_of_alarm(open).await?;
            let before = before.map(|row| row.id.to_string());
            let (profile, id) = (in_path(profile), open.snapshot.id.to_string());
            let alarms = open.alarms.iter();
            let mut words: Vec<_> = alarms.map(|alarm| sentence(&alarm.to_string())).collect();
            if open.snapshot.public {
                let maybe = "Read without a token: what is missing was removed, or made private.";
                words.push(maybe.to_owned());
            }
            parts.push(Self {
                base: base.to_owned(),
                at: format::instant(open.snapshot.created_at),
                words,
                is_missing: open.alarms.iter().any(|alarm| !is_about_values(alarm.rule)),
                shown: shown(open),
                review: before.as_ref().map(|before| {
                    let mut shown = open.alarms.iter();
                    let is_all_gone = shown.all(|alarm| !is_about_values(alarm.rule));
                    let only = if is_all_gone { "missing" } else { "" };
                    let sides = [("from", before.as_str()), ("to", &id), ("show", only)];
                    address(&format!("/compare/{profile}"), &sides)
                }),
                act: acts
                    .iter()
                    .find(|act| puts_right(act, &id))
                    .map(|act| act.id.to_string()),
                back: back.to_owned(),
                profile,
                before,
                id,
            });
        }
        Ok(parts)
    }

    /// On the page that reviews it.
    pub(crate) fn reviewed(self) -> Self {
        Self {
            review: None,
            ..self
        }
    }
}

/// Whether an act was asked for from the alarm of this snapshot.
fn puts_right(act: &OperationRow, snapshot: &str) -> bool {
    let asked = act.detail.asked.as_deref().unwrap_or_default();
    Wish::read(asked).is_of_alarm(snapshot)
}

/// Whether a rule is about titles that are on the list.
const fn is_about_values(rule: Rule) -> bool {
    matches!(rule, Rule::SameValue | Rule::ScoresWiped | Rule::MadePublic)
}

/// Snapshot and rules, as in `k7f2k7f2k7f2 mass-removal scores-wiped`: what stands in the form for an alarm.
pub(crate) fn shown(open: &OpenAlarm) -> String {
    let rules = open.alarms.iter().map(|alarm| alarm.rule.as_str());
    let id = open.snapshot.id.as_str();
    std::iter::once(id)
        .chain(rules)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use anirewind_core::model::UserId;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_act_is_known_by_the_alarm_from_which_it_was_asked_for() {
        let at = datetime!(2026-11-03 14:07 UTC);
        let mut act = OperationRow::new(UserId::new(1), "restore", "Bring back".to_owned(), at);
        assert!(!puts_right(&act, "k7f2k7f2k7f2"));
        act.detail.asked = Some("snapshot=a04ea04ea04e&alarm=k7f2k7f2k7f2".to_owned());
        assert!(puts_right(&act, "k7f2k7f2k7f2"));
        assert!(!puts_right(&act, "a04ea04ea04e"));
    }
}
