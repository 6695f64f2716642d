//! How things are printed: the five formats, terminals, pipes, zones, filters of the log, and quiet or not.

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};
use crate::steps::{NOBODY, at_terminal, connect, each, emit};

const FORMATS: [&str; 5] = ["table", "json", "ndjson", "csv", "tsv"];

/// Two webhooks, and for one permit a delivery that succeeded and one that is waiting.
fn with_log() -> (Sandbox, Receiver) {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("good, \"ERP\"", &receiver.url("/permits"), &["permit_approved"]);
    sandbox.create("nobody", NOBODY, &["*"]);
    emit(&sandbox, "permit_approved", "7").run().code(3);
    (sandbox, receiver)
}

/// The records of delimited values, by their header.
fn records(run: &Run, delimiter: u8) -> Vec<Value> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(run.stdout.as_bytes());
    let record =
        |record: Result<std::collections::BTreeMap<String, String>, csv::Error>| json!(record.unwrap());
    reader.deserialize().map(record).collect()
}

#[test]
fn every_format_of_a_list_says_the_same() {
    let (sandbox, _receiver) = with_log();
    for (command, member, expected) in [
        ("list", "name", json!(["nobody", "good, \"ERP\""])),
        ("deliveries", "status", json!(["pending", "success"])),
    ] {
        let [table, json, ndjson, csv, tsv] =
            FORMATS.map(|format| sandbox.run([command, "-o", format]).ok().stderr_is(""));
        assert_eq!(json!(each(&json.json(), member)), expected);
        assert_eq!(json!(ndjson.json_lines()), json.json());
        let by_comma = records(&csv, b',');
        assert_eq!(json!(each(&json!(by_comma), member)), expected);
        assert_eq!(records(&tsv, b'\t'), by_comma);
        assert_eq!(table.stdout.lines().count(), 4, "a heading, a rule and two rows: {table}");
        for value in expected.as_array().unwrap() {
            assert!(table.stdout.contains(value.as_str().unwrap()), "no {value} in {table}");
        }
    }
}

#[test]
fn every_format_lists_the_twelve_events() {
    let sandbox = Sandbox::new();
    let [table, json, ndjson, csv, tsv] =
        FORMATS.map(|format| sandbox.run(["events", "-o", format]).ok().stderr_is(""));
    let events = json.json();
    assert_eq!(events.as_array().unwrap().len(), 12);
    assert_eq!(json!(ndjson.json_lines()), events);
    assert_eq!(json!(records(&csv, b',')), events);
    assert_eq!(json!(records(&tsv, b'\t')), events);
    assert!(table.stdout.starts_with("EVENT "), "{table}");
    assert!(!sandbox.data_home().exists(), "listing the events needs no database");
}

#[test]
fn every_format_of_one_emission_and_of_one_delivery_says_the_same() {
    let (sandbox, _receiver) = with_log();
    for (format, hour) in FORMATS.iter().zip(11..) {
        let at = format!("2024-01-15T{hour}:00:00Z");
        let args = ["emit", "permit_approved", "--permit-id", "7", "--permit-number", "PTW-7", "-o", format];
        let emitted = sandbox.cmd().args(args).args(["--timestamp", &at]).run().code(3).stderr_is("");
        let inspected = sandbox.run(["inspect", "1", "-o", format]).ok().stderr_is("");
        match *format {
            "table" => {
                let rows: Vec<_> = emitted.stdout.lines().collect();
                assert!(rows.len() == 4 && rows[0].starts_with("DELIVERY  WEBHOOK"), "{emitted}");
                inspected.stdout_has("X-Athens-Signature".to_lowercase()).stdout_has("HTTP 200");
            }
            "json" | "ndjson" => {
                assert_eq!(each(&emitted.json()["deliveries"], "status"), ["success", "pending"]);
                let inspected = inspected.json();
                assert_eq!(
                    (&inspected["status"], &inspected["response_code"]),
                    (&json!("success"), &json!(200))
                );
                assert_eq!(inspected["payload"]["permit_number"], "PTW-7");
                assert_eq!(inspected["attempt_log"][0]["response"]["status"], 200);
            }
            _ => {
                let delimiter = if *format == "csv" { b',' } else { b'\t' };
                let emitted = records(&emitted, delimiter);
                assert_eq!(each(&json!(emitted), "webhook"), ["good, \"ERP\"", "nobody"]);
                assert_eq!(each(&json!(records(&inspected, delimiter)), "code"), ["200"]);
            }
        }
    }
}

