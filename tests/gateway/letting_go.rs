//! How a held mail goes out after all: its owner writes `#send` to any mail of the ticket, or an administrator
//! lets it go at the command line (SPEC §6, §13).

use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::pipeline::{ReleaseRefusal, ReleaseTarget};
use madoguchi::store::held::{self, HeldMail};
use madoguchi::store::{messages, tickets};
use madoguchi::ticket::{MailOutcome, MessageKind, Ticket, TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

const ACCOUNT: &str = "480913372265";

/// What the leak guard holds: a key stands in it.
const WITH_KEY: &str = "キーは AKIAIOSFODNN7ABCDEFG です。無効化してください。";

async fn an_open_inquiry(world: &Arc<World>) -> (Person, Staff, Letter) {
    let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
        .await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

async fn waiting(world: &World) -> Vec<HeldMail> {
    let mut tx = world.database().read().await.unwrap();
    held::list_held(&mut tx, false, 50).await.unwrap()
}

async fn ticket(world: &World) -> Ticket {
    let mut tx = world.database().read().await.unwrap();
    let found = tickets::find_ticket_by_number(&mut tx, TicketNumber(1)).await;
    found.unwrap().unwrap()
}

#[tokio::test]
async fn send_in_reply_to_the_notification_lets_the_one_held_mail_go() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, WITH_KEY).await;
        sato.receives_nothing().await;
        let request = tanaka.receives().await;
        assert!(request.text().contains("leak-secret"), "{}", request.shown());
        tanaka.replies_to(&notice, "#send").await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("無効化してください。"),
            "{}",
            answer.shown()
        );
        let receipt = tanaka.receives().await;
        assert!(
            receipt.text().contains("▼ お客様に届く文面"),
            "{}",
            receipt.shown()
        );
        assert!(
            !receipt.text().contains("AKIAIOSFODNN7ABCDEFG"),
            "{}",
            receipt.shown()
        );
        assert!(
            receipt
                .text()
                .contains("認証情報と思われる箇所を、この控えでは伏せています"),
            "{}",
            receipt.shown()
        );
        assert!(waiting(&world).await.is_empty());
        // Nothing is left that a second one could mean.
        tanaka.replies_to(&notice, "#send").await;
        let word = tanaka.receives().await;
        assert!(
            word.text().contains("保留中のあなたのメールはありません"),
            "{}",
            word.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_reply_from_a_private_address_is_let_go_by_send_from_the_registered_one() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let private = world.stranger("田中 <tanaka.private@elsewhere.example>");
        private.replies_to(&notice, "再起動をお試しください。").await;
        tanaka.receives().await;
        // Whoever is not seen to be Tanaka lets nothing go, in whatever name they write.
        private.replies_to(&notice, "#send").await;
        tanaka.person.replies_to(&notice, "#send").await;
        sato.receives_nothing().await;
        assert_eq!(waiting(&world).await.len(), 3);
        tanaka.replies_to(&notice, "＃send").await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("再起動をお試しください。"),
            "{}",
            answer.shown()
        );
        tanaka.receives().await;
        // The mails that merely asked to send are still told of, as a list.
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn several_held_mails_are_listed_and_one_is_chosen_by_its_name() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, "一通目の回答です。").await;
        tanaka.person.replies_to(&notice, "二通目の回答です。").await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#send").await;
        sato.receives_nothing().await;
        let list = tanaka.receives().await;
        assert!(
            list.text().contains("どの保留メールを送信するかを選び"),
            "{}",
            list.shown()
        );
        let line = |words: &str| {
            let mut lines = list.text().lines().map(str::trim);
            lines.find(|line| line.ends_with(words)).unwrap().to_owned()
        };
        assert!(line("一通目の回答です。").starts_with("#send "));
        let chosen = line("二通目の回答です。").replace("二通目の回答です。", "");
        tanaka.replies_to(&list, &chosen).await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("二通目の回答です。"), "{}", answer.shown());
        tanaka.receives().await;
        assert_eq!(waiting(&world).await.len(), 1);
        tanaka.replies_to(&list, "#send 000000").await;
        let word = tanaka.receives().await;
        assert!(word.text().contains("この番号の保留メールは"), "{}", word.shown());
        // What Tanaka has not been shown yet is never let go unseen.
        world.time_passes(TimeDelta::hours(1)).await;
        tanaka.person.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_its_owner_was_not_told_of_yet_has_to_be_named() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, "一通目の回答です。").await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#send").await;
        sato.receives().await;
        tanaka.receives().await;
        // Somebody forges another one within the ten minutes in which Tanaka is not asked again.
        tanaka.person.replies_to(&notice, "偽の回答です。").await;
        tanaka.receives_nothing().await;
        tanaka.replies_to(&notice, "#send").await;
        sato.receives_nothing().await;
        let list = tanaka.receives().await;
        assert!(list.text().contains("偽の回答です。"), "{}", list.shown());
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn send_goes_with_nothing_else_and_a_remark_is_let_go_by_nobody() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, WITH_KEY).await;
        tanaka.receives().await;
        for body in ["#send\nよろしくお願いします。", "#send\n#close"] {
            tanaka.replies_to(&notice, body).await;
            let word = tanaka.receives().await;
            assert!(
                word.text().contains("#send だけを書いて返信してください"),
                "{}",
                word.shown()
            );
        }
        tanaka.replies_to(&notice, "#send\n#note 内緒").await;
        let word = tanaka.receives().await;
        assert!(
            word.text().contains("#note と一緒には使えません"),
            "{}",
            word.shown()
        );
        sato.receives_nothing().await;
        tanaka.replies_to(&notice, "#send").await;
        sato.receives().await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "お疲れさまです。\n#note 内緒").await;
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "#send").await;
        sato.receives_nothing().await;
        let word = tanaka.receives().await;
        assert!(
            word.text().contains("メールでは送信できません"),
            "{}",
            word.shown()
        );
    })
    .await;
}

