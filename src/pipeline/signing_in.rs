//! Who an address is on the page, and the way in: a link by mail. Comes in: an address that somebody typed, or
//! a link's token. Goes out: a letter to the registered address, or whom the token lets in. It must not tell
//! whoever typed an address whether anybody is registered under it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::letters::{Letters, Outgoing};
use super::{Pipeline, PipelineError};
use crate::calendar::to_jst;
use crate::correspondence::letter::salutation;
use crate::correspondence::{Automation, Draft, SignInValues};
use crate::mail::EmailAddress;
use crate::registry::{AccountScope, Customer, Reach, StaffMember};
use crate::store::outbox::Purpose;
use crate::store::sessions::{self, SignInLink, TokenHash};
use crate::store::{StoreError, Tx, registry};
use crate::ticket::Language;

/// Minutes a link counts (SPEC §16).
const LINK_MINUTES: i64 = 15;

/// Links an address is sent within that time: enough for somebody who is impatient, too few to flood a mailbox.
const LINKS_AT_ONCE: i64 = 3;

/// Somebody who may use the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagePerson {
    /// A member of the desk.
    Staff(StaffMember),
    /// Somebody of a customer, or of several.
    Customer {
        /// Their name from the registry; empty where unknown.
        name: String,
        /// For whom they may read; never empty.
        seats: Vec<Seat>,
    },
}

/// What somebody may read of one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The customer.
    pub customer: Customer,
    /// The accounts.
    pub scope: AccountScope,
    /// The language the person is written to in.
    pub language: Language,
}

/// What somebody asked for who wants to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRequest {
    /// The address as it was typed.
    pub address: EmailAddress,
    /// The page they wanted, a path of the page itself.
    pub returns_to: String,
}

