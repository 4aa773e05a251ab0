//! The command line as a person uses it: the real program in a process of its own.

use std::path::Path;
use std::process::{Command, Output};

use madoguchi::demo::Dovecot;

/// A configured desk in a folder.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(imap: u16, smtp: u16) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("desk with a space ")
            .tempdir()
            .unwrap();
        let root = folder.path().display();
        std::fs::write(folder.path().join("password"), "secret\n").unwrap();
        std::fs::write(folder.path().join("key"), "0123456789abcdef0123456789abcdef\n").unwrap();
        let text = format!(
            "[desk]\ncontact_address = \"aws_tec@desk.example\"\nname = \"窓口\"\nsignature = \"窓口\"\n\
             [database]\nurl = \"sqlite:{root}/desk.db\"\n\
             [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"aws_tec@desk.example\"\npassword_file = \"{root}/password\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\n\
             [staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n[tokens]\nkey_file = \"{root}/key\"\n"
        );
        std::fs::write(folder.path().join("desk.toml"), text).unwrap();
        Self { folder }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command
            .arg("--config")
            .arg(self.folder.path().join("desk.toml"))
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        said(&self.command(arguments).output().unwrap())
    }
}

fn said(output: &Output) -> (bool, String) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), text)
}

#[test]
fn a_registry_file_with_an_error_imports_nothing_and_names_line_and_column() {
    let desk = Desk::new(1, 1);
    let customers = desk.file(
        "customers.csv",
        "id,name,name_kana,language,answer_mode\nacme,アクメ,,ja,answer\n",
    );
    let accounts = desk.file(
        "accounts.csv",
        "customer_id,account_id,label,starts,ends\nacme,4809133,本番,,\n",
    );
    let (ok, text) = desk.run(&["registry", "import", &customers, &accounts]);
    assert!(
        !ok && text.contains("accounts.csv, line 2, column account_id"),
        "{text}"
    );
    let exported = desk.folder.path().join("out");
    let (ok, text) = desk.run(&["registry", "export", &exported.display().to_string()]);
    assert!(ok, "{text}");
    let written = std::fs::read_to_string(exported.join("customers.csv")).unwrap();
    assert!(
        !written.contains("acme"),
        "nothing of the files was imported: {written}"
    );
    let (ok, text) = desk.run(&["registry", "import", &customers]);
    assert!(ok && text.contains("imported 1 customers"), "{text}");
}

#[test]
fn a_mail_from_a_file_opens_a_ticket_that_can_be_shown() {
    let desk = Desk::new(1, 1);
    let mail = desk.file(
        "mail.eml",
        "From: sato@customer.example\nTo: aws_tec@desk.example\nSubject: EC2\nMessage-ID: <1@customer.example>\n\nEC2に接続できません。\n",
    );
    let (ok, text) = desk.run(&["ingest", "--no-acknowledgement", &mail]);
    assert!(
        ok && text.contains("new-ticket (new-inquiry) DESK-000001"),
        "{text}"
    );
    let (ok, text) = desk.run(&["ingest", &mail]);
    assert!(ok && text.contains("duplicate"), "{text}");
    let (ok, text) = desk.run(&["ticket", "show", "desk-1"]);
    assert!(
        ok && text.contains("EC2に接続できません。") && text.contains("opened"),
        "{text}"
    );
    let (ok, text) = desk.run(&["ticket", "show", "DESK-9"]);
    assert!(!ok && text.contains("there is no ticket DESK-000009"), "{text}");
    let (ok, text) = desk.run(&["outbox", "list"]);
    assert!(ok && !text.contains("acknowledgement"), "{text}");
}

#[test]
fn inspect_gives_one_json_line_a_file_and_goes_on_after_one_that_cannot_be_read() {
    let desk = Desk::new(1, 1);
    let mail = desk.file(
        "mail.eml",
        "From: =?UTF-8?B?5L2Q6Jek?= <sato@customer.example>\nTo: aws_tec@desk.example\nSubject: S3\n\nAWSアカウントID: 480913372265 のS3の上限を教えてください。\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .args([
            "inspect",
            "--json",
            "--contracted",
            "480913372265",
            "/nowhere.eml",
            &mail,
        ])
        .output()
        .unwrap();
    assert!(output.status.success());
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["path"], "/nowhere.eml");
    assert!(lines[0]["error"].is_string());
    assert_eq!(lines[1]["from_name"], "佐藤");
    assert_eq!(
        lines[1]["account"],
        serde_json::json!({"outcome": "resolved", "ids": ["480913372265"]})
    );
    assert_eq!(lines[1]["screening"]["kind"], "person");
    for key in [
        "from",
        "to",
        "date",
        "message_id",
        "charset",
        "text",
        "reply",
        "signature",
        "bounce",
        "attachments",
        "account_ids",
        "category",
        "best_category",
        "confidence",
        "flags",
        "problems",
    ] {
        assert!(lines[1].get(key).is_some(), "{key} is missing");
    }
}

