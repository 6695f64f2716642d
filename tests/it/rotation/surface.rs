//! What is shown of a rotation, what is refused while one is under way, and the same over REST.

use serde_json::json;

use super::{Known, NEW, OLD, rotate, rotation, subscribed};
use crate::receiver::Received;
use crate::rest::{Site, token};
use crate::retrying::emit;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, each};

const UNACCEPTED: &str = "warning: the receiver has not accepted the new secret yet; from 2";

#[test]
fn a_generated_secret_is_shown_this_once() {
    let sandbox = subscribed(NOBODY, &[]);
    let shown = sandbox.run(["rotate-secret", "ERP"]).ok().stderr_is("").stdout;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "rotating the secret of webhook 1 `ERP`");
    let secret = lines[1].strip_prefix("secret  ").unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == OLD.len(), "{shown}");
    assert_eq!(lines[2], "        shown this once: give it to the receiver now");
    let old = lines[3].strip_prefix(
        "old     ********ZC0= leads until the receiver accepts the new one, and is erased at 2",
    );
    assert!(old.is_some() && lines.len() == 4, "{shown}");
    sandbox.run(["show", "ERP", "--reveal-secret"]).ok().stdout_has(secret).stdout_has(OLD);
    for args in [&["show", "ERP"][..], &["show", "ERP", "-o", "json"], &["list"], &["list", "-o", "csv"]] {
        sandbox.run(args).ok().stdout_lacks(secret).stdout_lacks(OLD);
    }
    sandbox.run(["rotate-secret", "ERP", "--cancel"]).ok();
    // One that was given is not repeated to people.
    rotate(&sandbox).stdout_has("secret  ********dy0=\n").stdout_lacks(NEW).stdout_lacks("shown this once");
    sandbox.run(["rotate-secret", "ERP", "--cancel"]).ok();
    let csv = sandbox.run(["rotate-secret", "ERP", "--secret-file", "new.secret", "-o", "csv"]).ok();
    csv.stdout_has(format!("id,name,secret,leads,until\n1,ERP,{NEW},old,2"));
}

