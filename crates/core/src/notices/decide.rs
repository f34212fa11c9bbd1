//! What to tell, from how things stand and what was told before. Pure.
//!
//! What was told is one map from what it is about to what was said. Whatever is not in the map that comes
//! out was forgotten: the account is gone, or the thing is over.

use std::collections::BTreeMap;

use anirewind_model::UserId;
use anirewind_notify::Kind;
use anirewind_store::OperationState;
use time::{Duration, OffsetDateTime};

/// What may mend itself is told when it has been so for this long: a machine that wakes up takes the
/// snapshot it missed within a minute.
const PATIENCE: Duration = Duration::minutes(15);
/// So many days before a token ends somebody is told, and when it has ended.
const DAYS: [i64; 4] = [0, 1, 7, 30];
/// There once something was told, so that what ended before is not told now.
const BEGUN: &str = "begun";

/// What was told, by what it is about.
pub(crate) type Told = BTreeMap<String, String>;

/// How things stand.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) now: OffsetDateTime,
    pub(crate) accounts: Vec<AccountFacts>,
    /// The newest acts of ours, open and ended.
    pub(crate) acts: Vec<ActFacts>,
    /// Whether AniList did not say whose a token is, and why; `None` when that cannot be told now.
    pub(crate) unidentified: Option<Result<(), String>>,
}

/// How an account stands.
#[derive(Debug, Clone)]
pub(crate) struct AccountFacts {
    pub(crate) owner: UserId,
    pub(crate) profile: String,
    /// Whether the last attempt failed, and why; `None` when there was none.
    pub(crate) failing: Option<Result<(), String>>,
    /// Whether the token was refused, and how; `None` when there was no attempt.
    pub(crate) refused: Option<Result<(), String>>,
    /// Whether a snapshot is damaged; `None` when that cannot be told now.
    pub(crate) is_damaged: Option<bool>,
    /// Whether a snapshot is overdue; `None` when that cannot be told now.
    pub(crate) is_late: Option<bool>,
    /// The newest snapshot that can be trusted, in words.
    pub(crate) last_good: String,
    /// What is unusual and unanswered: the rule, and what it found.
    pub(crate) alarms: Vec<(&'static str, String)>,
    pub(crate) token_ends: Option<OffsetDateTime>,
}

/// An act of ours.
#[derive(Debug, Clone)]
pub(crate) struct ActFacts {
    pub(crate) id: String,
    pub(crate) profile: String,
    /// restore, undo or redo.
    pub(crate) kind: String,
    pub(crate) state: OperationState,
    /// What it is, and what came of it.
    pub(crate) text: String,
}

/// A notice, before it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    /// Whom it is about, where that is known.
    pub(crate) profile: Option<String>,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// What is told now, and all that is told from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) told: Told,
    pub(crate) notices: Vec<Draft>,
}

/// Decides what to tell.
pub(crate) fn decide(facts: &Facts, before: &Told) -> Decision {
    let mut decision = Decision {
        told: Told::new(),
        notices: Vec::new(),
    };
    for account in &facts.accounts {
        let mut deciding = Deciding {
            now: facts.now,
            account,
            before,
            decision: &mut decision,
            mended: Vec::new(),
        };
        deciding.decide();
    }
    decide_unidentified(facts, before, &mut decision);
    for act in &facts.acts {
        decide_act(act, facts.now, before, &mut decision);
    }
    decision.told.insert(BEGUN.to_owned(), String::new());
    decision
}

struct Deciding<'a> {
    now: OffsetDateTime,
    account: &'a AccountFacts,
    before: &'a Told,
    decision: &'a mut Decision,
    /// What was told and is over.
    mended: Vec<&'static str>,
}

/// What somebody is told once when it begins and once when it is over.
struct Trouble<'a> {
    subject: &'static str,
    kind: Kind,
    /// Whether it is so; `None` when that cannot be told now.
    is_so: Option<bool>,
    patience: Duration,
    title: &'static str,
    text: &'a str,
    /// What is said when it is over.
    mended: &'static str,
}

