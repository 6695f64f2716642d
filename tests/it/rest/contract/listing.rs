//! `GET webhooks/`: pages and filters.

use serde_json::{Value, json};

use super::{detail, new_webhook, path_of, replay, row};
use crate::rest::Site;
use crate::steps::each;

/// A site with this many webhooks, numbered from 1.
fn many(count: i64) -> Site {
    let site = Site::open();
    for _ in 0..count {
        site.client.post("webhooks/", &new_webhook(&json!({}))).is(201);
    }
    site
}

/// The ids of a page, and the paths of the pages beside it.
fn page(site: &Site, path: &str) -> (Vec<i64>, Option<String>, Option<String>) {
    let page = site.client.get(path).is(200).json();
    let members: Vec<&String> = page.as_object().unwrap().keys().collect();
    assert_eq!(members, ["count", "next", "previous", "results"]);
    let beside = |member: &str| match &page[member] {
        Value::Null => None,
        Value::String(url) => {
            assert!(url.starts_with(&format!("{}{}webhooks/", site.server.url(), super::BASE)), "{url}");
            Some(path_of(site, url))
        }
        other => panic!("`{member}` is {other}"),
    };
    let ids = each(&page["results"], "id").iter().map(|id| id.as_i64().unwrap()).collect();
    (ids, beside("next"), beside("previous"))
}

fn down(from: i64, to: i64) -> Vec<i64> {
    (to..=from).rev().collect()
}

#[test]
fn an_empty_list_has_one_page() {
    let site = Site::open();
    let empty = || json!({"count": 0, "next": null, "previous": null, "results": []});
    replay(
        &site,
        [
            row("GET", "webhooks/", None, 200, empty()),
            row("GET", "webhooks/?page=1", None, 200, empty()),
            row("GET", "webhooks/?page=2", None, 404, detail("Invalid page.")),
        ],
    );
}

#[test]
fn pages_have_twenty_webhooks_newest_first() {
    let site = many(45);
    assert_eq!(site.client.get("webhooks/").json()["count"], 45);
    let next = site.client.get("webhooks/").json()["next"].clone();
    assert_eq!(next, format!("{}{}webhooks/?page=2", site.server.url(), super::BASE));
    let (ids, next, previous) = page(&site, "webhooks/");
    assert_eq!((ids, previous), (down(45, 26), None));
    assert!(next.is_some());
    let (ids, next, previous) = page(&site, "webhooks/?page=2");
    assert_eq!(ids, down(25, 6));
    assert!(next.is_some() && previous.is_some());
    let (ids, next, previous) = page(&site, "webhooks/?page=3");
    assert_eq!((ids, next), (down(5, 1), None));
    assert_eq!(page(&site, &previous.unwrap()).0, down(25, 6));
    assert_eq!(page(&site, "webhooks/?page=").0, down(45, 26));
    let beyond = ["0", "-1", "4", "x", "1.5", "99999999999999999999"];
    replay(
        &site,
        beyond.map(|number| {
            row("GET", &format!("webhooks/?page={number}"), None, 404, detail("Invalid page."))
        }),
    );
}

#[test]
fn a_page_size_is_taken_up_to_100_and_one_that_is_none_is_not_taken() {
    let site = many(102);
    for (size, shown) in
        [("1", 1), ("7", 7), ("100", 100), ("101", 100), ("0", 20), ("-1", 20), ("x", 20), ("", 20)]
    {
        let (ids, next, previous) = page(&site, &format!("webhooks/?page_size={size}"));
        assert_eq!(ids, down(102, 103 - shown), "page_size={size}");
        assert!(next.is_some() && previous.is_none());
    }
    let (ids, next, _) = page(&site, "webhooks/?page_size=100&page=2");
    assert_eq!((ids, next), (down(2, 1), None));
}

#[test]
fn following_next_and_previous_walks_over_all_webhooks() {
    let site = many(23);
    let walk = |start: &str, forwards: bool| {
        let (mut path, mut walked) = (start.to_owned(), Vec::new());
        loop {
            let (ids, next, previous) = page(&site, &path);
            walked.push(ids);
            match if forwards { next } else { previous } {
                Some(beside) => path = beside,
                None => return (walked, path),
            }
        }
    };
    for start in ["webhooks/?page_size=5", "webhooks/?x=a%20b&page_size=5&event=permit_created"] {
        let (walked, last) = walk(start, true);
        assert_eq!(walked.len(), 5);
        assert_eq!(walked.concat(), down(23, 1));
        let (mut back, _) = walk(&last, false);
        back.reverse();
        assert_eq!(back, walked);
    }
}

#[test]
fn filters_choose_by_project_event_and_state() {
    let site = Site::open();
    for (project, events, enabled) in [
        (json!(null), json!(["*"]), true),
        (json!(5), json!(["permit_created"]), true),
        (json!(5), json!(["permit_approved"]), false),
        (json!(6), json!([]), true),
    ] {
        let object = new_webhook(&json!({"project": project, "events": events, "enabled": enabled}));
        site.client.post("webhooks/", &object).is(201);
    }
    for (query, ids) in [
        ("project=5", &[3, 2][..]),
        ("project=7", &[]),
        ("event=permit_created", &[2, 1]),
        ("event=permit_approved", &[3, 1]),
        ("event=permit_expired", &[1]),
        ("enabled=true", &[4, 2, 1]),
        ("enabled=false", &[3]),
        ("project=5&event=permit_created&enabled=true", &[2]),
        ("project=5&enabled=true", &[2]),
        ("colour=red", &[4, 3, 2, 1]),
        ("", &[4, 3, 2, 1]),
    ] {
        let path = format!("webhooks/?{query}");
        let found = site.client.get(&path).is(200).json();
        assert_eq!((page(&site, &path).0.as_slice(), &found["count"]), (ids, &json!(ids.len())), "{query}");
    }
    let (ids, next, _) = page(&site, "webhooks/?project=5&page_size=1");
    assert_eq!(ids, [3]);
    assert_eq!(
        page(&site, &next.unwrap()),
        (vec![2], None, page(&site, "webhooks/?project=5&page_size=1&page=2").2)
    );
    replay(
        &site,
        [
            ("project", "x", "A valid integer is required."),
            ("event", "permit_aproved", "\"permit_aproved\" is not a valid choice."),
            ("enabled", "maybe", "Must be a valid boolean."),
        ]
        .map(|(field, value, message)| {
            row("GET", &format!("webhooks/?{field}={value}"), None, 400, json!({field: [message]}))
        }),
    );
}
