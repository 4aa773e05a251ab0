use proptest::prelude::*;

use super::*;

fn written(text: &str) -> String {
    separate(text, None).written()
}

#[test]
fn a_top_answer_stands_without_its_quote_and_signature() {
    let text = "お世話になっております。\n承知しました。\n\n-- \n佐藤\n\n2026年3月2日(月) 10:12 窓口 <desk@desk.example>:\n> お問い合わせ\n> ありがとうございます。\n";
    assert_eq!(written(text), "お世話になっております。\n承知しました。");
    assert_eq!(separate(text, None).signature(), "-- \n佐藤");
}

#[test]
fn a_bottom_answer_stands_without_its_quote() {
    assert_eq!(
        written("On 2026/03/02 10:12, Desk wrote:\n> Which region?\n\nTokyo.\n"),
        "Tokyo."
    );
}

#[test]
fn interleaved_answers_keep_what_they_answer() {
    let text = "Desk wrote:\n> リージョンは？\n東京です。\n\n> いつからですか。\n今朝からです。\n\n> 以上\n";
    assert_eq!(
        written(text),
        "> リージョンは？\n東京です。\n\n> いつからですか。\n今朝からです。"
    );
}

#[test]
fn a_tag_before_the_first_words_is_a_banner() {
    let found = separate("【社外】佐藤です。\n障害です。\n", None);
    assert_eq!(
        (found.pieces[0].kind, found.written()),
        (PieceKind::Banner, "佐藤です。\n障害です。".to_owned())
    );
}

#[test]
fn disclaimers_go_apart_from_signatures() {
    let text = "確認しました。\n\n-----\n株式会社サンプル 佐藤\nTEL 03-0000-0000\n-----\n\n※本メールには機密情報が含まれている場合があります。\n";
    let found = separate(text, None);
    assert_eq!(found.written(), "確認しました。");
    assert!(
        found
            .pieces
            .iter()
            .any(|piece| piece.kind == PieceKind::Disclaimer)
    );
    assert!(found.signature().contains("TEL"));
}

#[test]
fn a_text_that_is_contact_data_alone_is_what_was_written() {
    let text = "株式会社サンプル 佐藤\nTEL 03-0000-0000\n";
    assert_eq!(written(text), text.trim_end());
}

#[test]
fn a_forward_keeps_its_comment() {
    let text = "下記の通知を転送します。原因は何でしょうか。\n\n---------- Forwarded message ---------\nFrom: a@c.example\nDate: 2026/03/02\nSubject: s\n\n本文\n";
    let found = separate(text, None);
    assert_eq!(found.written(), "下記の通知を転送します。原因は何でしょうか。");
    assert_eq!(found.pieces.last().unwrap().kind, PieceKind::Forwarded);
}

#[test]
fn long_texts_of_one_character_take_linear_time() {
    for unit in [
        ">",
        "> \n",
        "\n",
        "-\n",
        "From: x\n",
        "On 2026/03/02 10:12, x\n",
        "-----\n",
        ">>> a\nb\n",
        "a@b.example\n",
        "To: x\n",
        "Cc: x\nFrom: y\n\n",
        "> > ",
        "wrote: ",
        "On 2026/03/02 a@b.example wrote:\n> x\n",
        "確認してください。TEL 03-0000-0000\n\n",
        "<div id=\"divRplyFwdMsg\">a",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let started = std::time::Instant::now();
        separate(&text, Some(&text));
        assert!(
            started.elapsed().as_secs() < 8,
            "{unit:?} took {:?}",
            started.elapsed()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn joined_pieces_are_the_text(text in mail_like(), html in proptest::option::of(".{0,200}")) {
        let joined: String = separate(&text, html.as_deref()).pieces.iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn the_reply_and_the_folded_rest_together_hold_every_character(text in mail_like()) {
        let characters = |text: &str| {
            let mut all: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            all.sort_unstable();
            all
        };
        let found = separate(&text, None);
        prop_assert_eq!(characters(&[found.written(), found.folded()].concat()), characters(&text));
    }

    #[test]
    fn any_text_whatever_comes_back_whole(text in "(?s).{0,400}") {
        let joined: String = separate(&text, None).pieces.iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(joined, text);
    }
}

/// Texts made of the lines that the separation looks for.
fn mail_like() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("> 引用\n"),
        Just("\n"),
        Just("本文です。\n"),
        Just("-- \n"),
        Just("-----\n"),
        Just("株式会社サンプル\n"),
        Just("TEL 03-0000-0000\n"),
        Just("From: a@b.example\n"),
        Just("送信日時: x\r\n"),
        Just("件名: y\n"),
        Just("【社外】"),
        Just("On 2026/03/02 10:12, A wrote:\n"),
        Just("-----Original Message-----\n"),
        Just("iPhoneから送信\n"),
        Just("This email is confidential and may\n"),
        Just("　\n"),
        Just("$ cat <<EOF\n"),
        Just("wrote:\n"),
    ];
    proptest::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
}
