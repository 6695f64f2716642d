//! The table `suppressions`: events that were not turned into deliveries, and why.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::column;
use crate::delivery::{Suppression, SuppressionReason};

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

/// What was suppressed of the event at `event_seq`, in the order of the webhooks.
pub(super) fn of_event(tx: &Transaction, event_seq: i64) -> rusqlite::Result<Vec<Suppression>> {
    tx.prepare_cached(
        "SELECT s.webhook_id, w.name, s.reason, s.delivery_id
         FROM suppressions s JOIN webhooks w ON w.id = s.webhook_id WHERE s.event_seq = ?1 ORDER BY s.id",
    )?
    .query_map([event_seq], |row| {
        let reason = row.get::<_, String>(2)?;
        Ok(Suppression {
            webhook: row.get(0)?,
            webhook_name: row.get(1)?,
            reason: column::named(2, &SuppressionReason::ALL, SuppressionReason::name, &reason)?,
            delivery: row.get(3)?,
            differs: false,
        })
    })?
    .collect()
}
