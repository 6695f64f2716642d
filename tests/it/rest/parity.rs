//! What the command line prints with `-o json` is what the API answers.

use serde_json::{Value, json};

use super::{Site, event};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::each;

/// A site with webhooks of every kind and a log with every outcome, in which nothing moves any more.
fn settled() -> (Site, [Receiver; 2]) {
    let answering = Reply::status(200).header("X-Receiver", "erp").body("thanks, ü");
    let failing = Reply::status(503).body(b"\xff\xfe binary".as_slice());
    let receivers = [answering, failing].map(Receiver::start);
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = []");
    let options =
        ["--project", "5", "--timeout", "3s", "--header", "X-Site: north", "--rate", "50/s", "--ordered"];
    sandbox.create_with("ERP", &receivers[0].url("/erp"), &["*"], &options);
    sandbox.create("gate", &receivers[1].url("/gate"), &["permit_rejected", "permit_created"]);
    sandbox.create_with("off", "https://erp.example/x", &["*"], &["--disabled"]);
    sandbox.create("ünï, <b>\"x\"</b>", "https://erp.example/x?a=b&c", &["permit_expired"]);
    let site = Site::of(sandbox, &[]);
    for (permit, name) in
        (1..).zip(["permit_created", "permit_rejected", "permit_approved", "permit_created"])
    {
        let mut sent = event(name, permit);
        sent["project_id"] = json!(5);
        sent["data"] = json!({"comments": "ü \"<&>\" \u{2028}", "n": [1.5, -0.0, 1e21, null]});
        site.client.post("events/?wait=true", &sent).is(200);
    }
    site.sandbox.run(["rotate-secret", "1"]).ok();
    site.client.post("webhooks/1/test/", &json!({})).is(200);
    (site, receivers)
}

/// Compared as text, so that the order of members counts.
#[track_caller]
fn assert_same(cli: &Value, rest: &Value) {
    assert_eq!(cli.to_string(), rest.to_string());
}

fn cli(site: &Site, args: &[&str]) -> Value {
    site.sandbox.cmd().args(args).args(["-o", "json"]).run().ok().json()
}

fn rest(site: &Site, path: &str) -> Value {
    site.client.get(path).is(200).json()
}

#[test]
fn list_and_show_are_the_webhooks_of_the_api() {
    let (site, _receivers) = settled();
    assert_same(&cli(&site, &["list"]), &rest(&site, "webhooks/")["results"]);
    for (args, query) in [
        (&["list", "--project", "5"][..], "project=5"),
        (&["list", "--event", "permit_rejected"], "event=permit_rejected"),
        (&["list", "--enabled"], "enabled=true"),
        (&["list", "--disabled"], "enabled=false"),
    ] {
        assert_same(&cli(&site, args), &rest(&site, &format!("webhooks/?{query}"))["results"]);
    }
    for id in 1..=4 {
        let mut shown = cli(&site, &["show", &id.to_string()]);
        shown.as_object_mut().unwrap().shift_remove("changes");
        assert_same(&shown, &rest(&site, &format!("webhooks/{id}/")));
    }
}

#[test]
fn deliveries_and_inspect_are_the_log_of_the_api() {
    let (site, _receivers) = settled();
    let all = cli(&site, &["deliveries"]);
    assert!(
        each(&all, "status").contains(&json!("failed")) && each(&all, "status").contains(&json!("success"))
    );
    assert_same(&all, &rest(&site, "deliveries/"));
    for (args, path) in [
        (&["deliveries", "1"][..], "webhooks/1/deliveries/"),
        (&["deliveries", "2"], "webhooks/2/deliveries/"),
        (&["deliveries", "3"], "webhooks/3/deliveries/"),
        (&["deliveries", "--status", "failed"], "deliveries/?status=failed"),
        (&["deliveries", "--event", "webhook_test"], "deliveries/?event=webhook_test"),
        (&["deliveries", "--permit", "1"], "deliveries/?permit_id=1"),
        (&["deliveries", "--limit", "3"], "deliveries/?limit=3"),
        (&["deliveries", "--since", "2100-01-01"], "deliveries/?since=2100-01-01T00:00:00Z"),
    ] {
        assert_same(&cli(&site, args), &rest(&site, path));
    }
    for id in each(&all, "id") {
        assert_same(&cli(&site, &["inspect", &id.to_string()]), &rest(&site, &format!("deliveries/{id}/")));
    }
}

#[test]
fn events_are_the_catalogue_of_the_api() {
    let (site, _receivers) = settled();
    assert_same(&cli(&site, &["events"]), &rest(&site, "events/"));
}

#[test]
fn creating_answers_the_same_on_both_ways() {
    let site = Site::open();
    let create = ["create", "--name", "ERP", "--url", "https://erp.example/x", "--project", "5"];
    let create = [&create[..], &["--event", "permit_created,*", "--secret", "abcdefgh"]].concat();
    let mut printed = cli(&site, &create);
    let body = json!({"name": "ERP", "url": "https://erp.example/x", "project": 5, "secret": "abcdefgh",
                      "events": ["permit_created", "*"]});
    let answered = site.client.post("webhooks/", &body).is(201).json();
    printed["id"] = json!(2);
    assert_same(&printed, &answered);
}

#[test]
fn an_event_is_one_and_the_same_from_both_sides() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let first = site.client.post("events/?wait=true", &event("permit_created", 1)).is(200).json();
    let args =
        ["emit", "permit_created", "--permit-id", "1", "--permit-number", "PTW-1", "--status", "approved"];
    let args = [&args[..], &["--timestamp", "2024-01-15T10:30:00Z"]].concat();
    let again = cli(&site, &args);
    assert_eq!(again["deliveries"], json!([]));
    assert_eq!(again["suppressed"][0]["delivery"], first["deliveries"][0]["id"]);
    let answered = site.client.post("events/?wait=true", &event("permit_created", 1)).is(200).json();
    assert_same(&again["suppressed"], &answered["suppressed"]);
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn stats_are_the_figures_of_the_api() {
    let (site, _receivers) = settled();
    // Parts of seven hours: two looks a moment apart see the same.
    let without_now = |mut figures: Value| {
        for one in figures.as_array_mut().unwrap() {
            for member in ["since", "until"] {
                assert!(
                    one.as_object_mut().unwrap().shift_remove(member).is_some_and(|time| time.is_string())
                );
            }
        }
        figures
    };
    let all = without_now(cli(&site, &["stats", "--since", "7d"]));
    assert_eq!(each(&all, "webhook"), [4, 3, 2, 1]);
    assert_eq!(each(&all, "accepted"), [0, 0, 3, 5]);
    assert_eq!(each(&all, "delivered"), [0, 0, 0, 5]);
    assert_same(&all, &without_now(rest(&site, "stats/?since=7d")));
    for id in 1..=4 {
        let one = without_now(cli(&site, &["stats", &id.to_string(), "--since", "7d"]));
        assert_same(&one, &without_now(rest(&site, &format!("stats/?webhook={id}&since=7d"))));
        assert_same(&json!([all[4 - id]]), &one);
    }
    let counts = |figures: &Value| each(figures, "accepted");
    assert_eq!(counts(&cli(&site, &["stats"])), counts(&rest(&site, "stats/")));
    assert_same(&rest(&site, "stats/?webhook=99"), &json!([]));
    site.client.get("stats/?webhook=x&since=yesterday").is(400);
}
