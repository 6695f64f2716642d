//! What clients ask of the server, all of it mixed.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use crate::numbers::Numbers;
use crate::rest::client::{Answer, Connection, Request};
use crate::rest::event;

/// The longest pause of a client between two requests, in milliseconds.
const PAUSE: u64 = 30;
/// How many webhooks a client keeps at most.
const OWN: usize = 4;

/// A client that goes on when the server is gone, with a connection that it keeps.
pub struct Caller<'a> {
    world: &'a World,
    numbers: Numbers,
    connection: Option<(SocketAddr, Connection)>,
    /// The webhooks that it has made.
    own: Vec<i64>,
    /// The newest deliveries that it knows of.
    known: Vec<i64>,
}

impl<'a> Caller<'a> {
    /// A client whose choices this seed decides.
    pub fn new(world: &'a World, seed: u64) -> Self {
        Self { world, numbers: Numbers(seed), connection: None, own: Vec::new(), known: Vec::new() }
    }

    /// Asks until the world stops.
    pub fn run(mut self) {
        while !self.world.is_over() {
            match self.numbers.below(100) {
                0..=47 => self.emit(),
                48..=55 => self.batch(),
                56..=63 => self.emit_and_wait(),
                64..=71 => drop(self.ask("list", &Request::new("GET", "webhooks/?page_size=5"), &[200])),
                72..=81 => self.read_log(),
                82..=85 => self.redeliver(),
                86..=88 => self.test(),
                89..=92 => self.create(),
                93..=96 => self.change(),
                _ => self.delete(),
            }
            thread::sleep(Duration::from_millis(self.numbers.below(PAUSE)));
        }
    }

    /// The answer, where the server was there to give one: nothing is known of what it was asked otherwise.
    fn ask(&mut self, what: &'static str, request: &Request, expected: &[u16]) -> Option<Answer> {
        let Some(address) = self.world.address() else {
            thread::sleep(Duration::from_millis(20));
            return None;
        };
        let request = request.clone().header("Authorization", &format!("Bearer {}", self.world.token));
        let kept = self.connection.take().filter(|(to, _)| *to == address);
        let mut connection = kept.map_or_else(|| Connection::open(address), |(_, kept)| Ok(kept)).ok()?;
        connection.send(&request.to_bytes(address)).ok()?;
        let answer = connection.answer(&request).ok()?;
        if answer.header("connection") != Some("close") {
            self.connection = Some((address, connection));
        }
        // It says 503 where it is about to end.
        assert!(expected.contains(&answer.status) || answer.status == 503, "{what}: {answer}");
        self.world.count(what, answer.status);
        (answer.status != 503).then_some(answer)
    }

    fn new_event(&mut self) -> Value {
        // Now and then one that was emitted before.
        let permit = match self.numbers.below(20) {
            0 => self.world.permit() / 2,
            _ => self.world.permit(),
        };
        let name =
            ["permit_created", "permit_approved", "permit_rejected"][usize::try_from(permit % 3).unwrap()];
        event(name, permit)
    }

    /// Notes that the server has accepted it, and has said so.
    fn accepted(&mut self, answer: &Value) {
        self.world.accepted(answer["id"].as_str().unwrap_or_else(|| panic!("no `id` in {answer}")));
        let owed = answer["deliveries"].as_array().unwrap();
        self.known.extend(owed.iter().map(|one| one["id"].as_i64().unwrap()));
        let old = self.known.len().saturating_sub(50);
        self.known.drain(..old);
    }

    fn emit(&mut self) {
        let request = Request::new("POST", "events/").json(&self.new_event());
        if let Some(answer) = self.ask("emit", &request, &[202]) {
            self.accepted(&answer.json());
        }
    }

    fn emit_and_wait(&mut self) {
        let request = Request::new("POST", "events/?wait=true").json(&self.new_event());
        if let Some(answer) = self.ask("emit and wait", &request, &[200]) {
            self.accepted(&answer.json());
        }
    }

    fn batch(&mut self) {
        let mut lines = String::new();
        for _ in 0..=self.numbers.below(20) {
            writeln!(lines, "{}", self.new_event()).unwrap();
        }
        let request = Request::new("POST", "events/batch/").body("application/x-ndjson", lines);
        if let Some(answer) = self.ask("batch", &request, &[202]) {
            answer.json().as_array().unwrap().iter().for_each(|line| self.accepted(line));
        }
    }

    fn read_log(&mut self) {
        let path = match (self.numbers.below(4), self.known.last()) {
            (0, Some(known)) => format!("deliveries/{known}/"),
            (1, _) => "deliveries/?status=pending&limit=20".to_owned(),
            (2, _) => format!("webhooks/{}/deliveries/", self.world.steady[0]),
            _ => "deliveries/".to_owned(),
        };
        self.ask("log", &Request::new("GET", &path), &[200]);
    }

    fn redeliver(&mut self) {
        let Some(known) = self.known.first() else { return };
        let request = Request::new("POST", &format!("deliveries/{known}/redeliver/"));
        // Some are owed to a webhook that is deleted, disabled or paused.
        self.ask("redeliver", &request, &[202, 409]);
    }

    fn test(&mut self) {
        let request = Request::new("POST", &format!("webhooks/{}/test/", self.world.steady[0]));
        self.ask("test", &request, &[200, 502]);
    }

    fn create(&mut self) {
        if self.own.len() >= OWN {
            return;
        }
        let body = json!({"name": "fleeting", "url": self.world.url("/fleeting"), "secret": "abcdefgh",
                          "events": ["permit_rejected"]});
        if let Some(answer) = self.ask("create", &Request::new("POST", "webhooks/").json(&body), &[201]) {
            self.own.push(answer.json()["id"].as_i64().unwrap());
        }
    }

    fn change(&mut self) {
        let Some(id) = self.own.first() else { return };
        let enabled = self.numbers.below(2) == 0;
        let request = Request::new("PATCH", &format!("webhooks/{id}/")).json(&json!({"enabled": enabled}));
        self.ask("change", &request, &[200]);
    }

    fn delete(&mut self) {
        let Some(id) = self.own.pop() else { return };
        self.ask("delete", &Request::new("DELETE", &format!("webhooks/{id}/")), &[204]);
    }
}
