//! U1 to U10: what must hold of taking changes back.

use anirewind_model::{EntryField, EntryValues, Notes, Picks, Score};
use anirewind_timeline::{
    Action, Change, Choices, Conflict, NotUndoable, Outcome, take_back, undoable,
};
use proptest::prelude::*;

use crate::sample::{change, entry, state, values};

type State = Option<EntryValues>;

const COUPLED: [EntryField; 3] = [
    EntryField::Status,
    EntryField::Progress,
    EntryField::Completed,
];

/// What the list holds after a plan was carried out.
fn carry_out(now: &State, action: &Action) -> State {
    match action {
        Action::Nothing => now.clone(),
        Action::Add(values) => Some(values.clone()),
        Action::Remove => None,
        Action::Write(write) => {
            let mut values = now.clone().unwrap();
            for field in EntryField::ALL {
                if write.get(field).is_recorded() {
                    values.copy(field, write);
                }
            }
            Some(values)
        }
    }
}

/// Takes changes back, newest first; the new state and what stood in the way.
fn undo(changes: &[&Change], now: &State, choices: &Choices) -> (State, Vec<Conflict>, Action) {
    let live = now.clone().map(entry);
    let plan = take_back(changes, live.as_ref(), choices).unwrap();
    (carry_out(now, &plan.action), plan.conflicts, plan.action)
}

fn never() -> Choices {
    Choices::default()
}

/// A change that does something.
fn changes() -> impl Strategy<Value = (State, State)> {
    (state(), state()).prop_filter("something changes", |(before, after)| before != after)
}

