//! The snapshots of an account: which there are, and the way to each.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::model::UserId;
use anirewind_core::{
    AccountRow, BrowseError, Explain as _, Kind, SnapshotFilter, SnapshotOrder, SnapshotRow, Start,
    Unreadable, are, count, thousands,
};
use askama::Template;
use serde::Deserialize;

use crate::format;
use crate::page::{Page, PageError, Place, Query, Said, Visitor, in_path, sentence, show_as};
use crate::pages::curating::fate_word;
use crate::pages::profiles::profiles;
use crate::pages::rows::{SnapshotLine, kind_word, lines};
use crate::parts::{AlarmPart, When};

/// So many to a page.
const MOST: usize = 50;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/backups", web::get().to(picker))
        .route("/backups/{profile}", web::get().to(table))
        .route("/compare/{profile}/pick", web::get().to(pick));
}

async fn picker(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let here = ("Backups", Place::Backups);
    profiles(&visitor, here, "/backups", |_| None).await
}

/// Which snapshots somebody wants to see, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Wish {
    kind: String,
    kept: String,
    from: String,
    to: String,
    below: Option<i64>,
    above: Option<i64>,
    each: String,
    /// By what it is sorted; `-` before it turns the order round. The newest first if left out.
    sort: String,
    /// Which page, where it is sorted otherwise.
    page: usize,
}

/// The orders that can be chosen, as they stand in the address.
const ORDERS: [(&str, &str); 6] = [
    ("", "Newest first"),
    ("created", "Oldest first"),
    ("-titles", "Most titles first"),
    ("titles", "Fewest titles first"),
    ("-size", "Largest first"),
    ("size", "Smallest first"),
];

/// By what the table can be sorted.
const SORTS: [(&str, SnapshotOrder); 3] = [
    ("created", SnapshotOrder::Created),
    ("titles", SnapshotOrder::Titles),
    ("size", SnapshotOrder::Size),
];

impl Wish {
    /// The same without one of its parts, as what stands behind the question mark.
    fn query_without(&self, name: &str) -> String {
        self.query(&[], name)
    }

    fn query(&self, more: &[(&str, String)], without: &str) -> String {
        let own = [
            ("kind", &self.kind),
            ("kept", &self.kept),
            ("from", &self.from),
            ("to", &self.to),
            ("each", &self.each),
            ("sort", &self.sort),
        ];
        let own = own.into_iter().filter(|(name, _)| *name != without);
        let own = own.map(|(name, value)| (name, value.clone()));
        query(own.chain(more.iter().cloned()))
    }

    fn filter(&self, visitor: &Visitor) -> Result<SnapshotFilter, PageError> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let since = given(&self.from).map(|day| visitor.app.start_of_named_day(&day));
        let until = given(&self.to).map(|day| visitor.app.end_of_named_day(&day));
        let kind = given(&self.kind).map(|word| {
            Kind::parse(&word).ok_or_else(|| PageError::usage(format!("`{word}` is no kind.")))
        });
        if !self.is_newest_first() && self.order().is_none() {
            return Err(PageError::usage(format!(
                "Nothing can be sorted by `{}`.",
                self.sort
            )));
        }
        let (since, until) = (since.transpose()?, until.transpose()?);
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(PageError::usage(format!(
                "{} is after {}: no day is from then until then.",
                self.from, self.to
            )));
        }
        Ok(SnapshotFilter {
            kind: kind.transpose()?,
            kept: !self.kept.is_empty(),
            since,
            until,
            ..SnapshotFilter::default()
        })
    }

    /// Whether the rows come as they are stored: the newest first.
    fn is_newest_first(&self) -> bool {
        self.sort.is_empty() || self.sort == "-created"
    }

    /// Whether it is the part with the newest.
    fn is_first(&self) -> bool {
        self.is_newest_first() && self.above.is_none() && self.below.is_none()
    }

    /// In which other order the rows come, and whether it falls.
    fn order(&self) -> Option<(SnapshotOrder, bool)> {
        let by = self.sort.trim_start_matches('-');
        let (_, order) = SORTS.into_iter().find(|(name, _)| *name == by)?;
        Some((order, self.sort.starts_with('-')))
    }

    /// The heads of the columns by which the table can be sorted.
    fn heads(&self, root: &str) -> Vec<Head> {
        let now = if self.sort.is_empty() {
            "-created"
        } else {
            self.sort.as_str()
        };
        let head = |(name, _): (&'static str, SnapshotOrder)| {
            let is_here = now.trim_start_matches('-') == name;
            let is_down = now.starts_with('-');
            // The other way round; at first the largest and the newest first.
            let next = if is_here && is_down {
                name.to_owned()
            } else {
                format!("-{name}")
            };
            let other = Self {
                sort: next,
                ..self.clone()
            };
            Head {
                href: format!("{root}{}", other.query(&[], "")),
                sorted: match (is_here, is_down) {
                    (false, _) => None,
                    (true, true) => Some("descending"),
                    (true, false) => Some("ascending"),
                },
            }
        };
        SORTS.map(head).into_iter().collect()
    }
}

