//! The table `events`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Store, column, suppressions};
use crate::delivery::Suppression;
use crate::error::Result;
use crate::event::{Event, EventType};

const COLUMNS: &str = "id, event, timestamp, permit_id, permit_number, project_id, dedupe_key, body";

/// What became of an event.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The event.
    pub event: Event,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The deliveries that it owes, in the order in which they were accepted.
    pub deliveries: Vec<i64>,
    /// What it would have owed, and why it does not.
    pub suppressed: Vec<Suppression>,
}

impl Store {
    /// The event with this id and what became of it; `None` where there is none.
    pub fn event(&self, id: &str) -> Result<Option<Traced>> {
        self.read(|tx| {
            let found = tx
                .prepare_cached(&format!("SELECT {COLUMNS}, accepted_at, seq FROM events WHERE id = ?1"))?
                .query_row([id], |row| {
                    Ok((from_row(row)?, column::time(8, row.get(8)?)?, row.get::<_, i64>(9)?))
                })
                .optional()?;
            let Some((event, accepted_at, seq)) = found else { return Ok(None) };
            let deliveries = tx
                .prepare_cached("SELECT id FROM deliveries WHERE event_seq = ?1 ORDER BY id")?
                .query_map([seq], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let suppressed = suppressions::of_event(tx, seq)?;
            Ok(Some(Traced { event, accepted_at, deliveries, suppressed }))
        })
    }
}

/// Stores an event and returns its place in the table.
pub(super) fn insert(tx: &Transaction, event: &Event, at: Timestamp) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO events (id, event, timestamp, permit_id, permit_number, project_id, dedupe_key, body, accepted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .insert(params![
        event.id,
        event.event.name(),
        column::millis(event.timestamp),
        event.permit_id,
        event.permit_number,
        event.project_id,
        event.dedupe_key,
        event.body,
        column::millis(at),
    ])
}

/// The event that a delivery is about.
pub(super) fn of_delivery(tx: &Transaction, delivery: i64) -> rusqlite::Result<Option<Event>> {
    tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM events WHERE seq = (SELECT event_seq FROM deliveries WHERE id = ?1)"
    ))?
    .query_row([delivery], from_row)
    .optional()
}

/// The event at this place in the table.
pub(super) fn by_seq(tx: &Transaction, seq: i64) -> rusqlite::Result<Event> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq = ?1"))?.query_row([seq], from_row)
}

fn from_row(row: &Row) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get(0)?,
        event: event_type(1, &row.get::<_, String>(1)?)?,
        timestamp: column::time(2, row.get(2)?)?,
        permit_id: row.get(3)?,
        permit_number: row.get(4)?,
        project_id: row.get(5)?,
        dedupe_key: row.get(6)?,
        body: row.get(7)?,
    })
}

/// The event type of a column.
pub(super) fn event_type(column: usize, name: &str) -> rusqlite::Result<EventType> {
    EventType::from_name(name).ok_or_else(|| column::bad(column, format!("`{name}` is not an event")))
}
