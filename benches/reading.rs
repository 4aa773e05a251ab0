//! How fast mails are read: the reader with its text against bare `mailparse` with its body decoding, on the
//! same mails in the same run. The ratio at the end is what the project promises: at least one half.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints its result and has no caller to tell"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use madoguchi::mail::parse::parse_mail;
use mailparse::ParsedMail;

/// Reads a mail; answers something that depends on all of it.
type Read = fn(&[u8]) -> usize;

/// How long each side of the ratio is measured.
const MEASURED: Duration = Duration::from_secs(3);

/// The fixtures, and mails of everyday make and size: with the trace of their way, histories, HTML beside the
/// text, and attachments.
fn corpus() -> Vec<Vec<u8>> {
    let mut mails = Vec::new();
    for folder in ["inquiries", "malformed"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/mail")
            .join(folder);
        for entry in std::fs::read_dir(folder)
            .expect("the fixtures are there")
            .flatten()
        {
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "eml")
            {
                mails.push(std::fs::read(entry.path()).expect("a fixture can be read"));
            }
        }
    }
    for lines in [10, 20, 40, 80, 160, 320] {
        mails.extend([plain(lines), alternative(lines), with_attachment(lines)]);
    }
    mails
}

/// A header such as a mail has after three servers, with its signatures.
fn head(content_type: &str) -> String {
    let mut head = String::new();
    for hop in 1..=4 {
        head.extend([
            "Received: from mx",
            &hop.to_string(),
            ".customer.example (mx.customer.example [192.0.2.7])\r\n",
        ]);
        head.push_str("\tby mail.desk.example (Postfix) with ESMTPS id 4F2B01C0D3\r\n");
        head.push_str("\tfor <contact@desk.example>; Wed, 25 Nov 2026 09:05:01 +0900 (JST)\r\n");
    }
    for name in ["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "X-Scanned"] {
        head.extend([
            name,
            ": v=1; a=rsa-sha256; d=customer.example; s=selector1; h=from:to:subject:date;\r\n",
        ]);
        head.push_str(
            &"\tbh=47DEQpj8HBSaTImW5JCeuQeRkm5NMpJWZG3hSuFU47DEQpj8HBSaTImW5JCeuQeRkm5NM\r\n".repeat(6),
        );
    }
    head.push_str("From: =?UTF-8?B?5L2Q6JekIOWBpeS4gA==?= <sato@customer.example>\r\n");
    head.push_str("To: contact@desk.example\r\nSubject: =?UTF-8?B?5o6l57aa44Gn44GN44G+44Gb44KT?=\r\n");
    head.push_str("Date: Wed, 25 Nov 2026 09:05:00 +0900\r\nMessage-ID: <20261125.1@customer.example>\r\n");
    head.extend(["MIME-Version: 1.0\r\nContent-Type: ", content_type, "\r\n"]);
    head
}

fn history(lines: usize) -> String {
    "> 本日の作業について、以下のとおりご報告いたします。\r\n".repeat(lines)
}

fn plain(lines: usize) -> Vec<u8> {
    let head = format!("{}\r\n", head("text/plain; charset=ISO-2022-JP"));
    [
        head.as_bytes(),
        &encoding_rs::ISO_2022_JP.encode(&history(lines)).0,
    ]
    .concat()
}

fn base64(octets: &[u8]) -> String {
    let encoded = data_encoding::BASE64.encode(octets);
    let mut wrapped = String::new();
    for line in encoded.as_bytes().chunks(76) {
        wrapped.extend([&String::from_utf8_lossy(line), "\r\n"]);
    }
    wrapped
}

fn alternative(lines: usize) -> Vec<u8> {
    let html = history(lines).replace("\r\n", "</p>\r\n<p class=\"MsoNormal\" style=\"margin:0\">");
    format!(
        "{}\r\n--b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b\r\n\
         Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
        head("multipart/alternative; boundary=b"),
        base64(history(lines).as_bytes()),
        base64(html.as_bytes()),
    )
    .into_bytes()
}

fn with_attachment(lines: usize) -> Vec<u8> {
    format!(
        "{}\r\n--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{}--b\r\nContent-Type: image/png; \
         name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
        head("multipart/mixed; boundary=b"),
        history(lines),
        base64(&vec![0xA5; lines * 1_000]),
    )
    .into_bytes()
}

fn bare(raw: &[u8]) -> usize {
    fn bodies(part: &ParsedMail<'_>) -> usize {
        let own = part.get_body().map_or(0, |body| body.len());
        own + part.subparts.iter().map(bodies).sum::<usize>()
    }
    mailparse::parse_mail(raw).map_or(0, |mail| bodies(&mail))
}

fn own(raw: &[u8]) -> usize {
    parse_mail(raw).map_or(0, |mail| mail.text.len())
}

/// Seconds that one pass over the corpus takes.
fn seconds_a_pass(mails: &[Vec<u8>], read: Read) -> f64 {
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

fn main() {
    let mails = corpus();
    let octets = mails.iter().map(Vec::len).sum::<usize>();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(u64::try_from(octets).unwrap_or(u64::MAX)));
    let sides: [(&str, Read); 2] = [("parse-and-text", own), ("bare-mailparse", bare)];
    for (name, read) in sides {
        group.bench_function(name, |bencher| {
            bencher.iter(|| mails.iter().map(|mail| read(black_box(mail))).sum::<usize>());
        });
    }
    group.finish();
    let (own_seconds, bare_seconds) = (seconds_a_pass(&mails, own), seconds_a_pass(&mails, bare));
    println!(
        "{} mails, {octets} octets: {:.0} mails/s, {:.2} of the speed of bare mailparse",
        mails.len(),
        f64::from(u32::try_from(mails.len()).unwrap_or(u32::MAX)) / own_seconds,
        bare_seconds / own_seconds,
    );
    criterion.final_summary();
}
