//! Keeping, noting, verifying, deleting and bringing back snapshots; what goes by the rules; answers to
//! what was unusual.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, AnswerVerdict, CurateError, Fate, Hold, SnapshotRow, TRASH_DAYS, TrashItem, Why,
    count, does,
};
use askama::Template;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::format;
use crate::page::{
    Form, Page, PageError, Place, Query, Said, Visitor, in_path, sentence, show, show_as,
};
use crate::pages::backups::find;
use crate::pages::profiles::along;
use crate::pages::rows::{SnapshotLine, contents};
use crate::parts::alarm_shown;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/trash", web::get().to(all_trash))
        .route("/trash", web::post().to(undelete_other))
        .route("/backups/{profile}/trash", web::get().to(trash))
        .route("/backups/{profile}/trash", web::post().to(undelete))
        .route("/backups/{profile}/prune", web::get().to(prune))
        .route("/backups/{profile}/alarms", web::post().to(answer))
        .route("/backups/{profile}/{snapshot}/keep", web::get().to(keeping))
        .route("/backups/{profile}/{snapshot}/keep", web::post().to(keep))
        .route(
            "/backups/{profile}/{snapshot}/keep/undo",
            web::post().to(keep_undo),
        )
        .route(
            "/backups/{profile}/{snapshot}/unkeep",
            web::post().to(unkeep),
        )
        .route("/backups/{profile}/{snapshot}/note", web::post().to(note))
        .route(
            "/backups/{profile}/{snapshot}/verify",
            web::post().to(verify),
        )
        .route(
            "/backups/{profile}/{snapshot}/delete",
            web::get().to(deleting),
        )
        .route(
            "/backups/{profile}/{snapshot}/delete",
            web::post().to(delete),
        );
}

type Named = web::Path<(String, String)>;

/// The profile as it is written, and the snapshot.
async fn named(visitor: &Visitor, path: Named) -> Result<(String, SnapshotRow), PageError> {
    let (profile, snapshot) = path.into_inner();
    let profile = visitor.app.account_row(&profile).await?.profile;
    let row = find(visitor, &snapshot, &profile).await?;
    Ok((profile, row))
}

#[derive(Template)]
#[template(path = "keep.html")]
struct KeepPage {
    page: Page,
    root: String,
    line: SnapshotLine,
    name: String,
    until: String,
    goes: String,
    /// What is wrong with what was filled in, and what still holds.
    problem: Option<(String, String)>,
    /// The field that it is about.
    wrong: &'static str,
}

async fn keeping(visitor: Visitor, path: Named) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    Ok(show(&keep_page(&visitor, &profile, row)))
}

