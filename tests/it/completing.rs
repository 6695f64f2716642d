//! What Bash, zsh and fish offer at a tab: the names and ids that stand in the database, quoted so that the shell runs
//! nothing of them; and that whatever is wrong is silent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::retrying::queue;
use crate::sandbox::Sandbox;

/// Names that a shell would cut, expand or run.
const NAMES: [&str; 14] = [
    "ERP",
    "a b",
    "a$(touch pwned)",
    "c`touch pwned`",
    "d;touch pwned",
    "it's \"q\"",
    "plant:A",
    "~tilde",
    "back\\slash",
    "[x]*",
    "bang!x",
    "#hash",
    "Größe",
    "m&n|o>p",
];

/// The completion scripts of this program in a directory, and the shells that read them.
struct Shells {
    sandbox: Sandbox,
}

impl Shells {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(["completions", "--dir", "scripts"]).ok();
        Self { sandbox }
    }

    fn named(names: &[&str]) -> Self {
        let shells = Self::new();
        for name in names {
            shells.create(name);
        }
        shells
    }

    fn create(&self, name: &str) -> i64 {
        let args =
            ["create", &format!("--name={name}"), "--url", "http://127.0.0.1:9/", "--event", "*", "-ojson"];
        self.sandbox.run(args).ok().json()["id"].as_i64().unwrap()
    }

    fn script(&self, name: &str) -> PathBuf {
        self.sandbox.dir().join("scripts").join(name)
    }

    /// A shell in the environment of the sandbox, which finds the program. One that is missing fails the test.
    fn shell(&self, program: &str, args: &[&str], environment: &[(&str, &str)]) -> String {
        let own = Path::new(env!("CARGO_BIN_EXE_ptw-hooks")).parent().unwrap();
        let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
        let output = Command::new(program)
            .args(args)
            .current_dir(self.sandbox.dir())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.sandbox.dir().join("home"))
            .env("XDG_DATA_HOME", self.sandbox.data_home())
            .env("XDG_CONFIG_HOME", self.sandbox.config_home())
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .envs(environment.iter().copied())
            .output()
            .unwrap_or_else(|error| panic!("{program} is needed and cannot be started: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "", "{program} {args:?}");
        assert!(!self.sandbox.dir().join("pwned").exists(), "{program} has run a name: {args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What Bash offers for these pieces of a line, and which words the line has once the first of it is inserted.
    fn bash(&self, pieces: &[&str]) -> (Vec<String>, Vec<String>) {
        let ask = "source \"$1\"; shift; open=$1; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));
            $(complete -p ptw-hooks | grep -o '_ptw[^ ]*') ptw-hooks \"${@: -1}\" \"${@: -2:1}\";
            printf '%s\\n' \"${COMPREPLY[@]}\"; echo ==;
            eval \"set -- $open${COMPREPLY[0]}$open\"; printf '%s\\n' \"$@\"";
        let open = &pieces.last().unwrap()[..usize::from(pieces.last().unwrap().starts_with(['\'', '"']))];
        let script = self.script("ptw-hooks.bash");
        let mut args = vec!["--norc", "-c", ask, "bash", script.to_str().unwrap(), open];
        args.extend(pieces);
        let said = self.shell("bash", &args, &[]);
        let (offered, words) = said.split_once("==\n").unwrap();
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        (lines(offered), lines(words))
    }

    /// What fish offers for a line, each with its description.
    fn fish(&self, line: &str) -> Vec<(String, String)> {
        let script = self.script("ptw-hooks.fish");
        let ask = "source $argv[1]; complete -C $argv[2]";
        let said = self.shell("fish", &["--no-config", "-c", ask, script.to_str().unwrap(), line], &[]);
        let pair = |line: &str| {
            let (value, description) = line.split_once('\t').unwrap_or((line, ""));
            (value.to_owned(), description.to_owned())
        };
        said.lines().map(pair).collect()
    }

    /// What zsh does at the end of a line: the line afterwards, and all that was on the terminal.
    fn zsh(&self, widget: &str, line: &str) -> (String, String) {
        self.sandbox.write(
            "setup.zsh",
            "PS1= PS2= COLUMNS=150 LINES=200 LISTMAX=10000
             fpath=($SCRIPTS $fpath)
             autoload -Uz compinit; compinit -u -D
             zle-line-init() {
                 BUFFER=$ASKED CURSOR=${#ASKED}
                 zle $WIDGET_ASKED
                 print -r -- \"$BUFFER\" > $ANSWER
                 exit
             }
             zle -N zle-line-init
            ",
        );
        // A terminal of its own for an interactive shell; what that writes is read to its end.
        let ask = "zmodload zsh/zpty; zpty shell zsh -f -i; zpty -w shell 'source ./setup.zsh';
                   while zpty -r shell line; do print -rn -- $line; done";
        let answer = self.sandbox.dir().join("answer");
        let environment = [
            ("SCRIPTS", self.sandbox.dir().join("scripts").to_str().unwrap().to_owned()),
            ("ANSWER", answer.to_str().unwrap().to_owned()),
            ("ASKED", line.to_owned()),
            ("WIDGET_ASKED", widget.to_owned()),
        ];
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let screen = self.shell("zsh", &["-f", "-c", ask], &environment);
        let line = fs::read_to_string(&answer).unwrap_or_else(|error| panic!("{error}: {screen}"));
        fs::remove_file(&answer).unwrap();
        (line.trim_end_matches('\n').to_owned(), screen)
    }
}

#[test]
fn bash_offers_names_that_mean_themselves_once_they_are_inserted() {
    let shells = Shells::named(&NAMES);
    let (offered, _) = shells.bash(&["ptw-hooks", "show", ""]);
    assert_eq!(offered.len(), NAMES.len(), "{offered:?}");
    for name in NAMES {
        let start: String = name.chars().take(1).collect();
        let double = if "$`\\".contains(&start) { format!("\"\\{start}") } else { format!("\"{start}") };
        for typed in [format!("\\{start}"), format!("'{start}"), double] {
            let (offered, words) = shells.bash(&["ptw-hooks", "show", &typed]);
            if typed.starts_with('"') && name.contains(['!', '"']) {
                continue;
            }
            let found = offered.iter().any(|offered| {
                let open = &typed[..usize::from(typed.starts_with(['\'', '"']))];
                let ask = "eval \"set -- $1\"; printf '%s\\n' \"$@\"";
                let whole = format!("{open}{offered}{open}");
                shells.shell("bash", &["--norc", "-c", ask, "bash", &whole], &[]) == format!("{name}\n")
            });
            assert!(found, "{name:?} after {typed}: {offered:?}");
            assert_eq!(words.len(), 1, "{words:?}");
        }
    }
}

#[test]
fn bash_completes_values_of_options_and_what_it_has_cut_at_a_colon() {
    let shells = Shells::named(&["plant:A", "plant:B", "ERP"]);
    let offered = |pieces: &[&str]| shells.bash(pieces).0;
    assert_eq!(offered(&["ptw-hooks", "replay", "--webhook", "=", "E"]), ["ERP"]);
    assert_eq!(offered(&["ptw-hooks", "replay", "--webhook", "E"]), ["ERP"]);
    assert_eq!(offered(&["ptw-hooks", "show", "plant", ":"]), ["A", "B"]);
    assert_eq!(offered(&["ptw-hooks", "show", "plant", ":", "B"]), ["B"]);
    assert_eq!(offered(&["ptw-hooks", "replay", "--webhook", "=", "plant", ":", "B"]), ["B"]);
    assert_eq!(offered(&["ptw-hooks", "emit", "permit_cr"]), ["permit_created"]);
    assert_eq!(offered(&["ptw-hooks", "update", "ERP", "--event", "permit_cr"]), ["permit_created"]);
    // Everything else is as before.
    assert_eq!(offered(&["ptw-hooks", "token", "rev"]), ["revoke"]);
    assert_eq!(offered(&["ptw-hooks", "list", "--output", "nd"]), ["ndjson"]);
    assert_eq!(offered(&["ptw-hooks", "show", "--rev"]), ["--reveal-secret"]);
}

#[test]
fn what_a_name_cannot_say_is_offered_by_its_id() {
    let shells = Shells::named(&["twin", "twin", "-x", "12", "ERP"]);
    assert_eq!(shells.bash(&["ptw-hooks", "show", ""]).0, ["ERP", "1", "2", "3", "4"]);
    assert_eq!(shells.bash(&["ptw-hooks", "show", "5"]).0, ["5"]);
    let fish = shells.fish("ptw-hooks show ");
    let pairs = [("ERP", "webhook 5"), ("1", "twin"), ("2", "twin"), ("3", "-x"), ("4", "12"), ("5", "ERP")];
    assert_eq!(fish, pairs.map(|(value, description)| (value.to_owned(), description.to_owned())));
}

#[test]
fn fish_offers_names_ids_and_events_with_descriptions() {
    let shells = Shells::named(&NAMES);
    let fish = shells.fish("ptw-hooks show ");
    for (id, name) in (1..).zip(NAMES) {
        assert!(fish.contains(&(name.to_owned(), format!("webhook {id}"))), "{fish:?}");
        assert!(fish.contains(&(id.to_string(), name.to_owned())), "{fish:?}");
    }
    shells.sandbox.run(["disable", "ERP"]).ok();
    for line in
        ["ptw-hooks redeliver --webhook ER", "ptw-hooks -q update ER", "ptw-hooks verify --webhook ER"]
    {
        assert_eq!(shells.fish(line), [("ERP".to_owned(), "webhook 1, disabled".to_owned())], "{line}");
    }
    let created = ("permit_created".to_owned(), "a permit was written".to_owned());
    for line in ["ptw-hooks emit permit_cr", "ptw-hooks update ERP --event permit_cr"] {
        assert_eq!(shells.fish(line), std::slice::from_ref(&created), "{line}");
    }
    assert_eq!(shells.fish("ptw-hooks show ERP "), []);
}

#[test]
fn zsh_inserts_names_quoted_and_lists_them_with_ids_and_descriptions() {
    let shells = Shells::named(&NAMES);
    for (typed, inserted) in [
        ("show ER", "show ERP "),
        ("show \"a ", "show \"a b\" "),
        ("show a\\$", "show a\\$\\(touch\\ pwned\\) "),
        ("show c", "show c\\`touch\\ pwned\\` "),
        ("show 'd", "show 'd;touch pwned' "),
        ("show it", "show it\\'s\\ \\\"q\\\" "),
        ("show plant:", "show plant:A "),
        ("-v redeliver --webhook m", "-v redeliver --webhook m\\&n\\|o\\>p "),
        ("replay --webhook=ER", "replay --webhook=ERP "),
        ("emit permit_cr", "emit permit_created "),
        ("update ERP --event permit_cr", "update ERP --event permit_created "),
    ] {
        let (line, screen) = shells.zsh("complete-word", &format!("ptw-hooks {typed}"));
        assert_eq!(line, format!("ptw-hooks {inserted}"), "{screen}");
    }
    let (_, screen) = shells.zsh("list-choices", "ptw-hooks show ");
    for shown in ["ERP  -- webhook 1", "1  -- ERP", "a$(touch pwned)  -- webhook 3", "9  -- back\\slash"] {
        assert!(screen.contains(shown), "no {shown:?}: {screen}");
    }
}

#[test]
fn the_newest_deliveries_are_offered_the_newest_first() {
    let shells = Shells::named(&["ERP"]);
    let line =
        |id| format!("{{\"event\":\"permit_created\",\"permit_id\":{id},\"permit_number\":\"P {id}\"}}\n");
    let lines = (1..=60).map(line).collect::<Vec<_>>().concat();
    shells.sandbox.run(["pause", "ERP"]).ok();
    shells.sandbox.cmd().args(["emit", "--batch", "-"]).stdin(lines).run().code(3);
    let ids: Vec<String> = (11..=60).rev().map(|id| id.to_string()).collect();
    let fish = shells.fish("ptw-hooks redeliver ");
    assert_eq!(fish.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), ids);
    assert_eq!(fish[0].1, "permit_created P 60 ERP pending");
    assert_eq!(shells.bash(&["ptw-hooks", "inspect", ""]).0, ids);
    assert_eq!(shells.bash(&["ptw-hooks", "redeliver", "60", "5"]).0, ids[1..11]);
    let (_, screen) = shells.zsh("list-choices", "ptw-hooks inspect ");
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text:?}: {screen}"));
    assert!(at("60  -- permit_created P 60 ERP pending") < at("11  -- permit_created P 11"), "{screen}");
}

#[test]
fn the_database_of_the_line_is_asked() {
    let shells = Shells::named(&["default"]);
    let sandbox = &shells.sandbox;
    let other = |name: &str, place: &str| {
        let args = ["create", "--name", name, "--url", "http://127.0.0.1:9/", "--event", "*", "--db", place];
        sandbox.run(args).ok();
    };
    other("flag", "a b.db");
    other("home", "home/x.db");
    other("file", "configured.db");
    other("variable", "v.db");
    sandbox.write("c.toml", "db = \"configured.db\"");
    for (before, name) in [
        ("", "default"),
        ("--db 'a b.db'", "flag"),
        ("--db=a\\ b.db", "flag"),
        ("--db ~/x.db", "home"),
        ("--config c.toml", "file"),
        ("--config c.toml --db ~/x.db", "home"),
    ] {
        let fish = shells.fish(&format!("ptw-hooks {before} show "));
        assert_eq!(fish[0].0, name, "{before}");
        let (line, _) = shells.zsh("complete-word", &format!("ptw-hooks {before} show {}", &name[..2]));
        assert_eq!(line, format!("ptw-hooks {before} show {name} "));
        let mut pieces = vec!["ptw-hooks"];
        let split: Vec<&str> = before.split_inclusive('=').collect();
        match split.as_slice() {
            ["--db=", value] => pieces.extend(["--db", "=", value]),
            _ if before.contains('\'') => pieces.extend(["--db", "'a b.db'"]),
            _ => pieces.extend(before.split_whitespace()),
        }
        pieces.extend(["show", ""]);
        assert_eq!(shells.bash(&pieces).0, [name], "{pieces:?}");
    }
    let asked =
        sandbox.cmd().env("PTW_HOOKS_DB", "v.db").args(["complete", "zsh", "ptw-hooks", "show", ""]).run();
    asked.ok().stderr_is("").stdout_is("variable\twebhook 1\n1\tvariable\n");
}

#[test]
fn whatever_is_wrong_with_the_database_offers_nothing_and_is_silent() {
    let shells = Shells::named(&["ERP"]);
    let sandbox = &shells.sandbox;
    queue(sandbox, 1);
    fs::copy(sandbox.db_path(), sandbox.dir().join("newer.db")).unwrap();
    Connection::open(sandbox.dir().join("newer.db"))
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(sandbox.dir().join(format!("newer.db{suffix}")));
    }
    let bytes = fs::read(sandbox.db_path()).unwrap();
    sandbox.write("corrupt.db", [&bytes[..100], &vec![0xa5; 20_000]].concat());
    sandbox.write("cut.db", &bytes[..50]);
    sandbox.write("other.db", "something else");
    sandbox.write("bad.toml", "db = [");
    assert!(Command::new("mkfifo").arg(sandbox.dir().join("pipe")).status().unwrap().success());
    let files = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (files(sandbox.dir()), files(sandbox.db_path().parent().unwrap()));
    let named =
        ["missing.db", "missing/x.db", "newer.db", "corrupt.db", "cut.db", "other.db", "pipe", "scripts"];
    let mut lines: Vec<Vec<&str>> =
        named.iter().map(|db| vec!["ptw-hooks", "--db", db, "show", ""]).collect();
    lines.push(vec!["ptw-hooks", "--config", "bad.toml", "show", ""]);
    lines.push(vec!["ptw-hooks", "--config", "missing.toml", "inspect", ""]);
    lines.push(vec!["ptw-hooks", "--config", "pipe", "show", ""]);
    lines.push(vec!["ptw-hooks", "--config", "/dev/zero", "show", ""]);
    lines.extend([
        vec![],
        vec!["ptw-hooks"],
        vec!["ptw-hooks", "show"],
        vec!["ptw-hooks", "nothing", "\u{7}", ""],
    ]);
    for line in lines {
        for shell in ["bash", "zsh", "fish", "tcsh"] {
            let asked = sandbox.cmd().args(["complete", shell]).args(&line).run();
            asked.ok().stdout_is("").stderr_is("");
        }
    }
    sandbox.run(["complete"]).ok().stdout_is("").stderr_is("");
    // It works, and leaves nothing beside a file that nobody has open.
    sandbox.run(["complete", "bash", "ptw-hooks", "show", ""]).ok().stdout_is("ERP\n");
    assert_eq!((files(sandbox.dir()), files(sandbox.db_path().parent().unwrap())), before);
    assert_eq!(shells.fish("ptw-hooks --db newer.db show "), []);
}

