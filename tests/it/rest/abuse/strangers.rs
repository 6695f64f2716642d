//! Those who guess tokens, or hide them in strange places.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{exchange, statuses};
use crate::rest::client::{Answer, Connection, Request};
use crate::rest::{Site, token};
use crate::sandbox::Sandbox;

fn quiet() -> (Site, String) {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let token = token(&site.sandbox, "some", &["--scope", "read"]);
    (site, token)
}

/// Asks from this address of the machine, with this token.
fn ask(site: &Site, from: [u8; 4], token: &str) -> Answer {
    let request = Request::new("GET", "webhooks/").header("Authorization", &format!("Bearer {token}"));
    let mut connection = Connection::open_from(from.into(), site.server.address).unwrap();
    connection.send(&request.to_bytes(site.server.address)).unwrap();
    connection.answer(&request).unwrap()
}

#[test]
fn whoever_guesses_waits_longer_each_time_and_is_in_the_log() {
    let (site, token) = quiet();
    let (bad, good) = ([127, 9, 0, 1], [127, 9, 0, 2]);
    let timed = |from, token: &str, status| {
        let asked = Instant::now();
        ask(&site, from, token).is(status);
        asked.elapsed()
    };
    let waits: Vec<Duration> = (0..7).map(|_| timed(bad, "guess", 401)).collect();
    assert!(waits[0] < Duration::from_millis(600), "the first one may be a slip: {waits:?}");
    for (wait, least) in waits.iter().zip([0, 100, 200, 400, 800, 1000, 1000]) {
        assert!(*wait >= Duration::from_millis(least), "{waits:?}");
        assert!(*wait < Duration::from_millis(least + 3000), "{waits:?}");
    }
    // While somebody at that address waits, a token that is right is answered at once, and so is everybody else.
    thread::scope(|scope| {
        let guessing = scope.spawn(|| timed(bad, "guess", 401));
        let waits = [timed(bad, &token, 200), timed(good, &token, 200), timed(good, "slip", 401)];
        let guessed = guessing.join().unwrap();
        for wait in waits {
            assert!(wait < guessed, "{waits:?} and {guessed:?}");
        }
    });
    let log = site.server.log();
    let failed: Vec<_> = log.iter().filter(|line| line["message"] == "authentication failed").collect();
    assert_eq!(failed.len(), 9);
    assert_eq!(failed.iter().filter(|line| line["peer"] == "127.9.0.1").count(), 8);
    assert!(failed.iter().all(|line| line["level"] == "warn"));
    let text = site.server.log_text();
    assert!(!text.contains("guess") && !text.contains(&token), "what was shown is not in the log");
}

#[test]
fn a_token_counts_in_one_place_only() {
    let (site, token) = quiet();
    let (quoted, cut) = (format!("\"{token}\""), &token[..token.len() - 1]);
    let long = "x".repeat(30_000);
    for headers in [
        vec![("X-Authorization", format!("Bearer {token}"))],
        vec![("Proxy-Authorization", format!("Bearer {token}"))],
        vec![("X-Api-Key", token.clone())],
        vec![("Cookie", format!("token={token}; Authorization=Bearer {token}"))],
        vec![("Authorization", format!("Bearer,{token}"))],
        vec![("Authorization", format!("Bearer {quoted}"))],
        vec![("Authorization", format!("Bearer {cut}"))],
        vec![("Authorization", format!("Bearer {token},{token}"))],
        vec![("Authorization", format!("Bearer Bearer {token}"))],
        vec![("Authorization", format!("Bearer {long}"))],
        vec![("Authorization", long.clone())],
        vec![("Authorization", "Bearer \u{e9}\u{202e}".to_owned())],
    ] {
        let request = headers
            .iter()
            .fold(Request::new("GET", "webhooks/"), |request, (name, value)| request.header(name, value));
        let answer = site.server.anonymous().send(&request).is(401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(!answer.text().contains(&token), "{answer}");
    }
    // Somebody before this server may have looked at the other one.
    for (first, second) in [("wrong", &token[..]), (&token, "wrong"), (&token, &token)] {
        let request = Request::new("GET", "webhooks/")
            .header("Authorization", &format!("Bearer {first}"))
            .header("Authorization", &format!("Bearer {second}"));
        let answer = site.server.anonymous().send(&request).is(400);
        assert_eq!(answer.json(), json!({"detail": "A request has one Authorization header at the most."}));
    }
    let huge = format!(
        "GET /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        "x".repeat(100_000)
    );
    assert_eq!(statuses(&exchange(&site.server, huge)), [431]);
    assert!(!site.server.log_text().contains(&token));
}

#[test]
fn many_who_guess_at_once_do_not_keep_others_waiting() {
    let (site, token) = quiet();
    thread::scope(|scope| {
        for guesser in 0..32_u8 {
            let site = &site;
            scope.spawn(move || {
                for _ in 0..5 {
                    ask(site, [127, 8, 0, 1 + guesser], "guess").is(401);
                }
            });
        }
        for _ in 0..20 {
            let asked = Instant::now();
            ask(&site, [127, 8, 1, 1], &token).is(200);
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        }
    });
}
