//! The verbs that read the log: deliveries, inspect.

use super::Hooks;
use crate::delivery::{Attempt, Delivery, DeliveryFilter};
use crate::error::{Error, Report, Result};
use crate::event::Event;

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

impl Hooks {
    /// The deliveries that pass the filter, newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>> {
        self.store.deliveries(filter)
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
