//! Changes by their sort: how many there are of each, and pages of those that are rare among all.
//!
//! A sort is all that filters ask for but names and days. There are few of them, so what is asked for is put
//! together from one walk through an index that holds nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use anirewind_model::UserId;
use rusqlite::{Connection, Statement};

use crate::change_row::ChangeRow;
use crate::cursor::Cursor;
use crate::pages::{ChangeKind, Wanted, merged};
use crate::row::Place;
use crate::store::{Failed, Store, StoreError};
use crate::timeline::{ChangeFilter, bit};
use crate::titles::like;

/// More changes of titles that are called so are not counted: each of them has to be looked up.
const MOST_COUNTED: usize = 10_000;
/// More rows than this are not read for one page of changes that are rare.
const MOST_MERGED: usize = 1_000;

/// How many changes there are of each kind among those that a filter leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeCounts {
    /// How many of each kind.
    pub kinds: BTreeMap<ChangeKind, usize>,
    /// There are more: it was not counted to the end.
    pub is_more: bool,
}

/// Changes that are alike in what filters ask for, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sort {
    /// A bit for each field that differs.
    pub(crate) fields: i64,
    pub(crate) media_type: String,
    pub(crate) source: String,
    pub(crate) outcome: String,
    number: usize,
}

impl Sort {
    /// Whether a filter leaves them, whatever they are called and whenever they were.
    fn is_wanted(&self, filter: &ChangeFilter) -> bool {
        let ChangeFilter {
            outcome,
            kind,
            source,
            media_type,
            field,
            ..
        } = filter;
        outcome.is_none_or(|wanted| wanted.as_str() == self.outcome)
            && kind.is_none_or(|wanted| wanted.holds(self))
            && source.is_none_or(|wanted| wanted.as_str() == self.source)
            && media_type.is_none_or(|wanted| wanted.as_str() == self.media_type)
            && field.is_none_or(|wanted| bit(wanted) & self.fields != 0)
    }
}

/// The sorts that a filter leaves, where a page of each is read sooner than a walk through all finds a page.
pub(crate) fn rare<'a>(
    sorts: &'a [Sort],
    filter: &ChangeFilter,
    most: usize,
) -> Option<Vec<&'a Sort>> {
    let wanted: Vec<_> = sorts.iter().filter(|sort| sort.is_wanted(filter)).collect();
    let read: usize = wanted.iter().map(|sort| sort.number.min(most)).sum();
    (wanted.len() < sorts.len() && read <= MOST_MERGED).then_some(wanted)
}

/// A page of the changes of some sorts: a page of each, merged.
pub(crate) fn pages_of_sorts(
    connection: &Connection,
    owner: UserId,
    filter: &ChangeFilter,
    sorts: &[&Sort],
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    let mut rows = Vec::new();
    for sort in sorts {
        let wanted = Wanted {
            owner: Some(owner),
            filter,
            sort: Some(sort),
            below,
            most,
            is_common: false,
        };
        rows.extend(wanted.page(connection)?);
    }
    Ok(merged(rows, filter, most))
}

/// Reads what a statement with the five columns of a sort finds.
fn read(statement: &mut Statement<'_>) -> Result<Vec<Sort>, Failed> {
    let place = Place {
        table: "change",
        row: "count",
    };
    let mut rows = statement.raw_query();
    let mut sorts = Vec::new();
    while let Some(row) = rows.next()? {
        sorts.push(Sort {
            fields: row.get("fields")?,
            media_type: row.get("media_type")?,
            source: row.get("source")?,
            outcome: row.get("outcome")?,
            number: place.count("found", row.get("found")?)?,
        });
    }
    Ok(sorts)
}

/// Takes those off that somebody does not want to see: they are few.
fn take_off(sorts: &mut [Sort], hidden: &[Sort]) {
    for sort in sorts {
        let is_same = |other: &&Sort| {
            let of = |sort: &Sort| {
                let texts = [&sort.media_type, &sort.source, &sort.outcome].map(String::clone);
                (sort.fields, texts)
            };
            of(other) == of(sort)
        };
        let off = hidden.iter().find(is_same).map_or(0, |other| other.number);
        sort.number = sort.number.saturating_sub(off);
    }
}

