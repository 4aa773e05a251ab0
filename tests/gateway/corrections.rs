//! What a person sets right: category, account, severity, by mail and at the command line.

use insta::assert_snapshot;
use madoguchi::pipeline::{Correction, CorrectionRefusal};
use madoguchi::registry::AccountId;
use madoguchi::store::corrections::{self, CorrectedField};
use madoguchi::store::tickets;
use madoguchi::ticket::{Category, Desk, EventKind, Severity, Ticket, TicketNumber, TicketStatus};

use crate::world::World;

const ACCOUNT: &str = "480913372265";
const FIRST: TicketNumber = TicketNumber(1);

async fn ticket(world: &World) -> Ticket {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, FIRST)
        .await
        .unwrap()
        .unwrap()
}

async fn corrected_events(world: &World) -> Vec<(String, String)> {
    let id = ticket(world).await.id;
    let mut tx = world.database().read().await.unwrap();
    let events = tickets::list_events(&mut tx, id).await.unwrap();
    let corrected = events
        .into_iter()
        .filter(|event| event.kind == EventKind::Corrected);
    corrected.map(|event| (event.actor, event.detail)).collect()
}

async fn set(world: &World, correction: Correction) -> Result<Ticket, CorrectionRefusal> {
    let done = world.pipeline.correct_ticket(FIRST, &correction).await.unwrap();
    world.sends_mail().await;
    done
}

