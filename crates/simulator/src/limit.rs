//! The rate limit: so many requests a minute, then a minute of silence.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::{RateLimit, Switches};

const MINUTE: Duration = Duration::from_mins(1);

/// Who has sent how much.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    window_start: Duration,
    used: u32,
    locked_until: Option<Duration>,
    recent: VecDeque<Duration>,
}

/// What the limiter says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Go on; the headers to send along, if any.
    Pass(Option<RateHeaders>),
    /// Too many. `during_lockout` when the sender had been told to be silent.
    Refuse {
        headers: Option<RateHeaders>,
        retry_after: Option<Duration>,
        during_lockout: bool,
    },
}

/// `X-RateLimit-Limit` and `X-RateLimit-Remaining`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateHeaders {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
}

impl Limiter {
    /// Judges a request that arrives at `now`.
    pub(crate) fn admit(&mut self, sender: &str, now: Duration, switches: &Switches) -> Admission {
        let (enforced, told) = match switches.rate_limit {
            RateLimit::Honest(limit) => (limit, limit),
            RateLimit::Lying(enforced, told) => (enforced, told),
            RateLimit::Off => return Admission::Pass(None),
        };
        let bucket = self.buckets.entry(sender.to_owned()).or_default();
        if let Some(until) = bucket.locked_until {
            if now < until {
                return Admission::Refuse {
                    headers: Some(RateHeaders {
                        limit: told,
                        remaining: 0,
                    }),
                    retry_after: Some(until.saturating_sub(now)),
                    during_lockout: true,
                };
            }
            *bucket = Bucket {
                window_start: now,
                ..Bucket::default()
            };
        }
        if let Some(burst) = switches.burst {
            bucket
                .recent
                .retain(|at| now.saturating_sub(*at) < burst.within);
            if bucket.recent.len() >= burst.requests {
                // Told by a bare 429: no headers, no length, a minute of silence all the same.
                bucket.locked_until = Some(now + MINUTE);
                return Admission::Refuse {
                    headers: None,
                    retry_after: None,
                    during_lockout: false,
                };
            }
            bucket.recent.push_back(now);
        }
        if now.saturating_sub(bucket.window_start) >= MINUTE {
            bucket.window_start = now;
            bucket.used = 0;
        }
        if bucket.used >= enforced {
            bucket.locked_until = Some(now + MINUTE);
            return Admission::Refuse {
                headers: Some(RateHeaders {
                    limit: told,
                    remaining: told.saturating_sub(enforced),
                }),
                retry_after: Some(MINUTE),
                during_lockout: false,
            };
        }
        bucket.used += 1;
        let remaining = told.saturating_sub(bucket.used);
        Admission::Pass(Some(RateHeaders {
            limit: told,
            remaining,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_thirty_first_request_of_a_minute_locks_out_for_a_minute() {
        let (mut limiter, switches) = (Limiter::default(), Switches::default());
        for n in 0..30 {
            assert_eq!(
                limiter.admit("", at(n), &switches),
                Admission::Pass(Some(RateHeaders {
                    limit: 30,
                    remaining: 29 - u32::try_from(n).unwrap()
                }))
            );
        }
        let refused = limiter.admit("", at(30), &switches);
        assert!(
            matches!(
                refused,
                Admission::Refuse {
                    during_lockout: false,
                    ..
                }
            ),
            "{refused:?}"
        );
        let again = limiter.admit("", at(89), &switches);
        assert!(
            matches!(
                again,
                Admission::Refuse {
                    during_lockout: true,
                    ..
                }
            ),
            "{again:?}"
        );
        assert!(matches!(
            limiter.admit("", at(90), &switches),
            Admission::Pass(_)
        ));
    }

    #[test]
    fn senders_have_budgets_of_their_own() {
        let mut limiter = Limiter::default();
        let switches = Switches {
            rate_limit: RateLimit::Honest(1),
            ..Switches::default()
        };
        assert!(matches!(
            limiter.admit("a", at(0), &switches),
            Admission::Pass(_)
        ));
        assert!(matches!(
            limiter.admit("a", at(1), &switches),
            Admission::Refuse { .. }
        ));
        assert!(matches!(
            limiter.admit("b", at(1), &switches),
            Admission::Pass(_)
        ));
    }

    #[test]
    fn a_burst_is_refused_without_a_word() {
        let mut limiter = Limiter::default();
        let burst = crate::Burst {
            requests: 2,
            within: Duration::from_secs(1),
        };
        let switches = Switches {
            burst: Some(burst),
            ..Switches::default()
        };
        for _ in 0..2 {
            assert!(matches!(
                limiter.admit("", at(0), &switches),
                Admission::Pass(_)
            ));
        }
        assert_eq!(
            limiter.admit("", at(0), &switches),
            Admission::Refuse {
                headers: None,
                retry_after: None,
                during_lockout: false
            }
        );
    }
}
