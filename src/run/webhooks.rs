//! The commands that define webhooks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::rotation::warn_of_unaccepted;
use super::session::Session;
use super::{actor, input};
use crate::api::{CreatedObject, ShownObject, WebhookObject};
use crate::cli::value::Hidden;
use crate::cli::webhook::{CreateArgs, DeleteArgs, ListArgs, ShowArgs, UpdateArgs};
use crate::definition::members::declared;
use crate::error::{Error, Problem, Report, exit};
use crate::event::EventType;
use crate::hooks::{Presence, Replaying, WebhookFilter, file_doubts, new_secret, validate};
use crate::output;
use crate::webhook::url::is_plain_to_elsewhere;
use crate::webhook::{ClientFiles, Header, NewWebhook, Schedule, TlsFiles, Webhook, WebhookChanges};

/// `create`
pub fn create(session: &mut Session, args: CreateArgs) -> Result<u8> {
    refuse_one_input_for_both(args.secret.secret_file.as_deref(), args.header_file.as_deref())?;
    let chosen = args.secret.secret.is_none() && args.secret.secret_file.is_none();
    let variable = if chosen { input::secret_variable()? } else { None };
    let given = input::secret(
        args.secret.secret.map(|secret| secret.0).or(variable),
        args.secret.secret_file.as_deref(),
    )?;
    let generated = given.is_none();
    let new = NewWebhook {
        name: args.name,
        url: args.url,
        secret: given.map_or_else(new_secret, Ok)?,
        project: args.project,
        enabled: !args.disabled,
        events: args.events,
        timeout: args.timeout,
        headers: headers(&args.headers, args.header_file.as_deref())?,
        schedule: schedule(args.no_retry, args.retry_schedule),
        rate: args.rate,
        ordered: args.ordered,
        tls: TlsFiles {
            client: client(args.client_cert, args.client_key)?,
            ca_file: args.ca_file.map(|path| absolute("ca_file", &path)).transpose()?,
        },
    };
    // Checked before there is a database: bad input leaves no empty one behind.
    validate(new.clone())?;
    let hooks = session.hooks(Presence::Created)?;
    let webhook = hooks.create(new, &actor::current())?;
    let text = output::webhooks::created(&webhook, generated);
    session.out.one(&CreatedObject::from(&webhook), &output::webhooks::created_table(&webhook), &text)?;
    warn_of_definition(session, &webhook);
    let twins =
        hooks.list(&WebhookFilter::default())?.iter().filter(|other| other.name == webhook.name).count();
    if twins > 1 {
        session.notes.warn(&format!("{twins} webhooks are named `{}`: name them by their ids", webhook.name));
    }
    Ok(exit::DONE)
}

/// `list`
pub fn list(session: &mut Session, args: &ListArgs) -> Result<u8> {
    let event = args.event.as_deref().map(|name| EventType::from_input("event", name)).transpose();
    let filter = WebhookFilter {
        project: args.project,
        event: event.map_err(|problem| Error::Invalid(vec![problem]))?,
        enabled: if args.enabled || args.disabled { Some(args.enabled) } else { None },
    };
    let webhooks = session.hooks(Presence::Required)?.list(&filter)?;
    let objects: Vec<_> = webhooks.iter().map(|webhook| WebhookObject::new(webhook, false)).collect();
    let table = output::webhooks::table(&webhooks, session.out.look());
    session.out.list(&objects, &table)?;
    if webhooks.is_empty() {
        session.notes.note("no webhooks");
    }
    Ok(exit::DONE)
}

/// `show`
pub fn show(session: &mut Session, args: &ShowArgs) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    let webhook = hooks.show(&args.webhook)?;
    let changes = hooks.changes(webhook.id)?;
    let look = session.out.look();
    let mut text =
        output::webhooks::details(&webhook, look, args.reveal_secret, session.config.settings.timeout);
    text.push_str(&output::changes::text(&changes, look));
    let table = output::webhooks::table(std::slice::from_ref(&webhook), look);
    let object = ShownObject::new(WebhookObject::new(&webhook, args.reveal_secret), &changes);
    session.out.one(&object, &table, &text)?;
    warn_of_unaccepted(session, &webhook);
    Ok(exit::DONE)
}

/// `update`
pub fn update(session: &mut Session, args: UpdateArgs) -> Result<u8> {
    refuse_one_input_for_both(args.secret_file.as_deref(), args.header_file.as_deref())?;
    let given = input::secret(args.secret.map(|secret| secret.0), args.secret_file.as_deref())?;
    let secret = if args.generate_secret { Some(new_secret()?) } else { given };
    let changes = WebhookChanges {
        name: args.name,
        url: args.url,
        secret: secret.clone(),
        project: if args.global { Some(None) } else { args.project.map(Some) },
        enabled: None,
        events: (!args.events.is_empty()).then_some(args.events),
        add_events: args.add_events,
        remove_events: args.remove_events,
        timeout: if args.default_timeout { Some(None) } else { args.timeout.map(Some) },
        headers: if args.no_headers || !args.headers.is_empty() || args.header_file.is_some() {
            Some(headers(&args.headers, args.header_file.as_deref())?)
        } else {
            None
        },
        schedule: if args.default_retry {
            Some(None)
        } else {
            schedule(args.no_retry, args.retry_schedule).map(Some)
        },
        rate: if args.no_rate { Some(None) } else { args.rate.map(Some) },
        ordered: if args.ordered || args.unordered { Some(args.ordered) } else { None },
        client: if args.no_client_cert {
            Some(None)
        } else {
            client(args.client_cert, args.client_key)?.map(Some)
        },
        ca_file: if args.no_ca_file {
            Some(None)
        } else {
            args.ca_file.map(|path| absolute("ca_file", &path)).transpose()?.map(Some)
        },
        paused: None,
    };
    let webhook = session.hooks(Presence::Required)?.update(&args.webhook, changes, &actor::current())?;
    print(session, &webhook, args.generate_secret)?;
    warn_of_definition(session, &webhook);
    if secret.is_some() {
        session
            .notes
            .note("every attempt from now on is signed with the new secret: give it to the receiver now");
    }
    Ok(exit::DONE)
}

