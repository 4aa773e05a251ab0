//! What staff read of a decision, in words: flags, the account and how it was found, contracts that do not
//! run, restricted services, secrets. Comes in: the decision's own values. Goes out: short phrases.

use super::letter::named_account;
use crate::inquiry::account_ids::{AccountDecision, AccountOutcome, AccountReason};
use crate::inquiry::classification::Flag;
use crate::inquiry::coverage::{ContractRemark, ContractStanding};
use crate::inquiry::restricted_services::RestrictedMention;
use crate::inquiry::secrets::SecretKind;
use crate::registry::Account;
use crate::ticket::Language;

/// The Japanese or the English of two phrases.
const fn either(language: Language, japanese: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

/// A flag in words.
pub fn flag_words(language: Language, flag: Flag) -> &'static str {
    let say = |japanese, english| either(language, japanese, english);
    match flag {
        Flag::OosThirdParty => say(
            "他社ソフトウェアの可能性(対象外)",
            "may be third-party software (out of scope)",
        ),
        Flag::OosCodeDev => say(
            "コード作成の依頼の可能性(対象外)",
            "may ask for code to be written (out of scope)",
        ),
        Flag::OosDebug => say(
            "お客様作成コードのデバッグの可能性(対象外)",
            "may ask to debug the customer's own code (out of scope)",
        ),
        Flag::PartlyInScope => say("一部は対象内", "part of it is in scope"),
        Flag::RestrictedService => say("制限対象サービスの可能性", "may be about a restricted service"),
        Flag::RestrictionSuspect => say(
            "弊社の制限(SCPなど)が原因の可能性",
            "a restriction of ours (such as an SCP) may be the cause",
        ),
        Flag::AwsNotice => say("AWSからの通知を含む", "contains a notice from AWS"),
        Flag::PriorAwsCase => say(
            "契約前のAWSケースに言及(引き継がれません)",
            "refers to a case opened with AWS before the contract (not inherited)",
        ),
        Flag::MultiTopic => say("複数の窓口にまたがる質問", "questions for several desks"),
        Flag::UrgentClaim => say("お急ぎとの記載", "says it is urgent"),
        Flag::Spam => say("宣伝・迷惑メールの可能性", "may be advertising or spam"),
        Flag::SecretInMail => say("秘密情報を含む", "contains a secret"),
    }
}

/// A kind of secret in words.
pub fn secret_words(language: Language, kind: SecretKind) -> &'static str {
    let say = |japanese, english| either(language, japanese, english);
    match kind {
        SecretKind::AccessKeyId => say("アクセスキーID", "access key ID"),
        SecretKind::SecretAccessKey => say("シークレットアクセスキー", "secret access key"),
        SecretKind::PrivateKey => say("秘密鍵", "private key"),
        SecretKind::SessionToken => say("セッショントークン", "session token"),
        SecretKind::ServiceToken => say("他サービスのトークン", "token of another service"),
        SecretKind::Password => say("パスワード", "password"),
        SecretKind::MyNumber => say("マイナンバー", "My Number"),
    }
}

