//! Acts that a page or a program begins. They are carried out apart from the request, and go on without it.

use actix_web::HttpResponse;
use anirewind_core::{
    ActError, App, Explain as _, Id, Plan, Report, StepRow, StepState, Stopping, count, were,
};

use tokio::task::JoinHandle;

use crate::address::address;
use crate::api::Hub;
use crate::page::{PageError, Said, Visitor, Way, in_path, sentence};

/// Begins something under an id.
pub(crate) fn begin<F>(hub: &Hub, id: &Id, work: F) -> JoinHandle<Result<Report, ActError>>
where
    F: Future<Output = Result<Report, ActError>> + Send + 'static,
{
    hub.desk().begun(id);
    let (keeper, of) = (hub.clone(), id.clone());
    // By itself, so that somebody is there to say so where it ends without a word.
    let task = hub.spawn(work);
    hub.spawn(async move {
        let done = match task.await {
            Ok(done) => done,
            Err(error) => {
                let problem = "It ended without a word, which is a defect here; see the log.";
                keeper.desk().ended(&of, Some(problem.to_owned()));
                std::panic::resume_unwind(Box::new(error.to_string()));
            }
        };
        let failed = done.as_ref().err();
        // That is what somebody wanted.
        let failed = failed.filter(|error| !matches!(error, ActError::CalledOff { .. }));
        let problem = failed.map(told);
        if let Some(problem) = &problem {
            let operation = of.as_str();
            tracing::warn!(operation, problem, "an act did not end well");
        }
        keeper.desk().ended(&of, problem);
        done
    })
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
    app: &App,
    hub: &Hub,
    profile: &str,
    mut plan: Plan,
    removals: Option<usize>,
) -> Result<Way, PageError> {
    let Some(id) = plan.id().cloned() else {
        return Err(PageError::broken("a plan is sent that is not stored"));
    };
    plan.operation.detail.by = Some("the web page".to_owned());
    let app = app.clone();
    let task = begin(hub, &id, async move { app.apply(plan, removals).await });
    let done = hub.soon(task).await;
    Ok(led(profile, &id, done))
}

/// Goes on with an act.
pub(crate) async fn resume(visitor: &Visitor, hub: &Hub, id: &Id) -> HttpResponse {
    let (app, of) = (visitor.app.get_ref().clone(), id.clone());
    let work = async move { app.resume_operation(&of).await };
    let done = hub.soon(begin(hub, id, work)).await;
    let said = match done {
        Some(Err(error)) => Some(Said::problem(told(&error))),
        _ => None,
    };
    visitor.go(&format!("/jobs/{id}"), said)
}

/// Ends an act where it is. What was sent is read back first, which may take its time.
pub(crate) async fn stop(visitor: &Visitor, hub: &Hub, profile: &str, id: &Id) -> HttpResponse {
    match visitor.app.call_off(id).await {
        Ok(true) => {
            hub.desk().ended(id, None);
            let plan = format!("/plan/{}/{id}", in_path(profile));
            return visitor.go(&plan, Some(called_off()));
        }
        Ok(false) => {}
        Err(error) => {
            return visitor.go(&format!("/jobs/{id}"), Some(Said::problem(told(&error))));
        }
    }
    let (app, of) = (visitor.app.get_ref().clone(), id.clone());
    let task = hub.spawn(async move {
        let stopped = app.stop_operation(&of).await;
        if let Err(error) = &stopped {
            tracing::warn!(problem = error.chain(), "an act could not be stopped");
        }
        stopped
    });
    let said = match hub.soon(task).await {
        Some(Ok(Stopping::CalledOff(_))) => called_off(),
        Some(Ok(Stopping::Ended(report))) => stopped(&report),
        Some(Err(error)) => Said::problem(told(&error)),
        Some(Ok(Stopping::Soon)) | None => {
            Said::done("It stops after the request that is being sent.")
        }
    };
    visitor.go(&format!("/jobs/{id}"), Some(said))
}

fn called_off() -> Said {
    Said::done("Called off. Nothing was sent, and the plan is still here.")
}

fn led(profile: &str, id: &Id, done: Option<Result<Report, ActError>>) -> Way {
    let job = Way::to(format!("/jobs/{id}"));
    let plans = format!("/plan/{}", in_path(profile));
    let plan = Way::to(format!("{plans}/{id}"));
    match done {
        None => job,
        Some(Ok(report)) => job.saying(ended(&report, profile)),
        Some(Err(ActError::AlreadySo)) => {
            let text = "All that the plan would send is so already. Nothing was sent.";
            Way::to(plans).saying(Said::done(text))
        }
        Some(Err(ActError::Stopped { source, .. })) => {
            let text = sentence(&format!("stopped: {source}"));
            job.saying(Said::problem(text))
        }
        Some(Err(ActError::OutOfDate { count: many, .. })) => {
            let text = format!(
                "{} {} edited since the plan was made. What is there now stays, and nothing was sent. \
                 Look at the plan again, and send the rest.",
                count(many, "title"),
                were(many)
            );
            plan.saying(Said::problem(text))
        }
        Some(Err(ActError::CalledOff { .. })) => plan.saying(called_off()),
        Some(Err(error)) => plan.saying(Said::problem(told(&error))),
    }
}

/// What is said when an act ended while somebody waited for it.
pub(crate) fn ended(report: &Report, profile: &str) -> Said {
    let summary = report.summary();
    if report.is_verified() {
        let one = report.sent().next().filter(|_| report.sent().count() == 1);
        let said = match one.and_then(|step| step.title.as_deref()) {
            Some(title) => Said::done(format!("{title}: done, and read back.")),
            None => Said::done(format!(
                "Done and verified: {}.",
                count(summary.restored, "change")
            )),
        };
        if summary.restored == 0 {
            return said;
        }
        let operation = &report.operation;
        let (field, again) = if operation.kind == "undo" {
            ("redo", "Redo")
        } else {
            ("undo", "Undo")
        };
        let path = format!("/plan/{}/new", in_path(profile));
        let plan = address(&path, &[(field, operation.id.as_str())]);
        return said.with_link(plan, again);
    }
    if report.operation.state.is_open() {
        return Said::problem("It came to rest before it was done. See below how far it is.");
    }
    let is_left = |step: &&StepRow| step.state == StepState::Left.as_str();
    let (left, wrong): (Vec<_>, Vec<_>) = report.unwell().partition(is_left);
    if wrong.is_empty() {
        return stopped(report);
    }
    let turn = report.sent().count() - left.len();
    let problem = format!("{} of {turn} could not be applied.", wrong.len());
    Said::problem(if left.is_empty() {
        format!("{problem} See below.")
    } else {
        let left = count(left.len(), "title");
        format!("{problem} Stopped before {left}. See below.")
    })
}

/// What is said when somebody ended an act.
fn stopped(report: &Report) -> Said {
    let done = report.summary().restored;
    Said::done(format!(
        "Stopped after {}. What is done stays.",
        count(done, "title")
    ))
}
