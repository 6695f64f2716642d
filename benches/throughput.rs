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

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use program::{BODY, Database};

const CONNECTIONS: usize = 32;

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
    let (_, all_healthy) = batch(&healthy, tenth);
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one_dead = healthy;
    one_dead[4] = url(dead.local_addr().unwrap());
    let (_, nine_healthy) = batch(&one_dead, tenth);
    say(format!("p99 from accepted to answered, ten receivers     {:>9.1} ms", p99(&all_healthy)));
    say(format!(
        "the same of the nine where one never answers     {:>9.1} ms  {:.2} times",
        p99(&nine_healthy),
        p99(&nine_healthy) / p99(&all_healthy)
    ));
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/permits")
}

/// Answers 200 to every POST, as fast as it can.
struct Receiver {
    address: SocketAddr,
    received: Arc<AtomicUsize>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                thread::spawn(move || serve(stream, &count));
            }
        });
        Self { address, received }
    }

    fn received(&self) -> usize {
        self.received.load(Ordering::Acquire)
    }
}

fn serve(stream: TcpStream, count: &AtomicUsize) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = stream;
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        // Neither of the senders has a second request under way on one connection.
        while !is_whole(&buffer[..filled])? {
            match stream.read(&mut buffer[filled..]).ok()? {
                0 => return None,
                bytes => filled += bytes,
            }
        }
        filled = 0;
        count.fetch_add(1, Ordering::AcqRel);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

/// Whether this is a request with all of its body; `None` where it is none.
fn is_whole(bytes: &[u8]) -> Option<bool> {
    const LENGTH: &[u8] = b"content-length: ";
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Some(false) };
    let at = bytes[..head].windows(LENGTH.len()).position(|name| name == LENGTH)? + LENGTH.len();
    let length = bytes[at..head].split(|byte| *byte == b'\r').next()?;
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    Some(bytes.len() >= head + 4 + length)
}

/// The limit of this machine: the same body, no database, no signature, no log.
fn raw_posts_per_second(address: SocketAddr, posts: usize) -> f64 {
    let mut request = String::new();
    write!(
        request,
        "POST /permits HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .unwrap();
    let left = AtomicUsize::new(posts);
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut answer = [0; 256];
                let take = |left: usize| left.checked_sub(1);
                while left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok() {
                    stream.write_all(request.as_bytes()).unwrap();
                    assert!(stream.read(&mut answer).unwrap() > 0);
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of posts")]
    let posts = posts as f64;
    posts / started.elapsed().as_secs_f64()
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

fn p99(milliseconds: &[f64]) -> f64 {
    let mut sorted = milliseconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() * 99 / 100]
}
