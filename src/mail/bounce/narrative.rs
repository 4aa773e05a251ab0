//! Reports written for people only: qmail, Exim, Sendmail, and the Japanese carriers and providers. Comes
//! in: a mail that a mail system wrote. Goes out: the recipients its text names. Only called for such
//! mails: in a person's mail the same text would be an inquiry.

use std::sync::LazyLock;

use regex::Regex;

use super::report::{BounceAction, BouncedRecipient};
use super::{ReportSource, status};
use crate::mail::address::EmailAddress;
use crate::mail::pattern;

/// More recipients than the desk ever writes to at once.
const MAX_RECIPIENTS: usize = 200;
/// How many lines below an address can be its diagnostic.
const MAX_DIAGNOSTIC_LINES: usize = 6;
/// The longest diagnostic, in characters.
const MAX_DIAGNOSTIC: usize = 500;

/// A line that names one recipient, with what follows it.
static RECIPIENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^[\s\-*・]*(?:(?:final-|original-)?(?:recipient|rcpt to|to|address|could not be delivered to|宛先|あて先|宛て先|送信先|送信先アドレス|メールアドレス)\s*(?:address)?\s*[:：]\s*(?:rfc822;)?\s*)?",
        r#"(?:<([^\s<>@]+@[^\s<>@]+)>|([^\s<>()@:;,"、。]+@[a-z0-9.-]+\.[a-z]{2,}))\s*(?:$|[:：\-,;(…\[]|\.{3}|on\s|さん|様)(.*)$"#
    ))
});
/// Where the returned copy begins.
static COPY: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:-{2,}.{0,10}(?:below this line|this is a copy|the body of the message|original message|message header|unsent message|returned message|transcript of session|元のメッセージ|オリジナルメッセージ).*",
        r"|(?:received|return-path|from|message-id|mime-version|x-mailer):\s.*|以下(?:は|に).{0,20}(?:元の|送信された)(?:メール|メッセージ).*)$"
    ))
});
/// A sentence with the address inside it (Gmail, Exchange).
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)(?:(?:delivered|deliver|delivering|delivery|sent|send|message)\b[^.\n]{0,80}?\bto\b|次の(?:受信者|宛先|あて先)[^\n]{0,40}?|メールを?|宛先)\s*",
        r"<?([a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+\.[a-z]{2,})>?"
    ))
});
/// Subjects of reports, Japanese and English.
static FAILURE_SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:undeliver(?:ed|able)|delivery (?:status|failure|has failed|report|notification)|mail (?:delivery|system error)",
        r"|returned mail|failure notice|delayed mail|warning: (?:message|could not)|message (?:delivery|could not)|non ?-?delivery|nondeliverable",
        r"|配信(?:不能|エラー|失敗|できません|の?遅延)|配達不能|未配信|送信(?:エラー|失敗)|メール(?:を|が)?(?:送信できません|配信できません|送信エラー|不達|配送エラー)|エラーメール|\[?不達)"
    ))
});
/// Words of a text that reports a failure or a delay.
static FAILURE_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)could not be delivered|unable to deliver|was not delivered|wasn't delivered|did not (?:receive|reach)|delivery (?:has )?failed|had permanent fatal errors|delivery problems",
        r"|rejected by a remote|undeliverable|not able to deliver|returned to sender|user unknown|over quota|delayed",
        r"|(?:配信|送信|配達|配送|お届け)(?:することが|が)?(?:できません|できなかった|出来ません|に失敗)|不達|届きませんでした|遅延"
    ))
});
/// Sentences that only a report is written for.
static FAILURE_SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)could not be delivered|unable to deliver|(?:was not|wasn't) delivered|did not reach the following|undeliverable",
        r"|(?:配信|送信|配達|配送|お届け)(?:することが|が)?(?:できません|出来ません)でした"
    ))
});
/// Words of a warning: the mail is still on its way.
static DELAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)\bdelayed\b|still being retried|will (?:keep|continue|be) (?:trying|retr|to try|to be retried)|do not need to resend|warning message only|not yet been delivered|will retry",
        r"|遅延|再送(?:を試み|します|しています)|配信を(?:続け|試み)"
    ))
});

/// Whether a subject is a delivery report's.
pub(super) fn has_failure_subject(subject: &str) -> bool {
    FAILURE_SUBJECT.is_match(subject.trim())
}

/// Whether subject or text say that a mail did not arrive.
pub(super) fn speaks_of_failure(source: &ReportSource<'_>) -> bool {
    has_failure_subject(source.subject) || own_lines(source).any(|line| FAILURE_TEXT.is_match(line))
}

