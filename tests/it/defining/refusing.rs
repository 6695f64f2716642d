//! Files that cannot be applied: everything that is wrong is said at once, and nothing is done.

use std::fmt::Write as _;

use super::{apply, stored};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, at_terminal};

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let sandbox = Sandbox::new();
    let lines = [
        "[[webhook]]",
        "name = 'ERP'",
        "url = 'ftp://erp.example'",
        "secret = 's3cret'",
        "event = ['permit_created']",
        "[[webhook]]",
        "name = 'gate'",
        "url = 'https://gate.example'",
        "events = ['permit_aproved']",
        "retry_schedule = ['5m', '8d']",
        "rate = '0/s'",
        "timeout = 5",
        "headers = [{ name = 'X-Key', value = 's3cret' }, { name = 'X', value = { env = 'A', file = 'b' } }]",
    ];
    let run = apply(&sandbox, &lines).code(2).stdout_is("").stderr_lacks("s3cret");
    run.stderr_is(
        "error: 9 problems, nothing was done
  line 1, `ERP`: `event` is not a member of a webhook
  line 1, `ERP`: secret cannot stand in the file itself
  line 1, `ERP`: url cannot be used: its scheme is `ftp`, and only http and https are sent to
  line 6, `gate`: the value of a header cannot stand in the file itself
  line 6, `gate`: the value of a header cannot be found: a reference has one member, `env` or `file`
  line 6, `gate`: rate cannot be used: write a rate as `10/s`, `30/m` or `100/h`; the highest is `1000/s`
  line 6, `gate`: retry_schedule cannot be used: write waits from `1s` to `7d`, such as `5m`
  line 6, `gate`: timeout cannot be anything but a string
  line 6, `gate`: `permit_aproved` is not an event
hint: did you mean `events`?
hint: write a reference, such as `{ env = \"PTW_HOOKS_SECRET_ERP\" }` or `{ file = \"erp.secret\" }`
hint: give an address such as `https://erp.example/hooks/permits`
hint: did you mean `permit_approved`?
",
    );
    assert!(!sandbox.data_home().exists(), "bad input leaves no database behind");
    sandbox.run(["diff", "webhooks.toml"]).code(2).stdout_is("");
    sandbox.run(["apply", "webhooks.toml", "--dry-run"]).code(2).stdout_is("");
    sandbox
        .run(["apply", "none.toml"])
        .code(2)
        .stderr_has("error: cannot read the definitions from `none.toml`");
    sandbox.run(["apply", "."]).code(2).stderr_has("error: cannot read the definitions from `.`");
}

#[test]
fn a_definition_that_means_several_webhooks_is_refused() {
    let sandbox = Sandbox::new();
    for project in ["5", "5", "6"] {
        sandbox.create_with("twin", NOBODY, &["*"], &["--project", project]);
    }
    let before = stored(&sandbox.db_path());
    let twin = ["[[webhook]]", "name = 'twin'", "url = 'http://127.0.0.1:9'", "project = 5"];
    apply(&sandbox, &twin).code(5).stdout_is("").stderr_is(
        "error: line 1, `twin`: 2 webhooks have this name and project: 1, 2\n\
         hint: `ptw-hooks update ID --name NAME` gives each a name of its own\n",
    );
    apply(&sandbox, &[twin, twin].concat()).code(2).stderr_is(
        "error: line 5, `twin`: line 1 has a webhook of the same name and project\n\
         hint: a webhook is known by its name and project: give it another name\n",
    );
    assert_eq!(stored(&sandbox.db_path()), before);
    // Nobody means these two.
    sandbox.write("webhooks.toml", ["[[webhook]]", "name = 'x'", "url = 'http://127.0.0.1:9'"].join("\n"));
    sandbox
        .run(["apply", "webhooks.toml"])
        .ok()
        .stdout_has("? 1 `twin`, project 5: not in the file\n? 2 `twin`");
}

#[test]
fn hostile_files_are_bounded() {
    let sandbox = Sandbox::new();
    let piped = |text: Vec<u8>| sandbox.cmd().args(["apply", "-"]).stdin(text).run().code(2).stdout_is("");
    piped(vec![b'#'; 5_000_000])
        .stderr_is("error: cannot read the definitions: it has more than 4194304 bytes\n");
    piped(b"name = '\xff'".to_vec()).stderr_is("error: cannot read the definitions: it is not UTF-8\n");
    let many = |entry: &str| entry.repeat(100_000).into_bytes();
    piped(many("[[webhook]]\n"))
        .stderr_has("a definitions file cannot have more than 10000 webhooks: it has 100000");
    piped(many("x = [")).stderr_has("cannot be read as TOML: ");
    piped(format!("{{\"webhook\":[{}", "{\"a\":[".repeat(100_000)).into_bytes())
        .stderr_has("cannot be read as JSON");
    // As many problems as can be read.
    let mut text = String::new();
    for line in 0..9000 {
        writeln!(text, "[[webhook]]\nname = 'n{line}'").unwrap();
    }
    let run = piped(text.into_bytes()).stderr_has("error: 51 problems").stderr_has("\n  and 8950 more\n");
    assert!(run.stderr.lines().count() < 60, "{run}");
    assert!(!sandbox.data_home().exists());
}

#[test]
fn nothing_in_a_file_moves_the_cursor() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "webhooks.toml",
        "[[webhook]]\nname = \"a\\u001b[2J\\nb\"\nurl = 'https://x'\n\"\\u001b]0;x\" = 1\n",
    );
    let (seen, code) = at_terminal(&sandbox, &[("NO_COLOR", "1")], &["apply", "webhooks.toml"], "");
    assert_eq!(code, 2);
    assert!(seen.contains("name cannot hold control characters") && !seen.contains('\u{1b}'), "{seen:?}");
    assert!(seen.contains("line 1, `a\\u{1b}[2J\\nb`: "), "{seen:?}");
}
