//! A world grown from a seed: the same seed gives the same titles, lists and notes.

use std::collections::BTreeSet;

use fastrand::Rng;
use time::OffsetDateTime;

use crate::{Date, SimEntry, SimMedia, SimUser, Status, World};

/// How large a list to grow, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The same seed grows the same list.
    pub seed: u64,
    /// Titles on the anime list.
    pub anime: usize,
    /// Titles on the manga list.
    pub manga: usize,
}

/// Ids of grown titles start here: anime first, manga from [`FIRST_MANGA`] on.
const FIRST_ANIME: u32 = 1_000;
const FIRST_MANGA: u32 = 500_000;

const ROMAJI: [&str; 24] = [
    "Aoi", "Hoshi", "no", "Umi", "Kaze", "Tabi", "Yoru", "Mori", "wo", "Sora", "Machi", "Inu",
    "Toki", "Kage", "Hana", "Yuki", "Natsu", "to", "Mizu", "Hikari", "Oto", "Neko", "Yume", "Kobo",
];
const ENGLISH: [&str; 20] = [
    "Blue", "Star", "of the", "Sea", "Wind", "Journey", "Night", "Forest", "Sky", "Town", "Hound",
    "Clock", "Shadow", "Flower", "Snow", "Summer", "Water", "Light", "Sound", "Dream",
];
const KANJI: [&str; 20] = [
    "青い", "星", "の", "海", "風", "旅", "夜", "森", "空", "町", "犬", "時", "影", "花", "雪",
    "夏", "水", "光", "音", "夢",
];
const HANGUL: [&str; 8] = ["푸른", "별의", "바다", "바람", "여행", "밤", "숲", "하늘"];
const HANZI: [&str; 8] = ["蓝色", "星辰", "大海", "风", "旅途", "夜", "森林", "天空"];
const NOTES: [&str; 8] = [
    "Rewatch in autumn.",
    "She said \"watch it twice\", and she was right.",
    "First half slow.\nSecond half: everything.\n\n- episode 9\n- the train",
    "😭😭 that ending 🌧️",
    "<b>not bold</b> & <script>alert('nor this')</script>",
    "途中で泣いた。また見る。",
    "Lent to M., volume 3 still missing \\ ask",
    "~!spoiler: the dog lives!~",
];

impl World {
    /// Adds a user with a lived-in list: several scripts, every status, partial dates, private,
    /// hidden, orphaned and custom-listed entries, notes of every kind.
    ///
    /// Two users grown from one seed know the same titles.
    pub fn grow(&mut self, user: SimUser, token: &str, growth: Growth, now: OffsetDateTime) {
        let id = user.id;
        let score_step = match user.score_format.as_str() {
            "POINT_100" | "POINT_10_DECIMAL" => 1,
            _ => 10,
        };
        let lists = user.lists.clone();
        let mut favourites = user.favourites.clone();
        self.add_user(user, token);
        for (is_anime, count) in [(true, growth.anime), (false, growth.manga)] {
            let options = if is_anime { &lists.anime } else { &lists.manga };
            for n in 0..count {
                let first = if is_anime { FIRST_ANIME } else { FIRST_MANGA };
                let media_id = first + u32::try_from(n).unwrap_or(u32::MAX - first);
                // Each title has a stream of its own, so that a longer list begins like a shorter.
                let mut rng = Rng::with_seed(growth.seed ^ (u64::from(media_id) << 20));
                if self.media(media_id).is_none() {
                    self.add_media(invent_title(media_id, is_anime, &mut rng));
                }
                let mut rng =
                    Rng::with_seed(growth.seed ^ (u64::from(media_id) << 20) ^ u64::from(id));
                let total = self.media(media_id).and_then(SimMedia::total);
                let mut entry = live(&mut rng, total, score_step, now);
                entry.user = id;
                entry.media = media_id;
                place(&mut entry, &mut rng, options.custom_lists.len(), n);
                if options.advanced_scoring_enabled && rng.u8(..4) == 0 {
                    let scores = options.advanced_scoring.iter();
                    entry.advanced_scores =
                        scores.map(|_| f64::from(rng.u8(4..=10)) * 10.0).collect();
                }
                if entry.score >= 90 && rng.u8(..3) == 0 {
                    let kind = if is_anime {
                        &mut favourites.anime
                    } else {
                        &mut favourites.manga
                    };
                    kind.push(media_id);
                }
                self.put_entry(entry);
            }
        }
        self.edit_user(id, |user| user.favourites = favourites);
    }

    /// The user that demos and tests call `hana`: custom lists, advanced scores, favourites.
    pub fn hana() -> SimUser {
        let mut user = SimUser::new(4242, "hana");
        user.title_language = "ENGLISH".to_owned();
        user.timezone = "+09:00".to_owned();
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        user.lists.anime.custom_lists = names(&["Cozy", "With M.", "雨の日"]);
        user.lists.anime.section_order = names(&["Watching", "Completed", "Cozy", "Planning"]);
        user.lists.anime.split_completed = true;
        user.lists.anime.advanced_scoring = names(&["Story", "Characters", "Visuals", "Audio"]);
        user.lists.anime.advanced_scoring_enabled = true;
        user.lists.manga.custom_lists = names(&["On my shelf"]);
        user.lists.manga.advanced_scoring = names(&["Story", "Art"]);
        user.favourites.characters =
            vec![(71, "Mio Aoyama".to_owned()), (72, "The Dog".to_owned())];
        user.favourites.staff = vec![(81, "Kei Narita".to_owned())];
        user.favourites.studios = vec![(91, "Studio Kobo".to_owned())];
        user
    }
}

