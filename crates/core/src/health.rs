//! How the whole installation is, in plain words, each with what to do. Asks AniList nothing: it goes by
//! the last answers.

use anirewind_anilist::Outcome;
use anirewind_store::{SnapshotFilter, SnapshotRow, Start};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::figures::{Answers, Figures};
use crate::find::BrowseError;
use crate::numbers::size;
use crate::status::{AccountStatus, Verdict};
use crate::zone::Zone;

/// Clocks this far apart make times in the timeline hard to read,
const CLOCK_OFF: i64 = 90;
/// and this far apart something is wrong.
const CLOCK_WRONG: i64 = 600;
/// A token that ends this soon is worth a word.
const TOKEN_ENDS: Duration = Duration::days(30);
/// Fewer bytes than this on the disk are little,
const DISK_LITTLE: u64 = 1024 * 1024 * 1024;
/// and fewer than this may not hold the next snapshot.
const DISK_NONE: u64 = 100 * 1024 * 1024;
/// Every snapshot is read again within a week; where one was not for twice as long, that is late.
const PROVEN_LATE: Duration = Duration::days(14);

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthState {
    /// As it should be.
    Ok,
    /// It cannot be told yet.
    Unknown,
    /// Somebody should look, in time.
    Warn,
    /// Somebody should do something.
    Bad,
}

impl HealthState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What, in a word that programs can rely on.
    pub what: &'static str,
    /// The profile, where it is about one.
    pub profile: Option<String>,
    /// How it is.
    pub state: HealthState,
    /// What was found, in words.
    pub found: String,
    /// Since when it is so, where that is known.
    pub since: Option<OffsetDateTime>,
    /// What to do, where something is to be done.
    pub hint: Option<String>,
}

impl HealthCheck {
    fn new(what: &'static str, state: HealthState, found: impl Into<String>) -> Self {
        Self {
            what,
            profile: None,
            state,
            found: found.into(),
            since: None,
            hint: None,
        }
    }

