//! What mails may do with their bytes: files made to be opened, lines made for a log or a spreadsheet, machines that
//! answer each other, the same mail by two ways, a date that lies, and writings that easily become mojibake.

use std::process::Command;
use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::registry::{Registry, Table};
use madoguchi::ticket::MailOutcome;

use crate::world::dns::{NameServer, Says};
use crate::world::signing::{HONEST, Key};
use crate::world::{CONTACT, Letter, Person, Staff, World, proven};

const TEXT: &str = "480913372265 のEC2に接続できません。";

async fn tanaka_and_sato(world: &Arc<World>) -> (Staff, Person) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    (world.staff("田中 <tanaka@desk.example>", 1).await, sato)
}

fn encoded(bytes: &[u8]) -> String {
    let line = data_encoding::BASE64.encode(bytes);
    let lines = line
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// A21: whatever hides in a file, the desk hands it on or names it, and does not look inside.
#[tokio::test]
async fn files_made_to_be_opened_are_not_opened() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        // Local file headers that promise four gigabytes each.
        let mut bomb = Vec::new();
        for name in 0..200 {
            bomb.extend_from_slice(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x04\0\0\0\xff\xff\xff\xff\x04\0\0\0");
            bomb.extend_from_slice(format!("{name:04}").as_bytes());
            bomb.extend_from_slice(&[3, 0, 0, 0]);
        }
        let tnef = [&[0x78, 0x9f, 0x3e, 0x22, 0, 0][..], &[0xff; 4_000]].concat();
        let files: [(&str, &str, &[u8]); 5] = [
            ("bomb.zip", "application/zip", &bomb),
            ("book.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12", &bomb),
            ("winmail.dat", "application/ms-tnef", &tnef),
            ("disk.iso", "application/octet-stream", &[0; 4_000]),
            ("invoice.pdf.lnk", "application/octet-stream", b"L\0\0\0"),
        ];
        let mut body = format!("--b\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{TEXT}\n");
        for (name, kind, bytes) in files {
            body.push_str(&format!(
                "--b\nContent-Type: {kind}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\
                 Content-Transfer-Encoding: base64\n\n{}\n",
                encoded(bytes)
            ));
        }
        let mixed = ["Content-Type: multipart/mixed; boundary=b".to_owned()];
        sato.writes_with("ファイル", &mixed, &format!("{body}--b--\n")).await;
        let receipt = sato.receives().await;
        assert!(receipt.text().contains("480913372265"), "{}", receipt.shown());
        let notice = tanaka.receives().await;
        for (name, ..) in files {
            assert!(notice.text().contains(name), "{name}: {}", notice.shown());
        }
        let enclosed: Vec<&str> = notice.message.attachments.iter().filter_map(|one| one.name.as_deref()).collect();
        for program in ["book.xlsm", "disk.iso", "invoice.pdf.lnk"] {
            assert!(!enclosed.contains(&program), "{enclosed:?}");
        }
    })
    .await;
}

/// A21: thirty megabytes are not read, and not lost either.
#[tokio::test]
async fn a_mail_far_beyond_the_limit_is_told_of_and_the_next_one_is_read() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let mixed = ["Content-Type: application/octet-stream".to_owned()];
        let huge = sato.composes(
            CONTACT,
            "ログ一式",
            &mixed,
            &"QUJDREVGR0hJSktM\n".repeat(1_900_000),
        );
        assert!(huge.raw.len() > 30_000_000);
        world.deliver(&huge.raw);
        world.deliver(&sato.composes(CONTACT, "EC2", &[], TEXT).raw);
        world.settles().await;
        let (large, normal) = sato.receives_two().await;
        assert!(large.text().contains("MB"), "{}", large.shown());
        assert!(normal.text().contains("480913372265"), "{}", normal.shown());
        tanaka.receives_two().await;
    })
    .await;
}

