//! From when until when an account was looked at without a token.

use anirewind_model::UserId;
use rusqlite::{Connection, OptionalExtension as _, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Store, StoreError};

/// Notes a look without a token. Several such times are one that reaches over all of them.
pub(crate) fn note_public_time(
    connection: &Connection,
    owner: UserId,
    at: OffsetDateTime,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO public_time (user_id, first, last) VALUES (:owner, :at, :at)
        ON CONFLICT (user_id) DO UPDATE SET
            first = min(first, excluded.first),
            last = max(last, excluded.last)",
        named_params! { ":owner": owner.get(), ":at": to_millis(at) },
    )?;
    Ok(())
}

impl Store {
    /// The first and the last look at an account that was without a token.
    pub async fn public_time(
        &self,
        owner: UserId,
    ) -> Result<Option<(OffsetDateTime, OffsetDateTime)>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT first, last FROM public_time WHERE user_id = :owner")?;
            let found = statement.query_row(named_params! { ":owner": owner.get() }, |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            });
            let Some((first, last)) = found.optional()? else {
                return Ok(None);
            };
            let key = owner.to_string();
            let place = Place {
                table: "public_time",
                row: &key,
            };
            Ok(Some((
                place.instant("first", first)?,
                place.instant("last", last)?,
            )))
        })
        .await
    }
}
