//! The words that recur in letters: salutations, categories, accounts, reasons, quotes.

use chrono::Datelike;

use super::values::AccountValue;
use crate::calendar::to_jst;
use crate::inquiry::passing::StaysBehind;
use crate::inquiry::response_clock::spoken_day;
use crate::registry::{Account, AccountId, Customer};
use crate::ticket::{Category, Language};

/// The first lines of a letter (SPEC §12): organisation 御中 or person 様, never both; without a person's
/// name the organisation's ご担当者様.
pub fn salutation(language: Language, customer: Option<&Customer>, person: &str) -> String {
    let organisation = customer.map_or("", |customer| customer.name.as_str());
    let organisation = without_title(organisation, &["御中"]);
    let person = without_title(person, &["様", "さま", "さん", "殿"]);
    match (language, organisation, person) {
        (Language::Japanese, "", "") => "ご担当者様".to_owned(),
        (Language::Japanese, organisation, "") => format!("{organisation}\nご担当者様"),
        (Language::Japanese, "", person) => format!("{person} 様"),
        (Language::Japanese, organisation, person) => format!("{organisation}\n{person} 様"),
        (Language::English, _, "") => "Hello,".to_owned(),
        (Language::English, _, person) => format!("Dear {person},"),
    }
}

/// A name from the registry without the title that the letter puts behind it.
fn without_title<'a>(name: &'a str, titles: &[&str]) -> &'a str {
    let name = name.trim();
    let bare = titles.iter().find_map(|title| name.strip_suffix(title));
    bare.map_or(name, str::trim_end)
}

/// Whether a text begins with a salutation of its own, before which a second one would stand out.
pub fn opens_with_salutation(text: &str) -> bool {
    /// Longest line that is taken for one, in characters.
    const LONGEST: usize = 40;
    /// Lines among which it is looked for: organisation, department, name.
    const LINES: usize = 3;
    const TITLES: &[&str] = &["様", "さま", "御中", "各位", "殿"];
    /// Words that only end like a title.
    const NO_TITLES: &[&str] = &["仕様", "同様", "模様", "多様", "一様", "異様", "各様"];
    const GREETINGS: &[&str] = &["dear ", "hello", "hi "];
    let ends_with = |line: &str, words: &[&str]| words.iter().any(|word| line.ends_with(word));
    let written = || text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let titled = written()
        .take(LINES)
        .take_while(|line| !line.ends_with('。'))
        .map(|line| line.trim_end_matches(['、', ',']))
        .filter(|line| line.chars().count() <= LONGEST)
        .any(|line| ends_with(line, TITLES) && !ends_with(line, NO_TITLES));
    let greets = written().next().is_some_and(|line| {
        let line = line.to_lowercase();
        line.chars().count() <= LONGEST
            && line.ends_with(',')
            && GREETINGS.iter().any(|greeting| line.starts_with(greeting))
    });
    titled || greets
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
    let day = spoken_day(at, language);
    match language {
        Language::Japanese => format!("{}年{day} {}", at.year(), at.format("%H:%M")),
        Language::English => format!("{day}, {} at {} (JST)", at.year(), at.format("%H:%M")),
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
        "date-too-far",
        "署名された日時が受信日時から72時間以上離れています",
        "its signed date is more than 72 hours from its arrival",
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
        "notification-in-text",
        "お客様宛の文面に窓口の通知文が含まれています",
        "the text still holds a piece of our notification",
    ),
    (
        "leak-account",
        "別のお客様の契約にあるAWSアカウントIDが文面に含まれています",
        "the text names an AWS account of another customer",
    ),
    (
        "leak-secret",
        "アクセスキーなどの認証情報が文面に含まれています",
        "the text carries an access key or another secret",
    ),
    (
        "leak-internal",
        "社内メモまたは通知の文章が文面に含まれています",
        "the text carries a passage of an internal note or notification",
    ),
    (
        "anchor-undetermined",
        "DNSに問い合わせができず、差出人を確認できませんでした。自動で再確認します",
        "DNS gave no answer, so the author could not be verified; it is tried again by itself",
    ),
    (
        "not-enrolled",
        "このアドレスはまだ確認メールに返信していないため、送信が有効になっていません",
        "this address has not answered its probe yet, so nothing of it is relayed",
    ),
    (
        "confirmation-used",
        "この保留メールはすでに処理されています",
        "this held mail was decided before",
    ),
    (
        "confirmation-expired",
        "確認の有効期限が切れています。窓口の管理者に依頼するか、通知メールに返信し直してください",
        "the request has expired; ask an administrator, or answer the notification again",
    ),
    (
        "confirmation-not-understood",
        "先頭行に #send がありません",
        "the first line is not #send",
    ),
    (
        "nothing-to-send",
        "送信できる内容がありません",
        "there is nothing to send",
    ),
    (
        "content-changed",
        "確認をお願いしたメールと内容が異なります",
        "it is not the mail that you were asked about",
    ),
    (
        "command-refused",
        "コマンドを実行できないか、本文がありません",
        "its command cannot be carried out, or nothing is written",
    ),
];