impl Deciding<'_> {
    fn decide(&mut self) {
        let account = self.account;
        let has_ended = self.decide_token();
        let of = |outcome: &Option<Result<(), String>>| outcome.as_ref().map(Result::is_err);
        let why = |outcome: &Option<Result<(), String>>| match outcome {
            Some(Err(problem)) => problem.clone(),
            _ => String::new(),
        };
        let good = &account.last_good;
        let problem = why(&account.refused);
        self.trouble(&Trouble {
            subject: "refused",
            kind: Kind::Token,
            is_so: of(&account.refused),
            // That it has ended was told already, and means the same.
            patience: if has_ended {
                Duration::MAX
            } else {
                Duration::ZERO
            },
            title: "AniList no longer takes the token",
            text: &format!(
                "{problem}. No snapshots can be taken until it is connected again: anirewind account \
                 add. {good}"
            ),
            mended: "AniList takes the token again.",
        });
        let problem = why(&account.failing);
        self.trouble(&Trouble {
            subject: "failing",
            kind: Kind::Failing,
            is_so: of(&account.failing),
            patience: Duration::ZERO,
            title: "no snapshot could be taken",
            text: &format!("{problem}. It is tried again, and you hear when it is well. {good}"),
            mended: "Snapshots are taken again.",
        });
        self.trouble(&Trouble {
            subject: "late",
            kind: Kind::Late,
            is_so: account.is_late,
            patience: PATIENCE,
            title: "no snapshot for longer than the schedule allows",
            text: good,
            mended: "Snapshots are taken in time again.",
        });
        self.trouble(&Trouble {
            subject: "damaged",
            kind: Kind::Damaged,
            is_so: account.is_damaged,
            patience: Duration::ZERO,
            title: "a snapshot is damaged",
            text: &format!(
                "A file is no longer what was written. No old snapshot is removed until it is gone; \
                 `anirewind verify` says which. {good}"
            ),
            mended: "No snapshot is damaged any more.",
        });
        if !self.mended.is_empty() {
            let text = format!("{} {good}", self.mended.join(" "));
            self.tell(Kind::Recovered, "well again", &text);
        }
        self.decide_alarms();
    }

    fn trouble(&mut self, trouble: &Trouble<'_>) {
        let key = self.key(trouble.subject);
        let before = self.before.get(&key).map(String::as_str);
        let after = match (trouble.is_so, before) {
            (None, before) => before.map(str::to_owned),
            (Some(false), before) => {
                if before == Some(TOLD) {
                    self.mended.push(trouble.mended);
                }
                None
            }
            (Some(true), Some(TOLD)) => Some(TOLD.to_owned()),
            (Some(true), before) => {
                let since = since(before, self.now);
                if self.now - since >= trouble.patience {
                    self.tell(trouble.kind, trouble.title, trouble.text);
                    Some(TOLD.to_owned())
                } else {
                    Some(millis(since))
                }
            }
        };
        if let Some(after) = after {
            self.decision.told.insert(key, after);
        }
    }

    /// Says that a token ends; whether somebody was told that it has ended.
    fn decide_token(&mut self) -> bool {
        let Some(ends) = self.account.token_ends else {
            return false;
        };
        let key = self.key("token");
        let left = ends - self.now;
        let step = DAYS.into_iter().find(|days| left <= Duration::days(*days));
        // Told for this token, not for the one before it.
        let of_this = format!("{}/", millis(ends));
        let told = self
            .before
            .get(&key)
            .and_then(|told| told.strip_prefix(&of_this)?.parse::<i64>().ok());
        let Some(step) = step else {
            return false;
        };
        if told.is_none_or(|told| step < told) {
            let connect =
                "Get a new one and connect again: anirewind account add. Its history stays.";
            let refused = self.before.get(&self.key("refused"));
            let is_refused = refused.is_some_and(|refused| refused == TOLD);
            if step > 0 {
                let days = left.whole_days();
                let title = match days {
                    0 => "the token ends within a day".to_owned(),
                    1 => "the token ends in a day".to_owned(),
                    days => format!("the token ends in {days} days"),
                };
                self.tell(Kind::Token, &title, connect);
            } else if !is_refused {
                self.tell(Kind::Token, "the token has ended", connect);
            }
        }
        let step = told.map_or(step, |told| told.min(step));
        self.decision.told.insert(key, format!("{of_this}{step}"));
        step == 0
    }

    /// Each rule is told once, until everything by it is answered.
    fn decide_alarms(&mut self) {
        let mut new = Vec::new();
        for (rule, found) in &self.account.alarms {
            let key = self.key(&format!("alarm/{rule}"));
            if !self.before.contains_key(&key) && !self.decision.told.contains_key(&key) {
                new.push(found.as_str());
            }
            self.decision.told.insert(key, TOLD.to_owned());
        }
        if !new.is_empty() {
            let text = format!(
                "{}. Was this you? anirewind alarm list. Nothing old is removed until it is answered.",
                new.join("; ")
            );
            self.tell(Kind::Alarm, "the list changed in an unusual way", &text);
        }
    }

    fn key(&self, subject: &str) -> String {
        format!("account/{}/{subject}", self.account.owner)
    }

    fn tell(&mut self, kind: Kind, title: &str, text: &str) {
        self.decision.notices.push(Draft {
            kind,
            profile: Some(self.account.profile.clone()),
            title: format!("{}: {title}", self.account.profile),
            text: text.trim().to_owned(),
        });
    }
}

