//! What bodies may hold, as exactly as JSON Schema can say it: whatever it allows is taken, and nothing else.

use serde_json::{Map, Value, json};

use super::reference;
use crate::api::values;

/// Characters that are trimmed (Unicode, `White_Space`), as the inside of a class.
const WHITE: &str = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Control characters (Unicode, `Cc`), as the inside of a class.
const CONTROL: &str = r"\x00-\x1f\x7f-\x9f";
/// At most 1000 in a second.
const RATE: &str = concat!(
    "([1-9][0-9]{0,2}|1000)/s",
    "|([1-9][0-9]{0,3}|[1-5][0-9]{4}|60000)/m",
    "|([1-9][0-9]{0,5}|[12][0-9]{6}|3[0-5][0-9]{5}|3600000)/h",
);
/// From 1 to 30.
const TIMEOUT: &str = "[1-9]|[12][0-9]|30";
/// From 60 to 2592000, which is 30 days.
const OVERLAP: &str =
    "[6-9][0-9]|[1-9][0-9]{2,5}|1[0-9]{6}|2[0-4][0-9]{5}|25[0-8][0-9]{4}|259[01][0-9]{3}|2592000";
/// From 1 to 604800, which is 7 days.
const WAIT: &str = "[1-9][0-9]{0,4}|[1-5][0-9]{5}|60[0-3][0-9]{3}|604[0-7][0-9]{2}|604800";

/// Every body by its name.
pub fn schemas() -> Map<String, Value> {
    let bodies = [
        ("NewWebhook", object(&webhook(), &["name", "url", "secret"])),
        ("WebhookDefinition", object(&changes(), &["name", "url"])),
        ("WebhookChanges", object(&changes(), &[])),
        ("SecretRotation", rotation()),
        ("NewEvent", object(&event(), &["event", "permit_id", "permit_number"])),
        ("Value", value()),
    ];
    bodies.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

/// Whether there has to be a body: nothing at all stands for an object without members.
pub fn required(name: &str) -> bool {
    !matches!(name, "WebhookChanges" | "SecretRotation")
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
        "SecretRotation" => json!({
            "begin": { "value": { "overlap": 86400 } },
            "finish": { "value": { "action": "finish" } },
        }),
        _ => json!({ "event": { "value": event } }),
    }
}

/// A body with a JSON object a line.
pub fn lines() -> Value {
    let line = r#"{"event":"permit_created","permit_id":1,"permit_number":"PTW-1"}"#;
    json!({
        // Without a type: whatever comes is text.
        "schema": { "description": "An event a line, each as for `emit_event`; at most 10000." },
        "examples": { "events": { "value": format!("{line}\n") } },
    })
}

fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

/// Text of this form, with or without white space around it.
fn padded(form: &str) -> String {
    format!("^[{WHITE}]*({form})[{WHITE}]*$")
}

/// Text with something in it beside white space, which is taken off its ends and does not count, and without control
/// characters.
fn text(most: u32) -> Value {
    let inner = most - 2;
    let form = format!("[^{WHITE}{CONTROL}]([^{CONTROL}]{{0,{inner}}}[^{WHITE}{CONTROL}])?");
    json!({
        "type": ["string", "number"], "minLength": 1, "pattern": padded(&form),
        "description": format!("At most {most} characters, without the white space around them."),
    })
}

/// http or https, a host, a port, a path and a query, all of it in ASCII.
fn url() -> Value {
    let name = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?";
    let port = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";
    let (path, query) = (r#"/[!"$-;=@-_a-~]*"#, r"\?[!$-;=?-~]*");
    let address = address();
    let form = format!(r"[Hh][Tt][Tt][Pp][Ss]?://({name}|\[({address})\])(:({port}))?({path})?({query})?");
    json!({
        "type": "string", "pattern": padded(&form), "maxLength": 500,
        "description": "An address that can be sent to, http or https, without a user name and a fragment.",
    })
}

/// An IPv6 address (RFC 4291, section 2.2); `::` stands for the groups that are missing.
fn address() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let mut forms = vec![
        format!("({group}:){{7}}{group}"),
        format!("({group}:){{1,7}}:"),
        format!("::({group}:){{0,6}}{group}"),
    ];
    let shortened = (1..=6).map(|before| format!("({group}:){{{before}}}(:{group}){{1,{}}}", 7 - before));
    forms.extend(shortened);
    forms.join("|")
}

/// An integer, also as a text of digits.
fn whole() -> Value {
    json!({ "anyOf": [values::whole(), { "type": "string", "pattern": r"^[+-]?0*[0-9]{1,15}(\.0*)?$" }] })
}

/// The same where white space around it is taken off.
fn padded_whole() -> Value {
    let pattern = padded(r"[+-]?0*[0-9]{1,15}(\.0*)?");
    json!({ "anyOf": [values::whole(), { "type": "string", "pattern": pattern }] })
}

fn seconds(most: u32, form: &str) -> Value {
    let pattern = padded(&format!(r"\+?0*({form})(\.0*)?"));
    json!({
        "anyOf": [{ "type": "integer", "minimum": 1, "maximum": most }, { "type": "string", "pattern": pattern }],
        "description": "Seconds.",
    })
}

fn boolean() -> Value {
    json!({ "enum": [true, false, 1, 0, "true", "false", "True", "False", "TRUE", "FALSE", "1", "0"] })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// A file of the server, which a request cannot choose.
fn file() -> Value {
    json!({
        "type": "null",
        "description": "Set with `ptw-hooks update` on the server only. Where it is set, only the same path is taken.",
    })
}

fn webhook() -> Value {
    let mut secret = text(255);
    secret["writeOnly"] = true.into();
    json!({
        "name": text(200),
        "url": url(),
        "secret": secret,
        "project": or_null(&padded_whole()),
        "enabled": boolean(),
        "events": { "type": "array", "items": values::subscription() },
        "timeout": or_null(&seconds(30, TIMEOUT)),
        "retry_schedule": or_null(&json!({ "type": "array", "maxItems": 50, "items": seconds(7 * 24 * 60 * 60, WAIT) })),
        "rate": or_null(&json!({ "type": "string", "pattern": padded(RATE) })),
        "ordered": boolean(),
        "client_cert": file(),
        "client_key": file(),
        "ca_file": file(),
    })
}

fn changes() -> Value {
    let mut changes = webhook();
    changes["paused"] = boolean();
    changes
}

/// A secret and an overlap belong to a beginning.
fn rotation() -> Value {
    let mut secret = text(255);
    secret["writeOnly"] = true.into();
    let mut overlap = seconds(30 * 24 * 60 * 60, OVERLAP);
    overlap["anyOf"][0]["minimum"] = 60.into();
    overlap["description"] = "Seconds during which both secrets are used; 86400 where none are given.".into();
    json!({ "anyOf": [
        {
            "description": "Begins a rotation; without a secret one is generated.",
            "type": "object",
            "properties": { "action": { "const": "begin" }, "secret": secret, "overlap": overlap },
            "additionalProperties": false,
        },
        {
            "description": "Ends one: `finish` keeps the new secret, `cancel` the old one.",
            "type": "object",
            "properties": {
                "action": { "enum": ["finish", "cancel"] },
            },
            "required": ["action"],
            "additionalProperties": false,
        },
    ] })
}

fn event() -> Value {
    json!({
        "event": values::event(),
        "permit_id": whole(),
        "permit_number": {
            "type": "string", "minLength": 1, "maxLength": 200, "pattern": format!("[^{WHITE}]"),
        },
        "project_id": or_null(&whole()),
        "timestamp": or_null(&json!({ "type": "string", "format": "date-time" })),
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
