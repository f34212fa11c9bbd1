//! The settings that every installation has: their names, what they are for, and what holds without them.

use crate::choice::{Choice, FLAG};
use crate::source::Setting;

pub(super) const DATA_DIR: Setting = Setting {
    key: "data_dir",
    variables: &["ANIREWIND_DATA_PATH", "PAB_DATA_PATH"],
    about: "Where everything is kept.",
    is_in_file: false,
    ..Setting::PLAIN
};
pub(super) const TOKEN: Setting = Setting {
    key: "anilist_token",
    variables: &["ANIREWIND_ANILIST_TOKEN", "PAB_ANILIST_TOKEN"],
    about: "The token of an account, used and not kept.",
    is_secret: true,
    is_in_file: false,
    ..Setting::PLAIN
};
pub(super) const TOKEN_FILE: Setting = Setting {
    key: "anilist_token_file",
    variables: &["ANIREWIND_ANILIST_TOKEN_FILE"],
    about: "A file that holds the token of an account; it is read at start and not copied.",
    ..Setting::PLAIN
};
pub(super) const ANILIST_URL: Setting = Setting {
    key: "anilist_url",
    variables: &["ANIREWIND_ANILIST_URL"],
    about: "Where AniList is: another address only for a simulated one.",
    ..Setting::PLAIN
};
pub(super) const CLIENT_ID: Setting = Setting {
    key: "anilist_client_id",
    variables: &["ANIREWIND_ANILIST_CLIENT_ID"],
    about: "The id of your own client on AniList, for the link that asks for a token.",
    ..Setting::PLAIN
};
pub(super) const REFERER: Setting = Setting {
    key: "referer",
    variables: &["ANIREWIND_REFERER"],
    about: "What is sent to AniList as `Referer`.",
    ..Setting::PLAIN
};
pub(super) const RATE_LIMIT: Setting = Setting {
    key: "rate_limit",
    variables: &["ANIREWIND_RATE_LIMIT"],
    about: "Requests to AniList a minute at most; unset follows what AniList says.",
    ..Setting::PLAIN
};
pub(super) const BACKUP_AT: Setting = Setting {
    key: "backup_at",
    variables: &["ANIREWIND_BACKUP_AT"],
    about: "When snapshots are taken, besides at start.",
    default: "daily@01:00",
    ..Setting::PLAIN
};
pub(super) const BACKUP_JITTER: Setting = Setting {
    key: "backup_jitter",
    variables: &["ANIREWIND_BACKUP_JITTER"],
    about: "Each scheduled snapshot comes later by up to this much, always by the same, so that not all ask AniList at once.",
    default: "10m",
    ..Setting::PLAIN
};
pub(super) const TIME_ZONE: Setting = Setting {
    key: "time_zone",
    variables: &["ANIREWIND_TIME_ZONE"],
    about: "The time zone of the schedule; the machine's if unset.",
    ..Setting::PLAIN
};
pub(super) const LISTEN: Setting = Setting {
    key: "listen",
    variables: &["ANIREWIND_LISTEN"],
    about: "The address the server listens on.",
    default: "127.0.0.1:4849",
    parts: &["PAB_WEB_HOST", "PAB_WEB_PORT"],
    ..Setting::PLAIN
};
pub(super) const LOG: Setting = Setting {
    key: "log",
    variables: &["ANIREWIND_LOG", "PAB_LOG_LEVEL"],
    about: "How much is logged.",
    default: "info",
    ..Setting::PLAIN
};
pub(super) const LOG_FORMAT: Setting = Setting {
    key: "log_format",
    variables: &["ANIREWIND_LOG_FORMAT"],
    about: "Whether log lines are text or JSON; holds from the next start.",
    default: "text",
    choices: &[
        Choice::new("text", "lines for people"),
        Choice::new("json", "a JSON object a line"),
    ],
    ..Setting::PLAIN
};
pub(super) const PREFIX: Setting = Setting {
    key: "snapshot_prefix",
    variables: &["ANIREWIND_SNAPSHOT_PREFIX"],
    about: "What the names of snapshot files begin with.",
    default: "plexanibridge",
    ..Setting::PLAIN
};

