//! The log: `webhooks/{id}/deliveries/`, `deliveries/`, `deliveries/{id}/` and `redeliver/`.

use serde_json::{Value, json};

use super::{delivery, path_of, replay, row};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::shape::assert_shape;
use crate::rest::{Site, event, until};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, each};

/// Deliveries 1 to 5 to webhook 1, which takes them, and 6 to webhook 2, whose receiver fails.
fn with_a_log() -> (Site, [Receiver; 2]) {
    let receivers = [200, 500].map(|status| Receiver::start(Behaviour::status(status)));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = []");
    let site = Site::of(sandbox, &[]);
    site.webhook("ERP", &receivers[0].url("/erp"), &["permit_created", "permit_approved"]);
    site.webhook("gate", &receivers[1].url("/gate"), &["permit_rejected"]);
    let emit = |name: &str, permit| {
        site.client.post("events/?wait=true", &event(name, permit)).is(200);
    };
    (1..=4).for_each(|permit| emit("permit_created", permit));
    emit("permit_approved", 1);
    emit("permit_rejected", 1);
    (site, receivers)
}

fn failed() -> Value {
    let mut object = delivery(6, (2, "gate"), "permit_rejected", 1);
    object["response_code"] = json!(500);
    object["error"] = json!("<text>");
    object["status"] = json!("failed");
    object
}

fn ids(site: &Site, path: &str) -> Vec<i64> {
    each(&site.client.get(path).is(200).json(), "id").iter().map(|id| id.as_i64().unwrap()).collect()
}

#[test]
fn the_log_of_a_webhook_is_an_array_newest_first() {
    let (site, _receivers) = with_a_log();
    let created = |id| delivery(id, (1, "ERP"), "permit_created", id);
    let of_erp =
        [delivery(5, (1, "ERP"), "permit_approved", 1), created(4), created(3), created(2), created(1)];
    let all: Vec<Value> = [failed()].into_iter().chain(of_erp.clone()).collect();
    replay(
        &site,
        [
            row("GET", "webhooks/1/deliveries/", None, 200, json!(of_erp)),
            row("GET", "webhooks/2/deliveries/", None, 200, json!([failed()])),
            row("GET", "deliveries/", None, 200, json!(all)),
        ],
    );
    let webhook = site.client.get("webhooks/1/").json();
    assert_shape(
        &webhook,
        &json!({"last_sent_at": "<time>", "last_status_code": 200, "last_error": "", "*": 0}),
    );
    let webhook = site.client.get("webhooks/2/").json();
    assert_shape(
        &webhook,
        &json!({"last_sent_at": "<time>", "last_status_code": 500, "last_error": "<text>", "*": 0}),
    );
}

#[test]
fn the_log_is_filtered_by_status_event_permit_and_id() {
    let (site, _receivers) = with_a_log();
    for (query, found) in [
        ("", &[6, 5, 4, 3, 2, 1][..]),
        ("status=success", &[5, 4, 3, 2, 1]),
        ("status=failed", &[6]),
        ("status=pending", &[]),
        ("event=permit_approved", &[5]),
        ("event=webhook_test", &[]),
        ("permit_id=1", &[6, 5, 1]),
        ("permit_id=1&status=success", &[5, 1]),
        ("permit_id=99", &[]),
        ("before=4", &[3, 2, 1]),
        ("before=1", &[]),
        ("before=4&event=permit_created&limit=9", &[3, 2, 1]),
        ("colour=red", &[6, 5, 4, 3, 2, 1]),
    ] {
        assert_eq!(ids(&site, &format!("deliveries/?{query}")), found, "{query}");
        let of_erp: Vec<i64> = found.iter().copied().filter(|id| *id != 6).collect();
        assert_eq!(ids(&site, &format!("webhooks/1/deliveries/?{query}")), of_erp, "{query}");
    }
}

#[test]
fn the_log_is_filtered_by_time_from_since_and_before_until() {
    let (site, _receivers) = with_a_log();
    let all = site.client.get("deliveries/").json();
    let times: Vec<String> =
        each(&all, "created_at").iter().map(|at| at.as_str().unwrap().to_owned()).collect();
    let middle = times[2].as_str();
    let chosen = |keep: &dyn Fn(&str) -> bool| -> Vec<i64> {
        (1..=6).rev().zip(&times).filter(|(_, at)| keep(at)).map(|(id, _)| id).collect()
    };
    for path in ["deliveries/", "webhooks/1/deliveries/"] {
        let none: [i64; 0] = [];
        let count = if path == "deliveries/" { 6 } else { 5 };
        assert_eq!(ids(&site, &format!("{path}?since=2000-01-01T00:00:00Z")).len(), count);
        assert_eq!(ids(&site, &format!("{path}?until=2100-01-01T02:00:00%2B02:00")).len(), count);
        assert_eq!(ids(&site, &format!("{path}?since=2100-01-01T00:00:00Z")), none);
        assert_eq!(ids(&site, &format!("{path}?until=2000-01-01T00:00:00Z")), none);
    }
    assert_eq!(ids(&site, &format!("deliveries/?since={middle}")), chosen(&|at| at >= middle));
    assert_eq!(ids(&site, &format!("deliveries/?until={middle}")), chosen(&|at| at < middle));
}

