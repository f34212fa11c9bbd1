//! Pages of changes: which statement finds them quickest.

use anirewind_model::{MediaId, MediaType, UserId};
use rusqlite::{Connection, named_params};

use crate::row::{Place, to_millis};
use crate::store::Failed;
use crate::timeline::{ChangeFilter, ChangeRow, Cursor, Raw, SELECT, bit};

/// Few enough titles that asking for each by itself is quicker than walking through all changes.
const FEW_TITLES: usize = 16;

/// The titles with this in one of their names; `None` when they are many.
pub(crate) fn titles_called(
    connection: &Connection,
    owner: UserId,
    text: &str,
) -> Result<Option<Vec<(MediaType, MediaId)>>, Failed> {
    let mut statement = connection.prepare_cached(
        "SELECT media_type, media_id FROM title
        WHERE user_id = :user_id AND names LIKE :title ESCAPE '\\'
        LIMIT :most",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":user_id": owner.get(),
            ":title": like(text),
            ":most": i64::try_from(FEW_TITLES + 1).unwrap_or(i64::MAX),
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
    Ok((titles.len() <= FEW_TITLES).then_some(titles))
}

/// A page of the changes of some titles: a page of each, merged.
pub(crate) fn pages_of(
    connection: &Connection,
    owner: UserId,
    filter: &ChangeFilter,
    titles: &[(MediaType, MediaId)],
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    let is_wanted = |(of, media): &&(MediaType, MediaId)| {
        filter.media_type.is_none_or(|wanted| wanted == *of)
            && filter.media.is_none_or(|wanted| wanted == *media)
    };
    let mut rows = Vec::new();
    for (media_type, media) in titles.iter().filter(is_wanted) {
        let filter = ChangeFilter {
            media_type: Some(*media_type),
            media: Some(*media),
            title: None,
            ..filter.clone()
        };
        rows.extend(page(connection, Some(owner), &filter, below, most)?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.change.when.at, row.seq)));
    rows.truncate(most);
    Ok(rows)
}

/// A pattern for a text anywhere, in which nothing but the text counts.
fn like(text: &str) -> String {
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

pub(crate) fn page(
    connection: &Connection,
    owner: Option<UserId>,
    filter: &ChangeFilter,
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    // Only what was asked for is in the text, so that the index that fits can be used.
    let mut wanted = vec!["1"];
    let mut want = |is_wanted: bool, condition: &'static str| {
        if is_wanted {
            wanted.push(condition);
        }
    };
    // The plus keeps the index of the user out of it where a better one is at hand.
    let is_narrow = filter.group.is_some() || filter.operation.is_some();
    want(owner.is_some() && !is_narrow, "c.user_id = :owner");
    want(owner.is_some() && is_narrow, "+c.user_id = :owner");
    want(filter.outcome.is_some(), "c.outcome = :outcome");
    want(filter.source.is_some(), "c.source = :source");
    want(filter.media_type.is_some(), "c.media_type = :media_type");
    want(filter.media.is_some(), "c.media_id = :media");
    want(filter.field.is_some(), "c.fields & :field <> 0");
    want(filter.group.is_some(), "c.group_id = :group");
    want(filter.operation.is_some(), "c.operation_id = :operation");
    want(filter.since.is_some(), "c.at >= :since");
    want(filter.until.is_some(), "c.at <= :until");
    want(
        filter.title.is_some(),
        "(c.user_id, c.media_type, c.media_id) IN (
            SELECT t.user_id, t.media_type, t.media_id FROM title t
            WHERE t.names LIKE :title ESCAPE '\\')",
    );
    want(
        filter.shown_only,
        "NOT EXISTS (SELECT 1 FROM hidden h WHERE h.change_id = c.id)",
    );
    want(below.is_some(), "(c.at, c.seq) < (:below_at, :below_seq)");
    let wanted = wanted.join(" AND ");
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE {wanted} ORDER BY c.at DESC, c.seq DESC LIMIT :most"
    ))?;
    let parameters: [(&str, rusqlite::types::Value); 14] = [
        (":owner", owner.map(|owner| i64::from(owner.get())).into()),
        (
            ":outcome",
            filter.outcome.map(|o| o.as_str().to_owned()).into(),
        ),
        (
            ":source",
            filter.source.map(|s| s.as_str().to_owned()).into(),
        ),
        (
            ":media_type",
            filter.media_type.map(|t| t.as_str().to_owned()).into(),
        ),
        (
            ":media",
            filter.media.map(|media| i64::from(media.get())).into(),
        ),
        (":field", filter.field.map(bit).into()),
        (
            ":group",
            filter.group.as_ref().map(ToString::to_string).into(),
        ),
        (
            ":operation",
            filter.operation.as_ref().map(ToString::to_string).into(),
        ),
        (":since", filter.since.map(to_millis).into()),
        (":until", filter.until.map(to_millis).into()),
        (":title", filter.title.as_deref().map(like).into()),
        (":below_at", below.map(|below| to_millis(below.at)).into()),
        (":below_seq", below.map(|below| below.seq).into()),
        (":most", i64::try_from(most).unwrap_or(i64::MAX).into()),
    ];
    for (name, value) in &parameters {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Raw::of(row)?.into_row()?);
    }
    Ok(found)
}
