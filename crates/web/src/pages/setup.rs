//! The setup after a password and an account: when snapshots are taken and how long they stay, and then the
//! first of them, which is taken meanwhile.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, App, Explain as _, Kind, Origin, SettingReport, SettingsChangeError,
    SnapshotFilter, Start, count,
};
use askama::Template;
use serde::Deserialize;

use crate::api::Hub;
use crate::format;
use crate::live::{Work, snapshot_of};
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, in_path, sentence, show_as};
use crate::pages::taking::{about, begin};
use crate::pages::{settings, work};

/// The settings that this is about.
const AT: &str = "backup_at";
const DAYS: &str = "backup_retention_days";
/// What somebody chose who types the settings.
const CUSTOM: &str = "custom";
/// About what a title takes in a snapshot, where none tells: measured on the demo's list.
const BYTES_OF_TITLE: u64 = 720;

/// A schedule that many want.
struct Preset {
    name: &'static str,
    words: &'static str,
    sentence: &'static str,
    at: &'static str,
    days: u32,
    a_day: u32,
}

const PRESETS: [Preset; 3] = [
    Preset {
        name: "month",
        words: "Every day, kept for 30 days",
        sentence: "One at 01:00 and one at each start. A mistake may go unnoticed for four weeks.",
        at: "daily@01:00",
        days: 30,
        a_day: 1,
    },
    Preset {
        name: "week",
        words: "Every day, kept for 7 days",
        sentence: "One at 01:00 and one at each start. What holds if you choose nothing.",
        at: "daily@01:00",
        days: 7,
        a_day: 1,
    },
    Preset {
        name: "often",
        words: "Every 6 hours, kept for 30 days",
        sentence: "For a list that many programs write to. Each reads the whole list.",
        at: "every 6h",
        days: 30,
        a_day: 4,
    },
];

/// One of them, as a card.
struct Card {
    name: &'static str,
    words: &'static str,
    sentence: &'static str,
    disk: String,
}

#[derive(Template)]
#[template(path = "setup_schedule.html")]
struct SchedulePage {
    page: Page,
    profile: String,
    first: String,
    /// How it is with the first snapshot.
    how: &'static str,
    cards: Vec<Card>,
    chosen: String,
    at: String,
    days: String,
    was: (String, String),
    zone: String,
    problem: Option<String>,
    /// Which of the two fields it is about.
    wrong: Option<&'static str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    profile: String,
    preset: String,
    backup_at: String,
    backup_retention_days: String,
    /// What stood in these two when the page was made.
    was_at: String,
    was_days: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/setup/schedule")
                .get(schedule)
                .post(set_schedule),
        )
        .service(
            web::resource("/setup/first/{profile}")
                .get(first)
                .post(take),
        );
}

type Answer = Result<HttpResponse, PageError>;

/// The settings that this is about, as they are.
fn rows(app: &App) -> impl Iterator<Item = &SettingReport> {
    let rows = app.settings().report().iter();
    rows.filter(|row| [AT, DAYS].contains(&row.key))
}

fn is_said(app: &App) -> bool {
    rows(app).any(|row| row.origin != Origin::Default)
}

/// Where the setup goes on with an account that was just added: nowhere, where there are others already, it has
/// snapshots, or somebody has said when they are taken.
pub(crate) async fn after(app: &App, row: &AccountRow) -> Result<Option<String>, PageError> {
    let settings = app.settings();
    let is_said = is_said(app);
    let (snapshots, _) = app.snapshot_totals(Some(row.account.id)).await?;
    let is_first = app.accounts().await?.len() == 1 && settings.tokens.is_empty() && snapshots == 0;
    let path = format!("/setup/schedule?profile={}", in_path(&row.profile));
    Ok((is_first && !is_said).then_some(path))
}

