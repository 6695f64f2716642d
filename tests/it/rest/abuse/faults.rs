//! A database that somebody else holds.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect};

#[test]
fn while_another_process_holds_the_database_requests_wait_and_none_fails() {
    const HELD: Duration = Duration::from_secs(3);
    let site = Site::of(Sandbox::new(), &[]);
    for name in ["one", "two", "three"] {
        site.webhook(name, NOBODY, &["permit_created"]);
    }
    let other = connect(&site.sandbox);
    other.execute_batch("BEGIN IMMEDIATE; UPDATE webhooks SET name = 'changed' WHERE id = 1").unwrap();
    let begun = Instant::now();
    let client = &site.client;
    let webhook = json!({"name": "x", "url": NOBODY, "secret": "abcdefgh", "events": ["*"]});
    thread::scope(|scope| {
        let writes: Vec<_> = (0..24)
            .map(|n| {
                let webhook = &webhook;
                scope.spawn(move || {
                    match n {
                        0 => client.patch("webhooks/2/", &json!({"name": "patched"})).is(200),
                        1 => client.delete("webhooks/3/").is(204),
                        2 => client.get("/readyz").is(200),
                        n if n % 3 == 0 => client.post("webhooks/", webhook).is(201),
                        n => client.post("events/", &event("permit_created", n)).is(202),
                    };
                    begun.elapsed()
                })
            })
            .collect();
        // Whoever only reads does not wait.
        for path in ["webhooks/", "deliveries/", "events/", "/healthz"] {
            let asked = Instant::now();
            client.get(path).is(200);
            assert!(asked.elapsed() < Duration::from_secs(2), "{path}: {:?}", asked.elapsed());
        }
        thread::sleep(HELD.saturating_sub(begun.elapsed()));
        other.execute_batch("COMMIT").unwrap();
        for write in writes {
            let waited = write.join().expect("none fails");
            assert!(waited < HELD + Duration::from_secs(8), "{waited:?}");
        }
    });
    let names: Vec<_> =
        (1..=2).map(|id| client.get(&format!("webhooks/{id}/")).json()["name"].clone()).collect();
    assert_eq!(names, ["changed", "patched"]);
}
