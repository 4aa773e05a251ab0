//! Sample values for every template: what a template is checked with before it goes into use, and what the
//! tests render. All persons and companies are invented.

use serde::Serialize;

use super::compose::ComposeError;
use super::list_values;
use super::templates::Templates;
use super::values::{
    AccountValue, AcknowledgementValues, AlarmValues, AnswerValues, DeclineValues, DraftValue,
    HeldAnswerValues, HeldDigestValues, HeldEntry, HeldValues, LapsedValue, NotificationValues,
    PendingValues, ProbeValues, ReceiptValues, RemarkValue, ReturnedValues, WarningValues,
};
use crate::inquiry::NOTIFICATION_MARK;
use crate::ticket::Language;

/// Renders a template from its sample values, once with everything there is and once with nothing that may
/// be missing.
pub fn render_samples(
    templates: &Templates,
    language: Language,
    name: &str,
) -> Result<[String; 2], ComposeError> {
    let kind = name.split('.').next().unwrap_or(name);
    match kind {
        "answer" | "answer-notice" => both(templates, language, name, [answer(), bare_answer()]),
        "notification" => both(templates, language, name, [notification(), bare_notification()]),
        "receipt" => both(templates, language, name, [receipt(), bare_receipt()]),
        "returned" => both(templates, language, name, [returned(), bare_returned()]),
        "pending-reminder" | "pending-closed" => both(templates, language, name, [pending(), pending()]),
        "warning" => both(templates, language, name, [warning(), bare_warning()]),
        _ if kind.starts_with("decline-") => both(templates, language, name, [decline(), bare_decline()]),
        "held-notice" => both(templates, language, name, [held(), bare_held()]),
        "held-answer" => both(templates, language, name, [held_answer(), held_answer()]),
        "held-digest" => both(templates, language, name, [held_digest(), held_digest()]),
        "probe" | "probe-answer" => both(templates, language, name, [probe(), passed_probe()]),
        "alarm" => both(templates, language, name, [alarm(), alarm()]),
        "acknowledgement-bundle" => {
            let samples = [list_values::bundle(), list_values::bare_bundle()];
            both(templates, language, name, samples)
        }
        "unregistered-digest" => {
            let samples = [list_values::unregistered(), list_values::bare_unregistered()];
            both(templates, language, name, samples)
        }
        "junk-list" => both(
            templates,
            language,
            name,
            [list_values::junk(), list_values::junk()],
        ),
        "ping-pong" => both(
            templates,
            language,
            name,
            [list_values::quiet(), list_values::quiet()],
        ),
        "account-completed" | "account-corrected" => {
            both(templates, language, name, [acknowledgement(), acknowledgement()])
        }
        _ => both(
            templates,
            language,
            name,
            [acknowledgement(), bare_acknowledgement()],
        ),
    }
}

/// The names a template may use, of the values it is rendered from.
pub(super) fn value_names(name: &str) -> Result<Vec<String>, ComposeError> {
    let kind = name.split('.').next().unwrap_or(name);
    match kind {
        "answer" | "answer-notice" => names(&answer()),
        "notification" => names(&notification()),
        "receipt" => names(&receipt()),
        "returned" => names(&returned()),
        "pending-reminder" | "pending-closed" => names(&pending()),
        "warning" => names(&warning()),
        _ if kind.starts_with("decline-") => names(&decline()),
        "held-notice" => names(&held()),
        "held-answer" => names(&held_answer()),
        "held-digest" => names(&held_digest()),
        "probe" | "probe-answer" => names(&probe()),
        "alarm" => names(&alarm()),
        "acknowledgement-bundle" => names(&list_values::bundle()),
        "unregistered-digest" => names(&list_values::unregistered()),
        "junk-list" => names(&list_values::junk()),
        "ping-pong" => names(&list_values::quiet()),
        _ => names(&acknowledgement()),
    }
}

fn both<T: Serialize>(
    templates: &Templates,
    language: Language,
    name: &str,
    [full, bare]: [T; 2],
) -> Result<[String; 2], ComposeError> {
    Ok([
        templates.render(language, name, &full)?,
        templates.render(language, name, &bare)?,
    ])
}

fn names(values: &impl Serialize) -> Result<Vec<String>, ComposeError> {
    let value = serde_json::to_value(values).map_err(|error| ComposeError(error.to_string()))?;
    Ok(value
        .as_object()
        .map(|object| object.keys().cloned().collect())
        .unwrap_or_default())
}

fn returned() -> ReturnedValues {
    ReturnedValues {
        mark: mark(),
        number: number(),
        subject: "EC2の件".to_owned(),
        line: "#colse".to_owned(),
        trouble: "このようなコマンドはありません。".to_owned(),
        hint: "#close".to_owned(),
    }
}

fn bare_returned() -> ReturnedValues {
    ReturnedValues {
        subject: String::new(),
        line: String::new(),
        trouble: String::new(),
        hint: String::new(),
        ..returned()
    }
}

fn bare_answer() -> AnswerValues {
    AnswerValues {
        quote: String::new(),
        quoted_at: String::new(),
        ..answer()
    }
}

fn bare_receipt() -> ReceiptValues {
    ReceiptValues {
        subject: String::new(),
        recipients: Vec::new(),
        delayed: false,
        goes_out: String::new(),
        done: Vec::new(),
        note: "社内メモ".to_owned(),
        text: String::new(),
        ..receipt()
    }
}

