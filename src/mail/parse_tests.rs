//! Whole mails through [`parse_mail`](super::parse_mail): what other parsers were measured to get wrong with
//! Japanese and hostile input.

use super::*;
use crate::mail::message::{Author, TextSource};

fn read(raw: &[u8]) -> InboundMessage {
    parse_mail(raw).unwrap()
}

fn with_subject(value: &[u8]) -> String {
    read(&[b"From: a@a.example\r\nSubject: ", value, b"\r\n\r\nx"].concat()).subject
}

fn with_body(head: &str, body: &[u8]) -> InboundMessage {
    read(&[b"From: a@a.example\r\n", head.as_bytes(), b"\r\n\r\n", body].concat())
}

fn slugs(mail: &InboundMessage) -> Vec<&'static str> {
    mail.problems.iter().map(|problem| problem.slug).collect()
}

fn names(mail: &InboundMessage) -> Vec<&str> {
    mail.attachments
        .iter()
        .filter_map(|a| a.name.as_deref())
        .collect()
}

#[test]
fn subjects_of_every_making_are_read() {
    let jis = |text: &str| encoding_rs::ISO_2022_JP.encode(text).0.into_owned();
    let word = |bytes: &[u8]| format!("=?ISO-2022-JP?B?{}?=", data_encoding::BASE64.encode(bytes));
    let (first, rest) = jis("日本語")
        .split_at_checked(6)
        .map(|(a, b)| (a.to_vec(), b.to_vec()))
        .unwrap();
    let split = format!("{}\r\n {}", word(&first), word(&rest));
    let cases: [(&[u8], &str); 9] = [
        (split.as_bytes(), "日本語"),
        (b"=?UTF-8?B?5pel5pys6Kqe5Lu2?=\r\n =?UTF-8?B?5ZCN?=", "日本語件名"),
        ("Re:【重要】 =?UTF-8?B?5pel5pys?=".as_bytes(), "Re:【重要】 日本"),
        (b"=?UTF-8*ja?B?5pel5pys?=", "日本"),
        (b"=?cp932?B?k/qWew==?=", "日本"),
        (b"=?CP50221?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?ISO-2022-JP-MS?B?GyRCLSF8YhsoQg==?=", "①髙"),
        (&encoding_rs::SHIFT_JIS.encode("障害のご連絡").0, "障害のご連絡"),
        (&encoding_rs::EUC_JP.encode("障害のご連絡").0, "障害のご連絡"),
    ];
    for (value, expected) in cases {
        assert_eq!(
            with_subject(value),
            expected,
            "{}",
            String::from_utf8_lossy(value)
        );
    }
    assert_eq!(with_subject(&jis("障害のご連絡")), "障害のご連絡");
    assert_eq!(with_subject(b"a\rb\0 =?UTF-8?Q?=0D=0ABcc:?="), "a b  Bcc:");
}

#[test]
fn bodies_without_or_with_a_wrong_charset_are_read() {
    let text = "お世話になっております。";
    for encoding in [
        encoding_rs::ISO_2022_JP,
        encoding_rs::UTF_8,
        encoding_rs::SHIFT_JIS,
        encoding_rs::EUC_JP,
    ] {
        let body = encoding.encode(text).0.into_owned();
        for head in ["X: y", "Content-Type: text/plain; charset=x-unknown"] {
            assert_eq!(with_body(head, &body).text, text, "{} {head}", encoding.name());
        }
    }
}

#[test]
fn attachments_are_named_by_the_extended_parameter() {
    let head = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"evil.exe\"; \
                filename*0*=UTF-8''%E8%AB%8B; filename*1*=%E6%B1%82.pdf";
    assert_eq!(names(&with_body(head, b"%PDF")), ["請求.pdf"]);
    let raw = encoding_rs::SHIFT_JIS.encode("表示.pdf").0.into_owned();
    let mail = read(
        &[
            b"From: a@a.example\nContent-Type: application/pdf; name=\"",
            &raw[..],
            b"\"\n\nx",
        ]
        .concat(),
    );
    assert_eq!(names(&mail), ["表示.pdf"]);
}

#[test]
fn damaged_bodies_are_read_and_flagged() {
    let mail = with_body(
        "Content-Transfer-Encoding: base64 (comment)\r\nContent-Type: text/plain; charset=utf-8",
        b"44GC44GE44GG\r\n44GI\r\n\r\n____\r\nlist footer here\r\n",
    );
    assert_eq!(
        (mail.text.as_str(), slugs(&mail)),
        ("あいうえ", vec!["base64-garbage"])
    );
    let mail = with_body("Content-Type: multipart/mixed; boundary=never", b"hello\r\n");
    assert_eq!(
        (mail.text.as_str(), slugs(&mail)),
        ("hello", vec!["boundary-missing"])
    );
}

