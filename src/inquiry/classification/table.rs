//! What the embedded rules must reach: the boundaries of SPEC §9 one by one, the figures on labelled mails,
//! and properties that hold for any text.

use proptest::prelude::*;

use super::{Evaluation, Field, Flag, Inquiry, Labelled, Rules};
use crate::ticket::{Category, Severity};

const DEV: &str = include_str!("../../../fixtures/inquiries/dev.jsonl");
const HELD_OUT: &str = include_str!("../../../fixtures/inquiries/heldout.jsonl");

/// Subject, text and category along the boundaries of SPEC §9.
const BOUNDARIES: &[(&str, &str, Category)] = &[
    // Broken now is diagnosis even when phrased as a how-to.
    (
        "RDSがstorage-full",
        "復旧方法を教えてください。",
        Category::Diagnosis,
    ),
    (
        "証明書エラー",
        "本日から接続できません。設定方法を教えてください。",
        Category::Diagnosis,
    ),
    // A failure that is only imagined is a technical question.
    (
        "障害時の切り替え",
        "障害が発生した場合に切り替える構成の推奨はありますか。",
        Category::Technical,
    ),
    (
        "エラー時の通知",
        "Lambdaでエラーが発生した場合に通知する方法を教えてください。",
        Category::Technical,
    ),
    // Money, contract data, the root user.
    (
        "請求書",
        "請求書の宛名を変更する方法を教えてください。",
        Category::AccountBilling,
    ),
    (
        "解約",
        "検証用アカウントを今月末で解約したいです。",
        Category::AccountBilling,
    ),
    (
        "ルートユーザー",
        "ルートユーザーのMFAを紛失しました。再設定をお願いします。",
        Category::AccountBilling,
    ),
    (
        "課金",
        "停止したインスタンスにも料金は発生しますか。",
        Category::AccountBilling,
    ),
    // Tools about cost are technical, broken ones are broken.
    (
        "予算アラート",
        "AWS Budgetsで通知する設定方法を教えてください。",
        Category::Technical,
    ),
    (
        "Cost Explorer",
        "Cost Explorerがエラーになり表示できません。",
        Category::Diagnosis,
    ),
    // An IAM user is no root user.
    (
        "ログイン",
        "IAMユーザーでサインインできません。",
        Category::Diagnosis,
    ),
    // May we.
    (
        "Control Tower",
        "Control Towerを使うことは契約上認められていますか。",
        Category::Restriction,
    ),
    (
        "SCP",
        "御社側で設定されているSCPを解除していただけますか。",
        Category::Restriction,
    ),
    // The error text of a policy is a symptom.
    (
        "作成できない",
        "explicit deny in a service control policy と表示され作成できません。",
        Category::Diagnosis,
    ),
    // Quotas are technical although they are called limits.
    (
        "上限緩和",
        "EC2のvCPUの上限を引き上げたいです。申請方法を教えてください。",
        Category::Technical,
    ),
    // Nothing said.
    (
        "お世話になります",
        "先日の件、その後いかがでしょうか。",
        Category::NeedsTriage,
    ),
    ("", "", Category::NeedsTriage),
];

fn evaluated(jsonl: &str) -> Evaluation {
    Evaluation::of(Rules::embedded(), &Labelled::parse_lines(jsonl).unwrap())
}

fn category_of(subject: &str, written: &str) -> Category {
    Rules::embedded()
        .classify(&Inquiry {
            subject,
            written,
            ..Inquiry::default()
        })
        .category
}

fn flags_of(subject: &str, written: &str, quoted: &str) -> Vec<Flag> {
    Rules::embedded()
        .classify(&Inquiry {
            subject,
            written,
            quoted,
            sender_is_aws: false,
        })
        .flags
}

#[test]
fn every_example_in_the_embedded_rules_holds() {
    let report = Rules::embedded().check();
    assert!(report.broken.is_empty(), "{report}");
}

