//! Telling people: what stands and what they know, the ways to them, and signs of life.
//!
//! What is told follows from what is written down, not from events: those only say that it is time to
//! look. So nothing is told twice after a restart, and nothing is missed that another process did. What
//! is decided is written down together with what is to be delivered; each channel then takes its own, at
//! its own pace.

mod decide;
pub(crate) mod ping;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anirewind_notify::{Channel, Kind, Notice, SendError};
use anirewind_store::{ChannelRow, NoticeRow, OperationState, Outcome, StoreError};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;

use crate::act_error::ActError;
use crate::app::App;
use crate::event::Event;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;
use crate::notices::decide::{AccountFacts, ActFacts, Facts, Told, decide};
use crate::status::{AccountStatus, Verdict};

pub use view::{ChannelView, NoticesView, PingView, TestedView};

/// Without any event it is looked this often.
const LOOK: Duration = Duration::from_mins(5);
/// So many of the newest acts are looked at.
const ACTS: usize = 100;
/// Whoever takes a notice delivers it within this time, or somebody else may.
const LEASE: time::Duration = time::Duration::minutes(2);
/// After a failure a channel is left alone for a minute, then for four, and so on up to this.
const LONGEST_WAIT: time::Duration = time::Duration::hours(6);
/// A notice that nobody took by then is given up.
const GIVEN_UP: time::Duration = time::Duration::days(3);

/// A channel, and how it fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelStatus {
    /// What it is called.
    pub name: &'static str,
    /// Where it leads: scheme and host.
    pub place: String,
    /// How it fares.
    pub fares: ChannelRow,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The channel.
    pub name: &'static str,
    /// Where it leads: scheme and host.
    pub place: String,
    /// Whether it took the notice.
    pub outcome: Result<(), SendError>,
}

