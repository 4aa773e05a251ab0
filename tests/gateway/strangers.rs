//! People who do not belong to a ticket learn nothing of it.

use madoguchi::store::tickets;
use madoguchi::ticket::TicketNumber;

use crate::world::World;

#[tokio::test]
async fn a_stranger_quoting_a_ticket_number_gets_a_new_ticket_and_learns_nothing() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の秘密の構成", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        let stranger = world.stranger("見知らぬ人 <mallory@evil.example>");
        stranger
            .replies_to(&receipt, "進捗を教えてください。[DESK-000001]")
            .await;
        stranger.receives_nothing().await;
        sato.receives_nothing().await;
        let notice = tanaka.receives().await;
        assert!(
            notice
                .text()
                .contains("DESK-000001(差出人がその件の参加者ではありません)"),
            "{}",
            notice.shown()
        );
        let mut tx = world.database().read().await.unwrap();
        let second = tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
            .await
            .unwrap()
            .unwrap();
        let first = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(second.related_to, Some(first.id));
        assert_eq!(second.customer_id, None);
    })
    .await;
}

#[tokio::test]
async fn another_customer_claiming_a_number_gets_a_ticket_of_its_own() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", "480913372265").await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,mori@other.example,,森,,,,yes,,\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,,,\n",
            ])
            .await;
        let mori = world.stranger("森 <mori@other.example>");
        sato.writes("EC2の秘密の構成", "480913372265 のEC2に接続できません。").await;
        sato.receives().await;
        tanaka.receives().await;
        mori.writes("Re: [DESK-000001] EC2の件", "こちらの件はいかがでしょうか。").await;
        let answer = mori.receives().await;
        assert!(answer.text().contains("DESK-000002") && !answer.text().contains("DESK-000001"), "{}", answer.shown());
        assert!(!answer.text().contains("秘密"), "{}", answer.shown());
        tanaka.receives().await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn an_unregistered_sender_is_acknowledged_only_when_the_border_vouches_and_without_an_echo() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let stranger = world.stranger("新規 <new@prospect.example>");
        stranger
            .writes("料金の件 http://evil.example/", "見積もりをください。")
            .await;
        stranger.receives_nothing().await;
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        tanaka.person.received().await;
        let pass = format!(
            "Authentication-Results: {}; dmarc=pass header.from=prospect.example",
            crate::world::BORDER
        );
        stranger
            .writes_with(
                "料金の件 http://evil.example/",
                std::slice::from_ref(&pass),
                "見積もりをください。その2",
            )
            .await;
        let fixed = stranger.receives().await;
        assert_eq!(fixed.message.subject, "お問い合わせを受け付けました");
        assert!(
            !fixed.text().contains("evil") && !fixed.text().contains("見積"),
            "{}",
            fixed.shown()
        );
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        tanaka.person.received().await;
        stranger
            .writes_with("料金の件", &[pass], "見積もりをください。その3")
            .await;
        stranger.receives_nothing().await;
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_sender_whose_policy_failed_gets_no_echo_of_the_subject() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let fail = format!(
            "Authentication-Results: {}; dmarc=fail (p=reject) header.from=customer.example",
            crate::world::BORDER
        );
        sato.writes_with("http://evil.example/ をクリック", &[fail], "480913372265 の件")
            .await;
        let fixed = sato.receives().await;
        assert_eq!(fixed.message.subject, "お問い合わせを受け付けました");
        assert!(!fixed.text().contains("480913372265"), "{}", fixed.shown());
        let notice = tanaka.receives().await;
        assert!(
            notice.text().contains("差出人の認証に失敗しています"),
            "{}",
            notice.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_mail_in_the_desks_own_name_that_the_desk_did_not_write_is_held() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let forger = world.stranger("窓口 <aws_tec@desk.example>");
        forger
            .writes("重要なお知らせ", "パスワードを送ってください。")
            .await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("own-address"), "{}", told.shown());
        forger.receives_nothing().await;
    })
    .await;
}
