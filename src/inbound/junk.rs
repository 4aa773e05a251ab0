//! The junk folder is read too (SPEC §3): a registered contact's mail there is taken like any other; the rest
//! stays where it is, is known by its header, and staff get a list of it. Comes in: UIDs that are new. Goes
//! out: those whose mails are to be taken.

use std::collections::BTreeSet;

use super::poller::{IntakeError, Poller};
use super::session::ImapSession;
use crate::pipeline::Arrival;
use crate::store::mails::MailPlace;

impl Poller {
    /// Sorts new mails of the junk folder by their headers.
    pub(super) async fn sort_junk(
        &self,
        session: &mut ImapSession,
        validity: u32,
        uids: &[u32],
    ) -> Result<Vec<u32>, IntakeError> {
        let mut wanted = BTreeSet::new();
        let headers = session.fetch_headers(uids).await?;
        let mut unwanted = Vec::new();
        for (uid, header) in &headers {
            if self.pipeline().awaits_mail_of(header).await? {
                wanted.insert(*uid);
            } else {
                unwanted.push(Arrival {
                    source: "junk",
                    mailbox: self.mailbox(),
                    place: Some(MailPlace {
                        uid_validity: validity,
                        uid: *uid,
                    }),
                    arrived_at: None,
                    size: u64::try_from(header.len()).unwrap_or(u64::MAX),
                    raw: header.into(),
                    whole: false,
                    acknowledge: false,
                });
            }
        }
        self.pipeline().leave_in_junk(&unwanted).await?;
        Ok(wanted.into_iter().collect())
    }
}
