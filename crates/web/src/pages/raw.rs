//! The file of a snapshot as it is, with its parts in colours.

use actix_web::web;
use anirewind_core::SnapshotRow;
use serde_json::Value;

use crate::page::Visitor;

/// So many entries to a page.
pub(crate) const MOST: usize = 100;

/// A part of a file.
pub(crate) struct Raw {
    /// All but the lists.
    pub(crate) head: Vec<Line>,
    pub(crate) groups: Vec<Group>,
    pub(crate) has_more: bool,
    pub(crate) found: usize,
}

/// One list of the file, as far as it is on this page.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) lines: Vec<Line>,
}

/// One line: its indent, and its parts with their colours.
pub(crate) struct Line {
    pub(crate) indent: String,
    pub(crate) parts: Vec<(&'static str, String)>,
}

impl Raw {
    /// Reads a file as JSON; says why not where it is none.
    pub(crate) async fn read(
        visitor: &Visitor,
        row: &SnapshotRow,
        text: &str,
        skip: usize,
    ) -> Result<Self, String> {
        let path = visitor.app.backups().join(&row.file);
        let text = text.trim().to_lowercase();
        let read = web::block(move || {
            let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
            let value: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
            Ok::<_, String>(Self::of(value, &text, skip))
        });
        let read = read.await.map_err(|error| error.to_string())?;
        read.map_err(|problem| format!("The file cannot be shown as JSON: {problem}."))
    }

    fn of(value: Value, text: &str, skip: usize) -> Self {
        let mut head = match value {
            Value::Object(head) => head,
            other => serde_json::Map::from_iter([("value".to_owned(), other)]),
        };
        let lists = head.remove("lists");
        let lists = lists.as_ref().and_then(Value::as_array);
        let (mut place, mut found) = (0, 0);
        let mut groups = Vec::new();
        for list in lists.into_iter().flatten() {
            let entries = list.get("entries").and_then(Value::as_array);
            let mut group = Group {
                name: list
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or("without a name")
                    .to_owned(),
                count: entries.map_or(0, Vec::len),
                lines: Vec::new(),
            };
            for entry in entries.into_iter().flatten() {
                if !text.is_empty() && !entry.to_string().to_lowercase().contains(text) {
                    continue;
                }
                found += 1;
                if place >= skip && place < skip + MOST {
                    write(&mut group.lines, entry, 0, None, true);
                }
                place += 1;
            }
            if !group.lines.is_empty() {
                groups.push(group);
            }
        }
        let mut lines = Vec::new();
        if skip == 0 {
            write(&mut lines, &Value::Object(head), 0, None, false);
        }
        Self {
            head: lines,
            groups,
            has_more: found > skip + MOST,
            found,
        }
    }
}

fn key(parts: &mut Vec<(&'static str, String)>, name: Option<&str>) {
    if let Some(name) = name {
        parts.push(("k", Value::String(name.to_owned()).to_string()));
        parts.push(("", ": ".to_owned()));
    }
}

fn scalar(value: &Value) -> (&'static str, String) {
    let class = match value {
        Value::String(_) => "s",
        Value::Number(_) => "n",
        _ => "l",
    };
    (class, value.to_string())
}

/// Whether a value is short and simple enough for one line.
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Array(all) => all
            .iter()
            .all(|value| !value.is_object() && !value.is_array()),
        Value::Object(all) => {
            all.len() <= 6
                && all
                    .values()
                    .all(|value| !value.is_object() && !value.is_array())
        }
        _ => true,
    }
}

fn flat(parts: &mut Vec<(&'static str, String)>, value: &Value) {
    match value {
        Value::Array(all) => {
            parts.push(("", "[".to_owned()));
            for (index, value) in all.iter().enumerate() {
                if index > 0 {
                    parts.push(("", ", ".to_owned()));
                }
                flat(parts, value);
            }
            parts.push(("", "]".to_owned()));
        }
        Value::Object(all) => {
            parts.push(("", "{".to_owned()));
            for (index, (name, value)) in all.iter().enumerate() {
                if index > 0 {
                    parts.push(("", ", ".to_owned()));
                }
                key(parts, Some(name));
                flat(parts, value);
            }
            parts.push(("", "}".to_owned()));
        }
        other => parts.push(scalar(other)),
    }
}

/// Writes a value over as many lines as it needs.
fn write(lines: &mut Vec<Line>, value: &Value, depth: usize, name: Option<&str>, comma: bool) {
    let end = if comma { "," } else { "" };
    let indent = "  ".repeat(depth);
    let mut parts = Vec::new();
    key(&mut parts, name);
    if depth > 0 && is_flat(value) {
        flat(&mut parts, value);
        parts.push(("", end.to_owned()));
        lines.push(Line { indent, parts });
        return;
    }
    let (open, close) = if value.is_array() {
        ("[", "]")
    } else {
        ("{", "}")
    };
    parts.push(("", open.to_owned()));
    lines.push(Line {
        indent: indent.clone(),
        parts,
    });
    match value {
        Value::Array(all) => {
            for (index, value) in all.iter().enumerate() {
                write(lines, value, depth + 1, None, index + 1 < all.len());
            }
        }
        Value::Object(all) => {
            for (index, (name, value)) in all.iter().enumerate() {
                write(lines, value, depth + 1, Some(name), index + 1 < all.len());
            }
        }
        _ => {}
    }
    lines.push(Line {
        indent,
        parts: vec![("", format!("{close}{end}"))],
    });
}
