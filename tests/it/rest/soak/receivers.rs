//! A receiver that fails at random in every usual way, and remembers what came and what it took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::numbers::Numbers;
use crate::receiver::{Behaviour, Received, Receiver, Reply};

/// What the receiver saw.
pub struct Seen {
    numbers: Numbers,
    /// Whether all goes well from now on.
    pub kind: bool,
    connections: BTreeSet<usize>,
    under_way: BTreeSet<String>,
    /// The deliveries that came while they were there already.
    pub overlaps: Vec<String>,
    /// The deliveries that were answered with success.
    pub taken: BTreeSet<String>,
    /// How often each was cut off on a connection that had been used before. To the sender that is a connection
    /// that was closed while it was idle, and it uses another one at once, for the same attempt.
    pub cut: BTreeMap<String, usize>,
}

impl Seen {
    /// Whether it is done with every request that came, also with those of the killed.
    pub fn is_at_rest(&self) -> bool {
        self.under_way.is_empty()
    }
}

/// Starts it.
pub fn start() -> (Receiver, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen {
        numbers: Numbers(7),
        kind: false,
        connections: BTreeSet::new(),
        under_way: BTreeSet::new(),
        overlaps: Vec::new(),
        taken: BTreeSet::new(),
        cut: BTreeMap::new(),
    }));
    let choosing = Arc::clone(&seen);
    (Receiver::start(Behaviour::each(move |request| choose(request, &choosing))), seen)
}

fn choose(request: &Received, seen: &Mutex<Seen>) -> Behaviour {
    let delivery = request.header("X-Athens-Delivery").expect("it is about a delivery").to_owned();
    let mut state = seen.lock().unwrap();
    if !state.under_way.insert(delivery.clone()) {
        state.overlaps.push(delivery.clone());
    }
    let used = !state.connections.insert(request.connection);
    let dice = if state.kind { 99 } else { state.numbers.below(100) };
    let slow = Duration::from_millis(state.numbers.below(if dice < 12 { 300 } else { 3 }));
    drop(state);
    thread::sleep(slow);
    let mut state = seen.lock().unwrap();
    state.under_way.remove(&delivery);
    match dice {
        20..=24 => Behaviour::status(500),
        25..=27 => Behaviour::status(503),
        28..=30 => Reply::status(429).header("Retry-After", "1").into(),
        31..=33 => {
            if used {
                *state.cut.entry(delivery).or_default() += 1;
            }
            Behaviour::Reset
        }
        34 => {
            if used {
                *state.cut.entry(delivery).or_default() += 1;
            }
            Behaviour::CloseBeforeHead
        }
        35 => Behaviour::TruncatedBody,
        36 => Behaviour::StallBeforeHead,
        _ => {
            state.taken.insert(delivery);
            Behaviour::status(204)
        }
    }
}
