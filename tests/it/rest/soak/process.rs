//! Whether a process grows: its memory and its file handles, as the system counts them.

use std::fmt;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// A server that has lived for so long has everything that it needs.
const GROWN: Duration = Duration::from_secs(2);
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(200);
/// How much memory may be added after that, in KiB: what is under way differs.
const MEMORY: u64 = 24 * 1024;
/// How many open files may be added after that: databases of threads.
const FILES: usize = 16;
/// How many sockets there may be at the most: the connections to receivers that the sender keeps (256) and uses (64),
/// and those of a few clients.
const SOCKETS: usize = 256 + 64 + 16;

/// The most that any server has grown.
#[derive(Default)]
pub struct Growth {
    memory: u64,
    most_memory: u64,
    files: usize,
    most_sockets: usize,
}

impl Growth {
    /// Watches a process until then, or until it is over before.
    pub fn watch(&mut self, process: u32, until: Instant, is_over: impl Fn() -> bool) {
        let started = Instant::now();
        let mut first = None;
        while Instant::now() < until && !is_over() {
            thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
            let (memory, (files, sockets)) = (memory(process), handles(process));
            self.most_memory = self.most_memory.max(memory);
            self.most_sockets = self.most_sockets.max(sockets);
            if started.elapsed() >= GROWN {
                let (memory_then, files_then) = *first.get_or_insert((memory, files));
                self.memory = self.memory.max(memory.saturating_sub(memory_then));
                self.files = self.files.max(files.saturating_sub(files_then));
            }
        }
    }

    /// Asserts that no server has grown beyond what differs from moment to moment.
    #[track_caller]
    pub fn assert_bounded(&self) {
        let bounded = self.memory <= MEMORY && self.files <= FILES && self.most_sockets <= SOCKETS;
        assert!(bounded, "a server grows: {self}");
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "memory +{} of {} KiB, files +{}, at most {} sockets",
            self.memory, self.most_memory, self.files, self.most_sockets
        )
    }
}

fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).expect("it has memory")
}

/// How many files and how many sockets are open. One that is closed meanwhile is neither.
fn handles(process: u32) -> (usize, usize) {
    let open = fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    let names = open.filter_map(|handle| fs::read_link(handle.ok()?.path()).ok());
    let (sockets, files): (Vec<_>, Vec<_>) =
        names.partition(|name| name.to_string_lossy().starts_with("socket:"));
    (files.len(), sockets.len())
}
