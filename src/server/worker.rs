//! The worker beside the server: a thread that sends what is due and accepts what comes, and what is known of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::App;
use super::log::Level;
use crate::error::{Error, Report, Result};
use crate::hooks::{Heard, Worked};
use crate::incident::AlertKind;

/// How long to wait before a worker that has failed begins anew.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of the worker.
#[derive(Default)]
pub struct Worker(AtomicU8);

/// How the worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    Starting,
    /// It sends.
    Working,
    /// It accepts, and another process sends.
    Off,
    /// It cannot work with the database, and tries again.
    Failing,
}

impl State {
    const ALL: [Self; 4] = [Self::Starting, Self::Working, Self::Off, Self::Failing];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "ok",
            Self::Off => "off",
            Self::Failing => "failing",
        }
    }

    /// Whether all is as it should be.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Working | Self::Off)
    }
}

impl Worker {
    /// How it does.
    pub fn state(&self) -> State {
        State::ALL[usize::from(self.0.load(Ordering::Relaxed)) % State::ALL.len()]
    }

    fn set(&self, state: State) -> bool {
        let new = state as u8;
        self.0.swap(new, Ordering::Relaxed) != new
    }
}

/// Starts the worker; it ends when the app is to stop.
pub fn start(app: &Arc<App>) -> Result<JoinHandle<()>> {
    let app = Arc::clone(app);
    thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || {
            while !app.stop.load(Ordering::Acquire) {
                // A fault of ours ends one round, and not the acceptance of events for good.
                let ended = catch_unwind(AssertUnwindSafe(|| work(&app)));
                let failed = match ended {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "it panicked".to_owned(),
                };
                app.worker.set(State::Failing);
                app.log.line(Level::Error, "the worker begins anew", &[("error", failed.into())]);
                if !app.stop.load(Ordering::Acquire) {
                    thread::sleep(PAUSE);
                }
            }
        })
        .map_err(|error| Error::Storage(Report::new(format!("cannot start a thread: {error}"))))
}

fn work(app: &Arc<App>) -> Result<()> {
    if !app.options.worker {
        app.worker.set(State::Off);
        app.hooks.accept_only(&app.intake, &app.stop);
        return Ok(());
    }
    app.worker.set(State::Working);
    let mut told = |worked: Worked| match worked {
        Worked::Attempted(finished) => {
            if app.worker.set(State::Working) {
                app.log.line(Level::Info, "the database works again", &[]);
            }
            let outcome = &finished.attempt.outcome;
            app.metrics.attempted(finished.claim.webhook.id, outcome.kind, outcome.duration);
        }
        Worked::Stored => {
            if app.worker.set(State::Working) {
                app.log.line(Level::Info, "the database works again", &[]);
            }
        }
        Worked::Failed(error) => {
            if app.worker.set(State::Failing) {
                app.log.line(Level::Error, "the database fails", &[("error", error.to_string().into())]);
            }
        }
    };
    app.hooks.work(&app.intake, &app.stop, &mut told, &|heard| alerts(app, &heard))
}

fn alerts(app: &App, heard: &Heard) {
    match heard {
        Heard::Noticed(alert) => {
            let level = if alert.kind == AlertKind::Recovered { Level::Info } else { Level::Warn };
            let fields = [
                ("webhook", alert.webhook.into()),
                ("webhook_name", alert.webhook_name.as_str().into()),
                ("failing_since", alert.since.to_string().into()),
                ("failures", alert.failures.into()),
                ("pending", alert.pending.into()),
                ("error", alert.error.as_str().into()),
            ];
            app.log.line(level, alert.kind.event().description(), &fields);
        }
        Heard::Untold(alert, why) => {
            let fields = [
                ("alert", alert.kind.event().name().into()),
                ("webhook", alert.webhook.into()),
                ("error", (*why).into()),
            ];
            app.log.line(Level::Error, "an alert could not be told", &fields);
        }
        // The worker meets the same failure, and reports it.
        Heard::Failed(_) => {}
    }
}
