//! Figures for Prometheus (text exposition format, OpenMetrics 1.0).

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::delivery::OutcomeKind;

/// The type of what [`Metrics::text`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the histograms, in seconds: from a receiver beside us to the longest timeout.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    webhook: i64,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

/// What is counted and measured.
pub struct Metrics {
    registry: Registry,
    accepted: Counter,
    attempts: Family<AttemptLabels, Counter>,
    attempt_seconds: Histogram,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    pending: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    bytes: Gauge,
}

impl Metrics {
    /// Figures that all begin with 0.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("ptw_hooks");
        let all = Self {
            accepted: Counter::default(),
            attempts: Family::default(),
            attempt_seconds: Histogram::new(SECONDS),
            requests: Family::default(),
            request_seconds: Histogram::new(SECONDS),
            pending: Gauge::default(),
            oldest: Gauge::default(),
            bytes: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("events_accepted", "Events accepted over REST", all.accepted.clone());
        registry.register("attempts", "Attempts made by this process, by outcome", all.attempts.clone());
        registry.register("attempt_seconds", "How long an attempt took", all.attempt_seconds.clone());
        registry.register("requests", "Requests to this server", all.requests.clone());
        registry.register("request_seconds", "How long a request took", all.request_seconds.clone());
        registry.register("pending", "Deliveries that are owed", all.pending.clone());
        registry.register("oldest_pending_seconds", "Age of the oldest of them", all.oldest.clone());
        registry.register("database_bytes", "Size of the database and its log", all.bytes.clone());
        Self { registry, ..all }
    }

    /// Counts events that were accepted.
    pub fn accepted(&self, events: u64) {
        self.accepted.inc_by(events);
    }

    /// Counts an attempt.
    pub fn attempted(&self, webhook: i64, outcome: OutcomeKind, took: Duration) {
        self.attempts.get_or_create(&AttemptLabels { webhook, outcome: outcome.name() }).inc();
        self.attempt_seconds.observe(took.as_secs_f64());
    }

    /// Counts a request.
    pub fn requested(&self, route: &'static str, method: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Sets what the database says.
    pub fn measured(&self, pending: u64, oldest: Duration, bytes: u64) {
        self.pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
        self.oldest.set(oldest.as_secs_f64());
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// All of it as text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
