//! Titles: those on the list as it was last seen, those gone from it, and what they are called.

use anirewind_model::{Entry, MediaId, MediaType, UserId};
use rusqlite::{Connection, named_params};

use crate::row::Place;
use crate::store::{Failed, Store, StoreError};
use crate::timeline::entry;

/// Few enough titles that asking for each by itself is quicker than walking through all changes.
const FEW_TITLES: usize = 16;
/// So many titles that most changes are of one of them: a walk through changes that looks up each soon has a page.
const MANY_TITLES: usize = 128;

/// The titles with a text in one of their names.
pub(crate) enum Called {
    /// These.
    Few(Vec<(MediaType, MediaId)>),
    /// More than those, and not many.
    Some,
    /// Many.
    Many,
}

/// A title that is not on the list and once was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneTitle {
    /// Which list.
    pub media_type: MediaType,
    /// Which title.
    pub media: MediaId,
    /// What it was called last.
    pub title: Option<String>,
    /// All its names, one a line, in small letters.
    pub names: String,
}

/// A title that is or was on the list.
#[derive(Debug, Clone, PartialEq)]
pub struct TitleRow {
    /// Which list.
    pub media_type: MediaType,
    /// Which title.
    pub media: MediaId,
    /// As it was when the list was last seen; `None` when it was not on it.
    pub now: Option<Entry>,
    /// What it was called in its last change; `None` when none says, and for those on the list.
    pub title: Option<String>,
}

/// The titles with this in one of their names.
pub(crate) fn titles_called(
    connection: &Connection,
    owner: UserId,
    text: &str,
) -> Result<Called, Failed> {
    let mut statement = connection.prepare_cached(
        "SELECT media_type, media_id FROM title
        WHERE user_id = :user_id AND names LIKE :title ESCAPE '\\'
        LIMIT :most",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":user_id": owner.get(),
            ":title": like(text),
            ":most": i64::try_from(MANY_TITLES).unwrap_or(i64::MAX),
        },
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let mut titles = Vec::new();
    for row in rows {
        let (media_type, media) = row?;
        let place = Place {
            table: "title",
            row: &media_type,
        };
        let of = MediaType::parse(&media_type).ok_or_else(|| place.corrupt("media_type"))?;
        titles.push((of, MediaId::new(place.id("media_id", media)?)));
    }
    Ok(match titles.len() {
        0..=FEW_TITLES => Called::Few(titles),
        MANY_TITLES.. => Called::Many,
        _ => Called::Some,
    })
}

/// A pattern for a text anywhere, in which nothing but the text counts.
pub(crate) fn like(text: &str) -> String {
    let mut like = String::from("%");
    for character in text.to_lowercase().chars() {
        if matches!(character, '\\' | '%' | '_') {
            like.push('\\');
        }
        like.push(character);
    }
    like.push('%');
    like
}

