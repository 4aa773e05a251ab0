//! Every fixture of `fixtures/mail` is read as the file beside it says, with LF and with CRLF line ends; and
//! whatever the bytes are, reading ends without a panic and loses no text.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken fixture must fail the test that reads it"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use madoguchi::inquiry::account_ids::{self, Contracts};
use madoguchi::inquiry::classification::{Inquiry, Rules};
use madoguchi::inquiry::screening::{OwnIdentity, screen};
use madoguchi::inquiry::sources;
use madoguchi::mail::parse::{attachment_bytes, content_hash, parse_mail};
use madoguchi::mail::{Attachment, Author, InboundMessage, Mailbox, MessageId, SpecialMail};
use madoguchi::registry::AccountId;
use proptest::prelude::*;
use serde::Deserialize;

/// The expected reading of one mail; what is left out is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    from: Option<String>,
    from_name: Option<String>,
    /// Why the author is in doubt; absent means that there is exactly one.
    author: Option<String>,
    subject: Option<String>,
    charset: Option<String>,
    text: Option<String>,
    text_contains: Vec<String>,
    text_source: Option<String>,
    /// Names in order.
    attachments: Option<Vec<String>>,
    /// Names of those that the HTML shows.
    inline: Option<Vec<String>>,
    /// Names of those that need a password.
    encrypted: Option<Vec<String>>,
    references: Option<Vec<String>>,
    special: Option<String>,
    /// Slugs that must be among the problems; an empty list means that there are none.
    problems: Option<Vec<String>>,
    /// `as-is` for mails that are about their line ends.
    line_ends: Option<String>,
    decision: Option<ExpectedDecision>,
}

/// What the desk decides about the mail, with the account 480913372265 contracted to the sender's customer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectedDecision {
    kind: Option<String>,
    category: Option<String>,
    accounts: Option<Vec<String>>,
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/mail")
        .join(folder);
    let mut found: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} holds no mails", root.display());
    found
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(raw.len() + raw.len() / 40);
    for byte in raw {
        if *byte == b'\n' {
            lines.push(b'\r');
        }
        lines.push(*byte);
    }
    lines
}

/// Reads every mail of a folder in both forms and collects what differs from the expectation.
fn differences(folder: &str) -> String {
    let mut report = String::new();
    for path in fixtures(folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(path.with_extension("toml")).unwrap();
        let expected: Expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        let raw = std::fs::read(&path).unwrap();
        let forms = if expected.line_ends.is_some() {
            vec![("as it is", raw)]
        } else {
            vec![("LF", raw.clone()), ("CRLF", with_crlf(&raw))]
        };
        for (form, raw) in forms {
            let difference = match parse_mail(&raw) {
                Ok(mail) => compare(&expected, &mail),
                Err(error) => format!("  {error}\n"),
            };
            if !difference.is_empty() {
                writeln!(report, "{name} ({form})\n{difference}").unwrap();
            }
        }
    }
    report
}

/// Collects what differs between an expectation and a reading.
#[derive(Default)]
struct Differences(String);

impl Differences {
    fn check(&mut self, what: &str, expected: Option<&str>, seen: &str) {
        if let Some(expected) = expected.filter(|expected| *expected != seen) {
            writeln!(
                self.0,
                "  {what}\n    expected {expected:?}\n    read     {seen:?}"
            )
            .unwrap();
        }
    }

    fn check_list(&mut self, what: &str, expected: Option<&Vec<String>>, seen: &[&str]) {
        let expected = expected.map(|names| names.join(" | "));
        self.check(what, expected.as_deref(), &seen.join(" | "));
    }
}

fn compare(expected: &Expected, mail: &InboundMessage) -> String {
    let mut differences = Differences::default();
    compare_header(expected, mail, &mut differences);
    compare_contents(expected, mail, &mut differences);
    compare_problems(expected, mail, &mut differences);
    if let Some(decision) = &expected.decision {
        compare_decision(decision, mail, &mut differences);
    }
    differences.0
}

