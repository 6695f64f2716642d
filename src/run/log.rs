//! The commands that read the log.

use anyhow::{Result, anyhow};
use jiff::Timestamp;

use super::follow::follow;
use super::session::Session;
use crate::api::{DeliveryObject, ExplanationObject, InspectionObject};
use crate::cli::log::{DeliveriesArgs, ExplainArgs, InspectArgs};
use crate::delivery::{DeliveryFilter, Permit};
use crate::error::{Error, Report, exit};
use crate::event::EventType;
use crate::hooks::{Hooks, Presence};
use crate::output::{deliveries as table, explanation, inspection};
use crate::time::Time;

/// `deliveries`
pub fn deliveries(session: &mut Session, args: &DeliveriesArgs) -> Result<u8> {
    let event = args.event.as_deref().map(|name| match name {
        // What `test` sent is in the log too.
        "webhook_test" => Ok(EventType::WebhookTest),
        name => EventType::from_input("event", name),
    });
    let event = event.transpose().map_err(|problem| Error::Invalid(vec![problem]))?;
    let (since, until) = (moment(session, args.since)?, moment(session, args.until)?);
    let limit = args.limit.unwrap_or(if args.follow { 10 } else { 50 });
    let filter = |hooks: &Hooks| {
        Ok(DeliveryFilter {
            webhook: args.webhook.as_deref().map(|named| webhook_id(hooks, named)).transpose()?,
            status: args.status,
            event,
            permit: args.permit.as_deref().map(Permit::parse),
            since,
            until,
            limit,
            ..DeliveryFilter::default()
        })
    };
    if args.follow {
        return follow(session, &filter);
    }
    let hooks = session.hooks(Presence::Required)?;
    let filter = filter(&hooks)?;
    let deliveries = hooks.deliveries(&filter)?;
    let objects: Vec<_> = deliveries.iter().map(DeliveryObject::from).collect();
    let table = table::table(&deliveries, session.out.look());
    session.out.list(&objects, &table)?;
    match u32::try_from(deliveries.len()) {
        Ok(0) => session.notes.note("no deliveries"),
        Ok(shown) if shown == limit => {
            session.notes.note(&format!("the newest {shown} are shown; `--limit` shows more"));
        }
        _ => {}
    }
    Ok(exit::DONE)
}

/// The moment that an argument means, seen from now.
pub fn moment(session: &Session, time: Option<Time>) -> Result<Option<Timestamp>> {
    let outside = || anyhow!("a time of `--since` or `--until` lies outside the calendar");
    let zone = &session.out.look().zone;
    time.map(|time| time.resolve(Timestamp::now(), zone).ok_or_else(outside)).transpose()
}

/// The id of the webhook that is named. One that was deleted has no name any more, but its log stays.
pub fn webhook_id(hooks: &Hooks, named: &str) -> crate::error::Result<i64> {
    match (hooks.show(named), named.parse()) {
        (Ok(webhook), _) => Ok(webhook.id),
        (Err(Error::NotFound(_)), Ok(id)) => Ok(id),
        (Err(error), _) => Err(error),
    }
}

/// `inspect`
pub fn inspect(session: &mut Session, args: &InspectArgs) -> Result<u8> {
    let found = session.hooks(Presence::Required)?.inspect(args.delivery)?;
    let look = session.out.look();
    let text = inspection::text(&found.delivery, &found.event, &found.attempts, look);
    let table = table::table(std::slice::from_ref(&found.delivery), look);
    let object = InspectionObject::new(&found.delivery, &found.event, &found.attempts);
    session.out.one(&object, &table, &text)?;
    Ok(exit::DONE)
}

/// `explain`
pub fn explain(session: &mut Session, args: &ExplainArgs) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    if let Some(event) = &args.event {
        let found = hooks.explain(event)?;
        let (look, found) = (session.out.look(), std::slice::from_ref(&found));
        let (table, text) = (explanation::table(found, look), explanation::text(found, look));
        session.out.one(&ExplanationObject::from(&found[0]), &table, &text)?;
    }
    if let Some(permit) = &args.permit {
        let found = hooks.explain_permit(&Permit::parse(permit), args.limit)?;
        if found.is_empty() {
            return Err(no_event_about(permit).into());
        }
        let look = session.out.look();
        let (table, text) = (explanation::table(&found, look), explanation::text(&found, look));
        let objects: Vec<_> = found.iter().map(ExplanationObject::from).collect();
        session.out.several(&objects, &table, &text)?;
        if u32::try_from(found.len()) == Ok(args.limit) {
            session.notes.note(&format!("the newest {} are explained; `--limit` shows more", args.limit));
        }
    }
    Ok(exit::DONE)
}

fn no_event_about(permit: &str) -> Error {
    let report = Report::new(format!("no event about permit `{permit}` was accepted"));
    Error::NotFound(
        report.hint("it was never emitted into this database, or was pruned since; `-v` names the database"),
    )
}
