//! A mail passed on by somebody: whose it was and what it said. Comes in: the mail that passes it on, and its bytes.
//! Goes out: a [`Forward`] with the original mails as typed messages. What is read here is what the forward says
//! and proves nothing about who wrote it.

use unicode_normalization::UnicodeNormalization;

use super::address::{EmailAddress, Mailbox};
use super::message::{Author, InboundMessage};
use super::message_id::MessageId;
use super::pattern::patterns;
use super::reply::{self, SentOn, VisibleReply, find_sent_on};
use super::{opened, parse, words};

/// Most attached mails that are read.
const MOST_ATTACHED: usize = 20;

/// How deep an attached mail of a colleague is opened for the mail it carries.
const DEEPEST: usize = 3;

patterns! {
    address = r"[\p{L}\p{N}._%+'/=&~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+";
    on_behalf = r"(?i)on behalf of|代理";
    instant = r"^.*\d{1,2}[:：]\d{2}(?::\d{2})?\s*[、,]?\s*";
}

/// A mail that passes others on.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// What the one who passes it on wrote above it; empty where nothing was.
    pub remark: String,
    /// The original mails, in order.
    pub originals: Vec<Original>,
}

/// A mail that was passed on.
#[derive(Debug, Clone, PartialEq)]
pub struct Original {
    /// The mail as far as the forward shows it. Its headers are left out: they are not evidence of anything.
    pub message: InboundMessage,
    /// Its own bytes, where it was attached whole.
    pub raw: Option<Vec<u8>>,
}

impl Forward {
    /// Whom the originals are said to come from, each once.
    pub fn senders(&self) -> Vec<EmailAddress> {
        let mut senders: Vec<EmailAddress> = Vec::new();
        for original in &self.originals {
            if let Some(author) = original.message.single_author()
                && !senders.contains(&author.address)
            {
                senders.push(author.address.clone());
            }
        }
        senders
    }

    /// The first original, with the texts of all others of the same author beneath; all of them where `author`
    /// is none.
    pub fn joined(&self, author: Option<&EmailAddress>) -> Option<Original> {
        let by_author = |one: &&Original| {
            let who = one.message.single_author().map(|mailbox| &mailbox.address);
            author.is_none() || who == author
        };
        let mut all = self.originals.iter().filter(by_author);
        let mut first = all.next()?.clone();
        for other in all {
            first.message.text.push_str("\n\n");
            first.message.text.push_str(&other.message.text);
            first
                .message
                .reply
                .pieces
                .extend(separated("\n\n", &other.message).pieces);
        }
        Some(first)
    }

    /// The identifiers of the originals, as far as the forward gives them.
    pub fn message_ids(&self) -> Vec<MessageId> {
        let ids = self.originals.iter();
        ids.filter_map(|one| one.message.message_id.clone()).collect()
    }
}

/// The pieces of a further mail, apart from the one before.
fn separated(space: &str, message: &InboundMessage) -> VisibleReply {
    let mut reply = VisibleReply::all_written(space);
    reply.pieces.extend(message.reply.pieces.clone());
    reply
}

/// Reads what a mail passes on; `None` where it passes nothing on. `is_own` says whether an address is a
/// colleague's: the mail that is meant is the outermost one of somebody else.
pub fn read_forward(
    mail: &InboundMessage,
    raw: &[u8],
    is_own: &dyn Fn(&EmailAddress) -> bool,
) -> Option<Forward> {
    let attached = attached(raw, is_own, 0);
    if !attached.is_empty() {
        let originals: Vec<Original> = attached;
        let remark = mail.reply.written();
        return Some(Forward { remark, originals });
    }
    let all = find_sent_on(&mail.text);
    let meant = all
        .iter()
        .find(|one| sender_of(one, is_own).is_some())
        .or_else(|| {
            all.first()
                .filter(|one| addresses_in(one.header.from.as_deref()).is_empty())
        })?;
    Some(Forward {
        remark: remark_above(mail, &meant.above),
        originals: vec![Original {
            message: original(mail, meant, is_own),
            raw: None,
        }],
    })
}

/// The mails attached to a mail; of a colleague's the mails that it carries in turn.
fn attached(raw: &[u8], is_own: &dyn Fn(&EmailAddress) -> bool, depth: usize) -> Vec<Original> {
    let mut found = Vec::new();
    for bytes in opened::contained_mails(raw, MOST_ATTACHED) {
        let Ok(message) = parse::parse_mail(&bytes) else {
            continue;
        };
        let author = real_author(&message, is_own);
        let by_colleague = author.as_ref().is_none_or(|author| is_own(&author.address));
        if by_colleague && depth < DEEPEST {
            let further = read_within(&message, &bytes, is_own, depth);
            if !further.is_empty() {
                found.extend(further);
                continue;
            }
        }
        let message = InboundMessage {
            author: author
                .filter(|_| !by_colleague)
                .map_or(Author::Missing, Author::One),
            ..without_evidence(message)
        };
        found.push(Original {
            message,
            raw: Some(bytes),
        });
    }
    found
}

