//! A desk whose staff read English: every mail to them is English, whatever the customer writes, and its mark
//! keeps it from customers as the Japanese one does (SPEC §13).

use insta::assert_snapshot;

use crate::world::World;

#[tokio::test]
async fn english_staff_read_english_and_the_customer_keeps_their_own_language() {
    World::run_in_english(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let smith = world.staff("Smith <smith@desk.example>", 1).await;
        sato.writes(
            "EC2に接続できません",
            "480913372265 のEC2インスタンスにSSH接続できません。",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(receipt.text().contains("受付番号"), "{}", receipt.shown());
        let notice = smith.receives().await;
        assert_snapshot!(notice.shown(), @r#"
        From: AWS Support Desk DESK-000001 <aws_tec@desk.example>
        To: Smith <smith@desk.example>
        Subject: [DESK-000001] New: EC2に接続できません
        Auto-Submitted: auto-generated

        ──── From the desk to its staff (not sent to customers) ────
        DESK-000001 A new inquiry has arrived.
        Reply to this email, and what you write goes to the customer.
        Commands go at the top, one per line:
          note #note / wait for customer #pending / done #close / take it #assign me
          category #category / out of scope #decline / list all commands #help

        Customer: 株式会社サンプル / 佐藤 <sato@customer.example> (sender unproven)
        Subject : EC2に接続できません
        Account : 480913372265 (本番) - named
        Category: diagnosis of a problem (99% sure)
        Starts  : 10:00 a.m. (JST) on Wednesday, March 4 (24x7)
        Status  : new
        Evidence: "できません"

        ▼ The customer's words
        480913372265 のEC2インスタンスにSSH接続できません。
        "#);
        smith.replies_to(&notice, "ポートをご確認ください。").await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("ポートをご確認ください。"),
            "{}",
            answer.shown()
        );
        let copy = smith.receives().await;
        assert!(
            copy.text().contains("What the customer receives"),
            "{}",
            copy.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_notification_left_in_the_text_holds_the_mail_in_either_language() {
    World::run_in_english(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let smith = world.staff("Smith <smith@desk.example>", 1).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = smith.receives().await;
        for mark in [
            "──── From the desk to its staff (not sent to customers) ────",
            "──── 窓口からの通知(お客様には送信されません) ────",
        ] {
            let pasted = format!("Please see below.\n\n{mark}\nand so on");
            smith.replies_to(&notice, &pasted).await;
            sato.receives_nothing().await;
            world.time_passes(chrono::TimeDelta::minutes(11)).await;
            let held = smith.receives().await;
            assert!(
                held.text()
                    .contains("the text still holds a piece of our notification"),
                "{}",
                held.shown()
            );
        }
    })
    .await;
}
