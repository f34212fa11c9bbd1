//! The settings as forms: what each does, what it is, where that was said, and changing it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, Event, Explain as _, Hold, Outlook, Policy, SettingReport, SettingsChangeError,
    SettingsDraft, count, does, is_guarded, thousands, time_zones,
};
use askama::Template;
use time::OffsetDateTime;

use crate::api::Hub;
use crate::format;
use crate::language::CHOICES;
use crate::live::{NOTICES, Outcome};
use crate::page::{
    Form, Page, PageError, Place, Query, Said, Visitor, in_path, sentence, show, show_as,
};
use crate::pages::rows::SnapshotLine;
use crate::pages::work::{self, About, Begin};
use crate::parts::{Avatar, When};

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    page: Page,
    accounts: Vec<AccountLine>,
    sections: Vec<Section>,
    version: String,
    config: String,
    channels: Vec<String>,
    problem: Option<String>,
    /// What is wrong with what was typed, each with the setting it is about.
    problems: Vec<(String, String)>,
    /// The languages in which this browser can show titles, each with whether it is chosen.
    languages: Vec<(&'static str, &'static str, bool)>,
    /// What the rules would keep, a line for each account.
    preview: Vec<String>,
    /// Whether that is by rules that are not saved.
    is_preview: bool,
}

/// What somebody typed, and what was wrong with it.
#[derive(Default)]
struct Tried {
    typed: BTreeMap<String, String>,
    /// By the setting it is about.
    problems: BTreeMap<String, String>,
    /// What is about no setting alone.
    problem: Option<String>,
    /// Rules that somebody wants to see at work.
    rules: Option<Policy>,
    /// Whether it was typed on a page of before somebody changed the settings.
    is_stale: bool,
}

struct AccountLine {
    avatar: Avatar,
    profile: String,
    path: String,
    user: String,
    token: Option<When>,
    is_public: bool,
}

/// What belongs together.
struct Section {
    id: &'static str,
    title: &'static str,
    fields: Vec<Field>,
}

struct Field {
    key: &'static str,
    about: &'static str,
    value: String,
    default: &'static str,
    allowed: String,
    /// Where the value was said, where it cannot be changed here.
    locked: Option<String>,
    /// What it may be, where that is one of a few words.
    options: Vec<Offered>,
    /// What is offered while somebody types; anything else that is allowed may be typed.
    suggested: Vec<String>,
    /// Whether it may be several of them.
    takes_many: bool,
    is_secret: bool,
    /// Whether something was typed that is not shown again.
    was_typed: bool,
    is_set: bool,
    /// A secret in the file, which no typing takes away: whether it is ticked to be removed.
    forgotten: Option<bool>,
    /// The setting that names a file where this may stand instead, where none is named.
    from_file: Option<&'static str>,
    /// What is in force, where that is not what stands here because somebody changed it.
    meanwhile: Option<String>,
    /// What is wrong with what was typed here.
    wrong: Option<String>,
}

/// A word that somebody may choose.
struct Offered {
    word: &'static str,
    words: String,
    is_chosen: bool,
}

impl Section {
    fn can_change(&self) -> bool {
        self.fields.iter().any(|field| field.locked.is_none())
    }
}

#[derive(Template)]
#[template(path = "losing.html")]
struct Losing {
    page: Page,
    version: String,
    changes: Vec<(String, String)>,
    /// Secrets that are to be removed.
    forgotten: Vec<String>,
    going: Vec<(String, SnapshotLine)>,
    freed: String,
    days: i64,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/settings").get(settings).post(change))
        .service(web::resource("/settings/rules/preview").get(preview))
        .service(
            web::resource("/settings/notices/test")
                .get(see_test)
                .post(test),
        );
}

/// So long a page waits for new settings to be in force.
const TAKE_OVER: std::time::Duration = std::time::Duration::from_secs(2);

type Answer = Result<HttpResponse, PageError>;

const SECTIONS: [(&str, &str); 14] = [
    ("snapshots", "Schedule and keep rules"),
    ("saving", "What is saved"),
    ("writing", "Watch-only and removals"),
    ("safety", "Safety snapshots"),
    ("activity", "List activity"),
    ("browser", "Titles, scores, theme and time zone"),
    ("notices", "Who is told"),
    ("accounts", "Accounts and tokens"),
    ("sessions", "Password and sessions"),
    ("keys", "Keys for programs"),
    ("export", "Export and import of everything"),
    ("unusual", "What is unusual"),
    ("anilist", "AniList"),
    ("server", "The server"),
];

