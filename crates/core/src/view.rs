//! What machines are told: one shape a thing, whether a command prints it or the server answers it.

mod living;

use std::collections::BTreeMap;

use anirewind_backup::Alarm;
use anirewind_model::{
    Counts, Entry, EntryField, EntryValues, Recorded, TitleLanguage, Value as FieldValue,
};
use anirewind_store::{
    AccountRow, Cause, ChangeRow, LeftField, OperationRow, OperationState, SnapshotRow, StepRow,
};
use anirewind_timeline::Id;
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use crate::notices::{ChannelView, NoticesView, PingView, TestedView};
use crate::plan::{Action, Plan};
use crate::report::Report;
use crate::status::AccountStatus;

pub use living::{HealthView, LogLineView, SettingView};

/// An instant as RFC 3339.
pub fn instant(at: OffsetDateTime) -> String {
    // Only years past 9999 cannot be written so.
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// The key of a field.
pub const fn key(field: EntryField) -> &'static str {
    match field {
        EntryField::Score => "scoreRaw",
        EntryField::CustomLists => "customLists",
        EntryField::AdvancedScores => "advancedScores",
        other => other.as_str(),
    }
}

/// The field with this key, or with the word that commands use.
pub fn field_called(text: &str) -> Option<EntryField> {
    let is_called = |field: &EntryField| key(*field).eq_ignore_ascii_case(text);
    let named = EntryField::ALL.into_iter().find(is_called);
    named.or_else(|| EntryField::parse(text))
}

/// What a field holds; `None` when it is not recorded, null when it is empty.
pub fn value(value: &Recorded<FieldValue>) -> Option<Value> {
    let value = match value {
        Recorded::NotRecorded => return None,
        Recorded::Empty => return Some(Value::Null),
        Recorded::Known(value) => value,
    };
    Some(match value {
        FieldValue::Status(status) => json!(status.as_str()),
        FieldValue::Score(score) => json!(score.raw()),
        FieldValue::Count(count) => json!(count),
        FieldValue::Flag(flag) => json!(flag),
        FieldValue::Notes(notes) => json!(notes.as_str()),
        FieldValue::CustomLists(lists) => lists.iter().collect(),
        FieldValue::AdvancedScores(scores) => scores
            .iter()
            .map(|(name, raw)| (name.to_owned(), json!(raw)))
            .collect(),
        FieldValue::Date(date) => json!(date.to_string()),
    })
}

macro_rules! views {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $of:ty),+ $(,)? })+) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, PartialEq, Serialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $($(#[$field_about])* pub $field: $of),+
            }
        )+
    };
}

