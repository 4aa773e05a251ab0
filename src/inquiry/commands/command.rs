//! The commands and their arguments as people write them.

use std::fmt;

use super::trouble::{CommandTrouble, Refused};
use crate::inquiry::coverage::CoverageRemark;
use crate::mail::EmailAddress;
use crate::registry::AccountId;
use crate::ticket::{Category, Severity, TicketNumber};

/// Every command word. A line that begins with one of them is never relayed to a customer.
pub(super) const WORDS: &[&str] = &[
    "close", "pending", "note", "category", "account", "assign", "severity", "accept", "cc", "merge",
    "split", "decline", "escalate", "spam", "send", "recall",
];

/// Something a staff member does to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The inquiry is done.
    Close,
    /// The desk waits for the customer.
    Pending,
    /// It is about something else than the machine thought.
    Category(Category),
    /// It concerns another account of the customer.
    Account(AccountId),
    /// Somebody takes it.
    Assign(Assignee),
    /// How hard the customer is hit.
    Severity(Severity),
    /// The one who waits may take part, or is the person named here.
    Accept(Option<String>),
    /// These addresses take part.
    Cc(Vec<EmailAddress>),
    /// It goes on under another ticket of the customer.
    Merge(TicketNumber),
    /// The customer's last mail becomes a ticket of its own.
    Split,
    /// The prepared reply goes out: this part is not covered.
    Decline(CoverageRemark),
    /// It is no inquiry.
    Spam,
    /// The held mail goes out after all: the only one, or the one of this name.
    Send(Option<String>),
    /// The answer that waits to be sent is taken back.
    Recall,
}

/// Who takes a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// Whoever writes.
    Me,
    /// Nobody any more.
    Nobody,
    /// A name, a part of one, or an address.
    Named(String),
}

impl Command {
    /// Reads a command from its word and the rest of its line, both folded; `line` is what was written.
    pub(super) fn parse(word: &str, tail: &str, line: &str, number_prefix: &str) -> Result<Self, Refused> {
        let argument = || match tail {
            "" => Err(Refused::new(line, CommandTrouble::ArgumentMissing).hinting(example(word))),
            tail => Ok(tail),
        };
        let unknown = || Refused::new(line, CommandTrouble::ArgumentUnknown).hinting(example(word));
        let takes_nothing = matches!(word, "close" | "pending" | "split" | "spam" | "recall");
        // What else stands on the line was meant for somebody, and nobody would read it.
        if takes_nothing && tail.contains(char::is_alphanumeric) {
            return Err(unknown());
        }
        Ok(match word {
            "close" => Self::Close,
            "pending" => Self::Pending,
            "split" => Self::Split,
            "spam" => Self::Spam,
            "send" => Self::Send(held_key(tail).map_err(|()| unknown())?),
            "recall" => Self::Recall,
            "accept" => Self::Accept(Some(tail.to_owned()).filter(|whom| !whom.is_empty())),
            "category" => Self::Category(read_category(argument()?).ok_or_else(unknown)?),
            "severity" => Self::Severity(severity(argument()?).ok_or_else(unknown)?),
            "decline" => Self::Decline(decline(argument()?).ok_or_else(unknown)?),
            "account" => Self::Account(AccountId::parse(argument()?).map_err(|_| unknown())?),
            "merge" => Self::Merge(ticket_number(argument()?, number_prefix).ok_or_else(unknown)?),
            "cc" => Self::Cc(addresses(argument()?).ok_or_else(unknown)?),
            "assign" => Self::Assign(assignee(argument()?)),
            "escalate" => return Err(Refused::new(line, CommandTrouble::NotAvailable)),
            _ => return Err(Refused::unknown(line, word)),
        })
    }

