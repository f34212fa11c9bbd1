//! What AniList sends, as it sends it. Nearly everything may be null; a list that is null is not
//! taken for an empty one but refused here, as an answer that cannot be read.

use serde::Deserialize;
use serde_json::Value;

/// Something that may be null, as nearly everything may.
pub(crate) type Nullable<T> = Option<T>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Viewer {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) avatar: Nullable<Avatar>,
    pub(crate) options: Nullable<UserOptions>,
    pub(crate) media_list_options: Nullable<ListOptions>,
    pub(crate) statistics: Nullable<Statistics>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Avatar {
    pub(crate) large: Nullable<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserOptions {
    pub(crate) title_language: Nullable<String>,
    pub(crate) display_adult_content: Nullable<bool>,
    pub(crate) timezone: Nullable<String>,
    pub(crate) activity_merge_time: Nullable<u32>,
    pub(crate) disabled_list_activity: Nullable<Vec<Nullable<ActivityOption>>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ActivityOption {
    pub(crate) disabled: Nullable<bool>,
    #[serde(rename = "type")]
    pub(crate) status: Nullable<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOptions {
    pub(crate) score_format: Nullable<String>,
    pub(crate) row_order: Nullable<String>,
    pub(crate) anime_list: Nullable<TypeOptions>,
    pub(crate) manga_list: Nullable<TypeOptions>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TypeOptions {
    pub(crate) section_order: Nullable<Vec<Nullable<String>>>,
    pub(crate) split_completed_section_by_format: Nullable<bool>,
    pub(crate) custom_lists: Nullable<Vec<Nullable<String>>>,
    pub(crate) advanced_scoring: Nullable<Vec<Nullable<String>>>,
    pub(crate) advanced_scoring_enabled: Nullable<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Statistics {
    pub(crate) anime: Nullable<TypeStatistics>,
    pub(crate) manga: Nullable<TypeStatistics>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TypeStatistics {
    pub(crate) count: usize,
    pub(crate) statuses: Nullable<Vec<Nullable<StatusCount>>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StatusCount {
    pub(crate) count: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Collection {
    pub(crate) lists: Vec<Group>,
    pub(crate) has_next_chunk: Nullable<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Group {
    pub(crate) entries: Vec<Nullable<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) id: u32,
    pub(crate) media_id: u32,
    pub(crate) status: Nullable<String>,
    pub(crate) score: Nullable<f64>,
    pub(crate) progress: Nullable<u32>,
    pub(crate) progress_volumes: Nullable<u32>,
    pub(crate) repeat: Nullable<u32>,
    pub(crate) priority: Nullable<u32>,
    pub(crate) private: Nullable<bool>,
    pub(crate) notes: Nullable<String>,
    pub(crate) hidden_from_status_lists: Nullable<bool>,
    pub(crate) custom_lists: Nullable<Value>,
    pub(crate) advanced_scores: Nullable<Value>,
    pub(crate) started_at: Nullable<Date>,
    pub(crate) completed_at: Nullable<Date>,
    pub(crate) created_at: Nullable<i64>,
    pub(crate) updated_at: Nullable<i64>,
    pub(crate) media: Nullable<Media>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Date {
    pub(crate) year: Nullable<u16>,
    pub(crate) month: Nullable<u8>,
    pub(crate) day: Nullable<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Media {
    pub(crate) id: u32,
    pub(crate) id_mal: Nullable<u32>,
    #[serde(rename = "type")]
    pub(crate) kind: Nullable<String>,
    pub(crate) format: Nullable<String>,
    pub(crate) episodes: Nullable<u32>,
    pub(crate) chapters: Nullable<u32>,
    pub(crate) volumes: Nullable<u32>,
    pub(crate) country_of_origin: Nullable<String>,
    pub(crate) is_adult: Nullable<bool>,
    pub(crate) title: Nullable<Title>,
    pub(crate) cover_image: Nullable<Cover>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Title {
    pub(crate) romaji: Nullable<String>,
    pub(crate) english: Nullable<String>,
    pub(crate) native: Nullable<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Cover {
    pub(crate) large: Nullable<String>,
    pub(crate) color: Nullable<String>,
}

/// A page of entries, of titles, of ids: whatever was asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryPage<T> {
    pub(crate) media_list: Vec<Nullable<T>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TitlePage {
    pub(crate) media: Vec<Nullable<Media>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaKey {
    pub(crate) media_id: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Labels {
    pub(crate) media_id: u32,
    pub(crate) custom_lists: Nullable<Value>,
    pub(crate) advanced_scores: Nullable<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Saved {
    pub(crate) id: u32,
    /// Only where it is not known from what was asked.
    pub(crate) media_id: Option<u32>,
    pub(crate) updated_at: Nullable<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Deleted {
    pub(crate) deleted: Nullable<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FavouritesOfUser {
    pub(crate) favourites: Favourites,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Favourites {
    pub(crate) anime: Connection,
    pub(crate) manga: Connection,
    pub(crate) characters: Connection,
    pub(crate) staff: Connection,
    pub(crate) studios: Connection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection {
    pub(crate) nodes: Vec<Nullable<Node>>,
    pub(crate) page_info: Nullable<PageInfo>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: Nullable<bool>,
}

/// A favourite of any kind: titles have a title, people a name in parts, studios a plain name.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: u32,
    pub(crate) title: Nullable<NodeTitle>,
    pub(crate) name: Nullable<Name>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NodeTitle {
    pub(crate) romaji: Nullable<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Name {
    Plain(String),
    Parts { full: Nullable<String> },
}
