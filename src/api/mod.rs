//! The JSON objects that stand for webhooks, events, deliveries and tokens: what `-o json` prints. Pure.
//!
//! Times are RFC 3339 in UTC with microseconds, durations are milliseconds, and what is absent is `null`.

mod alert;
mod definition;
mod event;
mod explanation;
mod inspection;
#[cfg(feature = "serve")]
mod kinds;
mod receipt;
mod rotation;
#[cfg(feature = "serve")]
mod schemas;
mod stats;
mod token;
mod upkeep;
mod webhook;

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::delivery::{Delivery, Suppression, WaitsFor};
use crate::event::{Event, EventType};
use crate::request::Request;
use crate::webhook::Webhook;

pub use alert::AlertObject;
pub use definition::StepObject;
pub use event::{AcceptedObject, TraceObject};
pub use explanation::ExplanationObject;
pub use inspection::InspectionObject;
pub use receipt::{CauseObject, ReceiptObject, ReceiptsObject, SummaryObject};
pub use rotation::RotatedObject;
#[cfg(feature = "serve")]
pub use schemas::{schemas, values};
pub use stats::StatsObject;
pub use token::{CreatedTokenObject, TokenObject};
pub use upkeep::{BackupObject, CheckObject, ExaminedObject, PrunedObject};
pub use webhook::{CreatedObject, ShownObject, WebhookObject};

/// One event of the catalogue.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "EventType"))]
pub struct EventTypeObject {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Event"))]
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
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Delivery"))]
pub struct DeliveryObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    id: i64,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    webhook: i64,
    webhook_name: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::AnyEvent"))]
    event: &'static str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Whole"))]
    permit_id: i64,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Code>"))]
    response_code: Option<u16>,
    error: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Status"))]
    status: &'static str,
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    sent_at: Option<Timestamp>,
    retry_count: u32,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::EventId"))]
    event_id: &'a str,
    permit_number: &'a str,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    created_at: Timestamp,
    attempts: u32,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Milliseconds>"))]
    duration_ms: Option<f64>,
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    next_attempt_at: Option<Timestamp>,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::WaitsFor>"))]
    waits_for: Option<&'static str>,
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
            waits_for: delivery.waits_for.map(WaitsFor::name),
        }
    }
}

/// What became of an emitted event.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Emission"))]
pub struct EmissionObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::EventId"))]
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
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Suppression"))]
pub struct SuppressionObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    webhook: i64,
    webhook_name: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Reason"))]
    reason: &'static str,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Id>"))]
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
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Request"))]
struct RequestObject<'a> {
    // Only in a preview, which the command line alone has.
    #[cfg_attr(feature = "serve", schemars(skip))]
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<i64>,
    #[cfg_attr(feature = "serve", schemars(skip))]
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_name: Option<&'a str>,
    method: &'static str,
    url: &'a str,
    headers: Vec<(Cow<'static, str>, String)>,
    /// The exact text that is sent, as a string.
    body: Cow<'a, str>,
}

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
