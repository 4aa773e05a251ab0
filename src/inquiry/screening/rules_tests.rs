use proptest::prelude::*;

use super::*;
use crate::mail::reply::VisibleReply;
use crate::mail::{Author, EmailAddress, Header, Mailbox, ReturnPath, TextSource};

fn mail(from: &str, subject: &str, headers: &[(&str, &str)], text: &str) -> InboundMessage {
    let mailbox = |address: &str| Mailbox {
        name: None,
        address: EmailAddress::parse(address).unwrap(),
    };
    let headers: Vec<Header> = headers
        .iter()
        .map(|(name, value)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    let path = headers
        .iter()
        .find(|header| header.name == "Return-Path")
        .map(|header| header.value.as_str());
    InboundMessage {
        special: None,
        author: Author::One(mailbox(from)),
        sender: None,
        reply_to: Vec::new(),
        to: vec![mailbox("desk@desk.example")],
        cc: Vec::new(),
        delivered_to: Vec::new(),
        return_path: if path == Some("<>") {
            ReturnPath::Null
        } else {
            ReturnPath::Absent
        },
        subject: subject.to_owned(),
        date: None,
        message_id: None,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        headers,
        text: text.to_owned(),
        text_source: TextSource::Plain,
        charset: None,
        reply: VisibleReply::all_written(text),
        attachments: Vec::new(),
        report: None,
        problems: Vec::new(),
    }
}

fn own() -> OwnIdentity {
    OwnIdentity {
        addresses: [EmailAddress::parse("desk@desk.example").unwrap()].into(),
        loop_token: Some("token".to_owned()),
        host_name: Some("mx.desk.example".to_owned()),
    }
}

fn kind(from: &str, subject: &str, headers: &[(&str, &str)], text: &str) -> (SenderKind, bool) {
    let screening = screen(&mail(from, subject, headers, text), &own());
    (screening.kind, screening.acknowledge)
}

const SATO: &str = "sato@customer.example";

#[test]
fn a_persons_mail_is_acknowledged() {
    let said = "EC2が停止しました。本メールに返信できませんと書かれた通知が届いております。";
    assert_eq!(
        kind(SATO, "EC2停止", &[("Auto-Submitted", "no")], said),
        (SenderKind::Person, true)
    );
}

#[test]
fn own_mail_is_known_by_its_mark_and_by_its_hops() {
    assert_eq!(
        kind(SATO, "x", &[("X-Madoguchi-Loop", "token")], "").0,
        SenderKind::OwnMail
    );
    assert_eq!(
        kind(SATO, "x", &[("X-Madoguchi-Loop", "another")], "").0,
        SenderKind::AutoReply
    );
    assert_eq!(
        kind("Desk@desk.example", "x", &[], "").0,
        SenderKind::Person,
        "a From alone proves nothing"
    );
    assert_eq!(
        kind(SATO, "x", &[("Received", "from a by b; x"); 50], "").0,
        SenderKind::OwnMail
    );
    assert_eq!(
        kind(SATO, "x", &[("Received", "from a by mx.desk.example; x"); 4], "").0,
        SenderKind::OwnMail
    );
}

#[test]
fn auto_submitted_makes_a_machine_unless_a_rule_forwarded() {
    let generated = ("Auto-Submitted", "auto-generated");
    assert_eq!(
        kind(SATO, "x", &[("Auto-Submitted", "auto-replied (vacation)")], ""),
        (SenderKind::AutoReply, false)
    );
    assert_eq!(kind(SATO, "x", &[generated], ""), (SenderKind::AutoReply, false));
    let rule = ("X-MS-Exchange-Inbox-Rules-Loop", "sato@customer.example");
    assert_eq!(
        kind(SATO, "x", &[generated, rule], ""),
        (SenderKind::Person, true)
    );
}

#[test]
fn weak_signs_make_a_machine_only_together() {
    let null = ("Return-Path", "<>");
    assert_eq!(kind(SATO, "障害の件", &[null], "x"), (SenderKind::Person, false));
    assert_eq!(
        kind(SATO, "自動応答: 障害の件", &[null], "x").0,
        SenderKind::AutoReply
    );
    assert_eq!(
        kind(SATO, "自動応答: 障害の件", &[], "x"),
        (SenderKind::Person, false)
    );
    assert_eq!(
        kind(SATO, "自動返信: x", &[], "このメールは自動送信されています。").0,
        SenderKind::AutoReply
    );
}

#[test]
fn lists_and_silence_only_delay_contacts() {
    let list = screen(
        &mail(SATO, "x", &[("List-Id", "<l.customer.example>")], ""),
        &own(),
    );
    assert_eq!(
        (list.kind, list.acknowledge, list.only_delays_contacts()),
        (SenderKind::MailingList, false, true)
    );
    let quiet = screen(
        &mail(
            SATO,
            "x",
            &[("X-Auto-Response-Suppress", "DR, OOF, AutoReply")],
            "",
        ),
        &own(),
    );
    assert_eq!(
        (quiet.kind, quiet.acknowledge, quiet.only_delays_contacts()),
        (SenderKind::Person, false, true)
    );
    assert!(
        screen(
            &mail(SATO, "x", &[("X-Auto-Response-Suppress", "DR, RN, NRN")], ""),
            &own()
        )
        .acknowledge
    );
}

#[test]
fn a_list_that_is_the_desk_itself_says_nothing() {
    let group = [("List-Id", "窓口 <desk.desk.example>"), ("Precedence", "list")];
    assert_eq!(kind(SATO, "x", &group, ""), (SenderKind::Person, true));
}

#[test]
fn a_tagged_address_of_ours_is_ours() {
    let mut tagged = mail(SATO, "x", &[], "");
    tagged.to[0].address = EmailAddress::parse("desk+t1@desk.example").unwrap();
    assert!(screen(&tagged, &own()).acknowledge);
    tagged.to[0].address = EmailAddress::parse("all@customer.example").unwrap();
    assert!(!screen(&tagged, &own()).acknowledge);
}

#[test]
fn aws_notices_are_known_by_their_domain() {
    let notice = screen(&mail("no-reply@sns.amazonaws.com", "ALARM", &[], ""), &own());
    assert!(notice.is_aws_notice() && notice.kind == SenderKind::AutoReply);
    assert!(!screen(&mail("a@notamazonaws.com", "ALARM", &[], ""), &own()).is_aws_notice());
}

#[test]
fn reports_decide_before_everything_else() {
    let mut bounce = mail(
        "mailer-daemon@mx.example",
        "x",
        &[("Auto-Submitted", "auto-replied")],
        "",
    );
    bounce.report = Some(Report::Bounce {
        recipients: Vec::new(),
        original_message_id: None,
    });
    assert_eq!(screen(&bounce, &own()).kind, SenderKind::Bounce);
    bounce.report = Some(Report::Receipt {
        original_message_id: None,
    });
    assert_eq!(screen(&bounce, &own()).machine_kind, Some(MachineKind::Receipt));
}

/// Header fields that speak for machines, and some that do not.
fn field() -> impl Strategy<Value = (&'static str, String)> {
    let name = prop::sample::select(vec![
        "Auto-Submitted",
        "Precedence",
        "List-Id",
        "List-Unsubscribe",
        "X-Auto-Response-Suppress",
        "X-Autoreply",
        "X-Loop",
        "X-Madoguchi-Loop",
        "X-JIRA-FingerPrint",
        "X-MS-Exchange-Generated-Message-Source",
        "Resent-From",
        "Return-Path",
        "Received",
        "X-Mailer",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "auto-replied",
            "auto-generated",
            "no",
            "bulk",
            "list",
            "All",
            "yes",
            "token",
            "<>",
            "<desk.desk.example>",
            "from a by mx.desk.example;",
            "Mailbox Rules Agent",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,300}",
    ];
    (name, value)
}

proptest! {
    #[test]
    fn whatever_the_fields_say_one_kind_is_named_and_no_machine_answered(
        from in "[a-z.-]{1,12}@(amazon[.]com|customer[.]example)",
        subject in "(自動応答|不在|Re: |開封済み: |\\PC){0,4}",
        fields in prop::collection::vec(field(), 0..8),
        text in "(このメールは自動送信です。|「|\\PC){0,8}",
    ) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mail = mail(&from, &subject, &fields, &text);
        for own in [own(), OwnIdentity::default()] {
            let found = screen(&mail, &own);
            let silenced = found.silencing().next().is_some();
            prop_assert_eq!(found.acknowledge, found.kind == SenderKind::Person && !silenced);
            prop_assert!(found.kind == SenderKind::Person || silenced);
            prop_assert_eq!(found.machine_kind.is_some(), found.kind == SenderKind::AutoReply);
            prop_assert!(found.reasons.iter().all(|reason| reason.evidence.len() <= 200));
            prop_assert!(!(found.acknowledge && fields.contains(&("Auto-Submitted", "auto-replied"))));
        }
    }
}
