//! A request that a receiver got: what it says of itself, and whether its signatures are right. Pure.

use jiff::Timestamp;

use crate::signature::diagnosis::{Cause, Claim, Envelope, Scheme, TOLERANCE, Verdict, diagnose};
use crate::signature::{Secret, verify_athens, verify_standard};

/// A request that came, and how it is answered.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// When it had come as a whole.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers in their order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Whether it was refused for its head, and the body is missing.
    pub unread: bool,
    /// The status that it is answered with; `None` where the connection is reset in place of an answer.
    pub answered: Option<u16>,
}

/// What is known of one of the signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// There is nothing to check it with, or nothing to check.
    Unchecked,
    /// The request does not carry it.
    Missing,
    /// It is right.
    Right,
    /// It is not right, for these reasons.
    Wrong(Vec<Cause>),
}

impl Proof {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Missing => "missing",
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
        }
    }

    /// Why it is not right.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::Wrong(causes) => causes,
            _ => &[],
        }
    }
}

/// Both signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proofs {
    /// `X-Athens-Signature`.
    pub athens: Proof,
    /// `webhook-signature`.
    pub standard: Proof,
}

impl Proofs {
    /// Whether both were checked and are right.
    pub fn are_right(&self) -> bool {
        self.athens == Proof::Right && self.standard == Proof::Right
    }

    /// Whether one of them is wrong or missing.
    pub fn are_wrong(&self) -> bool {
        [&self.athens, &self.standard].iter().any(|proof| matches!(proof, Proof::Wrong(_) | Proof::Missing))
    }
}

impl Receipt {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The number of the permit that the body names, or else its id.
    pub fn permit(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let number = body.get("permit_number").and_then(|number| number.as_str()).map(str::to_owned);
        number.or_else(|| body.get("permit_id")?.as_i64().map(|id| id.to_string()))
    }

    /// Whether both signatures are right and the request is not too old: what a receiver has to know before it
    /// answers. [`Self::proofs`] says why one is not, and may take long for that.
    pub fn is_genuine(&self, secret: &Secret) -> bool {
        let header = |name| self.header(name).unwrap_or_default();
        let Some(Envelope { id, timestamp }) = self.envelope() else { return false };
        verify_athens(secret, &self.body, header("x-athens-signature"))
            && verify_standard(secret, id, timestamp, &self.body, header("webhook-signature"))
            && timestamp.abs_diff(self.at.as_second()) <= TOLERANCE
    }

    /// What is to be said of both signatures. Only what was posted and read is checked.
    pub fn proofs(&self, secret: Option<&Secret>) -> Proofs {
        let Some(secret) = secret.filter(|_| self.method == "POST" && !self.unread) else {
            return Proofs { athens: Proof::Unchecked, standard: Proof::Unchecked };
        };
        Proofs {
            athens: self.proof(secret, "x-athens-signature", Scheme::Athens),
            standard: self.proof(secret, "webhook-signature", Scheme::Standard),
        }
    }

    fn proof(&self, secret: &Secret, header: &str, scheme: Scheme) -> Proof {
        let Some(signature) = self.header(header) else { return Proof::Missing };
        let standard = self.envelope().filter(|_| scheme == Scheme::Standard);
        let now = self.at.as_second();
        match diagnose(&Claim { secret, body: &self.body, signature, standard, now }) {
            Verdict::Right { scheme: found, .. } if found == scheme => Proof::Right,
            Verdict::Right { .. } => Proof::Wrong(vec![Cause {
                what: format!("`{header}` carries the signature that belongs into the other header"),
                mend: "send each signature in the header of its own".to_owned(),
            }]),
            Verdict::Wrong { causes, .. } => Proof::Wrong(causes),
        }
    }

    fn envelope(&self) -> Option<Envelope<'_>> {
        let timestamp = self.header("webhook-timestamp")?.parse().ok()?;
        Some(Envelope { id: self.header("webhook-id")?, timestamp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{athens, standard};

    const BODY: &[u8] = br#"{"event":"permit_approved","permit_id":7,"permit_number":"PTW-7"}"#;

    fn secret(text: &str) -> Secret {
        Secret::unchecked(text.into())
    }

    fn receipt() -> Receipt {
        let at: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let (seconds, key) = (at.as_second(), secret("your_secret_key_here"));
        let headers = [
            ("x-athens-signature", athens(&key, BODY)),
            ("webhook-id", "evt_1".to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", standard(&key, "evt_1", seconds, BODY)),
        ];
        Receipt {
            at,
            method: "POST".into(),
            path: "/".into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: BODY.to_vec(),
            unread: false,
            answered: Some(204),
        }
    }

    #[test]
    fn a_request_of_ours_is_right_and_names_its_permit() {
        let (receipt, secret) = (receipt(), secret("your_secret_key_here"));
        assert!(receipt.is_genuine(&secret) && receipt.proofs(Some(&secret)).are_right());
        assert_eq!(receipt.permit().as_deref(), Some("PTW-7"));
        let proofs = receipt.proofs(None);
        assert!(!proofs.are_right() && !proofs.are_wrong());
    }

    #[test]
    fn what_is_wrong_is_told_for_each_signature() {
        let right = secret("your_secret_key_here");
        let other = receipt().proofs(Some(&secret("another_secret")));
        assert!(
            other.are_wrong() && !other.athens.causes().is_empty() && !other.standard.causes().is_empty()
        );

        let mut old = receipt();
        old.at = "2024-01-15T10:40:00Z".parse().unwrap();
        assert!(!old.is_genuine(&right));
        let proofs = old.proofs(Some(&right));
        assert_eq!(proofs.athens, Proof::Right);
        assert!(proofs.standard.causes()[0].what.contains("600 seconds old"));

        let mut bare = receipt();
        bare.headers.retain(|(name, _)| name != "webhook-signature");
        assert!(!bare.is_genuine(&right));
        assert_eq!(bare.proofs(Some(&right)).standard, Proof::Missing);

        let mut swapped = receipt();
        let signature = swapped.header("x-athens-signature").unwrap().to_owned();
        swapped.headers.last_mut().unwrap().1 = signature;
        assert!(!swapped.is_genuine(&right));
        assert!(swapped.proofs(Some(&right)).standard.causes()[0].what.contains("other header"));
    }
}