/// Where a setting stands. One that nobody thought of stands with the server's.
fn section_of(key: &str) -> &'static str {
    match key {
        "backup_at" | "backup_jitter" | "watch_interval" | "backup_retention_days" => "snapshots",
        "covers" | "snapshot_prefix" => "saving",
        "dry_run" | "destructive_sync" => "writing",
        "keep_safety_days" => "safety",
        "mute_activity" => "activity",
        "time_zone" => "browser",
        "anilist_url" | "rate_limit" | "referer" => "anilist",
        "login" => "sessions",
        _ if key.starts_with("keep_") => "snapshots",
        _ if key.starts_with("alarm_") => "unusual",
        _ if key.starts_with("notify_") || key.starts_with("ping_") => "notices",
        _ if key.starts_with("anilist_") || key.starts_with("secret_") => "accounts",
        _ if key.starts_with("password") => "sessions",
        _ => "server",
    }
}

/// The setting that names a file where this one may stand instead, where none is named and that is not done here.
fn unsaid_file(rows: &[SettingReport], of: &SettingReport) -> Option<&'static str> {
    let is_its = |file: &&SettingReport| file.key.strip_suffix("_file") == Some(of.key);
    let file = rows.iter().find(is_its)?;
    let is_elsewhere = file.is_locked || is_guarded(file.key);
    (is_elsewhere && !file.is_set).then_some(file.key)
}

/// What stands in a section. That a file may be named is said beside what would stand in it.
fn fields(id: &str, rows: &[SettingReport], tried: &Tried) -> Vec<Field> {
    let said_beside: Vec<_> = rows
        .iter()
        .filter_map(|row| unsaid_file(rows, row))
        .collect();
    let shown = rows
        .iter()
        .filter(|row| section_of(row.key) == id && !said_beside.contains(&row.key));
    let with_file = shown.map(|row| Field {
        from_file: unsaid_file(rows, row),
        ..field(row, tried)
    });
    with_file.collect()
}

fn field(row: &SettingReport, tried: &Tried) -> Field {
    let typed = tried.typed.get(row.key).filter(|_| !row.is_secret);
    let value = row.value.as_deref().unwrap_or_default();
    let is_other = typed.is_some_and(|typed| !is_same(row, typed));
    let is_secret_lost = row.is_secret && tried.typed.get(row.key).is_some_and(|t| !t.is_empty());
    let meanwhile = match value {
        _ if !tried.is_stale => None,
        _ if is_secret_lost => Some("It was not saved: type it again.".to_owned()),
        _ if !is_other => None,
        "" if row.choices.is_empty() => Some("Nothing is set now; saving sets this.".to_owned()),
        value if row.choices.is_empty() => Some(format!("It is {value} now; saving changes that.")),
        _ => Some(format!(
            "It is {} now; saving changes that.",
            row.chosen().join(", ")
        )),
    };
    Field {
        meanwhile,
        from_file: None,
        key: row.key,
        about: row.about,
        value: typed.or(row.value.as_ref()).cloned().unwrap_or_default(),
        wrong: tried.problems.get(row.key).cloned(),
        default: row.default.unwrap_or_default(),
        allowed: row.allowed.clone(),
        locked: (row.is_locked || is_guarded(row.key)).then(|| {
            let is_said = row.is_set && !row.is_secret;
            if !row.is_locked {
                return format!("changed on the machine: anirewind config set {}", row.key);
            }
            match row.variables.first() {
                Some(_) if is_said => format!("fixed by {}", row.origin),
                Some(name) => format!("set with {name}"),
                None => "fixed".to_owned(),
            }
        }),
        options: options(row, typed),
        suggested: if row.key == "time_zone" {
            time_zones()
        } else {
            Vec::new()
        },
        takes_many: row.takes_many,
        is_secret: row.is_secret,
        was_typed: is_secret_lost,
        is_set: row.is_set,
        forgotten: can_forget(row).then(|| {
            let ticked = tried.typed.get(FORGET);
            ticked.is_some_and(|ticked| ticked.split(", ").any(|key| key == row.key))
        }),
    }
}

