//! A customer writes to the contact address.

use insta::assert_snapshot;
use madoguchi::store::tickets;
use madoguchi::ticket::{Category, TicketNumber, TicketStatus};

use crate::world::World;

const ACCOUNT: &str = "480913372265";

#[tokio::test]
async fn a_new_inquiry_is_acknowledged_in_its_own_thread_and_staff_are_told() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let sent = sato.writes("EC2に接続できません", "AWSアカウントID: 480913372265 のEC2インスタンスに今朝からSSH接続できません。原因の調査をお願いします。").await;
        let receipt = sato.receives().await;
        assert_snapshot!(receipt.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: EC2に接続できません
        Auto-Submitted: auto-replied

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        種別: 問題・不具合の診断
        対象のAWSアカウント: 480913372265(本番)

        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        assert_eq!(receipt.header("In-Reply-To"), sent.id);
        assert_eq!(receipt.header("References"), sent.id);
        assert_eq!(receipt.envelope_sender, crate::world::CONTACT);
        let notice = tanaka.receives().await;
        assert_snapshot!(notice.shown(), @"
        From: AWSサポート窓口 DESK-000001 <aws_tec@desk.example>
        To: 田中 <tanaka@desk.example>
        Subject: [DESK-000001] 新規: EC2に接続できません
        Auto-Submitted: auto-generated

        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 新しい問い合わせです。
        このメールにそのまま返信すると、書いた文章がお客様に届きます。
        コマンドは本文の先頭に、1行に1つ書きます。
          社内メモ #note / お客様待ち #pending / 完了 #close / 自分が担当 #assign me
          種別 #category / 対象外の回答 #decline / すべての一覧 #help

        お客様　　: 株式会社サンプル / 佐藤 <sato@customer.example>(差出人は未証明)
        件名　　　: EC2に接続できません
        アカウント: 480913372265(本番) ─ 記載あり
        種別　　　: 問題・不具合の診断(確信度 99%)
        対応開始　: 3月4日(水)午前10時(24時間対応)
        状態　　　: 未対応
        判定根拠　: 「今朝からSSH接続できません」 / 「原因」

        ▼ お客様の文面
        AWSアカウントID: 480913372265 のEC2インスタンスに今朝からSSH接続できません。原因の調査をお願いします。
        ");
        assert!(notice.reply_address().starts_with("aws_tec+"), "{}", notice.reply_address());
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_joins_its_ticket_and_is_not_acknowledged_again() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        let first = tanaka.receives().await;
        sato.replies_to(&receipt, "追加の情報です。東京リージョンです。")
            .await;
        let second = tanaka.receives().await;
        assert!(
            second.text().contains("追加の情報です。東京リージョンです。"),
            "{}",
            second.shown()
        );
        assert!(
            !second.text().contains("お問い合わせを承りました"),
            "the quote was told again:\n{}",
            second.shown()
        );
        assert_eq!(
            first.message.references, second.message.references,
            "both lie under one ticket"
        );
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_missing_account_id_is_asked_for_and_completes_the_same_ticket() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        world
            .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,検証,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "RDSの再起動について",
            "RDSのメンテナンスウィンドウを変更した場合、再起動は発生しますか。",
        )
        .await;
        let asked = sato.receives().await;
        assert!(
            asked
                .text()
                .contains("対象となるAWSアカウントID(12桁の数字)をお知らせください"),
            "{}",
            asked.shown()
        );
        tanaka.receives().await;
        sato.replies_to(&asked, "046425940015 です。よろしくお願いします。")
            .await;
        let filed = sato.receives().await;
        assert_snapshot!(filed.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: RDSの再起動について
        Auto-Submitted: auto-replied

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        AWSサポート窓口です。
        AWSアカウントIDをお知らせいただき、ありがとうございます。
        本件は 046425940015(検証) のお問い合わせとして承りました。

        担当者が内容を確認のうえ、ご連絡いたします。

        AWSサポート窓口
        ");
        assert!(filed.threads_with(&asked));
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ticket.account_id.unwrap().as_str(), "046425940015");
        assert_eq!(ticket.status, TicketStatus::New);
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
async fn a_customer_with_one_account_who_names_none_is_told_which_was_assumed() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "S3の暗号化",
            "S3バケットの既定の暗号化を変更する手順を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(
            receipt.text().contains("対象のAWSアカウント: 480913372265(本番)"),
            "{}",
            receipt.shown()
        );
        assert!(receipt.text().contains("相違する場合は"), "{}", receipt.shown());
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_billing_inquiry_on_a_saturday_names_monday_nine_oclock() {
    World::run_at("2025-03-01T11:00:00+09:00", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "請求書の宛名変更",
            "AWSアカウント 480913372265 の請求書の宛名を変更したいです。手続きを教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        assert_snapshot!(receipt.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: 請求書の宛名変更
        Auto-Submitted: auto-replied

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        種別: AWSアカウント・ご請求
        対象のAWSアカウント: 480913372265(本番)

        本件は、弊社営業日の午前9時から午後5時までの対応となります。
        担当者による確認は3月3日(月)午前9時以降に開始いたします。
        AWSの障害など、お急ぎの事象が発生している場合は、
        時間帯にかかわらず、その旨を本メールにご返信ください。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ticket.category, Category::AccountBilling);
        assert_eq!(ticket.clock_starts_at.to_rfc3339(), "2025-03-03T00:00:00+00:00");
    })
    .await;
}