#[test]
fn a_table_is_not_wrapped_in_a_pipe_and_fits_a_terminal() {
    let (sandbox, _receiver) = with_log();
    let piped = sandbox.run(["deliveries"]).ok().stdout_lacks("\u{1b}");
    assert!(
        piped.stdout.lines().any(|line| line.len() > 120 && line.ends_with("at this address and port")),
        "{piped}"
    );
    let emit =
        ["emit", "permit_expired", "--permit-id", "7", "--permit-number", "PTW-2024-0000000000000000000001"];
    for (args, status) in
        [(&["deliveries"][..], "pend"), (&["list"], "yes"), (&["events"], ""), (&emit, "pending")]
    {
        let (seen, code) = at_terminal(&sandbox, &[], args, "");
        assert_eq!(code, if args == emit { 3 } else { 0 }, "{seen}");
        for line in seen.lines() {
            assert!(plain(line).chars().count() <= 60, "{args:?} is wider than 60 columns:\n{seen}");
        }
        let (status, colour) = (format!("m{status}"), if status == "yes" { "38;5;2" } else { "38;5;3" });
        assert!(
            status == "m" || seen.contains(&format!("\u{1b}[{colour}{status}")),
            "{args:?}: no colour:\n{seen:?}"
        );
    }
}

/// A line without its ANSI sequences.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[test]
fn colour_follows_the_terminal_the_variables_and_above_all_the_flag() {
    let (sandbox, _receiver) = with_log();
    let colours = |env: &[(&str, &str)], flags: &[&str]| {
        let args = [&["list"], flags].concat();
        let (seen, code) = at_terminal(&sandbox, env, &args, "");
        assert_eq!(code, 0, "{seen}");
        // Errors are notes on standard error, and follow the same choice.
        let (error, code) = at_terminal(&sandbox, env, &[&["show", "zzz"], flags].concat(), "");
        assert_eq!(code, 4, "{error}");
        assert_eq!(seen.contains("\u{1b}[38;5;2m"), seen.contains('\u{1b}'), "an empty sequence in {seen:?}");
        assert_eq!(seen.contains('\u{1b}'), error.contains('\u{1b}'), "{seen:?} but {error:?}");
        seen.contains('\u{1b}')
    };
    assert!(colours(&[], &[]));
    assert!(!colours(&[("NO_COLOR", "1")], &[]));
    assert!(colours(&[("NO_COLOR", "")], &[]));
    assert!(!colours(&[], &["--color", "never"]));
    assert!(!colours(&[("PTW_HOOKS_COLOR", "never")], &[]));
    assert!(colours(&[("NO_COLOR", "1")], &["--color", "always"]));
    let piped = sandbox.run(["list", "--color", "always"]).ok();
    piped.stdout_has("\u{1b}[38;5;2myes");
    sandbox
        .cmd()
        .args(["list", "--color", "always"])
        .env("NO_COLOR", "1")
        .run()
        .ok()
        .stdout_has("\u{1b}[38;5;2myes");
    sandbox.run(["list", "--color", "sometimes"]).code(2).stdout_is("").stderr_has("[possible values: auto");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    // A log that is longer than every buffer on the way.
    connect(&sandbox)
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at, last_error)
             SELECT 1, 1, 'permit_approved', 'copy-' || i, 'failed', 0, 'given up' FROM n",
        )
        .unwrap();
    for format in FORMATS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"))
            .args(["deliveries", "--limit", "5000", "-o", format, "--db"])
            .arg(sandbox.db_path())
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let (sandbox, _receiver) = with_log();
    let output = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"))
        .args(["list", "--db"])
        .arg(sandbox.db_path())
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: cannot write to standard output: No space left on device"), "{said}");
}

