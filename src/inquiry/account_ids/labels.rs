//! Words around a number that say what it is. Comes in: the line before and behind the digits, and the lines
//! above. Goes out: that they call it an account, or something else. The word nearest to the number decides.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::reject::Rejection;
use crate::inquiry::fixed_pattern::regex;

/// A label names a number at most this many characters behind it.
const REACH_CHARS: usize = 24;

/// Words for the account itself, with what people put behind them.
const ACCOUNT: &str = r"(?i)(?:aws[ _-]?)?(?:アカウント|ｱｶｳﾝﾄ|\b(?:member|linked|target|payer|our|my|the)?[ _-]?(?:accounts?|acct)\b|\baws[ _-]?id\b|\bacc(?:ount)?[ _]?id\b)(?:[ _-]?(?:ids?\b|番号|no\b\.?|number|#|№))?";

/// What between a label and a number separates them: another clause, or a word that shows the label belongs
/// to something else (請求のアカウント担当…).
const SEPARATING: &[&str] = &[
    "。",
    "、",
    "請求",
    "料金",
    "サポート",
    "担当",
    "invoice",
    "support",
    "billing",
];

/// Labels of other numbers.
const OTHER: &[(Rejection, &str)] = &[
    (Rejection::MyNumber, r"(?i)マイナンバ|個人番号|\bmy ?number\b"),
    (
        Rejection::Phone,
        r"(?i)電話|携帯|\btel\b|\bfax\b|ファックス|ファクス|連絡先|直通|\bphone\b|\bmobile\b|内線|フリーダイヤル|☎|℡",
    ),
    (
        Rejection::OtherNumber,
        r"(?i)ロット|トランザクション|口座|普通預金|\b普通\b|当座|銀行|振込|保険証|免許証|診察券|再配達|佐川|ヤマト|ゆうパック|有効期限|サイズ|お客様 ?id|ログ ?id|案件 ?no|\bvisa\b|\bs/n\b|\bskype\b|\bline ?id\b|\bean|\bcommit\b|\bcount\b|\blot\b|注文|発注|受注|伝票|送り状|追跡|宅配|荷物|お問い?合わ?せ番号|請求書|見積書?番号|納品|ケース|会議|ミーティング|予約|顧客番号|お客様番号|お客様コード|契約番号|受付番号|照会番号|管理番号|整理番号|チケット|口座|カード|登録番号|法人番号|シリアル|製造番号|型番|商品コード|品番|社員番号|会員番号|稟議|案件番号|パスコード|\bjan\b|\bupc\b|\bisbn\b|\border\b|\binvoice\b|\bcase\b|\bmeeting\b|\bwebinar\b|\bzoom\b|\bteams\b|\bwebex\b|\btracking\b|\bticket\b|\bserial\b|\bcard\b|\bpo\b|\bp\.o\.|\bcustomer (?:no|number|id)\b|\bconfirmation\b|\breference\b|\bpasscode\b|\bsku\b|\bresource id\b|\brequest ?id\b|\btransaction\b|\bjob ?id\b|\bprocess id\b|\bsession ?id\b",
    ),
];

/// Behind the number: `480913372265 の本番アカウント`, `（検証アカウント）`, `のアカウントについて`.
const FOLLOWING: &str = r"(?i)^[」』）)\]】]?\s{0,2}(?:の|（|\(|という|を使用中の|は)?\s?(?:aws|弊社|当社|本番|検証|開発|ステージング|テスト|共通|監査|環境|用|の|本件|対象|該当|メンバー?){0,4}\s?(?:環境)?\s?(?:aws)?\s?(?:アカウント|account\b|acct\b)";

/// Before the number, an environment's name: `本番環境（`, `prod: `.
const ENVIRONMENT: &str = r"(?i)(?:本番|検証|開発|ステージング|テスト|共通基盤|\bprod(?:uction)?\b|\bstaging\b|\bstg\b|\bdev\b)(?:環境|用|系|面)?\s?[（(「:：\[]\s?$";

