//! Authentication-Results (RFC 8601) as the pinned border wrote it.
//!
//! Comes in: the headers of a mail and the authserv-id that the desk's own border uses. Goes out: what that
//! border said, or nothing. Anybody can write such a header into a mail, so only the topmost one with the
//! pinned id counts; the border must remove outside copies (`madoguchi check` says how to see that).

use super::anchor::Border;
use crate::mail::InboundMessage;

/// One `method=result` with its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodResult {
    /// Such as `dmarc`, lower case.
    pub method: String,
    /// Such as `pass`, lower case.
    pub result: String,
    /// Properties such as `header.from`, with their values; names in lower case.
    pub properties: Vec<(String, String)>,
}

impl MethodResult {
    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What the pinned border said of a mail; `None` when it said nothing. Where the border's own Received line
/// is configured, its word stands above that line; what stands below came with the mail.
pub fn find_border_results(mail: &InboundMessage, border: &Border) -> Option<Vec<MethodResult>> {
    let stamped_below = |header: &crate::mail::message::Header| {
        let host = border.received_by.as_deref();
        header.name.eq_ignore_ascii_case("Received")
            && host.is_some_and(|host| {
                received_by(&header.value).is_some_and(|by| by.eq_ignore_ascii_case(host))
            })
    };
    mail.headers
        .iter()
        .take_while(|header| !stamped_below(header))
        .filter(|header| header.name.eq_ignore_ascii_case("Authentication-Results"))
        .filter_map(|header| parse(&header.value))
        .find(|(id, _)| id.eq_ignore_ascii_case(&border.id))
        .map(|(_, results)| results)
}

/// The host in the `by` clause of a Received line (RFC 5321 §4.4).
fn received_by(value: &str) -> Option<&str> {
    let mut words = value.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("by"))?;
    words.next().map(|host| host.trim_end_matches(';'))
}

/// Splits one header value into its authserv-id and its results.
fn parse(value: &str) -> Option<(String, Vec<MethodResult>)> {
    let fields = split_fields(value);
    let mut fields = fields.iter().map(String::as_str);
    // The id may be followed by a version number (RFC 8601 §2.2). A border writes its id plainly; quoted or
    // behind a comment it was written by somebody who wants to slip past the border's own strip.
    let id = fields.next()?.split_whitespace().next()?.to_owned();
    if !value.trim_start().starts_with(&id) || id.contains('"') {
        return None;
    }
    Some((id, fields.filter_map(parse_result).collect()))
}

fn parse_result(field: &str) -> Option<MethodResult> {
    let mut words = field.split_whitespace();
    let (method, result) = words.next()?.split_once('=')?;
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let properties = words
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_ascii_lowercase(), value.trim_matches('"').to_owned()))
        .collect();
    Some(MethodResult {
        method,
        result: result.to_ascii_lowercase(),
        properties,
    })
}

/// Cuts at semicolons outside quotes and comments, and leaves comments out: they hold free text that a
/// sender can influence.
fn split_fields(value: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for c in value.chars() {
        if escaped {
            escaped = false;
            if depth == 0 {
                push(&mut fields, c);
            }
            continue;
        }
        match c {
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => {
                quoted = !quoted;
                push(&mut fields, c);
            }
            '(' if !quoted => depth = depth.saturating_add(1),
            ')' if !quoted && depth > 0 => depth = depth.saturating_sub(1),
            ';' if !quoted && depth == 0 => fields.push(String::new()),
            c if depth == 0 => push(&mut fields, c),
            _ => {}
        }
    }
    fields
}

fn push(fields: &mut [String], c: char) {
    if let Some(last) = fields.last_mut() {
        last.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read_with_its_properties() {
        let (id, results) =
            parse("mx.desk.example 1; dmarc=pass (p=reject; dis=none) header.from=desk.example; auth=pass smtp.auth=\"a@b\"")
                .unwrap();
        assert_eq!(id, "mx.desk.example");
        assert_eq!(results[0].property("header.from"), Some("desk.example"));
        assert_eq!(
            (results[1].method.as_str(), results[1].property("smtp.auth")),
            ("auth", Some("a@b"))
        );
    }

    #[test]
    fn an_id_in_quotes_or_behind_a_comment_is_not_the_borders() {
        assert_eq!(parse("\"mx.desk.example\"; auth=pass smtp.auth=a@b"), None);
        assert_eq!(parse("(x) mx.desk.example; auth=pass smtp.auth=a@b"), None);
    }

    #[test]
    fn the_borders_word_stands_above_its_own_received_line() {
        let word = "Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example";
        let stamp = "Received: from x by mx.desk.example; Wed, 4 Mar 2026 10:00:00 +0900";
        let read = |head: &str| {
            let raw = format!("{head}\nFrom: a@desk.example\n\nx\n");
            crate::mail::parse::parse_mail(raw.as_bytes()).unwrap()
        };
        let placed = Border::parse("mx.desk.example@mx.desk.example").unwrap();
        assert!(find_border_results(&read(&format!("{word}\n{stamp}")), &placed).is_some());
        assert!(find_border_results(&read(&format!("{stamp}\n{word}")), &placed).is_none());
        let anywhere = Border::parse("mx.desk.example").unwrap();
        assert!(find_border_results(&read(&format!("{stamp}\n{word}")), &anywhere).is_some());
    }

    #[test]
    fn a_comment_cannot_smuggle_a_result_in() {
        let (_, results) =
            parse("mx.desk.example; spf=fail (; auth=pass smtp.auth=boss@desk.example)").unwrap();
        assert_eq!(results.len(), 1);
    }
}
