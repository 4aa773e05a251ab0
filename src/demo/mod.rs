//! Stage: real servers on loopback for the demo and the tests.
//!
//! In come options (a password, the demo's domains); out come running servers, each in a temporary folder and on
//! ports of its own. Nothing here reads or changes the system's own configuration, and every server ends with the
//! value that stands for it, or with the process that started it, however that process ended.
//!
//! Starting and stopping block the calling thread for some tenths of a second: the callers are the demo and the
//! tests, which have nothing else to do meanwhile.

pub mod account;
pub mod dovecot;
mod dovecot_config;
pub mod leash;
pub mod maildir;
pub mod ports;
pub mod postfix;
mod postfix_config;
pub mod postgres;
pub mod process;
