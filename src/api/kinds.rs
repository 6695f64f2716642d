//! Values that Rust has as text and numbers, as JSON Schema has them: with their bounds and names. Pure.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::delivery;
use crate::event::EventType;
use crate::webhook;

/// The largest integer that every reader of JSON carries exactly: 2^53 − 1.
const SAFE: i64 = 9_007_199_254_740_991;

/// Defines kinds of values, each with its schema.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $schema:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

kinds! {
    /// The id of a webhook or a delivery.
    Id: json_schema!({ "type": "integer", "minimum": 1, "maximum": SAFE, "readOnly": true });
    /// The id of a permit or a project, which others give.
    Whole: json_schema!({ "type": "integer", "minimum": -SAFE, "maximum": SAFE });
    /// The id of an event.
    EventId: json_schema!({
        "type": "string", "pattern": "^evt_[0-9a-hjkmnp-tv-z]{26}$", "readOnly": true,
        "examples": ["evt_01hm6sz0000e1r70w3gc5q9m2a"],
    });
    /// A point in time.
    Time: json_schema!({
        "type": "string", "format": "date-time", "examples": ["2026-11-23T17:13:37.250875Z"],
    });
    /// A status code of HTTP.
    Code: json_schema!({ "type": "integer", "minimum": 100, "maximum": 999, "examples": [200] });
    /// A duration.
    Milliseconds: json_schema!({
        "type": "number", "minimum": 0, "description": "Milliseconds, with microseconds behind the point.",
    });
    /// An event that can be emitted.
    Event: names(EventType::CATALOGUE.map(EventType::name));
    /// An event that can be sent.
    AnyEvent: names(EventType::CATALOGUE.into_iter().chain([EventType::WebhookTest]).map(EventType::name));
    /// An event that can be subscribed to, or all of them.
    Subscription: names(EventType::CATALOGUE.into_iter().map(EventType::name).chain(["*"]));
    /// Where a delivery stands.
    Status: names(delivery::Status::ALL.map(delivery::Status::name));
    /// How an attempt ended.
    Outcome: names(delivery::OutcomeKind::ALL.map(delivery::OutcomeKind::name));
    /// Where an attempt ended.
    Phase: names(delivery::Phase::ALL.map(delivery::Phase::name));
    /// Why an event was suppressed.
    Reason: names(delivery::SuppressionReason::ALL.map(delivery::SuppressionReason::name));
    /// What a delivery waits for.
    WaitsFor: {
        use delivery::WaitsFor::{Earlier, Enable, Resume, Turn};
        names([Enable, Resume, Earlier, Turn].map(delivery::WaitsFor::name))
    };
    /// One of the secrets of a rotation.
    Generation: names(webhook::Generation::ALL.map(webhook::Generation::name));
    /// The body of an event.
    Payload: json_schema!({ "type": "object", "additionalProperties": true });
}

fn names(names: impl IntoIterator<Item = &'static str>) -> Schema {
    json_schema!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}
