//! Following the log: what was accepted and what has changed since a place in it, a page at a time. A place is made of
//! ids and never of times: a clock that is set back hides nothing.
//!
//! A delivery is found when it is new, when an attempt of it was stored, and when its webhook was deleted. It is read
//! as it stands at that moment. Where that already says what a later mark stands for, the later one shows nothing:
//! what has attempts is left to the last of them, and what ended with its webhook to the deletion.

mod tail;

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Transaction, params, params_from_iter};

use super::log::{COLUMNS, conditions, from_row, newest};
use super::{Store, look, open};
use crate::delivery::{Delivery, DeliveryFilter, WEBHOOK_DELETED};
use crate::error::Result;
use tail::Tail;

/// A page is made of at most so many rows of each table, however many of them pass the filter.
const PAGE: u32 = 500;

/// How far the log was read.
#[derive(Debug, Clone)]
pub struct Place {
    /// The last delivery. Their ids are never given twice.
    delivery: i64,
    /// The last attempts. Their ids are given again after a prune.
    tail: Tail,
    /// The webhooks that were deleted, as far as that is known.
    deleted: BTreeSet<i64>,
    /// Those of them whose deliveries are still to be read.
    ending: VecDeque<Ending>,
}

/// How far the deliveries of a deleted webhook were read: by their time and their id, as the index has them.
#[derive(Debug, Clone, Copy)]
struct Ending {
    webhook: i64,
    after: (i64, i64),
}

/// What has come since a place.
#[derive(Debug)]
pub struct News {
    /// Deliveries, the oldest first, each as it stands now.
    pub deliveries: Vec<Delivery>,
    /// Whether more may have come than a page holds.
    pub more: bool,
    /// Whether so many attempts were pruned at once that it cannot be told which of the others are new.
    pub lost: bool,
}

/// What is wanted, and from how many rows of each table at a time.
#[derive(Debug, Clone, Copy)]
struct Paged<'a> {
    filter: &'a DeliveryFilter,
    page: u32,
}

/// Where the rows of a page come from.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// New deliveries, by their ids from … to …
    Accepted(i64, i64),
    /// New attempts, by their ids from … to …
    Attempted(i64, i64),
    /// What was ended by the deletion of its webhook.
    Ended(Ending),
}

impl Store {
    /// Opens the file at `path` to follow its log. Nothing is changed, and nobody is waited for: where another process
    /// holds the file, that is `Unavailable` at once. It also says whether it sees what others write from now on: where
    /// this user may not write and nobody else has the file open, the file has to be opened again once it was written.
    ///
    /// # Errors
    /// As [`Self::open_to_look`].
    pub fn open_to_follow(path: &Path) -> Result<(Self, bool)> {
        let (connection, sees) = look::open_without_waiting(path)?;
        let store = Self { path: path.to_owned(), connection: Mutex::new(connection), readers: Vec::new() };
        Ok((store, sees))
    }

    /// A number that is another one once another process has changed anything. It takes microseconds.
    pub fn version(&self) -> Result<i64> {
        self.alone(|connection| {
            Ok(connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))?)
        })
    }

    /// From now on nothing is written into the file when it is closed, as SQLite does otherwise for the last one that
    /// has it open: it, or the log beside it, belongs to another database by now.
    pub fn let_go(&self) -> Result<()> {
        self.alone(|connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            Ok(())
        })
    }

    /// The newest deliveries that pass the filter, the oldest of them first, and the place behind all of the log.
    pub fn end_of_log(&self, filter: &DeliveryFilter) -> Result<(Vec<Delivery>, Place)> {
        self.read(|tx| {
            let mut deliveries = newest(tx, filter)?;
            deliveries.reverse();
            let place = Place {
                delivery: last_id(tx)?,
                tail: Tail::of(tx)?,
                deleted: deleted(tx)?,
                ending: VecDeque::new(),
            };
            Ok((deliveries, place))
        })
    }

    /// What has come since `place` and passes the filter, which moves on; on failure it does not. `None` where this is
    /// not the log any more that the place is of.
    pub fn news(&self, place: &mut Place, filter: &DeliveryFilter) -> Result<Option<News>> {
        self.news_in(PAGE, place, filter)
    }

    fn news_in(&self, page: u32, place: &mut Place, filter: &DeliveryFilter) -> Result<Option<News>> {
        let mut next = place.clone();
        let news = self.read(|tx| {
            let version = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if version > open::known_version() {
                return Err(open::newer(&self.path, version).into());
            }
            if last_id(tx)? < next.delivery {
                return Ok(None);
            }
            let lost = !next.tail.rewind(tx)?;
            let mut news = News { deliveries: Vec::new(), more: false, lost };
            let paged = Paged { filter, page };
            accepted(tx, &mut next, paged, &mut news)?;
            ended(tx, &mut next, paged, &mut news)?;
            attempted(tx, &mut next, paged, &mut news)?;
            Ok(Some(news))
        })?;
        *place = next;
        Ok(news)
    }
}