views! {
    /// Titles of each type.
    CountsView {
        /// Anime.
        anime: usize,
        /// Manga.
        manga: usize,
    }

    /// An AniList user.
    UserView {
        /// The id.
        id: u32,
        /// The name.
        name: String,
    }

    /// A snapshot.
    SnapshotView {
        /// The id.
        id: String,
        /// The name of the file.
        file: String,
        /// Whose list it is.
        user: UserView,
        /// When it was taken, RFC 3339.
        created_at: String,
        /// What it was taken for: auto, manual, safety, import.
        kind: String,
        /// Whether it was read without a token: private titles are not in it.
        public: bool,
        /// What it holds.
        counts: CountsView,
        /// Bytes.
        size: u64,
        /// SHA-256 of the file.
        file_hash: String,
        /// SHA-256 of what it holds.
        content_hash: String,
        /// Against the snapshot before; null for the first.
        delta: Option<DeltaView>,
        /// good, suspect or damaged.
        standing: String,
        /// What is wrong with the file.
        damage: Option<String>,
        /// What is unusual.
        alarms: Vec<AlarmView>,
        /// Whether it stays whatever the rules say.
        kept: bool,
        /// The name it is kept under.
        kept_as: Option<String>,
        /// Until when it is kept, RFC 3339.
        kept_until: Option<String>,
        /// A note.
        note: Option<String>,
        /// When it was last proven, RFC 3339.
        verified_at: String,
    }

    /// What changed between two snapshots.
    DeltaView {
        /// Titles added.
        added: usize,
        /// Titles changed.
        changed: usize,
        /// Titles removed.
        removed: usize,
    }

    /// Something unusual about a list.
    AlarmView {
        /// The rule.
        rule: String,
        /// In words.
        message: String,
        /// How many titles.
        affected: usize,
        /// Of how many.
        of: usize,
        /// Which field, where it is about one.
        field: Option<String>,
        /// Whether nobody has answered yet.
        open: bool,
    }

    /// One field on both sides; a side that did not record it is null.
    BothView {
        /// Before.
        before: Option<Value>,
        /// After.
        after: Option<Value>,
    }

    /// A change of one title.
    ChangeView {
        /// The name of this shape.
        schema: &'static str,
        /// The id.
        id: String,
        /// Which title, on AniList.
        media_id: u32,
        /// ANIME or MANGA.
        r#type: String,
        /// What it is called.
        title: Option<String>,
        /// What came of it.
        outcome: String,
        /// What made it.
        source: String,
        /// When, or the last it can have been, RFC 3339.
        at: String,
        /// If the moment is not known: after this, RFC 3339.
        since: Option<String>,
        /// The fields that differ.
        fields: BTreeMap<String, BothView>,
        /// The entry before; null when it was not on the list.
        before: Option<EntryView>,
        /// The entry after; null when it is not on the list.
        after: Option<EntryView>,
        /// The burst it is part of.
        group: Option<String>,
        /// The act of ours it is part of.
        operation: Option<String>,
        /// The change it takes back.
        undoes: Option<String>,
        /// The change that took it back.
        undone_by: Option<String>,
        /// The restore that made it as it was before, where that was the next thing that happened to the title, or to these
        /// fields of it; null for titles that were added.
        put_back_by: Option<String>,
        /// Whether somebody keeps it out of sight.
        hidden: bool,
        /// What AniList said.
        error: Option<String>,
    }

    /// What one field is and will be.
    SentView {
        /// Now.
        now: Option<Value>,
        /// What is sent.
        sent: Option<Value>,
    }

    /// One title of a plan or an act.
    StepView {
        /// Which title, on AniList.
        media_id: u32,
        /// ANIME or MANGA.
        r#type: String,
        /// What it is called.
        title: Option<String>,
        /// write, add, remove, same, stay, keep or cannot.
        action: String,
        /// pending, intended, done, already, conflict, failed, `not_found`, overtaken or left.
        state: String,
        /// What went wrong, or why it is not sent.
        problem: Option<String>,
        /// What is left out or left as it is.
        notes: Vec<String>,
        /// The fields that differ between what is there and what is sent.
        fields: BTreeMap<String, SentView>,
    }

    /// An act: an undo, a redo, a restore, an import.
    OperationView {
        /// The id, which was the plan's.
        id: String,
        /// undo, redo, restore or import.
        kind: String,
        /// planned, running, paused, stopped, done or partly.
        state: String,
        /// When it was planned or begun, RFC 3339.
        at: String,
        /// Until when it can be applied, RFC 3339, while it is a plan.
        expires_at: Option<String>,
        /// In words.
        what: String,
        /// The file of the snapshot that was taken first.
        safety: Option<String>,
        /// Why it stopped.
        problem: Option<String>,
        /// Its titles; none where only acts are listed.
        steps: Vec<StepView>,
    }

    /// A plan: what would be written.
    PlanView {
        /// The id, once it is stored.
        id: Option<String>,
        /// undo, redo or restore.
        kind: String,
        /// In words.
        what: String,
        /// Until when it can be applied, RFC 3339.
        expires_at: Option<String>,
        /// Titles that are changed.
        write: usize,
        /// Titles that are added.
        add: usize,
        /// Titles that are removed.
        remove: usize,
        /// Titles that are already right.
        same: usize,
        /// Titles that were added since and stay.
        stay: usize,
        /// Titles that were edited since and are left.
        keep: usize,
        /// Titles that cannot be put back.
        cannot: usize,
        /// About so many requests.
        requests: usize,
        /// About so long, in seconds, at as many requests a minute as are allowed now.
        seconds: u64,
        /// Whether activities are muted while it runs.
        mutes_activity: bool,
        /// Custom lists that are made first, each with its type.
        creates_lists: Vec<(String, String)>,
        /// Fields that the wanted list does not hold, with the number of titles.
        not_recorded: Vec<(String, usize)>,
        /// What happened since to the titles that are sent.
        causes: Vec<CauseView>,
        /// Fields of titles that are not as they were and are left all the same.
        left: Vec<LeftView>,
        /// Its titles.
        steps: Vec<StepView>,
    }

    /// A field of a title that a plan leaves as it is, and that could be put back.
    LeftView {
        /// Its name, by which it can be picked, as in ANIME:123.progress.
        pick: String,
        /// What it holds now, as people read it.
        now: String,
        /// What it would hold.
        wanted: String,
    }

    /// Something that happened to titles of a plan.
    CauseView {
        /// The burst or the act; null for single edits.
        id: Option<String>,
        /// When it began, RFC 3339, or the last moment it can have begun; null where nothing is written
        /// down, and for single edits in plans of earlier versions.
        at: Option<String>,
        /// The look before, RFC 3339, where when it began is not known more exactly.
        since: Option<String>,
        /// How many titles of the plan.
        titles: usize,
        /// What made it; unknown where nothing is written down.
        source: String,
        /// What happened, in words; null where nothing is written down, and in plans of earlier
        /// versions.
        happened: Option<String>,
    }

    /// What came of an act.
    ReportView {
        /// The act with its titles.
        operation: OperationView,
        /// Titles that were written, added or removed.
        restored: usize,
        /// Titles that were left.
        skipped: usize,
        /// Titles that AniList did not take.
        errors: usize,
        /// Titles that are not settled yet.
        open: usize,
        /// Whether everything is as planned and was read back.
        verified: bool,
    }

    /// An account.
    ProfileView {
        /// What it is called here.
        profile: String,
        /// The user's id.
        user_id: u32,
        /// The user's name.
        name: String,
        /// When it was added, RFC 3339.
        added_at: String,
        /// How it is reached: token, public where only the public list is read, or none where only its snapshots are left.
        access: String,
        /// When AniList last took its token, or showed its list, RFC 3339; of snapshots that are left, when the newest was
        /// taken.
        checked_at: String,
        /// When the token ends, where that is known, RFC 3339.
        token_expires_at: Option<String>,
    }

    /// How an account stands.
    StatusView {
        /// What it is called here.
        profile: String,
        /// Who it is.
        user: UserView,
        /// How it is reached: token, or public where only the public list is read.
        access: String,
        /// The verdict.
        verdict: String,
        /// The newest good snapshot.
        last_good: Option<SnapshotView>,
        /// The last attempt to take one.
        last_attempt: Option<AttemptView>,
        /// What is unusual and unanswered.
        alarms: Vec<AlarmView>,
        /// Since when the list is unusually quiet, RFC 3339.
        quiet_since: Option<String>,
        /// Since when every snapshot was read again and proven, but for those that hold nothing to prove them by,
        /// RFC 3339.
        proven_since: Option<String>,
        /// An act that did not end.
        unfinished: Option<OperationView>,
        /// How many titles acts of ours changed since the newest snapshot; the next one holds that.
        unsaved: usize,
        /// When the next snapshot is due, RFC 3339; null when none is taken by itself.
        next: Option<String>,
        /// When the token ends, where that is known, RFC 3339.
        token_expires_at: Option<String>,
    }

    /// An attempt to take a snapshot.
    AttemptView {
        /// When, RFC 3339.
        at: String,
        /// What came of it: saved, unchanged, doubted (saved, and not believed), failed, unavailable (AniList did not
        /// answer) or refused (the token is no longer taken).
        outcome: String,
        /// The snapshot, or what went wrong.
        detail: String,
    }
}

