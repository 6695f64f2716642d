//! Accepting connections and serving each: reading its requests and carrying out the receiver's behaviour, good or bad.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

use super::request::{self, Incoming};
use super::shared::{OpenConnection, Shared};
use super::{Behaviour, Received, Reply, TlsIdentity};

/// What the endless body announces as its length.
const ENDLESS_LENGTH: u64 = 10_000_000_000;
/// How many bytes of an endless body are written at a time; 2000 in hexadecimal.
const PIECE: usize = 0x2000;
/// The size of the head of [`Behaviour::HugeHead`].
const HUGE_HEAD: usize = 1024 * 1024;

/// Accepts connections until the receiver stops, each on its own thread.
pub(super) fn accept(listener: &TcpListener, shared: &Arc<Shared>, identity: Option<&TlsIdentity>) {
    loop {
        let accepted = listener.accept();
        let mut state = shared.lock();
        if state.stopped {
            return;
        }
        let handle = accepted.and_then(|(socket, _)| Ok((socket.try_clone()?, socket)));
        let (registered, socket) = match handle {
            Ok(sockets) => sockets,
            Err(error) => {
                state.problems.push(format!("a connection could not be accepted: {error}"));
                continue;
            }
        };
        let serial = state.connections;
        state.connections += 1;
        state.open.push((serial, registered));
        drop(state);
        shared.changed.notify_all();
        let open = OpenConnection { shared: Arc::clone(shared), serial };
        let identity = identity.cloned();
        thread::spawn(move || connection(&open, socket, identity.as_ref()));
    }
}

/// Serves a connection until it ends.
fn connection(open: &OpenConnection, socket: TcpStream, identity: Option<&TlsIdentity>) {
    let shared = &*open.shared;
    let _ = socket.set_nodelay(true);
    if matches!(shared.lock().behaviour, Behaviour::AcceptAndStall) {
        shared.wait_stopped();
        return;
    }
    let mut stream = match Stream::open(socket, identity) {
        Ok(stream) => stream,
        Err(error) => {
            shared.update(|state| state.handshake_failures.push(error.to_string()));
            return;
        }
    };
    let mut pending = Vec::new();
    loop {
        match request::read(&mut stream, &mut pending, open.serial) {
            Incoming::Request(mut request) => {
                request.client = stream.client();
                let (behaviour, turn) = shared.record(&request);
                match react(shared, &mut stream, &request, behaviour, turn) {
                    Ok(true) => {}
                    // An error means that the peer has gone, which is its good right.
                    Ok(false) | Err(_) => return,
                }
            }
            Incoming::Closed => return,
            Incoming::Aborted => {
                shared.update(|state| state.aborted += 1);
                return;
            }
            Incoming::Problem(problem) => {
                shared.update(|state| state.problems.push(problem));
                let refusal = Reply::status(400).header("Connection", "close");
                let _ = stream.send(&refusal.to_bytes());
                stream.finish();
                return;
            }
        }
    }
}

/// Reacts to the request whose turn (from 0) it is under a behaviour; true when the connection stays open for the next one.
fn react(
    shared: &Shared,
    stream: &mut Stream,
    request: &Received,
    behaviour: Behaviour,
    turn: usize,
) -> io::Result<bool> {
    match behaviour {
        Behaviour::Answer(reply) => return answer(stream, request, &reply),
        Behaviour::Script(replies) => {
            let reply = replies.get(turn).or(replies.last());
            let reply = reply.expect("a script has at least one reply");
            return answer(stream, request, reply);
        }
        Behaviour::By(compute) => return answer(stream, request, &compute(request)),
        Behaviour::Each(choose) => return react(shared, stream, request, choose(request), turn),
        Behaviour::StallBeforeHead | Behaviour::AcceptAndStall => stall(shared, stream),
        Behaviour::DripBody { every } => {
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")?;
            drip(shared, stream, b"", every)?;
        }
        Behaviour::DripHead { every } => {
            drip(shared, stream, b"HTTP/1.1 200 OK\r\nX-Drip: ", every)?;
        }
        Behaviour::Endless => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {ENDLESS_LENGTH}\r\n\r\n");
            flood(shared, stream, head.as_bytes(), &[b'e'; PIECE])?;
        }
        Behaviour::EndlessChunked => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let chunk = [b"2000\r\n", &[b'e'; PIECE][..], b"\r\n"].concat();
            flood(shared, stream, head, &chunk)?;
        }
        Behaviour::Reset => stream.reset(),
        Behaviour::CloseBeforeHead => stream.finish(),
        Behaviour::Garbage(bytes) => {
            stream.send(&bytes)?;
            stream.finish();
        }
        Behaviour::TruncatedBody => {
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")?;
            stream.finish();
        }
        Behaviour::CloseAfterAnswer => {
            let reply = Reply::status(200).header("Connection", "keep-alive");
            if answer(stream, request, &reply)? && stream.wait_for_byte() {
                shared.update(|state| state.stale_closes += 1);
                stream.reset();
            }
        }
        Behaviour::HugeHead => {
            stream.send(&huge_head())?;
            return Ok(stays_open(request));
        }
    }
    Ok(false)
}

