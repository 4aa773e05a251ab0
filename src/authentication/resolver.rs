//! Where DKIM keys and DMARC policies are looked up. Comes in: the setting. Goes out: a resolver with its
//! cache. Records can be given instead, so that a check can be repeated without any network.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::system_conf::read_system_conf;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dmarc::Dmarc;
use mail_auth::{DnsError, Error, MessageAuthenticator, ResolverCache, Txt};

/// How long one server may take to answer one question; asked twice, this stays below the whole patience.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Questions put before a server counts as silent.
const ATTEMPTS: usize = 2;

/// Records that are kept; a flood of invented domains must not fill the memory.
const MAX_RECORDS: usize = 2_000;

/// How long given records count: longer than any process lives.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// Which resolver is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolverChoice {
    /// None: nothing is verified by the desk itself.
    Off,
    /// The machine's (`/etc/resolv.conf`).
    System,
    /// The server at this address.
    Server(SocketAddr),
}

impl ResolverChoice {
    /// Reads `off`, `system`, or an address with port such as `192.0.2.53:53`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "system" => Ok(Self::System),
            other => other.parse().map(Self::Server).map_err(|_| {
                format!("`{text}` is no resolver; write system, off, or an address with port such as 192.0.2.53:53")
            }),
        }
    }
}

/// The configured resolver cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DNS resolver cannot be set up: {0}")]
pub struct ResolverError(String);

/// A resolver and what it has answered lately.
pub(super) struct Resolver {
    pub(super) asks: MessageAuthenticator,
    pub(super) records: Records,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Resolver {
    /// The resolver of a choice; `None` for off.
    pub(super) fn build(choice: ResolverChoice) -> Result<Option<Self>, ResolverError> {
        let (config, mut options) = match choice {
            ResolverChoice::Off => return Ok(None),
            ResolverChoice::System => read_system_conf().map_err(|error| ResolverError(error.to_string()))?,
            ResolverChoice::Server(address) => (only(address), ResolverOpts::default()),
        };
        options.timeout = ANSWER_WITHIN;
        options.attempts = ATTEMPTS;
        Self::asking(config, options).map(Some)
    }

    /// A resolver that knows these TXT records, denies every other name, and asks nobody.
    pub(super) fn of_records(given: &[(&str, &str)]) -> Result<Self, ResolverError> {
        let resolver = Self::asking(
            ResolverConfig::from_parts(None, vec![], vec![]),
            ResolverOpts::default(),
        )?;
        for (name, text) in given {
            let record = if name.starts_with("_dmarc.") {
                Txt::from(Dmarc::parse(text.as_bytes()))
            } else {
                Txt::from(DomainKey::parse(text.as_bytes()))
            };
            let key = format!("{}.", name.trim_end_matches('.').to_lowercase());
            resolver
                .records
                .insert(key.into_boxed_str(), record, Instant::now() + FOR_EVER);
        }
        Ok(Self {
            records: Records {
                denies_others: true,
                ..resolver.records
            },
            ..resolver
        })
    }

    fn asking(config: ResolverConfig, mut options: ResolverOpts) -> Result<Self, ResolverError> {
        // A line in /etc/hosts is no TXT record.
        options.use_hosts_file = ResolveHosts::Never;
        let asks =
            MessageAuthenticator::new(config, options).map_err(|error| ResolverError(error.to_string()))?;
        Ok(Self {
            asks,
            records: Records::default(),
        })
    }
}

/// One server, by UDP first and by TCP where an answer was cut.
fn only(address: SocketAddr) -> ResolverConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    ResolverConfig::from_parts(None, vec![], vec![server])
}

/// Parsed TXT records by name, each until it expires.
#[derive(Default)]
pub(super) struct Records {
    kept: Mutex<HashMap<Box<str>, (Txt, Instant)>>,
    denies_others: bool,
}

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .get(name)
            .filter(|(_, until)| *until > Instant::now())
            .map(|(record, _)| record.clone());
        found.or_else(|| {
            let denied = || {
                Txt::Error(Error::Dns(DnsError::RecordNotFound(
                    hickory_resolver::proto::op::ResponseCode::NXDomain,
                )))
            };
            self.denies_others.then(denied)
        })
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(name).map(|(record, _)| record)
    }

    fn insert(&self, key: Box<str>, value: Txt, valid_until: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_RECORDS {
            let now = Instant::now();
            kept.retain(|_, (_, until)| *until > now);
        }
        if kept.len() >= MAX_RECORDS {
            kept.clear();
        }
        kept.insert(key, (value, valid_until));
    }
}