#[test]
fn mails_kept_apart_are_decided_well() {
    let held_out = evaluated(HELD_OUT);
    assert!(held_out.macro_f1() >= 0.88, "{held_out}");
    assert!(
        held_out.coverage() >= 0.75 && held_out.routed_precision() >= 0.96,
        "{held_out}"
    );
    assert!(held_out.abstention_recall() >= 0.9, "{held_out}");
}

#[test]
fn secrets_and_notices_are_never_missed() {
    for evaluation in [evaluated(DEV), evaluated(HELD_OUT)] {
        for flag in [Flag::SecretInMail, Flag::AwsNotice] {
            assert!(evaluation.flag(flag).1 >= 1.0, "{flag}: {evaluation}");
        }
    }
}

#[test]
fn out_of_scope_flags_are_mostly_right() {
    let held_out = evaluated(HELD_OUT);
    for flag in [Flag::OosThirdParty, Flag::OosCodeDev, Flag::OosDebug] {
        let (precision, recall) = held_out.flag(flag);
        assert!(precision >= 0.9 && recall >= 0.7, "{flag}: {held_out}");
    }
}

#[test]
fn the_boundaries_are_where_the_specification_draws_them() {
    for (subject, written, category) in BOUNDARIES {
        assert_eq!(category_of(subject, written), *category, "{subject}: {written}");
    }
}

#[test]
fn urgency_is_a_claim_and_no_category() {
    assert_eq!(category_of("至急", "至急ご連絡ください。"), Category::NeedsTriage);
    assert_eq!(flags_of("至急", "至急ご連絡ください。", ""), [Flag::UrgentClaim]);
    assert_eq!(flags_of("", "緊急時の連絡先を教えてください。", ""), []);
}

#[test]
fn a_notice_without_a_word_of_the_customers_own_is_left_to_a_person() {
    let subject = "Fwd: [Notification] Amazon RDS scheduled maintenance";
    let inquiry = Inquiry {
        subject,
        written: "転送します。",
        ..Inquiry::default()
    };
    let classified = Rules::embedded().classify(&inquiry);
    assert_eq!(
        (classified.category, classified.flags),
        (Category::NeedsTriage, vec![Flag::AwsNotice])
    );
}

#[test]
fn quoted_text_raises_flags_and_decides_nothing() {
    let quoted = "> Greetings from Amazon Web Services\n> Your instance cannot be reached, error 503";
    assert_eq!(category_of("Re: 件", "ご確認ください"), Category::NeedsTriage);
    assert_eq!(flags_of("Re: 件", "ご確認ください", quoted), [Flag::AwsNotice]);
}

#[test]
fn mail_from_aws_itself_is_a_notice() {
    let inquiry = Inquiry {
        sender_is_aws: true,
        ..Inquiry::default()
    };
    assert_eq!(Rules::embedded().classify(&inquiry).flags, [Flag::AwsNotice]);
}

#[test]
fn questions_for_two_desks_are_left_to_a_person() {
    let written = "1. EC2に接続できない原因を調べてください。\n2. 請求書の宛名を変更してください。";
    assert_eq!(category_of("2点", written), Category::NeedsTriage);
    assert!(flags_of("2点", written, "").contains(&Flag::MultiTopic));
    let same_desk = "1. EC2に接続できない原因を調べてください。\n2. S3の設定方法を教えてください。";
    assert!(!flags_of("2点", same_desk, "").contains(&Flag::MultiTopic));
}

#[test]
fn courtesy_hardly_ever_changes_a_category() {
    let best = |subject: &str, written: &str| {
        let inquiry = Inquiry {
            subject,
            written,
            ..Inquiry::default()
        };
        Rules::embedded().classify(&inquiry).best_category
    };
    let mails = Labelled::parse_lines(DEV).unwrap();
    let decidable = || mails.iter().filter(|mail| mail.category != Category::NeedsTriage);
    let changed: Vec<&str> = decidable()
        .filter(|mail| best(&mail.subject, &mail.body) != best(&mail.subject, &politely(&mail.body)))
        .map(|mail| mail.id.as_str())
        .collect();
    assert!(changed.len() * 100 <= decidable().count(), "{changed:?}");
}