fn compare_header(expected: &Expected, mail: &InboundMessage, differences: &mut Differences) {
    let (author, doubt) = match &mail.author {
        Author::One(mailbox) => (Some(mailbox), "one"),
        Author::Ambiguous { why, seen } => (seen.first(), *why),
        Author::Missing => (None, "missing"),
    };
    let address = author.map(|mailbox| mailbox.address.as_str()).unwrap_or_default();
    let name = author
        .and_then(|mailbox| mailbox.name.as_deref())
        .unwrap_or_default();
    differences.check("author", expected.author.as_deref().or(Some("one")), doubt);
    differences.check("from", expected.from.as_deref(), address);
    differences.check("from_name", expected.from_name.as_deref(), name);
    differences.check("subject", expected.subject.as_deref(), &mail.subject);
    let references: Vec<&str> = mail.references.iter().map(MessageId::as_str).collect();
    differences.check_list("references", expected.references.as_ref(), &references);
}

fn compare_contents(expected: &Expected, mail: &InboundMessage, differences: &mut Differences) {
    let files = |wanted: fn(&Attachment) -> bool| -> Vec<&str> {
        let wanted = mail.attachments.iter().filter(|attachment| wanted(attachment));
        wanted
            .map(|attachment| attachment.name.as_deref().unwrap_or("?"))
            .collect()
    };
    differences.check(
        "charset",
        expected.charset.as_deref(),
        mail.charset.as_deref().unwrap_or_default(),
    );
    differences.check("text", expected.text.as_deref(), &mail.text);
    differences.check(
        "text_source",
        expected.text_source.as_deref(),
        mail.text_source.as_str(),
    );
    differences.check_list("attachments", expected.attachments.as_ref(), &files(|_| true));
    differences.check_list(
        "inline",
        expected.inline.as_ref(),
        &files(|attachment| attachment.inline),
    );
    differences.check_list(
        "encrypted",
        expected.encrypted.as_ref(),
        &files(|attachment| attachment.encrypted),
    );
    let special = mail.special.map(SpecialMail::as_str).unwrap_or_default();
    differences.check("special", expected.special.as_deref().or(Some("")), special);
    for words in &expected.text_contains {
        let seen = if mail.text.contains(words) {
            words
        } else {
            &mail.text
        };
        differences.check("text_contains", Some(words), seen);
    }
}

fn compare_decision(expected: &ExpectedDecision, mail: &InboundMessage, differences: &mut Differences) {
    let screening = screen(mail, &OwnIdentity::default());
    differences.check("kind", expected.kind.as_deref(), screening.kind.as_str());
    let (written, quoted) = (mail.reply.written(), mail.reply.folded());
    let found = Rules::embedded().classify(&Inquiry {
        subject: &mail.subject,
        written: &written,
        quoted: &quoted,
        sender_is_aws: screening.is_aws_notice(),
    });
    differences.check("category", expected.category.as_deref(), found.category.as_str());
    let own = [AccountId::parse("480913372265").unwrap()];
    let findings = account_ids::find(&sources(mail), &own);
    let ids = account_ids::decide(
        &findings,
        Contracts {
            own: &own,
            elsewhere: &[],
        },
    )
    .ids;
    let ids: Vec<&str> = ids.iter().map(AccountId::as_str).collect();
    differences.check_list("accounts", expected.accounts.as_ref(), &ids);
}

fn compare_problems(expected: &Expected, mail: &InboundMessage, differences: &mut Differences) {
    let slugs: Vec<&str> = mail.problems.iter().map(|problem| problem.slug).collect();
    if expected.problems.as_ref().is_some_and(Vec::is_empty) {
        differences.check("problems", Some(""), &slugs.join(" | "));
    }
    for slug in expected.problems.iter().flatten() {
        let all = slugs.join(" | ");
        let seen = if slugs.contains(&slug.as_str()) {
            slug
        } else {
            &all
        };
        differences.check("problems", Some(slug), seen);
    }
}

