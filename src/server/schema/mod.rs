//! The description of the API (OpenAPI 3.1), made from the table of routes and from the types that are serialised.
//! It knows of no route and no object that is not there.

mod answers;
mod links;
mod objects;
mod operation;
mod requests;

use serde_json::{Map, Value, json};

use super::routes::ROUTES;
use crate::api;

/// What holds for all of it, as Markdown.
const DESCRIPTION: &str = "\
Webhooks of a permit-to-work system: who is sent what, what was sent, and what came of it.

Every path of the API ends in a slash: a GET without it is answered 301 with the path that has it, another method 404. \
A path that is there with a method that it has not is answered 405 with `Allow`. `HEAD` goes where `GET` does, and \
`OPTIONS` everywhere. Members of a request and of a query that are not described are ignored. Numbers are taken for \
texts and texts of digits for numbers where the description says so.";

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in &ROUTES {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation::of(route);
    }
    let mut schemas = api::schemas();
    schemas.extend(objects::schemas());
    schemas.extend(requests::schemas());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ptw-hooks",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "Where this description came from." }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": answers::shared(),
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "A token, as `ptw-hooks token create` prints it. `Token` is taken for `Bearer`.",
                },
            },
        },
    })
}

/// A reference to an object.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests;
