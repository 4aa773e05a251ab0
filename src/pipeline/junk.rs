//! Mails in the junk folder: whose are awaited, and the record of those that are left there (SPEC §3).

use super::{Arrival, Pipeline, PipelineError};
use crate::calendar::to_jst;
use crate::mail::parse::{content_hash, parse_mail};
use crate::store::{mailboxes, mails, registry};
use crate::ticket::MailOutcome;

/// The reason under which a mail left in the junk folder is recorded; the daily list asks for it.
pub const LEFT_IN_JUNK: &str = "left-in-junk";

impl Pipeline {
    /// Whether a mail with this header is taken even from the junk folder: its author is a registered contact
    /// or a colleague. A header that cannot be read is nobody's.
    pub async fn awaits_mail_of(&self, header: &[u8]) -> Result<bool, PipelineError> {
        let Ok(message) = parse_mail(header) else {
            return Ok(false);
        };
        let Some(author) = message.single_author() else {
            return Ok(false);
        };
        let today = to_jst(self.clock.now()).date_naive();
        let mut tx = self.database.read().await?;
        let contacts = registry::find_contacts(&mut tx, &author.address).await?;
        if contacts.iter().any(|contact| contact.is_valid_on(today)) {
            return Ok(true);
        }
        let staff = registry::list_staff(&mut tx).await?;
        Ok(staff
            .iter()
            .any(|member| member.addresses.contains(&author.address)))
    }

    /// Records mails that stay in the junk folder; their header is all that was fetched.
    pub async fn leave_in_junk(&self, arrivals: &[Arrival<'_>]) -> Result<(), PipelineError> {
        if arrivals.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.database.begin().await?;
        for arrival in arrivals {
            let id = self.clock.fresh_id();
            let hash = content_hash(&arrival.raw);
            if mails::insert_mail(&mut tx, &arrival.as_row(id, &hash, now)).await? {
                mails::mark_outcome(&mut tx, id, MailOutcome::IgnoredNotice, LEFT_IN_JUNK, now).await?;
                mailboxes::mark_filed(&mut tx, &[id], now).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
