//! Tokens: what lets another program use the REST API, what it may do with it, and how it is known again. Pure.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, Problem, Result};
use crate::event::{check_text, integer};

/// How the text of every token begins, so that a scanner for leaked credentials can know it.
const PREFIX: &str = "ptw_";

/// What a token lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Look at everything: every GET.
    Read,
    /// Emit events.
    Emit,
    /// Everything.
    Manage,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Emit, Self::Manage];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Emit => "emit",
            Self::Manage => "manage",
        }
    }

    /// The scope of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether whoever has this scope may do what takes `wanted`.
    pub fn includes(self, wanted: Self) -> bool {
        self == Self::Manage || self == wanted
    }
}

/// Whether a token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can.
    Valid,
    /// Its time is over.
    Expired,
    /// Somebody has withdrawn it.
    Revoked,
}

impl State {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// What is known of a token. Its text is not: whoever it was given to has that alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Counts from 1 and is never given twice.
    pub id: i64,
    /// For people. No two tokens that can be used at one time share one.
    pub name: String,
    /// What it lets its holder do: at least one, each once.
    pub scopes: Vec<Scope>,
    /// The only project that it is for; `None` is for every project.
    pub project: Option<i64>,
    /// From when on it cannot be used.
    pub expires_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was withdrawn.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it can be used at `now`.
    pub fn state(&self, now: Timestamp) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            State::Expired
        } else {
            State::Valid
        }
    }

    /// Whether it can be used at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.state(now) == State::Valid
    }

    /// Whether it lets its holder do what takes `wanted`.
    pub fn may(&self, wanted: Scope) -> bool {
        self.scopes.iter().any(|scope| scope.includes(wanted))
    }

    /// The names of its scopes.
    pub fn scope_names(&self) -> Vec<&'static str> {
        self.scopes.iter().map(|scope| scope.name()).collect()
    }
}

/// What a caller gives to create a token, unchecked.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// For people.
    pub name: String,
    /// What it lets its holder do.
    pub scopes: Vec<Scope>,
    /// The only project that it is for, or `None` for all.
    pub project: Option<i64>,
    /// From when on it cannot be used.
    pub expires_at: Option<Timestamp>,
}

impl NewToken {
    /// The token that results, with id 0 until it is stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem at once.
    pub fn validate(self, now: Timestamp) -> Result<Token> {
        let name = self.name.trim().to_owned();
        let mut problems: Vec<Problem> = check_text("name", &name, 200).err().into_iter().collect();
        if name.chars().any(char::is_control) {
            problems.push(Problem::other("name", "name cannot hold control characters"));
        }
        let mut scopes = self.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            let none = Problem::other("scopes", "scopes cannot be empty: a token without one opens nothing");
            problems.push(none.hint("give it `read`, `emit` or `manage`"));
        }
        if let Some(project) = self.project {
            problems.extend(integer("project", &project.to_string()).err());
        }
        if let Some(at) = self.expires_at.filter(|at| *at <= now) {
            let past = format!("expires_at cannot be `{at}`: that is not in the future");
            problems.push(Problem::other("expires_at", past));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        Ok(Token {
            id: 0,
            name,
            scopes,
            project: self.project,
            expires_at: self.expires_at,
            created_at: now,
            revoked_at: None,
        })
    }
}

/// The text of a new token: `ptw_` and 32 random bytes in the base64 of URLs (RFC 4648, section 5).
pub fn text(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))
}

/// The SHA-256 of a token's text, which is all that is kept of it. The text is random, so that nobody can find
/// it from this by guessing. `Debug` shows nothing.
#[derive(Clone)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// That of the text which somebody presents.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// One that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What is stored.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of the same text; the comparison takes the same time either way.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn new(scopes: &[Scope]) -> NewToken {
        NewToken { name: " erp ".into(), scopes: scopes.to_vec(), project: None, expires_at: None }
    }

    #[test]
    fn manage_includes_everything_and_the_others_only_themselves() {
        let now = at("2024-01-15T10:30:00Z");
        let may = |scopes: &[Scope]| {
            let token = new(scopes).validate(now).unwrap();
            Scope::ALL.map(|wanted| token.may(wanted))
        };
        assert_eq!(may(&[Scope::Read]), [true, false, false]);
        assert_eq!(may(&[Scope::Emit]), [false, true, false]);
        assert_eq!(may(&[Scope::Emit, Scope::Read]), [true, true, false]);
        assert_eq!(may(&[Scope::Manage]), [true, true, true]);
        assert_eq!(Scope::ALL.map(|scope| Scope::from_name(scope.name())), Scope::ALL.map(Some));
        assert_eq!(Scope::from_name("admin"), None);
    }

    #[test]
    fn every_problem_of_a_new_token_is_reported_at_once() {
        let now = at("2024-01-15T10:30:00Z");
        let bad = NewToken { name: "\n".into(), project: Some(i64::MAX), expires_at: Some(now), ..new(&[]) };
        let Err(Error::Invalid(problems)) = bad.validate(now) else { panic!("accepted") };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "scopes", "project", "expires_at"]);
        for name in ["a\tb", &"x".repeat(201)] {
            assert!(NewToken { name: name.into(), ..new(&[Scope::Read]) }.validate(now).is_err(), "{name}");
        }
        let token = new(&[Scope::Manage, Scope::Read, Scope::Manage]).validate(now).unwrap();
        assert_eq!((token.name.as_str(), token.scope_names()), ("erp", vec!["read", "manage"]));
    }

    #[test]
    fn a_token_is_valid_until_it_expires_or_is_revoked() {
        let (now, later) = (at("2024-01-15T10:30:00Z"), at("2024-01-15T10:30:01Z"));
        let mut token = new(&[Scope::Read]).validate(now).unwrap();
        assert!(token.is_valid(Timestamp::MAX));
        token.expires_at = Some(later);
        assert_eq!([now, later].map(|at| token.state(at).name()), ["valid", "expired"]);
        token.revoked_at = Some(now);
        assert_eq!([now, later].map(|at| token.state(at).name()), ["revoked", "revoked"]);
    }

    #[test]
    fn a_token_is_known_by_the_sha_256_of_its_text_and_nothing_shows_that() {
        let text = text([255; 32]);
        assert_eq!(text, format!("ptw_{}8", "_".repeat(42)));
        // FIPS 180-4, the example of one block.
        let known = TokenHash::of("abc");
        assert_eq!(known.bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(known.matches(&TokenHash::from_bytes(*TokenHash::of("abc").bytes())));
        assert!(!known.matches(&TokenHash::of("abd")));
        assert_eq!(format!("{known:?}"), "TokenHash(********)");
    }
}
