//! The log: deliveries as they are shown, found by an index whatever the filter is. The newest come first, by
//! the time of their acceptance.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use super::{Store, attempts, column, events};
use crate::delivery::{Attempt, Delivery, DeliveryFilter, LastAttempt, Permit, Status, WaitsFor};
use crate::error::Result;
use crate::event::Event;

pub(super) const COLUMNS: &str =
    "d.id, d.webhook_id, w.name, e.id, e.event, e.permit_id, e.permit_number, d.status,
        d.created_at, d.due_at, d.attempts, d.last_attempt_at, d.last_duration_us, d.last_status_code,
        d.last_error, w.enabled, w.paused_at IS NOT NULL, d.waits,
        w.rate IS NOT NULL AND d.claimed_at IS NULL AND d.due_at <= unixepoch('subsec') * 1000";

const SELECT: &str =
    "FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id JOIN events e ON e.seq = d.event_seq
        WHERE d.id = ?1";

const NEWEST_FIRST: &str = "ORDER BY d.created_at DESC, d.id DESC";

impl Store {
    /// The deliveries with these ids, in the order of the ids.
    pub fn deliveries_by_id(&self, ids: &[i64]) -> Result<Vec<Delivery>> {
        self.read(|tx| Ok(by_ids(tx, ids)?))
    }

