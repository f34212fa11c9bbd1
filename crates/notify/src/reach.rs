//! Where notices may go: not into somebody's own network, unless somebody says so.
//!
//! What is judged is the address that a connection is made to, after the name was looked up. A name
//! that is harmless when it is written into the settings can lead elsewhere an hour later.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where notices may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Whether to this machine and the networks around it, too.
    pub allow_private: bool,
}

/// Why nothing is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// It is on this machine, or in a network of somebody's own.
    Private,
    /// It is not, and what is sent could be read on the way.
    Unencrypted,
    /// The name leads nowhere.
    Nowhere,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "a private address",
            Self::Unencrypted => "not encrypted",
            Self::Nowhere => "no address",
        })
    }
}

impl Error for Blocked {}

impl Reach {
    /// Whether a connection may be made. What is not encrypted stays in one's own networks.
    pub(crate) fn check(self, address: IpAddr, is_encrypted: bool) -> Result<(), Blocked> {
        match (is_private(address), self.allow_private, is_encrypted) {
            (true, false, _) => Err(Blocked::Private),
            (false, _, false) => Err(Blocked::Unencrypted),
            (true, true, _) | (false, _, true) => Ok(()),
        }
    }

    /// Those of a name's addresses that a connection may be made to; why not, if there are none.
    pub(crate) fn filter(
        self,
        addresses: impl Iterator<Item = SocketAddr>,
        is_encrypted: bool,
    ) -> Result<Vec<SocketAddr>, Blocked> {
        let mut first = None;
        let mut allowed = Vec::new();
        for address in addresses {
            match self.check(address.ip(), is_encrypted) {
                Ok(()) => allowed.push(address),
                Err(blocked) => {
                    first.get_or_insert(blocked);
                }
            }
        }
        if allowed.is_empty() {
            return Err(first.unwrap_or(Blocked::Nowhere));
        }
        Ok(allowed)
    }

    /// Looks a name up and keeps what may be connected to.
    pub(crate) async fn resolve(
        self,
        host: &str,
        port: u16,
        is_encrypted: bool,
    ) -> Result<Vec<SocketAddr>, Blocked> {
        let found = tokio::net::lookup_host((host, port)).await;
        self.filter(found.map_err(|_| Blocked::Nowhere)?, is_encrypted)
    }
}

/// Looks names up for the HTTP client, which connects to nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver {
    pub(crate) reach: Reach,
    pub(crate) is_encrypted: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self {
            reach,
            is_encrypted,
        } = *self;
        Box::pin(async move {
            let found = reach.resolve(name.as_str(), 0, is_encrypted).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is none of the public internet. One that carries another is judged by that.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            // "This" network; carriers' own; protocols' own; measuring; and what is reserved.
            (0 | 240..=255, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _)
        )
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // An IPv4 address in the shape of an IPv6 one, or behind a translator (RFC 4291, RFC 6052).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            v4(high, low)
        }
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => v4(high, low),
        // Everything public lies in 2000::/3, but for Teredo and other protocols' own (2001::/23) and
        // what stands in documents (2001:db8::/32, 3fff::/20).
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0x3fff, second, ..] => second < 0x1000,
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_not_of_the_public_internet_is_private() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(is_private(ip(private)), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:4860:4860::8888",
            "2002:101:101::",
            "2606:4700::1111",
        ] {
            assert!(!is_private(ip(public)), "{public}");
        }
    }

    #[test]
    fn a_name_is_judged_by_each_of_its_addresses() {
        let at = |text: &str| SocketAddr::new(ip(text), 443);
        let strict = Reach::default();
        let open = Reach {
            allow_private: true,
        };
        let mixed = || [at("10.0.0.1"), at("1.1.1.1"), at("::1")].into_iter();
        assert_eq!(strict.filter(mixed(), true), Ok(vec![at("1.1.1.1")]));
        assert_eq!(open.filter(mixed(), true).unwrap().len(), 3);
        assert_eq!(open.filter(mixed(), false).unwrap().len(), 2);
        let inside = || [at("10.0.0.1")].into_iter();
        assert_eq!(strict.filter(inside(), true), Err(Blocked::Private));
        let outside = || [at("1.1.1.1")].into_iter();
        assert_eq!(open.filter(outside(), false), Err(Blocked::Unencrypted));
        assert_eq!(
            strict.filter(std::iter::empty(), true),
            Err(Blocked::Nowhere)
        );
    }
}
