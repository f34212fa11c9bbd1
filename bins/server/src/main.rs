//! The self-hosted server: parse arguments, wire, run.

mod demo;
mod life;
mod log;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
mod probe;
mod story;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anirewind_core::{App, Explain, Settings, Sources, SystemClock};
use anyhow::Context as _;
use clap::Parser;
use etcetera::BaseStrategy as _;

use crate::log::Log;

/// That of musl takes one thread at a time, and half as long again for every page.
#[cfg(target_env = "musl")]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps verified copies of your AniList lists, at start and daily, and shows them on a page.
#[derive(Debug, Parser)]
#[command(
    name = "anirewind-server",
    version,
    after_help = "Unofficial. Not affiliated with AniList."
)]
struct Arguments {
    /// Try it without an account: AniList is simulated inside this process, nothing is kept.
    #[arg(long)]
    demo: bool,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Keep everything in this folder.
    #[arg(
        long,
        visible_alias = "data",
        value_name = "DIR",
        conflicts_with = "demo"
    )]
    data_dir: Option<PathBuf>,
    /// Ask a server with these settings whether it answers, and end with 0 if so. For containers.
    #[arg(long, conflicts_with = "demo")]
    check_health: bool,
}

/// Threads that may wait for the disk at once, and those that do everything else. Each takes memory of its own.
const WAITING: usize = 16;
const WORKING: usize = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    memory::ask_for_little();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(
            std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(WORKING),
        )
        .max_blocking_threads(WAITING)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(anyhow::Error::from(error)
            .context("no thread can be had")
            .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {:#}", failure.error));
            if let Some(hint) = failure.hint {
                say(&hint);
            }
            ExitCode::from(failure.status)
        }
    }
}

struct Failure {
    error: anyhow::Error,
    hint: Option<String>,
    status: u8,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self {
            error,
            hint: None,
            status: 1,
        }
    }
}

/// Keeps what an error says about what to do.
fn explained<E: Explain + Send + Sync + 'static>(error: E) -> Failure {
    let (hint, status) = (error.hint(), error.code().exit_status());
    Failure {
        error: error.into(),
        hint,
        status,
    }
}

/// An address that cannot be had, with what to do about it.
fn refused(error: anirewind_web::ServeError) -> Failure {
    let (hint, status) = match &error {
        anirewind_web::ServeError::NoPassword { .. } => (
            "Nothing was started. Set a password first, with `anirewind password set` or \
             ANIREWIND_PASSWORD_FILE. Where a proxy sees to who may come in: ANIREWIND_LOGIN=off.",
            anirewind_core::Code::RefusedForSafety.exit_status(),
        ),
        _ => (
            "Nothing was started. Another address can be named with --listen.",
            1,
        ),
    };
    Failure {
        hint: Some(hint.to_owned()),
        status,
        ..anyhow::Error::new(error).context("cannot start").into()
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    if arguments.check_health {
        let settings = Settings::read(&sources(&arguments)).map_err(explained)?;
        return Ok(probe::ask(settings.listen)?);
    }
    let (sources, demo) = if arguments.demo {
        let demo = demo::Demo::start().await?;
        (demo.sources(&sources(&arguments)), Some(demo))
    } else {
        (sources(&arguments), None)
    };
    let settings = Settings::read(&sources).map_err(explained)?;
    let log = Log::start(&settings)?;
    if let Some(demo) = &demo {
        demo.live_a_week(&settings).await?;
    }
    let (listen, is_open) = (settings.listen, settings.access.is_open);
    let opened = tokio::task::spawn_blocking(move || {
        App::open(settings, Arc::new(SystemClock::new()), zone(), None)
    });
    let app = opened
        .await
        .context("cannot open the installation")?
        .map_err(explained)?;
    let has_login = is_open || app.is_claimed().await.map_err(explained)?;
    let listener = match anirewind_web::bind(listen, has_login) {
        Ok(listener) => listener,
        Err(error) => return Err(refused(error)),
    };
    let address = listener.local_addr().context("cannot start")?;
    app.keep_log(&log.book);
    if let Err(error) = app.refresh_catalogue().await {
        tracing::error!(
            problem = error.chain(),
            "cannot look into the folder of snapshots"
        );
    }
    announce(&format!("AniRewind is at http://{address}"));
    if let Some(demo) = &demo {
        announce(&format!(
            "In another terminal, while it runs: {}",
            demo.command()
        ));
    }
    if !is_open && let Some((code, file)) = app.setup_code().await.map_err(explained)? {
        // Into a log it does not go: logs are kept, and read by others.
        if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
            announce(&format!(
                "Nobody has set it up yet. The setup code is {code}"
            ));
        } else {
            announce(&format!(
                "Nobody has set it up yet. The setup code is in {}",
                file.display()
            ));
        }
    }
    if is_open && !address.ip().is_loopback() {
        tracing::warn!("login is off: whoever reaches {address} can change your AniList");
    }
    Ok(life::live(&sources, app, listener, &log).await?)
}

fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::system()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is where the environment is read"
)]
fn sources(arguments: &Arguments) -> Sources {
    let mut flags = BTreeMap::new();
    if let Some(listen) = arguments.listen {
        flags.insert("listen", listen.to_string());
    }
    if let Some(data) = &arguments.data_dir {
        flags.insert("data_dir", data.display().to_string());
    }
    // What is not UTF-8 keeps a mark where it was not, and is refused where it matters.
    let environment = std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    });
    let platform_data = etcetera::choose_base_strategy()
        .ok()
        .map(|base| base.data_dir());
    Sources {
        flags,
        environment: environment.collect(),
        platform_data,
    }
}

/// Whoever read the first line may have stopped listening; the server does not end for that.
fn announce(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "a start that fails says why, log or no log"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
