//! Telling somebody that a receiver has begun to fail, is well again, or cost its webhook its deliveries.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

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
    /// Notes which receivers have begun to fail or are well again, and tells whoever is to be told.
    ///
    /// # Errors
    /// `Storage`.
    pub fn alert(&self, heard: &mut dyn FnMut(Heard)) -> Result<()> {
        for alert in self.store.notice(&self.on_failure.threshold, Timestamp::now())? {
            heard(Heard::Noticed(&alert));
        }
        let Some(recipient) = &self.on_failure.recipient else { return Ok(()) };
        while let Some(alert) = self.store.claim_alert(LEASE, Timestamp::now())? {
            let told = self.tell(recipient, &alert);
            let now = Timestamp::now();
            match told {
                Ok(()) => self.store.told(alert.id, Ok(()), now)?,
                Err(why) => {
                    let next = alert.next_try(now);
                    self.store.told(alert.id, Err((&why, next)), now)?;
                    let again = if next.is_some() { "it is tried again" } else { "it is given up" };
                    heard(Heard::Untold(&alert, &format!("{why}; {again}")));
                }
            }
        }
        Ok(())
    }

    /// Whether whoever is to be told could be, as far as that can be seen without telling; `None` where nobody is.
    pub(super) fn examine_recipient(&self) -> Option<Check> {
        let cannot = match self.on_failure.recipient.as_ref()? {
            Recipient::Command(command) => {
                let program = command.first()?;
                match notifier::find(program) {
                    Some(path) => {
                        return Some(Check::ok("on_failure", format!("`{}` is told", path.display())));
                    }
                    None => format!("there is no program `{}` that can be run", program.to_string_lossy()),
                }
            }
            Recipient::Webhook(named) => match self.show(named) {
                Ok(webhook) => match unfit(&webhook) {
                    None => {
                        return Some(Check::ok("on_failure", format!("webhook `{}` is told", webhook.name)));
                    }
                    Some(why) => why,
                },
                Err(error) => error.to_string(),
            },
        };
        Some(Check::bad(
            ("on_failure", Verdict::Warning),
            format!("nobody is told when a receiver fails: {cannot}"),
            "Mend `on_failure` in the configuration, or what it names.",
        ))
    }

    /// Does `work`, which sends, and looks after the receivers on a thread beside it for as long as it lasts.
    pub(super) fn alerting<T>(
        &self,
        stop: &AtomicBool,
        heard: &(dyn Fn(Heard) + Sync),
        work: impl FnOnce() -> T,
    ) -> T {
        thread::scope(|scope| {
            let (working, over) = mpsc::channel::<()>();
            let chore = move || {
                while !stop.load(Ordering::Acquire) {
                    if let Err(error) = self.alert(&mut |one| heard(one)) {
                        heard(Heard::Failed(&error));
                    }
                    if over.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            };
            if let Err(error) = thread::Builder::new().name("alerts".to_owned()).spawn_scoped(scope, chore) {
                let report = Report::new(format!("cannot start a thread: {error}"));
                heard(Heard::Failed(&Error::Storage(report)));
            }
            let done = work();
            drop(working);
            done
        })
    }

    /// Tells one alert; why not, as a clause for people.
    fn tell(&self, recipient: &Recipient, alert: &Alert) -> std::result::Result<(), String> {
        let body = serde_json::to_vec(&AlertObject::from(alert)).map_err(|error| error.to_string())?;
        match recipient {
            Recipient::Command(command) => {
                let id = alert.webhook.to_string();
                let variables = [
                    ("PTW_HOOKS_ALERT", alert.kind.event().name()),
                    ("PTW_HOOKS_ALERT_WEBHOOK", alert.webhook_name.as_str()),
                    ("PTW_HOOKS_ALERT_WEBHOOK_ID", id.as_str()),
                ];
                notifier::run(command, &variables, &body)
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
        let webhook = self.show(named)?;
        if let Some(why) = unfit(&webhook) {
            return Ok(Err(why));
        }
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

/// Why a webhook cannot be told, where it cannot.
fn unfit(webhook: &Webhook) -> Option<String> {
    let state = match (webhook.enabled, webhook.paused_at) {
        (false, _) => "disabled",
        (true, Some(_)) => "paused",
        (true, None) => return None,
    };
    Some(format!("the webhook `{}`, which is to be told, is {state}", webhook.name))
}
