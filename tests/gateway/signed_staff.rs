//! Staff whose own domain signs, verified by the desk itself against a name server (SPEC §6: `dkim`), and the
//! other anchors.

use chrono::TimeDelta;

use crate::world::dns::{NameServer, Says};
use crate::world::signing::Key;
use crate::world::{CONTACT, Letter, Person, Staff, World};

const KEY_NAME: &str = "s1._domainkey.desk.example";
const ANSWER: &str = "セキュリティグループをご確認ください。";

fn trusting(server: &NameServer) -> String {
    format!(
        "[staff]\nanchor = \"dkim\"\n[authentication]\nresolver = \"{}\"\n",
        server.address()
    )
}

/// A desk whose member has answered a probe with a signed mail, and an inquiry.
async fn an_open_inquiry(world: &std::sync::Arc<World>, key: &Key) -> (Person, Staff, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
    world.pipeline.send_probes(None).await.unwrap();
    world.sends_mail().await;
    let probe = tanaka.receives().await;
    let answer = tanaka
        .person
        .composes_reply(&probe, &probe.reply_address(), &[], "");
    let done = world.takes(signed(key, &answer.raw).as_bytes()).await;
    assert_eq!(done[0].reason, "probe-answered");
    world.sends_mail().await;
    tanaka.receives().await;
    sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
        .await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

fn signed(key: &Key, raw: &[u8]) -> String {
    key.signs("desk.example", std::str::from_utf8(raw).unwrap())
}

fn reply(tanaka: &Staff, notice: &Letter, key: &Key) -> String {
    let sent = tanaka
        .person
        .composes_reply(notice, &notice.reply_address(), &[], ANSWER);
    signed(key, &sent.raw)
}

#[tokio::test]
async fn a_signed_answer_goes_out_and_a_replay_of_it_does_nothing() {
    let key = Key::new();
    let server = NameServer::start(&[(KEY_NAME, Says::Text(key.record()))]).await;
    World::run_trusting(&trusting(&server), async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world, &key).await;
        let mail = reply(&tanaka, &notice, &key);
        let done = world.takes(mail.as_bytes()).await;
        assert_eq!(done[0].reason, "staff-answer");
        world.sends_mail().await;
        sato.receives().await;
        tanaka.receives().await;
        for (replay, outcome, reason) in [
            (mail.clone(), "duplicate", "same-content-and-message-id"),
            (format!("Comments: again\r\n{mail}"), "duplicate", "replay"),
            (
                format!("DKIM-Signature: v=1; d=desk.example; s=s9; b=AAAA\r\n{mail}"),
                "duplicate",
                "replay",
            ),
            (format!("Subject: urgent\r\n{mail}"), "held", "anchor-failed"),
            (
                format!("From: <boss@desk.example>\r\n{mail}"),
                "held",
                "author-ambiguous",
            ),
            (
                mail.replace("ご確認ください", "開放してください"),
                "held",
                "anchor-failed",
            ),
        ] {
            let done = world.takes(replay.as_bytes()).await;
            assert_eq!(
                (done[0].outcome.as_str(), done[0].reason.as_str()),
                (outcome, reason),
                "{replay}"
            );
        }
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_signed_mail_that_lay_somewhere_for_days_is_held() {
    let key = Key::new();
    let server = NameServer::start(&[(KEY_NAME, Says::Text(key.record()))]).await;
    World::run_trusting(&trusting(&server), async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world, &key).await;
        let mail = reply(&tanaka, &notice, &key);
        world.clock.advance(TimeDelta::hours(73));
        let done = world.takes(mail.as_bytes()).await;
        assert_eq!(done[0].reason, "date-too-far");
        world.sends_mail().await;
        sato.receives_nothing().await;
        assert!(tanaka.receives().await.text().contains("date-too-far"));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_the_signature_does_not_cover_selects_no_ticket() {
    let key = Key::new();
    let server = NameServer::start(&[(KEY_NAME, Says::Text(key.record()))]).await;
    World::run_trusting(&trusting(&server), async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world, &key).await;
        // A mail the member has written to somebody else, sent on to the desk with a reply address added.
        let sent = tanaka.person.composes_reply(&notice, CONTACT, &[], ANSWER);
        let mail = signed(&key, &sent.raw);
        let mail = format!(
            "Delivered-To: {}\r\nCc: <{}>\r\n{mail}",
            notice.reply_address(),
            notice.reply_address()
        );
        let done = world.takes(mail.as_bytes()).await;
        assert_eq!(done[0].reason, "token-invalid");
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn dns_trouble_holds_an_answer_until_the_name_server_is_back() {
    let key = Key::new();
    let server = NameServer::start(&[(KEY_NAME, Says::Text(key.record()))]).await;
    World::run_trusting(&trusting(&server), async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world, &key).await;
        // Another selector: nothing of it lies in any cache.
        let sent = tanaka
            .person
            .composes_reply(&notice, &notice.reply_address(), &[], ANSWER);
        let raw = std::str::from_utf8(&sent.raw).unwrap();
        let mail = key.signs_as("s2", "desk.example", raw);
        server.says("s2._domainkey.desk.example", Says::ServerFailure);
        let done = world.takes(mail.as_bytes()).await;
        assert_eq!(
            (done[0].outcome.as_str(), done[0].reason.as_str()),
            ("held", "anchor-undetermined")
        );
        world.sends_mail().await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("自動で再確認します"), "{}", told.shown());
        world.time_passes(TimeDelta::minutes(2)).await;
        sato.receives_nothing().await;
        server.says("s2._domainkey.desk.example", Says::Text(key.record()));
        world.time_passes(TimeDelta::hours(2)).await;
        let answer = sato.receives().await;
        assert!(answer.text().contains(ANSWER), "{}", answer.shown());
        tanaka.receives().await;
        // Whoever answers the request now hears that it is done.
        let late = tanaka
            .person
            .composes_reply(&told, &told.reply_address(), &[], "#send");
        world.takes(&late.raw).await;
        world.sends_mail().await;
        sato.receives_nothing().await;
        assert!(tanaka.receives().await.text().contains("confirmation-used"));
    })
    .await;
}

#[tokio::test]
async fn a_customer_whom_the_border_does_not_know_is_verified_by_the_desk_itself() {
    let key = Key::new();
    let names = [
        ("s1._domainkey.customer.example", Says::Text(key.record())),
        (
            "_dmarc.customer.example",
            Says::Text("v=DMARC1; p=reject".to_owned()),
        ),
    ];
    let server = NameServer::start(&names).await;
    let trust = format!(
        "[staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"{}\"\n",
        server.address()
    );
    World::run_trusting(&trust, async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let sent = sato.composes(CONTACT, "EC2", &[], "480913372265 のEC2に接続できません。");
        let raw = std::str::from_utf8(&sent.raw).unwrap();
        world.takes(key.signs("customer.example", raw).as_bytes()).await;
        world.sends_mail().await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(!notice.text().contains("認証に失敗"), "{}", notice.shown());
        assert!(server.asked().contains(&"_dmarc.customer.example".to_owned()));
        // Where the border has spoken, nobody is asked.
        let asked = server.asked().len();
        let word =
            ["Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example".to_owned()];
        let sent = sato.composes(
            CONTACT,
            "RDS",
            &word,
            "480913372265 のRDSの上限を教えてください。",
        );
        let raw = std::str::from_utf8(&sent.raw).unwrap();
        world.takes(key.signs("customer.example", raw).as_bytes()).await;
        world.sends_mail().await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(server.asked().len(), asked);
    })
    .await;
}

