//! HTTP: one request in, one answer out, or one of the faults.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, OperationDefinition, OperationType};
use async_graphql::{Pos, Positioned};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderValue, REFERER, RETRY_AFTER};
use hyper::{Method, Request as HttpRequest, Response, StatusCode};
use serde_json::{Value, json};
use time::UtcOffset;
use time::macros::format_description;

use crate::BatchError;
use crate::complexity;
use crate::cover;
use crate::envelope::{Answer, answer_names};
use crate::failure::Failure;
use crate::fault::Fault;
use crate::limit::{Admission, RateHeaders};
use crate::schema::Request;
use crate::simulator::{Sent, Shared};

/// An answer whose body may also break or never end.
pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, Cut>>;

/// The connection is cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the simulator cut this connection")]
pub(crate) struct Cut;

const LARGEST_REQUEST: usize = 8 * 1024 * 1024;
const DISABLED: &str = "The AniList API has been temporarily disabled due to severe stability \
                        issues. Please check the AniList Discord server for more information.";
const HTML: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head>\
                    <body><h1>Checking your browser</h1></body></html>";

/// Serves one HTTP request, and says what time it is here.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    request: HttpRequest<Incoming>,
) -> Result<Reply, Cut> {
    let now = shared.clock.now();
    let mut reply = serve_one(shared, request).await?;
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = now.to_offset(UtcOffset::UTC).format(form);
    let date = date.ok().and_then(|date| HeaderValue::from_str(&date).ok());
    if let Some(date) = date {
        reply.headers_mut().insert(DATE, date);
    }
    Ok(reply)
}

async fn serve_one(shared: Arc<Shared>, request: HttpRequest<Incoming>) -> Result<Reply, Cut> {
    if request.method() == Method::GET {
        let path = request.uri().path();
        return Ok(cover_of(&shared, path).unwrap_or_else(|| inspect(&shared, path)));
    }
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let token = header(AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::to_owned);
    let has_referer = header(REFERER).is_some();
    let host = header(HOST).unwrap_or_default().to_owned();
    let body = Limited::new(request.into_body(), LARGEST_REQUEST)
        .collect()
        .await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();

    shared.let_go().await;
    let number = shared.requests.fetch_add(1, Ordering::SeqCst) + 1;
    shared.happen(number);
    let rate = match admit(&shared, token.as_deref()) {
        Ok(rate) => rate,
        Err(reply) => return Ok(*reply),
    };
    let fault = shared.fault_for(number);
    if let Some(fault) = fault
        && !fault.takes_effect()
    {
        return strike(&shared, fault, None, rate).await;
    }
    let mut answer = answer(&shared, number, token.as_deref(), has_referer, &body).await;
    if shared.switches().serves_covers {
        point_covers(&mut answer.body, &format!("http://{host}{COVERS}"));
    }
    match fault {
        Some(fault) => strike(&shared, fault, Some(answer), rate).await,
        None => Ok(reply(
            answer.status,
            "application/json",
            answer.body.to_string(),
            rate,
        )),
    }
}

/// Where covers are on this machine.
const COVERS: &str = "/_simulator/covers/";
/// Where the answers say that they are.
const THEIR_COVERS: &str = "https://s4.anilist.co/file/anilistcdn/simulated/";

/// Points every cover and avatar in an answer to this machine.
fn point_covers(value: &mut Value, base: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(THEIR_COVERS) {
                let name = rest.rsplit('/').next().unwrap_or_default();
                *text = format!("{base}{name}");
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| point_covers(value, base)),
        Value::Object(all) => all.values_mut().for_each(|value| point_covers(value, base)),
        _ => {}
    }
}

fn cover_of(shared: &Shared, path: &str) -> Option<Reply> {
    let name = path.strip_prefix(COVERS)?.strip_suffix(".png")?;
    if !shared.switches().serves_covers {
        return None;
    }
    let (id, colour) = if let Some(id) = name.strip_prefix('u') {
        // The avatar of a user.
        let id = id.parse().ok()?;
        shared.world().user(id)?;
        (id, "#3b7dd8".to_owned())
    } else {
        let id = name.parse().ok()?;
        (id, shared.world().media(id)?.colour.clone())
    };
    Some(reply(200, "image/png", cover::png(id, &colour), None))
}

