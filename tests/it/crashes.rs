//! Processes that are killed at random moments: what was accepted arrives, and never twice at once.
//!
//! `PTW_HOOKS_CRASH_ROUNDS=200 cargo test --test it crashes` goes on for longer than usual.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::database::{let_time_pass, rows, value};
use crate::receiver::{Behaviour, Received, Receiver, Reply};
use crate::sandbox::{Child, Sandbox};

/// How many rounds there are where the environment does not say.
const ROUNDS: u64 = 30;
/// The webhooks; each gets every event.
const WEBHOOKS: [&str; 2] = ["/a", "/b"];
/// How many events wait when a worker starts.
const QUEUED: usize = 4;
/// How many requests a process has under way at most.
const THREADS: usize = 64;
/// How long the receiver takes for a request, so that two of them can meet.
const HOLD: Duration = Duration::from_millis(3);

/// What the receiver saw.
#[derive(Default)]
struct Seen {
    under_way: BTreeSet<String>,
    overlaps: Vec<String>,
    /// How often each delivery came.
    requests: BTreeMap<String, usize>,
    /// The deliveries that were answered with success.
    taken: BTreeSet<String>,
}

fn delivery_of(request: &Received) -> Option<String> {
    request.header("X-Athens-Delivery").map(str::to_owned)
}

/// Takes a moment for each request, notes which of them meet, and fails the first one of every third delivery.
fn witness(seen: &Arc<Mutex<Seen>>) -> Receiver {
    let seen = Arc::clone(seen);
    Receiver::start(Behaviour::by(move |request| {
        let Some(delivery) = delivery_of(request) else { return Reply::status(204) };
        let first = {
            let mut seen = seen.lock().unwrap();
            if !seen.under_way.insert(delivery.clone()) {
                seen.overlaps.push(delivery.clone());
            }
            let times = seen.requests.entry(delivery.clone()).or_default();
            *times += 1;
            *times == 1
        };
        thread::sleep(HOLD);
        let fails = first && delivery.parse::<u64>().is_ok_and(|id| id % 3 == 0);
        let mut seen = seen.lock().unwrap();
        seen.under_way.remove(&delivery);
        if !fails {
            seen.taken.insert(delivery);
        }
        Reply::status(if fails { 500 } else { 204 })
    }))
}

/// A small generator of numbers with a fixed seed (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A moment before the end of a run that usually takes so long.
    fn within(&mut self, usual: Duration) -> Duration {
        let micros = u64::try_from(usual.as_micros()).unwrap();
        Duration::from_micros(self.next() % (micros + 1))
    }
}

/// The processes on one file, and what they have said.
struct Machine {
    sandbox: Sandbox,
    numbers: Numbers,
    permits: u64,
    accepted: BTreeSet<String>,
    kills: usize,
}

impl Machine {
    fn start(&mut self, args: &[&str]) -> Child {
        self.sandbox.cmd().args(args).spawn()
    }

    /// Starts an `emit` for a permit of its own.
    fn emit(&mut self, further: &[&str]) -> Child {
        self.permits += 1;
        let (id, number) = (self.permits.to_string(), format!("PTW-{}", self.permits));
        let emit = ["emit", "permit_approved", "--permit-id", &id, "--permit-number", &number, "-ojson"];
        self.start(&[&emit, further].concat())
    }

    /// Accepts events that no process works on.
    fn queue(&mut self) {
        let queuing: Vec<Child> = (0..QUEUED).map(|_| self.emit(&["--queue"])).collect();
        for child in queuing {
            let run = child.wait().ok();
            self.accepted.insert(run.json()["id"].as_str().unwrap().to_owned());
        }
    }

    /// Kills each of these at a moment of its own, or finds that it has ended well before.
    fn kill(&mut self, children: Vec<Child>, usual: Duration) {
        let start = Instant::now();
        let mut doomed: Vec<(Duration, Child)> =
            children.into_iter().map(|child| (self.numbers.within(usual), child)).collect();
        doomed.sort_by_key(|(moment, _)| *moment);
        for (moment, child) in doomed {
            thread::sleep(moment.saturating_sub(start.elapsed()));
            let run = child.kill();
            self.kills += usize::from(run.signal == Some(9));
            assert!(matches!((run.code, run.signal), (Some(0 | 3), _) | (_, Some(9))), "{run}");
            // Whoever read this takes the event for accepted, however the process ended.
            if let Ok(Value::Object(said)) = serde_json::from_str(&run.stdout) {
                self.accepted.insert(said["id"].as_str().unwrap().to_owned());
            }
        }
    }

    /// One round of killing.
    fn round(&mut self, number: u64, usual: &Usual) {
        if number.is_multiple_of(4) {
            let doomed = vec![self.emit(&[]), self.emit(&[]), self.emit(&["--queue"])];
            return self.kill(doomed, usual.emit);
        }
        self.queue();
        let doomed = match number % 4 {
            1 => vec![self.start(&["retry"])],
            2 => vec![self.start(&["retry", "--watch"]), self.emit(&[]), self.emit(&[])],
            _ => vec![self.start(&["retry"]), self.start(&["retry", "--watch"])],
        };
        self.kill(doomed, usual.retry);
    }
}

/// How long runs take that nobody kills.
struct Usual {
    emit: Duration,
    retry: Duration,
}

