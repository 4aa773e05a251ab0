//! Under which account an inquiry is filed, and what customer and staff then read (SPEC §7, §8).

use std::sync::Arc;

use insta::assert_snapshot;
use madoguchi::store::tickets;
use madoguchi::ticket::{Ticket, TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

const ACCOUNT: &str = "480913372265";

/// The words of a letter between its salutation and its last lines.
fn middle(letter: &Letter) -> String {
    let text = letter.text();
    let from = text
        .find("承りました。\n\n")
        .map_or(0, |at| at + "承りました。\n\n".len());
    let to = text.find("\n\n追加でお知らせ").unwrap_or(text.len());
    text.get(from..to).unwrap().to_owned()
}

/// The line of a notification that begins with a name.
fn line(letter: &Letter, name: &str) -> String {
    let found = letter.text().lines().find(|line| line.starts_with(name));
    found
        .unwrap_or_else(|| panic!("no {name}:\n{}", letter.shown()))
        .to_owned()
}

async fn ticket(world: &Arc<World>, number: i64) -> Ticket {
    let mut tx = world.database().read().await.unwrap();
    let found = tickets::find_ticket_by_number(&mut tx, TicketNumber(number))
        .await
        .unwrap();
    found.unwrap()
}

/// 佐藤 of a customer with two accounts, and a colleague of the desk.
async fn two_accounts(world: &Arc<World>) -> (Person, Staff) {
    let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
    world
        .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,検証,,\n"])
        .await;
    (sato, world.staff("田中 <tanaka@desk.example>", 1).await)
}

#[tokio::test]
async fn several_accounts_are_all_named_and_the_first_one_is_filed() {
    World::run(async |world| {
        let (sato, tanaka) = two_accounts(&world).await;
        sato.writes(
            "S3の複製",
            "アカウントID: 046425940015 のバケットを、アカウントID: 480913372265 に複製する手順を教えてください。",
        )
        .await;
        assert_snapshot!(middle(&sato.receives().await), @"
        種別: 技術的なお問い合わせ
        対象のAWSアカウント: 046425940015(検証)
        あわせて記載のあったAWSアカウント:
          480913372265(本番)

        担当者が内容を確認のうえ、ご連絡いたします。
        ");
        assert_snapshot!(line(&tanaka.receives().await, "アカウント"), @"アカウント: 046425940015(検証) ─ 046425940015(検証)、480913372265(本番) の記載あり。先頭のアカウントで受付");
    })
    .await;
}

#[tokio::test]
async fn a_number_without_its_zeros_is_asked_about_and_a_yes_files_it() {
    World::run(async |world| {
        let (sato, tanaka) = two_accounts(&world).await;
        sato.writes(
            "S3の件",
            "アカウントID: 46425940015 のS3バケットの暗号化の設定方法を教えてください。",
        )
        .await;
        let asked = sato.receives().await;
        assert_snapshot!(middle(&asked), @"
        種別: 技術的なお問い合わせ

        対象のAWSアカウントは、次のものでよろしいでしょうか。
          046425940015(検証)
        恐れ入りますが、本メールへのご返信にてお知らせください。
        別のアカウントの場合は、そのアカウントID(12桁の数字)をご記載ください。

        担当者が内容を確認のうえ、ご連絡いたします。
        ");
        assert_snapshot!(line(&tanaka.receives().await, "アカウント"), @"アカウント: 未確定 ─ 046425940015(検証) の書き誤りと思われる記載あり。お客様に尋ねています");
        assert_eq!(ticket(&world, 1).await.status, TicketStatus::AwaitingAccount);
        sato.replies_to(&asked, "いいえ、別のアカウントです。確認いたします。")
            .await;
        tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.account_id, None, "a no files nothing");
        sato.replies_to(&asked, "はい、間違いありません。").await;
        let filed = sato.receives().await;
        assert!(
            filed
                .text()
                .contains("046425940015(検証) のお問い合わせとして承りました"),
            "{}",
            filed.shown()
        );
        tanaka.receives().await;
        let ticket = ticket(&world, 1).await;
        assert_eq!(ticket.account_id.unwrap().as_str(), "046425940015");
        assert_eq!(ticket.status, TicketStatus::New);
    })
    .await;
}

#[tokio::test]
async fn a_bare_number_of_nobody_is_asked_about_without_being_repeated() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "S3の件",
            "583920471638 のS3バケットの暗号化の設定方法を教えてください。",
        )
        .await;
        let asked = sato.receives().await;
        assert_snapshot!(middle(&asked), @"
        種別: 技術的なお問い合わせ

        対象のAWSアカウントは、次のものでよろしいでしょうか。
          480913372265(本番)
        恐れ入りますが、本メールへのご返信にてお知らせください。
        別のアカウントの場合は、そのアカウントID(12桁の数字)をご記載ください。

        担当者が内容を確認のうえ、ご連絡いたします。
        ");
        assert!(!asked.text().contains("583920471638"), "{}", asked.shown());
        assert_snapshot!(line(&tanaka.receives().await, "アカウント"), @"アカウント: 未確定 ─ 契約中の 480913372265(本番) と別の番号の記載あり。お客様に尋ねています");
    })
    .await;
}

