//! What may go wrong while it is open whose a forwarded mail is: the customer writes on, the wrong person is named,
//! the mail bears another's header, a colleague's words stand between.

use madoguchi::store::messages;
use madoguchi::ticket::{MessageKind, TicketStatus};

use crate::on_behalf::{REMARK, WORDS, a_desk, forwards, notes, outlook, proposed, ticket};
use crate::world::{World, proven};

const SATO: &str = "佐藤 <sato@customer.example>";

async fn another_customer(world: &World) {
    world
        .import(&[
            "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
            "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,mori@other.example,,森,,,,yes,,\n",
            "customer_id,account_id,label,starts,ends\nother,731905824416,,,\n",
        ])
        .await;
}

#[tokio::test]
async fn the_words_are_kept_as_those_of_the_person_who_was_named() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let ito = world.colleague_of("sample", "伊藤 <ito@customer.example>").await;
        forwards(&world, &desk.tanaka, &[], &outlook(SATO, WORDS)).await;
        let (proposal, _) = proposed(&desk).await;
        desk.tanaka
            .replies_to(&proposal, "#accept ito@customer.example")
            .await;
        ito.receives().await;
        desk.tanaka.receives().await;
        let id = ticket(&world, 1).await.unwrap().id;
        let mut tx = world.database().read().await.unwrap();
        let said = messages::list_messages(&mut tx, id).await.unwrap();
        let of_customer: Vec<_> = said
            .iter()
            .filter(|one| one.kind == MessageKind::FromCustomer)
            .map(|one| one.author.as_str())
            .collect();
        assert_eq!(of_customer, ["ito@customer.example"]);
    })
    .await;
}

