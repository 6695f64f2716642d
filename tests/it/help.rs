//! The help: every command has a summary, two examples and a description of each flag.

use crate::sandbox::{Run, Sandbox};

/// The commands and their summaries as the help lists them, those of a command right after it: `token create`.
fn commands(sandbox: &Sandbox) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, summary) in listed(&sandbox.run(["--help"]).ok().stderr_is("").stdout) {
        let below = listed(&help(sandbox, &name).stdout);
        all.push((name.clone(), summary));
        all.extend(below.into_iter().map(|(sub, summary)| (format!("{name} {sub}"), summary)));
    }
    all
}

/// The commands that a help lists, with their summaries.
fn listed(help: &str) -> Vec<(String, String)> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let (list, _) = list.split_once("\n\n").expect("an end of the list");
    let command = |line: &str| {
        let (name, summary) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
        (name.to_owned(), summary.trim().to_owned())
    };
    list.lines().map(command).collect()
}

/// The help of a command.
fn help(sandbox: &Sandbox, name: &str) -> Run {
    sandbox.cmd().args(name.split(' ')).arg("--help").run().ok().stderr_is("")
}

/// The lines of the examples, each with its continuation lines.
fn examples(help: &Run) -> Vec<String> {
    let (_, text) =
        help.stdout.split_once("\nExamples:\n").unwrap_or_else(|| panic!("no examples in {help}"));
    let text = text.split("\n\n").next().unwrap_or_default();
    // What the program breaks to fit a terminal can no longer be pasted.
    assert!(text.lines().all(|line| line.chars().count() <= 80), "examples that are too wide in {help}");
    let text = text.replace("\\\n", "");
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Each flag and argument that the help has, with the description that follows it.
fn described(help: &Run) -> Vec<(String, String)> {
    let lines: Vec<&str> = help.stdout.lines().take_while(|line| *line != "Examples:").collect();
    let is_flag = |line: &str| {
        let word = line.trim_start();
        let indent = line.len() - word.len();
        (2..=6).contains(&indent) && (word.starts_with('-') || word.starts_with('<') || word.starts_with('['))
    };
    let flag = |(index, line): (usize, &&str)| {
        let (flag, same_line) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
        let next = lines.get(index + 1).filter(|next| next.starts_with("          ")).copied();
        let text = if same_line.is_empty() { next.unwrap_or_default() } else { same_line };
        (flag.to_owned(), text.trim().to_owned())
    };
    lines.iter().enumerate().filter(|(_, line)| is_flag(line)).map(flag).collect()
}

#[test]
fn every_command_has_a_summary_of_one_line() {
    let sandbox = Sandbox::new();
    let commands = commands(&sandbox);
    assert!(commands.len() >= 18 && commands.iter().any(|(name, _)| name == "token create"), "{commands:?}");
    for (name, summary) in commands {
        assert!(summary.len() > 10 && !summary.ends_with('.'), "{name}: {summary:?}");
        let short = sandbox.cmd().args(name.split(' ')).arg("-h").run().ok().stderr_is("");
        assert!(short.stdout.starts_with(&summary), "another summary in {short}");
    }
}

#[test]
fn every_help_has_two_examples_of_its_own_command() {
    let sandbox = Sandbox::new();
    let top = examples(&sandbox.run(["--help"]).ok());
    assert!(top.len() >= 2 && top.iter().all(|line| line.starts_with("ptw-hooks ")), "{top:?}");
    for (name, _) in commands(&sandbox) {
        let examples = examples(&help(&sandbox, &name));
        assert!(examples.len() >= 2, "{name}: {examples:?}");
        for example in examples {
            assert!(example.starts_with(&format!("ptw-hooks {name}")), "{name}: {example:?}");
        }
    }
}

#[test]
fn every_flag_and_argument_is_described() {
    let sandbox = Sandbox::new();
    let mut all = vec![sandbox.run(["--help"]).ok()];
    all.extend(commands(&sandbox).iter().map(|(name, _)| help(&sandbox, name)));
    for help in all {
        let found = described(&help);
        for global in ["--db <PATH>", "-o, --output <FORMAT>", "-q, --quiet", "-h, --help"] {
            assert!(found.iter().any(|(flag, _)| flag == global), "no {global} in {help}");
        }
        for (flag, text) in &found {
            assert!(text.len() > 5, "{flag} is not described in {help}");
        }
    }
}

#[test]
fn examples_are_accepted_by_the_program_that_shows_them() {
    let sandbox = Sandbox::new();
    for (name, _) in commands(&sandbox) {
        for example in examples(&help(&sandbox, &name)) {
            // Only whether the arguments are understood: `--help` after them, and no shell syntax.
            let words = example.split(" | ").next().unwrap().split(" > ").next().unwrap();
            let words = words.split(" < ").next().unwrap().split(" && ").next().unwrap();
            let args: Vec<String> = split(words);
            sandbox.cmd().args(&args[1..]).arg("--help").run().ok().stderr_is("");
            // A flag that does not exist is an error even before `--help`.
            assert!(args[1..].iter().all(|arg| arg != "--help"), "{example}");
        }
    }
}

/// Words as a shell splits them, quotes taken off.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn a_mistyped_command_flag_or_value_is_answered_with_the_right_one() {
    let sandbox = Sandbox::new();
    for (args, tip) in [
        (&["delivereis"][..], "similar subcommands exist: 'redeliver', 'delete', 'deliveries'"),
        (&["list", "--outptu", "json"], "a similar argument exists: '--output'"),
        (&["emit", "--permit-nubmer", "x"], "a similar argument exists: '--permit-number'"),
        (&["list", "-o", "jsno"], "a similar value exists: 'json'"),
        (&["deliveries", "--status", "faild"], "a similar value exists: 'failed'"),
    ] {
        sandbox.run(args).code(2).stdout_is("").stderr_has(tip);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = format!("ptw-hooks {}\n", env!("CARGO_PKG_VERSION"));
    Sandbox::new().run(["--version"]).ok().stdout_is(version).stderr_is("");
}

#[test]
fn help_before_a_command_is_its_help() {
    let sandbox = Sandbox::new();
    for command in [&[][..], &["emit"], &["token", "create"]] {
        let asked = sandbox.cmd().args(["help"]).args(command).run().ok().stderr_is("");
        let shown = sandbox.cmd().args(command).arg("--help").run().ok();
        assert_eq!(asked.stdout, shown.stdout, "{command:?}");
    }
    sandbox.run(["help", "emti"]).code(2).stderr_has("unrecognized subcommand 'emti'");
}

#[test]
fn what_help_says_fills_a_narrow_terminal() {
    let sandbox = Sandbox::new();
    for (name, _) in commands(&sandbox) {
        let help = sandbox.cmd().args(name.split(' ')).arg("--help").env("COLUMNS", "80").run().ok();
        let (said, _) = help.stdout.split_once("\nExamples:\n").unwrap();
        // The options have lines of their own.
        for paragraph in said.split("\n\n").filter(|text| !text.lines().any(|line| line.starts_with(' '))) {
            let lines: Vec<&str> = paragraph.trim().lines().collect();
            for pair in lines.windows(2) {
                let next = pair[1].split(' ').next().unwrap();
                let filled = pair[0].chars().count() + 1 + next.chars().count();
                assert!(filled > 80, "a line is broken before `{next}` in {help}");
            }
        }
    }
}
