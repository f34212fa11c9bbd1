//! Pages of snapshots: those that are wanted, in the order that is wanted.

use anirewind_backup::Kind;
use anirewind_model::UserId;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Statement, named_params};
use time::OffsetDateTime;

use crate::row::to_millis;
use crate::snapshots::{Raw, SELECT, SnapshotRow};
use crate::store::{Failed, Store, StoreError};

/// Which snapshots are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotFilter {
    /// Taken for this.
    pub kind: Option<Kind>,
    /// Only those that somebody keeps.
    pub kept: bool,
    /// Only those about which something was unusual, answered or not.
    pub unusual: bool,
    /// Only those that are not what was written.
    pub damaged: bool,
    /// Taken at this moment or later.
    pub since: Option<OffsetDateTime>,
    /// Taken at this moment or before.
    pub until: Option<OffsetDateTime>,
}

/// From where in their order on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The newest.
    Newest,
    /// Those before this place.
    Below(i64),
    /// Those after this place, the nearest of them.
    Above(i64),
}

/// By what snapshots can be put in order besides their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SnapshotOrder {
    /// When the list was read, by the clock of that moment.
    Created,
    /// How many titles they hold.
    Titles,
    /// How long the file is.
    Size,
}

impl SnapshotOrder {
    const fn key(self) -> &'static str {
        match self {
            Self::Created => "created_at",
            Self::Titles => "anime + manga",
            Self::Size => "size",
        }
    }
}

impl Store {
    /// So many of the snapshots that are wanted, newest first.
    pub async fn snapshots_where(
        &self,
        owner: Option<UserId>,
        filter: SnapshotFilter,
        from: Start,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        // Few, and found only by looking at all: worth remembering.
        if filter.kept || filter.unusual || filter.damaged {
            let question = format!("snapshots {owner:?} {filter:?} {from:?} {most}");
            let work = move |connection: &mut Connection| {
                snapshots_where(connection, owner, &filter, from, most)
            };
            return self.ask(question, work).await;
        }
        let work = move |connection: &mut Connection| {
            snapshots_where(connection, owner, &filter, from, most)
        };
        self.run(work).await
    }

    /// How many snapshots of an account are wanted.
    pub async fn count_snapshots_where(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
    ) -> Result<usize, StoreError> {
        self.run(move |connection| {
            let wanted = filter.conditions(Some(owner));
            let question = format!("SELECT count(*) FROM snapshot WHERE {wanted}");
            let mut statement = connection.prepare_cached(&question)?;
            bind(&mut statement, &filter.parameters(Some(owner)))?;
            let mut rows = statement.raw_query();
            let number = rows.next()?.map_or(Ok(0), |row| row.get::<_, i64>(0))?;
            Ok(usize::try_from(number).unwrap_or_default())
        })
        .await
    }

    /// So many of the snapshots of an account that are wanted, in another order, after so many others; of those that
    /// are alike the newest first.
    pub async fn snapshots_by(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
        order: SnapshotOrder,
        is_falling: bool,
        skip: usize,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.run(move |connection| {
            let wanted = filter.conditions(Some(owner));
            let direction = if is_falling { "DESC" } else { "ASC" };
            let key = order.key();
            // What is not on the page is put in order by its key alone.
            let mut statement = connection.prepare_cached(&format!(
                "{SELECT} WHERE rowid IN (
                    SELECT rowid FROM snapshot WHERE {wanted}
                    ORDER BY {key} {direction}, position DESC LIMIT :most OFFSET :skip
                ) ORDER BY {key} {direction}, position DESC"
            ))?;
            let mut parameters = filter.parameters(Some(owner)).to_vec();
            let whole = |number: usize| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
            parameters.extend([(":most", whole(most)), (":skip", whole(skip))]);
            read(&mut statement, &parameters)
        })
        .await
    }

    /// Whether the first snapshot of an account above a place, but for those that were brought in, was read without
    /// a token; nothing where there is none.
    pub async fn is_next_public(
        &self,
        owner: UserId,
        position: i64,
    ) -> Result<Option<bool>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT public FROM snapshot INDEXED BY snapshot_of_user
                WHERE user_id = :owner AND position > :position AND kind <> :imported
                ORDER BY position LIMIT 1",
            )?;
            let parameters = named_params! {
                ":owner": owner.get(),
                ":position": position,
                ":imported": Kind::Imported.as_str(),
            };
            let found = statement.query_row(parameters, |row| row.get(0));
            Ok(found.optional()?)
        })
        .await
    }
}

