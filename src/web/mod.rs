//! Stage: web, the support page (SPEC §16). Comes in: requests of browsers, behind a proxy that speaks TLS. Goes
//! out: pages, and what people do there as the same operations that mail causes, in the pipeline. It must not
//! decide anything itself, write a row of a ticket, or show anything that was not asked for by what the visitor
//! may see.
//!
//! A request passes the rooms of this stage in this order: `server` (connections and time limits) → `router`
//! → `attending` (who asks, may they post, how the answer is dressed) → a handler → `views` (templates).

mod assets;
mod attending;
mod cookies;
mod desk;
mod error;
mod health;
mod limits;
mod links;
mod page;
mod paper;
mod posted;
mod router;
mod server;
mod sign_in;
mod thread;
mod tickets;
mod times;
#[cfg(test)]
mod tokens_test;
mod views;
mod visit;
mod words;

pub use links::LinkSender;
pub use page::Page;
pub use server::serve;
