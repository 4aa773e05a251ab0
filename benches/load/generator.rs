//! A realistic mix of inquiries: in come a seed and a number, out come mails, the same ones for the same seed.
//!
//! Of every twenty mails twelve are plain UTF-8 (four each in base64, 8bit and quoted-printable), three plain
//! ISO-2022-JP, three have text and HTML, and two carry a picture of 100,000 bytes. Each comes from one of
//! [`CUSTOMERS`] registered customers and names that customer's account ID.

use super::encodings::{Charset, base64_lines, encoded_words, quoted_printable};

/// How many customers write, each from a domain of its own: more than mails, since an address that writes again
/// at once is acknowledged later or not at all (SPEC §5).
pub(crate) const CUSTOMERS: usize = 2_000;

/// Size of an attached picture in bytes, before base64.
const PICTURE_BYTES: usize = 100_000;

const SERVICES: [&str; 10] = [
    "EC2",
    "S3",
    "RDS",
    "Lambda",
    "CloudFront",
    "Route 53",
    "VPC",
    "IAM",
    "EKS",
    "DynamoDB",
];

const TOPICS: [&str; 8] = [
    "へ接続できなくなりました",
    "の設定を教えてください",
    "の上限を引き上げたい",
    "の応答が遅くなっています",
    "の権限エラーについて",
    "の料金の内訳について",
    "を別のリージョンへ移したい",
    "のバックアップから戻せません",
];

const SENTENCES: [&str; 12] = [
    "お世話になっております。",
    "今朝九時ごろから同じ現象が続いています。",
    "昨夜の作業では構成を変えていません。",
    "画面には「Access Denied」と出ます。",
    "東京リージョンの二つのゾーンで使っています。",
    "再起動をしても直りませんでした。",
    "社内の別の端末からも試しましたが同じ結果です。",
    "業務に影響が出ていますので、早めのご回答をお願いします。",
    "必要な情報があればお知らせください。",
    "監視の記録を見るかぎり、負荷は高くありません。",
    "手順書のとおりに操作しました。",
    "来週の切り替えまでに解決したいと考えています。",
];

/// A customer as the registry must know it before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Customer {
    /// The customer's mail domain.
    pub(crate) domain: String,
    /// The address its inquiries come from.
    pub(crate) contact: String,
    /// Its AWS account ID: twelve digits.
    pub(crate) account_id: String,
}

impl Customer {
    /// Customer `number`; those from [`CUSTOMERS`] on never write.
    pub(crate) fn numbered(number: usize) -> Self {
        let domain = format!("c{number:03}.customer.example");
        let contact = format!("tanto@{domain}");
        // A prime step scatters the IDs, so that no two differ in the last digit only.
        let account_id = format!(
            "{:012}",
            (210_000_000_019 + number * 1_299_709_001) % 1_000_000_000_000
        );
        Self {
            domain,
            contact,
            account_id,
        }
    }
}

/// All customers that write.
pub(crate) fn customers() -> impl Iterator<Item = Customer> {
    (0..CUSTOMERS).map(Customer::numbered)
}

/// `count` inquiries to `contact_address`, dated one second apart: whole mails with CRLF line ends.
pub(crate) fn inquiries(count: usize, seed: u64, contact_address: &str) -> impl Iterator<Item = Vec<u8>> {
    let mut chance = Chance(seed);
    (0..count).map(move |number| inquiry(number, seed, contact_address, &mut chance))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Base64,
    EightBit,
    QuotedPrintable,
    Jis,
    Alternative,
    Picture,
}

impl Shape {
    /// The shape of mail `number`. Seven and twenty have no common divisor: each twenty mails hold the exact mix,
    /// and like shapes do not follow each other.
    fn of(number: usize) -> Self {
        match number * 7 % 20 {
            0..4 => Self::Base64,
            4..8 => Self::EightBit,
            8..12 => Self::QuotedPrintable,
            12..15 => Self::Jis,
            15..18 => Self::Alternative,
            _ => Self::Picture,
        }
    }
}

