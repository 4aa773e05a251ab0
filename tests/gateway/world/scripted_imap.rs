//! An IMAP server on a free loopback port that answers by a script.
