//! The table `tokens`. Of a token's text it has the hash alone.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};

use super::{Store, column};
use crate::error::Result;
use crate::token::{Scope, Token, TokenHash};

const COLUMNS: &str = "id, name, scopes, project, expires_at, created_at, revoked_at";

impl Store {
    /// Stores a new token and returns it as it is kept, with its id. `check` is given those that there are, the
    /// oldest first, and may refuse.
    pub fn create_token(
        &self,
        token: &Token,
        hash: &TokenHash,
        check: impl FnOnce(&[Token]) -> Result<()>,
    ) -> Result<Token> {
        self.write(|tx| {
            check(&all(tx)?)?;
            let scopes = serde_json::Value::from(token.scope_names()).to_string();
            tx.prepare_cached(
                "INSERT INTO tokens (name, hash, scopes, project, expires_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                token.name,
                hash.bytes(),
                scopes,
                token.project,
                token.expires_at.map(column::millis),
                column::millis(token.created_at),
            ])?;
            Ok(find(tx, tx.last_insert_rowid())?)
        })
    }

    /// Every token, the oldest first.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.read(|tx| Ok(all(tx)?))
    }

    /// Withdraws the token with this id; `None` where there is none, or somebody was faster.
    pub fn revoke_token(&self, id: i64, at: Timestamp) -> Result<Option<Token>> {
        self.write(|tx| {
            let revoked = tx
                .prepare_cached("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
                .execute(params![id, column::millis(at)])?;
            if revoked == 0 { Ok(None) } else { Ok(Some(find(tx, id)?)) }
        })
    }

    /// The tokens that were not withdrawn, with what they are known by.
    pub fn token_keys(&self) -> Result<Vec<(TokenHash, Token)>> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS}, hash FROM tokens WHERE revoked_at IS NULL ORDER BY id");
            let key = |row: &Row| Ok((TokenHash::from_bytes(row.get(7)?), from_row(row)?));
            let keys = tx.prepare_cached(&sql)?.query_map([], key)?.collect::<rusqlite::Result<_>>()?;
            Ok(keys)
        })
    }
}

fn all(tx: &Transaction) -> rusqlite::Result<Vec<Token>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens ORDER BY id"))?
        .query_map([], from_row)?
        .collect()
}

fn find(tx: &Transaction, id: i64) -> rusqlite::Result<Token> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens WHERE id = ?1"))?.query_row([id], from_row)
}

fn from_row(row: &Row) -> rusqlite::Result<Token> {
    let names: Vec<String> =
        serde_json::from_str(&row.get::<_, String>(2)?).map_err(|error| column::bad(2, error))?;
    let scope = |name: &String| column::named(2, &Scope::ALL, Scope::name, name);
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: names.iter().map(scope).collect::<rusqlite::Result<_>>()?,
        project: row.get(3)?,
        expires_at: column::time_or_none(4, row.get(4)?)?,
        created_at: column::time(5, row.get(5)?)?,
        revoked_at: column::time_or_none(6, row.get(6)?)?,
    })
}
