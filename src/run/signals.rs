//! SIGINT and SIGTERM: the first asks for an end, the second ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::exit;

/// What was asked for so far.
pub struct Signals {
    stop: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Becomes true with the first signal.
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// The exit code of a command that was asked to end.
    pub fn code(&self) -> Option<u8> {
        match self.which.load(Ordering::Acquire) {
            0 => None,
            signal => Some(exit::INTERRUPTED.saturating_add(u8::try_from(signal).unwrap_or(0))),
        }
    }
}

/// From now on the first signal is noted: what is under way is finished and recorded. The second ends the
/// process, which loses nothing either: what was held is sent again when its lease ends.
pub fn listen() -> Result<Signals> {
    let signals = Signals { stop: Arc::new(AtomicBool::new(false)), which: Arc::new(AtomicUsize::new(0)) };
    for signal in [SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        flag::register_conditional_default(signal, Arc::clone(&signals.stop))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&signals.which), number))
            .and_then(|_| flag::register(signal, Arc::clone(&signals.stop)))
            .context("cannot listen for signals")?;
    }
    Ok(signals)
}