impl Pipeline {
    /// The hash under which a token of the page is kept.
    pub fn token_hash(token: &str) -> TokenHash {
        TokenHash(BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes())))
    }

    /// A token that nobody can guess.
    pub fn fresh_token(&self) -> String {
        BASE64URL_NOPAD.encode(&self.clock.fresh_secret())
    }

    /// Who an address is today: an enabled member of the desk, else a listed contact who may use the page.
    /// Whoever only shares a domain with a customer is nobody (SPEC §1).
    pub async fn find_page_person(
        &self,
        tx: &mut Tx,
        address: &EmailAddress,
    ) -> Result<Option<PagePerson>, StoreError> {
        let staff = registry::list_staff(tx).await?;
        let mut enabled = staff.into_iter().filter(StaffMember::is_enabled);
        if let Some(member) = enabled.find(|member| member.addresses.contains(address)) {
            return Ok(Some(PagePerson::Staff(member)));
        }
        let today = to_jst(self.clock.now()).date_naive();
        let (name, seats) = seats_of(tx, address, today).await?;
        Ok((!seats.is_empty()).then_some(PagePerson::Customer { name, seats }))
    }

    /// Writes the letter with a link if the address may sign in; says whether it did.
    pub async fn send_sign_in_link(&self, request: &SignInRequest) -> Result<bool, PipelineError> {
        let Some(page) = &self.settings.page_url else {
            return Ok(false);
        };
        let now = self.clock.now();
        let since = now - TimeDelta::minutes(LINK_MINUTES);
        let mut tx = self.database.begin().await?;
        let Some(person) = self.find_page_person(&mut tx, &request.address).await? else {
            return Ok(false);
        };
        if sessions::count_links(&mut tx, &request.address, since).await? >= LINKS_AT_ONCE {
            tracing::warn!("a further sign-in link was asked for and not sent: enough are under way");
            return Ok(false);
        }
        let token = self.fresh_token();
        let link = SignInLink {
            hash: Self::token_hash(&token),
            address: registered(&person, &request.address),
            returns_to: request.returns_to.clone(),
            created_at: now,
            ends_at: now + TimeDelta::minutes(LINK_MINUTES),
        };
        sessions::insert_link(&mut tx, &link).await?;
        let letters = self.letters(&[]);
        let url = format!("{}/sign-in/{token}", page.trim_end_matches('/'));
        let draft = self.sign_in_draft(&letters, &person, &link.address, url)?;
        let outgoing = Outgoing {
            purpose: Purpose::SignIn,
            ticket: None,
            mail: None,
            draft,
            recipients: std::slice::from_ref(&link.address),
            due_at: now,
        };
        letters.queue(&mut tx, outgoing).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets what has ended.
    pub async fn forget_sessions(&self, seen_before: DateTime<Utc>) -> Result<(), PipelineError> {
        let mut tx = self.database.begin().await?;
        sessions::delete_ended(&mut tx, seen_before).await?;
        Ok(tx.commit().await?)
    }

    fn sign_in_draft(
        &self,
        letters: &Letters<'_>,
        person: &PagePerson,
        address: &EmailAddress,
        link: String,
    ) -> Result<Draft, PipelineError> {
        let (language, name) = match person {
            PagePerson::Staff(member) => (self.settings.staff_language, member.name.as_str()),
            PagePerson::Customer { name, seats } => (
                seats.first().map_or(Language::Japanese, |seat| seat.language),
                name.as_str(),
            ),
        };
        let values = SignInValues {
            mark: matches!(person, PagePerson::Staff(_)).then(|| letters.mark()),
            salutation: greeting(person, language),
            desk_name: self.settings.desk_names.text(language).to_owned(),
            link,
            minutes: LINK_MINUTES,
            signature: self.settings.signatures.text(language).to_owned(),
        };
        Ok(Draft {
            from_name: self.settings.desk_names.text(language).to_owned(),
            from: self.policy().contact.clone(),
            to: vec![(
                Some(name.to_owned()).filter(|name| !name.is_empty()),
                address.clone(),
            )],
            cc: Vec::new(),
            answer_mark: None,
            reply_to: None,
            subject: self.templates.render(language, "sign-in.subject", &values)?,
            text: self.templates.render(language, "sign-in.txt", &values)?,
            in_reply_to: None,
            references: Vec::new(),
            automation: Automation::Generated,
            loop_mark: self.keys.loop_mark(),
            enclosures: Vec::new(),
        })
    }
}

/// The seats of an address, with the person's name.
async fn seats_of(
    tx: &mut Tx,
    address: &EmailAddress,
    today: NaiveDate,
) -> Result<(String, Vec<Seat>), StoreError> {
    let (mut name, mut seats) = (String::new(), Vec::new());
    for contact in registry::find_contacts(tx, address).await? {
        let is_person = matches!(contact.reach, Reach::Address(_));
        if !is_person || !contact.web || !contact.is_valid_on(today) {
            continue;
        }
        let Some(customer) = registry::find_customer(tx, &contact.customer_id).await? else {
            continue;
        };
        if name.is_empty() {
            name = contact.person_name;
        }
        seats.push(Seat {
            language: contact.language.unwrap_or(customer.language),
            customer,
            scope: contact.account_scope,
        });
    }
    Ok((name, seats))
}

/// The address as the registry has it: what somebody typed only looks it up.
fn registered(person: &PagePerson, typed: &EmailAddress) -> EmailAddress {
    let of_staff = match person {
        PagePerson::Staff(member) => member.addresses.iter().find(|address| *address == typed),
        PagePerson::Customer { .. } => None,
    };
    of_staff
        .cloned()
        .or_else(|| EmailAddress::parse(typed.folded()).ok())
        .unwrap_or_else(|| typed.clone())
}

fn greeting(person: &PagePerson, language: Language) -> String {
    match (person, language) {
        (PagePerson::Staff(member), Language::Japanese) => format!("{} さん", member.name),
        (PagePerson::Staff(member), Language::English) => format!("Dear {},", member.name),
        (PagePerson::Customer { name, seats }, language) => {
            salutation(language, seats.first().map(|seat| &seat.customer), name)
        }
    }
}
