//! `undo`, `redo`

use anirewind_core::{ActError, Action, App, Choices};

use crate::arguments::{Prefer, UndoArguments};
use crate::commands::plan;
use crate::output::{Failure, Output};
use crate::style::Styles;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &UndoArguments,
    is_redo: bool,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let mut choices = match arguments.prefer {
        Prefer::Before => Choices::everything(),
        Prefer::Ask | Prefer::Now => Choices::default(),
    };
    choices.fields.extend(arguments.fields.iter().copied());
    choices.picks = arguments.picks.picks();
    let planned = if let Some(back_to) = &arguments.back_to {
        app.plan_back_to(profile, back_to, choices).await?
    } else if is_redo {
        app.plan_redo(profile, &arguments.ids, choices).await?
    } else {
        app.plan_undo(profile, &arguments.ids, choices).await?
    };
    let is_named = !arguments.ids.is_empty() || arguments.back_to.is_some();
    if !is_redo && !is_named && planned.operation.kind == "redo" {
        output.talk("The newest act of ours that stands is an undo; this takes it back.");
    }
    let conflicts = planned.count(Action::Keep);
    if conflicts > 0 && arguments.prefer == Prefer::Ask && !arguments.apply.dry_run {
        let style = Styles::read(app).await?.of_plan(&planned);
        output.talk(&plan::plan_text(output, &style, &planned));
        return Err(ActError::Undecided { count: conflicts }.into());
    }
    plan::offer(app, output, planned, &arguments.apply).await
}