fn accepted(tx: &Transaction, place: &mut Place, paged: Paged, news: &mut News) -> rusqlite::Result<()> {
    let (last, count): (Option<i64>, u32) = tx
        .prepare_cached(
            "SELECT max(id), count(*)
             FROM (SELECT id FROM deliveries NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT ?2)",
        )?
        .query_row(params![place.delivery, paged.page], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(last) = last else { return Ok(()) };
    read(tx, Source::Accepted(place.delivery, last), paged, news)?;
    place.delivery = last;
    news.more |= count == paged.page;
    Ok(())
}

fn attempted(tx: &Transaction, place: &mut Place, paged: Paged, news: &mut News) -> rusqlite::Result<()> {
    let before = place.tail.last();
    let count = place.tail.extend(tx, paged.page)?;
    if count > 0 {
        read(tx, Source::Attempted(before, place.tail.last()), paged, news)?;
    }
    news.more |= count == paged.page;
    Ok(())
}

fn ended(tx: &Transaction, place: &mut Place, paged: Paged, news: &mut News) -> rusqlite::Result<()> {
    let deleted = deleted(tx)?;
    for webhook in deleted.difference(&place.deleted) {
        if paged.filter.webhook.is_none_or(|only| only == *webhook) {
            place.ending.push_back(Ending { webhook: *webhook, after: (i64::MIN, 0) });
        }
    }
    place.deleted = deleted;
    let Some(ending) = place.ending.front_mut() else { return Ok(()) };
    let page: Vec<(i64, i64)> = tx
        .prepare_cached(&page_of_ended(paged.page))?
        .query_map(params![ending.webhook, ending.after.0, ending.after.1], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    if let Some(last) = page.last() {
        read(tx, Source::Ended(*ending), paged, news)?;
        ending.after = *last;
    }
    if page.len() < paged.page as usize {
        place.ending.pop_front();
    }
    news.more |= !place.ending.is_empty();
    Ok(())
}

/// The rows of a page that pass the filter, behind those that are there.
fn read(tx: &Transaction, source: Source, paged: Paged, news: &mut News) -> rusqlite::Result<()> {
    let (sql, values) = query(source, paged);
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), from_row)?;
    news.deliveries.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    Ok(())
}

fn query(source: Source, Paged { filter, page }: Paged) -> (String, Vec<Value>) {
    let (from, order, mut values) = match source {
        Source::Accepted(after, last) => (
            "(SELECT id FROM deliveries NOT INDEXED WHERE id > ? AND id <= ? AND attempts = 0) AS page
             CROSS JOIN deliveries d ON d.id = page.id"
                .to_owned(),
            "page.id",
            vec![after.into(), last.into()],
        ),
        Source::Attempted(after, last) => (
            "(SELECT id, delivery_id FROM attempts a NOT INDEXED WHERE id > ? AND id <= ?
              AND NOT EXISTS (SELECT 1 FROM attempts later INDEXED BY attempts_by_delivery
                              WHERE later.delivery_id = a.delivery_id AND later.id > a.id)) AS page
             CROSS JOIN deliveries d ON d.id = page.delivery_id"
                .to_owned(),
            "page.id",
            vec![after.into(), last.into()],
        ),
        Source::Ended(Ending { webhook, after }) => (
            format!("({}) AS page CROSS JOIN deliveries d ON d.id = page.id", page_of_ended(page)),
            "page.created_at, page.id",
            vec![webhook.into(), after.0.into(), after.1.into()],
        ),
    };
    let by_deletion = match source {
        Source::Ended(_) => "",
        Source::Accepted(..) | Source::Attempted(..) => "NOT",
    };
    let conditions = conditions(filter, filter.status, &mut values);
    let sql = format!(
        "SELECT {COLUMNS} FROM {from}
         CROSS JOIN webhooks w ON w.id = d.webhook_id CROSS JOIN events e ON e.seq = d.event_seq
         WHERE {by_deletion} (d.status = 'failed' AND d.last_error = '{WEBHOOK_DELETED}') AND {conditions}
         ORDER BY {order}"
    );
    (sql, values)
}

fn page_of_ended(page: u32) -> String {
    format!(
        "SELECT created_at, id FROM deliveries INDEXED BY deliveries_failed
         WHERE webhook_id = ? AND status = 'failed' AND (created_at, id) > (?, ?)
         ORDER BY created_at, id LIMIT {page}"
    )
}

/// The highest id that a delivery ever had.
fn last_id(tx: &Transaction) -> rusqlite::Result<i64> {
    let last = tx
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or_default())
}

/// The webhooks that were deleted and not pruned: few, like all that people make.
fn deleted(tx: &Transaction) -> rusqlite::Result<BTreeSet<i64>> {
    tx.prepare_cached("SELECT id FROM webhooks WHERE deleted_at IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect()
}

#[cfg(test)]
mod tests;
