//! What the disk of this machine can do: how long it takes until a write is on it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Instant;

use super::program::median;

/// What the log of a database gets from a transaction of a few dozen events, in bytes.
const WRITE: usize = 32 * 1024;
/// So many are timed.
const WRITES: u64 = 200;

/// The median time from a write to the end of its fsync, in seconds, in the directory where databases are made here.
pub fn sync_seconds() -> f64 {
    let file = tempfile::tempfile().unwrap();
    let bytes = vec![1; WRITE];
    let place = |number: u64| number % 64 * WRITE as u64;
    // As in a log that is written over: it has its size before.
    (0..64).for_each(|number| file.write_all_at(&bytes, place(number)).unwrap());
    file.sync_all().unwrap();
    let mut times: Vec<f64> = (0..WRITES).map(|number| time(&file, &bytes, place(number))).collect();
    median(&mut times)
}

fn time(file: &File, bytes: &[u8], at: u64) -> f64 {
    let started = Instant::now();
    file.write_all_at(bytes, at).unwrap();
    file.sync_data().unwrap();
    started.elapsed().as_secs_f64()
}
