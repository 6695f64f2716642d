//! The operation that rotates the secret of a webhook.

use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::{self, Answer};
use super::call::Call;
use super::fields;
use super::messages::{self, Problems};
use crate::api::RotatedObject;
use crate::hooks::new_rotation;
use crate::webhook::{OVERLAP, Rotating};

/// What a request may say.
const MEMBERS: [&str; 3] = ["action", "secret", "overlap"];

/// `POST webhooks/{id}/rotate-secret/`
pub fn rotate_secret(call: &Call) -> Result<Answer, Answer> {
    let webhook = call.webhook_to_change()?;
    let rotating = rotating(&answer::object(call.json()?)?)?;
    let rotated = call.app.hooks.rotate_secret_by_id(webhook.id, rotating, &call.actor())?;
    Ok(Answer::json(StatusCode::OK, &RotatedObject::new(&rotated.ok_or_else(Answer::no_webhook)?)))
}

/// The step that a request describes.
fn rotating(members: &Map<String, Value>) -> Result<Rotating, Answer> {
    let mut problems = Problems::new();
    let action = match members.get("action").map(fields::text) {
        None => "begin".to_owned(),
        Some(Ok(action)) => action,
        Some(Err(message)) => {
            messages::add(&mut problems, "action", message);
            String::new()
        }
    };
    let mut found = |field: &str, message: String| messages::add(&mut problems, field, message);
    let secret = members.get("secret").map(fields::secret);
    let secret = secret.transpose().map_err(|message| found("secret", message)).ok().flatten();
    let overlap = members.get("overlap").map(fields::seconds);
    let overlap = overlap.transpose().map_err(|message| found("overlap", message)).ok().flatten();
    let ends = match action.as_str() {
        // What is no text was complained about above.
        "begin" | "" => None,
        "finish" => Some(Rotating::Finish),
        "cancel" => Some(Rotating::Cancel),
        other => {
            found("action", messages::not_a_choice(other));
            None
        }
    };
    if ends.is_some() {
        for field in ["secret", "overlap"].into_iter().filter(|field| members.contains_key(*field)) {
            found(field, format!("This field cannot be given with \"{action}\"."));
        }
    }
    // A slip must not begin a rotation where one was to be ended.
    for field in members.keys().filter(|field| !MEMBERS.contains(&field.as_str())) {
        found(field, messages::UNKNOWN.to_owned());
    }
    if !problems.is_empty() {
        return Err(Answer::fields(&problems));
    }
    match ends {
        Some(ends) => Ok(ends),
        None => Ok(new_rotation(secret, overlap.unwrap_or(OVERLAP))?),
    }
}
