//! The verb that looks for what keeps events from arriving: on this machine, and at each receiver.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;

use super::{Hooks, Presence, Settings};
use crate::advice::advice;
use crate::delivery::{Outcome, OutcomeKind};
use crate::error::{Error, Result};
use crate::probe::{Looked, after_failure};
use crate::store::{self, WebhookFilter};
use crate::upkeep::{Check, Examined, Verdict, disk, modes, tokens};
use crate::webhook::{Webhook, url};

/// This many receivers are looked at at once: each may take the whole timeout a few times over.
const AT_ONCE: usize = 16;

/// What is to be examined.
#[derive(Debug, Clone, Default)]
pub struct Examining {
    /// Only the receiver of this webhook, by its id or its name; otherwise those of all webhooks.
    pub webhook: Option<String>,
    /// Send each of them a `webhook_test`, too, which is logged like any other.
    pub send: bool,
}

/// Examines the database at `path`, what is around it, and the receivers. Nothing is changed, but for what
/// [`Examining::send`] logs. What fails is a finding and no error.
///
/// # Errors
/// As [`Hooks::show`] where the webhook that is named is not there, or several have the name.
pub fn examine(path: &Path, settings: Settings, examining: &Examining) -> Result<Vec<Examined>> {
    let place = store::place(path);
    let mut found = Found(Vec::new());
    found.machine(modes(&place));
    found.machine(disk(&place));
    let opened = if examining.send {
        Hooks::open(path, Presence::Required, settings)
    } else {
        Hooks::open_to_look(path, settings)
    };
    let hooks = match opened {
        Ok(hooks) => hooks,
        Err(error) => {
            found.machine(failed("database", &error));
            for name in ["tokens", "receivers"] {
                found.machine(Check::skipped(name, "not looked at: `database` has failed"));
            }
            return Ok(found.0);
        }
    };
    let webhooks = match &examining.webhook {
        Some(named) => hooks.show(named).map(|webhook| vec![webhook]),
        None => hooks.list(&WebhookFilter::default()),
    };
    if let Err(error @ (Error::NotFound(_) | Error::Refused(_))) = webhooks {
        return Err(error);
    }
    found.machine(Check::ok("database", path.display().to_string()));
    match hooks.check() {
        Ok(checks) => checks.into_iter().for_each(|check| found.machine(check)),
        Err(error) => found.machine(failed("integrity", &error)),
    }
    found.machine(hooks.examine_tokens());
    hooks.examine_recipient().into_iter().for_each(|check| found.machine(check));
    match webhooks {
        Err(error) => found.machine(failed("receivers", &error)),
        Ok(webhooks) if webhooks.is_empty() => {
            found.machine(Check::skipped("receivers", "there are no webhooks"));
        }
        Ok(mut webhooks) => {
            // The list has the newest first.
            webhooks.reverse();
            found.0.extend(hooks.examine_receivers(&webhooks, examining));
        }
    }
    Ok(found.0)
}

struct Found(Vec<Examined>);

impl Found {
    fn machine(&mut self, check: Check) {
        self.0.push(Examined { webhook: None, check });
    }
}

impl Hooks {
    fn examine_tokens(&self) -> Check {
        let now = Timestamp::now();
        let all = match self.tokens() {
            Ok(all) => all,
            Err(error) => return failed("tokens", &error),
        };
        // Where a valid token has the same name, it has been replaced.
        let replaced = |name: &str, end: Timestamp| {
            all.iter().any(|other| {
                other.name == name && other.is_valid(now) && other.expires_at.is_none_or(|other| other > end)
            })
        };
        let ends = all.iter().filter(|token| token.revoked_at.is_none()).filter_map(|token| {
            let end = token.expires_at?;
            (!replaced(&token.name, end)).then(|| (token.name.clone(), end))
        });
        tokens(&ends.collect::<Vec<_>>(), now)
    }