/// Whether a secret stands in the file and can be taken out of it here.
fn can_forget(row: &SettingReport) -> bool {
    row.is_secret && row.is_set && !row.is_locked && !is_guarded(row.key)
}

/// What a setting may be, with what was typed or else what holds chosen.
fn options(row: &SettingReport, typed: Option<&String>) -> Vec<Offered> {
    let typed = typed.and_then(|typed| row.words(typed));
    let chosen = typed.unwrap_or_else(|| row.chosen());
    let offered = row.choices.iter().map(|choice| Offered {
        word: choice.word,
        words: match choice.word {
            "true" | "false" => choice.about.to_owned(),
            word => format!("{word}: {}", choice.about),
        },
        is_chosen: chosen.contains(&choice.word),
    });
    offered.collect()
}

/// Whether a text says of a setting what holds anyway, however either is written.
fn is_same(row: &SettingReport, text: &str) -> bool {
    if row.choices.is_empty() {
        return text.trim() == row.value.as_deref().unwrap_or_default();
    }
    row.words(text) == Some(row.chosen())
}

fn account_line(visitor: &Visitor, row: AccountRow, now: OffsetDateTime) -> AccountLine {
    AccountLine {
        avatar: Avatar::of(visitor.access.base(), &visitor.app, &row),
        path: in_path(&row.profile),
        user: row.account.name,
        token: row.token_expires_at.map(|at| When::of(at, now)),
        is_public: row.public,
        profile: row.profile,
    }
}

async fn shown(visitor: &Visitor, tried: Tried) -> Answer {
    let app = visitor.app.clone();
    let read = web::block(move || {
        let settings = app.settings();
        (settings.report().to_vec(), settings.version())
    });
    let read = read.await;
    let (rows, version) = read.map_err(|_| PageError::broken("the server ends"))?;
    let sections = SECTIONS.map(|(id, title)| Section {
        id,
        title,
        fields: fields(id, &rows, &tried),
    });
    let now = visitor.app.now();
    let accounts = visitor.app.accounts().await?.into_iter();
    let channels = visitor.app.notice_channels().await?;
    let settings = visitor.app.settings();
    let status = if tried.problem.is_some() || !tried.problems.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let rules = tried.rules.as_ref().unwrap_or(&settings.retention);
    let template = Settings {
        page: visitor.page("Settings", Place::Settings),
        languages: CHOICES
            .iter()
            .map(|(word, words)| (*word, *words, *word == visitor.titles))
            .collect(),
        is_preview: tried.rules.is_some(),
        preview: kept_by(visitor, rules).await?,
        accounts: accounts
            .map(|row| account_line(visitor, row, now))
            .collect(),
        sections: sections.into(),
        version,
        config: settings.data.join("config.toml").display().to_string(),
        channels: channels
            .iter()
            .map(|channel| channel.name.to_string())
            .collect(),
        problem: tried.problem,
        problems: tried.problems.into_iter().collect(),
    };
    Ok(show_as(status, &template))
}

async fn settings(visitor: Visitor) -> Answer {
    shown(&visitor, Tried::default()).await
}

/// How many of all stay by some rules and how many go at once, and when the first of the others does.
fn rules_words(all: usize, going: usize, next: Option<&str>) -> String {
    let stay = all - going;
    let stays = does(stay, "stay");
    let go = format!("{} {}", thousands(going), does(going, "go"));
    let rest = match (going, next) {
        (0, Some(day)) => format!("the first goes on {day}."),
        (0, None) => "none goes.".to_owned(),
        (_, Some(day)) => {
            format!("{go} after the next snapshot, and the first of the others on {day}.")
        }
        (_, None) => format!("{go} after the next snapshot."),
    };
    let (stay, all) = (thousands(stay), thousands(all));
    format!("With these rules {stay} of {all} {stays}; {rest}")
}

/// What rules keep, a line for each account of which there are snapshots.
async fn kept_by(visitor: &Visitor, rules: &Policy) -> Result<Vec<String>, PageError> {
    let mut lines = Vec::new();
    for owner in visitor.app.owners().await? {
        let outlook = visitor.app.outlook(owner.id, Some(rules)).await?;
        lines.push(format!("{}: {}", owner.name, kept_words(&outlook)));
    }
    Ok(lines)
}

