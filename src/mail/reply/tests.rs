//! Whole replies; the fixtures hold more, from real mail programs' habits.

use super::*;
use proptest::prelude::*;

fn written(text: &str) -> String {
    let reply = separate(text, None);
    let joined: String = reply.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(joined, text);
    reply.written()
}

#[test]
fn a_top_posted_reply_keeps_only_its_words() {
    let text = "承知しました。\n\n2026年3月2日(月) 10:12 田中 <tanaka@desk.example>:\n\n> 再起動を\n> お試しください。\n";
    assert_eq!(written(text), "承知しました。");
}

#[test]
fn a_bottom_posted_reply_keeps_only_its_words() {
    let text = "On Mon, Mar 2, 2026 at 10:12 AM Tanaka <tanaka@desk.example> wrote:\n> Please restart.\n\nIt works now.\n";
    assert_eq!(written(text), "It works now.");
}

#[test]
fn interleaved_answers_keep_the_lines_they_answer() {
    let text = "田中さんは書きました:\n> リージョンは?\n東京です。\n> 時刻は?\n10時です。\n";
    assert_eq!(
        written(text),
        "> リージョンは?\n東京です。\n> 時刻は?\n10時です。"
    );
}

#[test]
fn a_signature_below_the_quote_is_no_answer() {
    let text = "はい。\n\n田中さんは書きました:\n> 全文\n-- \n佐藤\n";
    assert_eq!(written(text), "はい。");
}

#[test]
fn a_terminal_is_not_a_quote() {
    let text = "失敗します。\n> aws s3 ls\n> An error occurred\n";
    assert_eq!(written(text), text.trim_end());
}

#[test]
fn a_telephone_number_that_was_asked_for_is_an_answer() {
    let text = "株式会社カスタマー\n佐藤\nTEL: 03-0000-0000\n";
    assert_eq!(written(text), text.trim_end());
}

#[test]
fn answers_announced_inside_the_quote_are_not_folded() {
    let text = "文中に回答します。\n\n差出人: 田中 <tanaka@desk.example>\n送信日時: 2026年3月2日 10:12\n宛先: 佐藤\n件名: x\n\n時刻は? 10時です\n";
    assert_eq!(written(text), text.trim_end());
}

#[test]
fn a_gateways_tag_is_cut_off_the_first_line() {
    assert_eq!(written("【社外】質問です。\n"), "質問です。");
}

proptest! {
    #[test]
    fn nothing_is_ever_lost(text in "(?s).{0,400}") {
        written(&text);
    }

    #[test]
    fn nothing_is_ever_lost_among_the_marks_of_mail_programs(parts in prop::collection::vec(
        prop::sample::select(vec![
            "> 引用\n", "本文です。\n", "\n", "-- \n", "-----Original Message-----\n", "差出人: a\r\n", "送信日時: 2026\n",
            "件名：x\n", "田中さんは書きました:\n", "────────\n", "TEL: 03-0000-0000\n", "株式会社\n", "【社外】", "iPhoneから送信\n",
            "2026年3月2日(月) 10:12 佐藤\n", "<a@x.example>:\n", "誤って受信した場合は破棄してください。\n", "　", ">\n",
        ]), 0..30))
    {
        written(&parts.concat());
    }

    #[test]
    fn sentences_survive_whatever_a_program_puts_below(
        sentences in prop::collection::vec(prop::sample::select(vec![
            "EC2に接続できません。", "削除してください。", "本メールの件、破棄してよいですか？", "株式会社カスタマーの請求です。",
            "We cannot connect to the instance.", "以下の通り設定しました。", "2026年3月2日に発生しました。", "機密情報を置けますか。",
        ]), 1..6),
        tail in prop::sample::select(vec![
            "", "\n-- \n佐藤\n", "\n━━━━━━\n株式会社カスタマー\nTEL 03-0000-0000\n━━━━━━\n", "\niPhoneから送信\n",
            "\n田中さんは書きました:\n> 再起動を\n> お試しください。\n", "\n-----Original Message-----\nFrom: a@desk.example\nSent: 2026/03/02\nTo: b\nSubject: x\n\n本文\n",
            "\n本メールを誤って受信された場合は破棄してください。\n", "\n> aws s3 ls\n",
        ]))
    {
        let shown = written(&format!("{}\n{tail}", sentences.join("\n")));
        for sentence in sentences {
            prop_assert!(shown.contains(sentence), "{sentence} is lost: {shown}");
        }
    }
}
