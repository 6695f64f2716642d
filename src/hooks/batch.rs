//! The verb that emits many events: read, accept and send at the same time, in constant memory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Hooks, Identities, Tally, after};
use crate::delivery::{Status, SuppressionReason};
use crate::dispatcher::{Fed, Feed, Inbox, Told, Work};
use crate::error::{Error, Report, Result};
use crate::event::{Event, NewEvent};
use crate::store::{Accepted, Due, Finished};

/// This many events are handed over together.
const GROUP: usize = 64;
/// A group of lines that have more bytes than this ends early.
const GROUP_BYTES: usize = 1024 * 1024;
/// So often it is told where the batch stands.
const SHOWN_EVERY: Duration = Duration::from_millis(50);
/// The longest line, in bytes: more than the longest body, with room for white space and escapes.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// What has become of a batch.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Events that were accepted.
    pub accepted: u64,
    /// Lines that could not be used.
    pub bad_lines: u64,
    /// Deliveries that the events owe.
    pub owed: u64,
    /// Deliveries that were owed before.
    pub duplicates: u64,
    /// Those of them that were owed with other data, which was not sent.
    pub differing: u64,
    /// Deliveries that are not owed because their webhook is disabled.
    pub disabled: u64,
    /// Events that no webhook is owed.
    pub unmatched: u64,
    /// How attempts ended, by the webhook's id.
    pub tallies: BTreeMap<i64, Tally>,
    /// The deliveries of this batch. What was owed before is sent too, and is none of its counts.
    own: Ids,
}

impl Batch {
    /// Deliveries of this batch that were delivered.
    pub fn delivered(&self) -> u64 {
        self.tallies.values().map(|tally| tally.delivered).sum()
    }

    /// Whether something is not delivered: owed still, or given up.
    pub fn is_undelivered(&self) -> bool {
        self.delivered() < self.owed || self.tallies.values().any(|tally| tally.pending + tally.failed > 0)
    }

    fn count(&mut self, told: &Told) {
        match told {
            Told::Refused(..) => self.bad_lines += 1,
            Told::Accepted(accepted) => self.accepted(accepted),
            // A batch ends with the first failure, which is its result.
            Told::Failed(_) => {}
            Told::Finished(Finished { claim, .. }) if !self.own.contains(claim.delivery) => {}
            Told::Finished(Finished { claim, next, .. }) => {
                let tally = self.tallies.entry(claim.webhook.id).or_insert_with(|| Tally {
                    webhook_name: claim.webhook.name.clone(),
                    ..Tally::default()
                });
                tally.count(next.status);
            }
        }
    }

    fn accepted(&mut self, accepted: &Accepted) {
        let count = |reason| accepted.suppressed.iter().filter(|one| one.reason == reason).count() as u64;
        self.accepted += 1;
        accepted.deliveries.iter().for_each(|owed| self.own.add(owed.id));
        self.owed += accepted.deliveries.len() as u64;
        self.duplicates += count(SuppressionReason::Duplicate);
        self.differing += accepted.suppressed.iter().filter(|one| one.differs).count() as u64;
        self.disabled += count(SuppressionReason::Disabled);
        self.unmatched += u64::from(accepted.deliveries.is_empty() && accepted.suppressed.is_empty());
    }
}

/// Ids that were given one after the other, as ranges: a batch of a million deliveries has a few of them.
#[derive(Debug, Clone, Default)]
struct Ids(BTreeMap<i64, i64>);

impl Ids {
    /// Adds an id that is higher than all before it.
    fn add(&mut self, id: i64) {
        match self.0.last_entry() {
            Some(mut last) if *last.get() + 1 == id => *last.get_mut() = id,
            _ => {
                self.0.insert(id, id);
            }
        }
    }

    fn contains(&self, id: i64) -> bool {
        self.0.range(..=id).next_back().is_some_and(|(_, last)| id <= *last)
    }
}

/// Who hears of a batch while it runs.
pub struct Listener<'a> {
    /// A line that could not be used, by its number from 1.
    pub bad_line: &'a mut dyn FnMut(u64, &Error),
    /// Where the batch stands, now and then.
    pub progress: &'a mut dyn FnMut(&Batch),
}

