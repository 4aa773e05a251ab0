//! The gateway's stories and tables; the list of modules is the table of contents.

mod reading;
