//! Two lists side by side, and what to bring back from the first.

mod side;
mod ticks;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use anirewind_core::model::{Entry, EntryField, List, MediaType};
use anirewind_core::{
    AccountRow, Changed, Differences, MAYBE_PRIVATE, OpenAlarm, SnapshotFilter, SnapshotRow, Start,
    compare, count, does, is_maybe_private, notice_words, summary_of, thousands,
};
use askama::Template;
use serde::Deserialize;

use crate::api::Hub;
use crate::format;
use crate::live::{Outcome, live_of};
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, in_path, sentence, show};
use crate::pages::backups::query;
use crate::pages::comparing::ticks::{Sent, Ticks, Title, title_of};
use crate::pages::comparing::words::Words;
use crate::pages::live::LiveMoved;
use crate::pages::plan_new;
use crate::pages::work::{self, ASKED};
use crate::parts::{AlarmPart, Diff, TitleCell, When, is_called};

pub(crate) use side::MOMENT;
use side::{Missing, Side, side};

/// So many rows to a page.
const MOST: usize = 100;
/// So many snapshots can be chosen from a list; others by their id.
const CHOICES: usize = 60;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/compare/{profile}", web::get().to(comparing))
        .route("/compare/{profile}/plan", web::post().to(plan))
        .route("/compare/{profile}/live", web::post().to(read_live));
}

/// What somebody wants compared, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Wish {
    from: String,
    to: String,
    show: Vec<String>,
    field: String,
    #[serde(rename = "type")]
    of: String,
    q: String,
    below: usize,
    /// The page of it on which a button was pressed that leads to no other.
    at: usize,
}

impl Wish {
    /// As it was sent, or as it is without saying so.
    fn settled(mut self) -> Self {
        if self.from.is_empty() {
            "latest".clone_into(&mut self.from);
        }
        if self.to.is_empty() {
            "live".clone_into(&mut self.to);
        }
        self
    }

    fn query(&self, from: &str, to: &str, below: usize, ticks: &Ticks) -> String {
        let sides = [("from", from.to_owned()), ("to", to.to_owned())].into_iter();
        let below = (below > 0).then(|| ("below", below.to_string()));
        let pairs = sides.chain(self.filters()).chain(below);
        query(pairs.chain(ticks.pairs()))
    }

    fn filters(&self) -> Vec<(&'static str, String)> {
        let show = self.show.iter().map(|show| ("show", show.clone()));
        let rest = [
            ("field", self.field.clone()),
            ("type", self.of.clone()),
            ("q", self.q.clone()),
        ];
        rest.into_iter().chain(show).collect()
    }

    /// What is shown, as it stands behind an address, whether or not somebody has said so.
    fn filter(&self) -> String {
        let kinds = ["missing", "changed", "added", "same"].into_iter();
        let kinds = kinds.filter(|kind| self.shows(kind)).map(str::to_owned);
        let all = Self {
            show: kinds.collect(),
            ..self.clone()
        };
        let query = query(all.filters().into_iter());
        query.trim_start_matches('?').to_owned()
    }

    /// The filter that stands behind an address.
    fn of_filter(filter: &str) -> Self {
        // One that cannot be read shows nothing.
        serde_html_form::from_str(filter).unwrap_or_else(|_| Self {
            show: vec![String::new()],
            ..Self::default()
        })
    }

    fn shows(&self, kind: &str) -> bool {
        if self.show.is_empty() {
            return kind != "same";
        }
        // Also as one list with commas, and what is missing by the word that timelines have for it.
        let mut shown = self.show.iter().flat_map(|show| show.split(','));
        shown.any(|show| show == kind || (show == "removed" && kind == "missing"))
    }
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    page: Page,
    root: String,
    profile: String,
    path: String,
    from: Vec<Choice>,
    to: Vec<Choice>,
    swap: String,
    wish: Wish,
    /// What is unusual and unanswered about either side.
    alarms: Vec<AlarmPart>,
    missing: Option<Missing>,
    newest: Option<String>,
    /// When the live list was read that stands on one side, and whether AniList changed since.
    live_read: Option<(When, LiveMoved)>,
    /// What is known of either side that is the list at a moment.
    moments: Vec<String>,
    /// Whether a command can name both sides.
    has_command: bool,
    found: Option<Found>,
}

