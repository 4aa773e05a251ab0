//! The values of texts that tell of several things at once: acknowledgements that have waited, tickets of
//! unregistered senders, mails left in the junk folder; and of the word that a machine answers. Plain structs,
//! as in `values`, each with its sample.

use super::samples::either;
use crate::ticket::Language;
use serde::Serialize;

use super::values::{AccountValue, LapsedValue};
use crate::inquiry::notification_mark;

/// Values of one letter for several inquiries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleValues {
    /// Number of the ticket that a reply goes to.
    pub number: String,
    /// First lines of the letter.
    pub salutation: String,
    /// The desk's name.
    pub desk_name: String,
    /// The inquiries, oldest first.
    pub entries: Vec<BundleEntry>,
    /// Size limit in megabytes.
    pub limit_megabytes: u64,
    /// The desk's signature.
    pub signature: String,
}

/// One inquiry of the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one line of the entry that stands or does not"
)]
pub struct BundleEntry {
    /// Ticket number with prefix.
    pub number: String,
    /// Subject as the customer wrote it.
    pub subject: String,
    /// Category in words; `None` while a person has to decide.
    pub category: Option<String>,
    /// The account it is filed under.
    pub account: Option<AccountValue>,
    /// Whether the account ID is asked for.
    pub asks_account: bool,
    /// Whether the desk works on business days only.
    pub business_hours: bool,
    /// Whether it is at work now.
    pub starts_at_once: bool,
    /// When it starts, in words.
    pub starts: String,
    /// Whether it asks about a case of AWS that is not inherited.
    pub prior_case: bool,
    /// Accounts it names whose contract does not run.
    pub lapsed_accounts: Vec<LapsedValue>,
    /// Whether the mail was too large to take in.
    pub too_large: bool,
    /// Whether the mail is encrypted and cannot be read.
    pub cannot_read: bool,
}

/// Values of the hourly list of unregistered senders' tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnregisteredValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// How many there are, suspects included.
    pub count: usize,
    /// How many of them are not listed.
    pub more: usize,
    /// Those a person should read.
    pub entries: Vec<UnregisteredEntry>,
    /// Those whose author was marked as spam before.
    pub suspects: Vec<UnregisteredEntry>,
}

/// One ticket of that list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnregisteredEntry {
    /// Ticket number with prefix.
    pub number: String,
    /// Who wrote it.
    pub author: String,
    /// How far the author can be believed.
    pub verdict: String,
    /// Subject without secrets.
    pub subject: String,
    /// The first written line.
    pub first_line: String,
    /// Where an answer to the author goes.
    pub reply_to: Option<String>,
}

/// Values of the daily list of mails left in the junk folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JunkValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// How many there are.
    pub count: i64,
    /// How many of them are not listed.
    pub more: i64,
    /// The others.
    pub entries: Vec<JunkEntry>,
}

/// One mail of that list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JunkEntry {
    /// Who it says it is from.
    pub author: String,
    /// Its subject without secrets.
    pub subject: String,
    /// When it was written, else when it was seen, in words.
    pub date: String,
}

/// Values of the word that nothing automatic is sent on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuietValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix.
    pub number: String,
    /// The author's address.
    pub author: String,
    /// Subject without secrets.
    pub subject: String,
    /// Until when, in words.
    pub until: String,
}

fn number() -> String {
    "DESK-000123".to_owned()
}

