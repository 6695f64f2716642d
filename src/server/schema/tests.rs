use std::collections::BTreeSet;

use super::*;

/// The values of all members of this name, wherever they stand.
fn all<'a>(value: &'a Value, name: &str, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            found.extend(value.as_str().filter(|_| key == name));
            all(value, name, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| all(item, name, found)),
        _ => {}
    }
}

#[test]
fn references_and_links_lead_somewhere_and_nothing_is_described_in_vain() {
    let document = document();
    let (mut references, mut operations) = (BTreeSet::new(), BTreeSet::new());
    all(&document, "$ref", &mut references);
    all(&document, "operationId", &mut operations);
    for reference in &references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    for name in operations {
        assert!(ROUTES.iter().any(|route| route.name == name), "a link to {name}, which is no operation");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(reference.as_str()), "{reference} is used nowhere");
        }
    }
}

#[test]
fn an_operation_has_all_answers_of_its_kind() {
    let document = document();
    let operation = &document["paths"]["/api/v1/ptw/webhooks/{id}/"]["patch"];
    let statuses: BTreeSet<&str> =
        operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        statuses,
        ["200", "400", "401", "403", "404", "408", "409", "413", "415", "500", "503"].into()
    );
    assert_eq!(operation["x-scope"], "manage");
}
