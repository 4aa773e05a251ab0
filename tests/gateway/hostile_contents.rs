//! What a mail says, and what it is made of, is only text to the desk (attack rows A15 to A25).

use std::sync::Arc;

use madoguchi::store::{messages, tickets};
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::{CONTACT, Letter, Person, Staff, World};

const TEXT: &str = "480913372265 のEC2に接続できません。";
const HTML: &str = "Content-Type: text/html; charset=UTF-8";

async fn an_open_inquiry(world: &Arc<World>) -> (Person, Staff, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes("EC2", TEXT).await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

async fn first(world: &World) -> madoguchi::ticket::Ticket {
    let mut tx = world.database().read().await.unwrap();
    let found = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
        .await
        .unwrap();
    found.unwrap()
}

fn head(name: &str) -> String {
    format!(
        "From: <sato@customer.example>\r\nTo: <{CONTACT}>\r\nMessage-ID: <{name}@customer.example>\r\n\
         Date: Wed, 4 Mar 2026 09:50:00 +0900\r\n"
    )
}

/// A mail made to exhaust its reader: its name, what it begins with, what is repeated, and how it ends.
struct Shape {
    name: &'static str,
    start: String,
    repeated: String,
    ends: (&'static str, &'static str),
}

fn shapes() -> Vec<Shape> {
    let mixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let html = "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n";
    let nested = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    let opened = ("new-ticket", "new-inquiry");
    let refused = ("quarantined", "unreadable");
    [
        ("multiparts", "", nested.repeat(10_000), refused),
        ("parts", mixed, "--b\r\n\r\n\r\n".repeat(80_000), refused),
        (
            "mails",
            "",
            "Content-Type: message/rfc822\r\n\r\n".repeat(20_000),
            opened,
        ),
        ("fields", "", "X: 1\r\n".repeat(100_000), refused),
        ("words", "X: ", " =?a?=x".repeat(30_000), opened),
        (
            "parameters",
            "Content-Type: text/plain",
            ";\r\n name*0*=a".repeat(10_000),
            opened,
        ),
        ("divisions", html, "<div>".repeat(100_000), opened),
        ("paragraphs", html, "<p>x</p>".repeat(100_000), opened),
    ]
    .into_iter()
    .map(|(name, start, repeated, ends)| Shape {
        name,
        start: start.to_owned(),
        repeated,
        ends,
    })
    .collect()
}

impl Shape {
    fn mail(&self) -> String {
        format!("{}{}{}\r\n\r\nx\r\n", head(self.name), self.start, self.repeated)
    }
}

/// A15 and A16: each mail has the outcome that its shape deserves.
#[tokio::test]
async fn mails_made_to_exhaust_the_desk_end_as_they_must() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        let mut ends = Vec::new();
        let mut wanted = Vec::new();
        for shape in shapes() {
            let done = world.takes(shape.mail().as_bytes()).await;
            ends.push((
                shape.name,
                done[0].outcome.as_str().to_owned(),
                done[0].reason.clone(),
            ));
            wanted.push((shape.name, shape.ends.0.to_owned(), shape.ends.1.to_owned()));
        }
        assert_eq!(ends, wanted);
        world.sends_mail().await;
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        sato.received().await;
        tanaka.person.received().await;
    })
    .await;
}

/// A15 and A16: whatever its shape, a mail ends with a recorded outcome, and the next one is a normal ticket.
#[tokio::test]
async fn mails_made_to_exhaust_the_desk_do_not_keep_the_next_one() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        for shape in shapes() {
            world.deliver(shape.mail().as_bytes());
        }
        world.deliver(
            &sato
                .composes(
                    CONTACT,
                    "RDSの上限",
                    &[],
                    "480913372265 のRDSの上限を教えてください。",
                )
                .raw,
        );
        world.settles().await;
        sato.received().await;
        let told = tanaka.person.received().await;
        assert!(
            told.iter()
                .any(|letter| letter.text().contains("RDSの上限を教えてください")),
            "the next mail was kept back"
        );
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        sato.received().await;
        tanaka.person.received().await;
    })
    .await;
}

