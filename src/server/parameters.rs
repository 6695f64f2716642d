//! What requests take beside their path and their body, and how the description has it. How a value is read is told
//! by the operation that takes it.

use serde_json::{Value, json};

use crate::api::values;

/// A member of the query, or a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Which page of a list.
    Page,
    /// How many are on a page.
    PageSize,
    /// Of this project.
    Project,
    /// Of this event.
    Event,
    /// That are enabled, or are not.
    Enabled,
    /// At most this many.
    Limit,
    /// That stand so.
    Status,
    /// About this permit.
    PermitId,
    /// Accepted at or after this time.
    Since,
    /// Accepted before this time.
    Until,
    /// Accepted before this delivery.
    Before,
    /// Of this webhook.
    Webhook,
    /// Whether to send before the answer.
    Wait,
    /// By what a second emission is recognised.
    IdempotencyKey,
}

impl Parameter {
    /// What every log takes.
    pub const LOG: &[Self] =
        &[Self::Limit, Self::Status, Self::Event, Self::PermitId, Self::Since, Self::Until, Self::Before];

    const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::PageSize => "page_size",
            Self::Project => "project",
            Self::Event => "event",
            Self::Enabled => "enabled",
            Self::Limit => "limit",
            Self::Status => "status",
            Self::PermitId => "permit_id",
            Self::Since => "since",
            Self::Until => "until",
            Self::Before => "before",
            Self::Webhook => "webhook",
            Self::Wait => "wait",
            Self::IdempotencyKey => "Idempotency-Key",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Page => "The number of the page, or `last`.",
            Self::PageSize => {
                "How many are on a page: 20, and at most 100. What is no such number is ignored."
            }
            Self::Project => "Those of this project.",
            Self::Event => "Those of this event.",
            Self::Enabled => "Those that are enabled, or those that are not.",
            Self::Limit => "How many are shown: 50, and at most 500.",
            Self::Status => "Those that stand so.",
            Self::PermitId => "Those about this permit.",
            Self::Since => "Those accepted at or after this time: RFC 3339, a date, or an age.",
            Self::Until => "Those accepted before this time: RFC 3339, a date, or an age.",
            Self::Before => "Those accepted before the delivery with this id.",
            Self::Webhook => "That of this webhook.",
            Self::Wait => "Whether the event is sent before the answer, which then tells what became of it.",
            Self::IdempotencyKey => {
                "By this key a second emission is recognised, instead of by event, permit and hour."
            }
        }
    }

    fn schema(self) -> Value {
        match self {
            Self::Page => json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "enum": ["last", ""] }] }),
            // Any text, because none is an error.
            Self::PageSize => json!({
                "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 100 }, { "type": "string" }],
            }),
            Self::Project | Self::PermitId | Self::Before | Self::Webhook => values::whole(),
            Self::Event => values::any_event(),
            Self::Enabled | Self::Wait => json!({ "anyOf": [{ "type": "boolean" }, { "enum": ["1", "0"] }] }),
            Self::Limit => {
                let mut schema = values::whole();
                schema["minimum"] = 1.into();
                schema
            }
            Self::Status => values::status(),
            Self::Since | Self::Until => json!({
                "anyOf": [
                    { "type": "string", "format": "date-time" },
                    { "type": "string", "format": "date" },
                    { "type": "string", "pattern": "^[0-9]{1,4}[smhdw]$" },
                ],
            }),
            // What a header can hold; white space around it is none of it (RFC 9110, section 5.5).
            Self::IdempotencyKey => json!({
                "type": "string",
                "pattern": r"^[\t ]*[\x21-\x7e]([\t\x20-\x7e]{0,253}[\x21-\x7e])?[\t ]*$",
            }),
        }
    }

    /// As a Parameter Object (OpenAPI 3.1, section 4.8.12).
    pub fn described(self) -> Value {
        let place = if self == Self::IdempotencyKey { "header" } else { "query" };
        json!({
            "name": self.name(), "in": place, "description": self.description(), "schema": self.schema(),
        })
    }
}
