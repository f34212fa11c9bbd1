//! Scores: raw 0 to 100 inside, five formats outside.
//!
//! The break points are those of AniList's first API reference, with one exception: that reference
//! lets the sad face end at 30, yet AniList stores 35 for it, so it ends at 35 here, as in Taiga.
//! Only raw values are ever written, so the break points matter for showing scores and for reading
//! files that hold scores in an account's format.

use thiserror::Error;

/// A score that somebody gave, 1 to 100 in AniList's raw scale. No score is no `Score`.
///
/// AniList accepts up to 100 today; rows from before that rule can hold more and are kept as they
/// are, see [`Score::is_within_limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

/// How an account shows its scores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScoreFormat {
    /// 0 to 100.
    Point100,
    /// 0 to 10 with one decimal.
    Point10Decimal,
    /// 0 to 10.
    Point10,
    /// Up to five stars.
    Point5,
    /// One of three faces.
    Point3,
    /// A format that AniList knows and this version does not.
    Unknown(String),
}

/// A number that is no score in the format it was given for.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{value} is not a score in the format {format}", format = format.as_str())]
pub struct InvalidScore {
    value: f64,
    format: ScoreFormat,
}

impl Score {
    /// The highest raw score that AniList lets anyone write.
    pub const MAX: u16 = 100;

    /// A raw score; `None` for 0, which is how AniList says "no score".
    pub const fn new(raw: u16) -> Option<Self> {
        if raw == 0 { None } else { Some(Self(raw)) }
    }

    /// The raw value.
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// Whether AniList would accept this score today.
    pub const fn is_within_limits(self) -> bool {
        self.0 <= Self::MAX
    }

    /// The number an account with this format sees; `None` for a format that is not known.
    ///
    /// Ten-point scores are cut, not rounded, as AniList does: 79 shows as 7.
    pub fn in_format(self, format: &ScoreFormat) -> Option<f64> {
        let raw = self.0;
        let shown = match format {
            ScoreFormat::Point100 => f64::from(raw),
            ScoreFormat::Point10Decimal => f64::from(raw) / 10.0,
            ScoreFormat::Point10 => f64::from(raw / 10),
            ScoreFormat::Point5 => match raw {
                0..30 => 1.0,
                30..50 => 2.0,
                50..70 => 3.0,
                70..90 => 4.0,
                90.. => 5.0,
            },
            ScoreFormat::Point3 => match raw {
                0..=35 => 1.0,
                36..=60 => 2.0,
                61.. => 3.0,
            },
            ScoreFormat::Unknown(_) => return None,
        };
        Some(shown)
    }

    /// The raw score behind a number shown in a format; `None` inside for "no score".
    ///
    /// A shown number stands for a range of raw scores; this is the one AniList itself writes.
    pub fn from_format(shown: f64, format: &ScoreFormat) -> Result<Option<Self>, InvalidScore> {
        let invalid = || InvalidScore {
            value: shown,
            format: format.clone(),
        };
        let whole = |most: f64| {
            if shown.fract() == 0.0 && (0.0..=most).contains(&shown) {
                Ok(shown)
            } else {
                Err(invalid())
            }
        };
        let raw = match format {
            ScoreFormat::Point100 => whole(f64::from(u16::MAX))?,
            ScoreFormat::Point10Decimal => {
                let tenths = (shown * 10.0).round();
                if !(0.0..=f64::from(u16::MAX)).contains(&tenths)
                    || (tenths - shown * 10.0).abs() > 1e-6
                {
                    return Err(invalid());
                }
                tenths
            }
            ScoreFormat::Point10 => whole(10.0)? * 10.0,
            ScoreFormat::Point5 => match whole(5.0)? {
                0.0 => 0.0,
                stars => stars * 20.0 - 10.0,
            },
            ScoreFormat::Point3 => match whole(3.0)? {
                0.0 => 0.0,
                face => face * 25.0 + 10.0,
            },
            ScoreFormat::Unknown(_) => return Err(invalid()),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and between 0 and u16::MAX by the checks above"
        )]
        let raw = raw as u16;
        Ok(Self::new(raw))
    }
}

