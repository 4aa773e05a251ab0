//! A staff member passes a customer's mail on: whose it is read to be, how the desk confirms it, and what goes to
//! whom before and after.

use std::sync::Arc;

use madoguchi::store::{held, messages, tickets};
use madoguchi::ticket::{MessageKind, Ticket, TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World, proven};

pub(crate) const REMARK: &str = "昨日電話のあった件です。丁寧な対応をお願いします。";

pub(crate) const WORDS: &str = "昨日からEC2インスタンスに接続できません。\n480913372265 の環境です。";

pub(crate) struct Desk {
    pub(crate) sato: Person,
    pub(crate) tanaka: Staff,
    pub(crate) suzuki: Staff,
}

pub(crate) async fn a_desk(world: &Arc<World>) -> Desk {
    Desk {
        sato: world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await,
        tanaka: world.staff("田中 <tanaka@desk.example>", 1).await,
        suzuki: world.staff("鈴木 <suzuki@desk.example>", 2).await,
    }
}

/// What Outlook puts beneath the words of whoever passes a mail on.
pub(crate) fn outlook(from: &str, words: &str) -> String {
    format!(
        "{REMARK}\n\n差出人: {from}\n送信日時: 2026年3月4日 9:15\n宛先: 田中 <tanaka@desk.example>\n件名: 接続の件\n\n{words}\n"
    )
}

pub(crate) async fn forwards(world: &World, staff: &Staff, headers: &[String], body: &str) {
    // What the customer wrote to the colleague; mail clients name it as the one that the forward answers.
    world.remembers("Subject: 接続の件\r\nMessage-ID: <first@customer.example>\r\n\r\n".as_bytes());
    let mut all = vec![staff.stamp(), "References: <first@customer.example>".to_owned()];
    all.extend_from_slice(headers);
    staff.person.writes_with("FW: 接続の件", &all, body).await;
}

pub(crate) async fn ticket(world: &World, number: i64) -> Option<Ticket> {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, TicketNumber(number))
        .await
        .unwrap()
}

pub(crate) async fn notes(world: &World, number: i64) -> Vec<(MessageKind, String)> {
    let id = ticket(world, number).await.unwrap().id;
    let mut tx = world.database().read().await.unwrap();
    let all = messages::list_messages(&mut tx, id).await.unwrap();
    all.into_iter().map(|one| (one.kind, one.visible)).collect()
}

/// The proposal that the one who forwarded gets, once the colleague's notification is read.
pub(crate) async fn proposed(desk: &Desk) -> (Letter, Letter) {
    let proposal = desk.tanaka.receives().await;
    let notice = desk.suzuki.receives().await;
    desk.sato.receives_nothing().await;
    (proposal, notice)
}

