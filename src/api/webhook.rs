//! Webhooks as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

#[cfg(feature = "serve")]
use super::kinds;
use super::rotation::RotationObject;
use super::{micros, micros_or_null};
use crate::webhook::headers::MASK;
use crate::webhook::{Change, Webhook};

/// A webhook, its secret masked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Webhook"))]
pub struct WebhookObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    id: i64,
    name: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Whole>"))]
    project: Option<i64>,
    url: &'a str,
    enabled: bool,
    #[cfg_attr(feature = "serve", schemars(with = "Vec<kinds::Subscription>"))]
    events: Vec<&'static str>,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    created_at: Timestamp,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    updated_at: Timestamp,
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    last_sent_at: Option<Timestamp>,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Code>"))]
    last_status_code: Option<u16>,
    last_error: &'a str,
    secret_masked: String,
    /// Seconds; null for the configured default.
    timeout: Option<u64>,
    headers: Vec<Pair<'a>>,
    disabled_reason: Option<&'a str>,
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    disabled_at: Option<Timestamp>,
    /// Seconds; null for the configured waits.
    retry_schedule: Option<Vec<u64>>,
    rate: Option<String>,
    ordered: bool,
    /// Files of the server, chosen at its command line.
    client_cert: Option<&'a str>,
    client_key: Option<&'a str>,
    ca_file: Option<&'a str>,
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    paused_at: Option<Timestamp>,
    /// Null where the secret is not being rotated.
    rotation: Option<RotationObject>,
    // Never in an answer of the REST API.
    #[cfg_attr(feature = "serve", schemars(skip))]
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
            retry_schedule: webhook
                .schedule
                .as_ref()
                .map(|schedule| schedule.0.iter().map(Duration::as_secs).collect()),
            rate: webhook.rate.map(|rate| rate.to_string()),
            ordered: webhook.ordered,
            client_cert: webhook.tls.cert(),
            client_key: webhook.tls.key(),
            ca_file: webhook.tls.ca_file.as_deref(),
            paused_at: webhook.paused_at,
            rotation: webhook.rotation.as_ref().map(RotationObject::from),
            secret: reveal_secret.then(|| webhook.secret.expose()),
        }
    }
}

/// A webhook with who changed it.
#[derive(Debug, Serialize)]
pub struct ShownObject<'a> {
    #[serde(flatten)]
    webhook: WebhookObject<'a>,
    changes: Vec<ChangeObject<'a>>,
}

impl<'a> ShownObject<'a> {
    /// The webhook and its changes, the newest first.
    pub fn new(webhook: WebhookObject<'a>, changes: &'a [Change]) -> Self {
        Self { webhook, changes: changes.iter().map(ChangeObject::from).collect() }
    }
}

/// What somebody has done to a webhook.
#[derive(Debug, Serialize)]
struct ChangeObject<'a> {
    #[serde(serialize_with = "micros")]
    at: Timestamp,
    by: &'a str,
    what: &'static str,
    fields: &'a [String],
}

impl<'a> From<&'a Change> for ChangeObject<'a> {
    fn from(change: &'a Change) -> Self {
        Self { at: change.at, by: &change.by, what: change.what.name(), fields: &change.fields }
    }
}

/// A webhook that was just created, with its secret this once.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "CreatedWebhook"))]
pub struct CreatedObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    id: i64,
    name: &'a str,
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Whole>"))]
    project: Option<i64>,
    url: &'a str,
    secret: &'a str,
    enabled: bool,
    #[cfg_attr(feature = "serve", schemars(with = "Vec<kinds::Subscription>"))]
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

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema))]
struct Pair<'a>(&'a str, &'a str);
