//! The desk's own check of DKIM and DMARC on the raw bytes (RFC 6376, RFC 9989), under rules of its own.
//!
//! Comes in: the bytes and the author they name. Goes out: whether the author's domain signed them. The
//! library alone passes mails whose From is not signed, or that carry a second, unsigned Subject; so what a
//! staff member's authority rests on is asked for here, one rule after the other. It must not decide what
//! a failure means.

use std::time::Duration;

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{DkimError, Signature};
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, DnsError, Error, Parameters, SpfOutput,
};

use super::resolver::{Resolver, ResolverChoice, ResolverError};
use crate::mail::EmailAddress;

/// How long all questions of one mail may take: a mail that waits for a dead server must not keep others.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signatures that are looked at; each can cost a question to a server of the sender's choice.
const MAX_SIGNATURES: usize = 4;

/// What a signature must cover before its mail may speak for the desk.
const MUST_BE_SIGNED: [&str; 6] = ["from", "to", "subject", "date", "message-id", "content-type"];

/// What may stand only once: readers differ in which of two they take.
const MUST_BE_SINGLE: [&str; 13] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "content-type",
    "content-transfer-encoding",
    "mime-version",
    "in-reply-to",
    "references",
];

/// The flag `t=y` of a key record (RFC 6376 §3.6.1): the domain only tries it out.
const TESTING: u64 = 0x10;

/// A field that need not be signed, but counts as evidence only where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Cc.
    Cc,
    /// In-Reply-To.
    InReplyTo,
    /// References.
    References,
}

impl Beside {
    fn signed_by(signature: &Signature) -> Vec<Self> {
        let fields = [
            (Self::Cc, "cc"),
            (Self::InReplyTo, "in-reply-to"),
            (Self::References, "references"),
        ];
        let signed = fields.into_iter().filter(|(_, name)| signs(signature, name));
        signed.map(|(field, _)| field).collect()
    }
}

/// What the desk's own check of a mail found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OwnCheck {
    /// Nothing was checked: not needed, not signed, or the resolver is off.
    #[default]
    NotMade,
    /// The author's domain signed it, under all the rules for staff.
    Signed {
        /// The signature's own value, which tells a replay.
        value: Vec<u8>,
        /// Which of the further fields are covered too.
        beside: Vec<Beside>,
    },
    /// DMARC passes for the author's domain, which is enough to know a customer by.
    Aligned,
    /// It does not hold, for this reason.
    Refused(&'static str),
    /// The answer could not be had: DNS trouble.
    Undetermined,
}

/// Verifies signatures with a resolver.
#[derive(Debug)]
pub struct Verifier {
    resolver: Resolver,
}

impl Verifier {
    /// A verifier with the chosen resolver; `None` where it is off.
    pub fn new(choice: ResolverChoice) -> Result<Option<Self>, ResolverError> {
        Ok(Resolver::build(choice)?.map(|resolver| Self { resolver }))
    }

    /// A verifier that knows these TXT records (name, text), denies every other name and asks nobody.
    pub fn of_records(records: &[(&str, &str)]) -> Result<Self, ResolverError> {
        Resolver::of_records(records).map(|resolver| Self { resolver })
    }

    /// Whether exactly the author's domain signed the mail, under all the rules for staff.
    pub async fn check_staff(&self, raw: &[u8], from: &EmailAddress) -> OwnCheck {
        let check = self.staff_signature(raw, from);
        tokio::time::timeout(PATIENCE, check)
            .await
            .unwrap_or(OwnCheck::Undetermined)
    }

    /// Whether DMARC passes for the author's domain by a signature that covers From.
    pub async fn check_customer(&self, raw: &[u8], from: &EmailAddress) -> OwnCheck {
        let check = self.customer_dmarc(raw, from);
        tokio::time::timeout(PATIENCE, check)
            .await
            .unwrap_or(OwnCheck::Undetermined)
    }

