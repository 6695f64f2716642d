//! The request of one attempt: its headers, signed for its moment, and its body. Pure.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;

use crate::event::Event;
use crate::signature;
use crate::webhook::headers::MASK;
use crate::webhook::{Secrets, TlsFiles, Webhook};

/// Who sends.
pub const USER_AGENT: &str = concat!("ptw-hooks/", env!("CARGO_PKG_VERSION"));

/// What goes over the wire in one attempt: `POST url`, with these headers in this order and no others.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it goes.
    pub url: String,
    /// Every header; names in lower case, as they are sent.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// How many of the headers, counted from the end, are the webhook's own.
    own: usize,
    /// The bytes that are signed and sent.
    pub body: Vec<u8>,
    /// For the whole exchange.
    pub timeout: Duration,
    /// What is shown and trusted over TLS.
    pub tls: TlsFiles,
}

impl Request {
    /// The request by which `event` is sent to `webhook` at the moment `at`, signed with its `secrets`. A webhook
    /// without a timeout of its own takes `timeout`. `delivery` is 0 where nothing was stored.
    pub fn new(
        webhook: &Webhook,
        secrets: Secrets,
        event: &Event,
        delivery: i64,
        at: Timestamp,
        timeout: Duration,
    ) -> Self {
        let seconds = at.as_second();
        let standard: Vec<String> =
            secrets.all().map(|one| signature::standard(one, &event.id, seconds, &event.body)).collect();
        let mut headers = Vec::from(
            [
                ("host", host(&webhook.url)),
                ("user-agent", USER_AGENT.to_owned()),
                ("accept", "*/*".to_owned()),
                ("content-type", "application/json".to_owned()),
                ("content-length", event.body.len().to_string()),
                ("x-athens-signature", signature::athens(secrets.leading, &event.body)),
                ("x-athens-event", event.event.name().to_owned()),
                ("x-athens-delivery", delivery.to_string()),
                ("webhook-id", event.id.clone()),
                ("webhook-timestamp", seconds.to_string()),
                ("webhook-signature", standard.join(" ")),
            ]
            .map(|(name, value)| (Cow::Borrowed(name), value)),
        );
        // A webhook may choose its own Accept; it replaces ours.
        headers.retain(|(name, _)| !webhook.headers.iter().any(|own| own.name.eq_ignore_ascii_case(name)));
        headers.extend(
            webhook.headers.iter().map(|own| (own.name.to_ascii_lowercase().into(), own.value.clone())),
        );
        Self {
            url: webhook.url.clone(),
            headers,
            own: webhook.headers.len(),
            body: event.body.clone(),
            timeout: webhook.timeout.unwrap_or(timeout),
            tls: webhook.tls.clone(),
        }
    }

    /// The headers as they may be logged and shown: the values of the webhook's own are masked, because they
    /// are often credentials.
    pub fn shown_headers(&self) -> Vec<(Cow<'static, str>, String)> {
        let ours = self.headers.len() - self.own;
        let mask = |(index, (name, value)): (usize, &(Cow<'static, str>, String))| {
            (name.clone(), if index < ours { value.clone() } else { MASK.to_owned() })
        };
        self.headers.iter().enumerate().map(mask).collect()
    }
}

impl Request {
    /// The URL, and the headers as [`Self::shown_headers`] has them, of a request that was sent.
    pub fn into_shown(mut self) -> (String, Vec<(Cow<'static, str>, String)>) {
        let ours = self.headers.len() - self.own;
        self.headers.iter_mut().skip(ours).for_each(|(_, value)| MASK.clone_into(value));
        (self.url, self.headers)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("headers", &self.shown_headers())
            .finish_non_exhaustive()
    }
}

/// What the `Host` header carries: the authority, without a port that is the scheme's own (RFC 9110,
/// section 7.2).
pub fn host(url: &str) -> String {
    let Ok(uri) = url.parse::<Uri>() else { return String::new() };
    let host = uri.host().unwrap_or_default();
    let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    match uri.port_u16().filter(|port| *port != default) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Identity;
    use crate::signature::Secret;
    use crate::webhook::{Header, NewWebhook};

    fn request(url: &str) -> Request {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let webhook = NewWebhook {
            headers: vec![Header { name: "Authorization".into(), value: "Bearer s3cret".into() }],
            ..NewWebhook::plain("ERP", url, Secret::unchecked("your_secret_key_here".into()))
        };
        let event = Event::test(None, Identity { now, random: [0; 10] }).unwrap();
        let webhook = webhook.validate(now).unwrap();
        Request::new(&webhook, webhook.secrets(now), &event, 42, now, Duration::from_secs(10))
    }

    #[test]
    fn every_header_of_both_signatures_is_there() {
        let request = request("https://erp.example:443/x");
        let names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(
            names,
            [
                "host",
                "user-agent",
                "accept",
                "content-type",
                "content-length",
                "x-athens-signature",
                "x-athens-event",
                "x-athens-delivery",
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "authorization"
            ]
        );
        assert_eq!(request.headers[0].1, "erp.example");
        assert_eq!(request.headers[9].1, "1705314600");
    }

    #[test]
    fn own_headers_are_sent_and_shown_masked() {
        let request = request("http://[::1]:8080/");
        assert_eq!(request.headers[0].1, "[::1]:8080");
        assert_eq!(request.headers.last().unwrap().1, "Bearer s3cret");
        assert_eq!(request.shown_headers().last().unwrap().1, MASK);
        assert_eq!(request.shown_headers()[0], request.headers[0]);
    }
}
