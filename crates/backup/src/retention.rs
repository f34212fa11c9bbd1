//! Which snapshots stay, which go, and why.
//!
//! Pure: what there is, the rules and the time in; a plan out. Ages are in *counted time*: between two
//! snapshots it goes on as the clock does, but never by more than the longest gap and never
//! backwards. A machine that was off for months, or whose clock jumped, has aged one gap.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use time::{Duration, OffsetDateTime};

/// So many good snapshots stay whatever their age.
const LEAST: usize = 3;

/// The rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Snapshots stay for so many days; 0 keeps all.
    pub days: u32,
    /// Besides, the newest of each of so many days.
    pub daily: u32,
    /// Besides, the newest of each of so many weeks.
    pub weekly: u32,
    /// Besides, the newest of each of so many months.
    pub monthly: u32,
    /// Snapshots taken before something was written to AniList stay for so many days.
    pub safety_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            days: 7,
            daily: 0,
            weekly: 0,
            monthly: 0,
            safety_days: 30,
        }
    }
}

/// A snapshot, as far as the rules care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its file.
    pub file: String,
    /// Its place among the others, oldest first, whatever the clocks said.
    pub position: i64,
    /// When the list was read, by the clock of that moment.
    pub at: OffsetDateTime,
    /// Counted time when it was taken, in seconds.
    pub counted: i64,
    /// What the rules make of it.
    pub role: Role,
    /// Whether somebody wants it kept.
    pub kept: Option<Kept>,
    /// Whether it was read without a token, so that private titles are not in it.
    pub public: bool,
}

/// What the rules make of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ours, whole, believed.
    Good,
    /// The same, taken before something was written to AniList.
    Safety,
    /// Ours, whole, not believed.
    Suspect,
    /// The same, taken before something was written to AniList.
    SuspectSafety,
    /// Ours, damaged.
    Damaged,
    /// Brought in from elsewhere or written by another program.
    Foreign,
}

/// Somebody's wish to keep a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// For how long; without it, until they say otherwise.
    pub until: Option<OffsetDateTime>,
}

/// Why nothing goes for now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hold {
    /// Something unusual was seen and nobody has said yet whether it was meant.
    OpenAlarm,
    /// A snapshot is damaged.
    Damage {
        /// Its file.
        file: String,
    },
}

/// What becomes of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Stays(Why),
    /// It goes to the trash.
    Goes,
}

impl Fate {
    /// Its name, for machines.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Goes => "goes",
            Self::Stays(why) => why.as_str(),
        }
    }

    /// When it is past its days, if that is all that keeps it.
    pub const fn goes_on(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Stays(Why::Recent { until } | Why::Safety { until }) => Some(*until),
            _ => None,
        }
    }
}

/// Why a snapshot stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Somebody wants it kept.
    Kept {
        /// For how long, if not for ever.
        until: Option<OffsetDateTime>,
    },
    /// All stay.
    All,
    /// It is not past its days.
    Recent {
        /// When it will be, if nothing stands still.
        until: OffsetDateTime,
    },
    /// It was taken before something was written to AniList.
    Safety {
        /// Until when that keeps it.
        until: OffsetDateTime,
    },
    /// The newest good one.
    Newest,
    /// One of the three newest good ones.
    AmongThree,
    /// The newest good one that was read with a token: later ones hold no private titles.
    NewestWithPrivate,
    /// The newest of its day.
    Daily,
    /// The newest of its week.
    Weekly,
    /// The newest of its month.
    Monthly,
    /// Not ours to remove.
    Foreign,
    /// Damaged ones are left for somebody to look at.
    Damaged,
    /// It would go, but nothing goes for now.
    Held(Hold),
}

impl Why {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Kept { .. } => "kept",
            Self::All => "all-stay",
            Self::Recent { .. } => "recent",
            Self::Safety { .. } => "safety",
            Self::Newest => "newest-good",
            Self::AmongThree => "three-newest-good",
            Self::NewestWithPrivate => "newest-with-private",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Foreign => "imported",
            Self::Damaged => "damaged",
            Self::Held(_) => "held",
        }
    }
}

/// What becomes of every snapshot, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Each file with its fate.
    pub fates: Vec<(String, Fate)>,
}

impl Plan {
    /// The files that go.
    pub fn going(&self) -> impl Iterator<Item = &str> {
        self.fates
            .iter()
            .filter(|(_, fate)| *fate == Fate::Goes)
            .map(|(file, _)| file.as_str())
    }

    /// The fate of a file.
    pub fn fate(&self, file: &str) -> Option<&Fate> {
        let found = self.fates.iter().find(|(name, _)| name == file);
        found.map(|(_, fate)| fate)
    }
}

/// Counted time of a snapshot that follows another one.
pub fn count_on(
    counted: i64,
    from: OffsetDateTime,
    to: OffsetDateTime,
    longest_gap: Duration,
) -> i64 {
    let passed = (to - from).clamp(Duration::ZERO, longest_gap);
    counted.saturating_add(passed.whole_seconds())
}