/// What the simulator shows of itself: the log of effects and the requests so far.
fn inspect(shared: &Shared, path: &str) -> Reply {
    let body = match path {
        "/_simulator/effects" => {
            let world = shared.world();
            let effects = world.effects().iter();
            json!(
                effects
                    .map(|effect| format!("{effect:?}"))
                    .collect::<Vec<_>>()
            )
        }
        "/_simulator/requests" => {
            let sent = shared.sent();
            json!(
                sent.iter()
                    .map(|sent| json!({
                        "operation": sent.operation, "cost": sent.cost, "status": sent.status
                    }))
                    .collect::<Vec<_>>()
            )
        }
        _ => {
            let body = json!({ "simulator": "post GraphQL here", "effects": "/_simulator/effects",
                "requests": "/_simulator/requests" });
            return reply(404, "application/json", body.to_string(), None);
        }
    };
    reply(200, "application/json", body.to_string(), None)
}

fn admit(shared: &Shared, token: Option<&str>) -> Result<Option<RateHeaders>, Box<Reply>> {
    let switches = shared.switches();
    let sender = if switches.rate_limit_per_token {
        token.unwrap_or_default()
    } else {
        ""
    };
    match shared
        .limiter()
        .admit(sender, shared.clock.elapsed(), &switches)
    {
        Admission::Pass(headers) => Ok(headers),
        Admission::Refuse {
            headers,
            retry_after,
            during_lockout,
        } => {
            shared.refused.fetch_add(1, Ordering::SeqCst);
            if during_lockout {
                shared.during_lockout.fetch_add(1, Ordering::SeqCst);
            }
            let mut reply = reply(429, "application/json", too_many(), headers);
            if let Some(wait) = retry_after {
                let reset = (shared.clock.now() + wait).unix_timestamp();
                reply
                    .headers_mut()
                    .insert(RETRY_AFTER, wait.as_secs().max(1).into());
                reply
                    .headers_mut()
                    .insert("x-ratelimit-reset", HeaderValue::from(reset));
            }
            Err(Box::new(reply))
        }
    }
}

fn too_many() -> String {
    json!({ "data": null, "errors": [{ "message": "Too Many Requests.", "status": 429,
        "locations": [{ "line": 1, "column": 1 }] }] })
    .to_string()
}

/// Answers one GraphQL request as AniList would.
async fn answer(
    shared: &Shared,
    number: u64,
    token: Option<&str>,
    has_referer: bool,
    body: &[u8],
) -> Answer {
    let switches = shared.switches();
    let (answer, operation, cost) = match prepare(shared, token, has_referer, body) {
        Err(answer) => (*answer, String::new(), 0),
        Ok(prepared) => {
            let (operation, cost) = (prepared.name.clone(), prepared.cost);
            (
                execute(shared, number, prepared, switches).await,
                operation,
                cost,
            )
        }
    };
    shared.record(Sent {
        operation,
        cost,
        status: answer.status,
    });
    answer
}

/// A request that passed everything that is checked before it runs.
struct Prepared {
    request: async_graphql::Request,
    name: String,
    cost: u32,
    fields: Vec<String>,
    is_mutation: bool,
    viewer: Option<u32>,
}

