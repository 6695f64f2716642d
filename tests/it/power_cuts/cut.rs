//! Runs of the binary with a fault at one of its syncs to the disk: `strace` puts it there.

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
    /// Nothing: who syncs is looked at.
    Nothing,
    /// The process is killed before it.
    Kill,
    /// It fails.
    Error,
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
        let trace = self.trace.to_str().unwrap();
        let syncs = SYNCS.join(",");
        let inject = |fault: &str| format!("--inject={}:{fault}:when={}", self.sync, self.when);
        let how = match self.fault {
            Fault::Nothing => ["-f".to_owned(), format!("--trace=execve,{syncs}")],
            Fault::Kill => [format!("--trace={syncs}"), inject("signal=SIGKILL")],
            Fault::Error => [format!("--trace={syncs}"), inject("error=EIO")],
        };
        let strace = how.iter().map(String::as_str).chain(["-qq", "-o", trace]);
        let run = command.under("strace", strace).run();
        let seen = fs::read_to_string(self.trace).unwrap();
        self.hit = run.signal == Some(9) || seen.contains("(INJECTED)");
        match (self.fault, self.hit) {
            (Fault::Kill, true) => assert_eq!(run.signal, Some(9), "{run}"),
            (Fault::Error, true) => assert_is_clear(&run),
            _ => assert_eq!(run.code, Some(0), "{run}"),
        }
        if self.fault == Fault::Nothing {
            assert_is_one_thread(&seen);
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
    round(&mut Cut { turn: 1, fault: Fault::Nothing, sync: "", when: 0, trace: &trace, hit: false });
    let mut turn = 1;
    for fault in [Fault::Kill, Fault::Error] {
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

/// The faults are put into the first thread alone: strace counts the calls of each by themselves, and to follow all
/// takes long. So all syncs are reached only where that one makes them all.
fn assert_is_one_thread(trace: &str) {
    let thread = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let first = trace.lines().next().map(thread);
    let syncs: Vec<_> =
        trace.lines().filter(|line| SYNCS.iter().any(|sync| line.contains(&format!("{sync}(")))).collect();
    assert!(!syncs.is_empty(), "nothing writes to the disk: {trace}");
    assert!(
        syncs.iter().all(|line| Some(thread(line)) == first),
        "several threads write to the disk: {trace}"
    );
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
