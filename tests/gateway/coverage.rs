//! Whether an inquiry is covered: contracts that do not run, what is out of scope, restricted services, cases
//! opened with AWS before (SPEC §10). Nothing is refused by the machine.

use insta::assert_snapshot;
use madoguchi::store::{findings, tickets};
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::World;

const ACCOUNT: &str = "480913372265";

#[tokio::test]
async fn an_ended_contract_is_told_to_the_customer_and_to_staff() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        world
            .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,検証,2024-04-01,2026-02-28\nsample,502814773920,新基盤,2026-04-01,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("RDSの件", "アカウントID: 046425940015 のRDSに接続できません。原因の調査をお願いします。").await;
        let asked = sato.receives().await;
        assert_snapshot!(asked.text(), @"
        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        種別: 問題・不具合の診断

        恐れ入りますが、対象となるAWSアカウントID(12桁の数字)をお知らせください。
        本メールにご返信いただければ、同じ受付番号で承ります。
        IDは、マネジメントコンソール右上のアカウント名を選ぶと表示されます。
        画像ではなく、文字でご記載ください。

        なお、記載のあった次のAWSアカウントは、現在ご契約の期間外です。
          046425940015(検証): 2026年2月28日をもって終了

        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        assert_snapshot!(tanaka.receives().await.text(), @"
        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 新しい問い合わせです。
        このメールにそのまま返信すると、書いた文章がお客様に届きます。
        コマンドは本文の先頭に、1行に1つ書きます。
          社内メモ #note / お客様待ち #pending / 完了 #close / 自分が担当 #assign me
          種別 #category / 対象外の回答 #decline / すべての一覧 #help

        お客様　　: 株式会社サンプル / 佐藤 <sato@customer.example>(差出人は未証明)
        件名　　　: RDSの件
        アカウント: 未確定 ─ 記載の 046425940015(検証) は契約中ではない。お客様に尋ねています
        種別　　　: 問題・不具合の診断(確信度 99%)
        対応開始　: 3月4日(水)午前10時(24時間対応)
        状態　　　: アカウントIDの返答待ち
        注意　　　: 046425940015(検証) の契約は2026年2月28日で終了
        判定根拠　: 「できません」 / 「原因」

        ▼ お客様の文面
        アカウントID: 046425940015 のRDSに接続できません。原因の調査をお願いします。
        ");
        sato.writes("RDSの件2", "アカウントID: 502814773920 のRDSのバージョンを変更する手順を教えてください。").await;
        let early = sato.receives().await;
        assert!(early.text().contains("502814773920(新基盤): 2026年4月1日から開始"), "{}", early.shown());
        tanaka.receives().await;
        // An account that counts decides; the other one is still told.
        sato.writes("RDSの件3", "アカウントID: 046425940015 のRDSを アカウントID: 480913372265 へ移す手順を教えてください。").await;
        let filed = sato.receives().await;
        assert!(filed.text().contains("対象のAWSアカウント: 480913372265(本番)"), "{}", filed.shown());
        assert!(filed.text().contains("046425940015(検証): 2026年2月28日をもって終了"), "{}", filed.shown());
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn third_party_software_is_flagged_with_a_reply_to_copy_and_not_refused() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "Nginxの件",
            "480913372265 のEC2に入れたNginxの設定例を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(
            !receipt.text().contains("対象に含まれ"),
            "no machine refuses: {}",
            receipt.shown()
        );
        let notice = tanaka.receives().await;
        assert_snapshot!(notice.text(), @"
        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 新しい問い合わせです。
        このメールにそのまま返信すると、書いた文章がお客様に届きます。
        コマンドは本文の先頭に、1行に1つ書きます。
          社内メモ #note / お客様待ち #pending / 完了 #close / 自分が担当 #assign me
          種別 #category / 対象外の回答 #decline / すべての一覧 #help

        お客様　　: 株式会社サンプル / 佐藤 <sato@customer.example>(差出人は未証明)
        件名　　　: Nginxの件
        アカウント: 480913372265(本番) ─ 記載あり
        種別　　　: 技術的なお問い合わせ(確信度 99%)
        対応開始　: 3月4日(水)午前10時(24時間対応)
        状態　　　: 未対応
        注意　　　: 他社ソフトウェアの可能性(対象外) ─ 「Nginx」
        判定根拠　: 「EC2に入れたNginxの設定例を教えて」

        ▼ お客様の文面
        480913372265 のEC2に入れたNginxの設定例を教えてください。

        ▼ 文案(他社ソフトウェアは対象外): 使う場合は、以下を写して返信してください
        お問い合わせいただき、ありがとうございます。
        恐れ入りますが、AWS以外のソフトウェア(OS、ミドルウェア、他社製品など)の
        設定や動作に関する部分は、弊社サポートの対象に含まれておりません。
        製品の提供元のサポート窓口、または公開されている資料をご確認ください。
        AWSのサービスの設定や動作についてご確認になりたい点がございましたら、
        あらためてお知らせください。
        ");
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let found = findings::find_findings(&mut tx, ticket.id)
            .await
            .unwrap()
            .unwrap();
        drop(tx);
        assert_eq!(found.flags, ["oos-third-party"]);
        assert!(
            found
                .evidence
                .iter()
                .any(|one| one.about == "oos-third-party" && one.text.contains("Nginx"))
        );
        assert_eq!(ticket.status, TicketStatus::New);
        // The draft is copied into the reply as it stands.
        let draft = notice.text().split("返信してください\n").nth(1).unwrap();
        tanaka.replies_to(&notice, draft).await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("製品の提供元のサポート窓口"),
            "{}",
            answer.shown()
        );
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_restricted_service_is_marked_as_standing_on_an_unconfirmed_list() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "Control Towerの導入",
            "480913372265 でControl Towerを有効にすることは、契約上認められていますか。",
        )
        .await;
        sato.receives().await;
        assert_snapshot!(tanaka.receives().await.text(), @"
        ──── 窓口からの通知(お客様には送信されません) ────
        DESK-000001 新しい問い合わせです。
        このメールにそのまま返信すると、書いた文章がお客様に届きます。
        コマンドは本文の先頭に、1行に1つ書きます。
          社内メモ #note / お客様待ち #pending / 完了 #close / 自分が担当 #assign me
          種別 #category / 対象外の回答 #decline / すべての一覧 #help

        お客様　　: 株式会社サンプル / 佐藤 <sato@customer.example>(差出人は未証明)
        件名　　　: Control Towerの導入
        アカウント: 480913372265(本番) ─ 記載あり
        種別　　　: 制限に関するご相談(確信度 99%)
        対応開始　: 3月4日(水)午前10時(24時間対応)
        状態　　　: 未対応
        注意　　　: AWS Control Tower は制限サービスの一覧に記載「Control Tower」※一覧は未確認の例です。契約書で確認してください
        判定根拠　: 「導入」 / 「Control Towerを有効にすることは、契約上」 / 「契約上認められ」

        ▼ お客様の文面
        480913372265 でControl Towerを有効にすることは、契約上認められていますか。

        ▼ 文案(制限対象のサービス): 使う場合は、以下を写して返信してください
        お問い合わせいただき、ありがとうございます。
        恐れ入りますが、AWS Control Tower は、
        請求代行サービスの仕様書にて制限事項とされているため、
        弊社サポートの対象に含まれておりません。
        制限の内容やご利用の可否に関するご相談は承りますので、
        ご利用の目的と時期をお知らせください。
        ");
        // A word of it in a technical question brings no draft along.
        sato.writes(
            "Marketplaceの件",
            "480913372265 でAWS MarketplaceのAMIから起動したEC2に接続できません。",
        )
        .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(
            notice
                .text()
                .contains("AWS Marketplace は制限サービスの一覧に記載"),
            "{}",
            notice.shown()
        );
        assert!(!notice.text().contains("▼ 文案"), "{}", notice.shown());
    })
    .await;
}

