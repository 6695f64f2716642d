//! What can be wrong in the file, looked for without changing anything.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{ErrorCode, Params, Row, Transaction, named_params};

use super::{Store, column, look, webhooks};
use crate::error::Result;
use crate::retry::LONGEST_RETRY_AFTER;
use crate::upkeep::{AHEAD, Found, OVERDUE, Rows};
use crate::webhook::{Schedule, Webhook};

/// Of what SQLite says about damage, this many lines are kept.
const MOST_DAMAGE: u32 = 20;
/// No lease is longer: the longest are those of many exchanges that wait for each other.
const LONGEST_LEASE: Duration = Duration::from_secs(60 * 60);

/// What is sent now, if it is due: the condition on `w`, a webhook.
const IS_SENT_TO: &str = "w.deleted_at IS NULL AND w.enabled = 1 AND w.paused_at IS NULL";

impl Store {
    /// Looks for everything that `check` judges. `schedule` is that of webhooks without one of their own.
    pub fn check(&self, schedule: &Schedule, now: Timestamp) -> Result<Found> {
        let log_bytes = look::log_bytes(&self.path);
        let damage = self.look(damage)?;
        let dangling = self.look(dangling)?;
        let miscounted = self.look(miscounted)?;
        let disordered = self.look(disordered)?;
        let abandoned = self.look(|tx| abandoned(tx, now))?;
        let held_too_long = self.look(|tx| held_too_long(tx, now))?;
        let due_too_late = self.look(|tx| due_too_late(tx, schedule, now))?;
        let newest = self.look(newest)?;
        let overdue = self.look(|tx| overdue(tx, now))?;
        Ok(Found {
            damage: damage.unwrap_or_else(|| vec!["the file cannot be read".to_owned()]),
            dangling,
            miscounted,
            disordered,
            abandoned,
            held_too_long,
            due_too_late,
            newest: newest.flatten(),
            overdue,
            log_bytes,
        })
    }

    /// What `work` finds on a view of its own: one for all would keep the log from being reused for as long as
    /// they take. `None` where the file is too damaged to tell: that is a finding, not a failure.
    fn look<T>(&self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<Option<T>> {
        self.alone(|connection| {
            // Never committed: after damage was met, SQLite refuses to commit even what was only read.
            let view = connection.transaction()?;
            match work(&view) {
                Ok(found) => Ok(Some(found)),
                Err(rusqlite::Error::FromSqlConversionFailure(..)) => Ok(None),
                Err(error) => match error.sqlite_error_code() {
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Ok(None),
                    _ => Err(error.into()),
                },
            }
        })
    }
}

fn damage(tx: &Transaction) -> rusqlite::Result<Vec<String>> {
    let mut statement = tx.prepare(&format!("PRAGMA integrity_check({MOST_DAMAGE})"))?;
    let rows: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    // A row may have several lines, the first of them a heading.
    let lines = rows.iter().flat_map(|row| row.lines());
    Ok(lines.filter(|line| *line != "ok" && !line.starts_with("***")).map(str::to_owned).collect())
}

fn dangling(tx: &Transaction) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut statement = tx.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let table: String = row.get(0)?;
        match found.last_mut() {
            Some((last, count)) if *last == table => *count += 1,
            _ => found.push((table, 1)),
        }
    }
    Ok(found)
}

fn miscounted(tx: &Transaction) -> rusqlite::Result<Rows> {
    rows(
        tx,
        "SELECT id FROM deliveries
         WHERE attempts <> (SELECT count(*) FROM attempts WHERE delivery_id = deliveries.id)",
        [],
    )
}

/// While one of a line is being sent, it may be another than the oldest: one that is sent again by hand.
fn disordered(tx: &Transaction) -> rusqlite::Result<Rows> {
    rows(
        tx,
        "SELECT min(id) AS id FROM deliveries WHERE line IS NOT NULL AND status = 'pending'
         GROUP BY webhook_id, line
         HAVING count(claimed_at) = 0 AND sum(waits = 0) <> 1
         UNION ALL
         SELECT id FROM deliveries WHERE line IS NULL AND status = 'pending' AND waits = 1",
        [],
    )
}

