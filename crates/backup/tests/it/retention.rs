//! What goes and what stays, by example and by law.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anirewind_backup::retention::{
    Candidate, Fate, Hold, Kept, Plan, Policy, Role, Why, count_on, plan,
};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const DAY: Duration = Duration::DAY;

/// Takes snapshots one after the other, as the program does.
struct History {
    candidates: Vec<Candidate>,
    clock: OffsetDateTime,
    zone: TimeZone,
}

impl History {
    fn starting(clock: OffsetDateTime) -> Self {
        Self {
            candidates: Vec::new(),
            clock,
            zone: TimeZone::UTC,
        }
    }

    fn take(&mut self, role: Role) -> &mut Candidate {
        let counted = self
            .candidates
            .last()
            .map_or(0, |last| count_on(last.counted, last.at, self.clock, DAY));
        let position = i64::try_from(self.candidates.len()).unwrap();
        self.candidates.push(Candidate {
            file: format!("{position:03}"),
            position,
            at: self.clock,
            counted,
            role,
            kept: None,
            public: false,
        });
        self.candidates.last_mut().unwrap()
    }

    fn days(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.take(Role::Good);
            self.clock += DAY;
        }
        self.clock -= DAY;
        self
    }

    fn after(mut self, gap: Duration) -> Self {
        self.clock += gap;
        self
    }

    fn then(mut self, role: Role) -> Self {
        self.take(role);
        self
    }

    fn keeping(mut self, index: usize, until: Option<OffsetDateTime>) -> Self {
        self.candidates[index].kept = Some(Kept { until });
        self
    }

    fn public_from(mut self, index: usize) -> Self {
        for candidate in self.candidates.iter_mut().skip(index) {
            candidate.public = true;
        }
        self
    }

    fn with(mut self, index: usize, role: Role) -> Self {
        self.candidates[index].role = role;
        self
    }

    fn plan(&self, policy: &Policy, hold: Option<&Hold>) -> Plan {
        plan(&self.candidates, policy, hold, &self.zone, self.clock)
    }
}

fn letters(plan: &Plan) -> String {
    let letter = |fate: &Fate| match fate {
        Fate::Goes => '-',
        Fate::Stays(why) => match why {
            Why::Kept { .. } => 'K',
            Why::All => 'A',
            Why::Recent { .. } => 'r',
            Why::Safety { .. } => 's',
            Why::Newest => 'N',
            Why::AmongThree => '3',
            Why::NewestWithPrivate => 'p',
            Why::Daily => 'd',
            Why::Weekly => 'w',
            Why::Monthly => 'm',
            Why::Foreign => 'f',
            Why::Damaged => 'X',
            Why::Held(_) => 'h',
        },
    };
    plan.fates.iter().map(|(_, fate)| letter(fate)).collect()
}

fn days(days: u32) -> Policy {
    Policy {
        days,
        ..Policy::default()
    }
}

fn tiers(days: u32, daily: u32, weekly: u32, monthly: u32) -> Policy {
    Policy {
        days,
        daily,
        weekly,
        monthly,
        ..Policy::default()
    }
}

const START: OffsetDateTime = datetime!(2026-03-01 01:00 UTC);

