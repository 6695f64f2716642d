//! Egress by way of the environment: variables, proxies, and names that lead to a refused address.

#[cfg(target_os = "linux")]
use std::process::Command;

use crate::exchange::{EMIT, Exchange, Failure};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

/// What is said of an address under `deny_private`.
const PRIVATE: Failure = Failure {
    outcome: "blocked",
    phase: "resolve",
    error: "127.0.0.1 is private, and `deny_private` is set",
    advice: "an entry in `allow` of the configuration makes an exception",
};

/// Emits to a receiver on this machine with variables above a configuration file.
#[track_caller]
fn emit(toml: &str, variables: &[(&str, &str)]) -> Exchange {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.config(toml);
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let run =
        variables.iter().fold(sandbox.cmd().args(EMIT), |cmd, (name, value)| cmd.env(name, value)).run();
    let delivered = run.code == Some(0);
    assert_eq!(receiver.connections(), usize::from(delivered), "what is refused is not dialled");
    Exchange::after(sandbox, run)
}

#[test]
fn variables_go_before_the_configuration_file() {
    emit("deny_private = false", &[("PTW_HOOKS_DENY_PRIVATE", "true")]).assert_given_up(&PRIVATE);
    emit("deny_private = true", &[("PTW_HOOKS_DENY_PRIVATE", "false")]).assert_delivered();
    emit("deny_private = true", &[("PTW_HOOKS_ALLOW", "10.0.0.0/8, 127.0.0.0/8")]).assert_delivered();
    emit("deny_private = true\nallow = ['127.0.0.0/8']", &[("PTW_HOOKS_ALLOW", "10.0.0.0/8")])
        .assert_given_up(&PRIVATE);
    emit("deny = ['127.0.0.0/8']", &[("PTW_HOOKS_DENY", "10.0.0.0/8")]).assert_delivered();
    let denied = Failure { error: "in `127.0.0.1/32`, which `deny` lists", ..PRIVATE };
    emit("deny = []", &[("PTW_HOOKS_DENY", "10.0.0.0/8,127.0.0.1")]).assert_given_up(&denied);
}

#[test]
fn a_variable_that_cannot_be_understood_stops_before_anything_is_sent() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    for (name, value) in [
        ("PTW_HOOKS_DENY_PRIVATE", "maybe"),
        ("PTW_HOOKS_ALLOW", "everything"),
        ("PTW_HOOKS_DENY", "127.0.0.0/33"),
    ] {
        sandbox.cmd().args(EMIT).env(name, value).run().code(2).stdout_is("").stderr_has(value);
    }
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let proxy = Receiver::start(Reply::status(200));
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let run = names.iter().fold(sandbox.cmd().args(EMIT), |cmd, name| cmd.env(name, proxy.url(""))).run();
    Exchange::after(sandbox, run).assert_delivered();
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(proxy.connections(), 0, "the address that was judged is the one that is dialled");
}

/// Runs the binary in the sandbox where /etc/hosts is another file, in namespaces of its own: no other process sees it.
#[cfg(target_os = "linux")]
#[track_caller]
fn emit_with_hosts(sandbox: &Sandbox, hosts: &str) -> Run {
    let hosts = sandbox.write("hosts", hosts);
    let script = "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(hosts)
        .arg(env!("CARGO_BIN_EXE_ptw-hooks"))
        .args(EMIT)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LLVM_PROFILE_FILE"))
        .env("HOME", sandbox.dir().join("home"))
        .env("XDG_DATA_HOME", sandbox.data_home())
        .env("XDG_CONFIG_HOME", sandbox.config_home())
        .output()
        .expect("`unshare` of util-linux can be started");
    let run = Run {
        args: vec!["emit".into(), "(with another /etc/hosts)".into()],
        stdout: String::from_utf8(output.stdout).expect("the output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("the output is UTF-8"),
        code: output.status.code(),
        signal: None,
    };
    assert!(!run.stderr.contains("unshare: ") && !run.stderr.contains("mount: "), "no namespaces: {run}");
    run
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_leads_to_a_refused_address_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("erp", "http://metadata.test/latest/", &["*"]);
    let run = emit_with_hosts(&sandbox, "169.254.169.254 metadata.test\n");
    Exchange::after(sandbox, run).assert_given_up(&Failure {
        error: "`metadata.test` leads to an address that is refused: 169.254.169.254 is link-local",
        ..PRIVATE
    });
}

#[cfg(target_os = "linux")]
#[test]
fn of_several_addresses_of_a_name_only_those_that_are_not_refused_are_dialled() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create_with(
        "erp",
        &format!("http://mixed.test:{}/x", receiver.port()),
        &["*"],
        &["--timeout", "2s"],
    );
    let run = emit_with_hosts(&sandbox, "169.254.169.254 mixed.test\n127.0.0.1 mixed.test\n");
    let exchange = Exchange::after(sandbox, run);
    exchange.assert_delivered();
    let sent = receiver.wait_for(1).remove(0);
    assert_eq!(sent.header("host"), Some(format!("mixed.test:{}", receiver.port()).as_str()));
}
