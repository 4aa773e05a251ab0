//! `madoguchi inspect` as a support engineer sees it.

use std::process::Command;

use insta::assert_snapshot;

/// What the program prints of one mail.
fn inspected(name: &str, raw: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), raw).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .current_dir(folder.path())
        .arg("inspect")
        .args(arguments)
        .arg(name)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn mail(subject: &str, body: &str) -> String {
    format!(
        "From: 佐藤 <sato@customer.example>\nTo: aws_tec@desk.example\nSubject: {subject}\n\
         Date: Wed, 4 Mar 2026 10:00:00 +0900\nMessage-ID: <1@customer.example>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{body}"
    )
}

#[test]
fn the_decision_stands_under_the_words_that_made_it() {
    let raw = mail(
        "【至急】ＥＣ２に接続できません",
        "お世話になっております。佐藤です。\n\n対象アカウント：４８０９-１３３７-２２６５（本番）のEC2に、今朝から接続できません。\n\
         発生時刻は 202603041000 です。原因の調査をお願いします。\n\n\
         2026年3月3日(火) 18:00 AWSサポート窓口 <aws_tec@desk.example>:\n> アカウントID 046425940015 について承りました。\n\n\
         -- \n佐藤 太郎\n株式会社サンプル\n",
    );
    assert_snapshot!(inspected("outage.eml", &raw, &["--contracted", "480913372265,046425940015"]), @"
    ── outage.eml
    From        佐藤 <sato@customer.example>
    To          aws_tec@desk.example
    Subject     【至急】ＥＣ２に接続できません
                  ^^^^ urgent-claim (flag-urgent)
    Date        2026-03-04T10:00:00+09:00
    Message-ID  <1@customer.example>
    Text from   plain, utf-8

    Screening   person, may be answered
    Account     resolved 480913372265 (account-named)
    Category    diagnosis (99 % sure)
                points: diagnosis 12.7, account-billing -2.2, restriction -3.4, technical -7.0; rules 2026-03
    Flags       urgent-claim
    Severity    urgent is proposed

    Folded      q quote, s signature
      │ お世話になっております。佐藤です。
      │
      │ 対象アカウント：４８０９-１３３７-２２６５（本番）のEC2に、今朝から接続でき
      │                 ~~~~~~~~~~~~~~~~~~~~~~~~~~ account 480913372265 (label 90, contracted)
      │                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      │                                                            ^^^^^^^^^^^^^^^^
      │                                                            ^^^^ learned-words
      │                                                                        ^^^^
      │ ません。
      │ ^^^^^^ severity-production-down
      │ ^^^^^^ diagnosis-since
      │ ^^^^^^ diagnosis-symptom
      │ 発生時刻は 202603041000 です。原因の調査をお願いします。
      │            ~~~~~~~~~~~~ no account: timestamp
      │                               ^^^^ diagnosis-investigate
    q │ 2026年3月3日(火) 18:00 AWSサポート窓口 <aws_tec@desk.example>:
    q │ > アカウントID 046425940015 について承りました。
    q │                ~~~~~~~~~~~~ account 046425940015 (label 45, contracted)
    s │ --
    s │ 佐藤 太郎
    s │ 株式会社サンプル
    ");
}

#[test]
fn secrets_are_covered_and_nothing_speaks_to_the_terminal() {
    let raw = mail(
        "キーの件\u{1b}[2J",
        "EC2に入れたNginxの設定とControl Towerについて教えてください。\u{1b}]0;x\u{7}\n\
         キーは AKIAEXAMPLEEXAMPLE00 です。\nマイナンバー：１２３４ ５６７８ ９０１８\n\u{202e}fdp.exe\n",
    );
    let shown = inspected("secrets.eml", &raw, &[]);
    assert!(
        !shown.contains(|c: char| c.is_control() && c != '\n'),
        "{shown:?}"
    );
    assert!(!shown.contains("AKIA") && !shown.contains('８'), "{shown}");
    assert_snapshot!(shown, @"
    ── secrets.eml
    From        佐藤 <sato@customer.example>
    To          aws_tec@desk.example
    Subject     キーの件[2J
    Date        2026-03-04T10:00:00+09:00
    Message-ID  <1@customer.example>
    Text from   plain, utf-8

    Screening   person, may be answered
    Account     none (no-account-found)
    Category    technical (96 % sure)
                points: technical 4.0, account-billing 0.2, restriction -1.6, diagnosis -2.9; rules 2026-03
    Flags       oos-third-party, secret-in-mail
    Restricted  AWS Control Tower (Example; the contract's list decides., an unconfirmed example list)
    Prepared    decline-third-party
    Secrets     access-key-id, my-number (covered below)

      │ EC2に入れたNginxの設定とControl Towerについて教えてください。]0;x
      │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ technical-service-question
      │ ^^^ technical-residual  ^^^^^^^^^^^^^ restricted list: AWS Control Tower
      │    ^^^^^^^^ learned-words
      │            ^^^^^ oos-third-party (flag-third-party)
      │ キーは ******************** です。
      │        !!!!!!!!!!!!!!!!!!!! secret: access-key-id
      │ マイナンバー：＊＊＊＊ ＊＊＊＊ ＊＊＊＊
      │               ~~~~~~~~~~~~~~~~~~~~~~~~~~ no account: my-number
      │               !!!!!!!!!!!!!!!!!!!!!!!!!! secret: my-number
      │ fdp.exe
    ");
}

#[test]
fn a_bounce_tells_whom_it_is_about() {
    let raw = "From: MAILER-DAEMON@mx.customer.example\nTo: aws_tec@desk.example\nSubject: Undelivered Mail Returned to Sender\n\
        Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\
        --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.example\n\n\
        Final-Recipient: rfc822; sato@customer.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\
        --b--\n";
    assert_snapshot!(inspected("bounce.eml", raw, &[]), @"
    ── bounce.eml
    From        MAILER-DAEMON@mx.customer.example
    To          aws_tec@desk.example
    Subject     Undelivered Mail Returned to Sender
    Text from   plain, us-ascii

    Screening   bounce, is not answered
                R1 delivery-report (sato@customer.example)
                R3 auto-submitted (auto-replied)
                R7 role-sender (MAILER-DAEMON@mx.customer.example)
                R9 subject-of-delivery (Undelivered Mail Returned to Sender)
    Bounced     sato@customer.example failed 5.1.1
                550 5.1.1 no such user
    Account     none (no-account-found)
    Category    needs-triage (best guess diagnosis, 85 % sure)
                points: diagnosis 2.2, restriction 0.3, account-billing 0.2, technical -0.4; rules 2026-03

      │ Your mail could not be delivered.
      │           ^^^^^^^^^ diagnosis-symptom-english
      │                 ^^^ learned-words
    ");
}
