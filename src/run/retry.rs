//! The commands that send what is owed already.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use serde::Serialize;

use super::log::moment;
use super::session::{Notes, Session};
use super::signals;
use crate::api::{AlertObject, DeliveryObject};
use crate::cli::sending::{RedeliverArgs, ReplayArgs, RetryArgs};
use crate::delivery::{DeliveryFilter, Status, WaitsFor};
use crate::error::exit;
use crate::hooks::{Heard, Hooks, Presence, Replayed, Replaying, Retrying};
use crate::incident::Alert;
use crate::output::table::{Table, number, words};
use crate::output::{alerts, deliveries};
use crate::webhook::Webhook;

/// More deliveries than this are not sent again by one command.
const MOST: u32 = 1_000_000;

#[derive(Serialize)]
struct TallyObject<'a> {
    webhook: i64,
    webhook_name: &'a str,
    delivered: u64,
    pending: u64,
    failed: u64,
}

/// `retry`
pub fn retry(session: &mut Session, args: &RetryArgs) -> Result<u8> {
    let signal = signals::listen()?;
    let retrying = Retrying { webhook: args.webhook.clone(), early: args.now };
    let hooks = session.hooks(Presence::Required)?;
    let tallies = if args.watch {
        let notes = Mutex::new(&mut *session.notes);
        hooks.watch(&retrying, signal.stop(), &|heard| {
            // Every line is whole: a panic elsewhere does no harm.
            hear(&mut notes.lock().unwrap_or_else(PoisonError::into_inner), &heard);
        })?
    } else {
        hooks.retry(&retrying, signal.stop())?
    };
    let objects: Vec<_> = tallies
        .iter()
        .map(|(id, tally)| TallyObject {
            webhook: *id,
            webhook_name: &tally.webhook_name,
            delivered: tally.delivered,
            pending: tally.pending,
            failed: tally.failed,
        })
        .collect();
    let rows = objects.iter().map(|tally| {
        vec![tally.webhook_name.into(), tally.delivered.into(), tally.pending.into(), tally.failed.into()]
    });
    let columns = [words("webhook"), number("delivered"), number("pending"), number("failed")];
    let table = Table::new(&columns, rows);
    let undelivered = objects.iter().any(|tally| tally.pending + tally.failed > 0);
    let code = signal.code().unwrap_or(if undelivered { exit::UNDELIVERED } else { exit::DONE });
    if session.notes.is_quiet() && !args.watch {
        let alerts = look_after(session.notes, &hooks, signal.stop())?;
        if !alerts.is_empty() {
            let objects: Vec<_> = alerts.iter().map(AlertObject::from).collect();
            let text: String = alerts.iter().map(alerts::line).collect();
            session.out.several(&objects, &alerts::table(&alerts, session.out.look()), &text)?;
        }
        session.out.flush()?;
        hooks.retain(Timestamp::now(), signal.stop())?;
        return Ok(code);
    }
    let held_back = hooks.held_back(args.webhook.as_deref())?;
    if objects.is_empty() && held_back.is_empty() {
        session.notes.note("nothing is due");
    }
    for (webhook, waits_for, count) in &held_back {
        session.notes.note(&held_back_note(webhook, *waits_for, *count));
    }
    let text = if objects.is_empty() { String::new() } else { table.render(session.out.look()) };
    session.out.one(&objects, &table, &text)?;
    if !args.watch {
        session.out.flush()?;
        for alert in look_after(session.notes, &hooks, signal.stop())? {
            session.notes.note(&alert.sentence());
        }
        let removed = hooks.retain(Timestamp::now(), signal.stop())?.events;
        if removed > 0 {
            session.notes.verbose(&format!("{removed} events older than the retention were removed"));
        }
    }
    Ok(code)
}

/// Tells whoever is to be told which receivers have begun to fail or are well again; gives what is news.
fn look_after(notes: &mut Notes, hooks: &Hooks, stop: &AtomicBool) -> Result<Vec<Alert>> {
    let mut alerts = Vec::new();
    hooks.alert(stop, &mut |heard| match heard {
        Heard::Noticed(alert) => alerts.push(alert.clone()),
        other => hear(notes, &other),
    })?;
    Ok(alerts)
}

fn hear(notes: &mut Notes, heard: &Heard) {
    match heard {
        Heard::Noticed(alert) => notes.news(&alert.sentence()),
        Heard::Untold(alert, why) => {
            notes.error(&anyhow!("cannot tell that {}: {why}", alert.sentence()));
        }
        Heard::Failed(error) => notes.error(&anyhow!("cannot look after the receivers: {error}")),
    }
}

