//! Waiting for mail inside IDLE (RFC 2177).
//!
//! Comes in: how long to wait. Goes out: whether the server told of a mail. Written over the strict
//! wrapper, since async-imap's own IDLE reports the end of the line as an interruption and hangs for ever
//! when it leaves a silent line.

use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{MailboxDatum, RequestId, Response};
use tokio::time::timeout;

use super::error::ImapError;
use super::strict::{StrictSession, broken, contained, next_response, read_to_end, tagged, within};
use crate::tls::WireStream;

const STEP: &str = "IDLE";

/// How the wait inside IDLE ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// The server told how many mails there are now.
    Exists(u32),
    /// The time was up.
    Quiet,
    /// The server ended IDLE by itself.
    Ended,
}

impl StrictSession {
    /// Waits until the server tells of a mail or `max_wait` is over; entering and leaving are each held
    /// to `limit`.
    ///
    /// A round trip must follow: a line that fell silent looks like a quiet mailbox.
    pub(super) async fn idle(&mut self, max_wait: Duration, limit: Duration) -> Result<Waited, ImapError> {
        let mut session = self.session.take().ok_or(ImapError::Dead)?;
        let (tag, early) = match within(STEP, limit, enter(&mut session)).await? {
            Entered::Idling { tag, early } => (tag, early),
            Entered::Refused(refusal) => {
                self.session = Some(session);
                return Err(refusal);
            }
        };
        let waited = match early {
            Some(exists) => Waited::Exists(exists),
            None => timeout(max_wait, contained(STEP, wait(&mut session, &tag)))
                .await
                .unwrap_or(Ok(Waited::Quiet))?,
        };
        if waited == Waited::Ended {
            self.session = Some(session);
            return Ok(waited);
        }
        let late = within(STEP, limit, leave(&mut session, &tag)).await?;
        self.session = Some(session);
        Ok(late.map_or(waited, Waited::Exists))
    }
}

enum Entered {
    /// `early`: a mail was announced before the server began to idle.
    Idling {
        tag: RequestId,
        early: Option<u32>,
    },
    Refused(ImapError),
}

async fn enter(session: &mut Session<WireStream>) -> Result<Entered, ImapError> {
    let sent = session.run_command(STEP).await;
    let tag = sent.map_err(|error| broken(STEP, &error))?;
    let mut early = None;
    loop {
        let (goes_ahead, end) = next_response(session, STEP, |response| {
            early = exists(response).or(early);
            (
                matches!(response, Response::Continue(_)),
                tagged(STEP, response, &tag),
            )
        })
        .await?;
        if goes_ahead {
            return Ok(Entered::Idling { tag, early });
        }
        if let Some(end) = end {
            let what = "the server ended IDLE before it began";
            let refusal = end?.unwrap_or(ImapError::Protocol { step: STEP, what });
            return Ok(Entered::Refused(refusal));
        }
    }
}

async fn wait(session: &mut Session<WireStream>, tag: &RequestId) -> Result<Waited, ImapError> {
    loop {
        let (exists, end) = next_response(session, STEP, |response| {
            (exists(response), tagged(STEP, response, tag))
        })
        .await?;
        if let Some(exists) = exists {
            return Ok(Waited::Exists(exists));
        }
        if let Some(end) = end {
            return end?.map_or(Ok(Waited::Ended), Err);
        }
    }
}

/// The number of mails, where one more was announced while we were leaving.
async fn leave(session: &mut Session<WireStream>, tag: &RequestId) -> Result<Option<u32>, ImapError> {
    let sent = session.run_command_untagged("DONE").await;
    sent.map_err(|error| broken(STEP, &error))?;
    let mut late = None;
    let refusal = read_to_end(session, STEP, tag, &mut |response: &Response<'_>| {
        late = exists(response).or(late);
    })
    .await?;
    refusal.map_or(Ok(late), Err)
}

/// The number of mails an EXISTS response tells.
pub(super) const fn exists(response: &Response<'_>) -> Option<u32> {
    if let Response::MailboxData(MailboxDatum::Exists(exists)) = response {
        return Some(*exists);
    }
    None
}
