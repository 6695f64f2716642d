//! The tables `incidents` and `alerts`: which receivers fail for a while, and what is to be told about it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Store, column};
use crate::error::Result;
use crate::incident::{Alert, AlertKind, Ending, Health, Step, Threshold, WORTH_TELLING, step};
use crate::webhook::Actor;

/// A webhook may recover and fail again between two looks; more than so many steps are left for the next one.
const MOST_STEPS: u32 = 4;
/// What is due later than this was put off by a clock that was ahead.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// A webhook, and what an alert says of it.
struct Found {
    id: i64,
    health: Health,
    status_code: Option<u16>,
    error: String,
    disabled_reason: Option<String>,
}

impl Store {
    /// Notes which incidents have begun and ended, and what is to be told of it; gives what this call has noted.
    pub fn notice(&self, threshold: &Threshold, now: Timestamp) -> Result<Vec<Alert>> {
        let all_is_quiet =
            |found: &Vec<Found>| found.iter().all(|one| step(&one.health, threshold, now).is_none());
        // Looking takes no lock; nearly always there is nothing to note.
        if self.read(|tx| Ok(all_is_quiet(&found(tx)?)))? {
            return Ok(Vec::new());
        }
        self.write(|tx| {
            let mut ids = Vec::new();
            for _ in 0..MOST_STEPS {
                let found = found(tx)?;
                if all_is_quiet(&found) {
                    break;
                }
                for one in &found {
                    if let Some(step) = step(&one.health, threshold, now) {
                        ids.extend(take(tx, one, step, now)?);
                    }
                }
            }
            Ok(ids.into_iter().map(|id| alert(tx, id)).collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The next alert that is to be told, which nobody else tells before the end of `lease`. Those about one webhook
    /// are told in their order.
    pub fn claim_alert(&self, lease: Duration, now: Timestamp) -> Result<Option<Alert>> {
        if self.read(|tx| Ok(due(tx, now)?.is_none()))? {
            return Ok(None);
        }
        self.write(|tx| {
            let worth = column::millis(now.checked_sub(WORTH_TELLING).unwrap_or(now));
            tx.execute("UPDATE alerts SET due_at = NULL WHERE due_at IS NOT NULL AND at < ?1", [worth])?;
            let Some(id) = due(tx, now)? else { return Ok(None) };
            let until = column::millis(now.checked_add(lease).unwrap_or(now));
            tx.execute("UPDATE alerts SET due_at = ?2, tries = tries + 1 WHERE id = ?1", params![id, until])?;
            Ok(Some(alert(tx, id)?))
        })
    }

    /// Notes that somebody was told, or why not, and when they may be told again. Whoever comes so late that another
    /// process has claimed it meanwhile notes a success and nothing else.
    pub fn told(
        &self,
        alert: &Alert,
        told: std::result::Result<(), (&str, Option<Timestamp>)>,
        now: Timestamp,
    ) -> Result<()> {
        let (told_at, failure, due_at) = match told {
            Ok(()) => (Some(column::millis(now)), "", None),
            Err((failure, next)) => (None, failure, next.map(column::millis)),
        };
        self.write(|tx| {
            tx.execute(
                "UPDATE alerts SET told_at = ?2, failure = ?3, due_at = ?4
                 WHERE id = ?1 AND (?2 IS NOT NULL OR (tries = ?5 AND told_at IS NULL))",
                params![alert.id, told_at, failure, due_at, alert.tries],
            )?;
            Ok(())
        })
    }

    /// When the last alert was noted that somebody is still to be told, in vain so far, and why.
    pub fn last_untold(&self) -> Result<Option<(Timestamp, String)>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT at, failure FROM alerts WHERE due_at IS NOT NULL AND failure <> '' ORDER BY id DESC LIMIT 1",
            )?;
            Ok(statement.query_row([], |row| Ok((column::time(0, row.get(0)?)?, row.get(1)?))).optional()?)
        })
    }

    /// Removes the incidents that ended before `before`, with what was told of them.
    pub fn prune_incidents(&self, before: Timestamp) -> Result<()> {
        const OLD: &str = "SELECT id FROM incidents WHERE ended_at < ?1";
        let before = column::millis(before);
        if !self.read(|tx| Ok(tx.prepare_cached(OLD)?.exists([before])?))? {
            return Ok(());
        }
        self.write(|tx| {
            tx.execute(&format!("DELETE FROM alerts WHERE incident_id IN ({OLD})"), [before])?;
            tx.execute("DELETE FROM incidents WHERE ended_at < ?1", [before])?;
            Ok(())
        })
    }
}

/// The webhooks that may be worth a step.
fn found(tx: &Transaction) -> rusqlite::Result<Vec<Found>> {
    let mut statement = tx.prepare_cached(
        "SELECT w.id, w.deleted_at IS NOT NULL, w.enabled, w.failing_since, w.failures, w.last_error,
                w.last_status_code, w.disabled_reason,
                (SELECT max(at) FROM webhook_changes c
                 WHERE c.webhook_id = w.id AND c.what = 'disabled' AND c.by = ?1 AND c.at = w.disabled_at),
                i.began_at,
                (SELECT max(ended_at) FROM incidents e WHERE e.webhook_id = w.id)
         FROM webhooks w LEFT JOIN incidents i ON i.webhook_id = w.id AND i.ended_at IS NULL
         WHERE i.id IS NOT NULL OR (w.deleted_at IS NULL AND (w.failing_since IS NOT NULL OR w.enabled = 0))
         ORDER BY w.id",
    )?;
    let rows = statement.query_map([Actor::Program.to_string()], |row| {
        let time = |at: usize| column::time_or_none(at, row.get(at)?);
        let error: String = row.get(5)?;
        Ok(Found {
            id: row.get(0)?,
            health: Health {
                deleted: row.get(1)?,
                enabled: row.get(2)?,
                given_up_at: time(8)?,
                failing_since: time(3)?,
                failures: column::count(row, 4)?,
                well: error.is_empty(),
                incident: time(9)?,
                last_ended_at: time(10)?,
            },
            status_code: row.get(6)?,
            error,
            disabled_reason: row.get(7)?,
        })
    })?;
    rows.collect()
}

