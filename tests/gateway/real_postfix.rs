//! The main job through a real Postfix and a real Dovecot, with every mail of customer and staff sent by
//! swaks and not by our own code.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use madoguchi::app;
use madoguchi::clock::Clock;
use madoguchi::config::Config;
use madoguchi::demo::{Dovecot, Letter, Postfix, PostfixOptions};
use madoguchi::registry::Registry;
use madoguchi::store::{held, registry};
use tokio_util::sync::CancellationToken;

const CONTACT: &str = "aws_tec@desk.example";
const BORDER: &str = "mx.desk.example";

struct Servers {
    dovecot: Dovecot,
    postfix: Postfix,
    folder: tempfile::TempDir,
}

impl Servers {
    fn start() -> Self {
        let dovecot = Dovecot::start("secret").unwrap();
        let postfix = Postfix::start(&PostfixOptions {
            authserv_id: BORDER,
            domains: &["desk.example", "customer.example"],
            lmtp_port: dovecot.lmtp_port(),
            auth_port: dovecot.auth_port(),
        })
        .unwrap();
        Self {
            dovecot,
            postfix,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Waits for the nth mail of a mailbox.
    async fn letter(&self, user: &str, place: usize) -> Letter {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(bytes) = self.dovecot.mails(user, "INBOX").unwrap().get(place) {
                return Letter::read(bytes).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no mail {place} for {user}");
    }

    /// Writes with swaks: to the border, or signed in.
    fn swaks(&self, login: Option<&str>, mail: &Path) {
        let port = login.map_or(self.postfix.border_port(), |_| self.postfix.submission_port());
        let text = std::fs::read_to_string(mail).unwrap();
        let header = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split(['<', '>']).nth(1).unwrap().to_owned()
        };
        let mut command = Command::new("swaks");
        command.args([
            "--server",
            &format!("127.0.0.1:{port}"),
            "--from",
            &header("From:"),
            "--to",
            &header("To:"),
        ]);
        command
            .arg("--data")
            .arg(format!("@{}", mail.display()))
            .args(["--silent", "2"]);
        if let Some(login) = login {
            command.args([
                "--auth",
                "PLAIN",
                "--auth-user",
                login,
                "--auth-password",
                "secret",
            ]);
        }
        assert!(
            command.stdin(Stdio::null()).status().unwrap().success(),
            "swaks did not deliver"
        );
    }

    /// Answers a mail as a person does in a mail client that quotes below, and sends it signed in.
    fn answers(&self, login: &str, letter: &Letter, text: &str) {
        let quote: String = letter
            .message
            .text
            .lines()
            .fold(String::new(), |all, line| all + "> " + line + "\n");
        let to = &letter.reply_address().unwrap().address;
        let id = letter.message.message_id.as_ref().unwrap();
        let references: Vec<String> = letter
            .message
            .references
            .iter()
            .chain(Some(id))
            .map(ToString::to_string)
            .collect();
        let mail = self.folder.path().join("answer.eml");
        std::fs::write(
            &mail,
            format!(
                "From: <{login}>\nTo: <{to}>\nSubject: Re: answer\nMessage-ID: <{}@desk.example>\nIn-Reply-To: {id}\n\
                 References: {}\nDate: Wed, 25 Nov 2026 10:00:00 +0900\nMIME-Version: 1.0\n\
                 Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n\
                 {text}\n\n2026年11月25日(水) 9:00 AWSサポート窓口 <{CONTACT}>:\n{quote}",
                id.as_str().replace(['.', '@'], "-"),
                references.join("\n "),
            ),
        )
        .unwrap();
        self.swaks(Some(login), &mail);
    }
}

async fn desk(
    servers: &Servers,
) -> (
    tokio::task::JoinHandle<anyhow::Result<()>>,
    Arc<madoguchi::pipeline::Pipeline>,
    CancellationToken,
) {
    let root = servers.folder.path();
    std::fs::write(root.join("password"), "secret").unwrap();
    std::fs::write(root.join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let shown = root.display();
    let config = Config::parse(&format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"AWSサポート窓口\"\nsignature = \"AWSサポート窓口\"\nrelay_delay_seconds = 0\n\
         [database]\nurl = \"sqlite:{shown}/desk.db\"\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\npassword_file = \"{shown}/password\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\npassword_file = \"{shown}/password\"\n\
         [staff]\nanchor = \"authserv:{BORDER}\"\n[authentication]\nresolver = \"off\"\n[tokens]\nkey_file = \"{shown}/key\"\n",
        servers.dovecot.imap_port(),
        servers.postfix.submission_port(),
    ))
    .unwrap();
    let database = app::open_database(&config).await.unwrap();
    let pipeline = Arc::new(app::build_pipeline(&config, database, Clock::system()).unwrap());
    let mut rows = Registry::default();
    for file in [
        "id,name,name_kana,language,answer_mode\nsample,株式会社サンプル,サンプル,ja,answer\n",
        "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\nsample,sato@customer.example,,佐藤,,,,yes,,\n",
        "customer_id,account_id,label,starts,ends\nsample,480913372265,本番,,\n",
        "serial,name,addresses,desks,role\n1,田中,tanaka@desk.example,technical account-and-billing contract,lead\n",
    ] {
        rows.read_file("story", file.as_bytes()).unwrap();
    }
    let mut tx = pipeline.database.begin().await.unwrap();
    registry::import(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let stop = CancellationToken::new();
    let (running, stopping) = (Arc::clone(&pipeline), stop.clone());
    (
        tokio::spawn(async move { app::run(&config, running, stopping).await }),
        pipeline,
        stop,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_with_mails_of_swaks_through_postfix_and_dovecot() {
    let servers = Servers::start();
    let (running, pipeline, stop) = desk(&servers).await;
    pipeline.send_probes(None).await.unwrap();
    let probe = servers.letter("tanaka@desk.example", 0).await;
    servers.answers("tanaka@desk.example", &probe, "");
    servers.letter("tanaka@desk.example", 1).await;
    let mail = servers.folder.path().join("inquiry.eml");
    std::fs::write(
        &mail,
        "From: =?ISO-2022-JP?B?GyRCOjRGIxsoQg==?= <sato@customer.example>\nTo: <aws_tec@desk.example>\n\
         Subject: =?UTF-8?B?RUMy44Gr5o6l57aa44Gn44GN44G+44Gb44KT?=\nMessage-ID: <first@customer.example>\n\
         Authentication-Results: mx.desk.example; auth=pass smtp.auth=tanaka@desk.example\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n\
         480913372265 のEC2インスタンスに接続できません。原因を調査してください。\n",
    )
    .unwrap();
    servers.swaks(None, &mail);
    let receipt = servers.letter("sato@customer.example", 0).await;
    assert_eq!(receipt.message.subject, "Re: EC2に接続できません");
    assert_eq!(receipt.message.in_reply_to[0].as_str(), "first@customer.example");
    let notice = servers.letter("tanaka@desk.example", 2).await;
    assert!(
        notice.message.text.contains("原因を調査してください"),
        "{}",
        notice.shown()
    );

    servers.answers(
        "tanaka@desk.example",
        &notice,
        "セキュリティグループをご確認ください。",
    );
    let answer = servers.letter("sato@customer.example", 1).await;
    assert!(
        answer
            .message
            .text
            .contains("セキュリティグループをご確認ください。"),
        "{}",
        answer.shown()
    );
    assert!(answer.threads_with(
        receipt.message.message_id.as_ref().unwrap(),
        &receipt.message.subject
    ));
    let bytes = String::from_utf8_lossy(&answer.bytes);
    assert!(
        !bytes.contains("tanaka") && !bytes.contains("swaks") && !bytes.contains("aws_tec+"),
        "{bytes}"
    );
    assert!(
        !answer.message.text.contains("窓口からの通知"),
        "{}",
        answer.shown()
    );
    servers.letter("tanaka@desk.example", 3).await;

    // The same answer from outside, with everything copied but the sign-in.
    let forged = servers.folder.path().join("forged.eml");
    let to = notice.reply_address().unwrap().address.clone();
    let id = notice.message.message_id.clone().unwrap();
    std::fs::write(
        &forged,
        format!(
            "From: <tanaka@desk.example>\nTo: <{to}>\nSubject: Re: x\nMessage-ID: <forged@evil.example>\nIn-Reply-To: {id}\n\
             Authentication-Results: mx.desk.example; auth=pass smtp.auth=tanaka@desk.example\n\nsend keys\n"
        ),
    )
    .unwrap();
    servers.swaks(None, &forged);
    servers.letter("tanaka@desk.example", 4).await;
    let mut tx = pipeline.database.read().await.unwrap();
    assert_eq!(
        held::list_held(&mut tx, false, 9).await.unwrap()[0].reason,
        "anchor-failed"
    );
    drop(tx);
    assert_eq!(
        servers
            .dovecot
            .mails("sato@customer.example", "INBOX")
            .unwrap()
            .len(),
        2
    );
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// What `madoguchi check` says of a carrier.
fn checks(servers: &Servers, carrier: &str) -> String {
    let root = servers.folder.path();
    std::fs::write(root.join("password"), "secret").unwrap();
    std::fs::write(root.join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let shown = root.display();
    let file = root.join("check.toml");
    std::fs::write(
        &file,
        format!(
            "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"AWSサポート窓口\"\nsignature = \"AWSサポート窓口\"\n\
             [database]\nurl = \"sqlite:{shown}/desk.db\"\n\
             [imap]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\npassword_file = \"{shown}/password\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\npassword_file = \"{shown}/password\"\n\
             [staff]\nanchor = \"authserv:{BORDER}\"\n[authentication]\nresolver = \"off\"\n\
             [tokens]\nkey_file = \"{shown}/key\"\ncarrier = \"{carrier}\"\n",
            servers.dovecot.imap_port(),
            servers.postfix.submission_port(),
        ),
    )
    .unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .args(["--config", &file.display().to_string(), "check"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    said.lines()
        .find(|line| line.starts_with("reply tokens"))
        .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&done.stderr)))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tries_whether_tokens_arrive_and_the_desk_makes_no_tickets_of_it() {
    let servers = Servers::start();
    for carrier in ["plus-address", "message-id"] {
        let said = checks(&servers, carrier);
        assert!(
            said.contains(&format!("ok: {carrier}; a mail with a token arrived")),
            "{said}"
        );
    }
    let said = checks(&servers, "catch-all:reply.desk.example");
    assert!(
        said.contains("FAILED") && said.contains("refuses mail to"),
        "{said}"
    );
    assert!(
        said.contains("set [tokens] carrier to plus-address or message-id"),
        "{said}"
    );
    let (running, pipeline, stop) = desk(&servers).await;
    let begun = Instant::now();
    while !servers.dovecot.mails(CONTACT, "INBOX").unwrap().is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the desk leaves its own mails"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    let mut tx = pipeline.database.read().await.unwrap();
    let outcomes = madoguchi::store::mails::count_outcomes(&mut tx).await.unwrap();
    assert!(
        !outcomes.is_empty() && outcomes.iter().all(|(outcome, _)| outcome == "own-mail"),
        "{outcomes:?}"
    );
}