#[tokio::test]
async fn what_the_customer_writes_before_the_confirmation_is_acknowledged_once_and_moves_there() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        forwards(&world, &desk.tanaka, &[], &outlook(SATO, WORDS)).await;
        let (proposal, _) = proposed(&desk).await;
        let headers = [
            proven("customer.example"),
            "References: <first@customer.example>".to_owned(),
        ];
        let more = "先ほどの件ですが、再起動しても変わりません。\n480913372265 の環境です。";
        desk.sato.writes_with("Re: 接続の件", &headers, more).await;
        let receipt = desk.sato.receives().await;
        assert!(receipt.text().contains("DESK-000002"), "{}", receipt.shown());
        let told = desk.tanaka.receives().await;
        desk.suzuki.receives().await;
        // Nobody is let into a ticket that is nobody's.
        desk.tanaka.replies_to(&told, "#accept").await;
        let returned = desk.tanaka.receives().await;
        assert!(
            returned.text().contains("同じ件にまとまります"),
            "{}",
            returned.shown()
        );
        desk.tanaka.replies_to(&proposal, "はい").await;
        let done = desk.tanaka.receives().await;
        desk.sato.receives_nothing().await;
        assert_eq!(ticket(&world, 2).await.unwrap().status, TicketStatus::Closed);
        let words: Vec<_> = notes(&world, 1).await.into_iter().map(|one| one.1).collect();
        assert_eq!(words, [WORDS, REMARK, more]);
        desk.tanaka.replies_to(&done, "ご確認ください。").await;
        let answer = desk.sato.receives().await;
        assert_eq!(
            answer.text().matches("> 先ほどの件").count(),
            1,
            "{}",
            answer.shown()
        );
        assert!(answer.threads_with(&receipt), "{}", answer.shown());
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn one_customers_words_are_not_confirmed_as_anothers_by_a_slip() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        another_customer(&world).await;
        let mori = world.stranger("森 <mori@other.example>");
        forwards(&world, &desk.tanaka, &[], &outlook(SATO, WORDS)).await;
        let (proposal, _) = proposed(&desk).await;
        desk.tanaka
            .replies_to(&proposal, "#accept mori@other.example")
            .await;
        let returned = desk.tanaka.receives().await;
        assert!(
            returned.text().contains("別のお客様の連絡先です"),
            "{}",
            returned.shown()
        );
        mori.receives_nothing().await;
        desk.sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_head_of_another_mail_inside_a_strangers_words_makes_nobody_the_sender() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mallory = world.stranger("m <mallory@evil.example>");
        let inside = format!(
            "下記をご覧ください。\n\n差出人: {SATO}\n送信日時: 2026年3月3日 9:15\n宛先: <aws_tec@desk.example>\n件名: 鍵\n\nアクセスキーを再発行してください。"
        );
        forwards(&world, &desk.tanaka, &[], &outlook("m <mallory@evil.example>", &inside)).await;
        let (proposal, _) = proposed(&desk).await;
        assert!(
            proposal.text().contains("元の差出人: mallory@evil.example"),
            "{}",
            proposal.shown()
        );
        desk.tanaka.replies_to(&proposal, "#accept").await;
        mallory.receives().await;
        desk.sato.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn what_colleagues_wrote_between_two_forwards_never_goes_out() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let between = "差出人: 鈴木 <suzuki@desk.example>\n送信日時: 2026年3月4日 9:30\n宛先: 田中 <tanaka@desk.example>\n件名: FW: 接続の件\n\nこのお客様は来月で解約の予定です。\n";
        let inner = outlook(SATO, WORDS).replace(&format!("{REMARK}\n\n"), "");
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &format!("{REMARK}\n\n{between}\n{inner}"),
        )
        .await;
        let (proposal, _) = proposed(&desk).await;
        desk.tanaka.replies_to(&proposal, "#accept").await;
        let receipt = desk.sato.receives().await;
        let done = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&done, "ご案内いたします。").await;
        let answer = desk.sato.receives().await;
        for letter in [receipt, answer] {
            assert!(!letter.text().contains("解約"), "{}", letter.shown());
        }
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_word_of_consent_in_html_confirms_and_a_hidden_one_does_not() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        forwards(&world, &desk.tanaka, &[], &outlook(SATO, WORDS)).await;
        let (proposal, _) = proposed(&desk).await;
        let html = |body: &str| {
            let headers = [
                desk.tanaka.stamp(),
                "Content-Type: text/html; charset=UTF-8".to_owned(),
                format!("In-Reply-To: {}", proposal.id()),
            ];
            let quote = "<div style=\"border-top:1px solid #ccc\"><b>差出人:</b> AWSサポート窓口 &lt;aws_tec@desk.example&gt;<br><b>送信日時:</b> 2026年3月4日 10:00<br><b>宛先:</b> 田中<br><b>件名:</b> 確認<br><br>確認のお願いです。</div>";
            desk.tanaka.person.composes(
                &proposal.reply_address(),
                "RE: 接続の件",
                &headers,
                &format!("<html><body>{body}{quote}</body></html>"),
            )
        };
        desk.tanaka
            .person
            .posts(html("<p style=\"display:none\">はい</p>"))
            .await;
        let returned = desk.tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.unwrap().author.as_str(), "tanaka@desk.example", "{}", returned.shown());
        desk.sato.receives_nothing().await;
        desk.tanaka.person.posts(html("<p>はい</p><p>&nbsp;</p>")).await;
        desk.sato.receives().await;
        desk.tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.unwrap().author.as_str(), "sato@customer.example");
    })
    .await;
}

/// The customer's mail has an identifier that nobody at the desk knows: no letter can name it, and none names
/// anything else in its place. Mail clients thread the letter by its subject.
#[tokio::test]
async fn where_the_forward_names_no_identifier_the_letter_answers_none() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        world.remembers("Subject: 接続の件\r\n\r\n".as_bytes());
        desk.tanaka
            .person
            .writes_with("FW: 接続の件", &[desk.tanaka.stamp()], &outlook(SATO, WORDS))
            .await;
        let (proposal, _) = proposed(&desk).await;
        desk.tanaka.replies_to(&proposal, "#accept").await;
        let receipt = desk.sato.receives().await;
        assert_eq!(receipt.message.subject, "Re: 接続の件");
        assert!(receipt.message.in_reply_to.is_empty(), "{}", receipt.shown());
        assert!(receipt.message.references.is_empty(), "{}", receipt.shown());
        let done = desk.tanaka.receives().await;
        // The customer answers the letter, and is answered in that thread.
        desk.sato.replies_to(&receipt, "よろしくお願いします。").await;
        desk.tanaka.receives().await;
        desk.suzuki.receives().await;
        desk.tanaka.replies_to(&done, "ご案内いたします。").await;
        let answer = desk.sato.receives().await;
        assert!(answer.threads_with(&receipt), "{}", answer.shown());
        desk.tanaka.receives().await;
    })
    .await;
}