/// An entry: a field that is not recorded is missing, an empty one is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Which title, on AniList.
    pub media_id: u32,
    /// ANIME or MANGA.
    pub r#type: String,
    /// What it is called.
    pub title: Option<String>,
    /// The thirteen fields, by their keys.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        let summary = entry.summary.as_ref();
        let title = summary.and_then(|media| media.titles.preferred(&TitleLanguage::Romaji));
        let fields = EntryField::ALL.into_iter().filter_map(|field| {
            let value = value(&entry.values.get(field))?;
            Some((key(field).to_owned(), value))
        });
        Self {
            media_id: entry.media.get(),
            r#type: entry.media_type.as_str().to_owned(),
            title: title.map(str::to_owned),
            fields: fields.collect(),
        }
    }
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        Self {
            anime: counts.anime,
            manga: counts.manga,
        }
    }
}

impl AlarmView {
    /// An alarm of a snapshot.
    pub fn of(row: &SnapshotRow, alarm: &Alarm) -> Self {
        Self {
            rule: alarm.rule.as_str().to_owned(),
            message: alarm.to_string(),
            affected: alarm.affected,
            of: alarm.of,
            field: alarm.field.map(|field| key(field).to_owned()),
            open: row.open_alarms().any(|open| open == alarm),
        }
    }
}