fn bare_acknowledgement() -> AcknowledgementValues {
    AcknowledgementValues {
        category: None,
        account: None,
        also_accounts: Vec::new(),
        unknown_accounts: Vec::new(),
        lapsed_accounts: Vec::new(),
        proposed_accounts: Vec::new(),
        asks_account: false,
        prior_case: false,
        business_hours: false,
        starts_at_once: true,
        target: None,
        page: None,
        ..acknowledgement()
    }
}

fn bare_notification() -> NotificationValues {
    NotificationValues {
        kind: "update",
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
        ..notification()
    }
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
        lapsed_accounts: vec![
            LapsedValue {
                account: "731905824416(旧本番)".to_owned(),
                ended: true,
                day: "2026年2月28日".to_owned(),
            },
            LapsedValue {
                account: "502814773920".to_owned(),
                ended: false,
                day: String::new(),
            },
        ],
        proposed_accounts: vec!["480913372265(本番)".to_owned()],
        asks_account: true,
        prior_case: true,
        business_hours: true,
        starts_at_once: false,
        starts: "3月3日(月)午前9時".to_owned(),
        target: Some("3月4日(火)午前11時".to_owned()),
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
        account_note: "記載あり".to_owned(),
        category: "診断".to_owned(),
        confidence: 97,
        starts: "3月3日(月)午前9時".to_owned(),
        business_hours: false,
        status: "new".to_owned(),
        remarks: vec![RemarkValue {
            words: "お急ぎとの記載".to_owned(),
            evidence: vec!["至急".to_owned(), "緊急".to_owned()],
        }],
        secrets: vec!["パスワード".to_owned()],
        drafts: vec![DraftValue {
            about: "コードの作成は対象外".to_owned(),
            text: "恐れ入りますが…".to_owned(),
        }],
        evidence: vec!["broken-now「接続できません」".to_owned()],
        attachments: vec!["log.txt (3 KB)".to_owned()],
        detail: "関連".to_owned(),
        earlier: vec!["DESK-000100 [closed] S3の件".to_owned()],
        text: "接続できません。".to_owned(),
    }
}

fn decline() -> DeclineValues {
    DeclineValues {
        services: vec!["AWS Control Tower".to_owned()],
        partly_in_scope: false,
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
        done: vec!["#pending".to_owned()],
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
        confirms: true,
        hours: 72,
        recipient: Some("sato@customer.example".to_owned()),
        text: "> ご確認ください。".to_owned(),
    }
}

fn held_digest() -> HeldDigestValues {
    let entry = HeldEntry {
        number: Some(number()),
        reason: "anchor-failed".to_owned(),
        reason_text: "確認できません".to_owned(),
        held_id: "0190".to_owned(),
        first_line: "ご確認ください。".to_owned(),
        send_to: Some("aws_tec+x@desk.example".to_owned()),
    };
    HeldDigestValues {
        mark: mark(),
        count: 3,
        more: 1,
        hours: 72,
        entries: vec![
            entry.clone(),
            HeldEntry {
                number: None,
                send_to: None,
                ..entry
            },
        ],
    }
}

fn bare_held() -> HeldValues {
    HeldValues {
        number: None,
        confirms: false,
        recipient: None,
        text: String::new(),
        ..held()
    }
}

fn held_answer() -> HeldAnswerValues {
    HeldAnswerValues {
        mark: mark(),
        number: Some(number()),
        held_id: "0190".to_owned(),
        reason: "confirmation-expired".to_owned(),
        reason_text: "期限切れ".to_owned(),
    }
}

fn probe() -> ProbeValues {
    ProbeValues {
        mark: mark(),
        staff_name: "田中".to_owned(),
        address: "tanaka@desk.example".to_owned(),
        passed: false,
        anchor: "dkim".to_owned(),
        reason: "not-signed".to_owned(),
        reason_text: "署名がありません".to_owned(),
    }
}

fn passed_probe() -> ProbeValues {
    ProbeValues {
        passed: true,
        reason: String::new(),
        reason_text: String::new(),
        ..probe()
    }
}

fn pending() -> PendingValues {
    PendingValues {
        number: number(),
        salutation: "株式会社サンプル\n佐藤 様".to_owned(),
        desk_name: "AWSサポート窓口".to_owned(),
        since: "3月4日(水)".to_owned(),
        closes: "3月18日(水)".to_owned(),
        page: None,
        signature: "AWSサポート窓口".to_owned(),
    }
}

fn warning() -> WarningValues {
    WarningValues {
        mark: mark(),
        kind: "breached",
        number: number(),
        customer: Some("株式会社サンプル".to_owned()),
        person: "佐藤".to_owned(),
        author: "sato@customer.example".to_owned(),
        subject: "EC2の件".to_owned(),
        category: "診断".to_owned(),
        severity: "high".to_owned(),
        status: "open".to_owned(),
        assignee: None,
        since: Some("2026年3月4日 10:00".to_owned()),
        due: Some("2026年3月4日 14:00".to_owned()),
        first: true,
        answerable: true,
        text: "接続できません。".to_owned(),
    }
}

fn bare_warning() -> WarningValues {
    WarningValues {
        kind: "approaching",
        customer: None,
        person: String::new(),
        subject: String::new(),
        since: None,
        due: None,
        first: false,
        answerable: false,
        text: String::new(),
        assignee: Some("田中".to_owned()),
        ..warning()
    }
}

fn bare_decline() -> DeclineValues {
    DeclineValues {
        services: Vec::new(),
        partly_in_scope: false,
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
