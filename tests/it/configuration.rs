//! The configuration: where it is, what stands above what, and values that cannot be used.

use crate::sandbox::{Run, Sandbox};
use crate::steps::{NOBODY, emit};

const CREATE: [&str; 7] = ["create", "--name", "ERP", "--url", NOBODY, "--event", "*"];

/// How the output of `events` begins in each format.
fn format_of(run: Run) -> &'static str {
    let run = run.ok().stderr_is("");
    match run.stdout.get(..6) {
        Some("EVENT ") => "table",
        Some("[\n  {\n") => "json",
        Some("{\"even") => "ndjson",
        Some("event,") => "csv",
        Some("event\t") => "tsv",
        _ => panic!("no known format: {run}"),
    }
}

#[test]
fn a_flag_stands_above_a_variable_above_the_file_above_the_default() {
    let sandbox = Sandbox::new();
    let events = || sandbox.cmd().arg("events");
    assert_eq!(format_of(events().run()), "table");
    sandbox.config("output = \"csv\"\n");
    assert_eq!(format_of(events().run()), "csv");
    assert_eq!(format_of(events().env("PTW_HOOKS_OUTPUT", "tsv").run()), "tsv");
    assert_eq!(format_of(events().env("PTW_HOOKS_OUTPUT", "").run()), "csv");
    assert_eq!(format_of(events().env("PTW_HOOKS_OUTPUT", "tsv").args(["-o", "ndjson"]).run()), "ndjson");

    // The same for where the database is; a path in the file is meant beside it.
    sandbox.config("db = \"file.db\"\n");
    sandbox.run(CREATE).ok();
    let beside = sandbox.config_path().with_file_name("file.db");
    assert!(beside.exists() && !sandbox.db_path().exists() && !sandbox.dir().join("file.db").exists());
    sandbox.run(["list"]).ok().stdout_has("ERP");
    sandbox.cmd().arg("list").env("PTW_HOOKS_DB", "variable.db").run().code(4).stderr_has("`variable.db`");
    let flag = sandbox.cmd().args(["list", "--db", "flag.db"]).env("PTW_HOOKS_DB", "variable.db").run();
    flag.code(4).stdout_is("").stderr_has("`flag.db`");
}

#[test]
fn a_setting_without_a_flag_comes_from_the_variable_the_file_or_the_default() {
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok();
    sandbox.run(["show", "ERP"]).ok().stdout_has("timeout      10 s (default)");
    sandbox.config("timeout = \"7s\"\ndeny = [\"127.0.0.0/8\"]\nretry_schedule = []\n");
    sandbox.run(["show", "ERP"]).ok().stdout_has("timeout      7 s (default)");
    let show = sandbox.cmd().args(["show", "ERP"]).env("PTW_HOOKS_TIMEOUT", "4s").run();
    show.ok().stdout_has("timeout      4 s (default)");
    let status = |permit: &str, variable: &str, value: &str| {
        let cmd = emit(&sandbox, "permit_approved", permit).args(["-o", "json"]).env(variable, value);
        let delivery = cmd.run().code(3).stderr_is("").json()["deliveries"][0].clone();
        let error = delivery["error"].as_str().unwrap().split(':').next().unwrap().to_owned();
        format!("{}, {error}", delivery["status"].as_str().unwrap())
    };
    assert!(status("1", "X", "x").starts_with("failed, ") && !status("2", "X", "x").contains("connect"));
    assert_eq!(status("3", "PTW_HOOKS_DENY", "192.0.2.1, 10.0.0.0/8"), "failed, cannot connect");
    sandbox.config("deny_private = true\nretry_schedule = [\"5m\"]\n");
    assert!(!status("4", "X", "x").contains("connect"));
    assert_eq!(status("5", "PTW_HOOKS_DENY_PRIVATE", "false"), "pending, cannot connect");
    assert_eq!(status("6", "PTW_HOOKS_ALLOW", "127.0.0.1"), "pending, cannot connect");
}

