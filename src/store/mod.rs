//! Stage: keep. Comes in: values and a transaction. Goes out: rows and what was found. One file a table
//! family, every function on both databases. It must not know a rule of the desk.

pub mod authority;
pub mod budgets;
pub mod clocks;
pub mod corrections;
pub mod customer_pages;
mod database;
pub mod delivery_reports;
mod error;
pub mod findings;
pub mod held;
pub mod identity;
pub mod leases;
pub mod mailboxes;
pub mod mails;
pub mod messages;
mod migrating;
mod migrations;
pub mod outages;
pub mod outbox;
pub mod outbox_control;
pub mod processes;
pub mod proposals;
mod purpose;
pub mod quarantine;
pub mod quiet;
pub mod reconciling;
pub mod registry;
mod registry_rows;
mod remembered;
mod rows;
mod session;
pub mod sessions;
mod space;
pub mod threads;
pub mod tickets;
pub mod told;
pub mod untold;

pub use database::{Database, Tx};
pub use error::StoreError;
