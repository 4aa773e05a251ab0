//! Mail that is held, and how its owner lets it go from their own mail client (SPEC §6).

use chrono::TimeDelta;
use madoguchi::store::held;
use madoguchi::store::held::HeldState;

use crate::world::{Letter, Person, Staff, World};

const ANSWER: &str = "セキュリティグループをご確認ください。";

/// A customer has written and a member of the desk holds the notification.
async fn an_open_inquiry(world: &std::sync::Arc<World>) -> (Person, Staff, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
        .await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

async fn states(world: &World) -> Vec<HeldState> {
    let mut tx = world.database().read().await.unwrap();
    let all = held::list_held(&mut tx, true, 50).await.unwrap();
    all.into_iter().map(|row| row.state).collect()
}

#[tokio::test]
async fn a_reply_from_a_private_address_is_held_and_the_registered_address_lets_it_go() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let private = world.stranger("田中 <tanaka.private@elsewhere.example>");
        private.replies_to(&notice, ANSWER).await;
        sato.receives_nothing().await;
        private.receives_nothing().await;
        let request = tanaka.receives().await;
        assert!(
            request
                .text()
                .contains("> セキュリティグループをご確認ください。"),
            "{}",
            request.shown()
        );
        assert!(
            request.text().contains("sato@customer.example"),
            "{}",
            request.shown()
        );
        // The very anchor that is missing is not asked for: the address was sent to this mailbox alone.
        tanaka.person.replies_to(&request, "＃send").await;
        let answer = sato.receives().await;
        assert!(answer.text().contains(ANSWER), "{}", answer.shown());
        assert!(!answer.text().contains("elsewhere"), "{}", answer.shown());
        let receipt = tanaka.receives().await;
        assert!(
            receipt.text().contains("▼ お客様に届く文面"),
            "{}",
            receipt.shown()
        );
        assert_eq!(states(&world).await, [HeldState::Released]);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_once() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, ANSWER).await;
        let request = tanaka.receives().await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives().await;
        tanaka.receives().await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives_nothing().await;
        let word = tanaka.receives().await;
        assert!(word.text().contains("confirmation-used"), "{}", word.shown());
    })
    .await;
}

#[tokio::test]
async fn a_request_expires_after_72_hours_and_the_held_mail_does_not() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, ANSWER).await;
        let request = tanaka.receives().await;
        world.time_passes(TimeDelta::hours(73)).await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives_nothing().await;
        let word = tanaka.receives().await;
        assert!(word.text().contains("confirmation-expired"), "{}", word.shown());
        let mut tx = world.database().read().await.unwrap();
        let row = held::list_held(&mut tx, false, 9).await.unwrap().remove(0);
        drop(tx);
        world
            .pipeline
            .release_held(row.id, "operator")
            .await
            .unwrap()
            .unwrap();
        world.sends_mail().await;
        assert!(sato.receives().await.text().contains(ANSWER));
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn only_the_word_send_lets_a_mail_go_and_only_from_the_person_who_was_asked() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
        tanaka.person.replies_to(&notice, ANSWER).await;
        let request = tanaka.receives().await;
        suzuki.receives_nothing().await;
        tanaka.replies_to(&request, "はい、私が書きました。").await;
        let word = tanaka.receives().await;
        assert!(
            word.text().contains("confirmation-not-understood"),
            "{}",
            word.shown()
        );
        suzuki.replies_to(&request, "#send").await;
        suzuki.receives().await;
        let away = ["Auto-Submitted: auto-replied".to_owned(), tanaka.stamp()];
        tanaka
            .person
            .replies_with(&request, &away, "#send\n不在です。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        assert!(!states(&world).await.contains(&HeldState::Released));
    })
    .await;
}

