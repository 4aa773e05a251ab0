//! How fast mails are read: each stage on a mixed corpus, and parse and text together against bare `mailparse`
//! with its body decoding, on the same mails in the same run. The ratios at the end are what the project
//! promises: at least one half.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints its result and has no caller to tell"
)]

#[path = "load/everyday.rs"]
mod everyday;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use madoguchi::inquiry::screening::{OwnIdentity, screen};
use madoguchi::mail::InboundMessage;
use madoguchi::mail::parse::{count_parts, parse_mail, parse_text};
use madoguchi::mail::reply::separate;
use mailparse::ParsedMail;

/// Reads a mail; answers something that depends on all of it.
type Read = fn(&[u8]) -> usize;

/// How long each side of a ratio is measured.
const MEASURED: Duration = Duration::from_millis(1_500);

/// Mails of one kind and size.
struct Class {
    name: &'static str,
    mails: Vec<Vec<u8>>,
}

/// The fixtures, told apart by whether their text has to be made of HTML, and mails of everyday make.
fn corpus() -> Vec<Class> {
    let mails = fixtures();
    let (html, plain) = mails.into_iter().partition(|raw| {
        parse_mail(raw).is_ok_and(|mail| mail.text_source == madoguchi::mail::TextSource::Html)
    });
    let class = |name, mails| Class { name, mails };
    vec![
        class("fixtures", plain),
        class("fixtures-html-only", html),
        class("text-2-to-10-kB", everyday::texts()),
        class("html-20-to-80-kB", everyday::alternatives()),
        class("attachments-to-1-MB", everyday::attachments()),
        class("threads", everyday::threads()),
    ]
}

fn fixtures() -> Vec<Vec<u8>> {
    let folders = ["inquiries", "malformed", "replies", "automatic", "bounces"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail");
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("the fixtures are there"));
    let mails = files.flatten().map(|entry| entry.path());
    mails
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| std::fs::read(path).expect("a fixture can be read"))
        .collect()
}

fn bare(raw: &[u8]) -> usize {
    fn bodies(part: &ParsedMail<'_>) -> usize {
        let own = part.get_body().map_or(0, |body| body.len());
        own + part.subparts.iter().map(bodies).sum::<usize>()
    }
    mailparse::parse_mail(raw).map_or(0, |mail| bodies(&mail))
}

fn parsed(raw: &[u8]) -> usize {
    count_parts(raw).unwrap_or_default()
}

fn parsed_with_text(raw: &[u8]) -> usize {
    parse_text(raw).map_or(0, |text| text.len())
}

fn whole(raw: &[u8]) -> usize {
    parse_mail(raw).map_or(0, |mail| mail.text.len())
}

/// Seconds that one pass takes.
fn seconds_a_pass<T>(mails: &[T], read: impl Fn(&T) -> usize) -> f64 {
    let start = Instant::now();
    let mut passes = 0_u32;
    while start.elapsed() < MEASURED {
        for mail in mails {
            black_box(read(black_box(mail)));
        }
        passes += 1;
    }
    start.elapsed().as_secs_f64() / f64::from(passes)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Mails and octets a second of every stage on its own.
fn print_stages(mails: &[Vec<u8>]) {
    let read: Vec<InboundMessage> = mails.iter().filter_map(|raw| parse_mail(raw).ok()).collect();
    let own = OwnIdentity::default();
    let parse = seconds_a_pass(mails, |raw| parsed(raw));
    let stages = [
        ("parse", parse),
        ("text", seconds_a_pass(mails, |raw| parsed_with_text(raw)) - parse),
        (
            "visible reply",
            seconds_a_pass(&read, |mail| separate(&mail.text, None).pieces.len()),
        ),
        (
            "screening",
            seconds_a_pass(&read, |mail| screen(mail, &own).reasons.len()),
        ),
        ("whole reading", seconds_a_pass(mails, |raw| whole(raw))),
    ];
    let octets = mails.iter().map(Vec::len).sum::<usize>();
    println!("\n{} mails, {octets} octets", mails.len());
    for (stage, seconds) in stages {
        println!(
            "{stage:>20}: {:>9.0} mails/s {:>9.1} MB/s",
            number(mails.len()) / seconds,
            number(octets) / seconds / 1e6,
        );
    }
}

/// Parse and text together against bare `mailparse`, for each class and for all mails.
fn print_ratios(classes: &[Class]) {
    println!("\nparse and text, as a ratio to the speed of bare mailparse");
    let (mut all_own, mut all_bare) = (0.0, 0.0);
    for class in classes {
        let own = seconds_a_pass(&class.mails, |raw| parsed_with_text(raw));
        let bare = seconds_a_pass(&class.mails, |raw| bare(raw));
        println!(
            "{:>20}: {:>9.2} ({} mails)",
            class.name,
            bare / own,
            class.mails.len()
        );
        all_own += own;
        all_bare += bare;
    }
    println!("{:>20}: {:>9.2}", "all", all_bare / all_own);
}

fn main() {
    let classes = corpus();
    let mails: Vec<Vec<u8>> = classes.iter().flat_map(|class| class.mails.clone()).collect();
    let octets = mails.iter().map(Vec::len).sum::<usize>();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(u64::try_from(octets).unwrap_or(u64::MAX)));
    let sides: [(&str, Read); 4] = [
        ("parse", parsed),
        ("parse-and-text", parsed_with_text),
        ("whole-reading", whole),
        ("bare-mailparse", bare),
    ];
    for (name, read) in sides {
        group.bench_function(name, |bencher| {
            bencher.iter(|| mails.iter().map(|mail| read(black_box(mail))).sum::<usize>());
        });
    }
    group.finish();
    criterion.final_summary();
    print_stages(&mails);
    print_ratios(&classes);
}