#[test]
fn a_link_leads_to_the_rest_and_is_absent_at_the_end() {
    let (site, _receivers) = with_a_log();
    for (start, all) in [
        ("deliveries/?limit=2", &[6, 5, 4, 3, 2, 1][..]),
        ("webhooks/1/deliveries/?limit=2", &[5, 4, 3, 2, 1]),
        ("deliveries/?limit=1&event=permit_created&since=2000-01-01T00:00:00Z", &[4, 3, 2, 1]),
        ("deliveries/?limit=6", &[6, 5, 4, 3, 2, 1]),
    ] {
        let (mut path, mut walked, mut pages) = (start.to_owned(), Vec::new(), 0);
        loop {
            walked.extend(ids(&site, &path));
            pages += 1;
            let answer = site.client.get(&path);
            let Some(link) = answer.header("link") else { break };
            let url = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            let url = url.unwrap_or_else(|| panic!("a strange link: {link}"));
            assert!(url.starts_with(&site.server.url()), "{link} is not absolute");
            path = path_of(&site, url);
        }
        let limit = start.split("limit=").nth(1).unwrap()[..1].parse::<usize>().unwrap();
        assert_eq!((walked.as_slice(), pages), (all, all.len().div_ceil(limit)), "{start}");
    }
}

#[test]
fn what_a_filter_does_not_take_is_refused_under_its_name() {
    let (site, _receivers) = with_a_log();
    let faults = [
        ("limit", "x", "A valid integer is required."),
        ("limit", "1.5", "A valid integer is required."),
        ("limit", "0", "<text>"),
        ("limit", "-1", "<text>"),
        ("status", "lost", "\"lost\" is not a valid choice."),
        ("event", "permit_aproved", "\"permit_aproved\" is not a valid choice."),
        ("permit_id", "x", "A valid integer is required."),
        ("before", "x", "A valid integer is required."),
        ("since", "yesterday", "<text>"),
        ("until", "2024-13-01T00:00:00Z", "<text>"),
    ];
    for path in ["deliveries/", "webhooks/1/deliveries/"] {
        replay(
            &site,
            faults.map(|(field, value, message)| {
                row("GET", &format!("{path}?{field}={value}"), None, 400, json!({field: [message]}))
            }),
        );
    }
}

#[test]
fn fifty_deliveries_are_shown_by_default() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    for permit in 1..=52 {
        site.client.post("events/", &event("permit_created", permit)).is(202);
    }
    let newest: Vec<i64> = (3..=52).rev().collect();
    assert_eq!(ids(&site, "deliveries/"), newest);
    assert_eq!(ids(&site, "webhooks/1/deliveries/"), newest);
    assert_eq!(ids(&site, "deliveries/?limit=500").len(), 52);
    let pending = json!({"id": 1, "webhook": 1, "webhook_name": "ERP", "event": "permit_created", "permit_id": 1,
                         "response_code": null, "error": "", "status": "pending", "sent_at": null,
                         "retry_count": 0, "+": null});
    replay(&site, [row("GET", "deliveries/?before=2", None, 200, json!([pending]))]);
}

#[test]
fn one_delivery_is_shown_with_its_request_and_every_attempt() {
    let (site, receivers) = with_a_log();
    let request = &receivers[1].received()[0];
    let answer = site.client.get("deliveries/6/").is(200).json();
    let mut expected = failed();
    expected.as_object_mut().unwrap().shift_remove("+");
    let body = String::from_utf8(request.body.clone()).unwrap();
    let attempt = json!({"number": 1, "started_at": "<time>", "outcome": "http_status", "error": "<text>",
                         "response": {"status": 500, "*": 0}, "*": 0});
    expected["request"] =
        json!({"method": "POST", "url": receivers[1].url("/gate"), "headers": "<any>", "body": body});
    expected["attempt_log"] = json!([attempt]);
    expected["*"] = json!(0);
    assert_shape(&answer, &expected);
    assert!(!answer.to_string().contains("abcdefgh"), "the secret is in {answer}");
}

#[test]
fn a_redelivery_sends_the_same_event_again() {
    let (site, receivers) = with_a_log();
    let answer = site.client.post("deliveries/2/redeliver/", &json!({})).is(202);
    assert!(answer.json().is_object(), "{answer}");
    let requests = receivers[0].wait_for(6);
    let (first, again) = (&requests[1], &requests[5]);
    assert_eq!(first.body, again.body);
    for name in ["webhook-id", "x-athens-signature", "x-athens-event", "x-athens-delivery"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
    let shown = until("the second attempt is logged", || {
        let shown = site.client.get("deliveries/2/").is(200).json();
        (shown["attempt_log"].as_array().unwrap().len() == 2).then_some(shown)
    });
    assert_shape(&shown, &json!({"id": 2, "status": "success", "retry_count": 1, "*": 0}));
    // No body at all is as good.
    site.client.send(&crate::rest::client::Request::new("POST", "deliveries/3/redeliver/")).is(202);
    receivers[0].wait_for(7);
}

#[test]
fn what_cannot_be_sent_again_is_a_conflict() {
    let (site, receivers) = with_a_log();
    site.client.patch("webhooks/1/", &json!({"enabled": false})).is(200);
    let refused = || json!({"detail": "<text>"});
    replay(&site, [row("POST", "deliveries/1/redeliver/", Some(&json!({})), 409, refused())]);
    site.client.delete("webhooks/1/").is(204);
    replay(&site, [row("POST", "deliveries/1/redeliver/", Some(&json!({})), 409, refused())]);
    site.client.get("webhooks/1/deliveries/").says(404, &super::no_webhook());
    assert_eq!(ids(&site, "deliveries/"), [6, 5, 4, 3, 2, 1], "the log of a deleted webhook stays");
    assert_eq!(receivers[0].received().len(), 5);
}
