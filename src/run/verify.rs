//! `verify`: is this signature right, and if not, why.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde::Serialize;

use super::input;
use super::session::Session;
use crate::api::CauseObject;
use crate::cli::tools::VerifyArgs;
use crate::error::exit;
use crate::hooks::Presence;
use crate::output::table::{Table, words};
use crate::output::text::printable;
use crate::signature::Secret;
use crate::signature::diagnosis::{Cause, Claim, Envelope, Scheme, Verdict, diagnose};
use crate::webhook::Generation;

/// A body longer than this was not sent by us, in bytes.
const LONGEST_BODY: u64 = 1024 * 1024;

/// What `-o json` prints.
#[derive(Serialize)]
struct VerdictObject<'a> {
    right: bool,
    header: &'static str,
    causes: Vec<CauseObject<'a>>,
    warnings: &'a [String],
}

/// `verify`
pub fn verify(session: &mut Session, args: &VerifyArgs) -> Result<u8> {
    let stdin = Path::new("-");
    if args.secret_file.as_deref() == Some(stdin) && args.body == stdin {
        bail!("cannot read both the secret and the body from standard input: name a file with `--body`");
    }
    let secrets = secrets(session, args)?;
    let body = input::read(&args.body, "the body", LONGEST_BODY)?;
    let standard = args.id.as_deref().zip(args.timestamp).map(|(id, timestamp)| Envelope { id, timestamp });
    let now = Timestamp::now().as_second();
    let judge = |(secret, of): &(Secret, Option<Generation>)| {
        (diagnose(&Claim { secret, body: &body, signature: &args.signature, standard, now }), *of)
    };
    let mut verdicts: Vec<_> = secrets.iter().map(judge).collect();
    // What neither secret explains is explained by the one that leads.
    let right = verdicts.iter().position(|(verdict, _)| matches!(verdict, Verdict::Right { .. }));
    let (verdict, of) = verdicts.swap_remove(right.unwrap_or(0));
    let (right, scheme, causes, warnings): (_, _, &[Cause], &[String]) = match &verdict {
        Verdict::Right { scheme, warnings } => (true, *scheme, &[], warnings),
        Verdict::Wrong { scheme, causes } => (false, *scheme, causes, &[]),
    };
    let header = match scheme {
        Scheme::Athens => "X-Athens-Signature",
        Scheme::Standard => "webhook-signature",
    };
    let mut text = format!("{header} is {}\n", if right { "right" } else { "not right" });
    for cause in causes {
        let _ = writeln!(text, "cause  {}\n  mend {}", printable(&cause.what), printable(&cause.mend));
    }
    let object =
        VerdictObject { right, header, causes: causes.iter().map(CauseObject::from).collect(), warnings };
    let rows = causes.iter().map(|cause| vec![cause.what.as_str().into(), cause.mend.as_str().into()]);
    session.out.one(&object, &Table::new(&[words("cause"), words("mend")], rows), &text)?;
    for warning in warnings {
        session.notes.warn(warning);
    }
    if let Some(of) = of.filter(|_| right) {
        session.notes.note(&format!("made with the {} secret of the rotation that is under way", of.name()));
    }
    Ok(if right { exit::DONE } else { exit::REFUSED })
}

/// The secret as it stands in its file, but for the line break that every editor adds: other white space in
/// it may be what is looked for. Of a webhook whose secret is being rotated both, the leading one first.
fn secrets(session: &mut Session, args: &VerifyArgs) -> Result<Vec<(Secret, Option<Generation>)>> {
    if let Some(named) = &args.webhook {
        let webhook = session.hooks(Presence::Required)?.show(named)?;
        let secrets = webhook.secrets(Timestamp::now());
        let of = [secrets.leads, secrets.leads.map(Generation::other)];
        return Ok(secrets.all().cloned().zip(of).collect());
    }
    let text = match &args.secret_file {
        Some(path) => Some(input::secret_file(path)?),
        None => input::secret_variable()?,
    };
    match text {
        Some(text) => Ok(vec![(Secret::unchecked(text), None)]),
        None => bail!("no secret was given: name it with `--secret-file`, `--webhook` or PTW_HOOKS_SECRET"),
    }
}
