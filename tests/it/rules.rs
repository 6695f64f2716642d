//! Which webhook is owed which event, what is recognised as a repetition, and what is refused.

use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Cmd, Run, Sandbox};
use crate::steps::{NOBODY, connect, each, emit, rows};

/// Accepts an event without sending it.
fn queue(sandbox: &Sandbox, event: &str, permit_id: &str, extra: &[&str]) -> Run {
    emit(sandbox, event, permit_id).args(["--queue", "-o", "json"]).args(extra).run()
}

/// The data of the body that would be sent.
fn data(cmd: Cmd) -> Value {
    let preview = cmd.args(["--dry-run", "-q", "-o", "json"]).run().ok().stderr_is("").json();
    let body: Value = serde_json::from_str(preview["requests"][0]["body"].as_str().unwrap()).unwrap();
    body["data"].clone()
}

#[test]
fn every_event_of_the_catalogue_is_accepted_and_the_test_event_is_not() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let catalogue = each(&sandbox.run(["events", "-o", "json"]).ok().json(), "event");
    assert_eq!(catalogue.len(), 12);
    for event in &catalogue {
        let event = event.as_str().unwrap();
        let accepted = queue(&sandbox, event, "7", &[]).ok().stderr_is("").json();
        assert_eq!(each(&accepted["deliveries"], "event"), [event]);
        sandbox.run(["update", "ERP", "--add-event", event]).ok();
    }
    let why = "error: `webhook_test` cannot be emitted or subscribed to\n\
               hint: `ptw-hooks test WEBHOOK` sends it\n";
    queue(&sandbox, "webhook_test", "7", &[]).code(2).stdout_is("").stderr_is(why);
    let create = ["create", "--name", "x", "--url", NOBODY, "--event", "webhook_test"];
    sandbox.run(create).code(2).stdout_is("").stderr_is(why);
    assert_eq!(rows(&connect(&sandbox), "SELECT count(*) FROM events"), ["12"]);
}

#[test]
fn an_unknown_event_is_refused_with_the_nearest_one() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    for (given, hint) in [
        ("permit_aproved", "did you mean `permit_approved`?"),
        ("Permit-Created", "did you mean `permit_created`?"),
        ("isolation", "did you mean `isolation_verified`?"),
        ("zzz", "`ptw-hooks events` lists the events"),
    ] {
        let refused = queue(&sandbox, given, "7", &[]).code(2).stdout_is("");
        refused.stderr_is(format!("error: `{given}` is not an event\nhint: {hint}\n"));
    }
    assert_eq!(rows(&connect(&sandbox), "SELECT count(*) FROM events"), ["0"]);
}

#[test]
fn a_project_narrows_a_webhook_to_its_own_events() {
    let sandbox = Sandbox::new();
    sandbox.create_with("five", NOBODY, &["*"], &["--project", "5"]);
    sandbox.create_with("six", NOBODY, &["permit_created"], &["--project", "6"]);
    sandbox.create("all", NOBODY, &["permit_created"]);
    let owed = |permit: &str, extra: &[&str]| {
        let accepted = queue(&sandbox, "permit_created", permit, extra).ok().stderr_is("").json();
        assert_eq!(accepted["suppressed"], json!([]));
        each(&accepted["deliveries"], "webhook_name")
    };
    assert_eq!(owed("1", &["--project", "5"]), ["five", "all"]);
    assert_eq!(owed("2", &["--project", "6"]), ["six", "all"]);
    assert_eq!(owed("3", &["--project", "7"]), ["all"]);
    assert_eq!(owed("4", &[]), ["all"]);
}

