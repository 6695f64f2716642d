//! The rotation of a secret as JSON; a secret only where it was just given.

use jiff::Timestamp;
use serde::Serialize;

#[cfg(feature = "serve")]
use super::kinds;
use super::{micros, micros_or_null};
use crate::webhook::{Rotation, Webhook};

/// Where a rotation stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Rotation"))]
pub struct RotationObject {
    /// The secret that signs `X-Athens-Signature`.
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Generation"))]
    leads: &'static str,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    started_at: Timestamp,
    /// From then on the old secret counts for nothing.
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    until: Timestamp,
    /// When the receiver first accepted the new secret after it had refused the old one; null as long as it has not.
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    accepted_at: Option<Timestamp>,
}

impl From<&Rotation> for RotationObject {
    fn from(rotation: &Rotation) -> Self {
        Self {
            leads: rotation.leads.name(),
            started_at: rotation.started_at,
            until: rotation.until,
            accepted_at: rotation.accepted_at,
        }
    }
}

/// A webhook whose rotation has just begun, with its new secret this once; or has just ended, without one.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "RotatedWebhook"))]
pub struct RotatedObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    id: i64,
    name: &'a str,
    /// The new secret; null where the rotation has ended.
    secret: Option<&'a str>,
    rotation: Option<RotationObject>,
}

impl<'a> RotatedObject<'a> {
    /// The webhook as it stands after a step of a rotation.
    pub fn new(webhook: &'a Webhook) -> Self {
        let rotation = webhook.rotation.as_ref();
        Self {
            id: webhook.id,
            name: &webhook.name,
            secret: rotation.map(|_| webhook.secret.expose()),
            rotation: rotation.map(RotationObject::from),
        }
    }
}