/// A24: a line of the log is one line, whatever stands in a mail.
#[test]
fn a_mail_writes_no_line_of_its_own_into_the_log() {
    for format in ["json", "text"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("password", "secret");
        file("key", "0123456789abcdef0123456789abcdef");
        file(
            "desk.toml",
            &format!(
                "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"窓口\"\nsignature = \"窓口\"\n\
                 [database]\nurl = \"sqlite:{root}/desk.db\"\n\
                 [imap]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\nuser = \"x\"\npassword_file = \"{root}/password\"\n\
                 [smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\n\
                 [staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n\
                 [tokens]\nkey_file = \"{root}/key\"\n[log]\nlevel = \"debug\"\nformat = \"{format}\"\n"
            ),
        );
        let attack = "x\n2026-03-04T01:00:00Z  INFO login ok user=root\u{1b}[2J\u{1b}]0;title\u{7}\r\n{\"level\":\"INFO\",\"message\":\"login ok\"}";
        let word = format!("=?UTF-8?B?{}?=", encoded(attack.as_bytes()).replace('\n', ""));
        let mails = [
            format!(
                "From: {word} <sato@customer.example>\nTo: <{CONTACT}>\nSubject: {word}\nMessage-ID: <1@customer.example>\n\nx\n"
            ),
            format!(
                "From: \"{word}\" <a@b.example>, <c@d.example>\nTo: <{CONTACT}>\nSubject: {word}\nMessage-ID: <\u{1b}[2J@x>\n\nx\n"
            ),
            format!(
                "From: <sato@customer.example>\nTo: <{CONTACT}>\nContent-Type: multipart/mixed; boundary=b\nSubject: {word}\n\n--b\nContent-Type: text/plain; name=\"{word}\"; charset=\"\u{1b}[2J\"\n\n{attack}\n--b--\n"
            ),
        ];
        for (number, mail) in mails.iter().enumerate() {
            let name = format!("{number}.eml");
            file(&name, mail);
            let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
                .arg("--config")
                .arg(folder.path().join("desk.toml"))
                .args(["ingest", &folder.path().join(&name).display().to_string()])
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            for line in said.lines() {
                assert!(!line.starts_with("2026-03-04T01:00:00Z"), "{format}: {said}");
                assert!(
                    !line.starts_with("{\"level\":\"INFO\",\"message\":\"login ok\"}"),
                    "{format}: {said}"
                );
                assert!(
                    !line.contains("\u{1b}[2J") && !line.contains("\u{1b}]0;"),
                    "{format}: {said:?}"
                );
                if format == "json" {
                    serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{line}"));
                }
            }
            let out = String::from_utf8(output.stdout).unwrap();
            assert!(!out.contains("\u{1b}[2J"), "{out:?}");
        }
    }
}

/// A25: a spreadsheet is handed no formula, neither by the register nor in a mail's name.
#[tokio::test]
async fn a_formula_is_no_account_and_leaves_the_register_as_text() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        for formula in [
            "=HYPERLINK(\"http://evil.example/\")",
            "@SUM(1)",
            "+1",
            "-1",
            "\t480913372265 x",
        ] {
            let cell = formula.replace('"', "\"\"");
            let file = format!("customer_id,account_id,label,starts,ends\nsample,\"{cell}\",x,,\n");
            let mut registry = Registry::default();
            assert!(
                registry.read_file("accounts.csv", file.as_bytes()).is_err(),
                "{formula}"
            );
            let name = format!("id,name,name_kana,language,answer_mode\nevil,\"{cell}\",x,ja,answer\n");
            let mut registry = Registry::default();
            registry.read_file("customers.csv", name.as_bytes()).unwrap();
            let written = registry.write_file(Table::Customers).unwrap();
            let mut rows = csv::Reader::from_reader(written.as_bytes());
            let row = rows.records().next().unwrap().unwrap();
            assert!(!row[1].starts_with(['=', '@', '+', '-', '\t', '\r']), "{written}");
        }
        let subject = "=HYPERLINK(\"http://evil.example/\",\"x\")";
        sato.writes(subject, TEXT).await;
        let receipt = sato.receives().await;
        assert_eq!(receipt.message.subject, format!("Re: {subject}"));
        let notice = tanaka.receives().await;
        assert!(notice.text().contains(subject), "{}", notice.shown());
    })
    .await;
}

/// A27: two desks that have each other as a customer fall silent, though neither knows the other's mark.
#[tokio::test]
async fn two_desks_wired_together_fall_silent() {
    World::run_with_budgets(async |first| {
        World::run_with_budgets(async |second| {
            let at_first = first
                .customer("窓口 <aws_tec@second.example>", "480913372265")
                .await;
            let at_second = second
                .customer("窓口 <aws_tec@first.example>", "480913372265")
                .await;
            let tanaka = first.staff("田中 <tanaka@desk.example>", 1).await;
            let suzuki = second.staff("鈴木 <suzuki@desk.example>", 1).await;
            // A person behind the second desk's address writes; from then on the machines are alone.
            at_first.writes("EC2の件", TEXT).await;
            let mut passed = 0;
            for _ in 0..24 * 3 {
                for (from, at, to, own) in [
                    (&first, &at_first, &second, ("first.example", "second.example")),
                    (&second, &at_second, &first, ("second.example", "first.example")),
                ] {
                    for letter in at.received().await {
                        passed += 1;
                        to.deliver(&as_the_other_sees_it(&letter, own));
                        to.settles().await;
                    }
                    from.time_passes(TimeDelta::minutes(20)).await;
                }
            }
            assert!(passed <= 1, "{passed} letters passed between two machines");
            tanaka.person.received().await;
            suzuki.person.received().await;
        })
        .await;
    })
    .await;
}

