//! One delivery as JSON, with its request and every attempt.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

#[cfg(feature = "serve")]
use super::kinds;
use super::{DeliveryObject, RequestObject, micros, milliseconds, raw};
use crate::advice::advice;
use crate::delivery::{AnswerLength, Attempt, Delivery};
use crate::event::Event;

/// A delivery with its request and every attempt.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Inspection"))]
pub struct InspectionObject<'a> {
    #[serde(flatten)]
    delivery: DeliveryObject<'a>,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    timestamp: String,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Whole>"))]
    project_id: Option<i64>,
    idempotency_key: &'a str,
    /// The last request that was made; null before the first attempt.
    request: Option<RequestObject<'a>>,
    /// The event's body as JSON: the member values of what was sent.
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Payload>"))]
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
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Attempt"))]
struct AttemptObject<'a> {
    number: u32,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    started_at: Timestamp,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Milliseconds"))]
    duration_ms: f64,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Outcome"))]
    outcome: &'static str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Phase"))]
    phase: &'static str,
    error: &'a str,
    advice: Option<String>,
    url: &'a str,
    request_headers: &'a [(Cow<'static, str>, String)],
    response: Option<AnswerObject<'a>>,
    /// During the rotation of a secret: the one that signed the last request.
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Generation>"))]
    signed_with: Option<&'static str>,
    /// During the rotation of a secret: how the receiver had refused the other one right before, in the same attempt.
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Code>"))]
    refused_status: Option<u16>,
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
            signed_with: attempt.signing.map(|signing| signing.with.name()),
            refused_status: attempt.signing.and_then(|signing| signing.refused),
        }
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Answer"))]
struct AnswerObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Code"))]
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
