//! One conversation with the submission server: mails one by one, each in its own transaction.
//!
//! Comes in: settings, then an envelope and final bytes. Goes out: a [`DeliveryOutcome`] that never claims
//! more than the server said. lettre is driven phase by phase, each with its own time limit, because its
//! `send` hides in which phase it failed and waits for ever on a silent server. A connection that was
//! left in the middle of anything is never used again: its replies would be off by one.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fmt, iter};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::envelope::{mail_parameters, smtp_address, unsendable};
use super::error::SmtpError;
use super::greeting;
use super::login::Login;
use super::outcome::{DeliveryOutcome, Trouble, short, step};
use crate::failpoints::{self, Point};
use crate::mail::EmailAddress;
use crate::oauth::Credential;
use crate::tls::{Endpoint, Security};

/// How much of a mail is written at once, in octets.
const BLOCK_OCTETS: usize = 64 * 1024;
/// RCPT of the copy to ourselves.
const COPY: &str = "RCPT for the copy";
/// How long the goodbye may take; nothing depends on it.
const QUIT_LIMIT: Duration = Duration::from_secs(5);

/// Where the submission server is and how to get in.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or address of the server.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection of the line.
    pub security: Security,
    /// User name, where the server wants a login.
    pub user: Option<String>,
    /// Password, where the server wants a login, or where the tokens come from that take its place.
    pub password: Option<Credential>,
    /// PEM file with authorities trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The name we give in EHLO: our host's full name or `[address]`.
    pub hello_name: String,
    /// Time limits.
    pub timeouts: SmtpTimeouts,
}

/// How long each phase may take (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, Copy)]
pub struct SmtpTimeouts {
    /// TCP, TLS and STARTTLS.
    pub connect: Duration,
    /// From the open line to the answer to EHLO; also each answer to the login.
    pub greeting: Duration,
    /// The answer to MAIL, and to RSET before it.
    pub mail: Duration,
    /// The answer to RCPT.
    pub recipient: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// Writing each further megabyte of the mail; slower lines are given up.
    pub megabyte: Duration,
    /// The answer to the dot: a server that scans the mail takes its time, and who leaves earlier sends twice.
    pub dot: Duration,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_mins(1),
            greeting: Duration::from_mins(5),
            mail: Duration::from_mins(5),
            recipient: Duration::from_mins(5),
            data: Duration::from_mins(2),
            megabyte: Duration::from_mins(3),
            dot: Duration::from_mins(10),
        }
    }
}

/// An open conversation.
pub struct SmtpConversation {
    /// Taken out for every mail and put back only after a clean 250.
    line: Option<AsyncSmtpConnection>,
    timeouts: SmtpTimeouts,
    needs_reset: bool,
    /// Whether the server takes the commands before a mail in one group (RFC 2920).
    pipelining: bool,
    /// Who gets a copy in the same transaction.
    copy_to: Option<EmailAddress>,
}

/// The mail was not sent because it was not to be sent after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReady;

impl fmt::Debug for SmtpConversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpConversation")
            .field("usable", &self.is_usable())
            .finish_non_exhaustive()
    }
}

