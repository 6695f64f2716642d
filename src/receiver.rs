//! A receiver on this machine: takes requests over HTTP, checks both signatures as a customer's would, and
//! answers. One request at a time, for trying things out.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::signature::{self, Secret};

/// The longest head and the longest body that are read, in bytes.
const LONGEST_HEAD: u64 = 32 * 1024;
const LONGEST_BODY: usize = 1024 * 1024;

/// A request that came, and what the receiver made of it.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The path that was posted to.
    pub path: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Whether `X-Athens-Signature` is right.
    pub athens: bool,
    /// Whether `webhook-signature` is right.
    pub standard: bool,
    /// The status that was answered.
    pub answered: u16,
}

/// A receiver that listens until it is dropped and the process ends.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    receipts: mpsc::Receiver<Receipt>,
}

impl Receiver {
    /// Listens on a free port of 127.0.0.1. `answer` chooses the status for a path when both signatures are
    /// right; when one is not, the answer is 401.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(secret: Secret, answer: fn(path: &str) -> u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (sender, receipts) = mpsc::channel();
        thread::Builder::new().name("receiver".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                // A connection that breaks concerns only itself.
                if let Ok(receipt) = stream.and_then(|stream| serve(&stream, &secret, answer))
                    && sender.send(receipt).is_err()
                {
                    return;
                }
            }
        })?;
        Ok(Self { address, receipts })
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request, if one comes within this time.
    pub fn next(&self, within: Duration) -> Option<Receipt> {
        self.receipts.recv_timeout(within).ok()
    }
}

fn serve(stream: &TcpStream, secret: &Secret, answer: fn(&str) -> u16) -> io::Result<Receipt> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let head = read_head(&mut reader)?;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(&head).map_err(io::Error::other)?;
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).unwrap_or_default()
    };
    let length = header("content-length").parse().map_err(io::Error::other)?;
    if length > LONGEST_BODY {
        return Err(io::Error::other("the body is too long"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let timestamp = header("webhook-timestamp").parse().unwrap_or_default();
    let athens = signature::verify_athens(secret, &body, header("x-athens-signature"));
    let standard = signature::verify_standard(
        secret,
        header("webhook-id"),
        timestamp,
        &body,
        header("webhook-signature"),
    );
    let path = request.path.unwrap_or_default().to_owned();
    let answered = if athens && standard { answer(&path) } else { 401 };
    write!(&mut &*stream, "HTTP/1.1 {answered} \r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    Ok(Receipt { path, body, athens, standard, answered })
}

/// Everything up to the empty line, and with it.
fn read_head(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut limited = reader.take(LONGEST_HEAD);
    while !head.ends_with(b"\r\n\r\n") {
        if limited.read_until(b'\n', &mut head)? == 0 {
            return Err(io::Error::other("the head is incomplete or too long"));
        }
    }
    Ok(head)
}
