//! The REST API, and the worker that runs beside it. No rule of the product lives here: every route calls one verb.
//!
//! ```text
//! accept ─▶ connection ─▶ handle: route, token, body ─▶ operation ─▶ hooks
//!                                         events ─▶ intake ─▶ the worker's next commit ─▶ answer
//! ```
//!
//! Connections are served by a few threads that never wait for the disk. Operations that read or write have threads
//! of their own; emissions are handed to the worker, whose transactions take many of them at once.

mod accept;
mod answer;
mod auth;
mod budget;
mod call;
mod connection;
mod deliveries;
mod events;
mod fields;
mod handle;
mod heads;
mod listen;
mod log;
mod messages;
mod metrics;
mod operate;
mod pages;
mod parameters;
mod rotation;
mod routes;
mod schema;
mod stats;
mod tls;
mod unit;
mod webhooks;
mod wire;
mod worker;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Report, Result};
use crate::hooks::{Hooks, Intake};
use crate::webhook::Actor;
use answer::Answer;
use auth::Auth;
use log::{Level, Log};
use metrics::Metrics;
use worker::Worker;

pub use log::LogFormat;
pub use unit::unit;

/// How many requests of clients may be held in memory, in KiB of their bodies; each of them counts for a few more.
const BUDGET: usize = 64 * 1024;
/// How many requests may wait at once for a receiver to answer.
const SENDING: usize = 32;
/// How often the tokens are read anew.
const TOKENS_READ: Duration = Duration::from_millis(200);

/// How to serve.
#[expect(clippy::struct_excessive_bools, reason = "each of them is a switch of the command line")]
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen at, where no socket was handed over.
    pub listen: String,
    /// The certificate chain and its key, as PEM files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether to send what is due.
    pub worker: bool,
    /// Whether requests need a token.
    pub auth: bool,
    /// Whoever changes something where no token is needed.
    pub actor: Actor,
    /// Whether the figures need none.
    pub metrics_public: bool,
    /// What clients call this server, where it stands behind another.
    pub public_url: Option<String>,
    /// How long requests may take to end when the server is to.
    pub drain: Duration,
    /// How long a client may take over a request, its answer, or the next request.
    pub idle_timeout: Duration,
    /// The form of the log.
    pub log_format: LogFormat,
    /// Whether the log has warnings and errors only.
    pub quiet: bool,
    /// How many connections there may be at once.
    pub connections: usize,
}

/// What every request works with.
pub struct App {
    hooks: Hooks,
    intake: Intake,
    auth: Auth,
    metrics: Metrics,
    log: Log,
    worker: Worker,
    options: Options,
    budget: Arc<Semaphore>,
    sending: Arc<Semaphore>,
    /// When the tokens were read last.
    reread: tokio::sync::Mutex<Option<Instant>>,
    readiness: operate::Readiness,
    stop: AtomicBool,
}

impl App {
    /// Leave to wait for a receiver; threads for that are few.
    fn may_send(&self) -> std::result::Result<OwnedSemaphorePermit, Answer> {
        let full = |_| Answer::later("Too many requests wait for receivers.");
        Arc::clone(&self.sending).try_acquire_owned().map_err(full)
    }

    /// Runs what may wait for the disk or for a receiver on a thread of its own. A panic there is an answer as well.
    async fn blocking(
        &self,
        work: impl FnOnce() -> std::result::Result<Answer, Answer> + Send + 'static,
    ) -> std::result::Result<Answer, Answer> {
        self.aside(work).await?
    }

