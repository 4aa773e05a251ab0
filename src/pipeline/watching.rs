//! The desk looks after itself (SPEC §3): every mailbox must be listed whole, and a mail to ourselves must come
//! back through the whole way. Comes in: the clock and what the ledger knows. Goes out: an alarm to the leads
//! once an outage, and the word that it is over; each claimed in the transaction that tells of it. Where mail
//! cannot go out the alarm stands in the log, in `check` and in `reconcile`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::holding::notice;
use super::letters::{Letters, Outgoing};
use super::reconciling::SILENT_AFTER;
use super::storage::Room;
use super::{Pipeline, PipelineError};
use crate::correspondence::letter::instant_words;
use crate::correspondence::outage_values::{OutageValues, SelfProbeValues};
use crate::correspondence::{Automation, Draft};
use crate::registry::{Role, StaffMember};
use crate::store::outbox::{OutboxEntry, Purpose};
use crate::store::{Tx, outages, outbox, outbox_control, reconciling, registry};

/// How long mails to ourselves are remembered.
const PROBES_KEPT: TimeDelta = TimeDelta::days(7);

crate::slug_enum! {
    /// What can be out of order.
    pub enum OutageKind {
        /// A mailbox is not being read to its end.
        MailboxSilent = "mailbox-silent",
        /// A mail to ourselves has not arrived.
        ProbeMissing = "probe-missing",
        /// There is too little room where the database lies, so no mail is taken.
        StorageFull = "storage-full",
    }
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSettings {
    /// Mailboxes that must be read.
    pub mailboxes: Vec<String>,
    /// How often a mail to ourselves is sent; `None`: never.
    pub probe_every: Option<TimeDelta>,
    /// Within which time it must have arrived.
    pub probe_within: TimeDelta,
}

/// Watches one desk.
#[derive(Debug)]
pub struct Watchman {
    pipeline: Arc<Pipeline>,
    settings: WatchSettings,
    /// What lay still while nobody was at work counts from here.
    begun: DateTime<Utc>,
}

impl Watchman {
    /// A watchman who begins now.
    pub fn new(pipeline: Arc<Pipeline>, settings: WatchSettings) -> Self {
        let begun = pipeline.clock.now();
        Self {
            pipeline,
            settings,
            begun,
        }
    }

    /// Looks once; returns whether there is mail to send now.
    pub async fn step(&self) -> Result<bool, PipelineError> {
        let now = self.pipeline.clock.now();
        let mut tx = self.pipeline.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let letters = self.pipeline.letters(&staff);
        let mut wrote = self.look_at_room(&letters, &mut tx).await?;
        for mailbox in &self.settings.mailboxes {
            let scanned = reconciling::find_scanned_at(&mut tx, mailbox).await?;
            let since = scanned.map_or(self.begun, |at| at.max(self.begun));
            let outage = Outage {
                kind: OutageKind::MailboxSilent,
                name: mailbox,
                since: scanned.unwrap_or(self.begun),
            };
            wrote |= if now - since >= SILENT_AFTER {
                outage.begins(&letters, &mut tx).await?
            } else if scanned.is_some_and(|at| at >= self.begun) {
                outage.ends(&letters, &mut tx).await?
            } else {
                false
            };
        }
        if let Some(every) = self.settings.probe_every {
            wrote |= self.look_at_probes(&letters, &mut tx, every).await?;
        }
        tx.commit().await?;
        Ok(wrote)
    }

    async fn look_at_room(&self, letters: &Letters<'_>, tx: &mut Tx) -> Result<bool, PipelineError> {
        let outage = Outage {
            kind: OutageKind::StorageFull,
            name: "",
            since: letters.now,
        };
        match self.pipeline.room() {
            Room::TooLittle => outage.begins(letters, tx).await,
            Room::Scarce => Ok(false),
            Room::Enough => outage.ends(letters, tx).await,
        }
    }

    async fn look_at_probes(
        &self,
        letters: &Letters<'_>,
        tx: &mut Tx,
        every: TimeDelta,
    ) -> Result<bool, PipelineError> {
        // What a person has frozen does not go, which is no news.
        if outbox_control::find_freeze(tx).await?.is_some() {
            return Ok(false);
        }
        outages::mark_arrived_self_probes(tx, letters.now).await?;
        let last = outages::find_last_self_probe(tx).await?;
        let mut wrote = false;
        if let Some(probe) = last {
            let outage = Outage {
                kind: OutageKind::ProbeMissing,
                name: "",
                since: probe.written_at,
            };
            let waited = letters.now - probe.written_at.max(self.begun);
            if probe.arrived_at.is_some() {
                wrote |= outage.ends(letters, tx).await?;
            } else if waited >= self.settings.probe_within {
                wrote |= outage.begins(letters, tx).await?;
            }
        }
        if last.is_none_or(|probe| letters.now - probe.written_at >= every) {
            letters.write_self_probe(tx).await?;
            outages::delete_self_probes(tx, letters.now - PROBES_KEPT).await?;
            wrote = true;
        }
        Ok(wrote)
    }
}

/// Something that is or was out of order.
struct Outage<'a> {
    kind: OutageKind,
    name: &'a str,
    since: DateTime<Utc>,
}

