//! Attack mails, each with its required outcome: `fixtures/mail/attacks`, and what needs more than one mail.

use std::path::Path;

use futures_util::StreamExt;
use madoguchi::store::{held, messages, tickets};
use madoguchi::ticket::{MessageKind, TicketNumber, TicketStatus};
use serde::Deserialize;

use crate::world::{Letter, Person, Staff, World};

/// What must come of an attack mail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Required {
    row: String,
    outcome: String,
    reason: String,
    customer: usize,
    staff: usize,
    author: usize,
}

/// Two customers, and a member who holds the notification of the first one's inquiry.
async fn an_open_inquiry(world: &std::sync::Arc<World>) -> (Person, Staff, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    world
        .import(&[
            "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
            "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nother,mori@other.example,,森,,,,yes,,\n",
            "customer_id,account_id,label,starts,ends\nother,731905824416,,,\n",
        ])
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes("EC2", "480913372265 のEC2の秘密の構成について教えてください。")
        .await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

#[tokio::test]
async fn every_attack_mail_ends_as_it_must() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail/attacks");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .collect();
    files.sort();
    assert!(files.len() >= 20, "the fixtures were not found");
    let attacks = futures_util::stream::iter(files);
    attacks
        .for_each_concurrent(4, async |path| {
            let required = std::fs::read_to_string(path.with_extension("toml")).unwrap();
            let required: Required = toml::from_str(&required).unwrap();
            let raw = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            World::run(async |world| attack(&world, &name, &raw, &required).await).await;
        })
        .await;
}

async fn attack(world: &std::sync::Arc<World>, name: &str, raw: &str, required: &Required) {
    let (sato, tanaka, notice) = an_open_inquiry(world).await;
    let raw = raw
        .replace("{TOKEN}", &notice.reply_address())
        .replace("{NOTICE}", &notice.id())
        .replace('\n', "\r\n");
    let author = madoguchi::mail::parse::parse_mail(raw.as_bytes())
        .unwrap()
        .single_author()
        .map(|author| author.address.to_string());
    let done = world.takes(raw.as_bytes()).await;
    world.sends_mail().await;
    assert_eq!(
        (done[0].outcome.to_string(), done[0].reason.clone()),
        (required.outcome.clone(), required.reason.clone()),
        "{name} ({})",
        required.row
    );
    let to_customer = sato.received().await;
    let to_staff = tanaka.person.received().await;
    let to_author = match author {
        Some(address) if address == sato.address => to_customer.clone(),
        Some(address) if address == tanaka.person.address => to_staff.clone(),
        Some(address) => world.stranger(&format!("x <{address}>")).received().await,
        None => Vec::new(),
    };
    let shown = |letters: &[Letter]| {
        letters
            .iter()
            .map(Letter::shown)
            .collect::<Vec<_>>()
            .join("\n────\n")
    };
    for (whose, letters, wanted) in [
        ("customer", &to_customer, required.customer),
        ("staff", &to_staff, required.staff),
        ("author", &to_author, required.author),
    ] {
        assert_eq!(
            letters.len(),
            wanted,
            "{name}, to the {whose}:\n{}",
            shown(letters)
        );
    }
    // Whoever is no member of the desk learns nothing of the first inquiry, and gets no text of the attack.
    let outside = [to_customer, to_author].concat();
    for letter in outside.iter().filter(|letter| !letter.text().starts_with("────")) {
        assert!(
            !letter.text().contains("秘密の構成"),
            "{name}:\n{}",
            letter.shown()
        );
        assert!(
            !letter.text().contains("アクセスキーとパスワード"),
            "{name}:\n{}",
            letter.shown()
        );
    }
    assert!(
        world
            .stranger("m <mallory@evil.example>")
            .received()
            .await
            .is_empty(),
        "{name}"
    );
}

async fn status_of_the_first(world: &World) -> TicketStatus {
    let mut tx = world.database().read().await.unwrap();
    let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
        .await
        .unwrap();
    ticket.unwrap().status
}

/// A05: whom a stranger copies in takes no part.
#[tokio::test]
async fn an_answer_never_reaches_somebody_whom_a_forger_copied_in() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let mallory = world.stranger("x <mallory@evil.example>");
        let forger = world.stranger("佐藤 <sato@customer.example>");
        let copied = ["Cc: <mallory@evil.example>".to_owned()];
        forger
            .replies_with(&notice, &copied, "CCの者にも共有してください。")
            .await;
        tanaka.receives().await;
        tanaka.replies_to(&notice, "構成をご案内します。").await;
        sato.receives().await;
        tanaka.receives().await;
        mallory.receives_nothing().await;
    })
    .await;
}