#[test]
fn what_a_disabled_webhook_misses_is_recorded_and_not_sent() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/permits"), &["*"]);
    sandbox.run(["disable", "ERP"]).ok();
    let missed = emit(&sandbox, "permit_approved", "7").args(["-o", "json"]).run().ok().stderr_is("").json();
    assert_eq!(missed["deliveries"], json!([]));
    let expected = json!([{"webhook": 1, "webhook_name": "ERP", "reason": "disabled", "delivery": null}]);
    assert_eq!(missed["suppressed"], expected);
    let seen = emit(&sandbox, "permit_created", "7").run().ok().stderr_is("");
    seen.stdout_has("disabled").stdout_has("the webhook is disabled");
    let recorded =
        "SELECT e.event, s.webhook_id, s.reason FROM suppressions s JOIN events e ON e.seq = s.event_seq";
    assert_eq!(
        rows(&connect(&sandbox), recorded),
        ["permit_approved|1|disabled", "permit_created|1|disabled"]
    );
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn the_same_event_of_a_permit_is_owed_to_a_webhook_once_an_hour() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/permits"), &["*"]);
    // The deliveries of an emission, and of which earlier ones it was a duplicate.
    let emit_at = |event: &str, permit: &str, extra: &[&str]| {
        let cmd = sandbox.cmd().args(["emit", event, "--permit-id", permit, "--permit-number", "PTW-1"]);
        let run = cmd.args(["-o", "json"]).args(extra).run().ok();
        // Another event under the same key is the only one here that says something else.
        let run =
            if event == "permit_expired" { run.stderr_has("has other data") } else { run.stderr_is("") };
        let emission = run.json();
        (each(&emission["deliveries"], "id"), each(&emission["suppressed"], "delivery"))
    };
    let sent = |event: &str, permit: &str, extra: &[&str]| {
        let (deliveries, duplicates) = emit_at(event, permit, extra);
        assert_eq!((deliveries.len(), duplicates.len()), (1, 0), "{event} {permit} {extra:?}");
        deliveries
    };
    let none = Vec::<Value>::new();
    let at = |time| ["--timestamp", time];
    let first = sent("permit_approved", "7", &at("2024-01-15T10:00:00Z"));
    for same_hour in ["2024-01-15T10:59:59.9Z", "2024-01-15T16:00:00+05:30"] {
        assert_eq!(emit_at("permit_approved", "7", &at(same_hour)), (none.clone(), first.clone()));
    }
    sent("permit_approved", "7", &at("2024-01-15T11:00:00Z"));
    sent("permit_approved", "8", &at("2024-01-15T10:30:00Z"));
    sent("permit_rejected", "7", &at("2024-01-15T10:30:00Z"));
    let key = ["--timestamp", "2024-01-15T10:30:00Z", "--idempotency-key", "again-1"];
    let keyed = sent("permit_approved", "7", &key);
    assert_eq!(emit_at("permit_expired", "9", &key), (none, keyed));
    // Another webhook was not sent it yet; this one was.
    sandbox.create("gate", &receiver.url("/gate"), &["permit_approved"]);
    let (to_gate, to_erp) = emit_at("permit_approved", "7", &at("2024-01-15T10:30:00Z"));
    assert_eq!((to_gate.len(), to_erp), (1, first));
    assert_eq!(receiver.received().len(), 6);
    // The number of the permit is another one now: that is worth a word.
    let seen = emit(&sandbox, "permit_approved", "7")
        .run()
        .ok()
        .stderr_has("delivery 1 of the same event has other data");
    seen.stdout_has("duplicate").stdout_has("the same event was accepted before, as delivery 1\n");
    let recorded = rows(&connect(&sandbox), "SELECT DISTINCT reason FROM suppressions");
    assert_eq!(recorded, ["duplicate"]);
}

#[test]
fn a_repetition_with_other_data_warns_that_it_was_not_sent() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    queue(&sandbox, "permit_approved", "7", &["--status", "approved"]).ok().stderr_is("");
    queue(&sandbox, "permit_approved", "7", &["--status", "approved"]).ok().stderr_is("");
    let warned = queue(&sandbox, "permit_approved", "7", &["--status", "withdrawn"]).ok();
    let warned = warned
        .stderr_has("warning: ERP: delivery 1 of the same event has other data, and this data was not sent");
    assert_eq!(each(&warned.json()["suppressed"], "reason"), ["duplicate"]);
    queue(&sandbox, "permit_approved", "7", &["--status", "withdrawn", "-q"]).ok().stderr_is("");
}

