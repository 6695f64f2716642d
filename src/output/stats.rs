//! How it looks how the deliveries of webhooks fared: a row for each, and one in full.

use std::fmt::Write as _;
use std::time::Duration;

use super::bars::{bar, sparkline};
use super::table::{Cell, Table, Tone, number, words};
use super::text::{printable, shortened};
use super::{Look, duration};
use crate::delivery::OutcomeKind;
use crate::stats::{Percentiles, Stats};

/// A row for each webhook, for people. The percentiles are of the time from acceptance to the answer.
pub fn summary(all: &[Stats], look: &Look) -> Table {
    let columns = [
        words("webhook"),
        number("accepted"),
        number("delivered"),
        number("failed"),
        number("pending"),
        number("success"),
        number("at_first"),
        number("p50"),
        number("p95"),
        number("p99"),
        words("oldest_pending"),
        words("accepted_over_time"),
    ];
    let row = |stats: &Stats| {
        let time = |of: fn(Percentiles) -> Duration| {
            stats.delivery_time.map_or_else(String::new, |time| long(of(time)))
        };
        vec![
            stats.webhook_name.as_str().into(),
            stats.accepted.into(),
            stats.delivered.into(),
            toned(stats.failed, Tone::Bad),
            toned(stats.pending, Tone::Waiting),
            percent(stats.success_rate()).into(),
            percent(stats.first_attempt_rate()).into(),
            time(|time| time.p50).into(),
            time(|time| time.p95).into(),
            time(|time| time.p99).into(),
            look.time_or(stats.oldest_pending, "").into(),
            sparkline(&accepted(stats), look).into(),
        ]
    };
    Table::new(&columns, all.iter().map(row))
}

/// A row for each webhook, for programs.
pub fn table(all: &[Stats], look: &Look) -> Table {
    let columns = [
        number("webhook_id"),
        words("webhook"),
        number("accepted"),
        number("delivered"),
        number("failed"),
        number("pending"),
        number("success_rate"),
        number("first_attempt_rate"),
        number("attempts_per_delivery"),
        number("delivery_p50_ms"),
        number("delivery_p95_ms"),
        number("delivery_p99_ms"),
        number("attempt_p50_ms"),
        number("attempt_p95_ms"),
        number("attempt_p99_ms"),
        words("last_success"),
        words("oldest_pending"),
        words("top_error"),
    ];
    let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| format!("{rate:.4}"));
    let times = |time: Option<Percentiles>| match time {
        None => [const { String::new() }; 3],
        Some(Percentiles { p50, p95, p99 }) => {
            [p50, p95, p99].map(|time| format!("{:.3}", time.as_secs_f64() * 1000.0))
        }
    };
    let row = |stats: &Stats| {
        let mut cells: Vec<Cell> = vec![stats.webhook.into(), stats.webhook_name.as_str().into()];
        cells.extend([stats.accepted, stats.delivered, stats.failed, stats.pending].map(Cell::from));
        let rates = [stats.success_rate(), stats.first_attempt_rate(), stats.attempts_per_delivery()];
        cells.extend(rates.map(rate).map(Cell::from));
        cells.extend(times(stats.delivery_time).map(Cell::from));
        cells.extend(times(stats.attempt_time).map(Cell::from));
        cells.push(look.time_or(stats.last_success, "").into());
        cells.push(look.time_or(stats.oldest_pending, "").into());
        cells.push(stats.errors.first().map_or("", |error| error.error.as_str()).into());
        cells
    };
    Table::new(&columns, all.iter().map(row))
}

/// Everything about one webhook.
pub fn details(stats: &Stats, look: &Look) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<16} {value}");
    };
    line("webhook", &format!("{} (id {})", printable(&stats.webhook_name), stats.webhook));
    line("accepted", &format!("{}, since {}", stats.accepted, look.time(stats.window.since)));
    line("delivered", &of_settled(stats.delivered, stats.success_rate()));
    line("  at first", &of_settled(stats.at_first, stats.first_attempt_rate()));
    line("failed", &stats.failed.to_string());
    line("pending", &stats.pending.to_string());
    if let Some(each) = stats.attempts_per_delivery() {
        line("attempts", &format!("{}, {each:.2} for each delivery", stats.attempts));
    }
    line("last success", &look.time_or(stats.last_success, "none"));
    line("oldest pending", &look.time_or(stats.oldest_pending, "none"));
    if let Some(time) = stats.delivery_time {
        line("delivery time", &format!("{}, from acceptance to the answer", times(time)));
    }
    if let Some(time) = stats.attempt_time {
        line("attempt time", &format!("{}, the request alone", times(time)));
    }
    if stats.accepted > 0 {
        let part = Duration::from_millis(stats.window.step().unsigned_abs());
        let bars = look.paint(Tone::Good, &sparkline(&accepted(stats), look));
        let most = stats.parts.iter().map(|part| part.accepted).max().unwrap_or_default();
        line("over time", &format!("{bars} accepted, up to {most} in {}", span(part)));
        if stats.failed > 0 {
            let failed: Vec<u64> = stats.parts.iter().map(|part| part.failed).collect();
            line("", &format!("{} of them failed", look.paint(Tone::Bad, &sparkline(&failed, look))));
        }
    }
    times_text(&mut out, stats, look);
    outcomes_text(&mut out, stats, look);
    out
}