impl From<&SnapshotRow> for SnapshotView {
    fn from(row: &SnapshotRow) -> Self {
        let keep = row.mark.keep.as_ref();
        Self {
            id: row.id.to_string(),
            file: row.file.clone(),
            user: UserView {
                id: row.owner.id.get(),
                name: row.owner.name.clone(),
            },
            created_at: instant(row.created_at),
            kind: row.kind.as_str().to_owned(),
            public: row.public,
            counts: row.counts.into(),
            size: row.size,
            file_hash: row.file_hash.to_string(),
            content_hash: row.content_hash.to_string(),
            delta: row.delta.map(|delta| DeltaView {
                added: delta.added,
                changed: delta.changed,
                removed: delta.removed,
            }),
            standing: row.standing().as_str().to_owned(),
            damage: row.damage.clone(),
            alarms: row
                .alarms
                .iter()
                .map(|alarm| AlarmView::of(row, alarm))
                .collect(),
            kept: keep.is_some(),
            kept_as: keep.and_then(|keep| keep.name.clone()),
            kept_until: keep.and_then(|keep| keep.until).map(instant),
            note: row.mark.note.clone(),
            verified_at: instant(row.verified_at),
        }
    }
}

fn differing<T>(
    one: Option<&EntryValues>,
    other: Option<&EntryValues>,
    both: impl Fn(Option<Value>, Option<Value>) -> T,
) -> BTreeMap<String, T> {
    let (Some(one), Some(other)) = (one, other) else {
        return BTreeMap::new();
    };
    let differing = one.differing(other).map(|field| {
        let both = both(value(&one.get(field)), value(&other.get(field)));
        (key(field).to_owned(), both)
    });
    differing.collect()
}

impl From<&ChangeRow> for ChangeView {
    fn from(row: &ChangeRow) -> Self {
        let change = &row.change;
        let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
        let (before, after) = (values(&change.before), values(&change.after));
        Self {
            schema: "anirewind.change/1",
            id: row.id.to_string(),
            media_id: change.media.get(),
            r#type: change.media_type.as_str().to_owned(),
            title: change.title.clone(),
            outcome: change.outcome.as_str().to_owned(),
            source: change.source.as_str().to_owned(),
            at: instant(change.when.at),
            since: change.when.since.map(instant),
            fields: differing(before.as_ref(), after.as_ref(), |before, after| BothView {
                before,
                after,
            }),
            before: change.before.as_ref().map(Into::into),
            after: change.after.as_ref().map(Into::into),
            group: change.group.as_ref().map(Id::to_string),
            operation: change.operation.as_ref().map(Id::to_string),
            undoes: change.undoes.as_ref().map(Id::to_string),
            undone_by: row.undone_by.as_ref().map(Id::to_string),
            put_back_by: row.put_back_by.as_ref().map(Id::to_string),
            hidden: row.is_hidden,
            error: change.error.clone(),
        }
    }
}

impl From<&StepRow> for StepView {
    fn from(step: &StepRow) -> Self {
        let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
        let (before, target) = (values(&step.before), values(&step.target));
        Self {
            media_id: step.media.get(),
            r#type: step.media_type.as_str().to_owned(),
            title: step.title.clone(),
            action: step.action.clone(),
            state: step.state.clone(),
            problem: step.problem.clone(),
            notes: step.notes.clone(),
            fields: differing(before.as_ref(), target.as_ref(), |now, sent| SentView {
                now,
                sent,
            }),
        }
    }
}

