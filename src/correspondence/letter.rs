//! The words that recur in letters: salutations, categories, accounts, reasons, quotes.

use super::values::AccountValue;
use crate::calendar::to_jst;
use crate::registry::{Account, AccountId, Customer};
use crate::ticket::{Category, Language};

/// The first lines of a letter (SPEC §12): organisation 御中 or person 様, never both; without a person's
/// name the organisation's ご担当者様.
pub fn salutation(language: Language, customer: Option<&Customer>, person: &str) -> String {
    let organisation = customer.map_or("", |customer| customer.name.as_str());
    match (language, organisation, person) {
        (Language::Japanese, "", "") => "ご担当者様".to_owned(),
        (Language::Japanese, organisation, "") => format!("{organisation}\nご担当者様"),
        (Language::Japanese, "", person) => format!("{person} 様"),
        (Language::Japanese, organisation, person) => format!("{organisation}\n{person} 様"),
        (Language::English, _, "") => "Dear customer,".to_owned(),
        (Language::English, _, person) => format!("Dear {person},"),
    }
}

/// A category as customers read it; `None` while a person has to decide (SPEC §9).
pub fn category_words(language: Language, category: Category) -> Option<&'static str> {
    Some(match (language, category) {
        (_, Category::NeedsTriage) => return None,
        (Language::Japanese, Category::Technical) => "技術的なお問い合わせ",
        (Language::Japanese, Category::Diagnosis) => "問題・不具合の診断",
        (Language::Japanese, Category::AccountBilling) => "AWSアカウント・ご請求",
        (Language::Japanese, Category::Restriction) => "制限に関するご相談",
        (Language::English, Category::Technical) => "technical question",
        (Language::English, Category::Diagnosis) => "diagnosis of a problem",
        (Language::English, Category::AccountBilling) => "AWS account and billing",
        (Language::English, Category::Restriction) => "consultation about restrictions",
    })
}

/// A category as staff read it.
pub fn staff_category_words(language: Language, category: Category) -> &'static str {
    category_words(language, category).unwrap_or(match language {
        Language::Japanese => "要判断",
        Language::English => "needs triage",
    })
}

/// An account as texts name it, with the customer's label.
pub fn account_value(id: AccountId, accounts: &[Account], assumed: bool) -> AccountValue {
    let label = accounts
        .iter()
        .find(|account| account.account_id == id)
        .map(|account| account.label.clone());
    AccountValue {
        id: id.to_string(),
        label: label.unwrap_or_default(),
        assumed,
    }
}

/// An account with the customer's label, in running text.
pub fn named_account(language: Language, id: AccountId, accounts: &[Account]) -> String {
    let label = account_value(id, accounts, false).label;
    match (language, label.is_empty()) {
        (_, true) => id.to_string(),
        (Language::Japanese, false) => format!("{id}({label})"),
        (Language::English, false) => format!("{id} ({label})"),
    }
}

/// The customers a shared contact writes for, while the account does not tell which it is.
pub fn undecided_customers(language: Language, names: &[&str]) -> String {
    match language {
        Language::Japanese => format!("{}(アカウント未確定)", names.join(" または ")),
        Language::English => format!("{} (the account will tell)", names.join(" or ")),
    }
}

/// Every line behind a quote mark.
pub fn quoted(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                ">".to_owned()
            } else {
                format!("> {line}")
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// An instant in the words of a letter.
pub fn instant_words(language: Language, at: chrono::DateTime<chrono::Utc>) -> String {
    let at = to_jst(at);
    match language {
        Language::Japanese => at.format("%Y年%-m月%-d日 %H:%M").to_string(),
        Language::English => at.format("%Y-%m-%d %H:%M JST").to_string(),
    }
}

/// Reasons for holding a mail: slug, in Japanese, in English.
const HOLD_REASONS: &[(&str, &str, &str)] = &[
    (
        "own-address",
        "窓口のアドレスを名乗っていますが、窓口が書いたメールではありません",
        "it bears the desk's own address, but the desk did not write it",
    ),
    (
        "author-ambiguous",
        "差出人(From)が一つに定まりません",
        "the From header names no single author",
    ),
    (
        "not-a-staff-address",
        "差出人が登録済みの担当者アドレスではありません",
        "the author is no registered staff address",
    ),
    (
        "not-an-enabled-staff-address",
        "差出人の担当者登録が無効です",
        "the staff member is disabled",
    ),
    (
        "sender-disagrees",
        "FromとSenderが一致しません",
        "From and Sender disagree",
    ),
    (
        "automatic",
        "自動送信メールと判定されました",
        "the mail was written by a machine",
    ),
    (
        "anchor-failed",
        "差出人本人からの送信であることを確認できません",
        "nothing proves that the author wrote it",
    ),
    (
        "no-token",
        "宛先に返信用アドレスがありません",
        "it was not sent to a reply address",
    ),
    (
        "token-invalid",
        "返信用アドレスが正しくありません",
        "the reply address is not a right one",
    ),
    (
        "token-of-no-ticket",
        "返信用アドレスの件が見つかりません",
        "the reply address names no ticket",
    ),
    (
        "token-expired",
        "返信用アドレスの有効期限が切れています",
        "the reply address has expired",
    ),
    (
        "answers-another-ticket",
        "返信用アドレスと返信元のメールの件が一致しません",
        "reply address and answered mail are of different tickets",
    ),
    (
        "not-on-this-desk",
        "この窓口の担当者ではありません",
        "the staff member does not serve this desk",
    ),
    (
        "command-in-html",
        "HTML形式のメールにコマンドがあります",
        "a command stands in a mail that is HTML only",
    ),
    (
        "command-in-text",
        "本文の途中にコマンドがあります",
        "a command stands in the middle of the text",
    ),
    (
        "secret-in-text",
        "お客様宛の文面にアクセスキーなどの秘密情報が含まれています",
        "the text holds an access key or another secret",
    ),
    (
        "foreign-account-in-text",
        "お客様宛の文面に別のお客様のアカウントIDが含まれています",
        "the text names an account of another customer",
    ),
    (
        "notification-in-text",
        "お客様宛の文面に窓口の通知文が含まれています",
        "the text still holds a piece of our notification",
    ),
];

/// Why a mail was held, in words.
pub fn hold_reason_words(language: Language, reason: &str) -> &'static str {
    let known = HOLD_REASONS.iter().find(|(slug, _, _)| *slug == reason);
    let (japanese, english) = known.map_or(
        ("確認が必要です", "a person has to look at it"),
        |(_, japanese, english)| (*japanese, *english),
    );
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::AnswerMode;

    fn acme() -> Customer {
        Customer {
            id: "acme".to_owned(),
            name: "株式会社アクメ".to_owned(),
            name_kana: String::new(),
            language: Language::Japanese,
            answer_mode: AnswerMode::Answer,
        }
    }

    #[test]
    fn a_letter_never_has_onchu_and_sama_together() {
        assert_eq!(
            salutation(Language::Japanese, Some(&acme()), "佐藤"),
            "株式会社アクメ\n佐藤 様"
        );
        assert_eq!(
            salutation(Language::Japanese, Some(&acme()), ""),
            "株式会社アクメ\nご担当者様"
        );
        assert_eq!(salutation(Language::Japanese, None, ""), "ご担当者様");
    }

    #[test]
    fn quoting_keeps_blank_lines_without_trailing_space() {
        assert_eq!(quoted("a\n\nb"), "> a\n>\n> b");
    }
}