#[tokio::test]
async fn exchanges_internal_mark_counts_once_and_in_the_tenants_mailbox_alone() {
    let trust = "[staff]\nanchor = \"exchange-internal\"\ntenant_mailbox = \"INBOX\"\n[authentication]\nresolver = \"off\"\n";
    World::run_trusting(trust, async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let mark = "X-MS-Exchange-Organization-AuthAs: Internal".to_owned();
        world.pipeline.send_probes(None).await.unwrap();
        world.sends_mail().await;
        let probe = tanaka.receives().await;
        tanaka
            .person
            .replies_with(&probe, std::slice::from_ref(&mark), "")
            .await;
        tanaka.receives().await;
        assert!(world.pipeline.list_standing().await.unwrap()[0].proven);
        sato.writes("EC2", "480913372265 のEC2に接続できません。").await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        let again = [mark.clone(), mark.clone()];
        let outside = ["X-MS-Exchange-Organization-AuthAs: Anonymous".to_owned()];
        for lines in [&again[..], &outside[..], &[]] {
            tanaka.person.replies_with(&notice, lines, ANSWER).await;
        }
        sato.receives_nothing().await;
        tanaka.receives().await;
        tanaka
            .person
            .replies_with(&notice, std::slice::from_ref(&mark), ANSWER)
            .await;
        sato.receives().await;
        tanaka.receives().await;
        // From a file it is anybody's word.
        let sent = tanaka
            .person
            .composes_reply(&notice, &notice.reply_address(), &[mark], "もう一つ");
        let done = world.takes(&sent.raw).await;
        assert_eq!(done[0].reason, "anchor-failed");
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn with_the_risk_accepted_a_reply_address_alone_is_enough() {
    let trust = "[staff]\nanchor = \"token-only\"\naccept_spoofing_risk = true\n[authentication]\nresolver = \"off\"\n";
    World::run_trusting(trust, async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2", "480913372265 のEC2に接続できません。").await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.person.replies_to(&notice, ANSWER).await;
        assert!(sato.receives().await.text().contains(ANSWER));
        tanaka.receives().await;
        let stranger = world.stranger("x <mallory@evil.example>");
        stranger.replies_to(&notice, "鍵を送ってください。").await;
        sato.receives_nothing().await;
        tanaka.receives().await;
    })
    .await;
}
