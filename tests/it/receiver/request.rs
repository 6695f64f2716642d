//! Reading one HTTP/1.1 request from a connection, strictly, and keeping its exact bytes.

use std::io::{ErrorKind, Read};
use std::time::Instant;

/// More than any request head in these tests needs.
const HEAD_LIMIT: usize = 1024 * 1024;
/// More than any request body in these tests needs.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// The first byte of a TLS handshake (RFC 8446, section 5.1), to which a server without TLS answers at once.
const TLS_HANDSHAKE: u8 = 22;

/// One request, as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The request target: the path with the query, if any.
    pub path: String,
    /// The headers in wire order, names in their original spelling, values without surrounding white space.
    pub headers: Vec<(String, String)>,
    /// The bytes of the head, up to and including the empty line.
    pub head: Vec<u8>,
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// The serial number of the TCP connection, from 0.
    pub connection: usize,
    /// The certificate that the client showed, as DER.
    pub client: Option<Vec<u8>>,
    /// When the request was complete.
    pub at: Instant,
}

impl Received {
    /// The value of the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The values of all headers of this name, whatever its case.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

/// How the attempt to read a request ended.
pub(super) enum Incoming {
    /// A complete request.
    Request(Received),
    /// The connection ended between two requests.
    Closed,
    /// The connection ended in the middle of a request.
    Aborted,
    /// Something came that is not a request that this receiver accepts.
    Problem(String),
}

/// Reads the next request; `pending` carries bytes over from one call to the next.
pub(super) fn read(stream: &mut impl Read, pending: &mut Vec<u8>, connection: usize) -> Incoming {
    let head_length = loop {
        if let Some(at) = pending.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if pending.first() == Some(&TLS_HANDSHAKE) {
            return Incoming::Problem("a TLS handshake".to_owned());
        }
        if pending.len() > HEAD_LIMIT {
            return Incoming::Problem("the head has no end".to_owned());
        }
        if !more(stream, pending) {
            return if pending.is_empty() { Incoming::Closed } else { Incoming::Aborted };
        }
    };
    let head: Vec<u8> = pending.drain(..head_length).collect();
    let parsed = parse_head(&head).and_then(|request| {
        let length = body_length(&request)?;
        Ok((request, length))
    });
    let (mut request, length) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => {
            let head = String::from_utf8_lossy(&head);
            return Incoming::Problem(format!("{problem} in {head:?}"));
        }
    };
    while pending.len() < length {
        if !more(stream, pending) {
            return Incoming::Aborted;
        }
    }
    request.head = head;
    request.body = pending.drain(..length).collect();
    request.connection = connection;
    request.at = Instant::now();
    if pending.is_empty() {
        Incoming::Request(request)
    } else {
        let extra = String::from_utf8_lossy(pending);
        Incoming::Problem(format!("bytes after the body: {extra:?}"))
    }
}

/// Reads some more bytes; false at the end of the connection, orderly or not.
fn more(stream: &mut impl Read, pending: &mut Vec<u8>) -> bool {
    let mut chunk = [0; 16 * 1024];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return false,
            Ok(n) => {
                pending.extend_from_slice(&chunk[..n]);
                return true;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// Parses a head, which ends with an empty line.
fn parse_head(head: &[u8]) -> Result<Received, String> {
    let text = std::str::from_utf8(head).map_err(|_| "bytes that are not UTF-8")?;
    let text = text.strip_suffix("\r\n\r\n").ok_or("no empty line")?;
    let mut lines = text.split("\r\n");
    let request_line = lines.next().unwrap_or_default();
    let parts: Vec<&str> = request_line.split(' ').collect();
    let [method, path, "HTTP/1.1"] = parts[..] else {
        return Err(format!("a strange request line {request_line:?}"));
    };
    if !is_token(method) || !path.starts_with('/') || path.chars().any(char::is_control) {
        return Err(format!("a strange request line {request_line:?}"));
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .filter(|(name, value)| is_token(name) && !value.contains(|c: char| c.is_control() && c != '\t'))
            .ok_or_else(|| format!("a strange header line {line:?}"))?;
        let value = value.trim_matches([' ', '\t']);
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(Received {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        head: Vec::new(),
        body: Vec::new(),
        connection: 0,
        client: None,
        at: Instant::now(),
    })
}

/// Checks the headers that decide about framing and returns the length of the body.
fn body_length(request: &Received) -> Result<usize, String> {
    if request.all("host").len() != 1 {
        return Err("not exactly one Host".to_owned());
    }
    for unwanted in ["transfer-encoding", "expect", "upgrade"] {
        if let Some(value) = request.header(unwanted) {
            return Err(format!("an unexpected {unwanted}: {value}"));
        }
    }
    let lengths = request.all("content-length");
    match lengths[..] {
        [] if matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") => {
            Err("no Content-Length".to_owned())
        }
        [] => Ok(0),
        [length] if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => length
            .parse()
            .ok()
            .filter(|length| *length <= BODY_LIMIT)
            .ok_or_else(|| format!("a body that is too long: {length}")),
        _ => Err(format!("a strange Content-Length {lengths:?}")),
    }
}

/// Whether a text is a token as HTTP defines it.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
