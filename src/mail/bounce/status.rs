//! Enhanced status codes (RFC 3463) from what a server said. Comes in: a diagnostic text. Goes out: the
//! code that is written there, or the one its words and reply code mean.

use crate::mail::pattern::patterns;

/// Longest diagnostic that is looked at, in octets.
const LONGEST: usize = 8000;

patterns! {
    enhanced = r"(?:^|[^\d.])(?P<code>[245]\.\d{1,2}\.\d{1,3})(?:[^\d.]|\.\D|\.?$)";
    reply = r"(?:^|[^\d.])(?P<code>[45][0-7]\d)(?:[\s\-:,;'\u{22}]|$)";
    loops = r"(?i)too many hops|mail loop|loop detected|routing loop|hop count|ループ";
    full = r"(?i)(?:mailbox|mail ?box|mail folder|inbox|user|account|disk).{0,30}\bfull\b|over\s?(?:the\s)?(?:allowed\s)?quota|quota\s?(?:exceed|limit|violation|is full)|exceed\w*\s.{0,40}(?:quota|storage|local limit|mailbox)|insufficient (?:system )?storage|not enough (?:disk|storage)|mailbox exceeded|容量.{0,12}(?:超|不足|いっぱい|オーバー)|メールボックスが.{0,6}(?:いっぱい|満杯)|いっぱいの?ため|受信箱.{0,8}いっぱい";
    large = r"(?i)(?:message|mail|file|size).{0,30}(?:too (?:large|big|long)|exceeds?.{0,40}(?:size|limit|maximum))|exceeds?.{0,30}(?:maximum )?(?:message )?size|size limit|サイズ.{0,16}(?:超|大き|制限)";
    relay = r"(?i)relay(?:ing)?\s(?:access\s)?(?:denied|not permitted|prohibited|not allowed)|unable to relay|we do not relay";
    off = r"(?i)(?:account|user|mailbox|address)\S*\s(?:is\s|has been\s|was\s)?(?:currently\s|temporarily\s)?(?:disabled|inactive|suspended|deactivated|closed|not active|locked)|not accepting (?:mail|message)|no longer (?:active|valid|available|in use)|利用(?:を)?停止|停止中|一時停止|解約";
    host = r"(?i)host (?:or domain )?(?:name )?(?:unknown|not found|lookup)|unknown host|no such (?:host|domain)|domain (?:name )?.{0,40}(?:not found|does ?n[o']t exist|not exist)|couldn'?t find any host|name service error|nxdomain|unrouteable|unroutable|bad destination (?:host|system)|all relevant mx records|ドメイン.{0,20}(?:見つかり|存在し)|ホスト.{0,10}(?:見つかり|不明)";
    unknown = r"(?i)user\s?unknown|unknown\s(?:user|recipient|local|address|account|mailbox|or illegal)|(?:no|not) such (?:user|recipient|mailbox|address|account|person|address)|(?:user|recipient|mailbox|address|account|email)\S*\s(?:\S+\s){0,3}(?:not found|does ?n[o']t exist|not exist|not known|unknown|undeliverable|is not valid|invalid|couldn't be found)|no mailbox (?:here )?by (?:that|this) name|(?:invalid|bad|nonexistent|non-existent) (?:recipient|mailbox|user|destination|address)|not (?:listed in|our customer|a known user|a valid (?:user|mailbox))|does ?n[o']t have an? (?:\S+\s){0,2}account|mailbox unavailable|not a valid mailbox|recipient (?:address )?(?:was )?rejected|can't create output|not recognized|resolver\.adr|recipnotfound|宛先.{0,20}(?:見つかり|不明|存在|誤)|あて先.{0,12}(?:見つかり|不明|存在)|メールアドレス.{0,16}(?:見つかり|存在|正しく|誤)|ユーザー?.{0,12}(?:存在|不明|見つかり)|受信者.{0,16}(?:見つかり|存在|不明)|存在し(?:ない|ません)";
    refused = r"(?i)\bspam|blocked|black\s?list|block\s?list|\brbl\b|spamhaus|barracuda|polic(?:y|ies)|access denied|not authori[sz]ed|unauthenticated|dmarc|\bspf\b|content (?:reject|filter)|message (?:was )?(?:reject|refused|content)|virus|prohibited|forbidden|受信拒否|拒否|迷惑メール";
    expired = r"(?i)retry time(?:out)? exceeded|(?:message|mail|delivery time|queue).{0,20}expired|expired|in the queue too long|been in the queue|too long (?:in|on)|gave up|giving up|not delivered within|could not be delivered (?:for|within|in) |hop time|再送.{0,12}(?:できません|失敗|終了)|期限|一定(?:期間|時間)";
    offline = r"(?i)connection (?:refused|timed out|reset|dropped|failed)|timed?[\s-]?out|timeout|no route to host|network (?:is )?unreachable|host (?:is )?(?:down|unreachable)|not responding|unable to connect|can ?n[o']t connect|couldn'?t connect|lost connection|応答(?:が|し)|接続でき";
    congested = r"(?i)greylist|try again later|too many (?:connections|messages|recipients)|rate limit|temporar(?:y|ily) (?:deferred|failure|unavailable|rejected|blocked)|混雑|一時的";
}