#[test]
fn show_list_and_doctor_say_where_a_rotation_stands() {
    let known = Known::new(OLD);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    sandbox.create("gate", NOBODY, &["permit_expired"]);
    let header = "id,name,enabled,project,url,events,secret,last_sent,last_result";
    sandbox.run(["list", "-o", "csv"]).ok().stdout_has(format!("{header}\n"));
    sandbox.run(["list"]).ok().stdout_lacks("ROTATION");
    rotate(&sandbox);
    let listed = sandbox.run(["list", "-o", "csv"]).ok().stdout_has(format!("{header},rotation\n")).stdout;
    let ends: Vec<bool> = listed.lines().skip(1).map(|line| line.contains(",old leads until 2")).collect();
    assert_eq!(ends, [false, true], "{listed}");
    sandbox.run(["list"]).ok().stdout_has("ROTATION").stdout_has("old leads until 2");
    let shown =
        sandbox.run(["show", "ERP"]).ok().stderr_has(UNACCEPTED).stderr_has(" on it is the only one\n");
    shown.stdout_has(
        "\nsecret       ********dy0=\nrotation     the old secret ********ZC0= leads; it is erased at 2",
    );
    let check = |sandbox: &Sandbox| {
        let doctor = sandbox.run(["doctor", "ERP", "-o", "json"]);
        let _ = receiver.take_problems();
        let all = doctor.json();
        all.as_array().unwrap().iter().find(|one| one["check"] == "rotation").cloned()
    };
    let found = check(&sandbox).unwrap();
    assert_eq!(found["verdict"], "warning");
    assert!(
        found["finding"].as_str().unwrap().starts_with("the receiver has not accepted the new secret yet")
    );

    known.set(NEW);
    emit(&sandbox, 1, &[]).ok();
    let shown = sandbox.run(["show", "ERP"]).ok().stderr_is("");
    shown
        .stdout_has("\nrotation     the new secret leads, accepted at 2")
        .stdout_has("; the old one ********ZC0= is erased at 2");
    assert_eq!(check(&sandbox).unwrap()["verdict"], "ok");
    let object = rotation(&sandbox);
    let members: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["leads", "started_at", "until", "accepted_at"]);
    sandbox.run(["rotate-secret", "ERP", "--finish"]).ok().stderr_is("");
    assert!(check(&sandbox).is_none());
    let changes = sandbox.run(["show", "ERP", "-o", "json"]).ok().json()["changes"].clone();
    assert_eq!(each(&changes, "what"), ["rotated", "rotating", "created"]);
    assert_eq!(each(&changes, "fields"), [json!(["rotation"]), json!(["secret", "rotation"]), json!([])]);
    // Neither changes what `explain` and `stats` say of the event.
    let event = sandbox.run(["deliveries", "-o", "json"]).ok().json()[0]["event_id"].clone();
    let explained = sandbox.run(["explain", event.as_str().unwrap(), "-o", "json"]).ok().json().to_string();
    assert!(explained.contains("the receiver answered 204 to attempt 1"), "{explained}");
    let stats = sandbox.run(["stats", "ERP", "-o", "json"]).ok().json()[0].clone();
    let figures = [&stats["accepted"], &stats["delivered"], &stats["attempts_per_delivery"]];
    assert_eq!(figures, [&json!(1), &json!(1), &json!(1.0)]);
    assert_eq!((&stats["outcomes"], &stats["top_errors"]), (&json!({ "delivered": 1 }), &json!([])));
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let sandbox = subscribed(NOBODY, &[]);
    let rotate_to = |file: &str, further: &[&str]| {
        sandbox.cmd().args(["rotate-secret", "ERP", "--secret-file", file]).args(further).run()
    };
    for end in ["--finish", "--cancel"] {
        sandbox.run(["rotate-secret", "ERP", end]).code(5).stdout_is("").stderr_has(
            "error: the secret of webhook `ERP` is not being rotated\nhint: `ptw-hooks show 1` shows",
        );
    }
    for overlap in ["59s", "31d", "0s"] {
        rotate_to("new.secret", &["--overlap", overlap])
            .code(2)
            .stderr_has("overlap cannot be used: it is from 1m to 30d");
    }
    rotate_to("old.secret", &[]).code(2).stderr_has("secret cannot be the one that the webhook has");
    sandbox.run(["rotate-secret", "ERP", "--finish", "--cancel"]).code(2);
    sandbox.run(["rotate-secret", "ERP", "--finish", "--overlap", "1h"]).code(2);
    rotate_to("new.secret", &["--cancel"]).code(2);
    sandbox.run(["rotate-secret", "nobody"]).code(4).stderr_has("webhook `nobody` does not exist");
    rotate(&sandbox);
    let before = rotation(&sandbox);
    let hint = "hint: `ptw-hooks rotate-secret 1 --finish` keeps the new secret and erases the old one, `--cancel` the reverse\n";
    rotate_to("third.secret", &[])
        .code(5)
        .stdout_is("")
        .stderr_has("error: the secret of webhook `ERP` is being rotated already, until 2")
        .stderr_has(hint);
    for change in [&["--secret-file", "third.secret"][..], &["--generate-secret"]] {
        let update =
            sandbox.cmd().args(["update", "ERP", "--name", "other"]).args(change).run().code(5).stdout_is("");
        update
            .stderr_has("error: the secret of webhook `ERP` cannot be changed while it is being rotated\n")
            .stderr_has(hint);
    }
    // Everything else can be changed.
    sandbox.run(["update", "ERP", "--timeout", "5s"]).ok();
    sandbox.run(["pause", "ERP"]).ok();
    assert_eq!(rotation(&sandbox), before);
}

#[test]
fn verify_takes_either_secret_of_a_rotation() {
    let known = Known::new(OLD);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    rotate(&sandbox);
    emit(&sandbox, 1, &[]).ok();
    known.set(NEW);
    emit(&sandbox, 2, &[]).ok();
    let verify = |request: &Received| {
        let signature = request.header("x-athens-signature").unwrap();
        let verify = ["verify", "--webhook", "ERP", "--signature", signature];
        sandbox.cmd().args(verify).stdin(request.body.clone()).run()
    };
    let requests = receiver.received();
    for (request, which) in requests.iter().zip(["old", "old", "new"]) {
        let note = format!("made with the {which} secret of the rotation that is under way");
        verify(request).ok().stdout_is("X-Athens-Signature is right\n").stderr_has(note);
    }
    sandbox.run(["rotate-secret", "ERP", "--finish"]).ok();
    verify(&requests[0]).code(5);
    verify(&requests[2]).ok().stderr_is("");
}

