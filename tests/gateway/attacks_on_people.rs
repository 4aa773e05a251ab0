//! What strangers, customers and a slip of the hand may try with who belongs where: nobody reads what is another's,
//! and no stranger's words reach a customer in the desk's name.

use std::sync::Arc;

use madoguchi::store::tickets;
use madoguchi::ticket::{Ticket, TicketNumber};

use crate::world::{BORDER, CONTACT, Letter, Person, Staff, World, proven};

const CONTACTS: &str =
    "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n";

const QUESTION: &str = "480913372265 のEC2の秘密の構成について教えてください。";

struct Desk {
    sato: Person,
    mori: Person,
    tanaka: Staff,
}

/// Two customers, one of whom reads whatever its domain's people write.
async fn a_desk(world: &Arc<World>) -> Desk {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    world
        .import(&[
            "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\nwide,広い会社,ヒロ,ja,answer\n",
            &format!("{CONTACTS}other,mori@other.example,,森,,,,yes,,\nwide,@wide.example,,,,,,no,,\n"),
            "customer_id,account_id,label,starts,ends\nother,731905824416,,,\nwide,591044286637,,,\n",
        ])
        .await;
    Desk {
        sato,
        mori: world.stranger("森 <mori@other.example>"),
        tanaka: world.staff("田中 <tanaka@desk.example>", 1).await,
    }
}

async fn inquires(desk: &Desk) -> (Letter, Letter) {
    desk.sato.writes("EC2", QUESTION).await;
    (desk.sato.receives().await, desk.tanaka.receives().await)
}

async fn ticket(world: &World, number: i64) -> Option<Ticket> {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, TicketNumber(number))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_contact_of_another_customer_is_not_let_in_by_a_slip() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let (receipt, notice) = inquires(&desk).await;
        desk.mori
            .replies_to(&receipt, "こちらの件も教えてください。")
            .await;
        let own = desk.mori.receives().await;
        assert!(!own.text().contains("秘密"), "{}", own.shown());
        let claim = desk.tanaka.receives().await;
        for slip in ["#accept", "#accept 佐藤"] {
            desk.tanaka.replies_to(&claim, slip).await;
            let returned = desk.tanaka.receives().await;
            assert!(
                returned.text().contains("別のお客様の連絡先です"),
                "{slip}: {}",
                returned.shown()
            );
        }
        for slip in ["#cc mori@other.example", "#cc anybody@wide.example"] {
            desk.tanaka.replies_to(&notice, slip).await;
            let returned = desk.tanaka.receives().await;
            assert!(
                returned.text().contains("別のお客様の連絡先です"),
                "{slip}: {}",
                returned.shown()
            );
        }
        desk.tanaka.replies_to(&notice, "構成をご案内します。").await;
        desk.sato.receives().await;
        desk.mori.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

