//! Keys that nobody here knows. They are passed over, and nothing is made of what they hold: a snapshot
//! file is never written twice, so nothing of it is lost.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands beside what is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Others {
    /// Whether one of them holds the hash of a file, as a header of ours does.
    pub(crate) has_file_hash: bool,
}

impl Serialize for Others {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl<'de> Deserialize<'de> for Others {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Others;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Others, A::Error> {
        let mut others = Others::default();
        while let Some((IgnoredAny, Marked(is_marked))) = map.next_entry()? {
            others.has_file_hash |= is_marked;
        }
        Ok(others)
    }
}

/// Whether a value is an object with the hash of a file in it.
struct Marked(bool);

impl<'de> Deserialize<'de> for Marked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Marks)
    }
}

struct Marks;

impl<'de> Visitor<'de> for Marks {
    type Value = Marked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Marked, A::Error> {
        let mut is_marked = false;
        while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
            is_marked |= key == "fileHash";
        }
        Ok(Marked(is_marked))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Marked, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Marked(false))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Marked, E> {
        Ok(Marked(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Marked, E> {
        Ok(Marked(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Marked, E> {
        Ok(Marked(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Marked, E> {
        Ok(Marked(false))
    }

    fn visit_str<E>(self, _: &str) -> Result<Marked, E> {
        Ok(Marked(false))
    }

    fn visit_unit<E>(self) -> Result<Marked, E> {
        Ok(Marked(false))
    }
}