/// A letter with everything there is.
pub(super) fn bundle(language: Language) -> BundleValues {
    let entry = BundleEntry {
        number: number(),
        subject: either(language, "EC2の件", "EC2"),
        category: Some(either(language, "技術的なお問い合わせ", "Technical")),
        account: Some(AccountValue {
            id: "480913372265".to_owned(),
            label: either(language, "本番", "production"),
            assumed: false,
        }),
        asks_account: false,
        business_hours: true,
        starts_at_once: false,
        starts: either(
            language,
            "3月5日(木)午前9時",
            "9:00 a.m. (JST) on Thursday, March 5",
        ),
        prior_case: true,
        lapsed_accounts: vec![LapsedValue {
            account: "046425940015".to_owned(),
            ended: true,
            day: either(language, "2026年2月28日", "February 28, 2026"),
        }],
        too_large: false,
        cannot_read: false,
    };
    BundleValues {
        number: number(),
        salutation: either(language, "株式会社サンプル\n佐藤 様", "Dear J. Smith,"),
        desk_name: either(language, "AWSサポート窓口", "AWS Support Desk"),
        limit_megabytes: 40,
        signature: either(language, "AWSサポート窓口", "AWS Support Desk"),
        entries: vec![
            entry.clone(),
            BundleEntry {
                account: None,
                asks_account: true,
                ..entry.clone()
            },
            BundleEntry {
                too_large: true,
                starts_at_once: true,
                ..entry.clone()
            },
            BundleEntry {
                cannot_read: true,
                business_hours: false,
                ..entry
            },
        ],
    }
}

/// The same with nothing that may be missing.
pub(super) fn bare_bundle(language: Language) -> BundleValues {
    let full = bundle(language);
    let bare = |entry: BundleEntry| BundleEntry {
        subject: String::new(),
        category: None,
        account: None,
        prior_case: false,
        lapsed_accounts: Vec::new(),
        business_hours: false,
        ..entry
    };
    BundleValues {
        entries: full.entries.into_iter().take(1).map(bare).collect(),
        ..full
    }
}

/// A list of tickets with everything there is.
pub(super) fn unregistered(language: Language) -> UnregisteredValues {
    let entry = UnregisteredEntry {
        number: number(),
        author: "new@prospect.example".to_owned(),
        verdict: "verified".to_owned(),
        subject: either(language, "お見積りの件", "A quotation"),
        first_line: either(language, "はじめてご連絡いたします。", "We have not met before."),
        reply_to: Some("aws_tec+x@desk.example".to_owned()),
    };
    UnregisteredValues {
        mark: notification_mark(language).to_owned(),
        count: 5,
        more: 2,
        entries: vec![entry.clone(), bare_entry(&entry)],
        suspects: vec![entry],
    }
}

fn bare_entry(entry: &UnregisteredEntry) -> UnregisteredEntry {
    UnregisteredEntry {
        verdict: "unproven".to_owned(),
        subject: String::new(),
        first_line: String::new(),
        reply_to: None,
        ..entry.clone()
    }
}

/// The same with nothing that may be missing.
pub(super) fn bare_unregistered(language: Language) -> UnregisteredValues {
    UnregisteredValues {
        count: 1,
        more: 0,
        suspects: Vec::new(),
        entries: unregistered(language)
            .entries
            .iter()
            .take(1)
            .map(bare_entry)
            .collect(),
        ..unregistered(language)
    }
}

/// A list of junk.
pub(super) fn junk(language: Language) -> JunkValues {
    let entry = JunkEntry {
        author: "win@lottery.example".to_owned(),
        subject: either(language, "ご当選のお知らせ", "You have won"),
        date: either(language, "2026年3月4日 09:50", "4 March 2026, 09:50"),
    };
    let bare = JunkEntry {
        author: String::new(),
        subject: String::new(),
        ..entry.clone()
    };
    JunkValues {
        mark: notification_mark(language).to_owned(),
        count: 3,
        more: 1,
        entries: vec![entry, bare],
    }
}

/// The word about a machine.
pub(super) fn quiet(language: Language) -> QuietValues {
    QuietValues {
        mark: notification_mark(language).to_owned(),
        number: number(),
        author: "sato@customer.example".to_owned(),
        subject: either(language, "EC2の件", "EC2"),
        until: either(language, "2026年3月5日 10:00", "5 March 2026, 10:00"),
    }
}
