//! The strict wrapper around async-imap: one command at a time, and only a tagged OK is success.
//!
//! Comes in: a command line and a time limit. Goes out: the untagged responses, one by one, to the
//! caller's closure, then success or an [`ImapError`]. async-imap's own commands report a refused or
//! half-read answer as "nothing there", and a session after a parse error as an empty mailbox for ever;
//! none of them may be used beyond the login.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_imap::imap_proto::{RequestId, Response, Status};
use async_imap::{Connection, Session};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::error::{ImapError, reply_text};
use crate::tls::WireStream;

/// A logged-in line that is either in step with the server or over for good.
#[derive(Debug)]
pub(super) struct StrictSession {
    /// Taken out for every step and put back only when the server's answer was read to its end, so a
    /// failure, a timeout and a caller that goes away all end the session.
    pub(super) session: Option<Session<WireStream>>,
}

impl StrictSession {
    /// Whether the session is over.
    pub(super) const fn is_dead(&self) -> bool {
        self.session.is_none()
    }

    /// Runs one command. `step` is its name for errors; it is given separately since the line may hold
    /// names that belong in no log.
    ///
    /// NO and BAD are errors that leave the session in step; every other failure ends it.
    pub(super) async fn command(
        &mut self,
        step: &'static str,
        line: &str,
        limit: Duration,
        mut untagged: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ImapError> {
        let mut session = self.session.take().ok_or(ImapError::Dead)?;
        let refusal = within(step, limit, async {
            let sent = session.run_command(line).await;
            let tag = sent.map_err(|error| broken(step, &error))?;
            read_to_end(&mut session, step, &tag, &mut untagged).await
        })
        .await?;
        self.session = Some(session);
        refusal.map_or(Ok(()), Err)
    }
}

/// Holds one step to its time limit.
pub(super) async fn within<T: Send>(
    step: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, ImapError>> + Send,
) -> Result<T, ImapError> {
    timeout(limit, contained(step, work))
        .await
        .unwrap_or(Err(ImapError::TimedOut { step }))
}

/// Turns a panic of the parser below us into a broken line: imap-proto cuts a server's words at a fixed
/// octet, which a Japanese word after `]` does not survive. What the step held is dropped with it.
pub(super) async fn contained<T: Send>(
    step: &'static str,
    work: impl Future<Output = Result<T, ImapError>> + Send,
) -> Result<T, ImapError> {
    let kind = std::io::ErrorKind::InvalidData;
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or(Err(ImapError::Broken { step, kind }))
}

/// Reads up to the answer that bears our tag. `Ok(Some(..))` is a refusal that leaves the line in step.
pub(super) async fn read_to_end(
    session: &mut Session<WireStream>,
    step: &'static str,
    tag: &RequestId,
    untagged: &mut (impl FnMut(&Response<'_>) + Send),
) -> Result<Option<ImapError>, ImapError> {
    loop {
        let end = next_response(session, step, |response| {
            let end = tagged(step, response, tag);
            if end.is_none() {
                untagged(response);
            }
            end
        });
        if let Some(end) = end.await? {
            return end;
        }
    }
}

/// What `read` makes of the next response; the end of the line and the server's BYE are errors.
pub(super) async fn next_response<T>(
    line: &mut Connection<WireStream>,
    step: &'static str,
    read: impl FnOnce(&Response<'_>) -> T + Send,
) -> Result<T, ImapError> {
    let response = line.read_response().await.map_err(|error| ImapError::Broken {
        step,
        kind: error.kind(),
    })?;
    let response = response.ok_or(ImapError::Closed { step })?;
    refuse_bye(step, response.parsed())?;
    Ok(read(response.parsed()))
}

/// What a tagged response means for the command with `tag`; `None` for everything untagged.
pub(super) fn tagged(
    step: &'static str,
    response: &Response<'_>,
    tag: &RequestId,
) -> Option<Result<Option<ImapError>, ImapError>> {
    let Response::Done {
        tag: answered,
        status,
        outcome,
    } = response
    else {
        return None;
    };
    let protocol = |what| Some(Err(ImapError::Protocol { step, what }));
    if answered != tag {
        return protocol("the server answered a command that was not asked");
    }
    let refused = |status| {
        let reply = reply_text(outcome.information.as_deref());
        Some(Ok(Some(ImapError::Refused { step, status, reply })))
    };
    match status {
        Status::Ok => Some(Ok(None)),
        Status::No => refused("NO"),
        Status::Bad => refused("BAD"),
        Status::PreAuth | Status::Bye => protocol("the server's answer is neither OK nor NO nor BAD"),
    }
}

/// Turns an untagged BYE into the error it is.
pub(super) fn refuse_bye(step: &'static str, response: &Response<'_>) -> Result<(), ImapError> {
    if let Response::Data {
        status: Status::Bye,
        outcome,
    } = response
    {
        let reply = reply_text(outcome.information.as_deref());
        return Err(ImapError::Bye { step, reply });
    }
    Ok(())
}

/// An error of the line without its text: async-imap quotes what it could not read.
pub(super) fn broken(step: &'static str, error: &async_imap::error::Error) -> ImapError {
    let kind = match error {
        async_imap::error::Error::ConnectionLost => return ImapError::Closed { step },
        async_imap::error::Error::Io(error) => error.kind(),
        async_imap::error::Error::Bad(_)
        | async_imap::error::Error::No(_)
        | async_imap::error::Error::Parse(_)
        | async_imap::error::Error::Validate(_)
        | async_imap::error::Error::Append
        | _ => std::io::ErrorKind::Other,
    };
    ImapError::Broken { step, kind }
}
