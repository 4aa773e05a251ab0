//! Every text the desk can send, rendered from sample data in both languages.

use madoguchi::correspondence::Templates;
use madoguchi::correspondence::values::{
    AccountValue, AcknowledgementValues, AlarmValues, AnswerValues, HeldValues, NotificationValues,
    ReceiptValues, ReturnedValues,
};
use madoguchi::inquiry::NOTIFICATION_MARK;
use madoguchi::ticket::Language;

/// Phrases that make a letter sound like a machine or like a bad letter.
const FORBIDDEN: &[&str] = &[
    "御中 様",
    "様 様",
    "させていただきま",
    "undefined",
    "none",
    "{{",
    "{%",
    "  \n\n\n",
];

#[test]
fn every_template_renders_in_both_languages_from_sample_data() {
    let templates = Templates::embedded().unwrap();
    for language in Language::ALL {
        for name in Templates::names() {
            let text = rendered(&templates, *language, name);
            assert!(!text.trim().is_empty(), "{language}/{name} is empty");
            for phrase in FORBIDDEN {
                assert!(
                    !text.contains(phrase),
                    "{language}/{name} says {phrase:?}:\n{text}"
                );
            }
            assert!(
                !text.contains("\n\n\n"),
                "{language}/{name} has two blank lines together:\n{text}"
            );
            if name.ends_with(".subject") {
                assert_eq!(text.lines().count(), 1, "{language}/{name}");
            }
        }
    }
}

#[test]
fn mails_to_staff_carry_the_mark_that_keeps_them_inside() {
    let templates = Templates::embedded().unwrap();
    for name in [
        "notification.txt",
        "receipt.txt",
        "returned.txt",
        "held-notice.txt",
        "alarm.txt",
    ] {
        for language in Language::ALL {
            let text = rendered(&templates, *language, name);
            assert_eq!(text.lines().next(), Some(NOTIFICATION_MARK), "{language}/{name}");
        }
    }
}

#[test]
fn letters_to_customers_begin_with_the_number_and_never_carry_the_mark() {
    let templates = Templates::embedded().unwrap();
    for name in [
        "acknowledgement.txt",
        "acknowledgement-fixed.txt",
        "too-large.txt",
        "cannot-read-encrypted.txt",
        "account-completed.txt",
        "answer.txt",
        "answer-notice.txt",
    ] {
        for language in Language::ALL {
            let text = rendered(&templates, *language, name);
            assert!(
                text.lines().next().unwrap().ends_with("DESK-000123"),
                "{language}/{name}:\n{text}"
            );
            assert!(!text.contains(NOTIFICATION_MARK), "{language}/{name}");
        }
    }
}

#[test]
fn a_text_of_ones_own_replaces_the_embedded_one_and_a_misspelt_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ja")).unwrap();
    std::fs::write(folder.path().join("ja/answer.txt"), "{{ number }} {{ text }}").unwrap();
    let templates = Templates::embedded()
        .unwrap()
        .with_overrides(folder.path())
        .unwrap();
    assert!(rendered(&templates, Language::Japanese, "answer.txt").starts_with("DESK-000123 セキュリティ"));
    std::fs::write(folder.path().join("ja/anser.txt"), "").unwrap();
    assert!(
        Templates::embedded()
            .unwrap()
            .with_overrides(folder.path())
            .is_err()
    );
}

#[test]
fn text_of_a_mail_is_never_taken_for_a_template() {
    let templates = Templates::embedded().unwrap();
    let values = AnswerValues {
        text: "{{ 7 * 7 }} {% raw %}".to_owned(),
        ..answer()
    };
    let text = templates
        .render(Language::Japanese, "answer.txt", &values)
        .unwrap();
    assert!(text.contains("{{ 7 * 7 }} {% raw %}"), "{text}");
}

