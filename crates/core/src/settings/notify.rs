//! The settings of notices and of the dead-man ping. Addresses are secrets: whoever knows one can post.

use std::path::Path;

use anirewind_notify::{
    Channel, Discord, InvalidAddress, Kind, Mail, MailServer, Ntfy, Ping, Reach, SecretString,
    SecretUrl, Webhook,
};

use crate::choice::{Choice, FLAG, all_chosen};
use crate::settings::{is_on, parsed};
use crate::source::{Origin, Setting, SettingsError, Values, read_secret};

/// Who is told what. Shows no secret.
#[derive(Debug, Clone, Default)]
pub struct NotifySettings {
    /// The ways to people.
    pub channels: Vec<Channel>,
    /// What is told.
    pub on: Vec<Kind>,
    /// Where that may go.
    pub reach: Reach,
    /// Where signs of life go.
    pub ping: Option<Ping>,
}

/// A secret is a value, or a file that holds it.
struct Secret {
    value: Setting,
    file: Setting,
}

macro_rules! secret {
    ($key:literal, $variable:literal, $about:literal) => {
        Secret {
            value: Setting {
                key: $key,
                variables: &[$variable],
                about: concat!($about, "."),
                is_secret: true,
                ..Setting::PLAIN
            },
            file: Setting {
                key: concat!($key, "_file"),
                variables: &[concat!($variable, "_FILE")],
                about: concat!("A file that holds: ", $about, "."),
                ..Setting::PLAIN
            },
        }
    };
}

const WEBHOOK_URL: Secret = secret!(
    "notify_webhook_url",
    "ANIREWIND_NOTIFY_WEBHOOK_URL",
    "Where notices are posted as JSON"
);
const WEBHOOK_SECRET: Secret = secret!(
    "notify_webhook_secret",
    "ANIREWIND_NOTIFY_WEBHOOK_SECRET",
    "What posted notices are signed with"
);
const NTFY_URL: Secret = secret!(
    "notify_ntfy_url",
    "ANIREWIND_NOTIFY_NTFY_URL",
    "The whole address of an ntfy topic"
);
const NTFY_TOKEN: Secret = secret!(
    "notify_ntfy_token",
    "ANIREWIND_NOTIFY_NTFY_TOKEN",
    "The token of that topic"
);
const DISCORD_URL: Secret = secret!(
    "notify_discord_url",
    "ANIREWIND_NOTIFY_DISCORD_URL",
    "A webhook of a Discord channel"
);
const SMTP_URL: Secret = secret!(
    "notify_smtp_url",
    "ANIREWIND_NOTIFY_SMTP_URL",
    "The mail server, with user and password"
);
const PING_URL: Secret = secret!(
    "ping_url",
    "ANIREWIND_PING_URL",
    "Where signs of life go, for whoever notices when they stop"
);
const SMTP_FROM: Setting = Setting {
    key: "notify_smtp_from",
    variables: &["ANIREWIND_NOTIFY_SMTP_FROM"],
    about: "Who mails come from.",
    ..Setting::PLAIN
};
const SMTP_TO: Setting = Setting {
    key: "notify_smtp_to",
    variables: &["ANIREWIND_NOTIFY_SMTP_TO"],
    about: "Who mails go to.",
    ..Setting::PLAIN
};
/// What there is to be told, in the order of the kinds of notices.
const TOLD: [Choice; Kind::ALL.len()] = [
    Choice::new("failing", "snapshots began to fail"),
    Choice::new("late", "there was no good snapshot for too long"),
    Choice::new("damaged", "a snapshot is no longer what was written"),
    Choice::new("recovered", "what was told before is well again"),
    Choice::new("alarm", "a list changed in an unusual way"),
    Choice::new("token", "a token ends soon, has ended, or is refused"),
    Choice::new("finished", "a restore, an undo or a redo came to its end"),
    Choice::new("stopped", "one of these stopped and somebody has to look"),
];
const ON: Setting = Setting {
    key: "notify_on",
    variables: &["ANIREWIND_NOTIFY_ON"],
    about: "Which notices are sent; all if unset.",
    choices: &TOLD,
    takes_many: true,
    ..Setting::PLAIN
};
const ALLOW_PRIVATE: Setting = Setting {
    key: "notify_allow_private",
    variables: &["ANIREWIND_NOTIFY_ALLOW_PRIVATE"],
    about: "Whether notices may go to addresses of one's own network.",
    default: "false",
    choices: &FLAG,
    ..Setting::PLAIN
};

