//! AniList over HTTP on loopback, for the demo, for tests and for people who build on these crates.
