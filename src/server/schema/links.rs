//! What can be asked next with what was answered (OpenAPI 3.1, section 4.8.20).

use serde_json::{Map, Value, json};

/// What is found in an answer: the operation and its status, where the id stands, what can be asked with it.
const LINKS: [(&str, u16, &str, &[&str]); 11] = [
    ("create_webhook", 201, "/id", WEBHOOK),
    ("list_webhooks", 200, "/results/0/id", WEBHOOK),
    ("show_webhook", 200, "/id", WEBHOOK),
    ("emit_event", 200, "/id", &["show_event"]),
    ("emit_event", 202, "/id", &["show_event"]),
    ("emit_event", 200, "/deliveries/0/id", DELIVERY),
    ("emit_event", 202, "/deliveries/0/id", DELIVERY),
    ("emit_events", 202, "/0/id", &["show_event"]),
    ("list_deliveries", 200, "/0/id", DELIVERY),
    ("list_deliveries_of_webhook", 200, "/0/id", DELIVERY),
    ("show_event", 200, "/deliveries/0/id", DELIVERY),
];

const WEBHOOK: &[&str] = &[
    "show_webhook",
    "replace_webhook",
    "change_webhook",
    "delete_webhook",
    "test_webhook",
    "rotate_secret",
    "list_deliveries_of_webhook",
];
const DELIVERY: &[&str] = &["show_delivery", "redeliver"];

/// The links of an answer, by their names.
pub fn from(operation: &str, status: u16) -> Map<String, Value> {
    let mut links = Map::new();
    for (_, _, pointer, targets) in
        LINKS.into_iter().filter(|(from, of, ..)| (*from, *of) == (operation, status))
    {
        for target in targets {
            let parameters = json!({ "id": format!("$response.body#{pointer}") });
            links.insert((*target).to_owned(), json!({ "operationId": target, "parameters": parameters }));
        }
    }
    links
}
