//! What the server reaches of the machine's limit, how much memory it has, and how soon an event is there.
//!
//! `cargo bench --bench rest` posts 20,000 events over 32 connections to a server that sends them to a receiver on
//! loopback, and prints figures and ratios of the same run. `cargo bench --bench rest -- 5000` takes another number of
//! events, and a second number stands for the million that is pending at last; with 0 that part is left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "a measurement that cannot go on says so by panicking"
)]

mod posting;
mod program;
mod receiver;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use posting::{permit_of, post_all, requests};
use program::backlog::filled;
use program::server::{Server, until};
use program::{BODY, Database, median, p99};
use receiver::{CONNECTIONS, Receiver, raw_posts_per_second, url};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// So many connections are open on which nothing is asked.
const IDLE: usize = 4000;
/// So many webhooks get each event where the time is measured.
const WEBHOOKS: usize = 10;
/// The time between two of those events, and how many there are.
const EVERY: Duration = Duration::from_millis(20);
const TIMED: usize = 500;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let events = numbers.next().unwrap_or(20_000);
    let pending = numbers.next().unwrap_or(1_000_000);
    let mut out = std::io::stdout();
    let mut say = |text: String| writeln!(out, "{text}").unwrap();
    raise_limit();

    let receiver = Receiver::start();
    let limit = raw_posts_per_second(receiver.address, events);
    say(format!("raw POSTs of {} bytes, {CONNECTIONS} connections        {limit:>9.0} /s", BODY.len()));
    throughput(&receiver, events, limit, &mut say);
    connections(&mut say);
    promptness(&mut say);
    if pending > 0 {
        backlog(pending, &mut say);
    }
}

/// The server has the limits of whoever starts it, and needs a file for each connection.
fn raise_limit() {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
}

/// From the first event that is posted until the last one is sent and logged.
fn throughput(receiver: &Receiver, events: usize, limit: f64, say: &mut dyn FnMut(String)) {
    let database = Database::new();
    database.create("r", &url(receiver.address));
    let server = Server::start(&database);
    let before = receiver.received();
    let requests = requests(server.address, 0, events);
    let started = Instant::now();
    post_all(server.address, &requests, CONNECTIONS);
    let accepted = started.elapsed();
    until("all of them are received", || (receiver.received() - before >= events).then_some(()));
    server.wait_until_logged();
    let elapsed = started.elapsed();
    assert_eq!(receiver.received() - before, events, "every event is received once");
    #[expect(clippy::cast_precision_loss, reason = "a count of events")]
    let count = events as f64;
    say(format!(
        "POST events/ of {events} events, answered               {:>9.0} /s",
        count / accepted.as_secs_f64()
    ));
    let rate = count / elapsed.as_secs_f64();
    say(format!(
        "the same until the last is sent and logged       {rate:>9.0} /s   {:.2} of the limit",
        rate / limit
    ));
    say(format!("most memory of the server meanwhile              {:>9.1} MiB", server.memory("VmHWM")));
}

/// Memory at the start, with connections that have asked nothing, and with the same after a request on each.
fn connections(say: &mut dyn FnMut(String)) {
    let database = Database::new();
    database.create("r", "http://127.0.0.1:9/permits");
    let server = Server::start(&database);
    let idle = server.memory("VmRSS");
    say(format!("memory of the server right after its start       {idle:>9.1} MiB"));
    let mut open: Vec<TcpStream> = (0..IDLE).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    // It takes them in their order: when it answers this one, it has taken all.
    server.get("/healthz");
    let added = server.memory("VmRSS") - idle;
    say(format!("what {IDLE} idle connections add                  {added:>9.1} MiB"));
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    let mut answer = [0; 1024];
    for stream in &mut open {
        stream.write_all(request.as_bytes()).unwrap();
        assert!(stream.read(&mut answer).unwrap() > 0);
    }
    let added = server.memory("VmRSS") - idle;
    say(format!("the same after a request on each                 {added:>9.1} MiB"));
}

/// The time from posting an event until a webhook has it.
fn promptness(say: &mut dyn FnMut(String)) {
    let arrivals = Arc::new(Mutex::new(Vec::with_capacity(TIMED * WEBHOOKS)));
    let noting = Arc::clone(&arrivals);
    let receiver = Receiver::watching(move |request| {
        let now = Instant::now();
        noting.lock().unwrap().push((permit_of(request), now));
    });
    let database = Database::new();
    for number in 0..WEBHOOKS {
        database.create(&format!("r{number}"), &url(receiver.address));
    }
    let server = Server::start(&database);
    let requests = requests(server.address, 0, TIMED);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = [0; 4096];
    let started = Instant::now();
    let mut posted = Vec::with_capacity(TIMED);
    for (request, number) in requests.iter().zip(0..) {
        thread::sleep((started + EVERY * number).saturating_duration_since(Instant::now()));
        posted.push(Instant::now());
        stream.write_all(request).unwrap();
        assert!(stream.read(&mut answer).unwrap() > 0);
    }
    until("all of them are received", || (receiver.received() == TIMED * WEBHOOKS).then_some(()));
    let arrivals = arrivals.lock().unwrap();
    let mut waited: Vec<f64> =
        arrivals.iter().map(|(permit, at)| (*at - posted[*permit]).as_secs_f64() * 1000.0).collect();
    let p99 = p99(&waited);
    say(format!(
        "from POST events/ to having it, 50 /s to {WEBHOOKS} each     {:>9.2} ms   p99 {p99:.2} ms",
        median(&mut waited)
    ));
}

/// Memory of a server that has a long backlog before it and is asked about it.
fn backlog(pending: usize, say: &mut dyn FnMut(String)) {
    // It accepts connections and never answers.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let database = filled(&url(dead.local_addr().unwrap()), pending, &mut |_| {});
    database.run(&["resume", "r"]);
    let server = Server::start(&database);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(15) {
        for path in ["/metrics", "/readyz", "/api/v1/ptw/webhooks/", "/api/v1/ptw/deliveries/"] {
            server.get(path);
        }
        thread::sleep(Duration::from_millis(500));
    }
    say(format!("most memory with {pending} pending                {:>9.1} MiB", server.memory("VmHWM")));
}
