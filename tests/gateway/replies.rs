//! What people and machines send back: the visible reply, the screening and the delivery reports of whole
//! mails. Each fixture is a mail with its expected reading beside it; each is read with LF and with CRLF
//! line ends.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use madoguchi::inquiry::screening::{OwnIdentity, Screening, screen};
use madoguchi::mail::bounce::Report;
use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::reply::{PieceKind, find_forwarded};
use madoguchi::mail::{EmailAddress, InboundMessage};

/// The expected reading of one mail; what is left out is not looked at.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What the author wrote now.
    written: Option<String>,
    /// The signature.
    signature: Option<String>,
    /// Texts that must be among what was folded away.
    #[serde(default)]
    folded: Vec<String>,
    /// A text that must be in a forwarded piece.
    forwarded: Option<String>,
    /// Subject of the forwarded mail.
    forwarded_subject: Option<String>,
    /// Kind by screening.
    kind: String,
    /// Whether screening allows an acknowledgement.
    acknowledge: bool,
    /// Slugs of the screening's reasons, in order.
    reasons: Option<Vec<String>>,
    /// `bounce`, `receipt` or `feedback`; without it the mail must hold no report.
    report: Option<String>,
    /// The mail that the report is about.
    original_message_id: Option<String>,
    /// Recipients of a bounce, in order.
    #[serde(default)]
    recipients: Vec<ExpectedRecipient>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRecipient {
    address: Option<String>,
    status: Option<String>,
    action: String,
    /// Words that the diagnostic must hold.
    diagnostic: Option<String>,
}

#[test]
fn replies_show_what_was_written_and_nothing_else() {
    check_folder("replies");
}

#[test]
fn automatic_mails_are_told_from_people() {
    check_folder("automatic");
}

#[test]
fn bounces_name_the_recipient_and_the_mail() {
    check_folder("bounces");
}

fn check_folder(folder: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/mail")
        .join(folder);
    let mut mails: Vec<PathBuf> = std::fs::read_dir(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    mails.sort();
    assert!(!mails.is_empty(), "{} holds no mail", path.display());
    let mut wrong = String::new();
    for mail in &mails {
        for difference in differences(mail) {
            writeln!(wrong, "{}: {difference}", mail.file_stem().unwrap().display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn differences(mail: &Path) -> Vec<String> {
    let lf = std::fs::read(mail).unwrap();
    assert!(
        !lf.contains(&b'\r'),
        "{} is kept with LF line ends",
        mail.display()
    );
    let beside = std::fs::read_to_string(mail.with_extension("toml")).unwrap();
    let expected: Expected =
        toml::from_str(&beside).unwrap_or_else(|error| panic!("{}: {error}", mail.display()));
    let read = parse_mail(&lf).unwrap();
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(|byte| {
            if *byte == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*byte]
            }
        })
        .collect();
    let mut found = Differences::default();
    let read_again = parse_mail(&crlf).unwrap();
    found.compare("the reply with CRLF", &read.reply, &read_again.reply);
    found.compare("the report with CRLF", &read.report, &read_again.report);
    compare_reply(&read, &expected, &mut found);
    compare_screening(&screen(&read, &desk()), &expected, &mut found);
    compare_report(read.report.as_ref(), &expected, &mut found);
    found.0
}

/// The desk that the fixtures are sent to.
fn desk() -> OwnIdentity {
    let address = |text| EmailAddress::parse(text).unwrap();
    OwnIdentity {
        addresses: [address("contact@desk.example"), address("bounce@desk.example")].into(),
        loop_token: Some("fixture-desk".to_owned()),
        host_name: Some("mail.desk.example".to_owned()),
    }
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, expected: T) {
        if found != expected {
            self.0
                .push(format!("{what}\n   found    {found:?}\n   expected {expected:?}"));
        }
    }
}

fn compare_reply(read: &InboundMessage, expected: &Expected, found: &mut Differences) {
    let joined: String = read
        .reply
        .pieces
        .iter()
        .map(|piece| piece.text.as_str())
        .collect();
    found.compare("the pieces joined", &joined, &read.text);
    if let Some(written) = &expected.written {
        found.compare("written", read.reply.written().as_str(), written.as_str());
    }
    if let Some(signature) = &expected.signature {
        found.compare("signature", read.reply.signature().as_str(), signature.as_str());
    }
    for text in &expected.folded {
        found.compare(
            &format!("`{text}` is folded"),
            read.reply.folded().contains(text),
            true,
        );
    }
    if let Some(text) = &expected.forwarded {
        let pieces = &read.reply.pieces;
        let holds = pieces
            .iter()
            .any(|piece| piece.kind == PieceKind::Forwarded && piece.text.contains(text));
        found.compare("forwarded", holds, true);
    }
    if let Some(subject) = &expected.forwarded_subject {
        let header = find_forwarded(&read.text).unwrap_or_default();
        found.compare("forwarded subject", header.subject.as_ref(), Some(subject));
    }
}

fn compare_screening(screening: &Screening, expected: &Expected, found: &mut Differences) {
    found.compare("kind", screening.kind.as_str(), &expected.kind);
    found.compare("acknowledge", screening.acknowledge, expected.acknowledge);
    if let Some(reasons) = &expected.reasons {
        let slugs: Vec<String> = screening
            .reasons
            .iter()
            .map(|reason| format!("{} {}", reason.rule, reason.slug))
            .collect();
        found.compare("reasons", &slugs, reasons);
    }
}

fn compare_report(report: Option<&Report>, expected: &Expected, found: &mut Differences) {
    let (kind, id) = match report {
        Some(Report::Bounce {
            original_message_id, ..
        }) => (Some("bounce"), original_message_id.as_ref()),
        Some(Report::Receipt { original_message_id }) => (Some("receipt"), original_message_id.as_ref()),
        Some(Report::Feedback { original_message_id }) => (Some("feedback"), original_message_id.as_ref()),
        None => (None, None),
    };
    found.compare("report", kind, expected.report.as_deref());
    found.compare(
        "original Message-ID",
        id.map(madoguchi::mail::MessageId::as_str),
        expected.original_message_id.as_deref(),
    );
    let Some(Report::Bounce { recipients, .. }) = report else {
        return;
    };
    found.compare(
        "number of recipients",
        recipients.len(),
        expected.recipients.len(),
    );
    for (recipient, wanted) in recipients.iter().zip(&expected.recipients) {
        let address = recipient.address.as_ref().map(EmailAddress::as_str);
        found.compare("address", address, wanted.address.as_deref());
        found.compare("status", recipient.status.as_deref(), wanted.status.as_deref());
        found.compare("action", recipient.action.as_str(), wanted.action.as_str());
        if let Some(words) = &wanted.diagnostic {
            let diagnostic = recipient.diagnostic.as_deref().unwrap_or_default();
            found.compare(
                &format!("`{words}` in {diagnostic:?}"),
                diagnostic.contains(words),
                true,
            );
        }
    }
}
