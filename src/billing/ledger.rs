//! Sums by account, invoice and kind of line. Memory grows with accounts and invoices, never with lines.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use rust_decimal::Decimal;

use super::error::FeeError;
use super::line::Line;
use super::month::BillingMonth;
use super::policy::{FeePolicy, Place, StatementPer};
use super::report::{self, At};
use super::statement::{Invoice, Part, Statement, Unconfirmed};
use crate::registry::AccountId;

/// So many unknown types of one statement are told apart; a report that has more is none.
const MOST_UNCONFIRMED: usize = 20;

/// Which lines are wanted; what is left empty wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// The month.
    pub month: Option<BillingMonth>,
    /// AWS's invoice number.
    pub invoice: Option<String>,
}

impl Selection {
    fn wants(&self, key: &Key, line: &Line<'_>) -> bool {
        (self.accounts.is_empty() || self.accounts.contains(&key.account))
            && self.month.is_none_or(|month| month == key.month)
            && self
                .invoice
                .as_ref()
                .is_none_or(|invoice| line.invoice == Some(invoice.as_bytes()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    month: BillingMonth,
    account: AccountId,
    invoice: Invoice,
}

/// The fields a key is made of as reports write them, so that a key is read once and not with every line. The
/// separator is no part of UTF-8, and only keys that are UTF-8 are known.
#[derive(Debug, Default)]
struct Written {
    /// Where the tallies of known keys are; `None`: they are not wanted.
    known: HashMap<Vec<u8>, Option<usize>>,
    last: Vec<u8>,
    last_tally: Option<usize>,
    now: Vec<u8>,
}

impl Written {
    const SEPARATOR: &[u8] = &[0xff];

    /// Takes the line's fields; `false` where they are the last line's.
    fn turns_to(&mut self, line: &Line<'_>) -> bool {
        // A report without invoices is told from an invoice without number.
        let invoice = line.invoice.unwrap_or(Self::SEPARATOR);
        self.now.clear();
        for field in [
            line.account,
            Self::SEPARATOR,
            line.period,
            Self::SEPARATOR,
            invoice,
        ] {
            self.now.extend_from_slice(field);
        }
        self.now != self.last
    }

    fn settle(&mut self, tally: Option<usize>) {
        self.last_tally = tally;
        std::mem::swap(&mut self.last, &mut self.now);
    }
}

#[derive(Debug, Clone, Default)]
struct Sum {
    lines: u64,
    amount: Decimal,
}

impl Sum {
    fn add(&mut self, cost: Decimal) -> Option<()> {
        self.amount = self.amount.checked_add(cost)?;
        self.lines = self.lines.saturating_add(1);
        Some(())
    }
}

/// Sums of one account and invoice.
#[derive(Debug)]
struct Tally {
    charged: Vec<Sum>,
    rules: Vec<Sum>,
    unconfirmed: BTreeMap<Vec<u8>, Unconfirmed>,
}

/// What a report as a whole is known by, so that a copy of it is not counted again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub(super) first: Vec<u8>,
    pub(super) lines: u64,
    pub(super) sum: Decimal,
}

/// Takes reports and makes statements of them. A report that cannot be read consumes it: there is no half
/// statement.
#[derive(Debug)]
pub struct Ledger {
    policy: FeePolicy,
    selection: Selection,
    places: HashMap<Key, usize>,
    tallies: Vec<(Key, Tally)>,
    written: Written,
    pub(super) currency: Option<(Vec<u8>, String)>,
    reports: Vec<(String, Fingerprint)>,
}

impl Ledger {
    /// An empty one.
    pub fn new(policy: FeePolicy, selection: Selection) -> Self {
        Self {
            policy,
            selection,
            places: HashMap::new(),
            tallies: Vec::new(),
            written: Written::default(),
            currency: None,
            reports: Vec::new(),
        }
    }

    /// Takes a report, CSV or gzip, to its end; `file` names it in errors.
    pub fn read(mut self, file: &str, input: impl Read) -> Result<Self, FeeError> {
        let fingerprint = report::read(&mut self, file, input)?;
        let copy = self.reports.iter().find(|(_, known)| *known == fingerprint);
        if let Some((earlier, _)) = copy.filter(|(_, known)| known.lines > 0) {
            return Err(FeeError::NoReport {
                file: file.to_owned(),
                problem: format!(
                    "it is the same report as {earlier} and would be counted twice; name it once"
                ),
            });
        }
        self.reports.push((file.to_owned(), fingerprint));
        Ok(self)
    }

    /// The statements, by month, account and invoice.
    pub fn statements(self) -> Result<Vec<Statement>, FeeError> {
        let currency = self.currency.map_or_else(String::new, |(currency, _)| {
            String::from_utf8_lossy(&currency).into_owned()
        });
        let mut tallies = self.tallies;
        tallies.sort_by(|(one, _), (other, _)| one.cmp(other));
        tallies
            .into_iter()
            .map(|(key, tally)| {
                let account = key.account;
                statement(key, tally, (&self.policy, &currency)).ok_or_else(|| FeeError::NoReport {
                    file: format!("account {account}"),
                    problem: "its amounts are beyond 28 digits".to_owned(),
                })
            })
            .collect()
    }

    /// Adds a line; the error is what is wrong with which column.
    pub(super) fn add(&mut self, line: &Line<'_>, at: &At<'_>) -> Result<(), FeeError> {
        if self.written.turns_to(line) {
            self.turn_to(line, at)?;
        }
        let tally = self
            .written
            .last_tally
            .and_then(|index| self.tallies.get_mut(index));
        let Some((_, tally)) = tally else {
            return Ok(());
        };
        let added = match self.policy.place(line) {
            Place::Charged(index) => tally.charged.get_mut(index).and_then(|sum| sum.add(line.cost)),
            Place::Rule(index) => tally.rules.get_mut(index).and_then(|sum| sum.add(line.cost)),
            Place::Unconfirmed => tally.wonder(line, at)?,
        };
        added.ok_or_else(|| at.error(at.columns.cost, "the sum is beyond 28 digits".to_owned()))
    }

    /// Finds the tally of a line whose key differs from the last one's.
    fn turn_to(&mut self, line: &Line<'_>, at: &At<'_>) -> Result<(), FeeError> {
        if let Some(tally) = self.written.known.get(&self.written.now).copied() {
            self.written.settle(tally);
            return Ok(());
        }
        let key = key_of(line, self.policy.per, at)?;
        let tally = self.selection.wants(&key, line).then(|| {
            *self.places.entry(key).or_insert_with_key(|key| {
                let empty = Tally {
                    charged: vec![Sum::default(); self.policy.charged.len()],
                    rules: vec![Sum::default(); self.policy.rules.len()],
                    unconfirmed: BTreeMap::new(),
                };
                self.tallies.push((key.clone(), empty));
                self.tallies.len() - 1
            })
        });
        self.written.known.insert(self.written.now.clone(), tally);
        self.written.settle(tally);
        Ok(())
    }
}

fn key_of(line: &Line<'_>, per: StatementPer, at: &At<'_>) -> Result<Key, FeeError> {
    let columns = at.columns;
    let account = AccountId::parse(at.text(line.account, columns.account)?)
        .map_err(|error| at.error(columns.account, error.to_string()))?;
    let period = at.text(line.period, columns.period)?;
    let month = BillingMonth::of_instant(period).ok_or_else(|| {
        at.error(
            columns.period,
            format!("`{period}` is no instant; a report writes 2025-02-01T00:00:00Z"),
        )
    })?;
    let invoice = match (line.invoice, per) {
        (None, _) | (_, StatementPer::Month) => Invoice::Whole,
        (Some(b""), StatementPer::Invoice) => Invoice::Pending,
        (Some(number), StatementPer::Invoice) => {
            Invoice::Issued(at.text(number, columns.invoice.unwrap_or_default())?.to_owned())
        }
    };
    Ok(Key {
        month,
        account,
        invoice,
    })
}

impl Tally {
    /// Notes a line of a type that the policy does not know.
    fn wonder(&mut self, line: &Line<'_>, at: &At<'_>) -> Result<Option<()>, FeeError> {
        let column = at.columns.line_type;
        if let Some(known) = self.unconfirmed.get_mut(line.kind) {
            known.lines = known.lines.saturating_add(1);
            return Ok(known.amount.checked_add(line.cost).map(|sum| known.amount = sum));
        }
        let line_type = at.text(line.kind, column)?;
        if line_type.is_empty() || self.unconfirmed.len() >= MOST_UNCONFIRMED {
            return Err(at.error(column, format!("`{line_type}` is no type of line")));
        }
        let unconfirmed = Unconfirmed {
            line_type: line_type.to_owned(),
            file: at.file.to_owned(),
            line: at.line,
            column: at.columns.name(column).to_owned(),
            lines: 1,
            amount: line.cost,
        };
        self.unconfirmed.insert(line.kind.to_vec(), unconfirmed);
        Ok(Some(()))
    }
}

fn statement(key: Key, tally: Tally, (policy, currency): (&FeePolicy, &str)) -> Option<Statement> {
    let of_types = policy
        .charged
        .iter()
        .zip(tally.charged)
        .map(|(charged, sum)| Part {
            id: charged.line_type.clone(),
            label: charged.label.clone(),
            reason: String::new(),
            lines: sum.lines,
            amount: sum.amount,
            confidential: false,
        });
    let mut charged: Vec<Part> = of_types.filter(|part| part.lines > 0).collect();
    let mut excluded = Vec::new();
    for (rule, sum) in policy.rules.iter().zip(tally.rules) {
        let part = Part {
            id: rule.id.clone(),
            label: rule.label.clone(),
            reason: rule.reason.clone(),
            lines: sum.lines,
            amount: sum.amount,
            confidential: rule.confidential,
        };
        if part.lines > 0 {
            if rule.bears_fee {
                &mut charged
            } else {
                &mut excluded
            }
            .push(part);
        }
    }
    // What weighs most is read first; the rules keep the order their author gave them.
    charged.sort_by_key(|part| std::cmp::Reverse(part.amount));
    Statement {
        account: key.account,
        month: key.month,
        invoice: key.invoice,
        currency: currency.to_owned(),
        charged,
        excluded,
        unconfirmed: tally.unconfirmed.into_values().collect(),
        rate_percent: policy.rate_percent,
        tax_percent: policy.tax_percent,
        rounding: policy.rounding,
        fee: None,
    }
    .reckoned(policy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "lineItem/UsageAccountId,bill/InvoiceId,bill/BillingPeriodStartDate,bill/BillingEntity,\
                          lineItem/LineItemType,lineItem/ProductCode,lineItem/CurrencyCode,lineItem/UnblendedCost\n";

    const KINDS: &[&str] = &[
        "AWS,Usage,AmazonEC2",
        "AWS,Fee,AmazonRegistrar",
        "AWS Marketplace,Usage,k3p8w1x7",
        "AWS,Tax,AmazonEC2",
        "AWS,Credit,AmazonEC2",
        "AWS,SavingsPlanNegation,AmazonEC2",
        "AWS,FlexPlanFee,AmazonEC2",
    ];

    fn read(lines: &[(usize, usize, i64)]) -> Vec<Statement> {
        let rows = lines.iter().map(|(account, kind, cost)| {
            let cost = Decimal::new(*cost, 10);
            let kind = KINDS[*kind];
            format!("10000000000{account},inv-{account},2025-02-01T00:00:00Z,{kind},USD,{cost}\n")
        });
        let rows = rows.collect::<Vec<_>>().concat();
        let ledger = Ledger::new(FeePolicy::embedded(), Selection::default());
        let ledger = ledger.read("a.csv", format!("{HEADER}{rows}").as_bytes());
        ledger.unwrap().statements().unwrap()
    }

    fn places(statements: &[Statement]) -> Vec<String> {
        // Where an unknown type was met first is the one thing that order decides.
        let told = |one: &Statement| {
            let unknown: Vec<_> = one
                .unconfirmed
                .iter()
                .map(|found| (found.lines, found.amount))
                .collect();
            let mut charged = one.charged.clone();
            charged.sort_by(|a, b| a.id.cmp(&b.id));
            format!(
                "{} {charged:?} {:?} {unknown:?} {:?}",
                one.account, one.excluded, one.fee
            )
        };
        statements.iter().map(told).collect()
    }

    proptest! {
        #[test]
        fn every_line_is_counted_once_and_order_does_not_matter(
            lines in proptest::collection::vec((0..4_usize, 0..KINDS.len(), -10_i64.pow(15)..10_i64.pow(15)), 1..60),
            turn in 0..60_usize,
        ) {
            let statements = read(&lines);
            let unknown = |one: &Statement| one.unconfirmed.iter().map(|found| found.amount).sum::<Decimal>();
            let told: Decimal = statements
                .iter()
                .map(|one| one.base() + one.excluded_total() + unknown(one))
                .sum();
            prop_assert_eq!(told, lines.iter().map(|(_, _, cost)| Decimal::new(*cost, 10)).sum::<Decimal>());
            prop_assert!(statements.iter().all(|one| one.fee.is_none() != one.unconfirmed.is_empty()));
            let mut turned = lines.clone();
            turned.rotate_left(turn % lines.len());
            prop_assert_eq!(places(&statements), places(&read(&turned)));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let ledger = Ledger::new(FeePolicy::embedded(), Selection::default());
            let text = [HEADER.as_bytes(), &bytes].concat();
            let _ = ledger.read("a.csv", text.as_slice()).map(Ledger::statements);
        }
    }

    #[test]
    fn a_quotation_mark_that_never_closes_does_not_swallow_memory() {
        let endless = std::io::repeat(b'x').take(1 << 30);
        let report = HEADER.as_bytes().chain(&b"\""[..]).chain(endless);
        let error = Ledger::new(FeePolicy::embedded(), Selection::default())
            .read("a.csv", report)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.csv, line 2, column lineItem/UsageAccountId: a quotation mark is opened and never closed"
        );
    }
}
