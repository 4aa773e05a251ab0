//! The policy as a file. Comes in: TOML that staff edit. Goes out: a checked policy, or what is wrong with it in
//! words that say where.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::fx::Exchange;
use super::month::BillingMonth;
use super::policy::{Charged, FeePolicy, RoundingMode, StatementPer};
use super::rule::{Conditions, Pattern, Rule};

/// The fee is a share of the base, and so is the tax.
const MOST_PERCENT: Decimal = Decimal::ONE_HUNDRED;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    rate_percent: String,
    #[serde(default = "no_tax")]
    tax_percent: String,
    per: StatementPer,
    rounding: RoundingMode,
    charged: BTreeMap<String, String>,
    #[serde(default)]
    rule: Vec<RuleFile>,
    #[serde(default)]
    exchange: Vec<ExchangeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: String,
    label: String,
    reason: String,
    #[serde(default)]
    bears_fee: bool,
    #[serde(default)]
    confidential: bool,
    #[serde(default)]
    line_type: Vec<String>,
    #[serde(default)]
    billing_entity: Vec<String>,
    #[serde(default)]
    product_code: Vec<String>,
    #[serde(default)]
    product_name: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExchangeFile {
    month: String,
    #[serde(default = "dollars")]
    currency: String,
    yen: String,
    source: String,
}

fn no_tax() -> String {
    "0".to_owned()
}

fn dollars() -> String {
    "USD".to_owned()
}

/// Reads and checks the text of a policy file.
pub(super) fn parse(text: &str) -> Result<FeePolicy, String> {
    let file: PolicyFile = toml::from_str(text).map_err(|error| in_words(&error))?;
    if file.charged.is_empty() {
        return Err("[charged] is empty: no line would bear the fee; name types such as Usage".to_owned());
    }
    let charged = file.charged.into_iter();
    let charged = charged.map(|(line_type, label)| Charged { line_type, label });
    let policy = FeePolicy {
        rate_percent: percent("rate_percent", &file.rate_percent)?,
        tax_percent: percent("tax_percent", &file.tax_percent)?,
        per: file.per,
        rounding: file.rounding,
        charged: charged.collect(),
        rules: file.rule.into_iter().map(rule).collect::<Result<_, _>>()?,
        exchange: file
            .exchange
            .into_iter()
            .map(exchange)
            .collect::<Result<_, _>>()?,
    };
    refuse_doubles(&policy)?;
    Ok(policy)
}

/// A number without quotes is the likeliest mistake, and the library's words do not say what to do.
fn in_words(error: &toml::de::Error) -> String {
    let hint = if error.message().contains("floating point") || error.message().contains("integer") {
        "; write numbers in quotes, such as \"150.25\""
    } else {
        ""
    };
    format!("{}{hint}", error.to_string().trim_end())
}

fn refuse_doubles(policy: &FeePolicy) -> Result<(), String> {
    let ids = policy
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .collect::<Vec<_>>();
    if let Some(id) = doubled(&ids) {
        return Err(format!("two rules are called {id}"));
    }
    let rates: Vec<_> = policy
        .exchange
        .iter()
        .map(|rate| (rate.month, rate.currency.as_str()))
        .collect();
    match doubled(&rates) {
        Some((Some(month), currency)) => Err(format!("[[exchange]] {month} has two rates for {currency}")),
        Some((None, _)) | None => Ok(()),
    }
}

fn doubled<T: PartialEq>(values: &[T]) -> Option<&T> {
    values
        .iter()
        .enumerate()
        .find(|(index, value)| values.iter().skip(index + 1).any(|other| other == *value))
        .map(|(_, value)| value)
}

fn percent(name: &str, text: &str) -> Result<Decimal, String> {
    text.parse()
        .ok()
        .filter(|value| (Decimal::ZERO..=MOST_PERCENT).contains(value))
        .ok_or_else(|| format!("{name}: `{text}` is no percentage; write 0 to 100, such as \"10\""))
}

