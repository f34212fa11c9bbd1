//! What stands behind the question mark of an address, and whether anything comes with it: what nobody asks for there is
//! refused, not passed over, and so is what no text holds.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, web};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};

use crate::access::Access;
use crate::api;
use crate::api::problem::Problem;

/// An object without anything in it has as many bytes. Some programs always send one.
const EMPTY: u64 = 2;

/// Refuses what is not in the document for this address. What is written wrongly would be done to all, or in earnest.
pub(crate) fn check(request: &HttpRequest) -> Result<(), Problem> {
    check_body(request)?;
    if request.query_string().is_empty() {
        return Ok(());
    }
    let query = request.query_string();
    let pairs: Vec<(String, String)> = serde_html_form::from_str(query)
        .map_err(|error| Problem::usage(format!("`?{query}` cannot be read: {error}")))?;
    let known = known(request);
    for (name, value) in &pairs {
        if !known.contains(&name.as_str()) {
            let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            let all = if all.is_empty() {
                "none".to_owned()
            } else {
                all.join(", ")
            };
            let problem = format!("`{name}` is no parameter here; those that are: {all}");
            return Err(Problem::usage(problem));
        }
        if value.contains(char::is_control) {
            let problem = format!("`{name}` holds a control character");
            return Err(Problem::usage(problem));
        }
    }
    Ok(())
}

/// Refuses a body where nobody reads one: what it asks for would be passed over.
fn check_body(request: &HttpRequest) -> Result<(), Problem> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let is_sent = headers.contains_key(header::TRANSFER_ENCODING)
        || length.is_some_and(|length| length > EMPTY);
    let Some(operation) = operation(request).filter(|_| is_sent) else {
        return Ok(());
    };
    if operation.request_body.is_some() {
        return Ok(());
    }
    let known: Vec<_> = known(request)
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let said = if known.is_empty() {
        String::new()
    } else {
        format!(
            "; what can be said stands in the address: {}",
            known.join(", ")
        )
    };
    Err(Problem::usage(format!("no body is read here{said}")))
}

/// The names that the document has for this address.
fn known(request: &HttpRequest) -> Vec<&'static str> {
    let operation = operation(request);
    let parameters = operation.and_then(|operation| operation.parameters.as_ref());
    let parameters = parameters.into_iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .filter(|parameter| matches!(parameter.parameter_in, ParameterIn::Query))
        .map(|parameter| parameter.name.as_str())
        .collect()
}

fn operation(request: &HttpRequest) -> Option<&'static Operation> {
    let access = request.app_data::<web::Data<Access>>()?;
    let pattern = request.match_pattern()?;
    let path = pattern.strip_prefix(access.base())?;
    let item = api::document_of_all().paths.paths.get(path)?;
    let operation = match *request.method() {
        Method::GET => &item.get,
        Method::PUT => &item.put,
        Method::POST => &item.post,
        Method::PATCH => &item.patch,
        Method::DELETE => &item.delete,
        _ => &None,
    };
    operation.as_ref()
}
