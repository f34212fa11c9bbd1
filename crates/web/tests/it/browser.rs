//! Somebody in front of the pages with a browser that knows links and forms, and no scripts.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use anirewind_simulator::SimEntry;

use crate::pages::Scene;

pub(crate) const USER: u32 = 1;

/// A tag with its attributes, and the text up to the next one.
#[derive(Debug, Clone)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

fn plain(text: &str) -> String {
    text.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    for part in html.split('<').skip(1) {
        let Some((inside, text)) = part.split_once('>') else {
            continue;
        };
        let (name, rest) = inside.split_once([' ', '\n']).unwrap_or((inside, ""));
        let mut attributes = BTreeMap::new();
        let mut rest = rest;
        while let Some(end) = rest.find(['=', ' ', '\n']) {
            let (key, after) = rest.split_at(end);
            let key = key.trim().to_owned();
            if let Some(value) = after.strip_prefix("=\"") {
                let (value, after) = value.split_once('"').unwrap_or((value, ""));
                attributes.insert(key, plain(value));
                rest = after;
            } else {
                attributes.insert(key, String::new());
                rest = &after[1..];
            }
        }
        if !rest.trim().is_empty() {
            attributes.insert(rest.trim().to_owned(), String::new());
        }
        tags.push(Tag {
            name: name.to_owned(),
            attributes,
            text: plain(text),
        });
    }
    tags
}

impl Tag {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// A form: where it goes, what is filled in, what its buttons say.
#[derive(Debug, Clone, Default)]
struct Form {
    id: String,
    action: String,
    is_post: bool,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, Tag)>,
}

fn forms(html: &str) -> Vec<Form> {
    let tags = tags(html);
    let mut forms: Vec<Form> = Vec::new();
    let mut outside: Vec<(String, (String, String))> = Vec::new();
    let (mut is_in, mut select) = (false, String::new());
    for (at, tag) in tags.iter().enumerate() {
        match tag.name.as_str() {
            "form" => {
                assert!(!is_in, "a form in a form: {}", tag.get("action"));
                is_in = true;
                forms.push(Form {
                    id: tag.get("id").to_owned(),
                    action: tag.get("action").to_owned(),
                    is_post: tag.get("method") == "post",
                    ..Form::default()
                });
            }
            "/form" => is_in = false,
            "select" => tag.get("name").clone_into(&mut select),
            "/select" => select.clear(),
            "option" if is_in && tag.has("selected") => {
                if let Some(form) = forms.last_mut() {
                    form.fields.retain(|(name, _)| *name != select);
                    form.fields
                        .push((select.clone(), tag.get("value").to_owned()));
                }
            }
            "option" if is_in => {
                let form = forms.last_mut().unwrap();
                if form.fields.iter().all(|(name, _)| *name != select) {
                    form.fields
                        .push((select.clone(), tag.get("value").to_owned()));
                }
            }
            "input" => {
                let is_tick = ["checkbox", "radio"].contains(&tag.get("type"));
                if tag.get("name").is_empty() || (is_tick && !tag.has("checked")) {
                    continue;
                }
                let field = (tag.get("name").to_owned(), tag.get("value").to_owned());
                if tag.has("form") {
                    outside.push((tag.get("form").to_owned(), field));
                } else if let Some(form) = forms.last_mut().filter(|_| is_in) {
                    form.fields.push(field);
                }
            }
            "button" if is_in => {
                let rest = tags[at..].iter().take_while(|tag| tag.name != "/button");
                let words: String = rest.map(|tag| tag.text.as_str()).collect();
                forms
                    .last_mut()
                    .unwrap()
                    .buttons
                    .push((words.trim().to_owned(), tag.clone()));
            }
            _ => {}
        }
    }
    for form in &mut forms {
        let own = outside.iter().filter(|(id, _)| *id == form.id);
        form.fields.extend(own.map(|(_, field)| field.clone()));
    }
    forms
}

/// The fields of a form as they stand behind an address.
fn asked(fields: &[(String, String)]) -> String {
    let escaped = |text: &str| {
        let letters = text.bytes().map(|letter| match letter {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(letter).to_string(),
            other => format!("%{other:02X}"),
        });
        letters.collect::<String>()
    };
    let pairs = fields.iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Somebody in front of the pages.
pub(crate) struct Browser<'a> {
    scene: &'a Scene,
    said: Option<String>,
    pub(crate) path: String,
    pub(crate) page: String,
    pub(crate) status: StatusCode,
    pub(crate) clicks: usize,
    /// Looks again where AniList is being asked, until it has answered.
    pub(crate) is_patient: bool,
}

