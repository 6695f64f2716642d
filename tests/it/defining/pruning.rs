//! What `--prune` deletes, and that it asks before.

use serde_json::Value;

use super::apply;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, at_terminal, each};

/// Webhooks 1 and 2 for every project, 3 and 4 of project 5, 5 of project 7.
fn plant() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, project) in [("a", None), ("b", None), ("a", Some("5")), ("c", Some("5")), ("d", Some("7"))] {
        let project: Vec<&str> = project.into_iter().flat_map(|project| ["--project", project]).collect();
        sandbox.create_with(name, NOBODY, &["*"], &project);
    }
    sandbox
}

/// One that is there, as a file has it.
fn declared(name: &str, project: &str) -> String {
    format!("[[webhook]]\nname = '{name}'\nurl = '{NOBODY}'\nevents = ['*']\n{project}\n")
}

/// The ids that a file with these would delete.
fn deleted(sandbox: &Sandbox, file: &str, args: &[&str]) -> Vec<Value> {
    sandbox.write("webhooks.toml", file);
    let run = sandbox.run([&["diff", "webhooks.toml", "-o", "json"], args].concat()).json();
    let steps = run.as_array().unwrap().clone();
    let deleted =
        Value::from(steps.into_iter().filter(|step| step["action"] == "delete").collect::<Vec<_>>());
    each(&deleted, "id")
}

#[test]
fn only_what_a_file_has_a_say_in_is_deleted() {
    let sandbox = plant();
    let (global, five) = (declared("a", ""), declared("a", "project = 5"));
    let both = format!("{global}{five}");
    let none: [i64; 0] = [];
    assert_eq!(deleted(&sandbox, &both, &[]), none);
    assert_eq!(deleted(&sandbox, &both, &["--prune"]), [2, 4]);
    assert_eq!(deleted(&sandbox, &five, &["--prune"]), [4], "a file for one project leaves the others alone");
    assert_eq!(deleted(&sandbox, &global, &["--prune"]), [2]);
    assert_eq!(deleted(&sandbox, "", &["--prune"]), none, "an empty file deletes nothing");
    assert_eq!(deleted(&sandbox, &both, &["--prune", "--project", "5"]), [4]);
    assert_eq!(deleted(&sandbox, &both, &["--prune", "--project", "7"]), [5], "what is named is meant");
    assert_eq!(deleted(&sandbox, "", &["--prune", "--project", "5"]), [3, 4]);
    // The project bounds what is created, too.
    let new = format!("{both}{}{}", declared("new", ""), declared("new", "project = 7"));
    sandbox.write("webhooks.toml", new);
    let run = sandbox.run(["diff", "webhooks.toml", "--project", "7"]).code(3);
    run.stdout_has("+ `new`, project 7\n")
        .stdout_has("? 5 `d`, project 7: not in the file\n")
        .stdout_lacks("`a`");
    let rest = "1 to create, 1 not in the file, 3 of other projects left alone\n";
    sandbox.run(["diff", "webhooks.toml", "--project", "7"]).code(3).stderr_is(rest);
}

#[test]
fn webhooks_that_stay_are_no_difference() {
    let sandbox = plant();
    sandbox.write("webhooks.toml", declared("a", ""));
    let stay = "? 2 `b`: not in the file\n? 3 `a`, project 5: not in the file\n? 4 `c`, project 5: not in the file\n\
                ? 5 `d`, project 7: not in the file\n";
    let diff = sandbox.run(["diff", "webhooks.toml"]).ok().stdout_is(stay);
    diff.stderr_is("1 as declared, 4 not in the file\n");
    let diff = sandbox.run(["diff", "webhooks.toml", "--prune"]).code(3);
    diff.stdout_has("- 2 `b`\n").stderr_is("1 to delete, 1 as declared, 3 not in the file\n");
}

#[test]
fn nothing_is_deleted_that_nobody_has_agreed_to() {
    let sandbox = plant();
    sandbox.write("webhooks.toml", declared("a", "ordered = true"));
    let ids = || each(&sandbox.run(["list", "-o", "json"]).ok().json(), "id");
    let args = ["apply", "webhooks.toml", "--prune"];
    sandbox.run(args).code(5).stdout_is("").stderr_is(
        "error: 1 webhook would be deleted; nothing was done\n\
         hint: `--yes` does it without asking, `--dry-run` shows which; without `--prune` none is deleted\n",
    );
    let piped = sandbox.cmd().args(["apply", "-", "--prune"]).stdin(declared("a", "ordered = true")).run();
    piped.code(5);
    let (seen, code) = at_terminal(&sandbox, &[], &args, "n\n");
    assert!(
        code == 5 && seen.contains("delete 1 webhook (`b`) and give up what is pending there? [y/N]"),
        "{seen}"
    );
    assert_eq!(ids(), [5, 4, 3, 2, 1]);
    assert_eq!(
        sandbox.run(["show", "1", "-o", "json"]).ok().json()["ordered"],
        false,
        "all of it or nothing"
    );
    sandbox.run(["apply", "webhooks.toml", "--prune", "--dry-run"]).ok().stdout_has("- 2 `b`\n");
    let (seen, code) = at_terminal(&sandbox, &[], &args, "y\n");
    assert!(code == 0 && seen.contains("1 changed, 1 deleted"), "{seen}");
    assert_eq!(ids(), [5, 4, 3, 1]);
    // What deletes nothing does not ask.
    sandbox.run(args).ok().stdout_has("? 3 `a`, project 5: not in the file\n");
    apply(&sandbox, &["# nothing"]).ok().stderr_is("4 not in the file\n");
}
