//! How fast requests may leave: one budget for a process, however many accounts it serves.
//!
//! AniList counts requests in a window of a minute and answers one too many with a minute of
//! silence. So this keeps the times of the last minute, never sends more than the limit within any
//! sixty seconds, and spreads them: a few quickly, so that somebody who waits sees something, then
//! evenly. Who goes first is said in [`crate::Urgency`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anirewind_model::{Clock, RemoteError};
use reqwest::header::HeaderMap;
use tokio::sync::{Mutex as AsyncMutex, oneshot};

use crate::event::{Event, WaitReason};
use crate::turn::{Answer, Asking, Queue, Turn};

/// What AniList allows since it runs degraded; its headers correct this either way.
const FIRST_LIMIT: u32 = 30;
/// What AniList's documentation promises: the headers are never believed beyond it.
const HIGHEST_LIMIT: u32 = 90;
/// A second longer than AniList's window, for clocks that differ.
const WINDOW: Duration = Duration::from_secs(61);
/// So many requests of a window leave one short gap after another.
const QUICK: usize = 4;
/// The short gap. Two requests at once have been refused by a burst limit nobody documents.
const QUICK_GAP: Duration = Duration::from_millis(700);
/// After a 429 that the headers did not announce they are not believed upwards for so long.
const DISTRUST: Duration = Duration::from_hours(1);
/// The same after a 429 at the usual limit.
const SHORT_DISTRUST: Duration = Duration::from_mins(5);
/// Waits for the budget shorter than this are not worth a word.
const WORTH_TELLING: Duration = Duration::from_secs(5);

/// The budget of requests. Clones share it; give every client of a process a clone of one.
#[derive(Clone)]
pub struct Pace {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    /// Held by the one of all who wait that measures the time and says whose turn it is.
    usher: AsyncMutex<()>,
    state: Mutex<State>,
}

struct State {
    /// What somebody set; headers only lower it.
    fixed: Option<u32>,
    limit: u32,
    sent: VecDeque<Duration>,
    silent_until: Duration,
    distrust: Option<Distrust>,
    queue: Queue,
}

/// A place among those who wait, left when it is dropped.
struct Place<'a> {
    pace: &'a Pace,
    id: u64,
    answer: oneshot::Receiver<Answer>,
    is_left: bool,
}

#[derive(Clone, Copy)]
struct Distrust {
    ceiling: u32,
    until: Duration,
}

