//! What a report is looked for in, and the marks by which machines that send reports are known.

use crate::mail::address::EmailAddress;
use crate::mail::message::Header;
use crate::mail::pattern::patterns;

/// A mail, as far as reports are concerned.
#[derive(Debug, Clone, Copy)]
pub struct ReportSource<'a> {
    /// All header fields, decoded, in order.
    pub headers: &'a [Header],
    /// Decoded subject.
    pub subject: &'a str,
    /// The single author, where there is one.
    pub from: Option<&'a EmailAddress>,
    /// The whole text for people.
    pub text: &'a str,
    /// Every leaf part in order; of `message/*` parts the text is the part's content with its headers.
    pub parts: &'a [ReportPart<'a>],
}

/// One part of a mail.
#[derive(Debug, Clone, Copy)]
pub struct ReportPart<'a> {
    /// Media type in lower case, `type/subtype`.
    pub media_type: &'a str,
    /// Its decoded content.
    pub text: &'a str,
}

patterns! {
    daemon = r"(?i)^(?:mailer[-_.]?daemon.*|mail[-_.]?daemon|mdaemon|postmaster.*|microsoftexchange\w*|mail[-_.]?(?:system|delivery|admin|er)\w*|mmdf|daemon|double-bounce|bounces?(?:[-+].*)?|owner-mailer-daemon|system-?admin\w*|mta|smtp)$";
    daemon_name = r"(?i)mail\s?er?-?\s?(?:daemon|delivery)|mail delivery|delivery (?:sub)?system|mail administrator|mail system|post ?master|メール(?:配信|システム)|配信システム";
    /// Persons set these names too, by leaving their program's own.
    program_name = r"(?i)microsoft (?:outlook|exchange)";
    administrative = r"(?i)^(?:admin(?:istrator)?|system|sysadmin|no[-_.]?reply|do[-_.]?not[-_.]?reply|notifications?|mail|info-?mailer|root)$";
    subject_of_a_bounce = r"(?ix)^\s*(?:\*+\s*|\[[^\]]{1,20}\]\s*)? (?:
          undeliver(?:ed|able) | returned\s(?:mail|to\ssender) | (?:mail\s)?delivery\s(?:status|failed|failure|system|error|subsystem|has|delay|report|notification|problem|unsuccessful|unable)
        | mail\s(?:could|system\serror|error|failure|not\sdelivered|undeliverable) | failure\s(?:notice|delivery|notification|report) | non[- ]?deliver(?:y|able|ed) | ndn:
        | (?:your\s)?message\s(?:delivery|not\sdelivered|undeliverable|status|could|you\ssent|to\s\S+\s(?:blocked|could)) | could\snot\ssend | warning:\s?(?:could|message|e?mail)
        | nondeliverable | user\sunknown | failed\s(?:mail|delivery|message|to) | unable\sto\sdeliver | dsn: | bounced? | email\s(?:delivery|not|returned|undeliver) | error\s(?:mail|sending|delivering|returned) | address\s(?:not\sfound|rejected)
        | rejected(?:\smail)?: | there\swas\san\serror\ssending | unzustellbar | notificación\sde\sestado | 
        .{0,12}(?:配信|送信|配達|送達)(?:の)?(?:不能|不可|でき|エラー|失敗|遅延|に失敗|状態|状況|結果|障害) | 未配信 | 配信不能 | メール(?:送信|配信)?(?:エラー|不達) | 宛先(?:不明|エラー) | 不達 | エラーメール | 送信エラー | メールが(?:配信|送信|届)
      )";
    words_of_a_bounce = r"(?ix) could(?:\s?n[o']t|\snot)\sbe\s(?:delivered|sent|reached) | (?:was|were|been)\s(?:not\s(?:yet\s)?(?:been\s)?|un)deliver(?:ed|able) | (?:un|not\s)able\sto\s(?:be\s)?(?:deliver|send) | deliver[yd]\s?(?:to\sthe\sfollowing|failed|has\sfailed|attempt|error|unsuccessful)
        | undeliver(?:ed|able) | permanent(?:ly)?\s(?:fatal\s)?(?:error|fail) | returned\sto\s(?:the\s)?sender | (?:did|does)\snot\sreach | user\sunknown | unknown\suser | transcript\sof\ssession | mailbox\s(?:is\s)?(?:full|unavailable) | smtp\serror
        | remote\s(?:host|server|smtp)\s | recipient.{0,30}(?:reject|problem|fail|unknown) | (?:address|user|account)\S*\s(?:is\s|are\s)?(?:temporarily|disabled|not\sfound|does) | delivery\s(?:is\s|has\sbeen\s)?delayed | had\s(?:delivery|permanent|transient) | unsent | non[- ]?deliver(?:y|ed)
        | 配信(?:でき|不能|に失敗|されません|されていません|不可) | (?:届|お届け)(?:け|き|でき|ける)?(?:られ|ません|でした|こと) | 送信(?:でき|に失敗|されません) | (?:送達|配達|転送)でき | 存在(?:しません|しない) | (?:見つかりません|見つけられません) | 宛先不明 | 受信拒否 | 容量.{0,10}超
        ";
}