fn inquiry(number: usize, seed: u64, contact_address: &str, chance: &mut Chance) -> Vec<u8> {
    // In turn, so that nobody writes often enough to reach a budget of acknowledgements.
    let customer = Customer::numbered(number % CUSTOMERS);
    let shape = Shape::of(number);
    let charset = if shape == Shape::Jis {
        Charset::Iso2022Jp
    } else {
        Charset::Utf8
    };
    let message_id = format!("<{seed:x}.{number}@{}>", customer.domain);
    let subject = format!(
        "【{}】{}（{number:06}）",
        chance.pick(&SERVICES),
        chance.pick(&TOPICS)
    );
    let text = text(&customer, chance);
    let mut bytes = format!(
        "Return-Path: <{contact}>\r\n\
         Received: from mail.{domain} by mx.desk.example with ESMTP id {number:08X}; {date}\r\n\
         Date: {date}\r\n\
         From: {name} <{contact}>\r\n\
         To: {contact_address}\r\n\
         Message-ID: {message_id}\r\n\
         Subject: {subject}\r\n\
         MIME-Version: 1.0\r\n",
        contact = customer.contact,
        domain = customer.domain,
        date = date(number),
        name = encoded_words(charset, "担当 花子"),
        subject = encoded_words(charset, &subject),
    )
    .into_bytes();
    bytes.extend(content(shape, &text, number, chance));
    bytes
}

/// A text of six to fifteen sentences with the account ID and a signature, CRLF line ends.
fn text(customer: &Customer, chance: &mut Chance) -> String {
    let mut text = "サポート窓口 御中\r\n\r\n".to_owned();
    for _sentence in 0..6 + chance.below(10) {
        text.push_str(chance.pick(&SENTENCES));
        text.push_str("\r\n");
    }
    text += "\r\nAWSアカウントID: ";
    text += &customer.account_id;
    text += "\r\n\r\n-- \r\n担当 花子\r\n";
    text += &customer.contact;
    text += "\r\n";
    text
}

/// The content headers, the empty line and the body.
fn content(shape: Shape, text: &str, number: usize, chance: &mut Chance) -> Vec<u8> {
    let plain = |charset: &str, transfer: &str, body: Vec<u8>| {
        let mut content = format!(
            "Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
        )
        .into_bytes();
        content.extend(body);
        content
    };
    match shape {
        Shape::Base64 => plain("UTF-8", "base64", base64_lines(text.as_bytes()).into_bytes()),
        Shape::EightBit => plain("UTF-8", "8bit", text.as_bytes().to_vec()),
        Shape::QuotedPrintable => plain("UTF-8", "quoted-printable", quoted_printable(text).into_bytes()),
        Shape::Jis => plain("ISO-2022-JP", "7bit", Charset::Iso2022Jp.encode(text)),
        Shape::Alternative => {
            let html = base64_lines(html(text).as_bytes());
            let part = format!(
                "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{html}"
            );
            multipart("alternative", text, &part, number)
        }
        Shape::Picture => {
            let part = format!(
                "Content-Type: image/png; name=\"screen.png\"\r\n\
                 Content-Disposition: attachment; filename=\"screen.png\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{}",
                base64_lines(&picture(chance))
            );
            multipart("mixed", text, &part, number)
        }
    }
}

fn multipart(kind: &str, text: &str, second_part: &str, number: usize) -> Vec<u8> {
    let boundary = format!("=_part_{number}");
    let first = base64_lines(text.as_bytes());
    format!(
        "Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{first}\r\n\
         --{boundary}\r\n{second_part}\r\n--{boundary}--\r\n"
    )
    .into_bytes()
}

fn html(text: &str) -> String {
    let paragraphs = text
        .lines()
        .fold(String::new(), |done, line| done + "<p>" + line + "</p>\r\n");
    format!("<html><head><meta charset=\"utf-8\"></head><body>\r\n{paragraphs}</body></html>\r\n")
}

/// Bytes that start like a PNG and compress as badly as one.
fn picture(chance: &mut Chance) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    while bytes.len() < PICTURE_BYTES {
        bytes.extend(chance.next().to_le_bytes());
    }
    bytes.truncate(PICTURE_BYTES);
    bytes
}

/// An RFC 5322 date, `number` seconds after nine o'clock on a working day; within that month.
fn date(number: usize) -> String {
    let (day, second) = (number / 36_000 % 20, number % 36_000);
    let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        .into_iter()
        .nth(day % 7)
        .unwrap_or("Mon");
    let (hour, minute) = (9 + second / 3600, second / 60 % 60);
    format!(
        "{weekday}, {:02} Jun 2026 {hour:02}:{minute:02}:{:02} +0900",
        1 + day,
        second % 60
    )
}

/// `SplitMix64`: a few lines, and the same numbers whatever becomes of any crate.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small enough for the remainder's unevenness not to matter.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = self.below(choices.len());
        choices.get(index).copied().unwrap_or_default()
    }
}
