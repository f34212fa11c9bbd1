//! How long what somebody sends may take. Whoever sends a byte now and then, to keep us waiting, is cut
//! off; whoever has a slow line and much to send is not.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use tokio::time::Instant;

/// So long nothing may arrive.
const SILENCE: Duration = Duration::from_secs(20);
/// So long all of it may take,
const WHOLE: Duration = Duration::from_secs(30);
/// and a second more for each of so many bytes that have arrived.
const A_SECOND: usize = 8 * 1024;

pub(crate) const LATE: &str = "what was sent took too long to arrive";

/// What somebody sends, whether anybody reads it or not.
pub(crate) type Arriving = Rc<RefCell<Payload>>;

/// The same body, which ends with an error when it takes too long. The time is counted from when
/// somebody begins to read it.
pub(crate) fn hurry(payload: Payload) -> (Payload, Option<Arriving>) {
    if matches!(payload, Payload::None) {
        return (payload, None);
    }
    let arriving = Rc::new(RefCell::new(payload));
    let state = Some((Rc::clone(&arriving), None, 0));
    let whole = unfold(state, |state| async move {
        let (payload, began, taken) = state?;
        let now = Instant::now();
        let began = began.unwrap_or(now);
        let earned = Duration::from_secs((taken / A_SECOND) as u64);
        let until = (began + WHOLE + earned).min(now + SILENCE);
        let next = poll_fn(|context| payload.borrow_mut().poll_next_unpin(context));
        match tokio::time::timeout_at(until, next).await {
            Ok(Some(Ok(bytes))) => {
                let taken = taken + bytes.len();
                Some((Ok(bytes), Some((payload, Some(began), taken))))
            }
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => {
                let late = io::Error::new(io::ErrorKind::TimedOut, LATE);
                Some((Err(PayloadError::Io(late)), None))
            }
        }
    });
    let payload = Box::pin(whole);
    (Payload::Stream { payload }, Some(arriving))
}

/// An answer to something that may not have arrived whole. What is still to come is held until the answer is out: then
/// the connection is closed in a few seconds. What nobody holds any more would be read and thrown away for as long as
/// somebody sends a byte of it now and then.
pub(crate) struct Held<B> {
    body: B,
    arriving: Option<Arriving>,
}

impl<B> Held<B> {
    pub(crate) const fn new(body: B, arriving: Option<Arriving>) -> Self {
        Self { body, arriving }
    }
}

impl<B: MessageBody + Unpin> MessageBody for Held<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        if self.arriving.is_some() {
            return Err(self);
        }
        let whole = self.body.try_into_bytes();
        whole.map_err(|body| Self::new(body, None))
    }
}

/// Whether that is why there was no more.
pub(crate) fn is_late(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}
