//! Settings of who may reach the server, and by which names.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::choice::Choice;
use crate::settings::chosen;
use crate::source::{Setting, SettingsError, Values};

/// Who may reach the server, and by which names.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    /// Whether people have to log in. Off only where something in front of us sees to that.
    pub is_open: bool,
    /// The password, where the environment or a file hands it in.
    pub password: Option<SecretString>,
    /// How people reach us from outside: scheme, host and path.
    pub public_url: Option<PublicUrl>,
    /// Names besides this machine's own under which we answer.
    pub hosts: Vec<String>,
    /// Who may say for whom they ask.
    pub proxies: Vec<Network>,
}

/// How people reach us from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Whether the way to us is encrypted.
    pub is_https: bool,
    /// The host, with its port where it has one.
    pub host: String,
    /// What every path begins with: nothing, or `/something`.
    pub path: String,
}

impl PublicUrl {
    /// Reads `https://host[:port][/path]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_https = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = path.trim_end_matches('/');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~');
        let is_host = !host.is_empty()
            && host
                .chars()
                .all(|c| is_plain(c) || matches!(c, ':' | '[' | ']'));
        let is_path = path.chars().all(|c| is_plain(c) || c == '/') && !path.contains("//");
        let has_dots = path.split('/').any(|part| part == "." || part == "..");
        (is_host && is_path && !has_dots).then(|| Self {
            is_https,
            host: host.to_lowercase(),
            path: path.to_owned(),
        })
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.host, self.path)
    }
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether an address is one of these.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.bits))
                    .unwrap_or_default();
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or_default();
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            _ => false,
        }
    }
}

const LOGIN: Setting = Setting {
    key: "login",
    variables: &["ANIREWIND_LOGIN"],
    about: "Whether people have to log in; off only where something in front of the server sees to that.",
    default: "password",
    choices: &[
        Choice::new("password", "with a password"),
        Choice::new("off", "nobody is asked"),
    ],
    ..Setting::PLAIN
};
const PASSWORD_FILE: Setting = Setting {
    key: "password_file",
    variables: &["ANIREWIND_PASSWORD_FILE"],
    about: "A file that holds the password of the pages.",
    ..Setting::PLAIN
};
const PUBLIC_URL: Setting = Setting {
    key: "public_url",
    variables: &["ANIREWIND_PUBLIC_URL"],
    about: "How people reach the server from outside: scheme, host and path.",
    ..Setting::PLAIN
};
const HOSTS: Setting = Setting {
    key: "allowed_hosts",
    variables: &["ANIREWIND_ALLOWED_HOSTS"],
    about: "Names besides this machine's own under which the server answers, with commas between.",
    ..Setting::PLAIN
};
const PROXIES: Setting = Setting {
    key: "trusted_proxies",
    variables: &["ANIREWIND_TRUSTED_PROXIES"],
    about: "Addresses or networks of proxies that may say for whom they ask, with commas between.",
    ..Setting::PLAIN
};
/// Not a key of the file: a password does not stand in a file with other things in it.
const PASSWORD: Setting = Setting {
    key: "password",
    variables: &["ANIREWIND_PASSWORD"],
    about: "The password of the pages.",
    is_secret: true,
    is_in_file: false,
    ..Setting::PLAIN
};

pub(crate) const KNOWN: [Setting; 6] = [LOGIN, PASSWORD, PASSWORD_FILE, PUBLIC_URL, HOSTS, PROXIES];

/// Shorter ones are guessed.
pub(crate) const SHORTEST: usize = 12;
/// Longer ones only cost time.
pub(crate) const LONGEST: usize = 512;

/// Whether a password is long enough, and not too long.
pub(crate) fn is_long_enough(password: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&password.chars().count())
}

impl AccessSettings {
    pub(crate) fn read(values: &Values<'_>) -> Result<Self, SettingsError> {
        let refuse =
            |setting: Setting, value: String, allowed: &str, origin| SettingsError::Value {
                key: setting.key,
                value,
                allowed: allowed.to_owned(),
                origin,
            };
        let mut public_url = None;
        if let Some((value, origin)) = values.get(PUBLIC_URL) {
            public_url = PublicUrl::parse(value.trim());
            if public_url.is_none() {
                let allowed = "an address as https://rewind.example/path";
                return Err(refuse(PUBLIC_URL, value, allowed, origin));
            }
        }
        let mut proxies = Vec::new();
        if let Some((value, origin)) = values.get(PROXIES) {
            for part in parts(&value) {
                let Some(network) = Network::parse(part) else {
                    let allowed = "addresses or networks as 172.16.0.0/12, with commas between";
                    return Err(refuse(PROXIES, part.to_owned(), allowed, origin));
                };
                proxies.push(network);
            }
        }
        let hosts = values.get(HOSTS).map(|(value, _)| value);
        let hosts = hosts.iter().flat_map(|value| parts(value));
        Ok(Self {
            is_open: chosen(values, LOGIN)? == "off",
            password: password(values)?,
            public_url,
            hosts: hosts.map(str::to_lowercase).collect(),
            proxies,
        })
    }
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn password(values: &Values<'_>) -> Result<Option<SecretString>, SettingsError> {
    let (text, origin) = match (values.get(PASSWORD), values.get(PASSWORD_FILE)) {
        (Some((text, origin)), _) => (text, origin),
        (None, Some((path, origin))) => {
            let text = std::fs::read_to_string(&path);
            let text = text.map_err(|error| SettingsError::SecretFile {
                key: PASSWORD_FILE.key,
                path: PathBuf::from(Path::new(&path)),
                problem: error.to_string(),
                origin: origin.clone(),
            })?;
            (text, origin)
        }
        (None, None) => return Ok(None),
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if is_long_enough(text) {
        return Ok(Some(SecretString::from(text)));
    }
    Err(SettingsError::Password { origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_from_outside_are_read() {
        let url = PublicUrl::parse("https://Rewind.example:8443/anilist/").unwrap();
        assert_eq!(url.to_string(), "https://rewind.example:8443/anilist");
        assert_eq!(PublicUrl::parse("http://nas").unwrap().path, "");
        for text in [
            "",
            "nas",
            "ftp://nas",
            "https://",
            "https://a/b?c",
            "https://a//b",
            "https://a/../b",
            "https://a b",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn networks_hold_what_begins_alike() {
        let holds = |network: &str, address: &str| {
            let network = Network::parse(network).unwrap();
            network.holds(address.parse().unwrap())
        };
        assert!(holds("172.16.0.0/12", "172.31.255.255"));
        assert!(!holds("172.16.0.0/12", "172.32.0.0"));
        assert!(holds("0.0.0.0/0", "1.2.3.4"));
        assert!(holds("10.0.0.1", "10.0.0.1") && !holds("10.0.0.1", "10.0.0.2"));
        assert!(holds("10.0.0.1", "::ffff:10.0.0.1"));
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("::/0", "::1") && !holds("::/0", "10.0.0.1"));
        for text in ["", "10.0.0.0/33", "10.0.0", "::/129", "10.0.0.0/x"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
