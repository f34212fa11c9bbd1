//! Looking for titles that no group of a list shows, page by page.
//!
//! Pages of a list show every entry, hidden ones too, but none past the 5,000th. A longer list is
//! looked through status by status, and a status that is longer still from both ends. What lies
//! in the middle of an even longer one is reached by leaving out what is known already.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{EntryStatus, MediaId, MediaType, RemoteError, UserId};
use serde_json::json;

use crate::documents;
use crate::read::PAGE;
use crate::template::Variables;
use crate::transport::AniList;
use crate::wire;

/// AniList shows no page past the 5,000th item.
const DEEPEST_PAGE: usize = 100;

/// One way through a list, from one end, page by page.
struct Strand {
    media_type: MediaType,
    status: Option<EntryStatus>,
    is_descending: bool,
    next_page: usize,
    /// How many pages to ask for next.
    pages: usize,
}

impl AniList {
    /// All titles on these lists, each given with the number of titles it is thought to have.
    pub(crate) async fn sweep(
        &self,
        user: UserId,
        lists: &[(MediaType, usize)],
    ) -> Result<BTreeMap<MediaId, MediaType>, RemoteError> {
        let shared = Variables::from_iter([("userId".to_owned(), json!(user.get()))]);
        let strands = lists
            .iter()
            .flat_map(|(media_type, count)| strands(*media_type, *count));
        self.follow(shared, strands.collect()).await
    }

    /// Titles on one list that are not among those known: the first 5,000 of them.
    pub(crate) async fn sweep_unknown(
        &self,
        user: UserId,
        media_type: MediaType,
        known: &BTreeSet<MediaId>,
    ) -> Result<BTreeMap<MediaId, MediaType>, RemoteError> {
        let except: Vec<_> = known.iter().map(|id| id.get()).collect();
        let shared = Variables::from_iter([
            ("userId".to_owned(), json!(user.get())),
            ("except".to_owned(), json!(except)),
        ]);
        let all_the_way = Strand {
            media_type,
            status: None,
            is_descending: false,
            next_page: 1,
            pages: DEEPEST_PAGE,
        };
        self.follow(shared, vec![all_the_way]).await
    }

    /// Follows strands to their ends, as many pages of all of them a request as fit.
    async fn follow(
        &self,
        shared: Variables,
        mut strands: Vec<Strand>,
    ) -> Result<BTreeMap<MediaId, MediaType>, RemoteError> {
        let mut ids = BTreeMap::new();
        while !strands.is_empty() {
            let each: Vec<Variables> = strands.iter().flat_map(Strand::variables).collect();
            let mut pages = self
                .repeated::<wire::EntryPage<wire::MediaKey>>(&documents::SWEEP, &shared, &each)
                .await?
                .into_iter();
            let mut further = Vec::new();
            for strand in strands {
                let own: Vec<_> = pages.by_ref().take(strand.pages).collect();
                let is_over = own.last().is_none_or(|page| page.media_list.len() < PAGE);
                let keys = own
                    .into_iter()
                    .flat_map(|page| page.media_list.into_iter().flatten());
                ids.extend(keys.map(|key| (MediaId::new(key.media_id), strand.media_type)));
                further.extend(if is_over { None } else { strand.further() });
            }
            strands = further;
        }
        Ok(ids)
    }
}

/// The ways through a list that together reach all of it.
fn strands(media_type: MediaType, count: usize) -> Vec<Strand> {
    let strand = |status, pages| Strand {
        media_type,
        status,
        is_descending: false,
        next_page: 1,
        pages,
    };
    // One page more than needed: the last one is then not full, which is how the end is known.
    let pages = count / PAGE + 1;
    if pages < DEEPEST_PAGE {
        vec![strand(None, pages)]
    } else {
        EntryStatus::KNOWN
            .map(|status| strand(Some(status), DEEPEST_PAGE))
            .into()
    }
}

impl Strand {
    fn variables(&self) -> Vec<Variables> {
        let sort = if self.is_descending {
            "MEDIA_ID_DESC"
        } else {
            "MEDIA_ID"
        };
        (self.next_page..self.next_page + self.pages)
            .map(|page| {
                let mut variables = Variables::from_iter([
                    ("type".to_owned(), json!(self.media_type.as_str())),
                    ("sort".to_owned(), json!([sort])),
                    ("page".to_owned(), json!(page)),
                ]);
                if let Some(status) = &self.status {
                    variables.insert("status".to_owned(), json!(status.as_str()));
                }
                variables
            })
            .collect()
    }

    /// Where to go on when the last page was full: deeper, or, at the deepest, from the other end.
    fn further(self) -> Option<Self> {
        let next_page = self.next_page + self.pages;
        if next_page <= DEEPEST_PAGE {
            Some(Self {
                next_page,
                pages: DEEPEST_PAGE + 1 - next_page,
                ..self
            })
        } else {
            let other_end = Self {
                is_descending: true,
                next_page: 1,
                pages: DEEPEST_PAGE,
                ..self
            };
            (!self.is_descending).then_some(other_end)
        }
    }
}