/// A17: what a reader does not see is no command, and a command in HTML alone is none either.
#[tokio::test]
async fn a_hidden_text_in_html_commands_nothing() {
    for hidden in [
        "<div style=\"display:none\">#close</div>",
        "<span style='font-size:0'>#close</span>",
        "<p style=\"color:#fff;background:white\">#close</p>",
        "<p hidden>#close</p>",
        "<p style=\"opacity:0\">#close</p>",
    ] {
        World::run(async |world| {
            let (sato, tanaka, notice) = an_open_inquiry(&world).await;
            let lines = [tanaka.stamp(), HTML.to_owned()];
            let body = format!("<html><body>{hidden}<p>ご案内いたします。</p></body></html>");
            let to = notice.reply_address();
            let thread = format!("In-Reply-To: {}", notice.id());
            let sent = tanaka
                .person
                .composes(&to, "Re: EC2", &[&lines[..], &[thread]].concat(), &body);
            world.takes(&sent.raw).await;
            world.sends_mail().await;
            assert_ne!(first(&world).await.status, TicketStatus::Closed, "{hidden}");
            for letter in sato.received().await {
                assert!(!letter.text().contains("#close"), "{hidden}: {}", letter.shown());
            }
            tanaka.person.received().await;
        })
        .await;
    }
}

/// A18, A19, A23 and A24: markup, templates and lines of a log are words, and nothing is fetched.
#[tokio::test]
async fn what_looks_like_code_is_told_letter_by_letter() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        let subject = "{{7*7}} ${x} '); DROP TABLE mails;-- <script>alert(1)</script> %_";
        let text = format!(
            "{TEXT}\n{{{{7*7}}}} {{% include \"x\" %}} '); DROP TABLE tickets;--\n<svg onload=alert(1)> +ADw-script+AD4-\n\
             2026-03-04T01:00:00Z INFO login ok"
        );
        sato.writes(subject, &text).await;
        let receipt = sato.receives().await;
        assert!(
            receipt.message.subject.contains("{{7*7}} ${x} '); DROP TABLE mails;--"),
            "{}",
            receipt.shown()
        );
        let notice = tanaka.receives().await;
        for word in ["{{7*7}}", "{% include \"x\" %}", "'); DROP TABLE tickets;--", "<svg onload=alert(1)>"] {
            assert!(notice.text().contains(word), "{word}: {}", notice.shown());
        }
        assert!(!notice.text().contains("49"), "{}", notice.shown());
        // A relayed answer in HTML bears no markup and no reference to anything outside.
        let body = "<p>ご案内します。</p><img src=\"https://evil.example/b.gif\"><script>alert(1)</script>\
                    <div style=\"background:url(https://evil.example/c)\">以上です。</div>";
        let lines = [
            tanaka.stamp(),
            HTML.to_owned(),
            format!("In-Reply-To: {}", notice.id()),
        ];
        let sent = tanaka.person.composes(&notice.reply_address(), "Re: x", &lines, body);
        tanaka.person.posts(sent).await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("以上です。"), "{}", answer.shown());
        for word in ["evil.example", "<img", "url("] {
            assert!(!answer.text().contains(word), "{word}: {}", answer.shown());
        }
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("text/html"));
        tanaka.receives().await;
    })
    .await;
}

/// A20: a file's name is shown clean, whatever it was.
#[tokio::test]
async fn file_names_that_lead_elsewhere_are_made_harmless() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        let long = "a".repeat(300);
        let names = [
            "../../etc/passwd",
            "a%00.pdf%0d%0aX:",
            ".hta\u{200b}ccess",
            "\u{202e}fdp.exe",
            "CON",
            &long,
        ];
        let mut body = format!("--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{TEXT}\r\n");
        for name in names {
            let encoded: String = name
                .bytes()
                .fold(String::new(), |all, octet| all + &format!("%{octet:02X}"));
            body.push_str(&format!(
                "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n \
                 filename*=UTF-8''{encoded}\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
            ));
        }
        let mixed = "Content-Type: multipart/mixed; boundary=b".to_owned();
        sato.writes_with("files", &[mixed], &format!("{body}--b--\r\n"))
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        let mut shown: Vec<String> = notice
            .message
            .attachments
            .iter()
            .filter_map(|file| file.name.clone())
            .collect();
        shown.extend(notice.text().lines().map(str::to_owned));
        for line in shown {
            assert!(!line.contains("../"), "{line}");
            assert!(!line.contains('\u{202e}') && !line.contains('\u{200b}'), "{line}");
            assert!(!line.contains(&"a".repeat(260)), "{line}");
        }
    })
    .await;
}

/// A22: a NUL is nowhere in what is kept.
#[tokio::test]
async fn a_nul_in_subject_and_text_is_kept_without_it() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        let raw = format!(
            "{}Subject: =?UTF-8?Q?a=00b?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n480913372265 EC2=00 down\r\n",
            head("nul")
        );
        let done = world.takes(raw.as_bytes()).await;
        assert_eq!(done[0].outcome.as_str(), "new-ticket");
        world.sends_mail().await;
        sato.receives().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let said = messages::list_messages(&mut tx, done[0].ticket.unwrap())
            .await
            .unwrap();
        assert!(said.iter().all(|one| !one.body.contains('\0')));
    })
    .await;
}
