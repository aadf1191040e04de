//! The JSON Schema of scenario files, from the description of the fields: for editors.

use crate::fields::{Block, FieldInfo, Shape, TableInfo, kinds_with_defaults};
use crate::spec::Spec;
use crate::spec::study::StudySpec;
use serde_json::{Map, Value, json};

/// JSON Schema (draft 2020-12) of a scenario file.
pub fn schema() -> Value {
    file("Brownout scenario, format 1", Spec::info())
}

/// JSON Schema (draft 2020-12) of a study.
pub fn study_schema() -> Value {
    file("Brownout study, format 1", StudySpec::info())
}

fn file(title: &str, info: &'static TableInfo) -> Value {
    let mut defs = Map::new();
    let root = table(info, None, &mut defs);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
    });
    let all = schema.as_object_mut().expect("it was made as one");
    if let Value::Object(root) = root {
        all.extend(root);
    }
    all.insert("$defs".to_owned(), Value::Object(defs));
    schema
}

/// The schema of a table; `kind` is the value of its `kind` where it has one.
fn table(info: &'static TableInfo, kind: Option<(&'static str, bool)>, defs: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some((kind, needed)) = kind {
        properties.insert("kind".to_owned(), json!({ "const": kind }));
        if needed {
            required.push(json!("kind"));
        }
    }
    for field in info.all_fields() {
        properties.insert(field.name.to_owned(), described(field, defs));
        if field.rule.required {
            required.push(json!(field.name));
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": info.sentence(),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

fn described(field: &FieldInfo, defs: &mut Map<String, Value>) -> Value {
    let mut schema = shape((field.shape)(), defs);
    let text = match field.rule.default {
        Some(default) => format!("{} Default: {default}.", field.sentence()),
        None => field.sentence(),
    };
    schema["description"] = Value::String(text);
    schema
}

fn shape(it: Shape, defs: &mut Map<String, Value>) -> Value {
    match it {
        Shape::Text(noun, example) => json!({ "type": "string", "title": noun, "examples": [example] }),
        Shape::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Negative(least) => json!({ "type": "integer", "minimum": least, "maximum": -1 }),
        Shape::Number(noun) => json!({ "type": ["number", "string"], "title": noun }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Words(words) => json!({ "enum": words }),
        Shape::Table(info) | Shape::Inline(info) => reference(info.id.to_owned(), defs, |defs| table(info, None, defs)),
        Shape::Kinds(_, default, kinds) => {
            let all: Vec<Value> = kinds
                .into_iter()
                .map(|(kind, info)| {
                    let id = format!("{}.{kind}", info.id);
                    reference(id, defs, |defs| table(info, Some((kind, kind != default)), defs))
                })
                .collect();
            json!({ "anyOf": all })
        }
        Shape::List(inner) => json!({ "type": "array", "minItems": 1, "items": shape(*inner, defs) }),
        Shape::Map(_, inner) => json!({ "type": "object", "additionalProperties": shape(*inner, defs) }),
        Shape::Either(all) => {
            let all: Vec<Value> = all.into_iter().map(|it| shape(it, defs)).collect();
            json!({ "anyOf": all })
        }
        Shape::Patch => json!({ "type": "object" }),
        Shape::Defaults => {
            let kinds: Map<String, Value> = kinds_with_defaults()
                .into_iter()
                .map(|it| (it.0.to_owned(), json!({ "type": "object" })))
                .collect();
            json!({ "type": "object", "properties": kinds, "additionalProperties": false })
        }
    }
}

/// A reference to a definition, which is made when it is first asked for.
fn reference(id: String, defs: &mut Map<String, Value>, make: impl FnOnce(&mut Map<String, Value>) -> Value) -> Value {
    if !defs.contains_key(&id) {
        // A place first: a step has steps.
        defs.insert(id.clone(), Value::Null);
        let schema = make(defs);
        defs.insert(id.clone(), schema);
    }
    json!({ "$ref": format!("#/$defs/{id}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_schema_leads_somewhere() {
        for (schema, least) in [(schema(), 30), (study_schema(), 4)] {
            let defs = schema["$defs"].as_object().unwrap();
            let text = schema.to_string();
            let mut count = 0;
            for part in text.split("#/$defs/").skip(1) {
                let id = part.split('"').next().unwrap();
                assert!(defs.get(id).is_some_and(Value::is_object), "{id}");
                count += 1;
            }
            assert!(count > least, "{count}");
        }
        assert_eq!(schema()["required"], json!(["format", "run", "load"]));
        assert_eq!(study_schema()["required"], json!(["format", "scenario", "axis"]));
    }
}