#[tokio::test]
async fn a_case_from_before_the_contract_is_asked_to_be_stated_anew() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "ケースの件",
            "480913372265 の件です。以前AWSサポートに直接起票したケースの続きをお願いします。",
        )
        .await;
        assert_snapshot!(sato.receives().await.text(), @"
        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        対象のAWSアカウント: 480913372265(本番)

        弊社サポートの開始前にAWSへ直接お問い合わせいただいた内容は、
        弊社には引き継がれておりません。
        お手数ですが、ご質問の内容と経緯を、本メールへのご返信にて
        あらためてお知らせください。

        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        let notice = tanaka.receives().await;
        assert!(
            notice.text().contains("契約前のAWSケースに言及"),
            "{}",
            notice.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn an_outage_at_night_in_words_like_billing_goes_to_the_desk_that_is_awake() {
    World::run_at("2026-03-04T02:30:00+09:00", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "請求システム停止",
            "480913372265 の本番の請求システムが停止しています。料金計算用のEC2に接続できず、明細が発行できません。至急ご確認ください。",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(receipt.text().contains("種別: 問題・不具合の診断"), "{}", receipt.shown());
        assert!(!receipt.text().contains("午前9時"), "nobody waits for the morning: {}", receipt.shown());
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("3月4日(水)午前2時30分(24時間対応)"), "{}", notice.shown());
        assert!(notice.text().contains("お急ぎとの記載"), "{}", notice.shown());
    })
    .await;
}
