//! A real HTTP proxy on a loopback socket that takes `CONNECT` and nothing else, and notes what it is asked for.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a proxy does.
#[derive(Clone)]
pub enum Manner {
    /// It connects every name and address to this one: it has a name server of its own.
    Connects(SocketAddr),
    /// The same for who sends these credentials (`user:password` in base64), and 407 for others.
    Demands(SocketAddr, &'static str),
    /// It answers with these bytes and closes.
    Answers(&'static str),
    /// It never answers.
    Stalls,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The first line.
    pub line: String,
    /// What it says of who asks.
    pub authorization: Option<String>,
}

/// A listening proxy.
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1; its threads end with the test.
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (manner, log) = (manner.clone(), Arc::clone(&log));
                thread::spawn(move || serve(client.unwrap(), &manner, &log));
            }
        });
        Self { address, asked }
    }

    /// Its URL with these credentials before the host, such as `user:password@`.
    pub fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}{}", self.address)
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The first lines of every request so far.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// Serves one connection; who is on its other side may go at any time.
fn serve(mut client: TcpStream, manner: &Manner, log: &Mutex<Vec<Asked>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match client.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    };
    let authorization = lines.find_map(header);
    log.lock().unwrap().push(Asked { line, authorization: authorization.clone() });
    let to = match manner {
        Manner::Connects(to) => to,
        Manner::Demands(to, credentials) if authorization == Some(format!("Basic {credentials}")) => to,
        Manner::Demands(..) => {
            let refusal =
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
            let _ = client.write_all(refusal.as_bytes());
            return;
        }
        Manner::Answers(bytes) => {
            let _ = client.write_all(bytes.as_bytes());
            return;
        }
        Manner::Stalls => {
            let _ = client.read(&mut byte);
            return;
        }
    };
    let Ok(receiver) = TcpStream::connect(to) else {
        let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    };
    // Some proxies say something before their answer, and in pieces.
    for piece in
        ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 Connection est", "ablished\r\nVia: x\r\n\r\n"]
    {
        let _ = client.write_all(piece.as_bytes());
    }
    let (from, back) = (client.try_clone().unwrap(), receiver.try_clone().unwrap());
    let there = thread::spawn(move || relay(from, receiver));
    relay(back, client);
    let _ = there.join();
}

fn relay(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