    /// Runs what takes its time on a thread of its own.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> std::result::Result<T, Answer> {
        tokio::task::spawn_blocking(work).await.map_err(|error| Answer::unforeseen(&error.to_string()))
    }

    /// Reads the tokens, because one may have been made a moment ago. Those who come while somebody reads share the
    /// next reading: whoever guesses does not keep the database busy.
    async fn reread_tokens(self: &Arc<Self>) {
        let came = Instant::now();
        let mut last = self.reread.lock().await;
        if last.is_some_and(|last| last >= came) {
            return;
        }
        *last = Some(Instant::now());
        let reading = Arc::clone(self);
        // Where they cannot be read, those that are known stay.
        let _ = tokio::task::spawn_blocking(move || reading.read_tokens()).await;
    }

    /// Reads the tokens and says how many can be used.
    fn read_tokens(&self) -> Result<usize> {
        let keys = self.hooks.token_keys()?;
        let now = Timestamp::now();
        let valid = keys.iter().filter(|(_, token)| token.is_valid(now)).count();
        self.auth.know(keys);
        Ok(valid)
    }
}

/// Serves until SIGINT or SIGTERM: then what is under way is finished, and everything is on the disk.
///
/// # Errors
/// `Refused` where nobody could be told from anybody else: no token, or no authentication beyond this machine.
/// `Invalid` where the address or a certificate cannot be used; `Storage`.
pub fn serve(hooks: Hooks, options: Options, log: Box<dyn Write + Send>) -> Result<()> {
    let (log, writer) = Log::start(options.log_format, options.quiet, log);
    let app = Arc::new(App {
        hooks,
        intake: Intake::default(),
        auth: Auth::default(),
        metrics: Metrics::new(),
        log,
        worker: Worker::default(),
        options,
        budget: Arc::new(Semaphore::new(BUDGET)),
        sending: Arc::new(Semaphore::new(SENDING)),
        reread: tokio::sync::Mutex::default(),
        readiness: operate::Readiness::default(),
        stop: AtomicBool::new(false),
    });
    let tokens = app.read_tokens()?;
    if app.options.auth && tokens == 0 {
        let report = Report::new("nobody could use this server: there is no valid token");
        return Err(Error::Refused(report.hint(
            "`ptw-hooks token create NAME --scope manage` makes one; `--no-auth` serves everybody on this machine",
        )));
    }
    log_panics(&app);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(64)
        .thread_keep_alive(Duration::from_secs(5))
        .enable_all()
        .build()
        .map_err(|error| Error::Storage(Report::new(format!("cannot start threads: {error}"))))?;
    let served = runtime.block_on(run(&app));
    // What still runs has had its time; nothing that was answered depends on it.
    runtime.shutdown_background();
    drop(std::panic::take_hook());
    writer.finish(&app.log);
    served
}

async fn run(app: &Arc<App>) -> Result<()> {
    let listener = listen::listen(&app.options)?;
    let tls = app.options.tls.as_ref().map(|(chain, key)| tls::Tls::load(chain, key)).transpose()?;
    let working = worker::start(app)?;
    let refreshing = tokio::spawn(keep_tokens(Arc::clone(app)));
    let served = accept::serve(app, listener, tls.map(Arc::new)).await;
    refreshing.abort();
    app.stop.store(true, Ordering::Release);
    let left = served?;
    let ended = tokio::task::spawn_blocking(move || working.join());
    if tokio::time::timeout(left, ended).await.is_err() {
        app.log.line(Level::Warn, "requests to receivers are still under way; they will be made again", &[]);
    } else if let Err(error) = app.hooks.checkpoint() {
        app.log.line(
            Level::Warn,
            "cannot write the log into the database",
            &[("error", error.to_string().into())],
        );
    }
    app.log.line(Level::Info, "stopped", &[]);
    Ok(())
}

/// Follows what the command line changes of tokens.
async fn keep_tokens(app: Arc<App>) {
    let mut interval = tokio::time::interval(TOKENS_READ);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        app.reread_tokens().await;
    }
}

/// A panic is a line of the log like any other.
fn log_panics(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    std::panic::set_hook(Box::new(move |panic| {
        let Some(app) = app.upgrade() else { return };
        let place = panic.location().map(ToString::to_string);
        app.log.line(Level::Error, "panic", &[("place", place.into()), ("panic", panic.to_string().into())]);
    }));
}
