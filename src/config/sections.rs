//! The sections of the file with their defaults. Paths and names of secrets are seen by the configuration
//! alone, so that a secret is read in one place.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use crate::mail::EmailAddress;
use crate::oauth::{ClientAuthentication, TokenSource};
use crate::ticket::Language;
use crate::tls::Security;

/// `[desk]`
#[derive(Debug, Clone, Deserialize)]
pub struct DeskSection {
    /// The address customers write to.
    pub contact_address: EmailAddress,
    /// Further addresses of the same mailbox.
    #[serde(default)]
    pub other_addresses: Vec<EmailAddress>,
    /// Name in From and in letters.
    pub name: String,
    /// The name in English letters.
    pub name_en: Option<String>,
    /// Last lines of letters.
    pub signature: String,
    /// The last lines of English letters.
    pub signature_en: Option<String>,
    /// Prefix of ticket numbers.
    #[serde(default = "number_prefix")]
    pub number_prefix: String,
    /// Address of the page.
    pub page_url: Option<String>,
    /// Language of mails to staff.
    #[serde(default = "staff_language")]
    pub staff_language: Language,
    /// Seconds a relayed answer waits.
    #[serde(default = "relay_delay")]
    pub relay_delay_seconds: u32,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
pub struct DatabaseSection {
    pub(super) url: Option<String>,
    pub(super) url_file: Option<PathBuf>,
    pub(super) url_env: Option<String>,
    /// Megabytes that must be free before mail is taken.
    pub(super) free_megabytes: Option<u64>,
}

crate::slug_enum! {
    /// What happens in the mailbox once a mail has its outcome.
    pub enum AfterOutcome {
        /// It is moved to `processed` or `quarantine`.
        Move = "move",
        /// It stays where it is.
        Leave = "leave",
    }
}

crate::slug_enum! {
    /// What signs in to a mail server.
    pub enum SignInBy {
        /// A password.
        Password = "password",
        /// An access token of `[oauth]`.
        Xoauth2 = "xoauth2",
    }
}

/// `[imap]`
#[derive(Debug, Clone, Deserialize)]
pub struct ImapSection {
    /// Server.
    pub host: String,
    /// Port.
    #[serde(default = "imap_port")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default = "security")]
    pub security: Security,
    /// Login.
    pub user: String,
    /// What signs in.
    #[serde(default = "sign_in_by")]
    pub auth: SignInBy,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_env: Option<String>,
    /// Further certificates.
    pub ca_file: Option<PathBuf>,
    /// Mailbox to read.
    #[serde(default = "inbox")]
    pub mailbox: String,
    /// Junk folder to read too.
    pub junk: Option<String>,
    /// What happens to mails with an outcome.
    #[serde(default = "after")]
    pub after: AfterOutcome,
    /// Folder for processed mail.
    #[serde(default = "processed")]
    pub processed: String,
    /// Folder for unreadable mail.
    #[serde(default = "quarantine")]
    pub quarantine: String,
    /// Seconds between listings.
    #[serde(default = "poll_seconds")]
    pub poll_seconds: u64,
    /// Seconds of one IDLE.
    #[serde(default = "idle_seconds")]
    pub idle_seconds: u64,
    /// Size limit.
    #[serde(default = "limit_megabytes")]
    pub limit_megabytes: u64,
}

/// `[smtp]`
#[derive(Debug, Clone, Deserialize)]
pub struct SmtpSection {
    /// Server.
    pub host: String,
    /// Port.
    #[serde(default = "smtp_port")]
    pub port: u16,
    /// How the connection is protected.
    #[serde(default = "security")]
    pub security: Security,
    /// Login.
    pub user: Option<String>,
    /// What signs in.
    #[serde(default = "sign_in_by")]
    pub auth: SignInBy,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_env: Option<String>,
    /// Further certificates.
    pub ca_file: Option<PathBuf>,
    /// Name in EHLO.
    pub hello_name: Option<String>,
    /// Connections at a time.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Attempts a minute; 0: no limit.
    #[serde(default)]
    pub per_minute: usize,
    /// Attempts a minute to one domain; 0: no limit.
    #[serde(default)]
    pub per_domain_per_minute: usize,
    /// Whether a copy of each mail goes to the contact address.
    #[serde(default)]
    pub self_bcc: bool,
}

/// `[watch]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct WatchSection {
    /// Minutes between two mails to ourselves; 0: none are sent.
    pub self_probe_minutes: u32,
    /// Minutes within which one must have arrived.
    pub self_probe_within_minutes: u32,
}