impl Store {
    /// So many of the titles that are or were on a list, anime first, by id, from behind one on.
    pub async fn titles_page(
        &self,
        owner: UserId,
        behind: Option<(MediaType, MediaId)>,
        most: usize,
    ) -> Result<Vec<TitleRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT p.media_type, p.media_id, k.entry, CASE WHEN k.entry IS NULL THEN (
                    SELECT c.title FROM change c
                    WHERE c.user_id = :owner AND c.media_type = p.media_type
                        AND c.media_id = p.media_id AND c.title IS NOT NULL
                    ORDER BY c.at DESC, c.seq DESC LIMIT 1
                ) END AS title
                FROM (
                    SELECT media_type, media_id FROM known
                    WHERE user_id = :owner AND (media_type, media_id) > (:of, :media)
                    UNION
                    SELECT media_type, media_id FROM title
                    WHERE user_id = :owner AND (media_type, media_id) > (:of, :media)
                    ORDER BY media_type, media_id LIMIT :most
                ) p
                LEFT JOIN known k ON k.user_id = :owner AND k.media_type = p.media_type
                    AND k.media_id = p.media_id
                ORDER BY p.media_type, p.media_id",
            )?;
            // No type sorts before an empty one.
            let (of, media) = behind.map_or(("", 0), |(of, media)| (of.as_str(), media.get()));
            let mut rows = statement.query(named_params! {
                ":owner": owner.get(),
                ":of": of,
                ":media": media,
                ":most": i64::try_from(most).unwrap_or(i64::MAX),
            })?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let of: String = row.get("media_type")?;
                let id: i64 = row.get("media_id")?;
                let key = id.to_string();
                let place = Place {
                    table: "title",
                    row: &key,
                };
                let now: Option<String> = row.get("entry")?;
                let now = now.map(|text| entry("known", &key, "entry", &of, &text));
                found.push(TitleRow {
                    media_type: MediaType::parse(&of).ok_or_else(|| place.corrupt("media_type"))?,
                    media: MediaId::new(place.id("media_id", id)?),
                    now: now.transpose()?,
                    title: row.get("title")?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// Some titles as they were when the list was last seen; those that were not on it are missing.
    pub async fn known_titles(
        &self,
        owner: UserId,
        titles: Vec<(MediaType, MediaId)>,
    ) -> Result<Vec<Entry>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT entry FROM known
                WHERE user_id = :owner AND media_type = :of AND media_id = :media",
            )?;
            let mut found = Vec::new();
            for (of, media) in titles {
                let key = media.to_string();
                let mut rows = statement.query(named_params! {
                    ":owner": owner.get(),
                    ":of": of.as_str(),
                    ":media": media.get(),
                })?;
                while let Some(row) = rows.next()? {
                    let text: String = row.get("entry")?;
                    found.push(entry("known", &key, "entry", of.as_str(), &text)?);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Titles that changed at some time and are not on the list as it was last seen.
    pub async fn gone_titles(&self, owner: UserId) -> Result<Vec<GoneTitle>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT t.media_type, t.media_id, t.names, (
                    SELECT c.title FROM change c
                    WHERE c.user_id = t.user_id AND c.media_type = t.media_type
                        AND c.media_id = t.media_id AND c.title IS NOT NULL
                    ORDER BY c.at DESC, c.seq DESC LIMIT 1
                ) AS title
                FROM title t
                WHERE t.user_id = :owner AND NOT EXISTS (
                    SELECT 1 FROM known k
                    WHERE k.user_id = t.user_id AND k.media_type = t.media_type
                        AND k.media_id = t.media_id
                )
                ORDER BY t.names",
            )?;
            let rows = statement.query_map(named_params! { ":owner": owner.get() }, |row| {
                Ok((
                    row.get::<_, String>("media_type")?,
                    row.get::<_, i64>("media_id")?,
                    row.get::<_, String>("names")?,
                    row.get::<_, Option<String>>("title")?,
                ))
            })?;
            let mut found = Vec::new();
            for row in rows {
                let (of, media, names, title) = row?;
                let place = Place {
                    table: "title",
                    row: &names,
                };
                found.push(GoneTitle {
                    media_type: MediaType::parse(&of).ok_or_else(|| place.corrupt("media_type"))?,
                    media: MediaId::new(place.id("media_id", media)?),
                    title,
                    names: names.clone(),
                });
            }
            Ok(found)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anirewind_model::EntryValues;
    use anirewind_timeline::{Change, Outcome, Source, When};
    use time::macros::datetime;

    use crate::timeline::{Known, Look, LookRecord};

    use super::*;

    const HANA: UserId = UserId::new(1);

    fn entry(media_type: MediaType, number: u32) -> Entry {
        Entry {
            media: MediaId::new(number),
            media_type,
            id: None,
            values: EntryValues::default(),
            created_at: None,
            updated_at: None,
            summary: None,
        }
    }

    fn removed(media_type: MediaType, number: u32) -> Change {
        Change {
            media: MediaId::new(number),
            media_type,
            title: Some(format!("Title {number}")),
            before: Some(entry(media_type, number)),
            after: None,
            outcome: Outcome::Deleted,
            source: Source::Observed,
            when: When::exactly(datetime!(2026-11-03 12:00 UTC)),
            group: None,
            operation: None,
            undoes: None,
            error: None,
        }
    }

    #[tokio::test]
    async fn pages_hold_every_title_once_whether_it_is_there_or_gone() {
        use MediaType::{Anime, Manga};
        let store = Store::in_memory();
        let listed = [(Anime, 3), (Anime, 20), (Manga, 1), (Manga, 3)];
        let record = LookRecord {
            look: Look {
                at: datetime!(2026-11-03 12:00 UTC),
                off: (0, 0),
                public: false,
            },
            changes: vec![removed(Anime, 4), removed(Manga, 3), removed(Manga, 100)],
            bursts: Vec::new(),
            known: Known::Whole(listed.map(|(of, number)| entry(of, number)).to_vec()),
        };
        store.record_look(HANA, record).await.unwrap();
        store
            .record_changes(UserId::new(2), vec![removed(Anime, 5)])
            .await
            .unwrap();
        let mut found = Vec::new();
        loop {
            let behind = found
                .last()
                .map(|row: &TitleRow| (row.media_type, row.media));
            let page = store.titles_page(HANA, behind, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let found: Vec<_> = found
            .iter()
            .map(|row| {
                let is_there = row.now.is_some();
                (
                    row.media_type,
                    row.media.get(),
                    is_there,
                    row.title.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (Anime, 3, true, None),
                (Anime, 4, false, Some("Title 4")),
                (Anime, 20, true, None),
                (Manga, 1, true, None),
                (Manga, 3, true, None),
                (Manga, 100, false, Some("Title 100")),
            ]
        );
    }
}
