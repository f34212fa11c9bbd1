//! Where requests go.

use reqwest::Url;
use thiserror::Error;

/// AniList's own address.
pub(crate) const ANILIST: &str = "https://graphql.anilist.co";

/// An address that a token must not be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEndpoint {
    /// Not an address at all.
    #[error("`{address}` is not an address; one looks like {ANILIST}")]
    NotAnAddress {
        /// What was given.
        address: String,
    },
    /// Readable on the way.
    #[error("`{address}` is not encrypted and not on this machine; use https")]
    NotEncrypted {
        /// What was given.
        address: String,
    },
    /// Names and passwords in an address end up in logs.
    #[error("the address must not hold a user name or a password")]
    HoldsCredentials,
}

/// Checks an address: https anywhere, http only on this machine.
pub(crate) fn parse(address: &str) -> Result<Url, InvalidEndpoint> {
    let not_an_address = || InvalidEndpoint::NotAnAddress {
        address: address.to_owned(),
    };
    let url = Url::parse(address).map_err(|_| not_an_address())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidEndpoint::HoldsCredentials);
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(not_an_address)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        "http" => Err(InvalidEndpoint::NotEncrypted {
            address: address.to_owned(),
        }),
        _ => Err(not_an_address()),
    }
}

/// Refuses an address that no client would be built for.
pub fn check_endpoint(address: &str) -> Result<(), InvalidEndpoint> {
    parse(address).map(|_| ())
}

/// Whether an address leads to this machine, where no AniList is but a simulated one.
pub fn is_on_this_machine(address: &str) -> bool {
    let url = parse(address).ok();
    url.is_some_and(|url| url.host_str().is_some_and(is_loopback))
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_out_encrypted_or_stays_on_this_machine() {
        for fine in [
            ANILIST,
            "http://127.0.0.1:8642/",
            "http://[::1]:8642",
            "http://localhost",
        ] {
            assert!(parse(fine).is_ok(), "{fine}");
        }
        for bad in [
            "http://graphql.anilist.co",
            "http://127.0.0.1.example.org",
            "http://10.0.0.7",
            "ftp://127.0.0.1",
            "graphql.anilist.co",
            "https://me:secret@graphql.anilist.co",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
