//! What must hold for every mail the desk sends, in every story (SPEC §5, §12, §14).

use madoguchi::inquiry::{notification_mark, reply_subject};
use madoguchi::mail::{Mailbox, MessageId};
use madoguchi::ticket::Language;

use super::{CONTACT, Letter};

/// The subjects of the mails that name nothing of their cause.
const FIXED: &[&str] = &["お問い合わせを受け付けました", "We have received your message"];

/// Header fields of a mail to an outsider; anything else could tell of the inside.
const KNOWN_FIELDS: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
    "x-auto-response-suppress",
    "x-madoguchi-loop",
];

/// A mail that came to the contact address.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Its subject.
    pub(crate) subject: String,
    /// The same without secrets.
    pub(crate) clear: String,
    /// Its Message-ID with angle brackets.
    pub(crate) id: Option<String>,
}

/// Looks at one sent mail; `staff` are the addresses of the desk's people, `written` the mails that came.
pub(crate) fn check(letter: &Letter, recipient: &str, staff: &[String], written: &[Written]) {
    form(letter);
    if recipient == CONTACT {
        // A mail to ourselves: nobody reads it, and no outsider gets it.
        marked_as_a_machines(letter);
    } else if staff.iter().any(|address| address == recipient) {
        to_staff(letter, recipient);
    } else {
        nothing_inside_gets_out(letter, staff);
        if is_sign_in(letter) {
            return with_a_link(letter, recipient);
        }
        to_outsider(letter, recipient, written);
    }
}

/// A letter that somebody asked for on the page: it belongs to no ticket and answers no mail.
fn is_sign_in(letter: &Letter) -> bool {
    ["サインイン用のリンク: ", "Your sign-in link: "]
        .iter()
        .any(|start| letter.message.subject.starts_with(start))
}

fn with_a_link(letter: &Letter, recipient: &str) {
    assert_eq!(addresses(&letter.message.to), [recipient], "{}", letter.shown());
    assert!(letter.message.cc.is_empty(), "{}", letter.shown());
    assert_eq!(
        letter.text().matches("/sign-in/").count(),
        1,
        "{}",
        letter.shown()
    );
    marked_as_a_machines(letter);
}

/// The form of the bytes, whoever they are for.
fn form(letter: &Letter) {
    let shown = || String::from_utf8_lossy(&letter.bytes).into_owned();
    let message = &letter.message;
    assert_eq!(
        letter.envelope_sender, CONTACT,
        "the envelope sender is the contact address"
    );
    assert_eq!(
        message.single_author().unwrap().address.as_str(),
        CONTACT,
        "{}",
        shown()
    );
    for name in [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "X-Auto-Response-Suppress",
    ] {
        assert_eq!(
            message.headers_named(name).count(),
            1,
            "{name} stands once:\n{}",
            shown()
        );
    }
    for name in ["Bcc", "Resent-To", "Return-Path", "Disposition-Notification-To"] {
        assert_eq!(message.headers_named(name).count(), 0, "{name}:\n{}", shown());
    }
    assert_eq!(message.to.len(), 1, "To names one person:\n{}", shown());
    assert!(
        letter.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 998),
        "{}",
        shown()
    );
    let bare = shown().replace("\r\n", "");
    assert_eq!(bare.matches(['\r', '\n']).count(), 0, "{}", shown());
}

fn to_staff(letter: &Letter, recipient: &str) {
    let message = &letter.message;
    assert_eq!(addresses(&message.to), [recipient], "{}", letter.shown());
    assert!(message.cc.is_empty(), "{}", letter.shown());
    assert_eq!(
        letter.header("Auto-Submitted"),
        "auto-generated",
        "{}",
        letter.shown()
    );
    marked_as_a_machines(letter);
    assert!(
        Language::ALL
            .iter()
            .any(|language| letter.text().starts_with(notification_mark(*language))),
        "{}",
        letter.shown()
    );
}

