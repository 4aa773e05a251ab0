//! The real servers that the demo and every other story stand on.

use madoguchi::demo::dovecot::{Dovecot, DovecotOptions};
use madoguchi::demo::ports::{loopback, wait_until};
use madoguchi::demo::postfix::{Postfix, PostfixOptions};
use madoguchi::demo::postgres::PrivateCluster;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// One IMAP connection, spoken line by line.
struct ImapLine {
    reader: BufReader<TcpStream>,
}

impl ImapLine {
    fn log_in(dovecot: &Dovecot, user: &str) -> Self {
        let stream = TcpStream::connect(loopback(dovecot.imap_port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut line = Self {
            reader: BufReader::new(stream),
        };
        line.read();
        let answer = line.ask(&format!("login {user} {}", dovecot.password()));
        assert!(answer.contains("a OK"), "{answer}");
        line
    }

    fn read(&mut self) -> String {
        let mut text = String::new();
        self.reader.read_line(&mut text).unwrap();
        text
    }

    fn say(&mut self, command: &str) {
        self.reader
            .get_mut()
            .write_all(format!("{command}\r\n").as_bytes())
            .unwrap();
    }

    /// Sends one command and reads up to its tagged answer.
    fn ask(&mut self, command: &str) -> String {
        self.say(&format!("a {command}"));
        let mut answer = String::new();
        loop {
            let line = self.read();
            answer.push_str(&line);
            if line.starts_with("a ") || line.is_empty() {
                return answer;
            }
        }
    }
}

fn dovecot() -> Dovecot {
    Dovecot::start(DovecotOptions {
        password: "secret".to_owned(),
        ..DovecotOptions::default()
    })
    .unwrap()
}

#[test]
fn dovecot_lists_a_delivered_mail_to_whoever_knows_the_password() {
    let dovecot = dovecot();
    dovecot
        .deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n")
        .unwrap();
    let mut imap = ImapLine::log_in(&dovecot, "sato@customer.example");
    assert!(imap.ask("select inbox").contains("* 1 EXISTS"));
    assert!(
        imap.ask("fetch 1 body.peek[header.fields (subject)]")
            .contains("Subject: hello")
    );
    let able = imap.ask("capability");
    for extension in ["IDLE", "MOVE", "UIDPLUS"] {
        assert!(able.contains(extension), "{extension} is missing: {able}");
    }
}

#[test]
fn dovecot_wakes_a_waiting_client_when_a_mail_is_delivered() {
    let dovecot = dovecot();
    let mut imap = ImapLine::log_in(&dovecot, "sato@customer.example");
    imap.ask("select inbox");
    imap.say("a idle");
    assert!(imap.read().starts_with('+'));
    dovecot
        .deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n")
        .unwrap();
    assert_eq!(imap.read().trim_end(), "* 1 EXISTS");
}

#[test]
fn a_moved_mail_is_found_in_its_folder() {
    let dovecot = dovecot();
    dovecot
        .deliver("desk@desk.example", b"Subject: hello\r\n\r\nHi\r\n")
        .unwrap();
    let mut imap = ImapLine::log_in(&dovecot, "desk@desk.example");
    imap.ask("create Processed");
    imap.ask("select inbox");
    imap.ask("uid move 1 Processed");
    assert!(dovecot.mails("desk@desk.example", "INBOX").unwrap().is_empty());
    assert_eq!(dovecot.mails("desk@desk.example", "Processed").unwrap().len(), 1);
}

#[test]
fn a_restarted_dovecot_keeps_its_port_and_its_mails() {
    let mut dovecot = dovecot();
    let port = dovecot.imap_port();
    dovecot
        .deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n")
        .unwrap();
    dovecot.stop();
    assert!(TcpStream::connect(loopback(port)).is_err());
    dovecot.restart_on_same_port().unwrap();
    assert_eq!(dovecot.imap_port(), port);
    assert!(
        ImapLine::log_in(&dovecot, "sato@customer.example")
            .ask("select inbox")
            .contains("* 1 EXISTS")
    );
}

#[test]
fn a_dropped_dovecot_leaves_neither_folder_nor_listener() {
    let dovecot = dovecot();
    let port = dovecot.imap_port();
    let maildir = dovecot.maildir("sato@customer.example", "INBOX").unwrap();
    let folder = maildir.ancestors().nth(3).unwrap().to_owned();
    assert!(folder.is_dir());
    drop(dovecot);
    assert!(!folder.exists());
    assert!(TcpStream::connect(loopback(port)).is_err());
}

#[tokio::test]
async fn the_private_cluster_makes_databases_that_answer() {
    let url = PrivateCluster::shared()
        .unwrap()
        .create_database("servers_answer")
        .unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let fsync: String = sqlx::query_scalar("select current_setting('fsync')")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(fsync, "on");
}

/// A Dovecot with the Postfix before it, and mails sent by swaks.
struct Border {
    postfix: Postfix,
    dovecot: Dovecot,
}

impl Border {
    fn start() -> Self {
        let dovecot = Dovecot::start(DovecotOptions {
            password: "secret".to_owned(),
            lmtp: true,
            auth: true,
            ..DovecotOptions::default()
        })
        .unwrap();
        let postfix = Postfix::start(&PostfixOptions {
            authserv_id: "mx.desk.example".to_owned(),
            domains: vec!["desk.example".to_owned(), "customer.example".to_owned()],
            desk_login: "aws_tec@desk.example".to_owned(),
            lmtp_port: dovecot.lmtp_port().unwrap(),
            auth_port: dovecot.auth_port().unwrap(),
        })
        .unwrap();
        Self { postfix, dovecot }
    }

    fn swaks(&self, port: u16, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("swaks")
            .args([
                "--server",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--helo",
                "client.example",
            ])
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    }

    fn sends_from_outside(&self, arguments: &[&str]) -> bool {
        self.swaks(self.postfix.border_port(), arguments).0
    }

    fn submits_as(&self, login: &str, arguments: &[&str]) -> bool {
        let auth = [
            "--auth",
            "PLAIN",
            "--auth-user",
            login,
            "--auth-password",
            self.dovecot.password(),
        ];
        self.swaks(self.postfix.submission_port(), &[&auth, arguments].concat())
            .0
    }

    /// The one mail of `user`, waited for, as text.
    fn mail_of(&self, user: &str) -> String {
        let mut mails = Vec::new();
        let arrived = wait_until(Duration::from_secs(10), || {
            mails = self.dovecot.mails(user, "INBOX").unwrap();
            !mails.is_empty()
        });
        assert!(
            arrived,
            "nothing for {user}; Postfix says:\n{}",
            self.postfix.log()
        );
        assert_eq!(mails.len(), 1);
        String::from_utf8_lossy(&mails.remove(0)).replace("\r\n", "\n")
    }
}

/// The `Authentication-Results` headers of a mail, topmost first.
fn results(mail: &str) -> Vec<&str> {
    let head = mail.split("\n\n").next().unwrap();
    head.lines()
        .filter_map(|line| line.strip_prefix("Authentication-Results: "))
        .collect()
}

const FORGED: &str = "Authentication-Results: mx.desk.example; auth=pass smtp.auth=tanaka@desk.example";

#[test]
fn an_outsiders_mail_arrives_without_its_forged_results() {
    let border = Border::start();
    assert!(border.sends_from_outside(&[
        "--from",
        "sato@customer.example",
        "--to",
        "aws_tec+token7@desk.example",
        "--add-header",
        FORGED,
        "--add-header",
        "Authentication-Results: mx.other.example; spf=pass",
    ]));
    let mail = border.mail_of("aws_tec@desk.example");
    assert_eq!(results(&mail), ["mx.other.example; spf=pass"]);
    assert!(
        mail.contains("X-Original-To: aws_tec+token7@desk.example\n"),
        "{mail}"
    );
}

#[test]
fn a_staff_members_mail_is_stamped_with_their_login_once() {
    let border = Border::start();
    assert!(border.submits_as(
        "tanaka@desk.example",
        &[
            "--from",
            "tanaka@desk.example",
            "--to",
            "aws_tec@desk.example,sato@customer.example",
            "--add-header",
            FORGED
        ],
    ));
    let stamp = ["mx.desk.example; auth=pass smtp.auth=tanaka@desk.example"];
    let mail = border.mail_of("aws_tec@desk.example");
    assert_eq!(results(&mail), stamp, "{mail}");
    assert!(!mail.contains("X-Login-"));
    assert_eq!(results(&border.mail_of("sato@customer.example")), stamp);
}

#[test]
fn the_desk_may_send_as_its_tokens_and_with_an_empty_return_path() {
    let border = Border::start();
    for (from, to) in [
        ("aws_tec+t1@desk.example", "sato@customer.example"),
        ("<>", "ito@customer.example"),
    ] {
        assert!(
            border.submits_as("aws_tec@desk.example", &["--from", from, "--to", to]),
            "{from}"
        );
        assert!(border.mail_of(to).starts_with("Return-Path: <"));
    }
}

#[test]
fn a_login_cannot_send_as_somebody_else() {
    let border = Border::start();
    let forged = ["--from", "aws_tec@desk.example", "--to", "sato@customer.example"];
    assert!(!border.submits_as("tanaka@desk.example", &forged));
}

#[test]
fn neither_port_relays_outside_and_submission_wants_a_login() {
    let border = Border::start();
    let outside = [
        "--from",
        "tanaka@desk.example",
        "--to",
        "someone@elsewhere.example",
    ];
    assert!(!border.sends_from_outside(&outside));
    assert!(!border.submits_as("tanaka@desk.example", &outside));
    let inside = ["--from", "tanaka@desk.example", "--to", "sato@customer.example"];
    assert!(!border.swaks(border.postfix.submission_port(), &inside).0);
}

#[test]
fn a_dropped_postfix_listens_no_more() {
    let Border {
        postfix,
        dovecot: _dovecot,
    } = Border::start();
    let ports = [postfix.border_port(), postfix.submission_port()];
    drop(postfix);
    for port in ports {
        assert!(TcpStream::connect(loopback(port)).is_err());
    }
}
