//! The JSON objects that stand for webhooks, events and deliveries: what `-o json` prints. Pure.
//!
//! Times are RFC 3339 in UTC with microseconds, durations are milliseconds, and what is absent is `null`.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::advice::advice;
use crate::delivery::{AnswerLength, Attempt, Delivery, Suppression};
use crate::event::{Event, EventType};
use crate::request::Request;
use crate::webhook::Webhook;
use crate::webhook::headers::MASK;

/// A webhook, its secret masked.
#[derive(Debug, Serialize)]
pub struct WebhookObject<'a> {
    id: i64,
    name: &'a str,
    project: Option<i64>,
    url: &'a str,
    enabled: bool,
    events: Vec<&'static str>,
    #[serde(serialize_with = "micros")]
    created_at: Timestamp,
    #[serde(serialize_with = "micros")]
    updated_at: Timestamp,
    #[serde(serialize_with = "micros_or_null")]
    last_sent_at: Option<Timestamp>,
    last_status_code: Option<u16>,
    last_error: &'a str,
    secret_masked: String,
    /// Seconds; null for the configured default.
    timeout: Option<u64>,
    headers: Vec<Pair<'a>>,
    disabled_reason: Option<&'a str>,
    #[serde(serialize_with = "micros_or_null")]
    disabled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> WebhookObject<'a> {
    /// The webhook; with its secret only where that was asked for.
    pub fn new(webhook: &'a Webhook, reveal_secret: bool) -> Self {
        Self {
            id: webhook.id,
            name: &webhook.name,
            project: webhook.project,
            url: &webhook.url,
            enabled: webhook.enabled,
            events: webhook.events.names(),
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
            last_sent_at: webhook.last_sent_at,
            last_status_code: webhook.last_status_code,
            last_error: &webhook.last_error,
            secret_masked: webhook.secret.masked(),
            timeout: webhook.timeout.map(|timeout| timeout.as_secs()),
            headers: webhook.headers.iter().map(|header| Pair(&header.name, MASK)).collect(),
            disabled_reason: webhook.disabled.as_ref().map(|disabled| disabled.reason.as_str()),
            disabled_at: webhook.disabled.as_ref().map(|disabled| disabled.at),
            secret: reveal_secret.then(|| webhook.secret.expose()),
        }
    }
}

/// A webhook that was just created, with its secret this once.
#[derive(Debug, Serialize)]
pub struct CreatedObject<'a> {
    id: i64,
    name: &'a str,
    project: Option<i64>,
    url: &'a str,
    secret: &'a str,
    enabled: bool,
    events: Vec<&'static str>,
}

impl<'a> From<&'a Webhook> for CreatedObject<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        Self {
            id: webhook.id,
            name: &webhook.name,
            project: webhook.project,
            url: &webhook.url,
            secret: webhook.secret.expose(),
            enabled: webhook.enabled,
            events: webhook.events.names(),
        }
    }
}

/// One event of the catalogue.
#[derive(Debug, Serialize)]
pub struct EventTypeObject {
    event: &'static str,
    description: &'static str,
}

impl From<EventType> for EventTypeObject {
    fn from(event: EventType) -> Self {
        Self { event: event.name(), description: event.description() }
    }
}

/// A delivery and where it stands.
#[derive(Debug, Serialize)]
pub struct DeliveryObject<'a> {
    id: i64,
    webhook: i64,
    webhook_name: &'a str,
    event: &'static str,
    permit_id: i64,
    response_code: Option<u16>,
    error: &'a str,
    status: &'static str,
    #[serde(serialize_with = "micros_or_null")]
    sent_at: Option<Timestamp>,
    retry_count: u32,
    event_id: &'a str,
    permit_number: &'a str,
    #[serde(serialize_with = "micros")]
    created_at: Timestamp,
    attempts: u32,
    duration_ms: Option<f64>,
    #[serde(serialize_with = "micros_or_null")]
    next_attempt_at: Option<Timestamp>,
}

impl<'a> From<&'a Delivery> for DeliveryObject<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let last = delivery.last.as_ref();
        Self {
            id: delivery.id,
            webhook: delivery.webhook,
            webhook_name: &delivery.webhook_name,
            event: delivery.event.name(),
            permit_id: delivery.permit_id,
            response_code: last.and_then(|last| last.status_code),
            error: &delivery.error,
            status: delivery.status.name(),
            sent_at: last.map(|last| last.at),
            retry_count: delivery.attempts.saturating_sub(1),
            event_id: &delivery.event_id,
            permit_number: &delivery.permit_number,
            created_at: delivery.created_at,
            attempts: delivery.attempts,
            duration_ms: last.map(|last| milliseconds(last.duration)),
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}

/// What became of an emitted event.
#[derive(Debug, Serialize)]
pub struct EmissionObject<'a> {
    id: &'a str,
    deliveries: Vec<DeliveryObject<'a>>,
    suppressed: Vec<SuppressionObject<'a>>,
}

