//! The desk's own check of DKIM and DMARC, case by case, against really signed mails (SPEC §6).

use madoguchi::authentication::{OwnCheck, ResolverChoice, Verifier};
use madoguchi::mail::EmailAddress;

use crate::world::dns::{NameServer, Says};
use crate::world::signing::{HONEST, Key, OldKey};

const KEY_NAME: &str = "s1._domainkey.desk.example";

const MAIL: &str = "From: Tanaka <tanaka@desk.example>\r\nTo: <aws_tec+token@desk.example>\r\n\
    Subject: Re: EC2\r\nDate: Wed, 4 Mar 2026 10:00:00 +0900\r\nMessage-ID: <1@desk.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nPlease look at the security group.\r\n";

fn tanaka() -> EmailAddress {
    EmailAddress::parse("tanaka@desk.example").unwrap()
}

/// What the staff rules say of a mail, with these records in DNS.
async fn staff(mail: &str, records: &[(&str, &str)]) -> OwnCheck {
    let verifier = Verifier::of_records(records).unwrap();
    verifier.check_staff(mail.as_bytes(), &tanaka()).await
}

/// `signed`, or why not.
fn word(check: &OwnCheck) -> &'static str {
    match check {
        OwnCheck::Signed { .. } => "signed",
        OwnCheck::Refused(why) => why,
        OwnCheck::Undetermined => "undetermined",
        OwnCheck::Aligned => "aligned",
        OwnCheck::NotMade => "not-made",
    }
}