fn keep_page(visitor: &Visitor, profile: &str, row: SnapshotRow) -> KeepPage {
    let keep = row.mark.keep.clone().unwrap_or_default();
    KeepPage {
        problem: None,
        wrong: "",
        page: visitor.page_of("Keep a snapshot", Place::Backups, profile),
        root: format!("/backups/{}/{}", in_path(profile), row.id),
        name: keep.name.unwrap_or_default(),
        until: keep
            .until
            .map(|until| visitor.app.day_of(until))
            .unwrap_or_default(),
        goes: match visitor.app.settings().retention.days {
            0 => "It will then follow the keep rules, which keep all for now.".to_owned(),
            days => {
                let kept = count(days as usize, "day");
                if visitor.app.now() - row.created_at < time::Duration::days(days.into()) {
                    format!(
                        "It will then follow the keep rules and go when it is {kept} old, unless another \
                         rule keeps it."
                    )
                } else {
                    format!(
                        "It will then follow the keep rules. It is older than the {kept} that those keep, so \
                         it goes into the trash after the next snapshot, unless another rule keeps it."
                    )
                }
            }
        },
        line: SnapshotLine::of(row, visitor.app.now()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeepForm {
    name: String,
    until: String,
}

async fn keep(
    visitor: Visitor,
    path: Named,
    form: Form<KeepForm>,
) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    let given = |text: String| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let former = Former::of(&row);
    let KeepForm { name, until: day } = form.0;
    let until = given(day.clone()).map(|day| visitor.app.end_of_named_day(&day));
    let kept = match until.transpose() {
        Ok(until) => {
            let kept = visitor.app.keep(&row, given(name.clone()), until).await;
            kept.map(|row| (row, until)).map_err(|error| {
                let is_day = matches!(error, CurateError::KeptUntilThePast { .. });
                let wrong = if is_day { "until" } else { "name" };
                (PageError::from(error), wrong)
            })
        }
        Err(problem) => Err((problem.into(), "until")),
    };
    let (row, until) = match kept {
        Ok(kept) => kept,
        Err((problem, wrong)) if problem.status.is_client_error() => {
            // What was filled in stays, to be put right.
            let hint = problem
                .hint
                .unwrap_or_else(|| "Nothing was changed.".to_owned());
            let page = KeepPage {
                name,
                until: day,
                problem: Some((problem.message, hint)),
                wrong,
                ..keep_page(&visitor, &profile, row)
            };
            return Ok(show_as(problem.status, &page));
        }
        Err((problem, _)) => return Err(problem),
    };
    let path = format!("/backups/{}/{}", in_path(&profile), row.id);
    let said = keeping_words(&row, until).with_link(format!("{path}/keep"), "Change");
    let undo = format!("{path}/keep/undo?{}", former.query());
    Ok(visitor.go(&path, Some(said.with_undo(undo))))
}

fn keeping_words(row: &SnapshotRow, until: Option<OffsetDateTime>) -> Said {
    let how_long = until.map_or_else(
        || "until you say otherwise".to_owned(),
        |until| format!("until {}", format::day(until)),
    );
    let when = format::instant(row.created_at);
    Said::done(format!("Keeping {when} {how_long}."))
}

/// How a snapshot was kept before somebody said otherwise.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Former {
    kept: bool,
    name: Option<String>,
    /// To the last nanosecond, RFC 3339.
    until: Option<String>,
}

impl Former {
    fn of(row: &SnapshotRow) -> Self {
        let keep = row.mark.keep.as_ref();
        let until = keep.and_then(|keep| keep.until);
        Self {
            kept: keep.is_some(),
            name: keep.and_then(|keep| keep.name.clone()),
            until: until.and_then(|until| until.format(&Rfc3339).ok()),
        }
    }

    fn query(&self) -> String {
        serde_html_form::to_string(self).unwrap_or_default()
    }
}

/// Keeps a snapshot as it was kept before, or not at all.
async fn keep_undo(
    visitor: Visitor,
    path: Named,
    former: Query<Former>,
) -> Result<HttpResponse, PageError> {
    let until = former.0.until.as_deref();
    let until = until.map(|until| OffsetDateTime::parse(until, &Rfc3339));
    let until = until
        .transpose()
        .map_err(|_| PageError::usage("That is no time."))?;
    // What was kept until a time that has passed was not kept any more.
    if !former.0.kept || until.is_some_and(|until| until <= visitor.app.now()) {
        return unkeep(visitor, path).await;
    }
    let (profile, row) = named(&visitor, path).await?;
    let row = visitor.app.keep(&row, former.0.name, until).await?;
    let path = format!("/backups/{}/{}", in_path(&profile), row.id);
    let said = keeping_words(&row, until).with_link(format!("{path}/keep"), "Change");
    Ok(visitor.go(&path, Some(said)))
}

async fn unkeep(visitor: Visitor, path: Named) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    let row = visitor.app.unkeep(&row).await?;
    let path = format!("/backups/{}/{}", in_path(&profile), row.id);
    let when = format::instant(row.created_at);
    let said = Said::done(format!(
        "{when} is no longer kept and follows the keep rules."
    ));
    Ok(visitor.go(
        &path,
        Some(said.with_link(format!("{path}/keep"), "Keep it again")),
    ))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NoteForm {
    text: String,
}

async fn note(
    visitor: Visitor,
    path: Named,
    form: Form<NoteForm>,
) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    let had_one = row.mark.note.is_some();
    let row = visitor.app.note(&row, &form.0.text).await?;
    let said = match (had_one, row.mark.note.is_some()) {
        (_, true) => "The note is beside the snapshot.",
        (true, false) => "The note is gone.",
        (false, false) => "There is no note, as there was none.",
    };
    let path = format!("/backups/{}/{}", in_path(&profile), row.id);
    Ok(visitor.go(&path, Some(Said::done(said))))
}

