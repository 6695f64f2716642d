//! Telling somebody that a receiver has begun to fail, is well again, or cost its webhook its deliveries.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Hooks;
use crate::api::AlertObject;
use crate::delivery::OutcomeKind;
use crate::error::{Error, Report, Result};
use crate::event::Event;
use crate::incident::{Alert, Threshold};
use crate::notifier;
use crate::upkeep::{Check, Verdict};
use crate::webhook::Webhook;

/// How often a worker looks.
const LOOK: Duration = Duration::from_secs(1);
/// Nobody else tells what one process is about to tell: longer than a command or a request may take.
const LEASE: Duration = Duration::from_secs(60);
/// So long a command that ends goes on telling: until cron starts the next one.
const PATIENCE: Duration = Duration::from_secs(55);

/// Who is told.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A program and its arguments, which reads a JSON object from its standard input.
    Command(Vec<OsString>),
    /// A webhook, by its id or its name, which receives that object as an event.
    Webhook(String),
}

/// What the configuration says about receivers that fail.
#[derive(Debug, Clone, Default)]
pub struct OnFailure {
    /// From when on they are worth telling.
    pub threshold: Threshold,
    /// Who is told, if anybody is.
    pub recipient: Option<Recipient>,
}

/// What a look at the receivers has brought.
pub enum Heard<'a> {
    /// This has happened, and nobody has noted it before.
    Noticed(&'a Alert),
    /// It could not be told; the text says why, and whether it is told again.
    Untold(&'a Alert, &'a str),
    /// The database failed; the next look may do better.
    Failed(&'a Error),
}

impl Hooks {
    /// Notes which receivers have begun to fail or are well again, and tells whoever is to be told, one alert after
    /// the other until all are told. Where that takes long, or once `stop` is set, the rest is left for whoever comes
    /// next.
    ///
    /// # Errors
    /// `Storage`.
    pub fn alert(&self, stop: &AtomicBool, heard: &mut dyn FnMut(Heard)) -> Result<()> {
        let begun = Instant::now();
        let stopped = || stop.load(Ordering::Acquire);
        self.notice(heard)?;
        while !stopped() && begun.elapsed() < PATIENCE && self.tell_one(&stopped, heard)? {}
        Ok(())
    }

    /// Notes what there is to note.
    fn notice(&self, heard: &mut dyn FnMut(Heard)) -> Result<()> {
        for alert in self.store.notice(&self.on_failure.threshold, Timestamp::now())? {
            heard(Heard::Noticed(&alert));
        }
        Ok(())
    }

    /// Tells one alert; says whether there was one.
    fn tell_one(&self, stopped: &dyn Fn() -> bool, heard: &mut dyn FnMut(Heard)) -> Result<bool> {
        let Some(recipient) = &self.on_failure.recipient else { return Ok(false) };
        let Some(alert) = self.store.claim_alert(LEASE, Timestamp::now())? else { return Ok(false) };
        let told = self.tell(recipient, &alert, stopped);
        let now = Timestamp::now();
        match told {
            Ok(()) => self.store.told(&alert, Ok(()), now)?,
            Err(why) => {
                // Whoever was interrupted leaves it to whoever comes next.
                let next = if stopped() { Some(now) } else { alert.next_try(now) };
                self.store.told(&alert, Err((&why, next)), now)?;
                let again = if next.is_some() { "it is tried again" } else { "it is given up" };
                heard(Heard::Untold(&alert, &format!("{why}; {again}")));
            }
        }
        Ok(true)
    }

    /// Does `work`, which sends, and looks after the receivers beside it for as long as it lasts: on two threads, so
    /// that somebody who takes long to be told holds up nothing that is to be noted.
    pub(super) fn alerting<T>(
        &self,
        stop: &AtomicBool,
        heard: &(dyn Fn(Heard) + Sync),
        work: impl FnOnce() -> T,
    ) -> T {
        thread::scope(|scope| {
            let notice = beside(scope, "notice", (stop, heard), |_| {
                self.notice(&mut |one| heard(one)).map(|()| false)
            });
            let tell =
                beside(scope, "tell", (stop, heard), |stopped| self.tell_one(stopped, &mut |one| heard(one)));
            let done = work();
            drop((notice, tell));
            done
        })
    }

    /// Whether whoever is to be told can be told, as far as that shows without an alert; `None` where nobody is.
    pub(super) fn examine_recipient(&self) -> Option<Check> {
        let found = match self.on_failure.recipient.as_ref()? {
            Recipient::Command(command) => {
                let program = command.first()?;
                let shown = program.to_string_lossy();
                if notifier::is_there(program) {
                    Ok(format!("`{shown}` is told of receivers that fail"))
                } else {
                    Err(format!("`{shown}`, which is to be told, is no program that this user may run"))
                }
            }
            Recipient::Webhook(named) => {
                self.told_webhook(named).map_err(|error| error.to_string()).and_then(|told| {
                    told.map(|webhook| format!("`{}` is told of receivers that fail", webhook.name))
                })
            }
        };
        let untold = || self.store.last_untold().map_err(|error| error.to_string());
        let bad =
            |verdict, finding: String, advice| Some(Check::bad(("on_failure", verdict), finding, advice));
        match found.and_then(|told| Ok((told, untold()?))) {
            Ok((told, None)) => Some(Check::ok("on_failure", told)),
            Ok((_, Some((at, why)))) => bad(
                Verdict::Warning,
                format!("what happened at {at} could not be told yet: {why}"),
                "It is told again for a day; what has failed is told by `retry --quiet` and the log of `serve` as well.",
            ),
            Err(why) => bad(
                Verdict::Failed,
                why,
                "Nobody learns that a receiver fails: mend `on_failure` in the configuration.",
            ),
        }
    }

    /// The webhook that is to be told; why it cannot be, as a clause for people.
    fn told_webhook(&self, named: &str) -> Result<std::result::Result<Webhook, String>> {
        let webhook = self.show(named)?;
        Ok(if webhook.enabled && webhook.paused_at.is_none() {
            Ok(webhook)
        } else {
            let state = if webhook.enabled { "paused" } else { "disabled" };
            Err(format!("the webhook `{}`, which is to be told, is {state}", webhook.name))
        })
    }

    /// Tells one alert; why not, as a clause for people.
    fn tell(
        &self,
        recipient: &Recipient,
        alert: &Alert,
        stopped: &dyn Fn() -> bool,
    ) -> std::result::Result<(), String> {
        let body = serde_json::to_vec(&AlertObject::from(alert)).map_err(|error| error.to_string())?;
        match recipient {
            Recipient::Command(command) => {
                let id = alert.webhook.to_string();
                let variables = [
                    ("PTW_HOOKS_ALERT", alert.kind.event().name()),
                    ("PTW_HOOKS_ALERT_WEBHOOK", alert.webhook_name.as_str()),
                    ("PTW_HOOKS_ALERT_WEBHOOK_ID", id.as_str()),
                ];
                notifier::run(command, &variables, &body, stopped)
            }
            Recipient::Webhook(named) => {
                self.send_alert(named, alert, body).map_err(|error| error.to_string())?
            }
        }
    }

    /// Sends an alert to a webhook as an event that stands in no log: there is no permit in it.
    fn send_alert(
        &self,
        named: &str,
        alert: &Alert,
        body: Vec<u8>,
    ) -> Result<std::result::Result<(), String>> {
        let webhook = match self.told_webhook(named)? {
            Ok(webhook) => webhook,
            Err(why) => return Ok(Err(why)),
        };
        // The id is the same each time it is told, as it is with every event.
        let id = format!("alert_{}_{}", alert.at.as_millisecond(), alert.id);
        let event = Event {
            id,
            event: alert.kind.event(),
            timestamp: alert.at,
            permit_id: 0,
            permit_number: String::new(),
            project_id: None,
            body,
            dedupe_key: String::new(),
        };
        let name = webhook.name.clone();
        let outcome = self.dispatcher(&self.schedule).send_unlogged(webhook, event)?;
        Ok(match outcome.kind {
            OutcomeKind::Delivered => Ok(()),
            _ => {
                Err(format!("the webhook `{name}`, which is to be told, has not taken it: {}", outcome.error))
            }
        })
    }
}

/// Does a chore on a thread every now and then, at once where it says that there is more to do, until it is to stop or
/// what this gives is dropped.
fn beside<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    (stop, heard): (&'scope AtomicBool, &'scope (dyn Fn(Heard) + Sync)),
    chore: impl Fn(&dyn Fn() -> bool) -> Result<bool> + Send + 'scope,
) -> Sender<()> {
    let (working, over) = mpsc::channel();
    let every_look = move || {
        let stopped = || stop.load(Ordering::Acquire) || over.try_recv() == Err(TryRecvError::Disconnected);
        while !stopped() {
            let more = chore(&stopped).unwrap_or_else(|error| {
                heard(Heard::Failed(&error));
                false
            });
            if !more && over.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    };
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, every_look) {
        let report = Report::new(format!("cannot start a thread: {error}"));
        heard(Heard::Failed(&Error::Storage(report)));
    }
    working
}
