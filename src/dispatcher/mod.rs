//! Sends what is held and records what came of it. Knows how, not why: what is to be sent was decided
//! before.
//!
//! One thread records and claims; up to [`THREADS`] others send. They meet in the lanes (what waits) and in
//! a channel (what has ended), and no transaction is open while a request is under way.

mod lanes;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::delivery::Claim;
use crate::error::{Error, Report, Result};
use crate::event::Event;
use crate::sender::Sender;
use crate::store::{Accepted, Due, Finished, Hold, Lease, Store, WebhookFilter};
use crate::webhook::Schedule;
use lanes::Lanes;

/// At most this many requests are under way at once.
pub const THREADS: usize = 64;
/// At most this many attempts are recorded, and this many deliveries claimed, in one transaction.
const AT_ONCE: usize = 256;
/// How long attempts wait for others to be recorded with, while the threads are busy.
const GATHERED: Duration = Duration::from_millis(20);
/// How soon events that are being read are accepted.
const SOON: Duration = Duration::from_millis(1);
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
    /// Whether to go on when nothing is due any more, and with webhooks whose attempts keep failing.
    pub watch: bool,
    /// Events to accept while others are sent; the run goes on until this ends.
    pub feed: Option<mpsc::Receiver<Fed>>,
    /// Set from outside to end: what is under way is finished, the rest is released.
    pub stop: &'a AtomicBool,
    /// Is told what happens, after it is on the disk.
    pub told: &'a mut dyn FnMut(Told),
}

/// What comes from a feed: events to accept, and the numbers of lines that are none, with the reason.
#[derive(Debug, Default)]
pub struct Fed {
    /// To be accepted together.
    pub events: Vec<Arc<Event>>,
    /// Only to be told of.
    pub refused: Vec<(u64, Error)>,
}

