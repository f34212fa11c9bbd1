//! The use cases that the server and the command line share.
#![doc = include_str!("../README.md")]

mod access;
mod accounts;
mod act_error;
mod act_journal;
mod agenda;
mod alarms;
mod app;
mod apply;
mod archive;
mod attempts;
mod browse;
mod capture;
mod catalogue;
mod choice;
mod covers;
mod curate;
mod doctor;
mod event;
mod explain;
mod export;
mod figures;
mod find;
mod foreign_history;
mod gate;
mod health;
mod history;
mod import;
mod judge;
mod keys;
mod lately;
mod locks;
mod logbook;
mod login;
mod looking;
mod naming;
mod notices;
mod numbers;
mod outlook;
mod plan;
mod reference;
mod repair;
mod report;
mod restore;
mod retention;
mod schedule;
mod scheduler;
mod settings;
mod settings_change;
mod settings_report;
mod source;
mod status;
mod steering;
mod undo;
mod unnamed;
mod upload;
mod verify;
pub mod view;
mod words;
mod zone;

pub use access::{MAYBE_PRIVATE, is_maybe_private};
pub use accounts::{AccountError, Target};
pub use act_error::{ActError, Guard};
pub use alarms::OpenAlarm;
pub use app::{App, StartError};
pub use archive::{ExportError, Exported};
pub use attempts::MissingFolder;
pub use browse::{Day, Proofs};
pub use capture::{CaptureError, Captured};
pub use catalogue::{CatalogueReport, Unreadable};
pub use choice::Choice;
pub use curate::{BACK_FOR, CurateError, TrashItem};
pub use doctor::{Check, Finding};
pub use event::{Event, Pause};
pub use explain::{Code, Explain};
pub use export::write_csv;
pub use figures::{Answers, Figures};
pub use find::{BrowseError, Found, FoundList};
pub use foreign_history::{HistoryError, HistoryImport};
pub use gate::GateError;
pub use health::{HealthCheck, HealthState};
pub use history::{ListAt, TitleHistory};
pub use import::{ImportError, ImportItem, ImportPlan, Imported, NotUnderstood};
pub use keys::KeyError;
pub use logbook::{LogBook, LogFilter, LogLevel, LogLine};
pub use login::{LIFETIME as SESSION_LIFETIME, LoginError, SessionToken};
pub use looking::LookReport;
pub use naming::{happened, happened_to};
pub use notices::{ChannelStatus, NoticeError, Tested};
pub use numbers::{are, at_least, count, does, size, thousands, were};
pub use outlook::Outlook;
pub use plan::{Action, Plan};
pub use reference::{InvalidReference, Reference};
pub use report::{Report, Summary};
pub use restore::Wanted;
pub use retention::{Pruned, RetentionPlan, TRASH_DAYS};
pub use schedule::{InvalidSchedule, Jitter, Schedule};
pub use settings::{
    AccessSettings, LogFormat, MuteActivity, Network, NotifySettings, ProvidedToken, PublicUrl,
    Settings, time_zones,
};
pub use settings_change::{SettingsChangeError, SettingsDraft, is_guarded};
pub use settings_report::SettingReport;
pub use source::{Origin, SettingsError, Sources};
pub use status::{AccountStatus, Verdict};
pub use steering::Stopping;
pub use upload::{LARGEST_UPLOAD, LARGEST_WAITING, Sending};
pub use verify::VerifyReport;
pub use words::{
    became, called, change_of, notice_words, progress_of, score_of, summary_of, title_of, value_of,
    values_of,
};
pub use zone::{Zone, date_words};

// What callers need to speak with this crate, so that one dependency is enough.
pub use anirewind_anilist::{Picture, SystemClock};
pub use anirewind_backup::retention::{Fate, Hold, Policy, Why};
pub use anirewind_backup::{
    Alarm, AnswerVerdict, Form, Hash, Keep, Kind, Mark, Rule, Snapshot, SnapshotId, Step, Steps,
    Thresholds,
};
pub use anirewind_model as model;
pub use anirewind_notify as notify;
pub use anirewind_restore::{
    HALF_WRITTEN, Options as RestoreOptions, Phase, Prefer, StepState, Wish,
};
pub use anirewind_store::{
    AccountRow, Attempt, BadEnd, Cause, ChangeCounts, ChangeFilter, ChangeKind, ChangeRow,
    ChangeSums, Cursor, Delta, GoneTitle, KeyRow, LeftField, OperationDetail, OperationRow,
    OperationState, Outcome, Reason, SessionRow, SnapshotFilter, SnapshotOrder, SnapshotRow,
    Standing, Start, StepRow, Style, TitleRow, sqlite_version,
};
pub use anirewind_timeline::{
    Change, Changed, Choices, Conflict, Differences, Id, Notice, Outcome as ChangeOutcome, Source,
    When, compare, undoable,
};
