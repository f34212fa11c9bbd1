//! Ten years of snapshots, hour by hour, under twenty policies; and two weeks of a schedule, a person and restores
//! whose clocks jump. After every time that old ones went: what has to be there is there.

use std::collections::VecDeque;

use anirewind_backup::retention::{Candidate, Kept, Policy, Role, count_on, plan};
use jiff::tz::TimeZone;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const DAY: Duration = Duration::DAY;
const YEARS: Duration = Duration::days(3_652);

/// What is there of a history that goes on.
struct Folder {
    policy: Policy,
    zone: TimeZone,
    left: VecDeque<Candidate>,
    clock: OffsetDateTime,
    next: i64,
    /// The places of the newest that can be believed, and of those that somebody keeps for good.
    good: VecDeque<i64>,
    kept: Vec<i64>,
    most: usize,
}

impl Folder {
    fn new(policy: Policy, zone: &str) -> Self {
        Self {
            policy,
            zone: TimeZone::get(zone).unwrap(),
            left: VecDeque::new(),
            clock: datetime!(2026-11-03 12:00 UTC),
            next: 0,
            good: VecDeque::new(),
            kept: Vec::new(),
            most: 0,
        }
    }

    fn take(&mut self, role: Role, kept: bool) {
        let last = self.left.back();
        let counted = last.map_or(0, |last| count_on(last.counted, last.at, self.clock, DAY));
        self.left.push_back(Candidate {
            file: format!("{:06}", self.next),
            position: self.next,
            at: self.clock,
            counted,
            role,
            kept: kept.then_some(Kept { until: None }),
            public: false,
        });
        if matches!(role, Role::Good | Role::Safety) {
            self.good.push_back(self.next);
            if self.good.len() > 3 {
                self.good.pop_front();
            }
        }
        if kept {
            self.kept.push(self.next);
        }
        self.next += 1;
        self.most = self.most.max(self.left.len());
    }

    /// Lets go what goes, and looks whether all that has to be there is.
    fn prune(&mut self, what: &str) {
        let candidates = self.left.make_contiguous();
        let plan = plan(candidates, &self.policy, None, &self.zone, self.clock);
        let going: std::collections::BTreeSet<_> = plan.going().map(str::to_owned).collect();
        let days = usize::try_from(self.policy.days).unwrap();
        for candidate in candidates.iter().filter(|one| going.contains(&one.file)) {
            let since = self.next - 1 - candidate.position;
            assert!(
                usize::try_from(since).unwrap() > days,
                "{what}: {candidate:?} went too early"
            );
        }
        self.left.retain(|one| !going.contains(&one.file));
        let is_here = |place: &i64| self.left.iter().any(|one| one.position == *place);
        assert!(
            self.good.iter().all(is_here),
            "{what}: one of the last three good ones is gone"
        );
        assert!(
            self.kept.iter().all(is_here),
            "{what}: one that is kept is gone"
        );
    }
}

/// Twenty of them: none, days alone, and with every mixture of tiers.
fn policies() -> Vec<Policy> {
    let of = |days, daily, weekly, monthly, safety_days| Policy {
        days,
        daily,
        weekly,
        monthly,
        safety_days,
    };
    vec![
        Policy::default(),
        of(1, 0, 0, 0, 1),
        of(1, 0, 0, 0, 90),
        of(2, 0, 0, 0, 30),
        of(3, 0, 0, 0, 30),
        of(7, 7, 0, 0, 30),
        of(7, 0, 4, 0, 30),
        of(7, 0, 0, 12, 30),
        of(7, 14, 8, 12, 90),
        of(1, 30, 0, 0, 7),
        of(1, 0, 52, 0, 7),
        of(1, 0, 0, 120, 7),
        of(1, 7, 4, 6, 7),
        of(2, 14, 0, 6, 14),
        of(3, 0, 10, 3, 14),
        of(5, 5, 5, 5, 5),
        of(10, 0, 0, 0, 10),
        of(14, 0, 0, 0, 14),
        of(14, 30, 12, 24, 30),
        of(30, 0, 0, 0, 30),
    ]
}

