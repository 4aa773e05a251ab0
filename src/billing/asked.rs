//! Whether a text asks about the support fee, and of which month. Pure; today is an argument.

use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::month::BillingMonth;

#[expect(clippy::unwrap_used, reason = "constant patterns, tried by the tests")]
static FEE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)サポート[・ ]?(?:サービス)?(?:の)?(?:利用)?(?:料|費|代)|サポート.{0,20}10 ?(?:%|パーセント)|support (?:plan )?(?:fee|charge|cost)s?",
    )
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "constant patterns, tried by the tests")]
static MONTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(20\d\d) ?[年/-] ?(0?[1-9]|1[0-2])(?:[^0-9]|$)|(?:^|[^0-9/-])(0?[1-9]|1[0-2]) ?月(?:[^曜]|$)",
    )
    .unwrap()
});

/// Whether the text asks about the support fee.
pub fn asks_about_fee(text: &str) -> bool {
    FEE.is_match(&text.nfkc().collect::<String>())
}

/// The billing month a text names, seen from `today`: `2025年2月`, `2025-02`, `2月` (the last one there was), 先月,
/// 今月, 先々月; the first that is named counts.
pub fn month_asked(text: &str, today: NaiveDate) -> Option<BillingMonth> {
    let text: String = text.nfkc().collect();
    let now = BillingMonth::of(today);
    MONTH
        .captures_iter(&text)
        .find_map(|found| {
            let number = |group| {
                found
                    .get(group)
                    .and_then(|digits| digits.as_str().parse::<u32>().ok())
            };
            match (number(1), number(2), number(3)) {
                (Some(year), Some(month), _) => BillingMonth::new(i32::try_from(year).ok()?, month),
                (_, _, Some(month)) => last_named(now, month),
                _ => None,
            }
        })
        .or_else(|| spoken(&text, now))
}

fn last_named(now: BillingMonth, month: u32) -> Option<BillingMonth> {
    let year = if month > now.number() {
        now.year() - 1
    } else {
        now.year()
    };
    BillingMonth::new(year, month)
}

fn spoken(text: &str, now: BillingMonth) -> Option<BillingMonth> {
    let text = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["先々月"]) {
        Some(now.previous().previous())
    } else if says(&["先月", "前月", "last month"]) {
        Some(now.previous())
    } else if says(&["今月", "当月", "this month"]) {
        Some(now)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_the_fee_are_told_from_others() {
        for text in [
            "2月分のサポート料金の内訳を教えてください。",
            "サポート費の10％はどこにかかりますか",
            "ｻﾎﾟｰﾄ料について",
            "サポートサービスの利用料金",
            "サポートに加算される10％の計算方法",
            "How is the support fee calculated?",
        ] {
            assert!(asks_about_fee(text), "{text}");
        }
        for text in [
            "EC2の料金が10%増えました",
            "請求書を再発行してください。",
            "サポート窓口の電話番号を教えてください。",
            "Is this feature supported?",
        ] {
            assert!(!asks_about_fee(text), "{text}");
        }
    }

    #[test]
    fn the_month_is_the_one_the_text_names() {
        let today = NaiveDate::from_ymd_opt(2025, 3, 3).unwrap();
        for (text, month) in [
            ("2025年2月分のサポート料金", "2025-02"),
            ("２０２４年１２月のサポート料金", "2024-12"),
            ("2月分のサポート料金", "2025-02"),
            ("12月分のサポート料金", "2024-12"),
            ("3月のサポート料金", "2025-03"),
            ("請求月 2025-01 の件", "2025-01"),
            ("2025/01 の件", "2025-01"),
            ("先月のサポート料金", "2025-02"),
            ("先々月のサポート料金", "2025-01"),
            ("Support fee of last month", "2025-02"),
        ] {
            assert_eq!(month_asked(text, today).unwrap().to_string(), month, "{text}");
        }
        for text in ["サポート料金の計算方法", "月曜までに回答ください", "13月"] {
            assert_eq!(month_asked(text, today), None, "{text}");
        }
    }
}
