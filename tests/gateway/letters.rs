//! How the desk's texts read: what each letter must say, what none may, whether its lines fit a mail window
//! and its sentences are polite; and the exchange that a customer reads from first to last.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use madoguchi::correspondence::staff_words::{purpose_words, state_words};
use madoguchi::correspondence::{Templates, render_samples, render_variants};
use madoguchi::inquiry::account_ids::AccountOutcome;
use madoguchi::inquiry::classification::Flag;
use madoguchi::store::outbox::{OutboxState, Purpose};
use madoguchi::ticket::{Category, Language, TicketStatus};
use unicode_width::UnicodeWidthStr;

use crate::world::{Letter, Person, World};

/// Columns of a mail window: 39 full-width characters.
const COLUMNS: usize = 78;

/// What a customer's letter must say: name, phrases in Japanese, phrases in English. Line ends do not count.
const REQUIRED: &[(&str, &[&str], &[&str])] = &[
    (
        "acknowledgement.txt",
        &["承りました。", "件名を変えずに本メールへご返信ください。"],
        &["We have received your inquiry.", "without changing its subject."],
    ),
    (
        "acknowledgement-bundle.txt",
        &["承りました。", "それぞれご連絡いたします。"],
        &["We have received these inquiries.", "get back to you."],
    ),
    (
        "acknowledgement-fixed.txt",
        &["ご担当者様", "お心当たりのない場合は"],
        &["Hello,", "If you did not write to us"],
    ),
    (
        "account-completed.txt",
        &[
            "AWSアカウントIDをお知らせいただき、ありがとうございます。",
            "480913372265",
        ],
        &["Thank you for the AWS account ID.", "480913372265"],
    ),
    (
        "account-corrected.txt",
        &[
            "改めました",
            "480913372265",
            "相違する場合は、恐れ入りますが、本メールへのご返信にて正しいアカウントIDをお知らせください。",
        ],
        &[
            "corrected the AWS account",
            "480913372265",
            "please reply with the correct account ID",
        ],
    ),
    (
        "clock-changed.txt",
        &["種別を改めました"],
        &["changed the type of your inquiry"],
    ),
    (
        "too-large.txt",
        &["上限(40MB)を超えている", "同じ受付番号で承ります。"],
        &["40 MB", "same ticket"],
    ),
    (
        "cannot-read-encrypted.txt",
        &[
            "暗号化されているため",
            "同じ受付番号で承ります。",
            "必要はございません。",
        ],
        &["encrypted", "same ticket", "no need to send us a password"],
    ),
    (
        "pending-reminder.txt",
        &["3月4日(水)より", "3月18日(水)までに"],
        &["March 4", "March 18"],
    ),
    (
        "pending-closed.txt",
        &["対応を終了いたしました。", "あらためて承ります。"],
        &["closed this inquiry", "take it up again"],
    ),
    (
        "answer-notice.txt",
        &["回答を登録いたしました。"],
        &["The answer to your inquiry is ready."],
    ),
    (
        "answer.txt",
        &["セキュリティグループをご確認ください。"],
        &["Please check the security group."],
    ),
    (
        "decline-third-party.txt",
        &["対象に含まれておりません。"],
        &["not covered by our support"],
    ),
    (
        "decline-code-development.txt",
        &["対象に含まれておりません。"],
        &["not covered by our support"],
    ),
    (
        "decline-debugging.txt",
        &["対象に含まれておりません。"],
        &["not covered by our support"],
    ),
    (
        "decline-restricted-service.txt",
        &["対象に含まれておりません。"],
        &["not covered by our support"],
    ),
];

/// What no text in either language says.
const FORBIDDEN: &[&str] = &["{{", "{%", "undefined", "None", "null", "\t", "　 ", " \n"];

