//! What somebody sends, read once it is known that they may send it.

use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

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
            let body = web::Json::<T>::from_request(&request, &mut payload).await?;
            Ok(Self {
                body: body.into_inner(),
                by: PhantomData,
            })
        })
    }
}