/// What a run tells of itself.
pub enum Told<'a> {
    /// A line of the feed is no event.
    Refused(u64, &'a Error),
    /// An event of the feed was accepted.
    Accepted(&'a Accepted),
    /// An attempt was recorded.
    Finished(&'a Finished),
}

/// How a claim ended.
enum Ended {
    /// Its request was made.
    Sent(Box<Finished>),
    /// Its lease was too short by then.
    Unsent(Claim),
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

/// Ends all threads when it goes, also by a panic: the scope waits for every thread, and each of them for
/// the others, for good.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lanes().close();
        self.0.changed.notify_all();
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
        let (done, ended) = mpsc::channel();
        thread::scope(|scope| {
            let closing = Closing(&shared);
            for started in 0..threads {
                let (shared, done) = (&shared, done.clone());
                let worker = move || {
                    let _closing = Closing(shared);
                    self.serve(shared, &done);
                };
                match thread::Builder::new().spawn_scoped(scope, worker) {
                    Ok(_) => {}
                    Err(error) if started == 0 => {
                        return Err(Error::Storage(Report::new(format!("cannot start a thread: {error}"))));
                    }
                    // The system is out of threads: fewer send all of it as well.
                    Err(_) => break,
                }
            }
            drop(done);
            let result = self.lead(&shared, &ended, work);
            drop(closing);
            result
        })
    }

    /// Records, accepts and claims, until all is done.
    fn lead(&self, shared: &Shared, ended: &mpsc::Receiver<Ended>, mut work: Option<Work>) -> Result<()> {
        let mut look_at = Instant::now();
        let mut claimed_from = 0;
        loop {
            // Only a worker that panicked closes them before this ends: what it held is never done.
            if shared.lanes().is_closed() {
                return Ok(());
            }
            let mut more_to_come = false;
            if let Some(work) = &mut work {
                if work.stop.load(Ordering::Acquire) {
                    let waiting = shared.lanes().drain();
                    self.store.release(&waiting, Timestamp::now())?;
                } else {
                    more_to_come = work.watch || self.take_from_feed(shared, work)?;
                    if Instant::now() >= look_at {
                        let more = self.claim(shared, work, &mut claimed_from)?;
                        look_at = Instant::now() + if more { Duration::ZERO } else { POLL };
                    }
                }
            }
            // What a worker has finished it hands over before its lane is idle: the order matters.
            let idle = shared.lanes().is_idle();
            let mut batch: Vec<Ended> = ended.try_iter().take(AT_ONCE).collect();
            if batch.is_empty() {
                if idle && !more_to_come {
                    return Ok(());
                }
                let feeding = work.as_ref().is_some_and(|work| work.feed.is_some());
                match ended.recv_timeout(if feeding { SOON } else { POLL }) {
                    Ok(first) => batch.push(first),
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            gather(&mut batch, shared, ended);
            self.settle(batch, work.as_mut())?;
            // There is room in the lanes again.
            look_at = Instant::now();
            if work.as_ref().is_some_and(|work| !work.watch) {
                let given_up = shared.lanes().drain_given_up();
                self.store.release(&given_up, Timestamp::now())?;
            }
        }
    }

    fn settle(&self, batch: Vec<Ended>, work: Option<&mut Work>) -> Result<()> {
        let (mut finished, mut unsent) = (Vec::with_capacity(batch.len()), Vec::new());
        for one in batch {
            match one {
                Ended::Sent(one) => finished.push(*one),
                Ended::Unsent(claim) => unsent.push(claim),
            }
        }
        self.store.record(&finished, Timestamp::now())?;
        self.store.release(&unsent, Timestamp::now())?;
        if let Some(work) = work {
            for one in &finished {
                (work.told)(Told::Finished(one));
            }
        }
        Ok(())
    }

    /// Whether more may come from the feed.
    fn take_from_feed(&self, shared: &Shared, work: &mut Work) -> Result<bool> {
        let Some(feed) = &work.feed else { return Ok(false) };
        if shared.lanes().is_full() {
            return Ok(true);
        }
        match feed.try_recv() {
            Err(TryRecvError::Empty) => return Ok(true),
            Err(TryRecvError::Disconnected) => {
                work.feed = None;
                return Ok(false);
            }
            Ok(Fed { events, refused }) => {
                for (line, error) in &refused {
                    (work.told)(Told::Refused(*line, error));
                }
                let room = |webhook| {
                    if shared.lanes().is_given_up(webhook) { 0 } else { shared.lanes().room(webhook) }
                };
                let lease = Lease { timeout: self.timeout, at_once: THREADS };
                let accepted = self.store.accept(&events, Timestamp::now(), Hold::Room(lease, &room))?;
                for mut one in accepted {
                    shared.lanes().extend(std::mem::take(&mut one.claims));
                    (work.told)(Told::Accepted(&one));
                }
                shared.changed.notify_all();
            }
        }
        Ok(true)
    }

    /// Gives back what waits for webhooks that were deleted, disabled or changed since it was claimed: it
    /// would go to the old address, signed with the old secret.
    fn take_back_changed(&self, shared: &Shared) -> Result<()> {
        if shared.lanes().is_idle() {
            return Ok(());
        }
        let live = self.store.webhooks(&WebhookFilter { enabled: Some(true), ..WebhookFilter::default() })?;
        let changed = shared.lanes().drain_where(|claim| {
            let claimed = &claim.webhook;
            !live.iter().any(|now| now.id == claimed.id && now.updated_at == claimed.updated_at)
        });
        self.store.release(&changed, Timestamp::now())
    }

    /// Whether there may be more than what was claimed.
    fn claim(&self, shared: &Shared, work: &Work, claimed_from: &mut i64) -> Result<bool> {
        self.take_back_changed(shared)?;
        let due = &work.due;
        let room = |webhook| {
            let lanes = shared.lanes();
            if !work.watch && lanes.is_given_up(webhook) { 0 } else { lanes.room(webhook) }
        };
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
}

/// Fills the batch up while there is so much to send that the threads stay busy: a transaction for each attempt
/// would cost more than the attempts.
fn gather(batch: &mut Vec<Ended>, shared: &Shared, ended: &mpsc::Receiver<Ended>) {
    let until = Instant::now() + GATHERED;
    loop {
        batch.extend(ended.try_iter().take(AT_ONCE - batch.len()));
        if batch.len() >= AT_ONCE || Instant::now() >= until || !shared.lanes().is_busy() {
            return;
        }
        // Asleep and not waiting at the channel: there, every attempt would wake this thread.
        thread::sleep(SOON);
    }
}
