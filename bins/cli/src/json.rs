//! What `--json` prints: the shapes that the server answers with too.

use anirewind_core::model::Entry;
use anirewind_core::view::{self, AlarmView, ChangeView, EntryView, OperationView, SnapshotView};
use anirewind_core::{Alarm, ChangeRow, OperationRow, SnapshotRow, StepRow};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) use anirewind_core::view::{key, value as value_json};

/// A shape as JSON.
pub(crate) fn shape(view: impl Serialize) -> Value {
    // Strings, numbers, lists and maps with text for keys: nothing that cannot be written.
    serde_json::to_value(view).unwrap_or_default()
}

/// An instant as RFC 3339.
pub(crate) fn instant_json(at: OffsetDateTime) -> Value {
    json!(view::instant(at))
}

/// A snapshot.
pub(crate) fn snapshot_json(row: &SnapshotRow) -> Value {
    shape(SnapshotView::from(row))
}

/// Something unusual about a snapshot.
pub(crate) fn alarm_json(row: &SnapshotRow, alarm: &Alarm) -> Value {
    shape(AlarmView::of(row, alarm))
}

/// An entry: a field that is not recorded is missing, an empty one is null.
pub(crate) fn entry_json(entry: &Entry) -> Value {
    shape(EntryView::from(entry))
}

/// A change.
pub(crate) fn change_json(row: &ChangeRow) -> Value {
    shape(ChangeView::from(row))
}

/// An act with its titles.
pub(crate) fn operation_json(operation: &OperationRow, steps: &[StepRow]) -> Value {
    shape(OperationView::of(operation, steps))
}
