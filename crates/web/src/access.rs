//! Who asks: somebody who is logged in, a program with a key, anybody where login is off, or nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use anirewind_core::{
    AccessSettings, App, KeyRow, PublicUrl, SESSION_LIFETIME, SessionRow, SessionToken,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use time::{Duration, OffsetDateTime};

use crate::page::PageError;
use crate::pass::Pass;

/// So many wrong passwords in a row are taken at once; then each one costs time.
const FREE_TRIES: u32 = 5;
/// The longest that somebody has to wait for another try.
const LONGEST_WAIT: Duration = Duration::minutes(15);
/// So many addresses are remembered; more are all treated as one.
const REMEMBERED: usize = 10_000;

/// The rules of who may come in, and who has tried.
#[derive(Debug)]
pub struct Access {
    settings: AccessSettings,
    /// Whether only this machine can reach us.
    is_local: bool,
    door: Door,
}

/// Who has tried passwords at the door, and which installation is behind it now. It outlives the settings.
#[derive(Clone, Default)]
pub struct Door {
    tries: Arc<Mutex<BTreeMap<IpAddr, Tries>>>,
    newest: Arc<Mutex<Option<Data<App>>>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = formatter.debug_struct("Door");
        said.field("tries", &self.tries).finish_non_exhaustive()
    }
}

impl Door {
    /// From now on pages are made with this installation, also on connections that were opened before.
    pub fn lead_to(&self, app: &App) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Some(Data::new(app.clone()));
    }
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: OffsetDateTime,
}

/// Goes with a request of somebody who was found to be in.
struct IsIn;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// Somebody who has shown nothing.
    Nobody,
    /// Anybody: login is off.
    Anybody,
    /// Somebody who is logged in.
    Session(SessionRow),
    /// A program with a key.
    Key(KeyRow),
    /// A program with something that is no key of ours.
    WrongKey,
}

impl Who {
    /// Pages are for people; a key opens the API alone.
    pub(crate) const fn may_see_pages(&self) -> bool {
        matches!(self, Self::Anybody | Self::Session(_))
    }
}

impl Access {
    /// The installation that is in force, where a server was started with one.
    pub(crate) fn newest(&self) -> Option<Data<App>> {
        let newest = self.door.newest.lock();
        newest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The rules for a server that listens on an address.
    pub fn new(settings: AccessSettings, listen: SocketAddr, door: Door) -> Self {
        Self {
            settings,
            is_local: listen.ip().is_loopback(),
            door,
        }
    }

    /// What addresses begin with.
    pub(crate) fn base(&self) -> &str {
        let url = self.settings.public_url.as_ref();
        url.map_or("", |url| url.path.as_str())
    }

    pub(crate) const fn public_url(&self) -> Option<&PublicUrl> {
        self.settings.public_url.as_ref()
    }

    /// Whether the way from the browser to us is encrypted, as far as the settings say.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url().is_some_and(|url| url.is_https)
    }

