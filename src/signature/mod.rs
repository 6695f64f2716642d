//! Secrets and the two signatures that every request carries. Pure.
//!
//! - `X-Athens-Signature`: `sha256=` and the hex HMAC-SHA256 of the body, keyed with the UTF-8 bytes of the
//!   whole secret.
//! - `webhook-signature`: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` (Standard Webhooks 1.0,
//!   "Signature scheme"), keyed with the decoded bytes of a `whsec_<base64>` secret, or with the UTF-8
//!   bytes of any other.

pub mod diagnosis;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::{Fault, Problem};

/// How a generated secret and one in the form of Standard Webhooks begin.
pub const SECRET_PREFIX: &str = "whsec_";

/// The key that a webhook and its receiver share. It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone, Eq)]
pub struct Secret(String);

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

/// Whether two secret texts are the same. It takes the same time wherever they differ, and tells no more by that than
/// whether they have the same length.
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

impl Secret {
    /// A secret that somebody chose.
    ///
    /// # Errors
    /// A problem of `secret` where it is blank, has more than 255 characters, holds a control character,
    /// or starts or ends with white space, which receivers lose when they read it from a file.
    pub fn new(text: String) -> Result<Self, Problem> {
        let problem = |fault| Err(Problem { field: "secret", fault });
        if text.trim().is_empty() {
            return problem(Fault::Blank);
        }
        if text.chars().count() > 255 {
            return problem(Fault::TooLong(255));
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(Problem::other(
                "secret",
                "secret cannot hold line breaks, or start or end with white space",
            )
            .hint("receivers lose them when they read the secret from a file: leave them out"));
        }
        Ok(Self(text))
    }

    /// A secret as it stands, unchecked: one that was stored, or one to look for the fault of.
    pub fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// `whsec_` and the base64 of 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `********` and the last four characters; of a secret shorter than eight, nothing.
    pub fn masked(&self) -> String {
        let characters = self.0.chars().count();
        let shown = if characters < 8 { 0 } else { 4 };
        format!("********{}", self.0.chars().skip(characters - shown).collect::<String>())
    }

    /// The key bytes of the Standard Webhooks signature.
    pub fn standard_key(&self) -> Vec<u8> {
        self.0
            .strip_prefix(SECRET_PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .unwrap_or_else(|| self.0.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

/// The value of `X-Athens-Signature` for this body.
pub fn athens(secret: &Secret, body: &[u8]) -> String {
    format!("sha256={}", hex(&hmac(secret.expose().as_bytes(), &[body]).finalize().into_bytes()))
}

/// One signature of `webhook-signature`, which has them separated by spaces (Standard Webhooks 1.0, "Signature
/// scheme"); `timestamp` is in unix seconds.
pub fn standard(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mac = standard_mac(&secret.standard_key(), id, timestamp, body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether this is the Athens signature of the body; the comparison takes the same time either way.
pub fn verify_athens(secret: &Secret, body: &[u8], signature: &str) -> bool {
    let given = signature.strip_prefix("sha256=").and_then(unhex);
    given.is_some_and(|tag| hmac(secret.expose().as_bytes(), &[body]).verify_slice(&tag).is_ok())
}

/// Whether one of the space-separated signatures is the Standard Webhooks signature of the body; each
/// comparison takes the same time either way.
pub fn verify_standard(secret: &Secret, id: &str, timestamp: i64, body: &[u8], signatures: &str) -> bool {
    let key = secret.standard_key();
    signatures
        .split(' ')
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|tag| standard_mac(&key, id, timestamp, body).verify_slice(&tag).is_ok())
}

fn standard_mac(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
    hmac(key, &[id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key of any length is valid for HMAC (RFC 2104, section 2): the error of the trait cannot happen.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"event":"permit_approved","timestamp":"2024-01-15T10:30:00Z","permit_id":123,"permit_number":"PTW-2024-001","project_id":5,"data":{"status":"approved","permit_type":"Hot Work","location":"Building A - Level 3","risk_level":"high","approved_by":"John Doe","comments":"Approved with conditions"}}"#;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into()).unwrap()
    }

    #[test]
    fn athens_has_the_known_answer() {
        let secret = secret("your_secret_key_here");
        let known = "sha256=ee0820d3fbe299b1cb66a03ffa237fe0ee7ff5a74d87ba06efca77727912f5cf";
        assert_eq!(athens(&secret, BODY), known);
        assert!(verify_athens(&secret, BODY, known));
        assert!(verify_athens(&secret, BODY, &known.to_uppercase().replace("SHA", "sha")));
        assert!(!verify_athens(&secret, &BODY[1..], known));
        assert!(!verify_athens(&secret, BODY, &known[..70]));
        assert!(!verify_athens(&secret, BODY, "sha256="));
    }

    /// The vectors that the Standard Webhooks libraries test with.
    #[test]
    fn standard_webhooks_has_the_known_answers() {
        let secret = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let id = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let known = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(standard(&secret, id, 1_649_367_553, body), known);
        assert_eq!(
            standard(&secret, id, 1_649_367_553, b""),
            "v1,6cbczhS31q83Zdm/V683g4djRU169SlQvXyea0gV7vo="
        );
        assert!(verify_standard(&secret, id, 1_649_367_553, body, &format!("v1,AAAA v1a,x {known}")));
        assert!(!verify_standard(&secret, id, 1_649_367_554, body, known));
    }

    #[test]
    fn a_secret_that_only_looks_like_base64_is_used_as_it_stands() {
        assert_eq!(secret("whsec_not base64").standard_key(), b"whsec_not base64");
        assert_eq!(secret("whsec_AAEC").standard_key(), [0, 1, 2]);
        assert_eq!(secret("AAEC").standard_key(), b"AAEC");
    }

    #[test]
    fn masks_show_four_characters_of_long_secrets_and_none_of_short_ones() {
        assert_eq!(secret("abcdefgh").masked(), "********efgh");
        assert_eq!(secret("abcdefg").masked(), "********");
        assert_eq!(secret("ääääßßßß").masked(), "********ßßßß");
        assert_eq!(format!("{:?}", secret("abcdefgh")), "Secret(********)");
    }

    #[test]
    fn secrets_are_the_same_where_every_character_is() {
        assert_eq!(secret("abcdefgh"), secret("abcdefgh"));
        for other in ["abcdefgi", "bbcdefgh", "abcdefg", "abcdefghh"] {
            assert_ne!(secret("abcdefgh"), secret(other));
        }
    }

    #[test]
    fn secrets_that_a_file_would_change_are_refused() {
        for bad in ["", "  ", " padded", "padded ", "two\nlines", "nul\0", &"x".repeat(256)] {
            assert!(Secret::new(bad.into()).is_err(), "{bad:?}");
        }
    }
}
