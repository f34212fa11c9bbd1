//! Settings of who may reach the server, and by which names.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use secrecy::SecretString;

use crate::choice::Choice;
use crate::settings::{chosen, parsed};
use crate::source::{Setting, SettingsError, Values, read_secret};

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
        let is_path = path.chars().all(|c| is_plain(c) || c == '/') && !path.contains("//");
        let has_dots = path.split('/').any(|part| part == "." || part == "..");
        (is_host(host) && is_path && !has_dots).then(|| Self {
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

/// Whether a text is a host as in the address of a page: a name or an address, with a port or without.
fn is_host(text: &str) -> bool {
    let (is_known, port) = if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        (address.parse::<Ipv6Addr>().is_ok(), port)
    } else {
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (is_name(name), port)
    };
    let is_port = |port: &str| {
        let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
        is_number && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    is_known && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut parts = text.strip_suffix('.').unwrap_or(text).split('.');
    parts.all(|part| !part.is_empty() && part.bytes().all(is_plain))
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
    is_list: true,
    ..Setting::PLAIN
};
const PROXIES: Setting = Setting {
    key: "trusted_proxies",
    variables: &["ANIREWIND_TRUSTED_PROXIES"],
    about: "Addresses or networks of proxies that may say for whom they ask, with commas between.",
    is_list: true,
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

const URL_ALLOWED: &str = "an address as https://rewind.example/path";
const HOSTS_ALLOWED: &str =
    "names as foo.example, or addresses, each with a port or without, with commas between";
const PROXIES_ALLOWED: &str = "addresses or networks as 172.16.0.0/12, with commas between";

impl AccessSettings {
    pub(crate) fn read(values: &Values<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            is_open: chosen(values, LOGIN)? == "off",
            password: password(values)?,
            public_url: parsed(values, PUBLIC_URL, URL_ALLOWED, PublicUrl::parse)?,
            hosts: each(values, HOSTS, HOSTS_ALLOWED, host)?,
            proxies: each(values, PROXIES, PROXIES_ALLOWED, Network::parse)?,
        })
    }
}

/// A name under which somebody may ask for us. An address of the newer kind needs no brackets here.
fn host(text: &str) -> Option<String> {
    let is_host = is_host(text) || text.parse::<Ipv6Addr>().is_ok();
    is_host.then(|| text.to_lowercase())
}

/// All of a list, or which of it makes no sense.
fn each<T>(
    values: &Values<'_>,
    setting: Setting,
    allowed: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, SettingsError> {
    values.note(setting, allowed);
    let Some((list, origin)) = values.get(setting) else {
        return Ok(Vec::new());
    };
    let parts = list.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let refused = |part: &str| SettingsError::Value {
        key: setting.key,
        value: part.to_owned(),
        allowed: allowed.to_owned(),
        origin: origin.clone(),
    };
    parts
        .map(|part| parse(part).ok_or_else(|| refused(part)))
        .collect()
}

fn password(values: &Values<'_>) -> Result<Option<SecretString>, SettingsError> {
    let (text, origin) = match (values.get(PASSWORD), values.get(PASSWORD_FILE)) {
        (Some((text, origin)), _) => (text, origin),
        (None, Some((path, origin))) => {
            let path = Path::new(&path);
            let text = read_secret(path).map_err(|error| SettingsError::SecretFile {
                key: PASSWORD_FILE.key,
                path: path.to_owned(),
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
    use crate::settings::Settings;
    use crate::source::Sources;

    #[test]
    fn addresses_from_outside_are_read() {
        let url = PublicUrl::parse("https://Rewind.example:8443/anilist/").unwrap();
        assert_eq!(url.to_string(), "https://rewind.example:8443/anilist");
        assert_eq!(PublicUrl::parse("http://nas").unwrap().path, "");
        assert_eq!(
            PublicUrl::parse("http://[::1]:80/").unwrap().host,
            "[::1]:80"
        );
        for text in [
            "",
            "nas",
            "ftp://nas",
            "https://",
            "https://a/b?c",
            "https://a//b",
            "https://a/../b",
            "https://a b",
            "https://[::1",
            "https://[::1]x",
            "https://::1",
            "http://a:99999",
            "http://a:",
            "https://a..b",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }

    fn read(config: &str) -> Result<AccessSettings, String> {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("config.toml"), config).unwrap();
        let path = data.path().display().to_string();
        let sources = Sources {
            flags: [("data_dir", path.clone())].into(),
            ..Sources::default()
        };
        let read = Settings::read(&sources).map(|settings| settings.access);
        read.map_err(|error| error.to_string().replace(&path, "DATA"))
    }

    #[test]
    fn names_to_answer_to_are_a_list_or_have_commas_between() {
        let all = [
            "foo.example",
            "nas:8443",
            "10.0.0.2",
            "fd00::1",
            "[fd00::2]:80",
        ];
        let listed = read(&format!("allowed_hosts = {all:?}")).unwrap();
        let written = read(&format!("allowed_hosts = '{},'", all.join(" , "))).unwrap();
        assert_eq!(listed.hosts, all);
        assert_eq!(written.hosts, all);
        let proxies = read("trusted_proxies = ['10.0.0.0/8', '::1']").unwrap();
        assert_eq!(proxies.proxies.len(), 2);
        assert!(read("allowed_hosts = []").unwrap().hosts.is_empty());
    }

    #[test]
    fn a_name_that_nobody_can_ask_for_is_refused() {
        for (list, part) in [
            ("'foo.example, http://foo.example'", "http://foo.example"),
            ("'foo.example/x'", "foo.example/x"),
            ("'*'", "*"),
            ("['foo.example', '*.example']", "*.example"),
            ("'a b'", "a b"),
            ("'foo.example:0'", "foo.example:0"),
            ("[1]", "[1]"),
        ] {
            let refused = read(&format!("allowed_hosts = {list}")).unwrap_err();
            let expected = format!(
                "`allowed_hosts` cannot be `{part}` (from DATA/config.toml); allowed: {HOSTS_ALLOWED}"
            );
            assert_eq!(refused, expected);
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