/// Fields as they are judged: those that are coupled count as one.
fn judged(before: &State, after: &State) -> Vec<EntryField> {
    let (Some(before), Some(after)) = (before, after) else {
        return EntryField::ALL.to_vec();
    };
    let mut fields: Vec<_> = before.differing(after).collect();
    if fields.iter().any(|field| COUPLED.contains(field)) {
        fields.extend(COUPLED);
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn u1_identity((before, after) in changes()) {
        let c = change(before.as_ref(), after.as_ref());
        prop_assert_eq!(undoable(&c), Ok(()));
        let (state, conflicts, _) = undo(&[&c], &after, &never());
        prop_assert_eq!(conflicts, vec![]);
        prop_assert_eq!(state, before);
    }

    #[test]
    fn u2_involution((before, after) in changes()) {
        let c = change(before.as_ref(), after.as_ref());
        let (undone, _, _) = undo(&[&c], &after, &never());
        let back = change(after.as_ref(), undone.as_ref());
        let (state, conflicts, _) = undo(&[&back], &undone, &never());
        prop_assert_eq!(conflicts, vec![]);
        prop_assert_eq!(state, after);
    }

    #[test]
    fn u3_idempotence((before, after) in changes()) {
        let c = change(before.as_ref(), after.as_ref());
        let (once, _, _) = undo(&[&c], &after, &never());
        let (twice, conflicts, action) = undo(&[&c], &once, &never());
        prop_assert_eq!((twice, conflicts, action), (once, vec![], Action::Nothing));
    }

    #[test]
    fn u4_neutrality(states in proptest::collection::vec(state(), 2..17)) {
        let mut now = states.last().unwrap().clone();
        let mut undos = Vec::new();
        for pair in states.windows(2).rev() {
            let c = change(pair[0].as_ref(), pair[1].as_ref());
            let (next, conflicts, _) = undo(&[&c], &now, &never());
            prop_assert_eq!(conflicts, vec![]);
            undos.push(change(now.as_ref(), next.as_ref()));
            now = next;
        }
        prop_assert_eq!(&now, &states[0]);
        for c in undos.iter().rev() {
            let (next, conflicts, _) = undo(&[c], &now, &never());
            prop_assert_eq!(conflicts, vec![]);
            now = next;
        }
        prop_assert_eq!(&now, states.last().unwrap());
    }

    #[test]
    fn u5_commutation(start in values(), middle in values(), end in values(), pick in any::<[bool; 13]>()) {
        // Two changes of different fields, one after the other.
        let (mut first, mut second) = (start.clone(), start.clone());
        for (field, is_first) in EntryField::ALL.into_iter().zip(pick) {
            let is_first = if COUPLED.contains(&field) { pick[0] } else { is_first };
            if is_first { first.copy(field, &middle) } else { second.copy(field, &end) }
        }
        let mut now = first.clone();
        for field in start.differing(&second).collect::<Vec<_>>() {
            now.copy(field, &second);
        }
        let a = change(Some(&start), Some(&first));
        let b = change(Some(&first), Some(&now));
        let now = Some(now);
        let (one, none, _) = undo(&[&a], &now, &never());
        prop_assert_eq!(none, vec![]);
        let (one, _, _) = undo(&[&b], &one, &never());
        let (other, _, _) = undo(&[&b], &now, &never());
        let (other, _, _) = undo(&[&a], &other, &never());
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one, Some(start));
    }

    #[test]
    fn u6_no_silent_loss((before, after) in changes(), later in state()) {
        let c = change(before.as_ref(), after.as_ref());
        let (state, _, _) = undo(&[&c], &later, &never());
        let (Some(after), Some(later)) = (&after, &later) else {
            return Ok(());
        };
        // Every field that something else has changed since is as that left it, or as it was before
        // the change all the same; a set keeps what was put in.
        for field in after.differing(later) {
            if field == EntryField::CustomLists {
                continue;
            }
            let state = state.as_ref().unwrap();
            prop_assert_eq!(state.get(field), later.get(field), "{:?}", field);
        }
    }

    #[test]
    fn u6_custom_lists_keep_what_others_did(start in values(), mine in values(), theirs in values()) {
        let mut after = start.clone();
        after.copy(EntryField::CustomLists, &mine);
        let mut now = after.clone();
        now.copy(EntryField::CustomLists, &theirs);
        let c = change(Some(&start), Some(&after));
        let (state, conflicts, _) = undo(&[&c], &Some(now.clone()), &never());
        prop_assert_eq!(conflicts, vec![]);
        let names = |values: &EntryValues| -> std::collections::BTreeSet<String> {
            let lists = values.custom_lists.known();
            lists.map(|lists| lists.iter().map(str::to_owned).collect()).unwrap_or_default()
        };
        let (was, made, live) = (names(&start), names(&after), names(&now));
        let state = names(&state.unwrap());
        for name in was.iter().chain(&made).chain(&live) {
            let expected = match (was.contains(name), made.contains(name)) {
                (true, false) => true,
                (false, true) => false,
                _ => live.contains(name),
            };
            prop_assert_eq!(state.contains(name), expected, "{}", name);
        }
    }

    #[test]
    fn u7_conflict_exactness(base in values(), wanted in values(), now in values()) {
        let c = change(Some(&wanted), Some(&base));
        let (_, conflicts, _) = undo(&[&c], &Some(now.clone()), &never());
        let same = |a: &EntryValues, b: &EntryValues, fields: &[EntryField]| {
            fields.iter().all(|field| a.get(*field) == b.get(*field))
        };
        let mut units: Vec<Vec<EntryField>> = vec![COUPLED.to_vec()];
        units.extend(EntryField::ALL.into_iter()
            .filter(|f| !COUPLED.contains(f) && *f != EntryField::CustomLists).map(|f| vec![f]));
        for unit in units {
            let is_touched = !same(&base, &wanted, &unit);
            let is_neither = !same(&now, &base, &unit) && !same(&now, &wanted, &unit);
            let is_reported = unit.iter().any(|field| conflicts.contains(&Conflict::Field(*field)));
            prop_assert_eq!(is_reported, is_touched && is_neither, "{:?}", unit);
        }
    }

    #[test]
    fn u8_group_is_the_fold(states in proptest::collection::vec(state(), 2..9), edit in state(), is_edited in any::<bool>()) {
        let changes: Vec<_> = states.windows(2).map(|pair| change(pair[0].as_ref(), pair[1].as_ref())).collect();
        let now = if is_edited { edit } else { states.last().unwrap().clone() };
        let newest_first: Vec<&Change> = changes.iter().rev().collect();
        let (together, conflicts, _) = undo(&newest_first, &now, &never());
        let mut one_by_one = now.clone();
        let mut stopped = false;
        for c in &newest_first {
            let (next, conflicts, _) = undo(&[c], &one_by_one, &never());
            stopped |= !conflicts.is_empty();
            one_by_one = next;
        }
        prop_assert_eq!(stopped, !conflicts.is_empty());
        if stopped {
            // Never half an entry.
            prop_assert_eq!(together, now);
        } else {
            prop_assert_eq!(together, one_by_one);
        }
    }

    #[test]
    fn u9_the_plan_is_the_effect((before, after) in changes(), now in state()) {
        let c = change(before.as_ref(), after.as_ref());
        let (state, conflicts, action) = undo(&[&c], &now, &never());
        if !conflicts.is_empty() {
            prop_assert_eq!(&action, &Action::Nothing);
        }
        // Only what differs is written, and nothing that the change did not touch.
        if let (Action::Write(write), Some(now), Some(state)) = (&action, &now, &state) {
            let written: Vec<_> = EntryField::ALL.into_iter().filter(|f| write.get(*f).is_recorded()).collect();
            prop_assert_eq!(&written, &now.differing(state).collect::<Vec<_>>());
            if before.is_some() && after.is_some() {
                let touched = judged(&before, &after);
                prop_assert!(written.iter().all(|field| touched.contains(field)));
            }
        }
        prop_assert_eq!(action == Action::Nothing, state == now);
    }

    #[test]
    fn everything_forced_goes_all_the_way((before, after) in changes(), now in state()) {
        let c = change(before.as_ref(), after.as_ref());
        let (state, conflicts, _) = undo(&[&c], &now, &Choices::everything());
        prop_assert_eq!(conflicts, vec![]);
        match (&before, &state) {
            (None, state) => prop_assert!(state.is_none()),
            (Some(_), None) => prop_assert!(false, "the title is gone"),
            // One that was added again keeps what it now has where it had nothing before.
            (Some(_), Some(_)) if after.is_none() => {}
            (Some(before), Some(state)) => {
                let touched = judged(&Some(before.clone()), &after);
                for field in touched.into_iter().filter(|field| *field != EntryField::CustomLists) {
                    prop_assert_eq!(before.get(field), state.get(field));
                }
            }
        }
    }
}

