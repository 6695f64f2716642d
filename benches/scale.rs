//! What a large file costs: memory with a long backlog, and the log at a million rows.
//!
//! `cargo bench --bench scale` accepts a million events, and prints the memory of the process that accepts them and of
//! a worker that has them before it, and how long `deliveries` takes over the same with a thousand, for each filter.
//! `cargo bench --bench scale -- 100000` takes another number of events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "a measurement that cannot go on says so by panicking"
)]

mod program;

use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use program::backlog::filled;
use program::memory::peak_memory;
use program::{Database, median};

/// So many times each command is run at each size, in turn.
const RUNS: usize = 15;
const SMALL: usize = 1000;

fn main() {
    let events = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let mut out = std::io::stdout();
    let mut say = |text: String| writeln!(out, "{text}").unwrap();

    // It accepts connections and never answers.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/permits", dead.local_addr().unwrap());
    let large = filled(&url, events, &mut say);
    let small = filled(&url, SMALL, &mut |_| {});

    large.run(&["resume", "r"]);
    let mut worker =
        large.command(&["retry", "--watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let peak = peak_memory(&mut worker, Some(Duration::from_secs(15)));
    say(format!("a worker with {events} pending, none of them answered    {peak:>7.1} MiB"));

    for database in [&large, &small] {
        settle(database);
    }
    let day = "2024-01-01";
    let filters: [&[&str]; 9] = [
        &[],
        &["r"],
        &["--status", "success"],
        &["--status", "failed"],
        &["--status", "pending"],
        &["--event", "permit_approved"],
        &["--permit", "17"],
        &["--since", day],
        &["r", "--status", "failed", "--since", day],
    ];
    for filter in filters {
        let (mut at_large, mut at_small) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            at_large.push(timed(&large, filter));
            at_small.push(timed(&small, filter));
        }
        let (at_large, at_small) = (median(&mut at_large), median(&mut at_small));
        say(format!(
            "deliveries {:<42} {at_large:>5.1} ms over {at_small:>5.1} ms: {:.2}",
            filter.join(" "),
            at_large / at_small
        ));
    }
}

/// Nine of ten were delivered, a few have failed, the rest is pending: what a log looks like.
fn settle(database: &Database) {
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection
        .execute_batch(
            "UPDATE deliveries SET status = CASE WHEN id % 100 = 1 THEN 'failed' ELSE 'success' END, due_at = NULL,
                    claimed_at = NULL, attempts = 1, last_attempt_at = created_at, last_duration_us = 900,
                    last_status_code = CASE WHEN id % 100 = 1 THEN 500 ELSE 204 END
             WHERE id % 10 <> 0;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
}

/// Milliseconds of a whole process.
fn timed(database: &Database, filter: &[&str]) -> f64 {
    let started = Instant::now();
    database.run(&[&["deliveries"], filter].concat());
    started.elapsed().as_secs_f64() * 1000.0
}
