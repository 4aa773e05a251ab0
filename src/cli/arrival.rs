//! Whether answers of staff can arrive (SPEC §6: `check` tests that the carrier of reply tokens arrives).
//!
//! Comes in: the configuration. Goes out: mails to the desk itself, sent by its SMTP server, and in words what
//! came of them in its mailbox. A running desk files them as its own mail. It must not wait without bound,
//! and takes nothing out of the mailbox.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep};

use crate::app;
use crate::authentication::{AnswerPath, Carrier, Token, TokenKeys, TokenPurpose};
use crate::clock::Clock;
use crate::config::Config;
use crate::correspondence::{Automation, Draft, compose};
use crate::inbound::ImapSession;
use crate::mail::{EmailAddress, MessageId};
use crate::outbound::{DeliveryOutcome, SmtpConversation};
use crate::ticket::TicketNumber;

/// How long a mail may be on its way from the server to the mailbox beside it.
pub(super) const ARRIVES_WITHIN: Duration = Duration::from_mins(1);

/// Pause between two looks into the mailbox.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// New mails of one folder that are looked at; a mail that just came is among the last.
const LOOK_AT_MOST: usize = 200;

/// A mail of the desk to itself.
struct Probe {
    to: EmailAddress,
    id: MessageId,
    /// Its subject, by which it is known again even where the server changes Message-IDs.
    mark: String,
    bytes: Vec<u8>,
}

/// What was seen of a probe: its header, as it lay in the mailbox.
type Seen = BTreeMap<String, String>;

/// Sends a mail to the contact address and one that bears a token, and waits for both.
pub(super) async fn check_arrival(config: &Config, patience: Duration) -> anyhow::Result<String> {
    let contact = &config.desk.contact_address;
    let keys = TokenKeys::new(config.token_keys()?, contact).carried_by(config.carrier()?);
    let (plain, marked) = probes(config, &keys)?;
    let mut mailbox = Mailbox::open(config).await?;
    send(config, &keys, [&plain, &marked]).await?;
    let until = Instant::now() + patience;
    let mut seen = Seen::new();
    loop {
        mailbox.look(&[&plain, &marked], &mut seen).await?;
        if seen.len() == 2 || Instant::now() >= until {
            break;
        }
        sleep(LOOK_EVERY).await;
    }
    mailbox.session.logout().await;
    judge(&keys, (&plain, &marked), &seen, patience)
}

fn judge(
    keys: &TokenKeys,
    (plain, marked): (&Probe, &Probe),
    seen: &Seen,
    patience: Duration,
) -> anyhow::Result<String> {
    let carrier = keys.carrier();
    match (seen.get(&plain.mark), seen.get(&marked.mark)) {
        (None, None) => anyhow::bail!(
            "no mail from the SMTP server reached the mailbox within {} seconds, not even one to {}; look at \
             the SMTP server's log, and whether this is the mailbox of that address",
            patience.as_secs(),
            plain.to
        ),
        (_, None) => anyhow::bail!(
            "a mail to {} arrived and one to {} did not within {} seconds; {}",
            plain.to,
            marked.to,
            patience.as_secs(),
            advice(carrier)
        ),
        // A folded header breaks no identifier: it has no white space.
        (_, Some(header)) if *carrier == Carrier::MessageId && !header.contains(marked.id.as_str()) => {
            anyhow::bail!(
                "the mail arrived under another Message-ID than it was sent with, so the token in it is lost; {}",
                advice(carrier)
            )
        }
        (_, Some(_)) => Ok(format!("{carrier}; a mail with a token arrived")),
    }
}

/// What to do where a token does not arrive.
fn advice(carrier: &Carrier) -> String {
    match carrier {
        Carrier::PlusAddress => {
            "the server does not deliver plus-addresses to the contact mailbox: turn that on \
                                 (Postfix and Dovecot: recipient_delimiter = +), or set [tokens] carrier to \
                                 catch-all:DOMAIN or message-id"
                .to_owned()
        }
        Carrier::CatchAll(domain) => format!(
            "the server does not deliver every address of {domain} to the contact mailbox: make it a catch-all \
             domain of that mailbox, or set [tokens] carrier to plus-address or message-id"
        ),
        Carrier::MessageId => "set [tokens] carrier to plus-address or catch-all:DOMAIN".to_owned(),
    }
}

