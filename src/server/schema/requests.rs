//! What bodies may hold, as exactly as JSON Schema can say it: whatever it allows is taken, and nothing else.

use serde_json::{Map, Value, json};

use super::reference;
use crate::api::values;

/// Characters that are trimmed (Unicode, `White_Space`), as the inside of a class.
const WHITE: &str = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Control characters (Unicode, `Cc`), as the inside of a class.
const CONTROL: &str = r"\x00-\x1f\x7f-\x9f";
/// A URL that can be sent to: http or https, a host, a port, a path and a query, all of it in ASCII.
const URL: &str = r"^[Hh][Tt][Tt][Pp][Ss]?://([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:]+\])(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(/[!$%&'()*+,./0-9:;=@A-Z_a-z~-]*)?(\?[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?$";
/// At most 1000 in a second.
const RATE: &str = r"^([1-9][0-9]{0,2}|1000)/s$|^([1-9][0-9]{0,3}|[1-5][0-9]{4}|60000)/m$|^([1-9][0-9]{0,5}|[12][0-9]{6}|3[0-5][0-9]{5}|3600000)/h$";

/// Every body by its name.
pub fn schemas() -> Map<String, Value> {
    let events = [
        ("NewWebhook", object(webhook(), &["name", "url", "secret"])),
        ("WebhookDefinition", object(changes(), &["name", "url"])),
        ("WebhookChanges", object(changes(), &[])),
        ("NewEvent", object(event(), &["event", "permit_id", "permit_number"])),
        ("Value", value()),
    ];
    events.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

/// Whether there has to be a body: nothing at all stands for an object without members.
pub fn required(name: &str) -> bool {
    name != "WebhookChanges"
}

/// Examples of a body.
pub fn examples(name: &str) -> Value {
    let webhook = json!({
        "name": "ERP", "url": "https://erp.example/hooks/permits", "secret": "abcdefgh",
        "events": ["permit_created", "permit_approved"], "project": 5, "enabled": true,
    });
    let event = json!({
        "event": "permit_approved", "permit_id": 123, "permit_number": "PTW-2024-001", "project_id": 5,
        "timestamp": "2024-01-15T10:30:00Z", "data": { "status": "approved", "permit_type": "Hot Work" },
    });
    match name {
        "NewWebhook" => json!({ "webhook": { "value": webhook } }),
        "WebhookDefinition" => {
            json!({ "address": { "value": { "name": "ERP", "url": "https://erp.example/hooks/ptw" } } })
        }
        "WebhookChanges" => json!({
            "subscriptions": { "value": { "events": ["*"] } },
            "pace": { "value": { "rate": "10/s", "ordered": true, "timeout": 5, "retry_schedule": [5, 300] } },
        }),
        _ => json!({ "event": { "value": event } }),
    }
}

/// A body with a JSON object a line.
pub fn lines() -> Value {
    let line = r#"{"event":"permit_created","permit_id":1,"permit_number":"PTW-1"}"#;
    json!({
        "schema": { "type": "string", "description": "An event a line, each as for `emit_event`; at most 10000." },
        "examples": { "events": { "value": format!("{line}\n") } },
    })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

/// Text with something in it beside white space, which is taken off its ends, and without control characters.
fn text(most: u32) -> Value {
    let pattern = format!("^[{WHITE}]*[^{WHITE}{CONTROL}]([^{CONTROL}]*[^{WHITE}{CONTROL}])?[{WHITE}]*$");
    json!({ "type": ["string", "number"], "minLength": 1, "maxLength": most, "pattern": pattern })
}

/// An integer, also as a text of digits.
fn whole() -> Value {
    json!({ "anyOf": [values::whole(), { "type": "string", "pattern": "^-?[0-9]{1,15}$" }] })
}

fn seconds(most: u32) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": most })
}

fn boolean() -> Value {
    json!({ "enum": [true, false, 1, 0, "true", "false", "True", "False", "TRUE", "FALSE", "1", "0"] })
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn webhook() -> Value {
    let mut secret = text(255);
    secret["writeOnly"] = true.into();
    json!({
        "name": text(200),
        "url": { "type": "string", "maxLength": 500, "pattern": URL },
        "secret": secret,
        "project": or_null(whole()),
        "enabled": boolean(),
        "events": { "type": "array", "items": values::subscription() },
        "timeout": or_null(seconds(30)),
        "retry_schedule": or_null(json!({ "type": "array", "maxItems": 50, "items": seconds(7 * 24 * 60 * 60) })),
        "rate": or_null(json!({ "type": "string", "pattern": RATE })),
        "ordered": boolean(),
    })
}

fn changes() -> Value {
    let mut changes = webhook();
    changes["paused"] = boolean();
    changes
}

fn event() -> Value {
    json!({
        "event": values::event(),
        "permit_id": whole(),
        "permit_number": {
            "type": "string", "minLength": 1, "maxLength": 200, "pattern": format!("[^{WHITE}]"),
        },
        "project_id": or_null(whole()),
        "timestamp": or_null(json!({ "type": "string", "format": "date-time" })),
        "idempotency_key": {
            "type": ["string", "number", "null"], "minLength": 1, "maxLength": 255,
            "pattern": format!("[^{WHITE}]"),
        },
        "data": {
            "type": ["object", "null"], "additionalProperties": reference("Value"),
            "description": "At most 262144 bytes with what is around it.",
        },
    })
}

/// JSON that JavaScript carries exactly.
fn value() -> Value {
    let mut number = values::whole();
    number["type"] = "number".into();
    json!({
        "description": "JSON whose integers are within ±(2^53−1).",
        "anyOf": [
            { "type": ["string", "boolean", "null"] },
            number,
            { "type": "array", "items": reference("Value") },
            { "type": "object", "additionalProperties": reference("Value") },
        ],
    })
}
