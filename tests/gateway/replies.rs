//! Visible replies, machines and delivery reports: every mail in `fixtures/mail/{replies,automatic,bounces}`
//! is read with LF and with CRLF line ends and held against the `.toml` beside it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use madoguchi::inquiry::screening::{OwnIdentity, screen};
use madoguchi::mail::bounce::Report;
use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::reply::{PieceKind, find_forwarded};
use madoguchi::mail::{EmailAddress, InboundMessage};

/// What a mail is expected to say; what a table leaves out is not looked at.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    written: Option<String>,
    signature: Option<String>,
    kinds: Option<Vec<PieceKind>>,
    forwarded: Option<Forwarded>,
    screening: Option<ExpectedScreening>,
    report: Option<String>,
    original: Option<String>,
    #[serde(default)]
    recipients: Vec<ExpectedRecipient>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Forwarded {
    from: String,
    date: String,
    subject: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedScreening {
    kind: String,
    acknowledge: bool,
    rule: Option<String>,
    machine: Option<String>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRecipient {
    address: String,
    status: String,
    action: String,
}

#[test]
fn replies_are_separated_as_expected() {
    every_mail_reads_as_expected("replies", 60);
}

#[test]
fn machines_are_told_from_persons() {
    every_mail_reads_as_expected("automatic", 30);
}

#[test]
fn delivery_reports_say_whom_they_mean() {
    every_mail_reads_as_expected("bounces", 30);
}

/// Fewer mails than `least` mean that the folder was not found or was emptied.
fn every_mail_reads_as_expected(folder: &str, least: usize) {
    let mails = mails_in(folder);
    assert!(mails.len() >= least, "{folder} holds only {} mails", mails.len());
    let mut wrong = String::new();
    for path in &mails {
        let raw = fs::read(path).unwrap();
        let expected: Expected = toml::from_str(&fs::read_to_string(path.with_extension("toml")).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (ends, octets) in [("LF", raw.clone()), ("CRLF", with_crlf(&raw))] {
            let mail = parse_mail(&octets).unwrap();
            for difference in differences(&mail, &expected) {
                writeln!(
                    wrong,
                    "{} ({ends}): {difference}",
                    path.file_name().unwrap().display()
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn mails_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/mail")
        .join(folder);
    let mut mails: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    mails.sort();
    mails
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for octet in raw.iter().filter(|octet| **octet != b'\r') {
        if *octet == b'\n' {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    out
}

/// What differs, each with what was got and what was wanted.
#[derive(Debug, Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, got: &str, wanted: Option<&str>) {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
            self.0
                .push(format!("{what}\n  got    {got:?}\n  wanted {wanted:?}"));
        }
    }
}

fn differences(mail: &InboundMessage, expected: &Expected) -> Vec<String> {
    let mut found = Differences::default();
    compare_reply(mail, expected, &mut found);
    if let Some(wanted) = &expected.screening {
        compare_screening(mail, wanted, &mut found);
    }
    compare_report(mail, expected, &mut found);
    found.0
}

fn compare_reply(mail: &InboundMessage, expected: &Expected, found: &mut Differences) {
    let pieces = &mail.reply.pieces;
    let joined: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    found.compare("joined pieces", &joined, Some(&mail.text));
    found.compare(
        "written",
        &mail.reply.written(),
        expected.written.as_deref().map(str::trim_end),
    );
    found.compare(
        "signature",
        &mail.reply.signature(),
        expected.signature.as_deref().map(str::trim_end),
    );
    let kinds: Vec<PieceKind> = pieces.iter().map(|piece| piece.kind).collect();
    let wanted = expected.kinds.as_ref().map(|kinds| format!("{kinds:?}"));
    found.compare("kinds", &format!("{kinds:?}"), wanted.as_deref());
    if let Some(wanted) = &expected.forwarded {
        let header = find_forwarded(&mail.text).unwrap_or_default();
        let got = [header.from, header.date, header.subject].map(Option::unwrap_or_default);
        let wanted = [&*wanted.from, &wanted.date, &wanted.subject];
        found.compare("forwarded", &got.join(" | "), Some(&wanted.join(" | ")));
    }
}

fn compare_screening(mail: &InboundMessage, wanted: &ExpectedScreening, found: &mut Differences) {
    let screening = screen(mail, &desk());
    found.compare("kind", screening.kind.as_str(), Some(&wanted.kind));
    found.compare(
        "acknowledge",
        &screening.acknowledge.to_string(),
        Some(&wanted.acknowledge.to_string()),
    );
    let machine = screening.machine_kind.map_or("none", |kind| kind.as_str());
    found.compare("machine", machine, wanted.machine.as_deref());
    let rules: Vec<&str> = screening.reasons.iter().map(|reason| reason.rule).collect();
    if let Some(rule) = wanted.rule.as_deref().filter(|rule| !rules.contains(rule)) {
        found.compare("rules", &rules.join(" "), Some(rule));
    }
}

fn compare_report(mail: &InboundMessage, expected: &Expected, found: &mut Differences) {
    let (kind, original, recipients) = report(mail);
    found.compare("report", kind, expected.report.as_deref());
    found.compare("original", &original, expected.original.as_deref());
    if !expected.recipients.is_empty() {
        found.compare(
            "recipients",
            &format!("{recipients:?}"),
            Some(&format!("{:?}", expected.recipients)),
        );
    }
}

fn report(mail: &InboundMessage) -> (&'static str, String, Vec<ExpectedRecipient>) {
    let (kind, id, entries) = match &mail.report {
        Some(Report::Bounce {
            recipients,
            original_message_id,
        }) => ("bounce", original_message_id, recipients.as_slice()),
        Some(Report::Receipt { original_message_id }) => ("receipt", original_message_id, &[][..]),
        Some(Report::Feedback { original_message_id }) => ("feedback", original_message_id, &[][..]),
        None => ("none", &None, &[][..]),
    };
    let recipients = entries.iter().map(|entry| ExpectedRecipient {
        address: entry
            .address
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        status: entry.status.clone().unwrap_or_default(),
        action: entry.action.to_string(),
    });
    (
        kind,
        id.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        recipients.collect(),
    )
}

/// The desk that the fixtures were sent to.
fn desk() -> OwnIdentity {
    OwnIdentity {
        addresses: BTreeSet::from([EmailAddress::parse("desk@desk.example").unwrap()]),
        loop_token: Some("desk-one".to_owned()),
        host_name: Some("mx.desk.example".to_owned()),
    }
}
