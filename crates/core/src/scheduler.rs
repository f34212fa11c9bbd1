//! Snapshots at start and by the schedule, and looks in between, for as long as a server runs.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anirewind_anilist::Urgency;
use anirewind_backup::Kind;
use anirewind_model::UserId;
use anirewind_store::{AccountRow, Outcome};
use time::OffsetDateTime;
use tokio::task::{AbortHandle, Id, JoinSet};

use crate::accounts::{AccountError, Target};
use crate::agenda::{Agenda, Ending};
use crate::app::App;
use crate::capture::CaptureError;
use crate::explain::{Code, Explain as _};
use crate::notices::ping::{Pings, UnderWay};
use crate::schedule::{Jitter, Schedule};

#[cfg(test)]
mod tests;

/// The wall clock is looked at this often, and so are the accounts: both change, and machines sleep.
const LOOK: Duration = Duration::from_mins(1);

/// So many of the newest acts are looked at for what they put right.
const ACTS: usize = 8;

/// While something is under way, what else is due is looked for this often, in true time.
const KNOCK: Duration = Duration::from_secs(1);

/// Whose turn it is: an account, or a token of which it is not known yet whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Account(UserId),
    Token(u64),
}

/// What is done for everybody, each at a time of his own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Snapshots,
    /// Looks, and how often.
    Looks(time::Duration),
}

/// What leads to an account: tokens that work for it, or why there is none.
#[derive(Debug, Clone, Default)]
struct Way {
    targets: Vec<Target>,
    trouble: Option<(Code, String)>,
}

/// Somebody who is due.
struct Due {
    errand: Errand,
    key: Key,
    way: Way,
    /// For as long as it is there, whoever hears of snapshots counts this one as being taken.
    under_way: Option<UnderWay>,
}

/// What is under way of an errand.
struct Rounds {
    errand: Errand,
    agenda: Agenda<Key>,
    ways: BTreeMap<Key, Way>,
    offsets: BTreeMap<UserId, Jitter>,
    tasks: JoinSet<Done>,
    under_way: BTreeMap<Id, (Key, AbortHandle)>,
    /// When the accounts were last read, by the time since the clock's fixed instant.
    read_at: Option<Duration>,
    proven: Option<OffsetDateTime>,
    /// Whether the times in the agenda are those of other settings.
    is_rescheduled: bool,
    /// What was last said of nobody being there, so that it is not said every minute.
    said: Option<String>,
    /// Who hears of snapshots being taken, and of how it went.
    pings: Option<Pings>,
    /// A round in which it has become known whose a token is, and that goes on with its snapshot.
    going_on: Option<UnderWay>,
}

/// What is due when, for whoever goes on with the same installation under other settings.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    snapshots: Option<Agenda<Key>>,
    looks: Option<Agenda<Key>>,
    proven: Option<OffsetDateTime>,
    /// Whether the settings say other times for snapshots than those that were kept to, and for looks.
    are_snapshots_rescheduled: bool,
    are_looks_rescheduled: bool,
}

/// A piece of work that is over.
enum Done {
    Attempt {
        key: Key,
        began: OffsetDateTime,
        ending: Ending,
    },
    /// It is known now whose token it is. Whoever hears of snapshots hears of that one, and not of this.
    Identified(Option<UnderWay>),
    /// The snapshots were read again.
    Other,
}

impl App {
    /// Takes a snapshot of every account now and whenever the schedule says, for ever.
    ///
    /// Each account has its own times: none waits for another. What was missed while the machine
    /// slept is made up for once. A clock that is set back does not bring a day twice, and one that
    /// was far ahead does not leave years without a snapshot.
    pub async fn run_schedule(&self) {
        for target in self.targets(None).await.unwrap_or_default() {
            self.resume_in_background(&target);
        }
        self.run(Errand::Snapshots, attempt).await;
    }

    /// Looks at every account whenever the interval has passed, for ever; nothing when looking is
    /// switched off.
    ///
    /// Looks use what snapshots and people leave of the budget: with very many accounts the interval
    /// is longer than it is set to.
    pub async fn run_watch(&self) {
        let interval = self.inner.settings.watch_interval;
        let interval = interval.and_then(|interval| time::Duration::try_from(interval).ok());
        let Some(interval) = interval else {
            return std::future::pending().await;
        };
        self.run(Errand::Looks(interval), attempt).await;
    }

