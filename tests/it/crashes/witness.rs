//! A receiver that remembers what it saw, and in which order, across everything that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::receiver::{Behaviour, Received, Receiver, Reply};

/// How long the receiver takes for a request, so that two of them can meet.
const HOLD: Duration = Duration::from_millis(3);

/// What the receiver saw.
#[derive(Default)]
pub struct Seen {
    under_way: BTreeSet<String>,
    /// The deliveries that came a second time while they were there already.
    pub overlaps: Vec<String>,
    /// How often each delivery came.
    pub requests: BTreeMap<String, usize>,
    /// The deliveries that were answered with success.
    pub taken: BTreeSet<String>,
}

/// The delivery that a request is about.
pub fn delivery_of(request: &Received) -> Option<String> {
    request.header("X-Athens-Delivery").map(str::to_owned)
}

/// Takes a moment for each request, notes which of them meet, and fails the first one of every third delivery.
pub fn witness(seen: &Arc<Mutex<Seen>>) -> Receiver {
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

/// Waits until the receiver is done with whatever dead processes have sent to it.
pub fn settle(receiver: &Receiver) {
    // It accepts connections one after the other: when it answers this one, it has accepted all before it.
    let mut stream = TcpStream::connect(receiver.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    receiver.wait_closed();
}
