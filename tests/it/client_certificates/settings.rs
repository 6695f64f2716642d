//! Setting the files: all that is wrong is said at once, before anything is stored, and REST clients set none.

use super::*;

#[track_caller]
fn refused(run: Run, problems: &[&str], hints: &[&str]) {
    let mut run = run.code(2).stdout_is("");
    for part in problems.iter().chain(hints) {
        run = run.stderr_has(part);
    }
    if problems.len() > 1 {
        run.stderr_has(format!("{} problems, nothing was done", problems.len()));
    }
}

#[test]
fn all_that_is_wrong_with_files_is_said_at_once_with_the_way_to_mend_it() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    let good = ca.client("ptw", 90);
    good.write_to(&sandbox, "ptw");
    ca.client("other", 90).write_to(&sandbox, "other");
    ca.client("old", -1).write_to(&sandbox, "old");
    ca.client_of_tomorrow("new").write_to(&sandbox, "new");
    sandbox.write("text", "no PEM");
    sandbox.write("large", vec![b'x'; 1024 * 1024 + 1]);
    sandbox.write(
        "locked",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let create = |cert: &str, key: &str, more: &[&str]| {
        sandbox
            .cmd()
            .args(["create", "--name=erp", "--url=https://erp.example/x", "--event=*", "--client-cert", cert])
            .args(["--client-key", key])
            .args(more)
            .run()
    };
    let in_it = "a certificate in PEM begins with `-----BEGIN CERTIFICATE-----`";
    refused(
        create("none.pem", "none.key", &["--ca-file=none", "--timeout=31s", "--header=Host: x"]),
        &[
            "timeout cannot be used",
            "header `Host` cannot be set",
            "cannot read client_cert `",
            "cannot read client_key `",
            "cannot read ca_file `",
        ],
        &["none.pem`: there is no such file", "hint: check the path"],
    );
    refused(
        create("text", "text", &[]),
        &["cannot use client_cert `", "cannot use client_key `"],
        &[in_it, "openssl pkey -inform der"],
    );
    refused(
        create("ptw.key", "ptw.pem", &[]),
        &["there is no certificate in it", "there is no private key in it"],
        &["`--client-key` names the file"],
    );
    refused(
        create("ptw.pem", "other.key", &[]),
        &["it is not the key of the certificate in `"],
        &["comes first in its file"],
    );
    refused(
        create("old.pem", "old.key", &[]),
        &["old.pem`: it expired at 20"],
        &["have its authority issue a new one"],
    );
    refused(
        create("new.pem", "new.key", &[]),
        &["new.pem`: it is not valid before 20"],
        &["check the clock"],
    );
    refused(
        create("ptw.pem", "locked", &[]),
        &["locked with a passphrase"],
        &["`openssl pkey -in FILE -out NEW` unlocks it"],
    );
    sandbox.write("odd", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    refused(
        create("ptw.pem", "odd", &[]),
        &["odd`: it is damaged, or of a kind that cannot be used here"],
        &["ECDSA (P-256 or P-384) or Ed25519"],
    );
    refused(create("large", "ptw.key", &[]), &["large`: it is larger than 1 MiB"], &[]);
    refused(create(".", "ptw.key", &[]), &["`: it is not a file"], &["give a file with PEM in it"]);
    refused(
        create("ptw.pem", "ptw.key", &["--ca-file=text"]),
        &["cannot use ca_file `"],
        &["text`: it is not PEM", in_it],
    );
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o000)).unwrap();
        refused(
            create("ptw.pem", "ptw.key", &[]),
            &["this user may not read it"],
            &["the user of the service"],
        );
    }
    assert!(!sandbox.db_path().exists(), "bad input leaves no database behind");
}

#[test]
fn a_certificate_needs_its_key_and_https() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    let both = ["--name=erp", "--url=https://erp.example/x"];
    sandbox
        .cmd()
        .args(["create"])
        .args(both)
        .args(["--client-cert", "ptw.pem"])
        .run()
        .code(2)
        .stderr_has("--client-key <FILE>");
    sandbox
        .cmd()
        .args(["create"])
        .args(both)
        .args(["--client-key", "ptw.key"])
        .run()
        .code(2)
        .stderr_has("--client-cert <FILE>");
    let plain = sandbox.cmd().args(["create", "--name=erp", "--url=http://localhost/x", "--ca-file=ptw.pem"]);
    refused(
        plain.args(["--client-cert=ptw.pem", "--client-key=ptw.key"]).run(),
        &[
            "client_cert cannot be used with a URL of http: only https has certificates",
            "ca_file cannot be used with a URL",
        ],
        &["give the webhook a URL of https"],
    );
}

