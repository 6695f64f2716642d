//! Sends what is held and records what came of it. Knows how, not why: what is to be sent was decided
//! before.
//!
//! One thread leads: it records, accepts and claims. Up to [`THREADS`] others send. They meet in the lanes (what
//! waits) and in the inbox (what has ended), and no transaction is open while a request is under way.

mod exchange;
mod inbox;
mod lanes;
mod lead;
mod worker;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::delivery::Claim;
use crate::error::{Error, Report, Result};
use crate::event::Event;
use crate::sender::Sender;
use crate::store::{Accepted, Due, Finished, Store};
use crate::webhook::Schedule;
use exchange::Leads;
use lanes::Lanes;

pub use inbox::{Feed, Inbox};

/// At most this many requests are under way at once.
pub const THREADS: usize = 64;
/// At most this many attempts are recorded, and this many deliveries claimed, in one transaction.
const AT_ONCE: usize = 512;

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
    /// Brings events to accept while others are sent; the run goes on until its feeds end.
    pub inbox: Option<Arc<Inbox>>,
    /// Whether to go on where the database fails for a while: what was sent is recorded later, and whoever
    /// asked meanwhile hears of the failure.
    pub endures: bool,
    /// Until then the run waits for webhooks with a rate; without it, as long as each turn comes soon.
    pub patience: Option<Instant>,
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

/// An event that somebody wants accepted.
pub struct Asked {
    /// The event.
    pub event: Arc<Event>,
    /// Is told what became of it, once it is on the disk, or why it is not.
    pub answer: Box<dyn FnOnce(Result<Accepted>) + Send>,
}

/// What a run tells of itself.
pub enum Told<'a> {
    /// A line of the feed is no event.
    Refused(u64, &'a Error),
    /// An event of the feed was accepted.
    Accepted(&'a Accepted),
    /// An attempt was recorded.
    Finished(&'a Finished),
    /// The database failed; the run tries again.
    Failed(&'a Error),
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
    inbox: Arc<Inbox>,
    leads: Leads,
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
        self.0.inbox.close();
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
        lanes.extend(claims, Instant::now());
        let inbox = work.as_ref().and_then(|work| work.inbox.clone()).unwrap_or_default();
        inbox.open();
        let shared =
            Shared { lanes: Mutex::new(lanes), changed: Condvar::new(), inbox, leads: Leads::default() };
        thread::scope(|scope| {
            let closing = Closing(&shared);
            for started in 0..threads {
                let shared = &shared;
                let worker = move || {
                    let _closing = Closing(shared);
                    self.serve(shared);
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
            let result = self.lead(&shared, work);
            drop(closing);
            result
        })
    }
}
