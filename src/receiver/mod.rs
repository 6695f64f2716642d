//! A receiver on this machine, for trying things out: takes requests over HTTP on 127.0.0.1 and on no other
//! address, checks both signatures as a customer's would, answers, and can be told to answer badly. What it reads
//! is bounded in bytes, time and connections.

mod behaviour;
mod connection;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver as Queue, SyncSender};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::receipt::Receipt;
use crate::signature::Secret;
use connection::{Connection, Read};

pub use behaviour::Behaviour;

/// This many connections are served at once, of which each has a thread; others are answered 503.
const CONNECTIONS: usize = 128;
/// This many requests wait to be taken with [`Receiver::next`]; then the next one is not answered before.
const WAITING: usize = 64;
/// How long one write may take.
const WRITE: Duration = Duration::from_secs(10);
/// The time between two bytes, where they are sent one by one: the longest timeout of a webhook ends before the
/// shortest answer.
const BETWEEN_BYTES: Duration = Duration::from_millis(500);
/// The pause after a connection could not be accepted, most often because the process has too many files open.
const PAUSE: Duration = Duration::from_millis(50);

/// A receiver that listens until it is dropped and the process ends.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    receipts: Queue<Receipt>,
}

/// What the threads of all connections share.
struct Shared {
    secret: Option<Secret>,
    behaviour: Behaviour,
    /// How many requests were to be answered well.
    posted: AtomicU64,
    connections: AtomicUsize,
    receipts: SyncSender<Receipt>,
}

impl Receiver {
    /// Listens on this port of 127.0.0.1, or on a free one for 0. Where there is a secret, a request whose
    /// signatures are not both right is answered 401, whatever else the behaviour says.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(port: u16, secret: Option<Secret>, behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let (sender, receipts) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared {
            secret,
            behaviour,
            posted: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            receipts: sender,
        });
        thread::Builder::new().name("receiver".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                match stream {
                    Ok(stream) => admit(stream, &shared),
                    Err(_) => thread::sleep(PAUSE),
                }
            }
        })?;
        Ok(Self { address, receipts })
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request, if one comes within this time. It is there before it is answered.
    pub fn next(&self, within: Duration) -> Option<Receipt> {
        self.receipts.recv_timeout(within).ok()
    }
}

/// Serves a connection on a thread of its own, if there is room for one.
fn admit(stream: TcpStream, shared: &Arc<Shared>) {
    let Some(place) = Place::take(shared) else { return turn_away(&stream) };
    let serve = move || {
        // A connection that breaks concerns only itself.
        let _ = serve(&stream, &place.0);
    };
    // Where the system has no thread left, the connection is closed.
    let _ = thread::Builder::new().name("connection".to_owned()).spawn(serve);
}

/// An answer that fits into the buffer of a fresh socket: it is written or not, but never waited for.
fn turn_away(mut stream: &TcpStream) {
    let head = behaviour::head(503, None, &Behaviour::default(), Timestamp::now(), true);
    let _ = stream.write_all(head.as_bytes());
}

/// One of the connections that are served at once; it is free again when this is dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(Arc::clone(shared));
        (shared.connections.fetch_add(1, Ordering::AcqRel) < CONNECTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE))?;
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    let behaviour = &shared.behaviour;
    loop {
        let (request, refused) = match connection.read()? {
            Read::Nothing => return Ok(()),
            Read::Request(request) => (request, None),
            Read::Refused(request, status) => (request, Some(status)),
        };
        let mut receipt = Receipt {
            at: Timestamp::now(),
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: request.body,
            unread: refused.is_some(),
            answered: refused,
        };
        if refused.is_none() {
            receipt.answered = shared.answer(&receipt);
        }
        let (at, status, allow) =
            (receipt.at, receipt.answered, (receipt.method != "POST").then_some("POST"));
        if shared.receipts.send(receipt).is_err() {
            return Ok(());
        }
        thread::sleep(behaviour.delay);
        let Some(status) = status else { return reset(stream) };
        let close = request.close || refused.is_some();
        write(stream, behaviour::head(status, allow, behaviour, at, close).as_bytes(), behaviour.drip)?;
        if close {
            return Ok(());
        }
    }
}

impl Shared {
    /// The status for a request that has come as a whole; `None` to reset the connection.
    fn answer(&self, receipt: &Receipt) -> Option<u16> {
        if self.behaviour.reset {
            return None;
        }
        Some(match (receipt.method.as_str(), &self.secret) {
            ("OPTIONS", _) => 204,
            ("POST", Some(secret)) if !receipt.is_genuine(secret) => 401,
            ("POST", _) => self.behaviour.status(self.posted.fetch_add(1, Ordering::Relaxed)),
            _ => 405,
        })
    }
}

fn write(mut stream: &TcpStream, bytes: &[u8], drip: bool) -> io::Result<()> {
    if !drip {
        return stream.write_all(bytes);
    }
    for byte in bytes {
        stream.write_all(std::slice::from_ref(byte))?;
        thread::sleep(BETWEEN_BYTES);
    }
    Ok(())
}

/// Closes a connection so that the other side sees it reset.
#[cfg(unix)]
fn reset(stream: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?)
}

#[cfg(not(unix))]
fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(std::net::Shutdown::Both)
}