impl Hooks {
    /// Emits an event for every line of `lines`, JSON objects, and makes an attempt for each delivery. A
    /// webhook whose attempts keep failing does not hold it up: what it is owed stays pending. `stop` ends
    /// it early; what was accepted is kept.
    ///
    /// # Errors
    /// `Storage`, and where reading fails. What was accepted before is kept, and running the batch again
    /// goes on where it ended, because it recognises what was accepted.
    pub fn emit_batch(
        &self,
        lines: Box<dyn BufRead + Send>,
        stop: &AtomicBool,
        listener: &mut Listener,
    ) -> Result<Batch> {
        let mut batch = Batch::default();
        let inbox = Arc::new(Inbox::default());
        let feed = Feed::new(&inbox);
        // Not waited for where the run ends early: it may be blocked in reading, and accepts nothing itself.
        let reader = thread::Builder::new()
            .name("batch".to_owned())
            .spawn(move || read(lines, &feed))
            .map_err(|error| unreadable(&error.to_string()))?;
        let mut shown = Instant::now();
        let mut told = |told: Told| {
            if let Told::Refused(line, error) = told {
                (listener.bad_line)(line, error);
            }
            batch.count(&told);
            if shown.elapsed() >= SHOWN_EVERY {
                shown = Instant::now();
                (listener.progress)(&batch);
            }
        };
        let due = Due { newest_attempt: self.store.newest_attempt()?, ..Due::default() };
        let work = Work {
            due,
            watch: false,
            endures: false,
            inbox: Some(inbox),
            patience: None,
            stop,
            told: &mut told,
        };
        self.dispatcher(&self.schedule)
            .work(work)
            .map_err(|error| after(error, "what was accepted before is kept"))?;
        self.count_settled(&mut batch)?;
        if !stop.load(Ordering::Acquire) {
            reader.join().unwrap_or_else(|_| Err(unreadable("the reader ended early")))?;
        }
        Ok(batch)
    }

    /// Counts the deliveries of the batch that other processes have settled: what is not held is sent by whoever
    /// comes first.
    fn count_settled(&self, batch: &mut Batch) -> Result<()> {
        let counted: u64 = batch.tallies.values().map(|tally| tally.delivered + tally.failed).sum();
        if counted == batch.owed {
            return Ok(());
        }
        for tally in batch.tallies.values_mut() {
            (tally.delivered, tally.failed) = (0, 0);
        }
        for (first, last) in &batch.own.0 {
            for (webhook, name, status, count) in self.store.settled(*first, *last)? {
                let tally = batch.tallies.entry(webhook).or_default();
                tally.webhook_name = name;
                match status {
                    Status::Success => tally.delivered += count,
                    Status::Failed => tally.failed += count,
                    Status::Pending => {}
                }
            }
        }
        Ok(())
    }
}

/// Reads lines into groups of events until the end, or until nobody takes them any more.
fn read(lines: Box<dyn BufRead + Send>, feed: &Feed) -> Result<()> {
    let mut lines = BufReader::with_capacity(64 * 1024, lines);
    let (mut number, mut bytes) = (0, 0);
    let mut group = Fed::default();
    let mut identities = Identities::default();
    let mut line = Vec::new();
    while next_line(&mut lines, &mut line)? {
        number += 1;
        if !line.trim_ascii().is_empty() {
            bytes += line.len();
            match event(&line, &mut identities) {
                Ok(event) => group.events.push(Arc::new(event)),
                Err(error) => group.refused.push((number, error)),
            }
        }
        let size = group.events.len() + group.refused.len();
        // The next line may be long in coming: what is there is not kept waiting for it.
        let last_for_now = !lines.buffer().contains(&b'\n');
        if size > 0 && (size >= GROUP || bytes >= GROUP_BYTES || last_for_now) {
            bytes = 0;
            if !feed.send(std::mem::take(&mut group)) {
                return Ok(());
            }
        }
    }
    // Nobody listens where accepting failed; that error is the one to report.
    feed.send(group);
    Ok(())
}

/// Whether there is a line; one that is too long is cut, which no JSON object survives.
fn next_line(lines: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    let failed = |error: std::io::Error| unreadable(&error.to_string());
    let found = (&mut *lines).take(LONGEST_LINE).read_until(b'\n', line).map_err(failed)?;
    if found as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
        lines.skip_until(b'\n').map_err(failed)?;
    }
    Ok(found > 0)
}

fn event(line: &[u8], identities: &mut Identities) -> Result<Event> {
    let text = std::str::from_utf8(line).map_err(|_| Error::invalid("event", "the line is not UTF-8"))?;
    let refused = |problem| Error::Invalid(vec![problem]);
    let new = NewEvent::from_json(text).map_err(refused)?;
    // A member that is ignored because of a slip would send the event to others than was meant.
    if let Some(problem) = NewEvent::misspelt(text) {
        return Err(refused(problem));
    }
    Event::new(&new, identities.next()?)
}

fn unreadable(why: &str) -> Error {
    Error::Storage(
        Report::new(format!("cannot read the batch: {why}"))
            .hint("what was accepted is kept; run the same batch again to go on"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_as_ranges() {
        let mut ids = Ids::default();
        for id in [3, 4, 5, 9, 10] {
            ids.add(id);
        }
        let found: Vec<_> = (1..12).filter(|id| ids.contains(*id)).collect();
        assert_eq!((found, ids.0.len()), (vec![3, 4, 5, 9, 10], 2));
    }

    #[test]
    fn lines_are_read_one_by_one_and_long_ones_are_cut() {
        let long = "x".repeat(usize::try_from(LONGEST_LINE).unwrap() + 5);
        let text = format!("one\n\n{long}\nlast");
        let (mut lines, mut line) = (text.as_bytes(), Vec::new());
        let mut lengths = Vec::new();
        while next_line(&mut lines, &mut line).unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [4, 1, usize::try_from(LONGEST_LINE).unwrap(), 4]);
    }
}
