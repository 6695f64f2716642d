//! How the deliveries of a webhook fared over a time, as JSON. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

#[cfg(feature = "serve")]
use super::kinds;
use super::{micros, micros_or_null, milliseconds};
use crate::delivery::OutcomeKind;
use crate::stats::{ErrorCount, Part, Percentiles, Stats};

/// The figures of one webhook. All of them are of the deliveries that were accepted from `since` to `until`, but for
/// `last_success_at` and `oldest_pending_at`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Stats"))]
pub struct StatsObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Id"))]
    webhook: i64,
    webhook_name: &'a str,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    since: Timestamp,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    until: Timestamp,
    accepted: u64,
    delivered: u64,
    failed: u64,
    pending: u64,
    /// Delivered, of those that were delivered or given up; null where there are none.
    success_rate: Option<f64>,
    /// Delivered by the first attempt, of the same.
    first_attempt_rate: Option<f64>,
    /// Of those for which one was made.
    attempts_per_delivery: Option<f64>,
    /// From acceptance to the end of the answer, of what was delivered; waits between attempts included.
    delivery_ms: Option<PercentilesObject>,
    /// The request alone, of the attempts that delivered something.
    attempt_ms: Option<PercentilesObject>,
    /// How many attempts ended so.
    outcomes: BTreeMap<&'static str, u64>,
    /// What attempts ended with most often, at most three.
    top_errors: Vec<ErrorObject<'a>>,
    /// When something was delivered last, also before `since`.
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    last_success_at: Option<Timestamp>,
    /// When the oldest of what is pending was accepted, also before `since`.
    #[serde(serialize_with = "micros_or_null")]
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Time>"))]
    oldest_pending_at: Option<Timestamp>,
    timeline: TimelineObject,
    /// What was delivered, by the time from acceptance to the end of the answer; ranges without any are left out.
    delivery_histogram: Vec<RangeObject>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Percentiles"))]
struct PercentilesObject {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Milliseconds"))]
    p50: f64,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Milliseconds"))]
    p95: f64,
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Milliseconds"))]
    p99: f64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "TopError"))]
struct ErrorObject<'a> {
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Outcome"))]
    outcome: &'static str,
    error: &'a str,
    count: u64,
    #[serde(serialize_with = "micros")]
    #[cfg_attr(feature = "serve", schemars(with = "kinds::Time"))]
    last_at: Timestamp,
}

/// The time in parts of the same length, and what was accepted in each of them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Timeline"))]
struct TimelineObject {
    part_ms: i64,
    accepted: Vec<u64>,
    delivered: Vec<u64>,
    failed: Vec<u64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "serve", derive(schemars::JsonSchema), schemars(rename = "Range"))]
struct RangeObject {
    /// Null: longer than every other range.
    #[cfg_attr(feature = "serve", schemars(with = "Option<kinds::Milliseconds>"))]
    up_to_ms: Option<f64>,
    count: u64,
}

impl<'a> From<&'a Stats> for StatsObject<'a> {
    fn from(stats: &'a Stats) -> Self {
        let rounded = |rate: f64| (rate * 10_000.0).round() / 10_000.0;
        let outcomes = OutcomeKind::ALL.map(OutcomeKind::name).into_iter().zip(stats.outcomes);
        let parts = |of: fn(&Part) -> u64| stats.parts.iter().map(of).collect();
        let range = |(bound, count): &(Option<_>, u64)| RangeObject {
            up_to_ms: bound.map(milliseconds),
            count: *count,
        };
        Self {
            webhook: stats.webhook,
            webhook_name: &stats.webhook_name,
            since: stats.window.since,
            until: stats.window.until,
            accepted: stats.accepted,
            delivered: stats.delivered,
            failed: stats.failed,
            pending: stats.pending,
            success_rate: stats.success_rate().map(rounded),
            first_attempt_rate: stats.first_attempt_rate().map(rounded),
            attempts_per_delivery: stats.attempts_per_delivery().map(rounded),
            delivery_ms: stats.delivery_time.map(Into::into),
            attempt_ms: stats.attempt_time.map(Into::into),
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            top_errors: stats.errors.iter().map(ErrorObject::from).collect(),
            last_success_at: stats.last_success,
            oldest_pending_at: stats.oldest_pending,
            timeline: TimelineObject {
                part_ms: stats.window.step(),
                accepted: parts(|part| part.accepted),
                delivered: parts(|part| part.delivered),
                failed: parts(|part| part.failed),
            },
            delivery_histogram: stats.delivery_times.iter().map(range).collect(),
        }
    }
}

impl From<Percentiles> for PercentilesObject {
    fn from(Percentiles { p50, p95, p99 }: Percentiles) -> Self {
        Self { p50: milliseconds(p50), p95: milliseconds(p95), p99: milliseconds(p99) }
    }
}

impl<'a> From<&'a ErrorCount> for ErrorObject<'a> {
    fn from(ErrorCount { kind, error, count, last_at }: &'a ErrorCount) -> Self {
        Self { outcome: kind.name(), error, count: *count, last_at: *last_at }
    }
}