/// Whether the text says outright that a mail did not arrive.
pub(super) fn states_failure(source: &ReportSource<'_>) -> bool {
    own_lines(source).any(|line| FAILURE_SENTENCE.is_match(line))
}

/// The lines above the returned copy.
fn own_lines<'a>(source: &ReportSource<'a>) -> impl Iterator<Item = &'a str> {
    source.text.lines().take_while(|line| !COPY.is_match(line))
}

/// The recipients a report's text names, in order, each once.
pub(super) fn recipients(source: &ReportSource<'_>) -> Vec<BouncedRecipient> {
    let lines: Vec<&str> = own_lines(source).collect();
    let action = action(source);
    let mut found: Vec<BouncedRecipient> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((address, rest)) = recipient(line).filter(|(address, _)| source.from != Some(address))
        else {
            continue;
        };
        let below = lines.get(index.saturating_add(1)..).unwrap_or_default();
        let has_room = found.len() < MAX_RECIPIENTS;
        let known = found
            .iter_mut()
            .find(|seen| seen.address.as_ref() == Some(&address));
        // Some systems name the address first in a summary, then once more with the reason.
        match known {
            Some(seen) if seen.status.is_none() => {
                *seen = bounced(Some(address), &diagnostic(rest, below), action);
            }
            None if has_room => found.push(bounced(Some(address), &diagnostic(rest, below), action)),
            Some(_) | None => {}
        }
    }
    if found.is_empty() {
        found = from_header_or_sentence(source, &lines, action);
    }
    found
}

/// One entry for a report that names nobody.
pub(super) fn nameless(source: &ReportSource<'_>) -> BouncedRecipient {
    let words: Vec<&str> = own_lines(source)
        .filter(|line| FAILURE_TEXT.is_match(line))
        .take(2)
        .collect();
    bounced(None, &words.join(" "), action(source))
}

fn from_header_or_sentence(
    source: &ReportSource<'_>,
    lines: &[&str],
    action: BounceAction,
) -> Vec<BouncedRecipient> {
    let words = diagnostic("", lines);
    let named: Vec<EmailAddress> = source
        .header("X-Failed-Recipients")
        .unwrap_or_default()
        .split(',')
        .filter_map(|part| EmailAddress::parse(part).ok())
        .take(MAX_RECIPIENTS)
        .collect();
    let addresses = if named.is_empty() {
        let sentence = lines.iter().find_map(|line| SENTENCE.captures(line)?.get(1));
        sentence
            .and_then(|found| EmailAddress::parse(found.as_str()).ok())
            .into_iter()
            .collect()
    } else {
        named
    };
    addresses
        .into_iter()
        .map(|address| bounced(Some(address), &words, action))
        .collect()
}

fn recipient(line: &str) -> Option<(EmailAddress, &str)> {
    let found = RECIPIENT.captures(line)?;
    let address = found.get(1).or_else(|| found.get(2))?;
    let rest = found.get(3).map_or("", |rest| rest.as_str());
    Some((EmailAddress::parse(address.as_str()).ok()?, rest))
}

/// The words behind an address and on the lines below, to the next address or, past the first words, gap.
fn diagnostic(rest: &str, below: &[&str]) -> String {
    let mut words: Vec<&str> = Vec::new();
    let rest = rest.trim();
    if !rest.is_empty() {
        words.push(rest);
    }
    for line in below.iter().take(MAX_DIAGNOSTIC_LINES) {
        let line = line.trim();
        if RECIPIENT.is_match(line) || (line.is_empty() && !words.is_empty()) {
            break;
        }
        if !line.is_empty() {
            words.push(line);
        }
    }
    words.join(" ").chars().take(MAX_DIAGNOSTIC).collect()
}

fn bounced(address: Option<EmailAddress>, words: &str, action: BounceAction) -> BouncedRecipient {
    let status = status::from_words(words).map(|code| {
        // A warning is never permanent, whatever code its words are read as.
        match code.strip_prefix('5') {
            Some(detail) if action == BounceAction::Delayed => format!("4{detail}"),
            Some(_) | None => code,
        }
    });
    BouncedRecipient {
        address,
        status,
        action,
        diagnostic: (!words.is_empty()).then(|| words.to_owned()),
    }
}

fn action(source: &ReportSource<'_>) -> BounceAction {
    if DELAY.is_match(source.subject) || own_lines(source).any(|line| DELAY.is_match(line)) {
        BounceAction::Delayed
    } else {
        BounceAction::Failed
    }
}
