//! The operations on events.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::answer::{self, Answer};
use super::call::{Call, unparsable};
use super::{fields, messages, pages};
use crate::api::{AcceptedObject, EmissionObject, EventTypeObject, TraceObject};
use crate::error::{Error, Fault, Problem};
use crate::event::{self, Event, EventType, NewEvent};
use crate::hooks::{Accepted, Sending};

/// The most lines of a batch.
const MOST_LINES: usize = 10_000;
/// The header that replaces the default key by which a second emission is recognised.
const KEY: &str = "idempotency-key";

/// `GET events/`
#[expect(clippy::unnecessary_wraps, reason = "the form that operations have")]
pub fn catalogue(_: &Call) -> Result<Answer, Answer> {
    let events: Vec<_> = EventType::CATALOGUE.into_iter().map(EventTypeObject::from).collect();
    Ok(Answer::json(StatusCode::OK, &events))
}

/// `GET events/{id}/`
pub fn show(call: &Call) -> Result<Answer, Answer> {
    let trace = call.app.hooks.trace(&call.parameter)?;
    match trace.filter(|trace| call.sees_event(trace.event.project_id)) {
        None => Err(Answer::not_found()),
        Some(trace) => {
            let object =
                TraceObject::new(&trace.event, trace.accepted_at, &trace.deliveries, &trace.suppressed);
            Ok(Answer::json(StatusCode::OK, &object))
        }
    }
}

/// `POST events/`
pub fn emit(call: Call) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(async move { emitted(call).await.unwrap_or_else(|answer| answer) })
}

async fn emitted(call: Call) -> Result<Answer, Answer> {
    let mut new = described(&call)?;
    if let Some(key) = call.headers.get(KEY) {
        // The one of the body is replaced, and has to be one all the same.
        let replaced =
            new.idempotency_key.as_deref().map(|key| event::check_text("idempotency_key", key, 255));
        replaced.transpose().map_err(|problem| Error::Invalid(vec![problem]))?;
        new.idempotency_key = Some(key.to_str().unwrap_or_default().to_owned());
    }
    let mut problems = messages::Problems::new();
    let wait = call.read(&mut problems, "wait", pages::boolean);
    if !problems.is_empty() {
        return Err(Answer::fields(&problems));
    }
    if wait == Some(true) {
        return sent(call, new).await;
    }
    let event = call.app.hooks.event(&new).map_err(|error| refused(error, &call.body))?;
    may_emit(&call, &event)?;
    let accepted = accept(&call, Arc::clone(&event)).await?;
    call.app.metrics.accepted(1);
    Ok(Answer::json(StatusCode::ACCEPTED, &accepted_object(&event, &accepted)))
}

/// Sends it first, as the command line does.
async fn sent(call: Call, new: NewEvent) -> Result<Answer, Answer> {
    let sending = call.app.may_send()?;
    let app = Arc::clone(&call.app);
    app.blocking(move || {
        let _sending = sending;
        let event = call.app.hooks.event(&new).map_err(|error| refused(error, &call.body))?;
        may_emit(&call, &event)?;
        let emission = call.app.hooks.emit(&new, Sending::Now)?;
        call.app.metrics.accepted(1);
        let object = EmissionObject::new(&emission.event, &emission.deliveries, &emission.suppressed);
        Ok(Answer::json(StatusCode::OK, &object))
    })
    .await
}

/// The event of the body, as far as it can be read.
fn described(call: &Call) -> Result<NewEvent, Answer> {
    let empty = call.body.is_empty();
    if !empty {
        call.has_type("application/json")?;
    }
    let text = if empty { "{}" } else { std::str::from_utf8(&call.body).map_err(|_| not_utf8())? };
    event_of(text)
}

fn event_of(text: &str) -> Result<NewEvent, Answer> {
    let mut new = object_of(text)?;
    // `5.0` is an integer in JSON, and what Python's floats become.
    for id in std::iter::once(&mut new.permit_id).chain(&mut new.project_id) {
        id.truncate(fields::digits(id).len());
    }
    // Anything else would be taken by its literal, which nobody means.
    if new.idempotency_key.is_some() && !has_plain_key(text) {
        let problem = Problem { field: "idempotency_key", fault: Fault::NoText };
        return Err(Error::Invalid(vec![problem]).into());
    }
    // A member that is ignored because of a slip would send the event to others than was meant.
    match NewEvent::misspelt(text) {
        Some(problem) => Err(Error::Invalid(vec![problem]).into()),
        None => Ok(new),
    }
}

/// Whether the key is text, or a number in its place.
fn has_plain_key(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Key<'a> {
        #[serde(borrow)]
        idempotency_key: &'a RawValue,
    }
    let key = serde_json::from_str::<Key>(text).map(|key| key.idempotency_key.get().as_bytes());
    key.is_ok_and(|key| matches!(key, [b'"' | b'-' | b'0'..=b'9', ..]))
}

