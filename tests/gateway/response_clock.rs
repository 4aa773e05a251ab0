//! When the desk starts, and what the customer is told about it.

use insta::assert_snapshot;

use crate::world::{Letter, World};

const ACCOUNT: &str = "480913372265";

/// A target for billing that customers may know, and one that only reminds staff.
const TARGETS: &str = "targets = [\
    { category = \"account-billing\", first_minutes = 240, next_minutes = 480, published = true },\
    { category = \"technical\", first_minutes = 60, next_minutes = 60 }]";

fn billing() -> (&'static str, String) {
    (
        "請求書の宛名変更",
        format!("AWSアカウント {ACCOUNT} の請求書の宛名を変更したいです。手続きを教えてください。"),
    )
}

/// The lines of a letter between what it is about and its end.
fn about_hours(letter: &Letter) -> String {
    let text = letter.text();
    let start = text.find("種別").or_else(|| text.find("Type:")).unwrap();
    text.get(start..).unwrap().trim_end().to_owned()
}

#[tokio::test]
async fn a_billing_inquiry_at_five_oclock_before_a_long_weekend_is_taken_up_on_thursday() {
    World::run_at("2026-09-18T17:00:00+09:00", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let (subject, body) = billing();
        sato.writes(subject, &body).await;
        assert_snapshot!(about_hours(&sato.receives().await), @"
        種別: AWSアカウント・ご請求
        対象のAWSアカウント: 480913372265(本番)

        本件は、弊社営業日の午前9時から午後5時までの対応となります。
        担当者による確認は9月24日(木)午前9時以降に開始いたします。
        AWSの障害など、お急ぎの事象が発生している場合は、
        時間帯にかかわらず、その旨を本メールにご返信ください。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        assert!(
            tanaka
                .receives()
                .await
                .text()
                .contains("9月24日(木)午前9時(営業日の9時から17時)")
        );
    })
    .await;
}

#[tokio::test]
async fn a_second_before_five_oclock_the_desk_is_still_at_work() {
    World::run_at("2026-09-18T16:59:59+09:00", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let (subject, body) = billing();
        sato.writes(subject, &body).await;
        assert_snapshot!(about_hours(&sato.receives().await), @"
        種別: AWSアカウント・ご請求
        対象のAWSアカウント: 480913372265(本番)

        本件は、弊社営業日の午前9時から午後5時までの対応となります。
        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn an_english_contact_reads_the_same_with_the_published_target() {
    World::run_clocked("2026-09-18T17:00:00+09:00", TARGETS, "", async |world| {
        world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let smith = world.stranger("Smith <smith@customer.example>");
        world
            .import(&["customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,smith@customer.example,,J. Smith,,en,,yes,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        smith
            .writes("Invoice", "Please tell us how to change the billing address on the invoice of AWS account 480913372265.")
            .await;
        assert_snapshot!(about_hours(&smith.receives().await), @"
        Type: AWS account and billing
        AWS account: 480913372265 (本番)

        Inquiries of this type are handled from 9 a.m. to 5 p.m. Japan time
        on our business days.
        We will start on yours at 9:00 a.m. (JST) on Thursday, September 24.
        If an outage or another urgent event is in progress, please reply and
        tell us so, at any hour.
        We aim to send you a first answer by 1:00 p.m. (JST) on Thursday, September 24.

        If you would like to add anything, please reply to this email without
        changing its subject.

        AWS Support Desk
        ");
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_target_that_is_not_published_is_not_named() {
    World::run_clocked("2026-03-04T10:00:00+09:00", TARGETS, "", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "S3の暗号化",
            "480913372265 のS3バケットの既定の暗号化を変更する手順を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        assert!(!receipt.text().contains("目安"), "{}", receipt.shown());
        let (subject, body) = billing();
        sato.writes(subject, &body).await;
        let receipt = sato.receives().await;
        assert!(
            receipt
                .text()
                .contains("最初のご回答は3月4日(水)午後2時までを目安としております。"),
            "{}",
            receipt.shown()
        );
        tanaka.receives_two().await;
    })
    .await;
}
