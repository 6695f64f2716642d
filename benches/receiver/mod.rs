//! A receiver on loopback that costs as little as it can, and the limit of this machine with it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::program::BODY;

/// How many connections post at once.
pub const CONNECTIONS: usize = 32;

/// The URL of a webhook there.
pub fn url(address: SocketAddr) -> String {
    format!("http://{address}/permits")
}

/// Answers 200 to every POST, as fast as it can.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    received: Arc<AtomicUsize>,
}

impl Receiver {
    /// Starts it on a free port of loopback.
    pub fn start() -> Self {
        Self::watching(|_| {})
    }

    /// The same, and hands over the bytes of each request as soon as it is whole.
    pub fn watching(seen: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(AtomicUsize::new(0));
        let (count, seen) = (Arc::clone(&received), Arc::new(seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, seen) = (Arc::clone(&count), Arc::clone(&seen));
                thread::spawn(move || serve(stream, &count, &*seen));
            }
        });
        Self { address, received }
    }

    /// How many requests were whole so far.
    pub fn received(&self) -> usize {
        self.received.load(Ordering::Acquire)
    }
}

fn serve(stream: TcpStream, count: &AtomicUsize, seen: &impl Fn(&[u8])) -> Option<()> {
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
        seen(&buffer[..filled]);
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
pub fn raw_posts_per_second(address: SocketAddr, posts: usize) -> f64 {
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
