//! What surrounds every page: headers, errors, languages, assets, limits.

use crate::world::{PAGE, World};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_it_safe() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        for path in [
            "/sign-in",
            "/",
            "/nothing/here",
            "/healthz",
            "/assets/no.css",
            "/sign-in/none",
        ] {
            let shown = browser.asks("GET", path, &[], "").await;
            assert_eq!(shown.header("content-security-policy"), POLICY, "{path}");
            assert_eq!(shown.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(shown.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(shown.header("cache-control"), "no-store", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_under_a_name_of_its_content() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let page = browser.opens("/sign-in").await;
        let path = regex::Regex::new("/assets/app-[0-9a-f]{12}.css").unwrap();
        let body = page.body.replace("&#x2f;", "/");
        let path = path.find(&body).unwrap().as_str().to_owned();
        let sheet = browser.asks("GET", &path, &[], "").await;
        assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
        assert!(sheet.header("cache-control").contains("immutable"));
        let other = path.replace("app-", "app-0");
        assert_eq!(browser.asks("GET", &other, &[], "").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_missing_page_says_so_in_the_readers_language() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        let japanese = browser.opens("/nothing/here").await;
        assert_eq!(japanese.status, 404);
        assert!(
            japanese.text().contains("ページが見つかりません"),
            "{}",
            japanese.body
        );
        assert!(japanese.body.contains("<html lang=\"ja\""));
        let english = browser.opens("/nothing?language=en&theme=dark").await;
        assert!(english.text().contains("Page not found"), "{}", english.body);
        let kept = browser.opens("/sign-in").await;
        assert!(
            kept.body.contains("<html lang=\"en\" data-theme=\"dark\""),
            "{}",
            kept.body
        );
        assert_eq!(
            browser
                .asks("PUT", "/sign-in", &[("origin", PAGE)], "")
                .await
                .status,
            404
        );
    })
    .await;
}

#[tokio::test]
async fn too_large_and_unreadable_forms_are_refused_with_a_page() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.opens("/sign-in").await;
        let large = "a".repeat(1_100_000);
        let shown = browser.sends("/sign-in", &[("address", &large)]).await;
        assert_eq!(shown.status, 413);
        assert!(shown.text().contains("大きすぎます"), "{}", shown.body);
        let headers = [("origin", PAGE), ("content-type", "text/plain")];
        let shown = browser.asks("POST", "/sign-in", &headers, "address=x").await;
        assert_eq!(shown.status, 400);
        assert!(shown.text().contains("読み取れませんでした"), "{}", shown.body);
    })
    .await;
}

#[tokio::test]
async fn one_client_that_asks_too_often_waits_and_others_do_not() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        let mut browser = site.browser();
        browser.opens("/sign-in").await;
        for _ in 0..20 {
            let shown = browser.asks("POST", "/sign-in", &[("origin", PAGE)], "").await;
            assert_ne!(shown.status, 429);
        }
        let shown = browser.asks("POST", "/sign-in", &[("origin", PAGE)], "").await;
        assert_eq!(shown.status, 429);
        assert!(shown.header("retry-after").parse::<u32>().unwrap() <= 600);
        assert!(shown.text().contains("分後に"), "{}", shown.body);
        let mut other = site.browser();
        other.client = "192.0.2.11".to_owned();
        let shown = other.asks("POST", "/sign-in", &[("origin", PAGE)], "").await;
        assert_ne!(shown.status, 429);
    })
    .await;
}

#[tokio::test]
async fn machines_are_told_whether_the_desk_is_well() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page().await;
        assert_eq!(site.asks("GET", "/healthz", &[], "").await.body, "ok\n");
        assert_eq!(site.asks("GET", "/readyz", &[], "").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_to_machines_and_shows_nothing_of_itself_to_people() {
    World::run_with_page(PAGE, async |world| {
        let site = world.opens_page_without_database().await;
        assert_eq!(site.asks("GET", "/healthz", &[], "").await.status, 200);
        let shown = site.asks("GET", "/readyz", &[], "").await;
        assert_eq!(
            (shown.status, shown.body.as_str()),
            (503, "the database does not answer\n")
        );
        let page = site.asks("GET", "/sign-in/some-token", &[], "").await;
        assert_eq!(page.status, 500);
        let number = regex::Regex::new("番号 E-[2-9A-Z]{4} を").unwrap();
        assert!(number.is_match(&page.text()), "{}", page.text());
        assert!(
            !page.body.contains("database") && !page.body.contains("pool"),
            "{}",
            page.body
        );
    })
    .await;
}
