//! Why a mail was held, or why nothing proves whose it is, in words. Comes in: the kebab-case reason that rows and
//! the log keep. Goes out: a phrase for staff.

use crate::ticket::Language;

/// Reasons for holding a mail: slug, in Japanese, in English.
const HOLD_REASONS: &[(&str, &str, &str)] = &[
    (
        "own-address",
        "窓口のアドレスを名乗っていますが、窓口が書いたメールではありません",
        "it bears the desk's own address, but the desk did not write it",
    ),
    (
        "author-ambiguous",
        "差出人(From)が一つに定まりません",
        "the From header names no single author",
    ),
    (
        "not-a-staff-address",
        "差出人が登録済みの担当者アドレスではありません",
        "the author is no registered staff address",
    ),
    (
        "not-an-enabled-staff-address",
        "差出人の担当者登録が無効です",
        "the staff member is disabled",
    ),
    (
        "sender-disagrees",
        "FromとSenderが一致しません",
        "From and Sender disagree",
    ),
    (
        "automatic",
        "自動送信メールと判定されました",
        "the mail was written by a machine",
    ),
    (
        "anchor-failed",
        "差出人本人からの送信であることを確認できません",
        "nothing proves that the author wrote it",
    ),
    (
        "date-too-far",
        "署名された日時が受信日時から72時間以上離れています",
        "its signed date is more than 72 hours from its arrival",
    ),
    (
        "no-token",
        "宛先に返信用アドレスがありません",
        "it was not sent to a reply address",
    ),
    (
        "token-invalid",
        "返信用アドレスが正しくありません",
        "the reply address is not a right one",
    ),
    (
        "token-of-no-ticket",
        "返信用アドレスの件が見つかりません",
        "the reply address names no ticket",
    ),
    (
        "token-expired",
        "返信用アドレスの有効期限が切れています",
        "the reply address has expired",
    ),
    (
        "answers-another-ticket",
        "返信用アドレスと返信元のメールの件が一致しません",
        "reply address and answered mail are of different tickets",
    ),
    (
        "not-on-this-desk",
        "この窓口の担当者ではありません",
        "the staff member does not serve this desk",
    ),
    (
        "command-in-html",
        "HTML形式のメールにコマンドがあります",
        "a command stands in a mail that is HTML only",
    ),
    (
        "command-in-text",
        "本文の途中にコマンドがあります",
        "a command stands in the middle of the text",
    ),
    (
        "notification-in-text",
        "お客様宛の文面に窓口の通知文が含まれています",
        "the text still holds a piece of our notification",
    ),
    (
        "leak-account",
        "別のお客様の契約にあるAWSアカウントIDが文面に含まれています",
        "the text names an AWS account of another customer",
    ),
    (
        "leak-secret",
        "アクセスキーなどの認証情報が文面に含まれています",
        "the text carries an access key or another secret",
    ),
    (
        "leak-internal",
        "社内メモまたは通知の文章が文面に含まれています",
        "the text carries a passage of an internal note or notification",
    ),
    (
        "anchor-undetermined",
        "DNSに問い合わせができず、差出人を確認できませんでした。自動で再確認します",
        "DNS gave no answer, so the author could not be verified; it is tried again by itself",
    ),
    (
        "not-enrolled",
        "このアドレスはまだ確認メールに返信していないため、送信が有効になっていません",
        "this address has not answered its probe yet, so nothing of it is relayed",
    ),
    (
        "confirmation-used",
        "この保留メールはすでに処理されています",
        "this held mail was decided before",
    ),
    (
        "confirmation-expired",
        "確認の有効期限が切れています。窓口の管理者に依頼するか、通知メールに返信し直してください",
        "the request has expired; ask an administrator, or answer the notification again",
    ),
    (
        "confirmation-not-understood",
        "先頭行に #send がありません",
        "the first line is not #send",
    ),
    (
        "nothing-to-send",
        "送信できる内容がありません",
        "there is nothing to send",
    ),
    (
        "content-changed",
        "確認をお願いしたメールと内容が異なります",
        "it is not the mail that you were asked about",
    ),
    (
        "command-refused",
        "コマンドを実行できないか、本文がありません",
        "its command cannot be carried out, or nothing is written",
    ),
];

/// Why the anchor does not pass, in words that say what to look at: slug, Japanese, English.
const ANCHOR_REASONS: &[(&str, &str, &str)] = &[
    (
        "no-word-of-the-border",
        "受信サーバーの認証結果(Authentication-Results)がありません。社外のサーバーから送信していないか、設定のIDが正しいかを確認してください",
        "the border has written no Authentication-Results; look whether the mail went through your own server, and whether the configured id is right",
    ),
    (
        "border-did-not-pass",
        "受信サーバーの認証結果が合格ではありません。送信サーバーにサインインして送信しているかを確認してください",
        "the border's result is no pass; look whether your mail client signs in at your own server",
    ),
    (
        "not-signed",
        "DKIM署名がありません",
        "the mail has no DKIM signature",
    ),
    (
        "no-aligned-signature",
        "差出人と同じドメインのDKIM署名がありません",
        "no DKIM signature is of the author's own domain",
    ),
    (
        "header-not-signed",
        "DKIM署名が必要なヘッダー(From, To, Subject, Date, Message-ID, Content-Type)を対象にしていません",
        "the DKIM signature leaves out From, To, Subject, Date, Message-ID or Content-Type",
    ),
    (
        "body-changed",
        "署名後に本文が変わっています",
        "the body was changed after it was signed",
    ),
    (
        "key-not-found",
        "DKIMの公開鍵がDNSにありません",
        "the DKIM key is not in DNS",
    ),
    (
        "key-in-test-mode",
        "DKIMの公開鍵が試験中(t=y)です",
        "the DKIM key is in test mode (t=y)",
    ),
    (
        "date-too-far",
        "メールの日時が受信時刻と72時間以上ずれています。端末の時計を確認してください",
        "its Date is more than 72 hours from its arrival; look at the clock of your device",
    ),
    (
        "not-internal",
        "Exchange Onlineの組織内メールではありません",
        "Exchange Online does not call it internal",
    ),
    (
        "dns-trouble",
        "DNSに問い合わせができませんでした",
        "DNS gave no answer",
    ),
];

/// Why the anchor does not pass, in words.
pub fn anchor_words(language: Language, reason: &str) -> &'static str {
    let known = ANCHOR_REASONS.iter().find(|(slug, _, _)| *slug == reason);
    let (japanese, english) = known.map_or(
        ("確認できませんでした", "it could not be shown"),
        |(_, ja, en)| (*ja, *en),
    );
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

/// Why a mail was held, in words.
pub fn hold_reason_words(language: Language, reason: &str) -> &'static str {
    let known = HOLD_REASONS.iter().find(|(slug, _, _)| *slug == reason);
    let (japanese, english) = known.map_or(
        ("確認が必要です", "a person has to look at it"),
        |(_, japanese, english)| (*japanese, *english),
    );
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}