/// All changes of a user between two moments, by sort.
fn walked(
    connection: &Connection,
    owner: UserId,
    filter: &ChangeFilter,
) -> Result<Vec<Sort>, Failed> {
    let all = ChangeFilter {
        since: filter.since,
        until: filter.until,
        ..ChangeFilter::default()
    };
    let wanted = Wanted {
        owner: Some(owner),
        filter: &all,
        sort: None,
        below: None,
        most: usize::MAX,
        is_common: false,
    };
    let conditions = wanted.conditions();
    let of = |from: &str| -> Result<Vec<Sort>, Failed> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT c.fields, c.media_type, c.source, c.outcome, count(*) AS found
            FROM {from} WHERE {conditions}
            GROUP BY c.fields, c.media_type, c.source, c.outcome"
        ))?;
        wanted.bind(&mut statement)?;
        read(&mut statement)
    };
    let mut sorts = of("change c")?;
    if filter.shown_only {
        take_off(
            &mut sorts,
            &of("hidden h CROSS JOIN change c ON c.id = h.change_id")?,
        );
    }
    Ok(sorts)
}

/// Those that are looked up one by one, by sort: of titles that are called so, of one cause.
fn looked_up(
    connection: &Connection,
    owner: UserId,
    filter: &ChangeFilter,
) -> Result<Vec<Sort>, Failed> {
    let rest = ChangeFilter {
        title: None,
        kind: None,
        above: None,
        ..filter.clone()
    };
    let wanted = Wanted {
        owner: Some(owner),
        filter: &rest,
        sort: None,
        below: None,
        most: MOST_COUNTED + 1,
        is_common: false,
    };
    let conditions = wanted.conditions();
    // From the titles to their changes: what is called otherwise is not walked through.
    let from = if filter.title.is_some() {
        "title t CROSS JOIN change c ON c.user_id = t.user_id
            AND c.media_type = t.media_type AND c.media_id = t.media_id
        WHERE t.user_id = :owner AND t.names LIKE :title ESCAPE '\\' AND"
    } else {
        "change c WHERE"
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT fields, media_type, source, outcome, count(*) AS found FROM (
            SELECT c.fields, c.media_type, c.source, c.outcome
            FROM {from} {conditions} LIMIT :most
        ) GROUP BY fields, media_type, source, outcome"
    ))?;
    wanted.bind(&mut statement)?;
    if let (Some(title), Some(index)) = (&filter.title, statement.parameter_index(":title")?) {
        statement.raw_bind_parameter(index, like(title))?;
    }
    read(&mut statement)
}

impl Store {
    /// All changes of a user by sort, hidden ones too.
    pub(crate) async fn sorts(&self, owner: UserId) -> Result<Arc<[Sort]>, StoreError> {
        self.ask(format!("sorts {owner}"), move |connection| {
            let sorts = walked(connection, owner, &ChangeFilter::default())?;
            Ok(Arc::from(sorts))
        })
        .await
    }