    /// Whether the resolver answers at all: looks up the DMARC policy of a domain, which there need not be.
    pub async fn answers(&self, domain: &str) -> Result<(), String> {
        let name = format!("_dmarc.{domain}.");
        let asked = self
            .resolver
            .asks
            .txt_lookup::<mail_auth::dmarc::Dmarc>(name, Some(&self.resolver.records));
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Err(Error::Dns(DnsError::Resolver(why)))) => Err(why),
            Ok(Err(Error::Dns(DnsError::RecordNotFound(code)))) if !is_denial(code) => Err(code.to_string()),
            Ok(_) => Ok(()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn staff_signature(&self, raw: &[u8], from: &EmailAddress) -> OwnCheck {
        let Some(mut message) = AuthenticatedMessage::parse(raw) else {
            return OwnCheck::Refused("unreadable-header");
        };
        if let Some(fault) = ambiguous(&message, raw, from) {
            return OwnCheck::Refused(fault);
        }
        let cut_short = message
            .errors
            .iter()
            .any(|one| one.header == Error::Dkim(DkimError::SignatureLength));
        message
            .dkim_headers
            .retain(|one| one.header.d.eq_ignore_ascii_case(from.domain()));
        let faults: Vec<&'static str> = message
            .dkim_headers
            .iter()
            .filter_map(|one| fault_of(&one.header))
            .collect();
        message.dkim_headers.retain(|one| fault_of(&one.header).is_none());
        message.dkim_headers.truncate(MAX_SIGNATURES);
        if message.dkim_headers.is_empty() {
            let unusable = if cut_short {
                "body-length-tag"
            } else {
                "no-aligned-signature"
            };
            return OwnCheck::Refused(faults.first().copied().unwrap_or(unusable));
        }
        let outputs = self.dkim(&message).await;
        let mut found = Vec::new();
        for output in &outputs {
            found.push(self.judge(output).await);
        }
        strongest(found)
    }

    /// What one verified signature is worth.
    async fn judge(&self, output: &DkimOutput<'_>) -> OwnCheck {
        let Some(signature) = output.signature() else {
            return OwnCheck::Refused("unreadable-signature");
        };
        match output.result() {
            DkimResult::Pass => match self.is_tried_out(signature).await {
                Some(false) => OwnCheck::Signed {
                    value: signature.b.clone(),
                    beside: Beside::signed_by(signature),
                },
                Some(true) => OwnCheck::Refused("key-in-test-mode"),
                None => OwnCheck::Undetermined,
            },
            DkimResult::TempError(_) => OwnCheck::Undetermined,
            DkimResult::Neutral(error) | DkimResult::Fail(error) | DkimResult::PermError(error) => why(error),
            DkimResult::None => OwnCheck::Refused("no-aligned-signature"),
        }
    }

    /// Whether the key record says `t=y`; the answer lies in the cache from the check just made.
    async fn is_tried_out(&self, signature: &Signature) -> Option<bool> {
        let name = format!("{}._domainkey.{}.", signature.s, signature.d).to_lowercase();
        let key = self
            .resolver
            .asks
            .txt_lookup::<DomainKey>(name, Some(&self.resolver.records))
            .await;
        key.ok().map(|key| key.f & TESTING != 0)
    }

    async fn customer_dmarc(&self, raw: &[u8], from: &EmailAddress) -> OwnCheck {
        let Some(mut message) = AuthenticatedMessage::parse(raw) else {
            return OwnCheck::Refused("unreadable-header");
        };
        if let Some(fault) = ambiguous(&message, raw, from) {
            return OwnCheck::Refused(fault);
        }
        message.dkim_headers.retain(|one| {
            let signature = &one.header;
            related(&signature.d, from.domain())
                && signs(signature, "from")
                && signature.a != Algorithm::RsaSha1
        });
        message.dkim_headers.truncate(MAX_SIGNATURES);
        if message.dkim_headers.is_empty() {
            return OwnCheck::Refused("no-aligned-signature");
        }
        let outputs = self.dkim(&message).await;
        let spf_output = SpfOutput::default();
        let parameters = DmarcParameters {
            message: &message,
            dkim_output: &outputs,
            dkim2_output: None,
            // SPF needs the sending server's address, which a mailbox only knows by hearsay.
            rfc5321_mail_from_domain: "",
            spf_output: &spf_output,
        };
        let dmarc = self
            .resolver
            .asks
            .verify_dmarc(Parameters::new(parameters).with_txt_cache(&self.resolver.records))
            .await;
        match dmarc.dkim_result() {
            DmarcResult::Pass => OwnCheck::Aligned,
            DmarcResult::TempError(_) => OwnCheck::Undetermined,
            DmarcResult::Fail(_) | DmarcResult::PermError(_) | DmarcResult::None => {
                OwnCheck::Refused("no-aligned-signature")
            }
        }
    }

    async fn dkim<'a>(&'a self, message: &'a AuthenticatedMessage<'a>) -> Vec<DkimOutput<'a>> {
        self.resolver
            .asks
            .verify_dkim(Parameters::new(message).with_txt_cache(&self.resolver.records))
            .await
    }
}

