//! Whose request leaves next: the more urgent first, and among equals every account in its turn.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use anirewind_model::RemoteError;
use tokio::sync::oneshot;

use crate::pace::Pace;

/// For whom a request is sent, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Urgency {
    /// Somebody waits at a page or for a command.
    #[default]
    Person,
    /// Something is being written to a list.
    Act,
    /// A snapshot or a look that has begun, and that holds its account until it is done.
    Begun,
    /// A snapshot that is due.
    Snapshot,
    /// A look at what others changed.
    Look,
}

/// Leave to send one request. Given back when it is dropped unspent.
#[must_use = "a turn that is dropped is given back"]
#[derive(Debug)]
pub struct Turn {
    pace: Pace,
    at: Duration,
    is_spent: bool,
}

/// What somebody asks a turn for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) urgency: Urgency,
    /// Which account, as a number that says nothing about it.
    pub(crate) account: u64,
    /// Whether it writes: what was read before is fresh for a few seconds only.
    pub(crate) writes: bool,
    pub(crate) patience: Option<Duration>,
}

/// The place of a request among equals; a write goes before the reads that are as urgent.
type Rank = (Urgency, bool);

/// Those who wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    ranks: BTreeMap<Rank, VecDeque<Lane>>,
    next: u64,
    /// No deadline is before this one; `None` when nobody has any.
    earliest: Option<Duration>,
}

/// The requests of one account, first come, first served.
#[derive(Debug)]
struct Lane {
    account: u64,
    tickets: VecDeque<Ticket>,
}

/// One who waits.
#[derive(Debug)]
pub(crate) struct Ticket {
    id: u64,
    /// Until when it waits, by the clock's time since its fixed instant.
    deadline: Option<Duration>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A turn, or why there is none.
pub(crate) type Answer = Result<Turn, RemoteError>;

impl Turn {
    pub(crate) const fn new(pace: Pace, at: Duration) -> Self {
        Self {
            pace,
            at,
            is_spent: false,
        }
    }

    /// The request is sent now.
    pub fn spend(mut self) {
        self.is_spent = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_spent {
            self.pace.give_back(self.at);
        }
    }
}

impl Asking {
    const fn rank(self) -> Rank {
        (self.urgency, !self.writes)
    }
}

impl Queue {
    /// Takes a place; under this number it can be left again.
    pub(crate) fn push(
        &mut self,
        asking: Asking,
        now: Duration,
    ) -> (u64, oneshot::Receiver<Answer>) {
        let id = self.next;
        self.next += 1;
        let (answer, answered) = oneshot::channel();
        let deadline = asking.patience.map(|patience| now + patience);
        if let Some(deadline) = deadline {
            self.earliest = Some(self.earliest.map_or(deadline, |other| other.min(deadline)));
        }
        let ticket = Ticket {
            id,
            deadline,
            answer,
        };
        let lanes = self.ranks.entry(asking.rank()).or_default();
        match lanes.iter_mut().find(|lane| lane.account == asking.account) {
            Some(lane) => lane.tickets.push_back(ticket),
            None => lanes.push_back(Lane {
                account: asking.account,
                tickets: [ticket].into(),
            }),
        }
        (id, answered)
    }

    /// Whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Ticket> {
        let mut first = self.ranks.first_entry()?;
        let lanes = first.get_mut();
        let ticket = lanes.pop_front().and_then(|mut lane| {
            let ticket = lane.tickets.pop_front();
            if !lane.tickets.is_empty() {
                // Behind all other accounts that are as urgent.
                lanes.push_back(lane);
            }
            ticket
        });
        if lanes.is_empty() {
            first.remove();
        }
        ticket
    }

    /// Leaves a place that nobody waits at any more.
    pub(crate) fn leave(&mut self, id: u64) {
        drop(self.take_out(|ticket| ticket.id == id));
    }

    /// Those who do not wait as long as this.
    pub(crate) fn impatient(&mut self, until: Duration) -> Vec<Ticket> {
        if self.earliest.is_none_or(|earliest| earliest >= until) {
            return Vec::new();
        }
        let out = self.take_out(|ticket| ticket.deadline.is_some_and(|deadline| deadline < until));
        let lanes = self.ranks.values().flatten();
        let left = lanes.flat_map(|lane| &lane.tickets);
        self.earliest = left.filter_map(|ticket| ticket.deadline).min();
        out
    }

    fn take_out(&mut self, is_out: impl Fn(&Ticket) -> bool) -> Vec<Ticket> {
        let mut out = Vec::new();
        for lanes in self.ranks.values_mut() {
            for lane in lanes.iter_mut() {
                if !lane.tickets.iter().any(&is_out) {
                    continue;
                }
                let (gone, stay) = lane.tickets.drain(..).partition(&is_out);
                lane.tickets = stay;
                out.extend::<VecDeque<Ticket>>(gone);
            }
            lanes.retain(|lane| !lane.tickets.is_empty());
        }
        self.ranks.retain(|_, lanes| !lanes.is_empty());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(urgency: Urgency, account: u64) -> Asking {
        Asking {
            urgency,
            account,
            writes: false,
            patience: None,
        }
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop().map(|ticket| ticket.id)).collect()
    }

    #[test]
    fn the_urgent_go_first_and_accounts_take_turns() {
        let mut queue = Queue::default();
        let wanted = [
            asking(Urgency::Look, 1),
            asking(Urgency::Snapshot, 1),
            asking(Urgency::Snapshot, 1),
            asking(Urgency::Snapshot, 1),
            asking(Urgency::Snapshot, 2),
            asking(Urgency::Act, 3),
            Asking {
                writes: true,
                ..asking(Urgency::Act, 4)
            },
            asking(Urgency::Person, 5),
        ];
        let places = wanted.map(|asking| queue.push(asking, Duration::ZERO));
        assert_eq!(order(&mut queue), [7, 6, 5, 1, 4, 2, 3, 0]);
        drop(places);
    }

    #[test]
    fn who_leaves_or_has_no_patience_is_not_waited_for() {
        let mut queue = Queue::default();
        let patient = |seconds| Asking {
            patience: Some(Duration::from_secs(seconds)),
            ..asking(Urgency::Person, seconds)
        };
        let places = [5, 50, 500].map(|seconds| queue.push(patient(seconds), Duration::ZERO));
        queue.leave(places[1].0);
        let gone = queue.impatient(Duration::from_mins(1));
        assert_eq!(gone.iter().map(|gone| gone.id).collect::<Vec<_>>(), [0]);
        assert_eq!(order(&mut queue), [2]);
    }
}
