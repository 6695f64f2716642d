//! What `diff` and `apply` say, as JSON.

use serde::Serialize;

use crate::definition::{Shown, Step, Value};
use crate::webhook::NewWebhook;
use crate::webhook::headers::MASK;

/// What is to be done, or was done, to one webhook.
#[derive(Debug, Serialize)]
pub struct StepObject {
    action: &'static str,
    id: Option<i64>,
    name: String,
    project: Option<i64>,
    changes: Vec<ChangedMember>,
    /// One that was generated, this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Debug, Serialize)]
struct ChangedMember {
    member: String,
    /// Null for the default, masked where it is a secret.
    before: Option<Value>,
    after: Option<Value>,
}

impl StepObject {
    /// A step; `done` is the id of its webhook once it was done, when a generated secret is shown.
    pub fn new(step: &Step, done: Option<i64>) -> Self {
        let (action, secret) = match step {
            Step::Create { new, generated } => {
                ("create", (*generated && done.is_some()).then(|| new.secret.expose().to_owned()))
            }
            Step::Update { .. } => ("update", None),
            Step::Delete { .. } => ("delete", None),
        };
        let changes = step.differences().into_iter().map(|difference| ChangedMember {
            member: difference.member,
            before: value(difference.before),
            after: value(difference.after),
        });
        Self { changes: changes.collect(), secret, ..Self::of(action, done.or(step.id()), step.webhook()) }
    }

    /// A webhook that the file does not name and that stays.
    pub fn unmanaged(id: i64, webhook: &NewWebhook) -> Self {
        Self::of("unmanaged", Some(id), webhook)
    }

    fn of(action: &'static str, id: Option<i64>, webhook: &NewWebhook) -> Self {
        let NewWebhook { name, project, .. } = webhook;
        Self { action, id, name: name.clone(), project: *project, changes: Vec::new(), secret: None }
    }
}

fn value(shown: Shown) -> Option<Value> {
    match shown {
        Shown::Default => None,
        Shown::Value(value) => Some(value),
        Shown::Hidden => Some(Value::Text(MASK.to_owned())),
    }
}
