//! Batches whose lines are known beforehand, so that what became of each can be told.

use std::fmt::Write as _;
use std::ops::Range;

/// How many lines a batch has.
pub const LINES: u64 = 120;

/// How a batch comes to the process.
#[derive(Clone, Copy)]
pub enum Source {
    /// In a file of its own.
    File,
    /// On standard input.
    Pipe,
}

/// The lines of a batch, one for each permit.
pub struct Batch(pub Range<u64>);

impl Batch {
    /// What the process reads.
    pub fn text(&self) -> String {
        let mut lines = String::new();
        for permit in self.0.clone() {
            // At a fixed hour: the same line in the next hour would be another event.
            writeln!(
                lines,
                r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"PTW-{permit}","timestamp":"2024-01-15T10:30:00Z"}}"#
            )
            .unwrap();
        }
        lines
    }

    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.0.end - self.0.start
    }
}
