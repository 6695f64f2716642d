//! Which keys may have been made of a secret, and what may have been signed before the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Cause, Claim, Envelope, Scheme};
use crate::signature::{SECRET_PREFIX, Secret, unhex};

/// The most deviations in secret, signed content and body that are tried together.
pub(super) const MOST: usize = 2;

/// One way to a tag: a key, and what is signed before the body.
pub(super) struct Attempt {
    pub(super) key: Vec<u8>,
    pub(super) before: Vec<u8>,
    /// The timestamp that is signed.
    pub(super) timestamp: Option<i64>,
    /// The deviations from the scheme, each of them one.
    pub(super) causes: Vec<Cause>,
    /// Whether it is an attempt at the other scheme.
    pub(super) crossed: bool,
}

/// Every key with everything that may be signed before the body, for this scheme and then for the other.
pub(super) fn all(claim: &Claim<'_>, scheme: Scheme) -> Vec<Attempt> {
    let (other, cross) = match scheme {
        Scheme::Athens => (
            Scheme::Standard,
            Cause::new(
                "this is the signature of Standard Webhooks, not that of `X-Athens-Signature`",
                "compare it with the header `webhook-signature`, or take the value of `X-Athens-Signature`",
            ),
        ),
        Scheme::Standard => (
            Scheme::Athens,
            Cause::new(
                "this is the tag of `X-Athens-Signature`, not that of Standard Webhooks",
                "take the value of `webhook-signature`, or check this one as `sha256=` and hex digits",
            ),
        ),
    };
    let mut attempts = Vec::new();
    let mut pair = |scheme, crossed: Option<&Cause>| {
        for (key, secret) in keys(claim.secret.expose(), scheme) {
            for (before, timestamp, content) in contents(claim.standard, scheme) {
                let causes: Vec<_> = crossed.into_iter().chain(&secret).chain(&content).cloned().collect();
                if causes.len() <= MOST {
                    let (key, crossed) = (key.clone(), crossed.is_some());
                    attempts.push(Attempt { key, before, timestamp, causes, crossed });
                }
            }
        }
    };
    pair(scheme, None);
    pair(other, Some(&cross));
    attempts
}

/// Whether a timestamp counts milliseconds. Unix seconds do not get as far before the year 5138, and
/// milliseconds did in 1973.
pub(super) fn is_in_milliseconds(timestamp: i64) -> bool {
    timestamp.unsigned_abs() >= 100_000_000_000
}

/// What is signed before the body, and the timestamp in it.
fn contents(envelope: Option<Envelope<'_>>, scheme: Scheme) -> Vec<(Vec<u8>, Option<i64>, Option<Cause>)> {
    let bare = (Vec::new(), None);
    let mend = "sign `{webhook-id}.{webhook-timestamp}.{body}`, the values as the headers have them";
    let unsigned = Cause::new("only the body was signed, without id and timestamp", mend);
    let (id, at) = match (scheme, envelope) {
        (Scheme::Athens, _) => return vec![(bare.0, bare.1, None)],
        (Scheme::Standard, None) => return vec![(bare.0, bare.1, Some(unsigned))],
        (Scheme::Standard, Some(Envelope { id, timestamp })) => (id, timestamp),
    };
    let cause = |what: &str| Some(Cause::new(what, mend));
    let seconds = "give the timestamp in whole seconds, as `webhook-timestamp` has it";
    let mut contents = vec![
        (format!("{id}.{at}."), at, None),
        (String::new(), at, Some(unsigned)),
        (format!("{at}."), at, cause("the id was left out: `timestamp.body` was signed")),
        (format!("{id}."), at, cause("the timestamp was left out: `id.body` was signed")),
        (format!("{at}.{id}."), at, cause("id and timestamp were signed in the wrong order")),
        (format!("{id}{at}"), at, cause("the periods between id, timestamp and body were not signed")),
    ];
    if is_in_milliseconds(at) {
        let what = "the timestamp was given in milliseconds; seconds are signed";
        contents.push((format!("{id}.{}.", at / 1000), at / 1000, Some(Cause::new(what, seconds))));
    } else {
        let what = "the timestamp was signed in milliseconds instead of seconds";
        contents.push((format!("{id}.{at}000."), at, Some(Cause::new(what, seconds))));
    }
    contents.into_iter().map(|(before, at, cause)| (before.into_bytes(), Some(at), cause)).collect()
}

