//! The memory that requests take, from their bodies to the last byte of their answers, and the bound of it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::answer::{Answer, CLOSE};
use super::routes::{Content, Route};

/// What a request counts for beside its body and its answer, in KiB.
pub const AROUND: usize = 8;

/// The leave to hold so many KiB in memory.
pub fn leave(app: &App, kib: usize) -> Result<OwnedSemaphorePermit, Answer> {
    let held = Arc::clone(&app.budget).try_acquire_many_owned(u32::try_from(kib).unwrap_or(u32::MAX));
    held.map_err(|_| Answer::later("Too many requests are under way."))
}

/// A body that is in memory by somebody's leave, until the client has taken it.
struct Held(Bytes, #[expect(dead_code, reason = "it is given back when the body goes")] OwnedSemaphorePermit);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Asks for leave to hold the answer: a client may take its time to read it. What was only read can be asked for
/// again where there is none; what was done is answered.
pub fn keep(app: &App, answer: Answer, reading: bool) -> Result<Answer, Answer> {
    match leave(app, answer.body.len() / 1024 + 1) {
        Ok(permit) => Ok(Answer { body: Bytes::from_owner(Held(answer.body, permit)), ..answer }),
        Err(later) if reading => Err(later),
        Err(_) => Ok(answer),
    }
}

/// The body, and the leave to hold it in memory.
pub async fn read(
    app: &App,
    route: &Route,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<(Bytes, OwnedSemaphorePermit), Answer> {
    let most = route.content.most();
    let too_large = || {
        let detail = format!("The body has more than {most} bytes.");
        Answer::detail(StatusCode::PAYLOAD_TOO_LARGE, detail).with(CONNECTION, CLOSE)
    };
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let chunked = headers.contains_key(TRANSFER_ENCODING);
    let length = length.unwrap_or(if chunked { most } else { 0 });
    if length > most {
        return Err(too_large());
    }
    let held = leave(app, usize::try_from(length / 1024).unwrap_or(usize::MAX).saturating_add(AROUND))?;
    if length == 0 && route.content == Content::Nothing {
        return Ok((Bytes::new(), held));
    }
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    match tokio::time::timeout(app.options.idle_timeout, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), held)),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Answer::detail(StatusCode::BAD_REQUEST, "The body ended early.")),
        Err(_) => {
            Err(Answer::detail(StatusCode::REQUEST_TIMEOUT, "The body came too slowly.")
                .with(CONNECTION, CLOSE))
        }
    }
}
