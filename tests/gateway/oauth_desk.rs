//! A whole desk that signs in with tokens, as its administrator runs it: the real program, Dovecot, Postfix, and
//! a token server that gives out a new refresh token each time.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use madoguchi::demo::{Dovecot, Postfix, PostfixOptions, TokenLogin};

use crate::world::PATIENCE;
use crate::world::token_server::{CLIENT, FIRST, MAILBOX, TokenServer};

struct Desk {
    tokens: TokenServer,
    dovecot: Dovecot,
    _postfix: Postfix,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let tokens = TokenServer::start().await;
        let login = TokenLogin {
            tokeninfo_url: tokens.tokeninfo_url(),
            mechanisms: "xoauth2".to_owned(),
        };
        let dovecot = Dovecot::start_with_tokens("secret", login).unwrap();
        let postfix = Postfix::start(&PostfixOptions {
            authserv_id: "mx.desk.example",
            domains: &["desk.example", "customer.example"],
            lmtp_port: dovecot.lmtp_port(),
            auth_port: dovecot.auth_port(),
        })
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (root, url) = (folder.path().display(), tokens.url());
        let (imap, smtp) = (dovecot.imap_port(), postfix.submission_port());
        let text = format!(
            "[desk]\ncontact_address = \"{MAILBOX}\"\nname = \"窓口\"\nsignature = \"窓口\"\n\
             [database]\nurl = \"sqlite:{root}/desk.db\"\n\
             [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"{MAILBOX}\"\nauth = \"xoauth2\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\nuser = \"{MAILBOX}\"\nauth = \"xoauth2\"\n\
             [oauth]\ntoken_url = \"{url}\"\nclient_id = \"{}\"\nclient_secret_file = \"{root}/secret\"\n\
             refresh_token_file = \"{root}/refresh-token\"\nrefresh_token_days = 90\n\
             [watch]\nself_probe_minutes = 0\n\
             [staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n[tokens]\nkey_file = \"{root}/key\"\n",
            CLIENT.0
        );
        for (name, text) in [
            ("desk.toml", text.as_str()),
            ("secret", CLIENT.1),
            ("key", "0123456789abcdef0123456789abcdef"),
            ("refresh-token", FIRST),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self {
            tokens,
            dovecot,
            _postfix: postfix,
            folder,
        }
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        command
            .arg("--config")
            .arg(self.folder.path().join("desk.toml"))
            .arg(subcommand)
            .stderr(log);
        command
    }

    /// What `madoguchi check` says of one part.
    fn check(&self, part: &str) -> String {
        let output = self.command("check").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("{part} ")));
        line.unwrap_or_else(|| panic!("no line of {part}: {text}"))
            .to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn wait_for(&self, what: &str, come_true: impl Fn() -> bool + Send + Sync) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !come_true() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "{what} did not come: {}", self.log());
    }
}

/// A desk that ends with its value, however the story ends.
struct Running(Child);

impl Running {
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_line(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_what_a_token_is_worth_and_what_is_wrong_with_it() {
    let desk = Desk::new().await;
    let line = desk.check("token");
    assert!(
        line.contains("ok: good for 59 minutes, got with a refresh token of"),
        "{line}"
    );
    assert!(
        line.ends_with("89 days left") || line.ends_with("90 days left"),
        "{line}"
    );
    assert!(desk.check("IMAP").contains("ok: "));
    assert!(desk.check("SMTP").contains("takes the login"));
    let file = desk.folder.path().join("refresh-token");
    assert_eq!(
        first_line(&file),
        "refresh-3",
        "each check has used the one before"
    );
    let long_ago = "refresh-3\nobtained 2020-01-01T00:00:00Z\n";
    std::fs::write(&file, long_ago).unwrap();
    desk.tokens.rotate(false);
    let line = desk.check("token");
    assert!(
        line.contains("FAILED: an access token was given out, but the refresh token"),
        "{line}"
    );
    desk.tokens.accept_refresh("another");
    let line = desk.check("token");
    assert!(
        line.contains("FAILED: ") && line.contains("let a person sign in again"),
        "{line}"
    );
    assert!(!line.contains("refresh-3") && !line.contains(CLIENT.1), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_reads_and_answers_mail_with_tokens_over_a_restart() {
    let desk = Desk::new().await;
    for round in 1..=2 {
        let mail = format!(
            "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\r\n\
             From: sato@customer.example\r\nTo: {MAILBOX}\r\nSubject: EC2 {round}\r\n\
             Message-ID: <{round}@customer.example>\r\nDate: Wed, 04 Mar 2026 10:00:00 +0900\r\n\r\n\
             The instance i-0a{round} does not start.\r\n"
        );
        desk.dovecot.deliver(MAILBOX, mail.as_bytes()).unwrap();
        let running = Running(desk.command("run").stdout(Stdio::null()).spawn().unwrap());
        desk.wait_for("the mail's place", || {
            desk.dovecot.mails(MAILBOX, "Processed").unwrap().len() == round
        })
        .await;
        desk.wait_for("the first answer", || {
            !desk
                .dovecot
                .mails("sato@customer.example", "INBOX")
                .unwrap()
                .is_empty()
        })
        .await;
        running.stop();
        let log = desk.log();
        assert!(
            !log.contains("access.token") && !log.contains("refresh-"),
            "{log}"
        );
    }
    let shown: Vec<String> = desk
        .tokens
        .forms()
        .iter()
        .map(|form| form["refresh_token"].clone())
        .collect();
    assert_eq!(
        shown,
        [FIRST, "refresh-1"],
        "one token a run, for mailbox and server"
    );
}
