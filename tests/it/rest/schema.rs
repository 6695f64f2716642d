//! The description of the API against the server itself: a validator of OpenAPI reads it, and schemathesis generates
//! requests from it, right and wrong ones, and holds every answer against it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Server, token};
use crate::sandbox::{Child, Sandbox};
use crate::verifiers::python;

/// Requests are the same in every run.
const SEED: &str = "20240115";
/// How many are generated for an operation, beside those that the description itself suggests.
const EXAMPLES: &str = "25";

/// A server that can neither look up a name nor send to any address: it is sent webhooks that point anywhere.
#[track_caller]
fn serve_secluded(sandbox: &Sandbox) -> Server {
    sandbox.config("deny = [\"0.0.0.0/0\", \"::/0\"]");
    let names = sandbox.write("nsswitch.conf", "hosts: files\n");
    let names = names.to_str().expect("the path is UTF-8");
    let script = "mount --bind \"$1\" /etc/nsswitch.conf && shift && exec \"$@\"";
    let secluded = ["--map-root-user", "--mount", "sh", "-c", script, "sh", names];
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let child: Child = sandbox.cmd().args(serve).under("unshare", secluded).spawn();
    Server::listening(child)
}

/// Runs a module of the tests' own Python in the sandbox, and asserts that it ends well.
#[track_caller]
fn run(sandbox: &Sandbox, args: &[&str], told: impl Fn() -> String) -> String {
    let output = Command::new(python())
        .arg("-m")
        .args(args)
        .current_dir(sandbox.dir())
        .env("PYTHONPATH", receivers())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{args:?} cannot be started ({error})"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {}\n{stdout}\n{stderr}\n{}", output.status, told());
    stdout.into_owned()
}

fn receivers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers")
}

#[test]
fn the_description_is_openapi_and_the_server_keeps_to_it() {
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "schemathesis", &["--scope", "manage"]);
    let server = serve_secluded(&sandbox);
    let description = server.client(&token).get("schema/").is(200);
    assert_eq!(description.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
    sandbox.write("openapi.json", &description.body);
    let valid = run(&sandbox, &["openapi_spec_validator", "--schema", "3.1", "openapi.json"], String::new);
    assert!(valid.contains("OK"), "{valid}");

    let config = receivers().join("schemathesis.toml");
    let (url, authorization) = (server.url(), format!("Authorization: Bearer {token}"));
    let config = config.to_str().expect("the path is UTF-8");
    // The file instead of its URL: an operation that the description was read from would be left out.
    let args = [
        &["schemathesis.cli", "--config-file", config, "run", "openapi.json", "--url", &url][..],
        &["--header", &authorization, "--checks", "all", "--mode", "all", "--continue-on-failure"],
        &["--phases", "examples,coverage,fuzzing,stateful", "--seed", SEED, "--max-examples", EXAMPLES],
        &["--generation-database", "none", "--suppress-health-check", "all", "--no-color"],
    ];
    let report = run(&sandbox, &args.concat(), || server.log_text());
    // All of it was tested, and nothing was skipped for want of a way to do so.
    let operations = description.json()["paths"].as_object().map_or(0, |paths| {
        paths.values().map(|item| item.as_object().map_or(0, serde_json::Map::len)).sum::<usize>()
    });
    assert!(report.contains(&format!("Tested: {operations}")), "{report}");
    for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
        assert!(report.contains(&format!("✅ {phase}")), "{phase} did not run\n{report}");
    }
    let foreign = server.log().into_iter().find(|line| line["level"] == "error" && line["status"] != 502);
    assert_eq!(foreign, None, "an error that nobody saw");
}
