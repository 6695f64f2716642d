//! The contract of the API, row by row: what is sent, and exactly what is answered.

mod batch;
mod changing;
mod conventions;
mod creating;
mod deliveries;
mod events;
mod fields;
mod listing;
mod operations;
mod testing;

use serde_json::{Value, json};

use super::client::{Answer, Client, Request};
use super::shape::differences;
use super::{BASE, Site};

/// Answers that are told apart by nothing but their header.
const HEADERS: [&str; 5] = ["allow", "location", "www-authenticate", "link", "retry-after"];

/// A request and its answer. Headers of [`HEADERS`] that are not expected have to be absent, except `allow`.
pub struct Row {
    request: Request,
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// `None` for an answer without a body.
    body: Option<Value>,
}

/// A row whose request has a JSON body, or none.
pub fn row(method: &str, path: &str, body: Option<&Value>, status: u16, answer: Value) -> Row {
    let request = Request::new(method, path);
    let request = if let Some(body) = body { request.json(body) } else { request };
    Row { request, status, headers: Vec::new(), body: Some(answer) }
}

/// A row whose request has a body of any kind.
pub fn raw(method: &str, path: &str, media_type: &str, body: &[u8], status: u16, answer: Value) -> Row {
    let request = Request::new(method, path).body(media_type, body);
    Row { request, status, headers: Vec::new(), body: Some(answer) }
}

/// A row whose answer has no body.
pub fn bare(method: &str, path: &str, status: u16) -> Row {
    Row { request: Request::new(method, path), status, headers: Vec::new(), body: None }
}

/// `{"detail":…}`
pub fn detail(text: &str) -> Value {
    json!({"detail": text})
}

/// What is said of a webhook that does not exist.
pub fn no_webhook() -> Value {
    detail("No WebhookEndpoint matches the given query.")
}

impl Row {
    /// Expects a header; of `location` the path with the query, of `allow` the sorted methods.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Gives the request a header.
    pub fn sending(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    fn faults(&self, site: &Site, answer: &Answer) -> Vec<String> {
        let mut faults = Vec::new();
        if answer.status != self.status {
            faults.push(format!("the status is {}, not {}", answer.status, self.status));
        }
        for name in HEADERS {
            let wanted = self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
            let there = match name {
                "allow" if wanted.is_some() => Some(answer.allowed().join(", ")),
                "allow" => None,
                "location" => answer.header(name).map(|url| path_of(site, url)),
                name => answer.header(name).map(ToOwned::to_owned),
            };
            if there.as_deref() != wanted {
                faults.push(format!("`{name}` is {there:?}, not {wanted:?}"));
            }
        }
        match &self.body {
            None if answer.body.is_empty() => {}
            None => faults.push("there is a body".to_owned()),
            Some(expected) => match serde_json::from_slice(&answer.body) {
                Ok(json) => {
                    faults.extend(differences(expected, &json));
                    if answer.header("content-type") != Some("application/json") {
                        faults.push("the media type is not application/json".to_owned());
                    }
                }
                Err(error) => faults.push(format!("the body is no JSON: {error}")),
            },
        }
        faults
    }
}

/// The path of a URL of the server, which may be written without its scheme and host.
pub fn path_of(site: &Site, url: &str) -> String {
    url.strip_prefix(&site.server.url()).unwrap_or(url).to_owned()
}

/// Sends every row, one after the other, and fails with all that was answered otherwise than the contract says.
#[track_caller]
pub fn replay(site: &Site, rows: impl IntoIterator<Item = Row>) {
    replay_as(site, &site.client, rows);
}

/// The same with another token.
#[track_caller]
pub fn replay_as(site: &Site, client: &Client, rows: impl IntoIterator<Item = Row>) {
    let mut report = Vec::new();
    let mut count = 0;
    for row in rows {
        count += 1;
        let answer = client.send(&row.request);
        let faults = row.faults(site, &answer);
        if !faults.is_empty() {
            report.push(format!("{}\n{answer}", faults.join("\n")));
        }
    }
    assert!(count > 0, "there is no row");
    assert!(
        report.is_empty(),
        "{} of {count} answers are not as the contract says:\n\n{}\n",
        report.len(),
        report.join("\n\n")
    );
}

/// A webhook as lists and lookups show it, with `changes` made. What this API does not define follows it.
pub fn webhook(id: i64, changes: &Value) -> Value {
    let mut object = json!({
        "id": id, "name": "ERP", "project": null, "url": "https://erp.example/x", "enabled": true,
        "events": ["permit_created"], "created_at": "<time>", "updated_at": "<time>", "last_sent_at": null,
        "last_status_code": null, "last_error": "", "secret_masked": "********efgh", "+": null
    });
    for (key, value) in changes.as_object().expect("an object") {
        assert!(object.get(key).is_some(), "a webhook has no `{key}`");
        object[key] = value.clone();
    }
    object
}

/// What creates the webhook of [`webhook`], with `changes` made.
pub fn new_webhook(changes: &Value) -> Value {
    let mut object = json!({"name": "ERP", "url": "https://erp.example/x", "secret": "abcdefgh",
                            "events": ["permit_created"]});
    for (key, value) in changes.as_object().expect("an object") {
        object[key] = value.clone();
    }
    object
}

/// A delivery as lists show it.
pub fn delivery(id: i64, webhook: (i64, &str), event: &str, permit: i64) -> Value {
    json!({"id": id, "webhook": webhook.0, "webhook_name": webhook.1, "event": event, "permit_id": permit,
           "response_code": 200, "error": "", "status": "success", "sent_at": "<time>", "retry_count": 0,
           "+": null})
}