impl Found {
    /// `All 945 titles match`
    fn matching(&self) -> String {
        let [.., same] = self.sums;
        format!(
            "{}{} {}",
            self.all,
            count(same, "title"),
            does(same, "match")
        )
    }
}

impl ComparePage {
    /// Whether AniList is known to have changed since the live list was read.
    fn is_stale(&self) -> bool {
        let read = self.live_read.as_ref();
        read.is_some_and(|(_, moved)| moved.has_moved)
    }

    /// Whether anything on it is another while it is open.
    fn listens(&self) -> bool {
        self.live_read.is_some() || matches!(self.missing, Some(Missing::Reading(_)))
    }
}

struct Choice {
    value: String,
    words: String,
    is_chosen: bool,
}

struct Found {
    words: [&'static str; 3],
    sums: [usize; 4],
    shows: [(&'static str, &'static str, bool); 4],
    rows: Vec<Row>,
    count: usize,
    /// `All `, where nothing was left out.
    all: &'static str,
    banners: Vec<String>,
    fields: Vec<(&'static str, &'static str, bool)>,
    plan: Option<String>,
    /// The places where the pages before and after this one begin, and the addresses of these.
    newer: Option<(usize, String)>,
    older: Option<(usize, String)>,
    is_same: bool,
    /// What of it can be ticked.
    pick: Pick,
    /// Without filters.
    clear: String,
}

/// What is ticked, and what can be.
struct Pick {
    /// Hidden fields for what is ticked elsewhere, and the titles of this page.
    ticks: Vec<(&'static str, String)>,
    offered: String,
    /// How many titles are shown that can be ticked.
    shown: usize,
    chosen: usize,
    /// How many of them are not on this page.
    elsewhere: usize,
}

struct Row {
    anchor: String,
    value: String,
    tone: &'static str,
    icon: &'static str,
    word: &'static str,
    title: TitleCell,
    diff: Diff,
    name: String,
    is_ticked: bool,
}

async fn comparing(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    wish: Query<Wish>,
    sent: Query<Sent>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let (Query(wish), Query(sent)) = (wish, sent);
    let wish = wish.settled();
    let path = in_path(&account.profile);
    let (from, to) = (
        side(&visitor, &hub, &account, &wish.from).await?,
        side(&visitor, &hub, &account, &wish.to).await?,
    );
    let is_form = sent.is_form();
    let below = if sent.stays() { wish.at } else { wish.below };
    let differences = match (&from, &to) {
        (Ok(from), Ok(to)) => Some(compare(&from.list, &to.list)),
        _ => None,
    };
    let ticks = ticked(sent, &wish, differences.as_ref());
    if is_form {
        // So that the address says what is ticked, and no more.
        let query = wish.query(&wish.from, &wish.to, below, &ticks);
        return Ok(visitor.go(&format!("/compare/{path}{query}"), too_many(&ticks)));
    }
    let now = visitor.app.now();
    let rows = newest(&visitor, &account).await?;
    let read = hub.desk().live(&account.profile, now);
    let read_at = read.map(|(at, _)| at);
    let is_live = wish.from == "live" || wish.to == "live";
    let live_read = match read_at.filter(|_| is_live) {
        Some(at) => {
            let moved = LiveMoved::since(&visitor.app, &account.profile, at).await?;
            Some((When::ago(at, now), moved))
        }
        None => None,
    };
    let newest = rows.first().map(|row| row.id.to_string());
    let newest = newest.filter(|id| *id != wish.from);
    let choices = |given: &str, side: &Result<Side, Missing>| choices(&rows, given, side);
    let (from_choices, to_choices) = (choices(&wish.from, &from), choices(&wish.to, &to));
    let root = format!("/compare/{path}");
    let here = format!("{root}{}", wish.query(&wish.from, &wish.to, 0, &ticks));
    let alarms = alarms_of(&visitor, &account, &here, [&from, &to]).await?;
    let found = match (&from, &to, &differences) {
        (Ok(from), Ok(to), Some(differences)) => {
            let sides = (from, to, differences);
            Some(found(&visitor, &account, sides, (&wish, &ticks), &root))
        }
        _ => None,
    };
    let moments = [&from, &to].into_iter().flatten();
    let moments = moments.filter_map(|side| {
        let known = side.known()?;
        Some(format!("{}: {known}", format::instant(side.at)))
    });
    let moments: Vec<_> = moments.collect();
    let is_named = |reference: &str| !reference.starts_with(MOMENT);
    let has_command = is_named(&wish.from) && is_named(&wish.to);
    let missing = from.err().or(to.err());
    Ok(show(&ComparePage {
        page: visitor.page_of("Compare", Place::Backups, &account.profile),
        swap: format!(
            "{root}{}",
            wish.query(&wish.to, &wish.from, 0, &Ticks::default())
        ),
        newest: newest.map(|id| {
            let query = wish.query(&wish.from, &id, 0, &Ticks::default());
            format!("{root}{query}")
        }),
        path: here,
        profile: account.profile.clone(),
        root,
        from: from_choices,
        to: to_choices,
        wish,
        alarms,
        missing,
        live_read,
        moments,
        has_command,
        found,
    }))
}

/// What is open about the snapshots on either side, with the way to put it right from here.
async fn alarms_of(
    visitor: &Visitor,
    account: &AccountRow,
    here: &str,
    sides: [&Result<Side, Missing>; 2],
) -> Result<Vec<AlarmPart>, PageError> {
    let open = visitor.app.open_alarms(Some(account.account.id)).await?;
    let rows = sides.into_iter().flatten();
    let rows: Vec<_> = rows.filter_map(Side::snapshot).collect();
    let is_here = |open: &OpenAlarm| rows.iter().any(|row| row.id == open.snapshot.id);
    let open: Vec<_> = open.into_iter().filter(is_here).collect();
    let page = (visitor.access.base(), account.profile.as_str(), here);
    let parts = AlarmPart::all(&visitor.app, page, &open).await?;
    Ok(parts.into_iter().map(AlarmPart::reviewed).collect())
}

async fn newest(visitor: &Visitor, account: &AccountRow) -> Result<Vec<SnapshotRow>, PageError> {
    let filter = SnapshotFilter::default();
    let owner = Some(account.account.id);
    let rows = visitor
        .app
        .snapshots_where(owner, filter, Start::Newest, CHOICES);
    Ok(rows.await?)
}

fn choices(rows: &[SnapshotRow], given: &str, side: &Result<Side, Missing>) -> Vec<Choice> {
    let side = side.as_ref().ok();
    let chosen = side.and_then(Side::snapshot);
    let moment = given.strip_prefix(MOMENT).map(|text| Choice {
        value: given.to_owned(),
        words: match side {
            Some(side) => format!("The list at {}", format::instant(side.at)),
            None => format!("The list at {text}"),
        },
        is_chosen: true,
    });
    let live = Choice {
        value: "live".to_owned(),
        words: "Now on AniList".to_owned(),
        is_chosen: given == "live",
    };
    let of = |row: &SnapshotRow| Choice {
        value: row.id.to_string(),
        words: format::instant(row.created_at),
        is_chosen: chosen.map_or(given == row.id.as_str(), |chosen| chosen.file == row.file),
    };
    let older = chosen.filter(|chosen| rows.iter().all(|row| row.file != chosen.file));
    let rows = rows.iter().map(of).chain(older.map(of));
    std::iter::once(live).chain(moment).chain(rows).collect()
}

/// What is ticked once a form was sent, or as it stands in an address.
fn ticked(sent: Sent, wish: &Wish, differences: Option<&Differences<'_>>) -> Ticks {
    let Some(differences) = differences else {
        // There is nothing to hold it against yet.
        return sent.ticks(&wish.filter(), |_, _| false, |_| false);
    };
    let filters = sent.filters().iter();
    let whole: BTreeMap<String, BTreeSet<Title>> = filters
        .map(|filter| {
            (
                filter.clone(),
                pickable(differences, &Wish::of_filter(filter)),
            )
        })
        .collect();
    let shown = pickable(differences, wish);
    let is_whole =
        |filter: &str, title: Title| whole.get(filter).is_some_and(|all| all.contains(&title));
    sent.ticks(&wish.filter(), is_whole, |title| shown.contains(&title))
}

/// The titles with some filters that can be ticked: what is the same cannot be brought back.
fn pickable(differences: &Differences<'_>, wish: &Wish) -> BTreeSet<Title> {
    let lines = lines(differences, wish).into_iter();
    let lines = lines.filter(|line| !matches!(line, Line::Same(_)));
    lines.map(|line| title_of(line.entry())).collect()
}

/// The titles that are ticked, on this page and others.
fn chosen(differences: &Differences<'_>, ticks: &Ticks) -> BTreeSet<Title> {
    let filters = ticks.all.iter();
    let mut all: BTreeSet<Title> = filters
        .flat_map(|filter| pickable(differences, &Wish::of_filter(filter)))
        .collect();
    all.retain(|title| !ticks.off.contains(title));
    let there = pickable(differences, &Wish::default());
    all.extend(ticks.on.intersection(&there));
    all
}

fn too_many(ticks: &Ticks) -> Option<Said> {
    if ticks.is_full {
        let text = format!(
            "What is shown was not selected: {} selections as a whole are all that an address takes. What was ticked \
             before still is. Plan that first, or select none.",
            ticks::FILTERS
        );
        return Some(Said::problem(text));
    }
    let text = format!(
        "No more than {} titles can be ticked one by one, so some of the ticks are not there any more. Filter, \
         and select all that is shown.",
        ticks::MOST
    );
    ticks.is_cut.then(|| Said::problem(text))
}

/// Plans what is ticked.
async fn plan(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let wrong = |error: &dyn std::fmt::Display| {
        PageError::usage(format!("The form is not as it was made: {error}."))
    };
    let text = serde_html_form::to_string(&form.0).map_err(|error| wrong(&error))?;
    let wish: Wish = serde_html_form::from_str(&text).map_err(|error| wrong(&error))?;
    let sent: Sent = serde_html_form::from_str(&text).map_err(|error| wrong(&error))?;
    let wish = wish.settled();
    let (from, to) = (
        side(&visitor, &hub, &account, &wish.from).await?,
        side(&visitor, &hub, &account, &wish.to).await?,
    );
    let differences = match (&from, &to) {
        (Ok(from), Ok(to)) => Some(compare(&from.list, &to.list)),
        _ => None,
    };
    let ticks = ticked(sent, &wish, differences.as_ref());
    let back = |problem: &str| {
        let root = format!("/compare/{}", in_path(&account.profile));
        let query = wish.query(&wish.from, &wish.to, wish.at, &ticks);
        visitor.go(&format!("{root}{query}"), Some(Said::problem(problem)))
    };
    let Some(differences) = &differences else {
        return Ok(back(
            "The two lists are not side by side any more, so nothing was planned. What was ticked is kept.",
        ));
    };
    let Some(what) = from.as_ref().ok().and_then(|from| from.what.wanted()) else {
        return Ok(back(
            "What is on AniList now cannot be brought back: choose a snapshot or a moment to bring it back from.",
        ));
    };
    if let Some(said) = too_many(&ticks) {
        return Ok(back(&said.text));
    }
    let titles = chosen(differences, &ticks);
    if titles.is_empty() {
        return Ok(back(
            "Nothing is ticked, so nothing was planned. Tick the titles to bring back, or select all that is \
             shown, then press the button again.",
        ));
    }
    let wish = plan_new::Wish::of_titles(what, &titles);
    plan_new::ask(&visitor, &hub, &account.profile, wish).await
}

/// One title of a comparison.
enum Line<'a> {
    Missing(&'a Entry),
    Changed(&'a Changed<'a>),
    Added(&'a Entry),
    Same(&'a Entry),
}

impl<'a> Line<'a> {
    const fn entry(&self) -> &'a Entry {
        match self {
            Self::Missing(entry) | Self::Added(entry) | Self::Same(entry) => entry,
            Self::Changed(changed) => changed.before,
        }
    }
}

fn found(
    visitor: &Visitor,
    account: &AccountRow,
    (from, to, differences): (&Side, &Side, &Differences<'_>),
    (wish, ticks): (&Wish, &Ticks),
    root: &str,
) -> Found {
    let words = Words::of(from, to);
    let sums = [
        differences.removed.len(),
        differences.changed.len(),
        differences.added.len(),
        differences.same.len(),
    ];
    let lines = lines(differences, wish);
    let base = visitor.access.base();
    let count = lines.len();
    let chosen = chosen(differences, ticks);
    let here: BTreeSet<_> = lines
        .iter()
        .skip(wish.below)
        .take(MOST)
        .filter(|line| !matches!(line, Line::Same(_)))
        .map(|line| title_of(line.entry()))
        .collect();
    let pick = Pick {
        ticks: ticks.pairs(),
        offered: ticks::write(&here),
        shown: pickable(differences, wish).len(),
        elsewhere: chosen.difference(&here).count(),
        chosen: chosen.len(),
    };
    let rows = lines.into_iter().skip(wish.below).take(MOST);
    let rows = rows.map(|line| {
        let is_ticked = chosen.contains(&title_of(line.entry()));
        Row::of(&line, words, (base, account), is_ticked)
    });
    let link = |below: usize| {
        let query = wish.query(&wish.from, &wish.to, below, ticks);
        (below, format!("{root}{query}"))
    };
    // Without a token nothing can be brought back.
    let is_offered = from.what.wanted().is_some() && !account.public;
    let plan = is_offered.then(|| format!("{root}/plan"));
    let field = EntryField::parse(&wish.field);
    Found {
        shows: [
            ("missing", words.lines[0], wish.shows("missing")),
            ("changed", words.lines[1], wish.shows("changed")),
            ("added", words.lines[2], wish.shows("added")),
            ("same", "Same", wish.shows("same")),
        ],
        rows: rows.collect(),
        banners: banners(differences, from, to),
        fields: EntryField::ALL
            .into_iter()
            .map(|each| {
                let word = each.word(MediaType::Anime);
                (each.as_str(), word, field == Some(each))
            })
            .collect(),
        newer: (wish.below > 0).then(|| link(wish.below.saturating_sub(MOST))),
        older: (count > wish.below.saturating_add(MOST))
            .then(|| link(wish.below.saturating_add(MOST))),
        is_same: differences.is_empty(),
        all: if differences.left_out.is_empty() {
            "All "
        } else {
            ""
        },
        clear: {
            let query = Wish::default().query(&wish.from, &wish.to, 0, ticks);
            format!("{root}{query}")
        },
        words: words.lines,
        sums,
        count,
        plan,
        pick,
    }
}

impl Row {
    fn of(
        line: &Line<'_>,
        words: Words,
        (base, account): (&str, &AccountRow),
        is_ticked: bool,
    ) -> Self {
        let style = &account.style;
        let entry = line.entry();
        let (tone, icon, word, diff) = match line {
            Line::Missing(entry) => {
                let diff = Diff::of(Some(entry), None, style);
                ("danger", "i-minus", words.lines[0], diff)
            }
            Line::Changed(changed) => {
                let diff = Diff::of(Some(changed.before), Some(changed.after), style);
                (
                    "warning",
                    "i-tilde",
                    words.lines[1],
                    diff.read_as(words.sides),
                )
            }
            Line::Added(entry) => {
                let diff = Diff::of(None, Some(entry), style);
                ("fine", "i-plus", words.lines[2], diff)
            }
            Line::Same(entry) => {
                let whole = Some(summary_of(entry, &style.scores));
                let lines = Vec::new();
                (
                    "quiet",
                    "i-equal",
                    "Same",
                    Diff {
                        lines,
                        whole,
                        sides: words.sides,
                    },
                )
            }
        };
        let title = TitleCell::of(base, &account.profile, entry, style);
        let value = format!("{}:{}", entry.media_type.as_str(), entry.media);
        Self {
            anchor: value.replace(':', "-").to_lowercase(),
            is_ticked,
            name: title.name.clone(),
            value,
            tone,
            icon,
            word,
            title,
            diff,
        }
    }
}

fn lines<'a>(differences: &'a Differences<'a>, wish: &Wish) -> Vec<Line<'a>> {
    let field = EntryField::parse(&wish.field);
    let media_type = MediaType::parse(&wish.of.to_uppercase());
    let mut lines = Vec::new();
    // A title that is on one list alone differs in no one field.
    if field.is_none() && wish.shows("missing") {
        lines.extend(differences.removed.iter().map(|entry| Line::Missing(entry)));
    }
    if wish.shows("changed") {
        let changed = differences.changed.iter();
        let changed =
            changed.filter(|changed| field.is_none_or(|field| changed.fields.contains(&field)));
        lines.extend(changed.map(Line::Changed));
    }
    if field.is_none() && wish.shows("added") {
        lines.extend(differences.added.iter().map(|entry| Line::Added(entry)));
    }
    if field.is_none() && wish.shows("same") {
        lines.extend(differences.same.iter().map(|entry| Line::Same(entry)));
    }
    lines.retain(|line| {
        let entry = line.entry();
        media_type.is_none_or(|of| of == entry.media_type) && is_called(entry, &wish.q)
    });
    lines
}

fn banners(differences: &Differences<'_>, from: &Side, to: &Side) -> Vec<String> {
    let mut banners = Vec::new();
    let fields: Vec<_> = differences
        .not_recorded
        .iter()
        .map(|(field, titles)| format!("{} ({})", field.noun(), count(*titles, "title")))
        .collect();
    if !fields.is_empty() {
        banners.push(format!(
            "One side did not record these, so they are left out of this comparison: {}.",
            fields.join(", ")
        ));
    }
    for (of, count) in &differences.left_out {
        banners.push(format!(
            "One side holds no {} at all: {} left out of this comparison.",
            of.word(),
            thousands(*count)
        ));
    }
    banners.extend(unseen_words(&from.list, &to.list, differences));
    banners.extend(differences.notices.iter().map(notice_words));
    let knows_private = |side: &Side| side.list.coverage.expected.is_some();
    if knows_private(from) != knows_private(to) {
        banners.push(
            "One side comes from another tool: private titles may not be visible in it.".to_owned(),
        );
    }
    banners
}

/// What a list that was read without a token does not show, where one of these was.
pub(crate) fn unseen_words(from: &List, to: &List, found: &Differences<'_>) -> Vec<String> {
    let mut words = Vec::new();
    if found.unseen.is_some() {
        words.push(
            "Private titles are not visible in one side and are left out of this comparison."
                .to_owned(),
        );
    }
    if is_maybe_private(from, to, found) {
        words.push(sentence(MAYBE_PRIVATE));
    }
    words
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Back {
    back: String,
}

async fn read_live(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    back: Form<Back>,
) -> Result<HttpResponse, PageError> {
    let profile = visitor.app.account_row(&profile).await?.profile;
    let back = back.0.back;
    let root = format!("/compare/{}", in_path(&profile));
    let back = if back.starts_with(&root) { back } else { root };
    let (app, desk, of) = (
        visitor.app.get_ref().clone(),
        hub.desk().clone(),
        profile.clone(),
    );
    let read = async move {
        match app.find("live", Some(&of)).await {
            Ok(found) => {
                desk.put_live(&of, (app.now(), Arc::new(found.list().clone())));
                Outcome::Said(Said::done("The live list is read."))
            }
            Err(error) => Outcome::Problem(error.into()),
        }
    };
    let broke_off = "Reading the live list broke off.";
    let name = live_of(&profile);
    let Some(task) = work::begin(&visitor.app, &hub, &name, ASKED, broke_off, read) else {
        return Ok(visitor.go(&back, Some(Said::done("AniList is being asked already."))));
    };
    // Longer, and the page says that it is being read.
    hub.soon(task).await;
    Ok(visitor.go(&back, None))
}
