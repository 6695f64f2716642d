//! Why an event was sent to each webhook or was not, as JSON. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::{micros, micros_or_null, timestamp};
use crate::explanation::{Explanation, Finding};

/// An event, and what became of it at every webhook.
#[derive(Debug, Serialize)]
pub struct ExplanationObject<'a> {
    id: &'a str,
    event: &'static str,
    permit_id: i64,
    permit_number: &'a str,
    project_id: Option<i64>,
    #[serde(serialize_with = "micros")]
    accepted_at: Timestamp,
    webhooks: Vec<FindingObject<'a>>,
}

impl<'a> From<&'a Explanation> for ExplanationObject<'a> {
    fn from(explanation: &'a Explanation) -> Self {
        let event = &explanation.event;
        Self {
            id: &event.id,
            event: event.event.name(),
            permit_id: event.permit_id,
            permit_number: &event.permit_number,
            project_id: event.project_id,
            accepted_at: explanation.accepted_at,
            webhooks: explanation.findings.iter().map(FindingObject::from).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct FindingObject<'a> {
    webhook: i64,
    webhook_name: &'a str,
    outcome: &'static str,
    /// The delivery of the event, or the one that stands for it.
    delivery: Option<i64>,
    status: Option<&'static str>,
    reason: String,
    /// Since when it was disabled or paused, or when it was created or deleted; and who did that.
    #[serde(serialize_with = "micros_or_null")]
    since: Option<Timestamp>,
    by: Option<&'a str>,
    /// When, after the event, what the outcome is derived from was changed; null where nothing was.
    #[serde(serialize_with = "micros_or_null")]
    changed_at: Option<Timestamp>,
    changed_by: Option<&'a str>,
}

impl<'a> From<&'a Finding> for FindingObject<'a> {
    fn from(finding: &'a Finding) -> Self {
        let (since, changed) = (finding.since.as_ref(), finding.changed.as_ref());
        Self {
            webhook: finding.webhook,
            webhook_name: &finding.webhook_name,
            outcome: finding.fate.name(),
            delivery: finding.delivery.map(|(id, _)| id),
            status: finding.delivery.map(|(_, status)| status.name()),
            reason: finding.text(timestamp),
            since: since.map(|noted| noted.at),
            by: since.and_then(|noted| noted.by.as_deref()),
            changed_at: changed.map(|noted| noted.at),
            changed_by: changed.and_then(|noted| noted.by.as_deref()),
        }
    }
}
