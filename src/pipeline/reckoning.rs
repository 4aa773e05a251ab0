//! The support fee that a billing inquiry asks about, as the notification shows it. Comes in: the ticket and the
//! customer's words. Goes out: the statement of the account and month in question. It reads no report: what the
//! shelf has at hand is shown, so that no notification waits for a disk.

use super::letters::Letters;
use super::writing::Case;
use crate::billing::{BillingMonth, Found, Reader, asks_about_fee, month_asked, statement_table};
use crate::calendar::to_jst;
use crate::correspondence::values::FeeValue;
use crate::ticket::{Category, Ticket};

/// A notification shows so many statements; the command line shows all.
const MOST_STATEMENTS: usize = 6;

impl Letters<'_> {
    /// What is known of the fee, where a customer's mail on billing asks about it and the account is known.
    pub(super) fn fee(
        &self,
        ticket: &Ticket,
        told: Option<&Case<'_>>,
        (subject, text): (&str, &str),
    ) -> Option<FeeValue> {
        let fees = &self.pipeline.fees;
        let account = ticket.account_id?;
        let is_asked = told.is_some()
            && !fees.is_empty()
            && ticket.category == Category::AccountBilling
            && (asks_about_fee(subject) || asks_about_fee(text));
        if !is_asked {
            return None;
        }
        let today = to_jst(self.now).date_naive();
        let month = month_asked(subject, today).or_else(|| month_asked(text, today));
        let (state, words) = in_words(fees.find(account, month));
        Some(FeeValue {
            state,
            account: account.to_string(),
            month: month.as_ref().map(BillingMonth::to_string).unwrap_or_default(),
            text: words,
        })
    }
}

fn in_words(found: Found) -> (&'static str, String) {
    match found {
        Found::Statements(all) => {
            // What a notification says beneath its headings may be quoted to the customer.
            let shown = all.iter().take(MOST_STATEMENTS);
            let tables: Vec<String> = shown.map(|one| statement_table(one, Reader::Customer)).collect();
            ("statement", tables.join("\n").trim_end().to_owned())
        }
        Found::Nothing => ("nothing", String::new()),
        Found::NotRead => ("not-read", String::new()),
        Found::Unreadable(problem) => ("unreadable", problem),
    }
}
