//! Who asks, in which language and looks. Comes in: a request's head. Goes out: a [`Visit`] that every handler and
//! every error page has. Who an address is, is asked of the registry each time: whoever has left is out at once.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;

use super::attending::to_sign_in;
use super::cookies;
use super::error::PageError;
use super::page::Page;
use super::views::Frame;
use crate::mail::EmailAddress;
use crate::pipeline::{PagePerson, Pipeline, Seat};
use crate::registry::StaffMember;
use crate::store::sessions;
use crate::ticket::Language;

/// Without being seen for so long a session ends.
const IDLE: TimeDelta = TimeDelta::hours(12);

/// After so long it ends whatever happens.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// Being seen is written down this often: not every page should cost a write.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(5);

/// One request's visitor; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Visit(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    language: Language,
    theme: &'static str,
    path: String,
    token: Option<String>,
    visitor: Visitor,
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub(super) enum Visitor {
    /// Not signed in.
    Nobody,
    /// A member of the desk.
    Staff(StaffMember),
    /// Somebody of a customer.
    Customer(CustomerVisitor),
}

/// Somebody of a customer who is signed in.
#[derive(Debug, Clone)]
pub(super) struct CustomerVisitor {
    /// The address they signed in with.
    pub(super) address: EmailAddress,
    /// Their name; empty where unknown.
    pub(super) name: String,
    /// The customer they look at, and what they may see of it.
    pub(super) seat: Seat,
    /// All they may turn to.
    pub(super) seats: Vec<Seat>,
}

impl Visit {
    /// Finds out who asks. `fresh_token`: what an unknown browser is given to tie its forms to.
    pub(super) async fn find(
        page: &Page,
        uri: &Uri,
        headers: &HeaderMap,
        fresh_token: Option<&str>,
    ) -> Result<Self, PageError> {
        let token = cookies::read_token(headers);
        let visitor = match token {
            Some(token) => find_visitor(page, token).await?,
            None => Visitor::Nobody,
        };
        Ok(Self(Arc::new(Facts {
            language: language_of(uri, headers, &visitor),
            theme: theme_of(uri, headers),
            path: uri.path().to_owned(),
            token: token.or(fresh_token).map(ToOwned::to_owned),
            visitor,
        })))
    }

    /// A visit of which nothing could be found out, for the page that says so.
    pub(super) fn unknown(uri: &Uri, headers: &HeaderMap) -> Self {
        Self(Arc::new(Facts {
            language: language_of(uri, headers, &Visitor::Nobody),
            theme: theme_of(uri, headers),
            path: uri.path().to_owned(),
            token: None,
            visitor: Visitor::Nobody,
        }))
    }

    pub(super) fn language(&self) -> Language {
        self.0.language
    }

    pub(super) fn visitor(&self) -> &Visitor {
        &self.0.visitor
    }

    /// The value of the sign-in cookie, or what the browser is given.
    pub(super) fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// What surrounds a page of this visit.
    pub(super) fn frame(&self, page: &Page) -> Frame {
        let (side, person, customer, customers) = match &self.0.visitor {
            Visitor::Nobody => ("nobody", "", "", Vec::new()),
            Visitor::Staff(member) => ("staff", member.name.as_str(), "", Vec::new()),
            Visitor::Customer(visitor) => (
                "customer",
                visitor.name.as_str(),
                visitor.seat.customer.name.as_str(),
                choices(visitor),
            ),
        };
        let pipeline = page.pipeline();
        Frame {
            language: self.0.language,
            theme: self.0.theme,
            path: self.0.path.clone(),
            side,
            person: person.to_owned(),
            customer: customer.to_owned(),
            customers,
            form_token: self.token().map(cookies::form_token).unwrap_or_default(),
            desk_name: pipeline.settings.desk_names.text(self.0.language).to_owned(),
            contact: pipeline.policy().contact.to_string(),
        }
    }
}

/// The customers somebody may turn to, where there are several.
fn choices(visitor: &CustomerVisitor) -> Vec<(String, String)> {
    if visitor.seats.len() < 2 {
        return Vec::new();
    }
    let seats = visitor.seats.iter();
    seats
        .map(|seat| (seat.customer.id.clone(), seat.customer.name.clone()))
        .collect()
}