async fn schedule(visitor: Visitor, hub: web::Data<Hub>, chosen: Query<Chosen>) -> Answer {
    // Of nobody there is nothing to choose yet.
    if chosen.0.profile.is_empty() {
        return Ok(visitor.go("/", None));
    }
    let profile = visitor.app.account_row(&chosen.0.profile).await?.profile;
    if let Some(elsewhere) = fixed(&visitor, &profile) {
        return Ok(elsewhere);
    }
    let (at, days) = in_force(&visitor.app);
    let chosen = Chosen {
        profile,
        preset: if is_said(&visitor.app) {
            let same = |preset: &&Preset| preset.at == at && preset.days.to_string() == days;
            PRESETS
                .iter()
                .find(same)
                .map_or(CUSTOM, |preset| preset.name)
        } else {
            PRESETS.first().map_or(CUSTOM, |preset| preset.name)
        }
        .to_owned(),
        backup_at: at,
        backup_retention_days: days,
        ..Chosen::default()
    };
    page(&visitor, &hub, chosen, None).await
}

/// When snapshots are taken now, and how many days they stay.
fn in_force(app: &App) -> (String, String) {
    let settings = app.settings();
    let (at, days) = (&settings.backup_at, settings.retention.days);
    (at.to_string(), days.to_string())
}

/// Leads on, where the machine says it and this page cannot.
fn fixed(visitor: &Visitor, profile: &str) -> Option<HttpResponse> {
    let row = rows(&visitor.app).find(|row| row.is_locked)?;
    let text = format!(
        "`{}` is fixed by {}, so it stays as it is.",
        row.key, row.origin
    );
    Some(visitor.go(&first_of(profile), Some(Said::done(text))))
}

/// What is wrong with what was chosen, and with which field.
struct Wrong {
    words: String,
    field: Option<&'static str>,
}

impl From<&SettingsChangeError> for Wrong {
    fn from(error: &SettingsChangeError) -> Self {
        let hint = error.hint().unwrap_or_default();
        Self {
            words: format!("{} {hint}", sentence(&error.chain())),
            field: [AT, DAYS]
                .into_iter()
                .find(|name| error.key() == Some(*name)),
        }
    }
}

async fn page(visitor: &Visitor, hub: &Hub, chosen: Chosen, wrong: Option<Wrong>) -> Answer {
    let account = visitor.app.account_row(&chosen.profile).await?;
    let newest = visitor.app.snapshots_where(
        Some(account.account.id),
        SnapshotFilter::default(),
        Start::Newest,
        1,
    );
    let newest = newest.await?.into_iter().next();
    let known = newest.map(|row| (row.counts.total(), row.size));
    let mut page = visitor.page_of(
        "When snapshots are taken",
        Place::Settings,
        &account.profile,
    );
    page.step = Some(3);
    let (_, zone) = visitor.app.zone().local(visitor.app.now());
    let work = snapshot_of(Some(&account.profile));
    let work = hub.desk().work(&work, visitor.app.now());
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let (problem, field) = wrong.map_or((None, None), |wrong| (Some(wrong.words), wrong.field));
    let template = SchedulePage {
        page,
        first: first_of(&account.profile),
        how: match work {
            _ if known.is_some() => "is there already",
            Some(Work::UnderWay(_)) => "is being taken already",
            Some(Work::Over(..)) => "could not be taken yet; the next page says why",
            None => "is taken next",
        },
        profile: account.profile,
        cards: PRESETS.iter().map(|preset| card(preset, known)).collect(),
        chosen: chosen.preset,
        at: chosen.backup_at,
        days: chosen.backup_retention_days,
        was: in_force(&visitor.app),
        zone,
        problem,
        wrong: field,
    };
    Ok(show_as(status, &template))
}

/// With what it takes on the disk, of the titles and bytes of a snapshot that is there.
fn card(preset: &Preset, known: Option<(usize, u64)>) -> Card {
    // The newest stays as well.
    let snapshots = u64::from(preset.a_day * preset.days + 1);
    let many = usize::try_from(snapshots).unwrap_or(usize::MAX);
    let disk = match known {
        Some((titles, size)) => format!(
            "About {} of {}: {}.",
            count(many, "snapshot"),
            count(titles, "title"),
            format::size(size * snapshots)
        ),
        None => format!(
            "About {}: {} for each 1,000 titles.",
            count(many, "snapshot"),
            format::size(1_000 * BYTES_OF_TITLE * snapshots)
        ),
    };
    Card {
        name: preset.name,
        words: preset.words,
        sentence: preset.sentence,
        disk,
    }
}

