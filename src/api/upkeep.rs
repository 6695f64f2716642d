//! The objects of what keeps the file in order. Pure.

use std::path::Path;

use serde::Serialize;

use crate::upkeep::{Check, Examined, Pruned};

/// What was removed, or would be.
#[derive(Debug, Serialize)]
pub struct PrunedObject {
    events: u64,
    deliveries: u64,
    attempts: u64,
    suppressions: u64,
    webhooks: u64,
    bytes_returned: Option<u64>,
}

impl PrunedObject {
    /// What was removed; `returned` says whether it is known how much smaller the file is.
    pub fn new(pruned: &Pruned, returned: bool) -> Self {
        let Pruned { events, deliveries, attempts, suppressions, webhooks, .. } = *pruned;
        let bytes_returned = returned.then_some(pruned.returned);
        Self { events, deliveries, attempts, suppressions, webhooks, bytes_returned }
    }
}

/// A backup that was made.
#[derive(Debug, Serialize)]
pub struct BackupObject {
    path: String,
    bytes: u64,
}

impl BackupObject {
    /// The backup at `path`.
    pub fn new(path: &Path, bytes: u64) -> Self {
        Self { path: path.display().to_string(), bytes }
    }
}

/// One check and its result.
#[derive(Debug, Serialize)]
pub struct CheckObject<'a> {
    check: &'static str,
    verdict: &'static str,
    finding: &'a str,
    advice: &'a str,
}

impl<'a> From<&'a Check> for CheckObject<'a> {
    fn from(check: &'a Check) -> Self {
        Self {
            check: check.name,
            verdict: check.verdict.name(),
            finding: &check.finding,
            advice: &check.advice,
        }
    }
}

/// A check of this machine, or of the receiver of a webhook.
#[derive(Debug, Serialize)]
pub struct ExaminedObject<'a> {
    webhook: Option<i64>,
    webhook_name: Option<&'a str>,
    #[serde(flatten)]
    check: CheckObject<'a>,
}

impl<'a> From<&'a Examined> for ExaminedObject<'a> {
    fn from(examined: &'a Examined) -> Self {
        let webhook = examined.webhook.as_ref();
        Self {
            webhook: webhook.map(|(id, _)| *id),
            webhook_name: webhook.map(|(_, name)| name.as_str()),
            check: (&examined.check).into(),
        }
    }
}
