//! Who hears of a ticket from its first mail to its last, and how colleagues who work on the same one learn of
//! each other (SPEC §13).

use std::sync::Arc;

use madoguchi::store::tickets;
use madoguchi::ticket::TicketNumber;

use crate::world::{Letter, Person, Staff, World};

const ACCOUNT: &str = "480913372265";

const QUESTION: &str = "480913372265 のEC2インスタンスに接続できません。";

/// Tanaka is on duty by day; Suzuki serves the same desk and is off.
const ROSTER: &str = r#"
[technical]
[[technical.shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "09:00"
to = "18:00"
staff = ["田中"]
"#;

struct Desk {
    sato: Person,
    tanaka: Staff,
    suzuki: Staff,
    receipt: Letter,
    notices: (Letter, Letter),
}

/// An inquiry of which both colleagues were notified.
async fn a_desk_of_two(world: &Arc<World>) -> Desk {
    let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
    sato.writes("EC2の件", QUESTION).await;
    Desk {
        receipt: sato.receives().await,
        notices: (tanaka.receives().await, suzuki.receives().await),
        sato,
        tanaka,
        suzuki,
    }
}

async fn assignee(world: &World) -> Option<u32> {
    let mut tx = world.database().read().await.unwrap();
    let found = tickets::find_ticket_by_number(&mut tx, TicketNumber(1)).await;
    found.unwrap().unwrap().assignee
}

fn says(letter: &Letter, words: &[&str]) {
    for words in words {
        assert!(letter.text().contains(words), "{words}:\n{}", letter.shown());
    }
}

#[tokio::test]
async fn on_duty_first_then_the_assignee_and_whoever_worked_on_it() {
    World::run_clocked("2026-03-04T10:00:00+09:00", "", ROSTER, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let suzuki = world
            .member("鈴木 <suzuki@desk.example>", 2, "technical,agent")
            .await;
        let takahashi = world
            .member("高橋 <takahashi@desk.example>", 3, "account-and-billing,agent")
            .await;
        sato.writes("EC2の件", QUESTION).await;
        let receipt = sato.receives().await;
        let notice = tanaka.receives().await;
        suzuki.receives_nothing().await;
        // Unassigned, what the customer adds goes to whoever is on duty.
        sato.replies_to(&receipt, "東京リージョンです。").await;
        tanaka.receives().await;
        suzuki.receives_nothing().await;
        // Tanaka leaves a note and gives it to Suzuki, who is off duty and is told with the customer's words.
        tanaka.replies_to(&notice, "#note ログ確認済み").await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#assign 鈴木").await;
        tanaka.receives().await;
        let given = suzuki.receives().await;
        says(
            &given,
            &[
                "田中 さんの指定で、あなたが担当になりました。",
                "担当　　　: 鈴木",
                "東京リージョンです。",
            ],
        );
        // From then on the assignee hears of everything, and Tanaka because they worked on it.
        sato.replies_to(&receipt, "再起動しても変わりません。").await;
        says(
            &suzuki.receives().await,
            &["お客様から返信がありました。", "担当　　　: 鈴木"],
        );
        tanaka.receives().await;
        suzuki.replies_to(&given, "#assign -").await;
        suzuki.receives().await;
        world.time_passes_to("2026-03-04T11:00:00").await;
        sato.replies_to(&receipt, "いかがでしょうか。").await;
        tanaka.receives().await;
        suzuki.receives_nothing().await;
        takahashi.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn two_who_take_one_ticket_learn_of_each_other() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notices.0, "#assign me").await;
        desk.tanaka.receives().await;
        desk.suzuki.receives_nothing().await;
        desk.suzuki.replies_to(&desk.notices.1, "#assign me").await;
        desk.suzuki.receives().await;
        let lost = desk.tanaka.receives().await;
        says(
            &lost,
            &[
                "鈴木 さんが担当を変更し、あなたの担当ではなくなりました。",
                "担当　　　: 鈴木",
            ],
        );
        assert!(lost.message.subject.contains("担当変更"), "{}", lost.shown());
        assert_eq!(assignee(&world).await, Some(2));
        desk.sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn two_who_answer_one_question_are_both_warned_and_the_second_answer_can_be_taken_back() {
    World::run_with_delay(180, async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka
            .replies_to(&desk.notices.0, "22番ポートをご確認ください。")
            .await;
        desk.tanaka.receives().await;
        world.time_passes(chrono::TimeDelta::minutes(4)).await;
        desk.sato.receives().await;
        desk.suzuki
            .replies_to(&desk.notices.1, "ルートテーブルをご確認ください。")
            .await;
        says(&desk.suzuki.receives().await, &["田中 さんも回答しています。"]);
        let warned = desk.tanaka.receives().await;
        says(
            &warned,
            &[
                "鈴木 さんがこの件に回答しました。",
                "ルートテーブルをご確認ください。",
                "2026年3月4日(水) 10:07 に送信されます。",
                "#recall",
            ],
        );
        // Whoever sees the contradiction first takes it back.
        desk.tanaka.replies_to(&warned, "#recall").await;
        desk.tanaka.receives().await;
        world.time_passes(chrono::TimeDelta::minutes(10)).await;
        desk.sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn the_assignee_is_told_when_a_colleague_answers_and_the_colleague_hears_of_what_follows() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notices.0, "#assign me").await;
        desk.tanaka.receives().await;
        desk.suzuki
            .replies_to(&desk.notices.1, "お調べします。少々お待ちください。")
            .await;
        let answer = desk.sato.receives().await;
        let copy = desk.suzuki.receives().await;
        assert!(!copy.text().contains("回答しています"), "{}", copy.shown());
        says(
            &desk.tanaka.receives().await,
            &["鈴木 さんがこの件に回答しました。", "少々お待ちください。"],
        );
        assert_eq!(assignee(&world).await, Some(1), "an answer takes no ticket away");
        desk.sato.replies_to(&answer, "お願いします。").await;
        desk.tanaka.receives().await;
        desk.suzuki.receives().await;
        // A new question is a new turn: nobody has answered it yet.
        desk.tanaka
            .replies_to(&desk.notices.0, "原因が分かりました。")
            .await;
        desk.sato.receives().await;
        assert!(!desk.tanaka.receives().await.text().contains("回答しています"));
        desk.suzuki.receives_nothing().await;
        let _ = &desk.receipt;
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_moves_to_another_desk_is_told_there_and_its_first_desk_answers_no_more() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let takahashi = world
            .member("高橋 <takahashi@desk.example>", 2, "account-and-billing,lead")
            .await;
        sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        takahashi.receives_nothing().await;
        tanaka.replies_to(&notice, "#assign me").await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#category billing").await;
        tanaka.receives().await;
        // The customer hears that other hours hold now, the other desk what was asked.
        sato.receives().await;
        let moved = takahashi.receives().await;
        says(&moved, &["担当窓口が変わりました。", "接続できません。"]);
        assert_eq!(
            assignee(&world).await,
            None,
            "whoever does not serve the desk keeps no ticket of it"
        );
        // Both write at the same time: the one who no longer serves it is held, the customer gets one answer.
        tanaka.replies_to(&notice, "22番ポートをご確認ください。").await;
        sato.receives_nothing().await;
        says(&tanaka.receives().await, &["not-on-this-desk"]);
        takahashi.replies_to(&moved, "ご請求の内訳をお送りします。").await;
        says(&sato.receives().await, &["ご請求の内訳をお送りします。"]);
        takahashi.receives().await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_in_cc_is_named_and_let_in_by_one_line() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let boss = world.colleague_of("sample", "部長 <boss@customer.example>").await;
        let partner = world.stranger("協力 <guest@partner.example>");
        let copied =
            ["Cc: <boss@customer.example>, <guest@partner.example>, <tanaka@desk.example>".to_owned()];
        sato.writes_with("EC2の件", &copied, QUESTION).await;
        let receipt = sato.receives().await;
        let notice = tanaka.receives().await;
        says(
            &notice,
            &[
                "未参加　　: guest@partner.example\n",
                "返信の先頭に #cc guest@partner.example と書きます。",
            ],
        );
        tanaka
            .replies_to(
                &notice,
                "#cc guest@partner.example\nguest@partner.example 様にもお送りします。",
            )
            .await;
        for person in [&sato, &boss, &partner] {
            says(&person.receives().await, &["様にもお送りします。"]);
        }
        tanaka.receives().await;
        // Nobody waits any more.
        sato.replies_with(&receipt, &copied, "ありがとうございます。追加の質問です。")
            .await;
        let update = tanaka.receives().await;
        assert!(!update.text().contains("未参加"), "{}", update.shown());
    })
    .await;
}