/// `With these rules 31 of 46 stay; 15 go after the next snapshot.`
pub(crate) fn kept_words(outlook: &Outlook) -> String {
    let next = outlook.next_end().map(format::day);
    let Some(hold) = &outlook.hold else {
        return rules_words(outlook.count(), outlook.going().count(), next.as_deref());
    };
    let why = match hold {
        Hold::OpenAlarm => "something unusual is unanswered",
        Hold::Damage { .. } => "a snapshot is damaged",
    };
    let all = outlook.count();
    match (outlook.held(), next) {
        (0, None) => rules_words(all, 0, None),
        (0, Some(day)) => format!(
            "With these rules all {} stay; the first would go on {day}, but none goes while {why}.",
            thousands(all)
        ),
        // Once that is over those are the ones that go.
        (going, next) => {
            let words = rules_words(all, going, next.as_deref());
            format!("{words} But none goes while {why}.")
        }
    }
}

#[derive(Template)]
#[template(path = "parts/kept.html")]
struct Kept {
    lines: Vec<String>,
    problem: Option<String>,
}

/// The part of the page that says what rules keep, while somebody types them.
async fn preview(visitor: Visitor, sent: Query<Vec<(String, String)>>) -> Answer {
    let is_rule = |key: &str| key.starts_with("keep_") || key == "backup_retention_days";
    let rules = sent.0.into_iter().filter(|(key, _)| is_rule(key));
    let changes = changes(&visitor, &rules.collect::<Vec<_>>());
    let part = match visitor.app.plan_settings_from_afar(&changes).await {
        Ok(draft) => Kept {
            lines: kept_by(&visitor, &draft.settings.retention).await?,
            problem: None,
        },
        Err(error) => Kept {
            lines: Vec::new(),
            problem: Some(error.beside()),
        },
    };
    Ok(show(&part))
}

/// What of a form is a change of a setting that can be changed here.
fn changes(visitor: &Visitor, sent: &[(String, String)]) -> Vec<(String, Option<String>)> {
    let rows = visitor.app.settings().report();
    let changes = sent.iter().filter_map(|(key, value)| {
        let row = rows
            .iter()
            .find(|row| row.key == key && !row.is_locked && !is_guarded(row.key))?;
        let value = value.trim();
        let is_same = is_same(row, value);
        // All of them is what holds where nobody says anything, and of those that come later too.
        let is_all = row.takes_many
            && row
                .words(value)
                .is_some_and(|words| words.len() == row.choices.len());
        // A secret is not shown, so an empty field says nothing about it.
        let is_left = row.is_secret && value.is_empty();
        let wanted = (!value.is_empty() && !is_all).then(|| value.to_owned());
        (!is_same && !is_left).then(|| (key.clone(), wanted))
    });
    let mut changes: Vec<_> = changes.collect();
    for ticked in sent.iter().filter(|(key, _)| key == FORGET) {
        let rows = rows.iter().filter(|row| can_forget(row));
        let named = rows.filter(|row| ticked.1.split(", ").any(|key| key == row.key));
        for row in named {
            // What was typed over it takes it away as well.
            if changes.iter().all(|(key, _)| key != row.key) {
                changes.push((row.key.to_owned(), None));
            }
        }
    }
    changes
}

/// What was sent, with all that was ticked under one name as one value.
fn together(sent: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (key, value) in sent {
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if values.is_empty() => *values = value,
            Some((_, values)) => *values = format!("{values}, {value}"),
            None => all.push((key, value)),
        }
    }
    all
}

/// Names of the form that are no settings.
const VERSION: &str = "version";
const AGREED: &str = "allow_losing";
const PREVIEW: &str = "preview";
const FORGET: &str = "forget";