#[test]
fn changes_are_checked_like_a_creation_and_only_what_changes() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    create(&sandbox, "erp", "https://erp.example/x", &with("ptw"));
    let stored = show(&sandbox, "erp");
    let paths = ["ptw.pem", "ptw.key", "ca.pem"].map(|name| path(&sandbox, name));
    assert_eq!(
        [&stored["client_cert"], &stored["client_key"], &stored["ca_file"]],
        [&paths[0], &paths[1], &paths[2]]
    );
    let text = sandbox.run(["show", "erp"]).ok();
    text.stdout_has(format!(
        "client cert  {}\nclient key   {}\nca file      {}\n",
        paths[0], paths[1], paths[2]
    ));
    refused(
        sandbox.run(["update", "erp", "--url=http://localhost/"]),
        &["client_cert cannot", "ca_file cannot"],
        &["--no-client-cert"],
    );
    refused(
        sandbox.run(["update", "erp", "--name= ", "--client-cert=none", "--client-key=ptw.key"]),
        &["name cannot be blank", "cannot read client_cert `"],
        &[],
    );
    // What is broken meanwhile does not stand in the way of other changes.
    fs::remove_file(sandbox.dir().join("ptw.pem")).unwrap();
    sandbox.run(["update", "erp", "--name=ERP"]).ok();
    sandbox.run(["update", "ERP", "--client-cert=ptw.pem", "--no-client-cert"]).code(2);
    sandbox.run(["update", "ERP", "--no-client-cert", "--no-ca-file"]).ok();
    let stored = show(&sandbox, "ERP");
    assert_eq!([&stored["client_cert"], &stored["client_key"], &stored["ca_file"]], [&Value::Null; 3]);
    assert_eq!(stored["changes"][0]["fields"], json!(["client_cert", "client_key", "ca_file"]));
    sandbox.run(["show", "ERP"]).ok().stdout_lacks("client cert ").stdout_lacks("ca file");
}

#[test]
fn a_key_that_others_can_read_and_a_certificate_that_ends_soon_are_warned_of() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 29).write_to(&sandbox, "ptw");
    fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let create = [
        "create",
        "--name=erp",
        "--url=https://erp.example/x",
        "--event=*",
        "--client-cert=ptw.pem",
        "--client-key=ptw.key",
    ];
    let key = path(&sandbox, "ptw.key");
    sandbox
        .run(create)
        .ok()
        .stderr_has(format!(
            "warning: other users of this machine can read or write `{key}`; `chmod 600` closes it"
        ))
        .stderr_has("ptw.pem` expires at 20");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    ca.client("ptw", 31).write_to(&sandbox, "ptw");
    sandbox.run(create).ok().stderr_lacks("ptw.");
}

#[test]
fn neither_the_database_nor_a_backup_has_what_is_in_the_files() {
    let (sandbox, ca, receiver) = demanding();
    let client = ca.client("ptw", 90);
    client.write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    sandbox.run(crate::exchange::EMIT).ok();
    sandbox.run(["backup", "copy.db"]).ok();
    let line = client.key_pem().lines().nth(1).unwrap().as_bytes().to_vec();
    let holds = |path| fs::read(path).unwrap().windows(line.len()).any(|part| part == line);
    assert!(holds(sandbox.dir().join("ptw.key")));
    assert!(!holds(sandbox.db_path()) && !holds(sandbox.dir().join("copy.db")));
    assert_eq!(rows(&connect(&sandbox), "SELECT client_key FROM webhooks"), [path(&sandbox, "ptw.key")]);
}

#[test]
fn a_rest_client_sees_the_paths_and_cannot_set_or_probe_any() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    create(&sandbox, "erp", "https://erp.example/x", &with("ptw"));
    let paths = ["ptw.pem", "ptw.key", "ca.pem"].map(|name| path(&sandbox, name));
    let (there, missing) = (paths[0].clone(), path(&sandbox, "missing"));
    let site = Site::of(sandbox, &[]);
    let shown = site.client.get("webhooks/1/").is(200).json();
    assert_eq!(
        [&shown["client_cert"], &shown["client_key"], &shown["ca_file"]],
        [&paths[0], &paths[1], &paths[2]]
    );

    let only_here = json!(["This field can only be set with `ptw-hooks update` on the server."]);
    let new = json!({"name": "x", "url": "https://x.example/", "secret": "abcdefgh"});
    for field in ["client_cert", "client_key", "ca_file"] {
        // Whether a file is there makes no difference.
        for value in [json!(there), json!(missing), json!("/etc/passwd"), json!(""), json!(5), json!(["x"])] {
            let mut body = new.clone();
            body[field] = value.clone();
            assert_eq!(site.client.post("webhooks/", &body).is(400).json(), json!({ field: only_here }));
            let other = value != json!(there) || field != "client_cert";
            let answer = site.client.patch("webhooks/1/", &json!({ field: value }));
            if other {
                assert_eq!(answer.is(400).json(), json!({ field: only_here }));
            }
        }
        assert_eq!(
            site.client.patch("webhooks/1/", &json!({ field: null })).is(400).json(),
            json!({ field: only_here })
        );
    }
    // Null is what every other webhook has, and what was read may be written back.
    let mut body = new;
    body["client_cert"] = Value::Null;
    let created = site.client.post("webhooks/", &body).is(201).json();
    assert_eq!(created["id"], 2);
    let mut same = shown.clone();
    same["name"] = json!("ERP");
    let changed = site.client.put("webhooks/1/", &same).is(200).json();
    assert_eq!((&changed["name"], &changed["client_key"]), (&json!("ERP"), &json!(paths[1])));
    site.client.patch("webhooks/1/", &json!({"url": "http://localhost/"})).is(400);
}