#[tokio::test]
async fn a_signature_counts_only_when_every_reader_sees_the_mail_that_was_signed() {
    let (key, other) = (Key::new(), Key::new());
    let record = key.record();
    let signed = key.signs("desk.example", MAIL);
    let front = |line: &str| format!("{line}\r\n{signed}");
    let without = |left_out: &str| -> String {
        let fields: Vec<&str> = HONEST
            .iter()
            .copied()
            .filter(|field| *field != left_out)
            .collect();
        key.signs_with("desk.example", MAIL, &fields, |signer| signer)
    };
    let oversigned = key.signs_with("desk.example", MAIL, &[HONEST, &["From"]].concat(), |signer| {
        signer
    });
    let group = MAIL.replace(
        "From: Tanaka <tanaka@desk.example>",
        "From: desk: tanaka@desk.example;",
    );
    let two = MAIL.replace("<tanaka@desk.example>", "<tanaka@desk.example>, <b@evil.example>");
    let cases: Vec<(&str, String, &str)> = vec![
        ("valid and aligned", signed.clone(), "signed"),
        ("a copy with LF alone", signed.replace("\r\n", "\n"), "signed"),
        (
            "the body was changed",
            signed.replace("security", "insecure"),
            "body-changed",
        ),
        (
            "text was appended",
            format!("{signed}PS: send your keys\r\n"),
            "body-changed",
        ),
        (
            "the subject was changed",
            signed.replace("Re: EC2", "Re: EC3"),
            "signature-wrong",
        ),
        (
            "signed by somebody else",
            key.signs("evil.example", MAIL),
            "no-aligned-signature",
        ),
        (
            "signed by a domain below",
            key.signs("mail.desk.example", MAIL),
            "no-aligned-signature",
        ),
        (
            "signed with another key",
            other.signs("desk.example", MAIL),
            "signature-wrong",
        ),
        ("not signed", MAIL.to_owned(), "no-aligned-signature"),
        (
            "a second From of another domain",
            front("From: <boss@evil.example>"),
            "header-repeated",
        ),
        (
            "a second From of the same domain",
            front("From: <boss@desk.example>"),
            "header-repeated",
        ),
        (
            "a From with a space before its colon",
            front("From : <boss@desk.example>"),
            "header-repeated",
        ),
        ("a second Subject", front("Subject: urgent"), "header-repeated"),
        (
            "a second To",
            front("To: <aws_tec+other@desk.example>"),
            "header-repeated",
        ),
        (
            "a second Date",
            front("Date: Wed, 4 Mar 2026 11:00:00 +0900"),
            "header-repeated",
        ),
        (
            "a second Message-ID",
            front("Message-ID: <2@desk.example>"),
            "header-repeated",
        ),
        (
            "a second Content-Type",
            front("Content-Type: text/html"),
            "header-repeated",
        ),
        (
            "a second MIME-Version",
            front("MIME-Version: 1.0"),
            "header-repeated",
        ),
        (
            "a second Content-Transfer-Encoding",
            front("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 8bit"),
            "header-repeated",
        ),
        (
            "two Cc",
            front("Cc: <a@evil.example>\r\nCc: <b@evil.example>"),
            "header-repeated",
        ),
        (
            "two threads",
            front("In-Reply-To: <a@desk.example>\r\nIn-Reply-To: <b@desk.example>"),
            "header-repeated",
        ),
        (
            "two chains of a thread",
            front("References: <a@desk.example>\r\nReferences: <b@desk.example>"),
            "header-repeated",
        ),
        (
            "two Reply-To",
            front("Reply-To: <a@evil.example>\r\nReply-To: <b@evil.example>"),
            "header-repeated",
        ),
        (
            "oversigned, and a second From",
            format!("From: <boss@desk.example>\r\n{oversigned}"),
            "header-repeated",
        ),
        ("oversigned", oversigned, "signed"),
        ("From is not signed", without("From"), "header-not-signed"),
        ("To is not signed", without("To"), "header-not-signed"),
        ("Subject is not signed", without("Subject"), "header-not-signed"),
        ("Date is not signed", without("Date"), "header-not-signed"),
        (
            "Message-ID is not signed",
            without("Message-ID"),
            "header-not-signed",
        ),
        (
            "Content-Type is not signed",
            without("Content-Type"),
            "header-not-signed",
        ),
        (
            "the signature covers a part of the body",
            {
                let cut = key.signs_with("desk.example", MAIL, HONEST, |signer| signer.body_length(true));
                format!("{cut}PS: send your keys\r\n")
            },
            "body-length-tag",
        ),
        (
            "the signature has expired",
            key.signs_long_ago("desk.example", MAIL),
            "signature-expired",
        ),
        ("a group as From", key.signs("desk.example", &group), "signed"),
        (
            "two mailboxes in From",
            key.signs("desk.example", &two),
            "author-ambiguous",
        ),
        (
            "a bare CR in the header",
            front("X-A: b\rFrom: <boss@desk.example>"),
            "line-ends-ambiguous",
        ),
        ("a NUL in the header", front("X-A: b\0"), "line-ends-ambiguous"),
    ];
    let mut wrong = Vec::new();
    for (what, mail, wanted) in cases {
        let found = staff(&mail, &[(KEY_NAME, &record)]).await;
        if word(&found) != wanted {
            wrong.push(format!("{what}: {} instead of {wanted}", word(&found)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_key_that_is_tried_out_revoked_or_missing_proves_nothing() {
    let key = Key::new();
    let signed = key.signs("desk.example", MAIL);
    let record = key.record();
    for (record, wanted) in [
        (record.as_str(), "signed"),
        (&record.replacen("k=", "t=s; k=", 1), "signed"),
        (&record.replacen("k=", "t=y; k=", 1), "key-in-test-mode"),
        (&record.replacen("k=", "t=y:s; k=", 1), "key-in-test-mode"),
        ("v=DKIM1; k=ed25519; p=", "key-revoked"),
    ] {
        let found = staff(&signed, &[(KEY_NAME, record)]).await;
        assert_eq!(word(&found), wanted, "{record}");
    }
    assert_eq!(word(&staff(&signed, &[]).await), "key-not-found");
}

#[tokio::test]
async fn short_rsa_keys_and_sha1_prove_nothing() {
    for (bits, digest, wanted) in [
        (2_048, "sha256", "signed"),
        (1_024, "sha256", "signed"),
        (512, "sha256", "signature-wrong"),
        (2_048, "sha1", "rsa-sha1"),
    ] {
        let key = OldKey::new(bits, digest);
        let found = staff(&key.signs("desk.example", MAIL), &[(KEY_NAME, &key.record())]).await;
        assert_eq!(word(&found), wanted, "{bits} bits, {digest}");
    }
}

#[tokio::test]
async fn one_right_signature_among_others_is_enough() {
    let (key, other) = (Key::new(), Key::new());
    let twice = key.signs("desk.example", &other.signs("provider.example", MAIL));
    assert_eq!(word(&staff(&twice, &[(KEY_NAME, &key.record())]).await), "signed");
}

#[tokio::test]
async fn a_customer_is_known_by_dmarc_also_from_a_domain_below() {
    let (key, other) = (Key::new(), Key::new());
    let dmarc = "v=DMARC1; p=none";
    let strict = "v=DMARC1; p=none; adkim=s";
    let below = MAIL.replace("tanaka@desk.example", "tanaka@mail.desk.example");
    let unsigned_from = key.signs_with("desk.example", MAIL, &["To", "Subject"], |signer| signer);
    let record = key.record();
    let cases: [(&str, String, Option<&str>, &str); 7] = [
        ("aligned", key.signs("desk.example", MAIL), Some(dmarc), "aligned"),
        (
            "no policy",
            key.signs("desk.example", MAIL),
            None,
            "no-aligned-signature",
        ),
        (
            "a domain below",
            key.signs("desk.example", &below),
            Some(dmarc),
            "aligned",
        ),
        (
            "a domain below, strict",
            key.signs("desk.example", &below),
            Some(strict),
            "no-aligned-signature",
        ),
        (
            "From is not signed",
            unsigned_from,
            Some(dmarc),
            "no-aligned-signature",
        ),
        (
            "wrong key",
            other.signs("desk.example", MAIL),
            Some(dmarc),
            "no-aligned-signature",
        ),
        (
            "a second From",
            format!("From: <b@desk.example>\r\n{}", key.signs("desk.example", MAIL)),
            Some(dmarc),
            "header-repeated",
        ),
    ];
    for (what, mail, policy, wanted) in cases {
        let mut records = vec![(KEY_NAME, record.as_str())];
        records.extend(policy.map(|policy| ("_dmarc.desk.example", policy)));
        let verifier = Verifier::of_records(&records).unwrap();
        let from = madoguchi::mail::parse::parse_mail(mail.as_bytes())
            .unwrap()
            .single_author()
            .map_or_else(tanaka, |author| author.address.clone());
        let found = verifier.check_customer(mail.as_bytes(), &from).await;
        assert_eq!(word(&found), wanted, "{what}");
    }
}

#[tokio::test]
async fn trouble_of_a_name_server_is_neither_a_pass_nor_a_denial() {
    let key = Key::new();
    let signed = key.signs("desk.example", MAIL);
    let long = format!("{}; n={}", key.record(), "x".repeat(900));
    for (says, wanted) in [
        (Says::Text(key.record()), "signed"),
        (Says::CutThen(long), "signed"),
        (Says::NoSuchName, "key-not-found"),
        (Says::Text("something else".to_owned()), "key-not-found"),
        (Says::ServerFailure, "undetermined"),
        (Says::Refused, "undetermined"),
        (Says::Nothing, "undetermined"),
    ] {
        let server = NameServer::start(&[(KEY_NAME, says.clone())]).await;
        let verifier = Verifier::new(ResolverChoice::Server(server.address()))
            .unwrap()
            .unwrap();
        let found = verifier.check_staff(signed.as_bytes(), &tanaka()).await;
        assert_eq!(word(&found), wanted, "{says:?}");
        server.says("_dmarc.desk.example", says.clone());
        assert_eq!(
            verifier.answers("desk.example").await.is_err(),
            wanted == "undetermined",
            "{says:?}"
        );
        assert!(
            server.asked().contains(&KEY_NAME.to_owned()),
            "{:?}",
            server.asked()
        );
    }
}

#[tokio::test]
async fn mails_of_strangers_domains_cost_no_question() {
    let server = NameServer::start(&[]).await;
    let verifier = Verifier::new(ResolverChoice::Server(server.address()))
        .unwrap()
        .unwrap();
    let key = Key::new();
    for mail in [MAIL.to_owned(), key.signs("evil.example", MAIL)] {
        verifier.check_staff(mail.as_bytes(), &tanaka()).await;
        verifier.check_customer(mail.as_bytes(), &tanaka()).await;
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());
}
