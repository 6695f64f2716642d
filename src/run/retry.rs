//! The commands that send what is owed already.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result};
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::log::moment;
use super::session::Session;
use crate::api::DeliveryObject;
use crate::cli::event::{RedeliverArgs, RetryArgs};
use crate::delivery::{DeliveryFilter, Status};
use crate::error::exit;
use crate::hooks::{Presence, Retrying};
use crate::output::deliveries;
use crate::output::table::{Table, number, words};

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
pub fn retry(session: &mut Session, args: RetryArgs) -> Result<u8> {
    let (stop, signal) = listen_for_signals()?;
    let retrying = Retrying { webhook: args.webhook, early: args.now, watch: args.watch };
    let hooks = session.hooks(Presence::Required)?;
    let tallies = hooks.retry(&retrying, &stop)?;
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
    if objects.is_empty() {
        session.notes.note("nothing is due");
    }
    let text = if objects.is_empty() { String::new() } else { table.render(session.out.look()) };
    session.out.one(&objects, &table, &text)?;
    match signal.load(Ordering::Acquire) {
        0 if objects.iter().any(|tally| tally.pending + tally.failed > 0) => Ok(exit::UNDELIVERED),
        0 => Ok(exit::DONE),
        signal => Ok(exit::INTERRUPTED.saturating_add(u8::try_from(signal).unwrap_or(0))),
    }
}

/// The first signal asks for an end: what is under way is finished and recorded. The second ends at once,
/// which loses nothing either: what was held is sent again when its lease ends.
fn listen_for_signals() -> Result<(Arc<AtomicBool>, Arc<AtomicUsize>)> {
    let (stop, which) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    for signal in [SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&which), number))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .context("cannot listen for signals")?;
    }
    Ok((stop, which))
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
        None => args.deliveries,
    };
    if args.dry_run {
        session.notes.note(&format!("dry run: {} deliveries would be sent again", ids.len()));
        return Ok(exit::DONE);
    }
    let sent = hooks.redeliver(&ids)?;
    let objects: Vec<_> = sent.iter().map(DeliveryObject::from).collect();
    let table = deliveries::table(&sent, session.out.look());
    session.out.list(&objects, &table)?;
    if sent.is_empty() {
        session.notes.note("no deliveries");
    }
    let undelivered = sent.iter().any(|delivery| delivery.status != Status::Success);
    Ok(if undelivered { exit::UNDELIVERED } else { exit::DONE })
}