#[test]
fn what_others_write_at_this_moment_is_offered_and_a_lock_is_not_waited_for() {
    let shells = Shells::named(&["ERP"]);
    let sandbox = &shells.sandbox;
    let ask = || sandbox.run(["complete", "bash", "ptw-hooks", "show", ""]).ok().stderr_is("").stdout;
    // Somebody has the file open, so that what is new stays in the log beside it.
    let holder = Connection::open(sandbox.db_path()).unwrap();
    holder.query_row("SELECT count(*) FROM webhooks", [], |row| row.get::<_, i64>(0)).unwrap();
    shells.create("new");
    assert_eq!(ask(), "ERP\nnew\n");
    // A transaction that writes is in nobody's way.
    holder.execute_batch("BEGIN IMMEDIATE; UPDATE webhooks SET name = 'changed' WHERE name = 'new'").unwrap();
    assert_eq!(ask(), "ERP\nnew\n");
    holder.execute_batch("COMMIT").unwrap();
    drop(holder);
    let holder = Connection::open(sandbox.db_path()).unwrap();
    holder
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE webhooks SET name = name || '2'",
        )
        .unwrap();
    assert!(["", "ERP\nchanged\n"].contains(&ask().as_str()));
    holder.execute_batch("ROLLBACK").unwrap();
}
