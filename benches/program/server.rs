//! The server that is measured, and what can be asked of it over a socket.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Database;
use super::memory::memory;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server of a database, which logs every request into a file; it is killed when it is dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens.
    pub fn start(database: &Database) -> Self {
        let log = database.path().with_extension("log");
        let process = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"))
            .arg("--db")
            .arg(database.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--no-auth"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let address = until("it listens", || {
            let text = std::fs::read_to_string(&log).unwrap();
            let mut lines =
                text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let listening = lines.find(|line| line["message"] == "listening")?;
            listening["url"].as_str()?.strip_prefix("http://")?.parse().ok()
        });
        Self { process, address }
    }

    /// A figure of its memory, in MiB.
    pub fn memory(&self, name: &str) -> f64 {
        memory(self.process.id(), name).expect("it runs")
    }

    /// The body of what is there.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// How many deliveries are pending.
    pub fn pending(&self) -> usize {
        let figures = self.get("/metrics");
        let line = figures.lines().find_map(|line| line.strip_prefix("ptw_hooks_pending "));
        line.expect("it is among the figures").parse().unwrap()
    }

    /// Waits until nothing is pending: all that was sent is in the log.
    pub fn wait_until_logged(&self) {
        until("all of it is logged", || (self.pending() == 0).then_some(()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended, which is seen by then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Looks again and again until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