    /// Whether it is carried out before the answer beside it goes out: it says who reads the answer, or what
    /// the answer is about.
    pub const fn precedes_answer(&self) -> bool {
        match self {
            Self::Category(_)
            | Self::Account(_)
            | Self::Assign(_)
            | Self::Severity(_)
            | Self::Cc(_)
            | Self::Recall => true,
            Self::Close
            | Self::Pending
            | Self::Accept(_)
            | Self::Merge(_)
            | Self::Split
            | Self::Decline(_)
            | Self::Spam
            | Self::Send(_) => false,
        }
    }

    /// The command word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Pending => "pending",
            Self::Category(_) => "category",
            Self::Account(_) => "account",
            Self::Assign(_) => "assign",
            Self::Severity(_) => "severity",
            Self::Accept(_) => "accept",
            Self::Cc(_) => "cc",
            Self::Merge(_) => "merge",
            Self::Split => "split",
            Self::Decline(_) => "decline",
            Self::Spam => "spam",
            Self::Send(_) => "send",
            Self::Recall => "recall",
        }
    }
}

/// How a command with an argument is written.
fn example(word: &str) -> &'static str {
    match word {
        "category" => "#category technical | diagnosis | billing | restriction",
        "severity" => "#severity low | normal | high | urgent | critical",
        "decline" => "#decline third-party | code | debug | restricted-service",
        "account" => "#account 123456789012",
        "merge" => "#merge 123",
        "cc" => "#cc taro@example.com, hanako@example.com",
        "assign" => "#assign me | none | 名前",
        "send" => "#send",
        _ => "",
    }
}

/// A category by its slug or the words people use for it. Needs-triage is what the machine says, never a
/// person.
pub fn read_category(text: &str) -> Option<Category> {
    Some(match text.trim().to_lowercase().as_str() {
        "technical" | "tech" | "技術" | "技術問い合わせ" => Category::Technical,
        "diagnosis" | "診断" | "障害" | "不具合" => Category::Diagnosis,
        "account-billing"
        | "account-and-billing"
        | "billing"
        | "account"
        | "請求"
        | "課金"
        | "アカウント"
        | "アカウント・請求" => Category::AccountBilling,
        "restriction" | "contract" | "制限" | "制限事項" => Category::Restriction,
        _ => return None,
    })
}

fn severity(text: &str) -> Option<Severity> {
    Some(match text.to_lowercase().as_str() {
        "低" => Severity::Low,
        "中" | "通常" => Severity::Normal,
        "高" => Severity::High,
        "緊急" => Severity::Urgent,
        "最高" | "重大" => Severity::Critical,
        slug => slug.parse().ok()?,
    })
}

fn decline(text: &str) -> Option<CoverageRemark> {
    let remark = match text.to_lowercase().as_str() {
        "code" | "code-dev" => CoverageRemark::CodeDevelopment,
        "debug" => CoverageRemark::Debugging,
        "restricted" => CoverageRemark::RestrictedService,
        slug => slug.parse().ok()?,
    };
    remark.prepared_reply().map(|_| remark)
}

/// The name of a held mail, as the list of them gives it; nothing where none stands.
fn held_key(text: &str) -> Result<Option<String>, ()> {
    let key = text
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_ascii_lowercase();
    match key.as_str() {
        "" => Ok(None),
        key if key.chars().all(|c| c.is_ascii_hexdigit()) => Ok(Some(key.to_owned())),
        _ => Err(()),
    }
}

fn ticket_number(text: &str, prefix: &str) -> Option<TicketNumber> {
    TicketNumber::parse(text.trim_start_matches('#'), prefix)
}

/// Addresses between commas, semicolons or blanks; one that cannot be read spoils the line.
fn addresses(text: &str) -> Option<Vec<EmailAddress>> {
    text.split([',', ';', '、', ' '])
        .map(|one| one.trim().trim_start_matches('<').trim_end_matches('>'))
        .filter(|one| !one.is_empty())
        .map(|one| EmailAddress::parse(one).ok())
        .collect::<Option<Vec<_>>>()
        .filter(|addresses| !addresses.is_empty())
}

