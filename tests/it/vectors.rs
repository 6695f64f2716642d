//! Known signatures over real HTTP, and what `verify` says to a request as it was received and as people spoil it.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::receiver::{Received, Receiver, Reply};
use crate::sandbox::{Run, SECRET, SECRET_KEY, Sandbox};
use crate::verifiers::{emit_sample, python};

const DOCUMENTED: &str = "your_secret_key_here";
const BODY: &str = r#"{"event":"permit_approved","timestamp":"2024-01-15T10:30:00Z","permit_id":123,"permit_number":"PTW-2024-001","project_id":5,"data":{"status":"approved","permit_type":"Hot Work","location":"Building A - Level 3","risk_level":"high","approved_by":"John Doe","comments":"Approved with conditions"}}"#;
const TAG: &str = "ee0820d3fbe299b1cb66a03ffa237fe0ee7ff5a74d87ba06efca77727912f5cf";
const TAG_BASE64: &str = "7ggg0/vimbHLZqA/+iN/4O5/9adNh7oG78p3cnkS9c8=";

/// The exit code of `verify` for a signature that is not right.
const REFUSED: i32 = 5;

/// A sandbox with what one webhook received.
struct Case {
    sandbox: Sandbox,
    received: Received,
    secret: &'static str,
}

impl Case {
    fn emitted(secret: &'static str) -> Self {
        let server = Receiver::start(Reply::status(204));
        let sandbox = Sandbox::new();
        sandbox
            .cmd()
            .args(["create", "--name", "ERP", "--url", &server.url("/hooks"), "--event", "*"])
            .args(["--secret-file", "-"])
            .stdin(secret)
            .run()
            .ok();
        emit_sample(&sandbox).run().ok();
        let received = server.wait_for(1).remove(0);
        sandbox.write("secret", format!("{secret}\n"));
        sandbox.write("body", &received.body);
        Self { sandbox, received, secret }
    }

    fn header(&self, name: &str) -> &str {
        self.received.header(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.received))
    }

    fn athens(&self) -> &str {
        self.header("x-athens-signature")
    }

    /// The timestamp of the request, in unix seconds.
    fn timestamp(&self) -> i64 {
        self.header("webhook-timestamp").parse().expect("a timestamp is a number")
    }

    /// Runs `verify` on files of the sandbox.
    #[track_caller]
    fn verify(&self, body: &str, signature: &str, extra: &[&str]) -> Run {
        let run =
            self.sandbox.cmd().args(["verify", "--body", body, "--signature", signature]).args(extra).run();
        self.assert_discreet(&run);
        run
    }

    /// Asserts the one cause that is given for a signature of these files, in both forms of output.
    #[track_caller]
    fn wrong(&self, body: &str, signature: &str, extra: &[&str], causes: &[&str]) {
        let run = self.verify(body, signature, extra).code(REFUSED);
        for cause in causes {
            let line = format!("cause  {cause}\n  mend ");
            assert!(run.stdout.contains(&line), "no cause {cause:?} in {run}");
        }
        let object = self.verify(body, signature, &[extra, &["-o", "json"]].concat()).code(REFUSED).json();
        let told: Vec<&str> = object["causes"]
            .as_array()
            .into_iter()
            .flatten()
            .inspect(|cause| assert!(cause["mend"].as_str().is_some_and(|mend| !mend.is_empty()), "{cause}"))
            .map(|cause| cause["cause"].as_str().expect("a cause is text"))
            .collect();
        assert_eq!(told, causes, "{object}");
        assert_eq!(object["right"], false, "{object}");
    }

    /// Whoever reads what `verify` says must not be able to sign with it.
    #[track_caller]
    fn assert_discreet(&self, run: &Run) {
        let standard = self.header("webhook-signature").trim_start_matches("v1,");
        let athens = self.athens().trim_start_matches("sha256=");
        let base64 = STANDARD.encode(tag(self.secret.as_bytes(), &self.received.body));
        let bare = self.secret.trim_start_matches("whsec_");
        let said = format!("{}{}", run.stdout, run.stderr).to_lowercase();
        for word in [bare, athens, &base64, standard] {
            assert!(!said.contains(&word.to_lowercase()), "{word} is told by {run}");
        }
    }
}

