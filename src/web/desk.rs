//! The desk's first page: as whom a member is signed in, and for which desks. Comes in: a member of the desk. Goes
//! out: the page; for everybody else it is not there.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::attending::to_sign_in;
use super::error::PageError;
use super::page::Page;
use super::visit::{Visit, Visitor};
use crate::registry::Role;
use crate::ticket::Desk;

#[derive(Debug, Serialize)]
struct DeskPage {
    name: String,
    desks: Vec<Desk>,
    role: Role,
}

/// `GET /desk`
pub(super) async fn show_desk(
    State(page): State<Page>,
    visit: Visit,
    uri: Uri,
) -> Result<Response, PageError> {
    let member = match visit.visitor() {
        Visitor::Staff(member) => member,
        Visitor::Customer(_) => return Err(PageError::NotFound),
        Visitor::Nobody => return Ok(to_sign_in(&uri).into_response()),
    };
    let desks = Desk::ALL.iter().copied().filter(|desk| member.serves(*desk));
    let shown = DeskPage {
        name: member.name.clone(),
        desks: desks.collect(),
        role: member.role,
    };
    Ok(page.views().render("desk.html", &visit.frame(&page), &shown)?)
}