#[tokio::test]
async fn a_forward_from_outlook_becomes_the_customers_ticket_once_confirmed() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &outlook("佐藤 <sato@customer.example>", WORDS),
        )
        .await;
        let (proposal, notice) = proposed(&desk).await;
        let text = proposal.text();
        assert!(text.contains("元の差出人: sato@customer.example"), "{text}");
        assert!(
            text.contains("480913372265") && text.contains("#accept"),
            "{text}"
        );
        assert!(
            notice.text().contains("お客様の確認待ちです。"),
            "{}",
            notice.shown()
        );
        let before = ticket(&world, 1).await.unwrap();
        assert_eq!(
            (before.customer_id, before.author.as_str()),
            (None, "tanaka@desk.example")
        );
        assert_eq!(
            notes(&world, 1).await,
            [
                (MessageKind::FromCustomer, WORDS.to_owned()),
                (MessageKind::Note, REMARK.to_owned())
            ]
        );

        desk.tanaka.replies_to(&proposal, "#accept").await;
        let receipt = desk.sato.receives().await;
        assert!(receipt.text().contains("DESK-000001"), "{}", receipt.shown());
        assert!(!receipt.shown().contains("丁寧な対応"), "{}", receipt.shown());
        assert_eq!(
            receipt.message.in_reply_to[0].to_string(),
            "<first@customer.example>"
        );
        let done = desk.tanaka.receives().await;
        assert!(done.text().contains("#accept"), "{}", done.shown());
        let after = ticket(&world, 1).await.unwrap();
        assert_eq!(after.author.as_str(), "sato@customer.example");
        assert!(after.customer_id.is_some() && after.account_id.is_some());

        desk.tanaka
            .replies_to(&done, "セキュリティグループをご確認ください。")
            .await;
        let answer = desk.sato.receives().await;
        assert!(answer.text().contains("> 昨日からEC2"), "{}", answer.shown());
        assert!(!answer.shown().contains("丁寧な対応"), "{}", answer.shown());
        desk.tanaka.receives().await;

        // The customer goes on in their own thread, which the desk has never written in.
        let own = "References: <first@customer.example>".to_owned();
        let headers = [proven("customer.example"), own];
        desk.sato
            .writes_with(
                "Re: 接続の件",
                &headers,
                "解決しておりません。ほかに原因はありますか。",
            )
            .await;
        let update = desk.tanaka.receives().await;
        assert!(
            update.text().contains("解決しておりません。"),
            "{}",
            update.shown()
        );
        assert!(ticket(&world, 2).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_colleague_confirms_a_forward_from_gmail_with_one_word_and_twice_is_told() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let body = format!(
            "{REMARK}\n\n---------- Forwarded message ---------\nFrom: 佐藤 <sato@customer.example>\nDate: 2026年3月4日(水) 9:15\nSubject: 接続の件\nTo: 田中 <tanaka@desk.example>\n\n\n{WORDS}\n"
        );
        forwards(&world, &desk.tanaka, &[], &body).await;
        let (proposal, notice) = proposed(&desk).await;
        desk.suzuki.replies_to(&notice, "はい").await;
        desk.sato.receives().await;
        desk.suzuki.receives().await;
        let confirmed = desk.tanaka.receives().await;
        assert!(
            confirmed.text().contains("鈴木 さんが、転送されたメールの差出人を確認しました。"),
            "{}",
            confirmed.shown()
        );
        desk.tanaka.replies_to(&proposal, "ＯＫ").await;
        let told = desk.tanaka.receives().await;
        assert!(told.text().contains("すでに確認されています"), "{}", told.shown());
        desk.sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_relayed_before_the_sender_is_confirmed() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &outlook("佐藤 <sato@customer.example>", WORDS),
        )
        .await;
        let (proposal, _) = proposed(&desk).await;
        for premature in ["再起動してください。", "#pending", "#cc mori@other.example"] {
            desk.tanaka.replies_to(&proposal, premature).await;
            let returned = desk.tanaka.receives().await;
            assert!(
                returned.text().contains("まだ確認されていません"),
                "{}",
                returned.shown()
            );
        }
        desk.sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn an_attached_mail_keeps_its_files_and_its_thread() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let body = format!(
            "--b\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{REMARK}\n--b\nContent-Type: message/rfc822\n\nFrom: Sato <sato@customer.example>\nTo: tanaka@desk.example\nSubject: =?UTF-8?B?5o6l57aa44Gu5Lu2?=\nMessage-ID: <first@customer.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"c\"\n\n--c\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{WORDS}\n--c\nContent-Type: text/plain; name=\"error.log\"\nContent-Disposition: attachment; filename=\"error.log\"\n\nconnection timed out\n--c--\n\n--b--\n"
        );
        let kind = "Content-Type: multipart/mixed; boundary=\"b\"".to_owned();
        forwards(&world, &desk.tanaka, &[kind], &body).await;
        let (proposal, notice) = proposed(&desk).await;
        assert!(notice.text().contains("error.log"), "{}", notice.shown());
        let files: Vec<_> = notice.message.attachments.iter().filter_map(|one| one.name.clone()).collect();
        assert_eq!(files, ["error.log"]);
        desk.tanaka.replies_to(&proposal, "#accept").await;
        let receipt = desk.sato.receives().await;
        assert_eq!(receipt.message.in_reply_to[0].to_string(), "<first@customer.example>");
        assert_eq!(receipt.message.subject, "Re: 接続の件");
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn the_sender_is_corrected_by_naming_the_right_address() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let ito = world.colleague_of("sample", "伊藤 <ito@customer.example>").await;
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &outlook("佐藤 <sato@customer.example>", WORDS),
        )
        .await;
        let (proposal, _) = proposed(&desk).await;
        desk.tanaka
            .replies_to(&proposal, "#accept suzuki@desk.example")
            .await;
        desk.tanaka.receives().await;
        desk.tanaka
            .replies_to(&proposal, "#accept ito@customer.example")
            .await;
        ito.receives().await;
        desk.tanaka.receives().await;
        desk.sato.receives_nothing().await;
        assert_eq!(
            ticket(&world, 1).await.unwrap().author.as_str(),
            "ito@customer.example"
        );
    })
    .await;
}

