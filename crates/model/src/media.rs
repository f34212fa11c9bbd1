//! What a title is: the little of AniList's media database that is kept beside an entry.

use crate::MediaId;

/// Whether a title is watched or read. AniList keeps two lists, one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaType {
    /// Watched.
    Anime,
    /// Read: manga, novels and one-shots.
    Manga,
}

/// The form of a title.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MediaFormat {
    /// Broadcast on television.
    Tv,
    /// On television, under 15 minutes an episode.
    TvShort,
    /// A film.
    Movie,
    /// A special episode.
    Special,
    /// Sold, not broadcast.
    Ova,
    /// Released on the net.
    Ona,
    /// A music video.
    Music,
    /// A manga.
    Manga,
    /// A novel.
    Novel,
    /// A single chapter.
    OneShot,
    /// A format that AniList knows and this version does not.
    Unknown(String),
}

/// The language an account wants titles in. The stylised forms differ in letters, not language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TitleLanguage {
    /// Latin letters, as spoken.
    Romaji,
    /// The official English title.
    English,
    /// The letters of the country it comes from.
    Native,
    /// Romaji as the publisher styles it.
    RomajiStylised,
    /// English as the publisher styles it.
    EnglishStylised,
    /// Native as the publisher styles it.
    NativeStylised,
    /// A choice that AniList knows and this version does not.
    Unknown(String),
}

/// The names of a title.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Titles {
    /// Latin letters, as spoken.
    pub romaji: Option<String>,
    /// The official English title.
    pub english: Option<String>,
    /// The letters of the country it comes from.
    pub native: Option<String>,
}

/// One title, so far as it is needed to recognise it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSummary {
    /// Which title.
    pub id: MediaId,
    /// Its id on `MyAnimeList`, by which a title that AniList merged or moved can be found again.
    pub mal_id: Option<u32>,
    /// Its names.
    pub titles: Titles,
    /// Its form.
    pub format: Option<MediaFormat>,
    /// How many episodes there are, when that is known.
    pub episodes: Option<u32>,
    /// How many chapters there are, when that is known.
    pub chapters: Option<u32>,
    /// How many volumes there are, when that is known.
    pub volumes: Option<u32>,
    /// Address of the cover picture.
    pub cover: Option<String>,
    /// The colour of the cover, `#rrggbb`.
    pub colour: Option<String>,
    /// Two letters of the country it comes from.
    pub country: Option<String>,
    /// Whether AniList marks it as for adults.
    pub is_adult: bool,
}

impl MediaType {
    /// Both, anime first.
    pub const BOTH: [Self; 2] = [Self::Anime, Self::Manga];

    /// Reads AniList's name of a type.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ANIME" => Some(Self::Anime),
            "MANGA" => Some(Self::Manga),
            _ => None,
        }
    }

    /// AniList's name of this type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anime => "ANIME",
            Self::Manga => "MANGA",
        }
    }

    /// The word for it in a sentence.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Anime => "anime",
            Self::Manga => "manga",
        }
    }
}

impl MediaFormat {
    /// Reads AniList's name of a format.
    pub fn parse(name: &str) -> Self {
        match name {
            "TV" => Self::Tv,
            "TV_SHORT" => Self::TvShort,
            "MOVIE" => Self::Movie,
            "SPECIAL" => Self::Special,
            "OVA" => Self::Ova,
            "ONA" => Self::Ona,
            "MUSIC" => Self::Music,
            "MANGA" => Self::Manga,
            "NOVEL" => Self::Novel,
            "ONE_SHOT" => Self::OneShot,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// AniList's name of this format.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tv => "TV",
            Self::TvShort => "TV_SHORT",
            Self::Movie => "MOVIE",
            Self::Special => "SPECIAL",
            Self::Ova => "OVA",
            Self::Ona => "ONA",
            Self::Music => "MUSIC",
            Self::Manga => "MANGA",
            Self::Novel => "NOVEL",
            Self::OneShot => "ONE_SHOT",
            Self::Unknown(name) => name,
        }
    }
}

impl TitleLanguage {
    /// Reads AniList's name of a language choice.
    pub fn parse(name: &str) -> Self {
        match name {
            "ROMAJI" => Self::Romaji,
            "ENGLISH" => Self::English,
            "NATIVE" => Self::Native,
            "ROMAJI_STYLISED" => Self::RomajiStylised,
            "ENGLISH_STYLISED" => Self::EnglishStylised,
            "NATIVE_STYLISED" => Self::NativeStylised,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// AniList's name of this choice.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Romaji => "ROMAJI",
            Self::English => "ENGLISH",
            Self::Native => "NATIVE",
            Self::RomajiStylised => "ROMAJI_STYLISED",
            Self::EnglishStylised => "ENGLISH_STYLISED",
            Self::NativeStylised => "NATIVE_STYLISED",
            Self::Unknown(name) => name,
        }
    }
}

impl Titles {
    /// The name in the language asked for, else romaji, English, native, whichever there is.
    pub fn preferred(&self, language: &TitleLanguage) -> Option<&str> {
        let first = match language {
            TitleLanguage::English | TitleLanguage::EnglishStylised => &self.english,
            TitleLanguage::Native | TitleLanguage::NativeStylised => &self.native,
            TitleLanguage::Romaji | TitleLanguage::RomajiStylised | TitleLanguage::Unknown(_) => {
                &self.romaji
            }
        };
        [first, &self.romaji, &self.english, &self.native]
            .into_iter()
            .find_map(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_falls_back() {
        let titles = Titles {
            native: Some("蟲師".to_owned()),
            ..Titles::default()
        };
        assert_eq!(titles.preferred(&TitleLanguage::English), Some("蟲師"));
        assert_eq!(Titles::default().preferred(&TitleLanguage::English), None);
    }
}
