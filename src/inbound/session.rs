//! One session with a mailbox: the few things the desk needs from an IMAP server.
//!
//! Comes in: settings, then UIDs. Goes out: UIDs, sizes and raw mails exactly as the server holds them.
//! A server that fails is never an empty mailbox: every method returns what the server confirmed, or an
//! error. Nothing here reads mails, keeps anything, or reconnects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response};
use chrono::{DateTime, Utc};

use super::arguments::{quoted_mailbox, uid_sets};
use super::error::ImapError;
use super::idle::{Waited, exists};
use super::strict::StrictSession;
use super::told::{has, told_date, told_header, told_mail, told_size, told_uid, told_uid_validity};
use crate::failpoints::{self, Point};
use crate::oauth::Credential;
use crate::tls::{Endpoint, Security};

/// From this many mails on the UIDs are asked for one by one: async-imap reads a long SEARCH line again with
/// every 4 KiB that arrive, and takes minutes where a mailbox was never tidied.
const SEARCH_AT_MOST: u32 = 20_000;

/// Where a mailbox is and how to get in.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// Name or address of the server.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection of the line.
    pub security: Security,
    /// User name.
    pub user: String,
    /// Password, or where the tokens come from that take its place.
    pub password: Credential,
    /// PEM file with authorities trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Time limits.
    pub timeouts: ImapTimeouts,
}

/// How long each step with the server may take.
#[derive(Debug, Clone, Copy)]
pub struct ImapTimeouts {
    /// Each of TCP and TLS, the greeting, STARTTLS, the login.
    pub connect: Duration,
    /// A command whose answer is short, from its first to its last byte; also entering and leaving IDLE.
    pub command: Duration,
    /// A command that fetches mails, from its first to its last byte.
    pub fetch: Duration,
}

impl Default for ImapTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(1),
            fetch: Duration::from_mins(10),
        }
    }
}

/// A mailbox that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// The number under which its UIDs mean what they mean (RFC 3501 §2.3.1.1).
    pub uid_validity: u32,
    /// How many mails it holds.
    pub exists: u32,
}

/// What a wait for mail ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleOutcome {
    /// The server told of mail.
    NewMail,
    /// The time was up.
    TimedOut,
}

/// A logged-in session; after any trouble with the line it is over for good and every call fails.
#[derive(Debug)]
pub struct ImapSession {
    line: StrictSession,
    timeouts: ImapTimeouts,
    can: Abilities,
    exists: u32,
    /// Whether a mail was announced since the UIDs were listed.
    news: bool,
}

/// The extensions of the server that matter here.
#[derive(Debug, Default, Clone, Copy)]
struct Abilities {
    moves: bool,
    uid_plus: bool,
    idle: bool,
}

impl ImapSession {
    /// Connects, protects the line, logs in and asks what the server can do.
    pub async fn connect(settings: &ImapSettings) -> Result<Self, ImapError> {
        let endpoint = Endpoint {
            host: settings.host.clone(),
            port: settings.port,
            security: settings.security,
            ca_file: settings.ca_file.clone(),
        };
        let limit = settings.timeouts.connect;
        let line = StrictSession::login(&endpoint, &settings.user, &settings.password, limit).await?;
        let mut session = Self {
            line,
            timeouts: settings.timeouts,
            can: Abilities::default(),
            exists: 0,
            news: false,
        };
        session.can = session.ask_abilities().await?;
        Ok(session)
    }

    /// Whether the session is over: a new one has to be made.
    pub const fn is_dead(&self) -> bool {
        self.line.is_dead()
    }

    /// Opens a mailbox for reading and moving. A server that gives no UIDVALIDITY cannot be used: its UIDs
    /// mean nothing tomorrow.
    pub async fn select(&mut self, mailbox: &str) -> Result<Selected, ImapError> {
        let line = format!("SELECT {}", quoted_mailbox(mailbox)?);
        let (mut uid_validity, mut count) = (None, None);
        self.short("SELECT", &line, |response| {
            uid_validity = told_uid_validity(response).or(uid_validity);
            count = exists(response).or(count);
        })
        .await?;
        self.news = false;
        let missing = |what| ImapError::Protocol { step: "SELECT", what };
        let uid_validity = uid_validity.ok_or(missing(
            "the server gave no UIDVALIDITY, so its UIDs cannot be kept",
        ))?;
        let exists = count.ok_or(missing("the server did not tell how many mails there are"))?;
        Ok(Selected { uid_validity, exists })
    }

