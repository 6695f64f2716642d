//! What a server needs beside the verbs: a worker that runs for good, and an intake that accepts events from many
//! threads together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Heard, Hooks, identity};
use crate::dispatcher::{Asked, Inbox, Told, Work};
use crate::error::{Error, Result};
use crate::event::{Event, NewEvent};
use crate::store::{Accepted, Backlog, Due, Finished, Hold};

/// At most this many events are accepted in one transaction, where nobody sends.
const AT_ONCE: usize = 512;
/// How often somebody looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(250);

/// Takes events from any number of threads; those that come together share one commit.
#[derive(Default, Clone)]
pub struct Intake {
    inbox: Arc<Inbox>,
}

impl Intake {
    /// Asks for an event to be accepted; `answer` is called once it is on the disk, or could not be stored. Nobody
    /// waits for it to be sent.
    pub fn submit(&self, event: Arc<Event>, answer: impl FnOnce(Result<Accepted>) + Send + 'static) {
        self.inbox.ask(Asked { event, answer: Box::new(answer) });
    }
}

/// What a worker tells of itself.
pub enum Worked<'a> {
    /// An attempt was made and recorded.
    Attempted(&'a Finished),
    /// A transaction was made, for whatever it was.
    Stored,
    /// The database failed; what was sent is kept and recorded as soon as it works again.
    Failed(&'a Error),
}

impl Hooks {
    /// Sends what is due and accepts what comes, until it is stopped: then what is under way is finished, and what
    /// waits is released. A database that fails for a while is endured. `heard` is told which receivers have begun
    /// to fail or are well again.
    ///
    /// # Errors
    /// `Storage` where it cannot begin, or fails at the end.
    pub fn work(
        &self,
        intake: &Intake,
        stop: &AtomicBool,
        told: &mut dyn FnMut(Worked),
        heard: &(dyn Fn(Heard) + Sync),
    ) -> Result<()> {
        let mut told = |one: Told| match one {
            Told::Finished(finished) => told(Worked::Attempted(finished)),
            Told::Failed(error) => told(Worked::Failed(error)),
            Told::Accepted(_) => told(Worked::Stored),
            Told::Refused(..) => {}
        };
        let work = Work {
            due: Due { newest_attempt: i64::MAX, ..Due::default() },
            watch: true,
            endures: true,
            inbox: Some(Arc::clone(&intake.inbox)),
            patience: None,
            stop,
            told: &mut told,
        };
        let send = || self.retaining(stop, || self.dispatcher(&self.schedule).work(work));
        self.alerting(stop, heard, send)
    }

    /// Accepts what comes and sends nothing, until it is stopped.
    pub fn accept_only(&self, intake: &Intake, stop: &AtomicBool) {
        loop {
            let asked = intake.inbox.take_asked(AT_ONCE);
            if asked.is_empty() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                intake.inbox.wait_for_asked(Instant::now() + LOOK);
                continue;
            }
            let (events, answers): (Vec<_>, Vec<_>) =
                asked.into_iter().map(|asked| (asked.event, asked.answer)).unzip();
            match self.store.accept(&events, Timestamp::now(), Hold::Nothing) {
                Ok(accepted) => answers.into_iter().zip(accepted).for_each(|(answer, one)| answer(Ok(one))),
                Err(error) => answers.into_iter().for_each(|answer| answer(Err(error.clone()))),
            }
        }
    }

    /// What is pending.
    ///
    /// # Errors
    /// `Storage`.
    pub fn backlog(&self) -> Result<Backlog> {
        self.store.backlog()
    }

    /// Whether the database can be written, and since when the oldest delivery is pending.
    ///
    /// # Errors
    /// `Storage` where it cannot.
    pub fn probe(&self) -> Result<Option<Timestamp>> {
        self.store.try_writing()?;
        self.store.oldest_pending()
    }

    /// Puts the file in order before the process ends: what the write-ahead log holds goes into it.
    ///
    /// # Errors
    /// `Storage`.
    pub fn checkpoint(&self) -> Result<()> {
        self.store.cut_log()
    }

    /// The event that somebody describes, with an id of its own; it is not stored.
    ///
    /// # Errors
    /// `Invalid` with every problem at once.
    pub fn event(&self, new: &NewEvent) -> Result<Arc<Event>> {
        Ok(Arc::new(Event::new(new, identity()?)?))
    }
}
