//! R9: words that automatic answers carry, the weakest evidence. Comes in: a mail. Goes out: silence; for a
//! subject together with a null Return-Path the claim auto-reply. A person's words about deliveries or
//! absences must not be taken for one, so most patterns hold only at the beginning, none behind `Re:`, and
//! only the newly written text is looked at: people quote the desk's own automatic mails.

use std::sync::LazyLock;

use regex::Regex;

use super::{Findings, SenderKind};
use crate::mail::{InboundMessage, ReturnPath, pattern};

/// The author is away.
static AWAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:\[[^\]]{0,20}\]\s*)?(?:不在(?:通知|応答|連絡)?\s*[:：]|【?不在(?:通知|の?お知らせ|の?ご連絡)】?",
        r"|(?:不在|休暇|外出|休業)(?:の|に関する|中の|のための)?(?:自動)?(?:通知|応答|お知らせ|ご案内|ご連絡)",
        r"|out of (?:the )?office\b|ooo\s*[:：]|vacation\s*(?:[:：]|notice|reply|response|$)|away from (?:the|my) (?:office|desk)",
        r"|automatic reply\s*[:：]|自動応答\s*[:：])"
    ))
});

/// A machine answered.
static ANSWERED: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:自動(?:応答|返信|送信|配信)(?:メール)?\s*[:：]|[【\[(<]自動(?:応答|返信|送信|配信)(?:メール)?[】\])>]",
        r"|【?(?:お問い?合わ?せ|ご連絡|お申し?込み)(?:内容)?(?:を|の)?(?:受け?付けました|受け?付け(?:完了|のお知らせ|のご連絡|いたしました)|受領|承りました)",
        r"|【?(?:受付|受信|申込)(?:完了|確認)|開封(?:済み|確認)\s*[:：]",
        r"|(?:配信不能|配信エラー|配信失敗|未配信|配達不能)\s*(?:[:：]|通知|$)|配信できませんでした\s*[:：]",
        r"|auto(?:matic)?[ -]?(?:response|reply)\b|auto(?:mated)? reply\b|undeliverable\s*[:：]|undelivered mail returned to sender$",
        r"|delivery status notification\s*(?:\(|$)|mail delivery (?:failed|failure|system)\s*(?:[:：]|$)|returned mail\s*[:：]",
        r"|failure notice$|(?:not )?read\s*[:：])"
    ))
});

/// A line by which a machine says that it wrote the mail.
static SELF_DESCRIPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^[※*＊■・\s【(（<＜-]*(?:(?:この|本|当)(?:電子)?(?:メール|e-?mail)は[、,]?.{0,20}(?:自動(?:送信|配信|返信|応答|的に|で)|送信専用)",
        r"|this is an? auto(?:matically|mated|matic)\b|this (?:e-?mail|message) (?:was|has been|is) (?:sent |generated )?automatically|(?:please )?do not reply to this (?:e-?mail|message))"
    ))
});
/// The longest such line, in octets; longer ones are somebody's running text.
const MAX_LINE: usize = 240;

pub(super) fn look(mail: &InboundMessage, findings: &mut Findings) {
    look_at_subject(mail, findings);
    let written = mail.reply.written();
    let line = written
        .lines()
        .find(|line| line.len() <= MAX_LINE && SELF_DESCRIPTION.is_match(line));
    if let Some(line) = line {
        findings.silence("R9", "automatic-text", line.trim());
    }
}

fn look_at_subject(mail: &InboundMessage, findings: &mut Findings) {
    let subject = mail.subject.trim();
    let slug = if AWAY.is_match(subject) {
        "out-of-office-subject"
    } else if ANSWERED.is_match(subject) {
        "automatic-subject"
    } else {
        return;
    };
    if mail.return_path == ReturnPath::Null {
        findings.claim(SenderKind::AutoReply, "R9", slug, subject);
    } else {
        findings.silence("R9", slug, subject);
    }
}
