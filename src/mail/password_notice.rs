//! Mails that bring the password of a file sent before (SPEC §4). Comes in: the typed mail. Goes out: whether it
//! is such a notice. A mail that asks anything is an inquiry and never one.

use super::InboundMessage;
use super::pattern::patterns;
use super::question::asks;
use super::special::SpecialMail;

/// Longer mails say more than a password, in characters.
const LONGEST: usize = 1_200;

patterns! {
    password = r"(?i)パスワード|ﾊﾟｽﾜｰﾄﾞ|暗号キー|復号キー|解凍キー|\bpass(?:word|code|phrase)\b|\bPW\b";
    of_a_file = r"(?i)解凍|展開|復号|開封|添付|ファイル|ﾌｧｲﾙ|\bzip\b|\b7z\b|先(?:ほど|程)|別(?:送|途|メール)|(?:パスワード|password)(?:の)?(?:通知|のお知らせ|のご連絡|送付|notification)|\bunzip|\battach(?:ed|ment)|\bfiles?\b|\barchive\b|\bdecrypt|\bextract";
    spoken_value = r"(?im)(?:パスワード|ﾊﾟｽﾜｰﾄﾞ|キー|\bpass(?:word|code|phrase)|\bPW)(?:\s*(?:は|】|］|\])\s*|[^\n:：=＝]{0,40}[:：=＝]\s*\n?\s*|\s+is\s+)[「『\[【<(]?\s*[!-~]{4,64}";
    alone_on_its_line = r"(?m)^[ \t　>]*[!-~]{4,64}[ \t　]*$";
}

impl InboundMessage {
    /// Whether the mail does no more than bring the password of a file.
    pub fn is_password_notice(&self) -> bool {
        let written = self.reply.written();
        let text = if written.is_empty() { &self.text } else { &written };
        let speaks = |pattern: &regex::Regex| pattern.is_match(&self.subject) || pattern.is_match(text);
        let whole = self.special.is_none_or(SpecialMail::asks_nothing) && self.report.is_none();
        whole
            && text.chars().count() <= LONGEST
            && self.attachments.iter().all(|attachment| attachment.inline)
            && speaks(password())
            && speaks(of_a_file())
            && (spoken_value().is_match(text) || alone_on_its_line().is_match(text))
            && !asks(text)
            && !asks(&self.subject)
    }
}

#[cfg(test)]
mod tests {
    use crate::mail::parse::parse_mail;

    fn is_notice(subject: &str, text: &str) -> bool {
        let raw = format!(
            "From: <sato@customer.example>\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        );
        parse_mail(raw.as_bytes()).unwrap().is_password_notice()
    }

    #[test]
    fn passwords_of_files_are_told_from_questions_about_passwords() {
        for (subject, text) in [
            (
                "ログ送付",
                "先ほどの添付ファイルのパスワードをお送りします。\n\nパスワード：aB3?xYz9\n\n佐藤",
            ),
            ("【パスワード通知】ログ送付", "解凍パスワード\n\n  k9#Lm2pQ\n"),
            ("Password", "The password of the attached zip is: hunter22x"),
        ] {
            assert!(is_notice(subject, text), "{subject}");
        }
        for (subject, text) in [
            (
                "パスワードを忘れました",
                "IAMユーザーのパスワードを忘れました。リセット方法を教えてください。",
            ),
            ("ログ送付", "ログをお送りします。パスワードは別途お送りします。"),
            (
                "zipの解凍",
                "パスワード: abcd1234 で解凍できません。原因を教えてください。",
            ),
            (
                "初期パスワード",
                "root user の件でご相談です。パスワード: は不明です。",
            ),
        ] {
            assert!(!is_notice(subject, text), "{subject}");
        }
    }
}
