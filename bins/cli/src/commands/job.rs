//! `job`: plans that are being carried out, or were.

use anirewind_core::{App, BrowseError, Id, OperationState, Report, Stopping, count};

use crate::arguments::JobCommand;
use crate::commands::acts::Acts;
use crate::commands::history::{one_operation, op_line};
use crate::commands::plan::{self, report_text, tell};
use crate::json::operation_json;
use crate::output::{Failure, Output};
use crate::style::Styles;

/// So often a job of another process is looked at.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    command: &JobCommand,
) -> Result<u8, Failure> {
    let styles = Styles::read(app).await?;
    match command {
        JobCommand::List => list(app, output, profile).await,
        JobCommand::Report { id } => {
            let (operation, steps) = one_operation(app, profile, id).await?;
            tell(app, output, &Report { operation, steps }).await
        }
        JobCommand::Watch { id } => watch(app, output, profile, id).await,
        JobCommand::Pause { id } => {
            let (operation, _) = one_operation(app, profile, id).await?;
            app.pause_operation(&operation.id).await?;
            output.talk("It comes to rest after the request that is being sent.");
            Ok(0)
        }
        JobCommand::Stop { id } => {
            if let Some(plan) = plan_called(app, profile, id).await? {
                return stop(app, output, &plan).await;
            }
            let (operation, steps) = one_operation(app, profile, id).await?;
            let report = Report { operation, steps };
            let text = report_text(&styles.of(report.operation.owner), &report);
            let operation = report.operation;
            if !output.confirm(&format!("{text}\nEnd it here? What is done stays."), "stop")? {
                return Ok(0);
            }
            stop(app, output, &operation.id).await
        }
        JobCommand::Resume { id } => {
            let (operation, steps) = one_operation(app, profile, id).await?;
            let report = Report { operation, steps };
            let text = report_text(&styles.of(report.operation.owner), &report);
            let operation = report.operation;
            let question = format!("{}\n{text}\nGo on with it?", op_line(output, &operation));
            if operation.state.is_open() && !output.confirm(&question, "resume")? {
                output.talk("Nothing was sent.");
                return Ok(0);
            }
            let follower = output.follow(app.events());
            let report = {
                let _at_work = output.at_work(app);
                app.resume_operation(&operation.id).await
            };
            drop(follower);
            tell(app, output, &report?).await
        }
        JobCommand::Retry { id, apply } => {
            let (operation, _) = one_operation(app, profile, id).await?;
            let planned = app.plan_retry(&operation.id).await?;
            plan::offer(app, output, planned, apply).await
        }
    }
}

/// The plan with this whole id that nobody has begun to carry out.
async fn plan_called(app: &App, profile: Option<&str>, id: &str) -> Result<Option<Id>, Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let Some(id) = Id::parse(id) else {
        return Ok(None);
    };
    let found = app.act_called(&id).await.ok();
    let is_meant = |plan: &Report| {
        let operation = &plan.operation;
        operation.state == OperationState::Planned && owner.is_none_or(|of| of == operation.owner)
    };
    Ok(found.filter(is_meant).map(|plan| plan.operation.id))
}

async fn stop(app: &App, output: &Output, id: &Id) -> Result<u8, Failure> {
    match app.stop_operation(id).await? {
        Stopping::Ended(report) => tell(app, output, &report).await,
        Stopping::CalledOff(report) => {
            if output.is_json() {
                let told = operation_json(&report.operation, &[]);
                output.result("operation", || told, String::new);
            }
            output.talk(&format!(
                "Called off. Nothing was sent, and plan {id} is still there."
            ));
            Ok(0)
        }
        Stopping::Soon => {
            output.talk("It ends after the request that is being sent.");
            Ok(0)
        }
    }
}

async fn list(app: &App, output: &Output, profile: Option<&str>) -> Result<u8, Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let all = app.operations(owner, usize::MAX).await;
    let all = all.map_err(BrowseError::Store)?;
    let open = all.into_iter().filter(|one| one.state.is_open());
    let open: Vec<_> = open.collect();
    // JSON holds no more than the rows themselves.
    let told = if output.is_json() {
        &[]
    } else {
        open.as_slice()
    };
    let acts = Acts::read(app, owner, told).await?;
    output.list(
        "jobs",
        || open.iter().map(|one| operation_json(one, &[])).collect(),
        || acts.records(),
        || {
            if open.is_empty() {
                return "Nothing is under way. What is done: anirewind op log".to_owned();
            }
            acts.text(app.now())
        },
    );
    Ok(0)
}

async fn watch(app: &App, output: &Output, profile: Option<&str>, id: &str) -> Result<u8, Failure> {
    let mut last = None;
    loop {
        let (operation, steps) = one_operation(app, profile, id).await?;
        let report = Report { operation, steps };
        if report.operation.state != OperationState::Running {
            return tell(app, output, &report).await;
        }
        let all = report.sent().count();
        let done = all - report.summary().open;
        if last != Some(done) {
            output.talk(&format!("{done} of {} read back", count(all, "title")));
            last = Some(done);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
