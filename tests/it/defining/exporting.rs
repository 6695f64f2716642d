//! What `export` prints and writes: no secret on standard output, and files that nobody else can read.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use crate::sandbox::{SECRET, Sandbox};
use crate::steps::NOBODY;

#[test]
fn nothing_that_is_printed_is_a_secret() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["*"], &["--header", "X-Key: hunter2"]);
    for args in [
        &["export"][..],
        &["export", "--format", "json"],
        &["export", "-o", "json"],
        &["export", "-v"],
        &["export", "--secrets-dir", "keys"],
    ] {
        let run = sandbox.run(args).ok().stdout_lacks(SECRET).stdout_lacks("hunter2");
        run.stderr_lacks(SECRET).stderr_lacks("hunter2").stdout_has("\"ERP\"");
    }
    let json = sandbox.run(["export", "-o", "json"]).ok().json();
    assert_eq!(json["webhook"][0]["secret"]["env"], "PTW_HOOKS_SECRET_ERP");
    sandbox.run(["export", "-o", "json", "--format", "toml"]).ok().stdout_has("\n[[webhook]]\n");
}

#[test]
fn the_file_begins_with_how_it_is_applied_and_has_a_fixed_order() {
    let sandbox = Sandbox::new();
    sandbox.create("b", NOBODY, &["*"]);
    let headers = ["--header", "X-Key: hunter2", "--header", "B: 1"];
    sandbox.create_with(
        "a \"x\"",
        NOBODY,
        &["permit_created"],
        &[&headers[..], &["--project", "5", "--rate", "9/h"]].concat(),
    );
    let expected = "\
# Webhooks of ptw-hooks. A secret and the value of a header are named by the variable (env) or the file in which they
# are found when this is applied. A member that is left out has its default.
#
#   ptw-hooks diff FILE      shows what differs
#   ptw-hooks apply FILE     makes the webhooks what this file says

[[webhook]]
name = \"b\"
url = \"http://127.0.0.1:9/permits\"
enabled = true
events = [\"*\"]
secret = { env = \"PTW_HOOKS_SECRET_B\" }

[[webhook]]
name = \"a \\\"x\\\"\"
project = 5
url = \"http://127.0.0.1:9/permits\"
enabled = true
events = [\"permit_created\"]
rate = \"9/h\"
secret = { env = \"PTW_HOOKS_SECRET_A_X_5\" }
headers = [
    { name = \"X-Key\", value = { env = \"PTW_HOOKS_HEADER_A_X_5_X_KEY\" } },
    { name = \"B\", value = { env = \"PTW_HOOKS_HEADER_A_X_5_B\" } },
]
";
    sandbox.run(["export"]).ok().stdout_is(expected).stderr_is("");
    let (first, second) = expected.split_once("\n[[webhook]]\n").unwrap();
    let second = second.split_once("\n[[webhook]]\n").unwrap().1;
    let only = format!("{first}\n[[webhook]]\n{second}");
    for args in [&["export", "2"][..], &["export", "a \"x\""], &["export", "--project", "5"]] {
        sandbox.run(args).ok().stdout_is(&only);
    }
    sandbox.run(["export", "--project", "9"]).ok().stdout_is(first).stderr_is("no webhooks\n");
    sandbox.run(["export", "c"]).code(4).stdout_is("");
    sandbox.run(["pause", "b"]).ok();
    sandbox
        .run(["export"])
        .ok()
        .stdout_is(expected)
        .stderr_is("webhook 1 `b` is paused, which is not part of its definition\n");
}

#[test]
fn what_is_no_file_where_a_secret_would_be_written_is_neither_read_nor_replaced() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let keys = sandbox.dir().join("keys");
    fs::DirBuilder::new().mode(0o700).create(&keys).unwrap();
    let place = keys.join("erp.secret");
    // Reading the one would wait for ever, and the other never end.
    let make: [&dyn Fn(); 3] = [
        &|| assert!(Command::new("mkfifo").arg(&place).status().unwrap().success()),
        &|| symlink("/dev/zero", &place).unwrap(),
        &|| fs::create_dir(&place).unwrap(),
    ];
    for make in make {
        make();
        let child = sandbox.cmd().args(["export", "--secrets-dir", "keys"]).spawn();
        child.wait().code(5).stdout_is("").stderr_has("`keys/erp.secret`: it holds something else\nhint: ");
        let kind = fs::symlink_metadata(&place).unwrap().file_type();
        assert!(!kind.is_file());
        if kind.is_dir() { fs::remove_dir(&place) } else { fs::remove_file(&place) }.unwrap();
    }
}

#[test]
fn secrets_are_written_for_nobody_else_and_replace_nothing() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["*"], &["--header", "X-Key: hunter2"]);
    let keys = sandbox.dir().join("keys");
    let export = || sandbox.run(["export", "--secrets-dir", "keys"]);
    export().ok().stdout_has("secret = { file = \"keys/erp.secret\" }\n");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&keys), 0o700);
    for (name, text) in [("erp.secret", format!("{SECRET}\n")), ("erp_x_key.header", "hunter2\n".to_owned())]
    {
        assert_eq!((mode(&keys.join(name)), fs::read_to_string(keys.join(name)).unwrap()), (0o600, text));
    }
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 2);
    // The same once more closes a file that was opened.
    fs::set_permissions(keys.join("erp.secret"), fs::Permissions::from_mode(0o644)).unwrap();
    export().ok();
    assert_eq!(mode(&keys.join("erp.secret")), 0o600);
    // Something else is never replaced, nor is anything written beside it.
    sandbox.run(["update", "ERP", "--header", "X-Key: other"]).ok();
    export()
        .code(5)
        .stdout_is("")
        .stderr_has("error: cannot write `keys/erp_x_key.header`: it holds something else\nhint: ")
        .stderr_lacks("hunter2");
    assert_eq!(fs::read_to_string(keys.join("erp_x_key.header")).unwrap(), "hunter2\n");
    fs::remove_file(keys.join("erp_x_key.header")).unwrap();
    // A link is replaced and not followed.
    symlink("../elsewhere", keys.join("erp_x_key.header")).unwrap();
    export().ok();
    assert!(!sandbox.dir().join("elsewhere").exists());
    assert_eq!(fs::read_to_string(keys.join("erp_x_key.header")).unwrap(), "other\n");

    fs::set_permissions(&keys, fs::Permissions::from_mode(0o750)).unwrap();
    export()
        .code(5)
        .stdout_is("")
        .stderr_has("error: cannot put secrets into `keys`: other users can enter it\nhint: `chmod 700`");
    sandbox
        .run(["export", "--secrets-dir", "keys/erp.secret"])
        .code(2)
        .stdout_is("")
        .stderr_has("it is not a directory");
    sandbox
        .run(["export", "--secrets-dir", "a\nb"])
        .code(2)
        .stdout_is("")
        .stderr_has("its name is not plain text");
    assert!(!sandbox.dir().join("a\nb").exists());
}

#[test]
fn webhooks_that_a_file_cannot_tell_apart_are_not_exported() {
    let sandbox = Sandbox::new();
    sandbox.create("twin", NOBODY, &["*"]);
    sandbox.create_with("twin", NOBODY, &["*"], &["--project", "5"]);
    sandbox.run(["export"]).ok();
    sandbox.create("twin", NOBODY, &["*"]);
    let expected = "error: webhooks 1 and 3 are both named `twin`, and of the same project\n\
                    hint: `ptw-hooks update 3 --name NAME` gives it a name of its own\n";
    sandbox.run(["export"]).code(5).stdout_is("").stderr_is(expected);
    sandbox.run(["export", "3"]).ok();
    sandbox.run(["export", "--project", "5"]).ok();
}
