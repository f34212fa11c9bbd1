//! How long what somebody sends may take. Whoever sends a byte now and then, to keep us waiting, is cut
//! off; whoever has a slow line and much to send is not.

use std::io;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
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

/// The same body, which ends with an error when it takes too long. The time is counted from when
/// somebody begins to read it.
pub(crate) fn hurry(payload: Payload) -> Payload {
    if matches!(payload, Payload::None) {
        return payload;
    }
    let whole = unfold(Some((payload, None, 0)), |state| async move {
        let (mut payload, began, taken) = state?;
        let now = Instant::now();
        let began = began.unwrap_or(now);
        let earned = Duration::from_secs((taken / A_SECOND) as u64);
        let until = (began + WHOLE + earned).min(now + SILENCE);
        match tokio::time::timeout_at(until, payload.next()).await {
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
    Payload::Stream {
        payload: Box::pin(whole),
    }
}

/// Whether that is why there was no more.
pub(crate) fn is_late(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}
