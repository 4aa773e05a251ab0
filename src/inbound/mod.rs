//! Stage: mail in over IMAP.
