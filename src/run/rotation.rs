//! The command that rotates a secret.

use anyhow::Result;
use jiff::Timestamp;

use super::session::Session;
use super::{actor, input};
use crate::api::RotatedObject;
use crate::cli::rotation::RotateSecretArgs;
use crate::error::exit;
use crate::hooks::{Presence, new_rotation};
use crate::output::rotation;
use crate::webhook::{OVERLAP, Rotating, Webhook};

/// `rotate-secret`
pub fn rotate_secret(session: &mut Session, args: RotateSecretArgs) -> Result<u8> {
    let given = input::secret(args.secret.secret.map(|secret| secret.0), args.secret.secret_file.as_deref())?;
    let generated = given.is_none();
    let rotating = match (args.finish, args.cancel) {
        (true, _) => Rotating::Finish,
        (_, true) => Rotating::Cancel,
        _ => new_rotation(given, args.overlap.unwrap_or(OVERLAP))?,
    };
    let hooks = session.hooks(Presence::Required)?;
    let before = hooks.show(&args.webhook)?;
    let webhook = hooks.rotate_secret(&args.webhook, rotating, &actor::current())?;
    let begun = webhook.rotation.is_some();
    let text = rotation::rotated(&webhook, generated, args.cancel, session.out.look());
    session.out.one(&RotatedObject::new(&webhook), &rotation::rotated_table(&webhook), &text)?;
    if !begun {
        warn_of_end(session, &before, args.cancel);
    }
    Ok(exit::DONE)
}

/// Says where the receiver has, as far as is known, the secret that was just erased.
fn warn_of_end(session: &mut Session, before: &Webhook, cancelled: bool) {
    let Some(rotation) = before.rotation_at(Timestamp::now()) else { return };
    match (cancelled, rotation.accepted_at) {
        (false, None) => session.notes.warn(
            "the receiver had not accepted the new secret yet: without it, it refuses what is sent from now on",
        ),
        (true, Some(at)) => session.notes.warn(&format!(
            "the receiver has accepted the new secret, at {}: give the old one back to it",
            session.out.look().time(at)
        )),
        _ => {}
    }
}

/// Says that nothing has shown yet that the receiver has the new secret.
pub fn warn_of_unaccepted(session: &mut Session, webhook: &Webhook) {
    if let Some(rotation) = webhook.rotation_at(Timestamp::now()).filter(|one| one.accepted_at.is_none()) {
        session.notes.warn(&format!(
            "the receiver has not accepted the new secret yet; from {} on it is the only one",
            session.out.look().time(rotation.until)
        ));
    }
}
