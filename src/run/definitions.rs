//! The commands that keep webhooks as a file.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;

use super::references::{self, Keeping};
use super::session::Session;
use super::{actor, input, webhooks};
use crate::api::StepObject;
use crate::cli::definition::{ApplyArgs, DiffArgs, ExportArgs, FileFormat, ScopeArgs};
use crate::definition::{self, Desired, LARGEST, Plan, Reference, Scope, Step};
use crate::error::{Error, Problem, Report, exit};
use crate::hooks::{Hooks, Presence, WebhookFilter, new_secret, planned_file_problems};
use crate::output::definitions as shown;
use crate::signature::Secret;
use crate::webhook::Webhook;

/// So many problems or notes are told; more do not help.
const MOST_TOLD: usize = 50;

/// `export`
pub fn export(session: &mut Session, args: &ExportArgs) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    let all = hooks.list(&WebhookFilter::default())?;
    let names = definition::names(&all);
    let chosen: Vec<i64> = args
        .webhooks
        .iter()
        .map(|named| Ok(hooks.show(named)?.id))
        .collect::<std::result::Result<_, Error>>()?;
    let mut webhooks: Vec<&Webhook> = all
        .iter()
        .filter(|webhook| args.project.is_none() || webhook.project == args.project)
        .filter(|webhook| args.webhooks.is_empty() || chosen.contains(&webhook.id))
        .collect();
    // The oldest first: what is created later stands at the end, and another machine lists them in the same order.
    webhooks.sort_by_key(|webhook| webhook.id);
    refuse_twins(&webhooks)?;

    let mut keeping = args.secrets_dir.as_deref().map(Keeping::new).transpose()?;
    let mut definitions = Vec::new();
    for webhook in &webhooks {
        let Some(names) = names.get(&webhook.id) else { continue };
        let mut refer = |kind: &str, name: &str, text: &str| match &mut keeping {
            Some(keeping) => keeping.add(&format!("{}.{kind}", name.to_lowercase()), text),
            None => Ok(Reference::Variable(format!("PTW_HOOKS_{}_{name}", kind.to_uppercase()))),
        };
        let secret = refer("secret", &names.secret, webhook.secret.expose())?;
        let headers = names.headers.iter().zip(&webhook.headers);
        let headers = headers.map(|(name, header)| refer("header", name, &header.value));
        definitions.push(definition::members_of(webhook, &secret, &headers.collect::<Result<Vec<_>>>()?));
    }
    if let Some(keeping) = keeping {
        let count = keeping.write()?;
        let directory = keeping.directory().display();
        session.notes.note(&if count == 1 {
            format!("1 file with a secret is in `{directory}`")
        } else {
            format!("{count} files with secrets are in `{directory}`")
        });
    }
    let json = session.out.is_one_document();
    match args.format.unwrap_or(if json { FileFormat::Json } else { FileFormat::Toml }) {
        FileFormat::Toml => session.out.plain(&definition::toml(&definitions))?,
        FileFormat::Json => {
            let text = serde_json::to_string_pretty(&definition::document(definitions))?;
            session.out.plain(&(text + "\n"))?;
        }
    }
    if webhooks.is_empty() {
        session.notes.note("no webhooks");
    }
    for webhook in webhooks.iter().filter(|webhook| webhook.paused_at.is_some()) {
        let Webhook { id, name, .. } = webhook;
        session.notes.note(&format!("webhook {id} `{name}` is paused, which is not part of its definition"));
    }
    Ok(exit::DONE)
}

/// A file in which two have the same name and project could not be applied.
fn refuse_twins(webhooks: &[&Webhook]) -> std::result::Result<(), Error> {
    let mut known = HashMap::new();
    for webhook in webhooks {
        let Webhook { id, name, .. } = webhook;
        if let Some(first) = known.insert((webhook.project, name), id) {
            let sentence =
                format!("webhooks {first} and {id} are both named `{name}`, and of the same project");
            let hint = format!("`ptw-hooks update {id} --name NAME` gives it a name of its own");
            return Err(Error::Refused(Report::new(sentence).hint(hint)));
        }
    }
    Ok(())
}

/// `diff`
pub fn diff(session: &mut Session, args: &DiffArgs) -> Result<u8> {
    let (plan, ..) = planned(session, &args.scope, Presence::Required)?;
    print(session, &plan, None)?;
    Ok(if plan.steps.is_empty() { exit::DONE } else { exit::UNDELIVERED })
}

