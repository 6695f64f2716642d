//! A real HTTP/1.1 receiver on a loopback socket that records every byte it gets and misbehaves on demand.
#![allow(dead_code, reason = "shared by all the tests, and not every part of it is in use at any time")]

mod behaviour;
mod request;
mod serve;
mod shared;
mod tls;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::serve::accept;
use self::shared::Shared;

#[allow(unused_imports, reason = "re-exported for the tests")]
pub use self::{
    behaviour::{Behaviour, Reply},
    request::Received,
    tls::{TestCa, TlsIdentity},
};

/// How long any wait for the receiver may take before it counts as a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listening receiver; dropping it closes the listener and every open connection.
///
/// Dropping it also fails the test when a request was not well-formed HTTP/1.1 as this receiver understands it, unless
/// the test took the list with [`Receiver::take_problems`].
pub struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    tls: bool,
    listener: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Starts a plain HTTP receiver on a free port of 127.0.0.1.
    pub fn start(behaviour: impl Into<Behaviour>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 can be bound");
        Self::listen(listener, behaviour.into(), None)
    }

    /// Starts a plain HTTP receiver on a free port of `[::1]`; `None` where there is no IPv6 loopback.
    pub fn start_v6(behaviour: impl Into<Behaviour>) -> Option<Self> {
        match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
            Ok(listener) => Some(Self::listen(listener, behaviour.into(), None)),
            Err(error) if matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported) => {
                None
            }
            Err(error) => panic!("[::1] cannot be bound: {error}"),
        }
    }

    /// Starts an HTTPS receiver on a free port of 127.0.0.1 that presents the given identity.
    pub fn start_tls(behaviour: impl Into<Behaviour>, identity: TlsIdentity) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 can be bound");
        Self::listen(listener, behaviour.into(), Some(identity))
    }

    fn listen(listener: TcpListener, behaviour: Behaviour, identity: Option<TlsIdentity>) -> Self {
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::new(behaviour));
        let tls = identity.is_some();
        let accepting = Arc::clone(&shared);
        let listener = thread::spawn(move || accept(&listener, &accepting, identity.as_ref()));
        Self { shared, address, tls, listener: Some(listener) }
    }

    /// The URL of a path (which starts with `/`); by address for HTTP, by the name `localhost` for HTTPS.
    pub fn url(&self, path: &str) -> String {
        if self.tls {
            format!("https://localhost:{}{path}", self.port())
        } else {
            format!("http://{}{path}", self.address)
        }
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order in which they were complete.
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// Takes every request so far, so that what goes on for long does not gather them all.
    pub fn take_received(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.lock().received)
    }

    /// Waits until at least `n` requests have come and returns all of them.
    ///
    /// # Panics
    ///
    /// When they have not come within 20 seconds, or something that is not a request came instead.
    #[track_caller]
    pub fn wait_for(&self, n: usize) -> Vec<Received> {
        let state =
            self.shared.wait_while(PATIENCE, |state| state.received.len() < n && state.problems.is_empty());
        assert!(
            state.received.len() >= n,
            "waited for {n} requests and got {} over {} connections ({} broken off in mid-request); \
             problems: {:?}; failed handshakes: {:?}",
            state.received.len(),
            state.connections,
            state.aborted,
            state.problems,
            state.handshake_failures,
        );
        state.received.clone()
    }

    /// Waits until at least `n` connections have been accepted, whether or not a request has come over them.
    ///
    /// # Panics
    ///
    /// When they have not come within 20 seconds.
    #[track_caller]
    pub fn wait_for_connections(&self, n: usize) {
        let state = self.shared.wait_while(PATIENCE, |state| state.connections < n);
        assert!(state.connections >= n, "waited for {n} connections and got {}", state.connections);
    }

    /// Waits until the peers (or the behaviour) have closed every connection that has been accepted.
    ///
    /// A connection that a behaviour holds without reading (`AcceptAndStall`) never counts as closed by its peer.
    ///
    /// # Panics
    ///
    /// When a connection is still open after 20 seconds.
    #[track_caller]
    pub fn wait_closed(&self) {
        let state = self.shared.wait_while(PATIENCE, |state| !state.open.is_empty());
        assert!(
            state.open.is_empty(),
            "{} of {} connections are still open",
            state.open.len(),
            state.connections,
        );
    }

    /// Switches the behaviour for requests and connections from now on; a script starts at its first reply.
    pub fn set(&self, behaviour: impl Into<Behaviour>) {
        let mut state = self.shared.lock();
        state.behaviour = behaviour.into();
        state.turn = 0;
    }

    /// How many TCP connections have been accepted.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Closes every connection that is open now; the listener goes on.
    pub fn close_connections(&self) {
        self.shared.lock().shut_down_all();
    }

    /// How many bytes of response the never-ending behaviours could hand to the socket, over all connections.
    pub fn bytes_written(&self) -> u64 {
        self.shared.bytes_written.load(Ordering::SeqCst)
    }

    /// How often `CloseAfterAnswer` closed a connection on which a further request had begun to arrive.
    pub fn stale_closes(&self) -> usize {
        self.shared.lock().stale_closes
    }

    /// How many connections the peer closed in the middle of a request.
    pub fn aborted(&self) -> usize {
        self.shared.lock().aborted
    }

    /// Why TLS handshakes failed, one text for each connection that got no further.
    pub fn handshake_failures(&self) -> Vec<String> {
        self.shared.lock().handshake_failures.clone()
    }

    /// What was wrong with requests so far.
    pub fn problems(&self) -> Vec<String> {
        self.shared.lock().problems.clone()
    }

    /// Takes what was wrong with requests so far, so that it does not fail the test at the end.
    pub fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().problems)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        // The listener thread sits in `accept`; a connection of our own makes it look at the flag.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(listener) = self.listener.take().filter(|_| woken) {
            let _ = listener.join();
        }
        let problems = {
            let mut state = self.shared.lock();
            state.shut_down_all();
            std::mem::take(&mut state.problems)
        };
        assert!(
            problems.is_empty() || thread::panicking(),
            "the receiver got something strange: {problems:?}"
        );
    }
}
