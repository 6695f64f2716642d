//! The verb that rotates the secret of a webhook while events go on being delivered.

use std::time::Duration;

use jiff::Timestamp;

use super::webhooks::not_found;
use super::{Hooks, new_secret, random};
use crate::error::{Error, Result};
use crate::signature::Secret;
use crate::webhook::{Actor, Rotating, Webhook};

/// The beginning of a rotation; without a secret one is generated.
///
/// # Errors
/// `Storage` where the system has no randomness.
pub fn new_rotation(secret: Option<Secret>, overlap: Duration) -> Result<Rotating> {
    let secret = secret.map_or_else(new_secret, Ok)?;
    Ok(Rotating::Begin { secret, overlap, id: i64::from_ne_bytes(random()?) })
}

impl Hooks {
    /// Takes a step of a rotation, and notes that `by` did.
    ///
    /// # Errors
    /// As [`Hooks::show`] and [`Webhook::rotate`].
    pub fn rotate_secret(&self, named: &str, rotating: Rotating, by: &Actor) -> Result<Webhook> {
        let id = self.show(named)?.id;
        let rotated = self.rotate_secret_by_id(id, rotating, by)?;
        rotated.ok_or_else(|| Error::NotFound(not_found(named, &[])))
    }

    /// As [`Self::rotate_secret`], of the webhook with this id; `None` where there is none.
    ///
    /// # Errors
    /// As [`Webhook::rotate`]; `Storage`.
    pub fn rotate_secret_by_id(&self, id: i64, rotating: Rotating, by: &Actor) -> Result<Option<Webhook>> {
        // As it will stand in the file: what is answered now is what is shown later.
        let now = Timestamp::now();
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.store.change_webhook(id, by, |webhook| webhook.rotate(rotating, now))
    }
}
