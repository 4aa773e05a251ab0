//! How long the decision about one mail takes: account, category and flags, over realistic mails and over
//! ever longer ones (time must grow in step with length).

#![expect(clippy::expect_used, reason = "a bench may stop at a broken fixture")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use madoguchi::inquiry::account_ids::{Contracts, Place, Source, decide, find};
use madoguchi::inquiry::classification::{Inquiry, Labelled, Rules};
use madoguchi::registry::AccountId;

const MAILS: &str = include_str!("../fixtures/inquiries/heldout.jsonl");

fn own() -> Vec<AccountId> {
    let ids = ["583920471638", "027481936505"];
    ids.iter().filter_map(|id| AccountId::parse(id).ok()).collect()
}

fn decide_mail(rules: &Rules, own: &[AccountId], subject: &str, written: &str) {
    let sources = [
        Source {
            place: Place::Subject,
            text: subject,
        },
        Source {
            place: Place::Written,
            text: written,
        },
    ];
    black_box(decide(&find(&sources, own), Contracts { own, elsewhere: &[] }));
    black_box(rules.classify(&Inquiry {
        subject,
        written,
        ..Inquiry::default()
    }));
}

fn realistic(c: &mut Criterion) {
    let mails = Labelled::parse_lines(MAILS).expect("the fixture reads");
    let (rules, own) = (Rules::embedded(), own());
    let mut group = c.benchmark_group("deciding");
    group.throughput(Throughput::Elements(
        u64::try_from(mails.len()).unwrap_or(u64::MAX),
    ));
    group.bench_function("all held-out mails", |b| {
        b.iter(|| {
            for mail in &mails {
                decide_mail(rules, &own, &mail.subject, &mail.body);
            }
        });
    });
    group.finish();
}

fn ever_longer(c: &mut Criterion) {
    let paragraph = "いつもお世話になっております。株式会社カスタマーの佐藤です。\n\
        本日10時頃からアカウント583920471638のEC2(i-0abc1234def567890)に接続できません。\n\
        エラーは Connection timed out です。昨日までは正常でした。原因の調査をお願いいたします。\n";
    let (rules, own) = (Rules::embedded(), own());
    let mut group = c.benchmark_group("deciding by length");
    for times in [4, 16, 64, 256] {
        let text = paragraph.repeat(times);
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap_or(u64::MAX)));
        group.bench_with_input(BenchmarkId::from_parameter(text.len()), &text, |b, text| {
            b.iter(|| decide_mail(rules, &own, "EC2に接続できません", text));
        });
    }
    group.finish();
}

criterion_group!(benches, realistic, ever_longer);
criterion_main!(benches);