pub(crate) const KNOWN: [Setting; 18] = [
    WEBHOOK_URL.value,
    WEBHOOK_URL.file,
    WEBHOOK_SECRET.value,
    WEBHOOK_SECRET.file,
    NTFY_URL.value,
    NTFY_URL.file,
    NTFY_TOKEN.value,
    NTFY_TOKEN.file,
    DISCORD_URL.value,
    DISCORD_URL.file,
    SMTP_URL.value,
    SMTP_URL.file,
    PING_URL.value,
    PING_URL.file,
    SMTP_FROM,
    SMTP_TO,
    ON,
    ALLOW_PRIVATE,
];

impl NotifySettings {
    pub(super) fn read(values: &Values<'_>) -> Result<Self, SettingsError> {
        let mut channels = Vec::new();
        channels.extend(webhook(values)?);
        channels.extend(ntfy(values)?);
        let discord = DISCORD_URL.parsed(values, SecretUrl::parse)?;
        channels.extend(discord.map(|url| Channel::Discord(Discord { url })));
        channels.extend(mail(values)?);
        let ping = PING_URL.parsed(values, Ping::new)?;
        Ok(Self {
            channels,
            on: kinds(values)?,
            reach: Reach {
                allow_private: is_on(values, ALLOW_PRIVATE)?,
            },
            ping,
        })
    }
}

fn webhook(values: &Values<'_>) -> Result<Option<Channel>, SettingsError> {
    let url = WEBHOOK_URL.parsed(values, SecretUrl::parse)?;
    let secret = WEBHOOK_SECRET.read(values)?;
    match (url, secret) {
        (None, Some(_)) => Err(alone(WEBHOOK_SECRET.value, WEBHOOK_URL.value)),
        (None, None) => Ok(None),
        (Some(url), secret) => Ok(Some(Channel::Webhook(Webhook {
            url,
            secret: secret.map(|(text, _)| SecretString::from(text)),
        }))),
    }
}

fn ntfy(values: &Values<'_>) -> Result<Option<Channel>, SettingsError> {
    let token = NTFY_TOKEN.read(values)?;
    let has_token = token.is_some();
    if let Some((text, origin)) = &token
        && !text.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(SettingsError::Secret {
            key: NTFY_TOKEN.value.key,
            problem: "a token is one word".to_owned(),
            origin: origin.clone(),
        });
    }
    let token = token.map(|(text, _)| SecretString::from(text));
    let ntfy = NTFY_URL.parsed(values, |text| Ntfy::new(text, token))?;
    if ntfy.is_none() && has_token {
        return Err(alone(NTFY_TOKEN.value, NTFY_URL.value));
    }
    Ok(ntfy.map(Channel::Ntfy))
}

