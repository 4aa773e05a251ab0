//! The way into the page and out: a link by mail, once, for whoever is listed; what is tried beside that is
//! refused.

use chrono::TimeDelta;

use crate::world::{PAGE, World};

const COOKIE: &str = "__Host-madoguchi";

#[tokio::test]
async fn a_listed_person_signs_in_by_a_link_and_out_again() {
    World::run_with_page(PAGE, async |world| {
        let sato = world
            .customer("佐藤 花子 <sato@sample.example>", "480913372265")
            .await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let letter = browser.asks_for_link(&sato, "/").await;
        let text = letter
            .text()
            .replace(letter.sign_in_path().as_str(), "/sign-in/…");
        insta::assert_snapshot!(text, @r"
        株式会社サンプル
        佐藤 花子 様

        AWSサポート窓口の画面へのサインイン用リンクをお送りします。

        https://support.desk.example/sign-in/…

        リンクは15分間、1回だけ使えます。ほかの方には転送しないでください。
        お心当たりがない場合は、このメールを破棄してください。リンクを開かない
        かぎり、どなたもサインインできません。

        AWSサポート窓口
        ");
        let link = browser.opens(&letter.sign_in_path()).await;
        assert!(link.text().contains("サインインの確認"), "{}", link.body);
        let inside = browser.sends(&letter.sign_in_path(), &[]).await;
        assert!(inside.text().contains("佐藤 花子 様"), "{}", inside.body);
        let token = browser.cookies[COOKIE].clone();
        browser.sends("/sign-out", &[]).await;
        assert!(
            browser.shown.text().contains("リンクを送信"),
            "{}",
            browser.shown.body
        );
        browser.cookies.insert(COOKIE.to_owned(), token);
        let outside = browser.opens("/").await;
        assert!(
            outside.path.starts_with("/sign-in"),
            "the session went on after signing out"
        );
    })
    .await;
}

#[tokio::test]
async fn every_address_gets_the_same_answer_and_only_listed_people_get_a_letter() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        world
            .import(&[
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
                 sample,@sample.example,,,,,,yes,,\n\
                 sample,reader@sample.example,,読者,,,,no,,\n\
                 sample,left@sample.example,,退職,,,,yes,,2026-03-03\n",
            ])
            .await;
        let site = world.opens_page().await;
        let mut answers = Vec::new();
        for address in [
            "sato@sample.example",
            "colleague@sample.example",
            "reader@sample.example",
            "left@sample.example",
            "nobody@elsewhere.example",
        ] {
            let mut browser = site.browser();
            browser.opens("/sign-in").await;
            let shown = browser.sends("/sign-in", &[("address", address)]).await;
            answers.push((shown.status, shown.path.clone(), shown.body));
        }
        site.sends_links().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(world.smtp.mails().len(), 1);
        sato.receives().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_address_is_given_back_with_a_word() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.opens("/sign-in").await;
        let shown = browser
            .sends("/sign-in", &[("address", "\"><script>alert(1)</script>")])
            .await;
        assert_eq!(shown.status, 422);
        assert!(!shown.body.contains("<script>"), "{}", shown.body);
        assert!(
            shown.body.contains("&lt;script&gt;alert(1)&lt;"),
            "{}",
            shown.body
        );
        assert!(shown.body.contains("<title>エラー："), "{}", shown.body);
    })
    .await;
}

