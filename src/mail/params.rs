//! Structured field values: `value; name=parameter`. Comes in: a Content-Type or Content-Disposition value.
//! Goes out: the value and its parameters decoded by RFC 2231, RFC 2047 (where mailers put it against the
//! rules) or neither. `mailparse` is not asked here: it prefers a plain `filename` to the extended one,
//! which lets two readers see two names, and its time grows with the square of the parameters.

use super::transfer::hex_pair;
use super::{charset, clean, words};

/// Most parameters that are looked at.
const MAX_PARAMETERS: usize = 200;

/// A value with its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Params {
    /// The value before the first semicolon, lower case, without comments and control characters.
    pub(super) value: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parameter {
    /// Lower case, without the RFC 2231 marks.
    name: String,
    /// Position of a continuation (`name*3`).
    section: Option<u32>,
    /// Percent-encoded (`name*`, `name*0*`).
    extended: bool,
    value: String,
}

impl Params {
    /// Reads a field value.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim_start();
        let (before, behind) = text.split_once(';').unwrap_or((text, ""));
        let before = before.split('(').next().unwrap_or_default();
        let (value, mut rest) = match unparted(before) {
            Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
            None => (before, behind),
        };
        let mut params = Self {
            value: bare_value(value),
            parameters: Vec::new(),
        };
        while !rest.trim().is_empty() && params.parameters.len() < MAX_PARAMETERS {
            let (parameter, after) = next_parameter(rest);
            params.parameters.extend(parameter);
            rest = after;
        }
        params
    }

    /// A value with one parameter, for parts that have no fields of their own.
    pub(super) fn named(value: &str, parameter: &str, text: &str) -> Self {
        let parameters = Parameter::named(parameter, text.to_owned()).into_iter().collect();
        Self {
            value: value.to_owned(),
            parameters,
        }
    }

    /// A parameter, decoded; the extended form wins over the plain one (RFC 2231, RFC 6266 §4.3).
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut parts: Vec<&Parameter> = self
            .parameters
            .iter()
            .filter(|p| p.name == name && (p.extended || p.section.is_some()))
            .collect();
        if parts.is_empty() {
            return self.plain(name).map(decode_plain);
        }
        parts.sort_by_key(|part| part.section);
        // Both `name*` and `name*0*` given: two senders' software, the continuation is complete.
        if parts.iter().any(|part| part.section.is_some()) {
            parts.retain(|part| part.section.is_some());
        }
        Some(join_sections(&parts))
    }

    /// Whether the parameter is there in any form.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|p| p.name == name)
    }

    /// A parameter as written, for names that are ASCII by nature (boundary, protocol).
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        let found = self
            .parameters
            .iter()
            .find(|p| p.name == name && p.section.is_none() && !p.extended);
        found.map(|p| p.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The charset, without what mailers append to it.
    pub(super) fn charset(&self) -> Option<String> {
        let value = self.get("charset")?;
        let name = value
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ','))
            .next()?;
        (!name.is_empty()).then(|| name.to_owned())
    }
}

/// Where the first parameter starts that no semicolon parts from the value: in `text/plain charset=…`, and in
/// `charset=…; text/plain` at once.
fn unparted(value: &str) -> Option<usize> {
    let (words, _) = value.split_once('=')?;
    let at = words.trim_end().rfind(char::is_whitespace);
    at.or_else(|| (!words.contains('/')).then_some(0))
}

/// The value in lower case, without quotation marks and control characters; of a media type nothing but the
/// type.
fn bare_value(value: &str) -> String {
    let value = clean::line(value.trim().trim_matches('"')).to_ascii_lowercase();
    match value.split_once('/') {
        Some((kind, subtype)) => {
            let subtype = subtype.split_whitespace().next().unwrap_or_default();
            format!("{}/{subtype}", kind.trim_end())
        }
        None => value,
    }
}

fn next_parameter(rest: &str) -> (Option<Parameter>, &str) {
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    let name_end = rest.find(['=', ';']).unwrap_or(rest.len());
    let name = rest.get(..name_end).unwrap_or_default().trim();
    let after = rest.get(name_end..).unwrap_or_default();
    let Some(after) = after.strip_prefix('=') else {
        return (None, after);
    };
    let (value, after) = parameter_value(after.trim_start());
    (Parameter::named(name, value), after)
}

impl Parameter {
    fn named(name: &str, value: String) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let mut pieces = name.split('*');
        let base = pieces.next().unwrap_or_default().trim().to_owned();
        let section = pieces.next();
        let number = section.and_then(|digits| digits.parse().ok());
        let extended = pieces.next() == Some("") || section == Some("");
        (!base.is_empty()).then_some(Self {
            name: base,
            section: number,
            extended,
            value,
        })
    }
}

fn parameter_value(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"')
        && let Some((value, after)) = quoted_value(quoted)
    {
        // Two encoded words in two pairs of quotation marks are one value.
        let more = after.trim_start();
        if let Some((next, rest)) = more.strip_prefix('"').and_then(quoted_value) {
            return (format!("{value} {next}"), rest);
        }
        let skipped = after.find(';').unwrap_or(after.len());
        return (value, after.get(skipped..).unwrap_or_default());
    }
    let end = text.find(';').unwrap_or(text.len());
    let value = text.get(..end).unwrap_or_default().trim().trim_matches('"');
    (value.to_owned(), text.get(end..).unwrap_or_default())
}

