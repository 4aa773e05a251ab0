//! Screening on mails made by hand; the fixtures hold whole ones.

use super::*;
use crate::mail::bounce::Report;
use crate::mail::message_id::MessageId;
use crate::mail::reply::VisibleReply;
use crate::mail::{Author, Header, Mailbox, ReturnPath, TextSource};

fn mailbox(address: &str) -> Mailbox {
    Mailbox {
        name: None,
        address: EmailAddress::parse(address).unwrap(),
    }
}

/// A person's mail to the desk with further headers.
fn mail(from: &str, subject: &str, headers: &[(&str, &str)]) -> InboundMessage {
    let from = mailbox(from);
    InboundMessage {
        return_path: ReturnPath::Address(from.address.clone()),
        author: Author::One(from),
        sender: None,
        reply_to: vec![],
        to: vec![mailbox("contact@desk.example")],
        cc: vec![],
        delivered_to: vec![],
        subject: subject.to_owned(),
        date: None,
        message_id: MessageId::parse("<1@customer.example>"),
        in_reply_to: vec![],
        references: vec![],
        headers: headers
            .iter()
            .map(|(name, value)| Header {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect(),
        text: String::new(),
        text_source: TextSource::Plain,
        charset: None,
        reply: VisibleReply::default(),
        attachments: vec![],
        report: None,
        problems: vec![],
    }
}

fn desk() -> OwnIdentity {
    OwnIdentity {
        addresses: [EmailAddress::parse("contact@desk.example").unwrap()].into(),
        loop_token: Some("t0ken".to_owned()),
        host_name: Some("mx.desk.example".to_owned()),
    }
}

/// Kind, acknowledge and slugs of a mail with these headers from a customer.
fn verdict(subject: &str, headers: &[(&str, &str)]) -> (SenderKind, bool, Vec<&'static str>) {
    let screening = screen(&mail("sato@customer.example", subject, headers), &desk());
    let slugs = screening.reasons.iter().map(|reason| reason.slug).collect();
    (screening.kind, screening.acknowledge, slugs)
}

#[test]
fn an_ordinary_mail_is_a_persons_and_acknowledged() {
    assert_eq!(
        verdict("EC2に接続できません", &[]),
        (SenderKind::Person, true, vec![])
    );
}

#[test]
fn our_own_header_marks_our_own_mail() {
    let seen = verdict("Re: x", &[("X-Madoguchi-Loop", "t0ken")]);
    assert_eq!(seen, (SenderKind::OwnMail, false, vec!["own-loop-header"]));
}

#[test]
fn somebody_elses_loop_header_is_not_ours() {
    assert_eq!(
        verdict("x", &[("X-Madoguchi-Loop", "other")]).0,
        SenderKind::Person
    );
}

#[test]
fn our_address_in_from_alone_only_silences() {
    let screening = screen(&mail("contact@desk.example", "x", &[]), &desk());
    assert_eq!(
        (screening.kind, screening.acknowledge),
        (SenderKind::Person, false)
    );
}

#[test]
fn auto_submitted_marks_a_machine_unless_it_says_no() {
    assert_eq!(
        verdict("x", &[("Auto-Submitted", "auto-replied (vacation)")]).0,
        SenderKind::AutoReply
    );
    assert_eq!(
        verdict("x", &[("Auto-Submitted", "No")]),
        (SenderKind::Person, true, vec![])
    );
}

#[test]
fn what_a_contacts_rule_forwarded_is_not_silenced() {
    let headers = [
        ("Auto-Submitted", "auto-generated"),
        ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"),
    ];
    let seen = verdict("FW: 障害のご連絡", &headers);
    assert_eq!(
        seen,
        (SenderKind::Person, true, vec!["auto-generated-but-forwarded"])
    );
}

#[test]
fn a_null_return_path_alone_is_no_bounce() {
    let mut mail = mail("sato@customer.example", "質問", &[]);
    mail.return_path = ReturnPath::Null;
    let screening = screen(&mail, &desk());
    assert_eq!(
        (screening.kind, screening.acknowledge),
        (SenderKind::Person, false)
    );
    mail.subject = "自動応答: 質問".to_owned();
    assert_eq!(screen(&mail, &desk()).kind, SenderKind::AutoReply);
}

#[test]
fn reports_are_told_apart() {
    let mut mail = mail("mailer-daemon@customer.example", "x", &[]);
    mail.report = Some(Report::Receipt {
        original_message_id: None,
    });
    assert_eq!(screen(&mail, &desk()).kind, SenderKind::AutoReply);
    mail.report = Some(Report::Bounce {
        recipients: vec![],
        original_message_id: None,
    });
    assert_eq!(screen(&mail, &desk()).kind, SenderKind::Bounce);
}

#[test]
fn lists_are_people_without_acknowledgement_unless_the_list_is_ours() {
    let seen = verdict("x", &[("List-Id", "<dev.customer.example>")]);
    assert_eq!(seen, (SenderKind::MailingList, false, vec!["list-header"]));
    let ours = [("List-Id", "窓口 <contact.desk.example>"), ("Precedence", "list")];
    assert_eq!(verdict("x", &ours), (SenderKind::Person, true, vec!["own-group"]));
}

#[test]
fn subjects_silence_but_questions_about_deliveries_do_not() {
    assert_eq!(
        verdict("【自動返信】お問い合わせ", &[]),
        (SenderKind::Person, false, vec!["automatic-subject"])
    );
    for subject in [
        "SESの配信エラーについて",
        "Read replica lag",
        "Re: 【自動返信】受付",
        "Delivery status of SES",
    ] {
        assert_eq!(
            verdict(subject, &[]),
            (SenderKind::Person, true, vec![]),
            "{subject}"
        );
    }
}

#[test]
fn aws_notices_are_known_but_not_every_amazon_sender() {
    let notice = screen(&mail("no-reply-aws@amazon.com", "x", &[]), &desk());
    assert!(notice.is_aws_notice() && notice.kind == SenderKind::AutoReply);
    for person in ["suzuki@amazon.com", "no-reply@amazon.com", "no-reply@notaws.com"] {
        assert!(
            !screen(&mail(person, "x", &[]), &desk()).is_aws_notice(),
            "{person}"
        );
    }
}

#[test]
fn a_mail_that_was_not_addressed_to_us_is_not_acknowledged() {
    let mut mail = mail("sato@customer.example", "x", &[]);
    mail.to = vec![mailbox("contact+t1@desk.example")];
    assert!(screen(&mail, &desk()).acknowledge);
    mail.to = vec![mailbox("all@customer.example")];
    assert!(!screen(&mail, &desk()).acknowledge);
}
