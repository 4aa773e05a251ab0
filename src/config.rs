//! The configuration: one TOML file, every setting typed and checked, unknown ones refused with the nearest
//! known. This is the only place that reads the environment. Secrets come from files or variables named in
//! the file, never from the file itself.

use std::path::Path;

mod keys;
mod sections;
mod token;
mod web;

use secrecy::SecretString;
use serde::Deserialize;

use crate::authentication::{ANCHORS_IN_WORDS, Anchor, Border, Carrier, ResolverChoice};
use crate::inquiry::response_clock::ResponsePolicy;

pub use sections::{
    AcknowledgementsSection, AfterOutcome, AuthenticationSection, BillingSection, DatabaseSection,
    DeskSection, FilesSection, ImapSection, LogFormat, LogSection, OauthSection, SignInBy, SmtpSection,
    StaffSection, TokensSection, WatchSection,
};
pub use web::{WebAddress, WebSection};

/// The documented file; its settings are all the settings there are.
pub const EXAMPLE: &str = include_str!("../madoguchi.example.toml");

/// What is wrong with a configuration, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Everything of the file.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// The desk itself.
    pub desk: DeskSection,
    /// Where it keeps.
    pub database: DatabaseSection,
    /// The mailbox.
    pub imap: ImapSection,
    /// The server that takes its mail.
    pub smtp: SmtpSection,
    /// Access tokens for mailbox and server, where they take no password.
    #[serde(default)]
    pub oauth: OauthSection,
    /// Staff authority.
    pub staff: StaffSection,
    /// How senders are verified.
    #[serde(default)]
    pub authentication: AuthenticationSection,
    /// Keys of tokens.
    pub tokens: TokensSection,
    /// Limits of acknowledgements.
    #[serde(default)]
    pub acknowledgements: AcknowledgementsSection,
    /// Working hours and targets.
    #[serde(default)]
    pub response: ResponsePolicy,
    /// Files that staff edit.
    #[serde(default)]
    pub files: FilesSection,
    /// The support page.
    #[serde(default)]
    pub web: WebSection,
    /// How the desk looks after itself.
    #[serde(default)]
    pub watch: WatchSection,
    /// The support fee.
    #[serde(default)]
    pub billing: BillingSection,
    /// Logging.
    #[serde(default)]
    pub log: LogSection,
}

