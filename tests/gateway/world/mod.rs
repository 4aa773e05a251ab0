//! The world around the gateway: servers that misbehave on command, all on loopback.

pub(crate) mod proxy;
pub(crate) mod scripted_imap;
pub(crate) mod scripted_smtp;
pub(crate) mod tls_front;
pub(crate) mod worn_line;

use std::time::Duration;

/// How long anything that must happen may take before a story fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