/// Oldest first, one letter each; the key is in [`letters`].
#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn the_golden_table() {
    let daily = |count| History::starting(START).days(count);
    let zoned = |start, count, zone| {
        let mut history = History::starting(start);
        history.zone = TimeZone::get(zone).unwrap();
        history.days(count)
    };
    let every = |hours: i64, count: usize| {
        let mut history = History::starting(START);
        for _ in 0..count {
            history.take(Role::Good);
            history.clock += Duration::hours(hours);
        }
        history.clock -= Duration::hours(hours);
        history
    };
    let alarm = Hold::OpenAlarm;
    let year = Duration::days(365);
    let cases: Vec<(&str, History, Policy, Option<&Hold>)> = vec![
        ("none", History::starting(START), days(7), None),
        ("one", daily(1), days(7), None),
        ("a week", daily(8), days(7), None),
        ("a week and a day", daily(9), days(7), None),
        ("a month", daily(30), days(7), None),
        ("a month, keep all", daily(30), days(0), None),
        ("a month, one day", daily(30), days(1), None),
        ("a month, 30 days", daily(30), days(30), None),
        ("an alarm is open", daily(12), days(7), Some(&alarm)),
        (
            "one is damaged",
            daily(12).with(6, Role::Damaged),
            days(7),
            None,
        ),
        (
            "an old one is damaged",
            daily(12).with(0, Role::Damaged),
            days(7),
            None,
        ),
        ("one is kept", daily(12).keeping(1, None), days(7), None),
        (
            "kept until next month",
            daily(12).keeping(1, Some(START + DAY * 40)),
            days(7),
            None,
        ),
        (
            "kept until the past",
            daily(12).keeping(1, Some(START + DAY * 5)),
            days(7),
            None,
        ),
        (
            "kept and all else gone",
            daily(12).keeping(0, None),
            days(1),
            None,
        ),
        (
            "safety within its month",
            daily(20).with(2, Role::Safety),
            days(7),
            None,
        ),
        (
            "safety past its month",
            daily(40).with(2, Role::Safety),
            days(7),
            None,
        ),
        (
            "safety shorter than the days",
            daily(40).with(2, Role::Safety),
            days(60),
            None,
        ),
        (
            "theirs stay",
            daily(12).with(0, Role::Foreign).with(3, Role::Foreign),
            days(7),
            None,
        ),
        (
            "only theirs",
            daily(3)
                .with(0, Role::Foreign)
                .with(1, Role::Foreign)
                .with(2, Role::Foreign),
            days(1),
            None,
        ),
        (
            "the newest are doubted",
            daily(12).with(11, Role::Suspect).with(10, Role::Suspect),
            days(1),
            None,
        ),
        (
            "all recent are doubted",
            (4..12).fold(daily(12), |h, i| h.with(i, Role::Suspect)),
            days(2),
            None,
        ),
        (
            "old doubted ones go",
            daily(12).with(1, Role::Suspect),
            days(7),
            None,
        ),
        (
            "off for a year",
            daily(10).after(year).then(Role::Good),
            days(7),
            None,
        ),
        (
            "off for a year, twice",
            daily(6)
                .after(year)
                .then(Role::Good)
                .after(year)
                .then(Role::Good),
            days(7),
            None,
        ),
        ("on once a week", every(24 * 7, 10), days(7), None),
        ("every six hours", every(6, 40), days(7), None),
        ("every hour for a day", every(1, 25), days(1), None),
        (
            "the clock jumps ahead ten years",
            daily(8).after(year * 10).then(Role::Good),
            days(7),
            None,
        ),
        (
            "and back",
            daily(8)
                .after(year * 10)
                .then(Role::Good)
                .after(-year * 10)
                .then(Role::Good)
                .after(DAY)
                .then(Role::Good),
            days(7),
            None,
        ),
        (
            "the clock falls back ten years",
            daily(8).after(-year * 10).then(Role::Good),
            days(7),
            None,
        ),
        (
            "and ahead again",
            daily(8)
                .after(-year * 10)
                .then(Role::Good)
                .after(year * 10)
                .then(Role::Good),
            days(7),
            None,
        ),
        (
            "a second back and forth",
            daily(8)
                .after(Duration::seconds(-1))
                .then(Role::Good)
                .after(Duration::seconds(2))
                .then(Role::Good),
            days(7),
            None,
        ),
        ("two weeks of days", daily(30), tiers(3, 14, 0, 0), None),
        ("weeks", daily(60), tiers(3, 0, 4, 0), None),
        ("months", daily(100), tiers(3, 0, 0, 3), None),
        ("all tiers", daily(100), tiers(7, 10, 4, 3), None),
        (
            "tiers pass over what is doubted",
            daily(20).with(9, Role::Suspect),
            tiers(1, 12, 0, 0),
            None,
        ),
        ("four a day, days", every(6, 60), tiers(1, 7, 0, 0), None),
        (
            "Berlin loses an hour",
            zoned(datetime!(2026-03-24 00:00 UTC), 14, "Europe/Berlin"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "Berlin gains an hour",
            zoned(datetime!(2026-10-20 00:00 UTC), 14, "Europe/Berlin"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "just before midnight in Berlin, in March",
            zoned(datetime!(2026-03-24 22:30 UTC), 14, "Europe/Berlin"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "New York, spring",
            zoned(datetime!(2026-03-03 04:30 UTC), 14, "America/New_York"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "Lord Howe, half an hour",
            zoned(datetime!(2026-03-30 14:15 UTC), 14, "Australia/Lord_Howe"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "Apia has no 30 December",
            zoned(datetime!(2011-12-26 12:00 UTC), 10, "Pacific/Apia"),
            tiers(2, 6, 0, 0),
            None,
        ),
        (
            "Kathmandu",
            zoned(datetime!(2026-02-24 18:15 UTC), 14, "Asia/Kathmandu"),
            tiers(2, 8, 0, 0),
            None,
        ),
        (
            "week 53",
            zoned(datetime!(2026-12-20 12:00 UTC), 28, "UTC"),
            tiers(2, 0, 4, 0),
            None,
        ),
        (
            "a leap day",
            zoned(datetime!(2028-02-20 12:00 UTC), 20, "UTC"),
            tiers(2, 0, 0, 2),
            None,
        ),
        (
            "2100 has none",
            zoned(datetime!(2100-02-20 12:00 UTC), 20, "UTC"),
            tiers(2, 0, 0, 2),
            None,
        ),
    ];
    assert!(cases.len() >= 40);
    let mut table = String::new();
    for (name, history, policy, hold) in &cases {
        let plan = history.plan(policy, *hold);
        let Policy {
            days,
            daily,
            weekly,
            monthly,
            ..
        } = policy;
        writeln!(table, "{name}: {days}d {daily}/{weekly}/{monthly}").unwrap();
        writeln!(table, "    {}", letters(&plan)).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_snapshot_says_when_it_goes() {
    let history = History::starting(START).days(3);
    let plan = history.plan(&days(7), None);
    let until = |index: usize| match &plan.fates[index].1 {
        Fate::Stays(Why::Recent { until }) => *until,
        other => panic!("{other:?}"),
    };
    assert_eq!(until(0), START + DAY * 7);
    assert_eq!(until(2), START + DAY * 9);
}

/// For how many seconds from when it was taken; for ever without.
type Wish = Option<i64>;

#[derive(Debug, Clone)]
struct Step {
    gap: i64,
    role: Role,
    kept: Option<Wish>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    const YEAR: i64 = 365 * 86_400;
    let gap = prop_oneof![
        6 => 0i64..200_000,
        1 => -YEAR * 10..YEAR * 10,
        1 => Just(1i64),
        1 => Just(-1i64),
    ];
    let role = prop_oneof![
        8 => Just(Role::Good),
        1 => Just(Role::Safety),
        2 => Just(Role::Suspect),
        1 => Just(Role::Foreign),
    ];
    let kept = prop_oneof![
        9 => Just(None),
        1 => proptest::option::of(-1_000_000i64..1_000_000).prop_map(Some),
    ];
    let step = (gap, role, kept).prop_map(|(gap, role, kept)| Step { gap, role, kept });
    proptest::collection::vec(step, 0..24)
}

fn policies() -> impl Strategy<Value = Policy> {
    (0u32..10, 0u32..5, 0u32..4, 0u32..3).prop_map(|(days, daily, weekly, monthly)| Policy {
        days,
        daily,
        weekly,
        monthly,
        safety_days: 30,
    })
}

fn berlin() -> TimeZone {
    static ZONE: std::sync::LazyLock<TimeZone> =
        std::sync::LazyLock::new(|| TimeZone::get("Europe/Berlin").unwrap());
    ZONE.clone()
}

fn history(steps: &[Step]) -> History {
    let mut history = History::starting(datetime!(2026-03-20 12:00 UTC));
    history.zone = berlin();
    for step in steps {
        history.clock += Duration::seconds(step.gap);
        let clock = history.clock;
        let candidate = history.take(step.role);
        candidate.kept = step.kept.map(|until| Kept {
            until: until.map(|seconds| clock + Duration::seconds(seconds)),
        });
    }
    history
}

fn going(plan: &Plan) -> BTreeSet<String> {
    plan.going().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    /// R16 and R17 of the reliability goals in one walk over a random history.
    #[test]
    fn the_laws_of_retention(
        steps in steps(),
        policy in policies(),
        more in policies(),
        turn in 0usize..24,
    ) {
        let history = history(&steps);
        let plan_now = history.plan(&policy, None);
        let gone = going(&plan_now);

        // The order they are given in does not matter.
        let mut turned = History { candidates: history.candidates.clone(), zone: history.zone.clone(), ..history };
        let by = turn % turned.candidates.len().max(1);
        turned.candidates.rotate_left(by);
        prop_assert_eq!(&turned.plan(&policy, None), &plan_now);
        turned.candidates.rotate_right(by);

        // The newest good one, three good ones, what is kept and what is not ours stay.
        let good: Vec<_> = turned.candidates.iter().rev()
            .filter(|c| matches!(c.role, Role::Good | Role::Safety)).take(3).collect();
        for candidate in good {
            prop_assert!(!gone.contains(&candidate.file));
        }
        for candidate in &turned.candidates {
            let is_safe = candidate.kept == Some(Kept { until: None }) || candidate.role == Role::Foreign;
            prop_assert!(!(is_safe && gone.contains(&candidate.file)));
        }

        // No jump of the clock lets anything go: as many snapshots have come since as there are days.
        for candidate in turned.candidates.iter().filter(|c| gone.contains(&c.file)) {
            let since = turned.candidates.iter().filter(|c| c.position > candidate.position).count();
            prop_assert!(since > usize::try_from(policy.days).unwrap());
        }

        // What the plan says is what is left, and planning again takes nothing more.
        let kept: Vec<_> = turned.candidates.iter().filter(|c| !gone.contains(&c.file)).cloned().collect();
        let again = plan(&kept, &policy, None, &turned.zone, turned.clock);
        prop_assert_eq!(again.going().count(), 0);
        prop_assert_eq!(again.fates.len(), plan_now.fates.len() - gone.len());

        // A policy that asks for more keeps at least as much.
        let larger = Policy {
            days: if policy.days == 0 { 0 } else { policy.days + more.days },
            daily: policy.daily + more.daily,
            weekly: policy.weekly + more.weekly,
            monthly: policy.monthly + more.monthly,
            safety_days: policy.safety_days,
        };
        prop_assert!(going(&turned.plan(&larger, None)).is_subset(&gone));

        // While something is unanswered or damaged, nothing goes.
        prop_assert_eq!(turned.plan(&policy, Some(&Hold::OpenAlarm)).going().count(), 0);
        if let Some(first) = turned.candidates.first_mut() {
            first.role = Role::Damaged;
            prop_assert_eq!(turned.plan(&policy, None).going().count(), 0);
        }
    }
}

#[test]
fn the_newest_that_was_read_with_a_token_outlives_any_number_without() {
    let history = History::starting(START).days(20).public_from(6);
    let plan = history.plan(&days(7), None);
    assert_eq!(letters(&plan), "-----p------rrrrrrrr");
    assert_eq!(plan.fate("005"), Some(&Fate::Stays(Why::NewestWithPrivate)));
    // It is no other one where no snapshot is without.
    let usual = History::starting(START).days(20);
    assert!(!letters(&usual.plan(&days(7), None)).contains('p'));
}
