//! Why a signature is not right: the usual mistakes, tried one by one and then in pairs. Pure.
//!
//! A cause never shows the secret or a signature that was computed: whoever reads it could sign with either.

mod attempts;
mod header;
mod json;
mod variants;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::header::Header;
use super::{SECRET_PREFIX, Secret, hmac, verify_athens, verify_standard};

/// How far the timestamp of a Standard Webhooks signature may be from now, in seconds; what its libraries
/// tolerate.
pub const TOLERANCE: u64 = 5 * 60;

/// What is to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The secret exactly as it was read, white space and all.
    pub secret: &'a Secret,
    /// The body exactly as it was received.
    pub body: &'a [u8],
    /// The value of the header that carries the signature.
    pub signature: &'a str,
    /// What else Standard Webhooks sign.
    pub standard: Option<Envelope<'a>>,
    /// The present, in unix seconds.
    pub now: i64,
}

/// The other two headers of Standard Webhooks.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in unix seconds.
    pub timestamp: i64,
}

/// Which of the two signatures it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `X-Athens-Signature`.
    Athens,
    /// `webhook-signature` of Standard Webhooks.
    Standard,
}

/// What came of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is right.
    Right {
        /// The scheme that it was checked by.
        scheme: Scheme,
        /// What other receivers may trip over, a lower-case clause each.
        warnings: Vec<String>,
    },
    /// The signature is not right.
    Wrong {
        /// The scheme that it was checked by.
        scheme: Scheme,
        /// All that is to be mended before it is right; never empty.
        causes: Vec<Cause>,
    },
}

/// One thing that keeps a signature from being right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// A lower-case clause without final period.
    pub what: String,
    /// What to change at the receiver.
    pub mend: String,
}

impl Cause {
    fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}

/// Whether the signature is right and, if it is not, the simplest mistakes that explain it.
pub fn diagnose(claim: &Claim<'_>) -> Verdict {
    let header = Header::read(claim.signature, claim.standard.is_some());
    let scheme = header.scheme;
    if !is_right(claim, scheme) {
        let causes = explain(claim, &header).unwrap_or_else(|| unexplained(claim, &header));
        return Verdict::Wrong { scheme, causes };
    }
    let timestamp = claim.standard.filter(|_| scheme == Scheme::Standard).map(|envelope| envelope.timestamp);
    match timestamp.and_then(|timestamp| untimely(timestamp, claim.now)) {
        Some(cause) => Verdict::Wrong { scheme, causes: vec![cause] },
        None => Verdict::Right { scheme, warnings: warnings(claim, scheme) },
    }
}

fn is_right(claim: &Claim<'_>, scheme: Scheme) -> bool {
    match (scheme, claim.standard) {
        (Scheme::Athens, _) => verify_athens(claim.secret, claim.body, claim.signature),
        (Scheme::Standard, None) => false,
        (Scheme::Standard, Some(Envelope { id, timestamp })) => {
            verify_standard(claim.secret, id, timestamp, claim.body, claim.signature)
        }
    }
}

/// All causes of the combination with the fewest deviations that makes the signature right.
fn explain(claim: &Claim<'_>, header: &Header) -> Option<Vec<Cause>> {
    if header.tags.is_empty() {
        return None;
    }
    let attempts = attempts::all(claim, header.scheme);
    let mut bodies = variants::simple(claim.body);
    for deviations in 0..=attempts::MOST {
        if deviations == 2 {
            variants::compound(&mut bodies, claim.body);
        }
        for body in &bodies {
            for attempt in attempts.iter().filter(|attempt| attempt.causes.len() + body.cost == deviations) {
                let mac = hmac(&attempt.key, &[&attempt.before, &body.bytes]);
                let Some(tag) = header.tags.iter().find(|tag| tag.fits(&mac)) else { continue };
                let mut causes = header.wrapping.clone();
                // Prefix and encoding of the other scheme are right for it.
                causes.extend(tag.form.iter().filter(|_| !attempt.crossed).cloned());
                causes.extend(tag.cut());
                causes.extend(attempt.causes.iter().cloned());
                causes.extend(body.causes(&bodies[0]));
                causes.extend(attempt.timestamp.and_then(|timestamp| untimely(timestamp, claim.now)));
                if causes.is_empty() {
                    // Spaces of another kind between several signatures, for one.
                    causes.push(Cause::new(
                        "the signature is right, its header is malformed",
                        "send it as it came",
                    ));
                }
                return Some(causes);
            }
        }
    }
    None
}

