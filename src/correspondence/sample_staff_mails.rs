//! Sample values of the mails to staff, in the mail's language: first with everything there is, then with
//! nothing that may be missing, then as they are written in practice. All people and companies are invented.

use super::NotificationKind;
use super::letter::stays_behind_words;
use super::letter::{anchor_words, hold_reason_words, staff_category_words};
use super::samples::{either, number};
use super::staff_words::{purpose_words, severity_words, state_words, status_words};
use super::trouble_words::trouble_words;
use super::values::{
    AccountValue, AlarmValues, DraftValue, FeeValue, HeldAnswerValues, HeldDigestValues, HeldEntry,
    HeldValues, NotificationValues, ProbeValues, ProposalValues, ReceiptValues, RemarkValue, ReturnedValues,
    WarningValues,
};
use crate::inquiry::passing::StaysBehind;
use crate::inquiry::{CommandTrouble, notification_mark};
use crate::ticket::{Category, Language, Severity, TicketStatus};

fn mark(language: Language) -> String {
    notification_mark(language).to_owned()
}

fn customer(language: Language) -> String {
    either(language, "株式会社サンプル", "Sample Corporation")
}

fn person(language: Language) -> String {
    either(language, "佐藤", "J. Smith")
}

fn member(language: Language) -> String {
    either(language, "田中", "Tanaka")
}

fn author() -> String {
    "sato@customer.example".to_owned()
}

fn subject(language: Language) -> String {
    either(language, "EC2の件", "EC2")
}

fn words(language: Language) -> String {
    either(language, "接続できません。", "I cannot connect.")
}

fn answer(language: Language) -> String {
    either(language, "ご確認ください。", "Please check it.")
}

fn instant(language: Language, hour: u32) -> String {
    match language {
        Language::Japanese => format!("2026年3月4日(水) {hour}:00"),
        Language::English => format!("Wednesday, March 4, 2026 at {hour}:00 (JST)"),
    }
}

/// Everything that a notification can tell.
fn told(language: Language) -> NotificationValues {
    NotificationValues {
        mark: mark(language),
        kind: NotificationKind::New,
        colleague: member(language),
        assignee: Some(member(language)),
        waiting: vec!["guest@partner.example".to_owned()],
        more_waiting: 2,
        number: number(),
        customer: Some(customer(language)),
        person: person(language),
        author: author(),
        verdict: "unproven",
        subject: subject(language),
        account: Some(AccountValue {
            id: "480913372265".to_owned(),
            label: either(language, "本番", "production"),
            assumed: false,
        }),
        account_note: either(language, "記載あり", "named"),
        category: staff_category_words(language, Category::Diagnosis).to_owned(),
        confidence: 97,
        starts: either(
            language,
            "3月3日(月)午前9時",
            "9:00 a.m. (JST) on Monday, March 3",
        ),
        business_hours: false,
        status: status_words(language, TicketStatus::New).to_owned(),
        remarks: vec![RemarkValue {
            words: either(language, "お急ぎとの記載", "says it is urgent"),
            evidence: vec![
                either(language, "至急", "urgent"),
                either(language, "緊急", "asap"),
            ],
        }],
        secrets: vec![either(language, "パスワード", "password")],
        drafts: vec![DraftValue {
            about: either(language, "コードの作成は対象外", "writing code is out of scope"),
            text: either(language, "恐れ入りますが…", "Thank you for your inquiry."),
        }],
        evidence: vec![either(language, "「接続できません」", "\"cannot connect\"")],
        attachments: vec!["log.txt (3 KB)".to_owned()],
        detail: either(
            language,
            "関連する可能性のある件があります",
            "an older ticket may belong to it",
        ),
        earlier: vec![either(
            language,
            "DESK-000100 [完了] S3の件",
            "DESK-000100 [closed] S3",
        )],
        text: words(language),
        fee: Some(fee(
            "statement",
            &either(language, "サポート料金(10%)  168.05", "168.05 USD"),
        )),
    }
}

