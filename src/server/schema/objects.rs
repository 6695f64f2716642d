//! The objects that the operations put together themselves.

use serde_json::{Map, Value, json};

use super::reference;

/// Every one by its name.
pub fn schemas() -> Map<String, Value> {
    let url = json!({ "type": ["string", "null"], "format": "uri" });
    let sentences = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
    let whole = |properties: Value| {
        let required: Vec<String> =
            properties.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
        json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        })
    };
    let one_of = |names: &[&str]| json!({ "type": "string", "enum": names });
    let objects = [
        (
            "WebhookPage",
            whole(json!({
                "count": { "type": "integer", "minimum": 0 },
                "next": url,
                "previous": url,
                "results": { "type": "array", "maxItems": 100, "items": reference("Webhook") },
            })),
        ),
        (
            "TestSucceeded",
            whole(json!({ "message": { "type": "string" }, "delivery": reference("Delivery") })),
        ),
        ("TestFailed", whole(json!({ "error": { "type": "string" }, "delivery": reference("Delivery") }))),
        (
            "BatchResult",
            json!({
                "description": "What became of a line.",
                "anyOf": [reference("Accepted"), reference("BadLine")],
            }),
        ),
        (
            "BadLine",
            whole(json!({ "line": { "type": "integer", "minimum": 1 }, "error": reference("Invalid") })),
        ),
        (
            "Detail",
            whole(json!({ "detail": { "type": "string", "minLength": 1, "examples": ["Not found."] } })),
        ),
        (
            "Problems",
            json!({
                "description": "What is wrong, under the field that it is of.",
                "type": "object", "minProperties": 1, "additionalProperties": sentences,
                "examples": [{ "name": ["This field may not be blank."], "url": ["Enter a valid URL."] }],
            }),
        ),
        ("Invalid", json!({ "anyOf": [reference("Detail"), reference("Problems")] })),
        ("Health", whole(json!({ "status": { "const": "ok" } }))),
        (
            "Readiness",
            // Where the server is too busy to look, it says no more than that.
            json!({ "anyOf": [reference("Detail"), whole(json!({
                "status": one_of(&["ready", "not ready"]),
                "database": one_of(&["ok", "failing"]),
                "worker": one_of(&["starting", "ok", "off", "failing"]),
                "oldest_pending_seconds": { "type": ["integer", "null"], "minimum": 0 },
            }))] }),
        ),
    ];
    objects.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}
