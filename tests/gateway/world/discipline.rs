//! What must hold for every mail the desk sends, in every story (SPEC §5, §12, §14).

use madoguchi::inquiry::same_base;

use super::{CONTACT, Letter};

/// Looks at one sent mail; `staff` are the addresses of the desk's people, `inquiries` the subjects customers
/// have written under.
pub(crate) fn check(letter: &Letter, recipient: &str, staff: &[String], inquiries: &[String]) {
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
    ] {
        assert_eq!(
            message.headers_named(name).count(),
            1,
            "{name} stands once:\n{}",
            shown()
        );
    }
    assert_eq!(message.headers_named("Bcc").count(), 0, "{}", shown());
    assert!(
        letter.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 998),
        "{}",
        shown()
    );
    assert_eq!(
        String::from_utf8_lossy(&letter.bytes)
            .replace("\r\n", "")
            .matches(['\r', '\n'])
            .count(),
        0
    );
    if let Some(answered) = message.in_reply_to.first() {
        let thread = message.references.last();
        let own_root = message.references.len() == 1 && staff.iter().any(|address| address == recipient);
        assert!(
            thread == Some(answered) || own_root,
            "the answered mail ends References:\n{}",
            shown()
        );
    }
    assert!(
        message.header("X-Auto-Response-Suppress").is_some(),
        "{}",
        shown()
    );
    if staff.iter().any(|address| address == recipient) {
        to_staff(letter);
    } else {
        to_outsider(letter, staff);
        let subject = &message.subject;
        let fixed =
            ["お問い合わせを受け付けました", "We have received your message"].contains(&subject.as_str());
        let base = inquiries
            .iter()
            .any(|written| same_base(written, subject, "DESK-"));
        assert!(
            fixed || base,
            "{subject} is no customer's own subject: {inquiries:?}"
        );
    }
}

fn to_staff(letter: &Letter) {
    assert_eq!(
        letter.header("Auto-Submitted"),
        "auto-generated",
        "{}",
        letter.shown()
    );
    assert!(
        letter.text().starts_with("──── 窓口からの通知"),
        "{}",
        letter.shown()
    );
}

/// Nothing of the staff's addresses, tokens, identifiers or notifications reaches an outsider.
fn to_outsider(letter: &Letter, staff: &[String]) {
    let all = format!("{}\n{}", String::from_utf8_lossy(&letter.bytes), letter.shown()).to_lowercase();
    for address in staff {
        assert!(
            !all.contains(&address.to_lowercase()),
            "{address} reached an outsider:\n{all}"
        );
    }
    assert!(!all.contains("aws_tec+"), "a token reached an outsider:\n{all}");
    assert!(
        !all.contains("窓口からの通知"),
        "a notification reached an outsider:\n{all}"
    );
    let automatic = letter.header("Auto-Submitted");
    let loop_mark = letter.header("X-Madoguchi-Loop");
    assert_eq!(
        automatic.is_empty(),
        loop_mark.is_empty(),
        "machine-written mail carries both marks:\n{all}"
    );
    assert!(
        letter.text().starts_with("受付番号: DESK-") || letter.text().starts_with("Ticket: DESK-"),
        "{all}"
    );
}