    fn since(self, since: Option<OffsetDateTime>) -> Self {
        Self { since, ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    fn of(self, profile: &str) -> Self {
        Self {
            profile: Some(profile.to_owned()),
            ..self
        }
    }
}

impl App {
    /// What was counted since the process started.
    pub fn figures(&self) -> Figures {
        let mut figures = self.counting().read();
        // What has not happened yet is nought rather than missing.
        for outcome in Outcome::ALL {
            figures.requests.entry(outcome.as_str()).or_default();
        }
        for word in ["saved", "unchanged", "failed"] {
            figures.snapshots.entry(word).or_default();
        }
        for word in ["done", "partly", "paused", "stopped"] {
            figures.jobs.entry(word).or_default();
        }
        figures
    }

    /// Everything that has to be right for a server to be left alone.
    pub async fn health(&self) -> Result<Vec<HealthCheck>, BrowseError> {
        let figures = self.figures();
        let mut checks = vec![
            anilist(&figures.anilist),
            self.limit(&figures),
            clock(&figures.anilist),
            self.disk().await,
            self.schema().await?,
            self.settings_check(),
        ];
        checks.extend(self.unreadable_files().await?);
        checks.extend(self.proxy());
        let (all, zone) = (self.status().await?, self.zone());
        if all.is_empty() {
            checks.push(self.stranger());
        }
        for status in &all {
            let profile = status.account.profile.clone();
            let of_account = [
                token(status, self.now(), &zone),
                snapshots(status),
                proven(status, self.now(), &zone),
                jobs(status),
            ];
            checks.extend(of_account.map(|check| check.of(&profile)));
        }
        Ok(checks)
    }

    /// Files in the folder of snapshots that could not be read when it was last looked at.
    async fn unreadable_files(&self) -> Result<Option<HealthCheck>, BrowseError> {
        let mut files = self.unreadable().clone();
        if files.is_empty() {
            return Ok(None);
        }
        // Damage of a snapshot that is known is said of its account, as long as that is connected.
        let accounts = self.accounts().await?;
        let damaged = SnapshotFilter {
            damaged: true,
            ..SnapshotFilter::default()
        };
        let known = self.snapshots_where(None, damaged, Start::Newest, usize::MAX);
        let known = known.await?;
        let is_said = |row: &SnapshotRow| accounts.iter().any(|of| of.account.id == row.owner.id);
        files.retain(|file| known.iter().all(|row| row.file != *file || !is_said(row)));
        let named = match files.as_slice() {
            [] => return Ok(None),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let cannot = if files.len() == 1 {
            "is left as it is and not used"
        } else {
            "are left as they are and not used"
        };
        let found = format!("{named} cannot be read and {cannot}");
        let check = HealthCheck::new("files", HealthState::Warn, found);
        Ok(Some(check.hint(
            "`anirewind verify` says what is wrong with each. Other snapshots are not affected.",
        )))
    }

    /// What there is where nobody is known: no token, or one of which AniList has not said whose it is.
    fn stranger(&self) -> HealthCheck {
        if self.inner.settings.tokens.is_empty() {
            let check = HealthCheck::new("token", HealthState::Bad, "no account is connected");
            return check.hint("Connect one: anirewind account add --token-file FILE");
        }
        let Some((at, problem)) = self.unidentified() else {
            let found = "a token is set, and AniList has not been asked yet whose it is";
            return HealthCheck::new("token", HealthState::Unknown, found);
        };
        let found = format!("nothing is saved: {problem}");
        let check = HealthCheck::new("token", HealthState::Bad, found).since(Some(at));
        check.hint(
            "It is tried again by the schedule. Where the token is at fault, set another one.",
        )
    }

    fn limit(&self, figures: &Figures) -> HealthCheck {
        let (limit, silence) = self.allowance();
        if let Some(silence) = silence {
            let found = format!(
                "AniList asked for silence, {} s more",
                silence.as_secs() + 1
            );
            return HealthCheck::new("limit", HealthState::Warn, found)
                .hint("Nothing: what waits goes on by itself.");
        }
        let left = figures.anilist.left;
        let found = match left {
            // After AniList asked for a pause fewer are sent than it would take.
            Some(left) if left > limit => format!(
                "{left} requests a minute left at the last answer; no more than {limit} are sent for now"
            ),
            Some(left) => format!("{left} of {limit} requests a minute left at the last answer"),
            None => format!("{limit} requests a minute; none was sent yet"),
        };
        let state = left.map_or(HealthState::Unknown, |_| HealthState::Ok);
        HealthCheck::new("limit", state, found)
    }

    async fn disk(&self) -> HealthCheck {
        let data = self.settings().data.clone();
        let shown = data.display().to_string();
        let space = tokio::task::spawn_blocking(move || fs4::available_space(data)).await;
        let Ok(Ok(space)) = space else {
            let found = format!("the space left beside {shown} cannot be told");
            return HealthCheck::new("disk", HealthState::Unknown, found);
        };
        let found = format!("{} left in {shown}", size(space));
        match space {
            0..DISK_NONE => HealthCheck::new("disk", HealthState::Bad, found)
                .hint("The next snapshot may not fit. Make room; earlier snapshots are untouched."),
            DISK_NONE..DISK_LITTLE => HealthCheck::new("disk", HealthState::Warn, found)
                .hint("Make room, or keep fewer snapshots (backup_retention_days)."),
            _ => HealthCheck::new("disk", HealthState::Ok, found),
        }
    }

    async fn schema(&self) -> Result<HealthCheck, BrowseError> {
        let version = self.inner.store.schema_version().await?;
        let found = format!("the catalogue answers (schema {version})");
        Ok(HealthCheck::new("schema", HealthState::Ok, found))
    }

    fn settings_check(&self) -> HealthCheck {
        if let Some((at, problem)) = self.reload_problem() {
            let found = format!("config.toml is not taken: {problem}");
            return HealthCheck::new("settings", HealthState::Bad, found)
                .since(Some(at))
                .hint("The settings of before are in force. Mend it, then reload.");
        }
        if self.settings().is_outdated() {
            let found = "config.toml was changed and is not in force yet";
            return HealthCheck::new("settings", HealthState::Warn, found)
                .hint("Reload: SIGHUP, or POST /api/v1/server/reload.");
        }
        if let Some(config) = self.settings().open_secrets() {
            let found = "config.toml holds secrets, and others on this machine can read it";
            return HealthCheck::new("settings", HealthState::Warn, found)
                .hint(format!("chmod 600 {}", config.display()));
        }
        HealthCheck::new("settings", HealthState::Ok, "in force")
    }

    /// Only said when there is something to say.
    fn proxy(&self) -> Option<HealthCheck> {
        let (address, since) = self.unnamed_proxy()?;
        let found = format!(
            "what comes from {address} says that it is passed on for others, and {address} is not in \
             trusted_proxies: they all count as one"
        );
        let check = HealthCheck::new("proxy", HealthState::Warn, found).since(Some(since));
        Some(check.hint(format!(
            "If that is your proxy: trusted_proxies = \"{address}\". If not, somebody tries to pass for \
             another; that is in vain."
        )))
    }
}

fn anilist(answers: &Answers) -> HealthCheck {
    match (&answers.problem, answers.failing_since, answers.since) {
        (Some(problem), Some(since), _) => {
            HealthCheck::new("anilist", HealthState::Bad, problem.clone())
                .since(Some(since))
                .hint("Nothing, if AniList is down: it is tried again by itself. Snapshots can be read meanwhile.")
        }
        (_, _, None) => HealthCheck::new("anilist", HealthState::Unknown, "not asked anything yet"),
        (_, _, since) => HealthCheck::new("anilist", HealthState::Ok, "it answers").since(since),
    }
}

fn clock(answers: &Answers) -> HealthCheck {
    let Some(ahead) = answers.clock_ahead else {
        let found = "AniList has not said what time it is";
        return HealthCheck::new("clock", HealthState::Unknown, found);
    };
    let found = match ahead {
        0 => "in step with AniList's".to_owned(),
        ..0 => format!("{} s behind AniList's", ahead.abs()),
        _ => format!("{ahead} s ahead of AniList's"),
    };
    let hint = "Let the machine set its clock (NTP). Snapshots are named by it, and kept by it.";
    match ahead.abs() {
        0..CLOCK_OFF => HealthCheck::new("clock", HealthState::Ok, found),
        CLOCK_OFF..CLOCK_WRONG => HealthCheck::new("clock", HealthState::Warn, found).hint(hint),
        _ => HealthCheck::new("clock", HealthState::Bad, found).hint(hint),
    }
}

fn token(status: &AccountStatus, now: OffsetDateTime, zone: &Zone) -> HealthCheck {
    if status.account.public {
        let found = "none: the public list is read, and nothing can be written";
        let hint = format!(
            "To see private titles and to bring anything back: anirewind account add {} --token-file FILE",
            status.account.profile
        );
        return HealthCheck::new("token", HealthState::Ok, found).hint(hint);
    }
    let again =
        "Connect the account again: anirewind account add --token-file FILE. All else is kept.";
    let ended = status.account.token_expires_at.filter(|ends| *ends <= now);
    if status.verdict == Verdict::NotConnected && ended.is_none() {
        let since = status.last_attempt.as_ref().map(|attempt| attempt.at);
        return HealthCheck::new("token", HealthState::Bad, "AniList no longer takes it")
            .since(since)
            .hint(again);
    }
    match status.account.token_expires_at {
        None => HealthCheck::new(
            "token",
            HealthState::Ok,
            "AniList takes it; it does not say when it ends",
        ),
        Some(ends) if ends <= now => {
            let found = format!("it ended on {}", zone.date(ends, Some(now)));
            HealthCheck::new("token", HealthState::Bad, found)
                .since(Some(ends))
                .hint(again)
        }
        Some(ends) => {
            let found = format!(
                "AniList takes it; it ends on {}",
                zone.date(ends, Some(now))
            );
            if ends - now < TOKEN_ENDS {
                HealthCheck::new("token", HealthState::Warn, found).hint(again)
            } else {
                HealthCheck::new("token", HealthState::Ok, found)
            }
        }
    }
}

fn snapshots(status: &AccountStatus) -> HealthCheck {
    let found = format!("{} {}", status.account.profile, status.verdict.sentence());
    let last_good = status.last_good.as_ref();
    let alarms = status.alarms.iter().map(|open| open.snapshot.at());
    let since = match status.verdict {
        Verdict::Unusual => alarms.min(),
        Verdict::Late => status.last_taken,
        _ => last_good.map(SnapshotRow::at),
    };
    let state = match status.verdict {
        Verdict::Protected | Verdict::PublicList => HealthState::Ok,
        Verdict::NoSnapshotYet => HealthState::Unknown,
        Verdict::Late | Verdict::AniListDown | Verdict::Paused => HealthState::Warn,
        // What vanished is worth more than any other thing here: it comes first.
        Verdict::Unusual | Verdict::NotConnected | Verdict::Failing | Verdict::Damaged => {
            HealthState::Bad
        }
    };
    let check = HealthCheck::new("snapshots", state, found).since(since);
    match (&status.last_attempt, state) {
        (_, HealthState::Ok | HealthState::Unknown) => check,
        (Some(attempt), _) if status.verdict == Verdict::Failing => {
            let hint = format!("The last attempt: {}", attempt.detail);
            check.hint(hint)
        }
        (Some(attempt), _) if status.verdict == Verdict::AniListDown => {
            let hint = format!(
                "Nothing: it is tried again. The last attempt: {}",
                attempt.detail
            );
            check.hint(hint)
        }
        _ if status.verdict == Verdict::Paused => {
            check.hint("If they are to be taken again: anirewind config set backup_at daily@01:00")
        }
        _ => check
            .hint("See `anirewind status`; what is unusual is answered with `anirewind alarm`."),
    }
}

fn proven(status: &AccountStatus, now: OffsetDateTime, zone: &Zone) -> HealthCheck {
    let Some(proofs) = status.proofs else {
        return HealthCheck::new(
            "verify",
            HealthState::Unknown,
            "there is nothing to read yet",
        );
    };
    let since = proofs.since;
    let found = format!(
        "{} since {}{}",
        proofs.read(),
        zone.date(since, Some(now)),
        proofs.rest()
    );
    if proofs.damaged > 0 {
        return HealthCheck::new("verify", HealthState::Bad, found)
            .since(Some(since))
            .hint("`anirewind verify` names what is damaged. It is left as it is and not used.");
    }
    if now - since > PROVEN_LATE {
        return HealthCheck::new("verify", HealthState::Warn, found)
            .since(Some(since))
            .hint("Let them be read: anirewind verify");
    }
    HealthCheck::new("verify", HealthState::Ok, found).since(Some(since))
}

fn jobs(status: &AccountStatus) -> HealthCheck {
    use anirewind_store::OperationState;

    let Some(act) = &status.unfinished else {
        return HealthCheck::new("jobs", HealthState::Ok, "nothing is waiting");
    };
    let id = act.id.as_str();
    let problem = act.problem.as_ref();
    let problem = problem.map_or_else(String::new, |problem| format!(": {problem}"));
    let found = format!("{id} ({}) is {}{problem}", act.what, act.state.as_str());
    let state = match act.state {
        OperationState::Stopped => HealthState::Bad,
        OperationState::Paused => HealthState::Warn,
        _ => HealthState::Ok,
    };
    let check = HealthCheck::new("jobs", state, found).since(Some(act.at));
    if state == HealthState::Ok {
        check
    } else {
        check.hint(format!(
            "Go on: anirewind job resume {id}. What is done stays either way."
        ))
    }
}

impl App {
    /// Settings were read again and taken, or not. What was in force stays so when they were not.
    pub fn note_reload(&self, outcome: Result<(), String>) {
        let problem = outcome.err();
        match &problem {
            None => tracing::info!("settings read again"),
            Some(problem) => tracing::error!(problem, "settings not taken; those of before hold"),
        }
        self.set_reload_problem(problem.clone());
        self.tell(crate::event::Event::Settings { problem });
    }

    /// The same, where nobody asked for it and it is tried again and again: what is known already is not
    /// noted once more.
    pub fn note_reload_again(&self, problem: String) {
        let known = self.reload_problem();
        if known.is_none_or(|(_, known)| known != problem) {
            self.note_reload(Err(problem));
        }
    }
}