/// The table of the system we follow, and what it leaves out.
#[test]
fn the_undo_table() {
    let values = EntryValues::default();
    let (none, some) = (None, Some(&values));
    let of = |outcome, before, after| {
        undoable(&Change {
            outcome,
            ..change(before, after)
        })
    };
    assert_eq!(of(Outcome::Synced, some, some), Ok(()));
    assert_eq!(of(Outcome::Synced, none, some), Ok(()));
    assert_eq!(of(Outcome::Deleted, some, none), Ok(()));
    assert_eq!(of(Outcome::Undone, some, some), Ok(()));
    assert_eq!(
        of(Outcome::Deleted, none, none),
        Err(NotUndoable::BeforeUnknown)
    );
    assert_eq!(
        of(Outcome::Deleted, some, some),
        Err(NotUndoable::BeforeUnknown)
    );
    assert_eq!(
        of(Outcome::Synced, some, none),
        Err(NotUndoable::BeforeUnknown)
    );
    for outcome in [
        Outcome::Skipped,
        Outcome::Failed,
        Outcome::NotFound,
        Outcome::Pending,
    ] {
        assert_eq!(of(outcome, some, some), Err(NotUndoable::NothingHappened));
    }
}

/// A list of one title that others edit, that is looked at, and on which changes are taken back.
#[derive(Debug, Clone)]
enum Act {
    /// Somebody edits the title.
    Edit(State),
    /// Somebody edits one field of it.
    EditField(EntryField, EntryValues),
    /// We look.
    Look,
    /// We take back the change so many back.
    Undo(usize),
    /// We take back all changes so many back and since.
    UndoSince(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let field = proptest::sample::select(EntryField::ALL.to_vec());
    let act = prop_oneof![
        1 => state().prop_map(Act::Edit),
        4 => (field, values()).prop_map(|(field, values)| Act::EditField(field, values)),
        4 => Just(Act::Look),
        3 => (0usize..6).prop_map(Act::Undo),
        1 => (0usize..6).prop_map(Act::UndoSince),
    ];
    proptest::collection::vec(act, 1..24)
}

/// A model of an account: what is there, what was last seen, and every change.
struct Account {
    live: State,
    known: State,
    log: Vec<Change>,
}

impl Account {
    fn look(&mut self) {
        if self.live != self.known {
            self.log
                .push(change(self.known.as_ref(), self.live.as_ref()));
            self.known.clone_from(&self.live);
        }
    }