fn rule(file: RuleFile) -> Result<Rule, String> {
    let id = file.id;
    let refused = |problem: &str| Err(format!("rule {id}: {problem}"));
    if id.trim().is_empty() {
        return Err("a rule has no id".to_owned());
    }
    if file.label.trim().is_empty() || file.reason.trim().is_empty() {
        return refused("label and reason stand on the statement; neither may be empty");
    }
    let patterns = |name: &str, list: Vec<String>| {
        list.into_iter()
            .map(|text| {
                Pattern::parse(&text).ok_or_else(|| {
                    format!("rule {id}: {name} `{text}`: * stands at an end only, and not alone")
                })
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let when = Conditions {
        line_type: patterns("line_type", file.line_type)?,
        billing_entity: patterns("billing_entity", file.billing_entity)?,
        product_code: patterns("product_code", file.product_code)?,
        product_name: patterns("product_name", file.product_name)?,
    };
    if when.is_empty() {
        return refused(
            "it would fit every line; name line_type, billing_entity, product_code or product_name",
        );
    }
    if file.confidential && file.bears_fee {
        return refused("what bears the fee cannot be kept off the statement; drop confidential");
    }
    Ok(Rule {
        label: file.label,
        reason: file.reason,
        bears_fee: file.bears_fee,
        confidential: file.confidential,
        when,
        id,
    })
}

fn exchange(file: ExchangeFile) -> Result<Exchange, String> {
    let month: BillingMonth = file
        .month
        .parse()
        .map_err(|error| format!("[[exchange]] month: {error}"))?;
    let yen = file.yen.parse().ok().filter(|yen| *yen > Decimal::ZERO);
    let yen = yen.ok_or_else(|| {
        format!(
            "[[exchange]] {month}: yen `{}` is no rate; write it as \"150.25\"",
            file.yen
        )
    })?;
    if file.source.trim().is_empty() {
        return Err(format!(
            "[[exchange]] {month}: source is empty; say where the rate was taken from"
        ));
    }
    Ok(Exchange {
        month: Some(month),
        currency: file.currency,
        yen,
        source: file.source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::EMBEDDED_POLICY;

    fn refused(change: (&str, &str)) -> String {
        assert!(EMBEDDED_POLICY.contains(change.0), "{}", change.0);
        parse(&EMBEDDED_POLICY.replacen(change.0, change.1, 1)).unwrap_err()
    }

    #[test]
    fn the_embedded_policy_is_the_seeds() {
        let policy = parse(EMBEDDED_POLICY).unwrap();
        assert_eq!(policy, FeePolicy::embedded());
        assert_eq!(policy.rate_percent, Decimal::TEN);
        assert_eq!(policy.rounding, RoundingMode::Floor);
    }

    #[test]
    fn the_documented_rate_can_be_uncommented() {
        let text = EMBEDDED_POLICY.split_once("# [[exchange]]").unwrap().1;
        let text = format!("{EMBEDDED_POLICY}\n[[exchange]]{}", text.replace("\n# ", "\n"));
        let policy = parse(&text).unwrap();
        assert_eq!(policy.exchange[0].yen.to_string(), "150.25");
        let twice = format!("{text}[[exchange]]\nmonth = \"2025-02\"\nyen = \"1\"\nsource = \"x\"\n");
        assert_eq!(
            parse(&twice).unwrap_err(),
            "[[exchange]] 2025-02 has two rates for USD"
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (change, words) in [
            (
                ("rate_percent = \"10\"", "rate_percent = \"ten\""),
                "rate_percent: `ten` is no percentage",
            ),
            (
                ("rate_percent = \"10\"", "rate_percent = \"110\""),
                "write 0 to 100",
            ),
            (
                ("rate_percent = \"10\"", "rate_percent = 10.5"),
                "write numbers in quotes",
            ),
            (
                ("per = \"invoice\"", "per = \"week\""),
                "write one of: invoice, month",
            ),
            (("rounding = ", "roundings = "), "roundings"),
            (("\"tax\"", "\"credit\""), "two rules are called credit"),
            (("line_type = [\"Tax\"]", ""), "rule tax: it would fit every line"),
            (("\"AWSSupport*\"", "\"*\""), "rule aws-support: product_code `*`"),
            (
                ("\"税は、サポート料金の対象外です\"", "\"\""),
                "rule tax: label and reason",
            ),
            (
                (
                    "\"]\nconfidential = true",
                    "\"]\nconfidential = true\nbears_fee = true",
                ),
                "drop confidential",
            ),
        ] {
            let error = refused(change);
            assert!(error.contains(words), "{error}");
        }
        let end =
            format!("{EMBEDDED_POLICY}\n[[exchange]]\nmonth = \"2025-02\"\nyen = \"-1\"\nsource = \"x\"\n");
        assert!(parse(&end).unwrap_err().contains("yen `-1` is no rate"));
    }
}
