//! Who wrote a mail and to whom, as its header says. Comes in: the fields. Goes out: mailboxes, and an author
//! only where every reader must find the same one.

use super::address::{EmailAddress, Mailbox};
use super::address_list::{self, AddressList};
use super::fields::{self, RawField};
use super::message::{Author, Problem, ReturnPath};
use super::words;

/// Reads From (RFC 5322 §3.6.2). `shifted` says that the first field of the mail started with a space: some
/// readers take it for the end of a line before, so a From there is in doubt.
pub(super) fn author(fields: &[RawField], shifted: bool) -> Author {
    let values: Vec<&str> = fields::all(fields, "From").collect();
    let lists: Vec<AddressList> = values.iter().map(|value| address_list::parse(value)).collect();
    let doubt = lists
        .iter()
        .find_map(|list| list.doubt)
        .or_else(|| hidden_by_escapes(fields, &lists));
    let mut seen: Vec<Mailbox> = lists.into_iter().flat_map(|list| list.mailboxes).collect();
    let first_is_from = fields
        .first()
        .is_some_and(|f| f.name.eq_ignore_ascii_case("From"));
    if values.len() > 1 {
        return Author::Ambiguous {
            why: "several-from-fields",
            seen,
        };
    }
    if let Some(why) = doubt.filter(|_| !seen.is_empty()) {
        return Author::Ambiguous { why, seen };
    }
    if shifted && first_is_from {
        return Author::Ambiguous {
            why: "from-after-space",
            seen,
        };
    }
    if seen.len() > 1 {
        return Author::Ambiguous {
            why: "several-mailboxes",
            seen,
        };
    }
    match seen.pop() {
        Some(mailbox) => Author::One(mailbox),
        None => encoded_author(values.first().copied().unwrap_or_default()),
    }
}

/// Escape sequences can hide an address from one reader and show it to another.
fn hidden_by_escapes(fields: &[RawField], lists: &[AddressList]) -> Option<&'static str> {
    let shown = lists
        .iter()
        .flat_map(|list| &list.mailboxes)
        .map(|mailbox| &mailbox.address);
    let from = fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("From"));
    let others: Vec<AddressList> = from
        .filter_map(|field| field.with_escapes.as_deref())
        .map(address_list::parse)
        .collect();
    let seen = others
        .iter()
        .flat_map(|list| &list.mailboxes)
        .map(|mailbox| &mailbox.address);
    (!others.is_empty() && !shown.eq(seen)).then_some("escape-sequences-hide-an-address")
}

/// Broken mailers encode the whole field. What comes out is shown, never believed.
fn encoded_author(value: &str) -> Author {
    if !value.contains("=?") {
        return Author::Missing;
    }
    let seen = address_list::parse(&words::decode(value)).mailboxes;
    if seen.is_empty() {
        Author::Missing
    } else {
        Author::Ambiguous {
            why: "address-in-encoded-word",
            seen,
        }
    }
}

/// Every mailbox of all fields of that name.
pub(super) fn mailboxes(fields: &[RawField], name: &str) -> Vec<Mailbox> {
    fields::all(fields, name)
        .flat_map(|value| address_list::parse(value).mailboxes)
        .collect()
}

/// Sender, where it names exactly one mailbox.
pub(super) fn sender(fields: &[RawField]) -> Option<Mailbox> {
    let mut all = mailboxes(fields, "Sender");
    if all.len() == 1 { all.pop() } else { None }
}

/// Where mail servers say the mail went.
pub(super) fn delivered_to(fields: &[RawField]) -> Vec<EmailAddress> {
    let names = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"];
    let mut found: Vec<EmailAddress> = Vec::new();
    for mailbox in names.iter().flat_map(|name| mailboxes(fields, name)) {
        if !found.contains(&mailbox.address) {
            found.push(mailbox.address);
        }
    }
    found
}

/// Return-Path as the last server wrote it: the topmost one.
pub(super) fn return_path(fields: &[RawField]) -> ReturnPath {
    let Some(value) = fields::first(fields, "Return-Path") else {
        return ReturnPath::Absent;
    };
    let bare: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    if bare == "<>" || bare.eq_ignore_ascii_case("<MAILER-DAEMON>") {
        return ReturnPath::Null;
    }
    let address = address_list::parse(value).mailboxes.into_iter().next();
    address.map_or(ReturnPath::Absent, |mailbox| ReturnPath::Address(mailbox.address))
}

/// Fields that must stand once and stand more often (RFC 5322 §3.6).
pub(super) fn repeated(fields: &[RawField]) -> Vec<Problem> {
    let once = [
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Date",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    once.iter()
        .filter(|name| fields::all(fields, name).count() > 1)
        .map(|name| Problem::new("header-repeated", *name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(header: &str) -> &'static str {
        match author(&fields::split(header.as_bytes()), false) {
            Author::Ambiguous { why, .. } => why,
            Author::One(_) => "one",
            Author::Missing => "missing",
        }
    }

    #[test]
    fn an_author_is_one_only_where_all_readers_agree() {
        assert_eq!(why("From: 佐藤 <a@a.example>\n"), "one");
        assert_eq!(
            why("From: a@a.example\nFrom : b@b.example\n"),
            "several-from-fields"
        );
        assert_eq!(why("From: a@a.example, b@b.example\n"), "several-mailboxes");
        assert_eq!(why("From: x: a@a.example;\n"), "group");
        assert_eq!(why("From: <a@a.example><b@b.example>\n"), "two-angle-addresses");
        assert_eq!(
            why("From: \x1b$B<b@b.example>\x1b(B <a@a.example>\n"),
            "escape-sequences-hide-an-address"
        );
        assert_eq!(why("From: \x1b$B@DLZ\x1b(B <a@a.example>\n"), "one");
        assert_eq!(
            why("From: =?UTF-8?B?PGFAYS5leGFtcGxlPg==?=\n"),
            "address-in-encoded-word"
        );
        assert_eq!(why("To: a@a.example\n"), "missing");
    }

    #[test]
    fn the_null_return_path_is_told_from_none() {
        let path = |header: &str| return_path(&fields::split(header.as_bytes()));
        assert_eq!(path("Return-Path: <>\n"), ReturnPath::Null);
        assert_eq!(path("X: y\n"), ReturnPath::Absent);
        assert!(matches!(
            path("Return-Path: <a@a.example>\n"),
            ReturnPath::Address(_)
        ));
    }
}
