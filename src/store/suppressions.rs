//! The table `suppressions`: events that were not turned into deliveries, and why.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::column;
use crate::delivery::Suppression;

/// Records that the event at `event_seq` was not turned into a delivery.
pub(super) fn insert(
    tx: &Transaction,
    event_seq: i64,
    suppression: &Suppression,
    at: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO suppressions (event_seq, webhook_id, reason, delivery_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        event_seq,
        suppression.webhook,
        suppression.reason.name(),
        suppression.delivery,
        column::millis(at)
    ])?;
    Ok(())
}