#[test]
fn over_rest_it_is_the_same() {
    let site = Site::of(subscribed(NOBODY, &[]), &[]);
    let path = "webhooks/1/rotate-secret/";
    let begun = site.client.post(path, &json!({ "secret": NEW, "overlap": 3600 })).is(200).json();
    let members: Vec<_> = begun.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["id", "name", "secret", "rotation"]);
    assert_eq!((&begun["id"], &begun["name"], &begun["secret"]), (&json!(1), &json!("ERP"), &json!(NEW)));
    let shown = site.client.get("webhooks/1/").is(200).json();
    assert_eq!(shown["rotation"], begun["rotation"]);
    assert_eq!(shown["rotation"], rotation(&site.sandbox));
    let time = |name: &str| begun["rotation"][name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("until").duration_since(time("started_at")).as_secs(), 3600);
    assert!(!shown.to_string().contains(NEW) && !shown.to_string().contains(OLD), "{shown}");

    for body in [json!({}), json!({ "secret": "another-one" })] {
        let refused = site.client.post(path, &body).is(409).json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("The secret of webhook `ERP` is being rotated already, until 2"),
            "{detail}"
        );
    }
    let detail =
        json!({ "detail": "The secret of webhook `ERP` cannot be changed while it is being rotated." });
    site.client.patch("webhooks/1/", &json!({ "secret": "another-one" })).says(409, &detail);
    site.client.patch("webhooks/1/", &json!({ "timeout": 5, "secret": NEW })).is(200);
    let ended = json!({ "id": 1, "name": "ERP", "secret": null, "rotation": null });
    site.client.post(path, &json!({ "action": "cancel" })).says(200, &ended);
    let detail = json!({ "detail": "The secret of webhook `ERP` is not being rotated." });
    site.client.post(path, &json!({ "action": "finish" })).says(409, &detail);
    // Without a body at all one is generated.
    let begun = site.client.send(&crate::rest::client::Request::new("POST", path)).is(200).json();
    assert!(begun["secret"].as_str().unwrap().starts_with("whsec_"), "{begun}");
    site.client.post(path, &json!({ "action": "finish" })).says(200, &ended);
    let changes = site.sandbox.run(["show", "ERP", "-o", "json"]).ok().json()["changes"].clone();
    assert_eq!(each(&changes, "what"), ["rotated", "rotating", "restored", "changed", "rotating", "created"]);
    assert_eq!(changes[0]["by"], "token site");
}

#[test]
fn over_rest_what_is_wrong_is_said_and_the_scope_is_manage() {
    let site = Site::of(subscribed(NOBODY, &[]), &[]);
    let path = "webhooks/1/rotate-secret/";
    for (body, problems) in [
        (json!({ "action": "start" }), json!({ "action": ["\"start\" is not a valid choice."] })),
        (json!({ "actoin": "finish" }), json!({ "actoin": ["This field is not known here."] })),
        (json!({ "overlap": 59 }), json!({ "overlap": ["Overlap cannot be used: it is from 1m to 30d."] })),
        (json!({ "overlap": "x" }), json!({ "overlap": ["A valid integer is required."] })),
        (
            json!({ "secret": " ", "action": null }),
            json!({
                "action": ["This field may not be null."], "secret": ["This field may not be blank."],
            }),
        ),
        (json!({ "secret": OLD }), json!({ "secret": ["Secret cannot be the one that the webhook has."] })),
        (
            json!({ "action": "finish", "overlap": 60 }),
            json!({
                "overlap": ["This field cannot be given with \"finish\"."],
            }),
        ),
    ] {
        site.client.post(path, &body).says(400, &problems);
    }
    let read = site.server.client(&token(&site.sandbox, "reader", &["--scope", "read", "--scope", "emit"]));
    read.post(path, &json!({})).is(403);
    let other = site.server.client(&token(&site.sandbox, "other", &["--scope", "manage", "--project", "5"]));
    other.post(path, &json!({})).is(403);
    site.server.anonymous().post(path, &json!({})).is(401);
    site.client.post("webhooks/9/rotate-secret/", &json!({})).is(404);
    site.client.post("webhooks/1/rotate-secret", &json!({})).is(404);
    site.client.get("webhooks/1/rotate-secret").is(301);
    assert_eq!(site.client.get(path).is(405).allowed(), ["OPTIONS", "POST"]);
    assert_eq!(rotation(&site.sandbox), json!(null));
}
