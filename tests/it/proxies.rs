//! Sending through a proxy: what it is asked for, what goes past it, what happens where it fails, and what becomes of the
//! rules for addresses.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::exchange::{EMIT, Exchange, Failure};
use crate::proxy::{Asked, Manner, Proxy};
use crate::receiver::{Receiver, Reply, TestCa};
use crate::sandbox::Sandbox;
use crate::steps::emit;

/// `user:p@ss:word` in base64, and how it is written in a URL.
const CREDENTIALS: (&str, &str) = ("dXNlcjpwQHNzOndvcmQ=", "user:p%40ss:word@");

/// A sandbox with this proxy and further lines of the configuration.
fn through(proxy: &str, more: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let file = sandbox.config(&format!("proxy = \"{proxy}\"\n{more}\n"));
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    sandbox
}

/// Sends to a URL through a proxy of this manner with the shortest timeout.
fn failing(manner: Manner, url: &str) -> (Exchange, Proxy) {
    let proxy = Proxy::start(manner);
    let sandbox = through(&proxy.url(CREDENTIALS.1), "");
    (Exchange::with(sandbox, url, &["--timeout", "1s"]), proxy)
}

#[test]
fn http_and_https_go_through_a_tunnel_and_names_are_looked_up_by_the_proxy() {
    let ca = TestCa::new();
    for tls in [false, true] {
        let receiver = if tls {
            Receiver::start_tls(Reply::status(200).body("ok"), ca.valid("erp.plant.example"))
        } else {
            Receiver::start(Reply::status(200).body("ok"))
        };
        let proxy = Proxy::start(Manner::Connects(receiver.address()));
        let sandbox = through(&proxy.url(""), "ca_file = 'ca.pem'");
        ca.write_pem(&sandbox.config_path().with_file_name("ca.pem"));
        let (scheme, port) = if tls { ("https", 443) } else { ("http", 80) };
        let exchange = Exchange::with(sandbox, &format!("{scheme}://erp.plant.example/x?y=1"), &[]);
        exchange.assert_delivered();
        let sent = receiver.wait_for(1).remove(0);
        assert_eq!((sent.path.as_str(), sent.header("host")), ("/x?y=1", Some("erp.plant.example")));
        assert_eq!(sent.header("proxy-authorization"), None);
        let line = format!("CONNECT erp.plant.example:{port} HTTP/1.1");
        assert_eq!(proxy.asked(), [Asked { line, authorization: None }]);
        assert_eq!(exchange.response()["body"], "ok");
    }
}

#[test]
fn a_tunnel_is_used_again_and_each_host_has_its_own() {
    let receiver = Receiver::start(Reply::status(200));
    let proxy = Proxy::start(Manner::Connects(receiver.address()));
    let sandbox = through(&proxy.url(""), "");
    sandbox.create_with("a", "http://a.example:8080/x", &["*"], &["--ordered"]);
    sandbox.create_with("b", "http://b.example:8080/x", &["*"], &["--ordered"]);
    let line = |permit: i64| {
        format!(
            "{{\"event\":\"permit_approved\",\"permit_id\":1,\"permit_number\":\"P\",\"idempotency_key\":\"{permit}\"}}\n"
        )
    };
    let batch: String = (1..=10).map(line).collect();
    sandbox.cmd().args(["emit", "--batch", "-"]).stdin(batch).run().ok();
    let sent = receiver.wait_for(20);
    for one in &sent {
        let first = sent.iter().find(|other| other.connection == one.connection).unwrap();
        assert_eq!(one.header("host"), first.header("host"));
    }
    let mut lines = proxy.lines();
    lines.sort();
    assert_eq!(lines, ["CONNECT a.example:8080 HTTP/1.1", "CONNECT b.example:8080 HTTP/1.1"]);
}

