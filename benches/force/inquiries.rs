//! What is written to the desk: each inquiry from a customer of its own, so that each has a ticket and an
//! acknowledgement to itself, and every one is told from every other by its Message-ID.

use std::fmt::Write as _;

/// The address customers write to.
pub(crate) const CONTACT: &str = "aws_tec@desk.example";

/// The one member of staff, who is told of every ticket.
pub(crate) const STAFF: &str = "tanaka@desk.example";

/// Whose word on authors the desk believes.
pub(crate) const BORDER: &str = "mx.desk.example";

/// Every so many customers one has an address that the server refuses for good, after the dot.
const REFUSED_EVERY: usize = 40;

/// Every so many mails one is long: it comes in many reads and goes out in several blocks.
const LONG_EVERY: usize = 25;

/// One mail to the desk.
#[derive(Debug, Clone)]
pub(crate) struct Inquiry {
    /// Who writes.
    pub(crate) author: String,
    /// Its Message-ID, without brackets.
    pub(crate) message_id: String,
    /// The mail.
    pub(crate) bytes: Vec<u8>,
}

/// Whether the SMTP server of a rehearsal refuses mail to this address.
pub(crate) fn is_refused(recipient: &str) -> bool {
    recipient.starts_with("gone@")
}

/// The address of a customer.
pub(crate) fn author(number: usize) -> String {
    let name = if number % REFUSED_EVERY == REFUSED_EVERY - 1 {
        "gone"
    } else {
        "sato"
    };
    format!("{name}@c{number:05}.customer.example")
}

fn account_id(number: usize) -> String {
    // A prime step scatters the IDs, so that no two differ in the last digit only.
    format!(
        "{:012}",
        (310_000_000_033 + number * 1_299_709_001) % 1_000_000_000_000
    )
}

/// The inquiry of a customer.
pub(crate) fn inquiry(number: usize) -> Inquiry {
    let (author, account) = (author(number), account_id(number));
    let domain = author.rsplit('@').next().unwrap_or_default().to_owned();
    let message_id = format!("inquiry-{number:05}@{domain}");
    let lines = if number % LONG_EVERY == LONG_EVERY - 1 {
        2_000
    } else {
        3
    };
    let mut bytes = format!(
        "Return-Path: <{author}>\r\n\
         Authentication-Results: {BORDER}; dmarc=pass header.from={domain}\r\n\
         Received: from mail.{domain} by {BORDER}; Wed, 4 Mar 2026 10:00:00 +0900\r\n\
         Date: Wed, 4 Mar 2026 10:00:00 +0900\r\nFrom: <{author}>\r\nTo: {CONTACT}\r\n\
         Message-ID: <{message_id}>\r\nSubject: EC2 {number:05}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         お世話になっております。\r\nAWSアカウントID: {account}\r\n"
    );
    for line in 0..lines {
        // Writing to a string cannot fail.
        let _ = write!(
            bytes,
            "インスタンス {line} に接続できません。ご確認ください。\r\n"
        );
    }
    Inquiry {
        author,
        message_id,
        bytes: bytes.into_bytes(),
    }
}

/// The registry's files for so many customers, each with its text.
pub(crate) fn registry(customers: usize) -> [(&'static str, String); 4] {
    let mut companies = "id,name,name_kana,language,answer_mode\n".to_owned();
    let mut contacts = "customer_id,address,person,person_name,department,language,account_scope,web,\
                        valid_from,valid_to\n"
        .to_owned();
    let mut accounts = "customer_id,account_id,label,starts,ends\n".to_owned();
    for number in 0..customers {
        // Writing to a string cannot fail.
        let _ = writeln!(
            companies,
            "c{number:05},顧客{number:05}株式会社,コキャク,ja,answer"
        );
        let _ = writeln!(contacts, "c{number:05},{},,佐藤,,,,yes,,", author(number));
        let _ = writeln!(accounts, "c{number:05},{},本番,,", account_id(number));
    }
    let staff = format!(
        "serial,name,addresses,desks,role\n1,田中,{STAFF},technical account-and-billing contract,lead\n"
    );
    [
        ("customers.csv", companies),
        ("contacts.csv", contacts),
        ("accounts.csv", accounts),
        ("staff.csv", staff),
    ]
}
