//! Everything at once for a while: clients and people at work, receivers that fail, a server that is killed and
//! started again. What was accepted arrives, nothing is sent twice, and the server does not grow.
//!
//! `PTW_HOOKS_SOAK_SECONDS=600 cargo test --test it soak -- --nocapture` goes on for longer than usual.

mod commands;
mod judge;
mod load;
mod process;
mod receivers;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::judge::{Sent, assert_nothing_is_lost, compare_with_log};
use self::load::Caller;
use self::process::Growth;
use super::{Server, token, until};
use crate::checking::assert_healthy;
use crate::database::let_time_pass;
use crate::receiver::Receiver;
use crate::sandbox::Sandbox;
use crate::steps::{connect, rows};

/// How long it goes on where the environment does not say.
const SECONDS: u64 = 25;
/// What an exchange with the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a server lives, in the short form and in the long one.
const LIVES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];
/// What goes on for so long is the long form.
const LONG: Duration = Duration::from_secs(120);
/// What a server may have had under way: only of this may there be a request that is not in the log. What was owed to
/// a webhook that was deleted is held no more, and what was on its way then may still have been.
const HELD: &str = "SELECT d.id FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
                    WHERE claimed_at IS NOT NULL OR deleted_at > unixepoch('subsec') * 1000 - 3000";
/// How many clients there are.
const CLIENTS: u64 = 3;

/// What all who take part share.
struct World {
    sandbox: Sandbox,
    token: String,
    receiver: String,
    /// The webhooks that are enabled throughout.
    steady: Vec<i64>,
    address: Mutex<Option<SocketAddr>>,
    over: AtomicBool,
    permits: AtomicI64,
    accepted: Mutex<BTreeSet<String>>,
    counts: Mutex<BTreeMap<(&'static str, u16), usize>>,
}

impl World {
    fn new(receiver: &Receiver) -> Self {
        let sandbox = Sandbox::new();
        let waits = "[\"1s\", \"1s\", \"1s\", \"1s\", \"2s\", \"2s\"]";
        sandbox.config(&format!("timeout = \"{}s\"\nretry_schedule = {waits}\n", TIMEOUT.as_secs()));
        let token = token(&sandbox, "soak", &["--scope", "manage"]);
        let create =
            |name: &str, args: &[&str]| sandbox.create_with(name, &receiver.url("/all"), &["*"], args);
        let steady = vec![create("steady", &[]), create("steady, in order", &["--ordered"])];
        create("paused at times", &[]);
        create("disabled at times", &[]);
        Self {
            sandbox,
            token,
            receiver: receiver.url(""),
            steady,
            address: Mutex::default(),
            over: AtomicBool::new(false),
            permits: AtomicI64::new(1),
            accepted: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    /// Where the server is, if there is one.
    fn address(&self) -> Option<SocketAddr> {
        *self.address.lock().unwrap()
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// A URL of the receiver.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.receiver)
    }

    /// The number of a permit that nobody has used.
    fn permit(&self) -> i64 {
        self.permits.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that this event was said to be accepted.
    fn accepted(&self, id: &str) {
        self.accepted.lock().unwrap().insert(id.to_owned());
    }

    fn all_accepted(&self) -> BTreeSet<String> {
        self.accepted.lock().unwrap().clone()
    }

    fn count(&self, what: &'static str, status: u16) {
        *self.counts.lock().unwrap().entry((what, status)).or_default() += 1;
    }
}

/// Ends the world whatever happens, so that nobody is waited for in vain.
struct Ending<'a>(&'a World);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
    }
}

/// What came, and what the killed had under way.
#[derive(Default)]
struct History {
    sent: BTreeMap<Sent, usize>,
    held: BTreeMap<String, usize>,
    kills: usize,
    growth: Growth,
}

impl History {
    fn note_sent(&mut self, receiver: &Receiver) {
        for request in receiver.take_received() {
            let header = |name| request.header(name).unwrap().to_owned();
            *self.sent.entry((header("X-Athens-Delivery"), header("webhook-timestamp"))).or_default() += 1;
        }
    }