/// Why the anchor does not pass, in words that say what to look at: slug, Japanese, English.
const ANCHOR_REASONS: &[(&str, &str, &str)] = &[
    (
        "no-word-of-the-border",
        "受信サーバーの認証結果(Authentication-Results)がありません。社外のサーバーから送信していないか、設定のIDが正しいかを確認してください",
        "the border has written no Authentication-Results; look whether the mail went through your own server, and whether the configured id is right",
    ),
    (
        "border-did-not-pass",
        "受信サーバーの認証結果が合格ではありません。送信サーバーにサインインして送信しているかを確認してください",
        "the border's result is no pass; look whether your mail client signs in at your own server",
    ),
    (
        "not-signed",
        "DKIM署名がありません",
        "the mail has no DKIM signature",
    ),
    (
        "no-aligned-signature",
        "差出人と同じドメインのDKIM署名がありません",
        "no DKIM signature is of the author's own domain",
    ),
    (
        "header-not-signed",
        "DKIM署名が必要なヘッダー(From, To, Subject, Date, Message-ID, Content-Type)を対象にしていません",
        "the DKIM signature leaves out From, To, Subject, Date, Message-ID or Content-Type",
    ),
    (
        "body-changed",
        "署名後に本文が変わっています",
        "the body was changed after it was signed",
    ),
    (
        "key-not-found",
        "DKIMの公開鍵がDNSにありません",
        "the DKIM key is not in DNS",
    ),
    (
        "key-in-test-mode",
        "DKIMの公開鍵が試験中(t=y)です",
        "the DKIM key is in test mode (t=y)",
    ),
    (
        "date-too-far",
        "メールの日時が受信時刻と72時間以上ずれています。端末の時計を確認してください",
        "its Date is more than 72 hours from its arrival; look at the clock of your device",
    ),
    (
        "not-internal",
        "Exchange Onlineの組織内メールではありません",
        "Exchange Online does not call it internal",
    ),
    (
        "dns-trouble",
        "DNSに問い合わせができませんでした",
        "DNS gave no answer",
    ),
];

/// Why the anchor does not pass, in words.
pub fn anchor_words(language: Language, reason: &str) -> &'static str {
    let known = ANCHOR_REASONS.iter().find(|(slug, _, _)| *slug == reason);
    let (japanese, english) = known.map_or(
        ("確認できませんでした", "it could not be shown"),
        |(_, ja, en)| (*ja, *en),
    );
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

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

/// Why an attachment stays behind, in words.
pub const fn stays_behind_words(language: Language, why: StaysBehind) -> &'static str {
    let (japanese, english) = match why {
        StaysBehind::Executable => ("実行形式のため", "it is a program"),
        StaysBehind::Encrypted => ("パスワード付きのため", "it needs a password"),
        StaysBehind::TooLarge => ("容量が大きいため", "it is too large"),
        StaysBehind::TypeNotSent => ("送信できない種類のため", "files of its type are not sent"),
        StaysBehind::SignaturePicture => ("署名の画像のため", "it is a picture of the signature"),
    };
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
        assert_eq!(salutation(Language::Japanese, None, "佐藤様"), "佐藤 様");
        let polite = Customer {
            name: "株式会社アクメ 御中".to_owned(),
            ..acme()
        };
        assert_eq!(
            salutation(Language::Japanese, Some(&polite), "佐藤 さん"),
            "株式会社アクメ\n佐藤 様"
        );
    }

    #[test]
    fn a_salutation_of_ones_own_is_told_from_a_first_sentence() {
        for text in [
            "佐藤様\n\nお世話になっております。",
            "株式会社アクメ\n佐藤 様\n確認しました。",
            "ご担当者様、\n確認しました。",
            "Dear J. Smith,\n\nPlease check the port.",
        ] {
            assert!(opens_with_salutation(text), "{text}");
        }
        for text in [
            "セキュリティグループをご確認ください。\n佐藤様",
            "次のとおりの仕様\nです。",
            "Hello, the port is closed.",
            "お世話になっております。",
        ] {
            assert!(!opens_with_salutation(text), "{text}");
        }
    }

    #[test]
    fn quoting_keeps_blank_lines_without_trailing_space() {
        assert_eq!(quoted("a\n\nb"), "> a\n>\n> b");
    }
}