/// A mail that failed its own domain's policy is answered without an echo, by machine and by hand.
#[tokio::test]
async fn an_answer_to_a_mail_that_failed_its_policy_echoes_none_of_it() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let failed =
            format!("Authentication-Results: {BORDER}; dmarc=fail (p=reject) header.from=customer.example");
        let forger = world.stranger("佐藤 <sato@customer.example>");
        let trap = "480913372265 の件です。http://evil.example/ で手続きしてください。";
        forger
            .writes_with("至急 http://evil.example/", &[failed], trap)
            .await;
        desk.sato.receives().await;
        let notice = desk.tanaka.receives().await;
        desk.tanaka
            .replies_to(&notice, "お心当たりがあるかご確認ください。")
            .await;
        let answer = desk.sato.receives().await;
        assert!(answer.text().contains("お心当たり"), "{}", answer.shown());
        assert!(!answer.shown().contains("evil.example"), "{}", answer.shown());
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn forged_words_in_a_customers_thread_are_not_quoted_back_to_the_customer() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let (receipt, notice) = inquires(&desk).await;
        let failed =
            format!("Authentication-Results: {BORDER}; dmarc=fail (p=reject) header.from=customer.example");
        let forger = world.stranger("佐藤 <sato@customer.example>");
        forger
            .replies_with(&receipt, &[failed], "http://evil.example/ をご覧ください。")
            .await;
        let told = desk.tanaka.receives().await;
        assert!(told.text().contains("認証に失敗"), "{}", told.shown());
        desk.tanaka.replies_to(&notice, "構成をご案内します。").await;
        let answer = desk.sato.receives().await;
        assert!(!answer.text().contains("evil.example"), "{}", answer.shown());
        assert!(
            answer.text().contains("> 480913372265 のEC2"),
            "{}",
            answer.shown()
        );
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_left_the_customer_reads_no_further_answer() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let ito = world.colleague_of("sample", "伊藤 <ito@customer.example>").await;
        desk.sato
            .writes_with("EC2", &["Cc: <ito@customer.example>".to_owned()], QUESTION)
            .await;
        desk.sato.receives().await;
        let notice = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&notice, "一つ目のご案内です。").await;
        desk.sato.receives().await;
        ito.receives().await;
        let copy = desk.tanaka.receives().await;
        world
            .import(&[&format!(
                "{CONTACTS}sample,ito@customer.example,,伊藤,,,,yes,,2026-03-03\n"
            )])
            .await;
        desk.tanaka.replies_to(&copy, "二つ目のご案内です。").await;
        let answer = desk.sato.receives().await;
        assert!(answer.message.cc.is_empty(), "{}", answer.shown());
        ito.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_reader_whose_scope_excludes_the_account_that_arrives_later_reads_nothing() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        world
            .import(&[
                &format!("{CONTACTS}sample,ito@customer.example,,伊藤,,,046425940015,yes,,\n"),
                "customer_id,account_id,label,starts,ends\nsample,046425940015,開発,,\n",
            ])
            .await;
        let ito = world.stranger("伊藤 <ito@customer.example>");
        desk.sato
            .writes_with(
                "EC2",
                &["Cc: <ito@customer.example>".to_owned()],
                "EC2の構成について教えてください。",
            )
            .await;
        let asked = desk.sato.receives().await;
        let notice = desk.tanaka.receives().await;
        desk.sato.replies_to(&asked, "480913372265 です。").await;
        desk.sato.received().await;
        desk.tanaka.receives().await;
        assert!(ticket(&world, 1).await.unwrap().account_id.is_some());
        desk.tanaka.replies_to(&notice, "構成をご案内します。").await;
        desk.sato.receives().await;
        ito.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_colleague_who_is_not_known_to_be_concerned_does_not_join_an_integrators_inquiry() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let kato = world.stranger("加藤 <kato@integrator.example>");
        world
            .import(&[&format!(
                "{CONTACTS}sample,kato@integrator.example,,加藤,,,,yes,,\nother,kato@integrator.example,,加藤,,,,yes,,\n"
            )])
            .await;
        let first = kato.writes("設計の相談", "まだ公表していない設計の相談です。").await;
        kato.receives().await;
        let notice = desk.tanaka.receives().await;
        let thread = [format!("In-Reply-To: {}", first.id)];
        desk.sato.writes_with("Re: 設計の相談", &thread, "私にも教えてください。").await;
        let own = desk.sato.receives().await;
        assert!(own.text().contains("DESK-000002"), "{}", own.shown());
        desk.tanaka.receives().await;
        desk.tanaka.replies_to(&notice, "設計のご案内です。").await;
        kato.receives().await;
        desk.sato.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn references_of_two_customers_lead_to_the_writers_own_ticket() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let (of_sato, _) = inquires(&desk).await;
        desk.mori
            .writes("S3", "731905824416 のS3について教えてください。")
            .await;
        let of_mori = desk.mori.receives().await;
        desk.tanaka.receives().await;
        let mixed = [
            format!("In-Reply-To: {}", of_sato.id()),
            format!("References: {} {}", of_mori.id(), of_sato.id()),
        ];
        desk.mori
            .writes_with("Re: S3", &mixed, "その後いかがでしょうか。")
            .await;
        let told = desk.tanaka.receives().await;
        assert!(told.text().contains("DESK-000002"), "{}", told.shown());
        desk.tanaka.replies_to(&told, "S3のご案内です。").await;
        let answer = desk.mori.receives().await;
        let head = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!head.contains(of_sato.id().trim_matches(['<', '>'])), "{head}");
        desk.sato.receives_nothing().await;
        desk.tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_reply_address_of_a_forger_is_written_to_by_nobody() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mallory = world.stranger("m <mallory@evil.example>");
        let lines = [
            "Reply-To: <mallory@evil.example>".to_owned(),
            "Errors-To: <mallory@evil.example>".to_owned(),
            "Return-Path: <mallory@evil.example>".to_owned(),
            "Disposition-Notification-To: <mallory@evil.example>".to_owned(),
            "Resent-From: <mallory@evil.example>".to_owned(),
        ];
        desk.sato.writes_with("EC2", &lines, QUESTION).await;
        desk.sato.receives().await;
        let notice = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&notice, "構成をご案内します。").await;
        desk.sato.receives().await;
        desk.tanaka.receives().await;
        mallory.receives_nothing().await;
    })
    .await;
}