#[tokio::test]
async fn a_link_is_not_used_up_by_being_opened_and_lets_in_only_once() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let link = browser.asks_for_link(&sato, "/sign-in").await.sign_in_path();
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(
                site.asks(method, &link, &[], "").await.status,
                200,
                "a scanner looks at it"
            );
        }
        browser.opens(&link).await;
        assert!(browser.sends(&link, &[]).await.text().contains("佐藤 様"));
        let mut thief = site.browser();
        assert_eq!(thief.opens(&link).await.status, 410);
        thief.opens("/sign-in").await;
        let replayed = thief.sends(&link, &[]).await;
        assert_eq!(replayed.status, 410);
        assert!(
            replayed.text().contains("使用済みか、期限が切れています"),
            "{}",
            replayed.body
        );
        assert!(thief.opens("/").await.path.starts_with("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_after_a_quarter_of_an_hour() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let link = browser.asks_for_link(&sato, "/sign-in").await.sign_in_path();
        browser.opens(&link).await;
        world.clock.advance(TimeDelta::minutes(15));
        assert_eq!(browser.sends(&link, &[]).await.status, 410);
        assert_eq!(browser.opens(&link).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_an_attacker_has_laid_out_is_never_entered() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let site = world.opens_page().await;
        let mut attacker = site.browser();
        attacker.opens("/sign-in").await;
        let laid_out = attacker.cookies[COOKIE].clone();
        let mut browser = site.browser();
        browser.cookies.insert(COOKIE.to_owned(), laid_out.clone());
        browser.signs_in(&sato, "/sign-in").await;
        assert_ne!(
            browser.cookies[COOKIE], laid_out,
            "signing in gives a token that nobody had before"
        );
        assert!(attacker.opens("/").await.path.starts_with("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/sign-in").await;
        let token = browser.shown.form_token();
        let fields = [("form_token", token.as_str())];
        for origin in ["https://evil.example", "null", "", "http://support.desk.example"] {
            let shown = browser.sends_from(origin, "/sign-out", &fields).await;
            assert_eq!(shown.status, 403, "{origin}");
        }
        for forged in ["", "0000", &"0".repeat(64)] {
            let shown = browser
                .sends_from(PAGE, "/sign-out", &[("form_token", forged)])
                .await;
            assert_eq!(shown.status, 403, "{forged}");
        }
        let mut other = site.browser();
        other.opens("/sign-in").await;
        let foreign = other.shown.form_token();
        let shown = browser
            .sends_from(PAGE, "/sign-out", &[("form_token", &foreign)])
            .await;
        assert_eq!(shown.status, 403, "a token of another visit");
        assert!(
            browser.opens("/").await.text().contains("佐藤 様"),
            "still signed in"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_has_left_is_out_at_once_and_whoever_stays_away_too() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 3).await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.signs_in(&sato, "/sign-in").await;
        let mut desk = site.browser();
        desk.signs_in(&tanaka.person, "/sign-in").await;
        world.clock.advance(TimeDelta::hours(11));
        assert!(browser.opens("/").await.text().contains("佐藤 様"));
        world
            .import(&[
                "serial,name,addresses,desks,role\n3,田中,tanaka@desk.example,technical,disabled\n",
                "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
                 sample,sato@sample.example,,佐藤,,,,no,,\n",
            ])
            .await;
        assert!(desk.opens("/").await.path.starts_with("/sign-in"));
        assert!(browser.opens("/").await.path.starts_with("/sign-in"));
        let suzuki = world.colleague_of("sample", "鈴木 <suzuki@sample.example>").await;
        browser.signs_in(&suzuki, "/sign-in").await;
        world.clock.advance(TimeDelta::hours(13));
        assert!(browser.opens("/").await.path.starts_with("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn one_mailbox_is_not_flooded_with_links() {
    World::run_with_page(PAGE, async |world| {
        let sato = world.customer("佐藤 <sato@sample.example>", "480913372265").await;
        let site = world.opens_page().await;
        for client in 0..6 {
            let mut browser = site.browser();
            browser.client = format!("192.0.2.{client}");
            browser.opens("/sign-in").await;
            browser.sends("/sign-in", &[("address", &sato.address)]).await;
        }
        site.sends_links().await;
        assert_eq!(world.smtp.mails().len(), 3);
        assert_eq!(sato.received().await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn staff_get_a_letter_that_is_marked_as_internal() {
    World::run_with_page(PAGE, async |world| {
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 3).await;
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let inside = browser.signs_in(&tanaka.person, "/sign-in").await;
        assert!(inside.text().contains("技術窓口"), "{}", inside.text());
        assert!(inside.body.contains("class=\"side-staff\""), "{}", inside.body);
    })
    .await;
}