impl ScoreFormat {
    /// The five that AniList has.
    pub const KNOWN: [Self; 5] = [
        Self::Point100,
        Self::Point10Decimal,
        Self::Point10,
        Self::Point5,
        Self::Point3,
    ];

    /// Reads AniList's name of a format.
    pub fn parse(name: &str) -> Self {
        match name {
            "POINT_100" => Self::Point100,
            "POINT_10_DECIMAL" => Self::Point10Decimal,
            "POINT_10" => Self::Point10,
            "POINT_5" => Self::Point5,
            "POINT_3" => Self::Point3,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// AniList's name of this format.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Point100 => "POINT_100",
            Self::Point10Decimal => "POINT_10_DECIMAL",
            Self::Point10 => "POINT_10",
            Self::Point5 => "POINT_5",
            Self::Point3 => "POINT_3",
            Self::Unknown(name) => name,
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "shown scores are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(raw: u16, format: &ScoreFormat) -> f64 {
        Score::new(raw).unwrap().in_format(format).unwrap()
    }

    #[test]
    fn the_break_points_are_anilists() {
        let five = [
            (1, 1.0),
            (29, 1.0),
            (30, 2.0),
            (49, 2.0),
            (50, 3.0),
            (69, 3.0),
            (70, 4.0),
        ];
        for (raw, stars) in five.into_iter().chain([(89, 4.0), (90, 5.0), (100, 5.0)]) {
            assert_eq!(shown(raw, &ScoreFormat::Point5), stars, "{raw} in stars");
        }
        for (raw, face) in [
            (1, 1.0),
            (35, 1.0),
            (36, 2.0),
            (60, 2.0),
            (61, 3.0),
            (100, 3.0),
        ] {
            assert_eq!(shown(raw, &ScoreFormat::Point3), face, "{raw} in faces");
        }
        assert_eq!(shown(79, &ScoreFormat::Point10), 7.0);
        assert_eq!(shown(75, &ScoreFormat::Point10Decimal), 7.5);
    }

    #[test]
    fn shown_numbers_go_back_to_the_raw_values_anilist_writes() {
        let raw = |shown, format| Score::from_format(shown, &format).unwrap().unwrap().raw();
        assert_eq!(
            [1.0, 2.0, 3.0, 4.0, 5.0].map(|n| raw(n, ScoreFormat::Point5)),
            [10, 30, 50, 70, 90]
        );
        assert_eq!(
            [1.0, 2.0, 3.0].map(|n| raw(n, ScoreFormat::Point3)),
            [35, 60, 85]
        );
        assert_eq!(raw(7.5, ScoreFormat::Point10Decimal), 75);
        assert_eq!(raw(8.0, ScoreFormat::Point10), 80);
    }

    #[test]
    fn nothing_scored_is_zero_in_every_format() {
        for format in ScoreFormat::KNOWN {
            assert_eq!(Score::from_format(0.0, &format), Ok(None));
        }
    }

    #[test]
    fn numbers_outside_a_format_are_refused() {
        for (shown, format) in [
            (6.0, ScoreFormat::Point5),
            (7.5, ScoreFormat::Point10),
            (7.55, ScoreFormat::Point10Decimal),
            (-1.0, ScoreFormat::Point100),
            (f64::NAN, ScoreFormat::Point10Decimal),
            (1.0, ScoreFormat::Unknown("POINT_7".to_owned())),
        ] {
            assert!(
                Score::from_format(shown, &format).is_err(),
                "{shown} in {format:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn showing_and_reading_back_shows_the_same(raw in 10u16..=100, format in 0usize..5) {
            let format = &ScoreFormat::KNOWN[format];
            let first = Score::new(raw).unwrap().in_format(format).unwrap();
            let again = Score::from_format(first, format).unwrap().unwrap();
            prop_assert_eq!(again.in_format(format), Some(first));
        }

        #[test]
        fn a_higher_score_never_shows_lower(a in 1u16..=100, b in 1u16..=100, format in 0usize..5) {
            let format = &ScoreFormat::KNOWN[format];
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(shown(low, format) <= shown(high, format));
        }
    }
}