fn prepare(
    shared: &Shared,
    token: Option<&str>,
    has_referer: bool,
    body: &[u8],
) -> Result<Prepared, Box<Answer>> {
    let switches = shared.switches();
    let refuse = |failure: Failure, fields: &[String]| {
        Box::new(Answer::failed(
            &[failure],
            fields,
            switches.errors_have_path,
        ))
    };
    if switches.referer_required && !has_referer {
        return Err(refuse(Failure::new(403, DISABLED), &[]));
    }
    let request: async_graphql::Request = serde_json::from_slice(body).map_err(|_| {
        refuse(
            Failure::new(400, "The request body is not valid JSON."),
            &[],
        )
    })?;
    let document = parse_query(&request.query).map_err(|error| {
        let mut failure = Failure::new(400, format!("Syntax Error: {error}"));
        failure.at = error.positions().next();
        refuse(failure, &[])
    })?;
    let operation = choose(&document.operations, request.operation_name.as_deref())
        .ok_or_else(|| refuse(Failure::new(400, "Must provide an operation."), &[]))?;
    let fields = answer_names(&operation.node);
    let viewer = match token {
        None => None,
        Some(token) => match shared.world().tokens.get(token) {
            Some(user) => Some(*user),
            // Refused even where no token is needed.
            None => return Err(refuse(Failure::new(400, "Invalid token"), &fields)),
        },
    };
    let cost = complexity::cost(&document, &operation.node, &request.variables);
    if cost > switches.complexity_limit {
        let limit = switches.complexity_limit;
        let message = format!("Max query complexity should be {limit} but got {cost}.");
        return Err(refuse(Failure::new(400, message), &[]));
    }
    let is_mutation = operation.node.ty == OperationType::Mutation;
    let name = request
        .operation_name
        .clone()
        .unwrap_or_else(|| fields.join(","));
    Ok(Prepared {
        request,
        name,
        cost,
        fields,
        is_mutation,
        viewer,
    })
}

fn choose<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Option<&'a Positioned<OperationDefinition>> {
    match operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => match name {
            Some(name) => operations.get(name),
            None if operations.len() == 1 => operations.values().next(),
            None => None,
        },
    }
}

async fn execute(
    shared: &Shared,
    number: u64,
    prepared: Prepared,
    switches: Arc<crate::Switches>,
) -> Answer {
    let before = (prepared.is_mutation && switches.batch_error == BatchError::NothingApplied)
        .then(|| shared.world().clone());
    let request = Request {
        world: Arc::clone(&shared.world),
        switches: Arc::clone(&switches),
        viewer: prepared.viewer,
        number,
        now: shared.clock.now(),
        failures: Arc::default(),
    };
    let failures = Arc::clone(&request.failures);
    let response = shared.schema.execute(prepared.request.data(request)).await;
    let mut failures = failures
        .lock()
        .map(|failures| failures.clone())
        .unwrap_or_default();
    if failures.is_empty() {
        // The library's own complaints: unknown fields, missing variables, wrong types.
        failures = response.errors.iter().map(complaint).collect();
    }
    if failures.is_empty() {
        return match response.data.into_json() {
            Ok(data) => Answer::ok(data),
            Err(error) => Answer::failed(
                &[Failure::new(500, error.to_string())],
                &prepared.fields,
                false,
            ),
        };
    }
    if let Some(before) = before {
        *shared.world() = before;
    }
    let with_path = switches.errors_have_path;
    match (switches.batch_error, response.data.into_json()) {
        (BatchError::Independent, Ok(data)) if !data.is_null() => {
            Answer::partial(&failures, data, with_path)
        }
        _ => {
            failures.truncate(1);
            Answer::failed(&failures, &prepared.fields, with_path)
        }
    }
}

fn complaint(error: &async_graphql::ServerError) -> Failure {
    let mut failure = Failure::new(400, error.message.clone());
    failure.at = error.locations.first().map(|at| Pos {
        line: at.line,
        column: at.column,
    });
    failure
}

fn reply(
    status: u16,
    content_type: &'static str,
    body: impl Into<Bytes>,
    rate: Option<RateHeaders>,
) -> Reply {
    respond(
        status,
        content_type,
        Full::new(body.into()).map_err(never).boxed_unsync(),
        rate,
    )
}

fn respond(
    status: u16,
    content_type: &'static str,
    body: UnsyncBoxBody<Bytes, Cut>,
    rate: Option<RateHeaders>,
) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(rate) = rate {
        headers.insert("x-ratelimit-limit", rate.limit.into());
        headers.insert("x-ratelimit-remaining", rate.remaining.into());
    }
    reply
}