#[test]
fn user_and_password_are_sent_to_the_proxy_and_shown_nowhere() {
    let receiver = Receiver::start(Reply::status(200));
    let proxy = Proxy::start(Manner::Demands(receiver.address(), CREDENTIALS.0));
    let sandbox = through(&proxy.url(CREDENTIALS.1), "");
    let exchange = Exchange::with(sandbox, "http://erp.example/x", &[]);
    exchange.assert_delivered();
    assert_eq!(proxy.asked()[0].authorization, Some(format!("Basic {}", CREDENTIALS.0)));
    let sandbox = &exchange.sandbox;
    let secrets = ["p%40ss", "p@ss", CREDENTIALS.0];
    for args in [
        &["show", "erp"][..],
        &["inspect", "1", "-o", "json"],
        &["doctor", "-o", "json"],
        &["doctor", "-v"],
        &["deliveries", "-o", "json"],
        &["emit", "permit_expired", "--permit-id=1", "--permit-number=P", "--dry-run", "-v", "-o", "json"],
        &["export"],
    ] {
        let run = sandbox.run(args);
        assert!(!secrets.iter().any(|secret| format!("{run}").contains(secret)), "{run}");
    }
    // Where it is refused, too.
    sandbox.config(&format!("proxy = \"{}\"", proxy.url("user:wr%6fng@")));
    let run = emit(sandbox, "permit_expired", "1").run().code(3);
    assert!(!format!("{run}").contains("wrong") && !format!("{run}").contains("wr%6fng"), "{run}");
    for entry in fs::read_dir(sandbox.db_path().parent().unwrap()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let holds = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
        assert!(!secrets.iter().any(|secret| holds(secret)) && !holds("wr%6fng"));
    }
}

#[test]
fn a_proxy_that_fails_is_named_without_its_password_and_the_delivery_goes_on() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let sandbox = through(&format!("http://{}{closed}", CREDENTIALS.1), "");
    Exchange::with(sandbox, "https://erp.example/x", &[]).assert_will_retry(&Failure {
        outcome: "connect",
        phase: "connect",
        error: &format!(
            "cannot connect to the proxy `http://{closed}`: nothing listens at this address and port"
        ),
        advice: "Check `proxy` in the configuration, that the proxy runs",
    });

    let (exchange, proxy) = failing(Manner::Demands(closed, "other"), "https://erp.example/x");
    exchange.assert_will_retry(&Failure {
        outcome: "connect",
        phase: "connect",
        error: &format!(
            "the proxy `{}` answered 407 Proxy Authentication Required to CONNECT `erp.example:443`",
            proxy.url("")
        ),
        advice: "as `http://USER:PASSWORD@HOST:PORT`",
    });

    let (exchange, proxy) =
        failing(Manner::Answers("HTTP/1.0 403 Forbidden\r\nX: y\r\n\r\nno"), "http://erp.example:8080/x");
    exchange.assert_will_retry(&Failure {
        outcome: "connect",
        phase: "connect",
        error: &format!("the proxy `{}` answered 403 Forbidden to CONNECT `erp.example:8080`", proxy.url("")),
        advice: "Have its rules allow `CONNECT` to it",
    });

    let (exchange, proxy) = failing(Manner::Connects(closed), "https://erp.example/x");
    exchange.assert_will_retry(&Failure {
        outcome: "connect",
        phase: "connect",
        error: &format!("the proxy `{}` answered 502 Bad Gateway to CONNECT", proxy.url("")),
        advice: "could not reach the receiver",
    });

    let (exchange, proxy) = failing(Manner::Stalls, "https://erp.example/x");
    exchange.assert_will_retry(&Failure {
        outcome: "timeout",
        phase: "connect",
        error: &format!(
            "timed out after 1s while waiting for the proxy `{}` to connect to `erp.example:443`",
            proxy.url("")
        ),
        advice: "could not reach the receiver",
    });

    for (bytes, error) in [
        ("", "closed the connection when it was asked for `erp.example:443`"),
        ("SSH-2.0-x\r\n\r\n", "did not answer like a proxy"),
        ("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000).leak(), "did not answer like a proxy"),
        (
            "HTTP/1.1 200 OK\r\n\r\n<html>",
            "answered 200 OK to CONNECT `erp.example:443`, and sent more than that",
        ),
    ] {
        let (exchange, _) = failing(Manner::Answers(bytes), "https://erp.example/x");
        exchange.assert_will_retry(&Failure { outcome: "connect", phase: "connect", error, advice: "." });
    }

    let sandbox = through("http://user:p%40ss:word@no-such-proxy.invalid:3128", "");
    Exchange::with(sandbox, "https://erp.example/x", &[]).assert_will_retry(&Failure {
        outcome: "dns",
        phase: "resolve",
        error: "cannot find the proxy `http://no-such-proxy.invalid:3128`: `no-such-proxy.invalid` cannot be resolved",
        advice: "Check `proxy` in the configuration",
    });
}

