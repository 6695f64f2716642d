//! The processes on one file: how they are started and killed, and what they have said.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::WEBHOOKS;
use super::batch::{Batch, LINES, Source};
use super::witness::settle;
use crate::numbers::Numbers;
use crate::receiver::Receiver;
use crate::sandbox::{Child, Sandbox};
use crate::steps::{connect, rows};

/// How many events wait when a worker starts.
const QUEUED: usize = 4;
/// How many different rounds there are.
const KINDS: u64 = 8;

/// Where batches were when they were killed.
#[derive(Debug, Default)]
pub struct Stages {
    /// Nothing was accepted.
    pub before: usize,
    /// Some lines were accepted, or some deliveries were not recorded yet.
    pub amid: usize,
    /// All that was left to do was to end.
    pub after: usize,
}

/// The processes on one file, and what they have said.
pub struct Machine {
    /// Where the file is.
    pub sandbox: Sandbox,
    /// How many processes were killed before they ended.
    pub kills: usize,
    /// Where the killed batches were.
    pub stages: Stages,
    /// The events that a process said it accepted.
    pub accepted: BTreeSet<String>,
    /// How often each delivery was held by a process that was killed.
    pub held: BTreeMap<String, usize>,
    /// Permits have the ids below this one.
    pub permits: u64,
    numbers: Numbers,
}

impl Machine {
    /// Nothing has happened so far.
    pub fn new(sandbox: Sandbox, numbers: Numbers) -> Self {
        Self {
            sandbox,
            kills: 0,
            stages: Stages::default(),
            accepted: BTreeSet::new(),
            held: BTreeMap::new(),
            permits: 0,
            numbers,
        }
    }