fn never(never: Infallible) -> Cut {
    match never {}
}

/// Answers with a fault. `answer` is there when the request was carried out all the same.
async fn strike(
    shared: &Shared,
    fault: Fault,
    answer: Option<Answer>,
    rate: Option<RateHeaders>,
) -> Result<Reply, Cut> {
    let json = |status, failure: Failure| {
        let answer = Answer::failed(&[failure], &[], false);
        reply(status, "application/json", answer.body.to_string(), rate)
    };
    let right = answer.map_or_else(String::new, |answer| answer.body.to_string());
    Ok(match fault {
        Fault::TimeoutBefore | Fault::TimeoutAfter => std::future::pending().await,
        Fault::ResetBefore => return Err(Cut),
        Fault::ResetAfter => {
            let half = right.len() / 2;
            let start = Bytes::from(right.into_bytes()).slice(..half);
            let frames = vec![Ok(Frame::data(start)), Err(Cut)];
            let body = StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync();
            respond(200, "application/json", body, rate)
        }
        Fault::TooManyRequests => {
            shared.refused.fetch_add(1, Ordering::SeqCst);
            let mut reply = reply(429, "application/json", too_many(), rate);
            reply.headers_mut().insert(RETRY_AFTER, 34.into());
            reply
        }
        Fault::TooManyRequestsHtml => {
            shared.refused.fetch_add(1, Ordering::SeqCst);
            reply(429, "text/html", HTML, None)
        }
        Fault::InternalError => json(500, Failure::new(500, "Internal Server Error")),
        Fault::BadGateway => reply(502, "text/html", HTML, None),
        Fault::UnavailableAfter => reply(503, "text/html", HTML, None),
        Fault::Disabled => json(403, Failure::new(403, DISABLED)),
        Fault::Challenge => {
            let mut reply = reply(403, "text/html", HTML, None);
            reply
                .headers_mut()
                .insert("cf-mitigated", HeaderValue::from_static("challenge"));
            reply
        }
        Fault::Unauthorized => json(401, Failure::unauthorized()),
        Fault::InvalidToken => json(400, Failure::new(400, "Invalid token")),
        Fault::TruncatedJson => {
            let half = right.len() / 2;
            let cut = Bytes::from(right.into_bytes()).slice(..half);
            reply(200, "application/json", cut, rate)
        }
        Fault::WrongContentType => reply(200, "text/html", right, rate),
        Fault::HtmlPage => reply(200, "text/html", HTML, None),
        Fault::ErrorsWithStatus200 => json(200, Failure::new(500, "Internal Server Error")),
        Fault::PartialData => reply(200, "application/json", without_first(&right), rate),
        Fault::EmptyBody => reply(200, "application/json", Bytes::new(), rate),
        Fault::DeepJson => reply(200, "application/json", "[".repeat(100_000), rate),
        Fault::SlowLoris => respond(
            200,
            "application/json",
            trickle(Duration::from_secs(1)),
            rate,
        ),
        Fault::EndlessBody => respond(200, "application/json", trickle(Duration::ZERO), rate),
    })
}

/// A body that goes on for ever.
fn trickle(pause: Duration) -> UnsyncBoxBody<Bytes, Cut> {
    let spaces = Bytes::from(vec![b' '; if pause.is_zero() { 1 << 20 } else { 1 }]);
    let stream = futures_util::stream::unfold(spaces, move |spaces| async move {
        if pause.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
        Some((Ok(Frame::data(spaces.clone())), spaces))
    });
    StreamBody::new(stream).boxed_unsync()
}

/// The right answer with its first field made null.
fn without_first(right: &str) -> String {
    let mut body: Value = serde_json::from_str(right).unwrap_or_default();
    let first = body
        .get_mut("data")
        .and_then(Value::as_object_mut)
        .and_then(|data| data.values_mut().next());
    if let Some(first) = first {
        *first = Value::Null;
    }
    body.to_string()
}
