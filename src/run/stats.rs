//! The command that counts.

use anyhow::{Result, anyhow};
use jiff::Timestamp;

use super::log::webhook_id;
use super::session::Session;
use crate::api::StatsObject;
use crate::cli::log::StatsArgs;
use crate::error::{Error, Report, exit};
use crate::hooks::Presence;
use crate::output::stats as tables;
use crate::stats::Window;

/// `stats`
pub fn stats(session: &mut Session, args: &StatsArgs) -> Result<u8> {
    let until = Timestamp::now();
    let since = args.since.resolve(until, &session.out.look().zone);
    let since = since.ok_or_else(|| anyhow!("the time of `--since` lies outside the calendar"))?;
    let hooks = session.hooks(Presence::Required)?;
    let only = args.webhook.as_deref().map(|named| webhook_id(&hooks, named)).transpose()?;
    let found = hooks.stats(only, None, Window { since, until })?;
    if let (Some(named), []) = (&args.webhook, found.as_slice()) {
        let report = Report::new(format!("webhook `{named}` does not exist"));
        return Err(Error::NotFound(report.hint("`ptw-hooks list` shows the names")).into());
    }
    let look = session.out.look();
    let text = match found.as_slice() {
        [only] if args.webhook.is_some() => tables::details(only, look),
        all => tables::summary(all, look).render(look),
    };
    let table = tables::table(&found, look);
    let objects: Vec<_> = found.iter().map(StatsObject::from).collect();
    session.out.several(&objects, &table, &text)?;
    if found.is_empty() {
        session.notes.note("no webhooks");
    }
    Ok(exit::DONE)
}
