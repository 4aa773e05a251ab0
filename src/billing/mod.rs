//! The support fee, explained (SPEC §18).
//!
//! Comes in: Cost and Usage Reports, legacy or CUR 2.0, as CSV or gzip, and a [`FeePolicy`] that staff edit. Goes
//! out: one [`Statement`] an account and invoice, with what bears the fee, what does not and why, and the yen,
//! rounded once. Reports are read in one pass and constant memory; amounts are decimals throughout. It explains
//! the fee for inquiries and must not invoice anything. A line that the policy does not know makes its statement
//! 要確認, and a report that cannot be read to its end makes no statement at all.
//!
//! `report` (bytes) → `columns`, `line` (one line, typed) → `ledger` (sums) → `statement` → `table`, `export`.
//! `shelf` keeps the configured reports' statements for whoever answers a question about the fee.

mod asked;
mod columns;
mod error;
mod export;
mod fx;
mod ledger;
mod line;
mod metered;
mod money;
mod month;
mod policy;
mod policy_file;
mod report;
mod rule;
mod shelf;
mod statement;
mod table;

pub use asked::{asks_about_fee, month_asked};
pub use error::{FeeError, InvalidPolicy};
pub use export::statements_csv;
pub use fx::Exchange;
pub use ledger::{Ledger, Selection};
pub use month::BillingMonth;
pub use policy::{EMBEDDED_POLICY, FeePolicy, RoundingMode, StatementPer};
pub use shelf::{Found, Refreshed, Shelf};
pub use statement::{Fee, Invoice, Part, Statement, Unconfirmed, YenFee};
pub use table::{Reader, statement_table};
