//! Every verb of the product, one method each. The command line calls only this, and so does whatever else
//! offers the same verbs. Here the clock and the system's randomness are read.

mod alerts;
mod batch;
mod definitions;
mod doctor;
mod events;
mod explain;
mod follow;
mod log;
mod prune;
mod replay;
mod retry;
mod rotation;
mod serving;
mod stats;
mod tokens;
mod upkeep;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use crate::dispatcher::Dispatcher;
use crate::error::{Error, Report, Result};
use crate::event::Identity;
use crate::sender::{EgressPolicy, Proxy, Sender};
use crate::store::Store;
use crate::upkeep::Age;
use crate::webhook::Schedule;

pub use crate::store::{Accepted, Backlog, Presence, WebhookFilter};
pub use alerts::{Heard, OnFailure, Recipient};
pub use batch::{Batch, Listener};
pub use definitions::planned_file_problems;
pub use doctor::{Examining, examine};
pub use events::{Emission, Preview, Sending};
pub use follow::{Follower, MakeFilter, Seen};
pub use log::{Inspection, Trace};
pub use prune::Pruning;
pub use replay::{Replayed, Replaying};
pub use retry::{Retrying, Tally};
pub use rotation::new_rotation;
pub use serving::{Intake, Worked};
pub use webhooks::{file_doubts, new_secret, validate};

/// What the configuration says about sending and keeping.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For a whole exchange, where a webhook has no timeout of its own.
    pub timeout: Duration,
    /// The waits between attempts.
    pub schedule: Schedule,
    /// Which addresses may be dialled.
    pub egress: EgressPolicy,
    /// Trusted beside the system's roots.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Between here and the receivers.
    pub proxy: Option<Proxy>,
    /// What is older is removed by and by; `None` keeps everything.
    pub retention: Option<Age>,
    /// What is done about receivers that fail.
    pub on_failure: OnFailure,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            schedule: Schedule::default(),
            egress: EgressPolicy::default(),
            extra_roots: Vec::new(),
            proxy: None,
            retention: None,
            on_failure: OnFailure::default(),
        }
    }
}

/// How many connections read beside the one that writes, where many things are done at once.
const READERS: usize = 4;

/// The product: a database and the means to send.
pub struct Hooks {
    store: Store,
    sender: Sender,
    timeout: Duration,
    schedule: Schedule,
    retention: Option<Age>,
    on_failure: OnFailure,
}

impl Hooks {
    /// Opens the database at `path`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(path: &Path, presence: Presence, settings: Settings) -> Result<Self> {
        Ok(Self::new(Store::open(path, presence)?, settings))
    }

    /// Opens the database at `path` for a process that does many things at once.
    ///
    /// # Errors
    /// As [`Store::open_shared`].
    pub fn open_shared(path: &Path, presence: Presence, settings: Settings) -> Result<Self> {
        Ok(Self::new(Store::open_shared(path, presence, READERS)?, settings))
    }

    /// Opens the database at `path` to look at it: verbs that write fail.
    ///
    /// # Errors
    /// As [`Store::open_to_look`].
    pub fn open_to_look(path: &Path, settings: Settings) -> Result<Self> {
        Ok(Self::new(Store::open_to_look(path)?, settings))
    }

    /// Opens the database at `path` to read a few rows at once, or not at all: it waits for nobody and makes no file
    /// beside it.
    ///
    /// # Errors
    /// As [`Store::open_to_look`], and `Unavailable` where another process holds it.
    pub fn open_for_a_glance(path: &Path, settings: Settings) -> Result<Self> {
        Ok(Self::new(Store::open_for_a_glance(path)?, settings))
    }

    fn new(store: Store, settings: Settings) -> Self {
        Self {
            store,
            sender: Sender::new(settings.egress, settings.extra_roots, settings.proxy),
            timeout: settings.timeout,
            schedule: settings.schedule,
            retention: settings.retention,
            on_failure: settings.on_failure,
        }
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    fn dispatcher<'a>(&'a self, schedule: &'a Schedule) -> Dispatcher<'a> {
        Dispatcher { store: &self.store, sender: &self.sender, timeout: self.timeout, schedule }
    }
}

/// The same failure of the database, with what was on the disk before it.
fn after(error: Error, kept: &str) -> Error {
    let more = |Report { message, hint }| {
        let hint = hint.map_or_else(|| kept.to_owned(), |hint| format!("{hint}; {kept}"));
        Report::new(message).hint(hint)
    };
    match error {
        Error::Storage(report) => Error::Storage(more(report)),
        Error::Unavailable(report) => Error::Unavailable(more(report)),
        other => other,
    }
}

/// This moment, and randomness for an event's id.
fn identity() -> Result<Identity> {
    Ok(Identity { now: Timestamp::now(), random: random()? })
}

/// Identities for many events, with one call to the system for dozens of them.
#[derive(Default)]
struct Identities {
    random: Vec<[u8; 10]>,
}

impl Identities {
    fn next(&mut self) -> Result<Identity> {
        if self.random.is_empty() {
            let bytes: [u8; 640] = random()?;
            self.random.extend(bytes.as_chunks().0);
        }
        let random = self.random.pop().unwrap_or_default();
        Ok(Identity { now: Timestamp::now(), random })
    }
}

/// Bytes from the system's randomness.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::Storage(Report::new(format!("cannot read the system's randomness: {error}")))
    })?;
    Ok(bytes)
}