/// A27: an absence note of a colleague reaches no customer, with or without any header.
#[tokio::test]
async fn a_colleagues_absence_note_reaches_no_customer() {
    let marks = [
        vec!["Auto-Submitted: auto-replied"],
        vec!["X-Auto-Response-Suppress: All", "Precedence: auto_reply"],
        vec!["X-Autoreply: yes"],
        vec![],
    ];
    for mark in marks {
        World::run(async |world| {
            let desk = a_desk(&world).await;
            let (_, notice) = inquires(&desk).await;
            let mut lines = vec![desk.tanaka.stamp(), format!("In-Reply-To: {}", notice.id())];
            lines.extend(mark.iter().map(|line| (*line).to_owned()));
            let sent = desk.tanaka.person.composes(
                &notice.reply_address(),
                "自動応答: [DESK-000001] 新規: EC2",
                &lines,
                "休暇中のため3月9日まで不在です。緊急の場合は内線1234へお願いします。",
            );
            desk.tanaka.person.posts(sent).await;
            desk.sato.receives_nothing().await;
            desk.tanaka.person.received().await;
            world.time_passes(chrono::TimeDelta::minutes(11)).await;
            desk.sato.receives_nothing().await;
            desk.tanaka.person.received().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_note_and_another_customers_account_are_held_however_they_are_written() {
    for slip in [
        "このお客様は来月解約の\n予定なので優先度は\n低くてよいです。",
        "このお客様は来月解約の　予定なので優先度は 低くてよいです。",
        "| このお客様は来月解約の予定なので優先度は低くてよいです。",
        "7319-0582-4416 と同じ設定にしてください。",
        "７３１９０５８２４４１６ と同じ設定にしてください。",
        "arn:aws:iam::731905824416:role/admin をご利用ください。",
        "7319 0582 4416 と同じ設定にしてください。",
    ] {
        World::run(async |world| {
            let desk = a_desk(&world).await;
            let (_, notice) = inquires(&desk).await;
            desk.tanaka
                .replies_to(
                    &notice,
                    "#note このお客様は来月解約の予定なので優先度は低くてよいです。",
                )
                .await;
            desk.tanaka.receives().await;
            desk.tanaka.replies_to(&notice, slip).await;
            desk.sato.receives_nothing().await;
            desk.tanaka.receives().await;
        })
        .await;
    }
}

/// A08: nobody outside learns from an acknowledgement who or what is known.
#[tokio::test]
async fn strangers_are_acknowledged_alike_whoever_they_are_and_whatever_account_they_name() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mut letters = Vec::new();
        let tries = [
            ("ghost@customer.example", "480913372265"),
            ("ghost@unheard.example", "480913372265"),
            ("spook@unheard.example", "135792468024"),
        ];
        for (number, (address, account)) in tries.into_iter().enumerate() {
            let ghost = world.stranger(&format!("x <{address}>"));
            let domain = address.split('@').nth(1).unwrap();
            let text = format!("{account} のEC2に接続できません。");
            ghost.writes_with("EC2", &[proven(domain)], &text).await;
            let letter = ghost.receives().await;
            let number = format!("DESK-{:06}", number + 1);
            letters.push((number, address, letter));
        }
        // The encoded text differs by the number, so what is compared is what it says.
        let said: Vec<String> = letters
            .iter()
            .map(|(number, address, letter)| {
                let head = String::from_utf8_lossy(&letter.bytes).into_owned();
                let (head, _) = head.split_once("\r\n\r\n").unwrap();
                let each = ["Message-ID:", "Date:", "In-Reply-To:", "References:", " "];
                let kept: Vec<&str> = head
                    .lines()
                    .filter(|line| !each.iter().any(|name| line.starts_with(name)))
                    .collect();
                format!("{}\n{}", kept.join("\n"), letter.text())
                    .replace(number, "NUMBER")
                    .replace(address, "ADDRESS")
            })
            .collect();
        assert_eq!(said[0], said[1]);
        assert_eq!(said[1], said[2]);
        assert!(!said[0].contains("480913372265"), "{}", said[0]);
        world.time_passes(chrono::TimeDelta::hours(1)).await;
        desk.tanaka.person.received().await;
    })
    .await;
}

/// A08: a customer who names an account that is another's, or nobody's, reads the same.
#[tokio::test]
async fn a_customer_who_tries_accounts_out_learns_nothing_of_them() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let mut said = Vec::new();
        for (number, id) in ["731905824416", "135792468024", "591044286637"]
            .into_iter()
            .enumerate()
        {
            desk.sato
                .writes("EC2の件", &format!("{id} のEC2に接続できません。"))
                .await;
            let letter = desk.sato.receives().await;
            let number = format!("DESK-{:06}", number + 1);
            said.push(letter.shown().replace(id, "ID").replace(&number, "NUMBER"));
        }
        assert_eq!(said[0], said[1]);
        assert_eq!(said[1], said[2]);
        desk.tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_copies_themselves_gets_one_answer() {
    World::run(async |world| {
        let desk = a_desk(&world).await;
        let lines = [format!("Cc: <Sato@Customer.example>, <{CONTACT}>")];
        desk.sato.writes_with("EC2", &lines, QUESTION).await;
        desk.sato.receives().await;
        let notice = desk.tanaka.receives().await;
        desk.tanaka.replies_to(&notice, "構成をご案内します。").await;
        let answer = desk.sato.receives().await;
        assert!(answer.message.cc.is_empty(), "{}", answer.shown());
        desk.tanaka.receives().await;
    })
    .await;
}