#[test]
fn a_first_line_that_starts_with_a_space_is_read_but_trusted_by_nobody() {
    let mail = read(b" From: a@a.example\r\nSubject: s\r\n\r\nx");
    assert!(matches!(
        mail.author,
        Author::Ambiguous {
            why: "from-after-space",
            ..
        }
    ));
    assert_eq!(mail.subject, "s");
}

#[test]
fn two_from_or_subject_fields_are_flagged() {
    let mail = read(b"From: a@a.example\nFrom: b@b.example\nSubject: s\nSubject: t\n\nx");
    assert!(matches!(
        mail.author,
        Author::Ambiguous {
            why: "several-from-fields",
            ..
        }
    ));
    assert_eq!(
        slugs(&mail),
        ["header-repeated", "header-repeated", "author-in-doubt"]
    );
}

#[test]
fn a_forwarded_mail_stays_closed_and_is_listed_by_its_subject() {
    let mail = with_body(
        "Content-Type: multipart/mixed; boundary=b",
        b"--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\nFrom: x@y\nSubject: old\n\nold text\n--b--\n",
    );
    assert_eq!((mail.text.as_str(), names(&mail)), ("see below", vec!["old"]));
}

#[test]
fn html_is_text_where_no_plain_part_speaks() {
    let mail = with_body(
        "Content-Type: multipart/alternative; boundary=b",
        b"--b\n\n \n--b\nContent-Type: text/html\n\n<p>a</p>\n--b--\n",
    );
    assert_eq!((mail.text.as_str(), mail.text_source), ("a", TextSource::Html));
    assert_eq!(names(&mail), Vec::<&str>::new());
}

#[test]
fn pictures_of_the_html_are_inline_and_contents_come_on_demand() {
    let raw =
        b"From: a@a.example\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
                <img src=\"cid:p1\">x\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <p1>\n\
                Content-Transfer-Encoding: base64\n\nYWJj\n--b\nContent-Type: image/png; name=b.png\n\
                Content-Disposition: inline\n\nxy\n--b--\n";
    let mail = read(raw);
    let shown: Vec<_> = mail.attachments.iter().map(|a| (a.size, a.inline)).collect();
    assert_eq!(shown, [(3, true), (2, false)]);
    let part = mail.attachments.first().unwrap().part;
    assert_eq!(attachment_bytes(raw, part).unwrap(), b"abc");
    assert_eq!(attachment_bytes(raw, 9), None);
}

#[test]
fn two_deliveries_of_one_mail_have_one_hash() {
    let first = b"Received: from a\r\n\tby b\r\nX-Spam: 1\r\nFrom: a@a.example\r\n\r\nx\r\n";
    let second = b"Return-Path: <a@a.example>\nReceived: c\nFrom: a@a.example\n\nx\n";
    assert_eq!(content_hash(first), content_hash(second));
    assert_ne!(content_hash(first), content_hash(b"From: a@a.example\n\ny\n"));
}

#[test]
fn hostile_mails_end_soon() {
    let long_word = [
        b"From: a@a.example\nSubject:",
        &b" =?a?=x".repeat(30_000)[..],
        b"\n\nx",
    ]
    .concat();
    assert_eq!(read(&long_word).text, "x");
    let many = format!(
        "From: a@a.example\nContent-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n".repeat(3_000_000)
    );
    assert_eq!(parse_mail(many.as_bytes()).unwrap_err().slug, "parts-too-many");
    let angles = [b"From: ", &b"<a@a".repeat(60_000)[..], b"\n\nx"].concat();
    assert_eq!(read(&angles).text, "x");
}

#[test]
fn the_words_of_a_mail_inside_are_not_those_of_its_sender() {
    let raw = b"From: a@a.example\nContent-Type: message/rfc822\n\nFrom: b@b.example\nSubject: x\n\n#close\n";
    let mail = parse_mail(raw).unwrap();
    assert_eq!(
        (mail.text.as_str(), mail.text_source),
        ("#close", TextSource::Contained)
    );
    assert_eq!((mail.reply.written().as_str(), mail.attachments.len()), ("", 1));
    let reported = b"From: a@a.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: \
        message/rfc822\n\nSubject: x\n\nreturned\n--b--\n";
    assert_eq!(parse_mail(reported).unwrap().text, "");
}