    /// What is said on every page as long as anybody who reaches us may do everything.
    pub(crate) const fn warning(&self) -> Option<&'static str> {
        if self.settings.is_open && !self.is_local {
            return Some(
                "Login is off, and this server can be reached from other machines: whoever reaches it \
                 can change your AniList. See the setting `login`.",
            );
        }
        None
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.settings.is_open
    }

    /// Where somebody has to go who is not in yet.
    pub(crate) fn way_in(&self, is_claimed: bool, path: &str) -> String {
        let base = self.base();
        if !is_claimed {
            return format!("{base}/setup");
        }
        if path == "/" {
            return format!("{base}/login");
        }
        let next = utf8_percent_encode(path, NON_ALPHANUMERIC);
        format!("{base}/login?next={next}")
    }

    /// Who asks. A key that is shown counts before a cookie.
    pub(crate) async fn who(&self, app: &App, request: &HttpRequest) -> Result<Who, PageError> {
        let who = self.look_who(app, request).await?;
        if matches!(who, Who::Anybody | Who::Session(_) | Who::Key(_)) {
            request.extensions_mut().insert(IsIn);
        }
        Ok(who)
    }

    /// What lets whoever asks follow what happens.
    pub(crate) async fn pass(&self, app: &App, request: &HttpRequest) -> Option<Pass> {
        Pass::of(&self.who(app, request).await.ok()?)
    }

    /// Whether whoever asks is in; nobody is asked again who was found to be.
    pub(crate) async fn is_in(&self, app: &App, request: &HttpRequest) -> bool {
        let is_known = request.extensions().contains::<IsIn>();
        is_known
            || (self.who(app, request).await.is_ok() && request.extensions().contains::<IsIn>())
    }

    async fn look_who(&self, app: &App, request: &HttpRequest) -> Result<Who, PageError> {
        if let Some(shown) = request.headers().get(header::AUTHORIZATION) {
            let shown = shown.to_str().unwrap_or_default();
            // What a proxy asked for itself is none of ours.
            if is_bearer(shown) {
                let key = shown.split_once(' ').map_or("", |(_, key)| key.trim());
                let found = app.check_key(key).await?;
                return Ok(found.map_or(Who::WrongKey, Who::Key));
            }
        }
        if self.is_open() {
            return Ok(Who::Anybody);
        }
        let Some(cookie) = request.cookie(self.cookie_name()) else {
            return Ok(Who::Nobody);
        };
        let session = app.session(cookie.value()).await?;
        Ok(session.map_or(Who::Nobody, Who::Session))
    }

    /// A cookie of this name is only taken by browsers from an encrypted connection to this very host.
    fn cookie_name(&self) -> &'static str {
        if self.is_https() && self.base().is_empty() {
            "__Host-anirewind"
        } else {
            "anirewind"
        }
    }

    /// The cookie that keeps somebody in.
    pub(crate) fn cookie(&self, token: &SessionToken) -> Cookie<'static> {
        self.cookie_of(token.expose().to_owned())
    }

    /// The cookie that takes it away.
    pub(crate) fn no_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.cookie_of(String::new());
        cookie.make_removal();
        cookie
    }

    fn cookie_of(&self, value: String) -> Cookie<'static> {
        let path = match self.base() {
            "" => "/".to_owned(),
            base => base.to_owned(),
        };
        Cookie::build(self.cookie_name(), value)
            .path(path)
            .http_only(true)
            .secure(self.is_https())
            .same_site(SameSite::Lax)
            .max_age(SESSION_LIFETIME)
            .finish()
    }

    /// Whether we answer to a name: this machine's own, those of the settings, and, where others can
    /// reach us at all, addresses. A page elsewhere can give any other name our address.
    pub(crate) fn answers_to(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let name = name_of(&host);
        let is_named = |named: &str| named == host || Some(named) == name;
        let is_public = self
            .public_url()
            .is_some_and(|url| url.host == host || name_of(&url.host) == name);
        let address = name.and_then(|name| name.parse::<IpAddr>().ok());
        let is_address = address.is_some_and(|address| !self.is_local || address.is_loopback());
        name == Some("localhost")
            || is_address
            || is_public
            || self.settings.hosts.iter().any(|named| is_named(named))
    }

    /// From where somebody asks: what a proxy says counts only from those we trust.
    pub(crate) fn address_of(&self, peer: Option<SocketAddr>, forwarded: Option<&str>) -> IpAddr {
        let unknown = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let mut address = peer.map_or(unknown, |peer| peer.ip().to_canonical());
        let is_trusted = |address| self.settings.proxies.iter().any(|net| net.holds(address));
        // Each proxy adds who asked it at the end; the first that is not one of ours is who it is.
        for said in forwarded.unwrap_or_default().rsplit(',') {
            if !is_trusted(address) {
                break;
            }
            match said_address(said.trim()) {
                Some(said) => address = said.to_canonical(),
                None => break,
            }
        }
        address
    }

    /// Who passes this request on for somebody and is not named as one who may.
    pub(crate) fn unnamed_proxy(&self, request: &HttpRequest) -> Option<IpAddr> {
        let names = ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded"];
        let headers = request.headers();
        let is_passed_on = names.iter().any(|name| headers.contains_key(*name));
        let peer = request.peer_addr()?.ip().to_canonical();
        let is_named = || self.settings.proxies.iter().any(|net| net.holds(peer));
        (is_passed_on && !is_named()).then_some(peer)
    }

    /// Lets somebody try a password, or says how long they have to wait first. A try counts as wrong
    /// until it turns out to be right, so that many at once do not all get through.
    pub(crate) fn try_now(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), Duration> {
        let mut all = self.tries();
        all.retain(|_, tries| (now - tries.last).abs() < LONGEST_WAIT * 4);
        let from = network(address);
        let key = if all.contains_key(&from) || all.len() < REMEMBERED {
            from
        } else {
            IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)
        };
        let tries = all.entry(key).or_insert(Tries {
            wrong: 0,
            last: now,
        });
        if let Some(over) = tries.wrong.checked_sub(FREE_TRIES) {
            let wait = Duration::seconds(2_i64.saturating_pow(over.min(10) + 1)).min(LONGEST_WAIT);
            let left = tries.last + wait - now;
            if left.is_positive() {
                return Err(left);
            }
        }
        *tries = Tries {
            wrong: tries.wrong + 1,
            last: now,
        };
        Ok(())
    }

    /// The try was right.
    pub(crate) fn forgive(&self, address: IpAddr) {
        self.tries().remove(&network(address));
    }

    fn tries(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Tries>> {
        let tries = self.door.tries.lock();
        tries.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a program shows a key, rather than a browser what a proxy asked for.
pub(crate) fn is_bearer(shown: &str) -> bool {
    let scheme = shown.split(' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer")
}

/// Somebody with IPv6 has a whole network of addresses to try from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(std::net::Ipv6Addr::from_bits(bits))
        }
    }
}

