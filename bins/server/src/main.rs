//! The self-hosted server.
fn main() {}