impl Usual {
    fn measure(machine: &mut Machine) -> Self {
        let timed = |child: Child| {
            let start = Instant::now();
            drop(child.wait());
            start.elapsed()
        };
        let mut longest = Self { emit: Duration::ZERO, retry: Duration::ZERO };
        for _ in 0..3 {
            let emitting = machine.emit(&[]);
            longest.emit = longest.emit.max(timed(emitting));
            machine.queue();
            let retrying = machine.start(&["retry"]);
            longest.retry = longest.retry.max(timed(retrying));
        }
        longest
    }
}

/// Waits until the receiver is done with whatever dead processes have sent to it.
fn settle(receiver: &Receiver) {
    // It accepts connections one after the other: when it answers this one, it has accepted all before it.
    let mut stream = TcpStream::connect(receiver.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    receiver.wait_closed();
}

/// How often each pair occurs.
fn counted(pairs: impl Iterator<Item = (String, String)>) -> HashMap<(String, String), usize> {
    let mut counts = HashMap::new();
    for pair in pairs {
        *counts.entry(pair).or_default() += 1;
    }
    counts
}

/// Asserts that the log holds nothing that was not sent; returns how many requests it does not hold.
fn compare_with_log(sandbox: &Sandbox, received: &[Received]) -> usize {
    let sql = "SELECT delivery_id, (SELECT json_extract(value, '$[1]') FROM json_each(request_headers)
                                    WHERE json_extract(value, '$[0]') = 'webhook-timestamp') FROM attempts";
    let logged = rows(sandbox, sql);
    let of_row = |row: &Vec<Value>| (row[0].to_string(), row[1].as_str().unwrap().to_owned());
    let sent = counted(received.iter().map(|request| {
        (delivery_of(request).unwrap(), request.header("webhook-timestamp").unwrap().to_owned())
    }));
    for (attempt, times) in counted(logged.iter().map(of_row)) {
        let sent = sent.get(&attempt).copied().unwrap_or_default();
        assert!(times <= sent, "{attempt:?} was logged {times} times and sent {sent} times");
    }
    received.len() - logged.len()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test may speak, and is seldom heard")]
fn whatever_is_killed_what_was_accepted_arrives_and_never_twice_at_once() {
    let rounds = std::env::var("PTW_HOOKS_CRASH_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let seen = Arc::default();
    let receiver = witness(&seen);
    let sandbox = Sandbox::new();
    for path in WEBHOOKS {
        sandbox.create(path, &receiver.url(path), &["*"]);
    }
    let mut machine =
        Machine { sandbox, numbers: Numbers(2024), permits: 0, accepted: BTreeSet::new(), kills: 0 };
    let usual = Usual::measure(&mut machine);
    for number in 0..rounds {
        machine.round(number, &usual);
        settle(&receiver);
        let_time_pass(&machine.sandbox);
    }
    let Machine { sandbox, accepted, kills, .. } = machine;
    // Some fail the first time.
    while value(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'pending'") != json!(0) {
        let_time_pass(&sandbox);
        let run = sandbox.run(["retry"]);
        assert!(run.stdout.contains("WEBHOOK"), "something is pending that nobody sends: {run}");
    }
    settle(&receiver);

    let seen = seen.lock().unwrap();
    assert_eq!(seen.overlaps, Vec::<String>::new(), "deliveries that were sent twice at once");
    let stored = rows(&sandbox, "SELECT id FROM events");
    let stored: BTreeSet<String> = stored.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect();
    let lost: Vec<&String> = accepted.difference(&stored).collect();
    assert!(lost.is_empty(), "accepted and not in the file: {lost:?}");
    let deliveries =
        rows(&sandbox, "SELECT d.id, d.status, e.id FROM deliveries d JOIN events e ON e.seq = d.event_seq");
    assert_eq!(deliveries.len(), stored.len() * WEBHOOKS.len(), "every event is owed to every webhook");
    for row in &deliveries {
        assert_eq!(row[1], "success", "{row:?}");
        assert!(seen.taken.contains(&row[0].to_string()), "{row:?} has not arrived");
    }

    let requests: Vec<Received> =
        receiver.received().into_iter().filter(|request| delivery_of(request).is_some()).collect();
    let mut first: HashMap<String, &Received> = HashMap::new();
    for request in &requests {
        let same = first.entry(delivery_of(request).unwrap()).or_insert(request);
        assert_eq!((&request.body, &request.path), (&same.body, &same.path));
        assert_eq!(request.header("webhook-id"), same.header("webhook-id"));
    }
    let unlogged = compare_with_log(&sandbox, &requests);
    assert!(unlogged <= kills * THREADS, "{unlogged} requests are not in the log after {kills} kills");
    let miscounted = "SELECT count(*) FROM deliveries d
                      WHERE attempts <> (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id)";
    assert_eq!(value(&sandbox, miscounted), 0);
    assert_eq!(value(&sandbox, "PRAGMA integrity_check"), "ok");
    assert_eq!(rows(&sandbox, "PRAGMA foreign_key_check"), Vec::<Vec<Value>>::new());
    // Shown with --nocapture: whether the moments were well chosen.
    eprintln!(
        "{rounds} rounds, {kills} kills, {} events, {} deliveries, {} requests, {unlogged} of them not in the log",
        stored.len(),
        deliveries.len(),
        requests.len(),
    );
    assert!(kills > 0, "nothing was killed");
}
