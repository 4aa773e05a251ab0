//! Reports written for people only: qmail, Exim, Sendmail transcripts, Domino, Exchange, Japanese providers.
//! Comes in: the text. Goes out: the recipients it names and what it says of each. It is read only once the
//! mail is known to come from a machine.

use super::report::{BounceAction, BouncedRecipient};
use super::status::status_of;
use crate::mail::address::EmailAddress;
use crate::mail::pattern::patterns;

/// Most lines of a report that are read; what follows is the returned mail.
const MOST_LINES: usize = 400;

/// Longest line that is read, in octets.
const LONGEST_LINE: usize = 2000;

/// Lines after a recipient that may speak of it.
const LINES_OF_ONE: usize = 14;

/// Most recipients that are kept.
const MOST_RECIPIENTS: usize = 200;

/// How much of a report is asked for a status where the recipient's own lines give none, in octets.
const MOST_SPOKEN: usize = 8000;

/// Longest diagnostic that is kept, in octets.
const LONGEST_DIAGNOSTIC: usize = 1000;

patterns! {
    original_begins = r"(?ix)^[-=*\s>|]* (?: (?:the\s)?(?:original|returned|unsent|undelivered|your)\s(?:message|mail|e-mail)\s?(?:follows|headers?|info|text|content|is\sattached|below|included|:|-{2,}) | below\sthis\sline\sis\sa\scopy | (?:this|here)\sis\sa\scopy | (?:a\s)?copy\sof\s(?:the|your)\s(?:original\s)?(?:message|mail) | message\sheaders?(?:\sfollow|:|\s*-) | (?:start|begin)\sof\s(?:original|returned) | unsent\smessage | original\smessage | 元の?(?:メッセージ|メール) | (?:送信|返送)された?(?:メッセージ|メール)(?:の内容|ヘッダ)?\s?[-:：] | 以下.{0,10}(?:元の?メール|原文) )
        | ^[>\s]*(?:received|return-path|dkim-signature|x-mailer|mime-version|message-id)\s?:\s";
    address = r#"(?P<address>(?:"[^"\s@]{1,80}"|[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,80})@[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?)"#;
    alone = r#"(?i)^[\s>*・\-–•"'“<(\[＜]*(?:(?:mailto|smtp|rfc822)[:;]\s?)?[^\s@]+@[^\s@<>]+?[>"'”)\]＞]*\s*(?:\(.{0,200}\)?|<mailto:\S+>?|[:：,.]|[:：].*|\.\.\.+.*|on\s.{0,60}|\[.{0,80}\]|-{1,2}>?\s.*|さん)?$"#;
    names_recipient = r"(?i)rcpt to|(?:final|original|failed|intended|unsent|undelivered|invalid|unknown|rejected)[\s-]*(?:recipient|address|user|to)|recipients?\b|unknown user|user unknown|addressee|^\s*to\s*[:：]|delivery to|deliver(?:ed)? (?:your (?:message|mail) )?to|message to|mail to|send to|reach(?:ed)?\b|宛先|あて先|送信先|受信者|届け|配信|送信でき";
    error_words = r"(?i)\b[45]\d\d[\s-]|[45]\.\d\.\d|\berror\s?[:：]|unknown|reject|refused|fail|not found|disabled|quota|full\b|doesn|does not|存在|見つかり|エラー|拒否|容量";
    delayed = r"(?i)\bdelay(?:ed)?\b|warning: (?:could|message|e?-?mail)|this is a warning|still (?:be )?(?:trying|being|queued|attempting)|will (?:be retried|continue|keep (?:on )?trying|retry|try again|be re-?attempted)|not yet been delivered|no action is required|do not need to resend|遅延|再送を(?:試み|続け|行い)|まだ(?:配信|届|送信)|引き続き(?:配信|送信|再送)|自動的に再送";
    failed = r"(?i)permanent|has failed|failed permanently|giving up|gave up|i've given up|returned to sender|(?:was|were) not delivered|could not be delivered[^.]{0,12}\.|undeliverable|配信できませんでした|送信できませんでした";
    blurb = r"(?i)mailer-daemon@|^postmaster@|support@|help@|^abuse@";
}

/// The first lines that are the report's own: what it returns or quotes is left out.
pub(super) fn own_lines(text: &str, most: usize) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('>'));
    let own = lines.take_while(|line| !original_begins().is_match(cut(line, LONGEST_LINE)));
    own.filter(|line| !line.trim().is_empty())
        .take(most)
        .map(|line| cut(line, LONGEST_LINE))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What the text says of each recipient; addresses of the desk itself are no recipients of its own mail.
pub(super) fn read_human_text(text: &str, subject: &str, own: &[EmailAddress]) -> Vec<BouncedRecipient> {
    let lines: Vec<&str> = text
        .lines()
        .take(MOST_LINES)
        .map(|line| cut(line, LONGEST_LINE))
        .collect();
    let end = lines
        .iter()
        .position(|line| original_begins().is_match(line))
        .unwrap_or(lines.len());
    let report = lines.get(..end).unwrap_or_default();
    let found = recipients(report, own);
    let (report, found) = if found.is_empty() {
        (lines.as_slice(), recipients(&lines, own))
    } else {
        (report, found)
    };
    let action = action_of(subject, report);
    let whole = report.join("\n");
    let whole = cut(&whole, MOST_SPOKEN);
    let mut read: Vec<BouncedRecipient> = Vec::new();
    for (nth, (start, address)) in found.iter().enumerate() {
        let until = found
            .get(nth.saturating_add(1))
            .map_or(report.len(), |(next, _)| *next);
        let until = until
            .max(start.saturating_add(1))
            .min(start.saturating_add(LINES_OF_ONE));
        let near = report.get(*start..until).unwrap_or_default().join("\n");
        let status = status_of(&without(&near, address)).or_else(|| status_of(&without(whole, address)));
        read.push(recipient(
            Some(address.clone()),
            status,
            action,
            diagnostic_of(&near),
        ));
    }
    read
}