impl Pace {
    /// A budget that starts at 30 requests a minute and follows AniList's headers.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::start(clock, None)
    }

    /// A budget of at most this many requests a minute, less where the headers say so.
    pub fn at_most(clock: Arc<dyn Clock>, per_minute: u32) -> Self {
        Self::start(clock, Some(per_minute.max(1)))
    }

    fn start(clock: Arc<dyn Clock>, fixed: Option<u32>) -> Self {
        let state = State {
            fixed,
            limit: fixed.unwrap_or(FIRST_LIMIT),
            sent: VecDeque::new(),
            silent_until: Duration::ZERO,
            distrust: None,
            queue: Queue::default(),
        };
        let inner = Inner {
            clock,
            usher: AsyncMutex::new(()),
            state: Mutex::new(state),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Requests a minute at present.
    pub fn limit(&self) -> u32 {
        self.with(|state| state.limit)
    }

    /// Goes on with at most this many requests a minute from now, or as the headers say.
    pub fn limit_to(&self, per_minute: Option<u32>) {
        let fixed = per_minute.map(|limit| limit.max(1));
        self.with(|state| {
            state.fixed = fixed;
            state.limit = fixed.unwrap_or(FIRST_LIMIT);
        });
    }

    /// How long nothing is sent because AniList asked for it; `None` when it did not.
    pub fn silence(&self) -> Option<Duration> {
        let now = self.inner.clock.elapsed();
        self.with(|state| {
            state
                .silent_until
                .checked_sub(now)
                .filter(|wait| !wait.is_zero())
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(
            &mut self
                .inner
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Waits for a turn. Gives up as soon as it is known that the wait is longer than the patience.
    ///
    /// Of all who wait, one measures the time and hands out the turns, so that somebody who comes
    /// later and is more urgent gets the next one all the same.
    pub(crate) async fn take(
        &self,
        asking: Asking,
        tell: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<Turn, RemoteError> {
        let now = self.inner.clock.elapsed();
        let placed = self.with(|state| {
            let (wait, _) = state.wait(now);
            if asking.patience.is_some_and(|patience| wait > patience) {
                return Err(RemoteError::RateLimited { wait });
            }
            Ok(state.queue.push(asking, now))
        });
        let (id, answer) = placed?;
        let mut place = Place {
            pace: self,
            id,
            answer,
            is_left: false,
        };
        let answer = tokio::select! {
            biased;
            answer = &mut place.answer => answer.unwrap_or_else(|_| nobody()),
            _usher = self.inner.usher.lock() => self.usher(&mut place.answer, tell).await,
        };
        place.is_left = true;
        answer
    }

    /// Hands out turns until the own one has come.
    async fn usher(
        &self,
        own: &mut oneshot::Receiver<Answer>,
        tell: &(dyn Fn(Event) + Send + Sync),
    ) -> Answer {
        let mut told = false;
        loop {
            match own.try_recv() {
                Ok(answer) => return answer,
                Err(oneshot::error::TryRecvError::Closed) => return nobody(),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            let now = self.inner.clock.elapsed();
            let (wait, reason, impatient) = self.with(|state| {
                let (wait, reason) = state.wait(now);
                (wait, reason, state.queue.impatient(now + wait))
            });
            for ticket in impatient {
                // Who has gone meanwhile needs no answer.
                let _ = ticket.answer.send(Err(RemoteError::RateLimited { wait }));
            }
            if wait.is_zero() {
                told = false;
                let next = self.with(|state| {
                    let next = state.queue.pop();
                    if next.is_some() {
                        state.sent.push_back(now);
                    }
                    next
                });
                if let Some(ticket) = next {
                    // Gone meanwhile: the turn is dropped, and so given back.
                    let _ = ticket.answer.send(Ok(Turn::new(self.clone(), now)));
                }
                continue;
            }
            if let Ok(answer) = own.try_recv() {
                return answer;
            }
            let worth_telling = reason == WaitReason::Asked || wait >= WORTH_TELLING;
            if worth_telling && !told {
                told = true;
                tell(Event::Waiting { reason, wait });
            }
            self.inner.clock.sleep(wait).await;
        }
    }

    /// A turn that was not used.
    pub(crate) fn give_back(&self, at: Duration) {
        self.with(|state| {
            if let Some(place) = state.sent.iter().rposition(|sent| *sent == at) {
                state.sent.remove(place);
            }
        });
    }

    /// Learns from the headers of an answer.
    pub(crate) fn heed(&self, headers: &HeaderMap) {
        let number = |name: &str| -> Option<u32> { headers.get(name)?.to_str().ok()?.parse().ok() };
        let now = self.inner.clock.elapsed();
        let (limit, remaining) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
        self.with(|state| state.heed(limit, remaining, now));
    }

    /// AniList refused a request as one too many.
    pub(crate) fn lock_out(&self, wait: Duration) {
        let now = self.inner.clock.elapsed();
        self.with(|state| state.lock_out(wait, now));
    }
}

impl State {
    fn wait(&mut self, now: Duration) -> (Duration, WaitReason) {
        while self
            .sent
            .front()
            .is_some_and(|at| now.saturating_sub(*at) >= WINDOW)
        {
            self.sent.pop_front();
        }
        if self.distrust.is_some_and(|distrust| now >= distrust.until) {
            // Headers may be missing altogether: what was lowered on suspicion comes back by itself.
            self.distrust = None;
            self.limit = self.limit.max(self.fixed.unwrap_or(FIRST_LIMIT));
        }
        let silence = self.silent_until.saturating_sub(now);
        if !silence.is_zero() {
            return (silence, WaitReason::Asked);
        }
        let gap = if self.sent.len() < QUICK {
            // More than AniList ever allows is only set for a simulated one, which knows no bursts.
            let is_simulated = self.limit > HIGHEST_LIMIT;
            if is_simulated {
                Duration::ZERO
            } else {
                QUICK_GAP
            }
        } else {
            self.even_gap()
        };
        let after_last = self.sent.back().map_or(Duration::ZERO, |last| *last + gap);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let over = self.sent.len().checked_sub(limit);
        let after_window = over
            .and_then(|n| self.sent.get(n))
            .map_or(Duration::ZERO, |at| *at + WINDOW);
        (
            after_last.max(after_window).saturating_sub(now),
            WaitReason::Budget,
        )
    }

    fn even_gap(&self) -> Duration {
        Duration::from_mins(1) / self.limit.max(1)
    }

    fn heed(&mut self, limit: Option<u32>, remaining: Option<u32>, now: Duration) {
        if let Some(limit) = limit {
            let mut limit = limit.clamp(1, HIGHEST_LIMIT);
            if let Some(distrust) = self.distrust {
                if now < distrust.until {
                    limit = limit.min(distrust.ceiling);
                } else {
                    self.distrust = None;
                }
            }
            self.limit = self.fixed.map_or(limit, |fixed| fixed.min(limit));
        }
        if remaining == Some(0) {
            // Somebody else on this address uses the budget too, or ours is gone: wait until the
            // oldest request we know of has left AniList's window.
            let oldest = self.sent.front().copied().unwrap_or(now);
            self.silent_until = self.silent_until.max(oldest + WINDOW);
        }
    }

    fn lock_out(&mut self, wait: Duration, now: Duration) {
        // We had kept to what the headers said, so they were wrong, or somebody else on this
        // address sends too: go down to the usual limit, for a while even below it.
        let (ceiling, distrust) = if self.limit > FIRST_LIMIT {
            (FIRST_LIMIT, DISTRUST)
        } else {
            ((self.limit * 2 / 3).max(5), SHORT_DISTRUST)
        };
        self.distrust = Some(Distrust {
            ceiling,
            until: now + wait + distrust,
        });
        self.limit = self.limit.min(ceiling);
        self.silent_until = self.silent_until.max(now + wait);
        // AniList starts a new window after a lock-out.
        self.sent.clear();
    }
}

/// What is left to say to somebody whose place is gone.
const fn nobody() -> Answer {
    let wait = Duration::ZERO;
    Err(RemoteError::RateLimited { wait })
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_left {
            self.pace.with(|state| state.queue.leave(self.id));
        }
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace")
            .field("limit", &self.limit())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use anirewind_simulator::VirtualClock;
    use time::macros::datetime;

    use super::*;
    use crate::turn::Urgency;

    fn pace() -> (Pace, Arc<VirtualClock>) {
        let clock = Arc::new(VirtualClock::starting_at(datetime!(2026-03-01 12:00 UTC)));
        (Pace::new(clock.clone()), clock)
    }

    async fn take(pace: &Pace) {
        let turn = pace.take(asking(None), &|_| ()).await;
        turn.unwrap().spend();
    }

    fn asking(patience: Option<Duration>) -> Asking {
        Asking {
            urgency: Urgency::Person,
            account: 1,
            writes: false,
            patience,
        }
    }

    fn headers(limit: u32, remaining: u32) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", limit.into());
        headers.insert("x-ratelimit-remaining", remaining.into());
        headers
    }

    #[tokio::test]
    async fn no_minute_holds_more_than_the_limit_and_none_is_wasted() {
        let (pace, clock) = pace();
        let mut times = Vec::new();
        for _ in 0..300 {
            take(&pace).await;
            times.push(clock.elapsed());
        }
        for (at, window) in times.windows(31).enumerate() {
            let span = window[30].saturating_sub(window[0]);
            assert!(
                span >= Duration::from_mins(1),
                "31 requests in {span:?} from the {at}th on"
            );
        }
        assert!(times[3] < Duration::from_secs(3), "the first few are quick");
        let optimum = Duration::from_mins(10);
        assert!(
            times[299] < optimum + optimum / 20,
            "300 requests took {:?}",
            times[299]
        );
    }

    #[tokio::test]
    async fn the_headers_move_the_limit_both_ways_within_reason() {
        let (pace, _) = pace();
        for (told, believed) in [(90, 90), (20, 20), (5000, 90), (0, 1)] {
            pace.heed(&headers(told, 10));
            assert_eq!(pace.limit(), believed);
        }
    }

    #[tokio::test]
    async fn nothing_leaves_during_a_lock_out_and_lying_headers_are_not_believed_after() {
        let (pace, clock) = pace();
        pace.heed(&headers(90, 60));
        take(&pace).await;
        pace.lock_out(Duration::from_secs(34));
        pace.heed(&headers(90, 60));
        assert_eq!(pace.limit(), 30);
        let told = Mutex::new(Vec::new());
        let tell = |event: Event| told.lock().unwrap().push(event.to_string());
        pace.take(asking(None), &tell).await.unwrap().spend();
        assert!(clock.elapsed() >= Duration::from_secs(34));
        assert_eq!(*told.lock().unwrap(), ["AniList asked for a pause, 34 s"]);
        clock.advance(DISTRUST + Duration::from_mins(1));
        pace.heed(&headers(90, 60));
        assert_eq!(pace.limit(), 90);
    }

    #[tokio::test]
    async fn a_budget_used_up_by_others_is_respected() {
        let (pace, clock) = pace();
        take(&pace).await;
        pace.heed(&headers(30, 0));
        take(&pace).await;
        assert!(clock.elapsed() >= Duration::from_mins(1));
    }

    #[tokio::test]
    async fn a_limit_somebody_set_is_never_exceeded() {
        let clock = Arc::new(VirtualClock::starting_at(datetime!(2026-03-01 12:00 UTC)));
        let pace = Pace::at_most(clock, 10);
        pace.heed(&headers(90, 80));
        assert_eq!(pace.limit(), 10);
        pace.heed(&headers(5, 4));
        assert_eq!(pace.limit(), 5);
    }

    #[tokio::test]
    async fn patience_runs_out_before_the_wait_begins() {
        let (pace, clock) = pace();
        pace.lock_out(Duration::from_mins(1));
        let before = clock.elapsed();
        let error = pace
            .take(asking(Some(Duration::from_secs(30))), &|_| ())
            .await
            .unwrap_err();
        assert!(matches!(error, RemoteError::RateLimited { .. }));
        assert_eq!(clock.elapsed(), before);
    }
}
