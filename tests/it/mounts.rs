//! Scripts that mount file systems of their own: on a disk that is full, for instance.

use std::process::Command;

use crate::sandbox::Sandbox;

/// Runs a shell script in the sandbox, in which it may mount what it likes. `PROGRAM` is the binary, and
/// `PTW_HOOKS_DB` is `db`.
#[track_caller]
pub fn run(sandbox: &Sandbox, script: &str, db: impl AsRef<std::ffi::OsStr>, url: &str) {
    let ended = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .env("PROGRAM", env!("CARGO_BIN_EXE_ptw-hooks"))
        .env("PTW_HOOKS_DB", db)
        .env("URL", url)
        .env("HOME", sandbox.dir().join("home"))
        .current_dir(sandbox.dir())
        .output()
        .expect("`unshare` of util-linux can be started");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "the script failed: {said}{}", String::from_utf8_lossy(&ended.stdout));
}