fn abandoned(tx: &Transaction, now: Timestamp) -> rusqlite::Result<Rows> {
    rows(
        tx,
        &format!(
            "SELECT d.id FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
             WHERE d.status = 'pending' AND d.claimed_at IS NOT NULL AND d.due_at <= :now AND {IS_SENT_TO}"
        ),
        named_params! { ":now": column::millis(now) },
    )
}

fn held_too_long(tx: &Transaction, now: Timestamp) -> rusqlite::Result<Rows> {
    rows(
        tx,
        "SELECT id FROM deliveries
         WHERE status = 'pending' AND claimed_at IS NOT NULL AND (claimed_at > :ahead OR due_at > :lease)",
        named_params! { ":ahead": after(now, AHEAD), ":lease": after(now, LONGEST_LEASE) },
    )
}

/// The longest wait is that of the schedule with its jitter, or what a receiver may ask for.
fn due_too_late(tx: &Transaction, schedule: &Schedule, now: Timestamp) -> rusqlite::Result<Rows> {
    let mut all = Rows::default();
    for webhook in webhooks::live(tx)? {
        let Webhook { id, schedule: own, .. } = webhook;
        let longest = own.as_ref().unwrap_or(schedule).0.iter().max().copied().unwrap_or_default();
        let longest = longest.mul_f64(1.1).max(LONGEST_RETRY_AFTER) + AHEAD;
        let found = rows(
            tx,
            "SELECT id FROM deliveries
             WHERE webhook_id = :webhook AND status = 'pending' AND claimed_at IS NULL
               AND (due_at > :longest OR created_at > :ahead AND due_at > :ahead)",
            named_params! {
                ":webhook": id,
                ":longest": after(now, longest),
                ":ahead": after(now, AHEAD),
            },
        )?;
        if found.count > 0 {
            let first = if all.count == 0 { found.first } else { all.first.min(found.first) };
            all = Rows { count: all.count + found.count, first };
        }
    }
    Ok(all)
}

fn newest(tx: &Transaction) -> rusqlite::Result<Option<Timestamp>> {
    let millis: i64 = tx.query_row(
        "SELECT max(coalesce((SELECT accepted_at FROM events ORDER BY seq DESC LIMIT 1), 0),
                    coalesce((SELECT started_at FROM attempts ORDER BY id DESC LIMIT 1), 0))",
        [],
        |row| row.get(0),
    )?;
    column::time(0, millis).map(Some)
}

/// What is bounded by a rate waits for its turn with good reason, as long as turns are taken.
fn overdue(tx: &Transaction, now: Timestamp) -> rusqlite::Result<Rows> {
    rows(
        tx,
        &format!(
            "SELECT d.id FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
             WHERE d.status = 'pending' AND d.waits = 0 AND d.claimed_at IS NULL AND d.due_at < :since
               AND {IS_SENT_TO} AND (w.rate IS NULL OR coalesce(w.next_turn_us, 0) < :since * 1000)"
        ),
        named_params! {
            ":since": column::millis(now.saturating_sub(signed(OVERDUE)).unwrap_or(Timestamp::MIN)),
        },
    )
}

/// Counts what a query of ids finds.
fn rows(tx: &Transaction, ids: &str, params: impl Params) -> rusqlite::Result<Rows> {
    let row = |row: &Row| Ok(Rows { count: column::count(row, 0)?, first: row.get(1)? });
    tx.query_row(&format!("SELECT count(*), coalesce(min(id), 0) FROM ({ids})"), params, row)
}

fn after(now: Timestamp, wait: Duration) -> i64 {
    column::millis(now.saturating_add(signed(wait)).unwrap_or(Timestamp::MAX))
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
