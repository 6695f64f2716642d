//! Posts events as cheaply as it can: bytes that were made before, one thread, and one wait for many connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::event::{PollFd, PollFlags, poll};

use super::program::BODY;

/// The requests that post events about permits from this number on.
pub fn requests(address: SocketAddr, first: usize, events: usize) -> Vec<Vec<u8>> {
    (first..first + events)
        .map(|permit| {
            let body = BODY.replace("\"permit_id\":123", &format!("\"permit_id\":{permit}"));
            let head = format!(
                "POST /api/v1/ptw/events/ HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body.as_bytes()].concat()
        })
        .collect()
}

/// The permit that a request to a webhook is about.
pub fn permit_of(request: &[u8]) -> usize {
    const NAME: &[u8] = b"\"permit_id\":";
    let at = request.windows(NAME.len()).position(|name| name == NAME).unwrap() + NAME.len();
    let digits = request[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// Posts all of these over so many connections, each of which has one request under way; asserts that each is accepted.
pub fn post_all(address: SocketAddr, requests: &[Vec<u8>], connections: usize) {
    let mut streams: Vec<TcpStream> = (0..connections)
        .map(|_| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        })
        .collect();
    let mut left = requests.iter();
    let mut under_way = 0;
    for (stream, request) in streams.iter_mut().zip(&mut left) {
        stream.write_all(request).unwrap();
        under_way += 1;
    }
    let mut answer = [0; 4096];
    while under_way > 0 {
        let mut waiting: Vec<PollFd> =
            streams.iter().map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
        poll(&mut waiting, None).unwrap();
        let ready: Vec<bool> = waiting.iter().map(|one| !one.revents().is_empty()).collect();
        for (stream, _) in streams.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            // The answer is short, and comes in one piece.
            let bytes = stream.read(&mut answer).unwrap();
            assert!(
                answer[..bytes].starts_with(b"HTTP/1.1 202 "),
                "{}",
                String::from_utf8_lossy(&answer[..bytes])
            );
            under_way -= 1;
            if let Some(request) = left.next() {
                stream.write_all(request).unwrap();
                under_way += 1;
            }
        }
    }
}
