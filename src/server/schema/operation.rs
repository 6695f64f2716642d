//! One operation: what it takes and what it answers, as far as its route says so.

use serde_json::{Value, json};

use super::super::parameters::Parameter;
use super::super::routes::{Access, Content, Route, Says};
use super::{answers, links, reference, requests};
use crate::api::values;
use crate::token::Scope;

/// An Operation Object (OpenAPI 3.1, section 4.8.10).
pub fn of(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "tags": [tag(route.path)],
    });
    operation["security"] = match route.access {
        Access::Public => json!([]),
        Access::Metrics | Access::Scope(_) => json!([{ "token": [] }]),
    };
    if let Some(scope) = scope(route.access) {
        operation["description"] = format!("Takes a token with the scope `{scope}`.").into();
        operation["x-scope"] = scope.into();
    }
    let parameters: Vec<Value> = id(route.path)
        .into_iter()
        .chain(route.parameters.iter().copied().map(Parameter::described))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = body(route.content) {
        operation["requestBody"] = body;
    }
    operation["responses"] = responses(route);
    operation
}

fn tag(path: &str) -> &str {
    let path = path.strip_prefix("/api/v1/ptw/").unwrap_or("server");
    match path.split('/').next() {
        Some(tag @ ("webhooks" | "events" | "deliveries" | "stats")) => tag,
        _ => "server",
    }
}

/// The scope that is needed, unless the configuration makes the figures public.
const fn scope(access: Access) -> Option<&'static str> {
    match access {
        Access::Public => None,
        Access::Metrics => Some(Scope::Read.name()),
        Access::Scope(scope) => Some(scope.name()),
    }
}

/// The parameter of the path, where it has one.
fn id(path: &str) -> Option<Value> {
    path.contains("{id}").then(|| {
        let mut schema = if path.contains("/events/") { values::event_id() } else { values::id() };
        if let Some(schema) = schema.as_object_mut() {
            // It is given here, and the examples are of another database.
            schema.retain(|key, _| !matches!(key.as_str(), "readOnly" | "examples"));
        }
        json!({ "name": "id", "in": "path", "required": true, "schema": schema })
    })
}

fn body(content: Content) -> Option<Value> {
    let media_type = content.media_type()?;
    let (described, required) = match content {
        Content::Nothing => return None,
        Content::Json(name) => (
            json!({ "schema": reference(name), "examples": requests::examples(name) }),
            requests::required(name),
        ),
        Content::Lines => (requests::lines(), true),
    };
    let most = content.most();
    Some(json!({
        "description": format!("At most {most} bytes."),
        "required": required,
        "content": { media_type: described },
    }))
}

fn responses(route: &Route) -> Value {
    let mut responses = json!({});
    for (status, says) in route.answers {
        responses[status.to_string()] = response(route, *status, *says);
    }
    for status in failures(route) {
        let key = status.to_string();
        if responses.get(&key).is_none() {
            responses[key] = answers::reference(status);
        }
    }
    responses
}

fn response(route: &Route, status: u16, says: Says) -> Value {
    let (media_type, schema) = match says {
        Says::Nothing => ("", Value::Null),
        Says::One(name) => ("application/json", reference(name)),
        Says::Many(name) => ("application/json", json!({ "type": "array", "items": reference(name) })),
        Says::Any => ("application/json", json!({ "type": "object" })),
        Says::Text(media_type) => (media_type, json!({ "type": "string" })),
    };
    let mut response = json!({ "description": answers::meaning(status) });
    if !schema.is_null() {
        response["content"] = json!({ media_type: { "schema": schema } });
    }
    response["headers"] = answers::headers(status);
    if route.parameters.contains(&Parameter::Before) {
        response["headers"]["Link"] = json!({
            "description": "Where there is more: the address of the next part, with `rel=\"next\"` (RFC 8288).",
            "schema": { "type": "string" },
        });
    }
    let links = links::from(route.name, status);
    if !links.is_empty() {
        response["links"] = links.into();
    }
    response
}

/// What goes wrong with every route of this kind. Whatever is asked, it can be asked in a broken request, too slowly,
/// with too long a body, and when the server or its database has no time.
fn failures(route: &Route) -> Vec<u16> {
    let mut failures = vec![400, 408, 413, 500, 503];
    if route.access != Access::Public {
        failures.extend([401, 403]);
    }
    if route.path.contains('{') || route.parameters.contains(&Parameter::Page) {
        failures.push(404);
    }
    if route.content != Content::Nothing {
        failures.push(415);
    }
    failures.sort_unstable();
    failures
}