/// The head of a column, with the way to sort by it.
struct Head {
    href: String,
    sorted: Option<&'static str>,
}

/// Names and values as they stand behind a question mark; empty ones are left out.
pub(crate) fn query<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> String {
    let pairs = pairs.filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={}", in_path(&value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

#[derive(Template)]
#[template(path = "backups.html")]
struct Table {
    page: Page,
    root: String,
    compare: String,
    plan: String,
    profile: String,
    alarms: Vec<AlarmPart>,
    lines: Vec<SnapshotLine>,
    /// Of when, of what it holds, and of the size.
    heads: Vec<Head>,
    orders: [(&'static str, &'static str); 6],
    total: String,
    rules: String,
    /// When all were read again, and what of that was no proof.
    proofs: Option<(When, String)>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    wish: Wish,
    /// How many match what is chosen, where something is.
    matching: Option<String>,
    chips: Vec<(String, String)>,
    newer: Option<String>,
    older: Option<String>,
    unfold: Option<String>,
    /// The place of the newest, where the page shows it: newer ones are said while it is open.
    newest: Option<i64>,
    unreadable: Vec<Unreadable>,
    folder: String,
    next: String,
    is_empty: bool,
    is_held: bool,
}

async fn table(
    visitor: Visitor,
    profile: web::Path<String>,
    wish: Query<Wish>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let Query(wish) = wish;
    let (wish, filter, problem) = match wish.filter(&visitor) {
        Ok(filter) => (wish, filter, None),
        Err(problem) => {
            let sort = String::new();
            (
                Wish { sort, ..wish },
                SnapshotFilter::default(),
                Some(problem),
            )
        }
    };
    let could_not = |error: BrowseError| could_not_read(&visitor, &error);
    let report = visitor.app.catalogue().await.map_err(could_not)?;
    let owner = Some(account.account.id);
    let is_first = wish.is_first() && filter == SnapshotFilter::default();
    let root = format!("/backups/{}", in_path(&account.profile));
    let (all, size) = visitor.app.snapshot_totals(owner).await?;
    let matching = if filter == SnapshotFilter::default() {
        None
    } else {
        let number = visitor
            .app
            .count_snapshots(account.account.id, filter.clone());
        let number = thousands(number.await.map_err(could_not)?);
        let all = count(all, "snapshot");
        Some(format!("{number} of {all} match what is chosen."))
    };
    let read = listed(&visitor, account.account.id, &wish, filter, &root);
    let Listed { rows, newer, older } = read.await.map_err(could_not)?;
    let newest = rows.first().map(|row| row.position);
    let newest = is_first.then(|| newest.unwrap_or_default());
    let open = visitor.app.open_alarms(owner).await?;
    let here = (visitor.access.base(), account.profile.as_str(), &*root);
    let alarms = AlarmPart::all(&visitor.app, here, &open).await?;
    let (kept, _) = visitor.app.kept_and_proven(account.account.id).await?;
    let proofs = visitor.app.proofs(account.account.id).await?;
    let now = visitor.app.now();
    let mut lines = if wish.each.is_empty() && wish.is_newest_first() {
        lines(rows, now)
    } else {
        let rows = rows.into_iter();
        rows.map(|row| SnapshotLine::of(row, now)).collect()
    };
    let is_held = say_fates(&visitor, account.account.id, &mut lines).await?;
    let is_folded = lines.iter().any(|line| line.folded.is_some());
    let all_each = Wish {
        each: "yes".to_owned(),
        ..wish.clone()
    };
    let mut page = visitor.page_of("Backups", Place::Backups, &account.profile);
    let status = problem
        .as_ref()
        .map_or(StatusCode::OK, |problem| problem.status);
    if let Some(problem) = &problem {
        page.said = Some(Said::problem(format!("{} All are shown.", problem.message)));
    }
    let table = Table {
        page,
        heads: wish.heads(&root),
        orders: ORDERS,
        compare: format!("/compare/{}", in_path(&account.profile)),
        plan: format!("/plan/{}/new", in_path(&account.profile)),
        matching,
        chips: chips(&wish, &root),
        kinds: Kind::ALL
            .map(|kind| (kind.as_str(), kind_word(kind), wish.kind == kind.as_str()))
            .to_vec(),
        total: format!("{}, {}", count(all, "snapshot"), format::size(size)),
        rules: rules(&visitor, kept),
        proofs: proofs.map(|proofs| (When::ago(proofs.since, now), proofs.rest())),
        newer,
        older,
        unfold: is_folded.then(|| format!("{root}{}", all_each.query(&[], ""))),
        unreadable: report.unreadable,
        folder: visitor.app.backups().display().to_string(),
        next: crate::pages::dashboard::next_words(visitor.app.next_backup(&account).await?),
        is_empty: all == 0,
        is_held,
        newest,
        profile: account.profile,
        root,
        alarms,
        lines,
        wish,
    };
    Ok(show_as(status, &table))
}

/// The rows of one page, with the addresses of those beside it.
struct Listed {
    rows: Vec<SnapshotRow>,
    newer: Option<String>,
    older: Option<String>,
}

async fn listed(
    visitor: &Visitor,
    owner: UserId,
    wish: &Wish,
    filter: SnapshotFilter,
    root: &str,
) -> Result<Listed, BrowseError> {
    let address = |name: &'static str, value: String| {
        let value = if value == "0" { String::new() } else { value };
        format!("{root}{}", wish.query(&[(name, value)], ""))
    };
    let start = match (wish.above, wish.below) {
        (Some(place), _) => Start::Above(place),
        (None, Some(place)) => Start::Below(place),
        (None, None) => Start::Newest,
    };
    let sorted = wish.order().filter(|_| !wish.is_newest_first());
    let Some((by, is_falling)) = sorted else {
        let owner = Some(owner);
        let rows = visitor.app.snapshots_where(owner, filter, start, MOST + 1);
        let (rows, newer, older) = part(rows.await?, start);
        return Ok(Listed {
            rows,
            newer: newer.map(|place| address("above", place.to_string())),
            older: older.map(|place| address("below", place.to_string())),
        });
    };
    let first = wish.page.saturating_mul(MOST);
    let app = &visitor.app;
    let rows = app.snapshots_by(owner, filter, by, is_falling, first, MOST + 1);
    let mut rows = rows.await?;
    let beside = |number: usize| address("page", number.to_string());
    let older = (rows.len() > MOST).then(|| beside(wish.page + 1));
    rows.truncate(MOST);
    Ok(Listed {
        newer: wish.page.checked_sub(1).map(beside),
        older,
        rows,
    })
}

