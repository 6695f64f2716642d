//! The verbs of tokens: create, list, revoke, and what a server knows them by.

use jiff::Timestamp;

use super::{Hooks, random};
use crate::error::{Error, Report, Result};
use crate::event::nearest;
use crate::token::{self, NewToken, Token, TokenHash};

impl Hooks {
    /// Stores a new token; gives it and its text, which is known this once.
    ///
    /// # Errors
    /// `Invalid` with every problem at once; `Refused` where a valid token has the name: what a token does is
    /// noted under its name. `Storage`.
    pub fn create_token(&self, new: NewToken) -> Result<(Token, String)> {
        let now = Timestamp::now();
        let token = new.validate(now)?;
        let text = token::text(random()?);
        let stored = self.store.create_token(&token, &TokenHash::of(&text), |others| {
            let twin = others.iter().find(|other| other.name == token.name && other.is_valid(now));
            twin.map_or(Ok(()), |twin| Err(Error::Refused(taken(twin))))
        })?;
        Ok((stored, text))
    }

    /// Every token, the newest first, those that cannot be used any more included.
    ///
    /// # Errors
    /// `Storage`.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        let mut all = self.store.tokens()?;
        all.reverse();
        Ok(all)
    }

    /// Withdraws the token that somebody names by its id or its name. It stays in the list.
    ///
    /// # Errors
    /// `NotFound` with the nearest name; `Refused` where several tokens are meant, or the one that is meant was
    /// revoked before. `Storage`.
    pub fn revoke_token(&self, named: &str) -> Result<Token> {
        let all = self.store.tokens()?;
        let id = named.parse::<i64>().ok();
        let meant = |token: &&Token| Some(token.id) == id || token.name == named;
        // Of a name that was used before, the token is meant that still can be revoked.
        let open: Vec<&Token> = all.iter().filter(meant).filter(|token| token.revoked_at.is_none()).collect();
        match open.as_slice() {
            [only] => {
                let revoked = self.store.revoke_token(only.id, Timestamp::now())?;
                revoked.ok_or_else(|| Error::Refused(revoked_before(only)))
            }
            [] => Err(match all.iter().rev().find(meant) {
                Some(before) => Error::Refused(revoked_before(before)),
                None => Error::NotFound(not_found(named, &all)),
            }),
            several => {
                let ids: Vec<String> = several.iter().map(|token| token.id.to_string()).collect();
                let report = Report::new(format!("`{named}` names {} tokens: {}", ids.len(), ids.join(", ")));
                Err(Error::Refused(
                    report.hint("use the id of the one that is meant; `ptw-hooks token list` shows them"),
                ))
            }
        }
    }

    /// What the tokens that were not revoked are known by. Some may have expired: [`Token::is_valid`] says which.
    ///
    /// # Errors
    /// `Storage`.
    pub fn token_keys(&self) -> Result<Vec<(TokenHash, Token)>> {
        self.store.token_keys()
    }
}

fn taken(twin: &Token) -> Report {
    Report::new(format!("token {} has the name `{}` already", twin.id, twin.name))
        .hint(format!("choose another name, or `ptw-hooks token revoke {}` first", twin.id))
}

fn revoked_before(token: &Token) -> Report {
    let message = format!("token {} `{}` was revoked already", token.id, token.name);
    Report::new(message).hint("`ptw-hooks token list` says when")
}

fn not_found(named: &str, all: &[Token]) -> Report {
    let report = Report::new(format!("token `{named}` does not exist"));
    let open = all.iter().filter(|token| token.revoked_at.is_none());
    match nearest(named, open.map(|token| token.name.as_str())) {
        Some(near) => report.hint(format!("did you mean `{near}`?")),
        None => report.hint("`ptw-hooks token list` shows the names"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Presence, Settings};
    use super::*;
    use crate::signature::Secret;
    use crate::token::Scope;
    use crate::webhook::{Actor, NewWebhook, WebhookChanges};

    fn new(name: &str) -> NewToken {
        NewToken { name: name.into(), scopes: vec![Scope::Manage], project: Some(5), expires_at: None }
    }

    fn hooks(directory: &std::path::Path) -> Hooks {
        Hooks::open(&directory.join("x.db"), Presence::Created, Settings::default()).unwrap()
    }

    #[test]
    fn a_server_knows_a_token_by_its_text_until_it_is_revoked() {
        let directory = tempfile::tempdir().unwrap();
        let hooks = hooks(directory.path());
        let (erp, text) = hooks.create_token(new("erp")).unwrap();
        let (other, other_text) = hooks.create_token(new("other")).unwrap();
        let known = |text: &str| {
            let hash = TokenHash::of(text);
            let keys = hooks.token_keys().unwrap();
            keys.into_iter().filter(|(key, _)| key.matches(&hash)).map(|(_, token)| token).collect::<Vec<_>>()
        };
        assert_eq!([known(&text), known(&other_text)], [vec![erp.clone()], vec![other]]);
        assert!(known(&text.to_uppercase()).is_empty() && known("").is_empty());
        assert!(!format!("{:?}", hooks.token_keys().unwrap()).contains(&text[4..]));
        hooks.revoke_token("erp").unwrap();
        assert!(known(&text).is_empty());
        assert_eq!(hooks.tokens().unwrap().len(), 2);
    }

    #[test]
    fn what_the_holder_of_a_token_changes_is_noted_under_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let hooks = hooks(directory.path());
        let (token, _) = hooks.create_token(new("erp")).unwrap();
        let by = Actor::token(token.id, token.name);
        let webhook = NewWebhook {
            events: vec!["*".into()],
            ..NewWebhook::plain("A", "http://127.0.0.1:9/", Secret::unchecked("secret-of-a-webhook".into()))
        };
        let id = hooks.create(webhook, &by).unwrap().id;
        hooks.update("A", WebhookChanges::paused(true), &Actor::user("anna")).unwrap();
        hooks.delete("A", &by).unwrap();
        let told: Vec<String> = hooks
            .changes(id)
            .unwrap()
            .iter()
            .map(|change| format!("{} {}", change.by, change.what.name()))
            .collect();
        assert_eq!(told, ["token erp deleted", "user anna paused", "token erp created"]);
        let error = hooks.show("A").unwrap_err();
        assert!(error.hints()[0].contains("was deleted by token erp at "), "{:?}", error.hints());
    }
}
