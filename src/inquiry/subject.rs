//! Subjects: what the customer wrote, without what mail clients and gateways put around it.

use unicode_normalization::UnicodeNormalization;

use crate::ticket::TicketNumber;

/// Reply and forward prefixes of the clients in use, folded; the colon follows.
const PREFIXES: &[&str] = &[
    "re", "fw", "fwd", "aw", "sv", "返信", "転送", "回复", "答复", "antw", "rv",
];

/// Longest tag in brackets that is still taken for a gateway's, in characters.
const MAX_TAG: usize = 12;

/// Words that mark a bracketed tag as a gateway's.
const TAG_WORDS: &[&str] = &[
    "社外",
    "外部",
    "external",
    "ext",
    "注意",
    "要確認",
    "spam",
    "暗号化",
];

/// The customer's own subject: reply prefixes, gateway tags and our number taken off the front.
pub fn base_subject(subject: &str, number_prefix: &str) -> String {
    let mut rest = subject.trim();
    while let Some(shorter) = without_prefix(rest)
        .or_else(|| without_tag(rest))
        .or_else(|| without_number(rest, number_prefix))
    {
        rest = shorter.trim_start();
    }
    rest.trim().to_owned()
}

/// Whether two subjects are the same apart from prefixes, tags, width, case and spacing.
pub fn same_base(one: &str, other: &str, number_prefix: &str) -> bool {
    let folded = |subject: &str| {
        let base: String = base_subject(subject, number_prefix).nfkc().collect();
        base.to_lowercase().split_whitespace().collect::<String>()
    };
    folded(one) == folded(other)
}

/// The subject of a reply: `Re: ` and the customer's own subject, without gateway tags (SPEC §12).
pub fn reply_subject(subject: &str, number_prefix: &str) -> String {
    let base = base_subject(subject, number_prefix);
    if base.is_empty() {
        "Re:".to_owned()
    } else {
        format!("Re: {base}")
    }
}

fn without_prefix(text: &str) -> Option<&str> {
    let (start, rest) = text.split_once([':', '：'])?;
    // `Re[2]:` and `Re^2:` count how often; the count belongs to the prefix.
    let word = start
        .trim_end_matches(|c: char| c.is_ascii_digit() || "[]^()".contains(c))
        .trim();
    let word: String = word.nfkc().collect::<String>().to_lowercase();
    PREFIXES.contains(&word.as_str()).then_some(rest)
}

fn without_tag(text: &str) -> Option<&str> {
    let closing = match text.chars().next()? {
        '【' => '】',
        '[' => ']',
        '［' => '］',
        _ => return None,
    };
    let (tag, rest) = text.split_once(closing)?;
    let tag: String = tag
        .chars()
        .skip(1)
        .collect::<String>()
        .nfkc()
        .collect::<String>()
        .to_lowercase();
    let known = tag.chars().count() <= MAX_TAG && TAG_WORDS.iter().any(|word| tag.contains(word));
    // A tag alone is all the subject there is.
    (known && !rest.trim().is_empty()).then_some(rest)
}

fn without_number<'a>(text: &'a str, number_prefix: &str) -> Option<&'a str> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let with_prefix = inner
        .get(..number_prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(number_prefix));
    (with_prefix && TicketNumber::parse(inner, number_prefix).is_some()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_tags_and_our_number_come_off() {
        for subject in [
            "Re: EC2の件",
            "RE：Re[2]: EC2の件",
            "【社外】Re: EC2の件",
            "返信: [DESK-000012] EC2の件",
            "Fwd: [EXTERNAL] EC2の件",
        ] {
            assert_eq!(base_subject(subject, "DESK-"), "EC2の件", "{subject}");
        }
    }

    #[test]
    fn a_customers_own_brackets_and_colons_stay() {
        for subject in [
            "【重要】EC2の件",
            "[本番] EC2の件",
            "EC2: 接続できない",
            "【社外】",
        ] {
            assert_eq!(base_subject(subject, "DESK-"), subject);
        }
    }

    #[test]
    fn width_and_spacing_make_no_other_subject() {
        assert!(same_base("Re: ＥＣ２ の件", "EC2の件", "DESK-"));
        assert!(!same_base("Re: RDSの件", "EC2の件", "DESK-"));
    }

    #[test]
    fn an_answer_keeps_the_customers_subject() {
        assert_eq!(reply_subject("【社外】EC2の件", "DESK-"), "Re: EC2の件");
        assert_eq!(reply_subject("", "DESK-"), "Re:");
    }
}
