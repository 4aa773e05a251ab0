//! Acknowledgements that wait (SPEC §5): one letter for everything an address has waiting, once its budget
//! allows. Comes in: the clock and the rows that wait. Goes out: one queued letter an address, in the
//! transaction that takes the rows, so that none is sent twice or lost.

use chrono::{DateTime, Utc};

use super::customer_letters::lapsed_value;
use super::explaining::contracts_of;
use super::letters::{Letters, Outgoing};
use super::situation::spent_on;
use super::{Pipeline, PipelineError};
use crate::authentication::SenderVerdict;
use crate::correspondence::Automation;
use crate::correspondence::letter::{account_value, salutation};
use crate::correspondence::list_values::{BundleEntry, BundleValues};
use crate::inquiry::classification::Flag;
use crate::inquiry::{WAITS_FOR, Waiting, is_burst_in_name};
use crate::mail::EmailAddress;
use crate::registry::StaffMember;
use crate::store::outbox::Purpose;
use crate::store::quiet::{self, WaitingAcknowledgement};
use crate::store::{Tx, findings, tickets};
use crate::ticket::{Ticket, TicketStatus};

/// Addresses that are looked at in one step; the next step follows at once while more are due.
const ADDRESSES_A_STEP: usize = 50;

impl Pipeline {
    /// Sends what has waited long enough; returns at how many addresses it looked.
    pub(super) async fn send_bundles(&self, staff: &[StaffMember]) -> Result<usize, PipelineError> {
        let mut looked = 0;
        while looked < ADDRESSES_A_STEP {
            let mut tx = self.database.read().await?;
            let due = quiet::find_due_acknowledgements(&mut tx, self.clock.now()).await?;
            tx.commit().await?;
            let Some(address) = due else { break };
            let mut tx = self.database.begin().await?;
            let letters = Letters {
                pipeline: self,
                now: self.clock.now(),
                staff,
                cause: None,
                fresh: None,
            };
            letters.send_bundle(&mut tx, &address).await?;
            tx.commit().await?;
            looked = looked.saturating_add(1);
        }
        Ok(looked)
    }
}

impl Letters<'_> {
    /// Lets the acknowledgement of a new ticket wait. What comes without proof waits until nothing further has
    /// come for a while: a flood in somebody's name then ends as one before a second letter is written.
    pub(super) async fn wait_to_acknowledge(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (kind, due_at): (Waiting, DateTime<Utc>),
    ) -> Result<(), PipelineError> {
        let sender = self.cause.map(|case| case.situation.authentication.sender);
        let waiting = WaitingAcknowledgement {
            ticket: ticket.id,
            kind: kind.to_string(),
            proven: sender == Some(SenderVerdict::Verified),
        };
        if !waiting.proven {
            quiet::put_off_unproven(tx, &ticket.author, due_at).await?;
        }
        Ok(quiet::insert_waiting_acknowledgement(tx, &waiting, &ticket.author, due_at).await?)
    }

    async fn send_bundle(&self, tx: &mut Tx, address: &EmailAddress) -> Result<(), PipelineError> {
        let spent = spent_on(tx, address, self.now).await?;
        if self.pipeline.policy().budget.is_spent(&spent) {
            return Ok(quiet::put_off_acknowledgements(tx, address, self.now + WAITS_FOR).await?);
        }
        // Since they began to wait, somebody may have begun to use the name.
        let opened = spent.opened_day;
        let mut waiting = Vec::new();
        for one in quiet::take_waiting_acknowledgements(tx, address, self.now).await? {
            let Some(ticket) = tickets::find_ticket(tx, one.ticket).await? else {
                continue;
            };
            // Whoever has an answer needs no word that the inquiry has arrived.
            let open = ticket.answered_at.is_none() && ticket.status != TicketStatus::Closed;
            let used = is_burst_in_name(opened, one.proven);
            if open && !used && !quiet::is_quiet(tx, ticket.id, self.now).await? {
                waiting.push((ticket, one.kind.parse().unwrap_or(Waiting::Full)));
            }
        }
        let Some((newest, _)) = waiting.last() else {
            return Ok(());
        };
        let values = self.bundle_values(tx, newest, &waiting).await?;
        let templates = &self.pipeline.templates;
        let text = templates.render(newest.language, "acknowledgement-bundle.txt", &values)?;
        let words = (self.subject(newest), text);
        let draft = self
            .customer_draft(tx, newest, words, Automation::Replied)
            .await?;
        let letter = Outgoing {
            purpose: Purpose::Acknowledgement,
            ticket: Some(newest.id),
            mail: None,
            draft,
            recipients: std::slice::from_ref(&newest.author),
            due_at: self.now,
        };
        self.queue(tx, letter).await
    }

    async fn bundle_values(
        &self,
        tx: &mut Tx,
        newest: &Ticket,
        waiting: &[(Ticket, Waiting)],
    ) -> Result<BundleValues, PipelineError> {
        let customer = self.customer_of(tx, newest).await?;
        let settings = &self.pipeline.settings;
        let mut entries = Vec::with_capacity(waiting.len());
        for (ticket, kind) in waiting {
            let accounts = self.accounts_of(tx, ticket).await?;
            let shown = self.acknowledgement_values(ticket, None);
            let found = findings::find_findings(tx, ticket.id).await?.unwrap_or_default();
            let contracts = contracts_of(&found);
            entries.push(BundleEntry {
                number: shown.number,
                subject: ticket.subject.clone(),
                category: shown.category,
                account: ticket.account_id.map(|id| account_value(id, &accounts, false)),
                asks_account: ticket.status == TicketStatus::AwaitingAccount,
                business_hours: shown.business_hours,
                starts_at_once: shown.starts_at_once,
                starts: shown.starts,
                prior_case: found.flags.iter().any(|flag| flag == Flag::PriorAwsCase.as_str()),
                lapsed_accounts: contracts
                    .iter()
                    .map(|remark| lapsed_value(newest.language, remark, &accounts))
                    .collect(),
                too_large: *kind == Waiting::TooLarge,
                cannot_read: *kind == Waiting::CannotRead,
            });
        }
        Ok(BundleValues {
            number: self.number(newest),
            salutation: salutation(newest.language, customer.as_ref(), &newest.author_name),
            desk_name: settings.desk_names.text(newest.language).to_owned(),
            entries,
            limit_megabytes: settings.limit_megabytes,
            signature: settings.signatures.text(newest.language).to_owned(),
        })
    }
}