#[tokio::test]
async fn a_colleagues_held_mail_is_not_let_go_by_another_and_a_replayed_send_does_nothing() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let suzuki = world.staff("鈴木 <suzuki@desk.example>", 2).await;
        tanaka.replies_to(&notice, WITH_KEY).await;
        tanaka.receives().await;
        suzuki.replies_to(&notice, "#send").await;
        let word = suzuki.receives().await;
        assert!(
            word.text().contains("保留中のあなたのメールはありません"),
            "{}",
            word.shown()
        );
        let send = tanaka.replies_to(&notice, "#send").await;
        sato.receives().await;
        tanaka.receives().await;
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.person.replies_to(&notice, "偽の回答です。").await;
        tanaka.receives().await;
        // The same mail once more, with a header changed on the way so that its bytes differ.
        let mut again = b"X-Relay: other\r\n".to_vec();
        again.extend_from_slice(&send.raw);
        world.takes(&again).await;
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_lets_an_answer_go_with_its_file_and_the_author_gets_the_receipt() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let headers = ["Content-Type: multipart/mixed; boundary=\"b\"".to_owned()];
        let body = "--b\nContent-Type: text/plain; charset=UTF-8\n\n手順書をお送りします。\n\
                    --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"guide.pdf\"\n\
                    Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--\n";
        let mut headers_all = vec![format!("In-Reply-To: {}", notice.id())];
        headers_all.extend(headers);
        let sent = tanaka
            .person
            .composes(&notice.reply_address(), "Re: x", &headers_all, body);
        tanaka.person.posts(sent).await;
        tanaka.receives().await;
        let id = waiting(&world).await[0].id;
        let done = world.pipeline.release_held(id, "operator").await.unwrap();
        assert_eq!(done, Ok(MailOutcome::StaffReply));
        world.sends_mail().await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("手順書をお送りします。"), "{}", answer.shown());
        let files = &answer.message.attachments;
        assert_eq!(files[0].name.as_deref(), Some("guide.pdf"));
        let receipt = tanaka.receives().await;
        assert!(receipt.text().contains("添付: guide.pdf"), "{}", receipt.shown());
        let again = world.pipeline.release_held(id, "operator").await.unwrap();
        assert_eq!(again, Err(ReleaseRefusal::Decided));
    })
    .await;
}

#[tokio::test]
async fn an_administrator_lets_notes_and_commands_go_and_nothing_of_them_reaches_the_customer() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.person.replies_to(&notice, "#note 先週も連絡あり").await;
        tanaka.person.replies_to(&notice, "#close").await;
        tanaka.receives().await;
        for row in waiting(&world).await {
            let done = world.pipeline.release_held(row.id, "operator").await.unwrap();
            assert_eq!(done, Ok(MailOutcome::StaffCommand));
        }
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives_two().await;
        let ticket = ticket(&world).await;
        assert_eq!(ticket.status, TicketStatus::Closed);
        let mut tx = world.database().read().await.unwrap();
        let all = messages::list_messages(&mut tx, ticket.id).await.unwrap();
        let notes: Vec<_> = all.iter().filter(|one| one.kind == MessageKind::Note).collect();
        assert_eq!(notes.len(), 1);
        assert!(notes[0].visible.contains("先週も連絡あり"));
    })
    .await;
}

#[tokio::test]
async fn a_command_in_the_middle_of_a_text_is_let_go_by_no_administrator_and_he_is_told_why() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka
            .person
            .replies_to(&notice, "お疲れさまです。\n#note 内緒の話")
            .await;
        tanaka.person.replies_to(&notice, "#merge 99").await;
        tanaka.receives().await;
        let mut words = Vec::new();
        for row in waiting(&world).await {
            let refused = world.pipeline.release_held(row.id, "operator").await.unwrap();
            words.push(refused.unwrap_err().to_string());
        }
        words.sort();
        assert!(
            words[0].contains("#merge 99: There is no ticket with this number"),
            "{words:?}"
        );
        assert!(
            words[1].contains("a command stands in the middle of the text"),
            "{words:?}"
        );
        world.sends_mail().await;
        sato.receives_nothing().await;
        assert_eq!(waiting(&world).await.len(), 2);
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_mail_that_names_no_ticket_is_let_go_to_the_one_an_administrator_names() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        tanaka
            .person
            .writes("先ほどの件", "22番ポートをご確認ください。")
            .await;
        tanaka.receives().await;
        let id = waiting(&world).await[0].id;
        let target = |ticket, staff| ReleaseTarget { ticket, staff };
        let tried = [
            (target(None, None), ReleaseRefusal::NoTicket),
            (
                target(Some(TicketNumber(7)), None),
                ReleaseRefusal::NoSuchTicket("DESK-000007".to_owned()),
            ),
        ];
        for (target, refusal) in tried {
            let done = world.pipeline.release_held_to(id, "operator", target).await;
            assert_eq!(done.unwrap(), Err(refusal));
        }
        let target = target(Some(TicketNumber(1)), None);
        let done = world.pipeline.release_held_to(id, "operator", target).await;
        assert_eq!(done.unwrap(), Ok(MailOutcome::StaffReply));
        world.sends_mail().await;
        let answer = sato.receives().await;
        assert!(answer.text().contains("22番ポート"), "{}", answer.shown());
        tanaka.receives().await;
    })
    .await;
}