    /// Takes changes back as the product does: what is there is read, and our write is a change.
    fn undo(&mut self, from: usize, to: usize) -> Vec<Conflict> {
        self.look();
        let newest_first: Vec<&Change> = self.log[from..to].iter().rev().collect();
        let (next, conflicts, _) = undo(&newest_first, &self.live, &never());
        let before = self.live.clone();
        self.live = next;
        if self.live != before {
            self.log.push(Change {
                outcome: Outcome::Undone,
                ..change(before.as_ref(), self.live.as_ref())
            });
        }
        self.known.clone_from(&self.live);
        conflicts
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// U6, U9 and U11 after every step of a random life.
    #[test]
    fn a_random_life_keeps_the_laws(start in state(), acts in acts()) {
        let mut account = Account { live: start.clone(), known: start.clone(), log: Vec::new() };
        for act in acts {
            match act {
                Act::Edit(state) => account.live = state,
                Act::EditField(field, values) => {
                    if let Some(live) = &mut account.live {
                        live.copy(field, &values);
                    }
                }
                Act::Look => account.look(),
                Act::Undo(back) | Act::UndoSince(back) => {
                    account.look();
                    let Some(at) = account.log.len().checked_sub(back + 1) else { continue };
                    let to = if matches!(act, Act::Undo(_)) { at + 1 } else { account.log.len() };
                    let is_to_now = to == account.log.len();
                    let (before, wanted) = (account.live.clone(), account.log[at].before.clone());
                    let conflicts = account.undo(at, to);
                    if !conflicts.is_empty() {
                        // U6: with a conflict nothing is touched.
                        prop_assert_eq!(&account.live, &before);
                    } else if is_to_now {
                        // Back to before here, when nothing stands in the way, is exactly that.
                        prop_assert_eq!(&account.live, &wanted.map(|entry| entry.values));
                    }
                }
            }
        }
        account.look();
        // U11: all changes, one after the other, lead from the first state to the last.
        let mut state = start;
        for change in &account.log {
            prop_assert_eq!(change.before.as_ref().map(|e| &e.values), state.as_ref());
            state = change.after.clone().map(|entry| entry.values);
        }
        prop_assert_eq!(state, account.live);
    }
}

#[test]
fn a_picked_field_goes_back_alone_where_something_is_in_the_way_and_what_is_left_stays() {
    let values = |score, notes: &str| EntryValues {
        score: Score::new(score).into(),
        notes: Notes::new(notes.to_owned()).into(),
        ..EntryValues::default()
    };
    let c = change(Some(&values(80, "before")), Some(&values(10, "synced")));
    let title = (c.media_type, c.media);
    let picked = |put: &[EntryField], leave: &[EntryField]| {
        let mut picks = Picks::default();
        for field in put {
            picks.put(title, *field);
        }
        for field in leave {
            picks.leave(title, *field);
        }
        Choices {
            picks,
            ..Choices::default()
        }
    };
    let (score, notes) = (EntryField::Score, EntryField::Notes);
    // Only the notes were edited since, and they are picked: the score stays, as it was shown.
    let now = Some(values(10, "by hand"));
    let (state, conflicts, _) = undo(&[&c], &now, &picked(&[notes], &[]));
    assert_eq!((state, conflicts), (Some(values(10, "before")), vec![]));
    let (state, _, _) = undo(&[&c], &now, &picked(&[notes, score], &[]));
    assert_eq!(state, Some(values(80, "before")));
    // Both were: a field that is named both ways stays.
    let now = Some(values(55, "by hand"));
    let (state, _, _) = undo(&[&c], &now, &picked(&[notes, score], &[score]));
    assert_eq!(state, Some(values(55, "before")));
    let (state, conflicts, _) = undo(&[&c], &now, &picked(&[score], &[score]));
    assert_eq!((state, conflicts), (now, vec![Conflict::Field(notes)]));
}