/// Notes a step; gives the id of the alert that comes of it.
fn take(tx: &Transaction, one: &Found, step: Step, now: Timestamp) -> rusqlite::Result<Option<i64>> {
    let at = column::millis(now);
    let begin = |began_at| {
        tx.execute(
            "INSERT INTO incidents (webhook_id, began_at, noticed_at) VALUES (?1, ?2, ?3)",
            params![one.id, column::millis(began_at), at],
        )
    };
    let kind = match step {
        Step::Begin(began_at) => {
            begin(began_at)?;
            Some(AlertKind::Failing)
        }
        Step::End(ending) => ending.alert(),
        Step::GaveUp(began_at) => {
            begin(began_at)?;
            Some(AlertKind::Disabled)
        }
    };
    let alert = match kind {
        Some(kind) => {
            tell(tx, one, kind, now)?;
            Some(tx.last_insert_rowid())
        }
        None => None,
    };
    let ending = match step {
        Step::Begin(_) => return Ok(alert),
        Step::End(ending) => ending,
        Step::GaveUp(_) => Ending::Disabled,
    };
    // Not before the webhook was disabled, by a clock that was ahead: that would look like another time.
    let ended_at = one.health.given_up_at.map_or(now, |given_up_at| given_up_at.max(now));
    tx.execute(
        "UPDATE incidents SET ended_at = ?2, ending = ?3 WHERE webhook_id = ?1 AND ended_at IS NULL",
        params![one.id, column::millis(ended_at), ending.name()],
    )?;
    Ok(alert)
}

fn tell(tx: &Transaction, one: &Found, kind: AlertKind, now: Timestamp) -> rusqlite::Result<()> {
    let error = match kind {
        AlertKind::Failing => one.error.as_str(),
        AlertKind::Recovered => "",
        AlertKind::Disabled => one.disabled_reason.as_deref().unwrap_or_default(),
    };
    tx.execute(
        "INSERT INTO alerts (incident_id, webhook_id, kind, at, since, failures, pending, status_code, error, due_at)
         SELECT id, webhook_id, ?2, ?3, began_at, ?4,
                (SELECT count(*) FROM deliveries INDEXED BY deliveries_due
                 WHERE webhook_id = ?1 AND status = 'pending' AND waits = 0) +
                (SELECT count(*) FROM deliveries INDEXED BY deliveries_line
                 WHERE webhook_id = ?1 AND status = 'pending' AND waits = 1 AND line IS NOT NULL), ?5, ?6, ?3
         FROM incidents WHERE webhook_id = ?1 AND ended_at IS NULL",
        params![
            one.id,
            kind.name(),
            column::millis(now),
            i64::try_from(one.health.failures).unwrap_or(i64::MAX),
            one.status_code,
            error
        ],
    )?;
    Ok(())
}

/// The first alert that may be told now and has none before it about the same webhook.
fn due(tx: &Transaction, now: Timestamp) -> rusqlite::Result<Option<i64>> {
    let far = SignedDuration::try_from(LONGEST_WAIT).unwrap_or_default();
    tx.prepare_cached(
        "SELECT a.id FROM alerts a
         WHERE a.due_at IS NOT NULL AND (a.due_at <= ?1 OR a.due_at > ?2)
         AND NOT EXISTS (SELECT 1 FROM alerts b
                         WHERE b.due_at IS NOT NULL AND b.webhook_id = a.webhook_id AND b.id < a.id)
         ORDER BY a.id LIMIT 1",
    )?
    .query_row(params![column::millis(now), column::millis(now.checked_add(far).unwrap_or(now))], |row| {
        row.get(0)
    })
    .optional()
}

fn alert(tx: &Transaction, id: i64) -> rusqlite::Result<Alert> {
    tx.prepare_cached(
        "SELECT a.id, a.kind, a.at, a.webhook_id, w.name, w.url, a.since, a.failures, a.pending, a.status_code,
                a.error, a.tries
         FROM alerts a JOIN webhooks w ON w.id = a.webhook_id WHERE a.id = ?1",
    )?
    .query_row([id], from_row)
}

fn from_row(row: &Row) -> rusqlite::Result<Alert> {
    Ok(Alert {
        id: row.get(0)?,
        kind: column::named(1, &AlertKind::ALL, AlertKind::name, &row.get::<_, String>(1)?)?,
        at: column::time(2, row.get(2)?)?,
        webhook: row.get(3)?,
        webhook_name: row.get(4)?,
        url: row.get(5)?,
        since: column::time(6, row.get(6)?)?,
        failures: column::count(row, 7)?,
        pending: column::count(row, 8)?,
        status_code: row.get(9)?,
        error: row.get(10)?,
        tries: row.get(11)?,
    })
}
