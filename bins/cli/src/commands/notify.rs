//! `notify`

use anirewind_core::view::{NoticesView, TestedView};
use anirewind_core::{App, ChannelStatus, Tested};

use crate::arguments::NotifyCommand;
use crate::json::shape;
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    command: &NotifyCommand,
) -> Result<u8, Failure> {
    match command {
        NotifyCommand::Test { channel } => test(app, output, channel.as_deref()).await,
        NotifyCommand::List => list(app, output).await,
    }
}

async fn test(app: &App, output: &Output, channel: Option<&str>) -> Result<u8, Failure> {
    let tested = app.test_notices(channel).await?;
    output.result(
        "notify-test",
        || shape(tested.iter().map(TestedView::from).collect::<Vec<_>>()),
        || tested.iter().map(told).collect::<Vec<_>>().join("\n"),
    );
    let arrived = tested.iter().filter(|test| test.outcome.is_ok()).count();
    Ok(match arrived {
        0 => 1,
        some if some < tested.len() => 3,
        _ => 0,
    })
}

fn told(test: &Tested) -> String {
    match &test.outcome {
        Ok(()) => format!("{}: {} took it", test.name, test.place),
        Err(error) => format!("{}: {error}. {}", test.name, error.hint()),
    }
}

async fn list(app: &App, output: &Output) -> Result<u8, Failure> {
    let channels = app.notice_channels().await?;
    let settings = &app.settings().notify;
    output.result(
        "notify",
        || shape(NoticesView::of(&channels, settings)),
        || {
            let mut lines: Vec<_> = channels.iter().map(|one| line(one, output)).collect();
            if lines.is_empty() {
                lines.push(
                    "Nobody is told anything. docs/notices.md says how to set it up.".to_owned(),
                );
            } else {
                let kinds: Vec<_> = settings.on.iter().map(|kind| kind.as_str()).collect();
                lines.push(format!("told of: {}", kinds.join(", ")));
            }
            if let Some(ping) = &settings.ping {
                lines.push(format!("ping: {}", ping.place()));
            }
            lines.join("\n")
        },
    );
    Ok(0)
}

fn line(channel: &ChannelStatus, output: &Output) -> String {
    let fares = &channel.fares;
    let mut line = format!("{}: {}, {} sent", channel.name, channel.place, fares.sent);
    if let Some(at) = fares.sent_at {
        line = format!("{line}, last {}", output.time(at));
    }
    if fares.waiting > 0 {
        line = format!("{line}, {} waiting", fares.waiting);
    }
    if let Some(problem) = &fares.problem {
        line = format!("{line}. The last attempt failed: {problem}");
    }
    line
}
