//! One request, as the operations see it: who asks, for what, with which body.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::answer::Answer;
use super::messages::{self, Problems};
use crate::token::Token;
use crate::webhook::{Actor, Webhook};

/// A request whose route, token and body have been read.
pub struct Call {
    /// What the server works with.
    pub app: Arc<App>,
    /// Who asks; nobody in particular where the server takes everybody.
    pub token: Option<Arc<Token>>,
    /// What stands in the path where the route has a name in braces.
    pub parameter: String,
    /// The decoded pairs of the query, in their order.
    pub query: Vec<(String, String)>,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Its path, with the scheme and the host by which this server was reached.
    pub url: String,
    /// The leave to hold it in memory. It lasts as long as anything of the request does, also where the client has hung
    /// up meanwhile.
    pub leave: Arc<OwnedSemaphorePermit>,
}

impl Call {
    /// The value of a member of the query; where it is given several times, the last one.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The id in the path.
    ///
    /// # Errors
    /// 404 where it is no number.
    pub fn id(&self) -> Result<i64, Answer> {
        let digits = self.parameter.strip_prefix('-').unwrap_or(&self.parameter);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Answer::not_found());
        }
        // A number that does not fit is an id that nobody has.
        Ok(self.parameter.parse().unwrap_or(i64::MAX))
    }

    /// The body as JSON; nothing at all stands for an object without members.
    ///
    /// # Errors
    /// 415, 400.
    pub fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        self.has_type("application/json")?;
        serde_json::from_slice(&self.body).map_err(|error| unparsable(&error.to_string()))
    }

    /// Checks the type of the body.
    ///
    /// # Errors
    /// 415.
    pub fn has_type(&self, wanted: &str) -> Result<(), Answer> {
        let given = self.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        let given = given.unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        let detail = format!("Unsupported media type \"{given}\" in request.");
        Err(Answer::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
    }

    /// The project that whoever asks is confined to.
    pub fn project(&self) -> Option<i64> {
        self.token.as_ref().and_then(|token| token.project)
    }

    /// Whoever asks, as the log of changes names it.
    pub fn actor(&self) -> Actor {
        match &self.token {
            Some(token) => Actor::token(token.id, &token.name),
            None => self.app.options.actor.clone(),
        }
    }

    /// Whether whoever asks may see this webhook.
    pub fn sees(&self, webhook: &Webhook) -> bool {
        self.sees_event(webhook.project)
    }

    /// Whether whoever asks may see an event of this project, or of none.
    pub fn sees_event(&self, project: Option<i64>) -> bool {
        self.project().is_none_or(|own| project.is_none_or(|project| project == own))
    }

    /// Whether whoever asks may change this webhook, or make it one of this project.
    pub fn may_change(&self, project: Option<i64>) -> bool {
        self.project().is_none_or(|own| project == Some(own))
    }

    /// The webhook in the path.
    ///
    /// # Errors
    /// 404 where there is none that whoever asks may see.
    pub fn webhook(&self) -> Result<Webhook, Answer> {
        let webhook = self.app.hooks.webhook(self.id()?)?;
        webhook.filter(|webhook| self.sees(webhook)).ok_or_else(Answer::no_webhook)
    }

    /// The webhook in the path, to change it.
    ///
    /// # Errors
    /// As [`Self::webhook`], and 403 where whoever asks may only see it.
    pub fn webhook_to_change(&self) -> Result<Webhook, Answer> {
        let webhook = self.webhook()?;
        if self.may_change(webhook.project) { Ok(webhook) } else { Err(Answer::forbidden()) }
    }

    /// A value of the query, read by `read`, which says what is wrong with it.
    pub fn read<T>(
        &self,
        problems: &mut Problems,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.query(name).map(read)? {
            Ok(value) => Some(value),
            Err(message) => {
                messages::add(problems, name, message);
                None
            }
        }
    }
}

/// 400 for a body that is no JSON.
pub fn unparsable(error: &str) -> Answer {
    Answer::detail(StatusCode::BAD_REQUEST, format!("JSON parse error - {error}"))
}