async fn change(visitor: Visitor, sent: Form<Vec<(String, String)>>) -> Answer {
    let sent = together(sent.0);
    let of = |name: &str| {
        let found = sent.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let tried = || Tried {
        typed: sent.iter().cloned().collect(),
        ..Tried::default()
    };
    if of(VERSION).is_some_and(|version| version != visitor.app.settings().version()) {
        let problem = "The settings were changed meanwhile. Nothing was saved. Below stands what you \
                       typed, and where it is not what is in force now, that too: look at it again, then save.";
        let stale = Tried {
            problem: Some(problem.to_owned()),
            is_stale: true,
            ..tried()
        };
        return shown(&visitor, stale).await;
    }
    let changes = changes(&visitor, &sent);
    let is_preview = of(PREVIEW).is_some();
    if changes.is_empty() && !is_preview {
        return Ok(visitor.go("/settings", Some(Said::done("Nothing was changed."))));
    }
    let agreed = of(AGREED).and_then(|count| count.parse().ok());
    let draft = match visitor.app.plan_settings_from_afar(&changes).await {
        Ok(draft) => draft,
        Err(error) => return refused(&visitor, &error, &changes, tried()).await,
    };
    if is_preview {
        let rules = Some(draft.settings.retention);
        return shown(&visitor, Tried { rules, ..tried() }).await;
    }
    if !draft.going.is_empty() && agreed != Some(draft.going.len()) {
        return losing(&visitor, &draft, changes).await;
    }
    let keys = draft.changed.join(", ");
    if keys.is_empty() {
        return Ok(visitor.go("/settings", Some(Said::done("Nothing was changed."))));
    }
    match save(&visitor, draft, agreed).await? {
        Ok(()) => {
            let text = format!("Saved: {keys}. In force now.");
            Ok(visitor.go("/settings", Some(Said::done(text))))
        }
        Err(error) => refused(&visitor, &error, &changes, tried()).await,
    }
}

/// Writes settings down, and waits until they are in force.
async fn save(
    visitor: &Visitor,
    draft: SettingsDraft,
    agreed: Option<usize>,
) -> Result<Result<(), SettingsChangeError>, PageError> {
    let keys = draft.changed.join(", ");
    let saved = web::block(move || draft.save(agreed)).await;
    let saved = saved.map_err(|_| PageError::broken("the server ends"))?;
    if saved.is_ok() {
        tracing::info!(keys, "settings changed");
        take_over(visitor).await;
    }
    Ok(saved.map(|_| ()))
}

/// Saves what was chosen on another page, or leads to the page that asks first, where snapshots would go.
pub(crate) async fn choose(
    visitor: &Visitor,
    wanted: &[(String, String)],
) -> Result<Result<Option<HttpResponse>, SettingsChangeError>, PageError> {
    let changes = changes(visitor, wanted);
    if changes.is_empty() {
        return Ok(Ok(None));
    }
    let draft = match visitor.app.plan_settings_from_afar(&changes).await {
        Ok(draft) => draft,
        Err(error) => return Ok(Err(error)),
    };
    if !draft.going.is_empty() {
        return losing(visitor, &draft, changes)
            .await
            .map(|page| Ok(Some(page)));
    }
    Ok(save(visitor, draft, None).await?.map(|()| None))
}

/// The page that follows is to be made with the new settings.
async fn take_over(visitor: &Visitor) {
    let mut events = visitor.app.events();
    visitor.app.ask_reload();
    let taken_over = async {
        while let Ok(event) = events.recv().await {
            if matches!(event, Event::Settings { .. }) {
                break;
            }
        }
    };
    if tokio::time::timeout(TAKE_OVER, taken_over).await.is_err() {
        tracing::debug!("new settings are not taken over yet");
    }
}

/// The page that lists what would go, for whoever has to agree to that first.
async fn losing(
    visitor: &Visitor,
    draft: &SettingsDraft,
    changes: Vec<(String, Option<String>)>,
) -> Answer {
    let now = visitor.app.now();
    let freed = draft.going.iter().map(|row| row.size).sum();
    let mut accounts = visitor.app.accounts().await?;
    accounts.extend(visitor.app.kept_accounts().await?);
    let going = draft.going.iter().map(|row| {
        let account = accounts
            .iter()
            .find(|account| account.account.id == row.owner.id);
        let path = account.map_or_else(String::new, |account| {
            format!("/backups/{}/{}", in_path(&account.profile), row.id)
        });
        (path, SnapshotLine::of(row.clone(), now))
    });
    // A secret that stays empty is left as it is, so one that is to go is named.
    let rows = visitor.app.settings().report();
    let is_secret = |key: &str| rows.iter().any(|row| row.key == key && row.is_secret);
    let (forgotten, changes): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|(key, value)| value.is_none() && is_secret(key));
    let changes = changes.into_iter();
    let changes = changes.map(|(key, value)| (key, value.unwrap_or_default()));
    let title = format!(
        "{} would no longer be kept",
        count(draft.going.len(), "snapshot")
    );
    let template = Losing {
        page: visitor.page(title, Place::Settings),
        version: visitor.app.settings().version(),
        changes: changes.collect(),
        forgotten: forgotten.into_iter().map(|(key, _)| key).collect(),
        going: going.collect(),
        freed: format::size(freed),
        days: anirewind_core::TRASH_DAYS,
    };
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
}