#[test]
fn ten_years_hour_by_hour_under_twenty_policies() {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
    ];
    let policies = policies();
    assert_eq!(policies.len(), 20);
    for (number, policy) in policies.into_iter().enumerate() {
        let what = format!("{policy:?}");
        let mut rng = fastrand::Rng::with_seed(u64::try_from(number).unwrap());
        let mut folder = Folder::new(policy.clone(), zones[number % zones.len()]);
        let end = folder.clock + YEARS;
        let mut hours: i64 = 0;
        let mut safeties = 0;
        while folder.clock < end {
            let role = match rng.u16(..2_000) {
                0 => Role::Safety,
                1 => Role::Suspect,
                _ => Role::Good,
            };
            safeties += usize::from(role == Role::Safety);
            folder.take(role, rng.u32(..5_000) == 0);
            // Not after every single one, which is what takes the time, but at any hour of the day.
            if rng.u8(..24) == 0 {
                folder.prune(&what);
            }
            hours += 1;
            folder.clock += Duration::HOUR;
        }
        folder.prune(&what);
        assert_eq!(hours, 87_648);
        assert_eq!(folder.next, hours, "one an hour");
        // Nothing piles up: what is left is what the rules say and what somebody keeps.
        let tiers = policy.daily + policy.weekly + policy.monthly;
        let rules = usize::try_from(policy.days * 24 + tiers).unwrap();
        let bound = rules + folder.kept.len() + safeties.min(90) + 24 + 8;
        assert!(
            folder.left.len() <= bound,
            "{what}: {} are left",
            folder.left.len()
        );
        assert!(
            folder.most <= bound + 240,
            "{what}: {} at once",
            folder.most
        );
        let hours_kept = usize::try_from(policy.days * 24).unwrap();
        assert!(
            folder.left.len() >= hours_kept,
            "{what}: {} are left",
            folder.left.len()
        );
        // It reaches as far back as the tiers say, whose newest of a week or month may be its last day.
        let oldest = folder.left.iter().find(|one| one.kept.is_none()).unwrap();
        let reach = Duration::days(i64::from(policy.monthly.saturating_sub(2)) * 28);
        let reach = reach.max(Duration::days(
            i64::from(policy.weekly.saturating_sub(2)) * 7,
        ));
        let reach = reach.max(Duration::days(i64::from(policy.daily.saturating_sub(2))));
        assert!(
            folder.clock - oldest.at >= reach,
            "{what}: the oldest is of {}",
            oldest.at
        );
    }
}

/// A schedule, a person and restores take snapshots and let old ones go, each whenever they like, while the clock
/// is set to and fro by up to ten years.
#[test]
fn two_weeks_of_three_who_take_turns_while_the_clock_jumps() {
    for seed in 0..400 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let policies = policies();
        let policy = policies[rng.usize(..policies.len())].clone();
        let what = format!("seed {seed}, {policy:?}");
        let mut folder = Folder::new(policy, "Europe/Berlin");
        let (mut passed, mut jumps) = (Duration::ZERO, 0);
        while passed < Duration::days(14) {
            match rng.u8(..3) {
                0 => folder.take(Role::Good, false),
                1 => folder.take(Role::Good, rng.u8(..10) == 0),
                _ => folder.take(Role::Safety, false),
            }
            if rng.bool() {
                folder.prune(&what);
            }
            let step = Duration::minutes(rng.i64(1..600));
            passed += step;
            folder.clock += step;
            if rng.u8(..20) == 0 && jumps < 6 {
                let by = [1, 61, 3_600, 86_400, 40 * 86_400, 3_652 * 86_400][rng.usize(..6)];
                folder.clock += Duration::seconds(if rng.bool() { by } else { -by });
                jumps += 1;
            }
        }
        folder.prune(&what);
    }
}