/// `enable` and `disable`
pub fn set_enabled(session: &mut Session, named: &str, enabled: bool) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    let before = hooks.show(named)?;
    let webhook = hooks.update(named, WebhookChanges::enabled(enabled), &actor::current())?;
    print(session, &webhook, false)?;
    if let Some(disabled) = before.disabled.filter(|_| enabled) {
        let replaying = Replaying { webhook: Some(webhook.id.to_string()), since: disabled.at };
        for one in hooks.missed(&replaying)? {
            let missed = match one.missed.missed {
                1 => "1 event was".to_owned(),
                several => format!("{several} events were"),
            };
            session.notes.note(&format!(
                "{missed} missed since then; `ptw-hooks replay --missed --webhook {} --since {}` sends them",
                webhook.id, disabled.at
            ));
        }
    }
    Ok(exit::DONE)
}

/// `pause` and `resume`
pub fn set_paused(session: &mut Session, named: &str, paused: bool) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    let webhook = hooks.update(named, WebhookChanges::paused(paused), &actor::current())?;
    print(session, &webhook, false)
}

/// `delete`
pub fn delete(session: &mut Session, args: &DeleteArgs) -> Result<u8> {
    let hooks = session.hooks(Presence::Required)?;
    let webhook = hooks.show(&args.webhook)?;
    let question =
        format!("delete webhook {} `{}` and give up what is pending for it?", webhook.id, webhook.name);
    if !args.yes && !session.confirmed(&question)? {
        let report = Report::new(format!("webhook `{}` was not deleted", webhook.name))
            .hint("`--yes` deletes without asking; `ptw-hooks disable` only stops sending");
        return Err(Error::Refused(report).into());
    }
    let webhook = hooks.delete(&args.webhook, &actor::current())?;
    session.notes.note(&format!("webhook {} `{}` was deleted; its log stays", webhook.id, webhook.name));
    Ok(exit::DONE)
}

fn print(session: &mut Session, webhook: &Webhook, reveal_secret: bool) -> Result<u8> {
    let look = session.out.look();
    let text = output::webhooks::details(webhook, look, reveal_secret, session.config.settings.timeout);
    let table = output::webhooks::table(std::slice::from_ref(webhook), look);
    session.out.one(&WebhookObject::new(webhook, reveal_secret), &table, &text)?;
    Ok(exit::DONE)
}

fn warn_of_definition(session: &mut Session, webhook: &Webhook) {
    for doubt in doubts(webhook.id, &declared(webhook)) {
        session.notes.warn(&doubt);
    }
}

/// What may not be meant so in the definition of the webhook with this id.
pub fn doubts(id: i64, definition: &NewWebhook) -> Vec<String> {
    let mut doubts = Vec::new();
    if is_plain_to_elsewhere(&definition.url) {
        doubts.push("the URL is plain http: whoever is on the way can read the events".to_owned());
    }
    if definition.events.is_empty() {
        doubts.push(format!(
            "the webhook subscribes to nothing; `ptw-hooks update {id} --add-event EVENT` changes that"
        ));
    }
    doubts.extend(file_doubts(&definition.tls));
    doubts
}

/// The files of a client certificate; both are given or none.
fn client(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<ClientFiles>> {
    let Some((cert, key)) = cert.zip(key) else { return Ok(None) };
    let files = ClientFiles { cert: absolute("client_cert", &cert)?, key: absolute("client_key", &key)? };
    Ok(Some(files))
}

/// The path as every process finds it, wherever that runs. Links stay what they are: whoever renews a file may turn
/// them to another one.
fn absolute(field: &'static str, path: &Path) -> Result<String> {
    let cannot = |why: &dyn std::fmt::Display| {
        let problem = Problem::other(field, format!("{field} cannot be `{}`: {why}", path.display()));
        Error::Invalid(vec![problem.hint("give the path of a file, such as `/etc/ptw-hooks/erp.pem`")])
    };
    let absolute = std::path::absolute(path).map_err(|error| cannot(&error))?;
    Ok(absolute.to_str().ok_or_else(|| cannot(&"it is not UTF-8"))?.to_owned())
}

fn schedule(no_retry: bool, waits: Vec<Duration>) -> Option<Schedule> {
    (no_retry || !waits.is_empty()).then_some(Schedule(waits))
}

/// Standard input has an end, after which nothing is left of it for the other.
fn refuse_one_input_for_both(secret: Option<&Path>, headers: Option<&Path>) -> Result<()> {
    if secret.is_some() && secret == headers && headers == Some(Path::new("-")) {
        bail!("--secret-file and --header-file cannot both read standard input: name a file for one of them");
    }
    Ok(())
}

fn headers(given: &[Hidden], file: Option<&Path>) -> Result<Vec<Header>> {
    let lines = file.map(input::header_file).transpose()?.unwrap_or_default();
    let all = given.iter().map(|text| text.0.as_str()).chain(lines.iter().map(String::as_str));
    let (headers, problems): (Vec<_>, Vec<_>) = all.map(Header::parse).partition(std::result::Result::is_ok);
    let problems: Vec<_> = problems.into_iter().filter_map(std::result::Result::err).collect();
    if problems.is_empty() {
        Ok(headers.into_iter().flatten().collect())
    } else {
        Err(Error::Invalid(problems).into())
    }
}
