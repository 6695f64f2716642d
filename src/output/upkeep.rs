//! How it looks what was removed, backed up and checked.

use std::path::Path;

use super::table::{Cell, Table, Tone, number, words};
use crate::upkeep::{Check, Examined, Pruned, Verdict};

/// A row of counts; `returned` says whether it is known how much smaller the file is.
pub fn pruned(pruned: &Pruned, returned: bool) -> Table {
    let columns =
        ["events", "deliveries", "attempts", "suppressions", "webhooks", "bytes_returned"].map(number);
    let counts = [pruned.events, pruned.deliveries, pruned.attempts, pruned.suppressions, pruned.webhooks];
    let bytes = if returned { pruned.returned.to_string() } else { String::new() };
    Table::new(&columns, [counts.iter().map(Cell::from).chain([bytes.into()]).collect()])
}

/// A row for the backup.
pub fn backup(path: &Path, bytes: u64) -> Table {
    Table::new(&[words("path"), number("bytes")], [vec![path.display().into(), bytes.into()]])
}

/// A row for each check.
pub fn checks(checks: &[Check]) -> Table {
    let columns = ["check", "verdict", "finding", "advice"].map(words);
    Table::new(&columns, checks.iter().map(|check| cells(check).to_vec()))
}

/// A row for each check of this machine and of the receivers.
pub fn examined(all: &[Examined]) -> Table {
    let columns = ["webhook", "check", "verdict", "finding", "advice"].map(words);
    let row = |examined: &Examined| {
        let webhook = examined.webhook.as_ref().map_or("", |(_, name)| name.as_str());
        [Cell::from(webhook)].into_iter().chain(cells(&examined.check)).collect()
    };
    Table::new(&columns, all.iter().map(row))
}

fn cells(check: &Check) -> [Cell; 4] {
    let tone = match check.verdict {
        Verdict::Ok => Tone::Good,
        Verdict::Warning => Tone::Waiting,
        Verdict::Failed => Tone::Bad,
        Verdict::Skipped => Tone::Faint,
    };
    [
        check.name.into(),
        Cell::toned(check.verdict.name(), tone),
        check.finding.as_str().into(),
        check.advice.as_str().into(),
    ]
}

/// A size for people: `812 bytes`, `1.3 MiB`.
#[expect(clippy::cast_precision_loss, reason = "it is rounded to a digit anyway")]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_fits() {
        let sizes = [0, 1023, 1024, 1_363_149, 5_000_000_000].map(size);
        assert_eq!(sizes, ["0 bytes", "1023 bytes", "1.0 KiB", "1.3 MiB", "4.7 GiB"]);
    }
}
