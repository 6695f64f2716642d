//! Sends what is held and records what came of it. Knows how, not why: what is to be sent was decided
//! before.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::{Attempt, Claim};
use crate::error::Result;
use crate::event::EventType;
use crate::request::Request;
use crate::retry::{self, Schedule};
use crate::sender::Sender;
use crate::store::{Finished, Store};

/// At most this many requests are under way at once.
pub const THREADS: usize = 64;
/// At most this many attempts are recorded in one transaction.
const RECORDED_AT_ONCE: usize = 256;

/// What the dispatcher works with.
pub struct Dispatcher<'a> {
    /// Where attempts are recorded.
    pub store: &'a Store,
    /// What sends them.
    pub sender: &'a Sender,
    /// For exchanges with webhooks that have no timeout of their own.
    pub timeout: Duration,
}

impl Dispatcher<'_> {
    /// Makes one attempt for each claim, side by side, and records them as they end. `schedule` says what
    /// becomes of those that fail; an empty one gives them up.
    ///
    /// # Errors
    /// `Storage` where an attempt could not be recorded. It was made all the same, and will be made again
    /// when the lease ends.
    pub fn send(&self, claims: Vec<Claim>, schedule: &Schedule) -> Result<()> {
        let threads = claims.len().min(THREADS);
        let queue = Mutex::new(claims.into_iter());
        let (done, finished) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (queue, done) = (&queue, done.clone());
                scope.spawn(move || self.work(queue, &done, schedule));
            }
            drop(done);
            self.record(finished)
        })
    }

    fn work(
        &self,
        queue: &Mutex<std::vec::IntoIter<Claim>>,
        done: &mpsc::Sender<Finished>,
        schedule: &Schedule,
    ) {
        loop {
            let claim = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(claim) = claim else { return };
            if done.send(self.attempt(claim, schedule)).is_err() {
                // Recording failed: what is left stays held, and is sent when its lease ends.
                return;
            }
        }
    }

    fn attempt(&self, claim: Claim, schedule: &Schedule) -> Finished {
        let started_at = Timestamp::now();
        let request = Request::new(&claim.webhook, &claim.event, claim.delivery, started_at, self.timeout);
        let outcome = self.sender.send(&request);
        let mut next = retry::next(schedule, claim.attempt, &outcome, Timestamp::now(), jitter());
        // Somebody who tries a webhook out does not want it disabled by the trial.
        next.gone &= claim.event.event != EventType::WebhookTest;
        let headers = request.shown_headers();
        let attempt = Attempt { number: claim.attempt, started_at, url: request.url, headers, outcome };
        Finished { claim, attempt, next }
    }

    #[expect(clippy::needless_pass_by_value, reason = "its end is told by dropping it")]
    /// Takes the receiver, so that the workers stop where recording fails.
    fn record(&self, finished: mpsc::Receiver<Finished>) -> Result<()> {
        while let Ok(first) = finished.recv() {
            let mut batch = vec![first];
            batch.extend(finished.try_iter().take(RECORDED_AT_ONCE - 1));
            self.store.record(&batch, Timestamp::now())?;
        }
        Ok(())
    }
}

/// A random number from 0 to 1; where the system has no randomness, the middle does as well.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