    /// What is in the file.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        rows(&connect(&self.sandbox), sql)
    }

    /// Lets the due times and leases of everything pending end, as if enough time had passed.
    pub fn let_time_pass(&self) {
        let sql = "UPDATE deliveries SET due_at = 0 WHERE status = 'pending'";
        connect(&self.sandbox).execute_batch(sql).unwrap();
    }

    fn start(&mut self, args: &[&str]) -> Child {
        self.sandbox.cmd().args(args).spawn()
    }

    /// Starts an `emit` for a permit of its own.
    fn emit(&mut self, further: &[&str]) -> Child {
        let (id, number) = (self.permits.to_string(), format!("PTW-{}", self.permits));
        self.permits += 1;
        let emit = ["emit", "permit_approved", "--permit-id", &id, "--permit-number", &number, "-ojson"];
        self.start(&[&emit, further].concat())
    }

    /// Accepts events that no process works on.
    fn queue(&mut self) {
        let queuing: Vec<Child> = (0..QUEUED).map(|_| self.emit(&["--queue"])).collect();
        for child in queuing {
            let run = child.wait().ok();
            self.accepted.insert(run.json()["id"].as_str().unwrap().to_owned());
        }
    }

    /// A batch of permits that are new but for the last of those before.
    fn batch(&mut self, repeated: u64) -> Batch {
        let start = self.permits - repeated;
        self.permits = start + LINES;
        Batch(start..start + LINES)
    }

    fn emit_batch(&mut self, batch: &Batch, from: Source) -> Child {
        let (text, emit) = (batch.text(), ["emit", "--batch"]);
        match from {
            Source::Pipe => self.sandbox.cmd().args(emit).args(["-", "-ojson"]).stdin(text).spawn(),
            Source::File => {
                let file = self.sandbox.write(format!("{}.ndjson", batch.0.start), text);
                self.sandbox.cmd().args(emit).arg(file).arg("-ojson").spawn()
            }
        }
    }

    /// Kills each of these at a moment of its own, or finds that it has ended well before. Whether all were killed.
    fn kill(&mut self, children: Vec<Child>, usual: Duration) -> bool {
        let start = Instant::now();
        let mut doomed: Vec<(Duration, Child)> =
            children.into_iter().map(|child| (self.numbers.within(usual), child)).collect();
        doomed.sort_by_key(|(moment, _)| *moment);
        let mut all = true;
        for (moment, child) in doomed {
            thread::sleep(moment.saturating_sub(start.elapsed()));
            let run = child.kill();
            self.kills += usize::from(run.signal == Some(9));
            all &= run.signal == Some(9);
            assert!(matches!((run.code, run.signal), (Some(0 | 3), _) | (_, Some(9))), "{run}");
            // Whoever read this takes the event for accepted, however the process ended.
            let said = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
            if let Some(id) = said["id"].as_str() {
                self.accepted.insert(id.to_owned());
            }
            if let Some(lines) = said["accepted"].as_u64() {
                assert_eq!(lines, LINES, "{run}");
            }
        }
        all
    }

    /// Notes what the dead still hold: only of this may there be a request that is not in the log.
    fn note_held(&mut self) {
        for id in self.ask("SELECT id FROM deliveries WHERE claimed_at IS NOT NULL") {
            *self.held.entry(id).or_default() += 1;
        }
    }

    fn note_stage(&mut self, permits: &Range<u64>) {
        let of_batch = format!("e.permit_id >= {} AND e.permit_id < {}", permits.start, permits.end);
        let events = self.ask(&format!("SELECT count(*) FROM events e WHERE {of_batch}"));
        let settled = self.ask(&format!(
            "SELECT count(*) FROM deliveries d JOIN events e ON e.seq = d.event_seq
             WHERE d.attempts > 0 AND {of_batch}"
        ));
        let all = (permits.end - permits.start) * WEBHOOKS.len() as u64;
        if events == ["0"] {
            self.stages.before += 1;
        } else if settled == [all.to_string()] {
            self.stages.after += 1;
        } else {
            self.stages.amid += 1;
        }
    }

    /// Runs a batch again to its end: what was accepted is recognised, and the rest is accepted now.
    fn again(&mut self, batch: &Batch) {
        let run = self.emit_batch(batch, Source::File).wait();
        assert!(matches!(run.code, Some(0 | 3)), "{run}");
        let said = run.json();
        let number = |name: &str| said[name].as_u64().unwrap();
        assert_eq!((number("accepted"), number("bad_lines")), (batch.lines(), 0), "{run}");
        assert_eq!(number("owed") + number("duplicates"), batch.lines() * WEBHOOKS.len() as u64, "{run}");
        assert_eq!((number("disabled"), number("unmatched")), (0, 0), "{run}");
        self.owes_each_once(batch);
    }

    /// Asserts that every line of the batch owes one delivery to every webhook, and not a second one.
    fn owes_each_once(&self, batch: &Batch) {
        let sql = format!(
            "SELECT e.permit_id, d.webhook_id FROM deliveries d JOIN events e ON e.seq = d.event_seq
             WHERE e.permit_id >= {} AND e.permit_id < {} ORDER BY 1, 2",
            batch.0.start, batch.0.end
        );
        let expected: Vec<String> = batch
            .0
            .clone()
            .flat_map(|permit| (1..=WEBHOOKS.len()).map(move |id| format!("{permit}|{id}")))
            .collect();
        assert_eq!(self.ask(&sql), expected, "what the lines owe");
    }

    /// One round of killing.
    pub fn round(&mut self, number: u64, usual: &Usual, receiver: &Receiver) {
        if matches!(number % KINDS, 1..=4) {
            self.queue();
        }
        let mut batches = Vec::new();
        let doomed = match number % KINDS {
            0 => vec![self.emit(&[]), self.emit(&[]), self.emit(&["--queue"])],
            1 => vec![self.start(&["retry"])],
            2 => vec![self.start(&["retry", "--watch"]), self.emit(&[]), self.emit(&[])],
            3 => vec![self.start(&["retry"]), self.start(&["retry", "--watch"])],
            4 => vec![self.start(&["retry"]), self.emit(&[]), self.emit(&[])],
            5 => {
                batches = vec![self.batch(0)];
                vec![self.emit_batch(&batches[0], Source::File)]
            }
            6 => {
                batches = vec![self.batch(0)];
                vec![self.emit_batch(&batches[0], Source::Pipe), self.start(&["retry", "--watch"])]
            }
            _ => {
                batches = vec![self.batch(0), self.batch(LINES / 2)];
                vec![self.emit_batch(&batches[0], Source::File), self.emit_batch(&batches[1], Source::Pipe)]
            }
        };
        let time = match number % KINDS {
            0 => usual.emit,
            1..=4 => usual.retry,
            _ => usual.batch,
        };
        let killed = self.kill(doomed, time);
        settle(receiver);
        self.note_held();
        if let (Some(first), Some(last), true) = (batches.first(), batches.last(), killed) {
            self.note_stage(&(first.0.start..last.0.end));
        }
        for batch in &batches {
            self.again(batch);
        }
        settle(receiver);
        self.let_time_pass();
    }
}

/// How long runs take that nobody kills.
pub struct Usual {
    emit: Duration,
    retry: Duration,
    batch: Duration,
}

impl Usual {
    /// Measures them.
    pub fn measure(machine: &mut Machine) -> Self {
        let timed = |child: Child| {
            let start = Instant::now();
            drop(child.wait());
            start.elapsed()
        };
        let mut longest = Self { emit: Duration::ZERO, retry: Duration::ZERO, batch: Duration::ZERO };
        for _ in 0..3 {
            let emitting = machine.emit(&[]);
            longest.emit = longest.emit.max(timed(emitting));
            machine.queue();
            let retrying = machine.start(&["retry"]);
            longest.retry = longest.retry.max(timed(retrying));
            let batch = machine.batch(0);
            let batching = machine.emit_batch(&batch, Source::File);
            longest.batch = longest.batch.max(timed(batching));
        }
        longest
    }
}
