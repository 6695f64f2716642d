//! The commands that make events.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::input;
use super::session::Session;
use crate::api::{EmissionObject, EventTypeObject, InspectionObject, PreviewObject};
use crate::cli::event::{EmitArgs, TestArgs};
use crate::delivery::{Status, Suppression, Unmatched};
use crate::error::exit;
use crate::event::{EventType, NewEvent};
use crate::hooks::{Emission, Hooks, Presence, Preview, Sending};
use crate::output::table::{Table, words};
use crate::output::text::printable;
use crate::output::{deliveries, inspection};
use crate::payload::{DataInput, MAX_BODY, Member};
use crate::webhook::Match;

/// `events`
pub fn catalogue(session: &mut Session) -> Result<u8> {
    let rows = EventType::CATALOGUE.map(|event| vec![event.name().into(), event.description().into()]);
    let table = Table::new(&[words("event"), words("description")], rows);
    session.out.list(&EventType::CATALOGUE.map(EventTypeObject::from), &table)?;
    Ok(exit::DONE)
}

/// `emit`
pub fn emit(session: &mut Session, args: EmitArgs) -> Result<u8> {
    if let Some(file) = &args.batch {
        return super::batch::emit(session, file);
    }
    let (dry_run, sending) = (args.dry_run, if args.queue { Sending::Later } else { Sending::Now });
    let new = new_event(args)?;
    let hooks = session.hooks(Presence::Required)?;
    if dry_run {
        return preview(session, &hooks, &new);
    }
    let emission = hooks.emit(&new, sending)?;
    let Emission { event, deliveries, suppressed, unmatched } = &emission;
    session.notes.verbose(&format!("accepted as {}, {} bytes", event.id, event.body.len()));
    let table = deliveries::emission(deliveries, suppressed, session.out.look());
    let text = if deliveries.is_empty() && suppressed.is_empty() {
        String::new()
    } else {
        table.render(session.out.look())
    };
    session.out.one(&EmissionObject::new(event, deliveries, suppressed), &table, &text)?;
    say_what_was_not_sent(session, event.event, deliveries.len(), suppressed, unmatched);
    let undelivered = deliveries.iter().any(|delivery| delivery.status != Status::Success);
    Ok(if undelivered && sending == Sending::Now { exit::UNDELIVERED } else { exit::DONE })
}

fn preview(session: &mut Session, hooks: &Hooks, new: &NewEvent) -> Result<u8> {
    let Preview { event, requests, suppressed, unmatched } = hooks.preview(new)?;
    let mut text = String::new();
    for (webhook, request) in &requests {
        let _ = writeln!(text, "to {} (id {}):", printable(&webhook.name), webhook.id);
        text.push_str(&inspection::request(&request.url, &request.shown_headers(), &request.body));
        text.push('\n');
    }
    let columns = [words("webhook"), words("url"), words("body")];
    let rows = requests.iter().map(|(webhook, request)| {
        vec![
            webhook.name.as_str().into(),
            request.url.as_str().into(),
            String::from_utf8_lossy(&request.body).into(),
        ]
    });
    let table = Table::new(&columns, rows);
    let object =
        PreviewObject::new(requests.iter().map(|(webhook, request)| (&**webhook, request)), &suppressed);
    session.out.one(&object, &table, &text)?;
    for suppression in &suppressed {
        session.notes.note(&format!("not to {}: {}", suppression.webhook_name, suppression.reason.name()));
    }
    say_what_was_not_sent(session, event.event, requests.len(), &suppressed, &unmatched);
    session.notes.note("dry run: nothing was stored, nothing was sent; the ids and times are samples");
    Ok(exit::DONE)
}

/// `test`
pub fn test(session: &mut Session, args: &TestArgs) -> Result<u8> {
    let tested = session.hooks(Presence::Required)?.test(&args.webhook)?;
    let look = session.out.look();
    let text = inspection::text(&tested.delivery, &tested.event, &tested.attempts, look);
    let table = deliveries::table(std::slice::from_ref(&tested.delivery), look);
    let object = InspectionObject::new(&tested.delivery, &tested.event, &tested.attempts);
    session.out.one(&object, &table, &text)?;
    Ok(if tested.delivery.status == Status::Success { exit::DONE } else { exit::UNDELIVERED })
}

fn new_event(args: EmitArgs) -> Result<NewEvent> {
    let limit = u64::try_from(MAX_BODY * 4).unwrap_or(u64::MAX);
    let json = match args.data_json.as_deref() {
        Some("-") => Some(input::read_text(Path::new("-"), "the data", limit)?),
        Some(text) => match text.strip_prefix('@') {
            Some(file) => Some(input::read_text(Path::new(file), "the data", limit)?),
            None => Some(text.to_owned()),
        },
        None => None,
    };
    let named = [
        ("status", args.status),
        ("permit_type", args.permit_type),
        ("location", args.location),
        ("risk_level", args.risk_level),
    ];
    let named = named.into_iter().filter_map(|(key, text)| Some(Ok((key.to_owned(), Member::Text(text?)))));
    Ok(NewEvent {
        event: args.event.unwrap_or_default(),
        permit_id: args.permit_id.unwrap_or_default(),
        permit_number: args.permit_number.unwrap_or_default(),
        project_id: args.project,
        timestamp: args.timestamp,
        data: DataInput {
            json,
            members: named.chain(args.data.iter().map(|text| Member::parse(text))).collect(),
        },
        idempotency_key: args.idempotency_key,
    })
}

fn say_what_was_not_sent(
    session: &mut Session,
    event: EventType,
    owed: usize,
    suppressed: &[Suppression],
    unmatched: &[Unmatched],
) {
    for suppression in suppressed.iter().filter(|suppression| suppression.differs) {
        session.notes.warn(&format!(
            "{}: delivery {} of the same event has other data, and this data was not sent; an `--idempotency-key` of \
             its own sends both",
            suppression.webhook_name,
            suppression.delivery.unwrap_or_default()
        ));
    }
    if owed > 0 || !suppressed.is_empty() {
        return;
    }
    let other_project = unmatched.iter().filter(|one| one.reason == Match::OtherProject).count();
    let event = event.name();
    let why = match (unmatched.len(), other_project) {
        (0, _) => "there are no webhooks".to_owned(),
        (_, 0) => format!("no webhook subscribes to `{event}`"),
        (_, 1) => format!("the only webhook that subscribes to `{event}` belongs to another project"),
        (_, several) => {
            format!("all {several} webhooks that subscribe to `{event}` belong to other projects")
        }
    };
    session.notes.note(&format!("nothing to send: {why}"));
}
