//! The registry: which organisations, contacts, accounts and staff there are. Types and the CSV form;
//! the rows live in `store`. It must not look at mail.

mod account_id;

pub use account_id::{AccountId, InvalidAccountId};
