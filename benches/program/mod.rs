//! Runs the program that is measured, on a database of its own.

pub mod backlog;
pub mod memory;
pub mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The body of an event, as a receiver gets it.
pub const BODY: &str = r#"{"event":"permit_approved","timestamp":"2024-01-15T10:30:00Z","permit_id":123,"permit_number":"PTW-2024-001","project_id":5,"data":{"status":"approved","permit_type":"Hot Work","location":"Building A - Level 3","risk_level":"high","approved_by":"John Doe","comments":"Approved with conditions"}}"#;

/// A database in a directory that goes with it.
pub struct Database {
    directory: TempDir,
}

impl Database {
    /// A database without webhooks; the first one makes the file.
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("bench.db")
    }

    /// A webhook for every event.
    pub fn create(&self, name: &str, url: &str) {
        self.run(&["create", "--name", name, "--url", url, "--event", "*", "--timeout", "2s"]);
    }

    /// The program with these arguments, to be started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"));
        command.arg("--db").arg(self.path()).arg("--quiet").args(args);
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program to its end and returns what it has printed. Undelivered is a result like any other.
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// A batch of so many events about permits from this number on.
    pub fn batch(&self, first: usize, events: usize) -> PathBuf {
        let file = self.directory.path().join(format!("events-{first}.ndjson"));
        write_batch(&file, first, events);
        file
    }
}

fn write_batch(file: &Path, first: usize, events: usize) {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for permit in first..first + events {
        writeln!(out, "{}", BODY.replace("\"permit_id\":123", &format!("\"permit_id\":{permit}"))).unwrap();
    }
    out.flush().unwrap();
}

/// The value in the middle.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value that one in a hundred is above.
pub fn p99(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() * 99 / 100]
}