impl<'a> Browser<'a> {
    pub(crate) async fn at(scene: &'a Scene, path: &str) -> Self {
        let mut browser = Self {
            scene,
            said: None,
            path: String::new(),
            page: String::new(),
            status: StatusCode::OK,
            clicks: 0,
            is_patient: true,
        };
        browser.open(path).await;
        browser
    }

    pub(crate) async fn open(&mut self, path: &str) {
        let request = TestRequest::get().uri(path);
        self.send(request, path).await;
    }

    async fn send(&mut self, request: TestRequest, path: &str) {
        let (mut request, mut path) = (request, path.to_owned());
        for _ in 0..5 {
            request = request
                .insert_header(("host", "127.0.0.1:4849"))
                .insert_header(("sec-fetch-site", "same-origin"));
            if let Some(said) = &self.said {
                request = request.insert_header(("cookie", format!("said={said}")));
            }
            let (status, page, headers) = self.scene.request(request).await;
            for cookie in headers.get_all("set-cookie") {
                let cookie = cookie.to_str().unwrap();
                if let Some(rest) = cookie.strip_prefix("said=") {
                    let value = rest.split(';').next().unwrap().to_owned();
                    self.said = (!value.is_empty()).then_some(value);
                }
            }
            if status != StatusCode::SEE_OTHER {
                (self.status, self.page, self.path) = (status, page, path);
                assert!(
                    !self.status.is_server_error(),
                    "{}: {}",
                    self.path,
                    self.page
                );
                well_formed(&self.page);
                return;
            }
            let location = headers.get("location").unwrap();
            location.to_str().unwrap().clone_into(&mut path);
            let (without, _) = path.split_once('#').unwrap_or((&path, ""));
            request = TestRequest::get().uri(without);
        }
        panic!("it never ends at {path}");
    }

    /// Presses the button with these words.
    pub(crate) async fn press(&mut self, words: &str) {
        self.press_with(words, &[]).await;
    }

    /// Fills in some fields first; what is named here is in place of what stands there. An empty name
    /// takes a field away: `-name`; `!name` takes away the one with this value, `+name` adds one.
    pub(crate) async fn press_with(&mut self, words: &str, filled: &[(&str, &str)]) {
        let all = forms(&self.page);
        let found = all.iter().find_map(|form| {
            let button = form.buttons.iter().find(|(text, _)| text == words);
            button.map(|(_, tag)| (form.clone(), tag.clone()))
        });
        let buttons: Vec<_> = all
            .iter()
            .flat_map(|form| &form.buttons)
            .map(|(text, _)| text)
            .collect();
        let (form, button) = found.unwrap_or_else(|| {
            panic!(
                "no button `{words}` at {} but {buttons:?}: {}",
                self.path, self.page
            )
        });
        assert!(!button.has("disabled"), "{words} is disabled");
        let mut fields = form.fields;
        for (name, value) in filled {
            match name.split_at(1) {
                ("!", name) => {
                    fields.retain(|(known, of)| (known.as_str(), of.as_str()) != (name, *value));
                }
                ("+", _) => {}
                ("-", name) => fields.retain(|(known, _)| known != name),
                _ => fields.retain(|(known, _)| known != name),
            }
        }
        let filled = filled
            .iter()
            .filter(|(name, _)| !name.starts_with(['-', '!']));
        let filled = filled
            .map(|(name, value)| (name.trim_start_matches('+').to_owned(), (*value).to_owned()));
        fields.extend(filled);
        if !button.get("name").is_empty() {
            fields.push((
                button.get("name").to_owned(),
                button.get("value").to_owned(),
            ));
        }
        self.clicks += 1;
        let action = match button.get("formaction") {
            "" => form.action.as_str(),
            own => own,
        };
        if form.is_post || button.get("formmethod") == "post" {
            let request = TestRequest::post().uri(action).set_form(&fields);
            self.send(request, action).await;
        } else {
            let path = format!("{action}?{}", asked(&fields));
            self.open(&path).await;
        }
        // However slow the machine is on which this runs.
        if self.is_patient && self.shows("data-live=\"desk-asked/") {
            self.until_over().await;
        }
    }

