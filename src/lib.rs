//! Madoguchi (窓口): the mail-driven inquiry desk of an AWS reseller in Japan.

pub mod app;
pub mod authentication;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
mod config_keys;
pub mod correspondence;
pub mod demo;
pub mod inbound;
pub mod inquiry;
pub mod mail;
pub mod outbound;
pub mod pipeline;
pub mod registry;
pub mod slug;
pub mod store;
pub mod ticket;
pub mod tls;
