//! The table `suppressions`: events that were not turned into deliveries, and why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::column;
use crate::delivery::{Status, Suppression, SuppressionReason};
use crate::explanation::Withheld;

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

/// What was suppressed of the event at `event_seq`, by the id of the webhook, with where the delivery stands that it
/// repeats or was replayed as.
pub(super) fn withheld(tx: &Transaction, event_seq: i64) -> rusqlite::Result<BTreeMap<i64, Withheld>> {
    tx.prepare_cached(
        "SELECT s.webhook_id, s.reason, s.delivery_id, d.status, s.replayed_at
         FROM suppressions s LEFT JOIN deliveries d ON d.id = s.delivery_id WHERE s.event_seq = ?1",
    )?
    .query_map([event_seq], |row| {
        let reason = row.get::<_, String>(1)?;
        let status = row.get::<_, Option<String>>(3)?;
        let status = status.map(|name| column::named(3, &Status::ALL, Status::name, &name)).transpose()?;
        let withheld = Withheld {
            reason: column::named(1, &SuppressionReason::ALL, SuppressionReason::name, &reason)?,
            delivery: row.get::<_, Option<i64>>(2)?.zip(status),
            replayed_at: column::time_or_none(4, row.get(4)?)?,
        };
        Ok((row.get(0)?, withheld))
    })?
    .collect()
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
