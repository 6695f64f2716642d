//! One request from its head to its answer: the route, the token, the body, the operation, the line of the log.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, HOST, HeaderName, LOCATION, TRANSFER_ENCODING,
    WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::App;
use super::answer::{Answer, CLOSE};
use super::auth::Shown;
use super::budget::{AROUND, keep, leave, read};
use super::call::Call;
use super::log::Level;
use super::pages;
use super::routes::{self, Access, Answering, Content, Found, Route};
use crate::token::{Scope, Token};

/// Where a request came from, and where it went.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The client's address.
    pub ip: IpAddr,
    /// Our own.
    pub local: SocketAddr,
    /// Whether they speak TLS.
    pub tls: bool,
}

/// What is known of a request beside its answer, for the log.
#[derive(Default)]
struct Known {
    route: Option<&'static str>,
    token: Option<Arc<Token>>,
    /// Whether a further request on the connection can only be one: the whole of this one was read.
    whole: bool,
}

/// Answers a request, whatever happens.
pub async fn handle(app: Arc<App>, peer: Peer, request: Request<Incoming>) -> Response<Full<Bytes>> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let started = Instant::now();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{number:x}", std::process::id());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut known = Known::default();
    let mut answer = unpanicked(answer(&app, peer, request, &mut known)).await;
    if !known.whole && !answer.headers.iter().any(|(name, _)| name == CONNECTION) {
        answer = answer.with(CONNECTION, CLOSE);
    }
    let took = started.elapsed();
    app.metrics.requested(known.route.unwrap_or("none"), method_name(&method), answer.status.as_u16(), took);
    let level = if answer.status.is_server_error() { Level::Error } else { Level::Info };
    app.log.line(
        level,
        "request",
        &[
            ("method", method.as_str().into()),
            ("path", path.into()),
            ("status", answer.status.as_u16().into()),
            ("seconds", took.as_secs_f64().into()),
            ("request_id", id.as_str().into()),
            ("peer", peer.ip.to_string().into()),
            ("token", known.token.as_ref().map_or(Value::Null, |token| token.name.as_str().into())),
            ("cause", answer.cause.clone().into()),
        ],
    );
    respond(answer, &id)
}

/// The answer that comes of this; where it panics, an answer that says no more than that it failed.
async fn unpanicked(answering: impl Future<Output = Result<Answer, Answer>>) -> Answer {
    let answer = AssertUnwindSafe(answering).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Err(Answer::unforeseen("it panicked")));
    answer.unwrap_or_else(|answer| answer)
}

/// A method of ours; a stranger can invent any number of others.
fn method_name(method: &Method) -> &'static str {
    let ours = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    ours.into_iter().find(|name| method.as_str() == *name).unwrap_or("other")
}

/// The answer on the wire.
pub fn respond(answer: Answer, id: &str) -> Response<Full<Bytes>> {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.extend(answer.headers);
    // Some answers hold a secret.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

async fn answer(
    app: &Arc<App>,
    peer: Peer,
    request: Request<Incoming>,
    known: &mut Known,
) -> Result<Answer, Answer> {
    let (head, body) = request.into_parts();
    known.whole = body.is_end_stream() && !head.headers.contains_key(TRANSFER_ENCODING);
    check_head(&head)?;
    let path = head.uri.path();
    let reading = head.method == Method::GET || head.method == Method::HEAD;
    let (routes, parameter) = match routes::find(path) {
        Found::Path(routes, parameter) => (routes, parameter),
        Found::Slash if reading => return Err(with_slash(path, head.uri.query())),
        Found::Slash | Found::Nothing => return Err(Answer::not_found()),
    };
    let wanted = if reading { &Method::GET } else { &head.method };
    let route = routes.iter().find(|route| route.method == *wanted).copied();
    known.route = route.map(|route| route.name);
    let access = route.or(routes.first().copied()).map_or(Access::Public, |route| route.access);
    known.token = authenticate(app, peer, access, &head.headers).await?;
    if head.method == Method::OPTIONS {
        return Ok(options(&routes));
    }
    let Some(route) = route else { return Err(not_allowed(&head.method, &routes)) };
    if let (Some(token), Some(scope)) = (&known.token, scope(access))
        && !token.may(scope)
    {
        return Err(Answer::forbidden());
    }
    let ignored = reading && route.content == Content::Nothing;
    let (bytes, permit) = if ignored {
        (Bytes::new(), leave(app, if public(app, access) { 0 } else { AROUND })?)
    } else {
        let read = read(app, route, &head.headers, body).await?;
        // After chunks, nobody has looked where the next head begins.
        known.whole = !head.headers.contains_key(TRANSFER_ENCODING);
        read
    };
    let url = format!("{}{path}", base(app, peer, &head.headers));
    let query = head.uri.query().map(pages::parse_query).unwrap_or_default();
    let token = known.token.clone();
    let (headers, body, leave) = (head.headers, bytes, Arc::new(permit));
    let call = Call { app: Arc::clone(app), token, parameter, query, headers, body, url, leave };
    let answer = operate(app, call, route.answering).await?;
    if public(app, access) { Ok(answer) } else { keep(app, answer, reading) }
}

/// Whether everybody may ask for this.
fn public(app: &App, access: Access) -> bool {
    access == Access::Public || access == Access::Metrics && app.options.metrics_public
}

async fn operate(app: &Arc<App>, call: Call, answering: Answering) -> Result<Answer, Answer> {
    match answering {
        Answering::Prompt(operation) => Ok(operation(call).await),
        Answering::Blocking(operation) => app.blocking(move || operation(&call)).await,
    }
}

/// What could be understood in two ways is not understood (RFC 9112, section 3.2).
fn check_head(head: &Parts) -> Result<(), Answer> {
    let headers = &head.headers;
    let refuse = |detail| {
        let answer = Answer::detail(StatusCode::BAD_REQUEST, detail);
        Err(answer.with(CONNECTION, CLOSE))
    };
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() || host.is_none() && head.version == Version::HTTP_11 {
        return refuse("A request has one Host header.");
    }
    let named = head.uri.authority().map(|authority| authority.as_str().as_bytes());
    if let (Some(named), Some(host)) = (named, host)
        && !host.as_bytes().eq_ignore_ascii_case(named)
    {
        return refuse("The target of the request has another host than its Host header.");
    }
    if headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        return refuse("A request has one Authorization header at the most.");
    }
    Ok(())
}

