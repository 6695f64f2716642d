//! Databases with a long backlog.

use std::process::Stdio;
use std::time::Instant;

use super::Database;
use super::memory::peak_memory;

/// A database whose only webhook is paused and owed so many events.
pub fn filled(url: &str, events: usize, say: &mut dyn FnMut(String)) -> Database {
    let database = Database::new();
    database.create("r", url);
    database.run(&["pause", "r"]);
    let file = database.batch(0, events);
    let started = Instant::now();
    let mut batch =
        database.command(&["emit", "--batch", file.to_str().unwrap()]).stdout(Stdio::null()).spawn().unwrap();
    let peak = peak_memory(&mut batch, None);
    #[expect(clippy::cast_precision_loss, reason = "a count of events")]
    let rate = events as f64 / started.elapsed().as_secs_f64();
    say(format!("emit --batch of {events} events, only accepted             {peak:>7.1} MiB, {rate:.0} /s"));
    std::fs::remove_file(file).unwrap();
    database
}