/// A quoted string up to its end; only `\"` and `\\` are escapes, since Windows paths travel here.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at.saturating_add(1)..).unwrap_or_default())),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, next)) => value.push(next),
                None => value.push(c),
            },
            _ => value.push(c),
        }
    }
    None
}

fn join_sections(parts: &[&Parameter]) -> String {
    let mut octets = Vec::new();
    let mut label = None;
    for (index, part) in parts.iter().enumerate() {
        let mut value = part.value.as_str();
        if part.extended && index == 0 {
            let mut marks = value.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(text)) = (marks.next(), marks.next(), marks.next()) {
                label = Some(charset).filter(|charset| !charset.is_empty());
                value = text;
            }
        }
        if part.extended {
            octets.extend(percent_decoded(value));
        } else {
            octets.extend_from_slice(value.as_bytes());
        }
    }
    let text = charset::decode(&octets, label).text;
    if parts.iter().any(|part| part.extended) {
        text
    } else {
        words::decode(&text)
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut pieces = text.as_bytes().split(|b| *b == b'%');
    octets.extend_from_slice(pieces.next().unwrap_or_default());
    for piece in pieces {
        let octet = piece
            .first()
            .zip(piece.get(1))
            .and_then(|(high, low)| hex_pair(*high, *low));
        if let Some(octet) = octet {
            octets.push(octet);
            octets.extend_from_slice(piece.get(2..).unwrap_or_default());
        } else {
            octets.push(b'%');
            octets.extend_from_slice(piece);
        }
    }
    octets
}

/// A plain value: encoded words, or percent encoding where that gives text beyond ASCII.
fn decode_plain(value: &str) -> String {
    if value.contains("=?") {
        return words::decode(value);
    }
    if value.contains('%') && value.is_ascii() {
        let octets = percent_decoded(value);
        if !octets.is_ascii()
            && let Ok(text) = String::from_utf8(octets)
        {
            return text;
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        Params::parse(text).get("filename").unwrap_or_default()
    }

    #[test]
    fn extended_parameters_are_read_in_all_their_forms() {
        assert_eq!(
            name("attachment; filename*=UTF-8''%E8%AB%8B%E6%B1%82.pdf"),
            "請求.pdf"
        );
        assert_eq!(
            name("a; filename*1*=%B1%82.pdf; filename*0*=utf-8'ja'%E8%AB%8B%E6"),
            "請求.pdf"
        );
        assert_eq!(
            name("a; filename*0*=iso-2022-jp''%1B$B%40A; filename*1*=%35%61%1B(B.pdf"),
            "請求.pdf"
        );
        assert_eq!(
            name("a; filename*0=\"long\"; filename*1=\"name.txt\""),
            "longname.txt"
        );
    }

    #[test]
    fn the_extended_name_wins_over_the_plain_one() {
        assert_eq!(
            name("a; filename=\"evil.exe\"; filename*=UTF-8''good.pdf"),
            "good.pdf"
        );
    }

    #[test]
    fn encoded_words_stand_in_parameters() {
        assert_eq!(name("a; filename=\"=?UTF-8?B?6KuL?= =?UTF-8?B?5rGC?=\""), "請求");
        assert_eq!(name("a; filename==?UTF-8?B?6KuL?=\t=?UTF-8?B?5rGC?="), "請求");
        assert_eq!(name("a; filename=%E8%AB%8B%E6%B1%82.pdf"), "請求.pdf");
    }

    #[test]
    fn damaged_values_give_what_they_have() {
        let params = Params::parse("text/plain (c); charset=\"utf-8\" (c); =x; y; format=flowed; name=\"a");
        assert_eq!(
            (params.value.as_str(), params.charset().as_deref()),
            ("text/plain", Some("utf-8"))
        );
        assert_eq!(params.plain("format"), Some("flowed"));
        assert_eq!(params.plain("name"), Some("a"));
        assert_eq!(name("a; filename=C:\\tmp\\a b.txt"), "C:\\tmp\\a b.txt");
    }

    #[test]
    fn a_missing_semicolon_hides_neither_value_nor_parameter() {
        for (text, value) in [
            ("text/plain charset=utf-8; format=flowed", "text/plain"),
            ("Text / HTML charset = utf-8", "text/html"),
            ("\u{1} text/plain x; charset=utf-8", "text/plain"),
            ("charset=utf-8; text/plain", ""),
        ] {
            let params = Params::parse(text);
            assert_eq!(
                (params.value.as_str(), params.charset().as_deref()),
                (value, Some("utf-8"))
            );
        }
        assert_eq!(name("attachment filename=\"a b.txt\""), "a b.txt");
    }

    #[test]
    fn endless_parameters_end() {
        assert_eq!(Params::parse(&"; a=b".repeat(100_000)).parameters.len(), 200);
    }
}
