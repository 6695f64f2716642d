//! Events and what became of them as JSON.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

#[cfg(feature = "serve")]
use super::kinds;
use super::{DeliveryObject, SuppressionObject, micros, raw};
use crate::delivery::{Delivery, Status, Suppression};
use crate::event::Event;
use crate::webhook::Webhook;

/// An event that was accepted and not sent yet.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Accepted"))]
pub struct AcceptedObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::EventId"))]
    id: &'a str,
    deliveries: Vec<OwedObject<'a>>,
    suppressed: Vec<SuppressionObject<'a>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Owed"))]
struct OwedObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    id: i64,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    webhook: i64,
    webhook_name: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Status"))]
    status: &'static str,
}

impl<'a> AcceptedObject<'a> {
    /// What `event` owes: the id of each delivery and to whom.
    pub fn new(
        event: &'a Event,
        owed: impl Iterator<Item = (i64, &'a Webhook)>,
        suppressed: &'a [Suppression],
    ) -> Self {
        let object = |(id, webhook): (i64, &'a Webhook)| OwedObject {
            id,
            webhook: webhook.id,
            webhook_name: &webhook.name,
            status: Status::Pending.name(),
        };
        Self {
            id: &event.id,
            deliveries: owed.map(object).collect(),
            suppressed: suppressed.iter().map(SuppressionObject::from).collect(),
        }
    }
}

/// An event with its exact body and all that became of it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Event"))]
pub struct TraceObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::EventId"))]
    id: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::AnyEvent"))]
    event: &'static str,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    timestamp: String,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Whole"))]
    permit_id: i64,
    permit_number: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Whole>"))]
    project_id: Option<i64>,
    idempotency_key: &'a str,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    accepted_at: Timestamp,
    /// The exact text that is sent, as a string.
    body: Cow<'a, str>,
    /// The same as JSON.
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Payload>"))]
    payload: Option<&'a RawValue>,
    deliveries: Vec<DeliveryObject<'a>>,
    suppressed: Vec<SuppressionObject<'a>>,
}

impl<'a> TraceObject<'a> {
    /// All that became of `event`.
    pub fn new(
        event: &'a Event,
        accepted_at: Timestamp,
        deliveries: &'a [Delivery],
        suppressed: &'a [Suppression],
    ) -> Self {
        Self {
            id: &event.id,
            event: event.event.name(),
            timestamp: event.timestamp.to_string(),
            permit_id: event.permit_id,
            permit_number: &event.permit_number,
            project_id: event.project_id,
            idempotency_key: &event.dedupe_key,
            accepted_at,
            body: raw(&event.body),
            payload: serde_json::from_slice(&event.body).ok(),
            deliveries: deliveries.iter().map(DeliveryObject::from).collect(),
            suppressed: suppressed.iter().map(SuppressionObject::from).collect(),
        }
    }
}
