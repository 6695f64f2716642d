//! The completion scripts: what clap makes of the command line, and for Bash, zsh and fish the values that stand in the
//! database, for which they ask `ptw-hooks complete`.
//!
//! clap has an engine of its own for that (`CompleteEnv`), but it is unstable, hands a name to Bash as it stands, so
//! that `a b` is two words and `$(x)` is run, and would take the place of these scripts. So they are kept, and only the
//! places change where a value is looked up.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell as Generator;

use crate::cli::Cli;
use crate::cli::position::{Kind, kind};

/// The completion script of a shell.
pub fn completion(shell: Generator) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ptw-hooks", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Generator::Bash => bash(&script),
        Generator::Zsh => zsh(&script),
        Generator::Fish => fish(&script),
        _ => script,
    }
}

const BASH: &str = r#"
_ptw__hooks_values() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(command ptw-hooks complete bash "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    if [[ "${#COMPREPLY[@]}" -eq 0 ]]; then
        _ptw__hooks "$@"
    fi
}
"#;

fn bash(script: &str) -> String {
    // https://github.com/clap-rs/clap/issues/6421: where the program's name has a hyphen, the script for Bash
    // sets the state to `ptw__hooks__…` and looks for another one, so that nothing follows a command.
    let script = script.replace("ptw__subcmd__hooks", "ptw__hooks");
    let script = script.replace("complete -F _ptw__hooks ", "complete -F _ptw__hooks_values ");
    match script.rfind("\nif [[ \"${BASH_VERSINFO") {
        Some(end) => format!("{}{BASH}{}", &script[..end], &script[end..]),
        None => script,
    }
}

/// What a match is stands beside it, and the newest delivery stands first.
const ZSH: &str = r#"
(( $+functions[_ptw-hooks_values] )) ||
_ptw-hooks_values() {
    local -a values shown
    local line
    while IFS= read -r line; do
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done < <(command ptw-hooks complete zsh "${ptw_hooks_words[@]}" 2>/dev/null)
    (( $#values )) || return 1
    compadd -V values "$@" -l -d shown -a values
}
"#;

fn zsh(script: &str) -> String {
    let found = looked_up();
    let mut text = String::new();
    for line in script.lines() {
        let spec = line.strip_suffix(":_default' \\").filter(|spec| {
            let option = ["WEBHOOK", "DELIVERY"].iter().any(|value| spec.ends_with(&format!("]:{value}")));
            let id = spec.trim_start_matches(['\'', '*', ':']).split(" -- ").next().unwrap_or_default();
            option || spec.starts_with(['\'']) && spec[1..].starts_with([':', '*']) && found.contains(id)
        });
        match spec {
            Some(spec) => text.extend([spec, ":_ptw-hooks_values' \\\n"]),
            None => text.extend([line, "\n"]),
        }
        if line == "_ptw-hooks() {" {
            // Before `_arguments` cuts them to those of a command.
            text.push_str("    local -a ptw_hooks_words=(\"${(@Q)words[1,CURRENT-1]}\" \"${(Q)PREFIX}\")\n");
        }
    }
    match text.rfind("\nif [ \"$funcstack[1]\"") {
        Some(end) => format!("{}{ZSH}{}", &text[..end], &text[end..]),
        None => text,
    }
}

const FISH: &str = "
function __ptw_hooks_values
    command -sq ptw-hooks
    and command ptw-hooks complete fish (commandline -opc) (commandline -ct) 2>/dev/null
end
";

fn fish(script: &str) -> String {
    let mut text = String::new();
    for line in script.lines() {
        let option = line.strip_suffix(" -r").filter(|line| line.contains(" -l webhook -d "));
        match option {
            Some(option) => text.extend([option, " -r -f -k -a '(__ptw_hooks_values)'\n"]),
            None => text.extend([line, "\n"]),
        }
    }
    text.push_str(FISH);
    for command in Cli::command().get_subcommands() {
        if command.get_positionals().any(|arg| kind(arg).is_some()) {
            let name = command.get_name();
            text.extend([
                "complete -c ptw-hooks -n \"__fish_ptw_hooks_using_subcommand ",
                name,
                "\" -f -k -a '(__ptw_hooks_values)'\n",
            ]);
        }
    }
    text
}

/// The names of the arguments without an option whose values stand in the database.
fn looked_up() -> BTreeSet<String> {
    fn below(command: &Command, found: &mut BTreeSet<String>) {
        let stored = |arg: &&Arg| matches!(kind(arg), Some(Kind::Webhook | Kind::Delivery));
        found.extend(command.get_positionals().filter(stored).map(|arg| arg.get_id().to_string()));
        command.get_subcommands().for_each(|command| below(command, found));
    }
    let mut found = BTreeSet::new();
    below(&Cli::command(), &mut found);
    found
}