/// The form as it was sent, with what is wrong beside each field that it is about.
async fn refused(
    visitor: &Visitor,
    error: &SettingsChangeError,
    changes: &[(String, Option<String>)],
    mut tried: Tried,
) -> Answer {
    // All that is wrong, and not the first of it alone.
    for change in changes {
        let alone = std::slice::from_ref(change);
        if let Err(error) = visitor.app.plan_settings_from_afar(alone).await
            && error.key() == Some(change.0.as_str())
        {
            tried.problems.insert(change.0.clone(), error.beside());
        }
    }
    let typed = error.key().filter(|key| tried.typed.contains_key(*key));
    if let Some(key) = typed {
        let key = key.to_owned();
        tried.problems.entry(key).or_insert_with(|| error.beside());
    } else {
        let hint = error.hint().unwrap_or_default();
        tried.problem = Some(format!("{} {hint}", sentence(&error.chain())));
    }
    shown(visitor, tried).await
}

async fn test(visitor: Visitor, hub: web::Data<Hub>) -> Answer {
    if visitor.app.notice_channels().await?.is_empty() {
        let problem = Said::problem("Nobody is told anything yet. Set a channel first.");
        return Ok(visitor.go("/settings#notices", Some(problem)));
    }
    // Apart from the request: a channel may take its time, and whoever asked may leave.
    let app = visitor.app.clone();
    let send = async move {
        Outcome::Said(match app.test_notices(None).await {
            Ok(tested) => {
                let words = tested.iter().map(|test| match &test.outcome {
                    Ok(()) => format!("{}: sent", test.name),
                    Err(error) => format!("{}: {error}", test.name),
                });
                let text = sentence(&words.collect::<Vec<_>>().join("; "));
                if tested.iter().all(|test| test.outcome.is_ok()) {
                    Said::done(text)
                } else {
                    Said::problem(text)
                }
            }
            Err(error) => Said::problem(sentence(&error.chain())),
        })
    };
    let (words, broke_off) = ("The notice is being sent.", "Sending broke off.");
    work::begin(&visitor.app, &hub, NOTICES, words, broke_off, send);
    Ok(visitor.go(TEST, None))
}

/// Where the page about a test of notices is.
const TEST: &str = "/settings/notices/test";

async fn see_test(visitor: Visitor, hub: web::Data<Hub>) -> Answer {
    let about = About {
        name: NOTICES.to_owned(),
        path: TEST.to_owned(),
        title: "A notice that says nothing is being sent".to_owned(),
        later: &[],
        meanwhile: "The page may be closed: it goes on, and what came of it stands here for an hour.",
        idle: "No test is under way.".to_owned(),
        begin: Some(Begin {
            action: TEST.to_owned(),
            fields: Vec::new(),
            words: "Send a test".to_owned(),
        }),
        back: ("/settings".to_owned(), "To the settings"),
    };
    let page = visitor.page("Test of notices", Place::Settings);
    work::shown(&visitor, &hub, page, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stays_and_goes_where_others_stay_and_go() {
        assert_eq!(
            rules_words(46, 45, None),
            "With these rules 1 of 46 stays; 45 go after the next snapshot."
        );
        assert_eq!(
            rules_words(1_946, 1, Some("2026-12-03")),
            "With these rules 1,945 of 1,946 stay; 1 goes after the next snapshot, and the first of the \
             others on 2026-12-03."
        );
        assert_eq!(
            rules_words(1, 0, None),
            "With these rules 1 of 1 stays; none goes."
        );
    }
}