    /// The deliveries that pass the filter, newest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>> {
        self.read(|tx| Ok(newest(tx, filter)?))
    }

    /// The webhooks that are not sent what they are owed, what that waits for, and how many deliveries wait: no
    /// more than `most` are counted.
    pub fn held_back(&self, only: Option<i64>, most: u32) -> Result<Vec<(i64, WaitsFor, u32)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id, iif(NOT enabled, 0, iif(paused_at IS NOT NULL, 1, 2)),
                        (SELECT count(*) FROM (
                             SELECT 1 FROM deliveries d INDEXED BY deliveries_due
                             WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.waits = 0
                               AND (NOT w.enabled OR w.paused_at IS NOT NULL
                                    OR d.claimed_at IS NULL AND d.due_at <= unixepoch('subsec') * 1000)
                             LIMIT ?2)) AS waiting
                 FROM webhooks w
                 WHERE deleted_at IS NULL AND (?1 IS NULL OR id = ?1) AND waiting > 0
                   AND (NOT enabled OR paused_at IS NOT NULL OR rate IS NOT NULL)
                 ORDER BY id",
            )?;
            let rows = statement.query_map(params![only, most], |row| {
                let waits_for = match row.get::<_, i64>(1)? {
                    0 => WaitsFor::Enable,
                    1 => WaitsFor::Resume,
                    _ => WaitsFor::Turn,
                };
                Ok((row.get(0)?, waits_for, row.get(2)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many deliveries from one id to another were delivered and given up, with the webhooks that they were
    /// owed to and their names.
    pub fn settled(&self, first: i64, last: i64) -> Result<Vec<(i64, String, Status, u64)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT w.id, w.name, d.status, count(*)
                 FROM deliveries d NOT INDEXED JOIN webhooks w ON w.id = d.webhook_id
                 WHERE d.id BETWEEN ?1 AND ?2 AND d.status <> 'pending' GROUP BY w.id, d.status",
            )?;
            let rows = statement.query_map([first, last], |row| {
                let status = column::named(2, &Status::ALL, Status::name, &row.get::<_, String>(2)?)?;
                Ok((row.get(0)?, row.get(1)?, status, row.get::<_, i64>(3)?.unsigned_abs()))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A delivery with its event and every attempt; `None` where there is none.
    pub fn delivery(&self, id: i64) -> Result<Option<(Delivery, Event, Vec<Attempt>)>> {
        self.read(|tx| {
            let delivery = tx
                .prepare_cached(&format!("SELECT {COLUMNS} {SELECT}"))?
                .query_row([id], from_row)
                .optional()?;
            let (Some(delivery), Some(event)) = (delivery, events::of_delivery(tx, id)?) else {
                return Ok(None);
            };
            Ok(Some((delivery, event, attempts::of_delivery(tx, id)?)))
        })
    }
}

/// The deliveries with these ids, in the order of the ids.
pub(super) fn by_ids(tx: &Transaction, ids: &[i64]) -> rusqlite::Result<Vec<Delivery>> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} {SELECT}"))?;
    ids.iter().map(|id| statement.query_row([id], from_row)).collect()
}

/// The deliveries that pass the filter, newest first.
pub(super) fn newest(tx: &Transaction, filter: &DeliveryFilter) -> rusqlite::Result<Vec<Delivery>> {
    let (sql, values) = query(filter);
    let mut statement = tx.prepare(&sql)?;
    statement.query_map(params_from_iter(values), from_row)?.collect()
}

/// The query for a filter. Which index serves it is said here: SQLite keeps no statistics of this file, and
/// would read a million rows for some of them.
fn query(filter: &DeliveryFilter) -> (String, Vec<Value>) {
    let limit = filter.limit;
    let mut values = Vec::new();
    let chosen = if filter.permit.is_some() {
        let conditions = conditions(filter, filter.status, &mut values);
        format!(
            "SELECT d.id FROM events e CROSS JOIN deliveries d ON d.event_seq = e.seq
             WHERE {conditions} {NEWEST_FIRST} LIMIT {limit}"
        )
    } else {
        let (index, statuses) = index(filter);
        let arms = statuses.iter().map(|status| {
            let conditions = conditions(filter, *status, &mut values);
            format!(
                "SELECT * FROM (SELECT d.id FROM deliveries d INDEXED BY {index}
                                WHERE {conditions} {NEWEST_FIRST} LIMIT {limit})"
            )
        });
        arms.collect::<Vec<_>>().join(" UNION ALL ")
    };
    let sql = format!(
        "SELECT {COLUMNS}
         FROM ({chosen}) AS chosen CROSS JOIN deliveries d ON d.id = chosen.id
         CROSS JOIN webhooks w ON w.id = d.webhook_id CROSS JOIN events e ON e.seq = d.event_seq
         {NEWEST_FIRST} LIMIT {limit}"
    );
    (sql, values)
}

/// The index that finds what passes a filter, and the statuses that it is asked for one after the other.
fn index(filter: &DeliveryFilter) -> (&'static str, Vec<Option<Status>>) {
    let given = vec![filter.status];
    match filter {
        DeliveryFilter { webhook: Some(_), status: Some(Status::Failed), .. } => ("deliveries_failed", given),
        DeliveryFilter { webhook: Some(_), .. } => ("deliveries_by_webhook", given),
        // Little has failed and is pending, as a rule; an event has as many successes as any other.
        DeliveryFilter { event: Some(_), status: None | Some(Status::Success), .. } => {
            ("deliveries_by_type", given)
        }
        DeliveryFilter { status: Some(_), .. } => ("deliveries_by_status", given),
        _ => ("deliveries_by_status", Status::ALL.map(Some).to_vec()),
    }
}

/// What a delivery `d` with its event `e` has to meet to pass the filter.
pub(super) fn conditions(filter: &DeliveryFilter, status: Option<Status>, values: &mut Vec<Value>) -> String {
    let mut conditions = vec!["TRUE".to_owned()];
    let mut and = |condition: &str, with: Vec<Value>| {
        conditions.push(condition.to_owned());
        values.extend(with);
    };
    if let Some(webhook) = filter.webhook {
        and("d.webhook_id = ?", vec![webhook.into()]);
    }
    if let Some(status) = status {
        // Spelled out: the condition of a partial index is recognised in no parameter.
        and(&format!("d.status = '{}'", status.name()), Vec::new());
    }
    if let Some(event) = filter.event {
        and("d.event = ?", vec![event.name().to_owned().into()]);
    }
    match &filter.permit {
        Some(Permit::Id(id)) => and("e.permit_id = ?", vec![(*id).into()]),
        Some(Permit::Number(number)) => and("e.permit_number = ?", vec![number.clone().into()]),
        Some(Permit::IdOrNumber(id, number)) => {
            and("(e.permit_id = ? OR e.permit_number = ?)", vec![(*id).into(), number.clone().into()]);
        }
        None => {}
    }
    if let Some(project) = filter.project {
        let own = "(SELECT ifnull(project_id, ?) FROM events WHERE seq = d.event_seq) = ?";
        and(own, vec![project.into(), project.into()]);
    }
    if let Some(before) = filter.before {
        // In the order of the log. One that was pruned meanwhile is followed by what has a lower id.
        let accepted = "(SELECT created_at FROM deliveries WHERE id = ?)";
        and(&format!("d.created_at <= ifnull({accepted}, {})", i64::MAX), vec![before.into()]);
        and(&format!("(d.id < ? OR d.created_at < {accepted})"), vec![before.into(), before.into()]);
    }
    let mut time = |condition, time: Option<Timestamp>| {
        if let Some(time) = time {
            and(condition, vec![column::millis(time).into()]);
        }
    };
    time("d.created_at >= ?", filter.since);
    time("d.created_at < ?", filter.until);
    conditions.join(" AND ")
}

fn waits_for(row: &Row, status: Status) -> rusqlite::Result<Option<WaitsFor>> {
    let (enabled, paused, waits): (bool, bool, bool) = (row.get(15)?, row.get(16)?, row.get(17)?);
    let turn = row.get::<_, Option<bool>>(18)?.unwrap_or_default();
    Ok(match status {
        Status::Pending if !enabled => Some(WaitsFor::Enable),
        Status::Pending if paused => Some(WaitsFor::Resume),
        Status::Pending if waits => Some(WaitsFor::Earlier),
        Status::Pending if turn => Some(WaitsFor::Turn),
        _ => None,
    })
}

pub(super) fn from_row(row: &Row) -> rusqlite::Result<Delivery> {
    let last_attempt_at = column::time_or_none(11, row.get(11)?)?;
    let last = match last_attempt_at {
        None => None,
        Some(at) => {
            Some(LastAttempt { at, duration: column::duration(row.get(12)?), status_code: row.get(13)? })
        }
    };
    let status = column::named(7, &Status::ALL, Status::name, &row.get::<_, String>(7)?)?;
    Ok(Delivery {
        id: row.get(0)?,
        webhook: row.get(1)?,
        webhook_name: row.get(2)?,
        event_id: row.get(3)?,
        event: events::event_type(4, &row.get::<_, String>(4)?)?,
        permit_id: row.get(5)?,
        permit_number: row.get(6)?,
        status,
        waits_for: waits_for(row, status)?,
        created_at: column::time(8, row.get(8)?)?,
        next_attempt_at: column::time_or_none(9, row.get(9)?)?,
        attempts: row.get(10)?,
        last,
        error: row.get(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::store::Presence;

    /// How SQLite reads for a filter, a line each.
    fn plan(store: &Store, filter: &DeliveryFilter) -> Vec<String> {
        let (sql, values) = query(filter);
        let explained = store.read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = statement.query_map(params_from_iter(values), |row| row.get(3))?;
            Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
        });
        explained.unwrap()
    }

    #[test]
    fn no_filter_reads_the_whole_log() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("log.db"), Presence::Created).unwrap();
        let time = Some(Timestamp::UNIX_EPOCH);
        let permits = [None, Some(Permit::parse("17")), Some(Permit::parse("PTW-2024-001"))];
        let statuses = [None, Some(Status::Pending), Some(Status::Success), Some(Status::Failed)];
        let mut plans = 0;
        for permit in permits {
            for status in statuses {
                for webhook in [None, Some(1)] {
                    for event in [None, Some(EventType::PermitApproved)] {
                        for (since, until) in [(None, None), (time, None), (None, time), (time, time)] {
                            let permit = permit.clone();
                            let filter = DeliveryFilter {
                                webhook,
                                status,
                                event,
                                permit,
                                project: Some(5),
                                before: Some(7),
                                since,
                                until,
                                limit: 50,
                            };
                            let plan = plan(&store, &filter);
                            let reads = |line: &&String| line.contains("SCAN d") || line.contains("SCAN e");
                            assert_eq!(plan.iter().find(reads), None, "{filter:?}: {plan:#?}");
                            // Found by time and not sorted: what is sorted in the end is what is shown.
                            let sorted = plan.iter().filter(|line| line.contains("TEMP B-TREE")).count();
                            let most = index(&filter).1.len();
                            assert!(sorted <= most || filter.permit.is_some(), "{filter:?}: {plan:#?}");
                            plans += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(plans, 192);
    }
}