#[tokio::test]
async fn staff_see_what_the_customer_does_not_of_an_account_of_somebody_else() {
    World::run(async |world| {
        let (sato, tanaka) = two_accounts(&world).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,秘密の名前,,\n",
            ])
            .await;
        sato.writes(
            "ログの件",
            "AWSアカウントID: 731905824416 のCloudTrailの設定方法を教えてください。",
        )
        .await;
        let asked = sato.receives().await;
        assert_snapshot!(middle(&asked), @"
        種別: 技術的なお問い合わせ

        記載のあった次の番号は、ご契約のAWSアカウントとして確認できませんでした。
          731905824416

        恐れ入りますが、対象となるAWSアカウントID(12桁の数字)をお知らせください。
        本メールにご返信いただければ、同じ受付番号で承ります。
        IDは、マネジメントコンソール右上のアカウント名を選ぶと表示されます。
        画像ではなく、文字でご記載ください。

        担当者が内容を確認のうえ、ご連絡いたします。
        ");
        let notice = tanaka.receives().await;
        assert_snapshot!(line(&notice, "アカウント"), @"アカウント: 未確定 ─ 記載の 731905824416 は別のお客様の契約(お客様には伝えないでください)。お客様に尋ねています");
        sato.writes(
            "ログの件",
            "AWSアカウントID: 999988887774 のCloudTrailの設定方法を教えてください。",
        )
        .await;
        sato.receives().await;
        assert_snapshot!(line(&tanaka.receives().await, "アカウント"), @"アカウント: 未確定 ─ 記載の 999988887774 は契約中ではない。お客様に尋ねています");
        // What staff see must not slip into the answer.
        tanaka
            .replies_to(
                &notice,
                "731905824416 は株式会社サンプル様のご契約ではございません。",
            )
            .await;
        sato.receives_nothing().await;
        let held = tanaka.receives().await;
        assert!(
            held.text().contains("(leak-account)"),
            "{}",
            held.shown()
        );
        tanaka
            .replies_to(&notice, "ご契約中のアカウントIDをお知らせください。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn words_that_name_no_account_complete_nothing() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "ログの件",
            "AWSアカウントID: 999988887774 のCloudTrailの設定方法を教えてください。",
        )
        .await;
        let asked = sato.receives().await;
        tanaka.receives().await;
        sato.replies_to(&asked, "追加の情報です。東京リージョンです。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.status, TicketStatus::AwaitingAccount);
        // The ID counts also after somebody has answered.
        let notice = sato.replies_to(&asked, "まだでしょうか。").await;
        assert!(!notice.id.is_empty());
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "IDをお知らせください。").await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        sato.replies_to(&answer, "失礼しました。480913372265 です。")
            .await;
        assert!(sato.receives().await.text().contains("480913372265(本番)"));
        tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.account_id.unwrap().as_str(), ACCOUNT);
    })
    .await;
}

#[tokio::test]
async fn another_account_named_later_is_told_to_staff_and_changes_nothing() {
    World::run(async |world| {
        let (sato, tanaka) = two_accounts(&world).await;
        sato.writes(
            "S3の件",
            "アカウントID: 480913372265 のS3の暗号化の設定方法を教えてください。",
        )
        .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        sato.replies_to(&receipt, "アカウントID: 046425940015 でも同じ設定をしたいです。")
            .await;
        let notice = tanaka.receives().await;
        assert_snapshot!(line(&notice, "注意"), @"注意　　　: 受付済みのアカウントとは別のアカウントの記載あり(付け替えはしていません) ─ 「046425940015(検証)」");
        assert_eq!(ticket(&world, 1).await.account_id.unwrap().as_str(), ACCOUNT);
    })
    .await;
}

