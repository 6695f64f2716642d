//! What is asked of a receiver to look at it: `OPTIONS`, which changes nothing, and the head of its answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use http::Uri;
use jiff::Timestamp;
use ureq::Error;

use crate::probe::Head;
use crate::request::{USER_AGENT, host};
use crate::sender::LONGEST_HEAD;

/// Sends `OPTIONS` and reads the head of the answer.
pub fn ask(url: &str, stream: &mut (impl Read + Write)) -> Result<Head, Error> {
    let uri: Uri = url.parse().unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = host(url);
    let request = format!(
        "OPTIONS {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut read = Vec::new();
    let mut chunk = [0; 4 * 1024];
    loop {
        let bytes = stream.read(&mut chunk)?;
        if bytes == 0 {
            return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
        }
        read.extend_from_slice(&chunk[..bytes]);
        while let Some((head, length)) = parse(&read)? {
            // RFC 9110, section 15.2: any number of them may come before the answer itself.
            if !(100..200).contains(&head.status) {
                return Ok(head);
            }
            read.drain(..length);
        }
        if read.len() > LONGEST_HEAD {
            return Err(Error::LargeResponseHeader(read.len(), LONGEST_HEAD));
        }
    }
}

/// The head of an answer and its length, if it is there as a whole.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Error> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Response::new(&mut headers);
    let invalid =
        |error: httparse::Error| Error::Other(format!("the answer is not valid HTTP/1.1: {error}").into());
    let httparse::Status::Complete(length) = parsed.parse(bytes).map_err(invalid)? else { return Ok(None) };
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let (date, location) = (header("date"), header("location"));
    let head = Head { status: parsed.code.unwrap_or_default(), date, location, at: Timestamp::now() };
    Ok(Some((head, length)))
}

/// A connection that is over at a certain time, however slowly something comes.
pub struct Timed {
    /// To the receiver.
    pub stream: TcpStream,
    /// Then it is over.
    pub end: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