fn fee(state: &'static str, text: &str) -> FeeValue {
    FeeValue {
        state,
        account: "480913372265".to_owned(),
        month: "2025-02".to_owned(),
        text: text.to_owned(),
    }
}

pub(super) fn notifications(language: Language) -> Vec<NotificationValues> {
    let full = told(language);
    let bare = NotificationValues {
        kind: NotificationKind::Update,
        colleague: String::new(),
        assignee: None,
        waiting: Vec::new(),
        more_waiting: 0,
        customer: None,
        person: String::new(),
        verdict: "failed",
        subject: String::new(),
        account: None,
        business_hours: true,
        account_note: String::new(),
        remarks: Vec::new(),
        secrets: Vec::new(),
        drafts: Vec::new(),
        evidence: Vec::new(),
        attachments: Vec::new(),
        detail: String::new(),
        earlier: Vec::new(),
        fee: None,
        ..full.clone()
    };
    let other = |kind: &NotificationKind| NotificationValues {
        kind: *kind,
        ..bare.clone()
    };
    let others: Vec<_> = NotificationKind::ALL.iter().map(other).collect();
    std::iter::once(full).chain(others).collect()
}

pub(super) fn proposals(language: Language) -> Vec<ProposalValues> {
    let told = told(language);
    let full = ProposalValues {
        mark: mark(language),
        number: number(),
        staff_name: member(language),
        senders: vec![author()],
        person: person(language),
        customers: vec![customer(language)],
        subject: subject(language),
        account: told.account,
        category: told.category,
        starts: told.starts,
        business_hours: false,
        text: words(language),
    };
    let bare = ProposalValues {
        senders: Vec::new(),
        person: String::new(),
        customers: Vec::new(),
        subject: String::new(),
        account: None,
        business_hours: true,
        ..full.clone()
    };
    let several = ProposalValues {
        senders: vec![author(), "mori@other.example".to_owned()],
        ..bare.clone()
    };
    let unregistered = ProposalValues {
        senders: vec![author()],
        ..bare.clone()
    };
    vec![full, bare, several, unregistered]
}

pub(super) fn warnings(language: Language) -> Vec<WarningValues> {
    let full = WarningValues {
        mark: mark(language),
        kind: "breached",
        number: number(),
        customer: Some(customer(language)),
        person: person(language),
        author: author(),
        subject: subject(language),
        category: staff_category_words(language, Category::NeedsTriage).to_owned(),
        severity: severity_words(language, Severity::High).to_owned(),
        status: status_words(language, TicketStatus::Open).to_owned(),
        assignee: Some(member(language)),
        since: Some(instant(language, 10)),
        due: Some(instant(language, 14)),
        first: true,
        answerable: true,
        text: words(language),
    };
    let bare = WarningValues {
        kind: "approaching",
        customer: None,
        person: String::new(),
        subject: String::new(),
        since: None,
        due: None,
        first: false,
        answerable: false,
        text: String::new(),
        assignee: None,
        ..full.clone()
    };
    let other = |kind| WarningValues { kind, ..full.clone() };
    let others = ["severity", "update", "next-line"].map(other);
    let mut all = vec![full, bare];
    all.extend(others);
    all
}

pub(super) fn receipts(language: Language) -> Vec<ReceiptValues> {
    let full = ReceiptValues {
        mark: mark(language),
        number: number(),
        subject: subject(language),
        recipients: vec![author()],
        delayed: true,
        goes_out: instant(language, 10),
        status: status_words(language, TicketStatus::PendingCustomer).to_owned(),
        attached: vec!["guide.pdf".to_owned()],
        left_behind: vec![format!(
            "setup.exe ({})",
            stays_behind_words(language, StaysBehind::Executable)
        )],
        others: vec![either(language, "鈴木", "Suzuki")],
        done: vec!["#pending".to_owned()],
        hidden: true,
        note: String::new(),
        text: answer(language),
    };
    let bare = ReceiptValues {
        subject: String::new(),
        recipients: Vec::new(),
        delayed: false,
        goes_out: String::new(),
        attached: Vec::new(),
        left_behind: Vec::new(),
        others: Vec::new(),
        done: Vec::new(),
        hidden: false,
        note: either(language, "社内メモ", "a note"),
        text: String::new(),
        ..full.clone()
    };
    vec![full, bare]
}

