use proptest::prelude::*;

use super::*;
use crate::mail::bounce::{BounceAction, ReportPart};
use crate::mail::message::Header;

fn find(headers: &[(&str, &str)], text: &str, parts: &[ReportPart<'_>]) -> Option<Report> {
    let headers: Vec<Header> = headers
        .iter()
        .map(|(name, value)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    let value = |name: &str| {
        headers
            .iter()
            .find(|h| h.name == name)
            .map_or("", |h| h.value.as_str())
    };
    let from = EmailAddress::parse(value("From")).ok();
    find_report(&ReportSource {
        headers: &headers,
        subject: value("Subject"),
        from: from.as_ref(),
        text,
        parts,
    })
}

#[test]
fn a_standard_report_is_read_with_the_original_identifier() {
    let status = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@customer.example\nAction: failed\nStatus: 5.1.1\n";
    let parts = [
        ReportPart {
            media_type: "text/plain",
            text: "sorry",
        },
        ReportPart {
            media_type: "message/delivery-status",
            text: status,
        },
        ReportPart {
            media_type: "text/rfc822-headers",
            text: "Subject: x\nMessage-ID: <1@desk.example>\n",
        },
    ];
    let headers = [
        ("From", "mailer-daemon@mx.example"),
        ("Content-Type", "multipart/report; report-type=delivery-status"),
    ];
    let Some(Report::Bounce {
        recipients,
        original_message_id,
    }) = find(&headers, "sorry", &parts)
    else {
        panic!()
    };
    assert_eq!(
        (recipients[0].status.as_deref(), recipients[0].action),
        (Some("5.1.1"), BounceAction::Failed)
    );
    assert_eq!(original_message_id.unwrap().as_str(), "1@desk.example");
}

#[test]
fn receipts_and_complaints_are_told_apart() {
    let mdn = [ReportPart {
        media_type: "message/disposition-notification",
        text: "Original-Message-ID: <2@d.example>\nDisposition: x; displayed\n",
    }];
    let headers = [
        ("From", "a@customer.example"),
        (
            "Content-Type",
            "multipart/report; report-type=disposition-notification",
        ),
    ];
    assert!(matches!(
        find(&headers, "", &mdn),
        Some(Report::Receipt {
            original_message_id: Some(_)
        })
    ));
    let headers = [
        ("From", "fbl@isp.example"),
        ("Content-Type", "multipart/report; report-type=feedback-report"),
    ];
    assert!(matches!(find(&headers, "", &[]), Some(Report::Feedback { .. })));
}

#[test]
fn persons_who_write_about_bounces_are_no_machines() {
    let text =
        "SES からの送信で「550 5.1.1 user unknown」と出て配信できません。宛先は a@customer.example です。";
    for headers in [
        [
            ("From", "sato@customer.example"),
            ("Subject", "配信エラーについて"),
            ("Return-Path", "<sato@customer.example>"),
        ],
        [
            ("From", "sato@customer.example"),
            ("Subject", "Undelivered Mail"),
            ("Return-Path", "<sato@customer.example>"),
        ],
        [
            ("From", "sato@customer.example"),
            ("Subject", "Fwd: failure notice"),
            ("Return-Path", "<sato@customer.example>"),
        ],
    ] {
        assert_eq!(find(&headers, text, &[]), None);
    }
}

#[test]
fn an_empty_envelope_sender_alone_is_no_bounce() {
    let headers = [
        ("From", "sato@customer.example"),
        ("Subject", "不在通知"),
        ("Return-Path", "<>"),
    ];
    assert_eq!(find(&headers, "本日は終日不在にしております。", &[]), None);
}

proptest! {
    #[test]
    fn any_text_whatever_is_survived(subject in ".{0,40}", text in "(?s).{0,300}", part in "(?s).{0,200}") {
        let parts = [ReportPart { media_type: "message/delivery-status", text: &part }];
        let headers = [("From", "mailer-daemon@x.example"), ("Subject", subject.as_str())];
        find(&headers, &text, &parts);
    }
}
