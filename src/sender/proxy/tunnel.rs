//! The tunnel that a proxy is asked for (`CONNECT`, RFC 9110, section 9.3.6), for https and for http, and how that fails.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use http::Uri;
use ureq::Error;

use super::Proxy;
use crate::delivery::OutcomeKind;
use crate::request::USER_AGENT;
use crate::sender::failure::why_not_connected;
use crate::sender::resolver::{NoAddress, host_and_port};

/// The longest head of a proxy's answer that is read, with what comes before it.
const LONGEST_HEAD: usize = 16 * 1024;

impl Proxy {
    /// Has it connect to where `target` leads. The stream is a connection to the proxy; `left` is the time that is
    /// left.
    pub fn open(
        &self,
        mut stream: &TcpStream,
        target: &Uri,
        left: impl Fn() -> Result<Duration, Error>,
    ) -> Result<(), Error> {
        let (host, port) = host_and_port(target);
        let credentials = self.credentials.as_ref();
        let credentials =
            credentials.map_or_else(String::new, |text| format!("proxy-authorization: Basic {text}\r\n"));
        let request = format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\nuser-agent: {USER_AGENT}\r\n{credentials}\r\n"
        );
        let waiting = format!("waiting for the proxy `{self}` to connect to `{host}:{port}`");
        let late = |_| Failure::TimedOut(waiting.clone()).into();
        let broken = |error: io::Error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => late(Error::ConnectionFailed),
            _ => self.failed(&format!("closed the connection when it was asked for `{host}:{port}`")),
        };
        stream.set_write_timeout(Some(left().map_err(late)?))?;
        stream.write_all(request.as_bytes()).map_err(broken)?;
        let (mut head, mut length) = (Vec::new(), 0);
        let mut chunk = [0; 4 * 1024];
        loop {
            stream.set_read_timeout(Some(left().map_err(late)?))?;
            let bytes = match stream.read(&mut chunk) {
                Ok(0) => return Err(broken(ErrorKind::UnexpectedEof.into())),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(error)),
            };
            head.extend_from_slice(&chunk[..bytes]);
            length += bytes;
            match status(&mut head) {
                // What comes behind the head is the receiver's, which is silent until it is spoken to.
                Ok(Some(code)) if (200..300).contains(&code) && head.is_empty() => return Ok(()),
                Ok(Some(code)) => {
                    let reason =
                        http::StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason());
                    let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
                    let more = if (200..300).contains(&code) { ", and sent more than that" } else { "" };
                    let what = format!("answered {code}{reason} to CONNECT `{host}:{port}`{more}");
                    return Err(self.failed(&what));
                }
                Ok(None) if length <= LONGEST_HEAD => {}
                _ => return Err(self.failed("did not answer like a proxy")),
            }
        }
    }

    /// Why the proxy itself could not be reached.
    pub fn unreached(&self, error: Error) -> Error {
        match error {
            Error::Timeout(_) => Failure::TimedOut(format!("connecting to the proxy `{self}`")).into(),
            Error::Io(error) => {
                let why = why_not_connected(&error);
                Failure::Other(OutcomeKind::Connect, format!("cannot connect to the proxy `{self}`: {why}"))
                    .into()
            }
            Error::Other(other) => match other.downcast_ref::<NoAddress>() {
                Some(NoAddress::Lookup(why)) => {
                    Failure::Other(OutcomeKind::Dns, format!("cannot find the proxy `{self}`: {why}")).into()
                }
                // Not `blocked`: that would end the delivery, and the receiver has nothing to do with it.
                Some(NoAddress::Blocked(why)) => {
                    Failure::Other(OutcomeKind::Connect, format!("cannot use the proxy `{self}`: {why}"))
                        .into()
                }
                None => Error::Other(other),
            },
            other => other,
        }
    }

    fn failed(&self, what: &str) -> Error {
        Failure::Other(OutcomeKind::Connect, format!("the proxy `{self}` {what}")).into()
    }
}

/// The status of an answer whose head is there as a whole, which is taken off the bytes; those that come before the
/// answer itself (RFC 9110, section 15.2) are passed over.
fn status(bytes: &mut Vec<u8>) -> Result<Option<u16>, httparse::Error> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = answer.parse(bytes)? else { return Ok(None) };
        let status = answer.code.unwrap_or_default();
        bytes.drain(..length);
        if !(100..200).contains(&status) {
            return Ok(Some(status));
        }
    }
}

/// How a proxy failed.
#[derive(Debug)]
pub enum Failure {
    /// The time was over during this.
    TimedOut(String),
    /// What it was, and in one clause.
    Other(OutcomeKind, String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TimedOut(what) | Self::Other(_, what)) = self;
        f.write_str(what)
    }
}

impl std::error::Error for Failure {}
