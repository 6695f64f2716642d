//! Runs of the binary with a fault at one of its syncs to the disk: `strace` puts it there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::sandbox::{Cmd, Run};

/// How a system call may write to the disk. Each is counted by itself.
const SYNCS: [&str; 2] = ["fsync", "fdatasync"];
/// More syncs than any of these runs makes.
const MANY: usize = 200;
/// What happens at a sync.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    /// The process is killed before it.
    Kill,
    /// It fails.
    Error,
}

impl Fault {
    const ALL: [Self; 2] = [Self::Kill, Self::Error];

    fn name(self) -> &'static str {
        match self {
            Self::Kill => "signal=SIGKILL",
            Self::Error => "error=EIO",
        }
    }
}

/// Whether processes can be traced here; the gate insists on it.
#[expect(clippy::print_stderr, reason = "what was left out has to be said")]
fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    let can = traced.is_ok_and(|output| output.status.success());
    assert!(
        can || std::env::var_os("CI").is_none(),
        "`strace` is missing, or may not trace (.ci/run installs it)"
    );
    if !can {
        eprintln!("left out: `strace` is missing, or may not trace");
    }
    can
}

/// One turn: a run of the binary with the fault at one of its syncs.
pub struct Cut<'a> {
    /// Which turn it is, from 1.
    pub turn: usize,
    fault: Fault,
    sync: &'a str,
    when: usize,
    trace: &'a Path,
    /// Whether the run came to the sync.
    hit: bool,
}

impl Cut<'_> {
    /// Runs it.
    pub fn run(&mut self, command: Cmd) -> Run {
        let inject = format!("inject={}:{}:when={}", self.sync, self.fault.name(), self.when);
        let tracing = format!("trace={}", SYNCS.join(","));
        let strace = ["-f", "-qq", "-o", self.trace.to_str().unwrap(), "-e", &tracing, "-e", &inject];
        let run = command.under("strace", strace).run();
        let seen = fs::read_to_string(self.trace).unwrap();
        self.hit = run.signal == Some(9) || seen.contains("(INJECTED)");
        match (self.fault, self.hit) {
            (Fault::Kill, true) => assert_eq!(run.signal, Some(9), "{run}"),
            (Fault::Error, true) => assert_is_clear(&run),
            (_, false) => {
                assert_eq!(run.code, Some(0), "{run}");
                assert_is_one_thread(&seen);
            }
        }
        run
    }
}

/// Plays the round again and again, each time with a fault at the next sync, until its run gets past the last one.
/// Of each kind there have to be at least so many.
pub fn at_each_sync(least: usize, mut round: impl FnMut(&mut Cut)) {
    if !can_trace() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let trace = place.path().join("trace");
    let mut turn = 0;
    for fault in Fault::ALL {
        let mut faults = 0;
        for sync in SYNCS {
            for when in 1.. {
                turn += 1;
                assert!(when < MANY, "{sync} does not end");
                let mut cut = Cut { turn, fault, sync, when, trace: &trace, hit: false };
                round(&mut cut);
                if !cut.hit {
                    break;
                }
                faults += 1;
            }
        }
        assert!(faults >= least, "only {faults} times {fault:?}");
    }
}

/// strace counts the calls of each thread by themselves: all are reached only where one thread makes them all.
fn assert_is_one_thread(trace: &str) {
    let threads: BTreeSet<&str> = trace
        .lines()
        .filter(|line| SYNCS.iter().any(|sync| line.contains(&format!("{sync}("))))
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(threads.len() <= 1, "several threads write to the disk: {trace}");
}

/// SQLite goes on where the sync of a directory fails, or the one that only moves what is safe in the log already.
/// Everything else ends the run, and nothing is said to be done.
fn assert_is_clear(run: &Run) {
    if run.code == Some(0) {
        return;
    }
    let run = run.clone().code(1).stdout_is("");
    assert!(run.stderr.starts_with("error: cannot read or write `"), "{run}");
    run.stderr_has("disk I/O error\nhint: check the disk, its free space and its mount");
}