impl SmtpConversation {
    /// Connects, protects the line, says EHLO and logs in where a user is configured.
    pub async fn connect(settings: &SmtpSettings) -> Result<Self, SmtpError> {
        let login = Login::from_settings(settings).await?;
        let hello_name = hello_name(settings)?;
        let endpoint = Endpoint {
            host: settings.host.clone(),
            port: settings.port,
            security: settings.security,
            ca_file: settings.ca_file.clone(),
        };
        let limits = settings.timeouts;
        let opened = timeout(limits.connect, greeting::open(&endpoint, hello_name)).await;
        let stream = opened.unwrap_or(Err(SmtpError::TimedOut { step: "connect" }))?;
        let (pipelining, bearer) = (stream.pipelining(), stream.oauth_bearer());
        let client_id = ClientId::Domain(hello_name.to_owned());
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &client_id);
        let mut line = timeout(limits.greeting, greeted)
            .await
            .map_err(|_elapsed| SmtpError::TimedOut { step: "greeting" })?
            .map_err(|error| greeting_error(&error))?;
        if let Some(login) = login {
            login
                .perform(&mut line, bearer.load(Ordering::Relaxed), limits.greeting)
                .await?;
        }
        Ok(Self {
            line: Some(line),
            timeouts: limits,
            needs_reset: false,
            pipelining: pipelining.load(Ordering::Relaxed),
            copy_to: None,
        })
    }

    /// The same with a copy of each mail to that address, in the mail's own transaction: where the copy comes back,
    /// the mail was taken. What the server says to the copy's address does not matter to the mail.
    #[must_use]
    pub fn with_copy_to(mut self, address: Option<EmailAddress>) -> Self {
        self.copy_to = address;
        self
    }

    /// Whether another mail can be sent over this conversation. The server may still have left meanwhile;
    /// the next mail finds out.
    pub const fn is_usable(&self) -> bool {
        self.line.is_some()
    }

    /// Sends one mail to one recipient. `sender` `None` is the empty return path `<>`.
    ///
    /// `bytes` are the whole mail with CRLF line ends. After anything but [`DeliveryOutcome::Accepted`] the
    /// conversation is over, except where the mail was refused before anything was sent.
    pub async fn deliver(
        &mut self,
        sender: Option<&EmailAddress>,
        recipient: &EmailAddress,
        bytes: &[u8],
    ) -> DeliveryOutcome {
        let ready = std::future::ready(true);
        match self.deliver_when((sender, recipient), bytes, ready).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) | Err(NotReady) => DeliveryOutcome::Deferred {
                why: "the server left between two mails".to_owned(),
            },
        }
    }

    /// The same, with the mail itself going over only once `ready` says so; where it says no, nothing was
    /// sent. `None`: the server had left before it was spoken to, and a new conversation is needed.
    pub async fn deliver_when(
        &mut self,
        (sender, recipient): Envelope<'_>,
        bytes: &[u8],
        ready: impl Future<Output = bool> + Send,
    ) -> Result<Option<DeliveryOutcome>, NotReady> {
        if let Some(reason) = unsendable(bytes) {
            let reply = reason.to_owned();
            return Ok(Some(DeliveryOutcome::Refused { reply }));
        }
        let Some(mut line) = self.line.take() else {
            return Ok(None);
        };
        let announced = self.announce(&mut line, (sender, recipient), bytes).await;
        match announced {
            Ok(()) => (),
            Err(Unannounced::Gone) => return Ok(None),
            Err(Unannounced::Ended(outcome)) => return Ok(Some(outcome)),
        }
        if !ready.await {
            return Err(NotReady);
        }
        match transfer(&mut line, self.timeouts, bytes).await {
            Ok(reply) => {
                failpoints::reach(Point::AfterAcceptance);
                self.line = Some(line);
                self.needs_reset = true;
                Ok(Some(DeliveryOutcome::Accepted { reply }))
            }
            Err(outcome) => Ok(Some(outcome)),
        }
    }

    /// Everything up to the server's word that the mail may come: RSET after another mail, MAIL, RCPT, DATA;
    /// in one group where the server takes it, so that it is waited for once and not four times.
    async fn announce(
        &self,
        line: &mut AsyncSmtpConnection,
        (sender, recipient): Envelope<'_>,
        bytes: &[u8],
    ) -> Result<(), Unannounced> {
        let limits = self.timeouts;
        let parameters = mail_parameters(line.server_info(), [sender, Some(recipient)], bytes);
        let parameters = parameters.map_err(|reason| {
            let reply = reason.to_owned();
            Unannounced::Ended(DeliveryOutcome::Refused { reply })
        })?;
        let mail = Mail::new(sender.map(smtp_address), parameters).to_string();
        let rcpt = Rcpt::new(smtp_address(recipient), Vec::new()).to_string();
        // 251: the recipient moved and the server forwards (RFC 5321 §3.4).
        let copy = self.copy_to.as_ref().filter(|copy| *copy != recipient);
        let copy = copy.map(|copy| Rcpt::new(smtp_address(copy), Vec::new()).to_string());
        let steps: Vec<Announcement<'_>> = [
            Some(("RSET", limits.mail, [250].as_slice(), Rset.to_string())),
            Some(("MAIL", limits.mail, &[250], mail)),
            Some(("RCPT", limits.recipient, &[250, 251], rcpt)),
            copy.map(|rcpt| (COPY, limits.recipient, [250, 251].as_slice(), rcpt)),
            Some(("DATA", limits.data, &[354], Data.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let steps = steps.get(usize::from(!self.needs_reset)..).unwrap_or_default();
        let group: String = steps.iter().map(|(.., command)| command.as_str()).collect();
        for (place, (name, limit, wanted, command)) in steps.iter().enumerate() {
            let answered = if !self.pipelining {
                step(name, *limit, wanted, line.command(command)).await
            } else if place == 0 {
                step(name, *limit, wanted, line.command(&group)).await
            } else {
                step(name, *limit, wanted, line.read_response()).await
            };
            match (*name, answered) {
                ("RSET", Err(_)) => return Err(Unannounced::Gone),
                (_, Ok(_))
                | (
                    COPY,
                    Err(Trouble::Transient { .. } | Trouble::Permanent { .. } | Trouble::Unwelcome { .. }),
                ) => {}
                (_, Err(trouble)) => return Err(Unannounced::Ended(trouble.before_the_dot())),
            }
            match *name {
                "MAIL" => failpoints::reach(Point::AfterMail),
                "RCPT" => failpoints::reach(Point::AfterRcpt),
                "DATA" => failpoints::reach(Point::AfterData),
                _ => (),
            }
        }
        Ok(())
    }

    /// Says goodbye; a server that does not answer is left all the same.
    pub async fn quit(mut self) {
        if let Some(mut line) = self.line.take() {
            let _ = timeout(QUIT_LIMIT, line.command(Quit)).await;
        }
    }
}

/// Envelope sender and recipient.
type Envelope<'a> = (Option<&'a EmailAddress>, &'a EmailAddress);

/// A command before the mail: its name, how long its reply may take, the replies that are success, its text.
type Announcement<'a> = (&'static str, Duration, &'a [u16], String);

/// Why the mail itself was not sent.
enum Unannounced {
    /// The server had left since the last mail.
    Gone,
    /// This is what became of the mail.
    Ended(DeliveryOutcome),
}

/// The mail itself; the reply after the dot, or what became of the mail instead.
async fn transfer(
    line: &mut AsyncSmtpConnection,
    limits: SmtpTimeouts,
    bytes: &[u8],
) -> Result<String, DeliveryOutcome> {
    // lettre ends every mail with CRLF before the dot, so the mail's own last one is left out.
    let body = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    // lettre asks for the next block when the last one is written, and for the end before it writes the dot.
    let dot_follows = AtomicBool::new(false);
    let end = iter::from_fn(|| {
        failpoints::reach(Point::MidData);
        dot_follows.store(true, Ordering::Relaxed);
        None
    });
    let sent = line.message_iter(body.chunks(BLOCK_OCTETS).chain(end));
    let sent = failpoints::watch(Point::AfterDot, sent, || dot_follows.load(Ordering::Relaxed));
    step("the mail", mail_limit(limits, bytes.len()), &[250], sent)
        .await
        .map_err(|trouble| {
            if dot_follows.load(Ordering::Relaxed) {
                trouble.after_the_mail()
            } else {
                trouble.before_the_dot()
            }
        })
}

/// The time for a mail of this size, from its first octet to the answer to its dot.
fn mail_limit(limits: SmtpTimeouts, octets: usize) -> Duration {
    let megabytes = u32::try_from(octets >> 20).unwrap_or(u32::MAX).saturating_add(1);
    limits
        .dot
        .saturating_add(limits.megabyte.saturating_mul(megabytes))
}

fn greeting_error(error: &lettre::transport::smtp::Error) -> SmtpError {
    let (step, text) = ("greeting", short(&error.to_string()));
    if let Some(code) = error.status() {
        let words = std::error::Error::source(error).map(ToString::to_string);
        let reply = short(&format!("{code} {}", words.unwrap_or_default()));
        return SmtpError::Refused { step, reply };
    }
    SmtpError::Lost { step, reason: text }
}

fn hello_name(settings: &SmtpSettings) -> Result<&str, SmtpError> {
    let name = settings.hello_name.as_str();
    let usable = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if name.is_empty() || !name.chars().all(usable) {
        return Err(SmtpError::Settings {
            what: "the name for EHLO is no host name",
        });
    }
    Ok(name)
}
