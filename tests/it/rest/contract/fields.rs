//! Values that the fields of a webhook do not take, with what is said of them, and values that they do.

use serde_json::{Value, json};

const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NO_STRING: &str = "Not a valid string.";
const NO_URL: &str = "Enter a valid URL.";
const NO_BOOLEAN: &str = "Must be a valid boolean.";
const NO_INTEGER: &str = "A valid integer is required.";
const TOO_BIG: &str = "<text>";

/// A field, a value that it does not take, and what is said of it.
pub type Fault = (&'static str, Value, Value);

/// Every field with every kind of value that it does not take.
pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |field, message: &str, values: &[Value]| {
        faults.extend(values.iter().map(|value| (field, value.clone(), json!([message]))));
    };
    for field in ["name", "url", "secret"] {
        // Django REST Framework says the same of a URL that is no string as of one that is no URL.
        let no_string = if field == "url" { NO_URL } else { NO_STRING };
        add(field, NULL, &[Value::Null]);
        add(
            field,
            no_string,
            &[json!(true), json!(false), json!([]), json!(["x"]), json!({}), json!({"a": 1})],
        );
        add(field, BLANK, &[json!(""), json!(" "), json!(" \t\n ")]);
    }
    add(
        "name",
        "Ensure this field has no more than 200 characters.",
        &[json!("x".repeat(201)), json!("é".repeat(201))],
    );
    add("name", TOO_BIG, &[json!("a\u{0}b"), json!("a\nb")]);
    add("url", "Ensure this field has no more than 500 characters.", &[json!(url_of(501))]);
    add(
        "url",
        NO_URL,
        &[
            json!(5),
            json!("x"),
            json!("erp.example/x"),
            json!("ftp://erp.example/x"),
            json!("file:///etc/passwd"),
            json!("http://"),
            json!("https:///x"),
            json!("https://erp.example:99999/"),
            json!("https://erp.example/a b"),
            json!("//erp.example/x"),
        ],
    );
    // With a sentence of its own, which does not repeat the password.
    add("url", TOO_BIG, &[json!("https://user:hunter2@erp.example/")]);
    add("secret", "Ensure this field has no more than 255 characters.", &[json!("x".repeat(256))]);
    add("secret", TOO_BIG, &[json!("ab\ncd"), json!("ab\u{0}cd")]);
    add("enabled", NULL, &[Value::Null]);
    let booleans =
        [json!("maybe"), json!(""), json!(2), json!(-1), json!(0.5), json!([]), json!([true]), json!({})];
    add("enabled", NO_BOOLEAN, &booleans);
    let integers = [
        json!("x"),
        json!(""),
        json!("5x"),
        json!("5.5"),
        json!(1.5),
        json!(true),
        json!([]),
        json!([5]),
        json!({}),
    ];
    add("project", NO_INTEGER, &integers);
    // What JavaScript cannot carry exactly.
    add("project", TOO_BIG, &[json!(9_007_199_254_740_992_i64), json!("99999999999999999999"), json!(1e300)]);
    add("events", NULL, &[Value::Null]);
    for (value, name) in [
        (json!("*"), "str"),
        (json!(5), "int"),
        (json!(1.5), "float"),
        (json!(true), "bool"),
        (json!({}), "dict"),
    ] {
        add("events", &format!("Expected a list of items but got type \"{name}\"."), &[value]);
    }
    for (item, shown) in [
        (json!("permit_aproved"), "permit_aproved"),
        (json!("webhook_test"), "webhook_test"),
        (json!("PERMIT_CREATED"), "PERMIT_CREATED"),
        (json!(5), "5"),
    ] {
        add("events", &format!("\"{shown}\" is not a valid choice."), &[json!(["permit_created", item])]);
    }
    add("events", TOO_BIG, &[json!([null]), json!([[]]), json!([{}]), json!([""])]);
    faults
}

/// A field, a value that it takes, and the value that it has then.
pub fn taken() -> Vec<Fault> {
    let (both, all) = (json!(["permit_approved", "permit_created"]), json!(["*"]));
    let twice = json!(["permit_created", "permit_created"]);
    vec![
        ("name", json!(5), json!("5")),
        ("name", json!(1.5), json!("1.5")),
        ("name", json!("  ERP north  "), json!("ERP north")),
        ("name", json!("x".repeat(200)), json!("x".repeat(200))),
        ("name", json!("é".repeat(200)), json!("é".repeat(200))),
        ("name", json!("Grüße, 鍵 & 🔑 <b>\"'\\"), json!("Grüße, 鍵 & 🔑 <b>\"'\\")),
        ("url", json!(url_of(500)), json!(url_of(500))),
        ("url", json!(" https://erp.example/y "), json!("https://erp.example/y")),
        ("url", json!("http://[::1]:8080/x?a=b"), json!("http://[::1]:8080/x?a=b")),
        ("enabled", json!(false), json!(false)),
        ("enabled", json!(0), json!(false)),
        ("enabled", json!("false"), json!(false)),
        ("enabled", json!(true), json!(true)),
        ("enabled", json!(1), json!(true)),
        ("enabled", json!("true"), json!(true)),
        ("project", json!(5), json!(5)),
        ("project", json!("5"), json!(5)),
        ("project", json!(-7), json!(-7)),
        ("project", json!(0), json!(0)),
        ("project", json!(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
        ("project", Value::Null, Value::Null),
        ("events", json!([]), json!([])),
        ("events", both.clone(), both),
        ("events", all.clone(), all),
        ("events", twice, json!(["permit_created"])),
    ]
}

/// A URL of this many characters.
fn url_of(length: usize) -> String {
    let start = "https://erp.example/";
    format!("{start}{}", "x".repeat(length - start.len()))
}