#[test]
fn what_no_proxy_names_and_this_machine_is_reached_directly() {
    let receiver = Receiver::start(Reply::status(200));
    let port = receiver.port();
    let proxy = Proxy::start(Manner::Connects(receiver.address()));
    let delivered = |more: &str, host: &str| {
        let sandbox = through(&proxy.url(""), more);
        let before = proxy.asked().len();
        Exchange::with(sandbox, &format!("http://{host}:{port}/x"), &[]).assert_delivered();
        proxy.asked().len() - before
    };
    // What would lead to the proxy's own machine is not sent there if nothing is said.
    assert_eq!((delivered("", "127.0.0.1"), delivered("", "localhost")), (0, 0));
    assert_eq!(delivered("no_proxy = []", "127.0.0.1"), 1);
    assert_eq!(delivered("no_proxy = [\"10.0.0.0/8\", \"erp.local\"]", "127.0.0.1"), 1);
    assert_eq!(delivered("no_proxy = [\"127.0.0.0/8\"]", "127.0.0.1"), 0);
    assert_eq!(delivered("no_proxy = [\"localhost\"]", "localhost"), 0);
    assert_eq!(delivered("no_proxy = [\"10.0.0.0/8\", \"erp.local\"]", "10.1.2.3.example"), 1);

    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let before = proxy.asked().len();
    let with = |no_proxy: &str, permit: &str| {
        let cmd = emit(&sandbox, "permit_approved", permit).env("PTW_HOOKS_PROXY", proxy.url(""));
        cmd.env("PTW_HOOKS_NO_PROXY", no_proxy).run().ok();
        proxy.asked().len() - before
    };
    assert_eq!((with("erp.local, 127.0.0.1", "1"), with("erp.local", "2")), (0, 1));
}

#[test]
fn the_proxy_of_the_environment_is_not_ours() {
    let receiver = Receiver::start(Reply::status(200));
    let proxy = Proxy::start(Manner::Connects(receiver.address()));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let mut cmd = sandbox.cmd().args(EMIT);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        cmd = cmd.env(name, proxy.url(""));
    }
    cmd.run().ok();
    assert_eq!((receiver.wait_for(1).len(), proxy.asked().len()), (1, 0));
}

#[test]
fn addresses_in_a_url_are_judged_here_in_every_form_before_the_proxy_is_asked() {
    let proxy = Proxy::start(Manner::Stalls);
    let sandbox = through(&proxy.url(""), "deny = [\"192.0.2.0/24\"]\nproxy_egress = \"proxy\"");
    let hosts = [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "169.254.43518",
        "0251.0376.0251.0376",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "192.0.2.7",
    ];
    for (index, host) in hosts.iter().enumerate() {
        sandbox.create(&format!("w{index}"), &format!("http://{host}/x"), &["*"]);
    }
    let sent = sandbox.cmd().args(EMIT).args(["-o", "json"]).run().code(3).json();
    for one in sent["deliveries"].as_array().unwrap() {
        assert_eq!(one["status"], "failed", "{one}");
        assert!(one["error"].as_str().unwrap().contains("leads to an address that is refused"), "{one}");
    }
    assert_eq!(sent["deliveries"].as_array().unwrap().len(), hosts.len());
    assert_eq!(proxy.asked(), []);
}

