//! Reading: the viewer, the whole list however large, entries of some titles.
//!
//! A list is read in as few requests as it fits. What its groups do not show (entries that are hidden
//! and on no custom list, and whatever lies past AniList's cap) is found by its id, page by page.

use std::collections::BTreeMap;
use std::time::Duration;

use anirewind_model::{
    Counts, Coverage, Entry, EntryStatus, List, MediaId, MediaSummary, MediaType, Progress,
    Recorded, RemoteError, UserId, Viewer,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::convert::{self, Nonsense};
use crate::documents::{self, Document};
use crate::template::{Repeated, Variables};
use crate::transport::{AniList, Person, Repeat};
use crate::wire;

/// Both lists are asked for at once up to this many titles together.
const BOTH_AT_ONCE: usize = 5_000;
/// AniList gives no more than this of one list, however it is asked for.
const COLLECTION_CAP: usize = 11_000;
/// AniList's largest chunk and page.
const CHUNK: usize = 500;
pub(crate) const PAGE: usize = 50;
/// Pages show this many titles of a list and no more.
const LONGEST_SWEEP: usize = 5_000;
/// A list of this many titles is not taken for empty on the word of one answer.
const FEW: usize = 5;
/// More chunks than any list can have: an answer that always promises another ends here.
const MOST_CHUNKS: usize = 2 * COLLECTION_CAP / CHUNK;

type Found = BTreeMap<(MediaType, MediaId), Entry>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ViewerData {
    viewer: wire::Viewer,
}

#[derive(Deserialize)]
struct BothData {
    anime: wire::Collection,
    manga: wire::Collection,
}

#[derive(Deserialize)]
struct WholeData {
    #[serde(rename = "Viewer")]
    viewer: wire::Viewer,
    #[serde(flatten)]
    both: BothData,
}

#[derive(Deserialize)]
struct OneData {
    list: wire::Collection,
}

impl AniList {
    /// Asks who the token belongs to, or, without one, for the user whose public list is read; with
    /// settings and counts. One request.
    pub(crate) async fn read_viewer(&self) -> Result<Viewer, RemoteError> {
        let (document, variables) = match self.person() {
            None => (&documents::VIEWER, Variables::new()),
            Some(person) => (&documents::USER, variables_of(person)),
        };
        let data: ViewerData = self.send(document, variables, Repeat::Harmless).await?;
        convert::viewer(data.viewer).map_err(malformed)
    }

    /// Reads everything. Three requests for a usual account, favourites included.
    pub(crate) async fn read_list(
        &self,
        viewer: &Viewer,
        progress: Progress<'_>,
    ) -> Result<List, RemoteError> {
        let mut list = self.read_entries_of(viewer, None, progress).await?;
        list.favourites = Some(self.read_favourites(viewer.account.id).await?);
        Ok(list)
    }

    /// Asks who the token belongs to and reads both lists, without favourites: two requests for a
    /// usual account. No list when the token is not the one of `owner`.
    ///
    /// `likely` is how many titles there were the last time; a long list is read in more requests.
    pub async fn whole(
        &self,
        owner: UserId,
        likely: usize,
        progress: Progress<'_>,
    ) -> Result<(Viewer, Option<List>), RemoteError> {
        let mut both = None;
        let mut viewer = None;
        if likely <= BOTH_AT_ONCE && self.person().is_none() {
            let user = Variables::from_iter([("userId".to_owned(), json!(owner.get()))]);
            match self
                .send::<WholeData>(&documents::WHOLE, user, Repeat::Heavy)
                .await
            {
                Ok(data) => {
                    viewer = Some(convert::viewer(data.viewer).map_err(malformed)?);
                    both = Some(data.both);
                }
                Err(error) if is_too_heavy(&error) => {
                    tracing::debug!(%error, "account and lists at once failed");
                }
                Err(error) => return Err(error),
            }
        }
        let viewer = match viewer {
            Some(viewer) => viewer,
            None => self.read_viewer().await?,
        };
        if viewer.account.id != owner {
            return Ok((viewer, None));
        }
        let list = self.read_entries_of(&viewer, both, progress).await?;
        Ok((viewer, Some(list)))
    }

    /// Reads a list without favourites, from what was read of it already.
    async fn read_entries_of(
        &self,
        viewer: &Viewer,
        both: Option<BothData>,
        progress: Progress<'_>,
    ) -> Result<List, RemoteError> {
        let expected = viewer.counts;
        let mut reader = Reader {
            anilist: self,
            viewer,
            found: Found::new(),
            progress,
        };
        match both {
            Some(both) if both.is_all() => reader.take_both(both)?,
            _ => reader.collections().await?,
        }
        // Counting cannot prove that nothing is hidden: statistics may lag by as many titles as are
        // hidden. Ids can, and those of a usual account fit into one request.
        let lists = MediaType::BOTH.map(|media_type| {
            let expected = expected.map_or(0, |counts| counts.of(media_type));
            (media_type, expected.max(reader.count(media_type)))
        });
        reader.sweep(&lists).await?;
        reader.ask_again_for_labels().await?;
        let entries: Vec<Entry> = reader.found.into_values().collect();
        let unresolved = entries
            .iter()
            .filter(|entry| is_unlabelled(entry))
            .map(|entry| entry.media);
        let coverage = Coverage {
            expected,
            swept: true,
            unresolved: unresolved.collect(),
            not_read: Vec::new(),
            public: self.person().is_some(),
        };
        let list = List {
            owner: viewer.account.clone(),
            title_language: viewer.title_language.clone(),
            settings: viewer.settings.clone(),
            entries,
            favourites: None,
            coverage,
        };
        let found = list.counts();
        if let Some(expected) = expected {
            let vanished = |of| expected.of(of) >= FEW && found.of(of) == 0;
            // Without a token all that is counted may be private.
            if self.person().is_none() && MediaType::BOTH.into_iter().any(vanished) {
                return Err(RemoteError::Incomplete { expected, found });
            }
        }
        Ok(list)
    }

    /// Reads what the groups of both lists show, which is all but what is hidden and on no custom
    /// list.
    pub(crate) async fn read_collections(
        &self,
        viewer: &Viewer,
        progress: Progress<'_>,
    ) -> Result<Vec<Entry>, RemoteError> {
        let mut reader = Reader {
            anilist: self,
            viewer,
            found: Found::new(),
            progress,
        };
        reader.collections().await?;
        Ok(reader.found.into_values().collect())
    }

    /// Reads the entries of some titles, fifty a page and several pages a request.
    ///
    /// Which list an entry is on stands with its title; for a title that AniList has since removed
    /// only whoever asks can know, in `types`.
    pub(crate) async fn read_entries(
        &self,
        viewer: &Viewer,
        media: &[MediaId],
        types: &BTreeMap<MediaId, MediaType>,
    ) -> Result<Vec<Entry>, RemoteError> {
        let pages: Vec<wire::EntryPage<wire::Entry>> = self
            .pages_of(&documents::ENTRIES, Some(viewer.account.id), media)
            .await?;
        pages
            .into_iter()
            .flat_map(|page| page.media_list.into_iter().flatten())
            .map(|entry| {
                let known = types.get(&MediaId::new(entry.media_id)).copied();
                let media_type = known.map_or_else(|| type_of(&entry), Ok)?;
                convert::entry(entry, media_type, &viewer.settings)
            })
            .collect::<Result<Vec<_>, Nonsense>>()
            .map_err(malformed)
    }

    /// Reads what some titles are; a title that AniList does not have is not in the answer.
    pub async fn titles(&self, media: &[MediaId]) -> Result<Vec<MediaSummary>, RemoteError> {
        let pages: Vec<wire::TitlePage> = self.pages_of(&documents::TITLES, None, media).await?;
        let titles = pages
            .into_iter()
            .flat_map(|page| page.media.into_iter().flatten());
        Ok(titles.map(convert::summary).collect())
    }

    /// Sends a document that asks for fifty titles, as often as needed, many times a request.
    async fn pages_of<T: serde::de::DeserializeOwned>(
        &self,
        document: &Document,
        user: Option<UserId>,
        media: &[MediaId],
    ) -> Result<Vec<T>, RemoteError> {
        let mut shared = Variables::new();
        if let Some(user) = user {
            shared.insert("userId".to_owned(), json!(user.get()));
        }
        let each: Vec<Variables> = media
            .chunks(PAGE)
            .map(|ids| {
                let ids: Vec<_> = ids.iter().map(|id| id.get()).collect();
                Variables::from_iter([("media".to_owned(), json!(ids))])
            })
            .collect();
        self.repeated(document, &shared, &each).await
    }

    /// Sends a repeated document, split to fit, and returns the answers in order.
    pub(crate) async fn repeated<T: serde::de::DeserializeOwned>(
        &self,
        document: &Document,
        shared: &Variables,
        each: &[Variables],
    ) -> Result<Vec<T>, RemoteError> {
        let mut answers = Vec::with_capacity(each.len());
        let mut fits = document.repetitions();
        let mut left = each;
        while !left.is_empty() {
            let (part, rest) = left.split_at(fits.min(left.len()));
            let repeated = Repeated::new(document, shared.clone(), part);
            let data: Result<BTreeMap<String, T>, RemoteError> = self
                .send_repeated(&repeated, part.len(), Repeat::Harmless)
                .await;
            let mut data = match data {
                // Nothing was done. A limit that was lowered is kept to from here on.
                Err(RemoteError::Complexity { max, .. }) if max >= document.cost && fits > 1 => {
                    fits = (max / document.cost) as usize;
                    continue;
                }
                data => data?,
            };
            for index in 0..part.len() {
                let alias = crate::template::alias(index);
                let answer = data.remove(&alias);
                answers.push(answer.ok_or_else(|| malformed(format!("`{alias}` is missing")))?);
            }
            left = rest;
        }
        Ok(answers)
    }
}

/// A list while it is being read.
struct Reader<'a> {
    anilist: &'a AniList,
    viewer: &'a Viewer,
    found: Found,
    progress: Progress<'a>,
}