/// Every key that may have been made of the secret, the one of the scheme first, each with its deviations.
fn keys(secret: &str, scheme: Scheme) -> Vec<(Vec<u8>, Vec<Cause>)> {
    let mut keys: Vec<(Vec<u8>, Vec<Cause>)> = Vec::new();
    let mut found: Vec<_> = texts(secret, scheme)
        .into_iter()
        .flat_map(|(text, change)| {
            derivations(&text, scheme).into_iter().map(move |(key, derivation)| {
                (key, change.iter().cloned().chain(derivation).collect::<Vec<_>>())
            })
        })
        .collect();
    found.sort_by_key(|(_, causes)| causes.len());
    for (key, causes) in found {
        if keys.iter().all(|(known, _)| *known != key) {
            keys.push((key, causes));
        }
    }
    keys
}

/// The secret as it was read, and as another hand may have it.
fn texts(secret: &str, scheme: Scheme) -> Vec<(String, Option<Cause>)> {
    let trimmed = secret.trim();
    let exact =
        "store and read the secret without white space: `printf %s` instead of `echo`, and trim what is read";
    let cause = |what: &str, mend: &str| Some(Cause::new(what, mend));
    let mut texts = vec![(secret.to_owned(), None)];
    let mut add = |text: String, cause| {
        if text != secret && !text.is_empty() {
            texts.push((text, cause));
        }
    };
    let what = if secret.trim_end_matches(['\r', '\n']) == trimmed {
        "the secret given ends in a line end that is not part of the key"
    } else {
        "the secret given has white space around it that is not part of the key"
    };
    add(trimmed.to_owned(), cause(what, exact));
    let what = "the signer used the secret with the line feed at the end of its file";
    add(format!("{trimmed}\n"), cause(what, exact));
    let what = "the signer used the secret with the carriage return and line feed at the end of its file";
    add(format!("{trimmed}\r\n"), cause(what, exact));
    for quote in ['"', '\''] {
        if let Some(inner) = trimmed.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            add(
                inner.to_owned(),
                cause("the secret given has quotes around it", "take the quotes off the secret"),
            );
        }
        let what = "the signer used the secret with quotes around it";
        add(
            format!("{quote}{trimmed}{quote}"),
            cause(what, "take the quotes off the secret, in its file or variable"),
        );
    }
    let (mend, stripped) = match scheme {
        Scheme::Athens => (
            "use the whole secret, its prefix `whsec_` included, as the key",
            "the prefix `whsec_` was taken off the secret, which is used whole for `X-Athens-Signature`",
        ),
        Scheme::Standard => (
            "decode what follows the prefix `whsec_` from base64 for the key",
            "the prefix `whsec_` was taken off the secret, and the rest was not decoded from base64",
        ),
    };
    match trimmed.strip_prefix(SECRET_PREFIX) {
        Some(rest) => add(rest.to_owned(), cause(stripped, mend)),
        None => add(
            format!("{SECRET_PREFIX}{trimmed}"),
            cause("the secret given lacks the prefix `whsec_` that the signer's has", mend),
        ),
    }
    texts
}

/// The key bytes that may be made of one text.
fn derivations(text: &str, scheme: Scheme) -> Vec<(Vec<u8>, Option<Cause>)> {
    let whole = text.as_bytes().to_vec();
    let encoded = text.strip_prefix(SECRET_PREFIX);
    let as_text = "use the bytes of the secret's text as the key";
    let mut keys = match scheme {
        Scheme::Athens => vec![(whole, None)],
        Scheme::Standard => vec![
            (Secret::unchecked(text.to_owned()).standard_key(), None),
            (
                whole,
                Some(Cause::new(
                    "the text of the secret was used as the key, its prefix `whsec_` included",
                    "decode what follows the prefix `whsec_` from base64 for the key",
                )),
            ),
        ],
    };
    let alphabet = encoded.unwrap_or(text).trim_end_matches('=').replace('-', "+").replace('_', "/");
    if let Ok(key) = STANDARD_NO_PAD.decode(alphabet) {
        let (what, mend) = match (scheme, encoded) {
            (Scheme::Athens, Some(_)) => (
                "the secret was decoded from base64, which is right for Standard Webhooks only",
                "use the whole secret, its prefix `whsec_` included, as the key",
            ),
            (Scheme::Standard, Some(_)) => (
                "the secret was decoded from base64 although it is not in the standard form with padding",
                "take a secret whose base64 has the standard alphabet and padding",
            ),
            (Scheme::Athens, None) => {
                ("the secret was decoded from base64 although its text is the key", as_text)
            }
            (Scheme::Standard, None) => (
                "the secret was decoded from base64 although it has no prefix `whsec_`; the published libraries do so",
                "take a secret with the prefix `whsec_`, which every library decodes, on both sides",
            ),
        };
        keys.push((key, Some(Cause::new(what, mend))));
    }
    if let Some(key) = unhex(encoded.unwrap_or(text)) {
        keys.push((
            key,
            Some(Cause::new("the secret was decoded from hex although its text is the key", as_text)),
        ));
    }
    keys
}
