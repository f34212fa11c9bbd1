//! One account: its token, when its snapshots come, what they take, what holds for it.

use actix_web::{HttpResponse, web};
use anirewind_core::model::{ScoreFormat, TitleLanguage};
use anirewind_core::{AccountError, Outcome, Style, Verdict, count};
use askama::Template;

use crate::format;
use crate::page::{Page, PageError, Place, Visitor, in_path, sentence, show};
use crate::pages::dashboard::{next_words, token_words, tone};
use crate::pages::settings::kept_words;
use crate::parts::{Avatar, When};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    path: String,
    profile: String,
    avatar: Avatar,
    user: String,
    user_id: u32,
    added: When,
    sentence: &'static str,
    tone: &'static str,
    icon: &'static str,
    /// Whether there is none, and the public list is read.
    is_public: bool,
    /// Whether AniList no longer takes the token.
    is_cut_off: bool,
    /// Whether the token stands in the environment and is changed there.
    is_provided: bool,
    token: String,
    checked: When,
    schedule: String,
    next: String,
    attempt: Option<(String, When)>,
    watched: Option<String>,
    kept: String,
    space: String,
    titles: &'static str,
    scores: &'static str,
    is_watching_only: bool,
    may_remove: bool,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/settings/{profile}").get(account));
}

async fn account(visitor: Visitor, profile: web::Path<String>) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    let row = match app.account_row(&profile).await {
        // Where the page of passwords and keys once was.
        Err(AccountError::NoProfile { .. }) if *profile == "security" => {
            return Ok(visitor.go("/security", None));
        }
        row => row?,
    };
    if !row.connected {
        return Ok(visitor.go(&format!("/connect/{}", in_path(&row.profile)), None));
    }
    let (owner, now) = (row.account.id, app.now());
    let settings = app.settings();
    let all = app.status().await?;
    let status = all.iter().find(|status| status.account.account.id == owner);
    let missing = || PageError::missing("The account was disconnected meanwhile.");
    let status = status.ok_or_else(missing)?;
    let outlook = app.outlook(owner, None).await?;
    let (snapshots, size) = app.snapshot_totals(Some(owner)).await?;
    let (kept, _) = app.kept_and_proven(owner).await?;
    let (tone, icon) = tone(status.verdict);
    let titles = titles_word(&row.style);
    Ok(show(&AccountPage {
        page: visitor.page_of(
            format!("Settings of {}", row.profile),
            Place::Settings,
            &row.profile,
        ),
        path: in_path(&row.profile),
        avatar: Avatar::of(visitor.access.base(), app, &row),
        sentence: status.verdict.sentence(),
        tone,
        icon,
        is_public: row.public,
        is_cut_off: status.verdict == Verdict::NotConnected,
        is_provided: app.is_token_provided(&row).await,
        token: match row.token_expires_at {
            None => "It does not say when it ends.".to_owned(),
            Some(end) if end <= now => format!("It ended at {}.", format::instant(end)),
            Some(end) => token_words(end, now),
        },
        checked: When::of(row.checked_at, now),
        schedule: settings.backup_at.to_string(),
        next: next_words(status.next),
        attempt: status.last_attempt.as_ref().map(|attempt| {
            (
                attempt_words(attempt.outcome, &attempt.detail),
                When::of(attempt.at, now),
            )
        }),
        watched: settings.watch_interval.map(|interval| {
            count(
                usize::try_from(interval.as_secs() / 60).unwrap_or_default(),
                "minute",
            )
        }),
        kept: kept_words(&outlook),
        space: format!(
            "{}, {}, {kept} kept",
            format::size(size),
            count(snapshots, "snapshot")
        ),
        titles,
        scores: scores_word(&row.style),
        is_watching_only: settings.dry_run,
        may_remove: settings.destructive_sync,
        added: When::of(row.added_at, now),
        user_id: owner.get(),
        user: row.account.name,
        profile: row.profile,
    }))
}

fn attempt_words(outcome: Outcome, detail: &str) -> String {
    match outcome {
        Outcome::Saved => "a snapshot was saved.".to_owned(),
        Outcome::Unchanged => "nothing had changed.".to_owned(),
        Outcome::Doubted => "a snapshot was saved, and is not believed.".to_owned(),
        Outcome::Failed | Outcome::Unavailable | Outcome::Refused => sentence(detail),
    }
}

const fn titles_word(style: &Style) -> &'static str {
    match style.titles {
        TitleLanguage::Romaji => "romaji",
        TitleLanguage::English => "English",
        TitleLanguage::Native => "native",
        TitleLanguage::RomajiStylised => "romaji, as the publisher styles it",
        TitleLanguage::EnglishStylised => "English, as the publisher styles it",
        TitleLanguage::NativeStylised => "native, as the publisher styles it",
        TitleLanguage::Unknown(_) => "in a language that is not known here",
    }
}

const fn scores_word(style: &Style) -> &'static str {
    match style.scores {
        ScoreFormat::Point100 => "of 100",
        ScoreFormat::Point10Decimal => "of 10, with a decimal",
        ScoreFormat::Point10 => "of 10",
        ScoreFormat::Point5 => "of 5 stars",
        ScoreFormat::Point3 => "of 3 smileys",
        ScoreFormat::Unknown(_) => "in a form that is not known here",
    }
}
