//! Ordered webhooks: what concerns one permit arrives in the order in which it was accepted, and other permits do
//! not wait for it.

use serde_json::{Value, json};

use crate::database::{let_time_pass, rows};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::retrying::UNDELIVERED;
use crate::sandbox::{Run, Sandbox};
use crate::workers::{wait_until, watch};

/// The events of a permit in their order.
const LIFE: [&str; 5] =
    ["permit_created", "permit_approved", "permit_activated", "permit_completed", "closeout_completed"];

fn emit(sandbox: &Sandbox, event: &str, permit: u32, further: &[&str]) -> Run {
    let id = permit.to_string();
    let args = ["emit", event, "--permit-id", &id, "--permit-number", &id, "-ojson"];
    sandbox.cmd().args(args).args(further).run()
}

fn ordered(receiver: &Receiver) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--ordered"]);
    sandbox
}

/// The events in the order in which they arrived, of one permit.
fn arrived(receiver: &Receiver, permit: u32) -> Vec<String> {
    let bodies = receiver.received().into_iter().map(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        (body["permit_id"] == permit, body["event"].as_str().unwrap().to_owned())
    });
    bodies.filter(|(this, _)| *this).map(|(_, event)| event).collect()
}

#[test]
fn a_delivery_waits_for_the_one_before_it_and_other_permits_do_not() {
    let receiver = Receiver::start(Behaviour::Script([500, 204].map(Reply::status).to_vec()));
    let sandbox = ordered(&receiver);
    sandbox.config("retry_schedule = [\"1h\"]");
    emit(&sandbox, LIFE[0], 1, &[]).code(UNDELIVERED);
    let second = emit(&sandbox, LIFE[1], 1, &[]).code(UNDELIVERED).json();
    assert_eq!(second["deliveries"][0]["waits_for"], "earlier");
    emit(&sandbox, LIFE[0], 2, &[]).ok();
    sandbox.run(["retry"]).ok().stderr_has("nothing is due");
    assert_eq!(arrived(&receiver, 1), [LIFE[0]]);

    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok().stdout_has("A                2        0       0");
    assert_eq!(arrived(&receiver, 1), [LIFE[0], LIFE[0], LIFE[1]]);
}

#[test]
fn where_one_is_given_up_the_next_one_goes() {
    let receiver = Receiver::start(Behaviour::Script([500, 204].map(Reply::status).to_vec()));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--ordered", "--no-retry"]);
    for event in &LIFE[..3] {
        emit(&sandbox, event, 1, &["--queue"]).ok();
    }
    sandbox.run(["retry"]).code(UNDELIVERED).stdout_has("A                2        0       1");
    assert_eq!(arrived(&receiver, 1), LIFE[..3]);
}

#[test]
fn workers_beside_each_other_and_a_receiver_that_fails_at_random_keep_the_order() {
    // Fails about one request in three, by what it gets and not by when.
    let receiver = Receiver::start(Behaviour::by(move |request| {
        let attempt: usize = request.header("webhook-timestamp").unwrap().bytes().map(usize::from).sum();
        let bytes: usize = request.body.iter().map(|byte| usize::from(*byte)).sum();
        Reply::status(if (bytes + attempt).is_multiple_of(3) { 503 } else { 204 })
    }));
    let sandbox = ordered(&receiver);
    sandbox.config(&format!("retry_schedule = {:?}", vec!["1s"; 30]));
    let mut workers: Vec<_> = (0..2).map(|_| watch(&sandbox)).collect();
    let mut lines = String::new();
    for event in LIFE {
        for permit in 1..=12 {
            lines.push_str(&json!({"event": event, "permit_id": permit, "permit_number": "P"}).to_string());
            lines.push('\n');
        }
    }
    let batch = sandbox.cmd().args(["emit", "--batch", "-"]).stdin(lines).run();
    assert!(matches!(batch.code, Some(0 | 3)), "{batch}");
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", &json!(60));
    for worker in &mut workers {
        worker.interrupt();
    }
    for worker in workers {
        worker.wait().code(130);
    }
    for permit in 1..=12 {
        let mut order = arrived(&receiver, permit);
        // An attempt that failed is made again before the next event.
        order.dedup();
        assert_eq!(order, LIFE, "permit {permit}");
    }
}

#[test]
fn what_is_pending_falls_in_line_when_a_webhook_becomes_ordered_and_out_of_it_again() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("A", &receiver.url("/"), &["*"]);
    for event in LIFE {
        emit(&sandbox, event, 1, &["--queue"]).ok();
    }
    emit(&sandbox, LIFE[0], 2, &["--queue"]).ok();
    let waits = "SELECT waits FROM deliveries ORDER BY id";
    sandbox.run(["update", "A", "--ordered"]).ok();
    assert_eq!(rows(&sandbox, waits), [0, 1, 1, 1, 1, 0].map(|waits| vec![json!(waits)]));
    sandbox.run(["update", "A", "--unordered"]).ok();
    assert_eq!(rows(&sandbox, waits), vec![vec![json!(0)]; 6]);
    sandbox.run(["update", "A", "--ordered"]).ok();
    sandbox.run(["retry"]).ok();
    assert_eq!(arrived(&receiver, 1), LIFE);
}

#[test]
fn what_is_sent_again_takes_its_place_in_the_line() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = ordered(&receiver);
    sandbox.config("retry_schedule = [\"1h\"]");
    emit(&sandbox, LIFE[0], 1, &[]).ok();
    receiver.set(Behaviour::status(500));
    emit(&sandbox, LIFE[1], 1, &[]).code(UNDELIVERED);
    emit(&sandbox, LIFE[2], 1, &[]).code(UNDELIVERED);
    // The first one again: it fails, and the others wait for it.
    sandbox.run(["redeliver", "1"]).code(UNDELIVERED);
    assert_eq!(
        rows(&sandbox, "SELECT waits FROM deliveries ORDER BY id"),
        [0, 1, 1].map(|waits| vec![json!(waits)])
    );
    receiver.set(Behaviour::status(204));
    let before = receiver.received().len();
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok();
    assert_eq!(arrived(&receiver, 1)[before..], LIFE[..3]);
    sandbox.run(["redeliver", "3", "1", "2"]).ok();
    assert_eq!(arrived(&receiver, 1)[before + 3..], LIFE[..3], "together they keep their order");
}

#[test]
fn what_is_sent_again_follows_the_order_that_the_webhook_has_now() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = ordered(&receiver);
    for event in &LIFE[..3] {
        emit(&sandbox, event, 1, &[]).ok();
    }
    // They stood in a line when they were accepted; nobody leads it any further.
    sandbox.run(["update", "A", "--unordered"]).ok();
    sandbox.run(["redeliver", "1", "2", "3"]).ok();
    assert_eq!(receiver.received().len(), 6);

    emit(&sandbox, LIFE[3], 1, &[]).ok();
    sandbox.run(["update", "A", "--ordered"]).ok();
    receiver.set(Behaviour::status(500));
    sandbox.run(["redeliver", "4", "3", "2"]).code(UNDELIVERED);
    assert_eq!(arrived(&receiver, 1)[7..], LIFE[1..2], "the others wait for the first one");
}
