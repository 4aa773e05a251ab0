//! Staff answer from their own mail client.

use insta::assert_snapshot;
use madoguchi::store::{held, messages, tickets};
use madoguchi::ticket::{MessageKind, TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

/// A customer has written and a staff member holds the notification.
async fn an_open_inquiry(world: &std::sync::Arc<World>) -> (Person, Staff, Letter, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes(
        "EC2に接続できません",
        "480913372265 のEC2インスタンスにSSH接続できません。",
    )
    .await;
    let receipt = sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, receipt, notice)
}

#[tokio::test]
async fn a_colleagues_answer_reaches_the_customer_in_the_same_thread() {
    World::run(async |world| {
        let (sato, tanaka, receipt, notice) = an_open_inquiry(&world).await;
        tanaka
            .replies_to(
                &notice,
                "セキュリティグループをご確認ください。\n22番ポートが閉じているようです。",
            )
            .await;
        let answer = sato.receives().await;
        assert_snapshot!(answer.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: EC2に接続できません

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        セキュリティグループをご確認ください。
        22番ポートが閉じているようです。

        AWSサポート窓口
        田中

        2026年3月4日(水) 10:00 にいただいた内容:
        > 480913372265 のEC2インスタンスにSSH接続できません。
        ");
        assert!(answer.threads_with(&receipt));
        let bytes = String::from_utf8_lossy(&answer.bytes).to_lowercase();
        assert!(
            !bytes.contains("tanaka"),
            "the private address went out:\n{bytes}"
        );
        assert!(!bytes.contains("aws_tec+"), "a staff token went out:\n{bytes}");
        let copy = tanaka.receives().await;
        assert_snapshot!(copy.shown(), @"
        From: AWSサポート窓口 DESK-000001 <aws_tec@desk.example>
        To: 田中 <tanaka@desk.example>
        Subject: [DESK-000001] 送信の控え: EC2に接続できません
        Auto-Submitted: auto-generated

        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 の回答を送信します。

        宛先: sato@customer.example
        状態: 回答済み

        ▼ お客様に届く文面
        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        セキュリティグループをご確認ください。
        22番ポートが閉じているようです。

        AWSサポート窓口
        田中

        2026年3月4日(水) 10:00 にいただいた内容:
        > 480913372265 のEC2インスタンスにSSH接続できません。
        ");
        sato.replies_to(
            &answer,
            "設定を変更したところ接続できました。もう一点、推奨設定を教えてください。",
        )
        .await;
        let next = tanaka.receives().await;
        assert!(
            next.text().contains("もう一点、推奨設定を教えてください。"),
            "{}",
            next.shown()
        );
        assert_eq!(world_status(&world).await, TicketStatus::Open);
    })
    .await;
}

async fn world_status(world: &World) -> TicketStatus {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
        .await
        .unwrap()
        .unwrap()
        .status
}

#[tokio::test]
async fn an_answer_goes_out_only_after_the_delay_in_which_it_can_be_taken_back() {
    World::run_with_delay(180, async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, "確認いたします。").await;
        sato.receives_nothing().await;
        let copy = tanaka.receives().await;
        assert!(copy.text().contains("2026年3月4日(水) 10:03"), "{}", copy.shown());
        world.time_passes(chrono::TimeDelta::seconds(180)).await;
        sato.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_note_stays_inside_also_when_an_input_method_types_its_mark() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        tanaka
            .replies_to(&notice, "＃note この顧客は先週も同じ件で連絡あり")
            .await;
        sato.receives_nothing().await;
        let receipt = tanaka.receives().await;
        assert!(
            receipt.text().contains("書いた文章はお客様に送信されません"),
            "{}",
            receipt.shown()
        );
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let notes: Vec<_> = messages::list_messages(&mut tx, ticket.id)
            .await
            .unwrap()
            .into_iter()
            .filter(|message| message.kind == MessageKind::Note)
            .collect();
        assert!(notes[0].visible.contains("先週も同じ件で"), "{notes:?}");
    })
    .await;
}

#[tokio::test]
async fn a_note_below_a_greeting_is_held_and_nothing_goes_out() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, "お疲れさまです。\n#note 内緒の話").await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert_snapshot!(told.text().lines().filter(|line| !line.contains("held ") && !line.starts_with("保留番号")).collect::<Vec<_>>().join("\n"), @"
        ──── 窓口からの通知(お客様には送信されません) ────
        田中 さんの名前で届いたメールを保留しました。
        お客様には送信されていません。

        理由　　: 本文の途中にコマンドがあります(command-in-text)
        詳細　　: #note 内緒の話

        ご自身が送ったものであれば、DESK-000001 の通知メールに、
        登録済みの社用アドレスから返信し直してください。
        お心当たりがなければ、なりすましの可能性があります。
        管理者に知らせてください。

        管理者は、次のコマンドで内容を確認し、送信できます。
        ");
    })
    .await;
}

