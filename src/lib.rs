//! Madoguchi (窓口): the mail-driven inquiry desk of an AWS reseller in Japan.
//!
//! # The way of one mail through the house
//!
//! A customer's mail lies in the contact mailbox. Each step names the room it happens in.
//!
//! 1. **It comes in.** [`inbound::Poller`] lists the mailbox (IDLE is only a hint), compares it with the ledger
//!    and fetches what is new. [`pipeline::Pipeline::keep`] commits the raw bytes with their first attempt
//!    counted, before anything has read them.
//! 2. **It is read.** [`mail::parse::parse_mail`] makes a typed [`mail::InboundMessage`] of the bytes: headers,
//!    text, what was newly written ([`mail::reply`]), attachments, and whether it is a report of a machine
//!    ([`mail::bounce`]). What cannot be read lies in quarantine with its bytes.
//! 3. **Who wrote it?** Where the pinned border has said nothing, [`authentication::Trust::check`] verifies DKIM
//!    and DMARC on the raw bytes, before any transaction. [`authentication::authenticate`] makes one verdict of
//!    that, the border's word and the reply token; nothing is trusted that it does not name.
//! 4. **What is known?** [`inquiry::Situation`]: contacts, staff, tickets the mail may belong to, budgets,
//!    gathered in the transaction that will write the decision.
//! 5. **What is to be done?** [`inquiry::decide`]: pure, total, always with a reason. Person or machine
//!    ([`inquiry::screening`]), staff or customer, which ticket ([`inquiry::thread`]), which account
//!    ([`inquiry::account_ids`]), what about ([`inquiry::classification`]), by when
//!    ([`inquiry::response_clock`]).
//! 6. **It is written down.** [`pipeline`] turns the [`inquiry::Decision`] into rows of [`store`]: ticket,
//!    message, events, and in the [`store::outbox`] the mails it causes, composed to their final bytes by
//!    [`correspondence`]. One transaction holds it all, with the mail's one outcome.
//! 7. **It is filed.** Only then the poller moves the mail to `Processed` or `Quarantine`.
//! 8. **Answers go out.** [`outbound::Dispatcher`] claims due rows, speaks SMTP phase by phase, and records
//!    what became of each attempt ([`outbound::judge`]).
//!
//! What no mail causes but the passing of time — reminders, calls, closings — is done by
//! [`pipeline::Timekeeper`], ticket by ticket, when a ticket's clock has to be looked at.
//!
//! [`app`] wires the stages and runs their loops, [`cli`] is the command line, [`demo`] plays the story on
//! real servers. [`oauth`] gets access tokens where mail servers take no password. Time and fresh ids come from [`clock`] alone, settings from [`config`] alone.
//!
//! # A ticket's status
//!
//! ```text
//!            ┌─────────────┐ account arrives ┌─────┐   answer relayed   ┌──────────┐
//!  no ID ──▶ │awaiting-    │ ──────────────▶ │ new │ ─────────────────▶ │ answered │
//!            │account      │                 └─────┘                    └──────────┘
//!            └─────────────┘    customer writes ┌──────┐ ◀──────────────────┘  ▲
//!                               ──────────────▶ │ open │ ── answer relayed ────┘
//!  #pending: pending-customer ─ customer writes ▶└──────┘ ◀─ customer writes ── closed ◀─ #close
//! ```
//!
//! A pending-customer ticket is repeated to the customer after five business days and closed after ten, with a
//! letter; an answered one is closed after ten, in silence. Time while the desk waits for the customer or for
//! AWS does not count against its targets.
//!
//! # An outgoing mail's state
//!
//! ```text
//!  queued ─ claimed ─▶ sending ─ 250 ─▶ sent
//!                        │  ├─ 4xx, no line ─▶ deferred ─ due again ─▶ sending   (five days, then failed)
//!                        │  └─ lost after the dot, once ─▶ deferred (15 minutes) ─ lost again ─▶ unknown
//!                        └─ 5xx ─▶ failed
//! ```

pub mod app;
pub mod authentication;
pub mod billing;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod correspondence;
pub mod demo;
pub mod failpoints;
pub mod inbound;
pub mod inquiry;
pub mod mail;
pub mod oauth;
pub mod outbound;
pub mod pipeline;
pub mod registry;
pub mod slug;
pub mod store;
pub mod ticket;
pub mod tls;
pub mod web;