impl Config {
    /// Reads and checks the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(format!(
                "{}: {error}; name your file with --config, madoguchi.example.toml shows one",
                path.display()
            ))
        })?;
        Self::parse(&text)
            .map_err(|ConfigError(problem)| ConfigError(format!("{}: {problem}", path.display())))
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        keys::refuse_unknown(&table).map_err(ConfigError)?;
        let config: Self = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        config.anchor()?;
        config.border()?;
        config.web_address()?;
        config.carrier()?;
        config.check_sign_in()?;
        if let Some(problem) = config.response.problem() {
            return Err(ConfigError(format!("[response] {problem}")));
        }
        let watch = &config.watch;
        if (1..=watch.self_probe_within_minutes).contains(&watch.self_probe_minutes) {
            return Err(ConfigError(
                "[watch] self_probe_within_minutes must be less than self_probe_minutes".to_owned(),
            ));
        }
        if let Some(path) = twice(&config.billing.reports) {
            return Err(ConfigError(format!(
                "[billing] reports names {} twice; its lines would be counted twice",
                path.display()
            )));
        }
        if config.desk.number_prefix.is_empty() || !config.desk.number_prefix.is_ascii() {
            return Err(ConfigError(
                "[desk] number_prefix must be ASCII and not empty, such as DESK-".to_owned(),
            ));
        }
        Ok(config)
    }

    /// The database's URL.
    pub fn database_url(&self) -> Result<String, ConfigError> {
        let section = &self.database;
        match &section.url {
            Some(url) => Ok(url.clone()),
            None => read_secret(
                "database",
                "url",
                section.url_file.as_deref(),
                section.url_env.as_deref(),
            ),
        }
    }

    /// Octets that must be free where the database lies: by itself three mails of the largest size, since a mail
    /// is kept, and lies in the database's log and in the database.
    pub fn free_octets(&self) -> u64 {
        const MEGABYTE: u64 = 1024 * 1024;
        let largest = self.imap.limit_megabytes.saturating_mul(MEGABYTE);
        self.database
            .free_megabytes
            .map_or(largest.saturating_mul(3), |set| set.saturating_mul(MEGABYTE))
    }

    /// The mailbox's password.
    pub fn imap_password(&self) -> Result<SecretString, ConfigError> {
        let section = &self.imap;
        read_secret(
            "imap",
            "password",
            section.password_file.as_deref(),
            section.password_env.as_deref(),
        )
        .map(SecretString::from)
    }

    /// The submission server's password; `None` where nobody signs in.
    pub fn smtp_password(&self) -> Result<Option<SecretString>, ConfigError> {
        let section = &self.smtp;
        if section.user.is_none() {
            return Ok(None);
        }
        read_secret(
            "smtp",
            "password",
            section.password_file.as_deref(),
            section.password_env.as_deref(),
        )
        .map(|password| Some(SecretString::from(password)))
    }

    /// The keys of tokens, the current one first.
    pub fn token_keys(&self) -> Result<Vec<SecretString>, ConfigError> {
        /// A key that can be guessed lets strangers speak for the desk.
        const SHORTEST_KEY: usize = 32;
        let section = &self.tokens;
        let current = read_secret(
            "tokens",
            "key",
            section.key_file.as_deref(),
            section.key_env.as_deref(),
        )?;
        if current.len() < SHORTEST_KEY {
            return Err(ConfigError(
                "[tokens] the key is shorter than 32 characters; make one with `openssl rand -hex 32`"
                    .to_owned(),
            ));
        }
        let mut keys = vec![SecretString::from(current)];
        let (file, variable) = (
            section.previous_key_file.as_deref(),
            section.previous_key_env.as_deref(),
        );
        if file.is_some() || variable.is_some() {
            keys.push(SecretString::from(read_secret(
                "tokens",
                "previous_key",
                file,
                variable,
            )?));
        }
        Ok(keys)
    }

    /// What carries reply tokens to staff and back.
    pub fn carrier(&self) -> Result<Carrier, ConfigError> {
        let own = std::iter::once(&self.desk.contact_address).chain(&self.desk.other_addresses);
        let own: Vec<_> = own.collect();
        Carrier::parse(&self.tokens.carrier, &own)
            .map_err(|problem| ConfigError(format!("[tokens] carrier: {problem}")))
    }

    /// The anchor of staff authority, with everything it needs.
    pub fn anchor(&self) -> Result<Anchor, ConfigError> {
        let staff = &self.staff;
        let refused = |problem: &str| Err(ConfigError(format!("[staff] anchor: {problem}")));
        let Some(setting) = &staff.anchor else {
            return refused(&format!(
                "it is not set, and there is no default; {ANCHORS_IN_WORDS}"
            ));
        };
        let anchor =
            Anchor::parse(setting).map_err(|problem| ConfigError(format!("[staff] anchor: {problem}")))?;
        match anchor {
            Anchor::TokenOnly if !staff.accept_spoofing_risk => refused(
                "token-only lets whoever sees a reply address write to customers in your name; choose another \
                 anchor, or set accept_spoofing_risk = true",
            ),
            Anchor::ExchangeInternal if staff.tenant_mailbox.is_none() => refused(
                "exchange-internal counts only in a mailbox of your own tenant; name it with tenant_mailbox, \
                 such as tenant_mailbox = \"INBOX\"",
            ),
            Anchor::Dkim if self.resolver()? == ResolverChoice::Off => refused(
                "dkim looks keys up in DNS; set [authentication] resolver to system or to an address with port",
            ),
            Anchor::Dkim | Anchor::Authserv(_) | Anchor::ExchangeInternal | Anchor::TokenOnly => Ok(anchor),
        }
    }

    /// The border whose word on customers is believed: its own setting, else the one the anchor names.
    pub fn border(&self) -> Result<Option<Border>, ConfigError> {
        let Some(id) = &self.authentication.authserv_id else {
            return Ok(self.anchor()?.border().cloned());
        };
        let border = Border::parse(id).ok_or_else(|| {
            ConfigError(format!(
                "[authentication] authserv_id: `{id}` is no authserv-id; write ID or ID@HOST"
            ))
        })?;
        Ok(Some(border))
    }

    /// Where the page is served and as what it is known; `None`: it is not served.
    pub fn web_address(&self) -> Result<Option<WebAddress>, ConfigError> {
        self.web.address(self.desk.page_url.as_deref())
    }

    /// Where keys and policies are looked up.
    pub fn resolver(&self) -> Result<ResolverChoice, ConfigError> {
        ResolverChoice::parse(&self.authentication.resolver)
            .map_err(|problem| ConfigError(format!("[authentication] resolver: {problem}")))
    }
}

/// The first path that stands more than once.
fn twice(paths: &[std::path::PathBuf]) -> Option<&Path> {
    let mut known = std::collections::HashSet::new();
    paths
        .iter()
        .map(AsRef::as_ref)
        .find(|path: &&Path| !known.insert(*path))
}

