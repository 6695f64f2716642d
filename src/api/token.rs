//! Tokens as JSON.

use jiff::Timestamp;
use serde::Serialize;

use super::{micros, micros_or_null};
use crate::token::Token;

/// A token as the list has it.
#[derive(Debug, Serialize)]
pub struct TokenObject<'a> {
    id: i64,
    name: &'a str,
    scopes: Vec<&'static str>,
    project: Option<i64>,
    #[serde(serialize_with = "micros_or_null")]
    expires_at: Option<Timestamp>,
    #[serde(serialize_with = "micros")]
    created_at: Timestamp,
    #[serde(serialize_with = "micros_or_null")]
    revoked_at: Option<Timestamp>,
    state: &'static str,
}

impl<'a> TokenObject<'a> {
    /// The token, and whether it can be used at `now`.
    pub fn new(token: &'a Token, now: Timestamp) -> Self {
        Self {
            id: token.id,
            name: &token.name,
            scopes: token.scope_names(),
            project: token.project,
            expires_at: token.expires_at,
            created_at: token.created_at,
            revoked_at: token.revoked_at,
            state: token.state(now).name(),
        }
    }
}

/// A token that was just created, with its text this once. It has no `Debug`.
#[derive(Serialize)]
pub struct CreatedTokenObject<'a> {
    id: i64,
    name: &'a str,
    token: &'a str,
    scopes: Vec<&'static str>,
    project: Option<i64>,
    #[serde(serialize_with = "micros_or_null")]
    expires_at: Option<Timestamp>,
    #[serde(serialize_with = "micros")]
    created_at: Timestamp,
}

impl<'a> CreatedTokenObject<'a> {
    /// The token and its text.
    pub fn new(token: &'a Token, text: &'a str) -> Self {
        Self {
            id: token.id,
            name: &token.name,
            token: text,
            scopes: token.scope_names(),
            project: token.project,
            expires_at: token.expires_at,
            created_at: token.created_at,
        }
    }
}
