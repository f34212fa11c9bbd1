//! The documents that are sent, one file each, and what each costs.
//!
//! AniList refuses a document of more than 500 fields. A test counts the fields of each of these.

/// A document with one operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document {
    /// The name of the operation.
    pub(crate) name: &'static str,
    /// The text, fragments included.
    pub(crate) text: &'static str,
    /// Fields it selects, fragments spread out. For a repeated one: of a single alias.
    pub(crate) cost: u32,
}

/// The most fields that AniList takes in one document.
pub(crate) const MOST_FIELDS: u32 = 500;

impl Document {
    /// How many times this fits into one document.
    pub(crate) const fn repetitions(&self) -> usize {
        (MOST_FIELDS / self.cost) as usize
    }
}

macro_rules! document {
    ($name:ident, $operation:literal, $cost:literal, [$($file:literal),+]) => {
        pub(crate) const $name: Document = Document {
            name: $operation,
            text: concat!($(include_str!(concat!("../documents/", $file, ".graphql"))),+),
            cost: $cost,
        };
    };
}

document!(VIEWER, "Viewer", 39, ["viewer", "account"]);
document!(USER, "User", 39, ["user", "account"]);
document!(
    RECENT,
    "Recent",
    123,
    ["recent", "account", "entry", "title"]
);
document!(
    RECENT_PUBLIC,
    "RecentPublic",
    123,
    ["recent_public", "account", "entry", "title"]
);
document!(LISTS, "Lists", 88, ["lists", "groups", "entry", "title"]);
document!(
    WHOLE,
    "Whole",
    127,
    ["whole", "groups", "account", "entry", "title"]
);
document!(LIST, "List", 44, ["list", "entry", "title"]);
document!(SWEEP, "Sweep", 3, ["sweep"]);
document!(ENTRIES, "Entries", 42, ["entries", "entry", "title"]);
document!(LABELS, "Labels", 5, ["labels"]);
document!(TITLES, "Titles", 18, ["titles", "title"]);
document!(FAVOURITES, "Favourites", 36, ["favourites"]);
document!(SAVE, "Save", 3, ["save"]);
document!(SAVE_SHARED, "SaveShared", 4, ["save_shared"]);
document!(DELETE, "Delete", 2, ["delete"]);
document!(LIST_OPTIONS, "ListOptions", 2, ["list_options"]);
document!(SCORE_FORMAT, "ScoreFormat", 2, ["score_format"]);
document!(MUTE_ACTIVITY, "MuteActivity", 2, ["mute_activity"]);
document!(
    DELETE_CUSTOM_LIST,
    "DeleteCustomList",
    2,
    ["delete_custom_list"]
);
document!(TOGGLE_FAVOURITE, "ToggleFavourite", 4, ["toggle_favourite"]);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use apollo_compiler::executable::{Selection, SelectionSet};
    use apollo_compiler::{ExecutableDocument, Schema};

    use super::*;

    const ALL: [Document; 20] = [
        VIEWER,
        USER,
        RECENT,
        RECENT_PUBLIC,
        LISTS,
        WHOLE,
        LIST,
        SWEEP,
        ENTRIES,
        LABELS,
        TITLES,
        FAVOURITES,
        SAVE,
        SAVE_SHARED,
        DELETE,
        LIST_OPTIONS,
        SCORE_FORMAT,
        MUTE_ACTIVITY,
        DELETE_CUSTOM_LIST,
        TOGGLE_FAVOURITE,
    ];

    fn fields(document: &ExecutableDocument, set: &SelectionSet) -> u32 {
        let cost = |selection: &Selection| match selection {
            Selection::Field(field) => 1 + fields(document, &field.selection_set),
            Selection::FragmentSpread(spread) => fields(
                document,
                &document.fragments[&spread.fragment_name].selection_set,
            ),
            Selection::InlineFragment(fragment) => fields(document, &fragment.selection_set),
        };
        set.selections.iter().map(cost).sum()
    }

    fn cost_of(schema: &apollo_compiler::validation::Valid<Schema>, text: &str, name: &str) -> u32 {
        let document = ExecutableDocument::parse_and_validate(schema, text, "document.graphql")
            .unwrap_or_else(|errors| panic!("{name} is not valid:\n{}", errors.errors));
        let operation = document.operations.get(Some(name)).unwrap();
        fields(&document, &operation.selection_set)
    }

    fn ours() -> apollo_compiler::validation::Valid<Schema> {
        Schema::parse_and_validate(include_str!("../schema.graphql"), "schema.graphql").unwrap()
    }

    #[test]
    fn each_document_is_valid_and_costs_what_it_says() {
        let schema = ours();
        for document in ALL {
            let cost = cost_of(&schema, document.text, document.name);
            assert_eq!(cost, document.cost, "{}", document.name);
            assert!(cost <= MOST_FIELDS, "{}", document.name);
        }
    }

    #[test]
    fn no_document_is_forgotten() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
        let parts = [
            "account.graphql",
            "entry.graphql",
            "groups.graphql",
            "title.graphql",
        ];
        let files = std::fs::read_dir(folder).unwrap().filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            !parts.iter().any(|part| *part == name)
        });
        assert_eq!(files.count(), ALL.len());
    }

    /// AniList's public schema is not ours to ship; where a copy lies beside the checkout it decides.
    #[test]
    fn each_document_is_valid_on_anilist_itself() {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/anilist/schema.graphql");
        let Ok(public) = std::fs::read_to_string(file) else {
            return;
        };
        let schema = Schema::parse_and_validate(public, "anilist.graphql").unwrap();
        for document in ALL {
            cost_of(&schema, document.text, document.name);
        }
    }

    /// The simulator is written apart from this client; both must mean the same AniList.
    #[test]
    fn each_document_is_valid_on_the_simulator() {
        let served = anirewind_simulator::Simulator::schema();
        let schema = Schema::parse_and_validate(served, "simulator.graphql").unwrap();
        for document in ALL {
            cost_of(&schema, document.text, document.name);
        }
    }

    #[test]
    fn the_variables_of_each_document() {
        let schema = ours();
        let mut lines = Vec::new();
        for document in ALL {
            let parsed =
                ExecutableDocument::parse_and_validate(&schema, document.text, "d.graphql")
                    .unwrap();
            let operation = parsed.operations.get(Some(document.name)).unwrap();
            let variables: Vec<_> = operation
                .variables
                .iter()
                .map(|v| format!("{}: {}", v.name, v.ty))
                .collect();
            lines.push(format!("{}({})", document.name, variables.join(", ")));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
