//! `listen`: what it prints of what it gets, and how it answers, well and badly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::retrying::emit;
use crate::sandbox::{Child, Run, SECRET, Sandbox};

/// A `listen` with these arguments, and the URL that it says.
fn listen(sandbox: &Sandbox, args: &[&str]) -> (Child, String) {
    let child = sandbox.cmd().arg("listen").args(args).env("PTW_HOOKS_SECRET", SECRET).spawn();
    let url = url(&child);
    (child, url)
}

fn url(child: &Child) -> String {
    child.wait_for_line(Duration::from_secs(20), |line| line.strip_prefix("listening on ").map(str::to_owned))
}

/// A sandbox with a webhook for what listens, and a second for it, which `listen` runs in.
fn sending(url: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create("A", &format!("{url}/a"), &["*"]);
    sandbox
}

fn end(mut child: Child) -> Run {
    child.interrupt();
    child.wait().ok()
}

/// Sends bytes over a connection and reads until it is closed.
fn raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// What came of an emission to a `listen` with these arguments: its only delivery and attempt.
fn attempt(args: &[&str], further: &[&str]) -> Value {
    let place = Sandbox::new();
    let (child, url) = listen(&place, args);
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &format!("{url}/a"), &["*"], further);
    emit(&sandbox, 7, &[]);
    end(child);
    sandbox.run(["inspect", "1", "-ojson"]).ok().json()
}

#[test]
fn a_request_is_a_line_with_both_verdicts_and_the_summary_comes_at_the_end() {
    let place = Sandbox::new();
    let (child, url) = listen(&place, &["-v"]);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let sandbox = sending(&url);
    emit(&sandbox, 7, &[]).ok();
    child.wait_for_stdout("\"permit_number\":\"PTW-7\"");
    sandbox.run(["redeliver", "1"]).ok();
    child.wait_for_stdout("came before");
    let run = end(child);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("TIME   ") && lines[0].ends_with("ANSWERED  NOTE"), "{run}");
    let words: Vec<&str> = lines[2].split_whitespace().skip(2).collect();
    assert_eq!(words, ["permit_approved", "PTW-7", "1", "right", "right", "204"], "{run}");
    assert!(lines[3].starts_with("  {\"event\":\"permit_approved\","), "{run}");
    assert_eq!(lines.len(), 6, "{run}");
    run.stderr_has("2 requests: 2 right, 0 wrong, 1 that came before; answered 204 (2)\n");
}

#[test]
fn a_wrong_secret_is_told_with_the_reason_and_answered_401() {
    let place = Sandbox::new();
    let file = place.write("padded.secret", format!(" {SECRET}\n"));
    let child = place.cmd().args(["listen", "-ondjson", "--secret-file"]).arg(file).spawn();
    let sandbox = sending(&url(&child));
    emit(&sandbox, 7, &[]).code(3);
    let run = end(child);
    let request = run.json_lines().remove(0);
    assert_eq!((&request["answered"], &request["again"]), (&401.into(), &false.into()), "{request}");
    for header in ["x_athens_signature", "webhook_signature"] {
        assert_eq!(request[header]["verdict"], "wrong", "{request}");
        assert!(request[header]["causes"][0]["cause"].as_str().unwrap().contains("white space"), "{request}");
    }
    assert_eq!((&request["permit"], &request["event"]), (&"PTW-7".into(), &"permit_approved".into()));
    assert_eq!(sandbox.run(["inspect", "1", "-ojson"]).json()["request"]["body"], request["body"]);
    run.stderr_has("1 request: 0 right, 1 wrong; answered 401 (1)\n").stdout_lacks(SECRET);
}

#[test]
fn without_a_secret_nothing_is_verified_and_it_says_so() {
    let place = Sandbox::new();
    let child = place.cmd().args(["listen", "-ojson", "--keep", "1"]).spawn();
    let sandbox = sending(&url(&child));
    child.wait_for_stderr("no secret: signatures are not verified");
    emit(&sandbox, 7, &[]).ok();
    emit(&sandbox, 8, &[]).ok();
    let document = end(child).json();
    assert_eq!(document["requests"].as_array().unwrap().len(), 1, "only the last is kept");
    assert_eq!(document["requests"][0]["permit"], "PTW-8");
    assert_eq!(document["requests"][0]["x_athens_signature"]["verdict"], "unchecked");
    assert_eq!((&document["summary"]["requests"], &document["summary"]["right"]), (&2.into(), &0.into()));
}

#[test]
fn it_answers_as_badly_as_it_is_told() {
    for (args, further, outcome, status) in [
        (&["--status", "500"][..], &[][..], "http_status", Some(500)),
        (&["--gone"], &[], "http_status", Some(410)),
        (&["--redirect", "https://new.example/x"], &[], "redirect", Some(307)),
        (&["--retry-after", "3000"], &[], "http_status", Some(503)),
        (&["--reset"], &[], "protocol", None),
        (&["--delay", "20s"], &["--timeout", "1s"], "timeout", None),
        (&["--drip"], &["--timeout", "1s"], "timeout", None),
    ] {
        let found = attempt(args, further);
        let attempt = &found["attempt_log"][0];
        assert_eq!(attempt["outcome"], outcome, "{args:?}: {found}");
        assert_eq!(attempt["response"]["status"].as_u64(), status, "{args:?}: {found}");
        if args[0] == "--redirect" {
            assert!(attempt["error"].as_str().unwrap().contains("https://new.example/x"), "{found}");
        }
        if args[0] == "--retry-after" {
            assert!(attempt["response"]["headers"].to_string().contains("\"3000\""), "{found}");
        }
    }
}