/// How the account was found, or why none was; `asked` tells whether the customer was asked.
pub fn account_note(
    language: Language,
    decision: &AccountDecision,
    accounts: &[Account],
    asked: bool,
) -> String {
    let say = |japanese: &'static str, english: &'static str| either(language, japanese, english).to_owned();
    let ids: Vec<String> = decision
        .ids
        .iter()
        .map(|id| named_account(language, *id, accounts))
        .collect();
    let ids = ids.join(either(language, "、", ", "));
    let asking = match (asked, language) {
        (false, _) => String::new(),
        (true, Language::Japanese) => "。お客様に尋ねています".to_owned(),
        (true, Language::English) => "; the customer was asked".to_owned(),
    };
    let told = match (decision.outcome, decision.reason) {
        (AccountOutcome::Several, _) => match language {
            Language::Japanese => format!("{ids} の記載あり。先頭のアカウントで受付"),
            Language::English => format!("named: {ids}; filed under the first"),
        },
        (AccountOutcome::Resolved, AccountReason::OnlyAccount) => say(
            "記載なし。唯一の契約中アカウントとして仮に受付",
            "none named; assumed, being the only one under contract",
        ),
        (AccountOutcome::Resolved, AccountReason::NamedInOldText) => say(
            "引用・転送・署名・添付名にのみ記載",
            "named only in quoted or forwarded text, signature or attachment name",
        ),
        (AccountOutcome::Resolved, _) => say("記載あり", "named"),
        (AccountOutcome::Confirm, AccountReason::Repair) => match language {
            Language::Japanese => format!("{ids} の書き誤りと思われる記載あり"),
            Language::English => format!("a number that seems to mean {ids}"),
        },
        (AccountOutcome::Confirm, AccountReason::WeakAgainstOnly) => match language {
            Language::Japanese => format!("契約中の {ids} と別の番号の記載あり"),
            Language::English => format!("a number that is not {ids}, the only one under contract"),
        },
        (AccountOutcome::Confirm, _) => match language {
            Language::Japanese => format!("{ids} のいずれか不明"),
            Language::English => format!("unclear which of {ids}"),
        },
        (AccountOutcome::NotContracted, _) => match language {
            Language::Japanese => format!("記載の {ids} は契約中ではない"),
            Language::English => format!("{ids} is named and not under contract"),
        },
        (AccountOutcome::OtherCustomer, _) => match language {
            Language::Japanese => format!("記載の {ids} は別のお客様の契約(お客様には伝えないでください)"),
            Language::English => format!("{ids} is another customer's (do not tell the customer)"),
        },
        (AccountOutcome::None, AccountReason::OnlyWeak) => say(
            "アカウントIDと判断できる記載なし",
            "no number that is surely an account ID",
        ),
        (AccountOutcome::None, _) => say("記載なし", "none named"),
    };
    told + &asking
}

/// An account whose contract does not run, in words.
pub fn contract_words(language: Language, remark: &ContractRemark, accounts: &[Account]) -> String {
    let account = named_account(language, remark.account, accounts);
    let day = remark.day.map(|day| day_words(language, day)).unwrap_or_default();
    match (remark.standing, language) {
        (ContractStanding::Ended, Language::Japanese) => format!("{account} の契約は{day}で終了"),
        (ContractStanding::Ended, Language::English) => format!("the contract of {account} ended on {day}"),
        (ContractStanding::NotBegun, Language::Japanese) => format!("{account} の契約は{day}から"),
        (ContractStanding::NotBegun, Language::English) => {
            format!("the contract of {account} begins on {day}")
        }
        (ContractStanding::Running, _) => account,
    }
}

/// A day in the words of a letter.
pub fn day_words(language: Language, day: chrono::NaiveDate) -> String {
    match language {
        Language::Japanese => day.format("%Y年%-m月%-d日").to_string(),
        Language::English => day.format("%B %-d, %Y").to_string(),
    }
}

/// A restricted service that the mail names, in words.
pub fn restricted_words(language: Language, mention: &RestrictedMention, confirmed: bool) -> String {
    let (service, text, source) = (&mention.service, &mention.text, &mention.source);
    match (language, confirmed) {
        (Language::Japanese, true) => {
            format!("{service} は制限サービスの一覧に記載「{text}」(出典: {source})")
        }
        (Language::Japanese, false) => format!(
            "{service} は制限サービスの一覧に記載「{text}」※一覧は未確認の例です。契約書で確認してください"
        ),
        (Language::English, true) => {
            format!("{service} stands on the list of restricted services, \"{text}\" ({source})")
        }
        (Language::English, false) => format!(
            "{service} stands on the list of restricted services, \"{text}\" - an unconfirmed example list; check the contract"
        ),
    }
}

/// That a mail names another account than the one its ticket is filed under.
pub const fn other_account_words(language: Language) -> &'static str {
    either(
        language,
        "受付済みのアカウントとは別のアカウントの記載あり(付け替えはしていません)",
        "names another account than the one it is filed under (it was not changed)",
    )
}

/// A template with a prepared reply, in words.
pub fn draft_words(language: Language, template: &str) -> &'static str {
    let say = |japanese, english| either(language, japanese, english);
    match template {
        "decline-third-party" => say("他社ソフトウェアは対象外", "third-party software is out of scope"),
        "decline-code-development" => say("コードの作成は対象外", "writing code is out of scope"),
        "decline-debugging" => say(
            "お客様作成コードのデバッグは対象外",
            "debugging the customer's code is out of scope",
        ),
        _ => say("制限対象のサービス", "restricted service"),
    }
}
