//! The files for TLS that a definition names: their paths are exported, and what is in them is looked at before they
//! are used.

use super::{OTHER, apply, differences, differing, other, stored};
use crate::receiver::TestCa;
use crate::sandbox::Sandbox;

/// A sandbox with a client certificate, its key and its authority, and the lines that declare a webhook with them.
fn planted() -> (Sandbox, [String; 7]) {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    ca.client("old", -1).write_to(&sandbox, "old");
    let path = |name: &str| format!("\"{}\"", sandbox.dir().join(name).display());
    let lines = [
        "[[webhook]]".to_owned(),
        "name = \"ERP\"".to_owned(),
        "url = \"https://localhost:9/x\"".to_owned(),
        "events = [\"*\"]".to_owned(),
        format!("client_cert = {}", path("ptw.pem")),
        format!("client_key = {}", path("ptw.key")),
        format!("ca_file = {}", path("ca.pem")),
    ];
    (sandbox, lines)
}

fn each(lines: &[String; 7]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

#[test]
fn paths_are_exported_applied_and_what_differs_is_mended() {
    let (sandbox, lines) = planted();
    apply(&sandbox, &each(&lines)).ok();
    sandbox.write("webhooks.toml", sandbox.run(["export", "--secrets-dir", "keys"]).ok().stdout);
    differences(&sandbox, 0);
    other(&sandbox, &["apply", "webhooks.toml"]).ok();
    let list = |db: &[&str]| sandbox.run([db, &["list", "-o", "json"]].concat()).ok().json();
    for member in ["client_cert", "client_key", "ca_file"] {
        let (here, there) = (list(&[]), list(&OTHER));
        assert!(here[0][member].is_string());
        assert_eq!(here[0][member], there[0][member]);
    }
    sandbox.run(["update", "ERP", "--no-client-cert"]).ok();
    assert_eq!(differing(&sandbox), ["client_cert", "client_key"]);
    sandbox.run(["update", "ERP", "--no-ca-file"]).ok();
    assert_eq!(differing(&sandbox), ["client_cert", "client_key", "ca_file"]);
    sandbox.run(["apply", "webhooks.toml"]).ok();
    differences(&sandbox, 0);
    let text = sandbox.run(["export"]).ok().stdout;
    assert!(!text.contains("-----BEGIN"), "{text}");
}

#[test]
fn files_that_cannot_be_used_are_refused_before_anything_is_changed() {
    let (sandbox, lines) = planted();
    apply(&sandbox, &each(&lines)).ok();
    let before = stored(&sandbox.db_path());
    let path = |name: &str| sandbox.dir().join(name).display().to_string();
    for (line, instead, complaint) in [
        (4, "client_cert = \"ptw.pem\"".to_owned(), "client_cert cannot be used: it is not an absolute path"),
        (4, String::new(), "client_cert and client_key come together"),
        (5, String::new(), "client_cert and client_key come together"),
        (5, format!("client_key = \"{}\"", path("old.key")), "key"),
        (6, format!("ca_file = \"{}\"", path("nowhere.pem")), "nowhere.pem"),
        (2, "url = \"http://localhost:9/x\"".to_owned(), "client_cert cannot be used with a URL of http"),
    ] {
        let mut changed = lines.clone();
        changed[line] = instead;
        let run = apply(&sandbox, &each(&changed)).code(2);
        run.stderr_has(complaint).stderr_has("ERP");
        assert_eq!(stored(&sandbox.db_path()), before, "{complaint}");
    }
    let mut expired = lines.clone();
    expired[4] = format!("client_cert = \"{}\"", path("old.pem"));
    expired[5] = format!("client_key = \"{}\"", path("old.key"));
    apply(&sandbox, &each(&expired)).code(2).stderr_has("old.pem").stderr_has("expired");
    // What a webhook uses already keeps nothing else from being changed.
    let (pem, key) = (path("old.pem"), path("old.key"));
    std::fs::copy(pem, sandbox.dir().join("ptw.pem")).unwrap();
    std::fs::copy(key, sandbox.dir().join("ptw.key")).unwrap();
    let mut other = lines.clone();
    other[3] = "events = [\"permit_approved\"]".to_owned();
    apply(&sandbox, &each(&other)).ok();
}
