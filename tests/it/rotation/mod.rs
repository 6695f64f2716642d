//! `rotate-secret`: two secrets for an overlap, one that leads, and nothing left of the other afterwards.

mod ending;
mod fallback;
mod programs;
mod surface;

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::receiver::{Behaviour, Received, Receiver, Reply};
use crate::sandbox::{Run, Sandbox};
use crate::vectors::athens;

/// The secret from before, the one that stays, and one more.
const OLD: &str = "whsec_b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0=";
const NEW: &str = "whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0=";
const THIRD: &str = "whsec_dGhpcmQtdGhpcmQtdGhpcmQtdGhpcmQtdGhpcmQtdGg=";

/// The secret that a receiver knows, to be changed while it runs.
#[derive(Clone)]
struct Known(Arc<Mutex<&'static str>>);

impl Known {
    fn new(secret: &'static str) -> Self {
        Self(Arc::new(Mutex::new(secret)))
    }

    fn set(&self, secret: &'static str) {
        *self.0.lock().unwrap() = secret;
    }

    fn signed(&self, request: &Received) -> bool {
        signed_with(request, *self.0.lock().unwrap())
    }

    /// A receiver that accepts what is signed with this secret, and refuses everything else with 401.
    fn receiver(&self) -> Receiver {
        let known = self.clone();
        Receiver::start(Behaviour::by(move |request| {
            Reply::status(if known.signed(request) { 204 } else { 401 })
        }))
    }
}

/// Whether `X-Athens-Signature` was made with this secret.
fn signed_with(request: &Received, secret: &str) -> bool {
    request.header("x-athens-signature") == Some(&athens(secret.as_bytes(), &request.body))
}

/// By which of the secrets `X-Athens-Signature` of each request was made.
fn signers(requests: &[Received]) -> Vec<&'static str> {
    let name = |request: &Received| {
        let named = [(OLD, "old"), (NEW, "new"), (THIRD, "third")];
        named.into_iter().find(|(secret, _)| signed_with(request, secret)).map_or("nobody", |(_, name)| name)
    };
    requests.iter().map(name).collect()
}

/// A sandbox with a webhook `ERP` that has the old secret.
fn subscribed(url: &str, further: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("old.secret", OLD);
    sandbox.write("new.secret", NEW);
    sandbox.write("third.secret", THIRD);
    let create = ["create", "--name", "ERP", "--url", url, "--event", "*", "--secret-file", "old.secret"];
    sandbox.cmd().args(create).args(further).run().ok();
    sandbox
}

/// Begins a rotation to the new secret.
#[track_caller]
fn rotate(sandbox: &Sandbox) -> Run {
    sandbox.run(["rotate-secret", "ERP", "--secret-file", "new.secret"]).ok()
}

/// The member `rotation` of the webhook.
#[track_caller]
fn rotation(sandbox: &Sandbox) -> Value {
    sandbox.run(["show", "ERP", "-o", "json"]).ok().json()["rotation"].clone()
}

/// Whether the file or its write-ahead log has these bytes anywhere.
fn holds(sandbox: &Sandbox, secret: &str) -> bool {
    let mut log = sandbox.db_path().into_os_string();
    log.push("-wal");
    [sandbox.db_path().into_os_string(), log].iter().any(|path| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    })
}