async fn set_schedule(visitor: Visitor, hub: web::Data<Hub>, chosen: Form<Chosen>) -> Answer {
    let chosen = chosen.0;
    let account = visitor.app.account_row(&chosen.profile).await?;
    if let Some(elsewhere) = fixed(&visitor, &account.profile) {
        return Ok(elsewhere);
    }
    let typed = (chosen.backup_at.trim(), chosen.backup_retention_days.trim());
    let was = (&*chosen.was_at, &*chosen.was_days);
    if chosen.preset != CUSTOM && typed != was && typed != ("", "") {
        let wrong = Wrong {
            words: "You typed a schedule and chose another one. Choose Custom for what you typed, or put \
                    the fields back as they were."
                .to_owned(),
            field: None,
        };
        return page(&visitor, &hub, chosen, Some(wrong)).await;
    }
    let wanted = match PRESETS.iter().find(|preset| preset.name == chosen.preset) {
        Some(preset) => (preset.at.to_owned(), preset.days.to_string()),
        None if chosen.preset == CUSTOM => (
            chosen.backup_at.clone(),
            chosen.backup_retention_days.clone(),
        ),
        None => return Err(PageError::usage("That is none of the schedules.")),
    };
    let wanted = [(AT.to_owned(), wanted.0), (DAYS.to_owned(), wanted.1)];
    match settings::choose(&visitor, &wanted).await? {
        Ok(Some(ask_first)) => Ok(ask_first),
        Ok(None) => {
            // What was saved: what this visitor came with holds the settings of before.
            let [(_, at), (_, days)] = wanted;
            let days = match days.trim() {
                "0" => "all of them stay".to_owned(),
                "" => "they stay for the default number of days".to_owned(),
                days => match days.parse() {
                    Ok(days) => format!("all of {} stay", count(days, "day")),
                    Err(_) => format!("all of {days} days stay"),
                },
            };
            let at = match at.trim() {
                "off" => "only when somebody asks for one".to_owned(),
                "" => "at each start and by the default schedule".to_owned(),
                at => format!("at each start and by `{at}`"),
            };
            let text = format!("Snapshots are taken {at}; {days}.");
            Ok(visitor.go(&first_of(&account.profile), Some(Said::done(text))))
        }
        Err(error) => page(&visitor, &hub, chosen, Some(Wrong::from(&error))).await,
    }
}

fn first_of(profile: &str) -> String {
    format!("/setup/first/{}", in_path(profile))
}

/// The first snapshot as it is taken, and what came of it.
async fn first(visitor: Visitor, hub: web::Data<Hub>, profile: web::Path<String>) -> Answer {
    let profile = visitor.app.account_row(&profile).await?.profile;
    let mut page = visitor.page_of("The first snapshot", Place::Backups, &profile);
    page.step = Some(4);
    let title = format!("The first snapshot of {profile} is being taken");
    let mut about = about(Some(&profile), title, first_of(&profile), "/");
    about.idle =
        "It is not being taken at the moment. The dashboard says whether it is there.".to_owned();
    work::shown(&visitor, &hub, page, about)
}

async fn take(visitor: Visitor, hub: web::Data<Hub>, profile: web::Path<String>) -> Answer {
    let profile = visitor.app.account_row(&profile).await?.profile;
    begin(&visitor.app, &hub, Some(&profile), Kind::Automatic).await?;
    Ok(visitor.go(&first_of(&profile), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_settings_that_may_be() {
        for preset in &PRESETS {
            assert!(anirewind_core::Schedule::parse(preset.at).is_ok());
            let day = std::time::Duration::from_hours(24);
            let interval = anirewind_core::Schedule::parse(preset.at)
                .unwrap()
                .interval();
            assert_eq!(interval * preset.a_day, day, "{}", preset.name);
        }
        let known = Some((955, 1_000_000));
        assert_eq!(
            card(&PRESETS[0], known).disk,
            "About 31 snapshots of 955 titles: 31.0 MB."
        );
        assert!(
            card(&PRESETS[2], None)
                .disk
                .starts_with("About 121 snapshots: ")
        );
    }
}