    /// Makes an attempt whenever somebody is due, for ever.
    async fn run<F>(&self, errand: Errand, attempt: impl Fn(App, Due) -> F)
    where
        F: Future<Output = Done> + Send + 'static,
    {
        let mut rounds = Rounds::new(errand);
        rounds.pings = (errand == Errand::Snapshots).then(|| Pings::begin(self));
        self.go_on_with_diary(&mut rounds);
        loop {
            self.refresh(&mut rounds).await;
            let now = self.now();
            let due = {
                let offsets = &rounds.offsets;
                let next = |key: &Key, at| self.next_of(errand, offsets, key, at);
                rounds.agenda.begin(now, next)
            };
            for key in due {
                self.set_out(&mut rounds, key, now, &attempt);
            }
            rounds.going_on = None;
            self.publish(&rounds);
            self.prove_daily(&mut rounds);
            self.wait(&mut rounds).await;
        }
    }

    /// Reads who there is, at start, every minute, and when it became known whose a token is.
    async fn refresh(&self, rounds: &mut Rounds) {
        let elapsed = self.inner.clock.elapsed();
        let is_fresh = |read_at| elapsed.saturating_sub(read_at) < LOOK;
        if rounds.read_at.is_some_and(is_fresh) {
            return;
        }
        rounds.read_at = Some(elapsed);
        if let Err(error) = self.ways(rounds).await {
            rounds.say(&error.chain(), || {
                tracing::error!(problem = error.chain(), "no snapshot of anybody");
            });
            return;
        }
        // Once is enough, by whoever takes snapshots.
        let is_said = rounds.errand == Errand::Snapshots;
        if is_said && rounds.ways.is_empty() {
            rounds.say("nobody", || {
                tracing::warn!("no account is connected: anirewind account add --token-file FILE");
            });
        } else {
            rounds.said = None;
        }
        if std::mem::take(&mut rounds.is_rescheduled) {
            let (errand, offsets, now) = (rounds.errand, &rounds.offsets, self.now());
            let next = |key: &Key, at| self.next_of(errand, offsets, key, at);
            let is_off = matches!(errand, Errand::Snapshots)
                && self.inner.settings.backup_at == Schedule::Off;
            rounds.agenda.reschedule(now, next, is_off);
        }
        let marks = rounds.ways.iter().map(|(key, way)| (*key, way.mark()));
        let marks = marks.collect();
        let first = match rounds.errand {
            Errand::Snapshots if self.inner.settings.backup_at == Schedule::Off => {
                let (schedule, zone) = (Schedule::Off, &self.inner.zone);
                schedule.next_after(self.now(), zone)
            }
            Errand::Snapshots => self.now(),
            Errand::Looks(interval) => self.now() + interval,
        };
        rounds.agenda.keep(&marks, first);
        self.hasten_repaired(rounds).await;
        let agenda = &rounds.agenda;
        // Whoever was removed while something was read for him is not brought back by it.
        for (key, task) in rounds.under_way.values() {
            if matches!(key, Key::Account(_)) && !agenda.has(key) {
                task.abort();
            }
        }
    }

    /// What was put right from here is saved at once: until then the newest good snapshot is one of long ago.
    async fn hasten_repaired(&self, rounds: &mut Rounds) {
        let is_off = self.inner.settings.backup_at == Schedule::Off;
        if rounds.errand != Errand::Snapshots || is_off {
            return;
        }
        // Also those of another process.
        let acts = self.inner.store.operations(None, ACTS).await;
        let owners = acts.unwrap_or_default().into_iter().map(|act| act.owner);
        for owner in owners.collect::<BTreeSet<_>>() {
            if self.is_unsaved_repair(owner).await.unwrap_or_default() {
                rounds.agenda.hasten(&Key::Account(owner), self.now());
            }
        }
    }

    async fn ways(&self, rounds: &mut Rounds) -> Result<(), AccountError> {
        let rows = self.accounts().await?;
        let (targets, troubles) = self.all_targets(&rows).await;
        rounds.offsets = rows
            .iter()
            .map(|row| (row.account.id, self.offset_of(row)))
            .collect();
        rounds.ways.clear();
        for target in targets {
            let key = match self.owner_of(&target) {
                Some(owner) => Key::Account(owner),
                None => Key::Token(hash(&target)),
            };
            rounds.ways.entry(key).or_default().targets.push(target);
        }
        for (owner, error) in troubles {
            let way = rounds.ways.entry(Key::Account(owner)).or_default();
            way.trouble = Some((error.code(), error.chain()));
        }
        Ok(())
    }