impl Default for WatchSection {
    fn default() -> Self {
        Self {
            self_probe_minutes: 60,
            self_probe_within_minutes: 15,
        }
    }
}

/// `[oauth]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct OauthSection {
    pub(super) token_url: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) client_secret_env: Option<String>,
    pub(super) client_authentication: ClientAuthentication,
    pub(super) scope: Option<String>,
    pub(super) refresh_token_file: Option<PathBuf>,
    pub(super) refresh_token_days: i64,
    pub(super) ca_file: Option<PathBuf>,
    /// The one source that everything of this configuration shares.
    #[serde(skip)]
    pub(super) source: Arc<OnceLock<Arc<TokenSource>>>,
}

impl Default for OauthSection {
    fn default() -> Self {
        Self {
            token_url: None,
            client_id: None,
            client_secret_file: None,
            client_secret_env: None,
            client_authentication: ClientAuthentication::Body,
            scope: None,
            refresh_token_file: None,
            refresh_token_days: 0,
            ca_file: None,
            source: Arc::default(),
        }
    }
}

/// `[staff]`
#[derive(Debug, Clone, Deserialize)]
pub struct StaffSection {
    pub(super) anchor: Option<String>,
    /// Mailbox of the Exchange Online tenant, for `exchange-internal`.
    pub tenant_mailbox: Option<String>,
    /// The explicit acceptance that `token-only` asks for.
    #[serde(default)]
    pub accept_spoofing_risk: bool,
}

/// `[authentication]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct AuthenticationSection {
    pub(super) authserv_id: Option<String>,
    pub(super) resolver: String,
}

impl Default for AuthenticationSection {
    fn default() -> Self {
        Self {
            authserv_id: None,
            resolver: "system".to_owned(),
        }
    }
}

/// `[tokens]`
#[derive(Debug, Clone, Deserialize)]
pub struct TokensSection {
    pub(super) key_file: Option<PathBuf>,
    pub(super) key_env: Option<String>,
    pub(super) previous_key_file: Option<PathBuf>,
    pub(super) previous_key_env: Option<String>,
    #[serde(default = "carrier")]
    pub(super) carrier: String,
}

/// `[acknowledgements]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct AcknowledgementsSection {
    /// To one address within ten minutes.
    pub per_ten_minutes: i64,
    /// To one address within a day.
    pub per_day: i64,
    /// To the addresses of one domain within an hour.
    pub per_domain_hour: i64,
    /// To everybody within an hour.
    pub overall_per_hour: i64,
    /// To an unregistered address within seven days.
    pub unregistered_per_week: i64,
}

impl Default for AcknowledgementsSection {
    fn default() -> Self {
        Self {
            per_ten_minutes: 1,
            per_day: 5,
            per_domain_hour: 30,
            overall_per_hour: 300,
            unregistered_per_week: 1,
        }
    }
}

/// `[files]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FilesSection {
    /// Rules.
    pub rules: Option<PathBuf>,
    /// Services that the contract restricts.
    pub restricted_services: Option<PathBuf>,
    /// National holidays.
    pub holidays: Option<PathBuf>,
    /// Closures.
    pub closures: Option<PathBuf>,
    /// Who is on duty.
    pub duty_roster: Option<PathBuf>,
    /// Texts.
    pub templates: Option<PathBuf>,
}

/// `[billing]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BillingSection {
    /// Cost and Usage Reports that answer questions about the support fee.
    pub reports: Vec<PathBuf>,
    /// How the fee is reckoned.
    pub policy: Option<PathBuf>,
}

crate::slug_enum! {
    /// How log lines are written.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct LogSection {
    /// Form of the lines.
    pub format: LogFormat,
    /// Least severity.
    pub level: String,
}

impl Default for LogSection {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

fn number_prefix() -> String {
    "DESK-".to_owned()
}

fn staff_language() -> Language {
    Language::Japanese
}

fn relay_delay() -> u32 {
    180
}

fn carrier() -> String {
    "plus-address".to_owned()
}

fn imap_port() -> u16 {
    993
}

fn smtp_port() -> u16 {
    465
}

fn security() -> Security {
    Security::Tls
}

fn sign_in_by() -> SignInBy {
    SignInBy::Password
}

fn inbox() -> String {
    "INBOX".to_owned()
}

fn after() -> AfterOutcome {
    AfterOutcome::Move
}

fn processed() -> String {
    "Processed".to_owned()
}

fn quarantine() -> String {
    "Quarantine".to_owned()
}

fn poll_seconds() -> u64 {
    60
}

fn idle_seconds() -> u64 {
    540
}

fn limit_megabytes() -> u64 {
    40
}

fn connections() -> usize {
    4
}