#[tokio::test]
async fn a_contact_of_two_customers_is_told_apart_by_the_account() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@integrator.example>", ACCOUNT).await;
        let boss = world.colleague_of("sample", "部長 <boss@customer.example>").await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別会社株式会社,ベツ,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,sato@integrator.example,,佐藤,,,,yes,,\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,基幹,,\n",
            ])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let cc = format!("Cc: <{}>", boss.address);
        sato.writes_with("バックアップの件", &[cc], "AWS Backupの保持期間を変更する手順を教えてください。").await;
        let asked = sato.receives().await;
        assert_snapshot!(asked.text(), @"
        受付番号: DESK-000001

        佐藤 様

        平素よりお世話になっております。AWSサポート窓口です。
        お問い合わせを承りました。

        種別: 技術的なお問い合わせ

        恐れ入りますが、対象となるAWSアカウントID(12桁の数字)をお知らせください。
        本メールにご返信いただければ、同じ受付番号で承ります。
        IDは、マネジメントコンソール右上のアカウント名を選ぶと表示されます。
        画像ではなく、文字でご記載ください。

        担当者が内容を確認のうえ、ご連絡いたします。

        追加でお知らせいただく内容がございましたら、
        件名を変えずに本メールへご返信ください。

        AWSサポート窓口
        ");
        let notice = tanaka.receives().await;
        assert_snapshot!(line(&notice, "お客様"), @"お客様　　: 別会社株式会社 または 株式会社サンプル(アカウント未確定) / 佐藤 <sato@integrator.example>(差出人は未証明)");
        assert_eq!(ticket(&world, 1).await.customer_id, None);
        // Nobody but the author takes part before it is clear whose inquiry it is.
        tanaka.replies_to(&notice, "アカウントをお知らせください。").await;
        let answer = sato.receives().await;
        boss.receives_nothing().await;
        tanaka.receives().await;
        sato.replies_to(&answer, "アカウントIDは 731905824416 です。").await;
        let filed = sato.receives().await;
        assert!(filed.text().contains("別会社株式会社\n佐藤 様"), "{}", filed.shown());
        assert!(filed.text().contains("731905824416(基幹)"), "{}", filed.shown());
        let notice = tanaka.receives().await;
        assert!(line(&notice, "お客様").contains("別会社株式会社 / 佐藤"), "{}", notice.shown());
        assert_eq!(ticket(&world, 1).await.customer_id.as_deref(), Some("other"));
    })
    .await;
}

#[tokio::test]
async fn accounts_of_two_customers_in_one_mail_are_asked_about() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@integrator.example>", ACCOUNT).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別会社株式会社,ベツ,ja,answer\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,sato@integrator.example,,佐藤,,,,yes,,\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,基幹,,\n",
            ])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("複製の件", "アカウントID: 480913372265 から アカウントID: 731905824416 へS3を複製する手順を教えてください。").await;
        assert_snapshot!(middle(&sato.receives().await), @"
        種別: 技術的なお問い合わせ

        次のうち、どのAWSアカウントについてのお問い合わせでしょうか。
          480913372265(本番)
          731905824416(基幹)
        恐れ入りますが、対象のアカウントID(12桁の数字)を
        本メールへのご返信にてお知らせください。

        担当者が内容を確認のうえ、ご連絡いたします。
        ");
        assert_snapshot!(line(&tanaka.receives().await, "アカウント"), @"アカウント: 未確定 ─ 480913372265(本番)、731905824416(基幹) のいずれか不明。お客様に尋ねています");
        let ticket = ticket(&world, 1).await;
        assert_eq!((ticket.customer_id, ticket.account_id), (None, None));
    })
    .await;
}

#[tokio::test]
async fn an_english_customer_is_asked_in_english() {
    World::run(async |world| {
        let (_, tanaka) = two_accounts(&world).await;
        let smith = world.stranger("Smith <smith@customer.example>");
        world
            .import(&["customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,smith@customer.example,,J. Smith,,en,,yes,,\n"])
            .await;
        smith.writes("S3 encryption", "How do we change the default encryption of an S3 bucket in account ID: 46425940015?").await;
        assert_snapshot!(smith.receives().await.text(), @"
        Ticket: DESK-000001

        Dear J. Smith,

        Thank you for contacting AWS Support Desk.
        We have received your inquiry.

        Type: technical question

        Is your inquiry about this AWS account?
          046425940015 (検証)
        Please reply to let us know. If it is about another account, please give us
        its ID (12 digits).

        We will look into it and get back to you.

        If you would like to add anything, please reply to this email without
        changing its subject.

        AWS Support Desk
        ");
        tanaka.receives().await;
        smith.writes("S3 replication", "How do we replicate an S3 bucket of account ID: 999988887774?").await;
        assert_snapshot!(smith.receives().await.text(), @"
        Ticket: DESK-000002

        Dear J. Smith,

        Thank you for contacting AWS Support Desk.
        We have received your inquiry.

        Type: technical question

        We could not confirm the following as an AWS account in your contract:
          999988887774

        Please reply with the AWS account ID (12 digits) that your inquiry is about.
        You will find it in the AWS Management Console, under your account name in
        the upper right corner. Please send it as text rather than as a screenshot.

        We will look into it and get back to you.

        If you would like to add anything, please reply to this email without
        changing its subject.

        AWS Support Desk
        ");
        tanaka.receives().await;
    })
    .await;
}