    /// Follows the link with these words.
    pub(crate) async fn follow(&mut self, words: &str) {
        let tags = tags(&self.page);
        let found = tags.iter().enumerate().find(|(at, tag)| {
            let rest = tags[*at..].iter().take_while(|tag| tag.name != "/a");
            let text: String = rest.map(|tag| tag.text.as_str()).collect();
            tag.name == "a" && text.trim() == words
        });
        let (_, link) = found.unwrap_or_else(|| panic!("no link `{words}`: {}", self.page));
        let href = link.get("href").to_owned();
        let (href, _) = href.split_once('#').unwrap_or((&href, ""));
        let href = href.to_owned();
        self.clicks += 1;
        self.open(&href).await;
    }

    /// Presses the button whose words begin so.
    pub(crate) async fn press_any(&mut self, beginning: &str) {
        let forms = forms(&self.page);
        let mut buttons = forms.iter().flat_map(|form| &form.buttons);
        let found = buttons.find(|(text, _)| text.starts_with(beginning));
        let (words, _) = found.unwrap_or_else(|| panic!("no {beginning}: {}", self.page));
        let words = words.clone();
        self.press(&words).await;
    }

    /// Has a button with these words that can be pressed.
    pub(crate) fn offers(&self, words: &str) -> bool {
        let forms = forms(&self.page);
        let mut buttons = forms.iter().flat_map(|form| &form.buttons);
        buttons.any(|(text, tag)| text == words && !tag.has("disabled"))
    }

    pub(crate) fn shows(&self, words: &str) -> bool {
        self.page.contains(words)
    }

    #[track_caller]
    pub(crate) fn must_show(&self, all: &[&str]) {
        for words in all {
            assert!(
                self.shows(words),
                "`{words}` is missing at {}: {}",
                self.path,
                self.page
            );
        }
    }

    /// Looks again until an act has ended.
    pub(crate) async fn until_over(&mut self) {
        for _ in 0..2_000 {
            if !self.shows("Check progress") {
                return;
            }
            let path = self.path.clone();
            self.open(&path).await;
        }
        panic!("it never ends: {}", self.page);
    }
}

/// What must hold for every page: nothing inline, one heading, nothing of ours left open.
fn well_formed(page: &str) {
    if !page.starts_with("<!DOCTYPE html>") {
        return;
    }
    let tags = tags(page);
    for tag in &tags {
        assert!(!tag.has("style"), "an inline style: {tag:?}");
        assert!(tag.name != "style", "an inline style sheet");
        assert!(tag.name != "script" || tag.has("src"), "an inline script");
        assert!(
            !tag.attributes.keys().any(|name| name.starts_with("on")),
            "{tag:?}"
        );
    }
    let headings = tags.iter().filter(|tag| tag.name == "h1").count();
    assert_eq!(headings, 1, "{page}");
    let mut ids: Vec<_> = tags
        .iter()
        .map(|tag| tag.get("id"))
        .filter(|id| !id.is_empty())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id twice: {page}");
    // Read once, so that broken nesting of forms shows.
    forms(page);
}

/// What the simulated AniList holds.
pub(crate) fn entries(scene: &Scene) -> Vec<SimEntry> {
    scene.simulator.world().entries(USER).cloned().collect()
}

/// What can be put back of an entry.
pub(crate) fn lasting(mut entry: SimEntry) -> SimEntry {
    entry.advanced_scores.retain(|score| *score > 0.0);
    SimEntry {
        id: 0,
        created_at: None,
        updated_at: None,
        ..entry
    }
}

/// Changes entries as somebody on the site would.
pub(crate) fn edit(scene: &Scene, edit: impl Fn(&mut SimEntry)) {
    let now = scene.app.now().unix_timestamp();
    for mut entry in entries(scene) {
        let before = entry.clone();
        edit(&mut entry);
        if entry != before {
            entry.updated_at = Some(now);
            scene.simulator.world().put_entry(entry);
        }
    }
}

/// Lets time pass and looks, twice: what is hard to believe is believed the second time.
pub(crate) async fn look(scene: &Scene) {
    for _ in 0..2 {
        scene.pass(std::time::Duration::from_mins(5));
        for target in scene.app.targets(None).await.unwrap() {
            scene.app.look(&target).await.unwrap();
        }
    }
}

/// A list that was seen.
pub(crate) async fn seen(environment: &[(&str, &str)]) -> Scene {
    let mut all = vec![("ANIREWIND_LOGIN", "off")];
    all.extend(environment);
    let scene = Scene::with("hana", &all).await;
    scene.capture().await;
    look(&scene).await;
    scene.pass(std::time::Duration::from_mins(30));
    scene
}
