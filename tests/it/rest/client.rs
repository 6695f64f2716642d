//! A small HTTP/1.1 client over a TCP socket, which sends exactly the bytes that a test gives and keeps the answer's.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::BASE;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A client that opens a connection for each request.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    authorization: Option<String>,
}

impl Client {
    pub fn new(address: SocketAddr, authorization: Option<String>) -> Self {
        Self { address, authorization }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(&Request::new("GET", path))
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(&Request::new("POST", path).json(body))
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(&Request::new("PUT", path).json(body))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(&Request::new("PATCH", path).json(body))
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send(&Request::new("DELETE", path))
    }

    /// Sends a request on a connection of its own and returns the answer.
    #[track_caller]
    pub fn send(&self, request: &Request) -> Answer {
        let mut request = request.clone().header("Connection", "close");
        if let Some(authorization) = self.authorization.as_ref().filter(|_| !request.has("authorization")) {
            request = request.header("Authorization", authorization);
        }
        let answer = Connection::open(self.address).and_then(|mut connection| {
            // A server may answer before it has read everything; what it says is what counts.
            let sent = connection.send(&request.to_bytes(self.address));
            connection.answer(&request).map_err(|error| sent.err().unwrap_or(error))
        });
        answer.unwrap_or_else(|error| panic!("no answer to {request}: {error}"))
    }
}

/// A request to be sent.
#[derive(Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// A path that does not start with `/` is one below [`BASE`].
    pub fn new(method: &str, path: &str) -> Self {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{BASE}{path}") };
        Self { method: method.to_owned(), path, headers: Vec::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The bytes of a body of this media type.
    pub fn body(self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: bytes.into(), ..self.header("Content-Type", media_type) }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// The whole request; `Host` and `Content-Length` are added where they are missing.
    pub fn to_bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.has("host") {
            head.extend(["Host: ", &host.to_string(), "\r\n"]);
        }
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let framed = self.has("content-length") || self.has("transfer-encoding");
        if !framed && (!self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH")) {
            head.extend(["Content-Length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.body.get(..300).unwrap_or(&self.body);
        write!(f, "{} {} {}", self.method, self.path, String::from_utf8_lossy(start))
    }
}

/// A connection that stays open from request to request.
pub struct Connection {
    stream: TcpStream,
    pending: Vec<u8>,
}

impl Connection {
    /// A connection from an address of its own: the server is slow to answer whoever fails too often.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Self::open_from([127, 1, high, low.max(1)].into(), address)
    }

    /// A connection from this address of the machine.
    pub fn open_from(from: Ipv4Addr, address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect_timeout(&address.into(), LIMIT)?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, pending: Vec::new() })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one answer, which is to this request.
    pub fn answer(&mut self, request: &Request) -> io::Result<Answer> {
        loop {
            let mut answer = self.head(request)?;
            if answer.status >= 200 {
                if request.method != "HEAD" && !matches!(answer.status, 204 | 304) {
                    answer.body = self.body(&answer)?;
                }
                return Ok(answer);
            }
        }
    }

    /// Whether the server closes the connection without a further byte.
    pub fn ends(&mut self) -> bool {
        self.pending.is_empty() && matches!(self.more(), Ok(false))
    }

    fn head(&mut self, request: &Request) -> io::Result<Answer> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let (first, rest) = lines.split_first().ok_or_else(|| strange("an empty head"))?;
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = status.and_then(|digits| digits.parse().ok()).ok_or_else(|| strange(first))?;
        let header = |line: &String| {
            let (name, value) = line.split_once(':').ok_or_else(|| strange(line))?;
            Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = rest.iter().map(header).collect::<io::Result<_>>()?;
        Ok(Answer { request: request.to_string(), status, headers, body: Vec::new() })
    }

    fn body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        if answer.header("transfer-encoding") == Some("chunked") {
            let mut body = Vec::new();
            loop {
                let size = self.line()?;
                let size = usize::from_str_radix(&size, 16).map_err(|_| strange(&size))?;
                body.extend(self.exactly(size)?);
                if !self.line()?.is_empty() {
                    return Err(strange("a chunk that does not end"));
                }
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        match answer.header("content-length") {
            Some(length) => self.exactly(length.parse().map_err(|_| strange(length))?),
            None => {
                while self.more()? {}
                Ok(std::mem::take(&mut self.pending))
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = self.pending.windows(2).position(|two| two == b"\r\n") {
                let line = self.exactly(at + 2)?;
                return String::from_utf8(line[..at].to_vec()).map_err(|_| strange("no UTF-8"));
            }
            if !self.more()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.pending.len() < length {
            if !self.more()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.pending.drain(..length).collect())
    }

    /// Reads some more bytes; false at the end of the connection.
    fn more(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 * 1024];
        let n = loop {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.pending.extend_from_slice(&chunk[..n]);
        Ok(n > 0)
    }
}

fn strange(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("a strange answer: {what:?}"))
}

/// An answer, the names of its headers in lower case and in their order.
#[derive(Clone, Debug)]
pub struct Answer {
    request: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the status of {self}");
        self
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub fn says(self, status: u16, body: &Value) -> Self {
        let answer = self.is(status);
        let json = answer.json();
        assert_eq!(json, *body, "the body of {answer}");
        answer
    }

    /// The only header of this name, given in lower case.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(key, _)| key == name);
        let first = named.next().map(|(_, value)| value.as_str());
        assert!(named.next().is_none(), "several `{name}` in {self}");
        first
    }

    /// The methods of `Allow`, sorted.
    pub fn allowed(&self) -> Vec<&str> {
        let mut methods: Vec<_> =
            self.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
        methods.sort_unstable();
        methods
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which is JSON and says so.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "the media type of {self}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the answer to {}\n{}", self.request, self.status)?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        write!(f, "\n{}", self.text())
    }
}