#[test]
fn check_says_what_is_wrong_and_goes_on() {
    let dovecot = Dovecot::start("secret").unwrap();
    let desk = Desk::new(dovecot.imap_port(), 1);
    let staff = desk.file(
        "staff.csv",
        "serial,name,addresses,desks,role\n1,田中,tanaka@desk.example,technical,lead\n",
    );
    assert!(desk.run(&["registry", "import", &staff]).0);
    let (ok, text) = desk.run(&["check"]);
    assert!(!ok, "{text}");
    assert!(text.contains("IMAP           ok: 127.0.0.1"), "{text}");
    assert!(text.contains("SMTP           FAILED"), "{text}");
}

#[test]
fn a_second_desk_on_the_same_database_refuses_to_start() {
    let dovecot = Dovecot::start("secret").unwrap();
    let desk = Desk::new(dovecot.imap_port(), 1);
    let mut first = desk
        .command(&["run"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lock = desk.folder.path().join("desk.db.lock");
    wait_until(|| lock.exists() && is_locked(&lock));
    let (ok, text) = desk.run(&["run"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(
        !ok && text.contains("another desk is running on this database"),
        "{text}"
    );
}

#[test]
fn what_differs_is_told_with_its_remedy_and_the_exit_status() {
    let dovecot = Dovecot::start("secret").unwrap();
    let desk = Desk::new(dovecot.imap_port(), 1);
    dovecot
        .deliver("aws_tec@desk.example", b"From: a@b.example\r\n\r\nx\r\n")
        .unwrap();
    let (ok, text) = desk.run(&["reconcile", "--settle", "0"]);
    assert!(!ok && text.contains("INBOX: 1 mails compared"), "{text}");
    assert!(
        text.contains("not-read  INBOX: it was never listed whole"),
        "{text}"
    );
    assert!(
        text.contains("not-taken  INBOX UID 1") && text.contains("→ a running desk takes it"),
        "{text}"
    );
    let output = desk
        .command(&["reconcile", "--json", "--settle", "0"])
        .output()
        .unwrap();
    let whole: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["findings"][1]["kind"], "not-taken");
}

#[test]
fn the_outbox_is_frozen_shown_decided_on_and_released() {
    let desk = Desk::new(1, 1);
    let staff = desk.file(
        "staff.csv",
        "serial,name,addresses,desks,role\n1,田中,tanaka@desk.example,technical,lead\n",
    );
    assert!(desk.run(&["registry", "import", &staff]).0);
    let (ok, text) = desk.run(&["outbox", "freeze", "--reason", "server moves"]);
    assert!(ok && text.contains("nothing goes out"), "{text}");
    assert!(desk.run(&["staff", "probe"]).0);
    let (_, text) = desk.run(&["outbox", "list"]);
    assert!(
        text.contains("FROZEN since")
            && text.contains("server moves")
            && text.contains("1 mails would go out"),
        "{text}"
    );
    let id = text.split_whitespace().next().unwrap().to_owned();
    let (ok, text) = desk.run(&["outbox", "show", &id]);
    assert!(
        ok && text.contains("message-id") && text.contains(", next "),
        "{text}"
    );
    let (ok, text) = desk.run(&["outbox", "retry", &id]);
    assert!(!ok && text.contains("it is queued"), "{text}");
    let (ok, text) = desk.run(&["outbox", "give-up", &id]);
    assert!(ok, "{text}");
    let (_, text) = desk.run(&["outbox", "show", &id]);
    assert!(
        text.contains("given up by operator") && text.contains("failed"),
        "{text}"
    );
    assert!(desk.run(&["outbox", "release"]).0);
    let (ok, text) = desk.run(&["outbox", "release"]);
    assert!(!ok && text.contains("it is not frozen"), "{text}");
}

fn is_locked(path: &Path) -> bool {
    std::fs::File::open(path).unwrap().try_lock().is_err()
}

fn wait_until(holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("waited in vain");
}

#[test]
fn every_command_has_an_example() {
    for command in [
        "run",
        "check",
        "inspect",
        "ingest",
        "ticket",
        "registry",
        "outbox",
        "reconcile",
        "held",
        "quarantine",
        "rules",
        "templates",
        "calendar",
        "migrate",
        "demo",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args([command, "--help"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Example: madoguchi"), "{command}:\n{text}");
    }
}

#[test]
fn a_missing_configuration_says_where_to_find_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .args(["--config", "/nowhere.toml", "run"])
        .output()
        .unwrap();
    let (ok, text) = said(&output);
    assert!(!ok && text.contains("madoguchi.example.toml shows one"), "{text}");
}

#[test]
fn a_correction_is_made_once_and_evaluates_the_rules() {
    let desk = Desk::new(1, 1);
    let mail = desk.file(
        "mail.eml",
        "From: sato@customer.example\nTo: aws_tec@desk.example\nSubject: S3\nMessage-ID: <1@customer.example>\n\nS3のバケットポリシーの書き方を教えてください。\n",
    );
    desk.run(&["ingest", "--no-acknowledgement", &mail]);
    let (ok, text) = desk.run(&["ticket", "set", "1", "--category", "money"]);
    assert!(
        !ok && text.contains("write technical, diagnosis, billing or restriction"),
        "{text}"
    );
    let (ok, text) = desk.run(&["ticket", "set", "1"]);
    assert!(!ok && text.contains("say what to correct"), "{text}");
    let (ok, text) = desk.run(&["ticket", "set", "1", "--account", "480913372265"]);
    assert!(
        !ok && text.contains("480913372265 is no account of this ticket's customer"),
        "{text}"
    );
    let (ok, text) = desk.run(&[
        "ticket",
        "set",
        "desk-1",
        "--category",
        "billing",
        "--severity",
        "high",
    ]);
    assert!(
        ok && text.contains("account-billing") && text.contains("severity high"),
        "{text}"
    );
    let (ok, text) = desk.run(&["ticket", "show", "1"]);
    assert!(
        ok && text.contains("operator  category technical → account-billing"),
        "{text}"
    );
    let (ok, text) = desk.run(&["rules", "corrections"]);
    assert!(ok && text.lines().count() == 1, "{text}");
    assert!(
        text.contains("\"category\":\"account-billing\"") && text.contains("バケットポリシー"),
        "{text}"
    );
    let labelled = desk.file("corrected.jsonl", &text);
    let (ok, from_file) = desk.run(&["rules", "evaluate", &labelled]);
    let (also, from_database) = desk.run(&["rules", "evaluate", "--corrections"]);
    assert!(
        ok && also && from_file == from_database,
        "{from_file}\n{from_database}"
    );
    assert!(from_file.contains("account-billing → technical"), "{from_file}");
}

#[test]
fn a_bad_duty_roster_is_named_with_its_line() {
    let desk = Desk::new(1, 1);
    let configuration = desk.folder.path().join("desk.toml");
    let roster = desk.file(
        "roster.toml",
        "[technical]\n[[technical.shift]]\ndays = [\"mon\"]\nfrom = \"9 o'clock\"\nto = \"18:00\"\nstaff = [\"田中\"]\n",
    );
    let text = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(
        &configuration,
        format!("{text}[files]\nduty_roster = \"{roster}\"\n"),
    )
    .unwrap();
    let staff = desk.file(
        "staff.csv",
        "serial,name,addresses,desks,role\n1,佐藤,sato@desk.example,technical,agent\n",
    );
    let (ok, text) = desk.run(&["check"]);
    assert!(
        !ok && text.contains("roster.toml")
            && text.contains("line 4 of the duty roster: `9 o'clock` is no time"),
        "{text}"
    );
    let good = std::fs::read_to_string(&roster)
        .unwrap()
        .replace("9 o'clock", "09:00");
    std::fs::write(&roster, good).unwrap();
    let (ok, text) = desk.run(&["registry", "import", &staff]);
    assert!(ok, "{text}");
    let (_, text) = desk.run(&["check"]);
    assert!(
        text.contains("line 6 of the duty roster: `田中` is no registered staff member"),
        "{text}"
    );
}

#[test]
fn the_calendar_says_when_the_desk_opens_seen_from_any_instant() {
    let desk = Desk::new(1, 1);
    let (ok, text) = desk.run(&[
        "calendar",
        "--from",
        "2026-09",
        "--months",
        "1",
        "--at",
        "2026-09-18 17:00",
    ]);
    assert!(
        ok && text.contains("09-22 休日") && text.contains("closed, opens 2026-09-24 (Thu) 09:00 JST"),
        "{text}"
    );
    let (ok, text) = desk.run(&[
        "calendar",
        "--from",
        "2032-09",
        "--months",
        "1",
        "--at",
        "2032-09-21T12:00",
    ]);
    assert!(
        ok && text.contains("forecast") && text.contains("opens 2032-09-23 (Thu) 09:00 JST (forecast)"),
        "{text}"
    );
}

#[test]
fn closures_and_another_official_list_are_read_from_files() {
    let desk = Desk::new(1, 1);
    let configuration = desk.folder.path().join("desk.toml");
    let closures = desk.file(
        "closures.toml",
        "[[closed]]\nfrom = \"12-29\"\nto = \"01-03\"\nname = \"年末年始休業\"\n[[open]]\non = \"2026-01-04\"\nname = \"振替営業日\"\n",
    );
    let list = include_str!("../../src/calendar/syukujitsu.csv").replace('\n', "\r\n");
    let (published, _, lossy) = encoding_rs::SHIFT_JIS.encode(&list);
    assert!(!lossy);
    let mut bytes = published.into_owned();
    bytes.extend(encoding_rs::SHIFT_JIS.encode("2026/6/10,臨時の休日\r\n").0.iter());
    let holidays = desk.folder.path().join("syukujitsu.csv");
    std::fs::write(&holidays, bytes).unwrap();
    let text = std::fs::read_to_string(&configuration).unwrap();
    let files = format!(
        "[files]\nclosures = \"{closures}\"\nholidays = \"{}\"\n",
        holidays.display()
    );
    std::fs::write(&configuration, text + &files).unwrap();
    let (ok, text) = desk.run(&[
        "calendar",
        "--from",
        "2025-12",
        "--months",
        "7",
        "--at",
        "2025-12-26 18:00",
    ]);
    assert!(
        ok && text.contains("01-02 年末年始休業") && text.contains("01-04 振替営業日"),
        "{text}"
    );
    assert!(
        text.contains("06-10 臨時の休日") && text.contains("opens 2026-01-04 (Sun) 09:00 JST"),
        "{text}"
    );
}

#[test]
fn check_names_the_example_that_a_rules_file_breaks() {
    let desk = Desk::new(1, 1);
    let rules = madoguchi::inquiry::classification::Rules::embedded_text().replacen(
        "examples = [\"",
        "examples = [\"無関係な文です。\", \"",
        1,
    );
    let rules = desk.file("rules.toml", &rules);
    let path = desk.folder.path().join("desk.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (ok, said) = desk.run(&["check"]);
    assert!(!ok && said.contains("rules          ok: version"), "{said}");
    assert!(said.contains("an example that nobody has confirmed"), "{said}");
    std::fs::write(&path, format!("{text}[files]\nrules = \"{rules}\"\n")).unwrap();
    let (ok, said) = desk.run(&["check"]);
    assert!(!ok && said.contains("rules          FAILED"), "{said}");
    assert!(
        said.contains("does not match its example: 無関係な文です。"),
        "{said}"
    );
}

#[test]
fn a_shown_ticket_has_its_flags_with_evidence_and_no_secret() {
    let desk = Desk::new(1, 1);
    let mail = desk.file(
        "mail.eml",
        "From: sato@customer.example\nTo: aws_tec@desk.example\nSubject: AKIAEXAMPLEEXAMPLE00\nMessage-ID: <1@customer.example>\n\n至急、EC2に入れたNginxの設定例を教えてください。\nマイナンバー: 1234 5678 9018\n",
    );
    assert!(desk.run(&["ingest", &mail]).0);
    let (ok, text) = desk.run(&["ticket", "show", "1"]);
    assert!(ok, "{text}");
    assert!(
        text.contains("flags     oos-third-party, urgent-claim, secret-in-mail"),
        "{text}"
    );
    assert!(
        text.contains("oos-third-party by flag-third-party, written: 「Nginx」"),
        "{text}"
    );
    assert!(text.contains("secret-in-mail by my-number"), "{text}");
    let (_, list) = desk.run(&["ticket", "list"]);
    for shown in [text, list] {
        assert!(
            !shown.contains("AKIAEXAMPLE") && !shown.contains("9018"),
            "{shown}"
        );
    }
}
