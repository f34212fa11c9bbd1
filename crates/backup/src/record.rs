//! A snapshot file as it stands on disk: PlexAniBridge's JSON, with ours beside it.
//!
//! A key that is missing was not recorded; `null` is empty. Keys that nobody here knows survive being
//! read and written again; a snapshot file itself is never written twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A field that is missing, null or there.
pub(crate) type Maybe<T> = Option<Option<T>>;

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileRecord {
    // First, so that whoever opens the file sees what it is and the hash has a fixed place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) anirewind: Option<HeaderRecord>,
    pub(crate) user: Option<UserRecord>,
    pub(crate) lists: Vec<GroupRecord>,
    pub(crate) has_next_chunk: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) favourites: Option<FavouritesRecord>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeaderRecord {
    pub(crate) file_hash: String,
    pub(crate) format: u32,
    pub(crate) written_by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    pub(crate) kind: String,
    pub(crate) counts: CountsRecord,
    pub(crate) coverage: CoverageRecord,
    pub(crate) content_hash: String,
    pub(crate) previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blocks: Option<BlocksRecord>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

/// Short hashes of what follows the header, block by block, to say where a file is damaged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlocksRecord {
    pub(crate) size: usize,
    /// How long all of them are together.
    pub(crate) length: usize,
    /// Sixteen digits for each.
    pub(crate) hashes: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CountsRecord {
    pub(crate) anime: usize,
    pub(crate) manga: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CoverageRecord {
    pub(crate) expected: Option<CountsRecord>,
    pub(crate) swept: bool,
    pub(crate) unresolved: Vec<u32>,
    /// Only written where it is so: files of before stay what they are, byte for byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) public: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRecord {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) options: Option<UserOptionsRecord>,
    pub(crate) media_list_options: Option<ListOptionsRecord>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserOptionsRecord {
    pub(crate) title_language: Option<String>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOptionsRecord {
    pub(crate) score_format: Option<String>,
    pub(crate) row_order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) anime_list: Option<TypeOptionsRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manga_list: Option<TypeOptionsRecord>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TypeOptionsRecord {
    pub(crate) section_order: Vec<String>,
    pub(crate) split_completed_section_by_format: bool,
    pub(crate) custom_lists: Vec<String>,
    pub(crate) advanced_scoring: Vec<String>,
    pub(crate) advanced_scoring_enabled: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupRecord {
    #[serde(default)]
    pub(crate) entries: Vec<EntryRecord>,
    pub(crate) name: Option<String>,
    pub(crate) is_custom_list: Option<bool>,
    pub(crate) is_split_completed_list: Option<bool>,
    pub(crate) status: Option<String>,
    /// `ANIME` or `MANGA`; other tools do not say, and hold anime only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryRecord {
    pub(crate) id: u32,
    pub(crate) user_id: u32,
    pub(crate) media_id: u32,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) status: Maybe<String>,
    /// In the account's own format, for tools that know no other.
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) score: Maybe<f64>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) score_raw: Maybe<u16>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) progress: Maybe<u32>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) progress_volumes: Maybe<u32>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) repeat: Maybe<u32>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) priority: Maybe<u32>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) private: Maybe<bool>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) hidden_from_status_lists: Maybe<bool>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) notes: Maybe<String>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) custom_lists: Maybe<Vec<String>>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) advanced_scores: Maybe<BTreeMap<String, f64>>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) started_at: Maybe<DateRecord>,
    #[serde(
        default,
        deserialize_with = "there",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) completed_at: Maybe<DateRecord>,
    #[serde(default)]
    pub(crate) created_at: Option<InstantRecord>,
    #[serde(default)]
    pub(crate) updated_at: Option<InstantRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media: Option<MediaRecord>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct DateRecord {
    pub(crate) year: Option<u16>,
    pub(crate) month: Option<u8>,
    pub(crate) day: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaRecord {
    pub(crate) id: u32,
    pub(crate) id_mal: Option<u32>,
    pub(crate) title: TitleRecord,
    pub(crate) format: Option<String>,
    pub(crate) episodes: Option<u32>,
    pub(crate) chapters: Option<u32>,
    pub(crate) volumes: Option<u32>,
    pub(crate) cover: Option<String>,
    pub(crate) colour: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) is_adult: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TitleRecord {
    pub(crate) romaji: Option<String>,
    pub(crate) english: Option<String>,
    pub(crate) native: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FavouritesRecord {
    pub(crate) anime: Vec<FavouriteRecord>,
    pub(crate) manga: Vec<FavouriteRecord>,
    pub(crate) characters: Vec<FavouriteRecord>,
    pub(crate) staff: Vec<FavouriteRecord>,
    pub(crate) studios: Vec<FavouriteRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FavouriteRecord {
    pub(crate) id: u32,
    pub(crate) name: Option<String>,
}

/// An instant as ISO 8601, or, in files of others, as seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstantRecord(pub(crate) OffsetDateTime);

impl Serialize for InstantRecord {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.format(&Rfc3339).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for InstantRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Seconds(i64),
        }
        let instant = match Form::deserialize(deserializer)? {
            Form::Text(text) => OffsetDateTime::parse(&text, &Rfc3339).map_err(|e| e.to_string()),
            Form::Seconds(at) => OffsetDateTime::from_unix_timestamp(at).map_err(|e| e.to_string()),
        };
        instant.map(Self).map_err(serde::de::Error::custom)
    }
}

/// A key that is there, be it null. Only called when it is; the default stands for a missing one.
fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Maybe<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_of_others_survive() {
        let file = json!({
            "user": { "id": 1, "name": "hana", "options": { "titleLanguage": null, "x": 1 },
                "mediaListOptions": { "scoreFormat": "POINT_3", "rowOrder": null, "x": [2] }, "x": 3 },
            "lists": [{ "entries": [{ "id": 1, "userId": 1, "mediaId": 2, "createdAt": null,
                "updatedAt": null, "mood": { "deep": true } }],
                "name": null, "isCustomList": null, "isSplitCompletedList": null, "status": null,
                "colour": "red" }],
            "hasNextChunk": null,
            "extra": [1, "two"]
        });
        let record: FileRecord = serde_json::from_value(file.clone()).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), file);
    }
}
