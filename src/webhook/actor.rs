//! Who changes a webhook. Pure.

use std::fmt;

/// Who changes a webhook: somebody at the command line, the holder of a token, or the program by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user of the operating system, by their name.
    User(String),
    /// The holder of a token.
    Token {
        /// The id of the token, which is one of those that are stored.
        id: i64,
        /// Its name.
        name: String,
    },
    /// The program, which gives up on receivers that are gone.
    Program,
}

impl Actor {
    /// A user of the operating system.
    pub fn user(name: impl Into<String>) -> Self {
        Self::User(name.into())
    }

    /// The holder of a token that is stored.
    pub fn token(id: i64, name: impl Into<String>) -> Self {
        Self::Token { id, name: name.into() }
    }

    /// The id of the token, if it was one.
    pub fn token_id(&self) -> Option<i64> {
        match self {
            Self::Token { id, .. } => Some(*id),
            Self::User(_) | Self::Program => None,
        }
    }
}

/// As it is kept and shown: `user root`, `token erp`, `ptw-hooks`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Token { name, .. } => write!(f, "token {name}"),
            Self::Program => f.write_str("ptw-hooks"),
        }
    }
}
