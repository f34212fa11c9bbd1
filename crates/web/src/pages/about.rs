//! What this is, where things are, and how to go on: about, keys, and what programs can ask.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::Value;

use crate::api;
use crate::page::{Page, PageError, Place, Visitor, show};

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    page: Page,
    data: String,
    sqlite: &'static str,
}

#[derive(Template)]
#[template(path = "api.html")]
struct Api {
    page: Page,
    about: String,
    groups: Vec<Group>,
}

/// What belongs together.
struct Group {
    name: String,
    ways: Vec<Way>,
}

/// One thing that a program can ask.
struct Way {
    method: String,
    path: String,
    about: String,
    /// Name and meaning of each part of the path and the query.
    parameters: Vec<(String, String)>,
    /// Name of the shape that is sent.
    body: Option<String>,
    /// Status and name of the shape of each answer.
    answers: Vec<(String, String)>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/about").get(about))
        .service(web::resource("/api").get(describe));
}

async fn about(visitor: Visitor) -> Result<HttpResponse, PageError> {
    Ok(show(&About {
        page: visitor.page("About", Place::Elsewhere),
        data: visitor.app.settings().data.display().to_string(),
        sqlite: anirewind_core::sqlite_version(),
    }))
}

async fn describe(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let document = serde_json::to_value(api::description());
    let document = document.map_err(|_| PageError::broken("the description cannot be written"))?;
    Ok(show(&Api {
        page: visitor.page("What programs can ask", Place::Settings),
        about: text_at(&document, "/info/description"),
        groups: groups(&document),
    }))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn text_at(value: &Value, place: &str) -> String {
    value.pointer(place).map_or_else(String::new, text)
}

/// The last part of a reference to a shape, or its type.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if schema["type"] == "array" {
        return format!("list of {}", shape(&schema["items"]));
    }
    text(&schema["type"])
}

/// The shape of what is sent or answered, whatever its media type.
fn content(value: &Value) -> Option<String> {
    let content = value["content"].as_object()?.values().next()?;
    Some(shape(&content["schema"])).filter(|name| !name.is_empty())
}

fn groups(document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let Some(paths) = document["paths"].as_object() else {
        return groups;
    };
    for (path, item) in paths {
        for (method, way) in item.as_object().into_iter().flatten() {
            let name = text_at(way, "/tags/0");
            let way = way_of(method, path, way);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.ways.push(way),
                None => groups.push(Group {
                    name,
                    ways: vec![way],
                }),
            }
        }
    }
    groups
}

fn way_of(method: &str, path: &str, way: &Value) -> Way {
    let parameters = way["parameters"].as_array().into_iter().flatten();
    let answers = way["responses"].as_object().into_iter().flatten();
    let about = [text(&way["summary"]), text(&way["description"])];
    let about: Vec<_> = about.into_iter().filter(|part| !part.is_empty()).collect();
    Way {
        method: method.to_uppercase(),
        path: path.to_owned(),
        about: about.join(" "),
        parameters: parameters
            .map(|parameter| (text(&parameter["name"]), text(&parameter["description"])))
            .collect(),
        body: content(&way["requestBody"]),
        answers: answers
            .map(|(status, answer)| (status.clone(), content(answer).unwrap_or_default()))
            .collect(),
    }
}
