//! The verbs that read the log: deliveries, inspect.

use jiff::Timestamp;

use super::Hooks;
use crate::delivery::{Attempt, Delivery, DeliveryFilter, Suppression};
use crate::error::{Error, Report, Result};
use crate::event::Event;
use crate::store::Traced;

/// All that is known of one delivery.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The delivery.
    pub delivery: Delivery,
    /// What was owed, its body included.
    pub event: Event,
    /// Every attempt, the first one first.
    pub attempts: Vec<Attempt>,
}

/// All that became of one event.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The event, its body included.
    pub event: Event,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The deliveries that it owes.
    pub deliveries: Vec<Delivery>,
    /// What it would have owed, and why it does not.
    pub suppressed: Vec<Suppression>,
}

impl Hooks {
    /// The deliveries that pass the filter, newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>> {
        self.store.deliveries(filter)
    }

    /// An event, the deliveries that it owes, and what was suppressed; `None` where there is none.
    ///
    /// # Errors
    /// `Storage`.
    pub fn trace(&self, event: &str) -> Result<Option<Trace>> {
        let Some(Traced { event, accepted_at, deliveries, suppressed }) = self.store.event(event)? else {
            return Ok(None);
        };
        let deliveries = self.store.deliveries_by_id(&deliveries)?;
        Ok(Some(Trace { event, accepted_at, deliveries, suppressed }))
    }

    /// One delivery with its request and every attempt.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn inspect(&self, id: i64) -> Result<Inspection> {
        let found = self.store.delivery(id)?;
        let (delivery, event, attempts) = found.ok_or_else(|| {
            Error::NotFound(
                Report::new(format!("delivery `{id}` does not exist"))
                    .hint("`ptw-hooks deliveries` shows the newest ones"),
            )
        })?;
        Ok(Inspection { delivery, event, attempts })
    }
}
