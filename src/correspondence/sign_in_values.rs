//! Values of the letter with a sign-in link, and samples of them. Comes in: a language. Goes out: values. The
//! link in a sample is invented and opens nothing.

use serde::Serialize;

use super::samples::either;
use crate::inquiry::notification_mark;
use crate::ticket::Language;

/// Values of the letter with a sign-in link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInValues {
    /// The line that marks it as internal, to staff.
    pub mark: Option<String>,
    /// Its first line.
    pub salutation: String,
    /// The desk's name.
    pub desk_name: String,
    /// The link.
    pub link: String,
    /// Minutes it counts.
    pub minutes: i64,
    /// The desk's signature.
    pub signature: String,
}

/// To a member of the desk, and to a customer.
pub(super) fn sign_in(language: Language) -> Vec<SignInValues> {
    let desk = || either(language, "AWSサポート窓口", "AWS Support Desk");
    let staff = SignInValues {
        mark: Some(notification_mark(language).to_owned()),
        salutation: either(language, "田中 さん", "Dear Tanaka,"),
        desk_name: desk(),
        link: "https://support.desk.example/sign-in/IJQXG5BAMV4GC3LQNRSQIJQXG5BAMV4GC3LQNRSQ".to_owned(),
        minutes: 15,
        signature: desk(),
    };
    let customer = SignInValues {
        mark: None,
        salutation: either(language, "株式会社サンプル\n佐藤 様", "Dear J. Smith,"),
        ..staff.clone()
    };
    vec![staff, customer]
}