/// Nothing of the staff's addresses, tokens, identifiers or notifications reaches an outsider.
fn nothing_inside_gets_out(letter: &Letter, staff: &[String]) {
    let all = format!("{}\n{}", String::from_utf8_lossy(&letter.bytes), letter.shown()).to_lowercase();
    for address in staff {
        assert!(
            !all.contains(&address.to_lowercase()),
            "{address} reached an outsider:\n{all}"
        );
    }
    assert!(!all.contains("aws_tec+"), "a token reached an outsider:\n{all}");
    for language in Language::ALL {
        let mark = notification_mark(*language).to_lowercase();
        let words = mark.trim_matches(['─', ' ']);
        assert!(!all.contains(words), "a notification reached an outsider:\n{all}");
    }
    let head = String::from_utf8_lossy(&letter.bytes);
    let head = head.split_once("\r\n\r\n").unwrap().0;
    for field in head.lines().filter(|line| !line.starts_with([' ', '\t'])) {
        let name = field.split_once(':').unwrap().0.to_lowercase();
        assert!(
            KNOWN_FIELDS.contains(&name.as_str()),
            "{name} is sent outside:\n{head}"
        );
    }
}

/// How a letter is addressed, named and threaded (SPEC §12).
fn to_outsider(letter: &Letter, recipient: &str, written: &[Written]) {
    let message = &letter.message;
    let (to, cc) = (addresses(&message.to), addresses(&message.cc));
    let named = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(recipient));
    assert!(
        named(&to) || named(&cc),
        "{recipient} is named in neither To nor Cc:\n{}",
        letter.shown()
    );
    let first = letter.text().lines().next().unwrap_or_default();
    let number = first
        .strip_prefix("受付番号: DESK-")
        .or_else(|| first.strip_prefix("Ticket: DESK-"));
    assert!(
        number.is_some_and(|number| number.len() == 6 && number.bytes().all(|b| b.is_ascii_digit())),
        "the first line is the number:\n{}",
        letter.shown()
    );
    let fixed = FIXED.contains(&message.subject.as_str());
    let own = written.iter().any(|one| {
        [&one.subject, &one.clear]
            .iter()
            .any(|subject| reply_subject(subject, "DESK-") == message.subject)
    });
    assert!(
        fixed || own,
        "{} is no answer to a customer's own subject: {written:?}",
        message.subject
    );
    if letter.header("Auto-Submitted").is_empty() {
        assert_eq!(
            letter.header("X-Auto-Response-Suppress"),
            "DR, RN, NRN, OOF, AutoReply",
            "a person's words are answered by people:\n{}",
            letter.shown()
        );
        assert!(letter.header("X-Madoguchi-Loop").is_empty(), "{}", letter.shown());
    } else {
        assert!(
            named(&to) && cc.is_empty(),
            "to the author alone:\n{}",
            letter.shown()
        );
        marked_as_a_machines(letter);
    }
    if fixed {
        assert!(
            message.to[0].name.is_none(),
            "no echo of a name:\n{}",
            letter.shown()
        );
    }
    threads(letter, written);
}

/// It answers a mail that came, names it last in References, and no identifier twice.
fn threads(letter: &Letter, written: &[Written]) {
    let message = &letter.message;
    let ids: Vec<&str> = written.iter().filter_map(|one| one.id.as_deref()).collect();
    match message.in_reply_to.as_slice() {
        [] => assert!(
            written.iter().any(|one| one.id.is_none()),
            "it answers no mail:\n{}",
            letter.shown()
        ),
        [answered] => {
            assert!(
                ids.contains(&answered.to_string().as_str()),
                "{answered} never came:\n{}",
                letter.shown()
            );
            assert_eq!(
                message.references.last(),
                Some(answered),
                "the answered mail ends References:\n{}",
                letter.shown()
            );
        }
        several => panic!("it answers {several:?}"),
    }
    let distinct: std::collections::BTreeSet<String> =
        message.references.iter().map(MessageId::to_string).collect();
    assert_eq!(
        distinct.len(),
        message.references.len(),
        "{:?}",
        message.references
    );
    assert!(message.references.len() <= 20, "{:?}", message.references);
}

/// The three marks that keep machines from answering (SPEC §5).
fn marked_as_a_machines(letter: &Letter) {
    let automatic = letter.header("Auto-Submitted");
    assert!(
        ["auto-replied", "auto-generated"].contains(&automatic.as_str()),
        "{}",
        letter.shown()
    );
    assert_eq!(
        letter.header("X-Auto-Response-Suppress"),
        "All",
        "{}",
        letter.shown()
    );
    assert!(
        !letter.header("X-Madoguchi-Loop").is_empty(),
        "{}",
        letter.shown()
    );
}

fn addresses(list: &[Mailbox]) -> Vec<String> {
    list.iter().map(|one| one.address.to_string()).collect()
}
