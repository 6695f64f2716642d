//! Removing what is old: events with all that hangs on them, in steps that others hardly wait for.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{Store, column};
use crate::error::Result;
use crate::upkeep::Pruned;

/// A step looks at this many events.
const WINDOW: u32 = 256;
/// A step that has removed this many rows ends early: an event may have been owed to many webhooks.
const MOST_ROWS: u64 = 1000;

/// An event of which something is pending is kept, however old it is. `events` is the table outside.
const IS_PENDING: &str =
    "EXISTS (SELECT 1 FROM deliveries p WHERE p.event_seq = events.seq AND p.status = 'pending')";

/// One step through the table `events`.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What was removed, or would be.
    pub removed: Pruned,
    /// After which place the next step begins; `None` where nothing old enough is left.
    pub next: Option<i64>,
}

impl Store {
    /// Removes some of the events after `after` that were accepted before `before` and of which nothing is
    /// pending, with their deliveries, attempts and suppressions.
    pub fn prune(&self, after: i64, before: Timestamp) -> Result<Step> {
        // Looking takes no lock; only what was found is worth a write.
        let (old, next) = self.read(|tx| Ok(window(tx, after, before)?))?;
        if old.is_empty() {
            return Ok(Step { removed: Pruned::default(), next });
        }
        self.write(|tx| {
            let (mut removed, mut rows) = (Pruned::default(), 0);
            for seq in old {
                if rows >= MOST_ROWS {
                    return Ok(Step { removed, next: Some(seq - 1) });
                }
                let one = remove(tx, seq)?;
                rows += one.events + one.deliveries + one.attempts + one.suppressions;
                removed.add(one);
            }
            Ok(Step { removed, next })
        })
    }

    /// What [`Self::prune`] would remove in as many steps as it takes; nothing is removed.
    pub fn prunable(&self, after: i64, before: Timestamp) -> Result<Step> {
        self.read(|tx| {
            let (old, next) = window(tx, after, before)?;
            let mut removed = Pruned::default();
            for seq in old {
                removed.add(count(tx, seq)?);
            }
            Ok(Step { removed, next })
        })
    }

    /// Removes the webhooks that were deleted and have no log any more, and who changed them; says how many.
    pub fn prune_webhooks(&self) -> Result<u64> {
        const GONE: &str = "deleted_at IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id)
                            AND NOT EXISTS (SELECT 1 FROM suppressions WHERE webhook_id = webhooks.id)";
        self.write(|tx| {
            for table in ["webhook_changes", "alerts", "incidents"] {
                tx.execute(
                    &format!(
                        "DELETE FROM {table} WHERE webhook_id IN (SELECT id FROM webhooks WHERE {GONE})"
                    ),
                    [],
                )?;
            }
            Ok(tx.execute(&format!("DELETE FROM webhooks WHERE {GONE}"), [])? as u64)
        })
    }

    /// How many [`Self::prune_webhooks`] would remove, once the events up to `upto` were pruned.
    pub fn prunable_webhooks(&self, upto: i64, before: Timestamp) -> Result<u64> {
        let nothing_stays = |table: &str| {
            format!(
                "NOT EXISTS (SELECT 1 FROM {table} JOIN events ON events.seq = {table}.event_seq
                             WHERE {table}.webhook_id = webhooks.id
                             AND (events.seq > ?1 OR events.accepted_at >= ?2 OR {IS_PENDING}))"
            )
        };
        let sql = format!(
            "SELECT count(*) FROM webhooks WHERE deleted_at IS NOT NULL AND {} AND {}",
            nothing_stays("deliveries"),
            nothing_stays("suppressions")
        );
        self.read(|tx| {
            Ok(tx.query_row(&sql, params![upto, column::millis(before)], |row| column::count(row, 0))?)
        })
    }
}

/// The places of the next events that are old enough and may go, and after which place to look next.
fn window(tx: &Transaction, after: i64, before: Timestamp) -> rusqlite::Result<(Vec<i64>, Option<i64>)> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT seq, accepted_at < ?2, accepted_at < ?2 AND NOT {IS_PENDING}
         FROM events WHERE seq > ?1 ORDER BY seq LIMIT {WINDOW}"
    ))?;
    let (mut going, mut last, mut any_old) = (Vec::new(), None, false);
    let mut rows = statement.query(params![after, column::millis(before)])?;
    while let Some(row) = rows.next()? {
        let seq = row.get(0)?;
        last = Some(seq);
        any_old |= row.get::<_, bool>(1)?;
        if row.get(2)? {
            going.push(seq);
        }
    }
    // Events are accepted one after the other: behind a window of young ones, none is old. A clock that was
    // ahead for a while only delays what comes after.
    Ok((going, last.filter(|_| any_old)))
}

fn remove(tx: &Transaction, seq: i64) -> rusqlite::Result<Pruned> {
    let run = |sql| Ok::<u64, rusqlite::Error>(tx.prepare_cached(sql)?.execute([seq])? as u64);
    // It may have been sent again since it was looked at.
    let pending = "SELECT 1 FROM deliveries WHERE event_seq = ?1 AND status = 'pending'";
    if tx.prepare_cached(pending)?.exists([seq])? {
        return Ok(Pruned::default());
    }
    let attempts =
        run("DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_seq = ?1)")?;
    // A later event may be a duplicate of this one, or was sent in its place.
    run("UPDATE suppressions SET delivery_id = NULL
         WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_seq = ?1)")?;
    Ok(Pruned {
        attempts,
        suppressions: run("DELETE FROM suppressions WHERE event_seq = ?1")?,
        deliveries: run("DELETE FROM deliveries WHERE event_seq = ?1")?,
        events: run("DELETE FROM events WHERE seq = ?1")?,
        ..Pruned::default()
    })
}

fn count(tx: &Transaction, seq: i64) -> rusqlite::Result<Pruned> {
    tx.prepare_cached(
        "SELECT (SELECT count(*) FROM deliveries WHERE event_seq = ?1),
                (SELECT count(*) FROM attempts
                 WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_seq = ?1)),
                (SELECT count(*) FROM suppressions WHERE event_seq = ?1)",
    )?
    .query_row([seq], |row| {
        Ok(Pruned {
            events: 1,
            deliveries: column::count(row, 0)?,
            attempts: column::count(row, 1)?,
            suppressions: column::count(row, 2)?,
            ..Pruned::default()
        })
    })
}
