//! Reads the sources and holds the lines that the crate documentation draws.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import. A new line here is a decision about the architecture.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("time", &[]),
    ("file", &[]),
    ("upkeep", &["time"]),
    ("payload", &["error"]),
    ("event", &["error", "payload"]),
    ("signature", &["error", "payload"]),
    ("webhook", &["error", "event", "signature", "time"]),
    ("definition", &["error", "event", "signature", "time", "webhook"]),
    ("token", &["error", "event"]),
    ("delivery", &["event", "webhook"]),
    ("incident", &["event"]),
    ("notifier", &[]),
    ("explanation", &["delivery", "event", "webhook"]),
    ("stats", &["delivery"]),
    ("retry", &["delivery", "webhook"]),
    ("request", &["event", "signature", "webhook"]),
    ("advice", &["delivery", "event"]),
    ("probe", &["advice", "delivery", "upkeep"]),
    ("receipt", &["signature"]),
    (
        "api",
        &[
            "advice",
            "definition",
            "delivery",
            "event",
            "explanation",
            "incident",
            "receipt",
            "request",
            "signature",
            "stats",
            "token",
            "upkeep",
            "webhook",
        ],
    ),
    ("sender", &["delivery", "file", "probe", "request", "webhook"]),
    (
        "store",
        &[
            "delivery",
            "error",
            "event",
            "explanation",
            "incident",
            "retry",
            "signature",
            "stats",
            "token",
            "upkeep",
            "webhook",
        ],
    ),
    ("dispatcher", &["delivery", "error", "event", "request", "retry", "sender", "store", "webhook"]),
    (
        "hooks",
        &[
            "advice",
            "api",
            "definition",
            "delivery",
            "dispatcher",
            "error",
            "event",
            "explanation",
            "incident",
            "notifier",
            "probe",
            "request",
            "retry",
            "sender",
            "signature",
            "stats",
            "store",
            "token",
            "upkeep",
            "webhook",
        ],
    ),
    (
        "output",
        &[
            "advice",
            "definition",
            "delivery",
            "event",
            "explanation",
            "incident",
            "receipt",
            "stats",
            "token",
            "upkeep",
            "webhook",
        ],
    ),
    ("receiver", &["receipt", "signature"]),
    (
        "server",
        &[
            "api",
            "delivery",
            "error",
            "event",
            "file",
            "hooks",
            "incident",
            "signature",
            "stats",
            "time",
            "token",
            "webhook",
        ],
    ),
    ("config", &["file", "hooks", "incident", "output", "sender", "time", "upkeep", "webhook"]),
    ("cli", &["delivery", "event", "output", "time", "token", "upkeep", "webhook"]),
    (
        "run",
        &[
            "api",
            "cli",
            "config",
            "definition",
            "delivery",
            "error",
            "event",
            "file",
            "hooks",
            "incident",
            "output",
            "payload",
            "receipt",
            "receiver",
            "server",
            "signature",
            "stats",
            "time",
            "token",
            "upkeep",
            "webhook",
        ],
    ),
];

/// Modules that depend on values alone.
const PURE: &[&str] = &[
    "error",
    "time",
    "upkeep",
    "payload",
    "event",
    "signature",
    "webhook",
    "definition",
    "token",
    "delivery",
    "explanation",
    "incident",
    "stats",
    "retry",
    "request",
    "advice",
    "probe",
    "receipt",
    "api",
];

/// A file of `src` without its tests.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
                let all = fs::read_to_string(&path).unwrap();
                let text = all.split("#[cfg(test)]").next().unwrap().to_owned();
                let module = first.trim_end_matches(".rs").to_owned();
                found.push(Source { path: inside, module, text, lines: all.lines().count() });
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found.retain(|source| !source.path.ends_with("tests.rs"));
    found
}

/// The modules that a text imports: what follows `crate::` in code.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>())
        .inspect(|name| assert!(!name.is_empty(), "import modules one by one, not as `crate::{{…}}`"))
        .collect()
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    for source in sources().iter().filter(|source| !matches!(source.module.as_str(), "lib" | "main")) {
        let allowed = allowed.get(source.module.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("`{}` is not in the map of modules", source.module));
        for import in imports(&source.text).iter().filter(|import| **import != source.module) {
            assert!(allowed.contains(&import.as_str()), "{} imports `{import}`", source.path.display());
        }
    }
}

#[test]
fn the_map_of_modules_has_no_circle() {
    // Every module stands after all that it may import.
    let place = |name: &str| MAY_IMPORT.iter().position(|(module, _)| *module == name);
    for (module, imports) in MAY_IMPORT {
        for import in *imports {
            assert!(place(import) < place(module), "`{module}` stands before `{import}`");
        }
    }
}

#[test]
fn each_heavy_crate_has_one_room() {
    for (name, rooms) in [
        ("rusqlite", &["store"][..]),
        ("ureq", &["sender"]),
        ("comfy_table", &["output"]),
        ("csv", &["output"]),
        ("clap", &["cli", "run"]),
        ("clap_complete", &["run"]),
        ("clap_mangen", &["run"]),
        ("tempfile", &["notifier", "run", "store"]),
        ("schemars", &["api"]),
        ("toml", &["config", "definition"]),
        ("dirs", &["config"]),
        ("hmac", &["signature"]),
        ("hyper", &["server"]),
        ("hyper_util", &["server"]),
        ("prometheus_client", &["server"]),
        ("tokio", &["server"]),
        ("subtle", &["signature", "token"]),
        ("getrandom", &["hooks", "dispatcher"]),
    ] {
        for source in sources().iter().filter(|source| !rooms.contains(&source.module.as_str())) {
            let used = source.text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
                line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                })
            });
            assert!(!used, "{} uses `{name}`", source.path.display());
        }
    }
}

#[test]
fn pure_modules_read_neither_clock_nor_system() {
    let effects =
        ["::now()", "std::env::var", "std::fs", "std::io::", "std::net::Tcp", "std::thread", "getrandom"];
    for source in sources().iter().filter(|source| PURE.contains(&source.module.as_str())) {
        for effect in effects {
            assert!(!source.text.contains(effect), "{} uses `{effect}`", source.path.display());
        }
    }
}

#[test]
fn files_stay_small_and_say_what_they_are_for() {
    for source in sources() {
        let path = source.path.display();
        let most = if source.module == "main" { 20 } else { 360 };
        assert!(source.lines <= most, "{path} has {} lines: it holds two things", source.lines);
        assert!(source.text.starts_with("//!"), "{path} does not say what it is responsible for");
    }
}