/// A secret from the file or the variable that is named; the first line of a file.
fn read_secret(
    section: &str,
    name: &str,
    file: Option<&Path>,
    variable: Option<&str>,
) -> Result<String, ConfigError> {
    let secret = match (file, variable) {
        (Some(file), None) => std::fs::read_to_string(file)
            .map_err(|error| ConfigError(format!("[{section}] {name}_file {}: {error}", file.display())))?
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        (None, Some(variable)) => environment(variable).ok_or_else(|| {
            ConfigError(format!(
                "[{section}] {name}_env: the variable {variable} is not set"
            ))
        })?,
        (Some(_), Some(_)) => {
            return Err(ConfigError(format!(
                "[{section}] set {name}_file or {name}_env, not both"
            )));
        }
        (None, None) => return Err(ConfigError(format!("[{section}] set {name}_file or {name}_env"))),
    };
    if secret.is_empty() {
        Err(ConfigError(format!("[{section}] {name}: the secret is empty")))
    } else {
        Ok(secret)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// The login name of whoever runs the command.
pub(crate) fn login_name() -> Option<String> {
    environment("SUDO_USER")
        .or_else(|| environment("USER"))
        .or_else(|| environment("LOGNAME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::parse(EXAMPLE).unwrap();
        assert_eq!(config.desk.number_prefix, "DESK-");
    }

    #[test]
    fn the_example_shows_every_default_as_it_is() {
        let set = Config::parse(EXAMPLE).unwrap();
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') && !setting.ends_with("\"\"") => setting,
                _ => line,
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let mut spelled = Config::parse(&uncommented).unwrap();
        spelled.desk.page_url = None;
        assert_eq!(spelled.free_octets(), set.free_octets());
        spelled.database.free_megabytes = None;
        (spelled.desk.name_en, spelled.desk.signature_en) = (None, None);
        (spelled.staff.tenant_mailbox, spelled.authentication) = (None, set.authentication.clone());
        assert_eq!(
            spelled.authentication.resolver,
            AuthenticationSection::default().resolver
        );
        assert_eq!(format!("{set:?}"), format!("{spelled:?}"));
    }

    #[test]
    fn without_an_anchor_the_configuration_says_what_to_set() {
        let anchor = |line: &str| {
            let text = EXAMPLE.replace("anchor = \"authserv:mx.desk.example\"", line);
            Config::parse(&text)
                .map(|config| config.staff.anchor)
                .map_err(|error| error.to_string())
        };
        assert!(
            anchor("")
                .unwrap_err()
                .contains("there is no default; write one of: `dkim`")
        );
        assert!(
            anchor("anchor = \"token-only\"")
                .unwrap_err()
                .contains("accept_spoofing_risk = true")
        );
        assert!(anchor("anchor = \"token-only\"\naccept_spoofing_risk = true").is_ok());
        assert!(
            anchor("anchor = \"exchange-internal\"")
                .unwrap_err()
                .contains("tenant_mailbox")
        );
        assert!(anchor("anchor = \"exchange-internal\"\ntenant_mailbox = \"INBOX\"").is_ok());
        assert!(anchor("anchor = \"dkim\"").is_ok());
        assert!(anchor("anchor = \"dkim\"\n[authentication]\nresolver = \"off\"").is_err());
    }

    #[test]
    fn targets_are_read_in_either_form_and_a_senseless_one_is_refused() {
        let set = |lines: &str| Config::parse(&EXAMPLE.replace("#targets = []", lines));
        let inline = "targets = [{ category = \"account-billing\", first_minutes = 480, next_minutes = 960, published = true }]";
        assert!(set(inline).unwrap().response.targets[0].published);
        let error = set(&inline.replace("480", "0")).unwrap_err().to_string();
        assert!(error.starts_with("[response] a target of 0 minutes"), "{error}");
        let text = format!(
            "{EXAMPLE}\n[[response.targets]]\nseverity = \"high\"\nfirst_minutes = 60\nnext_minutes = 120\n"
        );
        assert_eq!(
            Config::parse(&text).unwrap().response.targets[0].first_minutes,
            60
        );
        let error = set(&inline.replace("first_minutes", "minutes"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("minutes"), "{error}");
    }

    #[test]
    fn a_misspelt_setting_is_answered_with_the_nearest_one() {
        let error = Config::parse(&EXAMPLE.replace("contact_address", "contact_adress")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "[desk] contact_adress is no setting; did you mean contact_address?"
        );
    }

    #[test]
    fn a_report_named_twice_is_refused() {
        let set = |reports: &str| Config::parse(&EXAMPLE.replace("#reports = []", reports));
        assert_eq!(
            set("reports = [\"a.csv\", \"b.csv\"]")
                .unwrap()
                .billing
                .reports
                .len(),
            2
        );
        let error = set("reports = [\"a.csv\", \"a.csv\"]").unwrap_err().to_string();
        assert!(
            error.starts_with("[billing] reports names a.csv twice"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_section_is_answered_with_the_nearest_one() {
        let error = Config::parse(&EXAMPLE.replace("[tokens]", "[token]")).unwrap_err();
        assert_eq!(error.to_string(), "[token] is no section; did you mean [tokens]?");
    }
}
