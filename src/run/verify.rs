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
    let secret = secret(session, args)?;
    let body = input::read(&args.body, "the body", LONGEST_BODY)?;
    let standard = args.id.as_deref().zip(args.timestamp).map(|(id, timestamp)| Envelope { id, timestamp });
    let now = Timestamp::now().as_second();
    let verdict =
        diagnose(&Claim { secret: &secret, body: &body, signature: &args.signature, standard, now });
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
    Ok(if right { exit::DONE } else { exit::REFUSED })
}

/// The secret as it stands in its file, but for the line break that every editor adds: other white space in
/// it may be what is looked for.
fn secret(session: &mut Session, args: &VerifyArgs) -> Result<Secret> {
    if let Some(named) = &args.webhook {
        return Ok(session.hooks(Presence::Required)?.show(named)?.secret);
    }
    let text = match &args.secret_file {
        Some(path) => Some(input::secret_file(path)?),
        None => input::secret_variable()?,
    };
    match text {
        Some(text) => Ok(Secret::unchecked(text)),
        None => bail!("no secret was given: name it with `--secret-file`, `--webhook` or PTW_HOOKS_SECRET"),
    }
}
