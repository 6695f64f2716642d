//! What people and cron jobs do at the command line meanwhile.

use std::thread;
use std::time::Duration;

use super::World;
use crate::numbers::Numbers;

/// The longest pause between two commands, in milliseconds.
const PAUSE: u64 = 150;
/// Something was not delivered, or waits; the log says what.
const UNDELIVERED: i32 = 3;

/// Runs commands until the world stops.
pub fn run(world: &World, seed: u64) {
    let mut numbers = Numbers(seed);
    while !world.is_over() {
        let args: &[&str] = match numbers.below(14) {
            0..=2 => &["emit"],
            3..=4 => &["emit", "--queue"],
            5 => &["retry"],
            6 => &["list", "-o", "json"],
            7 => &["pause", "paused at times"],
            8 => &["resume", "paused at times"],
            9 => &["disable", "disabled at times"],
            10 => &["enable", "disabled at times"],
            11 => &["prune", "--older-than", "1d"],
            12 => &["backup", "backup.db", "--force"],
            _ => &["check"],
        };
        command(world, args);
        thread::sleep(Duration::from_millis(numbers.below(PAUSE)));
    }
}

fn command(world: &World, args: &[&str]) {
    let mut command = world.sandbox.cmd().args(args);
    if args[0] == "emit" {
        let permit = world.permit();
        let (id, number) = (permit.to_string(), format!("PTW-{permit}"));
        command = command
            .args(["permit_created", "--permit-id", &id, "--permit-number", &number, "-o", "json"])
            .args(["--timestamp", "2024-01-15T10:30:00Z"]);
    }
    let run = command.run();
    let expected: &[i32] = if matches!(args[0], "emit" | "retry") { &[0, UNDELIVERED] } else { &[0] };
    assert!(run.code.is_some_and(|code| expected.contains(&code)), "{run}");
    if args[0] == "emit" {
        world.accepted(run.json()["id"].as_str().unwrap());
    }
    world.count("commands", 0);
}