impl<'a> EmissionObject<'a> {
    /// What became of `event`.
    pub fn new(event: &'a Event, deliveries: &'a [Delivery], suppressed: &'a [Suppression]) -> Self {
        Self {
            id: &event.id,
            deliveries: deliveries.iter().map(DeliveryObject::from).collect(),
            suppressed: suppressed.iter().map(SuppressionObject::from).collect(),
        }
    }
}

/// An event that was not turned into a delivery.
#[derive(Debug, Serialize)]
pub struct SuppressionObject<'a> {
    webhook: i64,
    webhook_name: &'a str,
    reason: &'static str,
    delivery: Option<i64>,
}

impl<'a> From<&'a Suppression> for SuppressionObject<'a> {
    fn from(suppression: &'a Suppression) -> Self {
        Self {
            webhook: suppression.webhook,
            webhook_name: &suppression.webhook_name,
            reason: suppression.reason.name(),
            delivery: suppression.delivery,
        }
    }
}

/// What would become of an event.
#[derive(Debug, Serialize)]
pub struct PreviewObject<'a> {
    requests: Vec<RequestObject<'a>>,
    suppressed: Vec<SuppressionObject<'a>>,
}

impl<'a> PreviewObject<'a> {
    /// The requests that would be made, each with the webhook that it is for.
    pub fn new(
        requests: impl Iterator<Item = (&'a Webhook, &'a Request)>,
        suppressed: &'a [Suppression],
    ) -> Self {
        let request = |(webhook, request): (&'a Webhook, &'a Request)| RequestObject {
            webhook: Some(webhook.id),
            webhook_name: Some(&webhook.name),
            method: "POST",
            url: &request.url,
            headers: request.shown_headers(),
            body: raw(&request.body),
        };
        Self {
            requests: requests.map(request).collect(),
            suppressed: suppressed.iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct RequestObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_name: Option<&'a str>,
    method: &'static str,
    url: &'a str,
    headers: Vec<(String, String)>,
    /// The exact text that is sent, as a string.
    body: Cow<'a, str>,
}

/// A delivery with its request and every attempt.
#[derive(Debug, Serialize)]
pub struct InspectionObject<'a> {
    #[serde(flatten)]
    delivery: DeliveryObject<'a>,
    timestamp: String,
    project_id: Option<i64>,
    idempotency_key: &'a str,
    /// The last request that was made; null before the first attempt.
    request: Option<RequestObject<'a>>,
    /// The event's body as JSON: the member values of what was sent.
    payload: Option<&'a RawValue>,
    attempt_log: Vec<AttemptObject<'a>>,
}

impl<'a> InspectionObject<'a> {
    /// All that is known of a delivery.
    pub fn new(delivery: &'a Delivery, event: &'a Event, attempts: &'a [Attempt]) -> Self {
        Self {
            delivery: delivery.into(),
            timestamp: event.timestamp.to_string(),
            project_id: event.project_id,
            idempotency_key: &event.dedupe_key,
            request: attempts.last().map(|last| RequestObject {
                webhook: None,
                webhook_name: None,
                method: "POST",
                url: &last.url,
                headers: last.headers.clone(),
                body: raw(&event.body),
            }),
            payload: serde_json::from_slice(&event.body).ok(),
            attempt_log: attempts.iter().map(AttemptObject::from).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct AttemptObject<'a> {
    number: u32,
    #[serde(serialize_with = "micros")]
    started_at: Timestamp,
    duration_ms: f64,
    outcome: &'static str,
    phase: &'static str,
    error: &'a str,
    advice: Option<String>,
    url: &'a str,
    request_headers: &'a [(String, String)],
    response: Option<AnswerObject<'a>>,
}

impl<'a> From<&'a Attempt> for AttemptObject<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        let outcome = &attempt.outcome;
        Self {
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: milliseconds(outcome.duration),
            outcome: outcome.kind.name(),
            phase: outcome.phase.name(),
            error: &outcome.error,
            advice: advice(attempt),
            url: &attempt.url,
            request_headers: &attempt.headers,
            response: outcome.answer.as_ref().map(|answer| AnswerObject {
                status: answer.status,
                headers: &answer.headers,
                body: String::from_utf8_lossy(&answer.body),
                body_base64: std::str::from_utf8(&answer.body)
                    .is_err()
                    .then(|| STANDARD.encode(&answer.body)),
                body_bytes_kept: answer.body.len(),
                body_length: match answer.length {
                    AnswerLength::Exactly(bytes) => Some(bytes),
                    AnswerLength::MoreThan(_) => None,
                },
            }),
        }
    }
}

#[derive(Debug, Serialize)]
struct AnswerObject<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: Cow<'a, str>,
    /// Only where the body is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    body_bytes_kept: usize,
    /// Bytes; null where the body was not read to its end.
    body_length: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Pair<'a>(&'a str, &'a str);

fn raw(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body)
}

fn milliseconds(duration: Duration) -> f64 {
    // Microseconds are what the log keeps.
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// `2026-11-23T17:13:37.250875Z`.
pub fn timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn micros<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*at))
}

#[expect(clippy::ref_option, reason = "serde hands the field over like this")]
fn micros_or_null<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => micros(at, serializer),
        None => serializer.serialize_none(),
    }
}
