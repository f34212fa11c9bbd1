//! What takes its time because AniList is asked, or much is read: it goes on apart from the request. Where it is
//! over soon, the answer is what came of it; else the answer says at once where that can be asked for.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use anirewind_core::App;
use anirewind_core::view::instant;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::{IntoParams, ToSchema};

use crate::api::Hub;
use crate::api::auth::Reader;
use crate::api::problem::Problem;

/// So long somebody is kept waiting, unless they say otherwise.
const SOON: Duration = Duration::from_secs(20);
/// What came of a task is news for so long.
const FRESH: time::Duration = time::Duration::hours(1);
/// So many that are over are remembered,
const REMEMBERED: usize = 64;
/// and so many go on at once.
const AT_ONCE: usize = 64;

/// What programs began, and what came of it. It outlives the settings, not the process: nothing that is sent to
/// AniList is a task.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    all: Mutex<BTreeMap<u64, Task>>,
}

#[derive(Debug, Clone)]
struct Task {
    what: &'static str,
    began: OffsetDateTime,
    over: Option<(OffsetDateTime, Done)>,
}

type Done = Result<Arc<Reply>, Problem>;

/// What is answered once it is over.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    location: Option<String>,
    body: Value,
}

/// An address of ours as it is for who asks: below the path under which a proxy serves us.
pub(crate) fn location(app: &App, path: &str) -> String {
    let url = app.settings().access.public_url.as_ref();
    format!("{}{path}", url.map_or("", |url| url.path.as_str()))
}

impl Reply {
    /// This is it.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::of(StatusCode::OK, None, body)
    }

    /// This was made, and is at this path.
    pub(crate) fn created(app: &App, path: &str, body: &impl Serialize) -> Result<Self, Problem> {
        Self::of(StatusCode::CREATED, Some(location(app, path)), body)
    }

    fn of(
        status: StatusCode,
        location: Option<String>,
        body: &impl Serialize,
    ) -> Result<Self, Problem> {
        let body = serde_json::to_value(body);
        let body = body.map_err(|error| Problem::failed(error.to_string()))?;
        Ok(Self {
            status,
            location,
            body,
        })
    }

    fn answer(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(location) = &self.location {
            answer.insert_header(("Location", location.clone()));
        }
        answer.json(&self.body)
    }
}

/// How long somebody wants to wait, by `Prefer` (RFC 7240): `respond-async` for not at all, `wait=5` for so many
/// seconds, and no longer than is usual here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(pub(crate) Duration);

impl Patience {
    fn of(request: &HttpRequest) -> Self {
        let mut patience = None;
        let said = request.headers().get_all("Prefer");
        let said = said.filter_map(|value| value.to_str().ok());
        for wish in said.flat_map(|value| value.split(',')) {
            let wish = wish.split(';').next().unwrap_or_default().trim();
            let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
            if name.trim().eq_ignore_ascii_case("wait") {
                let seconds = value.trim().trim_matches('"').parse().ok();
                patience = seconds.map(Duration::from_secs).or(patience);
            } else if wish.eq_ignore_ascii_case("respond-async") {
                patience = patience.or(Some(Duration::ZERO));
            }
        }
        Self(patience.unwrap_or(SOON).min(SOON))
    }
}

impl FromRequest for Patience {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl IntoParams for Patience {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let prefer = ParameterBuilder::new()
            .name("Prefer")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "`respond-async` to be answered at once, `wait=5` to wait so many seconds, 20 at the most (RFC 7240)",
            ))
            .schema(Some(Object::with_type(Type::String)))
            .build();
        vec![prefer]
    }
}

/// Something that takes its time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskView {
    /// Its id.
    id: String,
    /// What it is, in words.
    what: String,
    /// running, done, or failed.
    state: &'static str,
    /// When it began, RFC 3339.
    began_at: String,
    /// When it was over, RFC 3339.
    ended_at: Option<String>,
    /// The status that would have been answered.
    status: Option<u16>,
    /// Where what was made is.
    location: Option<String>,
    /// What would have been answered.
    #[schema(value_type = Option<Object>)]
    answer: Option<Value>,
    /// What went wrong.
    problem: Option<Problem>,
}

impl TaskView {
    fn of(id: u64, task: &Task) -> Self {
        let mut view = Self {
            id: id.to_string(),
            what: task.what.to_owned(),
            state: "running",
            began_at: instant(task.began),
            ended_at: task.over.as_ref().map(|(at, _)| instant(*at)),
            status: None,
            location: None,
            answer: None,
            problem: None,
        };
        match &task.over {
            None => {}
            Some((_, Ok(reply))) => {
                view.state = "done";
                view.status = Some(reply.status.as_u16());
                view.location.clone_from(&reply.location);
                view.answer = Some(reply.body.clone());
            }
            Some((_, Err(problem))) => {
                view.state = "failed";
                view.status = Some(problem.status());
                view.problem = Some(problem.clone());
            }
        }
        view
    }
}