#[tokio::test]
async fn an_account_of_somebody_else_reads_like_an_unknown_one() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,秘密の名前,,\nsample,046425940015,検証,,\n",
            ])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("ログの件", "AWSアカウントID: 731905824416 のCloudTrailの設定方法を教えてください。").await;
        let of_others = sato.receives().await;
        tanaka.receives().await;
        sato.writes("ログの件", "AWSアカウントID: 999988887774 のCloudTrailの設定方法を教えてください。").await;
        let of_nobody = sato.receives().await;
        tanaka.receives().await;
        let blanked = |text: &str, id: &str, number: &str| text.replace(id, "ID").replace(number, "NUMBER");
        assert_eq!(
            blanked(of_others.text(), "731905824416", "DESK-000001"),
            blanked(of_nobody.text(), "999988887774", "DESK-000002")
        );
        assert!(!of_others.text().contains("秘密"), "{}", of_others.shown());
    })
    .await;
}

#[tokio::test]
async fn an_english_contact_is_written_to_in_english() {
    World::run(async |world| {
        world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let smith = world.stranger("Smith <smith@customer.example>");
        world
            .import(&["customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,smith@customer.example,,J. Smith,,en,,yes,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        smith.writes("Cannot connect to EC2", "Our instance in AWS account 480913372265 has refused SSH since this morning. Please investigate.").await;
        let receipt = smith.receives().await;
        assert_snapshot!(receipt.shown(), @"
        From: AWS Support Desk <aws_tec@desk.example>
        To: J. Smith <smith@customer.example>
        Subject: Re: Cannot connect to EC2
        Auto-Submitted: auto-replied

        Ticket: DESK-000001

        Dear J. Smith,

        Thank you for contacting AWS Support Desk.
        We have received your inquiry.

        Type: diagnosis of a problem
        AWS account: 480913372265 (本番)

        We will look into it and get back to you.

        If you would like to add anything, please reply to this email without
        changing its subject.

        AWS Support Desk
        ");
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_above_the_size_limit_makes_a_ticket_from_its_header_and_one_notice() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("大きなログ", &"0123456789abcdef\n".repeat(70_000))
            .await;
        let notice = sato.receives().await;
        assert!(
            notice.text().contains("上限(1MB)を超えている"),
            "{}",
            notice.shown()
        );
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_listed_colleague_in_cc_takes_part_and_an_outsider_in_cc_does_not() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let suzuki = world
            .colleague_of("sample", "鈴木 <suzuki@customer.example>")
            .await;
        let outsider = world.stranger("外部 <partner@elsewhere.example>");
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let cc = format!("Cc: <{}>, <{}>", suzuki.address, outsider.address);
        sato.writes_with("EC2の件", &[cc], "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        suzuki.receives_nothing().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "確認いたします。").await;
        let answer = sato.receives().await;
        assert_eq!(
            answer
                .message
                .cc
                .iter()
                .map(|m| m.address.to_string())
                .collect::<Vec<_>>(),
            ["suzuki@customer.example"]
        );
        assert_eq!(
            suzuki.receives().await.bytes,
            answer.bytes,
            "one rendering a message"
        );
        outsider.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}
