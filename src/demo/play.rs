//! The story of the demo, and what it proves.

use std::io::Write;

use super::mailbox::{Letter, Outgoing};
use super::stage::{CONTACT, PASSWORD, Stage};
use crate::store::held;

const SATO: (&str, &str) = ("佐藤", "sato@customer.example");
const MORI: (&str, &str) = ("森", "mori@north.example");
const TANAKA: (&str, &str) = ("田中", "tanaka@desk.example");

/// What was checked, and what failed.
#[derive(Debug, Default)]
struct Checks {
    passed: usize,
    failed: Vec<String>,
}

impl Checks {
    fn check(&mut self, what: &str, holds: bool) {
        if holds {
            self.passed = self.passed.saturating_add(1);
            say(&format!("  ✓ {what}"));
        } else {
            self.failed.push(what.to_owned());
            say(&format!("  ✗ {what}"));
        }
    }
}

/// Plays the story; `once` ends after it, else the servers stay until Ctrl-C.
pub async fn play(once: bool) -> anyhow::Result<()> {
    say("Starting Dovecot, Postfix and the desk on free ports of 127.0.0.1 …");
    let mut stage = Stage::set().await?;
    let mut checks = Checks::default();
    let told = tell(&mut stage, &mut checks).await;
    if told.is_ok() && !once {
        stay(&stage).await?;
    }
    stage.strike().await?;
    told?;
    let failed = checks.failed.len();
    say(&format!("demo: {} checks passed, {failed} failed", checks.passed));
    anyhow::ensure!(failed == 0, "the demo failed: {}", checks.failed.join("; "));
    Ok(())
}

async fn tell(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    probe(stage, checks).await?;
    let (receipt, notice) = first_inquiry(stage, checks).await?;
    let answer = staff_answer(stage, checks, &receipt, &notice).await?;
    follow_up(stage, checks, &answer).await?;
    second_customer(stage, checks).await?;
    forged_answer(stage, checks, &notice).await
}

async fn probe(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    chapter("0. Once, before anything: a desk member answers a probe from their own mail client");
    stage.pipeline.send_probes(None).await?;
    let probe = read(stage, TANAKA, "the desk member's mailbox").await?;
    let to = probe
        .reply_address()
        .map(|mailbox| mailbox.address.to_string())
        .unwrap_or_default();
    let subject = format!("Re: {}", probe.message.subject);
    let mail = Outgoing {
        from: TANAKA,
        to: &to,
        subject: &subject,
        answers: Some(&probe),
        text: "",
        unique: unique(stage),
    };
    stage.send_signed_in(&mail).await?;
    read(stage, TANAKA, "the desk member's mailbox").await?;
    let standing = stage.pipeline.list_standing().await?;
    checks.check(
        "the desk can tell this member's mail from a forgery",
        !standing.is_empty() && standing.iter().all(|one| one.proven),
    );
    Ok(())
}

