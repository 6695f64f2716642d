//! What whoever operates the server asks: is it alive, can it work, how much does it do, what can it be asked.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::{metrics, schema as description};

/// `GET /healthz`: the process answers.
pub fn healthz(_: Call) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(ready(Answer::json(StatusCode::OK, &json!({ "status": "ok" }))))
}

/// How long an answer to whether it is ready holds.
const HOLDS: Duration = Duration::from_secs(1);

/// Whether the database can be written, and how long the oldest of what is pending waits.
#[derive(Debug, Clone)]
struct Ready {
    oldest: Option<Timestamp>,
    failure: Option<String>,
}

/// The last look at the database, and whether somebody is looking.
#[derive(Default)]
pub struct Readiness {
    last: Mutex<Option<(Instant, Ready)>>,
    looking: Mutex<()>,
}

/// `GET /readyz`: the database can be written, and the worker works.
#[expect(clippy::unnecessary_wraps, reason = "the form that operations have")]
pub fn readyz(call: &Call) -> Result<Answer, Answer> {
    let Ready { oldest, failure } = probe(call);
    let worker = call.app.worker.state();
    let ready = failure.is_none() && worker.is_well();
    let object = json!({
        "status": if ready { "ready" } else { "not ready" },
        "database": if failure.is_none() { "ok" } else { "failing" },
        "worker": worker.name(),
        "oldest_pending_seconds": oldest.map(|oldest| age(oldest).as_secs()),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Answer { cause: failure, ..Answer::json(status, &object) })
}

/// Anybody may ask, and it costs a write to the disk: all who ask within a moment get one answer, and nobody waits for
/// whoever waits for the database.
fn probe(call: &Call) -> Ready {
    let Readiness { last, looking } = &call.app.ready;
    let known = last.lock().clone();
    let looking = match &known {
        Some((at, ready)) if at.elapsed() < HOLDS => return ready.clone(),
        _ => looking.try_lock(),
    };
    if looking.is_none() {
        let unknown = || Ready { oldest: None, failure: Some("the database is being looked at".to_owned()) };
        return known.map_or_else(unknown, |(_, ready)| ready);
    }
    let ready = match call.app.hooks.probe() {
        Ok(oldest) => Ready { oldest, failure: None },
        Err(error) => Ready { oldest: None, failure: Some(error.to_string()) },
    };
    *last.lock() = Some((Instant::now(), ready.clone()));
    ready
}

/// `GET /metrics`
pub fn metrics(call: &Call) -> Result<Answer, Answer> {
    let backlog = call.app.hooks.backlog()?;
    let file = call.app.hooks.path();
    let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let bytes = size(file) + size(log.as_ref());
    let oldest = backlog.oldest.map(age).unwrap_or_default();
    call.app.metrics.measured(backlog.pending, oldest, bytes);
    let text = call.app.metrics.text().map_err(|error| Answer::unforeseen(&error.to_string()))?;
    Ok(Answer::of(StatusCode::OK, metrics::CONTENT_TYPE, text))
}

/// `GET schema/`
#[expect(clippy::unnecessary_wraps, reason = "the form that operations have")]
pub fn schema(_: &Call) -> Result<Answer, Answer> {
    Ok(Answer::json(StatusCode::OK, &description::document()))
}

/// How long ago that was.
fn age(at: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(at)).unwrap_or_default()
}
