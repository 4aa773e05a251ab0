//! What staff read in place of the names that rows and the log keep: status, severity, and of a mail that
//! cannot be delivered what it is for and where it stands. Comes in: the value, or its stable name where the
//! set belongs to a later stage. Goes out: a short phrase.

use crate::ticket::{Language, Severity, TicketStatus};

/// Stable name, in Japanese, in English.
type Words = (&'static str, &'static str, &'static str);

/// What an outgoing mail is for.
const PURPOSES: &[Words] = &[
    ("acknowledgement", "受付の連絡", "acknowledgement"),
    ("account-completed", "アカウントの連絡", "word on the account"),
    ("clock-changed", "対応時間の連絡", "word on the hours"),
    ("reminder", "お客様への確認のお願い", "reminder to the customer"),
    ("closed", "対応終了の連絡", "word that it was closed"),
    ("answer", "お客様への回答", "answer to the customer"),
    ("receipt", "担当者への控え", "receipt to staff"),
    ("notification", "担当者への通知", "notification to staff"),
    ("held-notice", "保留の連絡", "word on a held email"),
    ("alarm", "送信障害の連絡", "word on undeliverable email"),
    ("warning", "期限・重大度の連絡", "warning to staff"),
    ("probe", "送信確認", "probe"),
    ("entry-link", "サインイン用のリンク", "sign-in link"),
    ("self-probe", "送受信の自己点検", "mail to ourselves"),
];

/// Where an outgoing mail stands.
const STATES: &[Words] = &[
    ("queued", "送信待ち", "waiting to be sent"),
    ("sending", "送信中", "being sent"),
    ("sent", "送信済み", "sent"),
    (
        "deferred",
        "再送待ち(引き続き自動で試みます)",
        "waiting for the next attempt",
    ),
    (
        "failed",
        "送信失敗(再送しません)",
        "failed; it is not tried again",
    ),
    ("recalled", "取り消し済み", "taken back"),
    (
        "unknown",
        "送信されたかどうか不明",
        "unknown whether the server took it",
    ),
];

/// Why a mail that may belong to an older ticket opened one of its own.
const RELATIONS: &[Words] = &[
    (
        "author-not-in-ticket",
        "差出人がその件の参加者ではありません",
        "its author does not take part there",
    ),
    (
        "number-only",
        "番号の記載だけが手がかりです",
        "only its number is mentioned",
    ),
    (
        "claims-ticket-of-others",
        "差出人の件ではありません",
        "it is not the author's ticket",
    ),
    (
        "closed-too-long",
        "完了から日数が経っています",
        "it was closed too long ago",
    ),
    ("new-subject", "件名が変わっています", "the subject has changed"),
];

/// Where a ticket stands.
pub const fn status_words(language: Language, status: TicketStatus) -> &'static str {
    match (language, status) {
        (Language::Japanese, TicketStatus::New) => "未対応",
        (Language::Japanese, TicketStatus::AwaitingAccount) => "アカウントIDの返答待ち",
        (Language::Japanese, TicketStatus::Open) => "対応中",
        (Language::Japanese, TicketStatus::Answered) => "回答済み",
        (Language::Japanese, TicketStatus::PendingCustomer) => "お客様の返答待ち",
        (Language::Japanese, TicketStatus::Escalated) => "AWSに確認中",
        (Language::Japanese, TicketStatus::Closed) => "完了",
        (Language::English, TicketStatus::New) => "new",
        (Language::English, TicketStatus::AwaitingAccount) => "waiting for the account ID",
        (Language::English, TicketStatus::Open) => "open",
        (Language::English, TicketStatus::Answered) => "answered",
        (Language::English, TicketStatus::PendingCustomer) => "waiting for the customer",
        (Language::English, TicketStatus::Escalated) => "with AWS",
        (Language::English, TicketStatus::Closed) => "closed",
    }
}

/// How hard the customer is hit; `#severity` reads the same words.
pub const fn severity_words(language: Language, severity: Severity) -> &'static str {
    match (language, severity) {
        (Language::Japanese, Severity::Low) => "低",
        (Language::Japanese, Severity::Normal) => "通常",
        (Language::Japanese, Severity::High) => "高",
        (Language::Japanese, Severity::Urgent) => "緊急",
        (Language::Japanese, Severity::Critical) => "重大",
        (Language::English, severity) => severity.as_str(),
    }
}

/// What an outgoing mail is for; its stable name where it has no words yet.
pub fn purpose_words(language: Language, purpose: &'static str) -> &'static str {
    words_of(PURPOSES, language, purpose)
}

/// Where an outgoing mail stands; its stable name where it has no words yet.
pub fn state_words(language: Language, state: &'static str) -> &'static str {
    words_of(STATES, language, state)
}

/// The older ticket that a mail may belong to, and why it did not join it.
pub fn related_words(language: Language, number: &str, reason: &'static str) -> String {
    let why = words_of(RELATIONS, language, reason);
    match language {
        Language::Japanese => format!("関連する可能性のある件があります: {number}({why})"),
        Language::English => format!("{number} may be related ({why})"),
    }
}

/// Until when a colleague's answer can be taken back.
pub fn recallable_words(language: Language, goes_out: &str) -> String {
    match language {
        Language::Japanese => {
            format!(
                "{goes_out} に送信されます。それまでに #recall とだけ返信すると、この件の送信前の回答を取り消せます"
            )
        }
        Language::English => {
            format!("it goes out on {goes_out}; until then, a reply with #recall alone takes back what waits")
        }
    }
}

fn words_of(all: &[Words], language: Language, name: &'static str) -> &'static str {
    let known = all.iter().find(|(slug, _, _)| *slug == name);
    known.map_or(name, |(_, japanese, english)| match language {
        Language::Japanese => japanese,
        Language::English => english,
    })
}
