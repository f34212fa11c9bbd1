//! Acts that a page begins. They are carried out apart from the request, and go on without it.

use std::time::Duration;

use actix_web::HttpResponse;
use anirewind_core::{ActError, Explain as _, Id, Plan, Report};

use crate::api::Hub;
use crate::page::{PageError, Said, Visitor, in_path, sentence};

/// A page waits so long for an act to end before it shows how far it is.
const SOON: Duration = Duration::from_secs(4);

/// Begins something under an id, and waits a little. `None` where it goes on.
async fn begin<F>(hub: &Hub, id: &Id, work: F) -> Option<Result<Report, ActError>>
where
    F: Future<Output = Result<Report, ActError>> + Send + 'static,
{
    hub.begun(id);
    let (keeper, of) = (hub.clone(), id.clone());
    let task = hub.spawn(async move {
        let done = work.await;
        let problem = done.as_ref().err().map(told);
        if let Some(problem) = &problem {
            tracing::warn!(problem, "an act did not end well");
        }
        keeper.ended(&of, problem);
        done
    });
    match tokio::time::timeout(SOON, task).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// What went wrong, what still holds, what to do.
fn told(error: &ActError) -> String {
    let hint = error.hint().unwrap_or_default();
    format!("{} {hint}", sentence(&error.chain()))
        .trim()
        .to_owned()
}

/// Sends a plan that is stored, and leads to where it can be watched, or back to the plan.
pub(crate) async fn send(
    visitor: &Visitor,
    hub: &Hub,
    profile: &str,
    mut plan: Plan,
    removals: Option<usize>,
) -> Result<HttpResponse, PageError> {
    let Some(id) = plan.id().cloned() else {
        return Err(PageError::broken("a plan is sent that is not stored"));
    };
    plan.operation.detail.by = Some("the web page".to_owned());
    let app = visitor.app.get_ref().clone();
    let done = begin(hub, &id, async move { app.apply(plan, removals).await }).await;
    Ok(led(visitor, profile, &id, done))
}

/// Goes on with an act.
pub(crate) async fn resume(visitor: &Visitor, hub: &Hub, id: &Id) -> HttpResponse {
    let (app, of) = (visitor.app.get_ref().clone(), id.clone());
    let work = async move { app.resume_operation(&of).await };
    let done = begin(hub, id, work).await;
    let said = match done {
        Some(Err(error)) => Some(Said::problem(told(&error))),
        _ => None,
    };
    visitor.go(&format!("/jobs/{id}"), said)
}

fn led(
    visitor: &Visitor,
    profile: &str,
    id: &Id,
    done: Option<Result<Report, ActError>>,
) -> HttpResponse {
    let job = format!("/jobs/{id}");
    let plans = format!("/plan/{}", in_path(profile));
    match done {
        None => visitor.go(&job, None),
        Some(Ok(report)) => visitor.go(&job, Some(ended(&report))),
        Some(Err(ActError::AlreadySo)) => {
            let text = "All that the plan would send is so already. Nothing was sent.";
            visitor.go(&plans, Some(Said::done(text)))
        }
        Some(Err(ActError::Stopped { source, .. })) => {
            let text = sentence(&format!("stopped: {source}"));
            visitor.go(&job, Some(Said::problem(text)))
        }
        Some(Err(ActError::OutOfDate { count, .. })) => {
            let text = format!(
                "{} edited since the plan was made, and stay as they are now. Nothing was sent. \
                 Look at the plan again, and send the rest.",
                if count == 1 {
                    "1 title was".to_owned()
                } else {
                    format!("{count} titles were")
                }
            );
            visitor.go(&format!("{plans}/{id}"), Some(Said::problem(text)))
        }
        Some(Err(error)) => visitor.go(&format!("{plans}/{id}"), Some(Said::problem(told(&error)))),
    }
}

/// What is said when an act ended while somebody waited for it.
pub(crate) fn ended(report: &Report) -> Said {
    let summary = report.summary();
    if report.is_verified() {
        let one = report.sent().next().filter(|_| report.sent().count() == 1);
        return match one.and_then(|step| step.title.as_deref()) {
            Some(title) => Said::done(format!("{title}: done, and read back.")),
            None => Said::done(format!(
                "Done and verified: {}.",
                crate::address::count(summary.restored, "change")
            )),
        };
    }
    if report.operation.state.is_open() {
        return Said::problem("It came to rest before it was done. See below how far it is.");
    }
    let unwell = report.unwell().count();
    Said::problem(format!(
        "{unwell} of {} could not be applied. See below.",
        report.sent().count()
    ))
}

/// What is said when somebody ended an act.
pub(crate) fn stopped(report: &Report) -> Said {
    let done = report.summary().restored;
    Said::done(format!(
        "Stopped after {}. What is done stays.",
        crate::address::count(done, "title")
    ))
}
