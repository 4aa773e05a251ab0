//! Mails that are more, or less, than a text: files with a password, encrypted mails, reactions, recalls.

use madoguchi::store::{messages, tickets};
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::{World, proven};

#[tokio::test]
async fn a_reaction_and_a_calendar_answer_are_kept_with_their_ticket_in_silence() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        let thread = format!("In-Reply-To: {}", receipt.id());
        let reaction = [
            thread.clone(),
            "Content-Type: text/vnd.google.email-reaction+json".to_owned(),
        ];
        sato.writes_with("Re: EC2の件", &reaction, "{\"emoji\":\"👍\",\"version\":1}\n")
            .await;
        let answer = [thread, "Content-Type: text/calendar; method=REPLY".to_owned()];
        let calendar = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nEND:VCALENDAR\n";
        sato.writes_with("承諾: EC2の件", &answer, calendar).await;
        sato.writes_with(
            "取り消し: EC2の件",
            &[],
            "佐藤 は、メッセージ \"EC2の件\" を取り消します。\n",
        )
        .await;
        // A thumb for a mail the desk does not know.
        sato.writes_with("Re: 別件", &reaction[1..], "{\"emoji\":\"👍\",\"version\":1}\n")
            .await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ticket.status, TicketStatus::New);
        assert_eq!(
            messages::list_messages(&mut tx, ticket.id).await.unwrap().len(),
            4
        );
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_that_only_sounds_like_a_recall_is_an_inquiry() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "取り消し: RIの購入",
            "購入したRIを取り消したいのですが、可能でしょうか。",
        )
        .await;
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

/// The border's word, and a body of two parts with an encrypted archive.
fn with_locked_archive(text: &str) -> (Vec<String>, String) {
    let headers = vec![
        proven("customer.example"),
        "Content-Type: multipart/mixed; boundary=\"b\"".to_owned(),
    ];
    let body = format!(
        "--b\nContent-Type: text/plain; charset=UTF-8\n\n{text}\n--b\n\
         Content-Type: application/zip; name=\"log.zip\"\n\
         Content-Disposition: attachment; filename=\"log.zip\"\nContent-Transfer-Encoding: base64\n\n\
         UEsDBBQACQAIAAAAIQAAAAAAHAAAABAAAAAHAAAAbG9nLnR4dAECAwQFBgcICQ==\n--b--\n"
    );
    (headers, body)
}

#[tokio::test]
async fn a_password_follows_its_file_and_is_sent_round_to_nobody() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let (headers, body) =
            with_locked_archive("480913372265 のログをお送りします。原因を教えてください。");
        sato.writes_with("ログの件", &headers, &body).await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(
            notice.text().contains("log.zip (1 KB、パスワード付きのため"),
            "{}",
            notice.shown()
        );
        world.clock.advance(chrono::TimeDelta::minutes(5));
        sato.writes(
            "パスワードのご連絡",
            "先ほどの添付ファイルのパスワードをお送りします。\n\nパスワード: Kx7mQ2pw\n",
        )
        .await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        let gateway = world.stranger("送信ゲートウェイ <no-reply@mgw.customer.example>");
        let automatic = ["Auto-Submitted: auto-generated".to_owned()];
        gateway
            .writes_with(
                "【パスワード通知】ログの件",
                &automatic,
                "添付ファイルの解凍パスワード\n\n  Kx7mQ2pw\n",
            )
            .await;
        gateway.receives_nothing().await;
        tanaka.receives_nothing().await;
        tanaka.replies_to(&notice, "確認いたします。").await;
        let answer = sato.receives().await;
        assert!(!answer.text().contains("Kx7mQ2pw"), "{}", answer.shown());
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let kept = messages::list_messages(&mut tx, ticket.id).await.unwrap();
        assert_eq!(
            kept.iter()
                .filter(|message| message.body.contains("Kx7mQ2pw"))
                .count(),
            2
        );
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_password_an_hour_later_or_from_elsewhere_is_a_mail_of_its_own() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let (headers, body) = with_locked_archive("480913372265 のログをお送りします。");
        sato.writes_with("ログの件", &headers, &body).await;
        sato.receives().await;
        tanaka.receives().await;
        let notice = "先ほどの添付ファイルのパスワードをお送りします。\n\nパスワード: Kx7mQ2pw\n";
        world
            .stranger("<x@elsewhere.example>")
            .writes("パスワード", notice)
            .await;
        // A stranger's mail is told of in the hourly list.
        tanaka.receives_nothing().await;
        world.time_passes(chrono::TimeDelta::minutes(61)).await;
        assert!(tanaka.receives().await.text().contains("x@elsewhere.example"));
        sato.writes("パスワード", notice).await;
        sato.receives().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(3))
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn an_encrypted_mail_makes_a_ticket_and_one_notice_that_it_cannot_be_read() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let block = "-----BEGIN PGP MESSAGE-----\n\nhQEMA9Jx\n=aB3d\n-----END PGP MESSAGE-----\n";
        sato.writes("機密の件", block).await;
        let told = sato.receives().await;
        assert!(told.text().contains("暗号化されているため"), "{}", told.shown());
        assert!(!told.text().contains("アカウントID"), "{}", told.shown());
        tanaka.receives().await;
        // A second one within the budget's ten minutes is kept without a second notice.
        sato.replies_to(&told, block).await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}
