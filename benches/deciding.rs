//! How long the decision on one mail takes with its situation given: screening, thread, account, category and
//! flags, clock. Measured over labelled inquiries as people send them (salutation, signature, every fourth with
//! the history of its thread, every tenth with a pasted log) and over ever longer mails. At the end stand the
//! mean for one mail, which the project promises to be under 300 µs, and the time for a byte at 1, 10 and 100
//! times the length, which must stay level.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench may stop at a broken fixture, prints its result and has no caller to tell"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use criterion::{BenchmarkId, Criterion, Throughput};
use madoguchi::authentication::{AnchorVerdict, Authentication, SenderVerdict};
use madoguchi::calendar::Calendar;
use madoguchi::inquiry::account_ids::{self, Findings};
use madoguchi::inquiry::classification::{Labelled, Rules};
use madoguchi::inquiry::duty_roster::DutyRoster;
use madoguchi::inquiry::response_clock::ResponsePolicy;
use madoguchi::inquiry::restricted_services::RestrictedServices;
use madoguchi::inquiry::{
    Budget, Intake, KnownContact, Policy, Situation, SpeakingFacts, Spent, StaffStanding, decide, sources,
};
use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::{EmailAddress, InboundMessage};
use madoguchi::registry::{Account, AccountId, AccountScope, AnswerMode, Contact, Customer, Reach};
use madoguchi::ticket::Language;

const MAILS: &str = include_str!("../fixtures/inquiries/heldout.jsonl");

const GREETING: &str = "窓口ご担当者様\n\nいつも大変お世話になっております。\n株式会社カスタマー 情報システム部の佐藤でございます。\n\n";

const SIGNATURE: &str = "\n\nお忙しいところ恐れ入りますが、何卒よろしくお願い申し上げます。\n\n-- \n株式会社カスタマー\n\
    情報システム部 基盤グループ 佐藤 一郎\n〒100-0000 東京都千代田区例町1-2-3\nTEL 03-0000-1234 / FAX 03-0000-1235\n\
    E-mail sato@customer.example\n";

const HISTORY: &str = "\n2026年2月27日(金) 10:12 AWS窓口 <desk@desk.example>:\n> 株式会社カスタマー 佐藤様\n>\n\
    > お問い合わせありがとうございます。アカウント 583920471638 の件につきまして、下記のとおり回答いたします。\n\
    > セキュリティグループのインバウンドルールをご確認ください。変更後も改善しない場合はログをお送りください。\n>\n\
    > 2026年2月26日(木) 18:40 佐藤 <sato@customer.example>:\n>> EC2 に接続できません。原因の調査をお願いいたします。\n";

const LOG_LINE: &str = "2026-03-02T10:22:31.482Z ERROR [req-7f1c] i-0abc1234def567890 GET /health 503 upstream timed out (110: Connection timed out)\n";

/// How long each figure at the end is measured.
const MEASURED: Duration = Duration::from_secs(3);

fn mail(subject: &str, body: &str) -> InboundMessage {
    let raw = format!(
        "From: 佐藤 <sato@customer.example>\r\nTo: desk@desk.example\r\nSubject: {subject}\r\n\
         Date: Mon, 2 Mar 2026 10:30:00 +0900\r\nMessage-ID: <a1@customer.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        body.replace('\n', "\r\n")
    );
    parse_mail(raw.as_bytes()).expect("the mail reads")
}

/// The labelled inquiries as mails of everyday make.
fn everyday() -> Vec<InboundMessage> {
    let labelled = Labelled::parse_lines(MAILS).expect("the fixture reads");
    let mails = labelled.iter().enumerate().map(|(index, inquiry)| {
        let mut body = format!("{GREETING}{}", inquiry.body);
        if index % 10 == 5 {
            let _ = write!(body, "\n\n{}", LOG_LINE.repeat(20));
        }
        body.push_str(SIGNATURE);
        if index % 4 == 3 {
            body.push_str(HISTORY);
        }
        mail(&inquiry.subject, &body)
    });
    mails.collect()
}

/// A mail of that many different paragraphs.
fn long(paragraphs: usize) -> InboundMessage {
    let mut body = GREETING.to_owned();
    for number in 0..paragraphs {
        let _ = writeln!(
            body,
            "本日{}時頃からアカウント583920471638のEC2(i-0abc{number:012x})に接続できません。\n\
             エラーは Connection timed out です。昨日までは正常でした。伝票番号{number:012}の処理に影響があります。",
            number % 24
        );
    }
    mail("EC2に接続できません", &body)
}