/// Says of each snapshot when it goes by the rules, or why it stays, and before what it was taken. Whether none goes
/// until somebody says something.
async fn say_fates(
    visitor: &Visitor,
    owner: UserId,
    lines: &mut [SnapshotLine],
) -> Result<bool, PageError> {
    let outlook = visitor.app.outlook(owner, None).await?;
    let files = lines.iter().map(|line| line.file.clone()).collect();
    let mut acts = visitor.app.acts_after(files).await?;
    for line in lines {
        let fate = outlook.fate(&line.file);
        line.fate = fate.and_then(|fate| fate_word(fate, outlook.hold.is_some()));
        line.act = acts.remove(&line.file).map(|act| act.to_string());
    }
    Ok(outlook.hold.is_some())
}

/// What says that the page could not be made, and never that there is nothing.
pub(crate) fn could_not_read(visitor: &Visitor, error: &BrowseError) -> PageError {
    let folder = visitor.app.backups();
    let brief = format!("They may still exist in {}.", folder.display());
    let message = format!("{brief} {}", sentence(&error.chain()));
    PageError {
        brief: Some(brief),
        hint: error.hint(),
        ..PageError::broken(&message).titled("Backups could not be read")
    }
}

/// The rows of one page, and the places where those before and after it begin.
fn part(mut rows: Vec<SnapshotRow>, start: Start) -> (Vec<SnapshotRow>, Option<i64>, Option<i64>) {
    let has_more = rows.len() > MOST;
    let place = |row: Option<&SnapshotRow>| row.map(|row| row.position);
    if let Start::Above(_) = start {
        if has_more {
            rows.remove(0);
        }
        let newer = place(rows.first()).filter(|_| has_more);
        let older = place(rows.last());
        return (rows, newer, older);
    }
    rows.truncate(MOST);
    let newer = place(rows.first()).filter(|_| matches!(start, Start::Below(_)));
    let older = place(rows.last()).filter(|_| has_more);
    (rows, newer, older)
}

