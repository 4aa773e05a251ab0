//! People of a story.

use std::sync::Arc;

use super::{BORDER, CONTACT, Letter, World};

/// Somebody with a mailbox.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) address: String,
    world: Arc<World>,
}

/// A member of the desk; writes through the desk's border, signed in.
#[derive(Clone)]
pub(crate) struct Staff {
    pub(crate) person: Person,
}

/// A mail that a person has sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Message-ID with angle brackets.
    pub(crate) id: String,
    /// The bytes as they arrived.
    pub(crate) raw: Vec<u8>,
}

impl Person {
    pub(super) fn new(world: &Arc<World>, mailbox: &str) -> Self {
        let (name, rest) = mailbox.split_once(" <").unwrap_or(("", mailbox));
        let address = rest.trim_end_matches('>').to_owned();
        Self {
            name: name.to_owned(),
            address,
            world: Arc::clone(world),
        }
    }

    /// Writes a new mail to the contact address, and the desk takes it.
    pub(crate) async fn writes(&self, subject: &str, body: &str) -> Sent {
        self.sends(CONTACT, subject, &[], body).await
    }

    /// The same with further header lines.
    pub(crate) async fn writes_with(&self, subject: &str, headers: &[String], body: &str) -> Sent {
        self.sends(CONTACT, subject, headers, body).await
    }

    /// Presses Reply on a mail and writes above the quote.
    pub(crate) async fn replies_to(&self, letter: &Letter, body: &str) -> Sent {
        self.replies_as(letter, &letter.reply_address(), &[], body).await
    }

    /// The same with further header lines.
    pub(crate) async fn replies_with(&self, letter: &Letter, headers: &[String], body: &str) -> Sent {
        self.replies_as(letter, &letter.reply_address(), headers, body)
            .await
    }

    pub(super) async fn replies_as(&self, letter: &Letter, to: &str, headers: &[String], body: &str) -> Sent {
        let sent = self.composes_reply(letter, to, headers, body);
        self.posts(sent).await
    }

    /// Lays a mail into the contact mailbox, and the desk takes it.
    pub(crate) async fn posts(&self, sent: Sent) -> Sent {
        self.world.deliver(&sent.raw);
        self.world.settles().await;
        sent
    }

    /// Writes a reply above the quote, and does not send it yet.
    pub(crate) fn composes_reply(&self, letter: &Letter, to: &str, headers: &[String], body: &str) -> Sent {
        let quote = letter.text().lines().fold(String::new(), |all, line| {
            all + "> "
                + line
                + "
"
        });
        let references: Vec<String> = letter
            .message
            .references
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut all = vec![
            format!("In-Reply-To: {}", letter.id()),
            format!("References: {} {}", references.join(" "), letter.id()),
        ];
        all.extend_from_slice(headers);
        let subject = format!("Re: {}", letter.message.subject.trim_start_matches("Re: "));
        let text = format!(
            "{body}\n\n2026年3月4日(水) 10:30 {} <{CONTACT}>:\n{quote}",
            "AWSサポート窓口"
        );
        self.composes(to, &subject, &all, &text)
    }

    async fn sends(&self, to: &str, subject: &str, headers: &[String], body: &str) -> Sent {
        let sent = self.composes(to, subject, headers, body);
        self.posts(sent).await
    }

    /// Writes a mail, and does not send it yet.
    pub(crate) fn composes(&self, to: &str, subject: &str, headers: &[String], body: &str) -> Sent {
        let id = format!(
            "<{}@{}>",
            self.world.clock.fresh_id().simple(),
            self.address.rsplit('@').next().unwrap()
        );
        let mut raw = String::new();
        for line in headers
            .iter()
            .filter(|line| line.starts_with("Authentication-Results"))
        {
            raw.push_str(&format!("{line}\r\n"));
        }
        raw.push_str(&format!(
            "From: {} <{}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n",
            self.name, self.address
        ));
        raw.push_str(&format!(
            "Date: {}\r\nMessage-ID: {id}\r\n",
            self.world.clock.now().to_rfc2822()
        ));
        for line in headers
            .iter()
            .filter(|line| !line.starts_with("Authentication-Results"))
        {
            raw.push_str(&format!("{line}\r\n"));
        }
        raw.push_str("MIME-Version: 1.0\r\n");
        if !headers.iter().any(|line| line.starts_with("Content-Type")) {
            raw.push_str("Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n");
        }
        raw.push_str("\r\n");
        raw.push_str(&body.replace('\n', "\r\n"));
        Sent {
            id,
            raw: raw.into_bytes(),
        }
    }

