//! Statements as CSV: one row a part, then the fee, for a spreadsheet.

use super::money::yen_words;
use super::statement::{Invoice, Part, Statement};
use super::table::Reader;

const HEADER: [&str; 9] = [
    "account", "month", "invoice", "kind", "item", "reason", "lines", "currency", "amount",
];

/// The statements as CSV with a header. `kind` is charged, excluded, base, fee, fee-yen, tax-yen or total-yen;
/// `unconfirmed` where a person has to decide, and then there is no fee.
pub fn statements_csv(statements: &[Statement], reader: Reader) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for statement in statements {
        for row in rows(statement, reader) {
            let (account, month) = (statement.account.to_string(), statement.month.to_string());
            let key = [account, month, number(&statement.invoice)];
            writer.write_record(key.iter().chain(&row))?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Numbers of invoices come from the report; a spreadsheet must not take one for a formula.
fn number(invoice: &Invoice) -> String {
    match invoice {
        Invoice::Whole => String::new(),
        Invoice::Pending => "pending".to_owned(),
        Invoice::Issued(number) if number.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{number}")
        }
        Invoice::Issued(number) => number.clone(),
    }
}

fn rows(statement: &Statement, reader: Reader) -> Vec<[String; 6]> {
    let currency = statement.currency.as_str();
    let part = |kind: &str, part: &Part| {
        [
            kind.to_owned(),
            part.label.clone(),
            part.reason.clone(),
            part.lines.to_string(),
            currency.to_owned(),
            part.amount.normalize().to_string(),
        ]
    };
    let sum = |kind: &str, item: &str, reason: &str, (currency, amount): (&str, String)| {
        [kind, item, reason, "", currency, &amount].map(str::to_owned)
    };
    let mut rows: Vec<_> = statement.charged.iter().map(|one| part("charged", one)).collect();
    let excluded = statement.excluded.iter().filter(|one| reader.may_see(one));
    rows.extend(excluded.map(|one| part("excluded", one)));
    rows.extend(statement.unconfirmed.iter().map(|found| {
        let reason = format!("要確認 ({}, line {})", found.file, found.line);
        [
            "unconfirmed".to_owned(),
            found.line_type.clone(),
            reason,
            found.lines.to_string(),
            currency.to_owned(),
            found.amount.normalize().to_string(),
        ]
    }));
    let base = statement.base().normalize().to_string();
    rows.push(sum("base", "対象額", "", (currency, base)));
    let Some(fee) = &statement.fee else {
        return rows;
    };
    let amount = fee.amount.normalize().to_string();
    rows.push(sum("fee", "サポート料金", "", (currency, amount)));
    if let Some(yen) = &fee.yen {
        let source = yen.exchange.as_ref();
        let source = source.map_or_else(String::new, |rate| {
            format!(
                "1 {} = {} JPY ({})",
                rate.currency,
                rate.yen.normalize(),
                rate.source
            )
        });
        let of = |amount| ("JPY", yen_words(amount).replace(',', ""));
        rows.push(sum("fee-yen", "サポート料金", &source, of(yen.fee)));
        rows.push(sum("tax-yen", "消費税", "", of(yen.tax)));
        rows.push(sum("total-yen", "税込", "", of(yen.total())));
    }
    rows
}
