//! What became of one mail, and how a server's answers are read.
//!
//! Comes in: what lettre reports of one step. Goes out: the step's reply or its [`Trouble`], and from it a
//! [`DeliveryOutcome`]. Pure apart from the clock of the time limit.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

/// Longest part of a server's own words that is kept, in characters.
const MAX_REPLY_CHARS: usize = 500;

/// What became of one mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Reply 250 after the dot: the mail is the server's now.
    Accepted {
        /// Code and words of the server.
        reply: String,
    },
    /// The server certainly does not have the mail, and a later try may succeed.
    Deferred {
        /// Code and words of the server, or what happened to the line.
        why: String,
    },
    /// The server does not take this mail, ever.
    Refused {
        /// Code and words of the server, or why the mail cannot be sent at all.
        reply: String,
    },
    /// The server does not let this desk send: every other mail would be answered in the same way, and nothing is
    /// wrong with this one.
    Forbidden {
        /// Code and words of the server.
        reply: String,
    },
    /// The line was lost with or after the dot: the server may have the mail or not.
    Unknown {
        /// What happened to the line.
        why: String,
    },
}

/// Why a step did not get the reply it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// 4xx.
    Transient { reply: String },
    /// 5xx about the mail, its sender or its recipient.
    Permanent { reply: String },
    /// 5xx about us: the server wants a login or TLS (RFC 4954 §6, RFC 3207 §4).
    Unwelcome { reply: String },
    /// No reply, half a reply, or one that has no place here.
    Lost { why: String },
}

impl Trouble {
    /// What trouble means while the server certainly does not have the mail.
    pub(super) fn before_the_dot(self) -> DeliveryOutcome {
        match self {
            Self::Permanent { reply } => DeliveryOutcome::Refused { reply },
            Self::Unwelcome { reply } => DeliveryOutcome::Forbidden { reply },
            Self::Transient { reply: why } | Self::Lost { why } => DeliveryOutcome::Deferred { why },
        }
    }

    /// What trouble means once the whole mail went over and the dot follows or followed.
    pub(super) fn after_the_mail(self) -> DeliveryOutcome {
        match self {
            Self::Lost { why } => DeliveryOutcome::Unknown { why },
            clear @ (Self::Transient { .. } | Self::Permanent { .. } | Self::Unwelcome { .. }) => {
                clear.before_the_dot()
            }
        }
    }
}

/// Runs one step within its time limit; only the replies in `wanted` are success.
pub(super) async fn step(
    name: &'static str,
    limit: Duration,
    wanted: &[u16],
    work: impl Future<Output = Result<Response, Error>> + Send,
) -> Result<String, Trouble> {
    let Ok(done) = timeout(limit, work).await else {
        let why = format!("no reply to {name} within {} seconds", limit.as_secs());
        return Err(Trouble::Lost { why });
    };
    let response = done.map_err(|error| read_error(name, &error))?;
    let reply = reply_text(&response);
    if wanted.contains(&u16::from(response.code())) {
        return Ok(reply);
    }
    let why = format!("{name} was answered with {reply}, which has no place there");
    Err(Trouble::Lost { why })
}

fn read_error(name: &'static str, error: &Error) -> Trouble {
    let Some(code) = error.status() else {
        let why = short(&format!("{name}: {}", causes(error)));
        return Trouble::Lost { why };
    };
    let words = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    let reply = short(&format!("{code} {words}"));
    match u16::from(code) {
        400..=499 => Trouble::Transient { reply },
        code if is_about_us(name, code, &words) => Trouble::Unwelcome { reply },
        _ => Trouble::Permanent { reply },
    }
}

/// Whether a permanent refusal is about the desk and not about the mail or its recipient. MAIL names our own
/// address and nothing else, so only its parameters and the size can be the mail's; after it, only words that no
/// recipient can cause are taken for it.
fn is_about_us(step: &str, code: u16, words: &str) -> bool {
    let status = words.split_whitespace().next().unwrap_or_default();
    match code {
        // RFC 4954 §6, RFC 3207 §4: a login or TLS is wanted.
        530 | 534 | 535 | 538 => true,
        550 | 551 | 553 | 554 if step == "MAIL" => !status.starts_with("5.3.") && !status.starts_with("5.6."),
        // Daily limit of the account (Google); send-as denied, account or tenant blocked (Microsoft 365).
        _ => {
            let blocked = |number: &str| number.len() == 3 && number.starts_with('7');
            matches!(status, "5.4.5" | "5.7.60" | "5.2.252")
                || status.strip_prefix("5.7.").is_some_and(blocked)
        }
    }
}

/// lettre's own text says only the kind of failure when there is no cause below it.
fn causes(error: &Error) -> String {
    if error.is_timeout() {
        "the line timed out".to_owned()
    } else {
        error.to_string()
    }
}

fn reply_text(response: &Response) -> String {
    let words: Vec<&str> = response.message().collect();
    short(&format!("{} {}", response.code(), words.join(" ")))
}

/// A text of bounded length without control characters.
pub(super) fn short(text: &str) -> String {
    text.trim_end()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_REPLY_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(reply: &str) -> Result<String, Trouble> {
        let response = reply.parse::<Response>();
        step("MAIL", Duration::from_secs(1), &[250], async { response }).await
    }

    #[tokio::test]
    async fn only_the_wanted_reply_is_success() {
        assert_eq!(answered("250 2.1.0 fine\r\n").await.unwrap(), "250 2.1.0 fine");
        assert!(matches!(
            answered("354 go on\r\n").await,
            Err(Trouble::Lost { .. })
        ));
    }

    #[test]
    fn a_lost_line_is_unknown_only_once_the_dot_is_under_way() {
        let lost = Trouble::Lost {
            why: "gone".to_owned(),
        };
        assert!(matches!(
            lost.clone().before_the_dot(),
            DeliveryOutcome::Deferred { .. }
        ));
        assert!(matches!(lost.after_the_mail(), DeliveryOutcome::Unknown { .. }));
    }

    #[test]
    fn a_server_that_wants_a_login_refuses_us_and_not_the_mail() {
        let unwelcome = Trouble::Unwelcome {
            reply: "530 log in first".to_owned(),
        };
        assert!(matches!(
            unwelcome.before_the_dot(),
            DeliveryOutcome::Forbidden { .. }
        ));
    }

    #[test]
    fn a_refusal_of_our_own_address_or_account_is_told_from_one_of_a_mail() {
        for (step, code, words) in [
            ("MAIL", 550, "5.7.1 sender not allowed"),
            ("MAIL", 553, "sender address rejected"),
            ("RCPT", 530, "5.7.0 log in first"),
            ("RCPT", 550, "5.4.5 daily sending quota exceeded"),
            ("the mail", 550, "5.7.708 service unavailable"),
            ("the mail", 554, "5.2.252 SendAsDenied"),
        ] {
            assert!(is_about_us(step, code, words), "{step} {code} {words}");
        }
        for (step, code, words) in [
            ("MAIL", 552, "5.3.4 too large"),
            ("MAIL", 554, "5.6.7 non-ASCII address"),
            ("RCPT", 550, "5.7.1 rejected"),
            ("RCPT", 554, "5.7.26 unauthenticated"),
            ("the mail", 550, "5.7.1 spam"),
            ("the mail", 552, "5.2.2 mailbox full"),
        ] {
            assert!(!is_about_us(step, code, words), "{step} {code} {words}");
        }
    }
}