/// Bad Japanese: two titles, two honorifics for one, words for inferiors, mixed spellings, a machine's tone.
const FORBIDDEN_JAPANESE: &[&str] = &[
    "御中 ",
    "様様",
    "様 様",
    "様御中",
    "担当者様様",
    "各位様",
    "さん様",
    "了解",
    "ご苦労",
    "させていただ",
    "させて頂",
    "頂き",
    "下さい",
    "致し",
    "お問合せ",
    "お問い合せ",
    "問合わせ",
    "おられます",
    "ご覧になられ",
    "おっしゃられ",
    "お伺いいたし",
    "拝見いたし",
    "ご連絡をさせ",
    "申し訳ありません",
    "ください。。",
    "、、",
    "。、",
    "システムより自動",
    "自動返信",
    "本メールは送信専用",
    "貴方",
    "あなた様",
];

/// Stiff or foreign English.
const FORBIDDEN_ENGLISH: &[&str] = &[
    "Dear Sir",
    "Dear customer",
    "To whom it may concern",
    "kindly",
    "Kindly",
    "revert back",
    "do the needful",
    "as soon as possible",
    "auto-generated",
    "do not reply to this",
    " mails",
    " ,",
    " .",
    "e-mail",
];

/// The letters to customers, and the prepared replies that go into them.
fn is_letter(name: &str) -> bool {
    REQUIRED.iter().any(|(known, _, _)| *known == name)
}

