//! The fee policy: rate, rounding, what bears the fee, what does not and why, exchange rates.

use std::sync::LazyLock;

use rust_decimal::{Decimal, RoundingStrategy};

use super::error::InvalidPolicy;
use super::fx::Exchange;
use super::line::Line;
use super::month::BillingMonth;
use super::policy_file;
use super::rule::Rule;

/// The documented policy that is in force where no other is named.
pub const EMBEDDED_POLICY: &str = include_str!("policy.toml");

crate::slug_enum! {
    /// What a statement is made for.
    pub enum StatementPer {
        /// An account and an invoice.
        Invoice = "invoice",
        /// An account and a month, whatever its invoices.
        Month = "month",
    }
}

crate::slug_enum! {
    /// How yen are rounded.
    pub enum RoundingMode {
        /// Down.
        Floor = "floor",
        /// To the nearest, halves up.
        HalfUp = "half-up",
        /// Up.
        Ceiling = "ceiling",
    }
}

impl RoundingMode {
    pub(super) fn round(self, yen: Decimal) -> Decimal {
        let strategy = match self {
            Self::Floor => RoundingStrategy::ToNegativeInfinity,
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::Ceiling => RoundingStrategy::ToPositiveInfinity,
        };
        yen.round_dp_with_strategy(0, strategy)
    }

    pub(super) const fn spoken(self) -> &'static str {
        match self {
            Self::Floor => "円未満切り捨て",
            Self::HalfUp => "円未満四捨五入",
            Self::Ceiling => "円未満切り上げ",
        }
    }
}

/// A type of line that bears the fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charged {
    pub(super) line_type: String,
    pub(super) label: String,
}

/// How the fee is reckoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeePolicy {
    /// Percent of the base.
    pub rate_percent: Decimal,
    /// Percent of consumption tax on the fee.
    pub tax_percent: Decimal,
    /// What a statement is made for.
    pub per: StatementPer,
    /// How yen are rounded.
    pub rounding: RoundingMode,
    /// Exchange rates; the first that fits counts.
    pub exchange: Vec<Exchange>,
    pub(super) charged: Vec<Charged>,
    pub(super) rules: Vec<Rule>,
}

/// Where a line belongs: the place of its part among the policy's, types first, then rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Charged(usize),
    Rule(usize),
    /// The policy does not know what to do with it.
    Unconfirmed,
}

impl FeePolicy {
    /// Reads and checks a policy file.
    pub fn parse(text: &str) -> Result<Self, InvalidPolicy> {
        policy_file::parse(text).map_err(InvalidPolicy)
    }

    /// The policy that comes with the program.
    pub fn embedded() -> Self {
        static POLICY: LazyLock<FeePolicy> = LazyLock::new(|| {
            // A unit test reads the file; were it broken, an empty policy would charge nothing and confirm nothing.
            FeePolicy::parse(EMBEDDED_POLICY).unwrap_or_else(|_| FeePolicy::empty())
        });
        POLICY.clone()
    }

    /// The same with one rate for every month of a currency before all others.
    #[must_use]
    pub fn with_rate(mut self, currency: &str, yen: Decimal, source: &str) -> Self {
        let rate = Exchange {
            month: None,
            currency: currency.to_owned(),
            yen,
            source: source.to_owned(),
        };
        self.exchange.insert(0, rate);
        self
    }

    /// The rate for a bill; `None` where nobody entered one.
    pub(super) fn rate_for(&self, month: BillingMonth, currency: &str) -> Option<&Exchange> {
        self.exchange.iter().find(|rate| rate.fits(month, currency))
    }

    pub(super) fn place(&self, line: &Line<'_>) -> Place {
        let of_type = |charged: &Charged| charged.line_type.as_bytes() == line.kind;
        let charged = self.charged.iter().position(of_type);
        // A type nobody has decided about stops the statement even where a rule on the product would fit.
        if charged.is_none() && !self.rules.iter().any(|rule| rule.names_type(line.kind)) {
            return Place::Unconfirmed;
        }
        match (self.rules.iter().position(|rule| rule.when.fit(line)), charged) {
            (Some(rule), _) => Place::Rule(rule),
            (None, Some(charged)) => Place::Charged(charged),
            (None, None) => Place::Unconfirmed,
        }
    }

    const fn empty() -> Self {
        Self {
            rate_percent: Decimal::ZERO,
            tax_percent: Decimal::ZERO,
            per: StatementPer::Invoice,
            rounding: RoundingMode::Floor,
            exchange: Vec::new(),
            charged: Vec::new(),
            rules: Vec::new(),
        }
    }
}

impl Rule {
    fn names_type(&self, line_type: &[u8]) -> bool {
        self.when.line_type.iter().any(|pattern| pattern.fits(line_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line_type: &str, entity: &str, product: &str, name: &str) -> String {
        let policy = FeePolicy::parse(EMBEDDED_POLICY).unwrap();
        let line = Line {
            account: b"",
            period: b"",
            invoice: None,
            kind: line_type.as_bytes(),
            billing_entity: entity.as_bytes(),
            product_code: product.as_bytes(),
            name: None,
            attributes: Some(name.as_bytes()),
            cost: Decimal::ONE,
        };
        match policy.place(&line) {
            Place::Charged(index) => format!("charged {}", policy.charged[index].line_type),
            Place::Rule(index) => policy.rules[index].id.clone(),
            Place::Unconfirmed => "unconfirmed".to_owned(),
        }
    }

    #[test]
    fn every_kind_of_line_has_its_place() {
        let bedrock = r#"{"product_name":"Claude (Amazon Bedrock Edition)"}"#;
        for (line_type, entity, product, name, expected) in [
            ("Usage", "AWS", "AmazonEC2", "", "charged Usage"),
            ("Usage", "AWS", "AmazonRoute53", "", "charged Usage"),
            ("Fee", "AWS", "AmazonRegistrar", "", "domain-registration"),
            ("Usage", "AWS Marketplace", "5hnnev4d0v7m", "", "marketplace"),
            ("Tax", "AWS Marketplace", "5hnnev4d0v7m", "", "marketplace"),
            (
                "Usage",
                "AWS Marketplace",
                "z9y8x7w6v5u4",
                bedrock,
                "bedrock-marketplace",
            ),
            ("Usage", "AWS", "AmazonBedrock", bedrock, "charged Usage"),
            ("Tax", "AWS", "AmazonEC2", "", "tax"),
            ("Fee", "AWS", "AWSSupportEnterprise", "", "aws-support"),
            ("Credit", "AWS", "AmazonEC2", "", "credit"),
            ("SppDiscount", "AWS", "AmazonEC2", "", "partner-discount"),
            ("FreshDiscount", "AWS", "AmazonEC2", "", "unconfirmed"),
            (
                "FreshDiscount",
                "AWS Marketplace",
                "5hnnev4d0v7m",
                "",
                "unconfirmed",
            ),
        ] {
            assert_eq!(
                place(line_type, entity, product, name),
                expected,
                "{line_type} {product}"
            );
        }
    }

    #[test]
    fn yen_are_rounded_as_the_policy_says() {
        for (mode, amount, yen) in [
            (RoundingMode::Floor, "500.858", "500"),
            (RoundingMode::Floor, "-0.5", "-1"),
            (RoundingMode::HalfUp, "500.5", "501"),
            (RoundingMode::HalfUp, "500.49", "500"),
            (RoundingMode::Ceiling, "500.01", "501"),
        ] {
            let rounded = mode.round(amount.parse().unwrap());
            assert_eq!(rounded, yen.parse().unwrap(), "{mode} {amount}");
        }
    }
}