async fn verify(visitor: Visitor, path: Named) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    let row = visitor.app.verify_row(row).await?;
    let when = format::instant(row.created_at);
    let said = match &row.damage {
        None => Said::done(format!("{when} was read whole and is what was written.")),
        Some(problem) => Said::problem(format!(
            "{when} is damaged. {} It is left as it is; no old snapshot goes until it is gone.",
            sentence(problem)
        )),
    };
    let path = format!("/backups/{}/{}", in_path(&profile), row.id);
    Ok(visitor.go(&path, Some(said)))
}

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    page: Page,
    back: String,
    when: String,
    file: String,
    titles: String,
    others: String,
    size: String,
    days: i64,
    lock: Option<String>,
    is_kept: bool,
    /// Others that cannot be deleted: address, words, why.
    locked: Vec<(String, String, &'static str)>,
}

/// So many of those that cannot be deleted are named.
const LOCKED: usize = 20;

async fn deleting(visitor: Visitor, path: Named) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    let (all, _) = visitor.app.snapshot_totals(Some(row.owner.id)).await?;
    let others = all.saturating_sub(1);
    let (own, locked): (Vec<_>, Vec<_>) = visitor
        .app
        .locked(row.owner.id)
        .await?
        .into_iter()
        .partition(|(locked, _)| locked.file == row.file);
    let lock = own.first().map(|(_, why)| (*why).to_owned());
    let locked = locked.into_iter().take(LOCKED).map(|(other, why)| {
        let path = format!("/backups/{}/{}", in_path(&profile), other.id);
        let words = format!(
            "{}, {}",
            format::instant(other.created_at),
            contents(&other)
        );
        (path, words, why)
    });
    let locked = locked.collect();
    Ok(show(&DeletePage {
        page: visitor.page_of("Delete a snapshot", Place::Backups, &profile),
        back: format!("/backups/{}/{}", in_path(&profile), row.id),
        when: format::instant(row.created_at),
        titles: count(row.counts.total(), "title"),
        others: format!("{} {}", count(others, "other"), does(others, "stay")),
        size: format::size(row.size),
        days: TRASH_DAYS,
        lock,
        is_kept: row.mark.keep.is_some(),
        locked,
        file: row.file,
    }))
}

async fn delete(visitor: Visitor, path: Named) -> Result<HttpResponse, PageError> {
    let (profile, row) = named(&visitor, path).await?;
    visitor.app.delete(&row).await?;
    let root = format!("/backups/{}", in_path(&profile));
    let said = Said::done(format!(
        "The snapshot of {} is in the trash for {TRASH_DAYS} days.",
        format::instant(row.created_at)
    ));
    Ok(visitor.go(
        &root,
        Some(said.with_link(format!("{root}/trash"), "Bring it back")),
    ))
}

#[derive(Template)]
#[template(path = "trash.html")]
struct TrashPage {
    page: Page,
    days: i64,
    /// Each profile with what is in its trash.
    parts: Vec<TrashPart>,
    /// What is of none of the accounts that are connected, or cannot be read and nobody knows whose it is.
    others: Option<TrashPart>,
    /// Whose it is, where it is that of one profile.
    of: Option<String>,
    has_others: bool,
}

impl TrashPage {
    fn all(&self) -> impl Iterator<Item = &TrashPart> {
        self.parts.iter().chain(&self.others)
    }
}

struct TrashPart {
    profile: String,
    root: String,
    items: Vec<TrashLine>,
    size: String,
}

struct TrashLine {
    file: String,
    at: String,
    holds: String,
    size: String,
    reason: &'static str,
}

impl TrashPart {
    fn of<'a>(
        profile: String,
        root: String,
        items: impl Iterator<Item = &'a TrashItem> + Clone,
    ) -> Self {
        let size = items.clone().map(|item| item.size).sum();
        Self {
            profile,
            root,
            items: items.map(TrashLine::of).collect(),
            size: format::size(size),
        }
    }
}

impl TrashLine {
    fn of(item: &TrashItem) -> Self {
        Self {
            at: format::instant(item.at),
            size: format::size(item.size),
            holds: item.counts.map_or_else(
                || "cannot be read".to_owned(),
                |counts| format!("{} anime, {} manga", counts.anime, counts.manga),
            ),
            reason: match item.reason {
                Some(anirewind_core::Reason::Asked) => "somebody deleted it",
                Some(anirewind_core::Reason::Rules) => "past the keep rules",
                None => "not known",
            },
            file: item.file.clone(),
        }
    }
}

