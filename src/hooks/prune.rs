//! Removing what is old: the verb `prune`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Hooks;
use crate::error::Result;
use crate::upkeep::{Age, Pruned};

/// Between two transactions others get their turn: for as long as the last one took, within these bounds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

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
        let mut pruned = self.remove_old(before, &go_on)?;
        if pruning.vacuum && go_on() {
            pruned.returned = self.store.vacuum(stop)?.unwrap_or(0);
        } else {
            pruned.returned = self.give_back(&go_on)?;
        }
        self.store.cut_log()?;
        pruned.free = self.store.free()?;
        Ok(pruned)
    }

    fn remove_old(&self, before: Timestamp, go_on: &dyn Fn() -> bool) -> Result<Pruned> {
        let mut removed = Pruned::default();
        let mut after = 0;
        while go_on() {
            let begun = Instant::now();
            let step = self.store.prune(after, before)?;
            removed.add(step.removed);
            let Some(next) = step.next else {
                removed.webhooks = self.store.prune_webhooks()?;
                break;
            };
            after = next;
            // What only looks takes no turn from anybody.
            if step.removed.events > 0 {
                pause(begun);
            }
        }
        Ok(removed)
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
