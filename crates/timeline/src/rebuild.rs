//! A list at a moment for which there is no snapshot, and a title through all of them.

use anirewind_model::{Entry, List};

use crate::change::Change;

/// Puts a change onto a list: the title is as the change left it.
pub fn apply(list: &mut List, change: &Change) {
    replace(list, change, change.after.as_ref());
}

/// Takes a change off a list: the title is as it was before.
pub fn revert(list: &mut List, change: &Change) {
    replace(list, change, change.before.as_ref());
}

fn replace(list: &mut List, change: &Change, state: Option<&Entry>) {
    let key = |entry: &Entry| (entry.media_type, entry.media);
    let place = list
        .entries
        .binary_search_by_key(&(change.media_type, change.media), key);
    match (place, state) {
        (Ok(at), Some(state)) => {
            if let Some(entry) = list.entries.get_mut(at) {
                *entry = state.clone();
            }
        }
        (Ok(at), None) => {
            list.entries.remove(at);
        }
        (Err(at), Some(state)) => list.entries.insert(at, state.clone()),
        (Err(_), None) => {}
    }
}
