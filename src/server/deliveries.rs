//! The operations on the log.

use http::header::LINK;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, json};

use super::answer::Answer;
use super::call::Call;
use super::{messages, pages};
use crate::api::{DeliveryObject, InspectionObject};
use crate::delivery::{DeliveryFilter, Permit, Status};
use crate::event::EventType;
use crate::hooks::Inspection;
use crate::time;

/// How many are shown where nobody says how many.
const SHOWN: u32 = 50;
/// How many are shown at the most.
const MOST: u32 = 500;

/// `GET webhooks/{id}/deliveries/`
pub fn of_webhook(call: &Call) -> Result<Answer, Answer> {
    let webhook = call.webhook()?;
    // A webhook of its own project is sent nothing but events of that.
    let project = if webhook.project.is_some() { None } else { call.project() };
    shown(call, &DeliveryFilter { webhook: Some(webhook.id), project, ..DeliveryFilter::default() })
}

/// `GET deliveries/`
pub fn list(call: &Call) -> Result<Answer, Answer> {
    shown(call, &DeliveryFilter { project: call.project(), ..DeliveryFilter::default() })
}

fn shown(call: &Call, within: &DeliveryFilter) -> Result<Answer, Answer> {
    let mut problems = Map::new();
    let now = Timestamp::now();
    let moment = |text: &str| moment(text, now);
    let limit = call.read(&mut problems, "limit", |text| match pages::integer(text)? {
        limit @ 1.. => Ok(u32::try_from(limit).unwrap_or(MOST).min(MOST)),
        _ => Err("Ensure this value is greater than or equal to 1.".to_owned()),
    });
    let limit = limit.unwrap_or(SHOWN);
    let filter = DeliveryFilter {
        status: call.read(&mut problems, "status", |name| {
            let known = Status::ALL.into_iter().find(|status| status.name() == name);
            known.ok_or_else(|| messages::not_a_choice(name))
        }),
        event: call.read(&mut problems, "event", |name| {
            EventType::from_name(name).ok_or_else(|| messages::not_a_choice(name))
        }),
        permit: call.read(&mut problems, "permit_id", |text| pages::integer(text).map(Permit::Id)),
        before: call.read(&mut problems, "before", pages::integer),
        since: call.read(&mut problems, "since", moment),
        until: call.read(&mut problems, "until", moment),
        // One more than is shown tells whether there are more.
        limit: limit + 1,
        ..within.clone()
    };
    if !problems.is_empty() {
        return Err(Answer::fields(&problems));
    }
    let mut found = call.app.hooks.deliveries(&filter)?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let objects: Vec<_> = found.iter().map(DeliveryObject::from).collect();
    let answer = Answer::json(StatusCode::OK, &objects);
    let last = found.last().filter(|_| more).map(|last| last.id.to_string());
    let next = last.map(|id| format!("<{}>; rel=\"next\"", pages::link(call, "before", Some(&id))));
    Ok(match next.and_then(|next| HeaderValue::from_str(&next).ok()) {
        Some(next) => answer.with(LINK, next),
        None => answer,
    })
}

/// The moment that a value of the query means.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let time = time::time(text).map_err(|how| messages::sentence(&how))?;
    time.resolve(now, &TimeZone::UTC).ok_or_else(|| "This time is outside the calendar.".to_owned())
}

/// `GET deliveries/{id}/`
pub fn show(call: &Call) -> Result<Answer, Answer> {
    let Inspection { delivery, event, attempts } = seen(call)?;
    Ok(Answer::json(StatusCode::OK, &InspectionObject::new(&delivery, &event, &attempts)))
}

/// `POST deliveries/{id}/redeliver/`
pub fn redeliver(call: &Call) -> Result<Answer, Answer> {
    let id = seen(call)?.delivery.id;
    let again = call.app.hooks.requeue(id)?;
    Ok(Answer::json(StatusCode::ACCEPTED, &json!(again.as_ref().map(DeliveryObject::from))))
}

/// The delivery in the path, if whoever asks may see it: a token of one project sees nothing of what happened in
/// others, wherever it was sent.
fn seen(call: &Call) -> Result<Inspection, Answer> {
    let inspection = call.app.hooks.inspect(call.id()?)?;
    let own = call.sees_event(inspection.event.project_id);
    if own { Ok(inspection) } else { Err(Answer::not_found()) }
}
