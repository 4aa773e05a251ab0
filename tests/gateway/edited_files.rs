//! Staff edit the rules and the list of restricted services while the desk runs (SPEC §9, §10).

use madoguchi::app::Noticed;
use madoguchi::inquiry::classification::Rules;

use crate::world::World;

const ACCOUNT: &str = "480913372265";
const LIST: &str =
    "confirmed = \"\"\n[[service]]\nname = \"AWS Outposts\"\nwords = [\"Outposts\"]\nsource = \"例\"\n";

#[tokio::test]
async fn a_broken_rules_file_changes_nothing_and_a_repaired_one_is_taken_up() {
    let rules = Rules::embedded_text();
    World::run_with_edited_files(rules, LIST, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let version = || world.pipeline.policy().rules.version().to_owned();
        let before = version();
        assert!(world.looks_at_files().is_empty());

        let edited = rules.replacen("version = \"2026-03\"", "version = \"edited\"", 1);
        let broken = edited.replacen("examples = [\"", "examples = [\"無関係な文です。\", \"", 1);
        let noticed = world.edits("rules.toml", &broken);
        let [Noticed::Refused(file, problem)] = noticed.as_slice() else {
            panic!("{noticed:?}");
        };
        assert!(file.ends_with("rules.toml"));
        assert!(
            problem.contains("does not match its example: 無関係な文です。"),
            "{problem}"
        );
        assert_eq!(version(), before, "the old rules stay");
        assert!(world.looks_at_files().is_empty(), "it is told once");
        assert!(matches!(
            world.edits("rules.toml", "version =").as_slice(),
            [Noticed::Refused(..)]
        ));
        sato.writes("S3の件", "480913372265 のS3バケットに接続できません。")
            .await;
        assert!(sato.receives().await.text().contains("問題・不具合の診断"));
        tanaka.receives().await;

        assert!(matches!(
            world.edits("rules.toml", &edited).as_slice(),
            [Noticed::Taken(_)]
        ));
        assert_eq!(version(), "edited");
    })
    .await;
}

#[tokio::test]
async fn the_list_of_restricted_services_is_taken_up_and_named_as_confirmed() {
    World::run_with_edited_files(Rules::embedded_text(), LIST, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let body = "480913372265 でOutpostsを利用することは、契約上認められていますか。";
        sato.writes("Outposts 1", body).await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(
            notice
                .text()
                .contains("AWS Outposts は制限サービスの一覧に記載「Outposts」※一覧は未確認の例です"),
            "{}",
            notice.shown()
        );
        assert!(matches!(
            world.edits("restricted_services.toml", "[[service]]").as_slice(),
            [Noticed::Refused(..)]
        ));
        let confirmed = LIST.replacen("confirmed = \"\"", "confirmed = \"契約担当 山田\"", 1);
        assert!(matches!(
            world.edits("restricted_services.toml", &confirmed).as_slice(),
            [Noticed::Taken(_)]
        ));
        sato.writes("Outposts 2", body).await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(!notice.text().contains("未確認"), "{}", notice.shown());
    })
    .await;
}
