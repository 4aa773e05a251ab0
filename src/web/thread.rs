//! One inquiry as its customer sees it. Comes in: a number, and a reply. Goes out: the thread; the reply as a mail of
//! its author. A number that does not exist and one of somebody else's are answered alike.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::PageError;
use super::page::Page;
use super::paper::{self, Block};
use super::posted::{Nothing, Posted};
use super::tickets::{AccountChoice, account_of, accounts_of};
use super::times::Time;
use super::visit::{CustomerVisitor, Visit};
use crate::inquiry::redaction::redacted;
use crate::mail::EmailAddress;
use crate::pipeline::{Post, Posting};
use crate::registry::{Account, AccountId, Reach};
use crate::store::customer_pages::{CustomerPost, CustomerTicket, find_visible, list_posts};
use crate::store::{StoreError, Tx, registry, tickets};
use crate::ticket::{Desk, TicketNumber, TicketStatus};

/// Longest reply, in characters; a longer one is a file.
const LONGEST_REPLY: usize = 60_000;

/// What has just been done, from the address.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    told: String,
}

/// The reply's fields.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    text: String,
    form: Uuid,
}

#[derive(Debug, Serialize)]
struct TicketPage {
    number: String,
    subject: String,
    status: TicketStatus,
    desk: Desk,
    account: Option<AccountChoice>,
    opened: Time,
    posts: Vec<PostView>,
    /// What has just been done; empty for nothing.
    told: &'static str,
    /// The text that could not be sent, and why: empty where nothing is wrong.
    text: String,
    wrong: &'static str,
    form: String,
}

/// A post of a thread. There is no room in it for anything but the customer's words and the desk's answers.
#[derive(Debug, Serialize)]
struct PostView {
    id: String,
    from_customer: bool,
    who: String,
    at: Time,
    /// Empty where only the mail has the answer.
    blocks: Vec<Block>,
}

/// What a reply was that is given back.
#[derive(Debug, Default)]
struct Returned {
    text: String,
    wrong: &'static str,
    form: Option<Uuid>,
}