#[test]
fn another_file_is_named_by_the_flag_before_the_variable() {
    let sandbox = Sandbox::new();
    sandbox.config("output = \"csv\"\n");
    sandbox.write("variable.toml", "output = \"tsv\"\n");
    sandbox.write("flag.toml", "output = \"json\"\n");
    let events = || sandbox.cmd().arg("events").env("PTW_HOOKS_CONFIG", "variable.toml");
    assert_eq!(format_of(events().run()), "tsv");
    assert_eq!(format_of(events().args(["--config", "flag.toml"]).run()), "json");
    let home = sandbox.write("home/.config/ptw-hooks/config.toml", "output = \"ndjson\"\n");
    assert_eq!(
        format_of(sandbox.cmd().arg("events").env_remove("XDG_CONFIG_HOME").run()),
        "ndjson",
        "{}",
        home.display()
    );
    for missing in [&["--config", "none.toml"][..], &["--config", "."]] {
        let refused = events().args(missing).run().code(2).stdout_is("");
        refused.stderr_has(format!("error: cannot read the configuration `{}`: ", missing[1]));
    }
}

#[test]
fn a_value_that_cannot_be_used_is_refused_with_the_file_that_holds_it() {
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok();
    sandbox.write("config/ptw-hooks/empty.pem", "no certificate\n");
    // Nobody writes to it.
    let pipe = sandbox.config_home().join("ptw-hooks/pipe");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    for (toml, why) in [
        ("colour = \"never\"", "unknown field `colour`, expected one of `db`, `output`"),
        ("output = csv", "TOML parse error at line 1"),
        ("timeout = 10", "expected a string"),
        ("output = \"xml\"", "output cannot be `xml`: it is table, json, ndjson, csv or tsv"),
        ("color = \"blue\"", "color cannot be `blue`: it is auto, always or never"),
        ("timeout = \"31s\"", "timeout cannot be `31s`: it is from `1s` to `30s`"),
        ("retry_schedule = [\"5\"]", "retry_schedule cannot hold `5`"),
        ("retry_schedule = [\"8d\"]", "retry_schedule cannot hold `8d`"),
        ("allow = [\"10.0.0.0/33\"]", "allow cannot hold `10.0.0.0/33`: write a network such as"),
        ("deny = [\"erp.example\"]", "deny cannot hold `erp.example`"),
        ("ca_file = \"missing.pem\"", "cannot read ca_file `"),
        ("ca_file = \"empty.pem\"", "there is no certificate in it"),
        ("ca_file = \"/dev/zero\"", "cannot read ca_file `/dev/zero`: it is not a file"),
        ("ca_file = \"pipe\"", "pipe`: it is not a file"),
    ] {
        let file = sandbox.config(toml);
        let refused = sandbox.run(["list"]).code(2).stdout_is("").stderr_has(why);
        let begins = format!("error: cannot use `{}`: ", file.display());
        let names = refused.stderr.starts_with(&begins)
            || refused.stderr.starts_with(&begins.replace("use", "use the configuration"));
        assert!(names, "{toml}: the file is not named in {refused}");
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_refused_by_its_name() {
    let sandbox = Sandbox::new();
    sandbox.config("timeout = \"5s\"\n");
    for (variable, value, why) in [
        ("PTW_HOOKS_OUTPUT", "xml", "output cannot be `xml`"),
        ("PTW_HOOKS_COLOR", "blue", "color cannot be `blue`"),
        ("PTW_HOOKS_TIMEOUT", "0s", "timeout cannot be `0s`"),
        ("PTW_HOOKS_RETRY_SCHEDULE", "5s,soon", "retry_schedule cannot hold `soon`"),
        ("PTW_HOOKS_ALLOW", "10.0.0.0/8,x", "allow cannot hold `x`"),
        ("PTW_HOOKS_DENY", "x", "deny cannot hold `x`"),
        ("PTW_HOOKS_DENY_PRIVATE", "yes", "it is true or false"),
        ("PTW_HOOKS_CA_FILE", "missing.pem", "cannot read ca_file `missing.pem`"),
        ("PTW_HOOKS_CONFIG", "missing.toml", "cannot read the configuration `missing.toml`"),
        (
            "PTW_HOOKS_CONFIG",
            "/dev/zero",
            "cannot read the configuration `/dev/zero`: it is larger than 1 MiB",
        ),
    ] {
        let refused = sandbox.cmd().arg("events").env(variable, value).run().code(2).stdout_is("");
        let refused = refused.stderr_has(why);
        assert!(variable == "PTW_HOOKS_CONFIG" || refused.stderr.contains(variable), "not named: {refused}");
    }
}
