//! What a response of the server tells.
//!
//! Comes in: one response, or one attribute of a mail. Goes out: the number or the octets in it, `None` for
//! anything else. Absent and NIL are the same: no empty mail is made of either.

use chrono::{DateTime, Utc};

use async_imap::imap_proto::{
    AttributeValue, Capability, MessageSection, Response, ResponseCode, SectionPath,
};

pub(super) fn has(capabilities: &[Capability<'_>], name: &str) -> bool {
    capabilities
        .iter()
        .any(|one| matches!(one, Capability::Atom(atom) if atom.eq_ignore_ascii_case(name)))
}

pub(super) fn told_uid_validity(response: &Response<'_>) -> Option<u32> {
    let Response::Data { outcome, .. } = response else {
        return None;
    };
    let Some(ResponseCode::UidValidity(number)) = &outcome.code else {
        return None;
    };
    Some(*number)
}

pub(super) fn told_uid(attribute: &AttributeValue<'_>) -> Option<u32> {
    let AttributeValue::Uid(uid) = attribute else {
        return None;
    };
    Some(*uid)
}

/// RFC 9051 §9, `date-time`: such as ` 4-Mar-2026 10:00:00 +0900`.
pub(super) fn told_date(attribute: &AttributeValue<'_>) -> Option<DateTime<Utc>> {
    let AttributeValue::InternalDate(date) = attribute else {
        return None;
    };
    let date = DateTime::parse_from_str(date.trim(), "%d-%b-%Y %H:%M:%S %z").ok()?;
    Some(date.to_utc())
}

pub(super) fn told_size(attribute: &AttributeValue<'_>) -> Option<u64> {
    let AttributeValue::Rfc822Size(size) = attribute else {
        return None;
    };
    Some(u64::from(*size))
}

pub(super) fn told_mail(attribute: &AttributeValue<'_>) -> Option<Vec<u8>> {
    let AttributeValue::BodySection {
        section: None,
        index: None,
        data: Some(bytes),
    } = attribute
    else {
        return None;
    };
    Some(bytes.to_vec())
}

pub(super) fn told_header(attribute: &AttributeValue<'_>) -> Option<Vec<u8>> {
    let AttributeValue::BodySection {
        section: Some(SectionPath::Full(MessageSection::Header)),
        data: Some(bytes),
        ..
    } = attribute
    else {
        return None;
    };
    Some(bytes.to_vec())
}
