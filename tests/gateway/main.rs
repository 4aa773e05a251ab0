//! The gateway's stories; this list is their table of contents.

mod replies;