impl OperationView {
    /// An act with its titles.
    pub fn of(operation: &OperationRow, steps: &[StepRow]) -> Self {
        Self {
            id: operation.id.to_string(),
            kind: operation.kind.clone(),
            state: operation.state.as_str().to_owned(),
            at: instant(operation.at),
            expires_at: operation
                .expires_at
                .filter(|_| operation.state == OperationState::Planned)
                .map(instant),
            what: operation.what.clone(),
            safety: operation.safety.clone(),
            problem: operation.problem.clone(),
            steps: steps.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Plan> for PlanView {
    fn from(plan: &Plan) -> Self {
        let detail = &plan.operation.detail;
        Self {
            id: plan.id().map(Id::to_string),
            kind: plan.operation.kind.clone(),
            what: plan.operation.what.clone(),
            expires_at: plan.operation.expires_at.map(instant),
            write: plan.count(Action::Write),
            add: plan.count(Action::Add),
            remove: plan.count(Action::Remove),
            same: plan.count(Action::Same),
            stay: plan.count(Action::Stay),
            keep: plan.count(Action::Keep),
            cannot: plan.count(Action::Cannot),
            requests: plan.requests(),
            seconds: plan.duration().as_secs(),
            mutes_activity: detail.mutes,
            creates_lists: detail.lists.clone(),
            not_recorded: detail.not_recorded.clone(),
            causes: detail.causes.iter().map(Into::into).collect(),
            left: detail.left.iter().map(Into::into).collect(),
            steps: plan.steps.iter().map(Into::into).collect(),
        }
    }
}

impl From<&LeftField> for LeftView {
    fn from(left: &LeftField) -> Self {
        Self {
            pick: left.name(),
            now: left.now.clone(),
            wanted: left.wanted.clone(),
        }
    }
}

impl From<&Cause> for CauseView {
    fn from(cause: &Cause) -> Self {
        Self {
            id: cause.id.clone(),
            at: cause.at.clone(),
            since: cause.since.clone(),
            titles: cause.titles,
            source: cause.source.clone(),
            happened: cause.happened.clone(),
        }
    }
}

impl From<&Report> for ReportView {
    fn from(report: &Report) -> Self {
        let summary = report.summary();
        Self {
            operation: OperationView::of(&report.operation, &report.steps),
            restored: summary.restored,
            skipped: summary.skipped,
            errors: summary.errors,
            open: summary.open,
            verified: report.is_verified(),
        }
    }
}

/// How an account is reached, in a word.
const fn access_word(row: &AccountRow) -> &'static str {
    match row {
        row if !row.connected => "none",
        row if row.public => "public",
        _ => "token",
    }
}

impl From<&AccountRow> for ProfileView {
    fn from(row: &AccountRow) -> Self {
        Self {
            profile: row.profile.clone(),
            user_id: row.account.id.get(),
            name: row.account.name.clone(),
            added_at: instant(row.added_at),
            access: access_word(row).to_owned(),
            checked_at: instant(row.checked_at),
            token_expires_at: row.token_expires_at.map(instant),
        }
    }
}

impl From<&AccountStatus> for StatusView {
    fn from(status: &AccountStatus) -> Self {
        let alarms = status.alarms.iter().flat_map(|open| {
            let of = |alarm| AlarmView::of(&open.snapshot, alarm);
            open.alarms.iter().map(of)
        });
        Self {
            profile: status.account.profile.clone(),
            user: UserView {
                id: status.account.account.id.get(),
                name: status.account.account.name.clone(),
            },
            access: access_word(&status.account).to_owned(),
            verdict: status.verdict.as_str().to_owned(),
            last_good: status.last_good.as_ref().map(Into::into),
            last_attempt: status.last_attempt.as_ref().map(|attempt| AttemptView {
                at: instant(attempt.at),
                outcome: attempt.outcome.as_str().to_owned(),
                detail: attempt.detail.clone(),
            }),
            alarms: alarms.collect(),
            quiet_since: status.quiet_since.map(instant),
            proven_since: status.proofs.map(|proofs| instant(proofs.since)),
            unfinished: status
                .unfinished
                .as_ref()
                .map(|act| OperationView::of(act, &[])),
            unsaved: status.unsaved,
            next: status.next.map(instant),
            token_expires_at: status.account.token_expires_at.map(instant),
        }
    }
}