    /// The one mail that has come since this person last looked.
    pub(crate) async fn receives(&self) -> Letter {
        let mut unread = self.world.unread(&self.address);
        let all: Vec<String> = unread.iter().map(Letter::shown).collect();
        assert_eq!(
            unread.len(),
            1,
            "{} expected one mail, found {}:\n{}",
            self.address,
            all.len(),
            all.join("\n────\n")
        );
        unread.remove(0)
    }

    /// Everything that has come since this person last looked.
    pub(crate) async fn received(&self) -> Vec<Letter> {
        self.world.unread(&self.address)
    }

    /// Nothing has come.
    pub(crate) async fn receives_nothing(&self) {
        let unread = self.world.unread(&self.address);
        assert!(unread.is_empty(), "{} got:\n{}", self.address, unread[0].shown());
    }

    /// The two mails that have come.
    pub(crate) async fn receives_two(&self) -> (Letter, Letter) {
        let mut unread = self.world.unread(&self.address);
        assert_eq!(
            unread.len(),
            2,
            "{:?}",
            unread.iter().map(Letter::shown).collect::<Vec<_>>()
        );
        let second = unread.remove(1);
        (unread.remove(0), second)
    }
}

impl Staff {
    /// What the border writes when this person has signed in.
    pub(crate) fn stamp(&self) -> String {
        format!(
            "Authentication-Results: {BORDER}; auth=pass smtp.auth={}",
            self.person.address
        )
    }

    /// Gets a probe, answers it from the own client, and reads that relay is on.
    pub(crate) async fn answers_the_probe(&self) {
        let world = &self.person.world;
        let address = madoguchi::mail::EmailAddress::parse(&self.person.address).unwrap();
        world.pipeline.send_probes(Some(&address)).await.unwrap();
        world.sends_mail().await;
        let probe = self.receives().await;
        let answer = self
            .person
            .composes_reply(&probe, &probe.reply_address(), &[self.stamp()], "");
        let done = world.takes(&answer.raw).await;
        assert_eq!(done[0].reason, "probe-answered");
        world.sends_mail().await;
        let told = self.receives().await;
        let standing = world.pipeline.list_standing().await.unwrap();
        assert!(
            standing.iter().any(|one| one.address == address && one.proven),
            "{}",
            told.shown()
        );
    }

    /// Presses Reply on a notification, signed in at the desk's border.
    pub(crate) async fn replies_to(&self, notice: &Letter, body: &str) -> Sent {
        let stamp = format!(
            "Authentication-Results: {BORDER}; auth=pass smtp.auth={}",
            self.person.address
        );
        self.person
            .replies_as(notice, &notice.reply_address(), &[stamp], body)
            .await
    }

    /// The same, to an address that the mail client has completed.
    pub(crate) async fn replies_to_address(&self, notice: &Letter, to: &str, body: &str) -> Sent {
        let stamp = format!(
            "Authentication-Results: {BORDER}; auth=pass smtp.auth={}",
            self.person.address
        );
        self.person.replies_as(notice, to, &[stamp], body).await
    }

    /// The one mail that has come.
    pub(crate) async fn receives(&self) -> Letter {
        self.person.receives().await
    }

    /// The two mails that have come.
    pub(crate) async fn receives_two(&self) -> (Letter, Letter) {
        self.person.receives_two().await
    }

    /// Nothing has come.
    pub(crate) async fn receives_nothing(&self) {
        self.person.receives_nothing().await;
    }
}
