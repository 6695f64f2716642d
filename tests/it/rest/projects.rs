//! Tokens of a project: what they see and what they change.

use serde_json::{Value, json};

use super::client::Client;
use super::contract::{bare, new_webhook, no_webhook, replay_as, row};
use super::{Site, event, token};
use crate::sandbox::Sandbox;
use crate::steps::each;

const GLOBAL: i64 = 1;
const OWN: i64 = 2;
const OTHER: i64 = 3;

/// Webhooks of no project, of project 5 and of project 6, each with a delivery of the same number.
fn furnished() -> (Site, Client) {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    for (project, name) in
        [(Value::Null, "permit_created"), (json!(5), "permit_approved"), (json!(6), "permit_rejected")]
    {
        let body = new_webhook(&json!({"project": project, "events": [name]}));
        site.client.post("webhooks/", &body).is(201);
        let mut event = event(name, 1);
        event["project_id"] = project;
        let answer = site.client.post("events/", &event).is(202).json();
        assert_eq!(answer["deliveries"].as_array().unwrap().len(), 1);
    }
    let client = site.server.client(&token(&site.sandbox, "five", &["--scope", "manage", "--project", "5"]));
    (site, client)
}

fn forbidden() -> Value {
    json!({"detail": "You do not have permission to perform this action."})
}

#[test]
fn a_project_sees_its_own_webhooks_and_the_global_ones() {
    let (site, client) = furnished();
    let list = client.get("webhooks/").is(200).json();
    assert_eq!((&list["count"], each(&list["results"], "id")), (&json!(2), vec![json!(OWN), json!(GLOBAL)]));
    let list = client.get("webhooks/?project=6").is(200).json();
    assert_eq!((&list["count"], &list["results"]), (&json!(0), &json!([])));
    for id in [GLOBAL, OWN] {
        assert_eq!(client.get(&format!("webhooks/{id}/")).is(200).json()["id"], id);
        let log = client.get(&format!("webhooks/{id}/deliveries/")).is(200).json();
        assert_eq!(each(&log, "id"), [json!(id)]);
        client.get(&format!("deliveries/{id}/")).is(200);
    }
    assert_eq!(each(&client.get("deliveries/").is(200).json(), "id"), [json!(OWN), json!(GLOBAL)]);
    client.get(&format!("deliveries/{OTHER}/")).is(404);
    client.post(&format!("deliveries/{OTHER}/redeliver/"), &json!({})).is(404);
    assert_eq!(site.client.get("webhooks/").json()["count"], 3);
}

#[test]
fn to_a_project_the_webhooks_of_others_do_not_exist() {
    let (site, client) = furnished();
    let object = new_webhook(&json!({"project": 5}));
    let one = format!("webhooks/{OTHER}/");
    replay_as(
        &site,
        &client,
        [
            row("GET", &one, None, 404, no_webhook()),
            row("PUT", &one, Some(&object), 404, no_webhook()),
            row("PATCH", &one, Some(&json!({"name": "mine"})), 404, no_webhook()),
            row("PATCH", &one, Some(&json!({"project": 5})), 404, no_webhook()),
            row("DELETE", &one, None, 404, no_webhook()),
            row("POST", &format!("{one}test/"), Some(&json!({})), 404, no_webhook()),
            row("GET", &format!("{one}deliveries/"), None, 404, no_webhook()),
        ],
    );
    assert_eq!(site.client.get(&one).is(200).json()["name"], "ERP");
}

#[test]
fn a_project_changes_its_own_webhooks_only() {
    let (site, client) = furnished();
    let global = format!("webhooks/{GLOBAL}/");
    let own = format!("webhooks/{OWN}/");
    replay_as(
        &site,
        &client,
        [
            row("PATCH", &global, Some(&json!({"name": "mine"})), 403, forbidden()),
            row("PATCH", &global, Some(&json!({"project": 5})), 403, forbidden()),
            row("PUT", &global, Some(&new_webhook(&json!({"project": 5}))), 403, forbidden()),
            row("DELETE", &global, None, 403, forbidden()),
            row("PATCH", &own, Some(&json!({"project": 6})), 403, forbidden()),
            row("PATCH", &own, Some(&json!({"project": null})), 403, forbidden()),
            row("PUT", &own, Some(&new_webhook(&json!({"project": 6}))), 403, forbidden()),
        ],
    );
    for id in [GLOBAL, OWN] {
        assert_eq!(site.client.get(&format!("webhooks/{id}/")).json()["name"], "ERP");
    }
    assert_eq!(client.patch(&own, &json!({"name": "mine"})).is(200).json()["name"], "mine");
    assert_eq!(client.patch(&own, &json!({"project": 5})).is(200).json()["project"], 5);
    let put = json!({"name": "put", "url": "https://erp.example/y"});
    assert_eq!(client.put(&own, &put).is(200).json()["project"], 5);
    replay_as(&site, &client, [bare("DELETE", &own, 204)]);
    assert_eq!(site.client.get("webhooks/").json()["count"], 2);
}

#[test]
fn a_project_creates_webhooks_for_itself_only() {
    let (site, client) = furnished();
    let create = |changes: &Value| row("POST", "webhooks/", Some(&new_webhook(changes)), 403, forbidden());
    let refused = [json!({"project": 6}), json!({"project": null}), json!({})];
    replay_as(&site, &client, refused.iter().map(create));
    assert_eq!(site.client.get("webhooks/").json()["count"], 3);
    let created = client.post("webhooks/", &new_webhook(&json!({"project": 5}))).is(201).json();
    assert_eq!(created["project"], 5);
    assert_eq!(client.get("webhooks/").json()["count"], 3);
}

#[test]
fn a_project_may_read_without_managing() {
    let (site, _) = furnished();
    let reader = site.server.client(&token(&site.sandbox, "reader", &["--scope", "read", "--project", "5"]));
    let own = format!("webhooks/{OWN}/");
    reader.get(&own).is(200);
    replay_as(
        &site,
        &reader,
        [
            row("PATCH", &own, Some(&json!({"name": "mine"})), 403, forbidden()),
            row("GET", &format!("webhooks/{OTHER}/"), None, 404, no_webhook()),
            row("POST", "events/", Some(&event("permit_created", 9)), 403, forbidden()),
        ],
    );
}

#[test]
fn a_project_sees_the_figures_of_its_own_events_and_of_those_of_none() {
    let (site, client) = furnished();
    // The global webhook is also owed an event of another project.
    let mut other = event("permit_created", 2);
    other["project_id"] = json!(6);
    site.client.post("events/", &other).is(202);
    let figures = |client: &Client, path: &str| {
        let all = client.get(path).is(200).json();
        each(&all, "webhook").into_iter().zip(each(&all, "pending")).collect::<Vec<_>>()
    };
    let of = |id: i64, pending: i64| (json!(id), json!(pending));
    assert_eq!(figures(&site.client, "stats/"), [of(OTHER, 1), of(OWN, 1), of(GLOBAL, 2)]);
    assert_eq!(figures(&client, "stats/"), [of(OWN, 1), of(GLOBAL, 1)]);
    assert_eq!(figures(&client, &format!("stats/?webhook={GLOBAL}")), [of(GLOBAL, 1)]);
    assert_eq!(figures(&client, &format!("stats/?webhook={OTHER}")), []);
}
