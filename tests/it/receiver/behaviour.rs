//! What a receiver does with the requests that it gets.

use std::sync::Arc;
use std::time::Duration;

use super::Received;

/// A complete, well-formed answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers, in wire order; `Content-Length` is added where it is missing and the status allows a body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with a status, no headers of its own and an empty body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header; `Connection: close` also makes the receiver close the connection after the answer.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether a header has, among its comma-separated parts, the given word.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        let mut named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.any(|(_, value)| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    }

    /// The bytes of the whole answer.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let framed = self.headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
        });
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        if !framed && !bodiless {
            head.extend(["Content-Length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The usual phrase for a status code.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// How to compute a reply from a request.
pub type Answering = dyn Fn(&Received) -> Reply + Send + Sync;

/// How to choose what to do with a request.
pub type Choosing = dyn Fn(&Received) -> Behaviour + Send + Sync;

/// What to do with each request; after a complete answer the connection stays open.
#[derive(Clone)]
pub enum Behaviour {
    /// Answers every request with the same reply.
    Answer(Reply),
    /// Answers the n-th request (since this behaviour was set) with the n-th reply; the last one repeats.
    Script(Vec<Reply>),
    /// Answers each request with what the function returns.
    By(Arc<Answering>),
    /// Does with each request what the function says.
    Each(Arc<Choosing>),
    /// Reads the request and never answers.
    StallBeforeHead,
    /// Accepts the connection and reads nothing, not even a TLS handshake. On a connection that was accepted under
    /// another behaviour it is the same as [`Behaviour::StallBeforeHead`].
    AcceptAndStall,
    /// Answers 200 with a long body, one byte at a time.
    DripBody {
        /// The time between two bytes.
        every: Duration,
    },
    /// Answers with a head that never ends, one byte at a time.
    DripHead {
        /// The time between two bytes.
        every: Duration,
    },
    /// Answers 200, announces a body of 10 GB and writes it as quickly as possible until the peer closes.
    Endless,
    /// Answers 200 and writes chunks without end, as quickly as possible, until the peer closes.
    EndlessChunked,
    /// Reads the request and resets the connection.
    Reset,
    /// Reads the request and closes the connection in good order, without an answer.
    CloseBeforeHead,
    /// Reads the request, writes these bytes in place of an answer and closes.
    Garbage(Vec<u8>),
    /// Answers 200, announces 100 bytes of body, writes 10 and closes.
    TruncatedBody,
    /// Answers the first request on a connection with 200 and `Connection: keep-alive`, then resets the connection when
    /// the first byte of the next request arrives, before it reads anything: what a stale pooled connection looks like.
    CloseAfterAnswer,
    /// Answers 200 with an otherwise well-formed head of 1 MiB and no body.
    HugeHead,
}

impl Behaviour {
    /// Answers every request with a status and an empty body.
    pub fn status(status: u16) -> Self {
        Self::Answer(Reply::status(status))
    }

    /// Answers each request with what the function returns.
    pub fn by(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::By(Arc::new(answer))
    }

    /// Does with each request what the function says.
    pub fn each(choose: impl Fn(&Received) -> Self + Send + Sync + 'static) -> Self {
        Self::Each(Arc::new(choose))
    }
}

impl From<Reply> for Behaviour {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}
