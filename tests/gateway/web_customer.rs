//! The customer's side of the page: their list, their threads, their replies; and what others try.

use chrono::TimeDelta;

use crate::world::{Browser, PAGE, World};

const ACCOUNT: &str = "480913372265";

/// Registers a second customer with one person.
const OTHERS: &[&str] = &[
    "id,name,name_kana,language,answer_mode\nother,有限会社よその,ヨソノ,ja,answer\n",
    "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
     other,mori@other.example,,森,,,,yes,,\n",
    "customer_id,account_id,label,starts,ends\nother,731905824416,本番,,\n",
];

#[tokio::test]
async fn an_answer_is_read_and_replied_to_on_the_page() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 花子 <sato@sample.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 3).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。\n\n名称      状態      確認\nweb-1     停止      1/2\nweb-2     正常      2/2")
            .await;
        let notice = tanaka.receives().await;
        sato.receives().await;
        tanaka
            .replies_to(&notice, "#note 社内の話です。見せません。")
            .await;
        tanaka.receives().await;
        tanaka
            .replies_to(&notice, "#pending\nセキュリティグループをご確認ください。")
            .await;
        sato.receives().await;
        tanaka.receives().await;

        let site = world.opens_page().await;
        let mut browser = site.browser();
        let list = browser.signs_in(&sato, "/tickets").await;
        assert!(list.text().contains("ご返信待ち DESK-000001 EC2に接続できません"), "{}", list.text());
        let thread = browser.opens("/tickets/DESK-000001").await;
        let text = thread.text();
        assert!(text.contains("佐藤 花子 様 3月4日(水) 10:00"), "{text}");
        assert!(text.contains("セキュリティグループをご確認ください。"), "{text}");
        assert!(text.contains("窓口からの質問に回答をお願いします"), "{text}");
        assert!(thread.body.contains("<pre class=\"ruled\""), "{}", thread.body);
        for hidden in ["社内の話", "#pending", "#note", "tanaka"] {
            assert!(!thread.body.contains(hidden), "{hidden} reached the page:\n{}", thread.body);
        }

        let after = browser
            .sends("/tickets/DESK-000001/reply", &reply(&browser, "確認しました。\n開いています。"))
            .await;
        assert!(after.text().contains("返信を受け付けました。"), "{}", after.text());
        assert!(after.text().contains("確認しました。 開いています。"), "{}", after.text());
        assert!(after.text().contains("対応中"), "{}", after.text());
        world.sends_mail().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("確認しました。\n開いています。"), "{}", told.text());
        assert!(told.text().contains("佐藤 花子"), "{}", told.text());

        tanaka.replies_to(&told, "ありがとうございます。解消したはずです。").await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("> 確認しました。"), "{}", answer.text());
        tanaka.receives().await;
        assert!(browser.opens("/tickets/DESK-000001").await.text().contains("解消したはずです。"));
    })
    .await;
}

/// The fields of a reply in the form that is shown.
fn reply<'a>(browser: &Browser, text: &'a str) -> Vec<(&'static str, &'a str)> {
    let form = browser.shown.field("form");
    vec![("form", form.leak()), ("text", text)]
}

#[tokio::test]
async fn a_reply_that_is_sent_twice_counts_once() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        sato.writes("S3について", "480913372265 のS3の使い方を教えてください。")
            .await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/tickets/DESK-000001").await;
        let page = browser.shown.clone();
        let fields = reply(&browser, "追記です。");
        browser.sends("/tickets/DESK-000001/reply", &fields).await;
        browser.shown = page;
        let again = browser.sends("/tickets/DESK-000001/reply", &fields).await;
        assert_eq!(again.text().matches("追記です。").count(), 1, "{}", again.text());
    })
    .await;
}

