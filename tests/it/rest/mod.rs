//! The REST server as its clients see it: the real binary serving the database of a sandbox.
#![allow(dead_code, reason = "shared by all the tests, and not every part of it is in use at any time")]

mod abuse;
pub mod client;
mod clients;
mod contract;
mod lifecycle;
mod parity;
mod projects;
mod schema;
mod shape;
mod soak;
mod tokens;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::client::{Client, Connection};
use crate::sandbox::{Child, Run, Sandbox};

/// Where the routes begin.
pub const BASE: &str = "/api/v1/ptw/";

/// How long a test waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that listens on a free port of 127.0.0.1; it is killed when it is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server for the sandbox's database and waits until it listens.
    #[track_caller]
    pub fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        Self::listening(sandbox.cmd().args(serve).args(args).spawn())
    }

    /// The server of a process that writes its log as JSON, as soon as it listens.
    #[track_caller]
    pub fn listening(child: Child) -> Self {
        let url = child.wait_for_line(PATIENCE, |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            (line["message"] == "listening").then(|| line["url"].as_str().map(ToOwned::to_owned))
        });
        Self::at(child, &url.expect("the line has a `url`"))
    }

    /// The server of a process that says that it listens at this URL.
    pub fn at(child: Child, url: &str) -> Self {
        let address = url.strip_prefix("http://").and_then(|rest| rest.parse().ok());
        let address: SocketAddr = address.unwrap_or_else(|| panic!("`{url}` is not http://ADDRESS:PORT"));
        assert_ne!(address.port(), 0, "the port of `{url}` is the real one");
        Self { child, address }
    }

    /// Its URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with this token.
    pub fn client(&self, token: &str) -> Client {
        Client::new(self.address, Some(format!("Bearer {token}")))
    }

    /// A client without one.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address, None)
    }

    /// A connection to write bytes to.
    #[track_caller]
    pub fn connect(&self) -> Connection {
        Connection::open(self.address).expect("it accepts")
    }

    /// Whether nobody listens any more.
    pub fn is_closed(&self) -> bool {
        Connection::open(self.address).is_err()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of its log so far; each is one JSON object.
    #[track_caller]
    pub fn log(&self) -> Vec<Value> {
        let text = self.child.stderr();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        whole
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}")))
            .inspect(|line: &Value| assert!(line["message"].is_string(), "no `message` in {line}"))
            .collect()
    }

    /// What it wrote to standard error so far.
    pub fn log_text(&self) -> String {
        self.child.stderr()
    }

    /// Waits for the log line of the request whose answer carried this id.
    #[track_caller]
    pub fn logged(&self, request_id: &str) -> Value {
        self.child.wait_for_line(PATIENCE, |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            (line["message"] == "request" && line["request_id"] == request_id).then_some(line)
        })
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&mut self) {
        self.child.terminate();
    }

    /// Asks it to end, as Ctrl-C does.
    pub fn interrupt(&mut self) {
        self.child.interrupt();
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(self) -> Run {
        self.child.wait()
    }

    /// Kills it, as a crash or a loss of power would.
    #[track_caller]
    pub fn kill(self) -> Run {
        self.child.kill()
    }
}

/// A server with a database of its own, and a client that may do everything.
pub struct Site {
    pub server: Server,
    pub client: Client,
    // The last to be dropped: the server still writes there.
    pub sandbox: Sandbox,
}

impl Site {
    /// An empty database, served.
    #[track_caller]
    pub fn open() -> Self {
        Self::of(Sandbox::new(), &[])
    }

    /// The database of the sandbox, served with further arguments.
    #[track_caller]
    pub fn of(sandbox: Sandbox, args: &[&str]) -> Self {
        let token = token(&sandbox, "site", &["--scope", "manage"]);
        let server = Server::start(&sandbox, args);
        let client = server.client(&token);
        Self { server, client, sandbox }
    }

    /// Creates a webhook for these events and returns its id.
    #[track_caller]
    pub fn webhook(&self, name: &str, url: &str, events: &[&str]) -> i64 {
        let body = json!({"name": name, "url": url, "secret": "abcdefgh", "events": events});
        let created = self.client.post("webhooks/", &body).is(201).json();
        created["id"].as_i64().unwrap_or_else(|| panic!("no number `id` in {created}"))
    }
}

/// Creates a token and returns it.
#[track_caller]
pub fn token(sandbox: &Sandbox, name: &str, args: &[&str]) -> String {
    let created = sandbox.cmd().args(["token", "create", name, "-o", "json"]).args(args).run().ok().json();
    let token = created["token"].as_str().unwrap_or_else(|| panic!("no `token` in {created}"));
    assert!(token.len() >= 20, "`{token}` can be guessed");
    token.to_owned()
}

/// The event of one permit at a fixed hour, so that no test depends on the time of day.
pub fn event(name: &str, permit: i64) -> Value {
    json!({"event": name, "permit_id": permit, "permit_number": format!("PTW-{permit}"),
           "timestamp": "2024-01-15T10:30:00Z", "data": {"status": "approved"}})
}

/// Asks again and again until there is something, and fails when there is nothing for too long.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
