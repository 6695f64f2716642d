//! Lines: at an ordered webhook, what is pending for one permit stands in a line in the order of acceptance.
//! Only the first one may be claimed (`waits = 0`), so no two of a line are ever under way together.

use std::collections::HashSet;

use rusqlite::{Transaction, params};

use crate::webhook::Webhook;

/// The line that a new delivery of `webhook` about this permit joins, and whether it has to wait there.
pub fn join(tx: &Transaction, webhook: &Webhook, permit: i64) -> rusqlite::Result<(Option<i64>, bool)> {
    if !webhook.ordered {
        return Ok((None, false));
    }
    let occupied = tx
        .prepare_cached(
            "SELECT 1 FROM deliveries INDEXED BY deliveries_line
             WHERE webhook_id = ?1 AND line = ?2 AND status = 'pending' LIMIT 1",
        )?
        .exists(params![webhook.id, permit])?;
    Ok((Some(permit), occupied))
}

/// The webhooks that are ordered.
pub fn ordered(tx: &Transaction) -> rusqlite::Result<HashSet<i64>> {
    tx.prepare_cached("SELECT id FROM webhooks WHERE ordered = 1 AND deleted_at IS NULL")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Lets the first one of the line go in which this delivery is or was, unless one of it is free to go already.
pub fn advance(tx: &Transaction, delivery: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "WITH line (webhook, permit) AS (SELECT webhook_id, line FROM deliveries WHERE id = ?1)
         UPDATE deliveries SET waits = 0
         WHERE waits = 1
           AND id = (SELECT min(id) FROM deliveries INDEXED BY deliveries_line, line
                     WHERE webhook_id = webhook AND deliveries.line = permit AND status = 'pending')
           AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_line, line
                           WHERE webhook_id = webhook AND deliveries.line = permit AND status = 'pending'
                             AND waits = 0)",
    )?
    .execute([delivery])?;
    Ok(())
}

/// Gives a delivery that has become pending again its place: by its id, but behind one that is being sent.
pub fn rejoin(tx: &Transaction, id: i64) -> rusqlite::Result<()> {
    let (webhook, line): (i64, Option<i64>) = tx
        .prepare_cached("SELECT webhook_id, line FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(line) = line else { return Ok(()) };
    tx.prepare_cached(
        "UPDATE deliveries SET waits = 1
         WHERE webhook_id = ?1 AND line = ?2 AND status = 'pending' AND claimed_at IS NULL AND waits = 0",
    )?
    .execute(params![webhook, line])?;
    advance(tx, id)
}

/// Puts everything that is pending for a webhook in lines, after it was made an ordered one.
pub fn form(tx: &Transaction, webhook: i64) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE deliveries SET line = first.permit, waits = deliveries.id <> first.id
         FROM (SELECT e.permit_id AS permit, min(d.id) AS id
               FROM deliveries d JOIN events e ON e.seq = d.event_seq
               WHERE d.webhook_id = ?1 AND d.status = 'pending' AND d.event <> 'webhook_test' GROUP BY e.permit_id) first
         WHERE deliveries.webhook_id = ?1 AND deliveries.status = 'pending' AND deliveries.event <> 'webhook_test'
           AND first.permit = (SELECT permit_id FROM events WHERE seq = deliveries.event_seq)",
        [webhook],
    )?;
    // One that is being sent at this moment goes before those that wait for nothing.
    tx.execute(
        "UPDATE deliveries SET waits = 1
         WHERE webhook_id = ?1 AND status = 'pending' AND waits = 0 AND claimed_at IS NULL
           AND line IN (SELECT line FROM deliveries
                        WHERE webhook_id = ?1 AND status = 'pending' AND claimed_at IS NOT NULL)",
        [webhook],
    )?;
    tx.execute(
        "UPDATE deliveries SET waits = 0 WHERE webhook_id = ?1 AND status = 'pending' AND claimed_at IS NOT NULL",
        [webhook],
    )?;
    Ok(())
}

/// Takes everything that is pending for a webhook out of its lines.
pub fn dissolve(tx: &Transaction, webhook: i64) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE deliveries SET line = NULL, waits = 0 WHERE webhook_id = ?1 AND status = 'pending'",
        [webhook],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