/// What a colleague's attached mail passes on itself.
fn read_within(
    message: &InboundMessage,
    bytes: &[u8],
    is_own: &dyn Fn(&EmailAddress) -> bool,
    depth: usize,
) -> Vec<Original> {
    let further = attached(bytes, is_own, depth.saturating_add(1));
    if !further.is_empty() {
        return further;
    }
    let all = find_sent_on(&message.text);
    let meant = all.iter().find(|one| sender_of(one, is_own).is_some());
    let original = meant.map(|meant| Original {
        message: original(message, meant, is_own),
        raw: Some(bytes.to_vec()),
    });
    original.into_iter().collect()
}

/// Who wrote an attached mail: a mailing list of ours names itself in From, and the author elsewhere.
fn real_author(message: &InboundMessage, is_own: &dyn Fn(&EmailAddress) -> bool) -> Option<Mailbox> {
    let from = message.single_author();
    if let Some(author) = from.filter(|author| !is_own(&author.address)) {
        return Some(author.clone());
    }
    let elsewhere = ["X-Original-From", "X-Original-Sender"]
        .iter()
        .filter_map(|name| message.header(name))
        .filter_map(|value| mailbox_in(value, is_own));
    let replies = message
        .reply_to
        .iter()
        .filter(|mailbox| !is_own(&mailbox.address))
        .cloned();
    elsewhere.chain(replies).next().or_else(|| from.cloned())
}

/// What was written above a forward, without the signature and the words by which clients announce it.
fn remark_above(mail: &InboundMessage, above: &str) -> String {
    let reply = reply::separate_from(above, None, mail.single_author(), &mail.subject);
    reply.written()
}

/// The forwarded mail as a message of its own, as far as the forward shows it.
fn original(mail: &InboundMessage, meant: &SentOn, is_own: &dyn Fn(&EmailAddress) -> bool) -> InboundMessage {
    let author = sender_of(meant, is_own);
    let subject = meant.header.subject.as_deref().map(words::decode);
    let subject = subject.unwrap_or_else(|| without_prefix(&mail.subject).to_owned());
    let given = meant.message_id.as_deref().and_then(MessageId::parse);
    // Clients that forward inside the text name the forwarded mail as the one they answer.
    let answered = || mail.answered_ids().next().cloned();
    InboundMessage {
        reply: reply::separate_from(&meant.text, None, author.as_ref(), &subject),
        author: author.map_or(Author::Missing, Author::One),
        sender: None,
        reply_to: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        message_id: given.or_else(answered),
        text: meant.text.clone(),
        subject,
        ..without_evidence(mail.clone())
    }
}

/// A mail without what its header says of the way it took: that is not evidence once it was passed on.
fn without_evidence(message: InboundMessage) -> InboundMessage {
    InboundMessage {
        headers: Vec::new(),
        delivered_to: Vec::new(),
        return_path: super::message::ReturnPath::Absent,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        sender: None,
        report: None,
        ..message
    }
}

fn without_prefix(subject: &str) -> &str {
    let mut rest = subject.trim();
    for prefix in [
        "FW:",
        "Fw:",
        "Fwd:",
        "FWD:",
        "fwd:",
        "fw:",
        "転送:",
        "転送：",
        "FW：",
        "Fwd：",
    ] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest).trim_start();
    }
    rest
}

/// The one person a block names who is no colleague: in From, else in Reply-To (a list of ours names itself in
/// From).
fn sender_of(sent: &SentOn, is_own: &dyn Fn(&EmailAddress) -> bool) -> Option<Mailbox> {
    let from = sent.header.from.as_deref();
    let by = from.and_then(|from| mailbox_in(from, is_own));
    by.or_else(|| {
        let replies = mailbox_in(sent.reply_to.as_deref()?, is_own)?;
        let name = replies.name.or_else(|| name_in(from.unwrap_or_default()));
        Some(Mailbox { name, ..replies })
    })
}

/// The mailbox a line shows; none where it shows several different ones, so that nobody is taken for another.
fn mailbox_in(line: &str, is_own: &dyn Fn(&EmailAddress) -> bool) -> Option<Mailbox> {
    let decoded: String = words::decode(line).nfkc().collect();
    // "A on behalf of B" was written in B's name.
    let line = match on_behalf().find(&decoded) {
        Some(found) => decoded
            .get(found.end()..)
            .filter(|rest| rest.contains('@'))
            .unwrap_or(&decoded),
        None => &decoded,
    };
    let mut addresses = addresses_in(Some(line));
    addresses.retain(|address| !is_own(address));
    let [address] = addresses.as_slice() else {
        return None;
    };
    Some(Mailbox {
        name: name_in(line),
        address: address.clone(),
    })
}

/// The name before the address, without the instant that an attribution begins with, and without the list that
/// speaks for somebody.
fn name_in(line: &str) -> Option<String> {
    let name = line.split(['<', '[']).next().unwrap_or_default();
    let name = name.split(" via ").next().unwrap_or_default();
    let start = instant().find(name).map_or(0, |found| found.end());
    let name = name.get(start..).unwrap_or_default();
    let name = name
        .trim()
        .trim_matches(['"', '\'', '*', ' ', '\u{3000}', '「', '」']);
    Some(name.to_owned()).filter(|name| !name.is_empty() && !name.contains('@'))
}

/// The different addresses of a line.
fn addresses_in(line: Option<&str>) -> Vec<EmailAddress> {
    let line: String = line.unwrap_or_default().nfkc().collect();
    let mut found: Vec<EmailAddress> = Vec::new();
    for one in address().find_iter(&line) {
        if let Ok(address) = EmailAddress::parse(one.as_str())
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}