#[test]
fn damaged_and_odd_mails_are_read_as_their_authors_meant_them() {
    let report = differences("malformed");
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn ordinary_inquiries_are_read_whole() {
    let report = differences("inquiries");
    assert!(report.is_empty(), "\n{report}");
}

/// Pieces of mails, so that random mails reach deeper than the gate.
fn mail_piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"From: a@a.example\r\n",
        b"Subject: =?UTF-8?B?5pel5pys?=\r\n",
        b"Subject: a\x00\x01\rb =?UTF-8?Q?c=0D=0ABcc:_d?=\r\n",
        b"From: \"=?UTF-8?B?DQpCY2M6IGQ=?=\" <a\x0bb@a.example>\r\n",
        b"Reply-To: (\x1b[2J) \x7f <a@a.example>\r\n",
        b"References: <a\x02b@c> <\xc2\x85@d>\r\n",
        b"Content-Type: \x12text/plain; charset=utf-8; name=\"a\tb\x01\"\r\n",
        b"Content-Type: text/plain; charset=\"us-\x02ascii\"\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=iso-2022-jp\r\n",
        b"Content-Type: text/plain; format=flowed; delsp=yes\r\n",
        b"Content-Type: application/ms-tnef\r\n",
        b"Content-Type: application/pkcs7-mime\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Disposition: attachment; filename*0*=UTF-8''%E8%AB\r\n",
        b"\r\n",
        b"\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"<div style='display:none'>",
        b"<a href=\"",
        b"begin 644 a\n#0V%T\n`\nend\n",
        b"\x1b$BF|K\\\x1b(B",
        b"\x78\x9f\x3e\x22\x01\x00",
        "お世話になります ".as_bytes(),
    ];
    prop_oneof![
        4 => prop::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// Every value of a mail's header that a page, a log or another mail may show.
fn header_values(mail: &InboundMessage) -> Vec<&str> {
    let authors: &[Mailbox] = match &mail.author {
        Author::One(mailbox) => std::slice::from_ref(mailbox),
        Author::Ambiguous { seen, .. } => seen,
        Author::Missing => &[],
    };
    let mailboxes = [authors, &mail.reply_to, &mail.to, &mail.cc];
    let mailboxes = mailboxes.into_iter().flatten().chain(&mail.sender);
    let ids = mail.message_id.iter().chain(&mail.in_reply_to);
    let mut values = vec![mail.subject.as_str()];
    values.extend(mailboxes.flat_map(|m| m.name.as_deref().into_iter().chain([m.address.as_str()])));
    values.extend(
        mail.headers
            .iter()
            .flat_map(|h| [h.name.as_str(), h.value.as_str()]),
    );
    values.extend(ids.chain(&mail.references).map(MessageId::as_str));
    values.extend(mail.attachments.iter().map(|a| a.media_type.as_str()));
    values.extend(mail.attachments.iter().filter_map(|a| a.name.as_deref()));
    values.extend(mail.problems.iter().map(|problem| problem.detail.as_str()));
    values.extend(mail.charset.as_deref());
    values
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic_or_its_pieces_lose_text(
        pieces in prop::collection::vec(mail_piece(), 0..40)
    ) {
        let raw = pieces.concat();
        prop_assert_eq!(content_hash(&raw).len(), 64);
        if let Ok(mail) = parse_mail(&raw) {
            let joined: String = mail.reply.pieces.iter().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(joined, mail.text.clone());
            prop_assert!(!mail.text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            for value in header_values(&mail) {
                prop_assert!(!value.chars().any(char::is_control), "{value:?}");
            }
            for attachment in &mail.attachments {
                prop_assert!(attachment_bytes(&raw, attachment.part).is_some());
            }
        }
    }
}
