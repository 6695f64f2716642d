//! What whoever operates the server asks: is it alive, can it work, how much does it do, what can it be asked.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::{metrics, schema as description};

/// `GET /healthz`: the process answers.
pub fn healthz(_: Call) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(ready(Answer::json(StatusCode::OK, &json!({ "status": "ok" }))))
}

/// What was found when somebody last asked whether the server can work, and when they did.
pub type Readiness = tokio::sync::Mutex<Option<(Instant, Answer)>>;

/// How long that is good for everybody else. It takes a write to know it, and nobody needs a token to ask.
const READINESS_HOLDS: Duration = Duration::from_millis(250);

/// `GET /readyz`: the database can be written, and the worker works.
pub fn readyz(call: Call) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(async move {
        let app = Arc::clone(&call.app);
        let mut last = app.readiness.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < READINESS_HOLDS
        {
            return answer.clone();
        }
        let answer = app.blocking(move || Ok(probe(&call))).await.unwrap_or_else(|answer| answer);
        *last = Some((Instant::now(), answer.clone()));
        answer
    })
}

fn probe(call: &Call) -> Answer {
    let database = call.app.hooks.probe();
    let worker = call.app.worker.state();
    let oldest = database.as_ref().ok().copied().flatten().map(age);
    let ready = database.is_ok() && worker.is_well();
    let object = json!({
        "status": if ready { "ready" } else { "not ready" },
        "database": if database.is_ok() { "ok" } else { "failing" },
        "worker": worker.name(),
        "oldest_pending_seconds": oldest.map(|age| age.as_secs()),
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let answer = Answer::json(status, &object);
    Answer { cause: database.err().map(|error| error.to_string()), ..answer }
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
