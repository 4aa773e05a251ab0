//! Forwards of our own writing, as mail clients and gateways write them: whose mail was passed on, and what it said.

use std::path::PathBuf;

use madoguchi::mail::EmailAddress;
use madoguchi::mail::forward::{Forward, read_forward};
use madoguchi::mail::parse::parse_mail;

#[derive(serde::Deserialize)]
struct Expected {
    original: String,
    name: String,
    subject: String,
    message_ids: Vec<String>,
    #[serde(default)]
    senders: Vec<String>,
    remark: String,
    words: String,
}

fn cases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail/forwards");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut mails: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    mails.retain(|path| path.extension().is_some_and(|end| end == "eml"));
    mails.sort();
    mails
}

/// What is read otherwise than the file beside the mail says.
fn differences(raw: &[u8], expected: &Expected) -> Vec<String> {
    let mail = parse_mail(raw).unwrap();
    let colleague = |address: &EmailAddress| address.domain() == "desk.example";
    let forward = read_forward(&mail, raw, &colleague);
    let mut senders: Vec<String> = forward
        .iter()
        .flat_map(Forward::senders)
        .map(|sender| sender.to_string())
        .collect();
    senders.sort();
    let mut wanted = expected.senders.clone();
    if wanted.is_empty() && !expected.original.is_empty() {
        wanted.push(expected.original.clone());
    }
    wanted.sort();
    let first = forward.as_ref().and_then(|forward| forward.originals.first());
    let author = first.and_then(|one| one.message.single_author());
    let name = author.and_then(|author| author.name.clone()).unwrap_or_default();
    let ids = forward.as_ref().map(Forward::message_ids).unwrap_or_default();
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let words = first.map(|one| one.message.reply.written()).unwrap_or_default();
    let remark = forward
        .as_ref()
        .map(|forward| forward.remark.clone())
        .unwrap_or_default();
    let subject = first.map(|one| one.message.subject.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut compare = |what: &str, read: String, wanted: String| {
        if read != wanted {
            found.push(format!("{what}: read {read:?}, wanted {wanted:?}"));
        }
    };
    compare("senders", senders.join(" "), wanted.join(" "));
    compare("name", name, expected.name.clone());
    if !expected.subject.is_empty() {
        compare("subject", subject, expected.subject.clone());
    }
    compare("ids", ids.join(" "), expected.message_ids.join(" "));
    compare("words", words, expected.words.trim().to_owned());
    compare("remark", remark, expected.remark.trim().to_owned());
    found
}

#[test]
fn every_forward_is_read_as_the_file_beside_it_says() {
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 25, "the folder lacks its mails");
    for path in &cases {
        let expected: Expected =
            toml::from_str(&std::fs::read_to_string(path.with_extension("toml")).unwrap()).unwrap();
        let lines_of_lf = std::fs::read(path).unwrap();
        let lines_of_crlf = String::from_utf8_lossy(&lines_of_lf)
            .replace('\n', "\r\n")
            .into_bytes();
        for raw in [lines_of_lf, lines_of_crlf] {
            let found = differences(&raw, &expected);
            if !found.is_empty() {
                wrong.push(format!(
                    "{}\n  {}",
                    path.file_name().unwrap().display(),
                    found.join("\n  ")
                ));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