#[tokio::test]
async fn an_empty_reply_is_given_back_with_a_word() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        sato.writes("S3について", "480913372265 のS3の使い方を教えてください。")
            .await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/tickets/DESK-000001").await;
        let shown = browser
            .sends("/tickets/DESK-000001/reply", &reply(&browser, " \n"))
            .await;
        assert_eq!(shown.status, 422);
        assert!(shown.body.contains("<title>エラー："), "{}", shown.body);
        assert_eq!(shown.text().matches("返信の本文を入力してください。").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_inquiry_is_called_solved_and_a_reply_opens_it_again() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        sato.writes("S3について", "480913372265 のS3の使い方を教えてください。")
            .await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/tickets/DESK-000001").await;
        let solved = browser.sends("/tickets/DESK-000001/solved", &[]).await;
        assert!(
            solved.text().contains("解決済みにしました。"),
            "{}",
            solved.text()
        );
        assert!(!solved.body.contains("/solved\""), "{}", solved.body);
        let open = browser.opens("/tickets").await;
        assert!(
            open.text().contains("対応中のお問い合わせはありません。"),
            "{}",
            open.text()
        );
        let closed = browser.opens("/tickets?status=closed").await;
        assert!(
            closed.text().contains("解決済み DESK-000001"),
            "{}",
            closed.text()
        );
        browser.opens("/tickets/DESK-000001").await;
        let again = browser
            .sends(
                "/tickets/DESK-000001/reply",
                &reply(&browser, "まだ続いています。"),
            )
            .await;
        assert!(again.text().contains("対応中 DESK-000001"), "{}", again.text());
        world.clock.advance(TimeDelta::minutes(1));
        browser.opens("/tickets/DESK-000001").await;
        browser.sends("/tickets/DESK-000001/solved", &[]).await;
        world.clock.advance(TimeDelta::days(20));
        browser.signs_in(&sato, "/tickets/DESK-000001").await;
        let anew = browser
            .sends("/tickets/DESK-000001/reply", &reply(&browser, "また起きました。"))
            .await;
        assert!(
            anew.text().contains("新しい受付 DESK-000002 で受け付けました"),
            "{}",
            anew.text()
        );
        world.sends_mail().await;
        sato.receives().await;
    })
    .await;
}

#[tokio::test]
async fn others_learn_nothing_of_a_ticket_whatever_they_try() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        world.import(OTHERS).await;
        let mori = world.stranger("森 <mori@other.example>");
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 3).await;
        sato.writes("秘密の移行計画", "480913372265 の移行計画について。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        let site = world.opens_page().await;

        let mut other = site.browser();
        let list = other.signs_in(&mori, "/tickets?status=all").await;
        assert!(!list.body.contains("DESK-000001"), "{}", list.body);
        let form = world.clock.fresh_id().to_string();
        let fields = [("form", form.as_str()), ("text", "x")];
        let mut answers = Vec::new();
        for number in ["DESK-000001", "DESK-000099"] {
            let path = format!("/tickets/{number}");
            let shown = other.asks("GET", &path, &[], "").await;
            answers.push((shown.status, shown.body.replace(number, "…")));
            for action in ["reply", "solved"] {
                other.opens("/tickets").await;
                let shown = other.sends(&format!("{path}/{action}"), &fields).await;
                assert_eq!(shown.status, 404, "{action}");
                assert!(!shown.body.contains("移行計画"), "{}", shown.body);
            }
        }
        assert_eq!(answers[0].0, 404);
        assert_eq!(
            answers[0], answers[1],
            "a missing and a foreign number read alike"
        );

        let mut nobody = site.browser();
        for number in ["DESK-000001", "DESK-000099"] {
            let shown = nobody.opens(&format!("/tickets/{number}")).await;
            assert!(shown.path.starts_with("/sign-in?returns_to="), "{}", shown.path);
            assert!(!shown.body.contains("移行計画"));
        }
        let mut desk = site.browser();
        desk.signs_in(&tanaka.person, "/sign-in").await;
        assert_eq!(desk.opens("/tickets").await.status, 404);

        assert_eq!(other.opens("/desk").await.status, 404);
        assert!(nobody.opens("/desk").await.path.starts_with("/sign-in"));

        let mut owner = site.browser();
        let shown = owner.signs_in(&sato, "/tickets/DESK-000001").await;
        assert!(shown.text().contains("秘密の移行計画"), "{}", shown.text());
        assert!(
            !shown.text().contains("x "),
            "nothing of the others' attempts was kept"
        );
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_the_accounts_of_their_scope_and_what_they_take_part_in() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        world
            .import(&[
                "customer_id,account_id,label,starts,ends\nsample,046425940015,検証,,\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
                 sample,ito@sample.example,,伊藤,,,046425940015,yes,,\n",
            ])
            .await;
        let ito = world.stranger("伊藤 <ito@sample.example>");
        sato.writes("本番の件", "480913372265 について教えてください。").await;
        sato.receives().await;
        sato.writes("検証の件", "046425940015 について教えてください。").await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let list = browser.signs_in(&ito, "/tickets").await;
        assert!(list.text().contains("検証の件") && !list.text().contains("本番の件"), "{}", list.text());
        assert_eq!(browser.opens("/tickets/DESK-000001").await.status, 404);
        let mut all = site.browser();
        all.signs_in(&sato, "/tickets").await;
        let one = all.opens("/tickets?status=open&account=046425940015").await;
        assert!(one.text().contains("検証の件") && !one.text().contains("本番の件"), "{}", one.text());
    })
    .await;
}

