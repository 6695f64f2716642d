//! Alerts as JSON: what a command reads and a webhook receives.

use jiff::Timestamp;
use serde::Serialize;

use super::micros;
use crate::incident::Alert;

/// What has happened to one webhook.
#[derive(Debug, Serialize)]
pub struct AlertObject<'a> {
    event: &'static str,
    #[serde(serialize_with = "micros")]
    timestamp: Timestamp,
    webhook: i64,
    webhook_name: &'a str,
    url: &'a str,
    #[serde(serialize_with = "micros")]
    failing_since: Timestamp,
    failures: u64,
    pending: u64,
    status_code: Option<u16>,
    error: &'a str,
    text: String,
}

impl<'a> From<&'a Alert> for AlertObject<'a> {
    fn from(alert: &'a Alert) -> Self {
        Self {
            event: alert.kind.event().name(),
            timestamp: alert.at,
            webhook: alert.webhook,
            webhook_name: &alert.webhook_name,
            url: &alert.url,
            failing_since: alert.since,
            failures: alert.failures,
            pending: alert.pending,
            status_code: alert.status_code,
            error: &alert.error,
            text: alert.sentence(),
        }
    }
}
