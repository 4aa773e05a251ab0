//! A statement as a table for people, in Japanese, aligned where characters are two columns wide.

use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr;

use super::money::{amount_words, yen_words};
use super::statement::{Fee, Invoice, Part, Statement, YenFee};

/// Columns of a terminal for names, line counts and amounts.
const NAME_COLUMNS: usize = 40;
const COUNT_COLUMNS: usize = 8;
const AMOUNT_COLUMNS: usize = 20;

/// Who reads a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Sees everything.
    Staff,
    /// Does not see what the policy calls confidential.
    Customer,
}

impl Reader {
    /// Whether this reader may see the part.
    pub(super) const fn may_see(self, part: &Part) -> bool {
        !part.confidential || matches!(self, Self::Staff)
    }
}

/// The statement as text, lines ending in `\n`.
pub fn statement_table(statement: &Statement, reader: Reader) -> String {
    let mut lines = vec![
        format!(
            "アカウント {} / {}分 / {}",
            statement.account,
            statement.month.spoken(),
            invoice_words(&statement.invoice)
        ),
        row("", "明細行数", &statement.currency),
        "サポート料金の対象".to_owned(),
    ];
    lines.extend(statement.charged.iter().map(part_row));
    lines.push(amount_row("  対象額", statement.base()));
    let visible: Vec<&Part> = statement
        .excluded
        .iter()
        .filter(|part| reader.may_see(part))
        .collect();
    if !visible.is_empty() {
        lines.push("サポート料金の対象外".to_owned());
    }
    for part in visible {
        let mark = if part.confidential { " 【社外秘】" } else { "" };
        lines.push(part_row(part));
        lines.push(format!("    {}{mark}", part.reason));
    }
    match &statement.fee {
        Some(fee) => lines.extend(fee_rows(statement, fee)),
        None => lines.extend(unconfirmed_rows(statement)),
    }
    lines.push(String::new());
    lines.join("\n")
}

fn invoice_words(invoice: &Invoice) -> String {
    match invoice {
        Invoice::Whole => "請求書の区別なし".to_owned(),
        Invoice::Pending => "請求書 未発行(金額は変わることがあります)".to_owned(),
        Invoice::Issued(number) => format!("請求書 {number}"),
    }
}

fn fee_rows(statement: &Statement, fee: &Fee) -> Vec<String> {
    let name = format!("サポート料金({}%)", statement.rate_percent.normalize());
    let mut rows = vec![amount_row(&name, fee.amount)];
    let Some(yen) = &fee.yen else {
        rows.push(format!(
            "  {}の{}の為替レートが未登録のため、円では計算していません",
            statement.month.spoken(),
            statement.currency
        ));
        return rows;
    };
    if let Some(rate) = &yen.exchange {
        rows.push(format!(
            "  換算 1 {} = {} 円(出典: {})",
            rate.currency,
            amount_words(rate.yen),
            rate.source
        ));
    }
    rows.extend(yen_rows(statement, yen));
    rows
}

fn yen_rows(statement: &Statement, yen: &YenFee) -> Vec<String> {
    let of = |name: &str, amount: Decimal| row(name, "", &format!("{} 円", yen_words(amount)));
    let fee = of(&format!("サポート料金({})", statement.rounding.spoken()), yen.fee);
    if statement.tax_percent.is_zero() {
        return vec![fee];
    }
    let tax = format!("消費税({}%)", statement.tax_percent.normalize());
    vec![fee, of(&tax, yen.tax), of("税込", yen.total())]
}

fn unconfirmed_rows(statement: &Statement) -> Vec<String> {
    let mut rows = vec!["要確認: 扱いの決まっていない種別があるため、料金は確定していません".to_owned()];
    rows.extend(statement.unconfirmed.iter().map(|found| {
        row(
            &format!("  {} ({} {}行目から)", found.line_type, found.file, found.line),
            &found.lines.to_string(),
            &amount_words(found.amount),
        )
    }));
    rows
}

fn part_row(part: &Part) -> String {
    row(
        &format!("  {}", part.label),
        &part.lines.to_string(),
        &amount_words(part.amount),
    )
}

fn amount_row(name: &str, amount: Decimal) -> String {
    row(name, "", &amount_words(amount))
}

fn row(name: &str, count: &str, amount: &str) -> String {
    let after_name = " ".repeat(NAME_COLUMNS.saturating_sub(name.width()));
    let before_count = " ".repeat(COUNT_COLUMNS.saturating_sub(count.width()));
    let before_amount = " ".repeat(AMOUNT_COLUMNS.saturating_sub(amount.width()));
    format!("{name}{after_name}{before_count}{count}{before_amount}{amount}")
}
