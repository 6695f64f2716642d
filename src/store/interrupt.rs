//! Statements that may take minutes, and that somebody may not want to wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

/// How soon `stop` is noticed.
const POLL: Duration = Duration::from_millis(20);

/// Runs `work` on the connection until it is over; `None` where `stop` was set and SQLite gave it up.
pub fn interruptible<T>(
    connection: &Connection,
    stop: &AtomicBool,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let handle = connection.get_interrupt_handle();
    let (working, over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watch = move || {
            while over.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                if stop.load(Ordering::Acquire) {
                    handle.interrupt();
                }
            }
        };
        // Where the system has no thread for this, the work is waited for.
        let _ = thread::Builder::new().name("interrupt".to_owned()).spawn_scoped(scope, watch);
        let result = work();
        drop(working);
        match result {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(None),
            other => other.map(Some),
        }
    })
}
