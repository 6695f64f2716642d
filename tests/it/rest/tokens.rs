//! Who may do what: tokens that are missing, wrong, revoked, expired or too small.

use serde_json::{Value, json};

use super::client::{Answer, Client, Request};
use super::shape::assert_shape;
use super::{Server, Site, event, token, until};
use crate::receiver::{Behaviour, Receiver};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

const USAGE: i32 = 2;
const REFUSED: i32 = 5;

/// The scope that a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Read,
    Emit,
    Manage,
}

use Scope::{Emit, Manage, Read};

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Read => "read",
            Emit => "emit",
            Manage => "manage",
        }
    }
}

/// Every route, what is sent there, the scope that it asks for and the answer to whoever has it.
fn routes(event_id: &str) -> Vec<(&'static str, String, Option<Value>, Scope, u16)> {
    let webhook = json!({"name": "x", "url": NOBODY, "secret": "abcdefgh"});
    let mut routes: Vec<_> = [
        "webhooks/",
        "webhooks/1/",
        "webhooks/1/deliveries/",
        "deliveries/",
        "deliveries/1/",
        "events/",
        "schema/",
        "stats/",
        "/metrics",
    ]
    .into_iter()
    .map(|path| ("GET", path.to_owned(), None, Read, 200))
    .collect();
    let mut add = |method, path: &str, body: Option<&Value>, scope, status| {
        routes.push((method, path.to_owned(), body.cloned(), scope, status));
    };
    add("GET", &format!("events/{event_id}/"), None, Read, 200);
    add("POST", "events/", Some(&event("permit_created", 1)), Emit, 202);
    add("POST", "events/?wait=true", Some(&event("permit_created", 1)), Emit, 200);
    add("POST", "webhooks/", Some(&webhook), Manage, 201);
    add("PUT", "webhooks/1/", Some(&webhook), Manage, 200);
    add("PATCH", "webhooks/1/", Some(&json!({"url": NOBODY})), Manage, 200);
    add("POST", "webhooks/1/test/", Some(&json!({})), Manage, 502);
    add("POST", "deliveries/1/redeliver/", Some(&json!({})), Manage, 202);
    add("DELETE", "webhooks/2/", None, Manage, 204);
    routes
}

/// A site that sends nothing by itself, with two webhooks, a delivery and the id of its event.
fn furnished() -> (Site, String) {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    site.webhook("gate", NOBODY, &[]);
    let event_id = site.client.post("events/", &event("permit_created", 1)).is(202).json()["id"].clone();
    (site, event_id.as_str().unwrap().to_owned())
}

fn send(client: &Client, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = Request::new(method, path);
    client.send(&if let Some(body) = body { request.json(body) } else { request })
}

fn unauthorized(answer: Answer, detail: &str) {
    let answer = answer.says(401, &json!({"detail": detail}));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{answer}");
}

const MISSING: &str = "Authentication credentials were not provided.";
const INVALID: &str = "Invalid token.";

#[test]
fn nothing_is_done_without_a_token_that_is_valid() {
    let (site, event_id) = furnished();
    let gone = token(&site.sandbox, "gone", &["--scope", "manage"]);
    site.server.client(&gone).get("webhooks/").is(200);
    site.sandbox.run(["token", "revoke", "gone"]).ok();
    let revoked = site.server.client(&gone);
    until("the revocation is followed", || (revoked.get("webhooks/").status == 401).then_some(()));
    let wrong = site.server.client("wrong");
    for (method, path, body, ..) in routes(&event_id) {
        unauthorized(send(&site.server.anonymous(), method, &path, body.as_ref()), MISSING);
        unauthorized(send(&wrong, method, &path, body.as_ref()), INVALID);
        unauthorized(send(&revoked, method, &path, body.as_ref()), INVALID);
    }
    assert_eq!(site.client.get("webhooks/").json()["count"], 2);
    assert_eq!(site.client.get("deliveries/1/").json()["attempts"], 0);
}

#[test]
fn each_route_asks_for_its_scope() {
    for scopes in [&[Read][..], &[Emit], &[Manage], &[Read, Emit]] {
        let (site, event_id) = furnished();
        let names: Vec<&str> = scopes.iter().flat_map(|scope| ["--scope", scope.name()]).collect();
        let client = site.server.client(&token(&site.sandbox, "some", &names));
        for (method, path, body, scope, status) in routes(&event_id) {
            let answer = send(&client, method, &path, body.as_ref());
            if scopes.contains(&scope) || scopes.contains(&Manage) {
                assert_eq!(answer.status, status, "with {scopes:?}: {answer}");
            } else {
                assert_eq!(answer.status, 403, "with {scopes:?}: {answer}");
                let detail = "You do not have permission to perform this action.";
                assert_eq!(answer.json(), json!({"detail": detail}));
            }
        }
        // The batch has a body of its own type.
        let batch = Request::new("POST", "events/batch/")
            .body("application/x-ndjson", format!("{}\n", event("permit_created", 1)));
        let may = scopes.contains(&Emit) || scopes.contains(&Manage);
        assert_eq!(client.send(&batch).status, if may { 202 } else { 403 }, "with {scopes:?}");
    }
}