#[test]
fn a_share_of_the_requests_fails() {
    let place = Sandbox::new();
    let (child, url) = listen(&place, &["--fail-rate", "0.3"]);
    let sandbox = sending(&url);
    let lines: Vec<String> = (1..=20)
        .map(|id| format!("{{\"event\":\"permit_created\",\"permit_id\":{id},\"permit_number\":\"P\"}}\n"))
        .collect();
    let batch =
        sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines.concat()).run().code(3).json();
    assert_eq!((&batch["delivered"], &batch["pending"]), (&14.into(), &6.into()));
    end(child).stderr_has("20 requests: 20 right, 0 wrong; answered 204 (14), 500 (6)\n");
}

#[test]
fn connections_are_kept_and_several_are_served_at_once() {
    let place = Sandbox::new();
    let (child, url) = listen(&place, &["--delay", "1s"]);
    let sandbox = Sandbox::new();
    for name in ["A", "B", "C", "D", "E", "F", "G", "H"] {
        sandbox.create(name, &url, &["*"]);
    }
    let began = Instant::now();
    emit(&sandbox, 7, &[]).ok();
    assert!(began.elapsed() < Duration::from_secs(8), "they were served one after the other");
    let get = "GET /x HTTP/1.1\r\nhost: x\r\n\r\n";
    let answers =
        raw(&url, format!("{get}OPTIONS /y HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    assert!(answers.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{answers}");
    assert!(
        answers.contains("HTTP/1.1 204 No Content\r\n") && answers.contains("allow: POST\r\n"),
        "{answers}"
    );
    end(child).stdout_has("GET /x\n").stdout_has("OPTIONS /y\n");
}

#[test]
fn what_is_too_much_or_no_http_is_refused_and_hurts_nobody_else() {
    let place = Sandbox::new();
    let (child, url) = listen(&place, &[]);
    // One that never says anything, and one that stops in the middle.
    let silent = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let mut half = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    half.write_all(b"POST / HT").unwrap();
    let long = format!("POST / HTTP/1.1\r\nx: {}", "x".repeat(40 * 1024));
    for (bytes, answer) in [
        ("POST / HTTP/1.1\r\ncontent-length: 1048577\r\n\r\n", "HTTP/1.1 413 "),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/1.1 411 "),
        ("POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "HTTP/1.1 400 "),
        ("\u{16}\u{3}\u{1} no HTTP\r\n\r\n", ""),
        (&long, "HTTP/1.1 431 "),
    ] {
        let found = raw(&url, bytes.as_bytes());
        // What was not read may reset the connection before the answer is there.
        assert!(found.starts_with(answer) || found.is_empty(), "{bytes:.60}: {found}");
    }
    let sandbox = sending(&url);
    emit(&sandbox, 7, &[]).ok();
    drop((silent, half));
    end(child).stdout_has("its head was refused");
}

#[test]
fn csv_has_one_header_and_each_request_at_once() {
    let place = Sandbox::new();
    let child =
        place.cmd().args(["listen", "-ocsv", "--secret-file", "-"]).stdin(format!("{SECRET}\n")).spawn();
    let url = url(&child);
    let sandbox = sending(&url);
    emit(&sandbox, 7, &[]).ok();
    child.wait_for_stdout("PTW-7");
    emit(&sandbox, 8, &[]).ok();
    let run = end(child);
    assert_eq!(run.stdout.matches("x_athens_signature").count(), 1, "{run}");
    assert_eq!(run.stdout.lines().count(), 3, "{run}");
    run.stderr_has("2 requests: 2 right, 0 wrong; answered 204 (2)\n");
}

#[test]
fn more_connections_than_it_serves_are_answered_503() {
    let place = Sandbox::new();
    let (child, url) = listen(&place, &[]);
    let open = || TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let idle: Vec<TcpStream> = (0..128).map(|_| open()).collect();
    let mut refused = String::new();
    open().read_to_string(&mut refused).unwrap();
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
    drop(idle);
    let sandbox = sending(&url);
    emit(&sandbox, 7, &[]);
    sandbox.run(["retry", "--now"]).ok();
    end(child).stdout_has("PTW-7");
}

#[test]
fn it_ends_with_a_service_manager_too_and_says_what_cannot_be() {
    let sandbox = Sandbox::new();
    let (mut child, url) = listen(&sandbox, &[]);
    let port = url.rsplit(':').next().unwrap();
    sandbox.run(["listen", "--port", port]).code(2).stderr_has("error: cannot listen on 127.0.0.1:");
    sandbox.run(["listen", "--gone", "--status", "500"]).code(2);
    sandbox.run(["listen", "--fail-rate", "1.5"]).code(2).stderr_has("write a number from 0 to 1");
    sandbox.run(["listen", "--delay", "11m"]).code(2).stderr_has("it is at most `10m`");
    sandbox.run(["listen", "--redirect", "a\nb"]).code(2).stderr_has("it cannot be the value of a header");
    child.terminate();
    child.wait().ok().stderr_has("0 requests: 0 right, 0 wrong\n");
}
