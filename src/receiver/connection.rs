//! Reads requests from a connection, one after the other, and no more of them than a receiver has use for.

use std::io::{self, ErrorKind, Read as _, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The longest head and the longest body that are read, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;
const LONGEST_BODY: usize = 1024 * 1024;
const MOST_HEADERS: usize = 100;
/// How long a connection may be idle between requests, and how long a request may take from its first byte on.
const IDLE: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_secs(15);

/// What came.
pub enum Read {
    /// The other side has closed the connection, or nothing came for long.
    Nothing,
    /// A request.
    Request(Request),
    /// The head of a request that cannot be taken, and the status to answer.
    Refused(Request, u16),
}

/// A request as it came.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the connection is to be closed after the answer.
    pub close: bool,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn says(&self, name: &str, word: &str) -> bool {
        let mut values = self.headers.iter().filter(|(found, _)| found == name);
        values.any(|(_, value)| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    }

    /// The length of the body; else the status that says why it cannot be taken.
    fn length(&self) -> Result<usize, u16> {
        if self.header("transfer-encoding").is_some() {
            return Err(411);
        }
        let mut lengths =
            self.headers.iter().filter(|(name, _)| name == "content-length").map(|(_, value)| value);
        let Some(first) = lengths.next() else { return Ok(0) };
        if lengths.any(|other| other != first) || !first.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(400);
        }
        match first.parse() {
            Ok(length) if length <= LONGEST_BODY => Ok(length),
            _ => Err(413),
        }
    }
}

/// A connection, with what was read of it and not used yet.
pub struct Connection<'a> {
    stream: &'a TcpStream,
    read: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub fn new(stream: &'a TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// The next request.
    ///
    /// # Errors
    /// Where the connection breaks in the middle, takes too long, or what comes is not HTTP.
    pub fn read(&mut self) -> io::Result<Read> {
        if self.read.is_empty() {
            match self.more(Instant::now() + IDLE) {
                Ok(0) => return Ok(Read::Nothing),
                Err(error) if is_timeout(&error) => return Ok(Read::Nothing),
                other => other?,
            };
        }
        let deadline = Instant::now() + WHOLE;
        let (mut request, head) = loop {
            if let Some(found) = parse(&self.read)? {
                break found;
            }
            if self.read.len() > LONGEST_HEAD {
                return Ok(Read::Refused(Request::default(), 431));
            }
            self.some(deadline)?;
        };
        self.read.drain(..head);
        let length = match request.length() {
            Ok(length) => length,
            Err(status) => return Ok(Read::Refused(request, status)),
        };
        if self.read.len() < length && request.says("expect", "100-continue") {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.read.len() < length {
            self.some(deadline)?;
        }
        let rest = self.read.split_off(length);
        request.body = std::mem::replace(&mut self.read, rest);
        Ok(Read::Request(request))
    }

    /// Reads what is there; an end is an error.
    fn some(&mut self, deadline: Instant) -> io::Result<()> {
        if self.more(deadline)? == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn more(&mut self, deadline: Instant) -> io::Result<usize> {
        let mut chunk = [0; 16 * 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => {
                    let bytes = other?;
                    self.read.extend_from_slice(&chunk[..bytes]);
                    return Ok(bytes);
                }
            }
        }
    }
}

/// The head of a request and its length, if it is there as a whole.
fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let header = |header: &httparse::Header| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        headers: parsed.headers.iter().map(header).collect(),
        body: Vec::new(),
        close: false,
    };
    // RFC 9112, section 9.3.
    request.close = request.says("connection", "close")
        || parsed.version == Some(0) && !request.says("connection", "keep-alive");
    Ok(Some((request, length)))
}

/// A socket's timeout shows as either of these, as the system likes.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