/// The status a diagnostic text gives or means; `None` where it says nothing.
pub(super) fn status_of(diagnostic: &str) -> Option<String> {
    let text = diagnostic
        .get(..diagnostic.floor_char_boundary(LONGEST))
        .unwrap_or(diagnostic);
    let written = written_codes(text);
    if let Some(precise) = written.iter().find(|code| is_precise(code)) {
        return Some((*precise).to_owned());
    }
    let class = reply()
        .captures(text)
        .and_then(|found| found.name("code")?.as_str().chars().next());
    let class = written.first().and_then(|code| code.chars().next()).or(class);
    match (meaning(text), class) {
        (Some(status), Some(class)) => Some(format!("{class}{}", status.get(1..).unwrap_or_default())),
        (Some(status), None) => Some(status.to_owned()),
        (None, Some(class)) => Some(format!("{class}.0.0")),
        (None, None) => None,
    }
}

/// Whether a code says more than that it failed.
pub(super) fn is_precise(code: &str) -> bool {
    code.get(1..).is_some_and(|detail| detail != ".0.0")
}

/// The first code that is written in a Status field such as `5.1.1 (unknown)`.
pub(super) fn written_code(text: &str) -> Option<String> {
    written_codes(text).first().map(|code| (*code).to_owned())
}

fn written_codes(text: &str) -> Vec<&str> {
    enhanced()
        .captures_iter(text)
        .take(20)
        .filter_map(|found| Some(found.name("code")?.as_str()))
        .collect()
}

fn meaning(text: &str) -> Option<&'static str> {
    let table: [(&regex::Regex, &str); 11] = [
        (loops(), "5.4.6"),
        (full(), "5.2.2"),
        (large(), "5.3.4"),
        (relay(), "5.7.1"),
        (off(), "5.2.1"),
        (host(), "5.1.2"),
        (unknown(), "5.1.1"),
        (refused(), "5.7.1"),
        (expired(), "4.4.7"),
        (offline(), "4.4.1"),
        (congested(), "4.3.2"),
    ];
    table
        .iter()
        .find(|(pattern, _)| pattern.is_match(text))
        .map(|(_, status)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_code_wins_over_words_and_addresses() {
        for (text, status) in [
            ("550 5.1.1 <a@b.example>: user unknown", "5.1.1"),
            ("host 192.0.2.5.1.1 said: 452 mailbox full", "4.2.2"),
            ("mx[192.0.2.25]: 550-5.7.26 unauthenticated.", "5.7.26"),
            ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        ] {
            assert_eq!(status_of(text).as_deref(), Some(status), "{text}");
        }
    }

    #[test]
    fn words_are_read_in_both_languages() {
        for (text, status) in [
            ("User unknown", "5.1.1"),
            ("メールボックスの容量が超過しています", "5.2.2"),
            ("送信先メールアドレスが見つかりません", "5.1.1"),
            (
                "554 delivery error: dd This user doesn't have a yahoo.co.jp account",
                "5.1.1",
            ),
            ("Host or domain name not found", "5.1.2"),
            ("450 Connection timed out", "4.4.1"),
            ("5.0.0 user unknown", "5.1.1"),
            ("552 something", "5.0.0"),
        ] {
            assert_eq!(status_of(text).as_deref(), Some(status), "{text}");
        }
        assert_eq!(status_of("お世話になっております"), None);
    }
}
