//! Removing what is old: the verb `prune`, and the retention that runs beside sending.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Hooks;
use crate::error::Result;
use crate::upkeep::{Age, Pruned};

/// Between two transactions others get their turn: for as long as the last one took, within these bounds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// The retention is looked after this often, by one of the processes that use the file.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How often a worker looks whether it is its turn.
const LOOK: Duration = Duration::from_secs(60);
/// What is left after this long is for the next one, and a worker begins that after as long a pause.
const SLICE: Duration = Duration::from_secs(5);

/// What `prune` is to remove.
#[derive(Debug, Clone, Copy)]
pub struct Pruning {
    /// Events that are older.
    pub older_than: Age,
    /// Only say how much that is.
    pub dry_run: bool,
    /// Write the whole file anew afterwards, without what is free in it.
    pub vacuum: bool,
}

impl Hooks {
    /// Removes old events with all that hangs on them, but for those of which a delivery is pending, and gives
    /// the space back. `stop` ends it early, between two transactions.
    ///
    /// # Errors
    /// `Storage`; what was removed before stays removed.
    pub fn prune(&self, pruning: &Pruning, stop: &AtomicBool) -> Result<Pruned> {
        let before = pruning.older_than.before(Timestamp::now());
        let go_on = || !stop.load(Ordering::Acquire);
        if pruning.dry_run {
            return self.prunable(before, &go_on);
        }
        let (mut pruned, _) = self.remove_old(before, &go_on)?;
        if pruning.vacuum && go_on() {
            pruned.returned = self.store.vacuum(stop)?.unwrap_or(0);
        } else {
            pruned.returned = self.give_back(&go_on)?;
        }
        self.store.cut_log()?;
        pruned.free = self.store.free()?;
        Ok(pruned)
    }

    /// Removes what is older than the retention of the configuration, if there is one, and nobody has done
    /// that within the last hour. It takes a few seconds at most: what is left then is for the next call.
    ///
    /// # Errors
    /// `Storage`.
    pub fn retain(&self, now: Timestamp, stop: &AtomicBool) -> Result<Pruned> {
        Ok(self.retain_while(now, &|| !stop.load(Ordering::Acquire))?.0)
    }

    /// Does `work`, which sends, and looks after the retention on a thread beside it for as long as it lasts.
    pub(super) fn retaining<T>(&self, stop: &AtomicBool, work: impl FnOnce() -> T) -> T {
        if self.retention.is_none() {
            return work();
        }
        thread::scope(|scope| {
            let (working, over) = mpsc::channel::<()>();
            let chore = move || {
                let go_on = || over.try_recv() == Err(TryRecvError::Empty) && !stop.load(Ordering::Acquire);
                loop {
                    // What is wrong with the file, sending runs into as well, and that one is reported.
                    let all = self.retain_while(Timestamp::now(), &go_on).is_ok_and(|(_, all)| all);
                    if over.recv_timeout(if all { LOOK } else { SLICE }) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            };
            // Where the system has no thread for it, another process will remove what is old.
            let _ = thread::Builder::new().name("retention".to_owned()).spawn_scoped(scope, chore);
            let done = work();
            drop(working);
            done
        })
    }

    /// What was removed, and whether nothing is left to do.
    fn retain_while(&self, now: Timestamp, go_on: &dyn Fn() -> bool) -> Result<(Pruned, bool)> {
        const CHORE: &str = "retention";
        let Some(retention) = self.retention else { return Ok((Pruned::default(), true)) };
        if !self.store.take_turn(CHORE, EVERY, now)? {
            return Ok((Pruned::default(), true));
        }
        let begun = Instant::now();
        let in_time = || go_on() && begun.elapsed() < SLICE;
        let (mut pruned, all) = self.remove_old(retention.before(now), &in_time)?;
        if !all {
            self.store.return_turn(CHORE)?;
        }
        pruned.returned = self.give_back(&in_time)?;
        Ok((pruned, all))
    }

    /// What was removed, and whether that was all.
    fn remove_old(&self, before: Timestamp, go_on: &dyn Fn() -> bool) -> Result<(Pruned, bool)> {
        let mut removed = Pruned::default();
        let mut after = 0;
        while go_on() {
            let begun = Instant::now();
            let step = self.store.prune(after, before)?;
            removed.add(step.removed);
            let Some(next) = step.next else {
                self.store.prune_incidents(before)?;
                removed.webhooks = self.store.prune_webhooks()?;
                return Ok((removed, true));
            };
            after = next;
            // What only looks takes no turn from anybody.
            if step.removed.events > 0 {
                pause(begun);
            }
        }
        Ok((removed, false))
    }

    fn prunable(&self, before: Timestamp, go_on: &dyn Fn() -> bool) -> Result<Pruned> {
        let mut prunable = Pruned::default();
        let mut after = 0;
        while go_on() {
            let step = self.store.prunable(after, before)?;
            prunable.add(step.removed);
            let Some(next) = step.next else { break };
            after = next;
        }
        prunable.webhooks = self.store.prunable_webhooks(after, before)?;
        Ok(prunable)
    }

    fn give_back(&self, go_on: &dyn Fn() -> bool) -> Result<u64> {
        let mut returned = 0;
        while go_on() {
            let begun = Instant::now();
            match self.store.give_back()? {
                0 => break,
                bytes => returned += bytes,
            }
            pause(begun);
        }
        Ok(returned)
    }
}

fn pause(begun: Instant) {
    thread::sleep(begun.elapsed().clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
}
