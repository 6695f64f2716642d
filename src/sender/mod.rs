//! The only outbound HTTP: one request becomes one outcome, never an error.

mod agents;
mod egress;
mod failure;
mod files;
mod probe;
mod progress;
mod proxy;
mod resolver;
mod tcp;

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Method, Uri};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use ureq::Body;

use crate::delivery::{Answer, AnswerLength, KEPT_ANSWER, Outcome, OutcomeKind, Phase, READ_ANSWER};
use crate::request::Request;
use agents::{Agents, Armed, Kind};
use failure::{Tried, classify, was_stale};
use resolver::CachingResolver;

pub use egress::EgressPolicy;
pub use files::{Client, Flaw, in_time, is_open_to_others, load};
pub use proxy::Proxy;

/// The longest head of an answer that is read, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;
/// A buffer that a head of the longest length fills to the brim could not show that there is more of it: ureq
/// would take the head for one that broke off.
const INPUT_BUFFER: usize = LONGEST_HEAD + 1024;
/// How many idle connections are kept, in all and to one receiver.
const IDLE_CONNECTIONS: usize = 256;
/// A reused connection may turn out to be closed; then the next is taken, and a fresh one at last.
const STALE_CONNECTIONS: usize = IDLE_CONNECTIONS + 1;
/// A connection that was closed while it was idle shows it at once. One that breaks later may have carried the
/// request to the receiver, and each run gets the whole timeout again: the lease would end in the middle.
const STALE_WITHIN: Duration = Duration::from_secs(1);

/// What is said where the receiver has taken only a part of the request.
const CUT_OFF: &str = "the receiver reset the connection while the request was sent";

/// Sends requests over connections that it keeps open. Made once and shared by all threads.
pub struct Sender {
    resolver: CachingResolver,
    agents: Agents,
}

impl Sender {
    /// A sender that keeps to `policy`, trusts `extra_roots` beside the system's, and goes through `proxy` where that
    /// is to be used.
    pub fn new(
        policy: EgressPolicy,
        extra_roots: Vec<CertificateDer<'static>>,
        proxy: Option<Proxy>,
    ) -> Self {
        let resolver = CachingResolver::new(policy, proxy);
        Self { agents: Agents::new(resolver.clone(), extra_roots), resolver }
    }

    /// Makes one attempt. Whatever happens is the outcome; the exchange ends within the request's timeout.
    pub fn send(&self, request: &Request) -> Outcome {
        self.make(request, None)
    }

    /// As [`Self::send`], where only so much is left of the request's timeout.
    pub fn send_within(&self, request: &Request, left: Duration) -> Outcome {
        self.make(request, Some(left))
    }

    fn make(&self, request: &Request, left: Option<Duration>) -> Outcome {
        let started = Instant::now();
        let outcome =
            |kind, phase, error, answer| Outcome { kind, phase, error, answer, duration: started.elapsed() };
        let (mut answer, mut ends) = (None, None);
        match self.exchange(request, left, started, &mut answer, &mut ends) {
            // An answer to a part of an event is no proof that it has arrived.
            Ok(_) if progress::current().cut_off => {
                outcome(OutcomeKind::Protocol, Phase::Send, CUT_OFF.to_owned(), answer)
            }
            Ok((kind, error)) => outcome(kind, Phase::Body, error, answer),
            Err(error) => {
                let tried = Tried { timeout: request.timeout, client_cert: request.tls.cert(), ends };
                let fault = classify(&error, progress::current(), tried);
                if progress::current().cut_off && fault.kind != OutcomeKind::Tls {
                    return outcome(OutcomeKind::Protocol, Phase::Send, CUT_OFF.to_owned(), answer);
                }
                outcome(fault.kind, fault.phase, fault.error, answer)
            }
        }
    }

    /// `answer` is set as soon as its head is there, for the case that the body never is; `ends` to when the client
    /// certificate does.
    fn exchange(
        &self,
        request: &Request,
        left: Option<Duration>,
        started: Instant,
        answer: &mut Option<Answer>,
        ends: &mut Option<Timestamp>,
    ) -> Result<(OutcomeKind, String), ureq::Error> {
        let mut stale = 0;
        loop {
            progress::start();
            match self.run(request, left.map(|left| left.saturating_sub(started.elapsed())), ends) {
                Err(error)
                    if was_stale(&error, progress::current())
                        && stale < STALE_CONNECTIONS
                        && started.elapsed() < STALE_WITHIN =>
                {
                    stale += 1;
                }
                Err(error) => return Err(error),
                Ok(response) => return read(response, answer),
            }
        }
    }