#[test]
fn the_sample_event_has_the_documented_body_and_signature_on_the_wire() {
    let case = Case::emitted(DOCUMENTED);
    assert_eq!(String::from_utf8_lossy(&case.received.body), BODY);
    assert_eq!(case.athens(), format!("sha256={TAG}"));
    assert_eq!(case.header("x-athens-event"), "permit_approved");
    assert_eq!(case.header("content-type"), "application/json");
    assert_eq!(case.header("content-length"), BODY.len().to_string());
    assert_eq!(case.received.method, "POST");
}

#[test]
fn the_signature_of_standard_webhooks_covers_id_timestamp_and_body_as_they_are_received() {
    for (secret, key) in [(SECRET, &SECRET_KEY[..]), (DOCUMENTED, DOCUMENTED.as_bytes())] {
        let case = Case::emitted(secret);
        let expected = standard(key, case.header("webhook-id"), case.timestamp(), &case.received.body);
        assert_eq!(case.header("webhook-signature"), expected);
        assert!(case.header("webhook-id").starts_with("evt_"));
        assert!(Timestamp::now().as_second().abs_diff(case.timestamp()) < 60);
    }
}

#[test]
fn verify_accepts_both_signatures_of_a_received_request() {
    let case = Case::emitted(SECRET);
    let (id, timestamp) = (case.header("webhook-id"), case.timestamp().to_string());
    let envelope = ["--id", id, "--timestamp", &timestamp];
    for source in [["--secret-file", "secret"], ["--webhook", "ERP"]] {
        let extra = [&source[..], &envelope].concat();
        for (header, signature, extra) in [
            ("X-Athens-Signature", case.athens(), &source[..]),
            ("X-Athens-Signature", case.athens(), &extra),
            ("webhook-signature", case.header("webhook-signature"), &extra),
        ] {
            case.verify("body", signature, extra)
                .ok()
                .stdout_is(format!("{header} is right\n"))
                .stderr_is("");
            let json = [extra, &["-o", "json"]].concat();
            let object = case.verify("body", signature, &json).ok().json();
            assert_eq!(object, json!({"right": true, "header": header, "causes": [], "warnings": []}));
        }
    }
    // The body from standard input and the secret from the environment.
    let run =
        case.sandbox.cmd().args(["verify", "--signature", case.athens()]).env("PTW_HOOKS_SECRET", SECRET);
    run.stdin(case.received.body.clone()).run().ok().stdout_is("X-Athens-Signature is right\n");
}

#[test]
fn verify_warns_of_a_plain_secret_that_published_libraries_decode() {
    let case = Case::emitted(DOCUMENTED);
    let timestamp = case.timestamp().to_string();
    let extra = ["--secret-file", "secret", "--id", case.header("webhook-id"), "--timestamp", &timestamp];
    let run = case.verify("body", case.header("webhook-signature"), &extra).ok();
    run.stdout_is("webhook-signature is right\n").stderr_has("the secret has no prefix `whsec_`");
}

#[test]
fn verify_names_what_was_changed_in_body_signature_or_secret() {
    let case = Case::emitted(DOCUMENTED);
    let with = |file: &'static str| ["--secret-file", file];
    let right = format!("sha256={TAG}");

    case.sandbox.write("body-lf", format!("{BODY}\n"));
    let line_end = "the body given ends in a line end that is not part of what was signed";
    case.wrong("body-lf", &right, &with("secret"), &[line_end]);

    case.wrong("body", TAG, &with("secret"), &["the signature lacks its prefix `sha256=`"]);

    let base64 = "the signature is in base64 instead of hex";
    case.wrong("body", &format!("sha256={TAG_BASE64}"), &with("secret"), &[base64]);

    case.sandbox.write("secret-space", format!("{DOCUMENTED} \n"));
    let space = "the secret given has white space around it that is not part of the key";
    case.wrong("body", &right, &with("secret-space"), &[space]);

    case.sandbox.write("secret-lines", format!("{DOCUMENTED}\n\n"));
    let lines = "the secret given ends in a line end that is not part of the key";
    case.wrong("body", &right, &with("secret-lines"), &[lines]);

    let run = case.verify("body", &athens(b"another secret", BODY.as_bytes()), &with("secret")).code(REFUSED);
    run.stdout_has("most likely it was made with another secret");
}

