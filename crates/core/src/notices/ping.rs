//! Signs of life around each round of snapshots, sent beside it: a round never waits for one.

use std::sync::{Arc, Mutex, PoisonError};

use anirewind_notify::Signal;
use tokio::sync::mpsc;

use crate::app::App;
use crate::explain::Explain as _;

/// A round takes longer than a ping; if so many wait nevertheless, further ones are dropped.
const WAITING: usize = 8;

/// Sends signs of life, one after the other, for as long as there is a schedule. Clones share it.
#[derive(Clone)]
pub(crate) struct Pings(Option<Arc<Line>>);

/// Attempts that belong to one round, or one of them. Dropped when it ended, well or not.
#[must_use]
pub(crate) struct UnderWay(Option<Arc<Line>>);

struct Line {
    sender: mpsc::Sender<Moment>,
    under_way: Mutex<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Moment {
    Begins,
    Ended,
}

impl Pings {
    /// Ready to send, if somebody wants to hear.
    pub(crate) fn begin(app: &App) -> Self {
        if app.inner.settings.notify.ping.is_none() {
            return Self(None);
        }
        let (sender, mut moments) = mpsc::channel(WAITING);
        let app = app.clone();
        // Ends with the last sender.
        tokio::spawn(async move {
            let mut problem = None;
            while let Some(moment) = moments.recv().await {
                problem = app.ping(moment, problem).await;
            }
        });
        Self(Some(Arc::new(Line {
            sender,
            under_way: Mutex::new(0),
        })))
    }

    /// Something is under way from now on: a round begins, unless one is.
    pub(crate) fn set_out(&self) -> UnderWay {
        if let Some(line) = &self.0 {
            line.count(|under_way| {
                *under_way += 1;
                (*under_way == 1).then_some(Moment::Begins)
            });
        }
        UnderWay(self.0.clone())
    }
}

impl Drop for UnderWay {
    /// The round ends with the last of it.
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.count(|under_way| {
                *under_way -= 1;
                (*under_way == 0).then_some(Moment::Ended)
            });
        }
    }
}

impl Line {
    fn count(&self, change: impl FnOnce(&mut usize) -> Option<Moment>) {
        // Held while it is sent, so that an end and the next beginning keep their order.
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = change(&mut under_way)
            && self.sender.try_send(moment).is_err()
        {
            tracing::warn!("the ping is too slow, so one is left out");
        }
    }
}

impl App {
    /// Sends one sign of life; says what was wrong, which is logged once.
    async fn ping(&self, moment: Moment, before: Option<String>) -> Option<String> {
        let ping = self.inner.settings.notify.ping.as_ref()?;
        let signal = match moment {
            Moment::Begins => Signal::Start,
            Moment::Ended => match self.what_is_wrong().await {
                None => Signal::Success("every account has a good snapshot".to_owned()),
                Some(reasons) => Signal::Fail(reasons),
            },
        };
        let error = self.inner.notifier.ping(ping, &signal).await.err()?;
        let problem = error.to_string();
        if before.as_ref() != Some(&problem) {
            tracing::warn!(problem, hint = error.hint(), "a ping did not arrive");
        }
        Some(problem)
    }

    /// What keeps accounts from being protected, in short; nothing when all are.
    async fn what_is_wrong(&self) -> Option<String> {
        let statuses = match self.status().await {
            Ok(statuses) => statuses,
            Err(error) => return Some(error.chain()),
        };
        let mut reasons: Vec<String> = statuses
            .iter()
            .filter(|status| !status.verdict.is_well())
            .map(|status| format!("{} {}", status.account.profile, status.verdict.sentence()))
            .collect();
        if statuses.is_empty() {
            reasons.push("there is no snapshot of anybody yet".to_owned());
        }
        match self.targets(None).await {
            // A token that AniList never said whose it is belongs to no account that could have a status.
            Ok(targets) if targets.iter().any(|target| self.owner_of(target).is_none()) => {
                reasons.push("a token leads to no account".to_owned());
            }
            Ok(_) => {}
            Err(error) => reasons.push(error.chain()),
        }
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}