/// Each desk of these stories has the same address and the same key: one of them is given others.
fn as_the_other_sees_it(letter: &Letter, (own, other): (&str, &str)) -> Vec<u8> {
    let text = String::from_utf8(letter.bytes.clone()).unwrap();
    let mark = letter.header("X-Madoguchi-Loop");
    let strange: String = mark.chars().rev().collect();
    text.replace(&mark, &strange)
        .replace("desk.example", own)
        .replace(other, "desk.example")
        .into_bytes()
}

/// A29: the same mail by two ways is one inquiry, whatever a list has added on one of them.
#[tokio::test]
async fn a_mail_that_came_directly_and_through_a_list_is_one_inquiry() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let sent = sato.writes("EC2", TEXT).await;
        sato.receives().await;
        tanaka.receives().await;
        let raw = String::from_utf8(sent.raw).unwrap();
        let again = [
            format!("Received: from list.customer.example by mx.desk.example; Wed, 4 Mar 2026 10:00:03 +0900\r\nDelivered-To: {CONTACT}\r\n{raw}"),
            format!("Received: from list.customer.example by mx.desk.example; Wed, 4 Mar 2026 10:00:03 +0900\r\nList-Id: <infra.customer.example>\r\nPrecedence: list\r\nSender: <infra-bounces@customer.example>\r\n{raw}"),
        ];
        for copy in again {
            let done = world.takes(copy.as_bytes()).await;
            assert_eq!(done[0].outcome, MailOutcome::Duplicate, "{copy}");
        }
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}

fn trusting(server: &NameServer) -> String {
    format!(
        "[staff]\nanchor = \"dkim\"\n[authentication]\nresolver = \"{}\"\n",
        server.address()
    )
}

/// A member who signs and has answered the probe, and the notification of an inquiry.
async fn a_signing_member(world: &Arc<World>, key: &Key) -> (Person, Staff, Letter) {
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
    let answer = key.signs("desk.example", std::str::from_utf8(&answer.raw).unwrap());
    world.takes(answer.as_bytes()).await;
    world.sends_mail().await;
    tanaka.receives().await;
    sato.writes("EC2", TEXT).await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    (sato, tanaka, notice)
}

/// A12: a signature that leaves room for an attacker proves nothing, and nothing of the mail goes out.
#[tokio::test]
async fn signatures_that_leave_room_let_nothing_out() {
    let key = Key::new();
    let server = NameServer::start(&[("s1._domainkey.desk.example", Says::Text(key.record()))]).await;
    World::run_trusting(&trusting(&server), async |world| {
        let (sato, tanaka, notice) = a_signing_member(&world, &key).await;
        let mut reasons = Vec::new();
        let unsigned_from: Vec<&str> = HONEST.iter().copied().filter(|field| *field != "From").collect();
        for attack in ["appended", "from", "subject", "reply"] {
            let sent = tanaka
                .person
                .composes_reply(&notice, &notice.reply_address(), &[], "ご案内します。");
            let raw = std::str::from_utf8(&sent.raw).unwrap();
            let mail = match attack {
                "appended" => {
                    let short =
                        key.signs_with("desk.example", raw, HONEST, |signer| signer.body_length(true));
                    format!("{short}\r\nhttp://evil.example/ もご覧ください。\r\n")
                }
                "from" => key
                    .signs_with(
                        "desk.example",
                        &raw.replace("tanaka@", "nobody@"),
                        &unsigned_from,
                        |signer| signer,
                    )
                    .replace("nobody@", "tanaka@"),
                "subject" => format!(
                    "Subject: http://evil.example/\r\n{}",
                    key.signs("desk.example", raw)
                ),
                _ => format!(
                    "From: <tanaka@desk.example>\r\n{}",
                    key.signs("desk.example", raw)
                ),
            };
            let done = world.takes(mail.as_bytes()).await;
            reasons.push((done[0].outcome, done[0].reason.clone()));
        }
        world.sends_mail().await;
        sato.receives_nothing().await;
        assert!(
            reasons.iter().all(|(outcome, _)| *outcome == MailOutcome::Held),
            "{reasons:?}"
        );
        tanaka.receives().await;
        world.time_passes(TimeDelta::minutes(11)).await;
        tanaka.receives().await;
    })
    .await;
}