fn rendered(templates: &Templates, language: Language, name: &str) -> String {
    let kind = name.split('.').next().unwrap();
    match kind {
        "answer" | "answer-notice" => templates.render(language, name, &answer()),
        "notification" => templates.render(language, name, &notification()),
        "receipt" => templates.render(language, name, &receipt()),
        "returned" => templates.render(
            language,
            name,
            &ReturnedValues {
                mark: mark(),
                number: number(),
                subject: "EC2の件".to_owned(),
                line: "#colse".to_owned(),
            },
        ),
        "held-notice" => templates.render(language, name, &held()),
        "alarm" => templates.render(language, name, &alarm()),
        _ => templates.render(language, name, &acknowledgement()),
    }
    .unwrap_or_else(|error| panic!("{language}/{name}: {error}"))
}

fn number() -> String {
    "DESK-000123".to_owned()
}

fn mark() -> String {
    NOTIFICATION_MARK.to_owned()
}

fn account() -> AccountValue {
    AccountValue {
        id: "480913372265".to_owned(),
        label: "本番".to_owned(),
        assumed: true,
    }
}

fn acknowledgement() -> AcknowledgementValues {
    AcknowledgementValues {
        number: number(),
        salutation: "株式会社サンプル\n佐藤 様".to_owned(),
        desk_name: "AWSサポート窓口".to_owned(),
        category: Some("技術的なお問い合わせ".to_owned()),
        account: Some(account()),
        also_accounts: vec!["046425940015".to_owned()],
        unknown_accounts: vec!["999988887774".to_owned()],
        asks_account: true,
        business_hours: true,
        starts_at_once: false,
        starts: "3月3日(月)午前9時".to_owned(),
        limit_megabytes: 40,
        page: Some("https://support.desk.example/tickets/DESK-000123".to_owned()),
        signature: "AWSサポート窓口".to_owned(),
    }
}

fn answer() -> AnswerValues {
    AnswerValues {
        number: number(),
        salutation: "株式会社サンプル\n佐藤 様".to_owned(),
        desk_name: "AWSサポート窓口".to_owned(),
        text: "セキュリティグループをご確認ください。".to_owned(),
        quote: "> 接続できません。".to_owned(),
        quoted_at: "2026年3月4日 10:00".to_owned(),
        page: None,
        signature: "AWSサポート窓口\n田中".to_owned(),
    }
}

fn notification() -> NotificationValues {
    NotificationValues {
        mark: mark(),
        kind: "new",
        number: number(),
        customer: Some("株式会社サンプル".to_owned()),
        person: "佐藤".to_owned(),
        author: "sato@customer.example".to_owned(),
        verdict: "unproven",
        subject: "EC2の件".to_owned(),
        account: Some(account()),
        account_outcome: "resolved".to_owned(),
        category: "診断".to_owned(),
        confidence: 97,
        starts: "3月3日(月)午前9時".to_owned(),
        business_hours: false,
        status: "new".to_owned(),
        flags: vec!["urgent-claim".to_owned()],
        evidence: vec!["broken-now「接続できません」".to_owned()],
        attachments: vec!["log.txt (3 KB)".to_owned()],
        detail: "関連".to_owned(),
        earlier: vec!["DESK-000100 [closed] S3の件".to_owned()],
        text: "接続できません。".to_owned(),
    }
}

fn receipt() -> ReceiptValues {
    ReceiptValues {
        mark: mark(),
        number: number(),
        subject: "EC2の件".to_owned(),
        recipients: vec!["sato@customer.example".to_owned()],
        delayed: true,
        goes_out: "2026年3月4日 10:03".to_owned(),
        status: "answered".to_owned(),
        note: String::new(),
        text: "ご確認ください。".to_owned(),
    }
}

fn held() -> HeldValues {
    HeldValues {
        mark: mark(),
        number: Some(number()),
        staff_name: "田中".to_owned(),
        reason: "anchor-failed".to_owned(),
        reason_text: "確認できません".to_owned(),
        detail: String::new(),
        held_id: "0190".to_owned(),
    }
}

fn alarm() -> AlarmValues {
    AlarmValues {
        mark: mark(),
        number: Some(number()),
        recipient: "sato@customer.example".to_owned(),
        purpose: "answer".to_owned(),
        subject: "EC2の件".to_owned(),
        state: "failed".to_owned(),
        reply: "550 no such user".to_owned(),
        attempts: 3,
    }
}
