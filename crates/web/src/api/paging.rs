//! Lists that grow are given out in parts, each of which says where the next begins.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::problem::Problem;

/// So many of a list, unless it is said.
const USUAL: usize = 50;
/// And never more.
const MOST: usize = 500;

/// A part of a list, and where it goes on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// The part.
    pub(crate) items: Vec<T>,
    /// Give this as `below` for what follows; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// The first so many of rows that were asked for with one more, so that it is known whether any follow.
    pub(crate) fn of<R, K: Display>(
        mut rows: Vec<R>,
        most: usize,
        key: impl Fn(&R) -> K,
        view: impl Fn(&R) -> T,
    ) -> Self {
        let goes_on = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| goes_on);
        Self {
            next: next.map(|row| key(row).to_string()),
            items: rows.iter().map(view).collect(),
        }
    }
}

/// A part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// The profile; all if left out.
    pub(crate) profile: Option<String>,
    /// At most this many, 500 at the most; 50 if left out.
    #[serde(default, deserialize_with = "at_least_one")]
    #[param(minimum = 1)]
    limit: Option<usize>,
    /// Where the page before ended.
    below: Option<String>,
}

impl Part {
    /// How many, at most.
    pub(crate) fn most(&self) -> usize {
        most(self.limit)
    }

    /// Below which key it begins.
    pub(crate) fn below<K: FromStr>(&self) -> Result<Option<K>, Problem> {
        below(self.below.as_deref())
    }

    /// This part, and one more, of rows that are all here, the highest key first.
    pub(crate) fn cut<R, K: FromStr + Ord>(
        &self,
        rows: Vec<R>,
        key: impl Fn(&R) -> K,
    ) -> Result<Vec<R>, Problem> {
        let below: Option<K> = self.below()?;
        let follows = |row: &R| below.as_ref().is_none_or(|below| key(row) < *below);
        let rows = rows.into_iter().filter(follows);
        Ok(rows.take(self.most() + 1).collect())
    }
}

/// How many somebody asks for. Of none nothing would follow.
pub(crate) fn at_least_one<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<usize>, D::Error> {
    let asked = Option::deserialize(deserializer)?;
    if asked == Some(0) {
        return Err(D::Error::custom("at least 1 has to be asked for"));
    }
    Ok(asked)
}

/// How many are given out where so many are asked for.
pub(crate) fn most(limit: Option<usize>) -> usize {
    limit.unwrap_or(USUAL).min(MOST)
}

/// Below which key a page begins.
pub(crate) fn below<K: FromStr>(text: Option<&str>) -> Result<Option<K>, Problem> {
    let below = text.map(str::parse).transpose();
    below.map_err(|_| Problem::usage("`below` is not what a page before gave"))
}
