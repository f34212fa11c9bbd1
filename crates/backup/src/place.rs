//! Where in a file the damage is.

use std::fmt;

use memchr::memmem;

use crate::file::{HEADER_KEY, own_hash};
use crate::hash::Hash;
use crate::record::{BlocksRecord, HeaderRecord};

/// Small enough to name a handful of titles, large enough that the hashes weigh nothing.
const BLOCK: usize = 16 * 1024;
const DIGITS: usize = 16;

/// Where in a file the damage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the header that stands first.
    Header,
    /// Between two bytes, counted from 0; the second one is behind the damage.
    Bytes {
        /// The first.
        from: usize,
        /// The one behind the last.
        to: usize,
        /// The first title that is named in between, or the last one before.
        near: Option<u32>,
    },
    /// From this byte on, everything is missing.
    Missing {
        /// The byte, counted from 0.
        from: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("in its header"),
            Self::Bytes { from, to, near } => {
                write!(f, "between bytes {from} and {to}")?;
                near.map_or(Ok(()), |title| write!(f, ", near title {title}"))
            }
            Self::Missing { from } => write!(f, "from byte {from} on, where it ends too early"),
        }
    }
}

impl BlocksRecord {
    /// The hashes of everything behind the header.
    pub(crate) fn of(body: &[u8]) -> Self {
        Self {
            size: BLOCK,
            length: body.len(),
            hashes: body.chunks(BLOCK).map(short).collect(),
        }
    }
}

/// The first digits of a block's hash.
fn short(block: &[u8]) -> String {
    let digits = Hash::of(block).to_string();
    let digits = digits.rsplit(':').next().unwrap_or_default();
    digits.get(..DIGITS).unwrap_or_default().to_owned()
}

/// Where a file that cannot be proven is damaged, when its header says enough to tell.
pub(crate) fn locate(bytes: &[u8]) -> Option<Place> {
    let rest = match bytes.strip_prefix(HEADER_KEY) {
        Some(rest) => rest,
        // A file of another program, or one whose first bytes are gone.
        None if is_ours_all_the_same(bytes) => return Some(Place::Header),
        None => return None,
    };
    let mut header = serde_json::Deserializer::from_slice(rest).into_iter::<HeaderRecord>();
    let Some(Ok(record)) = header.next() else {
        return Some(Place::Header);
    };
    let start = HEADER_KEY.len() + header.byte_offset();
    let (Some(blocks), Some((b',', body))) = (
        record.blocks,
        bytes.get(start..).and_then(<[u8]>::split_first),
    ) else {
        return Some(Place::Header);
    };
    let start = start + 1;
    let size = blocks.size.max(1);
    let hashes: Vec<&str> = blocks
        .hashes
        .as_bytes()
        .chunks(DIGITS)
        .filter_map(|digits| std::str::from_utf8(digits).ok())
        .collect();
    let mut found = body.chunks(size);
    for (index, hash) in hashes.iter().enumerate() {
        let from = index * size;
        match found.next() {
            None => {
                return Some(Place::Missing {
                    from: start + body.len(),
                });
            }
            Some(block) if short(block) != *hash => {
                let is_last = body.len() <= from + size;
                if is_last && body.len() < blocks.length {
                    return Some(Place::Missing {
                        from: start + body.len(),
                    });
                }
                if is_the_hash_itself(bytes, start, &record.file_hash, hash, &short(block)) {
                    return Some(Place::Header);
                }
                return Some(Place::Bytes {
                    from: start + from,
                    to: start + from + block.len(),
                    near: title_near(body, from, from + block.len()),
                });
            }
            Some(_) => {}
        }
    }
    let whole = hashes.len() * size;
    if body.len() > whole {
        return Some(Place::Bytes {
            from: start + whole,
            to: start + body.len(),
            near: None,
        });
    }
    Some(Place::Header)
}

/// Whether it is not the block that was altered but its hash in the header: with the hash put right
/// the whole file is proven.
fn is_the_hash_itself(bytes: &[u8], body: usize, proof: &str, found: &str, right: &str) -> bool {
    let header = bytes.get(..body).unwrap_or_default();
    let Some(at) = memmem::find(header, found.as_bytes()) else {
        return false;
    };
    let mut mended = bytes.to_vec();
    if let Some(place) = mended.get_mut(at..at + right.len()) {
        place.copy_from_slice(right.as_bytes());
    }
    own_hash(&mended).is_some_and(|hash| hash.to_string() == proof)
}

/// Whether there is a header of ours somewhere near the beginning.
fn is_ours_all_the_same(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    memmem::find(start, b"fileHash").is_some()
}

/// The first title named in a part of a file, or the last one before it.
fn title_near(body: &[u8], from: usize, to: usize) -> Option<u32> {
    const KEY: &[u8] = b"\"mediaId\":";
    let number = |at: usize| -> Option<u32> {
        let digits = body.get(at + KEY.len()..)?;
        let digits: Vec<u8> = digits
            .iter()
            .copied()
            .take(10)
            .take_while(u8::is_ascii_digit)
            .collect();
        std::str::from_utf8(&digits).ok()?.parse().ok()
    };
    let is_key = |at: &usize| body.get(*at..).is_some_and(|rest| rest.starts_with(KEY));
    (from..to)
        .find(is_key)
        .or_else(|| (0..from).rev().find(is_key))
        .and_then(number)
}
