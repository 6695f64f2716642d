//! `GET`, `PUT`, `PATCH` and `DELETE webhooks/{id}/`

use serde_json::{Value, json};

use super::fields::{faults, taken};
use super::{bare, new_webhook, no_webhook, replay, row, webhook};
use crate::rest::Site;

/// A site with the webhook of [`webhook`] as number 1.
fn one() -> Site {
    let site = Site::open();
    site.client.post("webhooks/", &new_webhook(&json!({}))).is(201);
    site
}

#[test]
fn put_replaces_what_it_names_and_keeps_the_rest() {
    let site = one();
    let changed = |changes: Value| (webhook(1, &changes), changes);
    let (shown, _) = changed(json!({"name": "gate", "url": "https://gate.example/"}));
    let (all, sent) =
        changed(json!({"name": "all", "project": 5, "url": "https://all.example/", "enabled": false,
                                     "events": ["*"]}));
    let mut kept = all.clone();
    kept["name"] = json!("again");
    replay(
        &site,
        [
            row(
                "PUT",
                "webhooks/1/",
                Some(&json!({"name": "gate", "url": "https://gate.example/"})),
                200,
                shown,
            ),
            row("PUT", "webhooks/1/", Some(&sent), 200, all.clone()),
            row("GET", "webhooks/1/", None, 200, all),
            row(
                "PUT",
                "webhooks/1/",
                Some(&json!({"name": "again", "url": "https://all.example/"})),
                200,
                kept,
            ),
        ],
    );
}

#[test]
fn put_requires_name_and_url_and_nothing_else() {
    let site = one();
    let required = json!(["This field is required."]);
    replay(
        &site,
        [
            row("PUT", "webhooks/1/", Some(&json!({})), 400, json!({"name": required, "url": required})),
            row("PUT", "webhooks/1/", Some(&json!({"name": "x"})), 400, json!({"url": required})),
            row(
                "PUT",
                "webhooks/1/",
                Some(&json!({"url": "https://x.example/"})),
                400,
                json!({"name": required}),
            ),
            row("GET", "webhooks/1/", None, 200, webhook(1, &json!({}))),
        ],
    );
}

#[test]
fn patch_changes_any_of_the_fields() {
    let site = one();
    replay(
        &site,
        [
            row("PATCH", "webhooks/1/", Some(&json!({})), 200, webhook(1, &json!({}))),
            row(
                "PATCH",
                "webhooks/1/",
                Some(&json!({"colour": "red", "id": 9})),
                200,
                webhook(1, &json!({})),
            ),
        ],
    );
    let mut state = json!({});
    for (field, value, kept) in taken() {
        state[field] = kept;
        replay(&site, [row("PATCH", "webhooks/1/", Some(&json!({field: value})), 200, webhook(1, &state))]);
    }
    replay(&site, [row("GET", "webhooks/1/", None, 200, webhook(1, &state))]);
}

#[test]
fn what_a_field_does_not_take_is_refused_and_nothing_changes() {
    let site = one();
    for (field, value, messages) in faults() {
        let put = new_webhook(&json!({field: value}));
        let (patch, answer) = (json!({field: value}), json!({field: messages}));
        replay(
            &site,
            [
                row("PUT", "webhooks/1/", Some(&put), 400, answer.clone()),
                row("PATCH", "webhooks/1/", Some(&patch), 400, answer),
            ],
        );
    }
    let some = json!({"name": "changed", "url": "x", "enabled": []});
    let answer = json!({"url": ["Enter a valid URL."], "enabled": ["Must be a valid boolean."]});
    replay(
        &site,
        [
            row("PATCH", "webhooks/1/", Some(&some), 400, answer),
            row("GET", "webhooks/1/", None, 200, webhook(1, &json!({}))),
        ],
    );
}

#[test]
fn another_secret_is_taken_and_not_shown() {
    let site = one();
    let put = json!({"name": "ERP", "url": "https://erp.example/x", "secret": "second-1234"});
    let patch = json!({"secret": "third-5678"});
    for (method, body, end) in [("PUT", put, "1234"), ("PATCH", patch, "5678")] {
        let shown = webhook(1, &json!({"secret_masked": format!("********{end}")}));
        replay(&site, [row(method, "webhooks/1/", Some(&body), 200, shown)]);
        let answer = site.client.get("webhooks/1/");
        assert!(!answer.text().contains("second-") && !answer.text().contains("third-"), "{answer}");
    }
    let revealed = site.sandbox.run(["show", "1", "--reveal-secret", "-o", "json"]).ok().json();
    assert_eq!(revealed["secret"], "third-5678");
}

#[test]
fn what_was_read_can_be_sent_back() {
    let site = one();
    let mut object = site.client.get("webhooks/1/").is(200).json();
    object["name"] = json!("renamed");
    let after = site.client.put("webhooks/1/", &object).is(200).json();
    let unchanged = |object: &Value| {
        let mut object = object.clone();
        object.as_object_mut().unwrap().shift_remove("updated_at");
        object
    };
    assert_eq!(unchanged(&after), unchanged(&object));
    assert!(after["updated_at"].as_str() >= object["updated_at"].as_str());
    assert_eq!(after["created_at"], object["created_at"]);
}

#[test]
fn a_deleted_webhook_is_gone_and_its_id_is_not_given_again() {
    let site = one();
    site.client.post("webhooks/", &new_webhook(&json!({}))).is(201);
    replay(
        &site,
        [
            bare("DELETE", "webhooks/2/", 204),
            row("GET", "webhooks/2/", None, 404, no_webhook()),
            row("DELETE", "webhooks/2/", None, 404, no_webhook()),
            row("PATCH", "webhooks/2/", Some(&json!({})), 404, no_webhook()),
            row("POST", "webhooks/2/test/", Some(&json!({})), 404, no_webhook()),
        ],
    );
    assert_eq!(site.client.get("webhooks/").json()["count"], 1);
    assert_eq!(site.client.post("webhooks/", &new_webhook(&json!({}))).is(201).json()["id"], 3);
}

#[test]
fn what_another_process_changes_is_seen_at_once() {
    let site = one();
    site.sandbox.run(["update", "1", "--name", "renamed"]).ok();
    assert_eq!(site.client.get("webhooks/1/").json()["name"], "renamed");
    site.client.patch("webhooks/1/", &json!({"enabled": false})).is(200);
    let shown = site.sandbox.run(["show", "renamed", "-o", "json"]).ok().json();
    assert_eq!(shown["enabled"], false);
    site.sandbox.run(["delete", "1", "--yes"]).ok();
    site.client.get("webhooks/1/").says(404, &no_webhook());
}
