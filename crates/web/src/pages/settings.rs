//! The settings as forms: what each does, what it is, where that was said, and changing it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, Event, Explain as _, SettingReport, SettingsChangeError, is_guarded,
};
use askama::Template;
use time::OffsetDateTime;

use crate::page::{Form, Page, PageError, Place, Said, Visitor, in_path, sentence, show_as};
use crate::parts::When;

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
    /// How many snapshots go by the new rules, where somebody has to agree to that first.
    losing: Option<Losing>,
}

struct AccountLine {
    profile: String,
    path: String,
    user: String,
    token: Option<When>,
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
    is_flag: bool,
    is_secret: bool,
    is_set: bool,
}

struct Losing {
    count: usize,
    changes: Vec<(String, String)>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/settings").get(settings).post(change))
        .service(web::resource("/settings/notices/test").post(test));
}

/// So long a page waits for new settings to be in force.
const TAKE_OVER: std::time::Duration = std::time::Duration::from_secs(2);

type Answer = Result<HttpResponse, PageError>;

const SECTIONS: [(&str, &str); 6] = [
    ("snapshots", "Snapshots and what stays"),
    ("writing", "Writing to AniList"),
    ("unusual", "What is unusual"),
    ("notices", "Who is told"),
    ("server", "The server"),
    ("anilist", "AniList"),
];

/// Where a setting stands. One that nobody thought of stands with the server's.
fn section_of(key: &str) -> &'static str {
    match key {
        "destructive_sync" | "dry_run" => "writing",
        "backup_at"
        | "backup_jitter"
        | "time_zone"
        | "watch_interval"
        | "backup_retention_days"
        | "snapshot_prefix" => "snapshots",
        "rate_limit" | "referer" | "covers" => "anilist",
        _ if key.starts_with("keep_") => "snapshots",
        _ if key.starts_with("alarm_") => "unusual",
        _ if key.starts_with("notify_") || key.starts_with("ping_") => "notices",
        _ if key.starts_with("anilist") => "anilist",
        _ => "server",
    }
}

fn field(row: &SettingReport) -> Field {
    Field {
        key: row.key,
        about: row.about,
        value: row.value.clone().unwrap_or_default(),
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
        is_flag: row.allowed == "true or false",
        is_secret: row.is_secret,
        is_set: row.is_set,
    }
}

fn account_line(row: AccountRow, now: OffsetDateTime) -> AccountLine {
    AccountLine {
        path: in_path(&row.profile),
        user: row.account.name,
        token: row.token_expires_at.map(|at| When::of(at, now)),
        profile: row.profile,
    }
}

async fn shown(visitor: &Visitor, problem: Option<String>, losing: Option<Losing>) -> Answer {
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
        fields: rows
            .iter()
            .filter(|row| section_of(row.key) == id)
            .map(field)
            .collect(),
    });
    let now = visitor.app.now();
    let accounts = visitor.app.accounts().await?.into_iter();
    let channels = visitor.app.notice_channels().await?;
    let data = &visitor.app.settings().data;
    let status = match (&problem, &losing) {
        (None, None) => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let template = Settings {
        page: visitor.page("Settings", Place::Settings),
        accounts: accounts.map(|row| account_line(row, now)).collect(),
        sections: sections.into(),
        version,
        config: data.join("config.toml").display().to_string(),
        channels: channels
            .iter()
            .map(|channel| channel.name.to_string())
            .collect(),
        problem,
        losing,
    };
    Ok(show_as(status, &template))
}

async fn settings(visitor: Visitor) -> Answer {
    shown(&visitor, None, None).await
}

/// Names of the form that are no settings.
const VERSION: &str = "version";
const AGREED: &str = "allow_losing";

async fn change(visitor: Visitor, sent: Form<Vec<(String, String)>>) -> Answer {
    let sent = sent.0;
    let of = |name: &str| {
        let found = sent.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    if of(VERSION).is_some_and(|version| version != visitor.app.settings().version()) {
        let problem = "The settings were changed meanwhile. Nothing was saved: look again.";
        return shown(&visitor, Some(problem.to_owned()), None).await;
    }
    let rows = visitor.app.settings().report();
    let changes = sent.iter().filter_map(|(key, value)| {
        let row = rows
            .iter()
            .find(|row| row.key == key && !row.is_locked && !is_guarded(row.key))?;
        let value = value.trim();
        let is_same = value == row.value.as_deref().unwrap_or_default();
        // A secret is not shown, so an empty field says nothing about it.
        let is_left = row.is_secret && value.is_empty();
        let wanted = (!value.is_empty()).then(|| value.to_owned());
        (!is_same && !is_left).then(|| (key.clone(), wanted))
    });
    let changes: Vec<_> = changes.collect();
    if changes.is_empty() {
        return Ok(visitor.go("/settings", Some(Said::done("Nothing was changed."))));
    }
    let agreed = of(AGREED).and_then(|count| count.parse().ok());
    let draft = match visitor.app.plan_settings_from_afar(&changes).await {
        Ok(draft) => draft,
        Err(error) => return refused(&visitor, &error).await,
    };
    let count = draft.going.len();
    if count > 0 && agreed != Some(count) {
        let changes = changes.into_iter();
        let changes = changes.map(|(key, value)| (key, value.unwrap_or_default()));
        let losing = Losing {
            count,
            changes: changes.collect(),
        };
        return shown(&visitor, None, Some(losing)).await;
    }
    let keys = draft.changed.join(", ");
    if keys.is_empty() {
        return Ok(visitor.go("/settings", Some(Said::done("Nothing was changed."))));
    }
    let saved = web::block(move || draft.save(agreed)).await;
    match saved.map_err(|_| PageError::broken("the server ends"))? {
        Ok(_) => {
            tracing::info!(keys, "settings changed");
            let mut events = visitor.app.events();
            visitor.app.ask_reload();
            // The page that follows is to be made with them.
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
            let text = format!("Saved: {keys}. In force now.");
            Ok(visitor.go("/settings", Some(Said::done(text))))
        }
        Err(error) => refused(&visitor, &error).await,
    }
}

async fn refused(visitor: &Visitor, error: &SettingsChangeError) -> Answer {
    let hint = error.hint().unwrap_or_default();
    let problem = format!("{} {hint}", sentence(&error.chain()));
    shown(visitor, Some(problem), None).await
}

async fn test(visitor: Visitor) -> Answer {
    let tested = visitor.app.test_notices(None).await?;
    let words = tested.iter().map(|test| match &test.outcome {
        Ok(()) => format!("{}: sent", test.name),
        Err(error) => format!("{}: {error}", test.name),
    });
    let text = words.collect::<Vec<_>>().join("; ");
    let said = if tested.iter().all(|test| test.outcome.is_ok()) {
        Said::done(text)
    } else {
        Said::problem(text)
    };
    Ok(visitor.go("/settings", Some(said)))
}
