//! Where a report keeps what, whichever of its two dialects it speaks.
//!
//! Legacy reports write `lineItem/LineItemType`, CUR 2.0 and Athena's tables `line_item_line_item_type`; both are
//! folded to the latter.

use csv::ByteRecord;

/// Positions of the columns that the fee depends on, with all names as the report writes them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    names: Vec<String>,
    pub(super) account: usize,
    pub(super) line_type: usize,
    pub(super) product_code: usize,
    pub(super) billing_entity: usize,
    pub(super) period: usize,
    pub(super) currency: usize,
    pub(super) cost: usize,
    pub(super) invoice: Option<usize>,
    pub(super) product_name: Option<usize>,
    pub(super) attributes: Option<usize>,
}

impl Columns {
    /// Finds them in a header; the error says what is missing.
    pub(super) fn find(header: &ByteRecord) -> Result<Self, String> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        let folded: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let find = |name: &str| folded.iter().position(|other| other == name);
        let mut missing = Vec::new();
        let mut need = |name: &'static str| {
            find(name).unwrap_or_else(|| {
                missing.push(name);
                usize::MAX
            })
        };
        let columns = Self {
            account: need("line_item_usage_account_id"),
            line_type: need("line_item_line_item_type"),
            product_code: need("line_item_product_code"),
            billing_entity: need("bill_billing_entity"),
            period: need("bill_billing_period_start_date"),
            currency: need("line_item_currency_code"),
            cost: need("line_item_unblended_cost"),
            invoice: find("bill_invoice_id"),
            product_name: find("product_product_name"),
            attributes: find("product"),
            names,
        };
        if !missing.is_empty() {
            return Err(format!(
                "line 1 is no header of a Cost and Usage Report: it has no column {}",
                missing.join(", ")
            ));
        }
        let twice = columns.used().into_iter().find(|index| {
            let same = |other: &&String| folded.get(*index) == Some(*other);
            folded.iter().filter(same).count() > 1
        });
        match twice {
            Some(index) => Err(format!("line 1 names column {} twice", columns.name(index))),
            None => Ok(columns),
        }
    }

    /// A column's name as the report writes it.
    pub(super) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("(beyond the last)", String::as_str)
    }

    /// The last column's position.
    pub(super) fn last(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    fn used(&self) -> Vec<usize> {
        let needed = [
            self.account,
            self.line_type,
            self.product_code,
            self.billing_entity,
            self.period,
            self.currency,
            self.cost,
        ];
        let optional = [self.invoice, self.product_name, self.attributes];
        needed.into_iter().chain(optional.into_iter().flatten()).collect()
    }
}

/// A name of either dialect in the one of CUR 2.0.
fn folded(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c == '/' {
            text.push('_');
        } else if c.is_ascii_uppercase() {
            if !text.is_empty() && !text.ends_with('_') {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEGACY: &[&str] = &[
        "bill/BillingEntity",
        "bill/BillingPeriodStartDate",
        "bill/InvoiceId",
        "lineItem/UsageAccountId",
        "lineItem/LineItemType",
        "lineItem/ProductCode",
        "lineItem/CurrencyCode",
        "lineItem/UnblendedCost",
        "product/ProductName",
    ];

    #[test]
    fn both_dialects_name_the_same_columns() {
        let legacy = Columns::find(&ByteRecord::from(LEGACY)).unwrap();
        let modern: Vec<String> = LEGACY.iter().map(|name| folded(name)).collect();
        let modern = Columns::find(&ByteRecord::from(modern)).unwrap();
        assert_eq!(legacy.used(), modern.used());
        assert_eq!((legacy.invoice, legacy.product_name), (Some(2), Some(8)));
        assert_eq!(legacy.name(4), "lineItem/LineItemType");
    }

    #[test]
    fn what_is_missing_or_doubled_is_named() {
        let error = Columns::find(&ByteRecord::from(&LEGACY[..6])).unwrap_err();
        assert!(error.ends_with("no column line_item_currency_code, line_item_unblended_cost"));
        let doubled: Vec<&str> = LEGACY
            .iter()
            .chain(&["line_item_unblended_cost"])
            .copied()
            .collect();
        let error = Columns::find(&ByteRecord::from(doubled)).unwrap_err();
        assert_eq!(error, "line 1 names column lineItem/UnblendedCost twice");
    }
}
