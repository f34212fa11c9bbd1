//! One operation many times in one document, each under an alias of its own.
//!
//! AniList counts requests, not fields, so fifty saves in one document cost what one costs. It names
//! the culprit of a failed document only by line; so each alias stands on one line, and
//! [`Repeated::index_of_line`] turns a line back into a place in the batch.

use serde_json::{Map, Value};

use crate::documents::Document;

/// Variables by name. What is not in here is not sent, and stays as it is on AniList.
pub(crate) type Variables = Map<String, Value>;

/// A document with one alias for each set of variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Repeated {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) variables: Variables,
    aliases: usize,
    first_line: usize,
}

/// The alias of the n-th repetition.
pub(crate) fn alias(index: usize) -> String {
    format!("r{index}")
}

impl Repeated {
    /// Repeats `document` for each of `each`; `shared` variables are the same for all of them.
    ///
    /// An argument whose variable is given neither way is left out of the text.
    pub(crate) fn new(document: &Document, shared: Variables, each: &[Variables]) -> Self {
        let parts = Parts::of(document.text);
        let mut variables = shared;
        let mut declared: Vec<String> = parts
            .declarations
            .iter()
            .filter(|(name, _)| variables.contains_key(*name))
            .map(|(name, kind)| format!("${name}: {kind}"))
            .collect();
        let shared_names: Vec<String> = variables.keys().cloned().collect();
        let mut lines = Vec::with_capacity(each.len());
        for (index, own) in each.iter().enumerate() {
            let mut line = format!("{}: ", alias(index));
            for token in &parts.body {
                match token {
                    Token::Text(text) => line.push_str(text),
                    Token::Argument { name, variable } => {
                        if own.contains_key(*variable) {
                            line.push_str(&format_argument(name, &format!("{variable}{index}")));
                        } else if shared_names.iter().any(|shared| shared == variable) {
                            line.push_str(&format_argument(name, variable));
                        }
                    }
                }
            }
            lines.push(line);
            for (name, value) in own {
                if let Some((_, kind)) = parts.declarations.iter().find(|(known, _)| known == name)
                {
                    declared.push(format!("${name}{index}: {kind}"));
                    variables.insert(format!("{name}{index}"), value.clone());
                }
            }
        }
        let text = format!(
            "{} {}({}) {{\n{}\n}}\n{}",
            parts.kind,
            document.name,
            declared.join(" "),
            lines.join("\n"),
            parts.fragments
        );
        Self {
            name: document.name,
            text,
            variables,
            aliases: each.len(),
            first_line: 2,
        }
    }

    /// The repetition that stands on a line of the text, counted from 0.
    pub(crate) fn index_of_line(&self, line: usize) -> Option<usize> {
        line.checked_sub(self.first_line)
            .filter(|index| *index < self.aliases)
    }
}

fn format_argument(name: &str, variable: &str) -> String {
    format!("{name}: ${variable} ")
}

/// A document taken apart.
struct Parts {
    kind: &'static str,
    declarations: Vec<(&'static str, &'static str)>,
    body: Vec<Token>,
    fragments: &'static str,
}

enum Token {
    Text(String),
    Argument {
        name: &'static str,
        variable: &'static str,
    },
}

impl Parts {
    /// Takes a document of ours apart: declarations, the one field with its arguments, fragments.
    fn of(text: &'static str) -> Self {
        let (operation, fragments) = match text.find("\nfragment ") {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let (head, body) = operation.split_once('{').unwrap_or((operation, ""));
        let body = body.trim_end().strip_suffix('}').unwrap_or(body);
        let declared = head.split_once('(').map_or("", |(_, rest)| rest);
        let declarations = declared
            .trim_end()
            .trim_end_matches(')')
            .split('$')
            .filter_map(|declaration| declaration.split_once(": "))
            .map(|(name, kind)| (name, kind.trim().trim_end_matches(',')))
            .collect();
        // The alias that the file gives the field makes room for the alias of each repetition.
        let field = body.split_once(": ").map_or(body, |(_, field)| field);
        Self {
            kind: if head.starts_with("mutation") {
                "mutation"
            } else {
                "query"
            },
            declarations,
            body: tokens(field),
            fragments,
        }
    }
}

/// Splits a field into text and arguments of the form `name: $variable`.
fn tokens(field: &'static str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = field;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        let name_at = before
            .trim_end_matches([' ', ':'])
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at + 1);
        let (text, name) = before.split_at(name_at);
        let after = after.get(1..).unwrap_or_default();
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(after.len());
        let (variable, after) = after.split_at(end);
        tokens.push(Token::Text(squeezed(text)));
        tokens.push(Token::Argument {
            name: name.trim_end_matches([' ', ':']),
            variable,
        });
        rest = after.trim_start_matches(',');
    }
    tokens.push(Token::Text(squeezed(rest)));
    tokens
}

