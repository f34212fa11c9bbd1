//! Everything the simulated AniList knows: users, titles, lists, feed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::{Act, Activity, Effect, Switches};

pub use crate::words::Status;

/// The whole of it.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(crate) users: BTreeMap<u32, UserState>,
    pub(crate) media: BTreeMap<u32, Arc<SimMedia>>,
    pub(crate) tokens: BTreeMap<String, u32>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) last_entry_id: u32,
}

/// One user and their list.
#[derive(Debug, Clone)]
pub(crate) struct UserState {
    pub(crate) user: Arc<SimUser>,
    pub(crate) list: BTreeMap<u32, Slot>,
}

/// One place on a list, with what was there before, for reads that lag.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    now: Option<Arc<SimEntry>>,
    before: Option<Arc<SimEntry>>,
    changed_at: Option<OffsetDateTime>,
}

/// A user of the simulated AniList.
#[derive(Debug, Clone, PartialEq)]
pub struct SimUser {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// `titleLanguage`.
    pub title_language: String,
    /// `displayAdultContent`.
    pub display_adult: bool,
    /// `timezone`.
    pub timezone: String,
    /// `scoreFormat`.
    pub score_format: String,
    /// `rowOrder`.
    pub row_order: String,
    /// `activityMergeTime`, in minutes.
    pub activity_merge_time: i32,
    /// The statuses whose edits make no activity.
    pub muted: BTreeSet<Status>,
    /// The anime and the manga list.
    pub lists: ListOptions,
    /// Favourites.
    pub favourites: SimFavourites,
}

/// Options of both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// The anime list.
    pub anime: TypeOptions,
    /// The manga list.
    pub manga: TypeOptions,
}

/// Options of one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeOptions {
    /// `sectionOrder`.
    pub section_order: Vec<String>,
    /// `splitCompletedSectionByFormat`.
    pub split_completed: bool,
    /// `customLists`.
    pub custom_lists: Vec<String>,
    /// `advancedScoring`.
    pub advanced_scoring: Vec<String>,
    /// `advancedScoringEnabled`.
    pub advanced_scoring_enabled: bool,
}

/// Favourites by kind, in order. Titles by id, the rest as id and name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SimFavourites {
    /// Anime.
    pub anime: Vec<u32>,
    /// Manga.
    pub manga: Vec<u32>,
    /// Characters.
    pub characters: Vec<(u32, String)>,
    /// Staff.
    pub staff: Vec<(u32, String)>,
    /// Studios.
    pub studios: Vec<(u32, String)>,
}

/// A title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimMedia {
    /// Its id.
    pub id: u32,
    /// Its id elsewhere.
    pub mal_id: Option<u32>,
    /// Whether it is an anime.
    pub is_anime: bool,
    /// `format`.
    pub format: String,
    /// Names.
    pub romaji: String,
    /// In English, if there is one.
    pub english: Option<String>,
    /// In its own letters, if they differ.
    pub native: Option<String>,
    /// How many episodes, when known.
    pub episodes: Option<i32>,
    /// How many chapters, when known.
    pub chapters: Option<i32>,
    /// How many volumes, when known.
    pub volumes: Option<i32>,
    /// Two letters.
    pub country: String,
    /// `coverImage.color`.
    pub colour: String,
    /// Year it came out.
    pub year: i32,
    /// For adults.
    pub is_adult: bool,
}

/// A date with parts that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Date {
    /// The year.
    pub year: Option<i32>,
    /// The month.
    pub month: Option<i32>,
    /// The day.
    pub day: Option<i32>,
}

/// One title on a list, as the simulator keeps it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SimEntry {
    /// Its id; 0 to be given one.
    pub id: u32,
    /// Whose.
    pub user: u32,
    /// Which title.
    pub media: u32,
    /// `status`.
    pub status: Status,
    /// The score, raw.
    pub score: i32,
    /// `progress`.
    pub progress: i32,
    /// `progressVolumes`.
    pub volumes: i32,
    /// `repeat`.
    pub repeat: i32,
    /// `priority`.
    pub priority: i32,
    /// `private`.
    pub private: bool,
    /// `hiddenFromStatusLists`.
    pub hidden: bool,
    /// `notes`.
    pub notes: Option<String>,
    /// Places in the user's array of custom lists, which is how they are kept.
    pub custom_lists: BTreeSet<usize>,
    /// Scores by position.
    pub advanced_scores: Vec<f64>,
    /// `startedAt`.
    pub started: Date,
    /// `completedAt`.
    pub completed: Date,
    /// Seconds since 1970; `None` for a row from before this was kept.
    pub created_at: Option<i64>,
    /// Seconds since 1970.
    pub updated_at: Option<i64>,
}

impl Date {
    /// A whole date.
    pub const fn ymd(year: i32, month: i32, day: i32) -> Self {
        Self {
            year: Some(year),
            month: Some(month),
            day: Some(day),
        }
    }
}

impl SimUser {
    /// A user with the settings a new account has.
    pub fn new(id: u32, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            title_language: "ROMAJI".to_owned(),
            display_adult: false,
            timezone: "+00:00".to_owned(),
            score_format: "POINT_10".to_owned(),
            row_order: "score".to_owned(),
            activity_merge_time: 720,
            muted: BTreeSet::new(),
            lists: ListOptions::default(),
            favourites: SimFavourites::default(),
        }
    }

    /// The options of one of the lists.
    pub fn options(&self, is_anime: bool) -> &TypeOptions {
        if is_anime {
            &self.lists.anime
        } else {
            &self.lists.manga
        }
    }
}

