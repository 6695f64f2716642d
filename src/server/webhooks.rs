//! The operations on webhooks.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, json};

use super::answer::{self, Answer};
use super::call::Call;
use super::fields::{self, Required};
use super::pages;
use crate::api::{CreatedObject, DeliveryObject, WebhookObject};
use crate::delivery::Status;
use crate::event::EventType;
use crate::hooks::WebhookFilter;

/// `GET webhooks/`
pub fn list(call: &Call) -> Result<Answer, Answer> {
    let mut problems = Map::new();
    let filter = WebhookFilter {
        project: call.read(&mut problems, "project", pages::integer),
        event: call.read(&mut problems, "event", |name| {
            EventType::from_name(name).ok_or_else(|| super::messages::not_a_choice(name))
        }),
        enabled: call.read(&mut problems, "enabled", pages::boolean),
    };
    if !problems.is_empty() {
        return Err(Answer::fields(&problems));
    }
    let mut webhooks = call.app.hooks.list(&filter)?;
    webhooks.retain(|webhook| call.sees(webhook));
    pages::page(call, &webhooks, |webhook| WebhookObject::new(webhook, false))
}

/// `POST webhooks/`
pub fn create(call: &Call) -> Result<Answer, Answer> {
    let members = answer::object(call.json()?)?;
    let new = fields::new_webhook(&members, Timestamp::now())?;
    if !call.may_change(new.project) {
        return Err(Answer::forbidden());
    }
    let created = call.app.hooks.create(new, &call.actor())?;
    let answer = Answer::json(StatusCode::CREATED, &CreatedObject::from(&created));
    Ok(match HeaderValue::from_str(&format!("{}{}/", call.url, created.id)) {
        Ok(location) => answer.with(LOCATION, location),
        Err(_) => answer,
    })
}

/// `GET webhooks/{id}/`
pub fn show(call: &Call) -> Result<Answer, Answer> {
    Ok(Answer::json(StatusCode::OK, &WebhookObject::new(&call.webhook()?, false)))
}

/// `PUT webhooks/{id}/`
pub fn put(call: &Call) -> Result<Answer, Answer> {
    change(call, Required::Definition)
}

/// `PATCH webhooks/{id}/`
pub fn patch(call: &Call) -> Result<Answer, Answer> {
    change(call, Required::None)
}

fn change(call: &Call, required: Required) -> Result<Answer, Answer> {
    let webhook = call.webhook_to_change()?;
    let members = answer::object(call.json()?)?;
    let changes = fields::changes(&members, required, &webhook, Timestamp::now())?;
    if changes.project.is_some_and(|project| !call.may_change(project)) {
        return Err(Answer::forbidden());
    }
    let after = call.app.hooks.update_by_id(webhook.id, changes, &call.actor())?;
    let after = after.ok_or_else(Answer::no_webhook)?;
    Ok(Answer::json(StatusCode::OK, &WebhookObject::new(&after, false)))
}

/// `DELETE webhooks/{id}/`
pub fn delete(call: &Call) -> Result<Answer, Answer> {
    let webhook = call.webhook_to_change()?;
    let deleted = call.app.hooks.delete_by_id(webhook.id, &call.actor())?;
    if deleted { Ok(Answer::empty(StatusCode::NO_CONTENT)) } else { Err(Answer::no_webhook()) }
}

/// `POST webhooks/{id}/test/`
pub fn test(call: &Call) -> Result<Answer, Answer> {
    let webhook = call.webhook_to_change()?;
    let _sending = call.app.may_send()?;
    let tested = call.app.hooks.test_webhook(webhook)?;
    let delivery = json!(DeliveryObject::from(&tested.delivery));
    Ok(if tested.delivery.status == Status::Success {
        let object = json!({ "message": "Test webhook sent successfully", "delivery": delivery });
        Answer::json(StatusCode::OK, &object)
    } else {
        let object = json!({ "error": tested.delivery.error, "delivery": delivery });
        Answer::json(StatusCode::BAD_GATEWAY, &object)
    })
}