#[tokio::test]
async fn somebody_of_two_customers_sees_one_at_a_time() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        world.import(OTHERS).await;
        world
            .import(&[
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
                 other,sato@sample.example,,佐藤,,,,yes,,\n",
            ])
            .await;
        sato.writes("サンプルの件", "480913372265 について教えてください。").await;
        sato.receives().await;
        sato.writes("よその件", "731905824416 について教えてください。").await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let first = browser.signs_in(&sato, "/tickets").await;
        assert!(first.text().contains("よその件") && !first.text().contains("サンプルの件"), "{}", first.text());
        assert_eq!(browser.opens("/tickets/DESK-000001").await.status, 404);
        browser.opens("/tickets").await;
        let second = browser.sends("/customer", &[("customer", "sample")]).await;
        assert!(second.text().contains("サンプルの件") && !second.text().contains("よその件"), "{}", second.text());
        assert_eq!(browser.sends("/customer", &[("customer", "third")]).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_a_mail_says_is_taken_for_markup() {
    World::run_with_page(PAGE, async |world| {
        let sato = world
            .customer("<b onclick=x>佐藤</b> <sato@sample.example>", ACCOUNT)
            .await;
        let hostile =
            "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} </textarea><svg onload=x>";
        sato.writes(
            hostile,
            &format!("480913372265 {hostile}\n\n| <i> | b |\n| c | {hostile} |"),
        )
        .await;
        sato.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/tickets").await;
        let list = browser.shown.clone();
        let thread = browser.opens("/tickets/DESK-000001").await;
        let refused = browser
            .sends("/tickets/DESK-000001/reply", &reply(&browser, hostile))
            .await;
        for page in [list, thread, refused] {
            for markup in [
                "<script",
                "<img",
                "<svg onload",
                "<b onclick",
                "<i>",
                " 49 ",
                "</textarea><",
            ] {
                assert!(
                    !page.body.contains(markup),
                    "{markup} in {}:\n{}",
                    page.path,
                    page.body
                );
            }
            assert!(page.body.contains("&lt;script&gt;alert(1)"), "{}", page.body);
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_can_still_be_taken_back_is_not_shown() {
    World::run_with_delay_and_page(180, PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 3).await;
        sato.writes("S3について", "480913372265 のS3の使い方を教えてください。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "まだ出ていない回答です。").await;
        tanaka.receives().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let before = browser.signs_in(&sato, "/tickets/DESK-000001").await;
        assert!(!before.body.contains("まだ出ていない"), "{}", before.body);
        world.time_passes(TimeDelta::seconds(181)).await;
        sato.receives().await;
        let after = browser.opens("/tickets/DESK-000001").await;
        assert!(after.body.contains("まだ出ていない"), "{}", after.body);
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", ACCOUNT).await;
        for number in 1..=26 {
            world.clock.advance(TimeDelta::minutes(11));
            sato.writes(
                &format!("質問その{number}"),
                "480913372265 について教えてください。",
            )
            .await;
        }
        sato.received().await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let first = browser.signs_in(&sato, "/tickets").await;
        assert!(
            first.text().contains("1〜25件目") && first.text().contains("次の25件"),
            "{}",
            first.text()
        );
        let second = browser.opens("/tickets?status=open&account=&page=2").await;
        assert!(
            second.text().contains("26〜26件目") && second.text().contains("質問その1 "),
            "{}",
            second.text()
        );
        for odd in [
            "/tickets?page=-4",
            "/tickets?page=x&status=%00&account=1",
            "/tickets?page=99999999999999999999",
        ] {
            assert_eq!(browser.opens(odd).await.status, 200, "{odd}");
        }
    })
    .await;
}