/// A token of which nobody knows whose it is belongs to no account, and saves nothing.
fn decide_unidentified(facts: &Facts, before: &Told, decision: &mut Decision) {
    let key = "token/unidentified".to_owned();
    let known = before.get(&key).map(String::as_str);
    let mut tell = |kind, title: &str, text: String| {
        decision.notices.push(Draft {
            kind,
            profile: None,
            title: title.to_owned(),
            text,
        });
    };
    let after = match (&facts.unidentified, known) {
        (None, known) => known.map(str::to_owned),
        (Some(Ok(())), known) => {
            if known == Some(TOLD) {
                let text = "There is no token of which AniList does not say whose it is.";
                tell(Kind::Recovered, "well again", text.to_owned());
            }
            None
        }
        (Some(Err(_)), Some(TOLD)) => Some(TOLD.to_owned()),
        (Some(Err(problem)), known) => {
            let since = since(known, facts.now);
            if facts.now - since >= PATIENCE {
                let text = format!(
                    "{problem}. Nothing is saved with it. It is asked again by the schedule; where the \
                     token is at fault, set another one: anirewind account add."
                );
                let title = "AniList does not say whose a token is";
                tell(Kind::Token, title, text);
                Some(TOLD.to_owned())
            } else {
                Some(millis(since))
            }
        }
    };
    if let Some(after) = after {
        decision.told.insert(key, after);
    }
}

/// Where somebody was told that something is so.
const TOLD: &str = "told";

fn decide_act(act: &ActFacts, now: OffsetDateTime, before: &Told, decision: &mut Decision) {
    let key = format!("act/{}", act.id);
    let known = before.get(&key).map(String::as_str);
    let is_first = !before.contains_key(BEGUN);
    let word = act.state.as_str();
    let (kind, what) = match act.state {
        OperationState::Done => (Kind::Finished, "is done"),
        OperationState::Partly => (Kind::Finished, "is done but for some titles"),
        OperationState::Stopped => (Kind::Stopped, "stopped and somebody has to look"),
        OperationState::Planned
        | OperationState::Discarded
        | OperationState::Paused
        | OperationState::Running => {
            // Going on once more does not make what stopped news again.
            decision
                .told
                .extend(known.map(|known| (key, known.to_owned())));
            return;
        }
    };
    if known == Some(word) || (is_first && kind == Kind::Finished) {
        decision.told.insert(key, word.to_owned());
        return;
    }
    // What stopped is tried again by itself; only what does not help is told.
    let since = since(known, now);
    if kind == Kind::Stopped && now - since < PATIENCE {
        decision.told.insert(key, millis(since));
        return;
    }
    decision.notices.push(Draft {
        kind,
        profile: Some(act.profile.clone()),
        title: format!("{}: {} {} {what}", act.profile, act.kind, act.id),
        text: act.text.clone(),
    });
    decision.told.insert(key, word.to_owned());
}

/// Since when something is so: since it was first seen, unless the clock was set back meanwhile.
fn since(seen: Option<&str>, now: OffsetDateTime) -> OffsetDateTime {
    let millis = seen.and_then(|text| text.parse::<i64>().ok());
    let seen = millis.and_then(|millis| {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
    });
    seen.filter(|seen| *seen <= now).unwrap_or(now)
}