#[test]
fn two_processes_that_emit_the_same_event_at_once_make_one_delivery() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/permits"), &["*"]);
    for round in 1..=50 {
        let start = || emit(&sandbox, "permit_approved", &round.to_string()).args(["-o", "json"]).spawn();
        let runs = [start(), start()].map(|child| child.wait().ok().stderr_is("").json());
        let count =
            |member: &str| runs.iter().map(|run| run[member].as_array().unwrap().len()).sum::<usize>();
        assert_eq!((count("deliveries"), count("suppressed")), (1, 1), "round {round}: {runs:?}");
        let (first, second) = if runs[0]["suppressed"] == json!([]) { (0, 1) } else { (1, 0) };
        assert_eq!(runs[first]["deliveries"][0]["status"], "success");
        assert_eq!(runs[second]["suppressed"][0]["reason"], "duplicate");
        assert_eq!(runs[second]["suppressed"][0]["delivery"], runs[first]["deliveries"][0]["id"]);
    }
    assert_eq!(receiver.received().len(), 50);
}

#[test]
fn when_nothing_matches_it_says_why() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["permit_created"]);
    let says = |why: &str| {
        let run = emit(&sandbox, "permit_approved", "7").args(["--project", "5"]).run().ok().stdout_is("");
        run.stderr_is(format!("nothing to send: {why}\n"));
    };
    says("no webhook subscribes to `permit_approved`");
    sandbox.create_with("six", NOBODY, &["permit_approved"], &["--project", "6"]);
    says("the only webhook that subscribes to `permit_approved` belongs to another project");
    sandbox.create_with("seven", NOBODY, &["*"], &["--project", "7"]);
    says("all 2 webhooks that subscribe to `permit_approved` belong to other projects");
    for id in ["1", "2", "3"] {
        sandbox.run(["delete", id, "--yes"]).ok();
    }
    says("there are no webhooks");
    let quiet = queue(&sandbox, "permit_approved", "7", &["-q"]).ok().stderr_is("").json();
    assert_eq!((&quiet["deliveries"], &quiet["suppressed"]), (&json!([]), &json!([])));
}

#[test]
fn all_problems_of_an_event_are_reported_together_and_nothing_is_stored() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let args = ["emit", "permit_aproved", "--permit-id", "seven", "--permit-number", " ", "--project", "1.5"];
    let extra =
        ["--timestamp", "yesterday", "--idempotency-key", "", "--data-json", "[1]", "--data", "status"];
    sandbox.cmd().args(args).args(extra).args(["--data", "n:=9007199254740993"]).run().code(2).stdout_is("").stderr_is(
        "error: 9 problems, nothing was done\n  `permit_aproved` is not an event\n  \
         permit_id cannot be `seven`: it is an integer from -9007199254740991 to 9007199254740991\n  \
         project_id cannot be `1.5`: it is an integer from -9007199254740991 to 9007199254740991\n  \
         permit_number cannot be blank\n  idempotency_key cannot be blank\n  \
         timestamp cannot be `yesterday`: it is not RFC 3339\n  data cannot be used: it is not a JSON object\n  \
         data cannot be read: `status` is not KEY=TEXT or KEY:=JSON\n  \
         `n` cannot hold the integer `9007199254740993`: JavaScript carries only ±9007199254740991 exactly\n\
         hint: did you mean `permit_approved`?\n\
         hint: write it with its offset, such as `2024-01-15T10:30:00Z` or `2024-01-15T12:30:00+02:00`\n\
         hint: give an object such as `{\"status\":\"approved\"}`\n\
         hint: write `--data approved_by='John Doe'` or `--data level:=3`\nhint: send it as a string\n",
    );
    let stored = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries)";
    assert_eq!(rows(&connect(&sandbox), stored), ["0|0"]);
}

