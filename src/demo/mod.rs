//! The demo: the main job played on real servers, on loopback, from nothing. The servers' starters are used
//! by the tests too. Nothing here touches the system's own Dovecot, Postfix or PostgreSQL.

mod dovecot;
mod leash;
mod mailbox;
mod play;
mod postfix;
mod postgres;
mod process;
mod stage;

pub use dovecot::{Dovecot, TokenLogin};
pub use mailbox::{Letter, Outgoing};
pub use play::play;
pub use postfix::{Postfix, PostfixOptions};
pub use postgres::PrivateCluster;
pub use process::free_port;
