use madoguchi::mail::bounce::*;
use madoguchi::mail::reply::separate;
use madoguchi::mail::{EmailAddress, Header};
use std::time::Instant;
#[test]
fn probe() {
    let seeds: Vec<(&str, &str)> = vec![
        ("field", "差出人: a\n"),
        ("on", "On 2026/3/2 10:00 x\n"),
        ("quote", "> 引用\n\nabc\n"),
        ("rule", "____\n"),
        ("longa", "a"),
        ("longgt", ">"),
        ("longlt", "<"),
        ("orig", "-----Original Message-----\n"),
        ("sig", "株式会社 TEL 03-0000-0000\n"),
        ("date", "2026年3月2日 10:00 <a@b\n"),
        ("attrq", "田中さんは書きました:\n> x\n"),
        ("colon", "田中さん は a:\n"),
        ("jp", "お世話になっております。カスタマーの佐藤です。\n"),
        (
            "en",
            "The quick brown fox jumps over the lazy dog and then some.\n",
        ),
        ("attr", "2026年3月2日(月) 10:12 佐藤 <a@b.example>:\n"),
        ("wide", "ＡＢＣ："),
        ("disc", "本メールは、誤って受信した場合は破棄してください。"),
        ("log", "> 2026-03-02 [x] y\n"),
        ("blank", "\n"),
        ("mail", "from: a@b.example\nsent: 2026\n\n"),
    ];
    for (name, seed) in seeds {
        for n in [500_000usize, 1_000_000] {
            let text = seed.repeat(n / seed.len());
            let t = Instant::now();
            let r = separate(&text, None);
            println!("{name} {n} {:?} pieces {}", t.elapsed(), r.pieces.len());
        }
    }
    let htmls = [
        "<div class=\"gmail_quote\">",
        "<!--",
        "&#",
        "<style",
        "<blockquote type=\"cite\">x",
        "<p>お世話に",
    ];
    for seed in htmls {
        for n in [500_000usize, 1_000_000] {
            let html = seed.repeat(n / seed.len());
            let text = "お世話になっております\n".repeat(20000);
            let t = Instant::now();
            separate(&text, Some(&html));
            println!("html {seed} {n} {:?}", t.elapsed());
        }
    }
    let from = EmailAddress::parse("mailer-daemon@x.example").unwrap();
    for n in [20_000usize, 40_000] {
        for kind in 0..4 {
            let text: String = (0..n)
                .map(|i| match kind {
                    0 => format!("<a{i}@x.example>:\n"),
                    1 => format!("deliver to x y z {i}\n"),
                    2 => format!("Final-Recipient: rfc822; a{i}@x.example\n"),
                    _ => format!("x: {i}\n  y\n"),
                })
                .collect();
            let t = Instant::now();
            let h = [
                Header {
                    name: "Return-Path".into(),
                    value: "<>".into(),
                },
                Header {
                    name: "Content-Type".into(),
                    value: "multipart/report; report-type=delivery-status".into(),
                },
            ];
            let parts = [ReportPart {
                media_type: "message/delivery-status",
                text: &text,
            }];
            let r = find_report(&ReportSource {
                headers: &h,
                subject: "x",
                from: Some(&from),
                text: &text,
                parts: if kind > 1 { &parts } else { &[] },
            });
            println!("bounce {kind} {n} {:?} {}", t.elapsed(), r.is_some());
        }
    }
}