    /// How many changes there are of each kind among those that a filter leaves, whatever kind it names and
    /// from whichever place on.
    pub async fn counts_within(
        &self,
        owner: UserId,
        filter: ChangeFilter,
    ) -> Result<ChangeCounts, StoreError> {
        let filter = ChangeFilter {
            kind: None,
            above: None,
            ..filter
        };
        let of_all = ChangeFilter {
            shown_only: true,
            ..ChangeFilter::default()
        };
        if filter == of_all {
            let kinds = self.kind_counts(owner).await?;
            let is_more = false;
            return Ok(ChangeCounts { kinds, is_more });
        }
        let question = format!("counts_within {owner} {filter:?}");
        self.ask(question, move |connection| {
            let is_looked_up = filter.title.is_some()
                || filter.group.is_some()
                || filter.operation.is_some()
                || filter.media.is_some();
            let sorts = if is_looked_up {
                looked_up(connection, owner, &filter)?
            } else {
                walked(connection, owner, &filter)?
            };
            let count = |kind: ChangeKind| -> usize {
                let wanted = sorts.iter().filter(|sort| sort.is_wanted(&filter));
                let of_kind = wanted.filter(|sort| kind.holds(sort));
                of_kind.map(|sort| sort.number).sum()
            };
            let mut kinds: BTreeMap<_, _> = ChangeKind::EACH.map(|kind| (kind, count(kind))).into();
            let all = kinds.entry(ChangeKind::All).or_default();
            let is_more = is_looked_up && *all > MOST_COUNTED;
            if is_more {
                *all = MOST_COUNTED;
            }
            Ok(ChangeCounts { kinds, is_more })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anirewind_model::{Entry, EntryField, EntryValues, MediaId, MediaType, Recorded, Score};
    use anirewind_timeline::{Change, Outcome, Source, When};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const HANA: UserId = UserId::new(1);

    /// Changes of every outcome, source and type, and of three sets of fields.
    fn changes() -> Vec<Change> {
        let entry = |media_type, number: u32, after: bool| Entry {
            media: MediaId::new(number % 7),
            media_type,
            id: None,
            values: EntryValues {
                progress: Recorded::Known(u32::from(after && number.is_multiple_of(2))),
                score: Score::new(if after && number.is_multiple_of(3) {
                    20
                } else {
                    10
                })
                .into(),
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: None,
            summary: None,
        };
        let outcomes = [
            Outcome::Synced,
            Outcome::Deleted,
            Outcome::Undone,
            Outcome::Failed,
            Outcome::Skipped,
        ];
        let sources = [Source::Observed, Source::Restore, Source::Undo];
        (0..120_u32)
            .map(|number| {
                let place = usize::try_from(number).unwrap();
                let media_type = if number.is_multiple_of(4) {
                    MediaType::Manga
                } else {
                    MediaType::Anime
                };
                let at = datetime!(2026-11-03 12:00 UTC) + Duration::minutes(i64::from(number));
                Change {
                    media: MediaId::new(number % 7),
                    media_type,
                    title: Some(format!("Title {}", number % 7)),
                    before: (!number.is_multiple_of(5)).then(|| entry(media_type, number, false)),
                    after: Some(entry(media_type, number, true)),
                    outcome: outcomes[place % 5],
                    source: sources[place % 3],
                    when: When::exactly(at),
                    group: None,
                    operation: None,
                    undoes: None,
                    error: None,
                }
            })
            .collect()
    }

    fn filters() -> Vec<ChangeFilter> {
        let mut filters = Vec::new();
        for source in [None, Some(Source::Restore)] {
            for media_type in [None, Some(MediaType::Manga)] {
                for field in [None, Some(EntryField::Score), Some(EntryField::Notes)] {
                    for title in [None, Some("title 3"), Some("title"), Some("no such")] {
                        for until in [None, Some(datetime!(2026-11-03 13:00 UTC))] {
                            for shown_only in [true, false] {
                                filters.push(ChangeFilter {
                                    source,
                                    media_type,
                                    field,
                                    title: title.map(str::to_owned),
                                    until,
                                    shown_only,
                                    ..ChangeFilter::default()
                                });
                            }
                        }
                    }
                }
            }
        }
        filters
    }

    #[tokio::test]
    async fn what_is_counted_within_a_filter_is_what_its_pages_hold() {
        let store = Store::in_memory();
        let ids = store.record_changes(HANA, changes()).await.unwrap();
        store.hide_changes(ids[..13].to_vec(), true).await.unwrap();
        store
            .record_changes(UserId::new(2), changes())
            .await
            .unwrap();
        for filter in filters() {
            let counts = store.counts_within(HANA, filter.clone()).await.unwrap();
            assert!(!counts.is_more);
            for kind in ChangeKind::EACH {
                let filter = ChangeFilter {
                    kind: Some(kind),
                    ..filter.clone()
                };
                let rows = store.changes(Some(HANA), filter.clone(), None, 500).await;
                assert_eq!(counts.kinds[&kind], rows.unwrap().len(), "{filter:?}");
            }
        }
    }

    #[tokio::test]
    async fn pages_of_rare_ones_follow_one_another_as_those_of_a_walk_do() {
        let store = Store::in_memory();
        store.record_changes(HANA, changes()).await.unwrap();
        let filter = ChangeFilter {
            field: Some(EntryField::Score),
            media_type: Some(MediaType::Anime),
            ..ChangeFilter::default()
        };
        let sorts = store.sorts(HANA).await.unwrap();
        assert!(rare(&sorts, &filter, 7).is_some());
        assert!(
            rare(&sorts, &ChangeFilter::default(), 7).is_none(),
            "all of them"
        );
        let all = store
            .changes(Some(HANA), ChangeFilter::default(), None, 500)
            .await
            .unwrap();
        let wanted: Vec<_> = all
            .into_iter()
            .filter(|row| {
                let change = &row.change;
                change.media_type == MediaType::Anime
                    && change.fields().contains(&EntryField::Score)
            })
            .collect();
        let (mut found, mut below) = (Vec::new(), None);
        loop {
            let rows = store
                .changes(Some(HANA), filter.clone(), below, 7)
                .await
                .unwrap();
            let Some(last) = rows.last() else { break };
            below = Some(Cursor {
                at: last.change.when.at,
                seq: last.seq,
            });
            found.extend(rows);
        }
        assert!(found.len() > 7);
        assert_eq!(found, wanted);
        let above = ChangeFilter {
            above: Some(Cursor {
                at: found[9].change.when.at,
                seq: found[9].seq,
            }),
            ..filter
        };
        let rows = store.changes(Some(HANA), above, None, 4).await.unwrap();
        assert_eq!(rows, found[5..9]);
    }
}