fn own() -> Vec<AccountId> {
    let ids = ["583920471638", "027481936505"];
    ids.iter().filter_map(|id| AccountId::parse(id).ok()).collect()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn policy() -> Policy {
    Policy {
        contact: address("desk@desk.example"),
        own_addresses: [address("desk@desk.example")].into(),
        loop_mark: "0123456789abcdef".to_owned(),
        number_prefix: "DESK-".to_owned(),
        rules: Arc::new(Rules::embedded().clone()),
        restricted: Arc::new(RestrictedServices::embedded()),
        duty: DutyRoster::default(),
        calendar: Calendar::embedded(),
        response: ResponsePolicy::default(),
        budget: Budget {
            per_ten_minutes: 5,
            per_day: 20,
            per_domain_hour: 30,
            overall_per_hour: 300,
            unregistered_per_week: 1,
        },
    }
}

fn known_contact() -> KnownContact {
    let account = |account_id| Account {
        customer_id: "c1".to_owned(),
        account_id,
        label: "本番".to_owned(),
        starts: None,
        ends: None,
    };
    KnownContact {
        contact: Contact {
            customer_id: "c1".to_owned(),
            reach: Reach::Address(address("sato@customer.example")),
            person: "sato".to_owned(),
            person_name: "佐藤".to_owned(),
            department: String::new(),
            language: None,
            account_scope: AccountScope::All,
            web: true,
            valid_from: None,
            valid_to: None,
        },
        customer: Customer {
            id: "c1".to_owned(),
            name: "株式会社カスタマー".to_owned(),
            name_kana: String::new(),
            language: Language::Japanese,
            answer_mode: AnswerMode::Answer,
        },
        accounts: own().into_iter().map(account).collect(),
        dormant: Vec::new(),
    }
}

fn situation() -> Situation {
    Situation {
        now: DateTime::<Utc>::from_timestamp(1_772_415_000, 0).expect("an instant"),
        intake: Intake {
            whole: true,
            size: 4_000,
            arrived_at: DateTime::<Utc>::from_timestamp(1_772_415_000, 0).expect("an instant"),
            acknowledge: true,
            duplicate_of: None,
        },
        authentication: Authentication {
            sender: SenderVerdict::Verified,
            anchor: AnchorVerdict::Undetermined,
            confirmation: None,
            proofs: Vec::new(),
            token: None,
            token_attempted: false,
            own_message_id: false,
        },
        standing: StaffStanding::default(),
        contacts: vec![known_contact()],
        cc_contacts: Vec::new(),
        staff: None,
        answered: Vec::new(),
        by_token: None,
        by_number: None,
        beside: None,
        findings: Findings::default(),
        speaking: SpeakingFacts::default(),
        forwarded: None,
        automatic: Vec::new(),
        openings: Vec::new(),
        foreign_accounts: Vec::new(),
        spent: Spent::default(),
    }
}

/// What the pure core does for one mail, the search for accounts that the situation holds included.
fn whole(mail: &InboundMessage, situation: &mut Situation, policy: &Policy) {
    situation.findings = account_ids::find(&sources(mail), &own());
    black_box(decide(mail, situation, policy));
}

fn criterion_benches(c: &mut Criterion, mails: &[InboundMessage]) {
    let (mut situation, policy) = (situation(), policy());
    let mut group = c.benchmark_group("deciding");
    group.throughput(Throughput::Elements(
        u64::try_from(mails.len()).unwrap_or(u64::MAX),
    ));
    group.bench_function("everyday mails", |b| {
        b.iter(|| mails.iter().for_each(|mail| whole(mail, &mut situation, &policy)));
    });
    group.finish();
    let mut group = c.benchmark_group("deciding by length");
    for paragraphs in [4, 40, 400] {
        let mail = long(paragraphs);
        group.throughput(Throughput::Bytes(
            u64::try_from(mail.text.len()).unwrap_or(u64::MAX),
        ));
        group.bench_with_input(BenchmarkId::from_parameter(mail.text.len()), &mail, |b, mail| {
            b.iter(|| whole(mail, &mut situation, &policy));
        });
    }
    group.finish();
}

/// Mean time of one call, in microseconds.
fn mean_micros(mut call: impl FnMut()) -> f64 {
    let started = Instant::now();
    let mut calls = 0_u32;
    while started.elapsed() < MEASURED {
        call();
        calls += 1;
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(calls.max(1))
}

fn kilobytes(mails: &[InboundMessage]) -> f64 {
    let bytes: usize = mails.iter().map(|mail| mail.text.len()).sum();
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1_000.0
}

fn print_figures(mails: &[InboundMessage]) {
    let (mut situation, policy) = (situation(), policy());
    let count = f64::from(u32::try_from(mails.len()).unwrap_or(u32::MAX));
    let all = mean_micros(|| mails.iter().for_each(|mail| whole(mail, &mut situation, &policy)));
    println!(
        "mean for one mail: {:.0} µs over {count} mails of {:.1} kB on average",
        all / count,
        kilobytes(mails) / count
    );
    let mut first = None;
    for paragraphs in [4, 40, 400] {
        let mail = [long(paragraphs)];
        let per_byte = mean_micros(|| mail.iter().for_each(|mail| whole(mail, &mut situation, &policy)))
            / kilobytes(&mail);
        let base = *first.get_or_insert(per_byte);
        println!(
            "{:>7.1} kB: {per_byte:.1} µs a kB, {:.2} times the shortest",
            kilobytes(&mail),
            per_byte / base
        );
    }
}

fn main() {
    let mails = everyday();
    let mut criterion = Criterion::default().configure_from_args();
    criterion_benches(&mut criterion, &mails);
    criterion.final_summary();
    print_figures(&mails);
}