#[test]
fn data_comes_from_members_and_from_a_json_object_of_an_argument_a_file_or_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    sandbox.write("data.json", r#"{"from":"file"}"#);
    let cmd = || emit(&sandbox, "permit_approved", "7");
    assert_eq!(data(cmd()), json!({}));
    assert_eq!(data(cmd().args(["--data-json", r#"{"from":"argument"}"#])), json!({"from": "argument"}));
    assert_eq!(data(cmd().args(["--data-json", "@data.json"])), json!({"from": "file"}));
    assert_eq!(data(cmd().args(["--data-json", "-"]).stdin(r#"{"from":"stdin"}"#)), json!({"from": "stdin"}));
    let mixed = data(
        cmd()
            .args(["--data", "by=John = Doe", "--data", "locks:=[2,null]", "--data", "level:=2.50"])
            .args([
                "--status",
                "approved",
                "--permit-type",
                "Hot Work",
                "--location",
                "A",
                "--risk-level",
                "high",
            ])
            .args(["--data-json", r#"{"z":1,"status":"old"}"#]),
    );
    let expected = r#"{"z":1,"status":"approved","permit_type":"Hot Work","location":"A","risk_level":"high","by":"John = Doe","locks":[2,null],"level":2.5}"#;
    assert_eq!(mixed.to_string(), expected);
    let refused = cmd().args(["--data-json", "@missing.json"]).run().code(2).stdout_is("");
    refused.stderr_has("cannot read the data from `missing.json`");
    let refused = cmd().args(["--data-json", "-"]).stdin(b"{\"a\":\"\xff\"}".to_vec()).run().code(2);
    refused.stdout_is("").stderr_has("cannot read the data: it is not UTF-8");
    assert_eq!(rows(&connect(&sandbox), "SELECT count(*) FROM events"), ["0"], "a dry run stores nothing");
}

#[test]
fn numbers_that_javascript_cannot_carry_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    for good in ["9007199254740991", "-9007199254740991", "1e300", "\"9007199254740992\""] {
        data(emit(&sandbox, "permit_approved", "7").arg("--data").arg(format!("n:={good}")));
    }
    for bad in ["9007199254740992", "-9007199254740992", "123456789012345678901234567890"] {
        let json = format!("{{\"a\":[{{\"n\":{bad}}}]}}");
        let refused = queue(&sandbox, "permit_approved", "7", &["--data-json", &json]).code(2).stdout_is("");
        refused
            .stderr_has(format!("`data` cannot hold the integer `{bad}`"))
            .stderr_has("send it as a string");
        let refused = queue(&sandbox, "permit_approved", bad, &[]).code(2).stdout_is("");
        refused.stderr_has(format!("permit_id cannot be `{bad}`"));
    }
    let refused = queue(&sandbox, "permit_approved", "7", &["--data", "n:=1e400"]).code(2).stdout_is("");
    refused.stderr_has("`n` cannot be read as JSON: number out of range");
    for permit_id in ["9007199254740991", "-9007199254740991", "-1", "0"] {
        let accepted = queue(&sandbox, "permit_approved", permit_id, &[]).ok().stderr_is("").json();
        assert_eq!(accepted["deliveries"][0]["permit_id"].to_string(), permit_id);
    }
}

#[test]
fn a_timestamp_with_any_offset_is_sent_in_utc_and_whole_seconds() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/permits"), &["*"]);
    for (permit, given) in [
        ("1", "2024-01-15T16:00:00+05:30"),
        ("2", "2024-01-15T10:30:00.999Z"),
        ("3", "2024-01-15T00:30:00-10:00"),
    ] {
        let args = ["emit", "permit_approved", "--permit-id", permit, "--permit-number", "PTW-1"];
        sandbox.cmd().args(args).args(["--timestamp", given]).run().ok();
    }
    for request in receiver.wait_for(3) {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["timestamp"], "2024-01-15T10:30:00Z");
    }
    for bad in ["2024-01-15", "2024-01-15T10:30:00", "2024-13-15T10:30:00Z", ""] {
        let args = ["emit", "permit_approved", "--permit-id", "9", "--permit-number", "PTW-1"];
        let refused = sandbox.cmd().args(args).args(["--timestamp", bad]).run().code(2).stdout_is("");
        refused.stderr_has(format!(
            "timestamp cannot be `{bad}`: it is not RFC 3339\nhint: write it with its offset"
        ));
    }
}
