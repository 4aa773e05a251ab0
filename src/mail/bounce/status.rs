//! Enhanced status codes (RFC 3463). Comes in: what a report says in codes or words. Goes out: the most
//! exact code there is: the given one, the one in the remote server's words, or one derived from them.

use std::sync::LazyLock;

use regex::Regex;

use crate::mail::pattern;

/// An enhanced code among words; four numbers are an IP address.
static ENHANCED: LazyLock<Regex> =
    LazyLock::new(|| pattern::fixed(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:\.?(?:[^\d.]|$))"));
/// A three-digit reply code that stands where a server's answer begins.
static REPLY_CODE: LazyLock<Regex> =
    LazyLock::new(|| pattern::fixed(r"(?i)(?:^|said:\s*|smtp;\s*|[^\w.@-])([45][0-5]\d)(?:[ \-:;,)]|$)"));

/// Words of servers and the code they mean, the class digit left out.
static WORDS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"(?i)(?:user|recipient|mailbox|account|address)\b.{0,40}\b(?:unknown|not found|does not exist|doesn't exist|no such|invalid|unavailable|couldn't be found)|(?:no such|unknown|invalid) (?:user|recipient|mailbox|address|account)|doesn't have an? \S+ account|no mailbox here|RecipientNotFound|(?:あて先|宛先|アドレス|ユーザー?)(?:が|は).{0,20}(?:不明|見つかりません|存在しません|ありません|間違)", "1.1"),
        (r"(?i)(?:mailbox|quota|account|user)\b.{0,60}\b(?:full|exceeded|over ?quota)|over quota|insufficient (?:disk|system) (?:space|storage)|メールボックスが?.{0,20}(?:一杯|いっぱい|満杯|容量)|容量(?:を超え|オーバー)", "2.2"),
        (r"(?i)(?:message|mail)\b.{0,30}\b(?:too (?:big|large)|exceeds)|size limit|サイズ.{0,20}(?:超え|大き)", "3.4"),
        (r"(?i)host (?:unknown|not found)|domain.{0,30}(?:not found|does not exist)|NXDOMAIN|name service error|unrouteable", "1.2"),
        (r"(?i)(?:account|user).{0,20}(?:is|has been) (?:disabled|suspended|temporarily limited|inactive)|mailbox disabled", "2.1"),
        (r"(?i)not delivered within|retry time.{0,10}exceeded|has expired|too long in (?:the )?queue|giv(?:ing|en) up", "4.7"),
        (r"(?i)timed? ?out|connection refused|could not connect|couldn't find any host|no route to host|retry timeout", "4.1"),
        (r"(?i)spam|blocked|blacklist|denied|policy|rejected|not authori[sz]ed|refused by|受信拒否|拒否され", "7.1"),
    ]
    .into_iter()
    .map(|(words, detail)| (pattern::fixed(words), detail))
    .collect()
});

/// The given code, unless it is absent or vague (`5.0.0`) and the words say it better.
pub(super) fn refine(given: Option<&str>, words: Option<&str>) -> Option<String> {
    let given = given.and_then(enhanced);
    let derived = words.and_then(from_words);
    match (given, derived) {
        (Some(given), Some(derived)) if is_vague(&given) && same_class(&given, &derived) => Some(derived),
        (Some(given), _) => Some(given),
        (None, derived) => derived,
    }
}

/// The code that a server's words hold or mean.
pub(super) fn from_words(words: &str) -> Option<String> {
    if let Some(code) = enhanced(words).filter(|code| !is_vague(code)) {
        return Some(code);
    }
    let reply = REPLY_CODE
        .captures(words)
        .and_then(|found| found.get(1))
        .map(|code| code.as_str());
    let class = match reply {
        Some(code) if code.starts_with('4') => "4",
        Some(_) | None => "5",
    };
    let meant = WORDS.iter().find(|(pattern, _)| pattern.is_match(words));
    match (meant, reply) {
        (Some((_, detail)), _) => Some(format!("{class}.{detail}")),
        (None, Some(code)) => Some(format!("{class}.{}", by_reply_code(code))),
        (None, None) => enhanced(words),
    }
}

/// Subject and detail for a bare reply code (RFC 5321 §4.2.3).
fn by_reply_code(code: &str) -> &'static str {
    match code {
        "450" | "551" => "2.0",
        "451" => "3.0",
        "452" => "3.1",
        "421" => "4.2",
        "552" => "2.2",
        "553" => "1.3",
        _ => "0.0",
    }
}

fn enhanced(text: &str) -> Option<String> {
    ENHANCED
        .captures(text)?
        .get(1)
        .map(|code| code.as_str().to_owned())
}

fn is_vague(code: &str) -> bool {
    code.ends_with(".0.0")
}

fn same_class(one: &str, other: &str) -> bool {
    one.chars().next() == other.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_words_codes_and_meaning() {
        for (words, code) in [
            ("550 5.1.1 <a@x.example>: Recipient address rejected", "5.1.1"),
            ("550 Unknown user a@x.example", "5.1.1"),
            ("452 Mailbox full", "4.2.2"),
            ("host mx.x.example[192.0.2.5] said: 553 sorry", "5.1.3"),
            ("宛先のユーザーが見つかりません", "5.1.1"),
        ] {
            assert_eq!(from_words(words).as_deref(), Some(code), "{words}");
        }
        assert_eq!(from_words("192.5.1.1"), None);
    }

    #[test]
    fn a_vague_code_gives_way_to_an_exact_one_of_its_class() {
        assert_eq!(
            refine(Some("5.0.0"), Some("550 5.7.1 blocked")).as_deref(),
            Some("5.7.1")
        );
        assert_eq!(
            refine(Some("4.0.0"), Some("550 5.7.1 blocked")).as_deref(),
            Some("4.0.0")
        );
        assert_eq!(refine(Some("5.4.1"), Some("timed out")).as_deref(), Some("5.4.1"));
    }
}
