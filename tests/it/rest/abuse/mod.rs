//! Clients, receivers, disks and moments that mean no good: nothing of it may harm others, or what was accepted.

mod certificates;
mod connections;
mod ending;
mod faults;
mod full_disk;
mod injection;
mod payloads;
mod pressure;
mod receivers;
mod sizes;
mod smuggling;
mod strangers;
mod systemd;
mod workers;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::{PATIENCE, Server};
use crate::receiver::Received;

/// A connection over which a test sends what no client would.
pub struct Raw(TcpStream);

impl Raw {
    pub fn open(server: &Server) -> Self {
        Self::try_open(server).expect("it accepts")
    }

    /// A connection, as long as the server takes one.
    pub fn try_open(server: &Server) -> Option<Self> {
        let stream = TcpStream::connect(server.address).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        Some(Self(stream))
    }

    /// Sends as much of it as the server takes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// What comes back of a request without TLS.
    #[track_caller]
    pub fn ask_plainly(mut self) -> String {
        self.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        self.rest().0
    }

    /// Says that nothing more comes.
    pub fn finish(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Whether the server has closed the connection within this time; bytes that come are dropped.
    pub fn is_closed_within(&mut self, time: Duration) -> bool {
        self.0.set_read_timeout(Some(time)).unwrap();
        match self.0.read(&mut [0; 1024]) {
            Ok(n) => n == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Everything that the server sends until it closes, and whether it closed in good order.
    #[track_caller]
    pub fn rest(&mut self) -> (String, bool) {
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 * 1024];
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "it is not closed: {}", String::from_utf8_lossy(&bytes));
            let orderly = match self.0.read(&mut chunk) {
                Ok(0) => true,
                Ok(n) => {
                    bytes.extend_from_slice(&chunk[..n]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("it is not closed: {}", String::from_utf8_lossy(&bytes));
                }
                Err(_) => false,
            };
            return (String::from_utf8_lossy(&bytes).into_owned(), orderly);
        }
    }
}

/// Sends these bytes, and returns what comes until the server closes the connection.
#[track_caller]
pub fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = Raw::open(server);
    raw.send(bytes);
    raw.rest().0
}

/// The status of each answer among these bytes; a body has no line that looks like one.
pub fn statuses(answers: &str) -> Vec<u16> {
    let lines = answers.split("HTTP/1.").skip(1);
    lines.map(|line| line[2..5].parse().expect("a status")).collect()
}

/// The permit of an event that has arrived.
pub fn permit(received: &Received) -> i64 {
    let body: serde_json::Value = serde_json::from_slice(&received.body).expect("JSON");
    body["permit_id"].as_i64().expect("a number")
}

impl Server {
    /// A line of `/proc/PID/status`, in KiB.
    fn kib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The memory that it uses, in KiB.
    pub fn memory(&self) -> u64 {
        self.kib("VmRSS")
    }

    /// The most memory that it ever used, in KiB.
    pub fn most_memory(&self) -> u64 {
        self.kib("VmHWM")
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }
}
