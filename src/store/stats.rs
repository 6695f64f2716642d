//! The figures of a webhook, found by indexes: what is read grows with what was accepted in the time that is looked
//! at, and not with the log.

use std::fmt::Write as _;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use super::{Store, column};
use crate::delivery::{OutcomeKind, Status};
use crate::error::Result;
use crate::stats::{ErrorCount, Gathering, LOOK_BACK, Sample, Stats, Window};

/// Only what concerns events of a project, or of none.
const OWN: &str = " AND (SELECT ifnull(project_id, :project) FROM events WHERE seq = d.event_seq) = :project";

/// What is read, in its order.
#[derive(Clone, Copy)]
enum Query {
    Deliveries,
    Attempts,
    EarlierSuccess,
    OldestPending,
}

impl Query {
    fn sql(self, project: Option<i64>) -> String {
        let own = if project.is_some() { OWN } else { " AND :project IS NULL" };
        let mut sql = match self {
            Self::Deliveries => {
                "SELECT d.created_at, d.status, d.attempts, d.last_attempt_at, d.last_duration_us
                 FROM deliveries d INDEXED BY deliveries_by_webhook
                 WHERE d.webhook_id = :webhook AND d.created_at >= :since"
            }
            // A delivery that its first attempt has delivered has no other: most need no second look.
            Self::Attempts => {
                "SELECT a.outcome, a.error, count(*), max(a.started_at)
                 FROM deliveries d INDEXED BY deliveries_by_webhook
                 CROSS JOIN attempts a INDEXED BY attempts_by_delivery ON a.delivery_id = d.id
                 WHERE d.webhook_id = :webhook AND d.created_at >= :since
                   AND d.attempts > 0 AND (d.attempts > 1 OR d.status <> 'success')"
            }
            Self::EarlierSuccess => {
                "SELECT created_at, status, attempts, last_attempt_at, last_duration_us FROM (
                     SELECT d.* FROM deliveries d INDEXED BY deliveries_by_webhook
                     WHERE d.webhook_id = :webhook AND d.created_at < :since"
            }
            // Ids are given in the order of acceptance, and are in the index. What waits in a line is younger than the
            // first of it.
            Self::OldestPending => {
                "SELECT created_at FROM deliveries WHERE :since IS NOT NULL AND id =
                     (SELECT min(d.id) FROM deliveries d INDEXED BY deliveries_due
                      WHERE d.webhook_id = :webhook AND d.status = 'pending' AND d.waits = 0"
            }
        }
        .to_owned();
        sql += own;
        let _ = match self {
            Self::Deliveries => Ok(()),
            Self::Attempts => write!(sql, " GROUP BY a.outcome, a.error"),
            Self::EarlierSuccess => {
                write!(sql, " ORDER BY d.created_at DESC LIMIT {LOOK_BACK}) WHERE status = 'success' LIMIT 1")
            }
            Self::OldestPending => write!(sql, ")"),
        };
        sql
    }
}

impl Store {
    /// The figures of a webhook over a time, also of one that was deleted; `None` where there is none. Of a project,
    /// only what concerns its events and those of none.
    pub fn stats(&self, webhook: i64, window: Window, project: Option<i64>) -> Result<Option<Stats>> {
        self.read(|tx| {
            let name = tx
                .prepare_cached("SELECT name FROM webhooks WHERE id = ?1")?
                .query_row([webhook], |row| row.get(0))
                .optional()?;
            let Some(name) = name else { return Ok(None) };
            let mut gathering = Gathering::new(webhook, name, window);
            let since = window.since;
            each(tx, Query::Deliveries, webhook, since, project, |row| {
                gathering.delivery(&sample(row)?);
                Ok(())
            })?;
            each(tx, Query::Attempts, webhook, since, project, |row| {
                gathering.attempts(ErrorCount {
                    kind: column::named(0, &OutcomeKind::ALL, OutcomeKind::name, &row.get::<_, String>(0)?)?,
                    error: row.get(1)?,
                    count: column::count(row, 2)?,
                    last_at: column::time(3, row.get(3)?)?,
                });
                Ok(())
            })?;
            let (mut last_success, mut oldest_pending) = (None, None);
            if gathering.lacks_success() {
                each(tx, Query::EarlierSuccess, webhook, since, project, |row| {
                    last_success = sample(row)?.ended_at();
                    Ok(())
                })?;
            }
            each(tx, Query::OldestPending, webhook, since, project, |row| {
                oldest_pending = Some(column::time(0, row.get(0)?)?);
                Ok(())
            })?;
            Ok(Some(gathering.finish(last_success, oldest_pending)))
        })
    }
}

fn each(
    tx: &Transaction,
    query: Query,
    webhook: i64,
    since: Timestamp,
    project: Option<i64>,
    mut row: impl FnMut(&Row) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(&query.sql(project))?;
    let since = column::millis(since);
    let mut rows =
        statement.query(named_params! { ":webhook": webhook, ":since": since, ":project": project })?;
    while let Some(found) = rows.next()? {
        row(found)?;
    }
    Ok(())
}

fn sample(row: &Row) -> rusqlite::Result<Sample> {
    let at = column::time_or_none(3, row.get(3)?)?;
    let took = row.get::<_, Option<i64>>(4)?.unwrap_or_default();
    Ok(Sample {
        accepted_at: column::time(0, row.get(0)?)?,
        status: column::named(1, &Status::ALL, Status::name, &row.get::<_, String>(1)?)?,
        attempts: row.get(2)?,
        last: at.map(|at| (at, column::duration(took))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Presence;

    #[test]
    fn no_figure_reads_the_whole_log() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("log.db"), Presence::Created).unwrap();
        for query in [Query::Deliveries, Query::Attempts, Query::EarlierSuccess, Query::OldestPending] {
            for project in [None, Some(5)] {
                let plan = store.read(|tx| {
                    let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql(project)))?;
                    let given = named_params! { ":webhook": 1, ":since": 0, ":project": project };
                    let rows = statement.query_map(given, |row| row.get(3))?;
                    Ok(rows.collect::<rusqlite::Result<Vec<String>>>()?)
                });
                let plan = plan.unwrap();
                let reads =
                    |line: &&String| ["SCAN d", "SCAN a", "SCAN e"].iter().any(|scan| line.contains(scan));
                assert_eq!(plan.iter().find(reads), None, "{plan:#?}");
                let (index, bound) = match query {
                    Query::OldestPending => ("deliveries_due", "webhook_id=?"),
                    Query::EarlierSuccess => ("deliveries_by_webhook", "created_at<?"),
                    _ => ("deliveries_by_webhook", "created_at>?"),
                };
                let found = |line: &String| line.contains(index) && line.contains(bound);
                assert!(plan.iter().any(found), "{plan:#?}");
                // What is looked back at is in its order already.
                let sorts = matches!(query, Query::Attempts);
                assert!(sorts || !plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}");
            }
        }
    }
}