impl SnapshotFilter {
    /// Only what was asked for is in the text, so that the index that fits can be used.
    fn conditions(&self, owner: Option<UserId>) -> String {
        let mut wanted = vec!["1"];
        let mut want = |is_wanted: bool, condition: &'static str| {
            if is_wanted {
                wanted.push(condition);
            }
        };
        want(owner.is_some(), "user_id = :owner");
        want(self.kind.is_some(), "kind = :kind");
        want(self.kept, "kept");
        want(self.unusual, "alarms <> '[]'");
        want(self.damaged, "damage IS NOT NULL");
        // With a sign before it the index of moments is not taken, by which all would have to be sorted.
        want(self.since.is_some(), "+created_at >= :since");
        want(self.until.is_some(), "+created_at <= :until");
        wanted.join(" AND ")
    }

    fn parameters(&self, owner: Option<UserId>) -> [(&'static str, Value); 4] {
        [
            (":owner", owner.map(|owner| i64::from(owner.get())).into()),
            (":kind", self.kind.map(|k| k.as_str().to_owned()).into()),
            (":since", self.since.map(to_millis).into()),
            (":until", self.until.map(to_millis).into()),
        ]
    }
}

fn snapshots_where(
    connection: &Connection,
    owner: Option<UserId>,
    filter: &SnapshotFilter,
    from: Start,
    most: usize,
) -> Result<Vec<SnapshotRow>, Failed> {
    let wanted = filter.conditions(owner);
    let (place, bound, order) = match from {
        Start::Newest => (None, "1", "DESC"),
        Start::Below(place) => (Some(place), "position < :place", "DESC"),
        Start::Above(place) => (Some(place), "position > :place", "ASC"),
    };
    // In its order, which holds the moments too: what lies between here and a moment long ago is passed by unread.
    let index = owner.map_or("", |_| "INDEXED BY snapshot_of_user");
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} {index} WHERE {wanted} AND {bound} ORDER BY position {order} LIMIT :most"
    ))?;
    let mut parameters = filter.parameters(owner).to_vec();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    parameters.extend([(":place", place.into()), (":most", most.into())]);
    let mut found = read(&mut statement, &parameters)?;
    if matches!(from, Start::Above(_)) {
        found.reverse();
    }
    Ok(found)
}

/// Hands a statement those of the values that its text names.
fn bind(statement: &mut Statement<'_>, parameters: &[(&str, Value)]) -> Result<(), Failed> {
    for (name, value) in parameters {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    Ok(())
}

/// What a statement finds, with those of the values that its text names.
fn read(
    statement: &mut Statement<'_>,
    parameters: &[(&str, Value)],
) -> Result<Vec<SnapshotRow>, Failed> {
    bind(statement, parameters)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(SnapshotRow::try_from(Raw::of(row)?)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshots::tests::row;

    const HANA: UserId = UserId::new(1);

    #[tokio::test]
    async fn in_another_order_each_comes_once_and_of_those_alike_the_newest_first() {
        let store = Store::in_memory();
        let sized = |file: &str, position, size| SnapshotRow {
            size,
            ..row(file, 1, position)
        };
        let mut rows = vec![
            sized("small", 1, 10),
            sized("large", 2, 30),
            sized("as large", 3, 30),
            sized("middling", 4, 20),
            sized("of another", 5, 40),
        ];
        rows[3].kind = Kind::Safety;
        rows[4].owner.id = UserId::new(2);
        store.update_snapshots(rows, Vec::new()).await.unwrap();
        let files = async |filter: SnapshotFilter, is_falling| {
            let mut files = Vec::new();
            loop {
                let (by, skip) = (SnapshotOrder::Size, files.len());
                let page = store.snapshots_by(HANA, filter.clone(), by, is_falling, skip, 3);
                let page = page.await.unwrap();
                if page.is_empty() {
                    return files;
                }
                files.extend(page.into_iter().map(|row| row.file));
            }
        };
        let all = SnapshotFilter::default();
        let falling = files(all.clone(), true).await;
        assert_eq!(falling, ["as large", "large", "middling", "small"]);
        let rising = files(all.clone(), false).await;
        assert_eq!(rising, ["small", "middling", "as large", "large"]);
        let kind = Some(Kind::Manual);
        let by_hand = files(SnapshotFilter { kind, ..all }, true).await;
        assert_eq!(by_hand, ["as large", "large", "small"]);
    }

    #[tokio::test]
    async fn the_next_one_says_whether_it_was_read_without_a_token_and_what_was_brought_in_does_not()
     {
        let store = Store::in_memory();
        let mut rows = vec![
            row("a", 1, 1),
            row("b", 1, 2),
            row("c", 1, 3),
            row("d", 2, 4),
        ];
        rows[1].kind = Kind::Imported;
        rows[2].public = true;
        store.update_snapshots(rows, Vec::new()).await.unwrap();
        for (position, expected) in [
            (0, Some(false)),
            (1, Some(true)),
            (2, Some(true)),
            (3, None),
        ] {
            let found = store.is_next_public(HANA, position).await.unwrap();
            assert_eq!(found, expected, "above {position}");
        }
    }
}
