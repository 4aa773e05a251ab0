//! What staff are told of in lists: tickets of unregistered senders every hour (SPEC §10), mails left in the
//! junk folder every morning at nine (SPEC §3). Comes in: the clock and what waits. Goes out: one mail a
//! person and list; the stretch of time is claimed in the same transaction, so that no list is sent twice.

use chrono::{DateTime, TimeDelta, Utc};

use super::holding::notice;
use super::junk::LEFT_IN_JUNK;
use super::letters::{Letters, Outgoing};
use super::writing::Case;
use super::{Pipeline, PipelineError};
use crate::calendar::jst;
use crate::correspondence::letter::instant_words;
use crate::correspondence::list_values::{JunkEntry, JunkValues, UnregisteredEntry, UnregisteredValues};
use crate::inquiry::redaction::redacted;
use crate::mail::parse::parse_mail;
use crate::registry::{Role, StaffMember};
use crate::store::mails::{self, StoredMail};
use crate::store::messages::{self, Origin};
use crate::store::outbox::Purpose;
use crate::store::untold::{self, UntoldTicket};
use crate::store::{Tx, tickets};
use crate::ticket::Ticket;

/// The hourly list's name among the counters.
const UNREGISTERED_LIST: &str = "unregistered-list";

/// The daily list's.
const JUNK_LIST: &str = "junk-list";

/// Tickets that are shown in full, and as many suspects in a line each.
const MOST_ENTRIES: usize = 20;

/// Mails that the daily list shows.
const MOST_JUNK: usize = 50;

/// Characters of a line or a subject that a list shows.
const MOST_CHARACTERS: usize = 120;

/// The hour at which the daily list is sent, on Japanese clocks.
const MORNING: TimeDelta = TimeDelta::hours(9);

impl Pipeline {
    /// Sends the lists whose time has come; returns how many.
    pub(super) async fn send_lists(&self, staff: &[StaffMember]) -> Result<usize, PipelineError> {
        let now = self.clock.now();
        let (hour, morning) = (hour_of(now), morning_before(now));
        let mut tx = self.database.read().await?;
        let waits = untold::find_longest_untold(&mut tx).await?;
        let hourly = untold::find_listed_until(&mut tx, UNREGISTERED_LIST).await?;
        let daily = untold::find_listed_until(&mut tx, JUNK_LIST).await?;
        tx.commit().await?;
        let letters = Letters {
            pipeline: self,
            now,
            staff,
            cause: None,
            fresh: None,
        };
        let mut sent = 0_usize;
        if hourly < hour && waits.is_some_and(|since| since < hour) {
            let mut tx = self.database.begin().await?;
            if untold::claim_stretch(&mut tx, UNREGISTERED_LIST, (hourly, hour)).await? {
                letters.list_unregistered(&mut tx).await?;
                sent = sent.saturating_add(1);
            }
            tx.commit().await?;
        }
        if daily < morning {
            let mut tx = self.database.begin().await?;
            if untold::claim_stretch(&mut tx, JUNK_LIST, (daily, morning)).await? {
                letters.list_junk(&mut tx, (daily, morning)).await?;
                sent = sent.saturating_add(1);
            }
            tx.commit().await?;
        }
        Ok(sent)
    }
}

/// The full hour that was last struck.
fn hour_of(now: DateTime<Utc>) -> DateTime<Utc> {
    let past = now
        .timestamp_millis()
        .rem_euclid(TimeDelta::hours(1).num_milliseconds());
    now - TimeDelta::milliseconds(past)
}

/// Nine o'clock on Japanese clocks, the last time it was.
fn morning_before(now: DateTime<Utc>) -> DateTime<Utc> {
    let ahead = TimeDelta::seconds(i64::from(jst().local_minus_utc())) - MORNING;
    let past = (now + ahead)
        .timestamp_millis()
        .rem_euclid(TimeDelta::days(1).num_milliseconds());
    now - TimeDelta::milliseconds(past)
}

/// A ticket of the list with what is shown of it.
struct Listed {
    ticket: Ticket,
    entry: UnregisteredEntry,
    suspect: bool,
}