    /// One server from its start to its end; some are asked to end, and most are killed.
    fn life(&mut self, number: usize, until: Instant, world: &World) {
        let server = Server::start(&world.sandbox, &[]);
        *world.address.lock().unwrap() = Some(server.address);
        self.growth.watch(server.id(), until, || world.is_over());
        let killed = number % 3 != 2;
        if killed {
            self.kills += 1;
            assert_quiet(&server);
            let run = server.kill();
            assert_eq!(run.signal, Some(9), "it was alive: {run}");
            for id in rows(&connect(&world.sandbox), HELD) {
                *self.held.entry(id).or_default() += 1;
            }
        } else {
            end(server);
        }
        *world.address.lock().unwrap() = None;
    }
}

/// Asks the server to end, which it does in good order.
fn end(mut server: Server) {
    server.terminate();
    let run = server.wait().ok();
    run.stderr_lacks("still under way").stderr_has("\"stopped\"");
}

/// Asserts that the server has complained of nothing.
fn assert_quiet(server: &Server) {
    for line in server.log() {
        let complains = line["level"] == "error" && line["message"] != "request" || line["status"] == 500;
        assert!(!complains, "{line}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test may speak, and is seldom heard")]
fn soak_whatever_happens_what_was_accepted_arrives_and_the_server_does_not_grow() {
    let seconds = std::env::var("PTW_HOOKS_SOAK_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let length = Duration::from_secs(seconds);
    let (receiver, seen) = receivers::start();
    let world = World::new(&receiver);
    let mut history = History::default();
    let deadline = Instant::now() + length;
    let life = LIVES[usize::from(length >= LONG)];
    thread::scope(|scope| {
        let _ending = Ending(&world);
        let mut others: Vec<_> = (0..CLIENTS)
            .map(|seed| {
                scope.spawn({
                    let world = &world;
                    move || Caller::new(world, seed).run()
                })
            })
            .collect();
        others.push(scope.spawn(|| commands::run(&world, 99)));
        let mut number = 0;
        while Instant::now() < deadline {
            history.life(number, (Instant::now() + life).min(deadline), &world);
            history.note_sent(&receiver);
            assert!(others.iter().all(|other| !other.is_finished()), "somebody has given up, and says why");
            number += 1;
        }
    });

    seen.lock().unwrap().kind = true;
    for args in [["resume", "paused at times"], ["enable", "disabled at times"]] {
        world.sandbox.run(args).ok();
    }
    // The leases of the last one that was killed are about to be ended before their time.
    until("the receiver is done with what it got", || seen.lock().unwrap().is_at_rest().then_some(()));
    drain(&world);
    history.note_sent(&receiver);
    assert_healthy(&world.sandbox);
    let seen = seen.lock().unwrap();
    assert_nothing_is_lost(&world, &seen);
    let unlogged = compare_with_log(&world, &history.sent, &seen, &history.held);
    let states = "SELECT status, count(*) FROM deliveries GROUP BY 1";
    eprintln!(
        "{seconds} s, {} kills, {} events accepted, deliveries {:?}, {} requests, {unlogged} of them not in the log \
         ({} cut off on a connection in use), {}\n{:?}",
        history.kills,
        world.all_accepted().len(),
        rows(&connect(&world.sandbox), states),
        history.sent.values().sum::<usize>(),
        seen.cut.values().sum::<usize>(),
        history.growth,
        world.counts.lock().unwrap(),
    );
    assert!(history.kills > 0);
    history.growth.assert_bounded();
}

/// Sends all that is left, with nobody in the way.
fn drain(world: &World) {
    // What is owed to a webhook that is disabled waits for good.
    let left = "SELECT count(*) FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
                WHERE d.status = 'pending' AND w.enabled";
    for _ in 0..20 {
        if rows(&connect(&world.sandbox), left) == ["0"] {
            return;
        }
        let_time_pass(&world.sandbox);
        world.sandbox.run(["retry"]);
    }
    panic!("something is pending that nobody sends");
}
