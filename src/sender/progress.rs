//! How far the exchange of the current thread has come. ureq reports a timeout of the whole exchange
//! without saying in which part it struck, and does not say whether a connection came from the pool; a
//! connector that wraps its own notes both.

use std::cell::Cell;
use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ChainedConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, Transport,
};

use super::proxy::Proxy;
use super::tcp::{TcpConnector, TcpTransport};
use crate::delivery::Phase;

/// What is known of the exchange so far.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The part that it is in.
    pub phase: Phase,
    /// Whether the connection was made for it, and not taken from the pool.
    pub dialled: bool,
    /// Whether any byte of the answer has come.
    pub answered: bool,
    /// Whether the receiver took only a part of the request.
    pub cut_off: bool,
}

const START: Progress = Progress { phase: Phase::Resolve, dialled: false, answered: false, cut_off: false };

thread_local! {
    // ureq works on the thread that calls it from beginning to end.
    static CURRENT: Cell<Progress> = const { Cell::new(START) };
}

/// Begins a new exchange on this thread.
pub fn start() {
    CURRENT.set(START);
}

/// Where the exchange of this thread stands.
pub fn current() -> Progress {
    CURRENT.get()
}

/// The address is being looked up.
pub fn resolving() {
    change(|progress| progress.phase = Phase::Resolve);
}

/// What was held back of the request goes out before the answer is waited for. During a TLS handshake the
/// exchange is still connecting.
pub fn flushing() {
    change(|progress| {
        if progress.phase == Phase::Head {
            progress.phase = Phase::Send;
        }
    });
}

/// The receiver takes nothing more of the request.
pub fn cut_off() {
    change(|progress| progress.cut_off = true);
}

/// All of the request is out.
pub fn flushed() {
    change(|progress| {
        if progress.phase == Phase::Send {
            progress.phase = Phase::Head;
        }
    });
}

/// The head has come; from here on the body is read.
pub fn reading_body() {
    change(|progress| progress.phase = Phase::Body);
}

fn change(set: impl FnOnce(&mut Progress)) {
    let mut progress = CURRENT.get();
    set(&mut progress);
    CURRENT.set(progress);
}

/// TCP, and TLS where the URL asks for it, with notes of what they do.
#[derive(Debug)]
pub struct NotingConnector(ChainedConnector<(), TcpConnector, RustlsConnector>);

impl NotingConnector {
    /// Connects through the proxy, if there is one.
    pub fn new(proxy: Option<Arc<Proxy>>) -> Self {
        Self(TcpConnector(proxy).chain(RustlsConnector::default()))
    }
}

impl Connector<()> for NotingConnector {
    type Out = NotingTransport<<RustlsConnector as Connector<TcpTransport>>::Out>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        change(|progress| {
            progress.phase = Phase::Connect;
            progress.dialled = true;
        });
        Ok(self.0.connect(details, chained)?.map(NotingTransport))
    }
}

/// A connection that notes what it does.
#[derive(Debug)]
pub struct NotingTransport<T>(T);

impl<T: Transport> Transport for NotingTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        change(|progress| progress.phase = Phase::Send);
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        change(|progress| {
            if progress.phase != Phase::Body {
                progress.phase = Phase::Head;
            }
        });
        let more = self.0.await_input(timeout)?;
        change(|progress| progress.answered |= more);
        Ok(more)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
