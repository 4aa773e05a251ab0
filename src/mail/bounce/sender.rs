//! Who sends reports without the standard's structure. Comes in: a mail. Goes out: whether a mail system
//! wrote it. A null Return-Path alone says too little: out-of-office answers have one.

use super::{ReportSource, narrative};

/// Local parts of mail systems.
const MAIL_SYSTEMS: [&str; 7] = [
    "mailer-daemon",
    "postmaster",
    "mail-daemon",
    "maildaemon",
    "mailsystem",
    "mail-system",
    "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e",
];

/// Whether the mail was written by a mail system and not by a person.
pub(super) fn is_mail_system(source: &ReportSource<'_>) -> bool {
    if source.header("X-Failed-Recipients").is_some() {
        return true;
    }
    let return_path = source.header("Return-Path").map(str::trim);
    let is_null = return_path == Some("<>");
    let is_daemon = source.from.is_some_and(|from| {
        MAIL_SYSTEMS
            .iter()
            .any(|name| from.local_part().eq_ignore_ascii_case(name))
    });
    // A person behind postmaster@ writes with an ordinary envelope sender.
    let person_like =
        return_path.is_some_and(|path| !is_null && !path.to_ascii_lowercase().contains("daemon"));
    if is_null && (narrative::has_failure_subject(source.subject) || is_nobodys(source)) {
        return true;
    }
    is_daemon && !person_like
}

/// KDDI's reports come from an address that nobody reads.
fn is_nobodys(source: &ReportSource<'_>) -> bool {
    let local = source
        .from
        .map(|from| from.local_part().to_ascii_lowercase())
        .unwrap_or_default();
    (local.starts_with("no-reply") || local.starts_with("noreply")) && narrative::states_failure(source)
}