fn probes(config: &Config, keys: &TokenKeys) -> anyhow::Result<(Probe, Probe)> {
    let contact = &config.desk.contact_address;
    let token = Token {
        purpose: TokenPurpose::Arrival,
        ticket: TicketNumber(0),
        staff: 0,
        last_day: 0,
    };
    let path = keys
        .answer_path(contact, &token)
        .context("no token can be made")?;
    let plain = probe(config, keys, contact.clone(), None)?;
    let marked = match path {
        AnswerPath::Address(address) => probe(config, keys, address, None)?,
        AnswerPath::MessageId(mark) => probe(config, keys, contact.clone(), Some(mark))?,
    };
    Ok((plain, marked))
}

fn probe(
    config: &Config,
    keys: &TokenKeys,
    to: EmailAddress,
    answer_mark: Option<String>,
) -> anyhow::Result<Probe> {
    let clock = Clock::system();
    let contact = &config.desk.contact_address;
    let mark = clock.fresh_id().simple().to_string();
    let unique = answer_mark.map_or_else(|| mark.clone(), |token| format!("{mark}.{token}"));
    let id = keys
        .message_id(contact, &unique)
        .context("no identifier can be made")?;
    let draft = Draft {
        from_name: config.desk.name.clone(),
        from: contact.clone(),
        to: vec![(None, to.clone())],
        cc: Vec::new(),
        reply_to: None,
        answer_mark: None,
        subject: format!("madoguchi check {mark}"),
        text: "This mail shows that answers of staff can arrive. It can be deleted.\n".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        automation: Automation::Generated,
        loop_mark: keys.loop_mark(),
        enclosures: Vec::new(),
    };
    let bytes = compose(&draft, &id, clock.now())?;
    Ok(Probe { to, id, mark, bytes })
}

async fn send(config: &Config, keys: &TokenKeys, probes: [&Probe; 2]) -> anyhow::Result<()> {
    let contact = &config.desk.contact_address;
    let settings = app::smtp_settings(config)?;
    for probe in probes {
        // One line each: a refusal ends the conversation.
        let mut line = SmtpConversation::connect(&settings).await?;
        let outcome = line.deliver(Some(contact), &probe.to, &probe.bytes).await;
        line.quit().await;
        match outcome {
            DeliveryOutcome::Accepted { .. } => {}
            DeliveryOutcome::Refused { reply } if probe.to != *contact => {
                let advice = advice(keys.carrier());
                anyhow::bail!("the SMTP server refuses mail to {} ({reply}); {advice}", probe.to)
            }
            DeliveryOutcome::Refused { reply: why }
            | DeliveryOutcome::Forbidden { reply: why }
            | DeliveryOutcome::Deferred { why }
            | DeliveryOutcome::Unknown { why } => {
                anyhow::bail!("the SMTP server did not take a mail to {}: {why}", probe.to)
            }
        }
    }
    Ok(())
}

/// The folders a mail can be found in, each with the last UID it held before.
struct Mailbox {
    session: ImapSession,
    folders: Vec<(String, u32)>,
}

impl Mailbox {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let settings = app::poller_settings(config)?;
        let mut session = ImapSession::connect(&settings.imap).await?;
        // A desk that runs beside this files the mail at once.
        let filed = settings.folders.into_iter().map(|(processed, _)| processed);
        let names = std::iter::once(settings.mailbox).chain(filed);
        let mut folders = Vec::new();
        for name in names.chain(config.imap.junk.clone()) {
            session.ensure_mailbox(&name).await?;
            session.select(&name).await?;
            let last = session.list_uids().await?.last().copied().unwrap_or_default();
            folders.push((name, last));
        }
        Ok(Self { session, folders })
    }

    async fn look(&mut self, probes: &[&Probe], seen: &mut Seen) -> anyhow::Result<()> {
        for (name, last) in &self.folders {
            self.session.select(name).await?;
            let mut new = self.session.list_uids().await?;
            new.retain(|uid| uid > last);
            let late = new.split_off(new.len().saturating_sub(LOOK_AT_MOST));
            for header in self.session.fetch_headers(&late).await?.into_values() {
                let header = String::from_utf8_lossy(&header).into_owned();
                for probe in probes.iter().filter(|probe| is_subject(&header, &probe.mark)) {
                    seen.insert(probe.mark.clone(), header.clone());
                }
            }
        }
        Ok(())
    }
}

fn is_subject(header: &str, mark: &str) -> bool {
    header
        .lines()
        .any(|line| line.starts_with("Subject:") && line.contains(mark))
}