#[test]
fn verify_recognises_what_json_dumps_of_a_real_python_makes_of_the_body() {
    let case = Case::emitted(DOCUMENTED);
    let dumped = python_dumps(&case.received.body);
    assert_ne!(dumped, case.received.body);
    let secret = ["--secret-file", "secret"];

    // The receiver computed the signature over its own form, and asks about the body as it came.
    let causes =
        ["the body was re-serialised before it was checked: the signature is right for the form that \
         Python's `json.dumps` or Python's `json.dumps` with `ensure_ascii=False` writes"];
    case.wrong("body", &athens(DOCUMENTED.as_bytes(), &dumped), &secret, &causes);

    // The receiver kept only its own form, and asks about the signature as it came.
    case.sandbox.write("dumped", &dumped);
    let causes =
        ["the body was re-serialised before it was checked: the signature is right for the form that \
         JavaScript's `JSON.stringify`, ptw-hooks or Python's `json.dumps` with `separators=(\",\", \":\")` \
         writes; the body given is in the form that Python's `json.dumps` or Python's `json.dumps` with \
         `ensure_ascii=False` writes"];
    case.wrong("dumped", case.athens(), &secret, &causes);
}

#[test]
fn verify_refuses_timestamps_that_are_more_than_five_minutes_away() {
    let case = Case::emitted(SECRET);
    let id = case.header("webhook-id");
    let check = |timestamp: i64, signed_at: i64, extra: &[&str]| {
        let signature = standard(&SECRET_KEY, id, signed_at, &case.received.body);
        let timestamp = timestamp.to_string();
        let base = ["--secret-file", "secret", "--id", id, "--timestamp", &timestamp];
        case.verify("body", &signature, &[&base, extra].concat())
    };
    let now = Timestamp::now().as_second();
    for near in [now - 200, now + 200] {
        check(near, near, &[]).ok();
    }
    for (far, side) in [(now - 400, "seconds old"), (now + 400, "seconds ahead")] {
        let run = check(far, far, &[]).code(REFUSED);
        run.stdout_has("cause  the timestamp is ")
            .stdout_has(side)
            .stdout_has("receivers refuse more than 300");
        let object = check(far, far, &["-o", "json"]).code(REFUSED).json();
        assert_eq!(object["causes"].as_array().map(Vec::len), Some(1), "{object}");
        assert_eq!(object["header"], "webhook-signature", "{object}");
    }
    // Not the one that was signed.
    check(now - 1, now, &[]).code(REFUSED).stdout_has("webhook-signature is not right");
}

/// The vector that the libraries of Standard Webhooks test with: all is right but its age.
#[test]
fn verify_finds_nothing_but_age_in_the_vector_of_standard_webhooks() {
    let sandbox = Sandbox::new();
    sandbox.write("body", r#"{"email":"test@example.com","username":"test_user"}"#);
    let run = sandbox
        .cmd()
        .args(["verify", "--body", "body", "--signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="])
        .args(["--id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "--timestamp", "1649367553", "-o", "json"])
        .env("PTW_HOOKS_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
        .run()
        .code(REFUSED);
    let object: Value = run.json();
    let causes = object["causes"].as_array().expect("causes are a list");
    assert_eq!(causes.len(), 1, "{run}");
    assert!(causes[0]["cause"].as_str().is_some_and(|cause| cause.contains("seconds old")), "{run}");
}

/// What a Python receiver has after `json.loads`, written with `json.dumps`.
fn python_dumps(body: &[u8]) -> Vec<u8> {
    let script = "import json, sys; print(json.dumps(json.load(sys.stdin.buffer)), end='')";
    let mut process = Command::new(python())
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python can be started");
    // Less than a pipe holds, so that nobody waits for anybody.
    process.stdin.take().expect("stdin is a pipe").write_all(body).expect("python reads");
    let output = process.wait_with_output().expect("python ends");
    assert!(output.status.success(), "{}", output.status);
    output.stdout
}

fn tag(key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(content);
    mac.finalize().into_bytes().to_vec()
}

/// `X-Athens-Signature` of a body.
pub fn athens(key: &[u8], body: &[u8]) -> String {
    tag(key, body).iter().fold("sha256=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn standard(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let content = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(tag(key, &content)))
}
