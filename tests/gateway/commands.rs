//! What staff do from their own mail client beside answering: the commands at the top of a mail.

use std::sync::Arc;

use madoguchi::mail::EmailAddress;
use madoguchi::store::{held, messages, outbox, tickets};
use madoguchi::ticket::{MessageKind, Ticket, TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

/// A customer has written, two colleagues serve the desk, and both hold their notification.
struct Desk {
    sato: Person,
    tanaka: Staff,
    suzuki: Staff,
    receipt: Letter,
    notice: Letter,
}

async fn a_desk_of_two(world: &Arc<World>) -> Desk {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
    sato.writes(
        "EC2に接続できません",
        "480913372265 のEC2インスタンスにSSH接続できません。",
    )
    .await;
    let receipt = sato.receives().await;
    let notice = tanaka.receives().await;
    suzuki.receives().await;
    Desk {
        sato,
        tanaka,
        suzuki,
        receipt,
        notice,
    }
}

async fn ticket(world: &World, number: i64) -> Ticket {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, TicketNumber(number))
        .await
        .unwrap()
        .unwrap()
}

async fn participants(world: &World, number: i64) -> Vec<EmailAddress> {
    let id = ticket(world, number).await.id;
    let mut tx = world.database().read().await.unwrap();
    tickets::list_participants(&mut tx, id).await.unwrap()
}

#[tokio::test]
async fn an_assigned_colleague_alone_hears_of_what_follows() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notice, "#assign me").await;
        let done = desk.tanaka.receives().await;
        assert!(done.text().contains("#assign me"), "{}", done.shown());
        desk.sato
            .replies_to(&desk.receipt, "追記です。再起動しても変わりません。")
            .await;
        let update = desk.tanaka.receives().await;
        assert!(update.text().contains("追記です。"), "{}", update.shown());
        desk.suzuki.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_name_that_fits_nobody_comes_back_with_those_there_are() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notice, "#assign 高橋").await;
        let returned = desk.tanaka.receives().await;
        let text = returned.text();
        assert!(text.contains("この名前の担当者が名簿にありません。"), "{text}");
        assert!(text.contains("候補: 田中, 鈴木"), "{text}");
        assert_eq!(ticket(&world, 1).await.assignee, None);
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_recalled_in_time_and_the_customer_never_sees_it() {
    World::run_with_delay(180, async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notice, "再起動してください。").await;
        let copy = desk.tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.status, TicketStatus::Answered);
        desk.tanaka.replies_to(&copy, "#recall").await;
        let done = desk.tanaka.receives().await;
        assert!(done.text().contains("#recall"), "{}", done.shown());
        world.time_passes(chrono::TimeDelta::minutes(10)).await;
        desk.sato.receives_nothing().await;
        let ticket = ticket(&world, 1).await;
        assert_eq!((ticket.status, ticket.answered_at), (TicketStatus::New, None));
        let mut tx = world.database().read().await.unwrap();
        let all = messages::list_messages(&mut tx, ticket.id).await.unwrap();
        // What was taken back is kept inside: somebody may want to write it better.
        assert!(
            all.iter()
                .any(|one| one.kind == MessageKind::Note && one.visible.contains("再起動"))
        );
        assert_eq!(outbox::count_answers(&mut tx, ticket.id).await.unwrap(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_recall_that_comes_too_late_says_so() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notice, "再起動してください。").await;
        desk.sato.receives().await;
        let copy = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&copy, "#recall").await;
        let returned = desk.tanaka.receives().await;
        assert!(
            returned
                .text()
                .contains("すでに送信されたため、取り消せませんでした"),
            "{}",
            returned.shown()
        );
        assert_eq!(ticket(&world, 1).await.status, TicketStatus::Answered);
    })
    .await;
}

#[tokio::test]
async fn a_person_named_with_cc_takes_part_from_then_on() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        let boss = world.stranger("部長 <boss@customer.example>");
        desk.tanaka
            .replies_to(&desk.notice, "#cc boss@customer.example\n確認いたします。")
            .await;
        desk.sato.receives().await;
        let answer = boss.receives().await;
        assert!(answer.text().contains("確認いたします。"), "{}", answer.shown());
        desk.tanaka.receives().await;
        boss.replies_to(&answer, "私からも、至急お願いします。").await;
        let update = desk.tanaka.receives().await;
        assert!(update.text().contains("至急お願いします。"), "{}", update.shown());
    })
    .await;
}

