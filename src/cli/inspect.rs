//! `madoguchi inspect`: reads mails without a database and shows what the desk makes of them (SPEC §20).

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::inquiry::account_ids::{self, Contracts};
use crate::inquiry::classification::{Classification, Flag, Inquiry, Rules};
use crate::inquiry::coverage::Coverage;
use crate::inquiry::redaction::kinds_in;
use crate::inquiry::restricted_services::RestrictedServices;
use crate::inquiry::screening::{OwnIdentity, Screening, screen};
use crate::inquiry::secrets::SecretKind;
use crate::inquiry::sources;
use crate::mail::bounce::Report;
use crate::mail::message::InboundMessage;
use crate::mail::parse::parse_mail;
use crate::mail::reply::PieceKind;
use crate::registry::AccountId;

/// Largest file that is read, in octets: far above any mail; beyond it a file is no mail.
const MAX_OCTETS: u64 = 256 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// One JSON object a line instead of text for people.
    #[arg(long)]
    json: bool,
    /// Account IDs contracted to the sender's customer, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "ID,…", value_parser = parse_account)]
    contracted: Vec<AccountId>,
    /// Mails, one a file; - reads one from standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn parse_account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).map_err(|error| error.to_string())
}

/// Prints one reading a file, in the order given; a file that cannot be read has its line too.
pub(super) fn inspect(arguments: &InspectArguments) {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for file in &arguments.files {
        let shown = match read(file) {
            Ok(raw) if arguments.json => json_line(file, &raw, &arguments.contracted),
            Ok(raw) => page(file, &raw, &arguments.contracted),
            Err(error) if arguments.json => unreadable_line(file, &error),
            Err(error) => unreadable_page(file, &error),
        };
        // A reader that has seen enough is no failure.
        if writeln!(out, "{shown}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
}

/// The reading of a raw mail as one JSON object on one line (SPEC §20), whatever the bytes are.
pub fn json_line(file: &Path, raw: &[u8], contracted: &[AccountId]) -> String {
    match parse_mail(raw) {
        Ok(mail) => as_json(file, &mail, contracted).to_string(),
        Err(error) => unreadable_line(file, &error.into()),
    }
}

/// The reading of a raw mail for people, whatever the bytes are.
pub fn page(file: &Path, raw: &[u8], contracted: &[AccountId]) -> String {
    match parse_mail(raw) {
        Ok(mail) => super::inspect_text::shown(file, &mail, contracted),
        Err(error) => unreadable_page(file, &error.into()),
    }
}

fn unreadable_line(file: &Path, error: &anyhow::Error) -> String {
    json!({"path": file.display().to_string(), "error": format!("{error:#}")}).to_string()
}

fn unreadable_page(file: &Path, error: &anyhow::Error) -> String {
    let text = format!("── {}\ncannot be read: {error:#}", file.display());
    super::screen::harmless(&text).to_string()
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file)?)
    };
    source.take(MAX_OCTETS).read_to_end(&mut raw)?;
    Ok(raw)
}

/// What the desk decides about a mail without knowing anything stored.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) screening: Screening,
    pub(super) findings: account_ids::Findings,
    pub(super) account: account_ids::AccountDecision,
    pub(super) classification: Classification,
    pub(super) coverage: Coverage,
    pub(super) secrets: Vec<SecretKind>,
}

impl Reading {
    pub(super) fn of(mail: &InboundMessage, contracted: &[AccountId]) -> Self {
        let screening = screen(mail, &OwnIdentity::default());
        let findings = account_ids::find(&sources(mail), contracted);
        let account = account_ids::decide(
            &findings,
            Contracts {
                own: contracted,
                elsewhere: &[],
            },
        );
        let (written, quoted) = (mail.reply.own_words(&mail.text), mail.reply.folded());
        let inquiry = Inquiry {
            subject: &mail.subject,
            written: &written,
            quoted: &quoted,
            sender_is_aws: screening.is_aws_notice(),
        };
        let mut classification = Rules::embedded().classify(&inquiry);
        let secrets = kinds_in(mail, &findings, contracted);
        if !secrets.is_empty() && !classification.flags.contains(&Flag::SecretInMail) {
            classification.flags.push(Flag::SecretInMail);
        }
        let coverage = Coverage::of(&classification.flags, &inquiry, &RestrictedServices::embedded());
        Self {
            screening,
            findings,
            account,
            classification,
            coverage,
            secrets,
        }
    }
}

fn as_json(file: &Path, mail: &InboundMessage, contracted: &[AccountId]) -> Value {
    let reading = Reading::of(mail, contracted);
    let author = mail.shown_author();
    let found = &reading.classification;
    json!({
        "path": file.display().to_string(),
        "from": author.map(|author| author.address.to_string()),
        "from_name": author.and_then(|author| author.name.clone()),
        "to": mail.to.iter().map(|m| m.address.to_string()).collect::<Vec<_>>(),
        "subject": mail.subject,
        "date": mail.date.map(|date| date.to_rfc3339()),
        "message_id": mail.message_id.as_ref().map(ToString::to_string),
        "charset": mail.charset,
        "text": mail.text,
        "reply": mail.reply.written(),
        "signature": mail.reply.signature(),
        "screening": screening_json(&reading.screening),
        "bounce": bounce_json(mail.report.as_ref()),
        "attachments": mail.attachments.iter().map(|a| json!({
            "name": a.name, "type": a.media_type, "size": a.size, "inline": a.inline,
        })).collect::<Vec<_>>(),
        "account_ids": reading.findings.best().iter().map(|candidate| json!({
            "id": candidate.id.as_str(), "evidence": candidate.evidence.as_str(), "score": candidate.score,
        })).collect::<Vec<_>>(),
        "account": {"outcome": reading.account.outcome.as_str(), "ids": reading.account.ids},
        "category": found.category.as_str(),
        "best_category": found.best_category.as_str(),
        "confidence": found.confidence,
        "flags": found.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>(),
        "problems": mail.problems.iter().map(|p| p.slug).collect::<Vec<_>>(),
    })
}

fn screening_json(screening: &Screening) -> Value {
    json!({
        "kind": screening.kind.as_str(),
        "reasons": screening.reasons.iter().map(|reason| format!("{} {}", reason.rule, reason.slug)).collect::<Vec<_>>(),
        "acknowledge": screening.acknowledge,
    })
}

fn bounce_json(report: Option<&Report>) -> Value {
    match report {
        Some(Report::Bounce {
            recipients,
            original_message_id,
        }) => json!({
            "recipients": recipients.iter().map(|r| json!({
                "address": r.address.as_ref().map(ToString::to_string),
                "status": r.status,
                "action": r.action.as_str(),
                "diagnostic": r.diagnostic,
            })).collect::<Vec<_>>(),
            "original_message_id": original_message_id.as_ref().map(ToString::to_string),
        }),
        Some(Report::Receipt { .. } | Report::Feedback { .. }) | None => Value::Null,
    }
}

/// What a piece of the text is called in front of its lines; nothing for what the author wrote.
pub(super) const fn margin(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Written => "  ",
        PieceKind::Quote => "q ",
        PieceKind::Forwarded => "f ",
        PieceKind::Signature => "s ",
        PieceKind::Disclaimer => "d ",
        PieceKind::Banner => "b ",
    }
}