/// What is in the trash: of each account that is wanted, and of none that is connected.
async fn trash_of(
    visitor: &Visitor,
    wanted: Vec<AccountRow>,
) -> Result<(Vec<TrashPart>, Option<TrashPart>), PageError> {
    let items = visitor.app.trash().await?;
    let known = visitor.app.accounts().await?.into_iter();
    let known: Vec<_> = known.chain(visitor.app.kept_accounts().await?).collect();
    let parts = wanted.into_iter().map(|account| {
        let own = items.iter();
        let own = own.filter(|item| item.owner == Some(account.account.id));
        let root = format!("/backups/{}", in_path(&account.profile));
        TrashPart::of(account.profile, root, own)
    });
    let parts = parts.collect();
    let is_known = |item: &TrashItem| {
        let mut accounts = known.iter();
        accounts.any(|account| item.owner == Some(account.account.id))
    };
    let others = items.iter().filter(|item| !is_known(item));
    let others = TrashPart::of("Of no connected account".to_owned(), String::new(), others);
    Ok((parts, (!others.items.is_empty()).then_some(others)))
}

async fn all_trash(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let page = visitor.page("Trash of all profiles", Place::Backups);
    if let [only] = visitor.profiles.as_slice() {
        let path = format!("/backups/{}/trash{}", in_path(only), along(&page));
        return Ok(visitor.go(&path, None));
    }
    let mut accounts = visitor.app.accounts().await?;
    accounts.extend(visitor.app.kept_accounts().await?);
    let (parts, others) = trash_of(&visitor, accounts).await?;
    Ok(show(&TrashPage {
        page,
        days: TRASH_DAYS,
        parts,
        others,
        of: None,
        has_others: false,
    }))
}

async fn trash(visitor: Visitor, profile: web::Path<String>) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let profile = account.profile.clone();
    let (parts, others) = trash_of(&visitor, vec![account]).await?;
    Ok(show(&TrashPage {
        page: visitor.page_of(format!("Trash of {profile}"), Place::Backups, &profile),
        days: TRASH_DAYS,
        parts,
        others,
        of: Some(profile),
        has_others: visitor.profiles.len() > 1,
    }))
}

#[derive(Debug, Deserialize)]
struct UndeleteForm {
    file: String,
}

async fn undelete(
    visitor: Visitor,
    profile: web::Path<String>,
    form: Form<UndeleteForm>,
) -> Result<HttpResponse, PageError> {
    let profile = visitor.app.account_row(&profile).await?.profile;
    let said = bring_back(&visitor, &form.0.file).await?;
    Ok(visitor.go(&format!("/backups/{}", in_path(&profile)), Some(said)))
}

/// One of no account that is connected: there are no backups of it to go on to.
async fn undelete_other(
    visitor: Visitor,
    form: Form<UndeleteForm>,
) -> Result<HttpResponse, PageError> {
    let said = bring_back(&visitor, &form.0.file).await?;
    Ok(visitor.go("/trash", Some(said)))
}

async fn bring_back(visitor: &Visitor, file: &str) -> Result<Said, PageError> {
    let item = visitor.app.undelete(file).await?;
    Ok(Said::done(format!(
        "{} is back, and kept for {} days.",
        item.file,
        anirewind_core::BACK_FOR
    )))
}

#[derive(Template)]
#[template(path = "prune.html")]
struct PrunePage {
    page: Page,
    root: String,
    going: Vec<SnapshotLine>,
    stays: Vec<(String, String, String)>,
    stay: usize,
    all: usize,
    freed: String,
    leaving: Vec<String>,
    hold: Option<String>,
    days: i64,
}

/// So many of those that stay are listed.
const STAYING: usize = 200;

async fn prune(visitor: Visitor, profile: web::Path<String>) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let owner = account.account.id;
    let plan = visitor.app.retention_plan(owner).await?;
    let (outlook, going) = (&plan.outlook, plan.going);
    // Old ones go: so many of the newest hold all of those that are listed here.
    let most = STAYING + going.len();
    let newest = visitor.app.snapshots_page(Some(owner), None, most).await?;
    let locked = visitor.app.locked(owner).await?.into_iter();
    let locked: BTreeMap<_, _> = locked.map(|(row, why)| (row.file, why)).collect();
    let now = visitor.app.now();
    let freed = going.iter().map(|row| row.size).sum();
    let root = format!("/backups/{}", in_path(&account.profile));
    let stays = newest
        .iter()
        .filter_map(|row| match outlook.fate(&row.file)? {
            fate @ Fate::Stays(why) => Some((
                format!("{root}/{}", row.id),
                format!("{}, {}", format::instant(row.created_at), contents(row)),
                match locked.get(&row.file) {
                    // What may not be deleted by hand either.
                    Some(locked) if outlook.hold.is_some() => (*locked).to_owned(),
                    _ => fate_word(fate, outlook.hold.is_some()).unwrap_or_else(|| match why {
                        Why::Kept { .. } => why_word(why),
                        _ => HELD.to_owned(),
                    }),
                },
            )),
            Fate::Goes => None,
        });
    Ok(show(&PrunePage {
        page: visitor.page_of("What goes next", Place::Backups, &account.profile),
        stay: outlook.count() - going.len(),
        all: outlook.count(),
        freed: format::size(freed),
        stays: stays.take(STAYING).collect(),
        hold: outlook.hold.as_ref().map(hold_word),
        going: going
            .into_iter()
            .map(|row| SnapshotLine::of(row, now))
            .collect(),
        leaving: plan.leaving,
        days: TRASH_DAYS,
        root,
    }))
}