    /// Begins what is due for somebody.
    fn set_out<F>(
        &self,
        rounds: &mut Rounds,
        key: Key,
        now: OffsetDateTime,
        attempt: impl Fn(App, Due) -> F,
    ) where
        F: Future<Output = Done> + Send + 'static,
    {
        let Some(way) = rounds.ways.get(&key) else {
            rounds.agenda.end(&key, now, Ending::Settled, now + LOOK);
            return;
        };
        let due = Due {
            errand: rounds.errand,
            key,
            way: way.clone(),
            under_way: rounds.pings.as_ref().map(Pings::set_out),
        };
        let task = rounds.tasks.spawn(attempt(self.clone(), due));
        rounds.under_way.insert(task.id(), (key, task));
    }

    /// Sleeps until something is due, or until something under way is over.
    async fn wait(&self, rounds: &mut Rounds) {
        let left = rounds.agenda.wakes_at().map_or(LOOK, |due| self.until(due));
        if rounds.tasks.is_empty() {
            self.inner.clock.sleep(left).await;
            return;
        }
        // In true time: it is work that is waited for, and it takes what it takes.
        let over = tokio::select! {
            over = rounds.tasks.join_next_with_id() => over,
            () = tokio::time::sleep(left.min(KNOCK)) => None,
        };
        let Some(over) = over else { return };
        let (id, done) = match over {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let key = rounds.under_way.remove(&id).map(|(key, _)| key);
        let now = self.now();
        match (done, key) {
            (Some(Done::Attempt { key, began, ending }), _) => {
                self.note_end(rounds, key, began, ending).await;
            }
            (Some(Done::Identified(under_way)), _) => {
                rounds.going_on = under_way;
                rounds.read_at = None;
            }
            (Some(Done::Other), _) => rounds.read_at = None,
            // Dropped, or it came to grief in a way that nobody foresaw.
            (None, Some(key)) => self.note_end(rounds, key, now, Ending::MayPass).await,
            (None, None) => {}
        }
    }

    async fn note_end(&self, rounds: &mut Rounds, key: Key, began: OffsetDateTime, ending: Ending) {
        // An account that was not known before this has times of its own only now.
        if let Key::Account(owner) = key
            && !rounds.offsets.contains_key(&owner)
            && let Ok(rows) = self.accounts().await
            && let Some(row) = rows.iter().find(|row| row.account.id == owner)
        {
            rounds.offsets.insert(owner, self.offset_of(row));
        }
        let next = self.next_of(rounds.errand, &rounds.offsets, &key, began);
        rounds.agenda.end(&key, self.now(), ending, next);
    }

    /// Reads a part of the snapshots again, once a day, when nothing else is under way.
    fn prove_daily(&self, rounds: &mut Rounds) {
        let now = self.now();
        // A little less than a day, so that a schedule that drifts does not skip one.
        let is_due = rounds
            .proven
            .is_none_or(|last| (now - last).abs() >= time::Duration::hours(20));
        if rounds.errand != Errand::Snapshots || !rounds.tasks.is_empty() || !is_due {
            return;
        }
        rounds.proven = Some(now);
        let app = self.clone();
        rounds.tasks.spawn(async move {
            if let Err(error) = app.scrub().await {
                tracing::error!(problem = error.chain(), "snapshots could not be read again");
            }
            Done::Other
        });
    }

    /// When an account is due again that was served at this time.
    fn next_of(
        &self,
        errand: Errand,
        offsets: &BTreeMap<UserId, Jitter>,
        key: &Key,
        at: OffsetDateTime,
    ) -> OffsetDateTime {
        match errand {
            Errand::Looks(interval) => at + interval,
            Errand::Snapshots => {
                let jitter = match key {
                    Key::Account(owner) => offsets.get(owner).copied(),
                    Key::Token(_) => None,
                };
                let schedule = self.inner.settings.backup_at;
                schedule.next_after_with(at, &self.inner.zone, jitter.unwrap_or_default())
            }
        }
    }

    /// By how much later an account is served than the schedule says: always the same here, another
    /// for each account and each installation.
    pub(crate) fn offset_of(&self, row: &AccountRow) -> Jitter {
        let longest = self.inner.settings.backup_jitter;
        let seed = (row.account.id.get(), row.added_at.unix_timestamp_nanos());
        Jitter::new(longest, u64::from(seed.0), seed.1)
    }

    /// Says to whoever asks when accounts are due, and keeps it for whoever goes on with it.
    fn publish(&self, rounds: &Rounds) {
        let agenda = rounds.agenda.clone();
        let mut diary = locked(&self.inner.diary);
        if rounds.errand != Errand::Snapshots {
            diary.looks = Some(agenda);
            return;
        }
        diary.snapshots = Some(agenda);
        diary.proven = rounds.proven;
        drop(diary);
        let waiting = rounds.agenda.waiting();
        let due = waiting.filter_map(|(key, due)| match key {
            Key::Account(owner) => Some((*owner, due)),
            Key::Token(_) => None,
        });
        *locked(&self.inner.due) = due.collect();
    }

    /// What is due when, for the same installation under these settings.
    pub(crate) fn diary_for(&self, next: &Self) -> Diary {
        let (diary, carried) = (locked(&self.inner.diary), locked(&self.inner.carried));
        let times = |app: &Self| {
            let settings = &app.inner.settings;
            let (at, jitter) = (settings.backup_at, settings.backup_jitter);
            (at, jitter, app.inner.zone.clone())
        };
        let interval = |app: &Self| app.inner.settings.watch_interval;
        // Who was not yet gone on with, as the settings changed again at once, stays as it was.
        let on = |now: &Option<Agenda<Key>>, before: &Option<Agenda<Key>>| {
            now.as_ref().or(before.as_ref()).map(Agenda::handed_on)
        };
        Diary {
            snapshots: on(&diary.snapshots, &carried.snapshots),
            looks: on(&diary.looks, &carried.looks),
            proven: diary.proven.or(carried.proven),
            are_snapshots_rescheduled: (diary.snapshots.is_none()
                && carried.are_snapshots_rescheduled)
                || times(self) != times(next),
            are_looks_rescheduled: (diary.looks.is_none() && carried.are_looks_rescheduled)
                || interval(self) != interval(next),
        }
    }

    pub(crate) fn set_diary(&self, diary: Diary) {
        *locked(&self.inner.carried) = diary;
    }

    /// Keeps to the times of before the settings changed: to change one is no reason for a snapshot.
    fn go_on_with_diary(&self, rounds: &mut Rounds) {
        let mut carried = locked(&self.inner.carried);
        let (agenda, is_rescheduled) = match rounds.errand {
            Errand::Snapshots => (carried.snapshots.take(), carried.are_snapshots_rescheduled),
            Errand::Looks(_) => (carried.looks.take(), carried.are_looks_rescheduled),
        };
        if let Some(agenda) = agenda {
            rounds.agenda = agenda;
            rounds.is_rescheduled = is_rescheduled;
            rounds.proven = carried.proven;
        }
    }

    /// Goes on with what of an account was begun and did not end, without holding up anything else.
    fn resume_in_background(&self, target: &Target) {
        // Without a token nothing is written, what was begun with one neither.
        if target.is_public() {
            return;
        }
        let Some(owner) = self.owner_of(target) else {
            return;
        };
        if !self.resuming().insert(owner) {
            return;
        }
        let app = self.with_urgency(Urgency::Act);
        tokio::spawn(async move {
            if let Err(error) = app.resume_unfinished(owner).await {
                tracing::warn!(problem = error.chain(), "cannot go on with what was begun");
            }
            app.resuming().remove(&owner);
        });
    }

    fn resuming(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        locked(&self.inner.resuming)
    }

    /// Whether AniList refused the token of an account the last time.
    async fn was_refused(&self, target: &Target) -> bool {
        let Some(owner) = self.owner_for_failure(target).await else {
            return false;
        };
        let last = self.last_attempt(owner).await.ok().flatten();
        last.is_some_and(|attempt| attempt.outcome == Outcome::Refused)
    }

    fn until(&self, due: OffsetDateTime) -> Duration {
        let left = Duration::try_from(due - self.now()).unwrap_or(Duration::ZERO);
        left.clamp(Duration::from_millis(100), LOOK)
    }

    /// Waits for a turn before anything is held up for it, and goes on with that turn.
    async fn in_turn(&self, target: &Target, urgency: Urgency) -> Result<Self, AccountError> {
        let client = self.with_urgency(urgency).client_of(&target.access)?;
        let turn = client.turn().await;
        let turn = turn.map_err(|source| AccountError::Remote { source })?;
        Ok(self.with_urgency(Urgency::Begun).with_turn(turn))
    }
}

/// What is done when somebody is due.
async fn attempt(app: App, due: Due) -> Done {
    let Due {
        errand,
        key,
        way,
        under_way,
    } = due;
    match (errand, key) {
        (Errand::Snapshots, Key::Account(owner)) if way.targets.is_empty() => {
            if let Some((code, problem)) = way.trouble {
                app.note_failure(owner, code, &problem).await;
            }
            let (began, ending) = (app.now(), Ending::MayPass);
            Done::Attempt { key, began, ending }
        }
        (Errand::Snapshots, Key::Account(_)) => snapshot(app, key, way.targets, under_way).await,
        (Errand::Snapshots, Key::Token(_)) => identify(app, key, way.targets, under_way).await,
        (Errand::Looks(_), _) => look(app, key, way.targets).await,
    }
}

/// A snapshot of one account, with the first of its tokens that works.
async fn snapshot(app: App, key: Key, targets: Vec<Target>, _under_way: Option<UnderWay>) -> Done {
    let in_turn = match targets.first() {
        Some(target) => app.in_turn(target, Urgency::Snapshot).await.ok(),
        None => None,
    };
    // Without a turn the snapshot says what is wrong.
    let app = in_turn.unwrap_or(app);
    // From when on it is the list of now that is read.
    let began = app.now();
    let outcomes = app.capture_each(&targets, Kind::Automatic).await;
    // Whose a token of the environment is may only be known now.
    for target in &targets {
        app.resume_in_background(target);
    }
    let ending = match outcomes.last() {
        Some((_, Err(error))) => ending(error.code()),
        Some((_, Ok(_))) | None => Ending::Settled,
    };
    Done::Attempt { key, began, ending }
}

/// Asks whose token it is; the account it belongs to is then served as all others are.
async fn identify(app: App, key: Key, targets: Vec<Target>, under_way: Option<UnderWay>) -> Done {
    let app = app.with_urgency(Urgency::Snapshot);
    let began = app.now();
    let Some(target) = targets.first() else {
        return Done::Identified(under_way);
    };
    let Err(error) = app.identify_target(target).await else {
        return Done::Identified(under_way);
    };
    let error = CaptureError::from(error);
    let ending = ending(error.code());
    app.note_no_snapshot(target, &error).await;
    Done::Attempt { key, began, ending }
}

/// A look at one account, unless something else is under way on it.
async fn look(app: App, key: Key, targets: Vec<Target>) -> Done {
    let mut began = app.now();
    let mut refusal = None;
    for target in &targets {
        app.resume_in_background(target);
        let looking = match app.in_turn(target, Urgency::Look).await {
            Ok(looking) => looking,
            Err(error) => {
                tracing::warn!(problem = error.chain(), "cannot look");
                continue;
            }
        };
        began = app.now();
        match looking.look_when_free(target).await {
            Ok(report) => {
                // Only who was asked has said that the token is good.
                let has_asked = report.as_ref().is_some_and(|report| report.has_asked);
                let report = report.filter(|report| report.changes > 0);
                if let Some(report) = report {
                    let (profile, changes) = (report.profile, report.changes);
                    tracing::info!(profile, changes, "changed");
                }
                refusal = None;
                if has_asked && app.was_refused(target).await {
                    // What was missed meanwhile is made up for at once.
                    looking.capture_each(&targets, Kind::Automatic).await;
                }
                break;
            }
            Err(error) => {
                tracing::warn!(problem = error.chain(), "cannot look");
                let is_refused = error.code() == Code::NotSignedIn;
                refusal = is_refused.then_some((target, error)).or(refusal);
            }
        }
    }
    // Somebody is to know now, and not when the next snapshot is due.
    if let Some((target, error)) = refusal
        && !app.was_refused(target).await
    {
        app.note_no_snapshot(target, &error).await;
    }
    // Whatever it was, the next look is not far.
    let ending = Ending::Settled;
    Done::Attempt { key, began, ending }
}

/// A token, an account or an emptied list does not mend itself within the hour.
const fn ending(code: Code) -> Ending {
    match code {
        Code::Unavailable | Code::Failed => Ending::MayPass,
        _ => Ending::Settled,
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.access.mark(&mut hasher);
    hasher.finish()
}

impl Way {
    /// Another one when somebody connected the account again.
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for target in &self.targets {
            target.access.mark(&mut hasher);
        }
        hasher.finish()
    }
}

impl Rounds {
    fn new(errand: Errand) -> Self {
        Self {
            errand,
            agenda: Agenda::new(),
            ways: BTreeMap::new(),
            offsets: BTreeMap::new(),
            tasks: JoinSet::new(),
            under_way: BTreeMap::new(),
            read_at: None,
            proven: None,
            is_rescheduled: false,
            pings: None,
            going_on: None,
            said: None,
        }
    }

    fn say(&mut self, what: &str, tell: impl FnOnce()) {
        if self.said.as_deref() != Some(what) {
            self.said = Some(what.to_owned());
            tell();
        }
    }
}