#[tokio::test]
async fn a_contact_of_another_customer_cannot_be_let_in() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,株式会社ベータ,,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
                 other,mori@beta.example,mori,森,,,*,no,,\n",
            ])
            .await;
        desk.tanaka.replies_to(&desk.notice, "#cc mori@beta.example").await;
        let returned = desk.tanaka.receives().await;
        assert!(
            returned.text().contains("別のお客様の連絡先です"),
            "{}",
            returned.shown()
        );
        assert_eq!(participants(&world, 1).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_colleague_of_the_customer_who_is_unknown_is_accepted_and_joins() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        let boss = world.stranger("部長 <boss@elsewhere.example>");
        boss.replies_to(&desk.receipt, "横から失礼します。詳細は私がお答えします。")
            .await;
        boss.receives_nothing().await;
        desk.suzuki.receives().await;
        let second = desk.tanaka.receives().await;
        assert!(second.text().contains("DESK-000002"), "{}", second.shown());
        desk.tanaka.replies_to(&second, "#accept").await;
        desk.tanaka.receives().await;
        assert_eq!(participants(&world, 1).await.len(), 1);
        assert_eq!(ticket(&world, 2).await.status, TicketStatus::Closed);
        // An answer to either notification goes on in the one thread.
        desk.tanaka.replies_to(&desk.notice, "承知いたしました。").await;
        desk.sato.receives().await;
        assert!(boss.receives().await.text().contains("承知いたしました。"));
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn two_tickets_of_one_customer_are_merged_and_replies_lead_to_the_survivor() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.sato
            .writes("SSHの件(追加)", "480913372265 の件、ログを取得しました。")
            .await;
        let receipt = desk.sato.receives().await;
        desk.suzuki.receives().await;
        let second = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&second, "#merge 1").await;
        desk.tanaka.receives().await;
        desk.sato.replies_to(&receipt, "ログの続きです。").await;
        desk.suzuki.receives().await;
        let update = desk.tanaka.receives().await;
        assert!(update.text().contains("DESK-000001"), "{}", update.shown());
        assert!(update.text().contains("ログの続きです。"), "{}", update.shown());
    })
    .await;
}

#[tokio::test]
async fn spam_is_closed_without_a_word_to_anybody() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        desk.tanaka.replies_to(&desk.notice, "#spam").await;
        desk.tanaka.receives().await;
        desk.sato.receives_nothing().await;
        assert_eq!(ticket(&world, 1).await.status, TicketStatus::Closed);
    })
    .await;
}

#[tokio::test]
async fn an_answer_with_words_of_a_note_is_held() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        let note = "このお客様は先月も同じ設定で障害を起こしているので強めに案内する";
        desk.tanaka
            .replies_to(&desk.notice, &format!("#note {note}"))
            .await;
        let copy = desk.tanaka.receives().await;
        desk.tanaka
            .replies_to(&copy, &format!("ご確認ください。\n{note}"))
            .await;
        desk.sato.receives_nothing().await;
        let told = desk.tanaka.receives().await;
        assert!(told.text().contains("leak-internal"), "{}", told.shown());
        let mut tx = world.database().read().await.unwrap();
        assert_eq!(held::list_held(&mut tx, false, 9).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_names_another_customers_account_is_held() {
    World::run(async |world| {
        let desk = a_desk_of_two(&world).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,株式会社ベータ,,ja,answer\n",
                "customer_id,account_id,label,starts,ends\nother,046425940015,本番,2020-01-01,\n",
            ])
            .await;
        desk.tanaka
            .replies_to(&desk.notice, "アカウント 0464-2594-0015 の設定をご確認ください。")
            .await;
        desk.sato.receives_nothing().await;
        let told = desk.tanaka.receives().await;
        assert!(told.text().contains("leak-account"), "{}", told.shown());
    })
    .await;
}
