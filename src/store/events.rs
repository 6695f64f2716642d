//! The table `events`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::column;
use crate::event::{Event, EventType};

const COLUMNS: &str = "id, event, timestamp, permit_id, permit_number, project_id, dedupe_key, body";

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
