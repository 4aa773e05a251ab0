//! Mails of everyday make and size for the bench of reading: with the trace of their way, histories, HTML beside
//! the text, and attachments.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};

/// What people write to a desk, over and over.
const SENTENCES: &[&str] = &[
    "お世話になっております。株式会社サンプルの佐藤です。",
    "本日10時頃から東京リージョンのEC2インスタンスに接続できません。",
    "セキュリティグループの設定は変更しておりません。",
    "The instance does not answer to SSH since this morning.",
    "エラー: Connection timed out (port 22)",
    "CloudWatch のメトリクスには異常が見当たりません。",
    "ご確認のほど、よろしくお願いいたします。",
];

/// A header such as a mail has after three servers, with its signatures.
fn head(content_type: &str, encoding: &str) -> String {
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
    head.extend(["Content-Transfer-Encoding: ", encoding, "\r\n\r\n"]);
    head
}

fn lines(count: usize, quote: &str) -> String {
    SENTENCES
        .iter()
        .cycle()
        .take(count)
        .flat_map(|line| [quote, line, "\r\n"])
        .collect()
}

fn base64(octets: &[u8]) -> String {
    let encoded = data_encoding::BASE64.encode(octets);
    let mut wrapped = String::with_capacity(encoded.len() + encoded.len() / 38);
    for line in encoded.as_bytes().chunks(76) {
        wrapped.extend([&String::from_utf8_lossy(line), "\r\n"]);
    }
    wrapped
}

/// Japanese texts of 2 to 10 kB in the charsets in use.
pub(crate) fn texts() -> Vec<Vec<u8>> {
    let charsets: [&'static Encoding; 4] = [ISO_2022_JP, UTF_8, SHIFT_JIS, EUC_JP];
    let mut mails = Vec::new();
    for count in [25, 50, 80, 120] {
        for charset in charsets {
            let kind = format!("text/plain; charset={}", charset.name());
            mails.push(
                [
                    head(&kind, "8bit").as_bytes(),
                    &charset.encode(&lines(count, "")).0,
                ]
                .concat(),
            );
        }
        let kind = "text/plain; charset=UTF-8";
        mails.push((head(kind, "base64") + &base64(lines(count, "").as_bytes())).into_bytes());
    }
    mails
}

/// HTML of 20 to 80 kB beside its text.
pub(crate) fn alternatives() -> Vec<Vec<u8>> {
    let mail = |count: usize| {
        let paragraph = "</p>\r\n<p class=\"MsoNormal\" style=\"margin:0mm;font-size:10.5pt\">";
        let html = format!("<html><body>{}</body></html>", lines(count, paragraph));
        let part = |kind: &str, contents: &str| {
            format!(
                "--b\r\nContent-Type: {kind}; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                base64(contents.as_bytes())
            )
        };
        let parts = part("text/plain", &lines(count, "")) + &part("text/html", &html);
        format!(
            "{}{parts}--b--\r\n",
            head("multipart/alternative; boundary=b", "7bit")
        )
    };
    [120, 250, 400].map(|count| mail(count).into_bytes()).into()
}

/// Text with a file of 200 kB to 1 MB.
pub(crate) fn attachments() -> Vec<Vec<u8>> {
    let mail = |size: usize| {
        format!(
            "{}--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{}--b\r\nContent-Type: image/png; \
             name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
            head("multipart/mixed; boundary=b", "8bit"),
            lines(20, ""),
            base64(&vec![0xA5; size]),
        )
    };
    [200_000, 500_000, 1_000_000]
        .map(|size| mail(size).into_bytes())
        .into()
}

/// Answers above five to forty quoted answers.
pub(crate) fn threads() -> Vec<Vec<u8>> {
    let mail = |rounds: usize| {
        let mut text = lines(6, "");
        for round in 1..rounds {
            text.push_str("2026年11月25日(水) 10:00 佐藤 健一 <sato@customer.example>:\r\n");
            text.push_str(&lines(8, &"> ".repeat(round)));
        }
        head("text/plain; charset=UTF-8", "8bit") + &text
    };
    [5, 15, 40].map(|rounds| mail(rounds).into_bytes()).into()
}