/// Sends a reply; true when both sides want to keep the connection.
fn answer(stream: &mut Stream, request: &Received, reply: &Reply) -> io::Result<bool> {
    stream.send(&reply.to_bytes())?;
    let stays = stays_open(request) && !reply.says("connection", "close");
    if !stays {
        stream.finish();
    }
    Ok(stays)
}

/// Whether the client lets the connection stay open.
fn stays_open(request: &Received) -> bool {
    !request.all("connection").iter().any(|value| value.eq_ignore_ascii_case("close"))
}

/// Holds a connection without a word until the peer closes it or the receiver stops.
fn stall(shared: &Shared, stream: &Stream) {
    if stream.wait_for_byte() {
        shared.wait_stopped();
    }
}

/// Writes a beginning and then the same byte again and again, one byte at a time.
fn drip(shared: &Shared, stream: &mut Stream, start: &[u8], every: Duration) -> io::Result<()> {
    let mut bytes = start.iter().copied().chain(std::iter::repeat(b'd'));
    while let Some(byte) = bytes.next().filter(|_| shared.pause(every)) {
        stream.send(&[byte])?;
        shared.bytes_written.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Writes a head and then the same piece again and again, without a pause.
fn flood(shared: &Shared, stream: &mut Stream, head: &[u8], piece: &[u8]) -> io::Result<()> {
    // A small send buffer keeps the count close to what the peer has really taken.
    let _ = SockRef::from(stream.socket()).set_send_buffer_size(64 * 1024);
    stream.send(head)?;
    loop {
        stream.send(piece)?;
        let written = u64::try_from(piece.len()).expect("a piece is small");
        shared.bytes_written.fetch_add(written, Ordering::SeqCst);
    }
}

/// A head of exactly [`HUGE_HEAD`] bytes.
fn huge_head() -> Vec<u8> {
    let start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    let mut head = Vec::with_capacity(HUGE_HEAD);
    head.extend_from_slice(start.as_bytes());
    let end = b"\r\n\r\n";
    while HUGE_HEAD - end.len() - head.len() > 2048 {
        head.extend_from_slice(b"X-Filler: ");
        head.resize(head.len() + 1000, b'f');
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"X-Last: ");
    head.resize(HUGE_HEAD - end.len(), b'f');
    head.extend_from_slice(end);
    head
}

/// A connection, with or without TLS.
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    /// Takes a socket over and does the TLS handshake, if there is to be one.
    fn open(mut socket: TcpStream, identity: Option<&TlsIdentity>) -> io::Result<Self> {
        let Some(identity) = identity else {
            return Ok(Self::Plain(socket));
        };
        let mut session = ServerConnection::new(Arc::clone(&identity.config)).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(session, socket))))
    }

    /// The certificate that the client showed.
    fn client(&self) -> Option<Vec<u8>> {
        let Self::Tls(stream) = self else { return None };
        Some(stream.conn.peer_certificates()?.first()?.to_vec())
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// Writes and flushes.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// Ends the sending direction in good order, with TLS's own goodbye before TCP's.
    fn finish(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    /// Makes the coming close of the socket a reset.
    fn reset(&self) {
        SockRef::from(self.socket())
            .set_linger(Some(Duration::ZERO))
            .expect("a socket can be told not to linger");
    }

    /// Waits for a further byte from the peer without taking it; false when the connection ends first.
    fn wait_for_byte(&self) -> bool {
        matches!(self.socket().peek(&mut [0]), Ok(1..))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}