/// What a signature says of its day is measured against the day the mail came in, not the day it is read.
#[tokio::test]
async fn a_signed_answer_is_as_old_as_when_it_came_in() {
    for (came, read, goes_out) in [
        (0, 0, true),
        (71, 71, true),
        (73, 73, false),
        (1, 200, true),
        (-71, 0, true),
        (-73, 0, false),
    ] {
        let key = Key::new();
        let server = NameServer::start(&[("s1._domainkey.desk.example", Says::Text(key.record()))]).await;
        World::run_trusting(&trusting(&server), async |world| {
            let (sato, tanaka, notice) = a_signing_member(&world, &key).await;
            let sent = tanaka
                .person
                .composes_reply(&notice, &notice.reply_address(), &[], "ご案内します。");
            let mail = key.signs("desk.example", std::str::from_utf8(&sent.raw).unwrap());
            let at = world.clock.now() + TimeDelta::hours(came);
            world.time_passes(TimeDelta::hours(read)).await;
            tanaka.person.received().await;
            sato.received().await;
            world.deliver_at(mail.as_bytes(), at);
            world.settles().await;
            let got = sato.received().await;
            assert_eq!(
                got.len(),
                usize::from(goes_out),
                "came after {came} hours, read after {read}"
            );
            tanaka.person.received().await;
        })
        .await;
    }
}

/// Every writing of Japanese mail arrives at the other side as it was written.
#[tokio::test]
async fn no_writing_becomes_mojibake_on_its_way_through_the_desk() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let head = |subject: &str, id: &str, charset: &str| {
            format!(
                "From: <sato@customer.example>\r\nTo: <{CONTACT}>\r\nSubject: {subject}\r\nMessage-ID: <{id}@customer.example>\r\n\
                 Date: Wed, 4 Mar 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\
                 Content-Transfer-Encoding: 8bit\r\n\r\n"
            )
        };
        // One character of the subject is cut in two by the words it stands in.
        let whole = "接続できません①".as_bytes();
        let cut = format!("=?UTF-8?B?{}?=\r\n =?UTF-8?B?{}?=", encoded(&whole[..10]), encoded(&whole[10..]));
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("480913372265 の表示ソ能①髙﨑ｶﾅ～－∥が読めません。");
        let mut raw = head(&cut, "cut", "Shift_JIS").into_bytes();
        raw.extend_from_slice(&sjis);
        world.takes(&raw).await;
        world.sends_mail().await;
        let receipt = sato.receives().await;
        assert_eq!(receipt.message.subject, "Re: 接続できません①");
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("表示ソ能①髙﨑ｶﾅ～－∥が読めません。"), "{}", notice.shown());
        // The desk's answer in the old mail encoding, with letters that stand in none of its tables.
        let mut jis = Vec::new();
        let (bytes, _, _) = encoding_rs::ISO_2022_JP.encode("ご案内します。表示は「∥～－」です。");
        jis.extend_from_slice(&bytes);
        jis.extend_from_slice(b"\r\n\x1b$B-!-5\x1b(B\r\n\x1b(I6E\x1b(B\r\n");
        let answer = format!(
            "{}\r\nFrom: =?ISO-2022-JP?B?{}?= <tanaka@desk.example>\r\nTo: <{}>\r\nSubject: Re: x\r\nIn-Reply-To: {}\r\n\
             Message-ID: <jis@desk.example>\r\nDate: Wed, 4 Mar 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
            tanaka.stamp(),
            encoded(b"\x1b$BEDCf\x1b(B"),
            notice.reply_address(),
            notice.id()
        );
        let mut raw = answer.into_bytes();
        raw.extend_from_slice(&jis);
        let done = world.takes(&raw).await;
        assert_eq!(done[0].reason, "staff-answer");
        world.sends_mail().await;
        let letter = sato.receives().await;
        for words in ["ご案内します。表示は「∥～－」です。", "①Ⅰ", "ｶﾅ", "> 480913372265 の表示ソ能①髙﨑ｶﾅ～－∥が読めません。"] {
            assert!(letter.text().contains(words), "{words}: {}", letter.shown());
        }
        tanaka.receives().await;
        // What is beyond the basic plane, joined or composed.
        let odd = "𠮷野家の👨‍👩‍👧と🇯🇵、か\u{3099}、葛\u{e0100}、﷽";
        sato.writes_with(odd, &[proven("customer.example")], &format!("{TEXT}\n{odd}")).await;
        let receipt = sato.receives().await;
        assert_eq!(receipt.message.subject, format!("Re: {odd}"));
        let notice = tanaka.receives().await;
        assert!(notice.text().contains(odd), "{}", notice.shown());
        tanaka.replies_to(&notice, &format!("{odd} を確認しました。")).await;
        let letter = sato.receives().await;
        assert!(letter.text().contains(&format!("{odd} を確認しました。")), "{}", letter.shown());
        tanaka.receives().await;
    })
    .await;
}