#[tokio::test]
async fn pending_and_close_change_the_status_and_a_typing_error_changes_nothing() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, "#colse\n完了です").await;
        let returned = tanaka.receives().await;
        assert!(
            returned.text().contains("「#colse」を実行できませんでした"),
            "{}",
            returned.shown()
        );
        assert_eq!(world_status(&world).await, TicketStatus::New);
        tanaka
            .replies_to(&notice, "#pending\nログをお送りください。")
            .await;
        assert!(sato.receives().await.text().contains("ログをお送りください。"));
        assert_eq!(world_status(&world).await, TicketStatus::PendingCustomer);
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#close").await;
        assert_eq!(world_status(&world).await, TicketStatus::Closed);
        tanaka.receives().await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_forged_staff_reply_is_held_and_the_real_address_is_told() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        // Everything is right but the border's word: the token leaked, the From is written by hand.
        tanaka
            .person
            .replies_to(&notice, "アクセスキーをお送りください。")
            .await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(
            told.text()
                .contains("差出人本人からの送信であることを確認できません"),
            "{}",
            told.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_forged_word_of_the_border_below_the_real_one_is_worth_nothing() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        let stranger = world.stranger("田中 <tanaka@desk.example>");
        let lines = [
            format!(
                "Authentication-Results: {}; auth=fail smtp.auth=x@evil.example",
                crate::world::BORDER
            ),
            format!(
                "Authentication-Results: {}; auth=pass smtp.auth=tanaka@desk.example",
                crate::world::BORDER
            ),
        ];
        stranger
            .replies_with(&notice, &lines, "アクセスキーをお送りください。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_reply_from_a_private_address_is_held() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        let private = world.stranger("田中 <tanaka.private@elsewhere.example>");
        private.replies_to(&notice, "自宅から返信します。").await;
        sato.receives_nothing().await;
        private.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(
            told.text().contains("登録済みの担当者アドレスではありません"),
            "{}",
            told.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_ticket_completed_by_the_mail_client_is_held() {
    World::run(async |world| {
        let (sato, tanaka, _, first) = an_open_inquiry(&world).await;
        sato.writes("RDSの件", "480913372265 のRDSの上限を教えてください。")
            .await;
        sato.receives().await;
        let second = tanaka.receives().await;
        tanaka
            .replies_to_address(&second, &first.reply_address(), "RDSの上限は40です。")
            .await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("answers-another-ticket"), "{}", told.shown());
    })
    .await;
}

#[tokio::test]
async fn a_held_mail_is_sent_once_a_person_releases_it_and_only_once() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        tanaka
            .person
            .replies_to(&notice, "セキュリティグループをご確認ください。")
            .await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let row = held::list_held(&mut tx, false, 10).await.unwrap().remove(0);
        drop(tx);
        world
            .pipeline
            .release_held(row.id, "operator")
            .await
            .unwrap()
            .unwrap();
        assert!(
            world
                .pipeline
                .release_held(row.id, "operator")
                .await
                .unwrap()
                .is_err()
        );
        world.sends_mail().await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        assert!(
            answer.text().contains("セキュリティグループをご確認ください。"),
            "{}",
            answer.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_text_that_still_holds_our_notification_is_held() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        let text = format!(
            "ご確認ください。\n{}\nお客様: 佐藤\nよろしくお願いします。",
            notice.text().lines().next().unwrap()
        );
        tanaka.replies_to(&notice, &text).await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("notification-in-text"), "{}", told.shown());
    })
    .await;
}

#[tokio::test]
async fn a_command_in_a_mail_that_is_html_only_is_held() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        let headers = [
            format!(
                "Authentication-Results: {}; auth=pass smtp.auth=tanaka@desk.example",
                crate::world::BORDER
            ),
            "Content-Type: text/html; charset=UTF-8".to_owned(),
        ];
        let html = "<p>#close</p><p>対応が完了しました。</p>";
        tanaka.person.replies_with(&notice, &headers, html).await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("command-in-html"), "{}", told.shown());
        assert_eq!(world_status(&world).await, TicketStatus::New);
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_wants_notices_only_gets_neither_text_nor_quote() {
    World::run(async |world| {
        let (sato, tanaka, _, notice) = an_open_inquiry(&world).await;
        world
            .import(&["id,name,name_kana,language,answer_mode\nsample,株式会社サンプル,サンプル,ja,notice\n"])
            .await;
        tanaka
            .replies_to(&notice, "セキュリティグループをご確認ください。")
            .await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("回答を登録いたしました"),
            "{}",
            answer.shown()
        );
        assert!(
            !answer.text().contains("セキュリティグループ"),
            "{}",
            answer.shown()
        );
        assert!(!answer.text().contains('>'), "{}", answer.shown());
        tanaka.receives().await;
    })
    .await;
}