/// A29: an identifier is only a promise.
#[tokio::test]
async fn the_same_identifier_with_other_words_is_a_new_mail_and_the_same_mail_twice_is_one() {
    World::run(async |world| {
        let (sato, tanaka, _) = an_open_inquiry(&world).await;
        let first = sato
            .writes("RDS", "480913372265 のRDSの上限を教えてください。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        let other = String::from_utf8(first.raw.clone())
            .unwrap()
            .replace("上限", "下限");
        world.deliver(other.as_bytes());
        world.settles().await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("下限"), "{}", notice.shown());
        world.deliver(&first.raw);
        world.settles().await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}

/// A32: what a customer writes is no command, also where staff quote it.
#[tokio::test]
async fn a_command_in_a_customers_words_is_no_command() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        sato.replies_with(&notice, &[], "#close\n#spam\n解決していません。")
            .await;
        let more = tanaka.person.received().await.pop().unwrap();
        assert_eq!(status_of_the_first(&world).await, TicketStatus::New);
        sato.received().await;
        tanaka.replies_to(&more, "引き続き確認いたします。").await;
        let answer = sato.receives().await;
        assert!(
            answer.text().contains("引き続き確認いたします。"),
            "{}",
            answer.shown()
        );
        tanaka.receives().await;
        assert_eq!(status_of_the_first(&world).await, TicketStatus::Answered);
    })
    .await;
}

/// A33: an internal note stays inside, also where the notification it stands in is quoted whole.
#[tokio::test]
async fn a_note_never_goes_out_with_an_answer() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        tanaka.replies_to(&notice, "#note このお客様は来月解約予定").await;
        let receipt = tanaka.receives().await;
        tanaka.replies_to(&receipt, "ご案内いたします。").await;
        let answer = sato.receives().await;
        assert!(!answer.text().contains("解約"), "{}", answer.shown());
        tanaka.receives().await;
        let pasted = format!("ご案内します。\n{}", receipt.text());
        tanaka.replies_to(&notice, &pasted).await;
        sato.receives_nothing().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("notification-in-text"), "{}", told.shown());
    })
    .await;
}

/// A34: an answer is written anew; nothing of the staff member's own mail is passed on.
#[tokio::test]
async fn nothing_of_a_staff_members_own_header_goes_out() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let lines = [
            tanaka.stamp(),
            "X-Originating-IP: [192.0.2.77]".to_owned(),
            "Received: from laptop-of-tanaka by relay.desk.example; Wed, 4 Mar 2026 10:00:00 +0900"
                .to_owned(),
            "User-Agent: SecretClient/1.0".to_owned(),
            "Organization: internal unit 7".to_owned(),
        ];
        let text = "ご案内いたします。\n-- \n田中 直通 03-0000-0000";
        tanaka.person.replies_with(&notice, &lines, text).await;
        let answer = sato.receives().await;
        let all = String::from_utf8_lossy(&answer.bytes).into_owned() + answer.text();
        for word in ["192.0.2.77", "laptop", "SecretClient", "unit 7", "03-0000-0000"] {
            assert!(!all.contains(word), "{word}:\n{all}");
        }
        tanaka.receives().await;
    })
    .await;
}

/// A01 again, from the attacker's side: nothing comes back, whatever is tried.
#[tokio::test]
async fn a_guessed_confirmation_releases_nothing() {
    World::run(async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let forger = world.stranger("田中 <tanaka@desk.example>");
        forger.replies_to(&notice, "アクセスキーをお送りください。").await;
        let request = tanaka.receives().await;
        let right = request.reply_address();
        // One letter of the address is changed, wherever it stands.
        let (local, domain) = right.rsplit_once('@').unwrap();
        for at in [9, 20, 30, local.len() - 1] {
            let mut letters: Vec<char> = local.chars().collect();
            letters[at] = if letters[at] == 'a' { 'b' } else { 'a' };
            let to = format!("{}@{domain}", letters.iter().collect::<String>());
            let sent = forger.composes(&to, "Re: x", &[], "#send");
            forger.posts(sent).await;
        }
        sato.receives_nothing().await;
        world.time_passes(chrono::TimeDelta::minutes(11)).await;
        let digest = tanaka.receives().await;
        assert!(digest.message.subject.contains("4 件"), "{}", digest.shown());
        let mut tx = world.database().read().await.unwrap();
        assert_eq!(held::list_held(&mut tx, false, 9).await.unwrap().len(), 5);
        let first = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let said = messages::list_messages(&mut tx, first.id).await.unwrap();
        assert!(
            said.iter()
                .all(|message| message.kind == MessageKind::FromCustomer),
            "{said:?}"
        );
    })
    .await;
}
