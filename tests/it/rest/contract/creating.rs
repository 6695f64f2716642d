//! `POST webhooks/`

use serde_json::{Value, json};

use super::fields::{faults, taken};
use super::{BASE, new_webhook, replay, row, webhook};
use crate::rest::Site;
use crate::rest::client::Request;

/// What is answered to [`new_webhook`].
fn created(id: i64) -> Value {
    json!({"id": id, "name": "ERP", "project": null, "url": "https://erp.example/x", "secret": "abcdefgh",
           "enabled": true, "events": ["permit_created"]})
}

#[test]
fn a_new_webhook_is_answered_with_its_secret_this_once_and_its_location() {
    let site = Site::open();
    let location = format!("{BASE}webhooks/1/");
    let unseen = webhook(1, &json!({}));
    let list = json!({"count": 1, "next": null, "previous": null, "results": [unseen]});
    replay(
        &site,
        [
            row("POST", "webhooks/", Some(&new_webhook(&json!({}))), 201, created(1))
                .with("location", &location),
            row("GET", &location, None, 200, unseen),
            row("GET", "webhooks/", None, 200, list),
        ],
    );
    for path in ["webhooks/", "webhooks/1/"] {
        let shown = site.client.get(path).text();
        assert!(!shown.contains("abcdefgh"), "the secret is in {shown}");
    }
    let revealed = site.sandbox.run(["show", "1", "--reveal-secret", "-o", "json"]).ok().json();
    assert_eq!(revealed["secret"], "abcdefgh");
}

#[test]
fn what_is_left_out_has_its_default() {
    let site = Site::open();
    let least = json!({"name": "ERP", "url": "https://erp.example/x", "secret": "abcdefgh"});
    let mut answer = created(1);
    answer["events"] = json!([]);
    replay(
        &site,
        [row("POST", "webhooks/", Some(&least), 201, answer).with("location", &format!("{BASE}webhooks/1/"))],
    );
}

#[test]
fn unknown_members_and_those_that_are_only_read_are_ignored() {
    let site = Site::open();
    let more =
        json!({"id": 77, "created_at": "x", "secret_masked": 5, "last_error": null, "colour": {"a": []}});
    let sent = new_webhook(&more);
    replay(
        &site,
        [
            row("POST", "webhooks/", Some(&sent), 201, created(1))
                .with("location", &format!("{BASE}webhooks/1/")),
            row("GET", "webhooks/1/", None, 200, webhook(1, &json!({}))),
        ],
    );
}

#[test]
fn a_value_that_a_field_does_not_take_is_refused_under_the_field() {
    let site = Site::open();
    replay(
        &site,
        faults().into_iter().map(|(field, value, messages)| {
            row(
                "POST",
                "webhooks/",
                Some(&new_webhook(&json!({field: value}))),
                400,
                json!({field: messages}),
            )
        }),
    );
    let answer =
        site.client.post("webhooks/", &new_webhook(&json!({"url": "https://u:hunter2@erp.example/"})));
    assert!(!answer.text().contains("hunter2"), "{answer}");
    assert!(!site.server.log_text().contains("hunter2"), "the password is in the log");
    assert_eq!(site.client.get("webhooks/").json()["count"], 0, "a refused webhook was stored");
}

#[test]
fn all_problems_are_reported_at_once() {
    let site = Site::open();
    let blank = "This field may not be blank.";
    let required = "This field is required.";
    let example = json!({"name": [blank], "url": ["Enter a valid URL."], "secret": [required]});
    replay(&site, [row("POST", "webhooks/", Some(&json!({"name": " ", "url": "x"})), 400, example)]);
    let all = json!({"name": [], "url": null, "secret": "", "enabled": "maybe", "project": "x",
                     "events": ["permit_aproved", "zzz"]});
    site.client.post("webhooks/", &all).says(
        400,
        &json!({
            "name": ["Not a valid string."], "url": ["This field may not be null."], "secret": [blank],
            "enabled": ["Must be a valid boolean."], "project": ["A valid integer is required."],
            "events": ["\"permit_aproved\" is not a valid choice.", "\"zzz\" is not a valid choice."]
        }),
    );
}

#[test]
fn a_value_that_a_field_takes_is_kept_as_it_is_meant() {
    let site = Site::open();
    for (field, value, kept) in taken() {
        let answer = site.client.post("webhooks/", &new_webhook(&json!({field: value}))).is(201);
        let created = answer.json();
        assert_eq!(created[field], kept, "{answer}");
        let shown = site.client.get(&format!("webhooks/{}/", created["id"])).is(200);
        assert_eq!(shown.json()[field], kept, "{shown}");
    }
}

#[test]
fn a_secret_is_taken_as_a_string_of_up_to_255_characters() {
    let site = Site::open();
    let most = "s".repeat(255);
    for (given, kept) in [
        (json!(most), most.as_str()),
        (json!(12_345_678), "12345678"),
        (json!("Grüße 鍵🔑 = '\"\\"), "Grüße 鍵🔑 = '\"\\"),
        (json!("x"), "x"),
    ] {
        let answer = site.client.post("webhooks/", &new_webhook(&json!({"secret": given}))).is(201).json();
        assert_eq!(answer["secret"], kept);
        let masked = site.client.get(&format!("webhooks/{}/", answer["id"])).json()["secret_masked"].clone();
        let length = kept.chars().count();
        let end: String = kept.chars().skip(if length < 8 { length } else { length - 4 }).collect();
        assert_eq!(masked, format!("********{end}"));
    }
}

#[test]
fn white_space_around_a_secret_is_taken_off() {
    let site = Site::open();
    let answer = site.client.post("webhooks/", &new_webhook(&json!({"secret": " abcdefgh\n"}))).is(201);
    assert_eq!(answer.json()["secret"], "abcdefgh");
}

#[test]
fn webhooks_that_are_created_side_by_side_have_ids_of_their_own() {
    let site = Site::open();
    let client = &site.client;
    let mut ids: Vec<i64> = std::thread::scope(|scope| {
        let post = |_| scope.spawn(|| client.post("webhooks/", &new_webhook(&json!({}))).is(201).json());
        let running: Vec<_> = (0..16).map(post).collect();
        running.into_iter().map(|one| one.join().unwrap()["id"].as_i64().unwrap()).collect()
    });
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(1..=16), "{ids:?}");
}

#[test]
fn a_location_can_be_followed_by_whoever_asked() {
    let site = Site::open();
    let request = Request::new("POST", "webhooks/").json(&new_webhook(&json!({})));
    let answer = site.client.send(&request).is(201);
    let path = super::path_of(&site, answer.header("location").unwrap());
    assert_eq!(site.client.get(&path).is(200).json()["id"], 1);
}
