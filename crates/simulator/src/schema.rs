//! The part of AniList's schema that is served, in async-graphql's terms.
//!
//! A test compares what comes out with AniList's public schema, so names and nullability here are
//! AniList's, not ours.

mod entry;
mod feed;
mod input;
mod media;
mod mutation;
mod page;
mod query;
mod scalar;
mod user;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Context, EmptySubscription, Error, Schema};
use time::OffsetDateTime;

use crate::failure::Failure;
use crate::save::Writer;
use crate::{BatchError, Switches, World};

pub(crate) use input::{FuzzyDateInput, ListActivityOptionInput, MediaListOptionsInput};
use mutation::Mutation;
use query::Query;

/// The schema, which holds no data: each request brings its own [`Request`].
pub(crate) type AniListSchema = Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema.
pub(crate) fn build() -> AniListSchema {
    Schema::build(Query, Mutation, EmptySubscription)
        .register_output_type::<feed::ActivityUnion>()
        .disable_suggestions()
        .finish()
}

/// What one request brings along.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) switches: Arc<Switches>,
    pub(crate) viewer: Option<u32>,
    pub(crate) number: u64,
    pub(crate) now: OffsetDateTime,
    pub(crate) failures: Arc<Mutex<Vec<Failure>>>,
}

impl Request {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failures(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user whose token came along.
    fn viewer(&self) -> Result<u32, Failure> {
        self.viewer.ok_or_else(Failure::unauthorized)
    }

    fn writer(&self) -> Result<Writer<'_>, Failure> {
        Ok(Writer {
            user: self.viewer()?,
            request: self.number,
            now: self.now,
            switches: &self.switches,
        })
    }
}

/// The request behind a field.
fn request<'a>(ctx: &Context<'a>) -> Result<&'a Request, Error> {
    ctx.data::<Request>()
}

/// Notes a failure where the envelope finds it, and stops this field.
fn fail<T>(ctx: &Context<'_>, outcome: Result<T, Failure>) -> Result<T, Error> {
    outcome.map_err(|mut failure| {
        failure.at = Some(ctx.item.pos);
        failure.path = Some(ctx.item.node.response_key().node.to_string());
        let error = Error::new(failure.message.clone());
        if let Ok(request) = request(ctx) {
            request.failures().push(failure);
        }
        error
    })
}

/// Whether a write must not take effect because one before it in the document failed.
fn is_stopped(request: &Request) -> bool {
    let goes_on = matches!(
        request.switches.batch_error,
        BatchError::AllOthersApplied | BatchError::Independent
    );
    !goes_on && !request.failures().is_empty()
}