fn held_back_note(webhook: &Webhook, waits_for: WaitsFor, count: u32) -> String {
    let (name, id) = (&webhook.name, webhook.id);
    let count = match count {
        1 => "1 delivery waits".to_owned(),
        1000.. => format!("{count} deliveries or more wait"),
        _ => format!("{count} deliveries wait"),
    };
    match (waits_for, webhook.rate) {
        (WaitsFor::Enable, _) => format!("{name} is disabled, {count}; `ptw-hooks enable {id}` comes first"),
        (WaitsFor::Resume, _) => format!("{name} is paused, {count}; `ptw-hooks resume {id}` comes first"),
        (_, Some(rate)) => {
            format!("{name} takes {rate}, {count} for a turn; the next `retry` or a worker goes on")
        }
        (_, None) => format!("{name}: {count}"),
    }
}

/// `redeliver`
pub fn redeliver(session: &mut Session, args: RedeliverArgs) -> Result<u8> {
    let since = moment(session, args.since)?;
    let hooks = session.hooks(Presence::Required)?;
    let ids = match &args.webhook {
        Some(named) => hooks.ids(&DeliveryFilter {
            webhook: Some(hooks.show(named)?.id),
            status: Some(args.status),
            since,
            limit: MOST,
            ..DeliveryFilter::default()
        })?,
        None => {
            let mut ids = args.deliveries;
            let mut named = HashSet::new();
            ids.retain(|id| named.insert(*id));
            ids
        }
    };
    if args.dry_run {
        session.notes.note(&format!("dry run: {} deliveries would be sent again", ids.len()));
        return Ok(exit::DONE);
    }
    let signal = signals::listen()?;
    let sent = hooks.redeliver(&ids, signal.stop())?;
    let objects: Vec<_> = sent.iter().map(DeliveryObject::from).collect();
    let table = deliveries::table(&sent, session.out.look());
    session.out.list(&objects, &table)?;
    if sent.is_empty() {
        session.notes.note("no deliveries");
    }
    let undelivered = sent.iter().any(|delivery| delivery.status != Status::Success);
    Ok(signal.code().unwrap_or(if undelivered { exit::UNDELIVERED } else { exit::DONE }))
}

#[derive(Serialize)]
struct ReplayObject<'a> {
    webhook: i64,
    webhook_name: &'a str,
    missed: u64,
    owed: u64,
    delivered: u64,
    pending: u64,
    failed: u64,
}

impl<'a> From<&'a Replayed> for ReplayObject<'a> {
    fn from(replayed: &'a Replayed) -> Self {
        Self {
            webhook: replayed.webhook.id,
            webhook_name: &replayed.webhook.name,
            missed: replayed.missed.missed,
            owed: replayed.missed.owed,
            delivered: replayed.tally.delivered,
            pending: replayed.tally.pending,
            failed: replayed.tally.failed,
        }
    }
}

/// `replay`
pub fn replay(session: &mut Session, args: ReplayArgs) -> Result<u8> {
    let Some(since) = moment(session, Some(args.since))? else { return Ok(exit::USAGE) };
    let replaying = Replaying { webhook: args.webhook, since };
    let signal = signals::listen()?;
    let hooks = session.hooks(Presence::Required)?;
    let missed = hooks.missed(&replaying)?;
    let disabled: Vec<Replayed> = missed.iter().filter(|one| !one.webhook.enabled).cloned().collect();
    let replayed = if args.dry_run {
        missed
    } else {
        let mut replayed = hooks.replay(&replaying, signal.stop())?;
        if !args.queue {
            hooks.send_replayed(&mut replayed, signal.stop())?;
        }
        for Replayed { missed, tally, .. } in &mut replayed {
            // Those that were not attempted are pending, too.
            let ended = tally.delivered + tally.failed;
            tally.pending = tally.pending.max(missed.owed.saturating_sub(ended));
        }
        replayed
    };
    let objects: Vec<_> = replayed.iter().map(ReplayObject::from).collect();
    let rows = objects.iter().map(|one| {
        let counts = [one.missed, one.owed, one.delivered, one.pending, one.failed];
        std::iter::once(one.webhook_name.into()).chain(counts.map(Into::into)).collect()
    });
    let columns = [
        words("webhook"),
        number("missed"),
        number("owed"),
        number("delivered"),
        number("pending"),
        number("failed"),
    ];
    let table = Table::new(&columns, rows);
    session.out.list(&objects, &table)?;
    if objects.is_empty() && disabled.is_empty() {
        session.notes.note("nothing was missed");
    }
    if args.dry_run {
        session.notes.note("dry run: nothing was changed");
    }
    for one in disabled {
        session.notes.note(&format!(
            "{} is disabled, and stays without the {} that it has missed; `ptw-hooks enable {}` comes first",
            one.webhook.name, one.missed.missed, one.webhook.id
        ));
    }
    let sent = !args.dry_run && !args.queue;
    let undelivered = sent && objects.iter().any(|one| one.pending + one.failed > 0);
    Ok(signal.code().unwrap_or(if undelivered { exit::UNDELIVERED } else { exit::DONE }))
}