fn mail(values: &Values<'_>) -> Result<Option<Channel>, SettingsError> {
    let server = SMTP_URL.parsed(values, MailServer::parse)?;
    let (from, to) = (values.get(SMTP_FROM), values.get(SMTP_TO));
    let (server, from, to) = match (server, from, to) {
        (Some(server), Some((from, _)), Some((to, _))) => (server, from, to),
        (Some(_), None, _) => return Err(alone(SMTP_URL.value, SMTP_FROM)),
        (Some(_), _, None) => return Err(alone(SMTP_URL.value, SMTP_TO)),
        (None, Some(_), _) => return Err(alone(SMTP_FROM, SMTP_URL.value)),
        (None, _, Some(_)) => return Err(alone(SMTP_TO, SMTP_URL.value)),
        (None, None, None) => return Ok(None),
    };
    let allowed = "mail addresses, as rewind@example.org";
    let check = |setting, from: &str, to: &str| {
        parsed(values, setting, allowed, |_| {
            Mail::new(server.clone(), from, to).ok()
        })
    };
    // Each by itself, so that what is wrong is named.
    check(SMTP_FROM, &from, "somebody@example.org")?;
    Ok(check(SMTP_TO, &from, &to)?.map(Channel::Mail))
}

/// All, unless somebody says which.
fn kinds(values: &Values<'_>) -> Result<Vec<Kind>, SettingsError> {
    let kinds = parsed(values, ON, &ON.allowed(), |text| {
        let words = all_chosen(ON.choices, text)?;
        words.into_iter().map(Kind::parse).collect()
    })?;
    Ok(kinds.unwrap_or_else(|| Kind::ALL.to_vec()))
}

const fn alone(setting: Setting, needs: Setting) -> SettingsError {
    SettingsError::Alone {
        key: setting.key,
        needs: needs.key,
    }
}

impl Secret {
    /// The value, or what the file holds, and where that was said. The environment wins over the
    /// configuration file for either.
    fn read(&self, values: &Values<'_>) -> Result<Option<(String, Origin)>, SettingsError> {
        let (value, file) = (values.get(self.value), values.get(self.file));
        let is_of_file = |origin: &Origin| matches!(origin, Origin::File(_));
        match (value, file) {
            (Some((_, weak)), Some((path, strong)))
                if is_of_file(&weak) && !is_of_file(&strong) =>
            {
                self.read_file(&path, strong).map(Some)
            }
            (Some((value, origin)), _) => self.check(&value, origin).map(Some),
            (None, Some((path, origin))) => self.read_file(&path, origin).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The same as what it is meant to be.
    fn parsed<T>(
        &self,
        values: &Values<'_>,
        parse: impl FnOnce(&str) -> Result<T, InvalidAddress>,
    ) -> Result<Option<T>, SettingsError> {
        let Some((text, origin)) = self.read(values)? else {
            return Ok(None);
        };
        let refused = |problem: InvalidAddress| SettingsError::Secret {
            key: self.value.key,
            problem: problem.to_string(),
            origin,
        };
        parse(&text).map(Some).map_err(refused)
    }

    fn check(&self, text: &str, origin: Origin) -> Result<(String, Origin), SettingsError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(SettingsError::Secret {
                key: self.value.key,
                problem: "it is empty".to_owned(),
                origin,
            });
        }
        Ok((text.to_owned(), origin))
    }

