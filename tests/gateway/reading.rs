//! Every mail in `fixtures/mail/inquiries` and `fixtures/mail/malformed` is read as the `.toml` beside it
//! says, with LF and with CRLF line ends.

use std::path::{Path, PathBuf};

use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::{Attachment, Author, InboundMessage, Mailbox};

/// The expected reading of one mail; what is left out is not looked at.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The trouble, for the person who reads a failure.
    about: String,
    /// Slug of the refusal, for a mail that cannot be read.
    unreadable: Option<String>,
    /// `name <address>`, `missing`, or `ambiguous: why`.
    from: Option<String>,
    subject: Option<String>,
    /// The whole text.
    text: Option<String>,
    #[serde(default)]
    text_contains: Vec<String>,
    charset: Option<String>,
    source: Option<String>,
    /// All problems in order.
    problems: Option<Vec<String>>,
    attachments: Option<Vec<ExpectedAttachment>>,
}

#[derive(serde::Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedAttachment {
    name: Option<String>,
    r#type: String,
    size: u64,
    #[serde(default)]
    inline: bool,
    #[serde(default)]
    encrypted: bool,
}

impl From<&Attachment> for ExpectedAttachment {
    fn from(found: &Attachment) -> Self {
        Self {
            name: found.name.clone(),
            r#type: found.media_type.clone(),
            size: found.size,
            inline: found.inline,
            encrypted: found.encrypted,
        }
    }
}

#[test]
fn inquiries_are_read_as_their_authors_meant_them() {
    check_folder("inquiries");
}

#[test]
fn malformed_mails_are_read_as_far_as_they_go_and_flagged() {
    check_folder("malformed");
}

fn check_folder(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/mail")
        .join(name);
    let mails = mails_in(&folder);
    assert!(
        mails.len() > 20,
        "{} holds only {} mails",
        folder.display(),
        mails.len()
    );
    let failures: Vec<String> = mails.iter().flat_map(|mail| differences(mail)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn mails_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut mails: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    mails.sort();
    mails
}

/// What is read differently from the expectation, one line each.
fn differences(mail: &Path) -> Vec<String> {
    let raw = std::fs::read(mail).unwrap();
    let described = std::fs::read_to_string(mail.with_extension("toml")).unwrap();
    let expected: Expected = toml::from_str(&described).unwrap_or_else(|e| panic!("{}: {e}", mail.display()));
    let name = mail.file_stem().unwrap().to_string_lossy();
    let mut found = Vec::new();
    for (ends, octets) in [("LF", with_lf(&raw)), ("CRLF", with_crlf(&raw))] {
        for difference in compare(&octets, &expected, ends == "LF") {
            found.push(format!("{name} ({ends}; {}): {difference}", expected.about));
        }
    }
    found
}

fn with_lf(raw: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = raw.split(|b| *b == b'\n').collect();
    let bare: Vec<&[u8]> = lines
        .iter()
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect();
    bare.join(b"\n".as_slice())
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    with_lf(raw)
        .split(|b| *b == b'\n')
        .collect::<Vec<_>>()
        .join(b"\r\n".as_slice())
}

fn compare(octets: &[u8], expected: &Expected, exact_sizes: bool) -> Vec<String> {
    let message = match (parse_mail(octets), &expected.unreadable) {
        (Ok(message), None) => message,
        (Err(refused), Some(slug)) if refused.slug == slug => return Vec::new(),
        (found, _) => return vec![format!("refusal {:?}", found.map(|m| m.subject))],
    };
    let mut found = compare_texts(&message, expected);
    if let Some(wanted) = &expected.attachments {
        let listed: Vec<ExpectedAttachment> = message.attachments.iter().map(Into::into).collect();
        let same_size = |a: &ExpectedAttachment, b: &ExpectedAttachment| {
            // Text and attached mails travel unencoded here, so their line ends count.
            exact_sizes || !b.r#type.starts_with("application/") || a.size == b.size
        };
        let same = listed.len() == wanted.len()
            && listed.iter().zip(wanted).all(|(a, b)| {
                same_size(a, b)
                    && (&a.name, &a.r#type, a.inline, a.encrypted)
                        == (&b.name, &b.r#type, b.inline, b.encrypted)
            })
            && (!exact_sizes || listed == *wanted);
        if !same {
            found.push(format!("attachments {listed:?}"));
        }
    }
    found
}

fn compare_texts(message: &InboundMessage, expected: &Expected) -> Vec<String> {
    let problems: Vec<String> = message.problems.iter().map(|p| p.slug.to_owned()).collect();
    let mut found = Vec::new();
    let mut check = |what: &str, same: bool, read: String| {
        if !same {
            found.push(format!("{what} {read:?}"));
        }
    };
    let from = shown_author(&message.author);
    check(
        "from",
        expected.from.as_ref().is_none_or(|wanted| *wanted == from),
        from,
    );
    check(
        "subject",
        expected.subject.as_ref().is_none_or(|w| *w == message.subject),
        message.subject.clone(),
    );
    check(
        "text",
        expected.text.as_ref().is_none_or(|w| *w == message.text),
        message.text.clone(),
    );
    for part in &expected.text_contains {
        check("text", message.text.contains(part), message.text.clone());
    }
    let charset = message.charset.clone().unwrap_or_default();
    check(
        "charset",
        expected.charset.as_ref().is_none_or(|w| *w == charset),
        charset,
    );
    let source = message.text_source.to_string();
    check(
        "source",
        expected.source.as_ref().is_none_or(|w| *w == source),
        source,
    );
    check(
        "problems",
        expected.problems.as_ref().is_none_or(|w| *w == problems),
        problems.join(" "),
    );
    found
}

fn shown_author(author: &Author) -> String {
    match author {
        Author::One(Mailbox {
            name: Some(name),
            address,
        }) => format!("{name} <{address}>"),
        Author::One(Mailbox { name: None, address }) => address.to_string(),
        Author::Ambiguous { why, .. } => format!("ambiguous: {why}"),
        Author::Missing => "missing".to_owned(),
    }
}