/// The same text on one line.
fn squeezed(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.starts_with(char::is_whitespace) && line.starts_with('{') {
        line.insert(0, ' ');
    }
    line
}

#[cfg(test)]
mod tests {
    use apollo_compiler::{ExecutableDocument, Schema};
    use serde_json::json;

    use super::*;
    use crate::documents;

    fn variables(value: Value) -> Variables {
        match value {
            Value::Object(map) => map,
            _ => panic!("variables are an object"),
        }
    }

    fn assert_valid(text: &str) {
        let schema =
            Schema::parse_and_validate(include_str!("../schema.graphql"), "schema.graphql")
                .unwrap();
        ExecutableDocument::parse_and_validate(&schema, text, "batch.graphql")
            .unwrap_or_else(|errors| panic!("{text}\n{}", errors.errors));
    }

    #[test]
    fn each_save_stands_on_a_line_of_its_own_with_only_what_it_writes() {
        let each = [
            variables(json!({ "mediaId": 1, "scoreRaw": 80 })),
            variables(json!({ "mediaId": 2, "notes": "a \"b\" { $c }" })),
        ];
        let batch = Repeated::new(&documents::SAVE, Variables::new(), &each);
        assert_valid(&batch.text);
        insta::assert_snapshot!(batch.text, @"
        mutation Save($mediaId0: Int $scoreRaw0: Int $mediaId1: Int $notes1: String) {
        r0: SaveMediaListEntry(mediaId: $mediaId0 scoreRaw: $scoreRaw0 ) { id updatedAt }
        r1: SaveMediaListEntry(mediaId: $mediaId1 notes: $notes1 ) { id updatedAt }
        }
        ");
        assert_eq!(
            batch.variables.get("notes1"),
            Some(&json!("a \"b\" { $c }"))
        );
        assert_eq!(batch.index_of_line(1), None);
        assert_eq!(batch.index_of_line(2), Some(0));
        assert_eq!(batch.index_of_line(3), Some(1));
        assert_eq!(batch.index_of_line(4), None);
    }

    #[test]
    fn shared_variables_are_declared_once() {
        let shared = variables(json!({ "userId": 7, "type": "ANIME", "sort": ["MEDIA_ID"] }));
        let each = [
            variables(json!({ "page": 1 })),
            variables(json!({ "page": 2 })),
        ];
        let batch = Repeated::new(&documents::SWEEP, shared, &each);
        assert_valid(&batch.text);
        insta::assert_snapshot!(batch.text, @"
        query Sweep($userId: Int $type: MediaType $sort: [MediaListSort] $page0: Int $page1: Int) {
        r0: Page(page: $page0 perPage: 50) { mediaList(userId: $userId type: $type sort: $sort ) { mediaId } }
        r1: Page(page: $page1 perPage: 50) { mediaList(userId: $userId type: $type sort: $sort ) { mediaId } }
        }
        ");
    }

    #[test]
    fn fragments_come_along_once() {
        let shared = variables(json!({ "userId": 7 }));
        let each = [
            variables(json!({ "media": [1] })),
            variables(json!({ "media": [2] })),
        ];
        let batch = Repeated::new(&documents::ENTRIES, shared, &each);
        assert_valid(&batch.text);
        assert_eq!(batch.text.matches("fragment Entry").count(), 1);
    }
}