impl Letters<'_> {
    /// Lets a ticket be told of in the next list.
    pub(super) async fn tell_in_list(
        &self,
        tx: &mut Tx,
        case: &Case<'_>,
        ticket: &Ticket,
    ) -> Result<(), PipelineError> {
        let waiting = UntoldTicket {
            ticket: ticket.id,
            verdict: case.situation.authentication.sender.to_string(),
        };
        Ok(untold::insert_untold(tx, &waiting, self.now).await?)
    }

    async fn list_unregistered(&self, tx: &mut Tx) -> Result<(), PipelineError> {
        let mut listed = Vec::new();
        for one in untold::take_untold(tx).await? {
            let Some(ticket) = tickets::find_ticket(tx, one.ticket).await? else {
                continue;
            };
            let unproven = one.verdict != "verified" && ticket.customer_id.is_none();
            listed.push(Listed {
                suspect: unproven && untold::is_spam_author(tx, &ticket.author).await?,
                entry: self.listed_entry(&ticket, one.verdict),
                ticket,
            });
        }
        let listed = one_author_after_the_other(listed);
        for member in self.staff {
            let told = |ticket: &Ticket| {
                let policy = self.pipeline.policy();
                let desk = (ticket.desk, ticket.assignee);
                let told = policy.duty.told(desk, self.now, self.staff);
                told.iter().any(|one| one.serial == member.serial)
            };
            let own: Vec<&Listed> = listed.iter().filter(|one| told(&one.ticket)).collect();
            if !own.is_empty() {
                self.send_unregistered(tx, member, &own).await?;
            }
        }
        Ok(())
    }

    async fn send_unregistered(
        &self,
        tx: &mut Tx,
        member: &StaffMember,
        listed: &[&Listed],
    ) -> Result<(), PipelineError> {
        let (suspects, others): (Vec<&Listed>, Vec<&Listed>) = listed.iter().partition(|one| one.suspect);
        let mut entries = Vec::new();
        let shown: Vec<&Listed> = others.into_iter().take(MOST_ENTRIES).collect();
        for one in &shown {
            let words = self.last_words(tx, &one.ticket).await?;
            let written = words.map(|(_, words)| words).unwrap_or_default();
            let first = written.lines().map(str::trim).find(|line| !line.is_empty());
            let draft = self.staff_draft(&one.ticket, member, String::new(), String::new());
            entries.push(UnregisteredEntry {
                first_line: cut(first.unwrap_or_default()),
                reply_to: draft.reply_to.map(|address| address.to_string()),
                ..one.entry.clone()
            });
        }
        let suspects: Vec<UnregisteredEntry> = suspects
            .into_iter()
            .take(MOST_ENTRIES)
            .map(|one| one.entry.clone())
            .collect();
        let values = UnregisteredValues {
            mark: self.mark(),
            count: listed.len(),
            more: listed
                .len()
                .saturating_sub(entries.len().saturating_add(suspects.len())),
            entries,
            suspects,
        };
        let id = self.fresh_message_id()?;
        // Whoever answers the list at a ticket's address answers that ticket.
        for one in &shown {
            messages::insert_message_id(tx, &id, one.ticket.id, Origin::Staff, self.now).await?;
        }
        self.send_list(tx, member, ("unregistered-digest", &values), &id)
            .await
    }

    async fn list_junk(
        &self,
        tx: &mut Tx,
        stretch: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), PipelineError> {
        let count = untold::count_left(tx, LEFT_IN_JUNK, stretch).await?;
        if count == 0 {
            return Ok(());
        }
        let most = i64::try_from(MOST_JUNK).unwrap_or(i64::MAX);
        let mut entries = Vec::new();
        for id in untold::list_left(tx, LEFT_IN_JUNK, stretch, most).await? {
            let mail = mails::find_mail(tx, id).await?;
            entries.extend(mail.map(|mail| self.junk_entry(&mail)));
        }
        let values = JunkValues {
            mark: self.mark(),
            count,
            more: (count - most).max(0),
            entries,
        };
        let leads =
            |member: &&StaffMember| member.is_enabled() && matches!(member.role, Role::Lead | Role::Admin);
        for member in self.staff.iter().filter(leads) {
            let id = self.fresh_message_id()?;
            self.send_list(tx, member, ("junk-list", &values), &id).await?;
        }
        Ok(())
    }

    fn junk_entry(&self, mail: &StoredMail) -> JunkEntry {
        let language = self.pipeline.settings.staff_language;
        let read = parse_mail(&mail.raw).ok();
        let author = read.as_ref().and_then(|read| read.single_author());
        JunkEntry {
            author: author.map_or_else(String::new, |author| match &author.name {
                Some(name) => cut(&format!("{name} <{}>", author.address)),
                None => author.address.to_string(),
            }),
            subject: read
                .as_ref()
                .map(|read| cut(&redacted(&read.subject, &[])))
                .unwrap_or_default(),
            date: instant_words(
                language,
                read.and_then(|read| read.date)
                    .map_or(mail.received_at, |date| date.to_utc()),
            ),
        }
    }

    async fn send_list(
        &self,
        tx: &mut Tx,
        member: &StaffMember,
        (name, values): (&str, &(impl serde::Serialize + Sync)),
        id: &crate::mail::MessageId,
    ) -> Result<(), PipelineError> {
        let Some(address) = member.addresses.first() else {
            return Ok(());
        };
        let (templates, language) = (&self.pipeline.templates, self.pipeline.settings.staff_language);
        let subject = templates.render(language, &format!("{name}.subject"), values)?;
        let text = templates.render(language, &format!("{name}.txt"), values)?;
        let list = Outgoing {
            purpose: Purpose::Notification,
            ticket: None,
            mail: None,
            draft: notice(self, member, subject, text),
            recipients: std::slice::from_ref(address),
            due_at: self.now,
        };
        self.queue_under(tx, list, id).await
    }

    fn listed_entry(&self, ticket: &Ticket, verdict: String) -> UnregisteredEntry {
        UnregisteredEntry {
            number: self.number(ticket),
            author: ticket.author.to_string(),
            verdict,
            subject: cut(&ticket.subject),
            first_line: String::new(),
            reply_to: None,
        }
    }
}

/// The first ticket of every author, then the second of each: who writes much hides nobody.
fn one_author_after_the_other(listed: Vec<Listed>) -> Vec<Listed> {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut ranked: Vec<(usize, Listed)> = Vec::with_capacity(listed.len());
    for one in listed {
        let before = seen.entry(one.ticket.author.folded().to_owned()).or_default();
        ranked.push((*before, one));
        *before = before.saturating_add(1);
    }
    ranked.sort_by_key(|(rank, one)| (*rank, one.ticket.number.0));
    ranked.into_iter().map(|(_, one)| one).collect()
}

/// A line short enough for a list, on one line.
fn cut(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST_CHARACTERS {
        return line;
    }
    line.chars().take(MOST_CHARACTERS).chain(['…']).collect()
}