    /// The checks of each receiver, in the order of the webhooks.
    fn examine_receivers(&self, webhooks: &[Webhook], examining: &Examining) -> Vec<Examined> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Vec<Check>)>> = Mutex::default();
        let work = || {
            while let Some((index, webhook)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                webhooks.get(index).map(|webhook| (index, webhook))
            } {
                let checks = self.examine_receiver(webhook, examining);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((index, checks));
            }
        };
        thread::scope(|scope| {
            for _ in 1..AT_ONCE.min(webhooks.len()) {
                // Where the system has no thread left, the others do the work.
                let _ = thread::Builder::new().name("examiner".to_owned()).spawn_scoped(scope, work);
            }
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        let examined = |(index, checks): (usize, Vec<Check>)| {
            let webhook = &webhooks[index];
            checks
                .into_iter()
                .map(|check| Examined { webhook: Some((webhook.id, webhook.name.clone())), check })
        };
        done.into_iter().flat_map(examined).collect()
    }

    fn examine_receiver(&self, webhook: &Webhook, examining: &Examining) -> Vec<Check> {
        let state = state(webhook);
        let rotation = rotation(webhook, Timestamp::now());
        // One that was disabled is not sent to; only who names it wants to know how its receiver fares.
        if webhook.disabled.is_some() && examining.webhook.is_none() {
            return std::iter::once(state).chain(rotation).collect();
        }
        let probe = self.sender.probe(&webhook.url, &webhook.tls, webhook.timeout.unwrap_or(self.timeout));
        let plain = url::is_plain_to_elsewhere(&webhook.url);
        let looked = Looked { url: &webhook.url, plain, probe: &probe, now: Timestamp::now() };
        let mut checks = looked.judge();
        let skew = looked.skew(&checks);
        if examining.send {
            checks.push(if checks.iter().any(|check| check.verdict == Verdict::Failed) {
                after_failure("test", &checks)
            } else {
                self.try_out(webhook)
            });
        }
        checks.push(skew);
        checks.splice(0..0, std::iter::once(state).chain(rotation));
        checks
    }

    fn try_out(&self, webhook: &Webhook) -> Check {
        let tested = match self.test_webhook(webhook.clone()) {
            Ok(tested) => tested,
            Err(error) => return failed("test", &error),
        };
        let Some(attempt) = tested.attempts.last() else {
            return Check::skipped("test", "the test waits for its turn, or another process is sending it");
        };
        let Outcome { kind, error, answer, duration, .. } = &attempt.outcome;
        let milliseconds = duration.as_secs_f64() * 1000.0;
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        if *kind == OutcomeKind::Delivered {
            return Check::ok(
                "test",
                format!("`webhook_test` was answered {status} in {milliseconds:.1} ms"),
            );
        }
        let error = match status {
            401 | 403 => format!("{error}: the signature was not accepted"),
            _ => error.clone(),
        };
        Check::bad(("test", Verdict::Failed), error, advice(attempt).unwrap_or_default())
    }
}

/// Whether anything is sent to a webhook at all.
fn state(webhook: &Webhook) -> Check {
    const WARNING: (&str, Verdict) = ("webhook", Verdict::Warning);
    let id = webhook.id;
    if let Some(disabled) = &webhook.disabled {
        let finding = format!("disabled since {}: {}", disabled.at, disabled.reason);
        return Check::bad(
            WARNING,
            finding,
            format!("It is sent nothing; `ptw-hooks enable {id}` enables it."),
        );
    }
    if let Some(since) = webhook.paused_at {
        let finding = format!("paused since {since}");
        return Check::bad(WARNING, finding, format!("What it is owed waits for `ptw-hooks resume {id}`."));
    }
    let events = webhook.events.names();
    if events.is_empty() {
        let advice = format!("`ptw-hooks update {id} --add-event` subscribes it to something.");
        return Check::bad(WARNING, "it subscribes to no event", advice);
    }
    Check::ok("webhook", "enabled")
}

/// Whether the receiver has the new secret of a rotation; nothing where none is under way.
fn rotation(webhook: &Webhook, now: Timestamp) -> Option<Check> {
    let rotation = webhook.rotation_at(now)?;
    let until = rotation.until;
    Some(match rotation.accepted_at {
        Some(at) => Check::ok("rotation", format!("the receiver accepted the new secret at {at}")),
        None => Check::bad(
            ("rotation", Verdict::Warning),
            format!("the receiver has not accepted the new secret yet; the old one ends at {until}"),
            "Give the new secret to the receiver. One that checks `webhook-signature` alone accepts both and does not \
             show which it has.",
        ),
    })
}

/// What could not be done at all.
fn failed(name: &'static str, error: &Error) -> Check {
    Check::bad((name, Verdict::Failed), error.to_string(), error.hints().join("; "))
}