#[test]
fn deliveries_are_filtered_by_everything_that_is_known_of_them() {
    let (sandbox, _receiver) = with_log();
    sandbox.run(["test", "1"]).ok();
    let args = ["emit", "permit_created", "--permit-id", "8", "--permit-number", "7", "--queue"];
    sandbox.run(args).ok();
    let found = |args: &[&str]| {
        let run = sandbox.cmd().args(["deliveries", "-o", "json", "-q"]).args(args).run().ok().stderr_is("");
        let numbers = run.json();
        json!(each(&numbers, "id"))
    };
    assert_eq!(found(&[]), json!([4, 3, 2, 1]));
    assert_eq!(found(&["nobody"]), json!([4, 2]));
    assert_eq!(found(&["1"]), json!([3, 1]));
    assert_eq!(found(&["--status", "success"]), json!([3, 1]));
    assert_eq!(found(&["--status", "pending"]), json!([4, 2]));
    assert_eq!(found(&["--status", "failed"]), json!([]));
    assert_eq!(found(&["--event", "permit_created"]), json!([4]));
    assert_eq!(found(&["--event", "webhook_test"]), json!([3]));
    // `7` is the id of one permit and the number of another; `PTW-7` is only a number.
    assert_eq!(found(&["--permit", "7"]), json!([4, 2, 1]));
    assert_eq!(found(&["--permit", "PTW-7"]), json!([2, 1]));
    assert_eq!(found(&["--limit", "2"]), json!([4, 3]));
    assert_eq!(found(&["--since", "1h", "--until", "2999-01-01"]), json!([4, 3, 2, 1]));
    assert_eq!(found(&["--until", "1h"]), json!([]));
    assert_eq!(
        found(&["nobody", "--status", "pending", "--permit", "8", "--since", "2024-01-15"]),
        json!([4])
    );
    sandbox.run(["deliveries", "--status", "failed"]).ok().stderr_is("no deliveries\n");
    sandbox
        .run(["deliveries", "--limit", "2"])
        .ok()
        .stderr_is("the newest 2 are shown; `--limit` shows more\n");
    sandbox.run(["deliveries", "--limit", "0"]).code(2).stdout_is("").stderr_has("0 is not in 1..=1000000");
}

#[test]
fn quiet_silences_notes_but_not_errors_and_verbose_names_the_files() {
    let (sandbox, _receiver) = with_log();
    let config = sandbox.config("timeout = \"5s\"\n");
    sandbox.run(["deliveries", "--status", "failed", "-q"]).ok().stderr_is("");
    sandbox
        .run(["show", "zzz", "-q"])
        .code(4)
        .stdout_is("")
        .stderr_has("error: webhook `zzz` does not exist");
    let (config, db) = (config.display(), sandbox.db_path());
    let names = format!("configuration: {config}\ndatabase: {}\n", db.display());
    sandbox.run(["list", "-v"]).ok().stderr_is(names);
    sandbox.run(["list"]).ok().stderr_is("");
    sandbox.run(["list", "-q", "-v"]).code(2).stdout_is("").stderr_has("cannot be used with");
    emit(&sandbox, "permit_expired", "7").args(["-v"]).run().code(3).stderr_has("accepted as evt_");
}

#[test]
fn times_are_shown_in_the_zone_of_the_user_with_its_offset() {
    let (sandbox, _receiver) = with_log();
    connect(&sandbox).execute_batch("UPDATE deliveries SET created_at = 1705314600000").unwrap();
    for (zone, shown) in [
        ("Asia/Kolkata", "2024-01-15 16:00:00+05:30"),
        ("America/St_Johns", "2024-01-15 07:00:00-03:30"),
        ("UTC", "2024-01-15 10:30:00+00:00"),
    ] {
        for args in [&["deliveries"][..], &["inspect", "1"], &["deliveries", "-o", "csv"]] {
            sandbox.cmd().args(args).env("TZ", zone).run().ok().stderr_is("").stdout_has(shown);
        }
        let json = sandbox.cmd().args(["inspect", "1", "-o", "json"]).env("TZ", zone).run().ok().json();
        assert_eq!(json["created_at"], "2024-01-15T10:30:00.000000Z", "JSON is always in UTC");
    }
}
