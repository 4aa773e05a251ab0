//! The registry: which organisations, contacts, accounts and staff there are. Types and the CSV form;
//! the rows live in `store`. It must not look at mail.

mod account_id;
mod customer;
mod export;
mod files;
mod rows;
mod staff;

pub use account_id::{AccountId, InvalidAccountId};
pub use customer::{Account, AccountScope, AnswerMode, Contact, Customer, Reach};
pub use files::{FileError, Registry, Table};
pub use staff::{Role, StaffMember};
