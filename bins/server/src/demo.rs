//! The demo: a simulated AniList in this process, and an account that somebody has lived in.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anirewind_core::{Settings, Sources, SystemClock};
use anirewind_simulator::{Growth, Simulator, World};
use anyhow::Context as _;
use tempfile::TempDir;
use time::Duration;

use crate::story;

const TOKEN: &str = "CANARY-of-the-demo-7c19e05b";
const GROWTH: Growth = Growth {
    seed: 7,
    anime: 812,
    manga: 143,
};

/// A running demo. What it keeps goes with it.
pub(crate) struct Demo {
    simulator: Simulator,
    data: TempDir,
}

/// Commands go by what stands there; as everywhere, a file with a token is its owner's alone.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

impl Demo {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let clock = Arc::new(SystemClock::new());
        let mut world = World::new();
        let now = anirewind_core::model::Clock::now(clock.as_ref());
        world.grow(
            World::hana(),
            TOKEN,
            GROWTH,
            now - Duration::days(story::DAYS),
        );
        let simulator = Simulator::start(world, clock)
            .await
            .context("cannot start the simulated AniList")?;
        let data = tempfile::Builder::new().prefix("anirewind-demo-").tempdir();
        let data = data.context("cannot make a folder for the demo")?;
        let token = data.path().join("token.txt");
        let (url, place) = (simulator.url(), token.display().to_string());
        let config = format!(
            "anilist_url = {url:?}\nanilist_token_file = {place:?}\ndestructive_sync = true\n"
        );
        let written = write_private(&token, TOKEN)
            .and_then(|()| write_private(&data.path().join("config.toml"), &config));
        written.context("cannot write the settings of the demo")?;
        Ok(Self { simulator, data })
    }

    /// How a terminal gets to it.
    pub(crate) fn command(&self) -> String {
        format!("anirewind --data-dir {} log", self.data.path().display())
    }

    /// Settings for the demo. Tokens of real accounts in the environment are left out of it, and
    /// so is the real data folder.
    pub(crate) fn sources(&self, given: &Sources) -> Sources {
        let mut flags: BTreeMap<_, _> = given.flags.clone();
        flags.insert("data_dir", self.data.path().display().to_string());
        let kept = [
            "ANIREWIND_LISTEN",
            "ANIREWIND_LOG",
            "ANIREWIND_TIME_ZONE",
            "PAB_WEB_HOST",
            "PAB_WEB_PORT",
        ];
        let mut environment: BTreeMap<_, _> = given
            .environment
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Nothing in it is anybody's, so nobody has to log in.
        environment.insert("ANIREWIND_LOGIN".to_owned(), "off".to_owned());
        // Whoever tries it may remove titles too.
        environment.insert("ANIREWIND_DESTRUCTIVE_SYNC".to_owned(), "true".to_owned());
        environment.insert("ANIREWIND_ANILIST_TOKEN".to_owned(), TOKEN.to_owned());
        environment.insert("ANIREWIND_ANILIST_URL".to_owned(), self.simulator.url());
        Sources {
            flags,
            environment,
            platform_data: None,
        }
    }

    /// Lets a week pass in the account, with everything that can go wrong in one.
    pub(crate) async fn live_a_week(&self, settings: &Settings) -> anyhow::Result<()> {
        story::live(&self.simulator, settings).await
    }
}