fn politely(body: &str) -> String {
    format!(
        "いつもお世話になっております。\n株式会社カスタマーの佐藤と申します。\n\n{body}\n\n\
         お手数をおかけいたしますが、よろしくお願い申し上げます。"
    )
}

#[test]
fn a_pasted_log_counts_once() {
    let log = "2026-03-02T10:22:31Z ERROR request failed: timeout\n".repeat(300);
    let written = format!("請求書の宛名を変更してください。請求先の部署も変わります。\n{log}");
    let classified = Rules::embedded().classify(&Inquiry {
        written: &written,
        ..Inquiry::default()
    });
    assert!(classified.evidence.len() < 40, "{}", classified.evidence.len());
}

#[test]
fn width_case_and_line_breaks_do_not_hide_a_word() {
    let plain = category_of("件", "本日からサーバに接続できません。");
    assert_eq!(plain, Category::Diagnosis);
    assert_eq!(category_of("件", "本日からｻｰﾊﾞｰに接続できません。"), plain);
    let wrapped = "弊社の開発環境にあるサーバに対して、本日の昼過ぎからSSHで接続がで\nきなくなりました。";
    assert_eq!(category_of("件", wrapped), plain);
}

#[test]
fn production_down_proposes_a_severity_and_nothing_else_does() {
    let proposed = |written| {
        Rules::embedded()
            .classify(&Inquiry {
                written,
                ..Inquiry::default()
            })
            .proposed_severity
    };
    assert_eq!(
        proposed("本番のサイトが停止しており、全ユーザーがログインできない状態です。"),
        Some(Severity::Urgent)
    );
    assert_eq!(proposed("至急お願いします。検証環境につながりません。"), None);
}

#[test]
fn corrections_of_staff_are_learned() {
    let line = r#"{"subject":"勤怠連携","body":"勤怠連携モジュールについて","category":"restriction"}"#;
    let corrections = Labelled::parse_lines(&[line; 5].join("\n")).unwrap();
    let inquiry = Inquiry {
        subject: "勤怠連携",
        written: "勤怠連携モジュールについて",
        ..Inquiry::default()
    };
    let best = |rules: &Rules| rules.classify(&inquiry).best_category;
    assert_eq!(
        best(&Rules::embedded().clone().with_examples(&corrections)),
        Category::Restriction
    );
}

#[test]
fn a_correction_reads_back_from_its_line() {
    let kept = Labelled {
        id: "DESK-000012".to_owned(),
        subject: "請求\nの件".to_owned(),
        body: "\"内訳\"を\n教えてください".to_owned(),
        category: Category::AccountBilling,
        flags: vec![Flag::UrgentClaim],
        sender_is_aws: false,
    };
    assert_eq!(Labelled::parse_lines(&kept.to_line()), Ok(vec![kept]));
}

/// What takes more than linear time does not end on these.
#[test]
fn endless_texts_are_classified() {
    for unit in [
        "できません",
        "請求書",
        "。",
        "\n",
        "「",
        "EC2 ",
        "> ",
        "a",
        "エラー: 0\n",
        "ですか？",
        "ーー",
        "[",
        "①【",
    ] {
        let text = unit.repeat(100_000 / unit.len());
        let inquiry = Inquiry {
            subject: &text,
            written: &text,
            quoted: &text,
            sender_is_aws: false,
        };
        let confidence = Rules::embedded().classify(&inquiry).confidence;
        assert!((0.0..=1.0).contains(&confidence), "{unit:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_classified_with_evidence_inside_it(subject in "\\PC{0,60}", written in "(\\PC|\n|できません|請求書|①|【|EC2|。){0,120}") {
        let inquiry = Inquiry { subject: &subject, written: &written, quoted: &subject, sender_is_aws: false };
        let classified = Rules::embedded().classify(&inquiry);
        prop_assert!((0.0..=1.0).contains(&classified.confidence));
        for evidence in &classified.evidence {
            let text = match evidence.field {
                Field::Subject | Field::Quoted => &subject,
                Field::Written => &written,
            };
            prop_assert_eq!(text.get(evidence.range.clone()), Some(evidence.text.as_str()));
        }
    }
}
