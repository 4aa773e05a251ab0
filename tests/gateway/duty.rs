//! Who hears of what: the people on duty, the on-call address, the next line.

use madoguchi::pipeline::Correction;
use madoguchi::ticket::{Severity, TicketNumber};

use crate::world::World;

const ACCOUNT: &str = "480913372265";

const ROSTER: &str = r#"
[technical]
on-call = ["oncall@desk.example", "lead@desk.example"]
[[technical.shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "09:00"
to = "18:00"
staff = ["田中"]
[[technical.shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "18:00"
to = "09:00"
staff = ["sato_n@desk.example"]
"#;

const TARGETS: &str = "targets = [{ category = \"diagnosis\", first_minutes = 120, next_minutes = 60 }]";

async fn severe(world: &World, severity: Severity) {
    let severity = Some(severity);
    let correction = Correction {
        severity,
        ..Correction::default()
    };
    world
        .pipeline
        .correct_ticket(TicketNumber(1), &correction)
        .await
        .unwrap()
        .unwrap();
    world.sends_mail().await;
}

#[tokio::test]
async fn the_person_on_duty_is_notified_and_not_the_others() {
    World::run_clocked("2026-03-04T10:00:00+09:00", "", ROSTER, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let day = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let night = world
            .member("佐藤夜 <sato_n@desk.example>", 2, "technical,agent")
            .await;
        let off = world
            .member("鈴木 <suzuki@desk.example>", 3, "technical,lead")
            .await;
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        sato.receives().await;
        day.receives().await;
        world.time_passes_to("2026-03-04T18:00:00").await;
        sato.writes("RDSの件", "480913372265 のRDSに接続できません。")
            .await;
        sato.receives().await;
        night.receives().await;
        day.receives_nothing().await;
        off.receives_nothing().await;
        // Nobody is on duty on a Sunday: the whole desk is told rather than nobody.
        world.time_passes_to("2026-03-08T12:00:00").await;
        sato.writes("S3の件", "480913372265 のS3バケットにアクセスできません。")
            .await;
        sato.receives().await;
        for member in [&day, &night, &off] {
            member.receives().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_high_severity_calls_the_on_call_address_and_unanswered_the_next_line() {
    World::run_clocked("2026-03-04T10:00:00+09:00", "", ROSTER, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let day = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let lead = world
            .member("鈴木 <lead@desk.example>", 3, "technical,lead")
            .await;
        let phone = world.on_call("oncall@desk.example");
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        let receipt = sato.receives().await;
        let notice = day.receives().await;
        phone.receives_nothing().await;
        severe(&world, Severity::High).await;
        severe(&world, Severity::High).await;
        let call = phone.receives().await;
        assert!(
            call.text().contains("重大度が「高」になりました")
                && call.text().contains("このメールへの返信はお客様に届きません"),
            "{}",
            call.shown()
        );
        assert_eq!(
            call.reply_address(),
            crate::world::CONTACT,
            "an address of nobody gets no token"
        );
        lead.receives_nothing().await;
        world.time_passes_to("2026-03-04T10:29:59").await;
        lead.receives_nothing().await;
        world.time_passes_to("2026-03-04T10:30:00").await;
        let next = lead.receives().await;
        assert!(
            next.text().contains("先の連絡先から応答がありません"),
            "{}",
            next.shown()
        );
        assert!(next.reply_address().starts_with("aws_tec+"));
        // What the customer adds to a grave ticket goes to the on-call address too.
        sato.replies_to(&receipt, "本番が停止しています。").await;
        day.receives().await;
        assert!(phone.receives().await.text().contains("本番が停止しています。"));
        day.replies_to(&notice, "#note 対応中です").await;
        day.receives().await;
        world.time_passes_to("2026-03-04T12:00:00").await;
        lead.receives_nothing().await;
        phone.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_who_has_taken_the_call_keeps_the_next_line_asleep() {
    World::run_clocked("2026-03-04T10:00:00+09:00", "", ROSTER, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let day = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let lead = world
            .member("鈴木 <lead@desk.example>", 3, "technical,lead")
            .await;
        let phone = world.on_call("oncall@desk.example");
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        sato.receives().await;
        let notice = day.receives().await;
        severe(&world, Severity::Urgent).await;
        phone.receives().await;
        world.time_passes_to("2026-03-04T10:10:00").await;
        day.replies_to(&notice, "#note 対応中です").await;
        day.receives().await;
        world.time_passes_to("2026-03-04T11:00:00").await;
        lead.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn every_breach_warning_goes_to_the_on_call_address() {
    World::run_clocked("2026-03-04T10:00:00+09:00", TARGETS, ROSTER, async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let day = world
            .member("田中 <tanaka@desk.example>", 1, "technical,agent")
            .await;
        let lead = world
            .member("鈴木 <lead@desk.example>", 3, "technical,lead")
            .await;
        let phone = world.on_call("oncall@desk.example");
        sato.writes(
            "EC2の件",
            "480913372265 のEC2インスタンスに今朝からSSH接続できません。原因の調査をお願いします。",
        )
        .await;
        sato.receives().await;
        day.receives().await;
        world.time_passes_to("2026-03-04T11:30:00").await;
        assert!(day.receives().await.text().contains("回答期限が近づいています"));
        assert!(phone.receives().await.text().contains("回答期限が近づいています"));
        world.time_passes_to("2026-03-04T12:00:00").await;
        assert!(day.receives().await.text().contains("回答期限を過ぎました"));
        assert!(phone.receives().await.text().contains("回答期限を過ぎました"));
        lead.receives_nothing().await;
        world.time_passes_to("2026-03-04T12:30:00").await;
        assert!(
            lead.receives()
                .await
                .text()
                .contains("先の連絡先から応答がありません")
        );
        world.time_passes_to("2026-03-05T12:30:00").await;
        for person in [&day.person, &lead.person, &phone] {
            person.receives_nothing().await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_an_on_call_address_the_desk_hears_of_a_high_severity() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "#severity high").await;
        let (receipt, call) = tanaka.receives_two().await;
        let both = format!("{}{}", receipt.text(), call.text());
        assert!(both.contains("重大度が「高」になりました"), "{both}");
        sato.receives_nothing().await;
    })
    .await;
}
