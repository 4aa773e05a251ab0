//! Exchange rates, one a month and currency, each with its source.

use rust_decimal::Decimal;

use super::month::BillingMonth;

/// What one unit of a currency is in yen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exchange {
    /// The month it is for; `None`: every month.
    pub month: Option<BillingMonth>,
    /// The currency, such as USD.
    pub currency: String,
    /// Yen a unit.
    pub yen: Decimal,
    /// Where the rate was taken from.
    pub source: String,
}

impl Exchange {
    /// Whether it is for bills of this month and currency.
    pub(super) fn fits(&self, month: BillingMonth, currency: &str) -> bool {
        self.currency == currency && self.month.is_none_or(|own| own == month)
    }
}
