//! The socket: one that was handed over, or one of our own.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use listenfd::ListenFd;
use tokio::net::TcpSocket;

use super::Options;
use crate::error::{Error, Problem, Report, Result};

/// How many connections may wait to be accepted; the system may allow fewer.
const WAITING: u32 = 4096;

/// The socket to listen at. Where the process was given one (systemd's socket activation), it is that.
///
/// # Errors
/// `Invalid` where the address cannot be used; `Refused` where everybody on the network could do everything.
pub fn listen(options: &Options) -> Result<TcpListener> {
    let cannot = |why: String| {
        let problem = Problem::other("listen", format!("cannot listen at `{}`: {why}", options.listen));
        Error::Invalid(vec![problem.hint("give an address and a port, such as `127.0.0.1:8080`")])
    };
    let handed_over = ListenFd::from_env()
        .take_tcp_listener(0)
        .map_err(|error| cannot(format!("the socket that was handed over cannot be used: {error}")))?;
    let listener = if let Some(listener) = handed_over {
        check(options, listener.local_addr().map_err(|error| cannot(error.to_string()))?)?;
        listener
    } else {
        let address = options.listen.to_socket_addrs().map_err(|error| cannot(error.to_string()))?.next();
        let address = address.ok_or_else(|| cannot("it names no address".to_owned()))?;
        check(options, address)?;
        bind(address).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                cannot("another process listens there; end it, or choose another port".to_owned())
            }
            _ => cannot(error.to_string()),
        })?
    };
    listener.set_nonblocking(true).map_err(|error| cannot(error.to_string()))?;
    Ok(listener)
}

/// As `TcpListener::bind` does, with room for more of those who come at once than its 128: the others would come again
/// only after a second or more.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)?.into_std()
}

fn check(options: &Options, address: SocketAddr) -> Result<()> {
    if options.auth || address.ip().is_loopback() {
        return Ok(());
    }
    let report = Report::new(format!("cannot serve everybody who can reach `{address}`"));
    Err(Error::Refused(report.hint(
        "`--no-auth` is for an address of this machine alone; `ptw-hooks token create NAME` makes a token",
    )))
}
