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
/// How many file handles may be added after that: connections to receivers, of which up to 256 are kept when many were
/// needed at once, and databases of threads. What is lost with each request would be thousands.
const HANDLES: usize = 128;

/// The most that any server has grown.
#[derive(Default)]
pub struct Growth {
    memory: u64,
    most_memory: u64,
    handles: usize,
    most_handles: usize,
}

impl Growth {
    /// Watches a process until then, or until it is over before.
    pub fn watch(&mut self, process: u32, until: Instant, is_over: impl Fn() -> bool) {
        let started = Instant::now();
        let mut first = None;
        while Instant::now() < until && !is_over() {
            thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
            let (memory, handles) = (memory(process), handles(process));
            self.most_memory = self.most_memory.max(memory);
            self.most_handles = self.most_handles.max(handles);
            if started.elapsed() >= GROWN {
                let (memory_then, handles_then) = *first.get_or_insert((memory, handles));
                self.memory = self.memory.max(memory.saturating_sub(memory_then));
                self.handles = self.handles.max(handles.saturating_sub(handles_then));
            }
        }
    }

    /// Asserts that no server has grown beyond what differs from moment to moment.
    #[track_caller]
    pub fn assert_bounded(&self) {
        assert!(self.memory <= MEMORY && self.handles <= HANDLES, "a server grows: {self}");
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "memory +{} of {} KiB, handles +{} of {}",
            self.memory, self.most_memory, self.handles, self.most_handles
        )
    }
}

fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).expect("it has memory")
}

fn handles(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).expect("it runs").count()
}