/// The one entry of a report that names no recipient: what the whole text says.
pub(super) fn read_without_recipient(
    text: &str,
    subject: &str,
    address: Option<EmailAddress>,
) -> BouncedRecipient {
    let lines: Vec<&str> = text
        .lines()
        .take(MOST_LINES)
        .map(|line| cut(line, LONGEST_LINE))
        .collect();
    let whole = lines.join("\n");
    recipient(
        address,
        status_of(&whole),
        action_of(subject, &lines),
        diagnostic_of(&whole),
    )
}

fn recipient(
    address: Option<EmailAddress>,
    status: Option<String>,
    action: BounceAction,
    diagnostic: Option<String>,
) -> BouncedRecipient {
    let vague = if action == BounceAction::Delayed {
        "4.0.0"
    } else {
        "5.0.0"
    };
    BouncedRecipient {
        address,
        status: status.or_else(|| Some(vague.to_owned())),
        action,
        diagnostic,
    }
}

fn cut(text: &str, octets: usize) -> &str {
    text.get(..text.floor_char_boundary(octets)).unwrap_or(text)
}

/// An address may hold words (`unknown-user@…`) that must not speak for the server.
fn without(text: &str, address: &EmailAddress) -> String {
    text.replace(address.as_str(), " ")
}

/// The addresses that stand where recipients stand, the surest places first; each with its line.
fn recipients(lines: &[&str], own: &[EmailAddress]) -> Vec<(usize, EmailAddress)> {
    let mut found: Vec<(u8, usize, EmailAddress)> = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains('@')) {
        for at in address()
            .captures_iter(line)
            .take(8)
            .filter_map(|found| found.name("address"))
        {
            let Ok(address) = EmailAddress::parse(at.as_str().trim_matches(['*', '\'', '`'])) else {
                continue;
            };
            if own.contains(&address) || blurb().is_match(address.as_str()) {
                continue;
            }
            found.push((certainty(line), index, address));
        }
    }
    let best = found.iter().map(|(certainty, ..)| *certainty).max().unwrap_or(0);
    let mut kept: Vec<(usize, EmailAddress)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (_, index, address) in found.into_iter().filter(|(certainty, ..)| *certainty == best) {
        if seen.insert(address.clone()) && kept.len() < MOST_RECIPIENTS {
            kept.push((index, address));
        }
    }
    kept
}

fn certainty(line: &str) -> u8 {
    if alone().is_match(line) || line.to_ascii_lowercase().contains("rcpt to") {
        3
    } else if names_recipient().is_match(line) || error_words().is_match(line) {
        2
    } else {
        1
    }
}

fn action_of(subject: &str, lines: &[&str]) -> BounceAction {
    let says =
        |pattern: &regex::Regex| pattern.is_match(subject) || lines.iter().any(|line| pattern.is_match(line));
    let warns = delayed().is_match(subject) || (says(delayed()) && !says(failed()));
    if warns {
        BounceAction::Delayed
    } else {
        BounceAction::Failed
    }
}

fn diagnostic_of(text: &str) -> Option<String> {
    let mut said = String::new();
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| error_words().is_match(line))
        .take(4)
    {
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(line);
    }
    (!said.is_empty()).then(|| cut(&said, LONGEST_DIAGNOSTIC).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, BounceAction)> {
        let own = [EmailAddress::parse("desk@desk.example").unwrap()];
        let found = read_human_text(text, "failure notice", &own);
        found
            .into_iter()
            .map(|r| (r.address.unwrap().to_string(), r.status.unwrap(), r.action))
            .collect()
    }

    #[test]
    fn recipients_on_their_own_lines_are_read_with_their_reasons() {
        let text = "Hi. This is the program at mx.customer.example.\n\n<a@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n<b@customer.example>:\nMailbox is full.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x@desk.example>\nTo: c@customer.example\n";
        let found = read(text);
        assert_eq!(
            found[0],
            (
                "a@customer.example".to_owned(),
                "5.1.1".to_owned(),
                BounceAction::Failed
            )
        );
        assert_eq!(found[1].1, "5.2.2");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn japanese_reports_are_read() {
        let found = read(
            "次の宛先へのメールは送信できませんでした。\n\n  sato@customer.example\n\n送信先メールアドレスが見つかりません。\n",
        );
        assert_eq!(
            found,
            [(
                "sato@customer.example".to_owned(),
                "5.1.1".to_owned(),
                BounceAction::Failed
            )]
        );
    }

    #[test]
    fn a_warning_is_a_delay() {
        let found = read(
            "THIS IS A WARNING MESSAGE ONLY.\n<a@customer.example>: connection timed out\nWill keep trying for 5 days.\n",
        );
        assert_eq!(found[0].2, BounceAction::Delayed);
    }
}