/// Nobody can be told.
#[derive(Debug, Error)]
pub enum NoticeError {
    /// There is no channel at all.
    #[error("no channel for notices is set up")]
    NoChannel,
    /// There is none of that name.
    #[error("no channel `{name}` is set up")]
    UnknownChannel {
        /// The name.
        name: String,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for NoticeError {
    fn code(&self) -> Code {
        match self {
            Self::NoChannel | Self::UnknownChannel { .. } => Code::NotFound,
            Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoChannel => format!(
                "Nothing was sent. Set one up: notify_webhook_url, notify_ntfy_url, notify_discord_url or \
                 notify_smtp_url. docs/notices.md says how; there can be {}.",
                Channel::NAMES.join(", ")
            ),
            Self::UnknownChannel { known, .. } => {
                format!("Nothing was sent. There are: {}.", known.join(", "))
            }
            Self::Store(_) => "Nothing was sent. `anirewind doctor` looks into it.".to_owned(),
        })
    }
}

/// What is to be told could not be worked out. It is tried again.
#[derive(Debug, Error)]
enum TellError {
    #[error(transparent)]
    Browse(#[from] BrowseError),
    #[error(transparent)]
    Act(#[from] ActError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Tells people what they are to know, for ever. Nothing, when nobody is to be told.
    ///
    /// No channel waits for another, and nothing else for any of them.
    pub async fn run_notices(&self) {
        if self.channels().is_empty() {
            return std::future::pending().await;
        }
        let kept = self
            .channels()
            .iter()
            .map(|channel| channel.name().to_owned());
        if let Err(error) = self.inner.store.keep_channels(kept.collect()).await {
            tracing::warn!(%error, "cannot drop what no channel is there for any more");
        }
        let mut events = self.events();
        let mut wakers = Vec::new();
        // They end with this future.
        let mut deliverers = JoinSet::new();
        for channel in self.channels() {
            let waker = Arc::new(Notify::new());
            wakers.push(Arc::clone(&waker));
            let (app, channel) = (self.clone(), channel.clone());
            deliverers.spawn(async move { app.deliver_for_ever(&channel, &waker).await });
        }
        loop {
            self.decide_now().await;
            for waker in &wakers {
                waker.notify_one();
            }
            tokio::select! {
                () = self.inner.clock.sleep(LOOK) => {}
                () = news(&mut events) => {}
            }
        }
    }

    /// Decides once what is to be told, and delivers once what is due: for whoever runs no server.
    pub async fn tell_now(&self) {
        self.decide_now().await;
        for channel in self.channels() {
            self.deliver_due(channel).await;
        }
    }

    fn channels(&self) -> &[Channel] {
        &self.inner.settings.notify.channels
    }

    /// The channels there are, and how they fare.
    pub async fn notice_channels(&self) -> Result<Vec<ChannelStatus>, NoticeError> {
        let mut all = Vec::new();
        for channel in self.channels() {
            let name = channel.name();
            all.push(ChannelStatus {
                name,
                place: channel.place().to_owned(),
                fares: self.inner.store.channel(name.to_owned()).await?,
            });
        }
        Ok(all)
    }

    /// Sends a notice that says nothing, to one channel or to each.
    pub async fn test_notices(&self, name: Option<&str>) -> Result<Vec<Tested>, NoticeError> {
        let known: Vec<_> = self.channels().iter().map(Channel::name).collect();
        if known.is_empty() {
            return Err(NoticeError::NoChannel);
        }
        if let Some(name) = name.filter(|name| !known.contains(name)) {
            return Err(NoticeError::UnknownChannel {
                name: name.to_owned(),
                known,
            });
        }
        let at = self.now();
        let notice = Notice {
            id: format!("test-{}", at.unix_timestamp()),
            kind: Kind::Test,
            profile: None,
            title: "this is a test".to_owned(),
            text: "Notices of AniRewind arrive here.".to_owned(),
            at,
            link: None,
        };
        let chosen = self
            .channels()
            .iter()
            .filter(|channel| name.is_none_or(|name| channel.name() == name));
        let mut tests = JoinSet::new();
        for (place, channel) in chosen.cloned().enumerate() {
            let (notifier, notice) = (Arc::clone(&self.inner.notifier), notice.clone());
            tests.spawn(async move {
                let outcome = notifier.send(&channel, &notice).await;
                let tested = Tested {
                    name: channel.name(),
                    place: channel.place().to_owned(),
                    outcome,
                };
                (place, tested)
            });
        }
        let mut tested = tests.join_all().await;
        tested.sort_by_key(|(place, _)| *place);
        Ok(tested.into_iter().map(|(_, tested)| tested).collect())
    }

    async fn decide_now(&self) {
        if let Err(error) = self.try_decide().await {
            tracing::warn!(%error, "cannot work out what to tell");
        }
    }

    async fn try_decide(&self) -> Result<(), TellError> {
        let before = self.inner.store.told().await?;
        let aside = self.told_aside().clone();
        let known = aside.as_ref().unwrap_or(&before);
        let facts = self.facts(known).await?;
        let decision = decide(&facts, known);
        let settings = &self.inner.settings.notify;
        let notices: Vec<_> = decision
            .notices
            .into_iter()
            .filter(|draft| settings.on.contains(&draft.kind))
            .map(|draft| NoticeRow {
                id: 0,
                kind: draft.kind.as_str().to_owned(),
                profile: draft.profile,
                title: draft.title,
                text: draft.text,
                at: facts.now,
            })
            .collect();
        if decision.told == before && notices.is_empty() {
            *self.told_aside() = None;
            return Ok(());
        }
        let channels = settings.channels.iter().map(|c| c.name().to_owned());
        let channels = channels.collect();
        // If another server on the same folder was quicker, it tells.
        let (store, told) = (&self.inner.store, decision.told);
        let tell = store.tell(before, told.clone(), notices.clone(), channels);
        let Err(error) = tell.await else {
            *self.told_aside() = None;
            return Ok(());
        };
        // Those who have to hear of it cannot wait until the disk has room again.
        if notices.is_empty() || self.send_aside(&notices).await {
            *self.told_aside() = Some(told);
        }
        Err(error.into())
    }

    /// Sends what cannot be written down; whether each of them was taken by somebody. If one channel did, it is not sent
    /// again.
    async fn send_aside(&self, notices: &[NoticeRow]) -> bool {
        let mut tries = JoinSet::new();
        for channel in self.channels() {
            let (app, channel, rows) = (self.clone(), channel.clone(), notices.to_vec());
            tries.spawn(async move {
                let mut taken = BTreeSet::new();
                for (place, row) in rows.into_iter().enumerate() {
                    let Some(kind) = Kind::parse(&row.kind) else {
                        continue;
                    };
                    let id = format!("aside{place}-{}", row.at.unix_timestamp());
                    let notice = notice_of(id, kind, row);
                    match app.inner.notifier.send(&channel, &notice).await {
                        Ok(()) => {
                            taken.insert(place);
                        }
                        Err(error) => {
                            let (channel, title) = (channel.name(), &notice.title);
                            tracing::error!(%error, channel, title, "a notice that cannot be written down did not arrive");
                        }
                    }
                }
                taken
            });
        }
        let taken: BTreeSet<usize> = tries.join_all().await.into_iter().flatten().collect();
        taken.len() == notices.len()
    }

    async fn facts(&self, told: &Told) -> Result<Facts, TellError> {
        let statuses = self.status().await?;
        let now = self.now();
        let mut acts = Vec::new();
        for row in self.inner.store.operations(None, ACTS).await? {
            let status = statuses.iter().find(|s| s.account.account.id == row.owner);
            let Some(status) = status.filter(|_| row.kind != "import") else {
                continue;
            };
            let id = row.id.to_string();
            let is_news =
                told.get(&format!("act/{id}")).map(String::as_str) != Some(row.state.as_str());
            // What came of it is counted only when somebody is to hear it.
            let has_come = matches!(row.state, OperationState::Done | OperationState::Partly);
            let mut text = format!("{}.", row.what);
            if is_news && has_come {
                let summary = self.act_called(&row.id).await?.summary();
                text = format!("{text} {summary}.");
            }
            if let Some(problem) = &row.problem {
                text = format!("{text} {problem}. It can go on: anirewind job list");
            }
            acts.push(ActFacts {
                id,
                profile: status.account.profile.clone(),
                kind: row.kind,
                state: row.state,
                text,
            });
        }
        let accounts = statuses
            .iter()
            .map(|status| self.account_facts(status, now));
        Ok(Facts {
            now,
            accounts: accounts.collect(),
            acts,
            unidentified: match self.unidentified() {
                Some((_, problem)) => Some(Err(problem)),
                None => self.has_identified_all().then_some(Ok(())),
            },
        })
    }

    fn account_facts(&self, status: &AccountStatus, now: OffsetDateTime) -> AccountFacts {
        let attempt = status.last_attempt.as_ref();
        // One that failed for another reason says nothing of this one: what was known of it stays.
        let unless = |bad: &[Outcome]| match attempt {
            Some(attempt) if bad.contains(&attempt.outcome) => Some(Err(attempt.detail.clone())),
            Some(attempt) => attempt.is_well().then_some(Ok(())),
            None => None,
        };
        let last_good = match &status.last_good {
            Some(good) => format!(
                "The newest good snapshot is {} of {}.",
                good.id,
                moment(good.created_at)
            ),
            None => "There is no good snapshot yet.".to_owned(),
        };
        let alarms = status.alarms.iter().flat_map(|open| &open.alarms);
        AccountFacts {
            owner: status.account.account.id,
            profile: status.account.profile.clone(),
            failing: unless(&[Outcome::Failed, Outcome::Unavailable]),
            refused: unless(&[Outcome::Refused]),
            is_damaged: match status.verdict {
                Verdict::Damaged => Some(true),
                // These are said first, whatever else there is.
                Verdict::NotConnected | Verdict::Failing | Verdict::Unusual => None,
                Verdict::Late
                | Verdict::AniListDown
                | Verdict::Paused
                | Verdict::NoSnapshotYet
                | Verdict::PublicList
                | Verdict::Protected => Some(false),
            },
            is_late: Some(self.is_late(status, now)),
            last_good,
            alarms: alarms
                .map(|alarm| (alarm.rule.as_str(), alarm.to_string()))
                .collect(),
            token_ends: status.account.token_expires_at,
        }
    }

    /// Whether a snapshot is overdue, failures or not. One that is not believed was taken all the same.
    fn is_late(&self, status: &AccountStatus, now: OffsetDateTime) -> bool {
        let Some(allowed) = self.late_after() else {
            return false;
        };
        let last = status.last_taken.unwrap_or(status.account.added_at);
        status.verdict == Verdict::Late || now - last > allowed
    }

    async fn deliver_for_ever(&self, channel: &Channel, waker: &Notify) {
        loop {
            self.deliver_due(channel).await;
            let next = self.inner.store.next_delivery(channel.name().to_owned());
            let next = next.await.ok().flatten();
            let wait = next.map_or(LOOK, |next| {
                let left = Duration::try_from(next - self.now()).unwrap_or(Duration::ZERO);
                left.clamp(Duration::from_secs(1), LOOK)
            });
            tokio::select! {
                () = self.inner.clock.sleep(wait) => {}
                () = waker.notified() => {}
            }
        }
    }

    /// Delivers what is due for a channel, until there is no more or it takes no more.
    async fn deliver_due(&self, channel: &Channel) {
        loop {
            match self.deliver_next(channel).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, channel = channel.name(), "cannot deliver notices");
                    return;
                }
            }
        }
    }