#[test]
fn the_address_of_the_proxy_is_judged_as_well_and_nothing_is_given_up_for_it() {
    let proxy = Proxy::start(Manner::Stalls);
    let sandbox = through(&proxy.url(""), "deny_private = true\nproxy_egress = \"proxy\"");
    Exchange::with(sandbox, "https://erp.example/x", &[]).assert_will_retry(&Failure {
        outcome: "connect",
        phase: "resolve",
        error: &format!("cannot use the proxy `{}`: `127.0.0.1` leads to an address that is refused: 127.0.0.1 is private", proxy.url("")),
        advice: "an entry in `allow` of the configuration makes an exception",
    });
    assert_eq!(proxy.asked(), []);
}

#[test]
fn rules_for_addresses_beside_a_proxy_have_to_be_acknowledged() {
    let statement =
        "deny_private, allow and deny cannot be checked for names with `proxy`, which looks them up itself";
    for rule in ["deny_private = true", "allow = [\"10.0.0.0/8\"]", "deny = [\"10.0.0.0/8\"]"] {
        let sandbox = through("http://proxy.example:3128", rule);
        let refused = sandbox.run(["list"]).code(2).stdout_is("").stderr_has(statement);
        refused.stderr_has("say so with `proxy_egress = \"proxy\"`");
        sandbox.config(&format!("proxy = \"http://proxy.example:3128\"\nproxy_egress = \"proxy\"\n{rule}\n"));
        sandbox.run(["list"]).code(4).stderr_has("there is no database");
        // Without a proxy they are what they were.
        sandbox.config(rule);
        sandbox.run(["list"]).code(4);
        sandbox
            .cmd()
            .arg("list")
            .env("PTW_HOOKS_PROXY", "http://proxy.example:1")
            .run()
            .code(2)
            .stderr_has(statement);
        let said = sandbox.cmd().arg("list").env("PTW_HOOKS_PROXY", "http://proxy.example:1");
        said.env("PTW_HOOKS_PROXY_EGRESS", "proxy").run().code(4);
    }
    let sandbox = through("http://proxy.example:3128", "proxy_egress = \"yes\"");
    sandbox.run(["list"]).code(2).stderr_has("proxy_egress cannot be `yes`: it is `proxy`, or left out");
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
    for (lines, what) in [
        (
            "proxy = \"https://user:hunter2@proxy.example:3128\"",
            "proxy cannot be one of `https`: it is reached over http",
        ),
        ("proxy = \"http://user:hunter2@proxy.example\"", "it is a host and a port, and nothing after them"),
        ("proxy = \"http://user:hunter2%@proxy.example:1\"", "write `%25` for a `%`"),
        (
            "proxy = \"http://proxy.example:1\"\nno_proxy = [\"*\"]",
            "no_proxy cannot hold `*`: write a name such as `erp.local`",
        ),
        ("proxy = [\"http://user:hunter2@proxy.example:1\"]", "line 1 is not what is expected there"),
        (
            "output = \"json\"\nproxy = \"http://user:hunter2@proxy.example:1",
            "line 2 is not what is expected there",
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.config(lines);
        sandbox.run(["list"]).code(2).stderr_has(what).stderr_lacks("hunter2");
    }
    let variable =
        Sandbox::new().cmd().arg("list").env("PTW_HOOKS_PROXY", "http://user:hunter2@proxy.example").run();
    variable.code(2).stderr_has("cannot use `PTW_HOOKS_PROXY`: proxy cannot be used").stderr_lacks("hunter2");
}

#[test]
fn a_configuration_with_a_password_that_others_can_read_is_warned_of() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let warned = |lines: &str, mode: u32| {
        let file = sandbox.config(lines);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let warning =
            format!("other users can read `{}`, which holds secrets; `chmod 600` closes it", file.display());
        sandbox.run(["list"]).ok().stderr.contains(&warning)
    };
    let with = "proxy = \"http://user:password@proxy.example:1\"";
    assert!(warned(with, 0o644));
    let found = sandbox.run(["doctor", "-ojson"]).json()[0].clone();
    assert_eq!((&found["check"], &found["verdict"]), (&json!("configuration"), &json!("warning")), "{found}");
    assert!(!warned(with, 0o600) && !warned("proxy = \"http://proxy.example:1\"", 0o644));
}

