//! A signature as somebody gave it: what was pasted with it, its prefix, and the encoding of its tags.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{Cause, Scheme};
use crate::signature::unhex;

/// The length of a whole tag, in bytes.
const TAG: usize = 32;

/// The shortest start of a tag that is taken for one: 8 hex digits. Chance would match fewer.
const SHORTEST: usize = 4;

pub(super) struct Header {
    pub(super) scheme: Scheme,
    /// What was pasted around the signature.
    pub(super) wrapping: Vec<Cause>,
    /// Every way to read it.
    pub(super) tags: Vec<Tag>,
    /// Whether it is hex digits but for its prefix.
    pub(super) hex: bool,
}

pub(super) struct Tag {
    bytes: Vec<u8>,
    /// What is unusual in its prefix and encoding.
    pub(super) form: Vec<Cause>,
}

impl Header {
    pub(super) fn read(signature: &str, enveloped: bool) -> Self {
        let (bare, wrapping) = unwrap(signature);
        let entries: Vec<_> = bare.split_whitespace().map(split_prefix).collect();
        let hex = entries.iter().all(|(_, tag)| is_hex(tag));
        let is = |prefix: &str, wanted: &str| prefix.eq_ignore_ascii_case(wanted);
        let standard = entries.iter().any(|(prefix, _)| is(prefix, "v1,"))
            || enveloped
                && entries.iter().all(|(prefix, tag)| is(prefix, "v1=") || prefix.is_empty() && !is_hex(tag));
        let scheme = if standard { Scheme::Standard } else { Scheme::Athens };
        let tags = entries.iter().flat_map(|(prefix, tag)| read_tag(scheme, prefix, tag)).collect();
        Self { scheme, wrapping, tags, hex }
    }
}

impl Tag {
    /// Whether this is the tag of `mac`, or as much of it as was given.
    pub(super) fn fits(&self, mac: &Hmac<Sha256>) -> bool {
        mac.clone().verify_truncated_left(&self.bytes).is_ok()
    }

    pub(super) fn cut(&self) -> Option<Cause> {
        (self.bytes.len() < TAG).then(|| {
            Cause::new(
                "the signature was cut: what is there is the beginning of the right one",
                "keep the whole value: a column, variable or log line is too short for it",
            )
        })
    }
}

/// The signature without white space, quotes and a header's name around it.
fn unwrap(signature: &str) -> (&str, Vec<Cause>) {
    let mend = "compare the value of the header alone";
    let mut text = signature.trim();
    let mut wrapping = Vec::new();
    if text != signature {
        wrapping.push(Cause::new("the signature has white space around it", mend));
    }
    loop {
        let cause = if let Some((_, value)) = text.split_once(':').filter(|(name, _)| is_header_name(name)) {
            text = value.trim_start();
            Cause::new("the name of the header was pasted with the signature", mend)
        } else {
            let bare = text.trim_matches(['"', '\'', '`']).trim();
            if bare == text {
                return (text, wrapping);
            }
            text = bare;
            Cause::new("the signature has quotes around it", mend)
        };
        if !wrapping.contains(&cause) {
            wrapping.push(cause);
        }
    }
}

fn is_header_name(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '\'', '`']);
    !text.is_empty()
        && !is_prefix(text)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn is_prefix(name: &str) -> bool {
    ["sha256", "sha-256", "hmac-sha256", "v1"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The known prefix with its separator, or nothing, and what follows it.
fn split_prefix(entry: &str) -> (&str, &str) {
    match entry.find(['=', ',', ':']).filter(|end| is_prefix(&entry[..*end])) {
        Some(end) => entry.split_at(end + 1),
        None => ("", entry),
    }
}

fn is_hex(tag: &str) -> bool {
    tag.bytes().all(|b| b.is_ascii_hexdigit())
}

fn read_tag(scheme: Scheme, prefix: &str, tag: &str) -> Vec<Tag> {
    let mut readings = Vec::new();
    let even = if is_hex(tag) { tag.len() & !1 } else { 0 };
    if let Some(bytes) = unhex(&tag[..even]) {
        let odd = (scheme == Scheme::Standard).then(|| {
            Cause::new(
                "the signature is in hex instead of base64",
                "encode the 32 bytes of the tag as base64",
            )
        });
        readings.push((bytes, odd.into_iter().collect()));
    }
    if let Some((bytes, deviation)) = unbase64(tag) {
        let form = match (scheme, deviation) {
            (Scheme::Athens, deviation) => Some(Cause::new(
                format!("the signature is in {} instead of hex", deviation.unwrap_or("base64")),
                "encode the 32 bytes of the tag as 64 lower-case hex digits",
            )),
            (Scheme::Standard, Some(deviation)) => Some(Cause::new(
                format!("the signature is in {deviation} instead of base64 with padding"),
                "use the standard alphabet (`+` and `/`), with `=` at the end",
            )),
            (Scheme::Standard, None) => None,
        };
        readings.push((bytes, form.into_iter().collect()));
    }
    let prefix = prefix_cause(scheme, prefix);
    readings
        .into_iter()
        .filter(|(bytes, _)| (SHORTEST..=TAG).contains(&bytes.len()))
        .map(|(bytes, form): (_, Vec<Cause>)| Tag {
            bytes,
            form: prefix.iter().cloned().chain(form).collect(),
        })
        .collect()
}

fn prefix_cause(scheme: Scheme, given: &str) -> Option<Cause> {
    let wanted = match scheme {
        Scheme::Athens => "sha256=",
        Scheme::Standard => "v1,",
    };
    let what = match given {
        "" => format!("the signature lacks its prefix `{wanted}`"),
        _ if given == wanted => return None,
        _ if given.eq_ignore_ascii_case(wanted) => format!("the prefix `{wanted}` is in upper case"),
        _ => format!("the signature begins with `{given}` instead of `{wanted}`"),
    };
    Some(Cause::new(what, format!("compare with `{wanted}` and the tag, as the header has it")))
}

/// The bytes of base64 of any kind, and what kind it is where it is not the standard one with padding. Of
/// text that was cut, the groups that are whole.
fn unbase64(text: &str) -> Option<(Vec<u8>, Option<&'static str>)> {
    let unpadded = text.trim_end_matches('=');
    let url_safe = unpadded.contains(['-', '_']);
    let whole = if unpadded.len() < TAG * 4 / 3 { unpadded.len() & !3 } else { unpadded.len() };
    let bytes = STANDARD_NO_PAD.decode(unpadded.get(..whole)?.replace('-', "+").replace('_', "/")).ok()?;
    let kind = match (url_safe, bytes.len() == TAG && !text.len().is_multiple_of(4)) {
        (false, false) => None,
        (false, true) => Some("base64 without padding"),
        (true, false) => Some("url-safe base64"),
        (true, true) => Some("url-safe base64 without padding"),
    };
    Some((bytes, kind))
}
