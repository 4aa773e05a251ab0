//! The customer's list of inquiries. Comes in: a visitor and what the list is narrowed to. Goes out: one page of the
//! tickets of the one customer that is looked at.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::page::Page;
use super::posted::Posted;
use super::times::Time;
use super::visit::{CustomerVisitor, Visit};
use crate::pipeline::Pipeline;
use crate::registry::{Account, AccountId};
use crate::store::customer_pages::{CustomerTicket, Reader, Wanted, list_visible};
use crate::store::{StoreError, Tx, registry, sessions};
use crate::ticket::TicketStatus;

/// Tickets on one page of the list.
const ON_A_PAGE: i64 = 25;

/// Last page that can be asked for: whoever looks further narrows the list.
const LAST_PAGE: i64 = 400;

crate::slug_enum! {
    /// What the list is narrowed to by status.
    enum Standing {
        /// Everything.
        All = "all",
        /// What is not done.
        Open = "open",
        /// What waits for the customer.
        Yours = "yours",
        /// What is done.
        Closed = "closed",
    }
}

impl Standing {
    fn statuses(self) -> Vec<TicketStatus> {
        use TicketStatus::{Answered, AwaitingAccount, Closed, Escalated, New, Open, PendingCustomer};
        match self {
            Self::All => Vec::new(),
            Self::Open => vec![New, AwaitingAccount, Open, Answered, PendingCustomer, Escalated],
            Self::Yours => vec![AwaitingAccount, PendingCustomer],
            Self::Closed => vec![Closed],
        }
    }
}

/// The filter as it stands in the address; what cannot be read narrows nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    status: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    page: String,
}

#[derive(Debug, Serialize)]
struct ListPage {
    rows: Vec<TicketRow>,
    accounts: Vec<AccountChoice>,
    standings: Vec<&'static str>,
    status: &'static str,
    account: String,
    page: i64,
    first: i64,
    last: i64,
    more: bool,
    narrowed: bool,
}

#[derive(Debug, Serialize)]
struct TicketRow {
    number: String,
    subject: String,
    status: TicketStatus,
    account: Option<AccountChoice>,
    updated: Time,
}

/// An account in groups of four, with the customer's own name for it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AccountChoice {
    id: String,
    parts: Vec<String>,
    label: String,
}

/// `GET /tickets`
pub(super) async fn show_list(
    State(page): State<Page>,
    visit: Visit,
    visitor: CustomerVisitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let standing: Standing = asked.status.parse().unwrap_or(Standing::Open);
    let account = AccountId::parse(&asked.account).ok();
    let number = asked.page.parse().unwrap_or(1).clamp(1, LAST_PAGE);
    let skip = (number - 1) * ON_A_PAGE;
    let wanted = Wanted {
        statuses: standing.statuses(),
        account,
        skip,
        // One more than is shown tells whether there is a further page.
        limit: ON_A_PAGE + 1,
    };
    let mut tx = page.pipeline().database.read().await?;
    let mut tickets = list_visible(&mut tx, &visitor.reader(), &wanted).await?;
    let accounts = accounts_of(&mut tx, &visitor).await?;
    tx.commit().await?;
    let more = tickets.len() > usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX);
    tickets.truncate(usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX));
    let shown = i64::try_from(tickets.len()).unwrap_or(0);
    let rows = tickets.iter().map(|ticket| row(&page, &visit, ticket, &accounts));
    let list = ListPage {
        rows: rows.collect(),
        accounts: accounts.iter().map(choice).collect(),
        standings: Standing::ALL.iter().map(|standing| standing.as_str()).collect(),
        status: standing.as_str(),
        account: account.map(|id| id.to_string()).unwrap_or_default(),
        page: number,
        first: skip + 1,
        last: skip + shown,
        more,
        narrowed: standing != Standing::Open || account.is_some() || number > 1,
    };
    Ok(page.views().render("tickets.html", &visit.frame(&page), &list)?)
}

/// What turns somebody of several customers to one of them.
#[derive(Debug, Deserialize)]
pub(super) struct Turn {
    customer: String,
}

/// `POST /customer`
pub(super) async fn turn_to(
    State(page): State<Page>,
    visit: Visit,
    visitor: CustomerVisitor,
    Posted(turn): Posted<Turn>,
) -> Result<Response, PageError> {
    let may = visitor.seats.iter().any(|seat| seat.customer.id == turn.customer);
    let Some(token) = visit.token().filter(|_| may) else {
        return Err(PageError::NotFound);
    };
    let mut tx = page.pipeline().database.begin().await?;
    sessions::set_session_customer(&mut tx, &Pipeline::token_hash(token), &turn.customer).await?;
    tx.commit().await?;
    Ok(Redirect::to("/tickets").into_response())
}

impl CustomerVisitor {
    /// The visitor as the store asks for one.
    pub(super) fn reader(&self) -> Reader {
        Reader {
            customer_id: self.seat.customer.id.clone(),
            scope: self.seat.scope.clone(),
            address: self.address.clone(),
        }
    }
}

/// The customer's accounts that the visitor may see.
pub(super) async fn accounts_of(tx: &mut Tx, visitor: &CustomerVisitor) -> Result<Vec<Account>, StoreError> {
    let mut accounts = registry::list_accounts_of(tx, &visitor.seat.customer.id).await?;
    accounts.retain(|account| visitor.seat.scope.includes(account.account_id));
    Ok(accounts)
}

/// An account for people to read.
pub(super) fn choice(account: &Account) -> AccountChoice {
    AccountChoice {
        label: account.label.clone(),
        ..bare_choice(account.account_id)
    }
}

fn bare_choice(id: AccountId) -> AccountChoice {
    let id = id.to_string();
    let digits: Vec<char> = id.chars().collect();
    AccountChoice {
        parts: digits.chunks(4).map(|part| part.iter().collect()).collect(),
        id,
        label: String::new(),
    }
}

/// The account of a ticket, named as far as the visitor knows it.
pub(super) fn account_of(ticket: &CustomerTicket, accounts: &[Account]) -> Option<AccountChoice> {
    let id = ticket.account_id?;
    let known = accounts.iter().find(|account| account.account_id == id);
    Some(known.map_or_else(|| bare_choice(id), choice))
}

fn row(page: &Page, visit: &Visit, ticket: &CustomerTicket, accounts: &[Account]) -> TicketRow {
    let pipeline = page.pipeline();
    TicketRow {
        number: ticket.number.with_prefix(&pipeline.policy().number_prefix),
        subject: ticket.subject.clone(),
        status: ticket.status,
        account: account_of(ticket, accounts),
        updated: Time::of(ticket.updated_at, pipeline.clock.now(), visit.language()),
    }
}