fn object_of(text: &str) -> Result<NewEvent, Answer> {
    // An object is the rule, and looked at only once. What else it is, is told by a second look.
    NewEvent::from_json(text).map_err(|problem| match serde_json::from_str::<Value>(text) {
        Err(error) => unparsable(&error.to_string()),
        Ok(value) => match answer::object(value) {
            Err(no_object) => no_object,
            Ok(_) => Answer::from(Error::Invalid(vec![problem])),
        },
    })
}

fn not_utf8() -> Answer {
    unparsable("the body is not UTF-8")
}

/// A token of one project emits events of that project.
fn may_emit(call: &Call, event: &Event) -> Result<(), Answer> {
    let own = call.project().is_none_or(|own| event.project_id == Some(own));
    if own { Ok(()) } else { Err(Answer::forbidden()) }
}

/// Waits until the event is on the disk, together with those of other requests.
async fn accept(call: &Call, event: Arc<Event>) -> Result<Accepted, Answer> {
    let (answer, answered) = oneshot::channel();
    // Whoever has hung up meanwhile does not need the answer; the event is accepted all the same.
    let leave = Arc::clone(&call.leave);
    call.app.intake.submit(event, move |accepted| {
        drop(leave);
        drop(answer.send(accepted));
    });
    match answered.await {
        Ok(accepted) => Ok(accepted?),
        Err(_) => Err(Answer::later("The server is ending.")),
    }
}

fn accepted_object<'a>(event: &'a Event, accepted: &'a Accepted) -> AcceptedObject<'a> {
    let owed = accepted.deliveries.iter().map(|owed| (owed.id, &*owed.webhook));
    AcceptedObject::new(event, owed, &accepted.suppressed)
}

/// `POST events/batch/`
pub fn batch(call: Call) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    Box::pin(async move { emitted_together(call).await.unwrap_or_else(|answer| answer) })
}

/// A line, and what became of it.
enum Line {
    Bad(usize, Value),
    Event(Arc<Event>, oneshot::Receiver<crate::error::Result<Accepted>>),
}

async fn emitted_together(call: Call) -> Result<Answer, Answer> {
    call.has_type("application/x-ndjson")?;
    let call = Arc::new(call);
    let (app, reading) = (Arc::clone(&call.app), Arc::clone(&call));
    // Ten thousand lines take longer than others should wait for.
    let lines = app.aside(move || read_lines(&reading)).await??;
    let mut results = Vec::with_capacity(lines.len());
    let mut accepted_events = 0;
    for line in lines {
        results.push(match line {
            Line::Bad(number, error) => json!({ "line": number, "error": error }),
            Line::Event(event, answered) => {
                let accepted = answered.await.map_err(|_| Answer::later("The server is ending."))??;
                accepted_events += 1;
                json!(accepted_object(&event, &accepted))
            }
        });
    }
    call.app.metrics.accepted(accepted_events);
    Ok(Answer::json(StatusCode::ACCEPTED, &results))
}

/// The lines of a batch, all of which are read before the first event is handed over.
fn read_lines(call: &Call) -> Result<Vec<Line>, Answer> {
    let given = call.body.split(|byte| *byte == b'\n').enumerate();
    let mut lines = Vec::new();
    for (index, line) in given.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        if lines.len() == MOST_LINES {
            let detail = format!("A batch has no more than {MOST_LINES} lines.");
            return Err(Answer::detail(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        lines.push((index + 1, line_event(call, line)));
    }
    let submitted = lines.into_iter().map(|(number, event)| match event {
        Err(error) => Line::Bad(number, error),
        Ok(event) => {
            let (answer, answered) = oneshot::channel();
            let leave = Arc::clone(&call.leave);
            call.app.intake.submit(Arc::clone(&event), move |accepted| {
                drop(leave);
                drop(answer.send(accepted));
            });
            Line::Event(event, answered)
        }
    });
    Ok(submitted.collect())
}

/// The event of a line, or what is wrong with it.
fn line_event(call: &Call, line: &[u8]) -> Result<Arc<Event>, Value> {
    let said = |answer: Answer| serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let text = std::str::from_utf8(line).map_err(|_| said(not_utf8()))?;
    let new = event_of(text).map_err(said)?;
    let event = call.app.hooks.event(&new).map_err(|error| said(refused(error, line)))?;
    may_emit(call, &event).map_err(said)?;
    Ok(event)
}

/// The answer to an event that cannot be accepted; a member that is not there is said to be missing, not blank.
fn refused(error: Error, body: &[u8]) -> Answer {
    let Error::Invalid(problems) = error else { return error.into() };
    let members: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut all = messages::Problems::new();
    for problem in problems {
        let sentence = match (&problem.fault, members.get(problem.field)) {
            (Fault::Blank, None) => messages::REQUIRED.to_owned(),
            (Fault::Blank, Some(Value::Null)) => messages::NULL.to_owned(),
            _ => messages::message(&problem),
        };
        messages::add(&mut all, problem.field, sentence);
    }
    Answer::fields(&all)
}