    /// Delivers the oldest that is due; whether there may be more.
    async fn deliver_next(&self, channel: &Channel) -> Result<bool, StoreError> {
        let (store, name) = (&self.inner.store, channel.name().to_owned());
        let now = self.now();
        let row = store.take_delivery(name.clone(), now, now + LEASE).await?;
        let Some(row) = row else {
            return Ok(false);
        };
        let Some(kind) = Kind::parse(&row.kind) else {
            // Of a later version, which is not running any more.
            let problem = format!("nobody here knows notices of kind {}", row.kind);
            store.note_miss(row.id, name, problem, None).await?;
            return Ok(true);
        };
        let (number, at) = (row.id, row.at);
        let id = format!("n{number}-{}", at.unix_timestamp());
        let notice = notice_of(id, kind, row);
        let Err(error) = self.inner.notifier.send(channel, &notice).await else {
            store.note_sent(number, name, self.now()).await?;
            return Ok(true);
        };
        let fares = store.channel(name.clone()).await?;
        let problem = error.to_string();
        if fares.problem.as_ref() != Some(&problem) {
            // Once, and not at each attempt.
            let hint = error.hint();
            tracing::warn!(
                channel = name,
                problem,
                hint,
                "a notice did not arrive; it is tried again"
            );
        }
        let now = self.now();
        let next = ((now - at).abs() < GIVEN_UP).then(|| now + wait_after(fares.misses));
        store.note_miss(number, name, problem, next).await?;
        // The others would fail as well, and wait with it.
        Ok(next.is_none())
    }
}

fn notice_of(id: String, kind: Kind, row: NoticeRow) -> Notice {
    Notice {
        id,
        kind,
        profile: row.profile,
        title: row.title,
        text: row.text,
        at: row.at,
        link: None,
    }
}

/// How long a channel is left alone that failed so often before.
fn wait_after(misses: usize) -> time::Duration {
    let factor = 4_i32.saturating_pow(u32::try_from(misses).unwrap_or(u32::MAX).min(8));
    (time::Duration::MINUTE * factor).min(LONGEST_WAIT)
}

/// Until something happened that may be worth telling.
async fn news(events: &mut broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(
                Event::Saved(_) | Event::Failed { .. } | Event::Alarm { .. } | Event::Ended { .. },
            )
            | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// A moment as people in any zone read it.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}
