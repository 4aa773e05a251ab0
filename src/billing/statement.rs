//! What is told of one account and invoice.

use rust_decimal::Decimal;
use serde::Serialize;

use super::fx::Exchange;
use super::month::BillingMonth;
use super::policy::{FeePolicy, RoundingMode};
use crate::registry::AccountId;

/// Which invoice a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invoice {
    /// The report names none, or the statement is for the whole month.
    Whole,
    /// AWS has not issued it yet: amounts may still change.
    Pending,
    /// AWS's number.
    Issued(String),
}

/// Lines of one kind, summed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// A stable name: the line type, or the rule's id.
    pub id: String,
    /// Its name on the statement.
    pub label: String,
    /// Why it is treated apart; empty where it is not.
    pub reason: String,
    /// How many lines.
    pub lines: u64,
    /// Their sum in the bill's currency.
    pub amount: Decimal,
    /// Kept off customers' statements.
    pub confidential: bool,
}

/// Lines of a type that the policy does not know: 要確認.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unconfirmed {
    /// The type as the report writes it.
    pub line_type: String,
    /// The report that has the first of them.
    pub file: String,
    /// The first one's line in it.
    pub line: u64,
    /// The column of the type.
    pub column: String,
    /// How many lines.
    pub lines: u64,
    /// Their sum in the bill's currency.
    pub amount: Decimal,
}

impl std::fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line_type,
            file,
            line,
            column,
            ..
        } = self;
        write!(
            f,
            "要確認: {file}, line {line}, column {column}: the policy does not know the type `{line_type}` \
             (lines: {}, sum: {}); name it under [charged] or in a rule",
            self.lines, self.amount
        )
    }
}

/// The fee of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fee {
    /// In the bill's currency, not rounded.
    pub amount: Decimal,
    /// In yen; `None` where the month's rate was not entered.
    pub yen: Option<YenFee>,
}

/// The fee in yen, rounded once, and the tax on it, rounded once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YenFee {
    /// The rate it was reckoned with; `None` where the bill is in yen.
    pub exchange: Option<Exchange>,
    /// The fee.
    pub fee: Decimal,
    /// Consumption tax on it.
    pub tax: Decimal,
}

impl YenFee {
    /// Fee and tax.
    pub fn total(&self) -> Decimal {
        self.fee.saturating_add(self.tax)
    }
}

/// What bears the fee and what does not, of one account and invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The account that used it.
    pub account: AccountId,
    /// The month it was billed for.
    pub month: BillingMonth,
    /// The invoice.
    pub invoice: Invoice,
    /// The bill's currency.
    pub currency: String,
    /// What bears the fee.
    pub charged: Vec<Part>,
    /// What does not, and why.
    pub excluded: Vec<Part>,
    /// What a person has to decide first.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Percent of the base.
    pub rate_percent: Decimal,
    /// Percent of tax on the fee.
    pub tax_percent: Decimal,
    /// How yen were rounded.
    pub rounding: RoundingMode,
    /// The fee; `None` while anything is unconfirmed.
    pub fee: Option<Fee>,
}

impl Statement {
    /// What the fee is a share of.
    pub fn base(&self) -> Decimal {
        sum(&self.charged)
    }

    /// What bears no fee, altogether.
    pub fn excluded_total(&self) -> Decimal {
        sum(&self.excluded)
    }

    /// The statement with its fee, reckoned from its parts.
    pub(super) fn reckoned(mut self, policy: &FeePolicy) -> Option<Self> {
        if self.unconfirmed.is_empty() {
            self.fee = Some(fee_of(&self, policy)?);
        }
        Some(self)
    }
}

fn sum(parts: &[Part]) -> Decimal {
    parts
        .iter()
        .fold(Decimal::ZERO, |sum, part| sum.saturating_add(part.amount))
}

/// `None` where the amounts are beyond what decimals of 28 digits hold.
fn fee_of(statement: &Statement, policy: &FeePolicy) -> Option<Fee> {
    let share =
        |amount: Decimal, percent: Decimal| amount.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED);
    let amount = share(statement.base(), policy.rate_percent)?;
    let exchange = policy.rate_for(statement.month, &statement.currency);
    let exact = match (statement.currency.as_str(), exchange) {
        ("JPY", _) => Some((amount, None)),
        (_, Some(rate)) => Some((amount.checked_mul(rate.yen)?, Some(rate.clone()))),
        (_, None) => None,
    };
    let yen = match exact {
        Some((exact, exchange)) => {
            let fee = policy.rounding.round(exact);
            let tax = policy.rounding.round(share(fee, policy.tax_percent)?);
            Some(YenFee { exchange, fee, tax })
        }
        None => None,
    };
    Some(Fee { amount, yen })
}