async fn first_inquiry(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<(Letter, Letter)> {
    chapter("1. A customer writes to the contact address");
    let mail = Outgoing {
        from: SATO,
        to: CONTACT,
        subject: "EC2インスタンスに接続できません",
        answers: None,
        text: "お世話になっております。サンプル商事の佐藤です。\n\nAWSアカウントID: 480913372265 のEC2インスタンスに、今朝からSSHで接続できません。\n設定は変更していません。原因の調査をお願いいたします。\n\n--\n佐藤\n株式会社サンプル商事 情報システム部",
        unique: unique(stage),
    };
    say(&written(stage, &mail));
    stage.send_from_outside(&mail).await?;
    let receipt = read(stage, SATO, "the customer's mailbox").await?;
    let answered = mail.id();
    let threads = answered
        .as_ref()
        .is_some_and(|id| receipt.threads_with(id, mail.subject));
    checks.check("the acknowledgement lies in the customer's own thread", threads);
    checks.check(
        "it names number and account",
        receipt.message.text.contains("DESK-000001") && receipt.message.text.contains("480913372265"),
    );
    let notice = read(stage, TANAKA, "the desk member's mailbox").await?;
    checks.check(
        "staff were told in the customer's words",
        notice.message.text.contains("今朝からSSHで接続できません"),
    );
    Ok((receipt, notice))
}

async fn staff_answer(
    stage: &mut Stage,
    checks: &mut Checks,
    receipt: &Letter,
    notice: &Letter,
) -> anyhow::Result<Letter> {
    chapter("2. A desk member presses Reply in an ordinary mail client");
    let to = notice
        .reply_address()
        .map(|mailbox| mailbox.address.to_string())
        .unwrap_or_default();
    let subject = format!("Re: {}", notice.message.subject);
    let mail = Outgoing {
        from: TANAKA,
        to: &to,
        subject: &subject,
        answers: Some(notice),
        text: "お問い合わせの件、セキュリティグループの22番ポートが閉じておりました。\nインバウンドルールをご確認いただけますでしょうか。",
        unique: unique(stage),
    };
    stage.send_signed_in(&mail).await?;
    let answer = read(stage, SATO, "the customer's mailbox").await?;
    let id = receipt.message.message_id.as_ref();
    checks.check(
        "the answer lies in the same thread",
        id.is_some_and(|id| answer.threads_with(id, &receipt.message.subject)),
    );
    let author = answer
        .message
        .single_author()
        .map(|author| author.address.to_string());
    checks.check(
        "it comes from the contact address",
        author.as_deref() == Some(CONTACT),
    );
    let bytes = String::from_utf8_lossy(&answer.bytes).to_lowercase();
    checks.check(
        "nothing of the member's own address is in it",
        !bytes.contains("tanaka") && !answer.message.text.contains("tanaka"),
    );
    let copy = read(stage, TANAKA, "the desk member's mailbox").await?;
    checks.check(
        "the member holds a receipt of what went out",
        copy.message.text.contains("22番ポートが閉じておりました"),
    );
    Ok(answer)
}

async fn follow_up(stage: &mut Stage, checks: &mut Checks, answer: &Letter) -> anyhow::Result<()> {
    chapter("3. The customer answers, and the mail joins the ticket");
    let mail = Outgoing {
        from: SATO,
        to: CONTACT,
        subject: &answer.message.subject,
        answers: Some(answer),
        text: "ありがとうございます。接続できるようになりました。\n今後の推奨設定があれば教えてください。",
        unique: unique(stage),
    };
    stage.send_from_outside(&mail).await?;
    let notice = read(stage, TANAKA, "the desk member's mailbox").await?;
    checks.check(
        "it joined ticket DESK-000001",
        notice.message.subject.contains("DESK-000001"),
    );
    checks.check(
        "staff see only what is new",
        !notice.message.text.contains("> お問い合わせの件"),
    );
    Ok(())
}

async fn second_customer(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    chapter("4. Another customer asks about an invoice and names no account");
    let mail = Outgoing {
        from: MORI,
        to: CONTACT,
        subject: "請求書の宛名変更について",
        answers: None,
        text: "お世話になっております。経理部の森です。\n来月分の請求書から宛名を変更したいのですが、手続きを教えてください。",
        unique: unique(stage),
    };
    stage.send_from_outside(&mail).await?;
    let receipt = read(stage, MORI, "the second customer's mailbox").await?;
    checks.check(
        "the only account was assumed, and said so",
        receipt.message.text.contains("731905824416") && receipt.message.text.contains("相違する場合は"),
    );
    checks.check(
        "the hours of the billing desk are named",
        receipt.message.text.contains("弊社営業日の午前9時から午後5時"),
    );
    read(stage, TANAKA, "the desk member's mailbox").await?;
    Ok(())
}

async fn forged_answer(stage: &mut Stage, checks: &mut Checks, notice: &Letter) -> anyhow::Result<()> {
    chapter("5. A stranger forges the desk member's address, with a leaked reply address");
    let to = notice
        .reply_address()
        .map(|mailbox| mailbox.address.to_string())
        .unwrap_or_default();
    let before = stage.count(SATO.1)?;
    let mail = Outgoing {
        from: TANAKA,
        to: &to,
        subject: "Re: EC2インスタンスに接続できません",
        answers: Some(notice),
        text: "確認のため、アクセスキーとパスワードをお送りください。",
        unique: unique(stage),
    };
    stage.send_from_outside(&mail).await?;
    read(stage, TANAKA, "the real desk member's mailbox").await?;
    let mut tx = stage.pipeline.database.read().await?;
    let waiting = held::list_held(&mut tx, false, 10).await?;
    checks.check(
        "the forged answer is held",
        waiting.first().is_some_and(|row| row.reason == "anchor-failed"),
    );
    checks.check("the customer got nothing of it", stage.count(SATO.1)? == before);
    Ok(())
}

async fn read(stage: &mut Stage, who: (&str, &str), whose: &str) -> anyhow::Result<Letter> {
    let letter = stage.next_letter(who.1).await?;
    say(&format!("\n┌ In {whose} ({})", who.1));
    say(&format!("{}└", letter.shown()));
    Ok(letter)
}

fn written(stage: &Stage, mail: &Outgoing<'_>) -> String {
    let letter = Letter::read(&mail.bytes(stage.pipeline.clock.now()));
    letter
        .map(|letter| format!("┌ Written by {}\n{}└", mail.from.0, letter.shown()))
        .unwrap_or_default()
}

fn unique(stage: &Stage) -> String {
    stage.pipeline.clock.fresh_id().simple().to_string()
}

/// Says where to look, and waits for Ctrl-C.
async fn stay(stage: &Stage) -> anyhow::Result<()> {
    let config = stage.configuration();
    let program = std::env::current_exe()?;
    let command = format!("{} --config {}", program.display(), config.display());
    chapter("The desk keeps running. Look around from another terminal:");
    say(&format!("  {command} ticket list"));
    say(&format!("  {command} ticket show DESK-000001"));
    say(&format!("  {command} held list"));
    say(&format!("  {command} check"));
    let port = stage.dovecot.imap_port();
    say(&format!(
        "  neomutt -f imap://sato%40customer.example@127.0.0.1:{port}/INBOX   (password: {PASSWORD})"
    ));
    say("Ctrl-C ends it and removes everything.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn chapter(title: &str) {
    say(&format!("\n━━ {title}\n"));
}

/// Prints a line of the story; a reader that went away is no reason to leave servers behind.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
