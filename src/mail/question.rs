//! Whether a text asks for something. Comes in: what somebody wrote. Goes out: yes or no. It is asked where a
//! mail that asks nothing may go by quietly, so doubt counts as a question.

use super::pattern::patterns;

/// How much of a text is read, in octets.
const MOST: usize = 20_000;

patterns! {
    question = r"(?ix) [?？](?:[\s」』)）]|$)
        | でしょうか | ますか | ませんか | (?:でき|いただけ|頂け|もらえ|くださ|下さ)(?:ます|ません|い)か | 教えて | (?:ご|御)(?:教示|教授|相談|確認(?:を|いただ|頂|の(?:ほど|程)|くだ|下さ|したい|願)|回答(?:を|いただ|くだ|下さ)|対応(?:を|いただ|くだ|下さ)|助言|見解|調査) | 相談(?:したい|させて|です|があり) | 質問
        | どの(?:よう|ように) | どうすれば | なぜ | 何故 | 原因 | 方法を | 方法は | 手順を | (?:たい|ほしい|欲しい)(?:です|の|と思|とのこと) | (?:調査|確認|見積|設定|変更|解除|申請|手配|停止|削除|追加|作成|発行|復旧|再送)(?:を|の)?(?:お願い|して(?:ください|下さい|いただ|頂|ほしい)|依頼) | 困って | (?:でき|出来|動き|つながり|繋がり|届き|起動し|表示され|反映され)ません | エラー(?:が|に|と|で)
        | \b(?:how\s(?:do|can|to|should|does)|why|what\s(?:is|are|should|to|do|does)|could\syou|can\syou|would\syou|please\s(?:advise|help|check|tell|let|confirm|look|explain|investigate)|(?:we|i)\s(?:need|want|would\slike)\s(?:to|help|your)|tell\s(?:us|me)\s(?:how|why|what))\b";
}

/// Whether the text asks something of whom it is written to.
pub(crate) fn asks(text: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(MOST)).unwrap_or_default();
    question().is_match(start)
}

#[cfg(test)]
mod tests {
    use super::asks;

    #[test]
    fn questions_and_requests_are_told_from_notes() {
        for text in [
            "上限はいくつですか？",
            "原因を教えてください。",
            "EC2が起動しません。",
            "ご確認をお願いいたします。",
            "How do I set it up",
        ] {
            assert!(asks(text), "{text}");
        }
        for text in [
            "本日は終日外出しております。",
            "添付ファイルのパスワードをお送りします。\nパスワード: aB3$xYz9\n以上、よろしくお願いいたします。",
            "I am out of the office until Monday.",
        ] {
            assert!(!asks(text), "{text}");
        }
    }
}
