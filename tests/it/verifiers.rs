//! Receivers as people have written them, in Python and Node.js, against what `emit` really sends.
//!
//! The programs are in `tests/receivers/`. Each answers 204 only where its verifier accepts the request and refuses it
//! with one byte of the body changed, so that the exit code of `emit` carries the verdict of all of them.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::payloads::payload;
use crate::sandbox::{Cmd, Run, SECRET, Sandbox};

/// The secret of the documentation.
const DOCUMENTED: &str = "your_secret_key_here";
/// One that shows how its characters become bytes.
const UNICODE: &str = "Grüße, 鍵 & 🔑 = '\"\\u00e9\"'";
/// The programs and their secrets. The `standardwebhooks` libraries take none but `whsec_<base64>`.
const PROGRAMS: [(&str, &str); 4] =
    [("athens.py", DOCUMENTED), ("athens.mjs", UNICODE), ("standard.py", SECRET), ("standard.mjs", SECRET)];
/// How many payloads are generated.
const PAYLOADS: u64 = 2000;
/// How many processes emit at once, each on a database of its own.
const EMITTERS: u64 = 4;

/// The exit code of `emit` where something was not delivered.
const UNDELIVERED: i32 = 3;

/// A running receiver, which is killed when it is dropped.
pub struct Program {
    pub name: &'static str,
    secret: &'static str,
    process: Child,
    port: u16,
}

impl Program {
    /// Starts a program of `tests/receivers/` and waits until it listens.
    pub fn start(name: &'static str, secret: &'static str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers").join(name);
        let python = python();
        let interpreter = match script.extension() {
            Some(extension) if extension == "py" => python,
            _ => PathBuf::from("node"),
        };
        let mut process = Command::new(interpreter)
            .arg(script)
            .env("WEBHOOK_SECRET", secret)
            // The tests leave nothing in the source tree.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started ({error})"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("stdout can be read");
        let port = line.trim().parse();
        let program = Self { name, secret, process, port: port.clone().unwrap_or(0) };
        assert!(port.is_ok(), "{name} printed {line:?} instead of its port; stderr says why");
        program
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks?from=ptw-hooks", self.port)
    }

    /// What it has counted: `requests`, distinct `bodies`, those that it has `accepted`, and the first `reasons` to
    /// refuse one.
    pub fn count(&self) -> Value {
        let answer = self.ask("GET", "");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }

    /// Changes its secret: what was made with another one is refused from now on.
    pub fn change(&self, secret: &str) {
        let answer = self.ask("PUT", secret);
        assert!(answer.starts_with("HTTP/1.1 204 "), "{}: {answer:?}", self.name);
    }

