//! The real servers that the demo and every other story stand on.

use madoguchi::demo::dovecot::{Dovecot, DovecotOptions};
use madoguchi::demo::ports::loopback;
use madoguchi::demo::postgres::PrivateCluster;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// One IMAP connection, spoken line by line.
struct ImapLine {
    reader: BufReader<TcpStream>,
}

impl ImapLine {
    fn log_in(dovecot: &Dovecot, user: &str) -> Self {
        let stream = TcpStream::connect(loopback(dovecot.imap_port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut line = Self { reader: BufReader::new(stream) };
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
        self.reader.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
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
    Dovecot::start(DovecotOptions { password: "secret".to_owned(), ..DovecotOptions::default() }).unwrap()
}

#[test]
fn dovecot_lists_a_delivered_mail_to_whoever_knows_the_password() {
    let dovecot = dovecot();
    dovecot.deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n").unwrap();
    let mut imap = ImapLine::log_in(&dovecot, "sato@customer.example");
    assert!(imap.ask("select inbox").contains("* 1 EXISTS"));
    assert!(imap.ask("fetch 1 body.peek[header.fields (subject)]").contains("Subject: hello"));
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
    dovecot.deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n").unwrap();
    assert_eq!(imap.read().trim_end(), "* 1 EXISTS");
}

#[test]
fn a_moved_mail_is_found_in_its_folder() {
    let dovecot = dovecot();
    dovecot.deliver("desk@desk.example", b"Subject: hello\r\n\r\nHi\r\n").unwrap();
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
    dovecot.deliver("sato@customer.example", b"Subject: hello\r\n\r\nHi\r\n").unwrap();
    dovecot.stop();
    assert!(TcpStream::connect(loopback(port)).is_err());
    dovecot.restart_on_same_port().unwrap();
    assert_eq!(dovecot.imap_port(), port);
    assert!(ImapLine::log_in(&dovecot, "sato@customer.example").ask("select inbox").contains("* 1 EXISTS"));
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
    let url = PrivateCluster::shared().unwrap().create_database("servers_answer").unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let fsync: String = sqlx::query_scalar("select current_setting('fsync')").fetch_one(&pool).await.unwrap();
    assert_eq!(fsync, "on");
}
