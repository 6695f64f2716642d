//! A disk that is full while the server runs.

use std::fs::{self, File};
use std::io::Write;

use serde_json::json;

use super::permit;
use crate::receiver::{Behaviour, Receiver};
use crate::rest::{PATIENCE, Server, event, until};
use crate::sandbox::Sandbox;

/// Puts the database on a small disk that only this process sees, and serves it.
const SCRIPT: &str = r#"
    set -eu
    mount -t tmpfs -o size=4m tmpfs disk
    "$0" create --name ERP --url "$URL" --event '*' -q >/dev/null
    "$0" token create site --scope manage -o json >token.json
    exec "$0" "$@"
"#;

#[test]
fn on_a_full_disk_the_server_says_so_and_goes_on_when_there_is_space_again() {
    let receiver = Receiver::start(Behaviour::status(200));
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    let child = sandbox
        .cmd()
        .env("PTW_HOOKS_DB", "disk/x.db")
        .env("URL", receiver.url("/x"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .under("unshare", ["-rm", "sh", "-c", SCRIPT])
        .spawn();
    let url = child.wait_for_line(PATIENCE, |line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["url"].as_str().map(ToOwned::to_owned)
    });
    let server = Server::at(child, &url);
    let token: serde_json::Value =
        serde_json::from_slice(&fs::read(sandbox.dir().join("token.json")).unwrap()).unwrap();
    let client = server.client(token["token"].as_str().unwrap());
    client.get("/readyz").is(200);
    client.post("events/", &event("permit_created", 1)).is(202);

    // Its disk, as it sees it.
    let root = format!("/proc/{}/root", server.child.id());
    let fill = format!("{root}{}/disk/fill", sandbox.dir().display());
    let mut filled = File::create(&fill).unwrap();
    let zeroes = [0; 4096];
    while filled.write_all(&zeroes).is_ok() {}

    let mut accepted = vec![1];
    let mut next = 2;
    let mut big = |client: &crate::rest::client::Client| {
        let mut event = event("permit_created", next);
        event["data"]["text"] = json!("x".repeat(20_000));
        next += 1;
        let answer = client.post("events/", &event);
        if answer.status == 202 {
            accepted.push(next - 1);
        }
        answer
    };
    // What the log of the database has room for is still accepted.
    let refused = until("the disk is full", || Some(big(&client)).filter(|answer| answer.status != 202));
    let refused = refused.is(503);
    assert!(refused.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()), "{refused}");
    assert_eq!(refused.json(), json!({"detail": "The database cannot be used at the moment."}));
    let webhook = json!({"name": "x".repeat(200), "url": receiver.url("/y"), "secret": "abcdefgh"});
    until("nothing can be written", || (client.post("webhooks/", &webhook).status == 503).then_some(()));
    until("it is not ready", || (client.get("/readyz").status == 503).then_some(()));
    client.get("/healthz").is(200);
    for path in ["webhooks/", "webhooks/1/", "deliveries/", "events/", "/metrics"] {
        client.get(path).is(200);
    }
    let text = server.log_text();
    assert!(text.contains("the disk is full"), "{text}");

    fs::remove_file(&fill).unwrap();
    drop(filled);
    until("it recovers by itself", || (big(&client).status == 202).then_some(()));
    until("it is ready", || (client.get("/readyz").status == 200).then_some(()));
    let wanted = accepted.clone();
    until("everything that was accepted is sent", || {
        let sent: Vec<i64> = receiver.received().iter().map(permit).collect();
        wanted.iter().all(|permit| sent.contains(permit)).then_some(())
    });
    until("and recorded", || {
        (client.get("deliveries/?status=pending").is(200).json() == json!([])).then_some(())
    });
}