pub(super) const RETENTION: Setting = Setting {
    key: "backup_retention_days",
    variables: &[
        "ANIREWIND_BACKUP_RETENTION_DAYS",
        "PAB_BACKUP_RETENTION_DAYS",
    ],
    about: "For this many days every snapshot stays; 0 keeps all for ever.",
    default: "7",
    ..Setting::PLAIN
};
pub(super) const DAILY: Setting = Setting {
    key: "keep_daily",
    variables: &["ANIREWIND_KEEP_DAILY"],
    about: "Beyond that, one a day stays for this many days.",
    default: "0",
    ..Setting::PLAIN
};
pub(super) const WEEKLY: Setting = Setting {
    key: "keep_weekly",
    variables: &["ANIREWIND_KEEP_WEEKLY"],
    about: "Beyond that, one a week stays for this many weeks.",
    default: "0",
    ..Setting::PLAIN
};
pub(super) const MONTHLY: Setting = Setting {
    key: "keep_monthly",
    variables: &["ANIREWIND_KEEP_MONTHLY"],
    about: "Beyond that, one a month stays for this many months.",
    default: "0",
    ..Setting::PLAIN
};
pub(super) const SAFETY: Setting = Setting {
    key: "keep_safety_days",
    variables: &["ANIREWIND_KEEP_SAFETY_DAYS"],
    about: "A snapshot that was taken before something was written to AniList stays for this many days.",
    default: "30",
    ..Setting::PLAIN
};
pub(super) const REMOVED_TITLES: Setting = Setting {
    key: "alarm_removed_titles",
    variables: &["ANIREWIND_ALARM_REMOVED_TITLES"],
    about: "This many titles gone at once are unusual, if they are also",
    default: "20",
    ..Setting::PLAIN
};
pub(super) const REMOVED_PERCENT: Setting = Setting {
    key: "alarm_removed_percent",
    variables: &["ANIREWIND_ALARM_REMOVED_PERCENT"],
    about: "more than this many percent of the list. Neither is enough alone.",
    default: "10",
    ..Setting::PLAIN
};
pub(super) const GONE_PERCENT: Setting = Setting {
    key: "alarm_gone_percent",
    variables: &["ANIREWIND_ALARM_GONE_PERCENT"],
    about: "This many percent gone at once are not believed.",
    default: "50",
    ..Setting::PLAIN
};
pub(super) const CHANGED_TITLES: Setting = Setting {
    key: "alarm_changed_titles",
    variables: &["ANIREWIND_ALARM_CHANGED_TITLES"],
    about: "This many titles with one field set to one value are unusual, if they are also",
    default: "50",
    ..Setting::PLAIN
};
pub(super) const CHANGED_PERCENT: Setting = Setting {
    key: "alarm_changed_percent",
    variables: &["ANIREWIND_ALARM_CHANGED_PERCENT"],
    about: "more than this many percent of the list. Neither is enough alone.",
    default: "30",
    ..Setting::PLAIN
};
pub(super) const SCORES_WIPED: Setting = Setting {
    key: "alarm_scores_wiped",
    variables: &["ANIREWIND_ALARM_SCORES_WIPED"],
    about: "This many scores emptied at once are unusual.",
    default: "20",
    ..Setting::PLAIN
};
pub(super) const MADE_PUBLIC: Setting = Setting {
    key: "alarm_made_public",
    variables: &["ANIREWIND_ALARM_MADE_PUBLIC"],
    about: "This many private titles made public at once are unusual.",
    default: "5",
    ..Setting::PLAIN
};

pub(super) const QUIET_FACTOR: Setting = Setting {
    key: "alarm_quiet_factor",
    variables: &["ANIREWIND_ALARM_QUIET_FACTOR"],
    about: "A list that is quiet for this many times as long as usual is worth a word.",
    default: "10",
    ..Setting::PLAIN
};

pub(super) const WATCH_INTERVAL: Setting = Setting {
    key: "watch_interval",
    variables: &["ANIREWIND_WATCH_INTERVAL"],
    about: "How often AniList is looked at for what others changed.",
    default: "5m",
    ..Setting::PLAIN
};
pub(super) const COVERS: Setting = Setting {
    key: "covers",
    variables: &["ANIREWIND_COVERS"],
    about: "Covers of titles on the lists, and avatars of accounts: `cached` fetches each once and keeps it, `off` fetches none.",
    default: "cached",
    choices: &[
        Choice::new("cached", "each is fetched once and kept"),
        Choice::new("off", "none is fetched"),
    ],
    ..Setting::PLAIN
};
pub(super) const DRY_RUN: Setting = Setting {
    key: "dry_run",
    variables: &["ANIREWIND_DRY_RUN", "PAB_DRY_RUN"],
    about: "Watch-only: nothing at all is written to AniList.",
    default: "false",
    choices: &FLAG,
    ..Setting::PLAIN
};
pub(super) const DESTRUCTIVE: Setting = Setting {
    key: "destructive_sync",
    variables: &["ANIREWIND_DESTRUCTIVE_SYNC", "PAB_DESTRUCTIVE_SYNC"],
    about: "Titles may be removed from AniList.",
    default: "false",
    choices: &FLAG,
    ..Setting::PLAIN
};

pub(super) const MUTE_ACTIVITY: Setting = Setting {
    key: "mute_activity",
    variables: &["ANIREWIND_MUTE_ACTIVITY"],
    about: "Whether list activity is muted while a plan is sent, where the plan says nothing else: `many` for more than five titles.",
    default: "many",
    choices: &[
        Choice::new("many", "for more than five titles"),
        Choice::new("always", "for every title"),
        Choice::new("never", "not at all"),
    ],
    ..Setting::PLAIN
};

/// Every setting there is. What is shown, changed and understood is read off here.
pub(super) const ALL: [Setting; 32] = [
    DATA_DIR,
    TOKEN,
    CLIENT_ID,
    TOKEN_FILE,
    ANILIST_URL,
    REFERER,
    RATE_LIMIT,
    BACKUP_AT,
    BACKUP_JITTER,
    TIME_ZONE,
    LISTEN,
    LOG,
    LOG_FORMAT,
    PREFIX,
    RETENTION,
    DAILY,
    WEEKLY,
    MONTHLY,
    SAFETY,
    REMOVED_TITLES,
    REMOVED_PERCENT,
    GONE_PERCENT,
    CHANGED_TITLES,
    CHANGED_PERCENT,
    SCORES_WIPED,
    MADE_PUBLIC,
    QUIET_FACTOR,
    WATCH_INTERVAL,
    COVERS,
    DRY_RUN,
    DESTRUCTIVE,
    MUTE_ACTIVITY,
];
