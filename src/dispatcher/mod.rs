//! Sends what is held and records what came of it. Knows how, not why: what is to be sent was decided
//! before.
//!
//! One thread records and claims; up to [`THREADS`] others send. They meet in the lanes (what waits) and in
//! a channel (what has ended), and no transaction is open while a request is under way.

mod lanes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::delivery::{Attempt, Claim};
use crate::error::Result;
use crate::event::EventType;
use crate::request::Request;
use crate::retry::{self, Schedule};
use crate::sender::Sender;
use crate::store::{Due, Finished, Lease, Store};
use lanes::Lanes;

/// At most this many requests are under way at once.
pub const THREADS: usize = 64;
/// At most this many attempts are recorded, and this many deliveries claimed, in one transaction.
const AT_ONCE: usize = 256;
/// How soon a worker that watches sees what another process has queued.
const POLL: Duration = Duration::from_millis(250);

/// What the dispatcher works with.
pub struct Dispatcher<'a> {
    /// Where attempts are recorded.
    pub store: &'a Store,
    /// What sends them.
    pub sender: &'a Sender,
    /// For exchanges with webhooks that have no timeout of their own.
    pub timeout: Duration,
    /// What becomes of deliveries whose attempt fails; an empty one gives them up.
    pub schedule: &'a Schedule,
}

/// What to do with deliveries that are due.
pub struct Work<'a> {
    /// Which deliveries to claim.
    pub due: Due,
    /// Whether to go on when nothing is due any more.
    pub watch: bool,
    /// Set from outside to end: what is under way is finished, the rest is released.
    pub stop: &'a AtomicBool,
    /// Is told of every attempt after it was recorded.
    pub told: &'a mut dyn FnMut(&Finished),
}

/// What the threads share.
struct Shared {
    lanes: Mutex<Lanes>,
    /// Something was put into a lane, a lane has room again, or all is over.
    changed: Condvar,
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // The lanes are consistent after every statement: a panic elsewhere does not harm them.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dispatcher<'_> {
    /// Makes one attempt for each claim, side by side, and records them as they end.
    ///
    /// # Errors
    /// `Storage` where an attempt could not be recorded. It was made all the same, and will be made again
    /// when the lease ends.
    pub fn send(&self, claims: Vec<Claim>) -> Result<()> {
        self.run(claims, None)
    }

    /// Claims what is due and makes an attempt for each, until nothing is due, or until it is stopped.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn work(&self, work: Work) -> Result<()> {
        self.run(Vec::new(), Some(work))
    }

    fn run(&self, claims: Vec<Claim>, work: Option<Work>) -> Result<()> {
        let threads = if work.is_some() { THREADS } else { claims.len().min(THREADS) };
        let mut lanes = Lanes::default();
        lanes.extend(claims);
        let shared = Shared { lanes: Mutex::new(lanes), changed: Condvar::new() };
        let (done, finished) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (shared, done) = (&shared, done.clone());
                scope.spawn(move || self.serve(shared, &done));
            }
            drop(done);
            let result = self.lead(&shared, &finished, work);
            shared.lanes().close();
            shared.changed.notify_all();
            result
        })
    }

    /// Records and claims, until all is done.
    fn lead(
        &self,
        shared: &Shared,
        finished: &mpsc::Receiver<Finished>,
        mut work: Option<Work>,
    ) -> Result<()> {
        let mut look_at = Instant::now();
        let mut claimed_from = 0;
        loop {
            let mut watching = false;
            if let Some(work) = &mut work {
                if work.stop.load(Ordering::Acquire) {
                    let waiting = shared.lanes().drain();
                    self.store.release(&waiting, Timestamp::now())?;
                } else {
                    watching = work.watch;
                    if Instant::now() >= look_at {
                        let more = self.claim(shared, &work.due, &mut claimed_from)?;
                        look_at = Instant::now() + if more { Duration::ZERO } else { POLL };
                    }
                }
            }
            // What a worker has finished it hands over before its lane is idle: the order matters.
            let idle = shared.lanes().is_idle();
            let mut batch: Vec<Finished> = finished.try_iter().take(AT_ONCE).collect();
            if batch.is_empty() {
                if idle && !watching {
                    return Ok(());
                }
                match finished.recv_timeout(POLL) {
                    Ok(first) => batch.push(first),
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
                batch.extend(finished.try_iter().take(AT_ONCE - 1));
            }
            self.store.record(&batch, Timestamp::now())?;
            // There is room in the lanes again.
            look_at = Instant::now();
            if let Some(work) = &mut work {
                for one in &batch {
                    (work.told)(one);
                }
            }
        }
    }

    /// Whether there may be more than what was claimed.
    fn claim(&self, shared: &Shared, due: &Due, claimed_from: &mut i64) -> Result<bool> {
        let room = |webhook| shared.lanes().room(webhook);
        let lease = Lease { timeout: self.timeout, at_once: THREADS };
        let claims = self.store.claim(due, &room, *claimed_from, AT_ONCE, lease, Timestamp::now())?;
        let more = claims.len() >= AT_ONCE;
        if let Some(last) = claims.last() {
            *claimed_from = last.webhook.id;
            shared.lanes().extend(claims);
            shared.changed.notify_all();
        }
        Ok(more)
    }

    /// Sends what waits in the lanes until all is over.
    fn serve(&self, shared: &Shared, done: &mpsc::Sender<Finished>) {
        let mut lanes = shared.lanes();
        loop {
            if lanes.is_closed() {
                return;
            }
            let Some(claim) = lanes.take() else {
                lanes = shared.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(lanes);
            let webhook = claim.webhook.id;
            let ended = self.attempt(claim).map(|finished| {
                let kind = finished.attempt.outcome.kind;
                // Nobody listens where recording failed; the lease brings the delivery back.
                let _ = done.send(finished);
                kind
            });
            lanes = shared.lanes();
            lanes.done(webhook, ended);
            shared.changed.notify_one();
        }
    }

    /// `None` where the lease is too short by now for a whole exchange: another worker may take it over in
    /// the middle, and two would send it at once.
    fn attempt(&self, claim: Claim) -> Option<Finished> {
        let started_at = Timestamp::now();
        let request = Request::new(&claim.webhook, &claim.event, claim.delivery, started_at, self.timeout);
        let left = claim.lease_until.duration_since(started_at);
        if left < SignedDuration::try_from(request.timeout).unwrap_or(SignedDuration::MAX) {
            return None;
        }
        let outcome = self.sender.send(&request);
        let mut next = retry::next(self.schedule, claim.attempt, &outcome, Timestamp::now(), jitter());
        // Somebody who tries a webhook out does not want it disabled by the trial.
        next.gone &= claim.event.event != EventType::WebhookTest;
        let headers = request.shown_headers();
        let attempt = Attempt { number: claim.attempt, started_at, url: request.url, headers, outcome };
        Some(Finished { claim, attempt, next })
    }
}

/// A random number from 0 to 1; where the system has no randomness, the middle does as well.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