impl SimMedia {
    /// A title with so many episodes or chapters.
    pub fn new(id: u32, is_anime: bool, name: &str, total: Option<i32>) -> Self {
        Self {
            id,
            mal_id: Some(id + 10_000),
            is_anime,
            format: if is_anime { "TV" } else { "MANGA" }.to_owned(),
            romaji: name.to_owned(),
            english: None,
            native: None,
            episodes: total.filter(|_| is_anime),
            chapters: total.filter(|_| !is_anime),
            volumes: None,
            country: "JP".to_owned(),
            colour: "#3577b5".to_owned(),
            year: 2020,
            is_adult: false,
        }
    }

    /// How many episodes or chapters there are.
    pub const fn total(&self) -> Option<i32> {
        if self.is_anime {
            self.episodes
        } else {
            self.chapters
        }
    }
}

impl World {
    /// A world with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user, whom this token speaks for.
    pub fn add_user(&mut self, user: SimUser, token: &str) {
        self.tokens.insert(token.to_owned(), user.id);
        self.users.insert(
            user.id,
            UserState {
                user: Arc::new(user),
                list: BTreeMap::new(),
            },
        );
    }

    /// Changes a user behind everybody's back, as the website would.
    pub fn edit_user(&mut self, id: u32, edit: impl FnOnce(&mut SimUser)) {
        if let Some(state) = self.users.get_mut(&id) {
            edit(Arc::make_mut(&mut state.user));
        }
    }

    /// A user.
    pub fn user(&self, id: u32) -> Option<&SimUser> {
        self.users.get(&id).map(|state| state.user.as_ref())
    }

    /// Ends a token.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Lets a token speak for a user.
    pub fn grant_token(&mut self, token: &str, user: u32) {
        self.tokens.insert(token.to_owned(), user);
    }

    /// Adds a title.
    pub fn add_media(&mut self, media: SimMedia) {
        self.media.insert(media.id, Arc::new(media));
    }

    /// Removes a title, as moderators do. Entries of it vanish with it.
    pub fn remove_media(&mut self, id: u32) {
        self.media.remove(&id);
        for state in self.users.values_mut() {
            state.list.remove(&id);
        }
    }

    /// A title.
    pub fn media(&self, id: u32) -> Option<&SimMedia> {
        self.media.get(&id).map(AsRef::as_ref)
    }

    /// Puts an entry on a list as it is, without side effects, and returns its id.
    pub fn put_entry(&mut self, mut entry: SimEntry) -> u32 {
        if entry.id == 0 {
            entry.id = self.next_entry_id();
        } else {
            self.last_entry_id = self.last_entry_id.max(entry.id);
        }
        let id = entry.id;
        if let Some(state) = self.users.get_mut(&entry.user) {
            state
                .list
                .insert(entry.media, Slot::settled(Arc::new(entry)));
        }
        id
    }

    /// Takes an entry off a list without a trace.
    pub fn drop_entry(&mut self, user: u32, media: u32) {
        if let Some(state) = self.users.get_mut(&user) {
            state.list.remove(&media);
        }
    }

    /// An entry as it is now.
    pub fn entry(&self, user: u32, media: u32) -> Option<&SimEntry> {
        self.users.get(&user)?.list.get(&media)?.now.as_deref()
    }

    /// All entries of a user as they are now, by media id.
    pub fn entries(&self, user: u32) -> impl Iterator<Item = &SimEntry> {
        self.users
            .get(&user)
            .into_iter()
            .flat_map(|state| state.list.values().filter_map(|slot| slot.now.as_deref()))
    }

    /// What was changed, in order.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The activity feed, oldest first.
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }

    pub(crate) fn next_entry_id(&mut self) -> u32 {
        self.last_entry_id += 1;
        self.last_entry_id
    }

    /// Stores or removes an entry and logs the effect.
    pub(crate) fn commit(
        &mut self,
        user: u32,
        media: u32,
        entry: Option<SimEntry>,
        at: OffsetDateTime,
        request: u64,
    ) {
        let Some(state) = self.users.get_mut(&user) else {
            return;
        };
        let slot = state.list.entry(media).or_insert_with(Slot::empty);
        let before = slot.now.clone();
        slot.before = before.clone();
        slot.changed_at = Some(at);
        slot.now = entry.map(Arc::new);
        let before = before.map(|entry| Box::new(entry.as_ref().clone()));
        let act = match (&slot.now, before) {
            (Some(after), before) => Act::Saved {
                media,
                before,
                after: Box::new(after.as_ref().clone()),
            },
            (None, Some(before)) => Act::Deleted { media, before },
            (None, None) => return,
        };
        self.effects.push(Effect {
            request,
            at,
            user,
            act,
        });
    }

    /// The entries a read shows at `now`, which lags behind the writes where the switch says so.
    pub(crate) fn visible<'a>(
        &'a self,
        user: u32,
        switches: &'a Switches,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = &'a Arc<SimEntry>> {
        self.users.get(&user).into_iter().flat_map(move |state| {
            state
                .list
                .values()
                .filter_map(move |s| s.visible(switches, now))
        })
    }
}

impl Slot {
    fn settled(entry: Arc<SimEntry>) -> Self {
        Self {
            now: Some(entry),
            before: None,
            changed_at: None,
        }
    }

    fn empty() -> Self {
        Self {
            now: None,
            before: None,
            changed_at: None,
        }
    }

    /// The entry as it is, whatever reads may show.
    pub(crate) fn current(&self) -> Option<&Arc<SimEntry>> {
        self.now.as_ref()
    }

    fn visible(&self, switches: &Switches, now: OffsetDateTime) -> Option<&Arc<SimEntry>> {
        let lags = self
            .changed_at
            .is_some_and(|at| now - at < switches.read_lag);
        if lags {
            self.before.as_ref()
        } else {
            self.now.as_ref()
        }
    }
}