fn chips(wish: &Wish, root: &str) -> Vec<(String, String)> {
    let kind = Kind::parse(&wish.kind).map(|kind| ("kind", kind_word(kind).to_owned()));
    let kept = (!wish.kept.is_empty()).then(|| ("kept", "kept only".to_owned()));
    let from = (!wish.from.is_empty()).then(|| ("from", format!("from {}", wish.from)));
    let to = (!wish.to.is_empty()).then(|| ("to", format!("to {}", wish.to)));
    let each = (!wish.each.is_empty()).then(|| ("each", "identical ones too".to_owned()));
    let all = [kind, kept, from, to, each].into_iter().flatten();
    all.map(|(name, words)| (words, format!("{root}{}", wish.query_without(name))))
        .collect()
}

fn rules(visitor: &Visitor, kept: usize) -> String {
    let policy = &visitor.app.settings().retention;
    let days = match policy.days {
        0 => "keeping all".to_owned(),
        days => format!("keeping {}", count(days as usize, "day")),
    };
    if kept == 0 {
        return days;
    }
    format!("{days} and {kept} for longer")
}

/// Two snapshots that were ticked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Picked {
    pick: Vec<String>,
}

async fn pick(
    visitor: Visitor,
    profile: web::Path<String>,
    picked: Query<Picked>,
) -> Result<HttpResponse, PageError> {
    let AccountRow { profile, .. } = visitor.app.account_row(&profile).await?;
    let root = in_path(&profile);
    let [one, other] = picked.0.pick.as_slice() else {
        let count = picked.0.pick.len();
        let said = format!("Tick two snapshots to compare them. Ticked: {count}.");
        return Ok(visitor.go(&format!("/backups/{root}"), Some(Said::problem(said))));
    };
    let one = find(&visitor, one, &profile).await?;
    let other = find(&visitor, other, &profile).await?;
    let (from, to) = if one.position <= other.position {
        (one, other)
    } else {
        (other, one)
    };
    Ok(visitor.go(
        &format!("/compare/{root}?from={}&to={}", from.id, to.id),
        None,
    ))
}

/// A snapshot of a profile by any of its names; files elsewhere are nobody's business here.
pub(crate) async fn find(
    visitor: &Visitor,
    reference: &str,
    profile: &str,
) -> Result<SnapshotRow, PageError> {
    if reference.contains(['/', '\\']) {
        return Err(PageError::usage("A snapshot is named here, not a file."));
    }
    let found = visitor.app.find_row(reference, Some(profile)).await;
    found.map_err(not_here)
}

/// A page says where on a page to look, not what to type in a terminal.
pub(crate) fn not_here(error: BrowseError) -> PageError {
    let hint = match error {
        BrowseError::NotFound { there_are: 0, .. } => {
            "There is none yet. The button under Backups takes one.".to_owned()
        }
        BrowseError::NotFound { there_are, .. } => {
            let (are, them) = (are(there_are), if there_are == 1 { "it" } else { "them" });
            let snapshots = count(there_are, "snapshot");
            format!("There {are} {snapshots}; the page Backups lists {them}.")
        }
        _ => return error.into(),
    };
    PageError {
        hint: Some(hint),
        ..error.into()
    }
}