#[tokio::test]
async fn a_technical_inquiry_moves_to_billing_at_night_and_back() {
    World::run_at("2026-03-06T23:10:00+09:00", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let yamada = world
            .member("山田 <yamada@desk.example>", 2, "account-and-billing,agent")
            .await;
        sato.writes(
            "S3の暗号化",
            "480913372265 のS3バケットの既定の暗号化を変更する手順を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "#category billing").await;
        let changed = sato.receives().await;
        assert_snapshot!(changed.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: S3の暗号化
        Auto-Submitted: auto-generated

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        AWSサポート窓口です。
        本件の種別を改めましたので、対応時間についてご案内いたします。

        種別: AWSアカウント・ご請求

        本件は、弊社営業日の午前9時から午後5時までの対応となります。
        担当者による確認は3月9日(月)午前9時以降に開始いたします。
        AWSの障害など、お急ぎの事象が発生している場合は、
        時間帯にかかわらず、その旨を本メールにご返信ください。

        AWSサポート窓口
        ");
        assert!(changed.threads_with(&receipt));
        let moved = yamada.receives().await;
        assert!(
            moved.message.subject.contains("引き継ぎ") && moved.text().contains("既定の暗号化を変更する手順"),
            "{}",
            moved.shown()
        );
        tanaka.receives().await;
        let now = ticket(&world).await;
        assert_eq!(
            (now.category, now.desk),
            (Category::AccountBilling, Desk::Billing)
        );
        assert_eq!(now.clock_starts_at.to_rfc3339(), "2026-03-09T00:00:00+00:00");
        yamada.replies_to(&moved, "#category technical").await;
        let back = sato.receives().await;
        assert!(
            back.text().contains("24時間体制") && !back.text().contains("営業日"),
            "{}",
            back.shown()
        );
        assert!(tanaka.receives().await.text().contains("担当窓口が変わりました"));
        yamada.receives().await;
        assert_eq!(ticket(&world).await.clock_starts_at, world.clock.now());
        assert_eq!(
            corrected_events(&world).await,
            [
                (
                    "staff:1".to_owned(),
                    "category technical → account-billing".to_owned()
                ),
                (
                    "staff:2".to_owned(),
                    "category account-billing → technical".to_owned()
                ),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn an_english_customer_is_told_of_the_hours_in_english() {
    World::run_at("2026-03-06T23:10:00+09:00", async |world| {
        world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let smith = world.stranger("Smith <smith@customer.example>");
        world
            .import(&["customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,smith@customer.example,,J. Smith,,en,,yes,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        smith.writes("Cannot connect to EC2", "Our instance in AWS account 480913372265 has refused SSH since this morning. Please investigate.").await;
        smith.receives().await;
        tanaka.receives().await;
        let category = Some(Category::AccountBilling);
        set(&world, Correction { category, ..Correction::default() }).await.unwrap();
        assert_snapshot!(smith.receives().await.shown(), @"
        From: AWS Support Desk <aws_tec@desk.example>
        To: J. Smith <smith@customer.example>
        Subject: Re: Cannot connect to EC2
        Auto-Submitted: auto-generated

        Ticket: DESK-000001

        Dear J. Smith,

        We have changed the type of your inquiry, so different hours now apply.

        Type: AWS account and billing

        Inquiries of this type are handled from 9 a.m. to 5 p.m. Japan time
        on our business days.
        We will start on yours at 9:00 a.m. (JST) on Monday, March 9.
        If an outage or another urgent event is in progress, please reply and
        tell us so, at any hour.

        AWS Support Desk
        ");
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_category_with_the_same_hours_changes_in_silence() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "S3の暗号化",
            "480913372265 のS3バケットの既定の暗号化を変更する手順を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        for category in [Category::Diagnosis, Category::Restriction] {
            let category = Some(category);
            set(
                &world,
                Correction {
                    category,
                    ..Correction::default()
                },
            )
            .await
            .unwrap();
        }
        sato.receives_nothing().await;
        assert!(
            tanaka.receives().await.text().contains("担当窓口が変わりました"),
            "the contract desk is another one"
        );
        // Later words about money do not classify the ticket again.
        sato.replies_to(&receipt, "請求書の金額と支払い方法も教えてください。")
            .await;
        assert_eq!(ticket(&world).await.category, Category::Restriction);
        sato.receives_nothing().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let kept = corrections::list_corrections(&mut tx, CorrectedField::Category)
            .await
            .unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(
            (kept[0].was.as_str(), kept[0].became.as_str()),
            ("technical", "restriction")
        );
        assert!(kept[0].body.contains("既定の暗号化"), "{kept:?}");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_account_is_corrected_to_another_of_the_same_customer_only() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let suzuki = world.stranger("鈴木 <suzuki@customer.example>");
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,suzuki@customer.example,,鈴木,,,480913372265,yes,,\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,秘密の名前,,\nsample,046425940015,検証,,\n",
            ])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let cc = "Cc: <suzuki@customer.example>".to_owned();
        sato.writes_with("EC2の件", &[cc], "480913372265 のEC2インスタンスに接続できません。").await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        let account = |text: &str| Correction {
            account: Some(AccountId::parse(text).unwrap()),
            ..Correction::default()
        };
        let refused = set(&world, account("731905824416")).await.unwrap_err();
        assert!(!refused.to_string().contains("別の会社"), "{refused}");
        tanaka.replies_to(&notice, "#account 731905824416").await;
        let returned = tanaka.receives().await;
        assert!(
            returned.text().contains("「#account 731905824416」を実行できませんでした"),
            "{}",
            returned.shown()
        );
        sato.receives_nothing().await;
        assert_eq!(ticket(&world).await.account_id.unwrap().as_str(), ACCOUNT);
        set(&world, account("046425940015")).await.unwrap();
        assert_snapshot!(sato.receives().await.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: EC2の件
        Auto-Submitted: auto-generated

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        AWSサポート窓口です。
        本件の対象となるAWSアカウントを改めましたので、お知らせいたします。

        対象のAWSアカウント: 046425940015(検証)

        相違する場合は、恐れ入りますが、本メールへのご返信にて
        正しいアカウントIDをお知らせください。

        AWSサポート窓口
        ");
        assert_eq!(
            corrected_events(&world).await,
            [("operator".to_owned(), "account 480913372265 → 046425940015".to_owned())]
        );
        // Suzuki may ask about the other account only, and was brought in by a Cc.
        tanaka.replies_to(&notice, "確認いたします。").await;
        sato.receives().await;
        suzuki.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn the_operator_completes_a_missing_account_and_closes() {
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
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(ticket(&world).await.status, TicketStatus::AwaitingAccount);
        let account = AccountId::parse("046425940015").ok();
        set(
            &world,
            Correction {
                account,
                ..Correction::default()
            },
        )
        .await
        .unwrap();
        assert_eq!(ticket(&world).await.status, TicketStatus::New);
        assert!(sato.receives().await.text().contains("046425940015(検証)"));
        for (status, taken) in [(TicketStatus::New, false), (TicketStatus::Closed, true)] {
            let status = Some(status);
            assert_eq!(
                set(
                    &world,
                    Correction {
                        status,
                        ..Correction::default()
                    }
                )
                .await
                .is_ok(),
                taken
            );
        }
        assert_eq!(
            set(&world, Correction::default()).await,
            Err(CorrectionRefusal::Nothing)
        );
        let severity = Some(Severity::Critical);
        set(
            &world,
            Correction {
                severity,
                ..Correction::default()
            },
        )
        .await
        .unwrap();
        assert_eq!(ticket(&world).await.status, TicketStatus::Closed);
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}