#[test]
fn doctor_says_that_the_check_of_addresses_is_the_proxys() {
    let ca = TestCa::new();
    let receiver = Receiver::start_tls(Reply::status(200), ca.valid("erp.plant.example"));
    let proxy = Proxy::start(Manner::Connects(receiver.address()));
    let sandbox = through(&proxy.url(CREDENTIALS.1), "");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    sandbox.create_with("erp", "https://erp.plant.example/x", &["*"], &["--ca-file=ca.pem"]);
    let found = |name: &str| -> (Value, String) {
        let all = sandbox.run(["doctor", "erp", "-o", "json"]).stderr_is("").json();
        let one = all.as_array().unwrap().iter().find(|one| one["check"] == name).unwrap().clone();
        (one["verdict"].clone(), one["finding"].as_str().unwrap().to_owned())
    };
    let dns =
        format!("`erp.plant.example` is looked up by the proxy `{}`, which is at 127.0.0.1", proxy.url(""));
    assert_eq!(found("dns"), (json!("ok"), dns));
    let egress = "where `erp.plant.example` leads is checked by the proxy, not here; of its own, 1 of 1 addresses may be dialled";
    assert_eq!(found("egress"), (json!("ok"), egress.to_owned()));
    let connect = found("connect").1;
    assert!(
        connect.starts_with("the proxy at 127.0.0.1:")
            && connect.contains("connected to `erp.plant.example` in "),
        "{connect}"
    );
    assert_eq!(found("tls").0, json!("ok"));
    assert_eq!(found("http"), (json!("ok"), "answered 200 to OPTIONS".to_owned()));

    let broken = Proxy::start(Manner::Answers("HTTP/1.1 403 Forbidden\r\n\r\n"));
    sandbox.config(&format!("proxy = \"{}\"", broken.url(CREDENTIALS.1)));
    let (verdict, finding) = found("connect");
    assert_eq!(verdict, json!("failed"));
    assert_eq!(
        finding,
        format!("the proxy `{}` answered 403 Forbidden to CONNECT `erp.plant.example:443`", broken.url(""))
    );
    sandbox.run(["update", "erp", "--url=https://169.254.169.254/"]).ok();
    assert_eq!(found("egress").0, json!("failed"));
}

#[test]
fn a_client_certificate_is_shown_to_the_receiver_behind_a_proxy() {
    let ca = TestCa::new();
    let receiver = Receiver::start_tls(Reply::status(200), ca.valid("erp.plant.example").demanding(&ca));
    let proxy = Proxy::start(Manner::Connects(receiver.address()));
    let sandbox = through(&proxy.url(""), "");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    let client = ca.client("ptw", 90);
    client.write_to(&sandbox, "ptw");
    let args = ["--client-cert=ptw.pem", "--client-key=ptw.key", "--ca-file=ca.pem"];
    Exchange::with(sandbox, "https://erp.plant.example/x", &args).assert_delivered();
    assert_eq!(receiver.wait_for(1)[0].client, Some(client.der()));
    let address: SocketAddr = receiver.address();
    assert!(address.ip().is_loopback() && proxy.lines() == ["CONNECT erp.plant.example:443 HTTP/1.1"]);
}
