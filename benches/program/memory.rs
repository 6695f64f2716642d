//! How much memory a process has.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// A figure of `/proc/PID/status`, in MiB: `VmRSS` is what is resident, `VmHWM` the most that was.
pub fn memory(process: u32, name: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// The most memory that a process has had resident, in MiB, when it ends or is ended.
pub fn peak_memory(process: &mut Child, after: Option<Duration>) -> f64 {
    let started = Instant::now();
    let mut peak = 0.0;
    loop {
        peak = memory(process.id(), "VmHWM").unwrap_or(peak);
        if after.is_some_and(|after| started.elapsed() >= after) {
            process.kill().unwrap();
        }
        if process.try_wait().unwrap().is_some() {
            return peak;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
