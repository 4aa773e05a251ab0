//! Mails made to exhaust the reader: whatever their shape, what becomes of them stays within fixed numbers and a
//! small multiple of their octets, and twice the mail costs at most twice as much. Nothing is timed here.

use std::borrow::Cow;

use madoguchi::mail::InboundMessage;
use madoguchi::mail::parse::parse_mail;

const HEAD: &str = "From: a@a.example\nSubject: s\nMIME-Version: 1.0\n";

/// A kind of hostile mail: what stands before the body, what is repeated, what stands behind it.
struct Shape {
    name: &'static str,
    head: &'static str,
    repeated: Cow<'static, str>,
}

fn shape(name: &'static str, head: &'static str, repeated: impl Into<Cow<'static, str>>) -> Shape {
    Shape {
        name,
        head,
        repeated: repeated.into(),
    }
}

impl Shape {
    /// The mail with so many octets of what is repeated; header shapes carry it before the blank line.
    fn of(&self, octets: usize) -> Vec<u8> {
        let times = octets / self.repeated.len();
        format!("{HEAD}{}{}\n\nx\n", self.head, self.repeated.repeat(times)).into_bytes()
    }
}

fn shapes() -> Vec<Shape> {
    let html = "Content-Type: text/html; charset=UTF-8\n\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\n\n";
    let base64 = "Content-Transfer-Encoding: base64\n\n";
    let jis = "Content-Type: text/plain; charset=ISO-2022-JP\n\n";
    vec![
        shape("fields", "", "X: 1\n"),
        shape("folds", "X: 1\n", " a\n"),
        shape("recipients", "To: ", "a@a.example, "),
        shape("recipients that nest", "To: ", "(<\"a:"),
        shape("references", "References: ", "<a@a.example> "),
        shape("encoded words", "X: ", "=?UTF-8?B?5pel?= "),
        shape("openings of encoded words", "X: ", " =?a?=x"),
        shape("parameters", "Content-Type: text/plain", "; name*0*=a"),
        shape(
            "nested multiparts",
            "",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        ),
        shape("empty parts", mixed, "--b\n\n\n"),
        shape("text parts", mixed, "--b\nContent-Type: text/plain\n\nx\n"),
        shape("mails in mails", "", "Content-Type: message/rfc822\n\n"),
        shape(
            "mails side by side",
            "Content-Type: multipart/digest; boundary=b\n\n",
            "--b\n\nA: b\n\nx\n",
        ),
        shape("paragraphs", html, "<p>x</p>"),
        shape("elements that nest", html, "<div>"),
        shape("quotes that nest", html, "<blockquote>x"),
        shape("hidden elements", html, "<div style='display:none'>"),
        shape("comments without end", html, "<!--"),
        shape("attributes without end", html, "<a b=\""),
        shape("one word of base64", base64, "QUJD"),
        shape("base64 that is none", base64, "!A"),
        shape("escape sequences", jis, "\x1b$B\x1b(B"),
        shape("lines", "\n", "\n"),
        shape("quote marks", "\n", ">"),
        shape("attributions", "\n", "On Monday A wrote:\n> x\n"),
        shape("letters in one line", "\n", "ÿ"),
        shape("uuencoded files", "\n", "begin 644 a\n#0V%T\n`\nend\n"),
        shape(
            "calendar entries",
            "Content-Type: text/calendar\n\n",
            "BEGIN:VEVENT\nSUMMARY:x\n",
        ),
        shape("enriched text", "Content-Type: text/enriched\n\n", "<bold>x"),
    ]
}

/// Octets that the reading holds, beside the mail itself.
fn held(mail: &InboundMessage) -> usize {
    let pieces: usize = mail.reply.pieces.iter().map(|piece| piece.text.len()).sum();
    let headers: usize = mail.headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    let names = mail
        .attachments
        .iter()
        .filter_map(|a| a.name.as_ref())
        .map(String::len);
    mail.text.len() + pieces + headers + names.sum::<usize>()
}

#[test]
fn what_is_read_of_a_hostile_mail_is_bounded_in_number_and_size() {
    for shape in shapes() {
        for octets in [1_000, 100_000, 2_000_000] {
            let raw = shape.of(octets);
            let Ok(mail) = parse_mail(&raw) else { continue };
            let name = shape.name;
            assert!(mail.headers.len() <= 1_000, "{name}: headers");
            assert!(mail.to.len() <= 1_000, "{name}: recipients");
            assert!(mail.attachments.len() <= 2_100, "{name}: attachments");
            assert!(mail.problems.len() <= 50, "{name}: problems");
            assert!(
                held(&mail) <= 4 * raw.len() + 100_000,
                "{name}: {} held",
                held(&mail)
            );
        }
    }
}

#[test]
fn twice_the_mail_is_at_most_twice_the_reading() {
    for shape in shapes() {
        let sizes = [50_000, 100_000].map(|octets| parse_mail(&shape.of(octets)).map(|mail| held(&mail)));
        if let [Ok(once), Ok(twice)] = sizes {
            assert!(twice <= 2 * once + 10_000, "{}: {once} then {twice}", shape.name);
        }
    }
}

#[test]
fn mails_without_end_are_refused_with_their_reason() {
    let reasons = [
        ("fields", "header-fields-too-many"),
        ("recipients", "header-too-large"),
        ("nested multiparts", "parts-too-many"),
        ("empty parts", "parts-too-many"),
        ("mails side by side", "parts-too-many"),
    ];
    for (name, slug) in reasons {
        let shape = shapes().into_iter().find(|shape| shape.name == name).unwrap();
        assert_eq!(parse_mail(&shape.of(2_000_000)).unwrap_err().slug, slug, "{name}");
    }
}