#[tokio::test]
async fn a_flood_in_one_name_brings_one_request_and_later_one_list() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        for number in 0..30 {
            tanaka
                .person
                .replies_to(&notice, &format!("偽の回答 {number}"))
                .await;
        }
        let request = tanaka.receives().await;
        assert!(request.text().contains("偽の回答 0"), "{}", request.shown());
        world.time_passes(TimeDelta::minutes(5)).await;
        tanaka.receives_nothing().await;
        world.time_passes(TimeDelta::minutes(6)).await;
        let list = tanaka.receives().await;
        assert!(list.message.subject.contains("29 件"), "{}", list.shown());
        assert!(list.text().contains("ほか 9 件"), "{}", list.shown());
        world.time_passes(TimeDelta::hours(1)).await;
        tanaka.receives_nothing().await;
        // Each mail of the list has an address of its own, and lets go that mail alone.
        let line = list
            .text()
            .lines()
            .position(|line| line.contains("偽の回答 3"))
            .unwrap();
        let line = list
            .text()
            .lines()
            .skip(line)
            .find(|line| line.contains("aws_tec+"))
            .unwrap();
        let to = line
            .split_whitespace()
            .find(|word| word.starts_with("aws_tec+"))
            .unwrap();
        let sent = tanaka.person.composes(to, "送信", &[], "#send");
        tanaka.person.posts(sent).await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("偽の回答 3\n"), "{}", answer.shown());
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_members_first_answer_is_held_with_a_clear_word_and_their_confirmation_enrols_them() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, ANSWER).await;
        sato.receives_nothing().await;
        let request = tanaka.receives().await;
        assert!(
            request.text().contains("送信が有効になっていません"),
            "{}",
            request.shown()
        );
        tanaka.replies_to(&request, "#send").await;
        assert!(sato.receives().await.text().contains(ANSWER));
        tanaka.receives().await;
        tanaka.replies_to(&notice, "22番ポートもご確認ください。").await;
        assert!(sato.receives().await.text().contains("22番ポート"));
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_that_the_anchor_does_not_pass_sends_the_mail_and_enrols_nobody() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.person.replies_to(&notice, ANSWER).await;
        let request = tanaka.receives().await;
        tanaka.person.replies_to(&request, "#send").await;
        sato.receives().await;
        tanaka.receives().await;
        assert!(
            world
                .pipeline
                .list_standing()
                .await
                .unwrap()
                .iter()
                .all(|one| !one.proven)
        );
    })
    .await;
}

#[tokio::test]
async fn a_probe_that_the_anchor_does_not_pass_says_what_to_look_at() {
    World::run(async |world| {
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.pipeline.send_probes(None).await.unwrap();
        world.sends_mail().await;
        let probe = tanaka.receives().await;
        tanaka.person.replies_to(&probe, "").await;
        let word = tanaka.receives().await;
        assert!(word.text().contains("no-word-of-the-border"), "{}", word.shown());
        assert!(!world.pipeline.list_standing().await.unwrap()[0].proven);
        // The word itself is a probe: put right, it is answered once more.
        tanaka.replies_to(&word, "").await;
        tanaka.receives().await;
        assert!(world.pipeline.list_standing().await.unwrap()[0].proven);
    })
    .await;
}

#[tokio::test]
async fn a_command_in_a_held_text_is_not_sent_by_a_confirmation_either() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka
            .person
            .replies_to(&notice, "お疲れさまです。\n#note 内緒の話")
            .await;
        let request = tanaka.receives().await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives_nothing().await;
        let word = tanaka.receives().await;
        assert!(word.text().contains("command-in-text"), "{}", word.shown());
    })
    .await;
}

#[tokio::test]
async fn a_held_note_is_kept_inside_when_it_is_confirmed() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, "#note 先週も連絡あり").await;
        let request = tanaka.receives().await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives_nothing().await;
        let receipt = tanaka.receives().await;
        assert!(
            receipt.text().contains("書いた文章はお客様に送信されません"),
            "{}",
            receipt.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_went_to_the_customer_already_is_recorded_and_not_sent_again() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let copied = ["Cc: <aws_tec@desk.example>".to_owned()];
        let sent = tanaka
            .person
            .composes_reply(&notice, "sato@customer.example", &copied, ANSWER);
        tanaka.person.posts(sent).await;
        let request = tanaka.receives().await;
        tanaka.replies_to(&request, "#send").await;
        sato.receives_nothing().await;
        assert_eq!(states(&world).await, [HeldState::Released]);
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_in_the_desks_own_name_is_recorded_when_the_border_vouches_for_it() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let desk = world.stranger("窓口 <aws_tec@desk.example>");
        let lines = [
            "Cc: <aws_tec@desk.example>".to_owned(),
            "Authentication-Results: mx.desk.example; auth=pass smtp.auth=aws_tec@desk.example".to_owned(),
        ];
        let sent = desk.composes_reply(&notice, "sato@customer.example", &lines, ANSWER);
        let done = world.takes(&sent.raw).await;
        assert_eq!(
            (done[0].outcome.as_str(), done[0].reason.as_str()),
            ("answered-outside", "answered-outside")
        );
        let forged = desk.composes_reply(&notice, "sato@customer.example", &lines[..1], ANSWER);
        let done = world.takes(&forged.raw).await;
        assert_eq!(done[0].reason, "own-address");
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_leaked_reply_address_in_a_customers_copy_gives_the_customer_nothing() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let before = world.smtp.mails().len();
        sato.replies_to(&notice, "#close\nこの回答を送ってください。")
            .await;
        tanaka.receives().await;
        let to_sato = world.smtp.mails()[before..]
            .iter()
            .filter(|mail| mail.recipient == sato.address)
            .count();
        assert_eq!(to_sato, 0, "the customer's own words came back as an answer");
        assert!(states(&world).await.is_empty());
    })
    .await;
}