/// `GET /tickets/{number}`
pub(super) async fn show_ticket(
    State(page): State<Page>,
    visit: Visit,
    visitor: CustomerVisitor,
    Path(number): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, PageError> {
    let mut tx = page.pipeline().database.read().await?;
    let ticket = find(&page, &mut tx, &visitor, &number).await?;
    drop(tx);
    let told = ["posted", "solved", "kept", "opened"]
        .into_iter()
        .find(|known| *known == told.told)
        .unwrap_or_default();
    show(&page, (&visit, &visitor), &ticket, told, Returned::default()).await
}

/// `POST /tickets/{number}/reply`
pub(super) async fn post_reply(
    State(page): State<Page>,
    visit: Visit,
    visitor: CustomerVisitor,
    Path(number): Path<String>,
    Posted(reply): Posted<Reply>,
) -> Result<Response, PageError> {
    let mut tx = page.pipeline().database.read().await?;
    let ticket = find(&page, &mut tx, &visitor, &number).await?;
    drop(tx);
    let wrong = match reply.text.chars().count() {
        _ if reply.text.trim().is_empty() => "empty",
        length if length > LONGEST_REPLY => "too_long",
        _ => "",
    };
    if !wrong.is_empty() {
        let returned = Returned {
            text: reply.text,
            wrong,
            form: Some(reply.form),
        };
        let mut response = show(&page, (&visit, &visitor), &ticket, "", returned).await?;
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let post = Post {
        ticket: ticket.id,
        author: visitor.address.clone(),
        name: visitor.name.clone(),
        text: reply.text,
        form: reply.form,
    };
    let posting = Box::pin(page.pipeline().post_reply(&post)).await?;
    page.has_mail_to_send();
    let prefix = page.pipeline().policy().number_prefix.clone();
    let path = match posting {
        Posting::Joined => format!("{}?told=posted", path_of(ticket.number, &prefix)),
        Posting::Kept => format!("{}?told=kept", path_of(ticket.number, &prefix)),
        Posting::Opened(id) => {
            let mut tx = page.pipeline().database.read().await?;
            let opened = tickets::find_ticket(&mut tx, id).await?;
            let number = opened.map_or(ticket.number, |opened| opened.number);
            format!("{}?told=opened", path_of(number, &prefix))
        }
    };
    Ok(Redirect::to(&path).into_response())
}

/// `POST /tickets/{number}/solved`
pub(super) async fn mark_solved(
    State(page): State<Page>,
    visitor: CustomerVisitor,
    Path(number): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, PageError> {
    let mut tx = page.pipeline().database.read().await?;
    let ticket = find(&page, &mut tx, &visitor, &number).await?;
    drop(tx);
    page.pipeline().mark_solved(ticket.id, &visitor.address).await?;
    page.has_mail_to_send();
    let path = path_of(ticket.number, &page.pipeline().policy().number_prefix);
    Ok(Redirect::to(&format!("{path}?told=solved")).into_response())
}

fn path_of(number: TicketNumber, prefix: &str) -> String {
    format!("/tickets/{}", number.with_prefix(prefix))
}

/// The ticket, if the visitor may see it.
async fn find(
    page: &Page,
    tx: &mut Tx,
    visitor: &CustomerVisitor,
    number: &str,
) -> Result<CustomerTicket, PageError> {
    let prefix = page.pipeline().policy().number_prefix.clone();
    let number = TicketNumber::parse(number, &prefix).ok_or(PageError::NotFound)?;
    let found = find_visible(tx, &visitor.reader(), number).await?;
    found.ok_or(PageError::NotFound)
}

async fn show(
    page: &Page,
    (visit, visitor): (&Visit, &CustomerVisitor),
    ticket: &CustomerTicket,
    told: &'static str,
    returned: Returned,
) -> Result<Response, PageError> {
    let pipeline = page.pipeline();
    let now = pipeline.clock.now();
    let mut tx = pipeline.database.read().await?;
    let posts = list_posts(&mut tx, ticket, now).await?;
    let accounts = accounts_of(&mut tx, visitor).await?;
    let own = registry::list_accounts_of(&mut tx, &visitor.seat.customer.id).await?;
    let own: Vec<AccountId> = own.iter().map(|account: &Account| account.account_id).collect();
    let mut views = Vec::with_capacity(posts.len());
    for post in posts {
        views.push(view(&mut tx, (page, visit), visitor, (&own, post)).await?);
    }
    tx.commit().await?;
    let form = returned.form.unwrap_or_else(|| pipeline.clock.fresh_id());
    let shown = TicketPage {
        number: ticket.number.with_prefix(&pipeline.policy().number_prefix),
        subject: ticket.subject.clone(),
        status: ticket.status,
        desk: ticket.desk,
        account: account_of(ticket, &accounts),
        opened: Time::of(ticket.opened_at, now, visit.language()),
        posts: views,
        told,
        text: returned.text,
        wrong: returned.wrong,
        form: form.to_string(),
    };
    Ok(page.views().render("ticket.html", &visit.frame(page), &shown)?)
}

async fn view(
    tx: &mut Tx,
    (page, visit): (&Page, &Visit),
    visitor: &CustomerVisitor,
    (own, post): (&[AccountId], CustomerPost),
) -> Result<PostView, StoreError> {
    let now = page.pipeline().clock.now();
    let time = |at| Time::of(at, now, visit.language());
    Ok(match post {
        CustomerPost::Asked {
            id, author, text, at, ..
        } => PostView {
            id: id.simple().to_string(),
            from_customer: true,
            who: name_of(tx, visitor, &author).await?,
            at: time(at),
            // A colleague reads it too: nothing that must not leave is shown again.
            blocks: paper::set(&redacted(&text, own)),
        },
        CustomerPost::Answered { id, text, at } => PostView {
            id: id.simple().to_string(),
            from_customer: false,
            who: String::new(),
            at: time(at),
            blocks: text.map(|text| paper::set(&text)).unwrap_or_default(),
        },
    })
}

/// The name of somebody of this customer from the registry, else their address.
async fn name_of(tx: &mut Tx, visitor: &CustomerVisitor, author: &str) -> Result<String, StoreError> {
    let Ok(address) = EmailAddress::parse(author) else {
        return Ok(author.to_owned());
    };
    let contacts = registry::find_contacts(tx, &address).await?;
    let of_customer = contacts.into_iter().find(|contact| {
        contact.customer_id == visitor.seat.customer.id && matches!(contact.reach, Reach::Address(_))
    });
    let name = of_customer.map(|contact| contact.person_name);
    Ok(name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| author.to_owned()))
}
