//! The table `events`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Store, column, suppressions};
use crate::delivery::{Permit, Suppression};
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
            let Some(Accepted { event, at: accepted_at, seq }) = by_id(tx, id)? else { return Ok(None) };
            let deliveries = deliveries(tx, seq)?;
            let suppressed = suppressions::of_event(tx, seq)?;
            Ok(Some(Traced { event, accepted_at, deliveries, suppressed }))
        })
    }
}

/// An event, and when it was accepted.
pub(super) struct Accepted {
    pub event: Event,
    pub at: Timestamp,
    /// Its place in the table.
    pub seq: i64,
}

/// The event with this id.
pub(super) fn by_id(tx: &Transaction, id: &str) -> rusqlite::Result<Option<Accepted>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS}, accepted_at, seq FROM events WHERE id = ?1"))?
        .query_row([id], accepted)
        .optional()
}

/// The newest events about a permit, the newest first.
pub(super) fn about(tx: &Transaction, permit: &Permit, limit: u32) -> rusqlite::Result<Vec<Accepted>> {
    let (condition, id, number) = match permit {
        Permit::Id(id) => ("permit_id = ?1", Some(id), None),
        Permit::Number(number) => ("permit_number = ?2", None, Some(number)),
        Permit::IdOrNumber(id, number) => ("(permit_id = ?1 OR permit_number = ?2)", Some(id), Some(number)),
    };
    tx.prepare_cached(&about_sql(condition))?.query_map(params![id, number, limit], accepted)?.collect()
}

fn about_sql(condition: &str) -> String {
    // The plus sign keeps SQLite from reading the table from its end, as if every event were about the permit.
    format!("SELECT {COLUMNS}, accepted_at, seq FROM events WHERE {condition} ORDER BY +seq DESC LIMIT ?3")
}

fn accepted(row: &Row) -> rusqlite::Result<Accepted> {
    Ok(Accepted { event: from_row(row)?, at: column::time(8, row.get(8)?)?, seq: row.get(9)? })
}

/// The deliveries of the event at this place, in the order in which they were accepted.
pub(super) fn deliveries(tx: &Transaction, seq: i64) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached("SELECT id FROM deliveries WHERE event_seq = ?1 ORDER BY id")?
        .query_map([seq], |row| row.get(0))?
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Presence;

    #[test]
    fn the_events_of_a_permit_are_found_by_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("log.db"), Presence::Created).unwrap();
        for condition in ["permit_id = ?1", "permit_number = ?2", "(permit_id = ?1 OR permit_number = ?2)"] {
            let plan = store.read(|tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", about_sql(condition)))?;
                let rows = statement.query_map(params![7, "PTW-7", 10], |row| row.get(3))?;
                Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
            });
            let plan = plan.unwrap();
            assert!(plan.iter().all(|line| !line.contains("SCAN")), "{plan:#?}");
            assert!(plan.iter().any(|line| line.contains("events_by_permit")), "{plan:#?}");
        }
    }
}
