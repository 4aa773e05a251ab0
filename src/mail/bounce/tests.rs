//! Reports of many systems, made by hand; the fixtures hold whole mails.

use super::*;
use proptest::prelude::*;

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// Address, status and action of each recipient of a bounce written for people.
fn narrative(text: &str) -> Vec<(String, String, BounceAction)> {
    let from = EmailAddress::parse("MAILER-DAEMON@mx.example").unwrap();
    let source = ReportSource {
        headers: &[header("Return-Path", "<>")],
        subject: "failure notice",
        from: Some(&from),
        text,
        parts: &[],
    };
    let Some(Report::Bounce { recipients, .. }) = find_report(&source) else {
        panic!("no bounce was found");
    };
    let row = |r: BouncedRecipient| {
        (
            r.address.map(|a| a.to_string()).unwrap_or_default(),
            r.status.unwrap_or_default(),
            r.action,
        )
    };
    recipients.into_iter().map(row).collect()
}

fn failed(address: &str, status: &str) -> (String, String, BounceAction) {
    (address.to_owned(), status.to_owned(), BounceAction::Failed)
}

#[test]
fn qmail_postfix_exim_and_sendmail_are_read() {
    let qmail = "Hi. This is the qmail-send program at mx.example.\n\n<a@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nTo: b@x.example\n";
    assert_eq!(narrative(qmail), [failed("a@x.example", "5.1.1")]);
    let postfix = "This is the mail system at host mx.\n\n<a@x.example>: host mx.x.example[192.0.2.1] said: 550 5.7.1\n    blocked (in reply to RCPT)\n";
    assert_eq!(narrative(postfix), [failed("a@x.example", "5.7.1")]);
    let exim = "A message that you sent could not be delivered. The following addresses failed:\n\n  a@x.example\n    mailbox is full: retry timeout exceeded\n  b@x.example\n    Unrouteable address\n";
    assert_eq!(
        narrative(exim),
        [failed("a@x.example", "5.2.2"), failed("b@x.example", "5.1.2")]
    );
    let sendmail = "   ----- The following addresses had permanent fatal errors -----\n<a@x.example>\n    (reason: 550 5.1.1 User unknown)\n";
    assert_eq!(narrative(sendmail), [failed("a@x.example", "5.1.1")]);
}

#[test]
fn a_persons_mail_that_quotes_a_bounce_is_no_report() {
    let from = EmailAddress::parse("sato@customer.example").unwrap();
    let source = ReportSource {
        headers: &[
            header("Content-Type", "multipart/mixed; boundary=x"),
            header("Return-Path", "<sato@customer.example>"),
        ],
        subject: "Undeliverable: が届きました",
        from: Some(&from),
        text: "これは何でしょうか。\n<a@x.example>: 550 5.1.1 User unknown\n",
        parts: &[ReportPart {
            media_type: "message/delivery-status",
            text: "Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n",
        }],
    };
    assert_eq!(find_report(&source), None);
}

#[test]
fn a_receipt_names_the_mail_that_was_opened() {
    let source = ReportSource {
        headers: &[header(
            "Content-Type",
            "multipart/report; report-type=disposition-notification",
        )],
        subject: "開封済み: 件",
        from: None,
        text: "",
        parts: &[ReportPart {
            media_type: "message/disposition-notification",
            text: "Original-Message-ID: <1@desk.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        }],
    };
    let original_message_id = crate::mail::MessageId::parse("<1@desk.example>");
    assert_eq!(
        find_report(&source),
        Some(Report::Receipt { original_message_id })
    );
}

proptest! {
    #[test]
    fn no_text_breaks_the_reading(text in "(?s).{0,300}", lines in prop::collection::vec(prop::sample::select(vec![
        "Final-Recipient: rfc822; a@x.example\n", "Final-Recipient: rfc822;\n", "Status: 5.1.1\n", "Action: ?\n", "\n", "  folded\n",
        "Diagnostic-Code: smtp; 550\n", "<a@x.example>: 550\n", "Message-ID:\n <1@desk.example>\n", "次のあて先へ送信できませんでした。\n",
    ]), 0..20)) {
        let from = EmailAddress::parse("postmaster@mx.example").unwrap();
        let machine = lines.concat();
        for part in [text.as_str(), machine.as_str()] {
            let source = ReportSource {
                headers: &[header("Content-Type", "multipart/report; report-type=delivery-status")],
                subject: &text,
                from: Some(&from),
                text: part,
                parts: &[ReportPart { media_type: "message/delivery-status", text: part }],
            };
            let found = find_report(&source);
            let is_bounce = matches!(found, Some(Report::Bounce { ref recipients, .. }) if !recipients.is_empty());
            prop_assert!(is_bounce, "a delivery report names at least one recipient");
        }
    }
}