async fn find_visitor(page: &Page, token: &str) -> Result<Visitor, PageError> {
    let (pipeline, hash) = (page.pipeline(), Pipeline::token_hash(token));
    let now = pipeline.clock.now();
    let mut tx = pipeline.database.read().await?;
    let Some(session) = sessions::find_session(&mut tx, &hash).await? else {
        return Ok(Visitor::Nobody);
    };
    let person = pipeline.find_page_person(&mut tx, &session.address).await?;
    tx.commit().await?;
    let ended = now - session.seen_at > IDLE || now - session.created_at > LONGEST;
    let Some(person) = person.filter(|_| !ended) else {
        let mut tx = pipeline.database.begin().await?;
        sessions::delete_session(&mut tx, &hash).await?;
        tx.commit().await?;
        return Ok(Visitor::Nobody);
    };
    if now - session.seen_at >= SEEN_EVERY {
        let mut tx = pipeline.database.begin().await?;
        sessions::mark_seen(&mut tx, &hash, now).await?;
        tx.commit().await?;
    }
    Ok(match person {
        PagePerson::Staff(member) => Visitor::Staff(member),
        PagePerson::Customer { name, seats } => {
            let chosen = |seat: &&Seat| Some(&seat.customer.id) == session.customer_id.as_ref();
            match seats.iter().find(chosen).or_else(|| seats.first()).cloned() {
                Some(seat) => Visitor::Customer(CustomerVisitor {
                    address: session.address,
                    name,
                    seat,
                    seats,
                }),
                None => Visitor::Nobody,
            }
        }
    })
}

/// A value of the query, as it stands there: only fixed words are looked for.
fn asked<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .next_back()
}

/// The language chosen on the page, else the person's own, else the browser's.
fn language_of(uri: &Uri, headers: &HeaderMap, visitor: &Visitor) -> Language {
    let chosen = asked_language(uri)
        .or_else(|| cookies::read(headers, cookies::LANGUAGE).and_then(|word| word.parse().ok()));
    let own = match visitor {
        Visitor::Customer(visitor) => Some(visitor.seat.language),
        Visitor::Staff(_) | Visitor::Nobody => None,
    };
    let browsers = || {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut tags = accepted.split(',').filter_map(|tag| tag.trim().get(..2));
        tags.find_map(|tag| tag.to_ascii_lowercase().parse().ok())
    };
    chosen.or(own).or_else(browsers).unwrap_or(Language::Japanese)
}

/// The language that the request chooses.
pub(super) fn asked_language(uri: &Uri) -> Option<Language> {
    asked(uri, "language").and_then(|word| word.parse().ok())
}

/// The looks that the request chooses.
pub(super) fn asked_theme(uri: &Uri) -> Option<&'static str> {
    asked(uri, "theme").and_then(known_theme)
}

fn theme_of(uri: &Uri, headers: &HeaderMap) -> &'static str {
    asked_theme(uri)
        .or_else(|| cookies::read(headers, cookies::THEME).and_then(known_theme))
        .unwrap_or("auto")
}

fn known_theme(word: &str) -> Option<&'static str> {
    ["auto", "light", "dark"].into_iter().find(|known| *known == word)
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::NotFound)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CustomerVisitor {
    type Rejection = Response;

    /// Whoever is not signed in is led to sign in, whatever the address; for staff the page is not there.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match parts.extensions.get::<Visit>().map(Visit::visitor) {
            Some(Visitor::Customer(visitor)) => Ok(visitor.clone()),
            Some(Visitor::Staff(_)) => Err(PageError::NotFound.into_response()),
            Some(Visitor::Nobody) | None => Err(to_sign_in(&parts.uri)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_chosen_one_before_the_browsers() {
        let uri = |text: &'static str| Uri::from_static(text);
        let mut headers = HeaderMap::new();
        let said = |headers: &HeaderMap, text| language_of(&uri(text), headers, &Visitor::Nobody);
        assert_eq!(said(&headers, "/"), Language::Japanese);
        headers.insert(
            header::ACCEPT_LANGUAGE,
            "fr, en-GB;q=0.8, ja;q=0.5".parse().unwrap(),
        );
        assert_eq!(said(&headers, "/"), Language::English);
        assert_eq!(said(&headers, "/?language=ja"), Language::Japanese);
        headers.insert(header::COOKIE, "madoguchi-language=ja".parse().unwrap());
        assert_eq!(said(&headers, "/?language=xx"), Language::Japanese);
    }
}
