//! What many operations answer: failures, and the headers of answers.

use serde_json::{Map, Value, json};

use super::reference as object;

/// The answers that operations share: status, name, meaning, object.
const SHARED: [(u16, &str, &str, &str); 9] = [
    (
        400,
        "Invalid",
        "The request cannot be understood, or some of its fields are not as they should be.",
        "Invalid",
    ),
    (401, "Unauthorized", "There is no token, or it is not valid.", "Detail"),
    (403, "Forbidden", "The token does not have the scope, or is confined to another project.", "Detail"),
    (404, "NotFound", "There is no such thing, or the token may not see it.", "Detail"),
    (408, "TooSlow", "The body came too slowly.", "Detail"),
    (413, "TooLarge", "The body is too long.", "Detail"),
    (415, "UnsupportedMediaType", "The body is not of the type that is taken.", "Detail"),
    (500, "Unforeseen", "Something that nobody foresaw; the log of the server says what.", "Detail"),
    (
        503,
        "Unavailable",
        "The server has too much to do, or its database cannot be used: try again.",
        "Detail",
    ),
];

/// They themselves, by their names.
pub fn shared() -> Map<String, Value> {
    let described = |(status, name, meaning, schema): (u16, &str, &str, &str)| {
        let response = json!({
            "description": meaning,
            "headers": headers(status),
            "content": { "application/json": { "schema": object(schema) } },
        });
        (name.to_owned(), response)
    };
    SHARED.map(described).into_iter().collect()
}

/// A reference to the answer of this status.
pub fn reference(status: u16) -> Value {
    let name = SHARED.into_iter().find(|(shared, ..)| *shared == status).map(|(_, name, ..)| name);
    json!({ "$ref": format!("#/components/responses/{}", name.unwrap_or_default()) })
}

/// What a status means.
pub fn meaning(status: u16) -> &'static str {
    match status {
        200 => "This is it.",
        201 => "It was created.",
        202 => "It is on the disk, and is sent soon.",
        204 => "It is done.",
        409 => "It was understood, and is not done as things stand.",
        502 => "The receiver did not take it.",
        _ => {
            SHARED.into_iter().find(|(shared, ..)| *shared == status).map_or("", |(_, _, meaning, _)| meaning)
        }
    }
}

/// The headers of an answer of this status.
pub fn headers(status: u16) -> Value {
    let text = json!({ "type": "string" });
    let mut headers = json!({
        "X-Request-Id": { "description": "The request in the log of the server.", "required": true, "schema": text },
    });
    let (name, description, schema) = match status {
        201 => ("Location", "Where it is.", text),
        401 => ("WWW-Authenticate", "How to authenticate.", json!({ "const": "Bearer" })),
        _ => return headers,
    };
    headers[name] = json!({ "description": description, "required": true, "schema": schema });
    headers
}
