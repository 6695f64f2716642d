//! `listen`: a receiver in the foreground, and what it has got.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::HeaderValue;

use super::input;
use super::session::Session;
use super::signals;
use crate::api::{ReceiptObject, ReceiptsObject, SummaryObject};
use crate::cli::listen::ListenArgs;
use crate::error::exit;
use crate::output::receipts;
use crate::receipt::{Proofs, Receipt};
use crate::receiver::{Behaviour, Receiver};
use crate::signature::Secret;

/// How often somebody looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

/// A request that is remembered.
struct Kept {
    receipt: Receipt,
    proofs: Proofs,
    again: bool,
}

/// `listen`
pub fn listen(session: &mut Session, args: &ListenArgs) -> Result<u8> {
    let signal = signals::listen()?;
    let secret = secret(args.secret_file.as_deref())?;
    let receiver = Receiver::start(args.port, secret.clone(), behaviour(args)?)
        .with_context(|| format!("cannot listen on 127.0.0.1:{}", args.port))
        // As a sentence: the port was the wrong one to name, and standard output is not to blame.
        .map_err(|error| anyhow::anyhow!("{error:#}"))?;
    session.notes.note(&format!("listening on {}", receiver.url("")));
    if secret.is_none() {
        session
            .notes
            .note("no secret: signatures are not verified; `--secret-file` or PTW_HOOKS_SECRET names it");
    }
    session.out.begin(&receipts::heading(), &receipts::header())?;
    let mut summary = SummaryObject::default();
    let mut kept: VecDeque<Kept> = VecDeque::new();
    loop {
        // What has come is printed before the end, too.
        let ending = signal.stop().load(Ordering::Acquire);
        let wait = if ending { Duration::ZERO } else { LOOK };
        let Some(mut receipt) = receiver.next(wait) else {
            if ending {
                break;
            }
            continue;
        };
        let proofs = receipt.proofs(secret.as_ref());
        let id = receipt.header("webhook-id");
        let again = id.is_some() && kept.iter().any(|other| other.receipt.header("webhook-id") == id);
        count(&mut summary, &receipt, &proofs, again);
        print(session, &receipt, &proofs, again)?;
        if !session.out.is_one_document() {
            receipt.body = Vec::new();
        }
        if kept.len() == usize::from(args.keep) {
            kept.pop_front();
        }
        kept.push_back(Kept { receipt, proofs, again });
    }
    let requests =
        kept.iter().map(|kept| ReceiptObject::new(&kept.receipt, &kept.proofs, kept.again)).collect();
    session.out.document(&ReceiptsObject { requests, summary: &summary })?;
    session.notes.note(&sentence(&summary));
    Ok(exit::DONE)
}

fn print(session: &mut Session, receipt: &Receipt, proofs: &Proofs, again: bool) -> Result<()> {
    let look = session.out.look();
    let text = receipts::text(receipt, proofs, again, session.notes.is_verbose(), look);
    let table = receipts::table(receipt, proofs, again, look);
    session.out.next(&ReceiptObject::new(receipt, proofs, again), &table, &text)?;
    Ok(session.out.flush()?)
}

fn count(summary: &mut SummaryObject, receipt: &Receipt, proofs: &Proofs, again: bool) {
    summary.requests += 1;
    summary.right += u64::from(proofs.are_right());
    summary.wrong += u64::from(proofs.are_wrong());
    summary.again += u64::from(again);
    let answered = receipt.answered.map_or_else(|| "reset".to_owned(), |status| status.to_string());
    *summary.answered.entry(answered).or_default() += 1;
}

/// `3 requests: 2 right, 1 wrong; answered 204 (2), 401 (1)`
fn sentence(summary: &SummaryObject) -> String {
    let SummaryObject { requests, right, wrong, again, answered } = summary;
    let plural = if *requests == 1 { "" } else { "s" };
    let again = if *again == 0 { String::new() } else { format!(", {again} that came before") };
    let mut text = format!("{requests} request{plural}: {right} right, {wrong} wrong{again}");
    for (index, (status, count)) in answered.iter().enumerate() {
        let _ = write!(text, "{}{status} ({count})", if index == 0 { "; answered " } else { ", " });
    }
    text
}

/// The secret exactly as it stands: what is wrong with it is to be found out.
fn secret(file: Option<&Path>) -> Result<Option<Secret>> {
    let text = match file {
        Some(path) => Some(input::secret_file(path)?),
        None => input::secret_variable()?,
    };
    Ok(text.map(Secret::unchecked))
}

fn behaviour(args: &ListenArgs) -> Result<Behaviour> {
    if let Some(to) = args.redirect.as_deref().filter(|to| HeaderValue::from_str(to).is_err()) {
        bail!("cannot redirect to `{to}`: it cannot be the value of a header");
    }
    let usual = Behaviour::default();
    let status = match (args.status, args.retry_after, &args.redirect) {
        (Some(status), ..) => status,
        (None, Some(_), _) => 503,
        (None, None, Some(_)) => 307,
        (None, None, None) if args.gone => 410,
        (None, None, None) => usual.status,
    };
    Ok(Behaviour {
        status,
        retry_after: args.retry_after,
        location: args.redirect.clone(),
        delay: args.delay.unwrap_or_default(),
        drip: args.drip,
        reset: args.reset,
        fail_rate: args.fail_rate.unwrap_or_default(),
    })
}