impl<'a> ReportSource<'a> {
    /// The values of every header of that name.
    pub(super) fn headers_named(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let headers = self.headers;
        headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }

    /// The first header of that name.
    pub(super) fn header(&self, name: &'a str) -> Option<&'a str> {
        self.headers_named(name).next()
    }

    /// The first part whose media type is one of these.
    pub(super) fn part(&self, media_types: &[&str]) -> Option<&'a ReportPart<'a>> {
        self.parts
            .iter()
            .find(|part| media_types.contains(&part.media_type))
    }

    /// Whether Content-Type names this report type (RFC 6522 §3).
    pub(super) fn has_report_type(&self, report_type: &str) -> bool {
        let folded = self
            .header("Content-Type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        folded.starts_with("multipart/report") && folded.contains(report_type)
    }

    /// Whether the envelope sender is empty: no person's mail program does that.
    pub(super) fn has_null_sender(&self) -> bool {
        self.header("Return-Path").is_some_and(|path| path.trim() == "<>")
    }

    /// Whether the author is a mail system by its address or its name.
    pub(super) fn is_from_daemon(&self) -> bool {
        let named = || {
            self.header("From").is_some_and(|from| {
                let name = from.split('<').next().unwrap_or_default();
                daemon_name().is_match(name) || (program_name().is_match(name) && self.is_marked())
            })
        };
        self.from.is_some_and(|from| daemon().is_match(from.local_part())) || named()
    }

    /// Whether the envelope or Auto-Submitted says that no person sent it.
    fn is_marked(&self) -> bool {
        self.has_null_sender() || self.header("Auto-Submitted").is_some()
    }

    /// Whether the author's account is one that people write from too, to tell of a bounce.
    pub(super) fn may_be_postmaster_in_person(&self) -> bool {
        let local = |from: &EmailAddress| from.local_part().to_ascii_lowercase();
        self.from.is_some_and(|from| {
            let local = local(from);
            !local.contains("daemon") && !local.starts_with("microsoftexchange")
        })
    }

    /// Whether the author is an account no person reads.
    pub(super) fn is_from_administration(&self) -> bool {
        self.from
            .is_none_or(|from| administrative().is_match(from.local_part()))
    }

    /// Whether the subject is one that mail systems write.
    pub(super) fn has_bounce_subject(&self) -> bool {
        subject_of_a_bounce().is_match(self.subject)
    }

    /// Whether the text is what mail systems write.
    pub(super) fn has_bounce_words(&self) -> bool {
        let start = self
            .text
            .get(..self.text.floor_char_boundary(6000))
            .unwrap_or(self.text);
        words_of_a_bounce().is_match(start)
    }
}