fn words(rng: &mut Rng, from: &[&str], between: &str) -> String {
    let count = rng.usize(2..=4);
    let words: Vec<_> = (0..count)
        .filter_map(|_| rng.choice(from.iter().copied()))
        .collect();
    words.join(between)
}

fn invent_title(id: u32, is_anime: bool, rng: &mut Rng) -> SimMedia {
    let total = match rng.u8(..10) {
        0 => None,
        1..=5 => Some(12),
        6..=7 => Some(24),
        8 => Some(1),
        _ => Some(rng.i32(2..=120)),
    };
    let mut media = SimMedia::new(id, is_anime, &words(rng, &ROMAJI, " "), total);
    media.mal_id = (rng.u8(..20) > 0).then_some(id + 30_000);
    media.english = (rng.u8(..3) > 0).then(|| words(rng, &ENGLISH, " "));
    let (country, native) = match rng.u8(..10) {
        0 => ("KR", Some(words(rng, &HANGUL, " "))),
        1 => ("CN", Some(words(rng, &HANZI, ""))),
        2 => ("JP", None),
        _ => ("JP", Some(words(rng, &KANJI, ""))),
    };
    country.clone_into(&mut media.country);
    media.native = native;
    let formats: &[&str] = if is_anime {
        &[
            "TV", "TV", "TV", "TV_SHORT", "MOVIE", "SPECIAL", "OVA", "ONA", "MUSIC",
        ]
    } else {
        &["MANGA", "MANGA", "MANGA", "NOVEL", "ONE_SHOT"]
    };
    rng.choice(formats.iter().copied())
        .unwrap_or("TV")
        .clone_into(&mut media.format);
    media.volumes = media.chapters.map(|chapters| (chapters / 6).max(1));
    media.year = rng.i32(1985..=2026);
    media.colour = format!("#{:06x}", rng.u32(..0x00FF_FFFF));
    media.is_adult = rng.u8(..40) == 0;
    media
}

/// What somebody did with a title over the years.
fn live(rng: &mut Rng, total: Option<i32>, score_step: i32, now: OffsetDateTime) -> SimEntry {
    let status = match rng.u8(..20) {
        0..=1 => Status::Current,
        2..=5 => Status::Planning,
        6..=15 => Status::Completed,
        16 => Status::Dropped,
        17..=18 => Status::Paused,
        _ => Status::Repeating,
    };
    let now = now.unix_timestamp();
    let updated_at = now - rng.i64(3_600..200_000_000);
    let progress = match (status, total) {
        (Status::Planning, _) => 0,
        (Status::Completed, Some(total)) => total,
        (_, Some(total)) => rng.i32(0..=total),
        (_, None) => rng.i32(0..400),
    };
    let was_begun = status != Status::Planning;
    let scored = was_begun && rng.u8(..4) > 0;
    SimEntry {
        status,
        score: if scored {
            rng.i32(2..=(100 / score_step)) * score_step
        } else {
            0
        }
        .min(100),
        progress,
        volumes: if rng.u8(..5) == 0 { progress / 6 } else { 0 },
        repeat: if rng.u8(..15) == 0 { rng.i32(1..4) } else { 0 },
        priority: if rng.u8(..30) == 0 { rng.i32(1..5) } else { 0 },
        notes: (rng.u8(..12) == 0)
            .then(|| rng.choice(NOTES).map(str::to_owned))
            .flatten(),
        started: if was_begun {
            some_date(rng)
        } else {
            Date::default()
        },
        completed: if status == Status::Completed {
            some_date(rng)
        } else {
            Date::default()
        },
        created_at: (rng.u8(..20) > 0).then(|| updated_at - rng.i64(0..100_000_000)),
        updated_at: Some(updated_at),
        ..SimEntry::default()
    }
}

fn some_date(rng: &mut Rng) -> Date {
    let whole = Date::ymd(rng.i32(2009..=2026), rng.i32(1..=12), rng.i32(1..=28));
    match rng.u8(..8) {
        0 => Date::default(),
        1 => Date { day: None, ..whole },
        2 => Date {
            day: None,
            month: None,
            ..whole
        },
        _ => whole,
    }
}

/// Puts some entries on custom lists, some out of sight, and a few where nothing shows them.
fn place(entry: &mut SimEntry, rng: &mut Rng, lists: usize, n: usize) {
    entry.private = rng.u8(..25) == 0;
    if lists > 0 && rng.u8(..6) == 0 {
        let count = rng.usize(1..=lists.min(2));
        entry.custom_lists = (0..count)
            .map(|_| rng.usize(..lists))
            .collect::<BTreeSet<_>>();
        entry.hidden = rng.u8(..6) == 0;
    }
    // Hidden and on no list: only a sweep finds it.
    if n % 97 == 41 {
        entry.hidden = true;
        entry.custom_lists.clear();
    }
}