/// `apply`
pub fn apply(session: &mut Session, args: &ApplyArgs) -> Result<u8> {
    let presence = if args.dry_run { Presence::Required } else { Presence::Created };
    let (plan, desired, hooks) = planned(session, &args.scope, presence)?;
    if args.dry_run {
        print(session, &plan, None)?;
        session.notes.note("dry run: nothing was changed");
        return Ok(exit::DONE);
    }
    let deleted: Vec<&Step> = plan.steps.iter().filter(|step| matches!(step, Step::Delete { .. })).collect();
    if !deleted.is_empty() && !args.yes {
        let mut names: Vec<String> =
            deleted.iter().take(10).map(|step| format!("`{}`", step.webhook().name)).collect();
        names.extend((deleted.len() > 10).then(|| "…".to_owned()));
        let count =
            if deleted.len() == 1 { "1 webhook".to_owned() } else { format!("{} webhooks", deleted.len()) };
        let question = format!("delete {count} ({}) and give up what is pending there?", names.join(", "));
        if !session.confirmed(&question)? {
            let report = Report::new(format!("{count} would be deleted; nothing was done")).hint(
                "`--yes` does it without asking, `--dry-run` shows which; without `--prune` none is deleted",
            );
            return Err(Error::Refused(report).into());
        }
    }
    let mut done = Vec::new();
    if !plan.steps.is_empty() {
        let hooks = hooks.map_or_else(|| session.hooks(Presence::Created), Ok)?;
        done = hooks.apply(&desired, args.scope.scope(), &plan, &actor::current())?;
    }
    print(session, &plan, Some(&done))?;
    for (step, id) in plan.steps.iter().zip(done) {
        remark(session, step, id);
    }
    Ok(exit::DONE)
}

/// Says what follows from a step that was done, as `create`, `update` and `enable` do.
fn remark(session: &mut Session, step: &Step, id: i64) {
    let name = &step.webhook().name;
    if let Step::Create { new, .. } | Step::Update { after: new, .. } = step {
        for doubt in webhooks::doubts(id, new) {
            session.notes.warn(&format!("`{name}`: {doubt}"));
        }
    }
    if let Step::Update { before, after, .. } = step {
        if before.secret != after.secret {
            session.notes.note(&format!("`{name}`: every attempt from now on is signed with the new secret"));
        }
        if after.enabled && !before.enabled {
            session.notes.note(&format!(
                "`{name}` is enabled again; `ptw-hooks replay --missed --webhook {id} --since TIME` sends what it missed"
            ));
        }
    }
}

impl ScopeArgs {
    fn scope(&self) -> Scope {
        Scope { project: self.project, prune: self.prune }
    }
}

/// The plan for a file, what it was made from, and the database where there is one. Where there is none it is made only
/// when there is something to put into it.
fn planned(
    session: &mut Session,
    args: &ScopeArgs,
    presence: Presence,
) -> Result<(Plan, Vec<Desired>, Option<Hooks>)> {
    let desired = desired(session, &args.file)?;
    let path = session.config.db.as_ref().filter(|path| path.exists());
    let hooks = if path.is_some() { Some(session.hooks(presence)?) } else { None };
    let present = match &hooks {
        Some(hooks) => hooks.list(&WebhookFilter::default())?,
        None => {
            if presence == Presence::Required {
                let path = session.database()?;
                session
                    .notes
                    .warn(&format!("there is no database at `{}`; `apply` makes it", path.display()));
            }
            Vec::new()
        }
    };
    let plan = definition::plan(&desired, &present, args.scope()).map_err(bounded)?;
    let problems = planned_file_problems(&plan, &desired);
    if !problems.is_empty() {
        return Err(bounded(Error::Invalid(problems)).into());
    }
    for sentence in plan.kept.iter().take(MOST_TOLD) {
        session.notes.note(sentence);
    }
    if let Some(more) = plan.kept.len().checked_sub(MOST_TOLD + 1) {
        session.notes.note(&format!("and {} more", more + 1));
    }
    Ok((plan, desired, hooks))
}

/// What a file declares, with the secrets that it names.
fn desired(session: &mut Session, file: &Path) -> Result<Vec<Desired>> {
    let text = input::read_text(file, "the definitions", LARGEST)?;
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (definitions, mut problems) = definition::read(&text);
    let mut desired = Vec::new();
    let mut warnings = Vec::new();
    for one in definitions {
        let fresh = if one.secret.is_none() { new_secret()? } else { Secret::unchecked(String::new()) };
        match one.resolve(|reference| references::find(beside, reference, &mut warnings), fresh) {
            Ok(one) => desired.push(one),
            Err(found) => problems.extend(found),
        }
    }
    for warning in warnings.iter().take(MOST_TOLD) {
        session.notes.warn(warning);
    }
    if problems.is_empty() { Ok(desired) } else { Err(bounded(Error::Invalid(problems)).into()) }
}

fn bounded(error: Error) -> Error {
    match error {
        Error::Invalid(mut problems) if problems.len() > MOST_TOLD => {
            let more = problems.len() - MOST_TOLD;
            problems.truncate(MOST_TOLD);
            problems.push(Problem::other("webhook", format!("and {more} more")));
            Error::Invalid(problems)
        }
        other => other,
    }
}

fn print(session: &mut Session, plan: &Plan, done: Option<&[i64]>) -> Result<()> {
    let id = |index: usize| done.and_then(|ids| ids.get(index).copied());
    let steps = plan.steps.iter().enumerate().map(|(index, step)| StepObject::new(step, id(index)));
    let rest = plan.unmanaged.iter().map(|(id, webhook)| StepObject::unmanaged(*id, webhook));
    let objects: Vec<StepObject> = steps.chain(rest).collect();
    let text = shown::text(plan, done, session.out.look());
    session.out.several(&objects, &shown::table(plan, done), &text)?;
    // At a terminal the sum stands below.
    session.out.flush()?;
    session.notes.note(&shown::summary(plan, done.is_some()));
    Ok(())
}