fn millis(at: OffsetDateTime) -> String {
    (at.unix_timestamp_nanos() / 1_000_000).to_string()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

    fn well() -> AccountFacts {
        AccountFacts {
            owner: UserId::new(4242),
            profile: "hana".to_owned(),
            failing: Some(Ok(())),
            refused: Some(Ok(())),
            is_damaged: Some(false),
            is_late: Some(false),
            last_good: "The newest good snapshot is of yesterday.".to_owned(),
            alarms: Vec::new(),
            token_ends: None,
        }
    }

    fn act(state: OperationState) -> ActFacts {
        ActFacts {
            id: "9c1e".to_owned(),
            profile: "hana".to_owned(),
            kind: "restore".to_owned(),
            state,
            text: "90 restored".to_owned(),
        }
    }

    /// Somebody who is told, one moment after the other.
    struct Somebody {
        told: Told,
        now: OffsetDateTime,
        unidentified: Option<Result<(), String>>,
    }

    impl Somebody {
        fn new() -> Self {
            let mut somebody = Self {
                told: Told::new(),
                now: NOW,
                unidentified: None,
            };
            assert!(somebody.account(well()).is_empty());
            somebody
        }

        fn facts(&mut self, accounts: Vec<AccountFacts>, acts: Vec<ActFacts>) -> Vec<String> {
            let now = self.now;
            let facts = Facts {
                now,
                accounts,
                acts,
                unidentified: self.unidentified.clone(),
            };
            let decision = decide(&facts, &self.told);
            self.told = decision.told;
            let words = |draft: &Draft| format!("{} | {}", draft.kind.as_str(), draft.title);
            let told: Vec<_> = decision.notices.iter().map(words).collect();
            // Told at once again: nothing.
            let again = decide(&facts, &self.told);
            assert_eq!((again.told, again.notices), (self.told.clone(), Vec::new()));
            told
        }

        fn account(&mut self, account: AccountFacts) -> Vec<String> {
            self.facts(vec![account], Vec::new())
        }

        fn act(&mut self, state: OperationState) -> Vec<String> {
            self.facts(Vec::new(), vec![act(state)])
        }

        fn after(&mut self, passed: Duration) -> &mut Self {
            self.now += passed;
            self
        }
    }

    #[test]
    fn a_failure_is_told_when_it_begins_and_when_it_is_over() {
        let mut hana = Somebody::new();
        let failing = |problem: &str| AccountFacts {
            failing: Some(Err(problem.to_owned())),
            ..well()
        };
        let told = hana.account(failing("no network"));
        assert_eq!(told, ["failing | hana: no snapshot could be taken"]);
        // Each retry fails, in other words too.
        assert!(hana.after(Duration::HOUR).account(failing("no")).is_empty());
        assert_eq!(hana.account(well()), ["recovered | hana: well again"]);
        assert!(hana.account(well()).is_empty());
        assert_eq!(hana.account(failing("no")).len(), 1);
    }

    #[test]
    fn late_is_told_only_when_it_stays_so() {
        let late = || AccountFacts {
            is_late: Some(true),
            ..well()
        };
        let mut hana = Somebody::new();
        assert!(hana.account(late()).is_empty());
        assert!(hana.after(Duration::MINUTE).account(well()).is_empty());
        assert!(hana.account(late()).is_empty());
        assert!(hana.after(Duration::minutes(14)).account(late()).is_empty());
        // A clock that is set back begins it anew rather than never to end it.
        assert!(hana.after(-Duration::DAY).account(late()).is_empty());
        let told = hana.after(Duration::minutes(15)).account(late());
        assert_eq!(told.len(), 1);
        // While it cannot be told, nothing is.
        let unsure = AccountFacts {
            is_late: None,
            ..well()
        };
        assert!(hana.account(unsure).is_empty());
        assert_eq!(hana.account(well()), ["recovered | hana: well again"]);
    }

    #[test]
    fn two_things_that_mend_together_are_told_as_one() {
        let mut hana = Somebody::new();
        let both = AccountFacts {
            failing: Some(Err("no".to_owned())),
            is_damaged: Some(true),
            ..well()
        };
        assert_eq!(hana.account(both).len(), 2);
        assert_eq!(hana.account(well()).len(), 1);
    }

    #[test]
    fn a_token_is_told_of_thirty_seven_and_one_days_before_and_at_its_end() {
        let ends = NOW + Duration::days(40);
        let with = |ends| AccountFacts {
            token_ends: Some(ends),
            ..well()
        };
        let mut hana = Somebody::new();
        let mut told = Vec::new();
        for _ in 0..45 {
            let notices = hana.account(with(ends));
            let day = (hana.now - NOW).whole_days();
            told.extend(notices.into_iter().map(|title| format!("{day}: {title}")));
            hana.after(Duration::DAY);
        }
        assert_eq!(
            told,
            [
                "10: token | hana: the token ends in 30 days",
                "33: token | hana: the token ends in 7 days",
                "39: token | hana: the token ends in a day",
                "40: token | hana: the token has ended",
            ]
        );
        // That AniList refuses it now is the same news; that it takes the new one is none.
        let refused = AccountFacts {
            refused: Some(Err("refused".to_owned())),
            ..with(ends)
        };
        assert!(hana.account(refused).is_empty());
        let next = hana.now + Duration::days(20);
        let told = hana.account(with(next));
        assert_eq!(told, ["token | hana: the token ends in 20 days"]);
    }

    #[test]
    fn a_refused_token_is_told_and_then_not_that_it_has_ended() {
        let refused = |left| AccountFacts {
            refused: Some(Err("refused".to_owned())),
            token_ends: Some(NOW + left),
            ..well()
        };
        let mut hana = Somebody::new();
        let told = hana.account(refused(Duration::days(90)));
        assert_eq!(told, ["token | hana: AniList no longer takes the token"]);
        assert!(hana.account(refused(-Duration::DAY)).is_empty());
        let fine = AccountFacts {
            token_ends: Some(NOW + Duration::days(365)),
            ..well()
        };
        assert_eq!(hana.account(fine), ["recovered | hana: well again"]);
    }

    #[test]
    fn a_rule_is_told_once_until_it_is_answered() {
        let with = |rules: &[&'static str]| AccountFacts {
            alarms: rules.iter().map(|rule| (*rule, "x".to_owned())).collect(),
            ..well()
        };
        let mut hana = Somebody::new();
        // Two snapshots say the same.
        assert_eq!(hana.account(with(&["wiped", "wiped"])).len(), 1);
        assert!(hana.account(with(&["wiped"])).is_empty());
        assert_eq!(hana.account(with(&["wiped", "gone"])).len(), 1);
        assert!(hana.account(well()).is_empty());
        assert_eq!(hana.account(with(&["wiped"])).len(), 1);
    }

    #[test]
    fn an_act_is_told_of_when_it_ends_or_when_it_stays_stopped() {
        let mut hana = Somebody::new();
        assert!(hana.act(OperationState::Running).is_empty());
        assert!(hana.act(OperationState::Stopped).is_empty());
        assert!(
            hana.after(Duration::MINUTE)
                .act(OperationState::Running)
                .is_empty()
        );
        assert!(hana.act(OperationState::Stopped).is_empty());
        let told = hana.after(PATIENCE).act(OperationState::Stopped);
        assert_eq!(
            told,
            ["stopped | hana: restore 9c1e stopped and somebody has to look"]
        );
        let told = hana.act(OperationState::Partly);
        assert_eq!(
            told,
            ["finished | hana: restore 9c1e is done but for some titles"]
        );
        assert!(hana.act(OperationState::Paused).is_empty());
    }

    #[test]
    fn what_ended_before_anybody_was_to_be_told_is_not_told() {
        let mut hana = Somebody {
            told: Told::new(),
            now: NOW,
            unidentified: None,
        };
        assert!(hana.act(OperationState::Done).is_empty());
        let failing = AccountFacts {
            failing: Some(Err("no".to_owned())),
            ..well()
        };
        assert_eq!(hana.account(failing).len(), 1, "what is so now is told");
    }

    #[test]
    fn an_account_that_is_gone_is_forgotten() {
        let mut hana = Somebody::new();
        let failing = AccountFacts {
            failing: Some(Err("no".to_owned())),
            ..well()
        };
        hana.account(failing);
        assert!(hana.facts(Vec::new(), Vec::new()).is_empty());
        assert_eq!(hana.told.len(), 1);
        assert!(hana.account(well()).is_empty());
    }

    #[test]
    fn a_token_of_nobody_is_told_once_when_it_stays_so_and_once_when_it_is_known() {
        let mut somebody = Somebody::new();
        somebody.unidentified = Some(Err("AniList refused the token".to_owned()));
        assert!(somebody.facts(Vec::new(), Vec::new()).is_empty());
        let told = somebody.after(PATIENCE).facts(Vec::new(), Vec::new());
        let title = "token | AniList does not say whose a token is";
        assert_eq!(told, [title]);
        // A server that was started again has not asked yet.
        somebody.unidentified = None;
        assert!(somebody.facts(Vec::new(), Vec::new()).is_empty());
        somebody.unidentified = Some(Err("AniList refused the token".to_owned()));
        assert!(
            somebody
                .after(PATIENCE)
                .facts(Vec::new(), Vec::new())
                .is_empty()
        );
        somebody.unidentified = Some(Ok(()));
        assert_eq!(somebody.account(well()), ["recovered | well again"]);
        // What mends itself soon is no news.
        somebody.unidentified = Some(Err("AniList is down".to_owned()));
        assert!(somebody.facts(Vec::new(), Vec::new()).is_empty());
        somebody.unidentified = Some(Ok(()));
        assert!(somebody.after(PATIENCE).account(well()).is_empty());
    }
}