/// Why receivers refuse the timestamp, if they do.
fn untimely(timestamp: i64, now: i64) -> Option<Cause> {
    let distance = timestamp.abs_diff(now);
    if distance <= TOLERANCE {
        return None;
    }
    if attempts::is_in_milliseconds(timestamp) {
        let mend = "give and sign the timestamp in whole seconds";
        return Some(Cause::new(
            "the timestamp is in milliseconds: receivers take it for seconds and refuse it",
            mend,
        ));
    }
    let side = if timestamp < now { "old" } else { "ahead" };
    Some(Cause::new(
        format!("the timestamp is {distance} seconds {side}: receivers refuse more than {TOLERANCE}"),
        "set the clocks of both sides by NTP, and check a request when it arrives: captured ones grow old",
    ))
}

/// What to say where no combination matches.
fn unexplained(claim: &Claim<'_>, header: &Header) -> Vec<Cause> {
    let enveloped = Cause::new(
        "a signature of Standard Webhooks covers the id and timestamp of the message, which were not given",
        "give the values of `webhook-id` and `webhook-timestamp` with `--id` and `--timestamp`",
    );
    if header.tags.is_empty() {
        return vec![Cause::new(
            "the signature has not the form of an HMAC-SHA256: 32 bytes, in 64 hex digits or 44 characters of base64",
            "take the whole value of `X-Athens-Signature` or `webhook-signature`, and compute it with SHA-256",
        )];
    }
    if header.scheme == Scheme::Standard && claim.standard.is_none() {
        return vec![enveloped];
    }
    let mut causes = vec![Cause::new(
        "no usual form of the secret or of the body explains it: most likely it was made with another secret, or \
         over another body",
        "compare the last four characters of the secret on both sides, and take the raw bytes of the body",
    )];
    if claim.body.is_empty() {
        causes.push(Cause::new(
            "the body given is empty",
            "read the raw body before anything else consumes it: the stream of a request can be read only once",
        ));
    }
    if variants::altered(claim.body) {
        causes.push(Cause::new(
            "the body given is not in the form that ptw-hooks sends: a parser has changed it, or it was not sent by it",
            "take the raw bytes of the request body, before any JSON parser has seen them",
        ));
    }
    if header.scheme == Scheme::Athens && !header.hex && claim.standard.is_none() {
        causes.push(enveloped);
    }
    causes
}

/// What is right here and may go wrong elsewhere.
fn warnings(claim: &Claim<'_>, scheme: Scheme) -> Vec<String> {
    let mut warnings = Vec::new();
    let secret = claim.secret.expose();
    if secret.trim() != secret {
        warnings
            .push("the secret has white space around it, which others lose when they read it from a file");
    }
    let encoded = secret.strip_prefix(SECRET_PREFIX);
    match scheme {
        Scheme::Athens if claim.signature.bytes().any(|b| b.is_ascii_uppercase()) => {
            warnings.push("the hex digits are in upper case: a comparison of text with lower-case ones fails");
        }
        Scheme::Standard if encoded.is_none() => warnings.push(
            "the secret has no prefix `whsec_`: its text is the key here, the published libraries decode it from base64",
        ),
        Scheme::Standard if encoded.is_some_and(|encoded| STANDARD.decode(encoded).is_err()) => warnings.push(
            "the secret begins with `whsec_` and is not base64: its text is the key here, the published libraries \
             refuse it",
        ),
        Scheme::Athens | Scheme::Standard => {}
    }
    warnings.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
