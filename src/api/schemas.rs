//! The objects that the REST API answers with, as JSON Schema: derived from the types that are serialised. Pure.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::{
    AcceptedObject, CreatedObject, DeliveryObject, EmissionObject, EventTypeObject, InspectionObject,
    RotatedObject, StatsObject, TraceObject, WebhookObject, kinds,
};

/// Every object by its name; they refer to each other as `#/components/schemas/NAME`.
pub fn schemas() -> Map<String, Value> {
    let mut generator = generator();
    add::<WebhookObject>(&mut generator);
    add::<CreatedObject>(&mut generator);
    add::<RotatedObject>(&mut generator);
    add::<DeliveryObject>(&mut generator);
    add::<InspectionObject>(&mut generator);
    add::<EventTypeObject>(&mut generator);
    add::<AcceptedObject>(&mut generator);
    add::<EmissionObject>(&mut generator);
    add::<TraceObject>(&mut generator);
    add::<StatsObject>(&mut generator);
    generator.take_definitions(true)
}

/// The schemas of values that requests have as well.
pub mod values {
    use super::{Value, kinds, value};

    /// An event that can be emitted.
    pub fn event() -> Value {
        value::<kinds::Event>()
    }

    /// An event that can be sent.
    pub fn any_event() -> Value {
        value::<kinds::AnyEvent>()
    }

    /// An event that can be subscribed to, or all of them.
    pub fn subscription() -> Value {
        value::<kinds::Subscription>()
    }

    /// Where a delivery stands.
    pub fn status() -> Value {
        value::<kinds::Status>()
    }

    /// An integer that every reader of JSON carries exactly.
    pub fn whole() -> Value {
        value::<kinds::Whole>()
    }

    /// The id of a webhook or a delivery.
    pub fn id() -> Value {
        value::<kinds::Id>()
    }

    /// The id of an event.
    pub fn event_id() -> Value {
        value::<kinds::EventId>()
    }
}

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(Closed);
    SchemaGenerator::new(settings.with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    }))
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    // The reference to it is of no use here; what it leads to is among the definitions.
    let _ = generator.subschema_for::<T>();
}

fn value<T: JsonSchema>() -> Value {
    T::json_schema(&mut generator()).to_value()
}

/// What is answered has the members that are described, and no others.
#[derive(Debug, Clone)]
struct Closed;

impl Transform for Closed {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_derived_with_their_bounds() {
        let all = schemas();
        let delivery = &all["Delivery"];
        assert_eq!(delivery["additionalProperties"], false);
        assert_eq!(
            delivery["properties"]["status"]["enum"],
            serde_json::json!(["pending", "success", "failed"])
        );
        let required = delivery["required"].as_array().unwrap();
        assert_eq!(required.len(), delivery["properties"].as_object().unwrap().len());
        assert!(all["Request"]["properties"].get("webhook").is_none());
        // What is flattened is one object with what is around it.
        assert!(all["Inspection"]["properties"]["attempt_log"].is_object());
        assert!(all["Inspection"]["properties"]["webhook_name"].is_object());
        let required = all["Webhook"]["required"].as_array().unwrap();
        assert!(!required.contains(&"secret".into()), "the secret is not in a list");
    }
}
