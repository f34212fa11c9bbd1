//! A row of links of which one is where somebody is. Where there is little room the same is a list to choose
//! from, with a button.

use askama::Template;

html_safe!(Tabs, TabsForm);

/// A row of tabs.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/tabs.html")]
pub(crate) struct Tabs {
    base: String,
    label: &'static str,
    /// The part of the address in which they differ, and the rest of it.
    name: &'static str,
    path: String,
    kept: Vec<(String, String)>,
    all: Vec<Tab>,
    /// The form to which the list belongs, where it stands inside another one.
    form: Option<&'static str>,
    /// Whose numbers they are, and what else was chosen, where they are kept as they are on the server.
    live: Option<(String, String)>,
    /// What is to be said about the numbers.
    words: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tab {
    pub(crate) word: String,
    pub(crate) number: String,
    pub(crate) icon: Option<&'static str>,
    /// What `name` is there.
    pub(crate) value: String,
    pub(crate) href: String,
    pub(crate) is_current: bool,
}

/// The form of tabs that stand inside another form.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<form method="get" id="{{ id }}" action="{{ base }}{{ path }}">{% for (name, value) in kept %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}</form>"#
)]
pub(crate) struct TabsForm {
    base: String,
    id: &'static str,
    path: String,
    kept: Vec<(String, String)>,
}

impl Tabs {
    /// Tabs whose addresses differ in one name.
    pub(crate) fn of(base: &str, label: &'static str, name: &'static str, tabs: Vec<Tab>) -> Self {
        let first = tabs.first().map_or("", |tab| tab.href.as_str());
        let first = first.split('#').next().unwrap_or_default();
        let (path, query) = first.split_once('?').unwrap_or((first, ""));
        let kept: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        let kept = kept.into_iter().filter(|(known, _)| known != name);
        Self {
            base: base.to_owned(),
            path: path.to_owned(),
            kept: kept.collect(),
            form: None,
            live: None,
            words: None,
            label,
            name,
            all: tabs,
        }
    }

    /// Inside another form, with a form of its own elsewhere on the page.
    pub(crate) fn inside(self, id: &'static str) -> (Self, TabsForm) {
        let form = TabsForm {
            base: self.base.clone(),
            path: self.path.clone(),
            kept: self.kept.clone(),
            id,
        };
        let tabs = Self {
            form: Some(id),
            ..self
        };
        (tabs, form)
    }

    /// Numbers that follow what happens to a profile.
    pub(crate) fn following(self, profile: &str, query: String) -> Self {
        Self {
            live: Some((profile.to_owned(), query)),
            ..self
        }
    }

    /// With a few words about the numbers.
    pub(crate) fn saying(self, words: Option<String>) -> Self {
        Self { words, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_besides_goes_along_with_the_list() {
        let tab = |value: &str, href: &str| Tab {
            value: value.to_owned(),
            href: href.to_owned(),
            ..Tab::default()
        };
        let tabs = vec![
            tab("", "/a?q=x+%26+y#titles"),
            tab("b", "/a?status=b&q=x+%26+y"),
        ];
        let tabs = Tabs::of("", "Status", "status", tabs);
        assert_eq!(tabs.path, "/a");
        assert_eq!(tabs.kept, [("q".to_owned(), "x & y".to_owned())]);
        let page = tabs.to_string();
        assert!(page.contains("value=\"x &#38; y\""), "{page}");
    }
}
