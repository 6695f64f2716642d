//! `demo`: the whole way on this machine, in a temporary database, with a real receiver.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::actor;
use super::session::Session;
use crate::delivery::DeliveryFilter;
use crate::error::exit;
use crate::event::{NewEvent, sample};
use crate::hooks::{Hooks, Presence, Sending, Settings, WebhookFilter, new_secret};
use crate::output::{deliveries, webhooks};
use crate::receiver::{Behaviour, Receiver};
use crate::signature::Secret;
use crate::webhook::NewWebhook;

/// How long the receiver may take to hand over what it got; it already answered.
const SOON: Duration = Duration::from_secs(10);

/// `demo`
pub fn demo(session: &mut Session) -> Result<u8> {
    let directory =
        tempfile::Builder::new().prefix("ptw-hooks-demo-").tempdir().context("cannot make a directory")?;
    // The demo does not depend on the configuration, which may refuse addresses of this machine.
    let hooks = Hooks::open(&directory.path().join("demo.db"), Presence::Created, Settings::default())?;
    let secret = new_secret()?;
    let listen = |status| {
        let behaviour = Behaviour { status, ..Behaviour::default() };
        Receiver::start(0, Some(secret.clone()), behaviour).context("cannot listen on 127.0.0.1")
    };
    let (receiver, broken) = (listen(200)?, listen(500)?);

    let by = actor::current();
    say(session, "A receiver listens on this machine and checks the signature of whatever it gets.\n")?;
    step(session, "create --name ERP --url URL --event permit_approved --event permit_activated")?;
    let events = ["permit_approved", "permit_activated"];
    hooks.create(webhook("ERP", receiver.url("/permits"), &secret, &events), &by)?;
    let table = webhooks::table(&hooks.list(&WebhookFilter::default())?, session.out.look());
    say(session, &table.render(session.out.look()))?;

    let event = sample("permit_approved");
    step(
        session,
        "emit permit_approved --permit-id 123 --permit-number PTW-2024-001 --permit-type 'Hot Work' …",
    )?;
    emit(session, &hooks, &event)?;
    let receipt = receiver.next(SOON).context("the receiver got nothing")?;
    let proofs = receipt.proofs(Some(&secret));
    say(
        session,
        &format!(
            "\nThe receiver got {} bytes, answered {}, and found X-Athens-Signature {} and webhook-signature {}:\n{}\n",
            receipt.body.len(),
            receipt.answered.unwrap_or_default(),
            proofs.athens.name(),
            proofs.standard.name(),
            String::from_utf8_lossy(&receipt.body),
        ),
    )?;
    if !proofs.are_right() {
        bail!("the receiver could not verify what was sent");
    }

    step(session, "emit permit_approved …        # the same event again, within the hour")?;
    emit(session, &hooks, &event)?;

    step(session, "create --name broken --url URL --event '*'        # a receiver that answers 500")?;
    hooks.create(webhook("broken", broken.url("/broken"), &secret, &["*"]), &by)?;
    step(session, "emit permit_activated --permit-id 123 --permit-number PTW-2024-001 …")?;
    emit(session, &hooks, &sample("permit_activated"))?;

    step(session, "deliveries")?;
    let log = hooks.deliveries(&DeliveryFilter { limit: 50, ..DeliveryFilter::default() })?;
    let table = deliveries::table(&log, session.out.look());
    say(session, &table.render(session.out.look()))?;
    say(
        session,
        "\nThe failed delivery stays pending until its next attempt. The database of this demo is now removed.\n",
    )?;
    Ok(exit::DONE)
}

fn emit(session: &mut Session, hooks: &Hooks, event: &NewEvent) -> Result<()> {
    let emission = hooks.emit(event, Sending::Now)?;
    let table = deliveries::emission(&emission.deliveries, &emission.suppressed, session.out.look());
    say(session, &table.render(session.out.look()))
}

fn webhook(name: &str, url: String, secret: &Secret, events: &[&str]) -> NewWebhook {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    NewWebhook { events, ..NewWebhook::plain(name, url, secret.clone()) }
}

fn step(session: &mut Session, command: &str) -> Result<()> {
    say(session, &format!("\n$ ptw-hooks {command}\n"))
}

fn say(session: &mut Session, text: &str) -> Result<()> {
    Ok(session.out.plain(text)?)
}
