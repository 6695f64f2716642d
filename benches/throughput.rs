//! How much of the machine's limit a batch reaches, and what a dead receiver costs the others.
//!
//! `cargo bench` starts a receiver on loopback, measures how many raw keep-alive POSTs of the same body it
//! takes from 32 connections, then sends batches through the real program, and prints figures and ratios of
//! the same run. `cargo bench -- 5000` takes another number of events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "a measurement that cannot go on says so by panicking"
)]

mod program;
mod receiver;

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use program::{BODY, Database, median, p99};
use receiver::{CONNECTIONS, Receiver, raw_posts_per_second, url};

/// So many times a dead receiver is compared with ten healthy ones.
const PAIRS: usize = 7;

fn main() {
    let events = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(20_000);
    let mut out = std::io::stdout();
    let mut say = |text: String| writeln!(out, "{text}").unwrap();

    let receiver = Receiver::start();
    let limit = raw_posts_per_second(receiver.address, events);
    say(format!("raw POSTs of {} bytes, {CONNECTIONS} connections       {limit:>9.0} /s", BODY.len()));

    let before = receiver.received();
    let (rate, _) = batch(&[url(receiver.address)], events);
    assert_eq!(receiver.received() - before, events, "every event is received once");
    say(format!(
        "emit --batch of {events} events, one receiver     {rate:>9.0} /s   {:.2} of the limit",
        rate / limit
    ));

    let tenth = events / 10;
    let healthy: Vec<String> = (0..10).map(|_| url(receiver.address)).collect();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one_dead = healthy.clone();
    one_dead[4] = url(dead.local_addr().unwrap());
    // In turn, and more than once: a batch of this length takes a fraction of a second.
    let pair = |_| [&healthy, &one_dead].map(|receivers| p99(&batch(receivers, tenth).1));
    let pairs: Vec<[f64; 2]> = (0..PAIRS).map(pair).collect();
    let middle = |of: fn(&[f64; 2]) -> f64| median(&mut pairs.iter().map(of).collect::<Vec<_>>());
    say(format!("p99 from accepted to answered, ten receivers     {:>9.1} ms", middle(|[all, _]| *all)));
    say(format!(
        "the same of the nine where one never answers     {:>9.1} ms  {:.2} times (median of {PAIRS} pairs)",
        middle(|[_, nine]| *nine),
        middle(|[all, nine]| nine / all)
    ));
}

/// Sends a batch to these receivers; deliveries per second of the whole process, and the milliseconds from
/// acceptance to answer of each one that was delivered.
fn batch(receivers: &[String], events: usize) -> (f64, Vec<f64>) {
    let database = Database::new();
    for (number, receiver) in receivers.iter().enumerate() {
        database.create(&format!("r{number}"), receiver);
    }
    let file = database.batch(0, events);
    let started = Instant::now();
    database.run(&["emit", "--batch", file.to_str().unwrap()]);
    let elapsed = started.elapsed();
    let log = database.run(&["deliveries", "--status", "success", "--limit", "1000000", "-o", "ndjson"]);
    let milliseconds: Vec<f64> = log.lines().map(latency).collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of deliveries")]
    let delivered = milliseconds.len() as f64;
    (delivered / elapsed.as_secs_f64(), milliseconds)
}

fn latency(line: &str) -> f64 {
    let delivery: serde_json::Value = serde_json::from_str(line).unwrap();
    let time = |name: &str| delivery[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let waited = Duration::try_from(time("sent_at").duration_since(time("created_at"))).unwrap_or_default();
    waited.as_secs_f64() * 1000.0 + delivery["duration_ms"].as_f64().unwrap()
}