/// Whether different readers could take the header for different mails.
fn ambiguous(message: &AuthenticatedMessage<'_>, raw: &[u8], from: &EmailAddress) -> Option<&'static str> {
    let named = |wanted: &str| {
        message
            .headers
            .iter()
            .filter(|(name, _)| name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
            .count()
    };
    if MUST_BE_SINGLE.iter().any(|name| named(name) > 1) {
        return Some("header-repeated");
    }
    let same_author = matches!(message.from.as_slice(), [one] if one.eq_ignore_ascii_case(from.as_str()));
    if named("from") != 1 || !same_author {
        return Some("author-ambiguous");
    }
    // A bare CR ends a line for some readers and not for others, and so does what follows a NUL.
    let end = usize::try_from(message.body_offset)
        .unwrap_or(raw.len())
        .min(raw.len());
    let header = raw.get(..end).unwrap_or(raw);
    let bare = header.iter().enumerate().any(|(at, octet)| {
        *octet == 0 || (*octet == b'\r' && header.get(at.saturating_add(1)) != Some(&b'\n'))
    });
    bare.then_some("line-ends-ambiguous")
}

fn signs(signature: &Signature, name: &str) -> bool {
    signature
        .h
        .iter()
        .any(|signed| signed.trim().eq_ignore_ascii_case(name))
}

/// What is wrong with a signature before any question is asked.
fn fault_of(signature: &Signature) -> Option<&'static str> {
    if signature.a == Algorithm::RsaSha1 {
        return Some("rsa-sha1");
    }
    if signature.l != 0 {
        return Some("body-length-tag");
    }
    let all_signed = MUST_BE_SIGNED.iter().all(|name| signs(signature, name));
    (!all_signed).then_some("header-not-signed")
}

/// Whether two domains can be aligned at all: the same, or one below the other.
fn related(signer: &str, author: &str) -> bool {
    let (signer, author) = (signer.to_ascii_lowercase(), author.to_ascii_lowercase());
    let below = |lower: &str, upper: &str| {
        lower
            .strip_suffix(upper)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(&author, &signer) || below(&signer, &author)
}

/// One right signature is enough; else one that could not be judged keeps the question open.
fn strongest(found: Vec<OwnCheck>) -> OwnCheck {
    let rank = |check: &OwnCheck| match check {
        OwnCheck::Signed { .. } => 0,
        OwnCheck::Undetermined => 1,
        OwnCheck::Aligned | OwnCheck::Refused(_) | OwnCheck::NotMade => 2,
    };
    found
        .into_iter()
        .min_by_key(rank)
        .unwrap_or(OwnCheck::Refused("no-aligned-signature"))
}

fn why(error: &Error) -> OwnCheck {
    OwnCheck::Refused(match error {
        Error::Dkim(DkimError::FailedBodyHashMatch) => "body-changed",
        Error::Dkim(DkimError::SignatureExpired) => "signature-expired",
        Error::Dkim(DkimError::SignatureLength) => "body-length-tag",
        Error::Dkim(DkimError::RevokedPublicKey) => "key-revoked",
        // Anything but a plain denial is trouble on the way, and trouble proves nothing.
        Error::Dns(DnsError::RecordNotFound(code)) if !is_denial(*code) => return OwnCheck::Undetermined,
        Error::Dns(DnsError::RecordNotFound(_) | DnsError::InvalidRecordType) => "key-not-found",
        Error::Dns(DnsError::Resolver(_)) => return OwnCheck::Undetermined,
        Error::Dkim(_)
        | Error::Dkim2(_)
        | Error::Crypto(_)
        | Error::ParseError
        | Error::MissingParameters
        | Error::NoHeadersFound
        | Error::Base64
        | Error::NotAligned
        | Error::Io(_) => "signature-wrong",
    })
}

fn is_denial(code: hickory_resolver::proto::op::ResponseCode) -> bool {
    use hickory_resolver::proto::op::ResponseCode;
    matches!(code, ResponseCode::NXDomain | ResponseCode::NoError)
}