static ACCOUNT_LABEL: LazyLock<Regex> = LazyLock::new(|| regex(ACCOUNT));
static FOLLOWING_LABEL: LazyLock<Regex> = LazyLock::new(|| regex(FOLLOWING));
static ENVIRONMENT_LABEL: LazyLock<Regex> = LazyLock::new(|| regex(ENVIRONMENT));
static OTHER_LABELS: LazyLock<Vec<(Rejection, Regex)>> = LazyLock::new(|| {
    OTHER
        .iter()
        .map(|(rejection, pattern)| (*rejection, regex(pattern)))
        .collect()
});

/// What the words around a number call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// An account.
    Account,
    /// Something else.
    Other(Rejection),
}

/// What the line up to the number calls it.
pub(super) fn named_before(line: &str) -> Option<Naming> {
    let reach = tail(line, REACH_CHARS + 16);
    let account = last_match(&ACCOUNT_LABEL, reach).filter(|label| names_the_end(reach, label));
    let other = OTHER_LABELS
        .iter()
        .filter_map(|(rejection, label)| last_match(label, reach).map(|range| (range, *rejection)))
        .filter(|(range, _)| within_reach(reach, range))
        // マイナンバーカードの番号 is a My Number although カード stands nearer.
        .max_by_key(|(range, rejection)| (*rejection == Rejection::MyNumber, range.end));
    match (account, other) {
        (Some(account), Some((other, _))) if account.end >= other.end => Some(Naming::Account),
        (_, Some((_, rejection))) => Some(Naming::Other(rejection)),
        (Some(_), None) => Some(Naming::Account),
        (None, None) => None,
    }
}

/// Whether the text behind the number calls it an account.
pub(super) fn is_named_behind(line: &str) -> bool {
    FOLLOWING_LABEL.is_match(line)
}

/// Whether a text speaks of accounts at all.
pub(super) fn mentions_account(text: &str) -> bool {
    ACCOUNT_LABEL.is_match(text)
}

/// Whether the number stands where an environment's account is given.
pub(super) fn is_environment(line: &str) -> bool {
    ENVIRONMENT_LABEL.is_match(tail(line, REACH_CHARS))
}

/// What the heading line of a list calls its items: a line that holds a label and no sentence.
pub(super) fn named_by_heading(line: &str) -> Option<Naming> {
    let line = line.trim();
    if line.chars().count() > 40 || line.contains("です") {
        return None;
    }
    named_before(line)
}

fn last_match(pattern: &Regex, text: &str) -> Option<Range<usize>> {
    pattern.find_iter(text).last().map(|found| found.range())
}

fn within_reach(text: &str, label: &Range<usize>) -> bool {
    let between = text.get(label.end..).unwrap_or_default();
    between.chars().count() <= REACH_CHARS && !between.contains('。')
}

fn names_the_end(text: &str, label: &Range<usize>) -> bool {
    let between = text.get(label.end..).unwrap_or_default();
    within_reach(text, label) && !SEPARATING.iter().any(|word| between.contains(word))
}

/// The last `chars` characters.
fn tail(text: &str, chars: usize) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(chars)
        .last()
        .map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_label_decides() {
        assert_eq!(named_before("対象アカウントID: "), Some(Naming::Account));
        assert_eq!(
            named_before("アカウント担当の電話 "),
            Some(Naming::Other(Rejection::Phone))
        );
        assert_eq!(
            named_before("注文番号の件のAWSアカウント "),
            Some(Naming::Account)
        );
    }

    #[test]
    fn a_label_of_another_clause_names_nothing() {
        assert_eq!(named_before("アカウントの件です。"), None);
        assert_eq!(named_before("アカウントの請求は"), None);
    }

    #[test]
    fn a_label_may_follow() {
        assert!(is_named_behind(" の本番アカウントで"));
        assert!(is_named_behind("（検証アカウント）"));
        assert!(!is_named_behind(" の件"));
    }
}
