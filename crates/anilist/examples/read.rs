//! Reads a whole account through the client, against the simulator: no account needed.
//!
//! `cargo run -p anirewind-anilist --example read`

use std::sync::Arc;

use anirewind_anilist::{AniList, SystemClock};
use anirewind_model::{AccessToken, Clock as _, MediaType, Remote as _};
use anirewind_simulator::{Growth, Simulator, World};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Somebody's account on a simulated AniList. With a real token, leave this and the endpoint out.
    let clock = Arc::new(SystemClock::new());
    let mut world = World::new();
    world.grow(
        World::hana(),
        "a-token",
        Growth {
            seed: 7,
            anime: 812,
            manga: 143,
        },
        clock.now(),
    );
    let simulator = Simulator::start(world, clock).await?;

    let token = AccessToken::new("a-token").ok_or("a token is not empty")?;
    let anilist = AniList::builder(token)
        .endpoint(simulator.url())
        .on_event(|event| println!("… {event}"))
        .build()?;

    let viewer = anilist.viewer().await?;
    let list = anilist.list(&viewer, &|_, _| ()).await?;
    for media_type in MediaType::BOTH {
        println!(
            "{}: {} {}",
            viewer.account.name,
            list.counts().of(media_type),
            media_type.word()
        );
    }
    println!("read in {} requests", simulator.traffic().requests);
    Ok(())
}