fn times_text(out: &mut String, stats: &Stats, look: &Look) {
    let most = stats.delivery_times.iter().map(|(_, count)| *count).max().unwrap_or_default();
    if most == 0 {
        return;
    }
    let _ = writeln!(out, "\nfrom acceptance to the answer");
    for (bound, count) in &stats.delivery_times {
        let bound = bound.map_or_else(|| "longer".to_owned(), |bound| format!("up to {}", span(bound)));
        let _ = writeln!(out, "  {bound:<13} {count:>9}  {}", bar(*count, most, 24, look));
    }
}

fn outcomes_text(out: &mut String, stats: &Stats, look: &Look) {
    let ended = OutcomeKind::ALL.into_iter().zip(stats.outcomes).filter(|(_, count)| *count > 0);
    let most = stats.outcomes.into_iter().max().unwrap_or_default();
    for (index, (kind, count)) in ended.enumerate() {
        if index == 0 {
            let _ = writeln!(out, "\nhow attempts ended");
        }
        let _ = writeln!(out, "  {:<13} {count:>9}  {}", kind.name(), bar(count, most, 24, look));
    }
    if !stats.errors.is_empty() {
        let _ = writeln!(out, "\nmost frequent errors");
    }
    for error in &stats.errors {
        let text = printable(&error.error);
        let _ = writeln!(
            out,
            "  {:>9}  {}, last {}",
            error.count,
            shortened(&text, 120),
            look.time(error.last_at)
        );
    }
}

fn accepted(stats: &Stats) -> Vec<u64> {
    stats.parts.iter().map(|part| part.accepted).collect()
}

fn toned(count: u64, tone: Tone) -> Cell {
    Cell::toned(count.to_string(), if count > 0 { tone } else { Tone::Plain })
}

fn of_settled(count: u64, rate: Option<f64>) -> String {
    match rate {
        Some(rate) => format!("{count}, {} of what is settled", percent(Some(rate))),
        None => count.to_string(),
    }
}

/// A rate in a hundred; one that is not quite whole is not shown as if it were.
fn percent(rate: Option<f64>) -> String {
    let shown = |rate: f64| if rate < 1.0 { (rate * 1000.0).floor() / 10.0 } else { 100.0 };
    rate.map_or_else(String::new, |rate| format!("{:.1} %", shown(rate)))
}

fn times(Percentiles { p50, p95, p99 }: Percentiles) -> String {
    format!("p50 {}, p95 {}, p99 {}", long(p50), long(p95), long(p99))
}

/// A duration that may be hours, because a delivery waits between its attempts.
fn long(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0 => duration(time),
        1..60 => format!("{minutes} m {} s", time.as_secs() % 60),
        _ => format!("{} h {} m", minutes / 60, minutes % 60),
    }
}

/// The length of a range: `5 ms`, `30 s`, `1 h`.
fn span(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let whole = units.into_iter().find(|(length, _)| millis >= *length && millis.is_multiple_of(*length));
    match whole {
        Some((length, unit)) => format!("{} {unit}", millis / length),
        None if millis < 1000 => format!("{millis} ms"),
        None => long(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_for_people() {
        assert_eq!(
            [None, Some(1.0), Some(0.9999), Some(0.0)].map(percent),
            ["", "100.0 %", "99.9 %", "0.0 %"]
        );
        let of = |millis: u64| long(Duration::from_millis(millis));
        assert_eq!([of(4), of(1300), of(61_000), of(7_260_000)], ["4.0 ms", "1.30 s", "1 m 1 s", "2 h 1 m"]);
        let of = |millis: u64| span(Duration::from_millis(millis));
        assert_eq!([of(5), of(30_000), of(1_800_000), of(86_400_000)], ["5 ms", "30 s", "30 m", "1 d"]);
        assert_eq!([of(25_200_000), of(1500)], ["7 h", "1.50 s"]);
    }
}