/// What becomes of the snapshots of one account.
///
/// The order they are given in does not matter. With a hold, nothing goes.
pub fn plan(
    candidates: &[Candidate],
    policy: &Policy,
    hold: Option<&Hold>,
    zone: &TimeZone,
    now: OffsetDateTime,
) -> Plan {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|a, b| (a.position, &a.file).cmp(&(b.position, &b.file)));
    // A damaged one holds everything, whether or not somebody noticed to say so.
    let damaged = sorted.iter().find(|c| c.role == Role::Damaged);
    let damage = damaged.map(|c| Hold::Damage {
        file: c.file.clone(),
    });
    let hold = hold.or(damage.as_ref());
    let newest = sorted
        .iter()
        .filter(|c| c.role != Role::Foreign)
        .map(|c| c.counted)
        .max()
        .unwrap_or_default();
    let good: Vec<&str> = sorted
        .iter()
        .rev()
        .filter(|c| matches!(c.role, Role::Good | Role::Safety))
        .map(|c| c.file.as_str())
        .take(LEAST)
        .collect();
    let mut with_private = sorted.iter().rev().filter(|c| {
        let is_good = matches!(c.role, Role::Good | Role::Safety);
        is_good && !c.public
    });
    let with_private = with_private.next().map(|c| c.file.as_str());
    let tiers = Tiers::of(&sorted, policy, zone);
    let fate = |candidate: &Candidate| {
        let age = Duration::seconds(newest.saturating_sub(candidate.counted).max(0));
        let file = candidate.file.as_str();
        let until = |days: u32| now + (Duration::days(i64::from(days)) - age);
        let is_within = |days: u32| age <= Duration::days(i64::from(days));
        let rank = good.iter().position(|name| *name == file);
        let why = match candidate.kept {
            Some(kept) if kept.holds(candidate, age, now) => Why::Kept { until: kept.until },
            _ if candidate.role == Role::Foreign => Why::Foreign,
            _ if candidate.role == Role::Damaged => Why::Damaged,
            _ if policy.days == 0 => Why::All,
            _ if matches!(candidate.role, Role::Safety | Role::SuspectSafety)
                && is_within(policy.safety_days.max(policy.days)) =>
            {
                Why::Safety {
                    until: until(policy.safety_days.max(policy.days)),
                }
            }
            _ if is_within(policy.days) => Why::Recent {
                until: until(policy.days),
            },
            _ if rank == Some(0) => Why::Newest,
            _ if rank.is_some() => Why::AmongThree,
            _ if with_private == Some(file) => Why::NewestWithPrivate,
            _ if tiers.daily.contains(file) => Why::Daily,
            _ if tiers.weekly.contains(file) => Why::Weekly,
            _ if tiers.monthly.contains(file) => Why::Monthly,
            _ => match hold {
                Some(hold) => Why::Held(hold.clone()),
                None => return Fate::Goes,
            },
        };
        Fate::Stays(why)
    };
    let fates = sorted.iter().map(|c| (c.file.clone(), fate(c))).collect();
    Plan { fates }
}

impl Kept {
    /// Whether the wish still stands. Both the clock and counted time must have passed its end.
    fn holds(self, candidate: &Candidate, age: Duration, now: OffsetDateTime) -> bool {
        self.until
            .is_none_or(|until| now < until || age < until - candidate.at)
    }
}

/// The newest good snapshots of so many days, weeks and months.
struct Tiers<'a> {
    daily: BTreeSet<&'a str>,
    weekly: BTreeSet<&'a str>,
    monthly: BTreeSet<&'a str>,
}

impl<'a> Tiers<'a> {
    fn of(sorted: &[&'a Candidate], policy: &Policy, zone: &TimeZone) -> Self {
        let newest_of_each = |most: u32, bucket: fn(Date) -> (i16, i16)| {
            let mut kept = BTreeSet::new();
            let mut buckets = BTreeSet::new();
            for candidate in sorted.iter().rev() {
                if buckets.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
                    break;
                }
                let is_good = matches!(candidate.role, Role::Good | Role::Safety);
                let day = local_day(candidate.at, zone);
                if is_good && day.is_some_and(|day| buckets.insert(bucket(day))) {
                    kept.insert(candidate.file.as_str());
                }
            }
            kept
        };
        Self {
            daily: newest_of_each(policy.daily, |day| (day.year(), day.day_of_year())),
            weekly: newest_of_each(policy.weekly, |day| {
                let week = day.iso_week_date();
                (week.year(), i16::from(week.week()))
            }),
            monthly: newest_of_each(policy.monthly, |day| (day.year(), i16::from(day.month()))),
        }
    }
}

fn local_day(at: OffsetDateTime, zone: &TimeZone) -> Option<Date> {
    let at = Timestamp::from_second(at.unix_timestamp()).ok()?;
    Some(zone.to_datetime(at).date())
}