impl Tasks {
    /// Begins one; nothing where too many go on already.
    fn begin(&self, what: &'static str, now: OffsetDateTime) -> Option<u64> {
        let mut all = self.all();
        let under_way = all.values().filter(|task| task.over.is_none()).count();
        if under_way >= AT_ONCE {
            return None;
        }
        // As high as the time, so that one from before a start is not taken for another.
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let id = all.keys().next_back().map_or(0, |id| id + 1).max(millis);
        let task = Task {
            what,
            began: now,
            over: None,
        };
        all.insert(id, task);
        Some(id)
    }

    fn end(&self, id: u64, now: OffsetDateTime, done: Done) {
        let mut all = self.all();
        if let Some(task) = all.get_mut(&id) {
            task.over = Some((now, done));
        }
        let over = |task: &Task| task.over.as_ref().map(|(at, _)| *at);
        all.retain(|_, task| over(task).is_none_or(|at| now - at < FRESH));
        let mut ended: Vec<u64> = all
            .iter()
            .filter_map(|(id, task)| over(task).map(|_| *id))
            .collect();
        ended.truncate(ended.len().saturating_sub(REMEMBERED));
        for id in ended {
            all.remove(&id);
        }
    }

    fn get(&self, id: u64, now: OffsetDateTime) -> Option<Task> {
        let all = self.all();
        let task = all.get(&id)?;
        let is_old = |over: &(OffsetDateTime, Done)| now - over.0 >= FRESH;
        (!task.over.as_ref().is_some_and(is_old)).then(|| task.clone())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Task>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does something apart from the request, and waits for it as long as whoever asks has patience.
pub(crate) async fn run<F>(
    app: &App,
    hub: &Hub,
    patience: Patience,
    what: &'static str,
    work: F,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Reply, Problem>> + Send + 'static,
{
    let tasks = hub.desk().tasks();
    let id = tasks.begin(what, app.now());
    let id = id.ok_or_else(|| Problem::busy("too much is under way already"))?;
    let (keeper, clock) = (hub.clone(), app.clone());
    let under_way = hub.spawn(async move {
        let done = tokio::spawn(work).await;
        let broke_off = |_| Err(Problem::failed("it broke off; the log says more"));
        let done = done.unwrap_or_else(broke_off).map(Arc::new);
        let tasks = keeper.desk().tasks();
        tasks.end(id, clock.now(), done.clone());
        done
    });
    if let Ok(done) = tokio::time::timeout(patience.0, under_way).await {
        let done = done.map_err(|_| Problem::failed("it broke off; the log says more"))?;
        return Ok(done?.answer());
    }
    let begun = tasks.get(id, app.now()).ok_or_else(forgotten)?;
    Ok(HttpResponse::Accepted()
        .insert_header(("Location", location(app, &format!("/api/v1/tasks/{id}"))))
        .insert_header(("Retry-After", "2"))
        .json(TaskView::of(id, &begun)))
}

fn forgotten() -> Problem {
    Problem::missing(
        "there is no such task: what came of one is kept for an hour, and not beyond a start",
    )
}

/// How something stands that takes its time, and what came of it. Kept for an hour after it is over, and not
/// beyond a start.
#[utoipa::path(tag = "server", params(("id", description = "As `Location` said")), responses(
    (status = 200, body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/tasks/{id}")]
pub(crate) async fn one(
    _: Reader,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Result<web::Json<TaskView>, Problem> {
    let number = id.parse().map_err(|_| forgotten())?;
    let found = hub.desk().tasks().get(number, app.now());
    let found = found.ok_or_else(forgotten)?;
    Ok(web::Json(TaskView::of(number, &found)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn who_asks_says_how_long_they_wait() {
        let of = |said: &[&'static str]| {
            let mut request = TestRequest::default();
            for value in said {
                request = request.append_header(("Prefer", *value));
            }
            Patience::of(&request.to_http_request()).0.as_secs()
        };
        assert_eq!(of(&[]), 20);
        assert_eq!(of(&["respond-async"]), 0);
        assert_eq!(of(&["Respond-Async, wait=5"]), 5);
        assert_eq!(of(&["wait=5", "respond-async"]), 5);
        assert_eq!(of(&["return=minimal; x=1, wait=\"7\""]), 7);
        assert_eq!(of(&["wait=600"]), 20);
        assert_eq!(of(&["wait=soon"]), 20);
    }

    #[test]
    fn what_is_over_is_kept_for_an_hour_and_not_without_end() {
        let (tasks, now) = (Tasks::default(), datetime!(2026-11-03 12:00 UTC));
        let done = || Ok(Arc::new(Reply::ok(&"done").unwrap()));
        let first = tasks.begin("a", now).unwrap();
        let slow = tasks.begin("b", now).unwrap();
        assert_ne!(first, slow);
        tasks.end(first, now, done());
        let later = now + time::Duration::minutes(59);
        assert!(tasks.get(first, later).is_some());
        assert!(tasks.get(first, now + FRESH).is_none());
        for _ in 0..REMEMBERED {
            let id = tasks.begin("c", later).unwrap();
            tasks.end(id, later, done());
        }
        assert!(tasks.get(first, later).is_none(), "the oldest goes");
        assert!(tasks.get(slow, now + FRESH * 5).is_some(), "it goes on");
        while tasks.begin("d", later).is_some() {}
        assert_eq!(tasks.all().len(), REMEMBERED + AT_ONCE);
    }
}
