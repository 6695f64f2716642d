//! The table `webhook_changes`: who did what to which webhook, and when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Store, column};
use crate::error::Result;
use crate::webhook::{Actor, Change, Deed};

/// So many changes of a webhook are read.
const MOST: u32 = 20;

/// A webhook that was deleted.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// When it was deleted.
    pub at: Timestamp,
    /// Who did it; an early version has not noted that.
    pub by: Option<String>,
}

impl Store {
    /// The newest changes of a webhook, also of one that was deleted, the newest first. There are at most 20,
    /// and the last of them is always its creation.
    pub fn changes(&self, webhook: i64) -> Result<Vec<Change>> {
        self.read(|tx| {
            let sql = format!(
                "SELECT at, by, what, fields FROM
                     (SELECT * FROM webhook_changes WHERE webhook_id = ?1
                      ORDER BY what = 'created' DESC, id DESC LIMIT {MOST})
                 ORDER BY id DESC"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let changes = statement.query_map([webhook], from_row)?;
            Ok(changes.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The webhook that was deleted last of those with this id or name.
    pub fn deletion(&self, named: &str) -> Result<Option<Deletion>> {
        self.read(|tx| {
            let found = tx
                .prepare_cached(
                    "SELECT id, name, deleted_at,
                            (SELECT by FROM webhook_changes
                             WHERE webhook_id = webhooks.id AND what = 'deleted')
                     FROM webhooks WHERE deleted_at IS NOT NULL AND (id = ?1 OR name = ?2)
                     ORDER BY deleted_at DESC, id DESC LIMIT 1",
                )?
                .query_row(params![named.parse::<i64>().ok(), named], |row| {
                    Ok(Deletion {
                        id: row.get(0)?,
                        name: row.get(1)?,
                        at: column::time(2, row.get(2)?)?,
                        by: row.get(3)?,
                    })
                });
            Ok(found.optional()?)
        })
    }
}

/// What was done to every webhook that decides which events it is owed, by their ids, the oldest first; all of what is
/// kept, of which people and programs make little.
pub(super) fn deciding(tx: &Transaction) -> rusqlite::Result<BTreeMap<i64, Vec<Change>>> {
    let mut statement = tx.prepare_cached(
        "SELECT at, by, what, fields, webhook_id FROM webhook_changes ORDER BY webhook_id, id",
    )?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let change = from_row(row)?;
        let decides = |field: &String| matches!(field.as_str(), "events" | "project");
        if change.what != Deed::Changed || change.fields.iter().any(decides) {
            all.entry(row.get(4)?).or_default().push(change);
        }
    }
    Ok(all)
}

/// Notes what was done to a webhook; `fields` are names and never values.
pub(super) fn note(
    tx: &Transaction,
    webhook: i64,
    at: Timestamp,
    by: &Actor,
    (what, fields): (Deed, Vec<&str>),
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO webhook_changes (webhook_id, at, by, token_id, what, fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        webhook,
        column::millis(at),
        by.to_string(),
        by.token_id(),
        what.name(),
        serde_json::Value::from(fields).to_string(),
    ])?;
    Ok(())
}

fn from_row(row: &Row) -> rusqlite::Result<Change> {
    Ok(Change {
        at: column::time(0, row.get(0)?)?,
        by: row.get(1)?,
        what: column::named(2, &Deed::ALL, Deed::name, &row.get::<_, String>(2)?)?,
        fields: serde_json::from_str(&row.get::<_, String>(3)?).map_err(|error| column::bad(3, error))?,
    })
}
