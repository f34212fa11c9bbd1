//! What somebody sends, read once it is known that they may send it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::api::auth::Writer;

/// A body of JSON, from whoever is named. So a body that cannot be read is never spoken of to somebody who may not
/// send one, whichever of both is found first.
pub(crate) struct Sent<T, By = Writer> {
    body: T,
    by: PhantomData<By>,
}

impl<T, By> Sent<T, By> {
    pub(crate) fn into_inner(self) -> T {
        self.body
    }
}

impl<T, By> Deref for Sent<T, By> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T, By> FromRequest for Sent<T, By>
where
    T: DeserializeOwned + 'static,
    By: FromRequest<Error: Into<actix_web::Error>>,
{
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            By::from_request(&request, &mut Payload::None)
                .await
                .map_err(Into::into)?;
            let body = web::Json::<Named<T>>::from_request(&request, &mut payload).await?;
            Ok(Self {
                body: body.into_inner().0,
                by: PhantomData,
            })
        })
    }
}

/// What is sent by names. A list of values would be taken for it in the order in which the fields are written here.
struct Named<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByNames(PhantomData))
    }
}

struct ByNames<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByNames<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Named)
    }
}