/// Why one stays that nothing else holds.
const HELD: &str = "stays while something unusual or damaged is unanswered";

fn hold_word(hold: &Hold) -> String {
    match hold {
        Hold::OpenAlarm => "Something unusual was seen and nobody has said yet whether it was \
            meant, so nothing goes."
            .to_owned(),
        Hold::Damage { file } => format!("{file} is damaged, so nothing goes."),
    }
}

/// When a snapshot goes, or why it stays; nothing where a badge says so already, nor where none goes and the page
/// says why.
pub(crate) fn fate_word(fate: &Fate, is_held: bool) -> Option<String> {
    match fate {
        Fate::Stays(Why::Recent { .. } | Why::Safety { .. }) if is_held => None,
        Fate::Goes => Some("goes after the next snapshot".to_owned()),
        Fate::Stays(Why::Kept { .. } | Why::Held(_)) => None,
        Fate::Stays(why) => Some(why_word(why)),
    }
}

fn why_word(why: &Why) -> String {
    match why {
        Why::Kept { until: None } => "kept".to_owned(),
        Why::Kept { until: Some(until) } => format!("kept until {}", format::day(*until)),
        Why::All => "the rules keep all".to_owned(),
        Why::Recent { until } => format!("goes on {}", format::day(*until)),
        Why::Safety { until } => {
            format!("taken before a change, goes on {}", format::day(*until))
        }
        Why::Newest => "the newest good one: never goes".to_owned(),
        Why::AmongThree => "one of the three newest good ones".to_owned(),
        Why::NewestWithPrivate => "the newest with private titles: never goes".to_owned(),
        Why::Daily => "the newest of its day".to_owned(),
        Why::Weekly => "the newest of its week".to_owned(),
        Why::Monthly => "the newest of its month".to_owned(),
        Why::Foreign => "from elsewhere: never goes by itself".to_owned(),
        Why::Damaged => "damaged: left for you to look at".to_owned(),
        Why::Held(hold) => hold_word(hold),
    }
}

/// An answer to what was unusual: exactly what was shown.
#[derive(Debug, Deserialize)]
struct AnswerForm {
    /// Snapshot and rules, as in `k7f2k7f2k7f2 mass-removal scores-wiped`.
    #[serde(default)]
    shown: Vec<String>,
    verdict: String,
    #[serde(default)]
    back: String,
}

async fn answer(
    visitor: Visitor,
    profile: web::Path<String>,
    form: Form<AnswerForm>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let (verdict, words) = match form.0.verdict.as_str() {
        "expected" => (
            AnswerVerdict::Expected,
            "Noted: it was you. Once nothing else is open, old snapshots follow the keep rules again.",
        ),
        "not-me" => (
            AnswerVerdict::NotMe,
            "Noted: it was not you. That snapshot, and those after it that hold the same, are not believed: nothing is measured by them.",
        ),
        other => return Err(PageError::usage(format!("`{other}` is no answer."))),
    };
    let open = visitor.app.open_alarms(Some(account.account.id)).await?;
    let open: Vec<_> = open
        .into_iter()
        .filter(|open| form.0.shown.contains(&alarm_shown(open)))
        .collect();
    let said = if open.is_empty() {
        Said::problem("What you answered is no longer as it was shown. Nothing was changed.")
    } else {
        visitor.app.answer_alarms(&open, verdict).await?;
        Said::done(words)
    };
    Ok(visitor.go(crate::login::local(&form.0.back), Some(said)))
}