fn with_slash(path: &str, query: Option<&str>) -> Answer {
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let answer = Answer::empty(StatusCode::MOVED_PERMANENTLY);
    match HeaderValue::from_str(&format!("{path}/{query}")) {
        Ok(location) => answer.with(LOCATION, location),
        Err(_) => Answer::not_found(),
    }
}

const fn scope(access: Access) -> Option<Scope> {
    match access {
        Access::Public => None,
        Access::Metrics => Some(Scope::Read),
        Access::Scope(scope) => Some(scope),
    }
}

/// Who asks; nobody where everybody may.
async fn authenticate(
    app: &Arc<App>,
    peer: Peer,
    access: Access,
    headers: &HeaderMap,
) -> Result<Option<Arc<Token>>, Answer> {
    if public(app, access) || !app.options.auth {
        return Ok(None);
    }
    let refuse = |detail| {
        let answer = Answer::detail(StatusCode::UNAUTHORIZED, detail);
        Err(answer.with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
    };
    let mut shown = app.auth.who(headers, Timestamp::now());
    if matches!(shown, Shown::Unknown) {
        app.reread_tokens().await;
        shown = app.auth.who(headers, Timestamp::now());
    }
    match shown {
        Shown::Token(token) => Ok(Some(token)),
        Shown::Nothing => refuse("Authentication credentials were not provided."),
        Shown::Unknown => {
            let delay = app.auth.failed(peer.ip);
            app.log.line(
                Level::Warn,
                "authentication failed",
                &[("peer", peer.ip.to_string().into()), ("delay_seconds", delay.as_secs_f64().into())],
            );
            tokio::time::sleep(delay).await;
            refuse("Invalid token.")
        }
    }
}

fn options(routes: &[&Route]) -> Answer {
    let methods: Vec<_> = routes
        .iter()
        .map(|route| json!({ "method": route.method.as_str(), "summary": route.summary }))
        .collect();
    allow(Answer::json(StatusCode::OK, &json!({ "methods": methods })), routes)
}

fn not_allowed(method: &Method, routes: &[&Route]) -> Answer {
    let detail = format!("Method \"{method}\" not allowed.");
    allow(Answer::detail(StatusCode::METHOD_NOT_ALLOWED, detail), routes)
}

fn allow(answer: Answer, routes: &[&Route]) -> Answer {
    match HeaderValue::from_str(&routes::allowed(routes)) {
        Ok(allowed) => answer.with(ALLOW, allowed),
        Err(_) => answer,
    }
}

/// The scheme and the host by which this server was reached.
fn base(app: &App, peer: Peer, headers: &HeaderMap) -> String {
    if let Some(url) = &app.options.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if peer.tls { "https" } else { "http" };
    // A stranger's header goes into our answers: nothing but a name and a port is taken from it.
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
    };
    match headers.get(HOST).and_then(|host| host.to_str().ok()).filter(plain) {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{}", peer.local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whatever_panics_is_answered_all_the_same() {
        let fails = || -> Result<Answer, Answer> { panic!("a secret detail") };
        let answer = unpanicked(async move { fails() }).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.body, r#"{"detail":"Internal server error."}"#);
        let response = respond(answer, "1-2");
        assert_eq!(response.headers().get("x-request-id").unwrap(), "1-2");
    }
}
