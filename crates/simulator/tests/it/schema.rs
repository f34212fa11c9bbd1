//! Everything served exists on AniList, with the same type.

use std::collections::BTreeMap;
use std::path::Path;

use anirewind_simulator::Simulator;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ServiceDocument, TypeKind, TypeSystemDefinition};

/// Every field, argument and enum value of a schema, by its full name, with its type.
fn inventory(document: &ServiceDocument) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let name = definition.node.name.node.to_string();
        match &definition.node.kind {
            TypeKind::Object(object) => {
                for field in &object.fields {
                    let key = format!("{name}.{}", field.node.name.node);
                    for argument in &field.node.arguments {
                        let argument = &argument.node;
                        found.insert(
                            format!("{key}({})", argument.name.node),
                            argument.ty.node.to_string(),
                        );
                    }
                    found.insert(key, field.node.ty.node.to_string());
                }
            }
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    let key = format!("{name}.{}", field.node.name.node);
                    found.insert(key, field.node.ty.node.to_string());
                }
            }
            TypeKind::Enum(values) => {
                for value in &values.values {
                    found.insert(format!("{name}.{}", value.node.value.node), String::new());
                }
            }
            TypeKind::Union(union) => {
                for member in &union.members {
                    found.insert(format!("{name}|{}", member.node), String::new());
                }
            }
            TypeKind::Scalar | TypeKind::Interface(_) => {
                found.insert(name, String::new());
            }
        }
    }
    found
}

/// What `served` has and `public` does not have in the same form.
fn foreign(served: &str, public: &str) -> Vec<String> {
    let served = inventory(&parse_schema(served).unwrap());
    let public = inventory(&parse_schema(public).unwrap());
    served
        .iter()
        .filter(|(key, kind)| {
            // The GraphQL library names its own scalars; AniList's are Json, CountryCode and dates.
            public.get(*key) != Some(kind)
                && !["Int", "Float", "String", "Boolean"].contains(&key.as_str())
        })
        .map(|(key, kind)| format!("{key}: {kind} (AniList: {:?})", public.get(key)))
        .collect()
}

#[test]
fn what_is_served_is_what_is_written_down() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let served = Simulator::schema();
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    if written.trim() != served.trim() {
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema.graphql");
        std::fs::write(&fresh, &served).unwrap();
        panic!(
            "schema.graphql is out of date; the new one is at {}",
            fresh.display()
        );
    }
}

/// AniList's public schema is not ours to ship; where a copy lies beside the checkout it decides.
#[test]
fn every_type_field_and_argument_exists_on_anilist() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/anilist/schema.graphql");
    let Ok(public) = std::fs::read_to_string(&file) else {
        return;
    };
    let foreign = foreign(&Simulator::schema(), &public);
    assert!(
        foreign.is_empty(),
        "not on AniList:\n{}",
        foreign.join("\n")
    );
}

#[test]
fn a_field_that_anilist_does_not_have_is_noticed() {
    let public = "type Query { a(b: Int): String }";
    assert!(foreign("type Query { a(b: Int): String }", public).is_empty());
    for served in [
        "type Query { a(b: Int): String! }",
        "type Query { a(c: Int): String }",
        "type Query { a: String x: Int }",
    ] {
        assert_eq!(foreign(served, public).len(), 1, "{served}");
    }
}