pub(super) fn returned(language: Language) -> Vec<ReturnedValues> {
    let trouble = trouble_words(language, CommandTrouble::UnknownCommand);
    let of = |line: &str, hint: &str| ReturnedValues {
        mark: mark(language),
        number: number(),
        subject: subject(language),
        line: line.to_owned(),
        trouble: trouble.to_owned(),
        hint: hint.to_owned(),
    };
    let bare = ReturnedValues {
        subject: String::new(),
        line: String::new(),
        trouble: String::new(),
        hint: String::new(),
        ..of("", "")
    };
    vec![of("#colse", "#close"), bare, of("#help", "")]
}

pub(super) fn held(language: Language) -> Vec<HeldValues> {
    let full = HeldValues {
        mark: mark(language),
        number: Some(number()),
        staff_name: member(language),
        reason: "anchor-failed".to_owned(),
        reason_text: hold_reason_words(language, "anchor-failed").to_owned(),
        detail: String::new(),
        held_id: "0190".to_owned(),
        confirms: true,
        hours: 72,
        recipient: Some(author()),
        text: format!("> {}", answer(language)),
    };
    let bare = HeldValues {
        number: None,
        confirms: false,
        recipient: None,
        text: String::new(),
        ..full.clone()
    };
    vec![full, bare]
}

pub(super) fn held_digests(language: Language) -> Vec<HeldDigestValues> {
    let entry = HeldEntry {
        number: Some(number()),
        reason: "anchor-failed".to_owned(),
        reason_text: hold_reason_words(language, "anchor-failed").to_owned(),
        held_id: "0190".to_owned(),
        first_line: answer(language),
        send_to: Some("aws_tec+x@desk.example".to_owned()),
    };
    let unknown = HeldEntry {
        number: None,
        send_to: None,
        ..entry.clone()
    };
    let full = HeldDigestValues {
        mark: mark(language),
        count: 3,
        more: 1,
        hours: 72,
        entries: vec![entry, unknown],
    };
    let bare = HeldDigestValues {
        count: 2,
        more: 0,
        ..full.clone()
    };
    vec![full, bare]
}

pub(super) fn held_answers(language: Language) -> Vec<HeldAnswerValues> {
    let full = HeldAnswerValues {
        mark: mark(language),
        number: Some(number()),
        held_id: "0190".to_owned(),
        reason: "confirmation-expired".to_owned(),
        reason_text: hold_reason_words(language, "confirmation-expired").to_owned(),
    };
    let bare = HeldAnswerValues {
        number: None,
        ..full.clone()
    };
    vec![full, bare]
}

pub(super) fn probes(language: Language) -> Vec<ProbeValues> {
    let full = ProbeValues {
        mark: mark(language),
        staff_name: member(language),
        address: "tanaka@desk.example".to_owned(),
        passed: false,
        anchor: "dkim".to_owned(),
        reason: "not-signed".to_owned(),
        reason_text: anchor_words(language, "not-signed").to_owned(),
    };
    let passed = ProbeValues {
        passed: true,
        reason: String::new(),
        reason_text: String::new(),
        ..full.clone()
    };
    vec![full, passed]
}

pub(super) fn alarms(language: Language) -> Vec<AlarmValues> {
    let full = AlarmValues {
        mark: mark(language),
        number: Some(number()),
        recipient: author(),
        purpose: purpose_words(language, "answer").to_owned(),
        subject: subject(language),
        state: state_words(language, "failed").to_owned(),
        reply: "550 no such user".to_owned(),
        attempts: 3,
    };
    let bare = AlarmValues {
        number: None,
        subject: String::new(),
        ..full.clone()
    };
    vec![full, bare]
}
