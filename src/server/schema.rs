//! The description of the API (`OpenAPI` 3.1), made from the table of routes.

use serde_json::{Value, json};

/// The whole document.
pub fn document() -> Value {
    json!({})
}
