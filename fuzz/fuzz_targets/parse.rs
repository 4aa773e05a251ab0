//! Any bytes are read or refused, never with a panic; what was read is clean, whole and bounded.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use madoguchi::mail::parse::{attachment_bytes, content_hash, parse_mail};
use madoguchi::mail::{Author, InboundMessage, Mailbox, ReturnPath};
use madoguchi_fuzz::mutation::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});

fuzz_target!(|raw: &[u8]| {
    assert_eq!(content_hash(raw).len(), 64);
    let Ok(mail) = parse_mail(raw) else { return };
    header_is_clean(&mail);
    text_is_whole(&mail, raw.len());
    attachments_are_there(&mail, raw);
    line_ends_change_nothing(&mail, raw);
    serde_json::to_string(&mail).expect("every mail can be written down");
});

fn assert_one_line(what: &str, value: &str) {
    assert!(!value.chars().any(char::is_control), "{what}: {value:?}");
}

fn header_is_clean(mail: &InboundMessage) {
    assert_one_line("subject", &mail.subject);
    for header in &mail.headers {
        assert_one_line("name of a field", &header.name);
        assert_one_line(&header.name, &header.value);
    }
    let authors: &[Mailbox] = match &mail.author {
        Author::One(mailbox) => std::slice::from_ref(mailbox),
        Author::Ambiguous { seen, .. } => seen,
        Author::Missing => &[],
    };
    let mailboxes = [authors, &mail.reply_to, &mail.to, &mail.cc].concat();
    for mailbox in mailboxes.iter().chain(&mail.sender) {
        assert_one_line("name", mailbox.name.as_deref().unwrap_or_default());
        assert_one_line("address", mailbox.address.as_str());
        let (local, domain) = (mailbox.address.local_part(), mailbox.address.domain());
        assert_eq!(mailbox.address.as_str(), format!("{local}@{domain}"));
    }
    for address in &mail.delivered_to {
        assert_one_line("recipient", address.as_str());
    }
    if let ReturnPath::Address(address) = &mail.return_path {
        assert_one_line("return path", address.as_str());
    }
    for id in mail
        .message_id
        .iter()
        .chain(&mail.in_reply_to)
        .chain(&mail.references)
    {
        assert_one_line("identifier", id.as_str());
    }
    assert_one_line("charset", mail.charset.as_deref().unwrap_or_default());
    for problem in &mail.problems {
        assert_one_line(problem.slug, &problem.detail);
    }
}

fn text_is_whole(mail: &InboundMessage, octets: usize) {
    let unclean = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!mail.text.contains(unclean), "a control character in the text");
    let joined: String = mail
        .reply
        .pieces
        .iter()
        .map(|piece| piece.text.as_str())
        .collect();
    assert_eq!(joined, mail.text, "the pieces are not the text");
    // One octet of an old charset takes at most three in UTF-8; tables and lists of HTML are drawn with more.
    assert!(
        mail.text.len() <= octets * 16 + 4096,
        "{} octets of text",
        mail.text.len()
    );
    assert!(
        mail.subject.len() <= octets * 3,
        "{} octets of subject",
        mail.subject.len()
    );
    assert!(mail.problems.len() <= 50);
}

fn attachments_are_there(mail: &InboundMessage, raw: &[u8]) {
    let mut sum = 0;
    for attachment in &mail.attachments {
        assert_one_line("file name", attachment.name.as_deref().unwrap_or_default());
        assert_one_line("media type", &attachment.media_type);
        sum += attachment.size;
    }
    // All are opened anew for each, so a mail of a thousand parts is asked for its first ones only.
    for attachment in mail.attachments.iter().take(4) {
        let bytes = attachment_bytes(raw, attachment.part).expect("a listed attachment can be fetched");
        assert_eq!(u64::try_from(bytes.len()).unwrap(), attachment.size);
    }
    let most = u64::try_from(raw.len()).unwrap() * 8 + 4096;
    assert!(
        sum <= most,
        "{sum} octets of attachments in a mail of {}",
        raw.len()
    );
}

/// Servers turn line ends into others; who wrote what about must not depend on them.
fn line_ends_change_nothing(mail: &InboundMessage, raw: &[u8]) {
    if raw.len() > 4096 || raw.contains(&b'\r') {
        return;
    }
    let lines: Vec<&[u8]> = raw.split(|b| *b == b'\n').collect();
    let other = lines.join(b"\r\n".as_slice());
    let read = parse_mail(&other).expect("a mail is one with other line ends");
    assert_eq!((&mail.author, &mail.subject), (&read.author, &read.subject));
    assert_eq!(content_hash(raw), content_hash(&other));
}