fn every_text(mut look: impl FnMut(Language, &'static str, &str)) {
    let templates = Templates::embedded().unwrap();
    for language in Language::ALL {
        for name in Templates::names() {
            let all = render_variants(&templates, *language, name).unwrap();
            assert!(all.len() >= 2, "{name}");
            for text in all {
                look(*language, name, &text);
            }
        }
    }
}

/// The text as one line: where it is broken is not what it says.
fn unbroken(text: &str, language: Language) -> String {
    let joint = if language == Language::Japanese { "" } else { " " };
    text.lines().collect::<Vec<_>>().join(joint)
}

#[test]
fn every_letter_says_what_it_must() {
    every_text(|language, name, text| {
        let Some((_, japanese, english)) = REQUIRED.iter().find(|(known, _, _)| *known == name) else {
            return;
        };
        let required = if language == Language::Japanese {
            japanese
        } else {
            english
        };
        for phrase in *required {
            assert!(
                unbroken(text, language).contains(phrase),
                "{language}/{name} does not say {phrase:?}:\n{text}"
            );
        }
        if !name.starts_with("decline-") {
            let (first, desk) = match language {
                Language::Japanese => ("受付番号: DESK-000123", "AWSサポート窓口"),
                Language::English => ("Ticket: DESK-000123", "AWS Support Desk"),
            };
            assert_eq!(text.lines().next(), Some(first), "{language}/{name}");
            assert!(text.contains(desk), "{language}/{name}:\n{text}");
        }
    });
}

#[test]
fn every_template_to_a_customer_has_its_list_of_phrases() {
    let staff = [
        "notification",
        "receipt",
        "returned",
        "held-notice",
        "held-answer",
        "held-digest",
        "probe",
        "probe-answer",
        "proposal",
        "alarm",
        "outage",
        "self-probe",
        "warning",
        "unregistered-digest",
        "junk-list",
        "ping-pong",
        // To staff and customers alike, of no ticket: the page's stories hold it to its words.
        "sign-in",
    ];
    for name in Templates::names() {
        if let Some(stem) = name.strip_suffix(".txt") {
            assert_ne!(staff.contains(&stem), is_letter(name), "{name}");
        }
    }
}

#[test]
fn the_word_to_whoever_passes_a_mail_on_says_whose_it_is_and_how_to_confirm() {
    let phrases = [
        (
            Language::Japanese,
            [
                "元の差出人: sato@customer.example",
                "元の差出人: 読み取れませんでした",
                "複数の方のメールが含まれています",
                "名簿に登録されていない差出人です",
            ],
            "お客様には、まだ何も送信していません。",
        ),
        (
            Language::English,
            [
                "Sender  : sato@customer.example",
                "Sender  : could not be read",
                "it holds emails of several people",
                "Customer: not registered",
            ],
            "Nothing has been sent to the customer yet.",
        ),
    ];
    for (language, told, nothing_sent) in phrases {
        let texts = render_variants(&Templates::embedded().unwrap(), language, "proposal.txt").unwrap();
        assert_eq!(texts.len(), told.len());
        for (text, phrase) in texts.iter().zip(told) {
            for phrase in [phrase, nothing_sent, "#accept", "#spam"] {
                assert!(
                    text.contains(phrase),
                    "{language} does not say {phrase:?}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn no_text_says_what_none_may() {
    let slugs = slugs();
    every_text(|language, name, text| {
        let of_language = match language {
            Language::Japanese => FORBIDDEN_JAPANESE,
            Language::English => FORBIDDEN_ENGLISH,
        };
        for phrase in FORBIDDEN.iter().chain(of_language) {
            assert!(
                !text.contains(phrase),
                "{language}/{name} says {phrase:?}:\n{text}"
            );
        }
        for slug in &slugs {
            assert!(!text.contains(slug), "{language}/{name} shows {slug}:\n{text}");
        }
        assert!(
            !text.contains(|c: char| matches!(c, '\u{ff61}'..='\u{ff9f}')),
            "{language}/{name} has half-width katakana:\n{text}"
        );
        assert!(
            !text.contains("\n\n\n"),
            "{language}/{name} has two blank lines:\n{text}"
        );
        if is_letter(name) {
            let doubled = text.lines().any(|line| line.trim_start().contains("  "));
            assert!(!doubled, "{language}/{name} has a double space:\n{text}");
        }
    });
}

/// The names that rows and logs keep, as far as they are no words of a language.
fn slugs() -> BTreeSet<&'static str> {
    let categories = Category::ALL.iter().map(|one| one.as_str());
    let statuses = TicketStatus::ALL.iter().map(|one| one.as_str());
    let outcomes = AccountOutcome::ALL.iter().map(|one| one.as_str());
    let flags = Flag::ALL.iter().map(|one| one.as_str());
    let purposes = Purpose::ALL.iter().map(|one| one.as_str());
    categories
        .chain(statuses)
        .chain(outcomes)
        .chain(flags)
        .chain(purposes)
        .filter(|slug| slug.contains('-') && *slug != Flag::RestrictedService.as_str())
        .collect()
}

#[test]
fn english_texts_hold_no_japanese() {
    every_text(|language, name, text| {
        let japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
        // The mark of internal mail is one for all, since it is looked for in what would go out.
        let told = text.lines().filter(|line| !line.contains("窓口からの通知"));
        if language == Language::English {
            for line in told {
                assert!(!line.contains(japanese), "{name}: {line}");
            }
        }
    });
}

#[test]
fn every_line_fits_a_mail_window() {
    every_text(|language, name, text| {
        for line in text.lines() {
            // Facts to staff are as long as what they tell.
            let fact = !is_letter(name) && line.contains(": ");
            let free = line.starts_with('>') || line.contains("https://") || fact;
            assert!(
                free || line.width() <= COLUMNS,
                "{language}/{name}: {} columns\n{line}",
                line.width()
            );
        }
    });
}

#[test]
fn every_sentence_to_a_customer_is_polite() {
    const ENDS: &[&str] = &[
        "です",
        "ます",
        "ました",
        "ません",
        "ませんでした",
        "でしょうか",
        "ください",
    ];
    let mut sentences = 0;
    every_text(|language, name, text| {
        if language != Language::Japanese || !is_letter(name) {
            return;
        }
        let told: Vec<&str> = text.lines().filter(|line| !line.starts_with('>')).collect();
        for paragraph in told.join("\n").split("\n\n") {
            let paragraph = paragraph.replace('\n', "");
            let ended = paragraph.split_inclusive('。').filter(|one| one.ends_with('。'));
            for sentence in ended {
                sentences += 1;
                let bare = sentence.trim_end_matches('。');
                assert!(ENDS.iter().any(|end| bare.ends_with(end)), "{name}: {sentence}");
            }
        }
    });
    assert!(sentences > 100, "only {sentences} sentences were looked at");
}

#[test]
fn the_hours_are_said_in_the_words_agreed_on() {
    let templates = Templates::embedded().unwrap();
    let agreed = [
        "本件は、弊社営業日の午前9時から午後5時までの対応となります。担当者による確認は3月3日(月)午前9時以降に開始いたします。",
        "Inquiries of this type are handled from 9 a.m. to 5 p.m. Japan time on our business days. We will start on yours at 9:00 a.m. (JST) on Monday, March 3.",
    ];
    for (language, agreed) in Language::ALL.iter().zip(agreed) {
        for name in [
            "acknowledgement.txt",
            "account-completed.txt",
            "clock-changed.txt",
        ] {
            let [full, _] = render_samples(&templates, *language, name).unwrap();
            assert!(
                unbroken(&full, *language).contains(agreed),
                "{language}/{name}:\n{full}"
            );
        }
        for name in ["acknowledgement.txt", "clock-changed.txt"] {
            let [full, _] = render_samples(&templates, *language, name).unwrap();
            let outage = [
                "時間帯にかかわらず、その旨を本メールにご返信ください。",
                "at any hour",
            ];
            assert!(
                outage.iter().any(|words| full.contains(words)),
                "{language}/{name}:\n{full}"
            );
        }
    }
}

#[test]
fn an_assumed_account_is_open_to_correction_and_an_inquiry_to_be_sorted_names_neither_type_nor_hours() {
    let templates = Templates::embedded().unwrap();
    let all = |language| render_variants(&templates, language, "acknowledgement.txt").unwrap();
    let japanese = all(Language::Japanese);
    assert!(unbroken(&japanese[3], Language::Japanese).contains(
        "相違する場合は、恐れ入りますが、本メールへのご返信にて正しいアカウントIDをお知らせください。"
    ));
    assert!(
        !japanese[1].contains("種別") && !japanese[1].contains("営業日"),
        "{}",
        japanese[1]
    );
    let english = all(Language::English);
    assert!(
        english[3].contains("If this is not the right one"),
        "{}",
        english[3]
    );
    assert!(
        !english[1].contains("Type") && !english[1].contains("business days"),
        "{}",
        english[1]
    );
}

#[test]
fn the_fixed_text_is_the_same_whatever_is_known_of_its_reader() {
    let templates = Templates::embedded().unwrap();
    for language in Language::ALL {
        for name in ["acknowledgement-fixed.txt", "acknowledgement-fixed.subject"] {
            let all = render_variants(&templates, *language, name).unwrap();
            let different: BTreeSet<&String> = all.iter().collect();
            assert_eq!(different.len(), 1, "{language}/{name}");
        }
    }
}

#[test]
fn everything_that_can_fail_to_be_delivered_has_words() {
    for (language, words) in [
        (Language::Japanese, "受付の連絡"),
        (Language::English, "acknowledgement"),
    ] {
        assert_eq!(purpose_words(language, Purpose::Acknowledgement.as_str()), words);
    }
    for purpose in Purpose::ALL {
        assert!(
            !purpose_words(Language::Japanese, purpose.as_str()).is_ascii(),
            "{purpose}"
        );
    }
    for state in OutboxState::ALL {
        assert!(
            !state_words(Language::Japanese, state.as_str()).is_ascii(),
            "{state}"
        );
    }
}

/// A staff member presses Reply on the notification that has come, and the receipt is read.
async fn answered(world: &std::sync::Arc<World>, customer: &Person, text: &str) -> Letter {
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    let notice = {
        customer
            .writes(
                "【社外】接続の件",
                "AWSアカウント 480913372265 のEC2に、今朝から接続できません。調査をお願いします。",
            )
            .await;
        tanaka.receives().await
    };
    customer.receives().await;
    tanaka.replies_to(&notice, text).await;
    let answer = customer.receives().await;
    tanaka.receives().await;
    answer
}

#[tokio::test]
async fn what_a_customer_reads_from_the_question_to_the_thanks() {
    World::run_with_page("https://support.desk.example", async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let asked = sato
            .writes(
                "【社外】RE: 接続の件",
                "お世話になっております。\nAWSアカウント 480913372265 のEC2に、今朝から接続できません。\n調査をお願いいたします。",
            )
            .await;
        let acknowledgement = sato.receives().await;
        assert_snapshot!(acknowledgement.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: 接続の件
        Auto-Submitted: auto-replied

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        種別: 問題・不具合の診断
        対象のAWSアカウント: 480913372265(本番)

        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        お問い合わせの状況は、次のページでご確認いただけます。
        https://support.desk.example/tickets/DESK-000001

        AWSサポート窓口
        ");
        let notice = tanaka.receives().await;
        tanaka
            .replies_to(
                &notice,
                "佐藤様\n\nお世話になっております。\nセキュリティグループで22番ポートが閉じているようです。\n設定をご確認いただけますでしょうか。",
            )
            .await;
        let answer = sato.receives().await;
        assert_snapshot!(answer.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: 接続の件

        受付番号: DESK-000001

        佐藤様

        お世話になっております。
        セキュリティグループで22番ポートが閉じているようです。
        設定をご確認いただけますでしょうか。

        AWSサポート窓口
        田中

        このお問い合わせのページ:
        https://support.desk.example/tickets/DESK-000001

        2026年3月4日(水) 10:00 にいただいた内容:
        > お世話になっております。
        > AWSアカウント 480913372265 のEC2に、今朝から接続できません。
        > 調査をお願いいたします。
        ");
        assert_eq!(answer.header("In-Reply-To"), asked.id);
        assert!(answer.threads_with(&acknowledgement), "{}", answer.shown());
        let receipt = tanaka.receives().await;
        assert_snapshot!(receipt.shown(), @"
        From: AWSサポート窓口 DESK-000001 <aws_tec@desk.example>
        To: 田中 <tanaka@desk.example>
        Subject: [DESK-000001] 送信の控え: 【社外】RE: 接続の件
        Auto-Submitted: auto-generated

        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 の回答を送信します。

        宛先: sato@customer.example
        状態: 回答済み

        ▼ お客様に届く文面
        受付番号: DESK-000001

        佐藤様

        お世話になっております。
        セキュリティグループで22番ポートが閉じているようです。
        設定をご確認いただけますでしょうか。

        AWSサポート窓口
        田中

        このお問い合わせのページ:
        https://support.desk.example/tickets/DESK-000001

        2026年3月4日(水) 10:00 にいただいた内容:
        > お世話になっております。
        > AWSアカウント 480913372265 のEC2に、今朝から接続できません。
        > 調査をお願いいたします。
        ");
        sato.replies_to(&answer, "ご回答ありがとうございました。\n無事に接続できました。")
            .await;
        // Thanks are told to staff and answered by no machine.
        tanaka.receives().await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn what_an_english_writing_customer_reads_from_the_question_to_the_thanks() {
    World::run_with_page("https://support.desk.example", async |world| {
        world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        // Their row names no language and their organisation is Japanese: the mail decides.
        let smith = world
            .colleague_of("sample", "J. Smith <smith@customer.example>")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        smith
            .writes(
                "Cannot connect to EC2",
                "Hello,\n\nOur instance in AWS account 480913372265 has refused SSH since this morning.\nCould you please look into it?",
            )
            .await;
        let acknowledgement = smith.receives().await;
        assert_snapshot!(acknowledgement.shown(), @"
        From: AWS Support Desk <aws_tec@desk.example>
        To: J. Smith <smith@customer.example>
        Subject: Re: Cannot connect to EC2
        Auto-Submitted: auto-replied

        Ticket: DESK-000001

        Dear J. Smith,

        Thank you for contacting AWS Support Desk.
        We have received your inquiry.

        Type: diagnosis of a problem
        AWS account: 480913372265 (本番)

        We will look into it and get back to you.

        If you would like to add anything, please reply to this email without
        changing its subject.

        You can follow your inquiry here:
        https://support.desk.example/tickets/DESK-000001

        AWS Support Desk
        ");
        let notice = tanaka.receives().await;
        tanaka
            .replies_to(
                &notice,
                "Port 22 seems to be closed in the security group.\nCould you check its inbound rules?",
            )
            .await;
        let answer = smith.receives().await;
        assert_snapshot!(answer.shown(), @"
        From: AWS Support Desk <aws_tec@desk.example>
        To: J. Smith <smith@customer.example>
        Subject: Re: Cannot connect to EC2

        Ticket: DESK-000001

        Dear J. Smith,

        Port 22 seems to be closed in the security group.
        Could you check its inbound rules?

        AWS Support Desk
        田中

        This inquiry online:
        https://support.desk.example/tickets/DESK-000001

        On Wednesday, March 4, 2026 at 10:00 (JST), you wrote:
        > Hello,
        >
        > Our instance in AWS account 480913372265 has refused SSH since this morning.
        > Could you please look into it?
        ");
        assert!(answer.threads_with(&acknowledgement), "{}", answer.shown());
        tanaka.receives().await;
        smith.replies_to(&answer, "Thank you, it works now.").await;
        tanaka.receives().await;
        smith.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_customer_of_notices_reads_a_link_and_neither_text_nor_quote() {
    World::run_with_page("https://support.desk.example", async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        world
            .import(&["id,name,name_kana,language,answer_mode\nsample,株式会社サンプル,サンプル,ja,notice\n"])
            .await;
        let answer = answered(&world, &sato, "佐藤様\n\n22番ポートをご確認ください。").await;
        assert_snapshot!(answer.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: 接続の件

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせへの回答を登録いたしました。
        恐れ入りますが、次のページにてご確認ください。

        https://support.desk.example/tickets/DESK-000001

        ご不明な点がございましたら、本メールへご返信ください。

        AWSサポート窓口
        田中
        ");
        assert!(answer.message.attachments.is_empty(), "{}", answer.shown());
        for kept_back in ["22番", "接続できません", ">"] {
            assert!(!answer.text().contains(kept_back), "{}", answer.shown());
        }
    })
    .await;
}

#[tokio::test]
async fn a_contact_whose_row_names_a_language_is_written_to_in_it_whatever_the_mail_is_in() {
    World::run(async |world| {
        world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let smith = world.stranger("Smith <smith@customer.example>");
        world
            .import(&["customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,smith@customer.example,,J. Smith,,en,,yes,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        smith
            .writes(
                "接続の件",
                "AWSアカウント 480913372265 のEC2に、今朝から接続できません。調査をお願いします。",
            )
            .await;
        let acknowledgement = smith.receives().await;
        assert!(acknowledgement.text().contains("Dear J. Smith,"), "{}", acknowledgement.shown());
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_colleague_who_asks_for_help_gets_the_commands_and_nothing_is_done() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("接続の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "＃help").await;
        let list = tanaka.receives().await;
        assert!(list.text().contains("コマンドの一覧です。"), "{}", list.shown());
        assert!(list.text().contains("#recall"), "{}", list.shown());
        assert!(!list.text().contains("実行できません"), "{}", list.shown());
        sato.receives_nothing().await;
    })
    .await;
}