fn assignee(text: &str) -> Assignee {
    match text.to_lowercase().as_str() {
        "me" | "自分" | "私" => Assignee::Me,
        "none" | "nobody" | "なし" | "-" => Assignee::Nobody,
        _ => Assignee::Named(text.trim_end_matches("さん").trim().to_owned()),
    }
}

impl fmt::Display for Command {
    /// The line that would be read as this command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.word())?;
        match self {
            Self::Close | Self::Pending | Self::Split | Self::Spam | Self::Recall => Ok(()),
            Self::Category(category) => write!(f, " {category}"),
            Self::Account(account) => write!(f, " {account}"),
            Self::Assign(Assignee::Me) => f.write_str(" me"),
            Self::Assign(Assignee::Nobody) => f.write_str(" none"),
            Self::Assign(Assignee::Named(name)) => write!(f, " {name}"),
            Self::Severity(severity) => write!(f, " {severity}"),
            Self::Accept(whom) | Self::Send(whom) => whom.iter().try_for_each(|whom| write!(f, " {whom}")),
            Self::Cc(addresses) => addresses
                .iter()
                .enumerate()
                .try_for_each(|(i, address)| write!(f, "{} {address}", if i == 0 { "" } else { "," })),
            Self::Merge(number) => write!(f, " {}", number.0),
            Self::Decline(remark) => write!(f, " {remark}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, CommandTrouble> {
        let (word, tail) = line.split_once(' ').unwrap_or((line, ""));
        Command::parse(word, tail, line, "DESK-").map_err(|refused| refused.trouble)
    }

    #[test]
    fn every_command_reads_back_from_what_it_is_shown_as() {
        for line in [
            "close",
            "pending",
            "category restriction",
            "account 480913372265",
            "assign me",
            "assign none",
            "assign 田中",
            "severity urgent",
            "accept",
            "accept 佐藤",
            "cc a@b.example, c@d.example",
            "merge 12",
            "split",
            "decline third-party",
            "spam",
            "send",
            "send 3f9a2c",
            "recall",
        ] {
            assert_eq!(read(line).unwrap().to_string(), format!("#{line}"));
        }
    }

    #[test]
    fn people_write_categories_and_severities_in_their_own_words() {
        assert_eq!(
            read("category 請求"),
            Ok(Command::Category(Category::AccountBilling))
        );
        assert_eq!(
            read("category Billing"),
            Ok(Command::Category(Category::AccountBilling))
        );
        assert_eq!(read("severity 高"), Ok(Command::Severity(Severity::High)));
        assert_eq!(read("merge desk-000012"), Ok(Command::Merge(TicketNumber(12))));
        assert_eq!(
            read("assign 田中さん"),
            Ok(Command::Assign(Assignee::Named("田中".to_owned())))
        );
    }

    #[test]
    fn an_argument_that_is_missing_or_unknown_is_told() {
        assert_eq!(read("category"), Err(CommandTrouble::ArgumentMissing));
        assert_eq!(
            read("category needs-triage"),
            Err(CommandTrouble::ArgumentUnknown)
        );
        assert_eq!(
            read("close ありがとうございました"),
            Err(CommandTrouble::ArgumentUnknown)
        );
        assert_eq!(read("account 48091337226"), Err(CommandTrouble::ArgumentUnknown));
        assert_eq!(
            read("cc a@b.example, nobody"),
            Err(CommandTrouble::ArgumentUnknown)
        );
        // A case of AWS is no reason to decline; the acknowledgement speaks of it.
        assert_eq!(
            read("decline prior-aws-case"),
            Err(CommandTrouble::ArgumentUnknown)
        );
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_the_nearest_command() {
        let refused = Command::parse("colse", "", "#colse", "DESK-").unwrap_err();
        assert_eq!(
            (refused.trouble, refused.hint.as_str()),
            (CommandTrouble::UnknownCommand, "#close")
        );
        assert_eq!(
            Command::parse("include", "", "#include", "DESK-")
                .unwrap_err()
                .hint,
            ""
        );
    }
}
