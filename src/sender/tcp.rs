//! The TCP part of a connection. ureq's own makes a dozen system calls for a request and its answer; this one
//! makes three: it sends head and body together, leaves a socket's timeouts alone while they are right to a
//! tenth of a second, and looks whether a connection is open without switching it to non-blocking.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use super::failure::is_disconnect;
use super::progress;
use super::proxy::Proxy;

/// Up to this many bytes are held back until an answer is waited for; what is more goes out as it comes.
const HELD: usize = 16 * 1024;
/// How far the timeout of a socket may be off before it is set anew.
const SLACK: Duration = Duration::from_millis(100);
/// The least that one address gets of the time for connecting, where a name has several.
const LEAST: Duration = Duration::from_millis(10);

/// Stands for no timeout at all.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Connects to the first address that answers.
#[derive(Debug)]
pub struct TcpConnector(
    /// The addresses are its own, and it connects to the receiver.
    pub Option<Arc<Proxy>>,
);

impl Connector<()> for TcpConnector {
    type Out = TcpTransport;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<TcpTransport>, Error> {
        let stream = match &self.0 {
            None => connect(details)?,
            Some(proxy) => {
                let until = Until::new(details.timeout);
                let stream = connect(details).map_err(|error| proxy.unreached(error))?;
                proxy.open(&stream, details.uri, || until.left())?;
                stream
            }
        };
        stream.set_nodelay(true)?;
        Ok(Some(TcpTransport {
            stream,
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
            held: Vec::new(),
            read_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
            just_read: false,
            tls: details.needs_tls(),
            cut_off: false,
        }))
    }
}

/// Each address but the last gets half of the time that is left. The error is that of the last one.
fn connect(details: &ConnectionDetails) -> Result<TcpStream, Error> {
    let until = Until::new(details.timeout);
    let timed_out = || Error::Timeout(details.timeout.reason);
    connect_within(&details.addrs, || until.left(), timed_out)
}

/// As [`connect`], with the time that is left from elsewhere.
pub fn connect_within(
    addresses: &[SocketAddr],
    left: impl Fn() -> Result<Duration, Error>,
    timed_out: impl Fn() -> Error,
) -> Result<TcpStream, Error> {
    let mut failed = Error::HostNotFound;
    for (index, address) in addresses.iter().enumerate() {
        let left = left()?;
        let last = index + 1 == addresses.len();
        match TcpStream::connect_timeout(address, if last { left } else { (left / 2).max(LEAST) }) {
            Ok(stream) => return Ok(stream),
            Err(error) if is_timeout(&error) => failed = timed_out(),
            Err(error) => failed = error.into(),
        }
    }
    Err(failed)
}

/// A connection whose output is held back until it is worth a system call.
pub struct TcpTransport {
    stream: TcpStream,
    buffers: LazyBuffers,
    held: Vec<u8>,
    /// What the socket's timeouts are set to; zero for not at all.
    read_timeout: Duration,
    write_timeout: Duration,
    /// Whether nothing happened since it was read from: ureq asks whether it is open when it puts a connection
    /// into its pool and when it takes it out again, and only the second answer is worth a system call.
    just_read: bool,
    /// Whether there is TLS above it.
    tls: bool,
    /// Whether the peer takes nothing more; what it has said before is still read.
    cut_off: bool,
}

impl std::fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpTransport").field("peer", &self.stream.peer_addr().ok()).finish_non_exhaustive()
    }
}

impl TcpTransport {
    /// With TLS 1.3 a peer that refuses our certificate says so while the request is on its way, and closes. What it
    /// said came before the reset that the write runs into.
    fn flush(&mut self, until: Until) -> Result<(), Error> {
        match self.write_held(until) {
            Err(Error::Io(error)) if self.tls && is_disconnect(error.kind()) => {
                let said = (&self.stream).read(self.buffers.input_append_buf()).unwrap_or_default();
                if said == 0 {
                    return Err(error.into());
                }
                self.buffers.input_appended(said);
                self.held.clear();
                self.cut_off = true;
                progress::cut_off();
                Ok(())
            }
            other => other,
        }
    }

    fn write_held(&mut self, until: Until) -> Result<(), Error> {
        let mut sent = 0;
        while sent < self.held.len() {
            let left = until.left()?;
            limit(&mut self.write_timeout, left, |timeout| self.stream.set_write_timeout(Some(timeout)))?;
            match (&self.stream).write(&self.held[sent..]) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(bytes) => sent += bytes,
                // The socket's timeout may be a little shorter than what is left.
                Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {
                    self.write_timeout = Duration::ZERO;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.held.clear();
        Ok(())
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.cut_off {
            return Ok(());
        }
        self.held.extend_from_slice(&self.buffers.output()[..amount]);
        if self.held.len() > HELD { self.flush(Until::new(timeout)) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let until = Until::new(timeout);
        if !self.held.is_empty() {
            progress::flushing();
            self.flush(until)?;
            progress::flushed();
        }
        loop {
            let left = until.left()?;
            limit(&mut self.read_timeout, left, |timeout| self.stream.set_read_timeout(Some(timeout)))?;
            match (&self.stream).read(self.buffers.input_append_buf()) {
                Ok(bytes) => {
                    self.buffers.input_appended(bytes);
                    self.just_read = bytes > 0;
                    return Ok(bytes > 0);
                }
                Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {
                    self.read_timeout = Duration::ZERO;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether nothing has come since the last answer was read: neither an end nor bytes that nobody asked for.
    fn is_open(&mut self) -> bool {
        let just_read = std::mem::take(&mut self.just_read);
        self.held.is_empty() && !self.cut_off && (just_read || would_wait(&self.stream))
    }
}

#[cfg(unix)]
fn would_wait(stream: &TcpStream) -> bool {
    use rustix::net::{RecvFlags, recv};
    let mut byte = [0_u8; 1];
    recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT)
        .is_err_and(|error| matches!(error, rustix::io::Errno::WOULDBLOCK))
}

#[cfg(not(unix))]
fn would_wait(stream: &TcpStream) -> bool {
    let look = || {
        stream.set_nonblocking(true)?;
        let found = stream.peek(&mut [0]);
        stream.set_nonblocking(false)?;
        found
    };
    look().is_err_and(|error: io::Error| error.kind() == ErrorKind::WouldBlock)
}

/// When the time of an exchange is over.
#[derive(Clone, Copy)]
struct Until {
    end: Instant,
    timeout: NextTimeout,
}

impl Until {
    fn new(timeout: NextTimeout) -> Self {
        let now = Instant::now();
        // Every exchange has a timeout; ureq's type allows for none.
        Self { end: now.checked_add(*timeout.after).unwrap_or(now + LONGEST), timeout }
    }

    fn left(self) -> Result<Duration, Error> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::Timeout(self.timeout.reason)) } else { Ok(left) }
    }
}

/// Sets the timeout of a socket where it is not nearly right.
fn limit(
    current: &mut Duration,
    wanted: Duration,
    set: impl FnOnce(Duration) -> io::Result<()>,
) -> io::Result<()> {
    if current.abs_diff(wanted) > SLACK || current.is_zero() {
        set(wanted)?;
        *current = wanted;
    }
    Ok(())
}

/// A socket's timeout shows as either of these, as the system likes.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