    fn run(
        &self,
        request: &Request,
        left: Option<Duration>,
        ends: &mut Option<Timestamp>,
    ) -> Result<http::Response<Body>, ureq::Error> {
        let uri: Uri = request.url.parse().map_err(|_| ureq::Error::BadUri("not a URL".to_owned()))?;
        let kind = Kind {
            tls: uri.scheme_str() == Some("https"),
            proxied: self.proxy_of(&uri).is_some(),
            timeout: request.timeout,
        };
        let agent = if request.tls.is_empty() {
            self.agents.plain(kind)
        } else {
            let armed = self.agents.special(kind, &request.tls);
            let Armed { agent, ends: end } = armed.map_err(|error| ureq::Error::Other(Box::new(error)))?;
            *ends = end;
            agent
        };
        let mut post = http::Request::new(request.body.as_slice());
        *post.method_mut() = Method::POST;
        *post.uri_mut() = uri;
        post.headers_mut().reserve(request.headers.len());
        for (name, value) in &request.headers {
            let invalid = |error: http::Error| ureq::Error::Http(error);
            let name = match name {
                // Ours are written as they have to be.
                Cow::Borrowed(ours) => HeaderName::from_static(ours),
                Cow::Owned(own) => {
                    HeaderName::from_bytes(own.as_bytes()).map_err(|error| invalid(error.into()))?
                }
            };
            let value = HeaderValue::from_str(value).map_err(|error| invalid(error.into()))?;
            post.headers_mut().append(name, value);
        }
        match left {
            None => agent.run(post),
            // Not an agent of its own for each length: this is rare, and takes a connection of the agent.
            Some(left) => agent.run(agent.configure_request(post).timeout_global(Some(left)).build()),
        }
    }

    /// The proxy that leads to where this URL does, if one is to be used.
    fn proxy_of(&self, uri: &Uri) -> Option<Arc<Proxy>> {
        self.resolver.proxy().filter(|proxy| proxy.serves(uri.host().unwrap_or_default()))
    }
}

fn judge(answer: &Answer) -> (OutcomeKind, String) {
    match answer.status {
        200..=299 => (OutcomeKind::Delivered, String::new()),
        status @ 300..=399 => {
            let to = answer.header("location").map_or_else(String::new, |to| format!(" to `{to}`"));
            (
                OutcomeKind::Redirect,
                format!("the receiver answered {status}, a redirect{to}, which is not followed"),
            )
        }
        status => {
            let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
            let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
            (OutcomeKind::HttpStatus, format!("the receiver answered {status}{reason}"))
        }
    }
}

/// Reads an answer into `head`; says what it means once it is whole.
fn read(
    response: http::Response<Body>,
    head: &mut Option<Answer>,
) -> Result<(OutcomeKind, String), ureq::Error> {
    progress::reading_body();
    let (parts, mut body) = response.into_parts();
    let announced = parts
        .headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse::<u64>().ok());
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let answer = head.insert(Answer {
        status: parts.status.as_u16(),
        headers,
        body: Vec::new(),
        length: AnswerLength::MoreThan(0),
    });
    // One byte more than is read at most tells whether there would be more.
    let mut reader = body.as_reader().take(READ_ANSWER + 1);
    let mut buffer = [0; 4 * 1024];
    let mut total = 0;
    loop {
        let bytes = reader.read(&mut buffer).map_err(ureq::Error::from)?;
        if bytes == 0 {
            break;
        }
        total += bytes as u64;
        let kept = bytes.min(KEPT_ANSWER - answer.body.len());
        answer.body.extend_from_slice(&buffer[..kept]);
        answer.length = AnswerLength::MoreThan(total);
    }
    answer.length = match announced {
        Some(bytes) => AnswerLength::Exactly(bytes),
        None if total > READ_ANSWER => AnswerLength::MoreThan(READ_ANSWER),
        None => AnswerLength::Exactly(total),
    };
    Ok(judge(answer))
}
