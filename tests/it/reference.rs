//! `completions/` and `man/` in the repository are what the program writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::sandbox::Sandbox;

fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // A checkout on Windows may have other line ends.
        (path.file_name().unwrap().to_str().unwrap().to_owned(), text.replace("\r\n", "\n"))
    };
    entries.map(file).collect()
}

#[test]
fn the_completions_and_manual_pages_in_the_repository_are_those_of_this_program() {
    let sandbox = Sandbox::new();
    for name in ["completions", "man"] {
        // The directory is made where it is not there yet.
        let dir = format!("made/{name}");
        sandbox.run([name, "--dir", &dir]).ok().stdout_is("").stderr_is("");
        let written = files(&sandbox.dir().join(&dir));
        let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
        let differ: Vec<_> =
            written.keys().chain(kept.keys()).filter(|file| written.get(*file) != kept.get(*file)).collect();
        assert!(
            differ.is_empty(),
            "{name}/ is not what this program writes, in {differ:?}; remove the files that are there no more, and \
             rewrite the others with\n  cargo run -- completions --dir completions\n  cargo run -- man --dir man"
        );
    }
}

#[test]
fn the_completion_script_is_valid_bash_and_knows_commands_and_events() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(["completions", "bash"]).ok().stderr_is("").stdout;
    let path = sandbox.write("ptw-hooks.bash", &script);
    let checked = Command::new("bash").arg("-n").arg(&path).output().expect("bash can be started");
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && said.is_empty(), "{said}");
    for word in ["deliveries", "permit_approved", "--secret-file", "ndjson"] {
        assert!(script.contains(word), "no {word} in the script");
    }
}

#[test]
fn the_completion_script_completes_in_bash() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(["completions", "bash"]).ok().stdout;
    let path = sandbox.write("ptw-hooks.bash", &script);
    let complete = |words: &[&str]| {
        let typed = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let (last, before) = (words.len() - 1, words.len().saturating_sub(2));
        let ask = format!(
            "source '{}'; COMP_WORDS=({typed}); COMP_CWORD={last}; \
             $(complete -p ptw-hooks | grep -o '_ptw[^ ]*') ptw-hooks '{}' '{}'; echo \"${{COMPREPLY[*]}}\"",
            path.display(),
            words[last],
            words[before],
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().expect("bash can be started");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["ptw-hooks", "deliv"]), "deliveries");
    assert_eq!(complete(&["ptw-hooks", "emit", "--permit-n"]), "--permit-number");
    assert_eq!(complete(&["ptw-hooks", "list", "--output", "nd"]), "ndjson");
    assert_eq!(complete(&["ptw-hooks", "token", "rev"]), "revoke");
    assert_eq!(complete(&["ptw-hooks", "token", "create", "--scope", "ma"]), "manage");
}

#[test]
fn every_manual_page_can_be_printed_by_its_command() {
    let sandbox = Sandbox::new();
    sandbox.run(["man", "--dir", "man"]).ok();
    for (file, page) in files(&sandbox.dir().join("man")) {
        let command = file.strip_prefix("ptw-hooks").and_then(|rest| rest.strip_suffix(".1")).unwrap();
        let args = ["man", command.trim_start_matches('-')];
        let args = if command.is_empty() { &args[..1] } else { &args[..] };
        sandbox.run(args).ok().stderr_is("").stdout_is(&page).stdout_has(".SH SYNOPSIS");
    }
}