impl Reader<'_> {
    fn count(&self, media_type: MediaType) -> usize {
        self.found
            .keys()
            .filter(|(of_type, _)| *of_type == media_type)
            .count()
    }

    fn take(
        &mut self,
        media_type: MediaType,
        entries: Vec<wire::Entry>,
    ) -> Result<(), RemoteError> {
        for entry in entries {
            let entry =
                convert::entry(entry, media_type, &self.viewer.settings).map_err(malformed)?;
            let key = (media_type, entry.media);
            // An entry comes once for each group it is in. If one of them does not say its custom
            // lists and another does, the one that does is kept.
            if self.found.get(&key).is_none_or(is_unlabelled) {
                self.found.insert(key, entry);
            }
        }
        self.report();
        Ok(())
    }

    fn take_both(&mut self, both: BothData) -> Result<(), RemoteError> {
        self.take(MediaType::Anime, entries_of(both.anime))?;
        self.take(MediaType::Manga, entries_of(both.manga))
    }

    /// Reads what groups show: both lists at once, else each, else in chunks.
    async fn collections(&mut self) -> Result<(), RemoteError> {
        let expected = self.viewer.counts.map_or(0, Counts::total);
        if expected <= BOTH_AT_ONCE {
            let user = Variables::from_iter([("userId".to_owned(), self.user())]);
            let both: Result<BothData, _> = self
                .anilist
                .send(&documents::LISTS, user, Repeat::Heavy)
                .await;
            match both {
                Ok(both) if both.is_all() => return self.take_both(both),
                Ok(_) => tracing::debug!("a whole list promises more, reading them apart"),
                Err(error) if is_too_heavy(&error) => {
                    tracing::debug!(%error, "both lists at once failed, reading them apart");
                }
                Err(error) => return Err(error),
            }
        }
        for media_type in MediaType::BOTH {
            self.collection(media_type).await?;
        }
        Ok(())
    }

    async fn collection(&mut self, media_type: MediaType) -> Result<(), RemoteError> {
        let expected = self.viewer.counts.map_or(0, |counts| counts.of(media_type));
        if expected < COLLECTION_CAP {
            return self.collection_of(media_type, None).await;
        }
        // One answer would leave the oldest out; each status by itself is under the cap, or nearly.
        for status in EntryStatus::KNOWN {
            self.collection_of(media_type, Some(&status)).await?;
        }
        Ok(())
    }

    /// Reads one list, or one status of it: whole if AniList manages, else in chunks.
    async fn collection_of(
        &mut self,
        media_type: MediaType,
        status: Option<&EntryStatus>,
    ) -> Result<(), RemoteError> {
        match self.part(media_type, status, None).await {
            Ok((entries, false)) => return self.take(media_type, entries),
            // Asked for whole, and yet there is more: it comes in chunks only.
            Ok((entries, true)) => self.take(media_type, entries)?,
            Err(error) if is_too_heavy(&error) => {
                tracing::debug!(%error, "a whole list failed, reading it in chunks");
            }
            Err(error) => return Err(error),
        }
        for chunk in 1..=MOST_CHUNKS {
            let before = self.found.len();
            let (entries, more) = self.part(media_type, status, Some(chunk)).await?;
            let is_empty = entries.is_empty();
            self.take(media_type, entries)?;
            // Chunks may overlap, but one that brings nothing new ends a list that promises more.
            if !more || is_empty || (self.found.len() == before && chunk > 1) {
                break;
            }
        }
        Ok(())
    }

    async fn part(
        &self,
        media_type: MediaType,
        status: Option<&EntryStatus>,
        chunk: Option<usize>,
    ) -> Result<(Vec<wire::Entry>, bool), RemoteError> {
        let mut variables = Variables::from_iter([
            ("userId".to_owned(), self.user()),
            ("type".to_owned(), json!(media_type.as_str())),
        ]);
        if let Some(status) = status {
            variables.insert("status".to_owned(), json!([status.as_str()]));
        }
        if let Some(chunk) = chunk {
            variables.insert("chunk".to_owned(), json!(chunk));
            variables.insert("perChunk".to_owned(), json!(CHUNK));
        }
        let repeat = if chunk.is_some() {
            Repeat::Harmless
        } else {
            Repeat::Heavy
        };
        let data: OneData = self
            .anilist
            .send(&documents::LIST, variables, repeat)
            .await?;
        let more = data.list.promises_more();
        Ok((entries_of(data.list), more))
    }

    /// Looks through all ids for titles that no group showed, and reads those.
    async fn sweep(&mut self, lists: &[(MediaType, usize)]) -> Result<(), RemoteError> {
        let user = self.viewer.account.id;
        let ids = self.anilist.sweep(user, lists).await?;
        self.read_missing(&ids).await?;
        for (media_type, expected) in lists {
            // Only a list longer than pages reach can still hide something in its middle.
            while self.count(*media_type) < *expected && *expected > LONGEST_SWEEP {
                let known = self.found.keys().map(|(_, id)| *id).collect();
                let ids = self
                    .anilist
                    .sweep_unknown(user, *media_type, &known)
                    .await?;
                if self.read_missing(&ids).await? == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads those of these titles that are not known yet; says how many that were.
    ///
    /// A title that is on the list and then not in the answer is asked for once more; when it is
    /// still not there the list is not complete, and is not taken for it.
    async fn read_missing(
        &mut self,
        ids: &BTreeMap<MediaId, MediaType>,
    ) -> Result<usize, RemoteError> {
        let before = self.found.len();
        for pause in [Duration::ZERO, Duration::from_secs(2)] {
            let missing = self.missing(ids);
            if missing.is_empty() {
                break;
            }
            tracing::debug!(titles = missing.len(), "found by sweeping");
            if !pause.is_zero() {
                self.anilist.clock().sleep(pause).await;
            }
            for entry in self
                .anilist
                .read_entries(self.viewer, &missing, ids)
                .await?
            {
                self.found.insert((entry.media_type, entry.media), entry);
            }
            self.report();
        }
        let missing = self.missing(ids).len();
        if missing > 0 {
            return Err(malformed(format!(
                "{missing} titles are on the list but cannot be read"
            )));
        }
        Ok(self.found.len() - before)
    }

    fn missing(&self, ids: &BTreeMap<MediaId, MediaType>) -> Vec<MediaId> {
        let is_missing =
            |(id, of): &(&MediaId, &MediaType)| !self.found.contains_key(&(**of, **id));
        ids.iter().filter(is_missing).map(|(id, _)| *id).collect()
    }

    fn report(&self) {
        let expected = self.viewer.counts.map(Counts::total);
        (self.progress)(self.found.len(), expected);
    }

    /// Reads custom lists and advanced scores again where AniList did not say them, by themselves:
    /// heavy queries are known to lose them.
    async fn ask_again_for_labels(&mut self) -> Result<(), RemoteError> {
        for pause in [Duration::ZERO, Duration::from_secs(2)] {
            let unsaid: Vec<MediaId> = self
                .found
                .values()
                .filter(|entry| is_unlabelled(entry))
                .map(|entry| entry.media)
                .collect();
            if unsaid.is_empty() {
                return Ok(());
            }
            if !pause.is_zero() {
                self.anilist.clock().sleep(pause).await;
            }
            let user = Some(self.viewer.account.id);
            let pages: Vec<wire::EntryPage<wire::Labels>> = self
                .anilist
                .pages_of(&documents::LABELS, user, &unsaid)
                .await?;
            for labels in pages
                .into_iter()
                .flat_map(|p| p.media_list.into_iter().flatten())
            {
                self.relabel(labels)?;
            }
        }
        Ok(())
    }

    fn relabel(&mut self, labels: wire::Labels) -> Result<(), RemoteError> {
        let media = MediaId::new(labels.media_id);
        let key = MediaType::BOTH.map(|media_type| (media_type, media));
        let Some(key) = key.into_iter().find(|key| self.found.contains_key(key)) else {
            return Ok(());
        };
        let (custom_lists, advanced_scores) = convert::labels(
            labels.custom_lists,
            labels.advanced_scores,
            key.0,
            &self.viewer.settings,
        )
        .map_err(|what| malformed(format!("the entry of title {media} has {what}")))?;
        if let Some(entry) = self.found.get_mut(&key) {
            if !entry.values.custom_lists.is_recorded() {
                entry.values.custom_lists = custom_lists;
            }
            if !entry.values.advanced_scores.is_recorded() {
                entry.values.advanced_scores = advanced_scores;
            }
        }
        Ok(())
    }

    fn user(&self) -> Value {
        json!(self.viewer.account.id.get())
    }
}

fn variables_of(person: &Person) -> Variables {
    let (name, value) = match person {
        Person::Id(id) => ("userId", json!(id.get())),
        Person::Name(name) => ("userName", json!(name)),
    };
    Variables::from_iter([(name.to_owned(), value)])
}

fn is_unlabelled(entry: &Entry) -> bool {
    matches!(entry.values.custom_lists, Recorded::NotRecorded)
        || matches!(entry.values.advanced_scores, Recorded::NotRecorded)
}

impl BothData {
    fn is_all(&self) -> bool {
        !self.anime.promises_more() && !self.manga.promises_more()
    }
}

impl wire::Collection {
    fn promises_more(&self) -> bool {
        self.has_next_chunk.unwrap_or_default()
    }
}

fn entries_of(list: wire::Collection) -> Vec<wire::Entry> {
    let groups = list.lists.into_iter();
    groups
        .flat_map(|group| group.entries.into_iter().flatten())
        .collect()
}

fn type_of(entry: &wire::Entry) -> Result<MediaType, Nonsense> {
    let media_type = entry.media.as_ref().and_then(|media| media.kind.as_deref());
    media_type.and_then(MediaType::parse).ok_or_else(|| {
        format!(
            "the entry of title {} is neither anime nor manga",
            entry.media_id
        )
    })
}

/// Whether asking for less at once may help.
fn is_too_heavy(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::Server { .. }
            | RemoteError::Timeout { .. }
            | RemoteError::Interrupted { .. }
            | RemoteError::Malformed { .. }
            | RemoteError::TooLarge { .. }
            | RemoteError::Complexity { .. }
            | RemoteError::Challenge { status: 500.. }
    )
}

pub(crate) fn malformed(problem: String) -> RemoteError {
    RemoteError::Malformed {
        status: 200,
        problem,
    }
}
