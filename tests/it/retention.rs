//! The retention of the configuration: `retry` removes what is older, once an hour, and sends all the same.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::{DAY, change, let_time_pass, move_times, value};
use crate::pruning::fill;
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::retrying::{UNDELIVERED, emit, queue, subscribed};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

const HOUR: i64 = DAY / 24;

fn events(sandbox: &Sandbox) -> i64 {
    value(sandbox, "SELECT count(*) FROM events").as_i64().unwrap()
}

#[test]
fn retry_removes_what_is_older_than_the_retention_at_most_once_an_hour() {
    let receiver = Receiver::start(Behaviour::Script([500, 204, 204].map(Reply::status).to_vec()));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    fill(&sandbox, 600, 0);
    move_times(&sandbox, -31 * DAY);
    queue(&sandbox, 2);
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok().stdout_has("A                2        0       0\n");
    assert_eq!(events(&sandbox), 602, "without a retention everything is kept");

    sandbox.config("retention = \"30d\"");
    let retry = || sandbox.run(["retry", "-v"]).ok();
    retry().stderr_has("601 events older than the retention were removed\n");
    assert_eq!(events(&sandbox), 1);
    fill(&sandbox, 10, 31 * DAY);
    retry().stderr_lacks("retention");
    let done = |ago: i64| {
        let at = format!("strftime('%s', 'now') * 1000 - {ago}");
        change(&sandbox, &format!("UPDATE chores SET done_at = {at} WHERE name = 'retention'"));
    };
    done(HOUR - 60_000);
    retry();
    assert_eq!(events(&sandbox), 11, "it was done less than an hour ago");
    done(HOUR + 1000);
    retry();
    assert_eq!(events(&sandbox), 1);
    // A clock that was ahead when it was done last puts nothing off.
    fill(&sandbox, 10, 31 * DAY);
    done(-400 * DAY);
    retry();
    assert_eq!(events(&sandbox), 1);
}

#[test]
fn retry_keeps_what_is_pending_however_old_it_is() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.config("retention = \"1d\"");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    move_times(&sandbox, -3 * DAY);
    change(&sandbox, "UPDATE deliveries SET status = 'failed', due_at = NULL WHERE id = 2");
    sandbox.run(["retry", "--now"]).code(UNDELIVERED);
    assert_eq!(value(&sandbox, "SELECT id FROM deliveries"), 1);
}

#[test]
fn a_worker_that_watches_removes_what_is_old_and_sends_meanwhile() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    fill(&sandbox, 5000, 31 * DAY);
    let variable =
        |seconds: &str| sandbox.cmd().args(["retry", "--watch"]).env("PTW_HOOKS_RETENTION", seconds).spawn();
    let mut worker = variable("30d");
    let deadline = Instant::now() + Duration::from_secs(40);
    let mut permit = 0;
    let mut slowest = Duration::ZERO;
    loop {
        permit += 1;
        queue(&sandbox, permit);
        let queued = Instant::now();
        receiver.wait_for(usize::try_from(permit).unwrap());
        slowest = slowest.max(queued.elapsed());
        let left = value(&sandbox, "SELECT count(*) FROM events WHERE dedupe_key LIKE 'fill:%'");
        if left == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{left} are left");
    }
    assert!(slowest < Duration::from_secs(3), "sending has waited for {slowest:?}");
    assert_eq!(events(&sandbox), i64::try_from(permit).unwrap(), "what is young stays");
    let asked = Instant::now();
    worker.terminate();
    worker.wait().code(143);
    assert!(asked.elapsed() < Duration::from_secs(5), "it ends at once, and not with its next look");
    // Another one that comes within the hour has nothing to do.
    fill(&sandbox, 10, 31 * DAY);
    let mut worker = variable("30d");
    queue(&sandbox, permit + 1);
    receiver.wait_for(usize::try_from(permit + 1).unwrap());
    worker.interrupt();
    worker.wait().code(130);
    assert_eq!(value(&sandbox, "SELECT count(*) FROM events WHERE dedupe_key LIKE 'fill:%'"), json!(10));
}

#[test]
fn a_retention_below_a_day_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    let file = sandbox.config("retention = \"12h\"");
    let refused = sandbox.run(["retry"]).code(2).stdout_is("");
    refused
        .stderr_has(format!("error: cannot use `{}`: ", file.display()))
        .stderr_has("retention cannot be `12h`: it is at least `1d`");
    let refused = sandbox.cmd().arg("retry").env("PTW_HOOKS_RETENTION", "soon").run().code(2);
    refused.stderr_has("PTW_HOOKS_RETENTION").stderr_has("retention cannot be `soon`: write an age");
}