    fn ask(&self, method: &str, body: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        let length = body.len();
        let head = format!(
            "{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python of the installed receivers.
pub fn python() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/receivers");
    let python = installed.join("venv/bin/python");
    let modules = installed.join("node_modules/standardwebhooks");
    assert!(
        python.exists() && modules.exists(),
        "the receivers are not installed in {}: run tests/receivers/install.sh",
        installed.display()
    );
    python
}

fn all_four() -> [Program; 4] {
    PROGRAMS.map(|(name, secret)| Program::start(name, secret))
}

/// A database with a webhook for each program, for every event of every project.
fn subscribed(programs: &[Program]) -> Sandbox {
    let sandbox = Sandbox::new();
    for program in programs {
        subscribe(&sandbox, program, program.secret);
    }
    sandbox
}

fn subscribe(sandbox: &Sandbox, program: &Program, secret: &str) {
    sandbox
        .cmd()
        .args([
            "create",
            "--name",
            program.name,
            "--url",
            &program.url(),
            "--event",
            "*",
            "--secret-file",
            "-",
        ])
        .stdin(secret)
        .run()
        .ok();
}

/// The arguments of `emit` for the sample event.
pub fn emit_sample(sandbox: &Sandbox) -> Cmd {
    sandbox
        .cmd()
        .args(["emit", "permit_approved", "--timestamp", "2024-01-15T10:30:00Z", "--permit-id", "123"])
        .args(["--permit-number", "PTW-2024-001", "--project", "5", "--status", "approved"])
        .args(["--permit-type", "Hot Work", "--location", "Building A - Level 3", "--risk-level", "high"])
        .args(["--data", "approved_by=John Doe", "--data", "comments=Approved with conditions"])
}

fn emit_payload(sandbox: &Sandbox, id: u64, data: &str) -> Run {
    sandbox
        .cmd()
        .args(["emit", EVENTS[usize::try_from(id).unwrap() % EVENTS.len()], "--permit-id", &id.to_string()])
        .args(["--permit-number", "PTW-2024-001", "--data-json", "-"])
        .stdin(data)
        .run()
}

/// Events whose names have lengths of their own.
const EVENTS: [&str; 4] = ["permit_approved", "workflow_initiated", "escalation_triggered", "permit_created"];

#[test]
fn every_receiver_verifies_every_generated_payload() {
    let payloads: Vec<String> = (0..PAYLOADS).map(payload).collect();
    let distinct: HashSet<String> = payloads.iter().map(|text| rewritten(text)).collect();
    assert_eq!(distinct.len(), payloads.len(), "payloads say the same");
    let programs = all_four();

    thread::scope(|scope| {
        for emitter in 0..EMITTERS {
            let (programs, payloads) = (&programs, &payloads);
            scope.spawn(move || {
                let sandbox = subscribed(programs);
                for (id, data) in (0..).zip(payloads).filter(|(id, _)| id % EMITTERS == emitter) {
                    let run = emit_payload(&sandbox, id, data);
                    if run.code != Some(0) {
                        let counts = programs.each_ref().map(|program| (program.name, program.count()));
                        panic!("payload {id} was refused: {data}\n{counts:#?}\n{run}");
                    }
                }
            });
        }
    });

    for program in &programs {
        let count = program.count();
        assert_eq!(count["requests"], PAYLOADS, "{}: {count}", program.name);
        assert_eq!(count["bodies"], PAYLOADS, "{}: {count}", program.name);
    }
}

#[test]
fn every_receiver_verifies_the_sample_event_and_the_test_event() {
    let programs = all_four();
    let sandbox = subscribed(&programs);
    emit_sample(&sandbox).run().ok();
    for program in &programs {
        sandbox.run(["test", program.name]).ok();
        let count = program.count();
        assert_eq!((&count["requests"], &count["bodies"]), (&2.into(), &2.into()), "{}", program.name);
    }
}

#[test]
fn a_receiver_with_another_secret_refuses_the_request() {
    let programs = all_four();
    let sandbox = Sandbox::new();
    for program in &programs {
        subscribe(&sandbox, program, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHiA=");
    }
    let run = emit_sample(&sandbox).arg("-ojson").run().code(UNDELIVERED);
    assert_eq!(run.stdout.matches("\"response_code\": 401").count(), programs.len(), "{run}");
    for program in &programs {
        let count = program.count();
        assert_eq!(count["requests"], 1, "{}", program.name);
        let reason = count["reasons"][0].as_str().unwrap_or_default();
        assert!(reason.starts_with("the signature was not accepted"), "{}: {count}", program.name);
    }
}

#[test]
fn generated_payloads_have_every_spelling_and_seldom_the_one_that_is_sent() {
    let payloads: Vec<String> = (0..PAYLOADS).map(payload).collect();
    let others = payloads.iter().filter(|text| rewritten(text) != **text).count();
    assert!(others > 1900, "the form of only {others} payloads has to be changed");
    for text in [
        "1.0",
        "1e21",
        "1e-7",
        "-0",
        "5e-324",
        "0.1",
        "1E2",
        "9007199254740991",
        "-9007199254740991",
        "\"__proto__\"",
        "\"\"",
        "\"10\"",
        "\"01\"",
        "\"4294967295\"",
        "\\/",
        "/",
        "\\u0000",
        "\\b",
        "\\u001f",
        "\u{7f}",
        "\u{2028}",
        "\\u2028",
        "\u{10ffff}",
        "😀",
        "\\ud83d\\ude00",
        "\\ud83d\\uDE00",
        "\u{feff}",
    ] {
        let holding = payloads.iter().filter(|payload| payload.contains(text)).count();
        assert!(holding >= 5, "{text:?} is in {holding} payloads");
    }
}

/// The same JSON without the spelling of the one who wrote it.
fn rewritten(text: &str) -> String {
    serde_json::from_str::<Value>(text).expect("a payload is JSON").to_string()
}