#[tokio::test]
async fn an_unregistered_sender_is_said_to_be_one() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mori = world.stranger("森 <mori@other.example>");
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &outlook("森 <mori@other.example>", WORDS),
        )
        .await;
        let (proposal, _) = proposed(&desk).await;
        let text = proposal.text();
        assert!(text.contains("名簿に登録されていない差出人です"), "{text}");
        mori.receives_nothing().await;
        desk.tanaka.replies_to(&proposal, "#accept").await;
        let receipt = mori.receives().await;
        // Another customer's account that stood in the mail is not spoken of.
        assert!(!receipt.shown().contains("480913372265"), "{}", receipt.shown());
        assert!(!receipt.shown().contains("接続"), "{}", receipt.shown());
        desk.tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.unwrap().customer_id, None);
    })
    .await;
}

#[tokio::test]
async fn mails_of_several_people_wait_for_the_one_who_is_meant() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mori = world.stranger("森 <mori@other.example>");
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,株式会社アザー,アザー,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,mori@other.example,,森,,,,yes,,\n",
                "customer_id,account_id,label,starts,ends\nother,591044286637,本番,,\n",
            ])
            .await;
        let attached = |from: &str, words: &str| {
            format!("--b\nContent-Type: message/rfc822\n\nFrom: {from}\nSubject: S3\nMessage-ID: <1.{from}>\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{words}\n")
        };
        world.remembers(b"Subject: S3\r\nMessage-ID: <1.mori@other.example>\r\n\r\n");
        let body = format!(
            "{}{}--b--\n",
            attached("sato@customer.example", "佐藤の秘密の文面です。"),
            attached("mori@other.example", "S3の料金の内訳を教えてください。")
        );
        let kind = "Content-Type: multipart/mixed; boundary=\"b\"".to_owned();
        forwards(&world, &desk.tanaka, &[kind], &body).await;
        let (proposal, _) = proposed(&desk).await;
        assert!(proposal.text().contains("複数の方のメール"), "{}", proposal.shown());
        for nobody in ["#accept", "はい", "#accept ito@third.example"] {
            desk.tanaka.replies_to(&proposal, nobody).await;
            let returned = desk.tanaka.receives().await;
            assert!(returned.text().contains("#accept mori@other.example"), "{}", returned.shown());
        }
        desk.tanaka.replies_to(&proposal, "#accept mori@other.example").await;
        mori.receives().await;
        let done = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&done, "内訳をお送りします。").await;
        let answer = mori.receives().await;
        assert!(answer.text().contains("> S3の料金"), "{}", answer.shown());
        assert!(!answer.shown().contains("佐藤の秘密"), "{}", answer.shown());
        desk.sato.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_forged_forward_is_held_and_opens_nothing() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let forger = world.stranger("田中 <tanaka@desk.example>");
        let body = outlook("佐藤 <sato@customer.example>", WORDS);
        forger.writes("FW: 接続の件", &body).await;
        assert!(ticket(&world, 1).await.is_none());
        let mut tx = world.database().read().await.unwrap();
        let waiting = held::list_held(&mut tx, false, 10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].reason, "anchor-failed");
        drop(tx);
        desk.sato.receives_nothing().await;
        desk.tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_was_closed_is_not_confirmed_any_more() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        forwards(
            &world,
            &desk.tanaka,
            &[],
            &outlook("佐藤 <sato@customer.example>", WORDS),
        )
        .await;
        let (proposal, notice) = proposed(&desk).await;
        desk.suzuki.replies_to(&notice, "#spam").await;
        desk.suzuki.receives().await;
        desk.tanaka.replies_to(&proposal, "#accept").await;
        let returned = desk.tanaka.receives().await;
        assert!(
            returned.text().contains("確認の前に閉じられています"),
            "{}",
            returned.shown()
        );
        desk.sato.receives_nothing().await;
        assert_eq!(ticket(&world, 1).await.unwrap().status, TicketStatus::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_customers_own_forward_stays_their_own_inquiry() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let body =
            outlook("伊藤 <ito@customer.example>", WORDS).replace(REMARK, "下記の件、原因を教えてください。");
        desk.sato.writes("FW: 接続の件", &body).await;
        desk.sato.receives().await;
        desk.tanaka.receives().await;
        desk.suzuki.receives().await;
        assert_eq!(
            ticket(&world, 1).await.unwrap().author.as_str(),
            "sato@customer.example"
        );
    })
    .await;
}
