//! The commands that keep the database in order.

use anyhow::Result;

use super::session::Session;
use super::signals;
use crate::api::{BackupObject, CheckObject, ExaminedObject, PrunedObject};
use crate::cli::upkeep::{BackupArgs, DoctorArgs, PruneArgs};
use crate::error::exit;
use crate::hooks::{Examining, Presence, Pruning, examine};
use crate::output::upkeep::{self as tables, size};
use crate::upkeep::{Check, Examined, Verdict};

/// `prune`
pub fn prune(session: &mut Session, args: &PruneArgs) -> Result<u8> {
    let signal = signals::listen()?;
    let pruning = Pruning { older_than: args.older_than, dry_run: args.dry_run, vacuum: args.vacuum };
    let pruned = session.hooks(Presence::Required)?.prune(&pruning, signal.stop())?;
    let known = !args.dry_run;
    let table = tables::pruned(&pruned, known);
    let text = table.render(session.out.look());
    session.out.one(&PrunedObject::new(&pruned, known), &table, &text)?;
    if args.dry_run {
        session.notes.note("dry run: nothing was removed");
    }
    if let Some(code) = signal.code() {
        session.notes.note("interrupted: run it again to go on");
        return Ok(code);
    }
    if pruned.free > 0 {
        session.notes.note(&format!(
            "{} are free within the file and used for new events; `--vacuum` gives them back to the system",
            size(pruned.free)
        ));
    }
    Ok(exit::DONE)
}

/// `backup`
pub fn backup(session: &mut Session, args: &BackupArgs) -> Result<u8> {
    let signal = signals::listen()?;
    let made = session.hooks(Presence::Required)?.backup(&args.file, args.force, signal.stop())?;
    let Some(bytes) = made else {
        session.notes.note("interrupted: no backup was made");
        return Ok(signal.code().unwrap_or(exit::FAILURE));
    };
    let table = tables::backup(&args.file, bytes);
    let text = table.render(session.out.look());
    session.out.one(&BackupObject::new(&args.file, bytes), &table, &text)?;
    Ok(exit::DONE)
}

/// `check`
pub fn check(session: &mut Session) -> Result<u8> {
    let checks = session.hooks_to_look()?.check()?;
    let objects: Vec<_> = checks.iter().map(CheckObject::from).collect();
    session.out.list(&objects, &tables::checks(&checks))?;
    let failed = checks.iter().any(|check| check.verdict == Verdict::Failed);
    Ok(if failed { exit::FAILURE } else { exit::DONE })
}

/// `doctor`
pub fn doctor(session: &mut Session, args: DoctorArgs) -> Result<u8> {
    let path = session.database()?;
    let examining = Examining { webhook: args.webhook, send: args.send };
    let mut found = examine(&path, session.config.settings.clone(), &examining)?;
    // It was read before anything else; where it cannot be, no command begins.
    let file = session.config.file.as_ref().map(|file| file.display().to_string());
    let finding =
        file.unwrap_or_else(|| "there is no file: the defaults and the environment hold".to_owned());
    let check = match session.open_configuration() {
        Some(file) => Check::bad(
            ("configuration", Verdict::Warning),
            format!("other users can read `{}`, which has the password of the proxy in it", file.display()),
            format!("`chmod 600 '{}'` closes it.", file.display()),
        ),
        None => Check::ok("configuration", finding),
    };
    found.insert(0, Examined { webhook: None, check });
    let objects: Vec<_> = found.iter().map(ExaminedObject::from).collect();
    session.out.list(&objects, &tables::examined(&found))?;
    let failed = found.iter().any(|one| one.check.verdict == Verdict::Failed);
    Ok(if failed { exit::UNDELIVERED } else { exit::DONE })
}
