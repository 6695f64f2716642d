//! One event sent to one webhook, and everything that a user is told about it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::{Run, Sandbox};

/// The arguments that emit an event about permit 1; a second time it is a duplicate within the same hour.
pub const EMIT: [&str; 5] =
    ["emit", "permit_approved", "--permit-id=1", "--permit-number=P-1", "--status=approved"];

/// An event that was emitted to one webhook named `erp`, and how the log shows it afterwards.
pub struct Exchange {
    /// Where it happened.
    pub sandbox: Sandbox,
    /// What `emit` printed.
    pub emit: Run,
    /// What `inspect` prints about the delivery.
    pub text: String,
    /// What `inspect -o json` prints about it.
    pub json: Value,
}

impl Exchange {
    /// Emits to this URL with the shortest timeout, so that what stalls does not stall the tests.
    #[track_caller]
    pub fn brief(url: &str) -> Self {
        Self::with(Sandbox::new(), url, &["--timeout", "1s"])
    }

    /// Emits to this URL with the default timeout.
    #[track_caller]
    pub fn with_url(url: &str) -> Self {
        Self::with(Sandbox::new(), url, &[])
    }

    /// Emits in a sandbox that was prepared, to a webhook with further arguments of `create`.
    #[track_caller]
    pub fn with(sandbox: Sandbox, url: &str, extra: &[&str]) -> Self {
        sandbox.create_with("erp", url, &["*"], extra);
        let emit = sandbox.run(EMIT);
        Self::after(sandbox, emit)
    }

    /// Takes what the log shows once `emit` has ended.
    #[track_caller]
    pub fn after(sandbox: Sandbox, emit: Run) -> Self {
        let text = sandbox.run(["inspect", "1"]).ok().stdout;
        let json = inspect(&sandbox, 1);
        Self { sandbox, emit, text, json }
    }

    /// The only attempt.
    #[track_caller]
    pub fn attempt(&self) -> &Value {
        let log = self.json["attempt_log"].as_array().expect("attempts are a list");
        assert_eq!(log.len(), 1, "one attempt is made: {}", self.json);
        &log[0]
    }

    /// The answer to the only attempt.
    #[track_caller]
    pub fn response(&self) -> &Value {
        &self.attempt()["response"]
    }

    /// Asserts that it was delivered, by every sign of it.
    #[track_caller]
    pub fn assert_delivered(&self) -> &Self {
        let run = self.emit.clone().ok().stdout_has("success");
        assert_eq!(run.stderr, "", "{run}");
        assert_eq!(self.json["status"], "success", "{}", self.json);
        assert_eq!(self.json["next_attempt_at"], Value::Null, "{}", self.json);
        let attempt = self.attempt();
        assert_eq!(attempt["outcome"], "delivered", "{attempt}");
        assert_eq!(attempt["error"], "", "{attempt}");
        assert_eq!(attempt["advice"], Value::Null, "{attempt}");
        self
    }

    /// Asserts that it failed as described, and that it will be tried again.
    #[track_caller]
    pub fn assert_will_retry(&self, failure: &Failure) -> &Self {
        self.assert_failure(failure, "pending");
        assert_ne!(self.json["next_attempt_at"], Value::Null, "{}", self.json);
        self
    }

    /// Asserts that it failed as described, for good.
    #[track_caller]
    pub fn assert_given_up(&self, failure: &Failure) -> &Self {
        self.assert_failure(failure, "failed");
        assert_eq!(self.json["next_attempt_at"], Value::Null, "{}", self.json);
        self
    }

    #[track_caller]
    fn assert_failure(&self, failure: &Failure, status: &str) {
        self.emit.clone().code(3).stdout_has(status).stdout_has(failure.error);
        assert_eq!(self.json["status"], status, "{}", self.json);
        failure.assert_in(self.attempt());
        failure.assert_in_text(&self.text);
    }

    /// How long the only attempt took.
    #[track_caller]
    pub fn took(&self) -> Duration {
        let ms = self.attempt()["duration_ms"].as_f64().expect("a duration is a number");
        Duration::from_secs_f64(ms / 1000.0)
    }

    /// The seconds from the last attempt to the next one.
    #[track_caller]
    pub fn wait(&self) -> f64 {
        let time = |name: &str| -> Timestamp {
            let text = self.json[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.json));
            text.parse().expect("times are RFC 3339")
        };
        time("next_attempt_at").duration_since(time("sent_at")).as_secs_f64()
    }
}

/// How the log describes an attempt that failed.
pub struct Failure<'a> {
    /// The name of its kind.
    pub outcome: &'a str,
    /// The part of the exchange in which it ended.
    pub phase: &'a str,
    /// A part of what went wrong.
    pub error: &'a str,
    /// A part of what to do about it.
    pub advice: &'a str,
}

impl Failure<'_> {
    /// Asserts that an attempt, as JSON, failed like this.
    #[track_caller]
    pub fn assert_in(&self, attempt: &Value) {
        let text = |name: &str| attempt[name].as_str().unwrap_or_default();
        assert_eq!((text("outcome"), text("phase")), (self.outcome, self.phase), "{attempt}");
        assert!(text("error").contains(self.error), "no {:?} in {attempt}", self.error);
        assert!(text("advice").contains(self.advice), "no {:?} in {attempt}", self.advice);
    }

    /// Asserts that `inspect` says so to a person.
    #[track_caller]
    fn assert_in_text(&self, inspected: &str) {
        let line = |start: &str, parts: &[&str]| {
            let mut lines = inspected.lines().filter(|line| line.starts_with(start));
            let found = lines.any(|line| parts.iter().all(|part| line.contains(part)));
            assert!(found, "no line with {parts:?} after {start:?} in\n{inspected}");
        };
        line("attempt 1 at ", &[self.outcome]);
        line("  error   ", &[self.error, &format!("(phase: {})", self.phase)]);
        line("  advice  ", &[self.advice]);
    }
}

/// What `inspect -o json` prints about a delivery.
#[track_caller]
pub fn inspect(sandbox: &Sandbox, delivery: i64) -> Value {
    sandbox.run(["inspect", &delivery.to_string(), "-o", "json"]).ok().json()
}

/// What `show -o json` prints about a webhook.
#[track_caller]
pub fn show(sandbox: &Sandbox, webhook: &str) -> Value {
    sandbox.run(["show", webhook, "-o", "json"]).ok().json()
}