impl Outage<'_> {
    fn key(&self) -> String {
        format!("{} {}", self.kind, self.name).trim_end().to_owned()
    }

    async fn begins(&self, letters: &Letters<'_>, tx: &mut Tx) -> Result<bool, PipelineError> {
        let detail = match self.kind {
            OutageKind::MailboxSilent => "the mailbox has not been listed whole since",
            OutageKind::ProbeMissing => "the mail to ourselves written then has not arrived",
            OutageKind::StorageFull => "too little room where the database lies; no mail is taken",
        };
        if !outages::insert_outage(tx, &self.key(), self.since, detail).await? {
            return Ok(false);
        }
        tracing::error!(outage = self.key(), since = %self.since, "{detail}");
        letters.tell_outage(tx, self, false).await?;
        Ok(true)
    }

    async fn ends(&self, letters: &Letters<'_>, tx: &mut Tx) -> Result<bool, PipelineError> {
        let Some(since) = outages::end_outage(tx, &self.key()).await? else {
            return Ok(false);
        };
        tracing::info!(outage = self.key(), %since, "in order again");
        let ended = Outage {
            kind: self.kind,
            name: self.name,
            since,
        };
        letters.tell_outage(tx, &ended, true).await?;
        Ok(true)
    }
}

impl Letters<'_> {
    /// Tells the leads.
    async fn tell_outage(&self, tx: &mut Tx, outage: &Outage<'_>, over: bool) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let values = OutageValues {
            mark: self.mark(),
            kind: outage.kind.to_string(),
            name: outage.name.to_owned(),
            since: instant_words(language, outage.since),
            over,
            detail: String::new(),
        };
        let templates = &self.pipeline.templates;
        let subject = templates.render(language, "outage.subject", &values)?;
        let text = templates.render(language, "outage.txt", &values)?;
        for member in leads(self.staff) {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            let outgoing = Outgoing {
                purpose: Purpose::Alarm,
                ticket: None,
                mail: None,
                draft: notice(self, member, subject.clone(), text.clone()),
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            };
            self.queue(tx, outgoing).await?;
        }
        Ok(())
    }

    /// Writes a mail to ourselves; it is known by its Message-ID, which nobody else can make.
    async fn write_self_probe(&self, tx: &mut Tx) -> Result<(), PipelineError> {
        let (language, contact) = (
            self.pipeline.settings.staff_language,
            self.pipeline.policy().contact.clone(),
        );
        let values = SelfProbeValues { mark: self.mark() };
        let templates = &self.pipeline.templates;
        let draft = Draft {
            from_name: self.pipeline.settings.desk_names.text(language).to_owned(),
            from: contact.clone(),
            to: vec![(None, contact.clone())],
            cc: Vec::new(),
            reply_to: None,
            subject: templates.render(language, "self-probe.subject", &values)?,
            text: templates.render(language, "self-probe.txt", &values)?,
            in_reply_to: None,
            answer_mark: None,
            references: Vec::new(),
            automation: Automation::Generated,
            loop_mark: self.pipeline.keys.loop_mark(),
            enclosures: Vec::new(),
        };
        let id = self.fresh_message_id()?;
        let outgoing = Outgoing {
            purpose: Purpose::SelfProbe,
            ticket: None,
            mail: None,
            draft,
            recipients: std::slice::from_ref(&contact),
            due_at: self.now,
        };
        self.queue_under(tx, outgoing, &id).await?;
        let written: Option<OutboxEntry> = outbox::find_outbox_by_message_id(tx, &id).await?;
        if let Some(entry) = written {
            outages::insert_self_probe(tx, entry.id, self.now).await?;
        }
        Ok(())
    }
}

fn leads(staff: &[StaffMember]) -> impl Iterator<Item = &StaffMember> {
    staff
        .iter()
        .filter(|member| member.is_enabled() && matches!(member.role, Role::Lead | Role::Admin))
}
