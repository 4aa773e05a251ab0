//! The signs outside the marked header fields: sender names, recipients, subjects, the body's own words
//! (R1, R7, R8, R9), and AWS's own senders. Comes in: a mail. Goes out: reasons, weighed. Words are the
//! weakest evidence: alone they never make a machine of a person.

use std::sync::LazyLock;

use super::{OwnIdentity, ScreeningReason};
use crate::mail::pattern::patterns;
use crate::mail::question::asks;
use crate::mail::{EmailAddress, InboundMessage, ReturnPath};

/// Longest evidence that is kept, in octets.
const LONGEST_EVIDENCE: usize = 200;

/// How much of a text is read for an automatic answer's own words, in octets.
const MOST_TEXT: usize = 4000;

/// AWS's senders; a test reads the file, so it cannot fail at run time.
const AWS_NOTICES: &str = include_str!("../aws_notices.toml");

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AwsNotices {
    domains: Vec<String>,
    senders: Vec<String>,
}

static AWS: LazyLock<AwsNotices> = LazyLock::new(|| toml::from_str(AWS_NOTICES).unwrap_or_default());

patterns! {
    role = r"(?i)^(?:mailer[-_.]?daemon|postmaster|root|daemon|nobody|www-data|apache|nginx|cron|.*no[-_.]?reply.*|do[-_.]?not[-_.]?reply.*|.*[-_.]?noreply|bounces?|.*-bounces?|bounces?[+-].*|owner-.*|.*-owner|.*-request|auto(?:mated|matic)?[-_.]?(?:reply|response|responder|notice|mail|notification)|automated|notifications?|alerts?|nagios|zabbix|jenkins|monitoring?)$";
    subject_of_an_answer = r"(?ix)^\s*(?:
          【?\s?(?:自動\s?(?:応答|返信|送信|配信|回答)|不在(?:通知|応答|連絡|返信)|オートリプライ)\s?(?:メール|メッセージ)?\s?(?:】|[:：]|$)
        | [\[（(](?:自動(?:応答|返信|送信|配信)|不在(?:通知|応答)|auto-?reply|out\sof\soffice)[\]）)]
        | (?:automatic\sreply|auto(?:matic)?[\s-]?(?:response|reply)|autoreply|out\sof\s(?:the\s)?office|ooo|vacation\s(?:reply|response|notice|message)|away\sfrom\s(?:the\s|my\s)?office|respuesta\sautomática|réponse\sautomatique|automatische\santwort|abwesenheits)\b
        | auto(?:matic)?\s?:\s?re\s?: | 自动(?:回复|答复)\s?[:：] | 自動(?:回覆|回復)\s?[:：] | \[?자동\s?(?:회신|응답) )";
    subject_of_absence_anywhere = r"(?i)\bis (?:currently )?out of (?:the )?office\b|(?:さん|氏)?は(?:現在|ただいま)?(?:不在|休暇中|外出中|出張中)(?:です|にしております|しております)|は不在です";
    subject_of_a_job = r"(?i)^\s*(?:cron\s?<[^<>\s]+@[^<>\s]+>|anacron job|logwatch for |\*\* (?:problem|recovery|acknowledgement|flapping\w*)\b|\[(?:firing|resolved|alerting|ok)[\]:])";
    subject_of_absence = r"(?:不在|休暇|外出|休業|夏季休業|年末年始)(?:中)?(?:の|に関する|につき)?\s?(?:通知|お知らせ|ご案内|ご?連絡(?:[^先]|$))|^\s*(?:【[^】]{1,12}】)?\s?(?:お問い?合わ?せ|ご連絡|お申し?込み?|ご注文|ご依頼)(?:を|の|が|内容を)?\s?(?:受け?付け?|受領|承り|受信|確認)|^\s*(?:受付|受信|申込|登録)(?:完了|確認)|自動(?:返信|応答|配信|送信)(?:メール|メッセージ)?(?:です)?[）)】]?\s*$";
    answers = r"(?i)^\s*(?:(?:re|fw|fwd|aw|返信|転送|回答)\s?[:：]|【(?:返信|転送)】)";
    subject_of_delivery = r"(?i)^\s*(?:undeliver(?:ed|able)|returned mail|mail delivery (?:failed|system|subsystem)|delivery status notification|failure notice|配信(?:不能|エラー|失敗|できません)|未配信)";
    subject_of_receipt = r"(?i)^\s*(?:開封(?:済み|確認|通知)\s?[:：(]|(?:not )?read\s?:|return receipt)";
    says_automatic = r"(?ix) (?:この|本)(?:e)?(?:電子)?メール(?:アドレス)?は.{0,20}(?:自動(?:的に)?(?:で|に)?\s?(?:送信|返信|応答|配信|発信|生成)|システム(?:より|から).{0,8}(?:送信|自動)|送信専用) | 自動(?:返信|応答|送信|配信)(?:メール|メッセージ)(?:です|となり|にて|で) | 自動(?:返信|応答)にて
        | (?:本|この)メールに(?:ご)?返信(?:いただ|し|され)?.{0,12}(?:できません|お答え|出来ません|受け付け)
        | (?:不在|休暇|休業|出張|夏季休暇|外出|お休み)(?:に|を|と|の為|のため|とさせて|にし).{0,30}(?:おります|いただ|頂|となり).{0,60}(?:メール|返信|返答|対応|ご連絡|回答)
        | \b(?:this\sis\san?\sauto(?:mated|matic)(?:ally)?|automatically\s(?:generated|sent)|auto-?generated\s(?:email|message)|do\snot\sreply\sto\sthis|i\s(?:am|will\sbe)\s(?:currently\s)?(?:out\sof\s(?:the\s)?office|away|on\s(?:vacation|leave|holiday))|i'm\s(?:currently\s)?(?:out\sof\s(?:the\s)?office|away\sfrom)|out\sof\s(?:the\s)?office\s(?:until|from|and|starting)|with\s(?:limited|no)\saccess\sto\s(?:my\s)?e?-?mail)";
}

/// A reason that silences, with its evidence cut to size.
pub(super) fn reason(rule: &'static str, slug: &'static str, evidence: &str, weight: u8) -> ScreeningReason {
    let evidence = evidence
        .get(..evidence.floor_char_boundary(LONGEST_EVIDENCE))
        .unwrap_or_default()
        .to_owned();
    ScreeningReason {
        rule,
        slug,
        evidence,
        weight,
        silences: true,
    }
}

/// R1, the weak part: an empty envelope sender, which absence notes use as bounces do.
pub(super) fn null_sender(mail: &InboundMessage) -> Vec<ScreeningReason> {
    let null = mail.return_path == ReturnPath::Null;
    null.then(|| reason("R1", "null-return-path", "<>", 60))
        .into_iter()
        .collect()
}

/// R2, beside receipts: what a program sends at a person's click and asks nothing (SPEC §4).
pub(super) fn quiet_mail(mail: &InboundMessage) -> Option<ScreeningReason> {
    let special = mail.special.filter(|special| special.asks_nothing())?;
    Some(reason("R2", special.as_str(), &mail.subject, 0))
}

/// R7: the local part names a role no person answers from.
pub(super) fn role_sender(mail: &InboundMessage) -> Vec<ScreeningReason> {
    let senders = mail.single_author().into_iter().chain(mail.sender.as_ref());
    let named = senders
        .map(|sender| &sender.address)
        .find(|address| role().is_match(address.local_part()));
    named
        .map(|address| reason("R7", "role-sender", address.as_str(), 50))
        .into_iter()
        .collect()
}

/// R8: the desk is named in neither To nor Cc (RFC 3834 §2, RFC 5230 §4.5).
pub(super) fn indirect(mail: &InboundMessage, own: &OwnIdentity) -> Vec<ScreeningReason> {
    let mut named = mail.to.iter().chain(&mail.cc).map(|mailbox| &mailbox.address);
    if own.addresses.is_empty() || named.any(|address| is_own(address, own)) {
        return Vec::new();
    }
    let first = mail
        .to
        .first()
        .map_or("no To", |mailbox| mailbox.address.as_str());
    vec![reason("R8", "not-addressed-to-us", first, 0)]
}

/// One of our addresses, with or without a tag (`desk+t1@`, RFC 5233).
pub(super) fn is_own(address: &EmailAddress, own: &OwnIdentity) -> bool {
    let untagged = address
        .local_part()
        .split_once('+')
        .map(|(local, _)| format!("{local}@{}", address.domain()));
    let plain = untagged.and_then(|text| EmailAddress::parse(&text).ok());
    own.addresses.contains(address) || plain.is_some_and(|plain| own.addresses.contains(&plain))
}

/// R9: what subject and text say of themselves.
pub(super) fn words(mail: &InboundMessage) -> Vec<ScreeningReason> {
    let subject = mail.subject.as_str();
    let kinds = [
        (subject_of_an_answer(), "subject-of-an-answer", 60),
        (subject_of_receipt(), "subject-of-a-receipt", 50),
        (subject_of_absence(), "subject-of-absence", 40),
        (subject_of_absence_anywhere(), "subject-of-absence", 60),
        (subject_of_a_job(), "subject-of-a-job", 50),
        (subject_of_delivery(), "subject-of-delivery", 40),
    ];
    let found = kinds
        .iter()
        .find(|(pattern, ..)| pattern.is_match(subject))
        .filter(|_| !answers().is_match(subject));
    let named = found.map(|(_, slug, weight)| ScreeningReason {
        // Customers name their inquiries about SES after such mails; machines give more signs than this.
        silences: *slug != "subject-of-delivery",
        ..reason("R9", slug, subject, *weight)
    });
    let written = mail.reply.written();
    let spoken = written
        .get(..written.floor_char_boundary(MOST_TEXT))
        .unwrap_or_default();
    let said = says_automatic().find(spoken).map(|found| ScreeningReason {
        // Customers quote such sentences when they ask about a mail they received.
        silences: named.as_ref().is_some_and(|named| named.silences) || !is_quoted(spoken, found.start()),
        ..reason("R9", "text-says-automatic", found.as_str(), 40)
    });
    weigh(mail, named.into_iter().chain(said).collect())
}

/// One sign in words alone is weak: where the writer asks something it neither silences nor weighs much. An
/// answer that calls itself automatic and asks nothing is one.
fn weigh(mail: &InboundMessage, mut signs: Vec<ScreeningReason>) -> Vec<ScreeningReason> {
    let [only] = signs.as_mut_slice() else {
        return signs;
    };
    let asks = asks_beside_notices(&mail.reply.written());
    let answers = only.slug == "subject-of-an-answer" && mail.answered_ids().next().is_some();
    match (answers, asks) {
        (true, false) => only.weight = 100,
        (false, true) => {
            only.silences = false;
            only.weight /= 3;
        }
        (true, true) | (false, false) => {}
    }
    signs
}

/// Whether anything is asked outside the lines by which machines say that they are machines.
fn asks_beside_notices(written: &str) -> bool {
    let notice =
        |line: &&str| says_automatic().is_match(line) || (line.contains("返信") && line.contains("ません"));
    let rest: Vec<&str> = written.lines().filter(|line| !notice(line)).collect();
    asks(&rest.join("\n"))
}

/// Whether the line at this place speaks about somebody's words.
fn is_quoted(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rsplit('\n').next().unwrap_or_default();
    let end = after.split('\n').next().unwrap_or_default();
    let about = ['「', '」', '『', '』', '"', '“'];
    start.contains(about)
        || end.contains(about)
        || ["と書", "という", "とあり", "と記載", "と届"]
            .iter()
            .any(|words| end.contains(words))
}

/// Whether an address is on the list of those that AWS writes its notices with.
pub fn is_aws_sender(address: &EmailAddress) -> bool {
    let domain = address.domain();
    let within = |listed: &String| {
        domain == listed
            || domain
                .strip_suffix(listed.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
    };
    AWS.senders.iter().any(|sender| sender == address.folded()) || AWS.domains.iter().any(within)
}

/// A sender on the list of AWS's own.
pub(super) fn aws_notice(mail: &InboundMessage) -> Option<ScreeningReason> {
    let address = &mail.single_author()?.address;
    is_aws_sender(address).then(|| reason("R7", "aws-notice", address.as_str(), 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_aws_senders_is_read() {
        let listed: AwsNotices = toml::from_str(AWS_NOTICES).unwrap();
        assert!(!listed.domains.is_empty() && !listed.senders.is_empty());
    }

    #[test]
    fn subjects_of_persons_say_nothing() {
        for subject in [
            "Read replica の遅延",
            "Delivery status をSESで見たい",
            "外出先から接続できません",
            "自動スケーリングの設定",
        ] {
            for pattern in [
                subject_of_an_answer(),
                subject_of_absence(),
                subject_of_delivery(),
                subject_of_receipt(),
            ] {
                assert!(!pattern.is_match(subject), "{subject} {pattern}");
            }
        }
    }

    #[test]
    fn an_answer_to_an_automatic_answer_is_a_persons() {
        assert!(answers().is_match("Re: 自動応答: 障害") && answers().is_match("返信：自動応答"));
    }

    #[test]
    fn subjects_of_answers_are_known() {
        for subject in [
            "自動応答: 障害",
            "【自動返信】受付",
            "Automatic reply: x",
            "Out of Office: x",
            "不在通知: x",
        ] {
            assert!(subject_of_an_answer().is_match(subject), "{subject}");
        }
        assert!(subject_of_receipt().is_match("開封済み: 障害"));
        assert!(subject_of_absence().is_match("夏季休暇のお知らせ"));
    }
}
