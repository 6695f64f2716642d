//! Deliveries and attempts: what was owed, what was sent, what came back, and which of them to show. Pure.

mod filter;
mod waiting;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::event::{Event, EventType};
use crate::webhook::{Generation, Match, Webhook};

pub use filter::{DeliveryFilter, Permit};
pub use waiting::WaitsFor;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Owed: queued, being sent, or waiting for its next attempt.
    Pending,
    /// A receiver answered 2xx.
    Success,
    /// Given up.
    Failed,
}

/// The error of a delivery that was given up because its webhook was deleted.
pub const WEBHOOK_DELETED: &str = "the webhook was deleted";

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Success, Self::Failed];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// 2xx.
    Delivered,
    /// The exchange took longer than it may.
    Timeout,
    /// The host name could not be resolved.
    Dns,
    /// No connection could be made.
    Connect,
    /// The certificate or the handshake failed.
    Tls,
    /// 3xx, which is never followed.
    Redirect,
    /// Any other status than 2xx and 3xx.
    HttpStatus,
    /// The connection ended early, or what came was not HTTP.
    Protocol,
    /// The address is refused by policy.
    Blocked,
}

impl OutcomeKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Delivered,
        Self::Timeout,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Redirect,
        Self::HttpStatus,
        Self::Protocol,
        Self::Blocked,
    ];

    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Timeout => "timeout",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Redirect => "redirect",
            Self::HttpStatus => "http_status",
            Self::Protocol => "protocol",
            Self::Blocked => "blocked",
        }
    }
}

/// The part of an exchange in which an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the host name, and judging the address.
    Resolve,
    /// Connecting, the TLS handshake included.
    Connect,
    /// Sending the request.
    Send,
    /// Waiting for the head of the answer.
    Head,
    /// Reading the body of the answer.
    Body,
}

impl Phase {
    /// Every phase, in their order.
    pub const ALL: [Self; 5] = [Self::Resolve, Self::Connect, Self::Send, Self::Head, Self::Body];

    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Head => "head",
            Self::Body => "body",
        }
    }
}

/// What one HTTP request led to. A failed request is data, never an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub kind: OutcomeKind,
    /// Where it ended; a delivered one ended in the body.
    pub phase: Phase,
    /// What went wrong, one clause; empty if it was delivered.
    pub error: String,
    /// What the receiver answered, as far as it did.
    pub answer: Option<Answer>,
    /// From the start of the look-up to the last byte that was read.
    pub duration: Duration,
}

/// The answer of a receiver. All of it is a stranger's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, in its order; bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The first [`KEPT_ANSWER`] bytes of the body.
    pub body: Vec<u8>,
    /// The length of the whole body, in bytes, as far as it is known.
    pub length: AnswerLength,
}

/// How long the body of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerLength {
    /// This many bytes: read to the end, or as its head says.
    Exactly(u64),
    /// More than this many; the rest was not read.
    MoreThan(u64),
}

/// At most this many bytes of an answer's body are read.
pub const READ_ANSWER: u64 = 64 * 1024;
/// At most this many bytes of an answer's body are kept.
pub const KEPT_ANSWER: usize = 4 * 1024;

impl Answer {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// One HTTP request that was made for a delivery; during the rotation of a secret there may be two, of which this is
/// the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1 within its delivery.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// Where it was sent.
    pub url: String,
    /// The headers that were sent, in their order; the values of the webhook's own headers are masked.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// What it led to.
    pub outcome: Outcome,
    /// By which secret, where a rotation was under way.
    pub signing: Option<Signing>,
}

/// By which secret of a rotation an attempt was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signing {
    /// The one that signed its last request.
    pub with: Generation,
    /// The status by which the receiver had refused the same request right before, signed with the other one.
    pub refused: Option<u16>,
}

/// One event owed to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Counts from 1 and is never given twice; what `X-Athens-Delivery` carries.
    pub id: i64,
    /// To whom it is owed.
    pub webhook: i64,
    /// The webhook's name now.
    pub webhook_name: String,
    /// The event's id.
    pub event_id: String,
    /// What happened.
    pub event: EventType,
    /// To which permit.
    pub permit_id: i64,
    /// The permit's number.
    pub permit_number: String,
    /// Where it stands.
    pub status: Status,
    /// What has to happen before it is sent, if anything but its time.
    pub waits_for: Option<WaitsFor>,
    /// When the event was accepted.
    pub created_at: Timestamp,
    /// When it is next due; `None` once it is settled.
    pub next_attempt_at: Option<Timestamp>,
    /// How many attempts were made.
    pub attempts: u32,
    /// How the last of them ended.
    pub last: Option<LastAttempt>,
    /// Why it is not delivered: what went wrong last, or why it was given up; empty if nothing did.
    pub error: String,
}

/// How the last attempt of a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The status code, if there was an answer.
    pub status_code: Option<u16>,
}

/// Why an event was not turned into a delivery to a webhook that subscribes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// The webhook was owed the same event before.
    Duplicate,
    /// The webhook was disabled.
    Disabled,
}

impl SuppressionReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Duplicate, Self::Disabled];

    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Disabled => "disabled",
        }
    }
}

/// An event that was not turned into a delivery, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The webhook's id.
    pub webhook: i64,
    /// The webhook's name.
    pub webhook_name: String,
    /// Why.
    pub reason: SuppressionReason,
    /// The delivery that the event repeats.
    pub delivery: Option<i64>,
    /// Whether that delivery has another permit number, project or `data`; then an idempotency key of its own
    /// sends both.
    pub differs: bool,
}

/// A webhook that was owed nothing of an event, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The webhook's name.
    pub webhook_name: String,
    /// What the event means to it.
    pub reason: Match,
}

/// A delivery that one worker holds and nobody else sends until its lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The delivery's id.
    pub delivery: i64,
    /// Counts the claims of this delivery: only the latest may change where it stands.
    pub fence: i64,
    /// The number of the attempt that this claim is for, from 1.
    pub attempt: u32,
    /// From then on another worker may claim it.
    pub lease_until: Timestamp,
    /// How long after the claim its turn comes; zero where the webhook has no rate.
    pub turn: Duration,
    /// To whom it is owed.
    pub webhook: Arc<Webhook>,
    /// What is owed.
    pub event: Arc<Event>,
}
