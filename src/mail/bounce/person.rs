//! A person who tells of a bounce, told from the machine that sent it. Comes in: a mail without a report's
//! structure. Goes out: whether its own words are a person's. What it returns or quotes does not count.

use super::human_text::own_lines;
use super::source::ReportSource;
use crate::mail::pattern::patterns;

/// Lines at the beginning of a text that are read.
const MOST_LINES: usize = 25;

/// Words that stand before `です` in machines' texts and are no names.
const NO_NAMES: &[&str] = &[
    "以下",
    "下記",
    "次",
    "上記",
    "前記",
    "原因",
    "宛先",
    "無効",
    "不明",
    "同様",
    "不在",
    "必要",
    "自動",
    "専用",
    "可能",
    "不可能",
    "通り",
    "内容",
    "対象",
    "通知",
];

patterns! {
    greeting = r"(?i)お世話になっ|お世話になり|お疲れ(?:様|さま)|はじめまして|初めまして|(?:ご|御)(?:教示|教授|相談)|教えて(?:くださ|いただ|下さ|頂|ほし)|でしょうか|(?:調査|対処)(?:の(?:ほど|程))?を?(?:よろしく)?お願い|いただけ(?:ます|ません)か|お問い?合わ?せ内容\s?[:：]|お名前\s?[:：]|と申します|\b(?:could|can|would) you\b|\bplease (?:help|advise|investigate)\b";
    introduction = r"(?m)^\s*(?:[^\s。:：]{1,24}の)?(?P<name>\p{Han}{1,4})です(?:[。、\s]|$)";
    subject_of_a_person = r"(?:について|に関して|に関する.{0,8}|の件|ご?相談|依頼|お願い|質問|お問い?合わ?せ|ください|下さい|[?？])\s*$";
}

/// Whether the text, or else the subject, is what a person writes who asks about a mail that came back.
pub(super) fn is_spoken_by_person(source: &ReportSource<'_>) -> bool {
    let start = own_lines(source.text, MOST_LINES);
    let introduced = introduction().captures_iter(&start).take(10).any(|found| {
        found
            .name("name")
            .is_some_and(|name| !NO_NAMES.contains(&name.as_str()))
    });
    greeting().is_match(&start) || introduced || subject_of_a_person().is_match(source.subject)
}
