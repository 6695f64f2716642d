//! What holds for every route: slashes, methods, media types, sizes, and JSON that is none.

use serde_json::{Value, json};

use super::{BASE, bare, detail, no_webhook, raw, replay, row};
use crate::rest::Site;
use crate::rest::client::Request;
use crate::steps::NOBODY;

const JSON: &str = "application/json";
const MEBIBYTE: usize = 1024 * 1024;

/// Every route below [`BASE`] for ids that exist, with its methods in alphabetical order.
const ROUTES: [(&str, &str); 11] = [
    ("webhooks/", "GET, HEAD, OPTIONS, POST"),
    ("webhooks/1/", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ("webhooks/1/test/", "OPTIONS, POST"),
    ("webhooks/1/deliveries/", "GET, HEAD, OPTIONS"),
    ("events/", "GET, HEAD, OPTIONS, POST"),
    ("events/batch/", "OPTIONS, POST"),
    ("deliveries/", "GET, HEAD, OPTIONS"),
    ("deliveries/1/", "GET, HEAD, OPTIONS"),
    ("deliveries/1/redeliver/", "OPTIONS, POST"),
    ("schema/", "GET, HEAD, OPTIONS"),
    ("stats/", "GET, HEAD, OPTIONS"),
];

/// A site with a webhook and a delivery.
fn furnished() -> Site {
    let site = Site::open();
    site.webhook("ERP", NOBODY, &["*"]);
    site.client.post("webhooks/1/test/", &json!({})).is(502);
    site
}

#[test]
fn a_get_without_the_slash_is_sent_to_the_path_with_it() {
    let site = furnished();
    let readable = ROUTES.iter().filter(|(_, methods)| methods.contains("GET"));
    let redirects = readable.flat_map(|(path, _)| {
        let path = path.trim_end_matches('/');
        ["", "?page=2&x=a%20b"].map(|query| (format!("{path}{query}"), format!("{BASE}{path}/{query}")))
    });
    for (from, to) in redirects {
        let answer = site.client.get(&from).is(301);
        assert_eq!(super::path_of(&site, answer.header("location").unwrap()), to, "{answer}");
    }
}

#[test]
fn other_methods_do_not_find_a_path_without_its_slash() {
    let site = furnished();
    let rows = ROUTES.iter().flat_map(|(path, methods)| {
        let path = path.trim_end_matches('/');
        let methods = methods.split(", ").filter(|method| matches!(*method, "POST" | "PUT" | "PATCH"));
        methods.map(move |method| row(method, path, Some(&json!({})), 404, detail("Not found.")))
    });
    replay(&site, rows.chain([row("DELETE", "webhooks/1", None, 404, detail("Not found."))]));
    site.client.get("webhooks/1/").is(200);
}

#[test]
fn unknown_paths_are_not_found() {
    let site = furnished();
    let paths = [
        "",
        "/",
        "/api/v1/",
        "/api/v2/ptw/webhooks/",
        "nothing/",
        "webhooks//",
        "webhooks/1/nothing/",
        "webhooks/1/test/x/",
        "webhooks/1/deliveries/1/",
        "webhooks/1//",
        "/webhooks/",
        "/etc/passwd/",
        "webhooks/%2e%2e/deliveries/",
    ];
    replay(&site, paths.map(|path| row("GET", path, None, 404, detail("Not found."))));
    replay(&site, [row("POST", "nothing/", Some(&json!({})), 404, detail("Not found."))]);
}

#[test]
fn unknown_ids_and_ids_that_are_no_number_are_not_found() {
    let site = furnished();
    let object = json!({"name": "x", "url": NOBODY});
    let routes = [
        ("GET", "", None),
        ("PUT", "", Some(&object)),
        ("PATCH", "", Some(&object)),
        ("DELETE", "", None),
        ("POST", "test/", Some(&object)),
        ("GET", "deliveries/", None),
    ];
    for (method, rest, body) in routes {
        let unknown = ["99", "0", "-1"].map(|id| (id, no_webhook()));
        let strange = ["abc", "1.5", "1e0", "%31x", "ERP"].map(|id| (id, detail("Not found.")));
        let huge = [("99999999999999999999", detail("<text>"))];
        replay(
            &site,
            unknown.into_iter().chain(strange).chain(huge).map(|(id, answer)| {
                let path = format!("webhooks/{id}/{rest}");
                row(method, &path, body, 404, answer)
            }),
        );
    }
    let others = ["deliveries/99/", "deliveries/abc/", "events/evt_99/", "events/1/"];
    replay(&site, others.map(|path| row("GET", path, None, 404, detail("<text>"))));
    let again = ["deliveries/99/redeliver/", "deliveries/abc/redeliver/"];
    replay(&site, again.map(|path| row("POST", path, Some(&json!({})), 404, detail("<text>"))));
}

#[test]
fn a_method_that_a_route_does_not_have_is_refused_with_those_that_it_has() {
    let site = furnished();
    for (path, allowed) in ROUTES {
        let refused = ["GET", "POST", "PUT", "PATCH", "DELETE"]
            .into_iter()
            .filter(|method| !allowed.split(", ").any(|one| one == *method));
        replay(
            &site,
            refused.map(|method| {
                let body = json!({});
                let body = (method != "GET" && method != "DELETE").then_some(&body);
                let answer = detail(&format!("Method \"{method}\" not allowed."));
                row(method, path, body, 405, answer).with("allow", allowed)
            }),
        );
    }
    let strange = row("PURGE", "webhooks/", None, 405, detail("Method \"PURGE\" not allowed."));
    replay(&site, [strange.with("allow", ROUTES[0].1)]);
    site.client.get("webhooks/1/").is(200);
}

#[test]
fn options_names_the_methods_and_head_is_a_get_without_its_body() {
    let site = furnished();
    for (path, allowed) in ROUTES {
        let answer = site.client.send(&Request::new("OPTIONS", path));
        assert!(matches!(answer.status, 200 | 204), "{answer}");
        assert_eq!(answer.allowed().join(", "), allowed, "{answer}");
        if allowed.contains("HEAD") {
            let (get, head) = (site.client.get(path).is(200), site.client.send(&Request::new("HEAD", path)));
            let head = head.is(200);
            assert_eq!(head.header("content-type"), get.header("content-type"));
            let length = get.body.len().to_string();
            assert!(head.header("content-length").is_none_or(|said| said == length), "{head}");
        }
    }
    replay(&site, [bare("HEAD", "webhooks/99/", 404)]);
}

#[test]
fn what_is_no_json_is_a_parse_error() {
    let site = Site::open();
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    let bad: [&[u8]; 8] = [
        b"{",
        b"{\"name\":}",
        b"{\"name\":\"x\",}",
        b"{'name':'x'}",
        b"{} {}",
        b"{\"name\":\"\xff\"}",
        b"nothing",
        &deep,
    ];
    for body in bad {
        let answer = || detail("<starts JSON parse error - >");
        replay(
            &site,
            [
                raw("POST", "webhooks/", JSON, body, 400, answer()),
                raw("POST", "events/", JSON, body, 400, answer()),
            ],
        );
    }
    site.webhook("ERP", NOBODY, &[]);
    for method in ["PUT", "PATCH"] {
        replay(&site, [raw(method, "webhooks/1/", JSON, b"{", 400, detail("<starts JSON parse error - >"))]);
    }
}

#[test]
fn json_that_is_no_object_is_refused_by_its_type() {
    let site = Site::open();
    site.webhook("ERP", NOBODY, &[]);
    let others = [
        (json!([]), "list"),
        (json!("x"), "str"),
        (json!(5), "int"),
        (json!(1.5), "float"),
        (json!(true), "bool"),
    ];
    for (body, name) in others {
        let message = format!("Invalid data. Expected a dictionary, but got {name}.");
        let routes =
            [("POST", "webhooks/"), ("PUT", "webhooks/1/"), ("PATCH", "webhooks/1/"), ("POST", "events/")];
        replay(
            &site,
            routes.map(|(method, path)| {
                row(method, path, Some(&body), 400, json!({"non_field_errors": [message]}))
            }),
        );
    }
}

#[test]
fn a_body_that_is_not_json_by_its_type_is_not_looked_at() {
    let site = Site::open();
    site.webhook("ERP", NOBODY, &[]);
    let body = br#"{"name":"x","url":"https://erp.example/x","secret":"abcdefgh"}"#;
    for media_type in
        ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "application/xml"]
    {
        let answer = || detail(&format!("Unsupported media type \"{media_type}\" in request."));
        let routes =
            [("POST", "webhooks/"), ("PUT", "webhooks/1/"), ("PATCH", "webhooks/1/"), ("POST", "events/")];
        replay(&site, routes.map(|(method, path)| raw(method, path, media_type, body, 415, answer())));
    }
    let mut untyped = Request::new("POST", "webhooks/");
    untyped.body = body.to_vec();
    site.client.send(&untyped).says(415, &detail("Unsupported media type \"\" in request."));
    let mut created = 1;
    for media_type in
        ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
    {
        site.client.send(&Request::new("POST", "webhooks/").body(media_type, body)).is(201);
        created += 1;
    }
    assert_eq!(site.client.get("webhooks/").json()["count"], created);
}