    fn read_file(&self, path: &str, origin: Origin) -> Result<(String, Origin), SettingsError> {
        let path = Path::new(path);
        match read_secret(path) {
            Ok(text) => self.check(&text, origin),
            Err(error) => Err(SettingsError::SecretFile {
                key: self.value.key,
                path: path.to_owned(),
                problem: error.to_string(),
                origin,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::source::Sources;

    fn read(environment: &[(&str, &str)], config: &str) -> Result<Settings, String> {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("config.toml"), config).unwrap();
        let sources = Sources {
            flags: [("data_dir", data.path().display().to_string())].into(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            platform_data: None,
        };
        Settings::read(&sources).map_err(|error| {
            let said = format!("{error} {error:?}");
            assert!(!said.contains("CANARY"), "{said}");
            error.to_string()
        })
    }

    fn places(settings: &Settings) -> Vec<String> {
        let channels = settings.notify.channels.iter();
        channels
            .map(|channel| format!("{} {}", channel.name(), channel.place()))
            .collect()
    }

    #[test]
    fn each_address_is_a_channel_and_shows_no_secret() {
        let config = "
            notify_webhook_url = 'https://hooks.example/CANARY'
            notify_webhook_secret = 'CANARY'
            notify_ntfy_url = 'https://ntfy.example/CANARY'
            notify_ntfy_token = 'CANARY'
            notify_discord_url = 'https://discord.example/api/webhooks/1/CANARY'
            notify_smtp_url = 'smtps://me:CANARY@mail.example'
            notify_smtp_from = 'rewind@example.org'
            notify_smtp_to = 'hana@example.org, yuki@example.org'
            notify_on = ['failing', 'late']
            ping_url = 'https://hc.example/CANARY'
        ";
        let settings = read(&[], config).unwrap();
        assert_eq!(
            places(&settings),
            [
                "webhook https://hooks.example",
                "ntfy https://ntfy.example",
                "discord https://discord.example",
                "smtp smtps://mail.example"
            ]
        );
        assert_eq!(settings.notify.on.len(), 2);
        assert!(!settings.notify.reach.allow_private);
        assert!(!format!("{settings:?}").contains("CANARY"));
    }

    #[test]
    fn each_kind_of_notice_can_be_chosen_and_no_other() {
        let words = TOLD.map(|choice| choice.word);
        assert_eq!(words, Kind::ALL.map(Kind::as_str));
        let listed = read(&[], "notify_on = ['late', 'failing']").unwrap();
        let written = read(&[], "notify_on = 'failing, late'").unwrap();
        assert_eq!(listed.notify.on, [Kind::Failing, Kind::Late]);
        assert_eq!(written.notify.on, listed.notify.on);
        assert!(read(&[], "notify_on = 'test'").is_err());
    }

    #[test]
    fn a_secret_can_lie_in_a_file_and_the_environment_wins() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "https://from-file.example/x\n").unwrap();
        let path = file.display().to_string();
        let file = ("ANIREWIND_NOTIFY_WEBHOOK_URL_FILE", path.as_str());
        let value = ("ANIREWIND_NOTIFY_WEBHOOK_URL", "https://from-env.example/x");
        let config = "notify_webhook_url = 'https://from-config.example/x'";
        let place = |environment: &[(&str, &str)]| places(&read(environment, config).unwrap());
        assert_eq!(place(&[file]), ["webhook https://from-file.example"]);
        assert_eq!(place(&[file, value]), ["webhook https://from-env.example"]);
        assert_eq!(place(&[]), ["webhook https://from-config.example"]);
        let folder = folder.path().display().to_string();
        assert!(read(&[("ANIREWIND_PING_URL_FILE", &folder)], "").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_not_repeated() {
        let messages = [
            read(&[("ANIREWIND_NOTIFY_WEBHOOK_URL", "CANARY")], ""),
            read(&[("ANIREWIND_NOTIFY_WEBHOOK_URL", " ")], ""),
            read(&[("ANIREWIND_NOTIFY_WEBHOOK_SECRET", "CANARY")], ""),
            read(&[("ANIREWIND_NOTIFY_NTFY_URL", "https://CANARY")], ""),
            read(&[("ANIREWIND_NOTIFY_NTFY_TOKEN", "CANARY two")], ""),
            read(&[("ANIREWIND_NOTIFY_SMTP_URL", "smtp://a:CANARY@b")], ""),
            read(&[("ANIREWIND_NOTIFY_SMTP_URL", "smtps://a:CANARY@b")], ""),
            read(&[("ANIREWIND_NOTIFY_SMTP_TO", "a@b.example")], ""),
            read(&[("ANIREWIND_NOTIFY_ON", "failing, everything")], ""),
            read(&[("ANIREWIND_PING_URL_FILE", "/nowhere/url")], ""),
            read(&[("ANIREWIND_PING_URL", "ftp://CANARY")], ""),
        ]
        .map(|outcome| outcome.unwrap_err());
        insta::assert_snapshot!(messages.join("\n"));
    }
}
