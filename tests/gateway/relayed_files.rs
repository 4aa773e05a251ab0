//! Files on their way through the desk, and what else a staff mail carries out.

use std::sync::Arc;

use madoguchi::store::tickets;
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

const MIXED: &str = "Content-Type: multipart/mixed; boundary=b";

fn mixed(text: &str, files: &[(&str, &str)]) -> String {
    let mut body = format!("--b\nContent-Type: text/plain; charset=UTF-8\n\n{text}\n");
    for (name, base64) in files {
        body.push_str(&format!(
            "--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\n{base64}\n"
        ));
    }
    body + "--b--\n"
}

fn files(letter: &Letter) -> Vec<(String, Vec<u8>)> {
    let attachments = letter.message.attachments.iter();
    attachments
        .map(|file| {
            let bytes = madoguchi::mail::parse::attachment_bytes(&letter.bytes, file.part).unwrap();
            (file.name.clone().unwrap(), bytes)
        })
        .collect()
}

async fn an_open_inquiry(world: &Arc<World>) -> (Person, Staff, Letter) {
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

#[tokio::test]
async fn a_customers_files_reach_staff_and_programs_are_only_named() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let body = mixed(
            "480913372265 のログを添付します。",
            &[("app.log", "bG9nCg=="), ("setup.exe", "TVo=")],
        );
        sato.writes_with("ログ", &[MIXED.to_owned()], &body).await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert_eq!(files(&notice), [("app.log".to_owned(), b"log\n".to_vec())]);
        assert!(notice.text().contains("setup.exe"), "{}", notice.shown());
    })
    .await;
}

#[tokio::test]
async fn a_staff_members_files_reach_the_customer_by_the_list_of_types() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let body = mixed(
            "手順書をお送りします。",
            &[("手順.pdf", "JVBERg=="), ("tool.exe", "TVo=")],
        );
        tanaka
            .person
            .replies_with(&notice, &[tanaka.stamp(), MIXED.to_owned()], &body)
            .await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("手順書をお送りします。"),
            "{}",
            answer.shown()
        );
        assert_eq!(files(&answer), [("手順.pdf".to_owned(), b"%PDF".to_vec())]);
        assert!(!answer.text().contains("tool.exe"), "{}", answer.shown());
        let copy = tanaka.receives().await;
        assert!(copy.text().contains("手順.pdf"), "{}", copy.shown());
        assert!(
            copy.text().contains("tool.exe (実行形式のため)"),
            "{}",
            copy.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn the_prepared_reply_goes_out_beneath_the_persons_own_words() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka
            .replies_to(
                &notice,
                "#decline third-party\nお問い合わせの件、拝見いたしました。",
            )
            .await;
        let answer = sato.receives().await;
        let text = answer.text();
        let own = text.find("拝見いたしました。").unwrap();
        let prepared = text.find("弊社サポートの対象に含まれておりません").unwrap();
        assert!(own < prepared, "{text}");
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#decline code").await;
        let alone = sato.receives().await;
        assert!(alone.text().contains("コード"), "{}", alone.shown());
        let copy = tanaka.receives().await;
        assert!(
            copy.text().contains("#decline code-development"),
            "{}",
            copy.shown()
        );
        tanaka.replies_to(&notice, "#decline code\n#note 内緒").await;
        sato.receives_nothing().await;
        let returned = tanaka.receives().await;
        assert!(
            returned.text().contains("#note と一緒には使えません"),
            "{}",
            returned.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_second_question_is_split_off_with_its_own_number() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, "22番ポートをご確認ください。").await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        sato.replies_to(
            &answer,
            "別件ですが、請求書の宛名を変更する方法を教えてください。",
        )
        .await;
        let update = tanaka.receives().await;
        tanaka.replies_to(&update, "#split").await;
        let receipt = sato.receives().await;
        assert!(receipt.text().contains("DESK-000002"), "{}", receipt.shown());
        let (one, other) = tanaka.receives_two().await;
        let both = format!("{}\n{}", one.shown(), other.shown());
        assert!(both.contains("分割") && both.contains("請求書の宛名"), "{both}");
        sato.replies_to(&receipt, "急ぎではございません。").await;
        let second = tanaka.receives().await;
        assert!(second.text().contains("DESK-000002"), "{}", second.shown());
        let mut tx = world.database().read().await.unwrap();
        let divided = tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
            .await
            .unwrap();
        assert_eq!(divided.unwrap().status, TicketStatus::New);
    })
    .await;
}

#[tokio::test]
async fn a_colleague_to_whom_a_ticket_is_given_reads_the_customers_words() {
    World::run(async |world| {
        let (_sato, tanaka, notice) = an_open_inquiry(&world).await;
        let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
        tanaka.replies_to(&notice, "#assign 鈴木").await;
        tanaka.receives().await;
        let given = suzuki.receives().await;
        assert!(
            given.text().contains("EC2に接続できません。"),
            "{}",
            given.shown()
        );
        assert!(
            given.text().contains("あなたが担当になりました。"),
            "{}",
            given.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn two_answers_to_one_question_are_told_to_both() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let (first, second) = (tanaka.receives().await, suzuki.receives().await);
        tanaka.replies_to(&first, "22番ポートをご確認ください。").await;
        suzuki
            .replies_to(&second, "ルートテーブルをご確認ください。")
            .await;
        sato.receives_two().await;
        let (copy, warned) = tanaka.receives_two().await;
        assert!(!copy.text().contains("回答しています"), "{}", copy.shown());
        assert!(
            warned.text().contains("鈴木 さんがこの件に回答しました。"),
            "{}",
            warned.shown()
        );
        let copy = suzuki.receives().await;
        assert!(
            copy.text().contains("田中 さんも回答しています。"),
            "{}",
            copy.shown()
        );
    })
    .await;
}