#[test]
fn a_token_is_taken_as_bearer_and_as_token() {
    let site = Site::open();
    let token = token(&site.sandbox, "some", &["--scope", "read"]);
    let with = |value: &str| {
        site.server.anonymous().send(&Request::new("GET", "webhooks/").header("Authorization", value))
    };
    for value in [format!("Bearer {token}"), format!("Token {token}"), format!("bearer {token}")] {
        assert_eq!(with(&value).status, 200, "{value}");
    }
    for value in [format!("Basic {token}"), token.clone()] {
        unauthorized(with(&value), MISSING);
    }
    let upper = token.to_uppercase();
    for value in [format!("Bearer {token}x"), format!("Bearer {upper}"), format!("Bearer {}", &token[1..])] {
        unauthorized(with(&value), INVALID);
    }
    for value in ["Bearer", "Bearer ", "Token a b"] {
        let answer = with(value).is(401);
        assert_shape(&answer.json(), &json!({"detail": "<text>"}));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let by_query = site.server.anonymous().get(&format!("webhooks/?token={token}"));
    unauthorized(by_query, MISSING);
}

#[test]
fn a_token_ends_when_its_time_is_over() {
    let site = Site::open();
    let created = ["token", "create", "brief", "--scope", "read", "--expires", "1s", "-o", "json"];
    let created = site.sandbox.run(created).ok().json();
    assert_shape(
        &created,
        &json!({"id": "<integer>", "name": "brief", "token": "<text>", "scopes": ["read"], "project": null,
                "expires_at": "<time>", "created_at": "<time>", "+": 0}),
    );
    let client = site.server.client(created["token"].as_str().unwrap());
    until("the token has expired", || (client.get("webhooks/").status == 401).then_some(()));
    unauthorized(client.get("webhooks/"), INVALID);
    let long = token(&site.sandbox, "long", &["--scope", "read", "--expires", "90d"]);
    site.server.client(&long).get("webhooks/").is(200);
}

#[test]
fn a_token_that_is_made_while_the_server_runs_is_taken_at_once() {
    let site = Site::open();
    let fresh = token(&site.sandbox, "fresh", &["--scope", "read"]);
    site.server.client(&fresh).get("webhooks/").is(200);
}

#[test]
fn a_server_without_tokens_does_not_start() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let refused = sandbox.run(["serve", "--listen", "127.0.0.1:0"]);
    assert!(matches!(refused.code, Some(USAGE | REFUSED)), "{refused}");
    refused.stdout_is("").stderr_has("token create").stderr_lacks("listening");
}

#[test]
fn a_server_without_authentication_does_everything_for_everybody() {
    let receiver = Receiver::start(Behaviour::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("ERP", &receiver.url("/x"), &["*"]);
    let server = Server::start(&sandbox, &["--no-auth"]);
    let client = server.anonymous();
    assert_eq!(client.get("webhooks/").is(200).json()["count"], 1);
    client.post("events/?wait=true", &event("permit_created", 1)).is(200);
    client.post("webhooks/1/test/", &json!({})).is(200);
    client.get("/metrics").is(200);
    client.delete("webhooks/1/").is(204);
    // A client that has a token all the same is not turned away.
    server.client("whatever").get("webhooks/").is(200);
}

#[test]
fn without_authentication_the_server_listens_on_this_machine_only() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = sandbox.run(["serve", "--no-auth", "--listen", address]);
        assert!(matches!(refused.code, Some(USAGE | REFUSED)), "{refused}");
        refused.stdout_is("").stderr_has("--no-auth").stderr_lacks("listening");
    }
}

#[test]
fn a_token_is_in_no_log_and_in_no_file_of_the_database() {
    let site = Site::open();
    let secret = token(&site.sandbox, "quiet", &["--scope", "manage"]);
    let client = site.server.client(&secret);
    client.get(&format!("webhooks/?token={secret}")).is(200);
    let answer = client.get("webhooks/").is(200);
    let line = site.server.logged(answer.header("x-request-id").expect("an id"));
    assert_eq!(line["token"], "quiet");
    assert!(!site.server.log_text().contains(&secret), "the token is in the log");
    for file in std::fs::read_dir(site.sandbox.db_path().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "the token is in {}", path.display());
    }
}