    /// Every UID in the open mailbox, ascending.
    pub async fn list_uids(&mut self) -> Result<Vec<u32>, ImapError> {
        self.news = false;
        let uids = if self.exists > SEARCH_AT_MOST {
            self.list_one_by_one().await?
        } else {
            self.search_all().await?
        };
        if uids.is_none() && self.exists > 0 {
            let what = "OK without a list of UIDs for a mailbox that holds mail";
            return Err(ImapError::Protocol {
                step: "listing the UIDs",
                what,
            });
        }
        Ok(uids.unwrap_or_default().into_iter().collect())
    }

    /// `None` when the server said nothing of UIDs at all.
    async fn search_all(&mut self) -> Result<Option<BTreeSet<u32>>, ImapError> {
        let mut uids = None;
        self.short("UID SEARCH", "UID SEARCH ALL", |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                uids.get_or_insert_with(BTreeSet::new).extend(found);
            }
        })
        .await?;
        Ok(uids)
    }

    /// As [`Self::search_all`], with a response for every mail.
    async fn list_one_by_one(&mut self) -> Result<Option<BTreeSet<u32>>, ImapError> {
        let mut uids = None;
        let limit = self.timeouts.fetch;
        self.command("UID FETCH", "UID FETCH 1:* (UID)", limit, |response| {
            if let Response::Fetch(_, attributes) = response {
                let told = attributes.iter().filter_map(told_uid);
                uids.get_or_insert_with(BTreeSet::new).extend(told);
            }
        })
        .await?;
        Ok(uids.filter(|uids| !uids.is_empty()))
    }

    /// The size in octets of each mail that is still there, by ascending UID.
    pub async fn fetch_sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u64)>, ImapError> {
        let limit = self.timeouts.command;
        let sizes = self.fetch(uids, "RFC822.SIZE", limit, told_size).await?;
        Ok(sizes.into_iter().collect())
    }

    /// When the server took each mail in; none for a mail whose date it tells in no known form.
    pub async fn fetch_dates(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, DateTime<Utc>>, ImapError> {
        let limit = self.timeouts.command;
        self.fetch(uids, "INTERNALDATE", limit, told_date).await
    }

    /// The raw bytes of each mail that is still there, by ascending UID; `\Seen` is not set.
    ///
    /// Many UIDs go in one command, so ask [`Self::fetch_sizes`] first and bound their sum.
    pub async fn fetch_raw(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, ImapError> {
        let limit = self.timeouts.fetch;
        let mails = self.fetch(uids, "BODY.PEEK[]", limit, told_mail).await?;
        Ok(mails.into_iter().collect())
    }

    /// The header of one mail, up to and with the empty line; `None` when the mail is gone.
    pub async fn fetch_header(&mut self, uid: u32) -> Result<Option<Vec<u8>>, ImapError> {
        Ok(self.fetch_headers(&[uid]).await?.remove(&uid))
    }

    /// The headers of those mails that are still there.
    pub async fn fetch_headers(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, Vec<u8>>, ImapError> {
        let limit = self.timeouts.fetch;
        self.fetch(uids, "BODY.PEEK[HEADER]", limit, told_header).await
    }

    /// The Message-ID field of those mails that are still there.
    pub async fn fetch_message_id_fields(
        &mut self,
        uids: &[u32],
    ) -> Result<BTreeMap<u32, Vec<u8>>, ImapError> {
        let item = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]";
        let limit = self.timeouts.fetch;
        self.fetch(uids, item, limit, told_header).await
    }

    /// Creates a mailbox unless it is there.
    pub async fn ensure_mailbox(&mut self, name: &str) -> Result<(), ImapError> {
        let mailbox = quoted_mailbox(name)?;
        let mut there = false;
        let line = format!("LIST \"\" {mailbox}");
        self.short("LIST", &line, |response| {
            there |= matches!(response, Response::MailboxData(MailboxDatum::List(_)));
        })
        .await?;
        if there {
            return Ok(());
        }
        self.short("CREATE", &format!("CREATE {mailbox}"), |_| ()).await
    }

    /// Moves mails to another mailbox, by the best means the server has (RFC 6851, else RFC 4315).
    ///
    /// Without both the mails are copied and marked `\Deleted`, never expunged: a plain EXPUNGE would
    /// destroy what other people marked.
    pub async fn move_to(&mut self, uids: &[u32], mailbox: &str) -> Result<(), ImapError> {
        let mailbox = quoted_mailbox(mailbox)?;
        for set in uid_sets(uids) {
            if self.can.moves {
                self.short("UID MOVE", &format!("UID MOVE {set} {mailbox}"), |_| ())
                    .await?;
            } else {
                self.short("UID COPY", &format!("UID COPY {set} {mailbox}"), |_| ())
                    .await?;
                let mark = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
                self.short("UID STORE", &mark, |_| ()).await?;
                if self.can.uid_plus {
                    self.short("UID EXPUNGE", &format!("UID EXPUNGE {set}"), |_| ())
                        .await?;
                }
            }
        }
        if self.removes_mail() {
            self.confirm_gone(uids).await?;
        }
        Ok(())
    }

    /// Whether the server can take a mail out of a mailbox without taking others' with it.
    pub const fn removes_mail(&self) -> bool {
        self.can.moves || self.can.uid_plus
    }

    /// OK to a move means that the server understood, not that a locked or shared mailbox let the mails go.
    async fn confirm_gone(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        let limit = self.timeouts.command;
        let left = self.fetch(uids, "FLAGS", limit, |_| Some(())).await?;
        if left.is_empty() {
            return Ok(());
        }
        let what = "the server said OK and left mails where they were";
        Err(ImapError::Protocol { step: "moving", what })
    }

    /// Waits up to `max_wait` for the server to tell of mail, then proves the line by a round trip.
    ///
    /// A server without IDLE is waited for in vain: the caller's next look at the UIDs is the truth.
    pub async fn idle(&mut self, max_wait: Duration) -> Result<IdleOutcome, ImapError> {
        let before = self.exists;
        // Between the listing and IDLE the server tells of a mail once, with whatever it answers just then.
        if std::mem::take(&mut self.news) {
            self.noop().await?;
            return Ok(IdleOutcome::NewMail);
        }
        if self.can.idle {
            let waited = self.line.idle(max_wait, self.timeouts.command).await?;
            if let Waited::Exists(exists) = waited {
                self.exists = exists;
            }
            self.noop().await?;
            let new = matches!(waited, Waited::Exists(_)) || self.exists > before;
            return Ok(if new {
                IdleOutcome::NewMail
            } else {
                IdleOutcome::TimedOut
            });
        }
        tokio::time::sleep(max_wait).await;
        self.noop().await?;
        let new = self.exists > before;
        Ok(if new {
            IdleOutcome::NewMail
        } else {
            IdleOutcome::TimedOut
        })
    }

    /// One round trip.
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        self.short("NOOP", "NOOP", |_| ()).await
    }

    /// Says goodbye; a server that does not answer is left all the same.
    pub async fn logout(mut self) {
        // The goodbye itself arrives as BYE, which every other command rightly takes for a failure.
        let _ = self.short("LOGOUT", "LOGOUT", |_| ()).await;
    }

    async fn ask_abilities(&mut self) -> Result<Abilities, ImapError> {
        let mut can = Abilities::default();
        self.short("CAPABILITY", "CAPABILITY", |response| {
            if let Response::Capabilities(capabilities) = response {
                can = Abilities {
                    moves: has(capabilities, "MOVE"),
                    uid_plus: has(capabilities, "UIDPLUS"),
                    idle: has(capabilities, "IDLE"),
                };
            }
        })
        .await?;
        Ok(can)
    }

    /// A FETCH of one item, `told` reading it from the attributes. Mails that were not asked for (changed
    /// flags of others, RFC 3501 §7.4.2) are left out, and so is one whose item is missing or NIL.
    async fn fetch<T: Send>(
        &mut self,
        uids: &[u32],
        item: &str,
        limit: Duration,
        told: fn(&AttributeValue<'_>) -> Option<T>,
    ) -> Result<BTreeMap<u32, T>, ImapError> {
        let asked: BTreeSet<u32> = uids.iter().copied().collect();
        let mut fetched = BTreeMap::new();
        for set in uid_sets(uids) {
            let line = format!("UID FETCH {set} (UID {item})");
            self.command("UID FETCH", &line, limit, |response| {
                let Response::Fetch(_, attributes) = response else {
                    return;
                };
                let uid = attributes
                    .iter()
                    .find_map(told_uid)
                    .filter(|uid| asked.contains(uid));
                if let (Some(uid), Some(value)) = (uid, attributes.iter().find_map(told)) {
                    fetched.insert(uid, value);
                    failpoints::reach(Point::MidFetch);
                }
            })
            .await?;
        }
        Ok(fetched)
    }

    async fn short(
        &mut self,
        step: &'static str,
        line: &str,
        untagged: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ImapError> {
        self.command(step, line, self.timeouts.command, untagged).await
    }

    /// A command that also keeps count of the mails in the open mailbox.
    async fn command(
        &mut self,
        step: &'static str,
        line: &str,
        limit: Duration,
        mut untagged: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ImapError> {
        let (count, news) = (&mut self.exists, &mut self.news);
        self.line
            .command(step, line, limit, |response| {
                if let Some(exists) = exists(response) {
                    *news |= exists > *count;
                    *count = exists;
                }
                if matches!(response, Response::Expunge(_)) {
                    *count = count.saturating_sub(1);
                }
                untagged(response);
            })
            .await
    }
}