#[test]
fn no_body_at_all_is_an_empty_object() {
    let site = Site::open();
    let required = json!(["This field is required."]);
    let answer = json!({"name": required, "url": required, "secret": required});
    replay(&site, [raw("POST", "webhooks/", JSON, b"", 400, answer)]);
}

#[test]
fn a_body_of_one_mebibyte_is_read_and_a_longer_one_is_refused() {
    let site = Site::open();
    let sized = |length: usize| {
        let mut body = super::new_webhook(&json!({"pad": ""}));
        let pad = length - body.to_string().len();
        body["pad"] = Value::String("x".repeat(pad));
        body.to_string()
    };
    let post = |body: String| site.client.send(&Request::new("POST", "webhooks/").body(JSON, body));
    post(sized(MEBIBYTE)).is(201);
    for length in [MEBIBYTE + 1, 5 * MEBIBYTE] {
        let answer = post(sized(length)).is(413);
        crate::rest::shape::assert_shape(&answer.json(), &detail("<text>"));
    }
    // The same without saying its length beforehand.
    let long = sized(MEBIBYTE + 1);
    let chunked = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let request =
        Request::new("POST", "webhooks/").header("Transfer-Encoding", "chunked").body(JSON, chunked);
    site.client.send(&request).is(413);
    assert_eq!(site.client.get("webhooks/").json()["count"], 1);
}