/// A host without its port.
fn name_of(host: &str) -> Option<&str> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let (name, port) = rest.split_once(']')?;
            let is_port = port.is_empty()
                || port
                    .strip_prefix(':')
                    .is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
            is_port.then_some(name)
        }
        None => match host.rsplit_once(':') {
            Some((name, port)) => port
                .bytes()
                .all(|digit| digit.is_ascii_digit())
                .then_some(name),
            None => Some(host),
        },
    }
}

/// An address as proxies write it: some add the port it came from.
fn said_address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']');
    let address = text.parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.or_else(|| bare()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use anirewind_core::Network;
    use time::macros::datetime;

    use super::*;

    fn access(listen: &str, settings: AccessSettings) -> Access {
        Access::new(settings, listen.parse().unwrap(), Door::default())
    }

    #[test]
    fn only_this_machines_own_names_pass() {
        let access = access("127.0.0.1:4849", AccessSettings::default());
        for host in [
            "127.0.0.1:4849",
            "localhost",
            "LOCALHOST:80",
            "[::1]:4849",
            "127.0.0.2",
        ] {
            assert!(access.answers_to(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:4849",
            "localhost.evil.example",
            "localhost:4849.evil.example",
            "192.168.1.2:4849",
            "[::2]:80",
            "[::1].evil.example",
            "0.0.0.0",
        ] {
            assert!(!access.answers_to(host), "{host}");
        }
    }

    #[test]
    fn from_outside_addresses_and_named_hosts_pass() {
        let settings = AccessSettings {
            hosts: vec!["nas".to_owned()],
            public_url: PublicUrl::parse("https://rewind.example/anilist"),
            ..AccessSettings::default()
        };
        let access = access("0.0.0.0:4849", settings);
        for host in [
            "192.168.1.2:4849",
            "nas:4849",
            "NAS",
            "rewind.example",
            "localhost",
        ] {
            assert!(access.answers_to(host), "{host}");
        }
        for host in [
            "evil.example",
            "nas.evil.example",
            "rewind.example.evil.example",
        ] {
            assert!(!access.answers_to(host), "{host}");
        }
        assert_eq!(access.base(), "/anilist");
        assert!(access.is_https());
    }

    #[test]
    fn only_trusted_proxies_say_who_asks() {
        let settings = AccessSettings {
            proxies: vec![Network::parse("10.0.0.0/8").unwrap()],
            ..AccessSettings::default()
        };
        let access = access("0.0.0.0:4849", settings);
        let of = |peer: &str, said: &str| {
            let peer = Some(format!("{peer}:1").parse().unwrap());
            access.address_of(peer, Some(said)).to_string()
        };
        assert_eq!(of("1.2.3.4", "9.9.9.9"), "1.2.3.4");
        assert_eq!(of("10.0.0.1", "9.9.9.9"), "9.9.9.9");
        assert_eq!(of("10.0.0.1", "8.8.8.8, 9.9.9.9, 10.0.0.2"), "9.9.9.9");
        assert_eq!(of("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "9.9.9.9:4711"), "9.9.9.9");
        assert_eq!(of("10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(of("10.0.0.1", "[2001:db8::1]"), "2001:db8::1");
    }

    #[test]
    fn wrong_passwords_cost_more_and_more_time() {
        let access = access("127.0.0.1:1", AccessSettings::default());
        let now = datetime!(2026-11-03 12:00 UTC);
        let from = "9.9.9.9".parse().unwrap();
        for _ in 0..FREE_TRIES {
            access.try_now(from, now).unwrap();
        }
        assert_eq!(access.try_now(from, now), Err(Duration::seconds(2)));
        let later = now + Duration::seconds(2);
        access.try_now(from, later).unwrap();
        assert_eq!(access.try_now(from, later), Err(Duration::seconds(4)));
        // Somebody else is not held up.
        access.try_now("9.9.9.8".parse().unwrap(), later).unwrap();
        access.forgive(from);
        access.try_now(from, later).unwrap();
    }
}
