//! `emit --batch`

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::session::Session;
use super::signals;
use crate::error::{Error, exit};
use crate::hooks::{Batch, Listener, Presence};
use crate::output::table::{Table, number};

/// What `-o json` prints, and each row's columns.
#[derive(Serialize)]
struct SummaryObject {
    accepted: u64,
    bad_lines: u64,
    owed: u64,
    delivered: u64,
    pending: u64,
    failed: u64,
    duplicates: u64,
    disabled: u64,
    unmatched: u64,
}

impl From<&Batch> for SummaryObject {
    fn from(batch: &Batch) -> Self {
        let failed = batch.tallies.values().map(|tally| tally.failed).sum();
        Self {
            accepted: batch.accepted,
            bad_lines: batch.bad_lines,
            owed: batch.owed,
            delivered: batch.delivered(),
            // Those that were not attempted are pending, too.
            pending: batch.owed.saturating_sub(batch.delivered() + failed),
            failed,
            duplicates: batch.duplicates,
            disabled: batch.disabled,
            unmatched: batch.unmatched,
        }
    }
}

/// `emit --batch`
pub fn emit(session: &mut Session, file: &Path) -> Result<u8> {
    let signal = signals::listen()?;
    let lines = open(file)?;
    let hooks = session.hooks(Presence::Required)?;
    let bar = bar(session.notes.is_quiet());
    let notes = &mut *session.notes;
    let mut bad_line = |line: u64, error: &Error| bar.suspend(|| notes.bad_line(line, error));
    let mut progress = |batch: &Batch| {
        bar.set_position(batch.delivered());
        bar.set_message(format!("{} accepted", batch.accepted));
    };
    let mut listener = Listener { bad_line: &mut bad_line, progress: &mut progress };
    let batch = hooks.emit_batch(lines, signal.stop(), &mut listener);
    bar.finish_and_clear();
    let batch = batch?;
    let summary = SummaryObject::from(&batch);
    let table = table(&summary);
    let text = table.render(session.out.look());
    session.out.one(&summary, &table, &text)?;
    for tally in batch.tallies.values().filter(|tally| tally.pending + tally.failed > 0) {
        session.notes.note(&format!(
            "{}: {} attempts failed; `ptw-hooks deliveries` says why, `ptw-hooks retry` goes on",
            tally.webhook_name,
            tally.pending + tally.failed
        ));
    }
    if batch.differing > 0 {
        session.notes.warn(&format!(
            "{} of the duplicates have other data than what was sent, and theirs was not; an `idempotency_key` of its \
             own sends both",
            batch.differing
        ));
    }
    let code = match (batch.bad_lines, batch.is_undelivered()) {
        (0, false) => exit::DONE,
        (0, true) => exit::UNDELIVERED,
        _ => exit::USAGE,
    };
    Ok(signal.code().unwrap_or(code))
}

fn open(file: &Path) -> Result<Box<dyn BufRead + Send>> {
    if file != Path::new("-") {
        let file = File::open(file).with_context(|| format!("cannot read the batch `{}`", file.display()))?;
        return Ok(Box::new(BufReader::with_capacity(64 * 1024, file)));
    }
    if io::stdin().is_terminal() {
        bail!("cannot read a batch from a terminal; pipe it in, or name a file");
    }
    Ok(Box::new(BufReader::with_capacity(64 * 1024, io::stdin())))
}

/// On a terminal only; elsewhere it draws nothing.
fn bar(quiet: bool) -> ProgressBar {
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {msg}, {human_pos} delivered, {per_sec}, {elapsed}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn table(summary: &SummaryObject) -> Table {
    let columns = [
        number("accepted"),
        number("bad_lines"),
        number("owed"),
        number("delivered"),
        number("pending"),
        number("failed"),
        number("duplicates"),
        number("disabled"),
        number("unmatched"),
    ];
    let row = [
        summary.accepted,
        summary.bad_lines,
        summary.owed,
        summary.delivered,
        summary.pending,
        summary.failed,
        summary.duplicates,
        summary.disabled,
        summary.unmatched,
    ];
    Table::new(&columns, [row.iter().map(Into::into).collect()])
}
