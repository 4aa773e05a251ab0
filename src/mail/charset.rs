//! Bytes to text, whatever the label says. Comes in: octets and the charset a mail claims. Goes out: the text
//! and the decoder that was used, so that a person can see it and choose another one.
//!
//! Order (SPEC §4): the claimed charset through an alias table; byte order mark; escape sequences; valid
//! UTF-8; then CP932 against EUC-JP by how Japanese the result is; CP932 with replacement at the end. A claim
//! that produces damage loses against a guess that does not.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, GB18030, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{dos, hz, iso2022, sniff, utf7};

/// Names that mailers use and the WHATWG label table lacks. A label is folded before: lower case, `_` as `-`.
const ALIASES: &[(&str, Decoder)] = &[
    ("us-ascii", Decoder::Ascii),
    ("ascii", Decoder::Ascii),
    ("ansi-x3.4-1968", Decoder::Ascii),
    ("646", Decoder::Ascii),
    ("cp932", Decoder::Table(SHIFT_JIS)),
    ("ibm943", Decoder::Table(SHIFT_JIS)),
    ("ibm-943", Decoder::Table(SHIFT_JIS)),
    ("windows-932", Decoder::Table(SHIFT_JIS)),
    ("windows-31j", Decoder::Table(SHIFT_JIS)),
    ("cswindows31j", Decoder::Table(SHIFT_JIS)),
    ("ms932", Decoder::Table(SHIFT_JIS)),
    ("ms-kanji", Decoder::Table(SHIFT_JIS)),
    ("sjis-win", Decoder::Table(SHIFT_JIS)),
    ("shiftjis", Decoder::Table(SHIFT_JIS)),
    ("x-ms-cp932", Decoder::Table(SHIFT_JIS)),
    ("cp51932", Decoder::Table(EUC_JP)),
    ("eucjp", Decoder::Table(EUC_JP)),
    ("eucjp-win", Decoder::Table(EUC_JP)),
    ("euc-jp-ms", Decoder::Table(EUC_JP)),
    ("eucjp-ms", Decoder::Table(EUC_JP)),
    ("x-euc", Decoder::Table(EUC_JP)),
    ("ujis", Decoder::Table(EUC_JP)),
    ("jis", Decoder::Iso2022("iso-2022-jp")),
    ("iso2022jp", Decoder::Iso2022("iso-2022-jp")),
    ("csiso2022jp", Decoder::Iso2022("iso-2022-jp")),
    ("cp50220", Decoder::Iso2022("iso-2022-jp")),
    ("cp50221", Decoder::Iso2022("iso-2022-jp")),
    ("cp50222", Decoder::Iso2022("iso-2022-jp")),
    ("windows-50220", Decoder::Iso2022("iso-2022-jp")),
    ("windows-50221", Decoder::Iso2022("iso-2022-jp")),
    ("x-windows-iso2022jp", Decoder::Iso2022("iso-2022-jp")),
    ("x-windows-50220", Decoder::Iso2022("iso-2022-jp")),
    ("x-windows-50221", Decoder::Iso2022("iso-2022-jp")),
    ("iso-2022-kr", Decoder::Iso2022("iso-2022-kr")),
    ("csiso2022kr", Decoder::Iso2022("iso-2022-kr")),
    ("hz-gb-2312", Decoder::Hz),
    ("hz", Decoder::Hz),
    ("utf-7", Decoder::Utf7),
    ("unicode-1-1-utf-7", Decoder::Utf7),
    ("x-unicode-2-0-utf-7", Decoder::Utf7),
    ("utf8mb4", Decoder::Table(UTF_8)),
    ("utf-8n", Decoder::Table(UTF_8)),
    ("utf", Decoder::Table(UTF_8)),
    ("cp65001", Decoder::Table(UTF_8)),
    ("cp1252", Decoder::Table(WINDOWS_1252)),
    ("cp936", Decoder::Table(GB18030)),
    ("ms936", Decoder::Table(GB18030)),
    ("gb2312", Decoder::Table(GB18030)),
    ("gbk", Decoder::Table(GB18030)),
    ("cp949", Decoder::Table(encoding_rs::EUC_KR)),
    ("ms949", Decoder::Table(encoding_rs::EUC_KR)),
    ("cp950", Decoder::Table(encoding_rs::BIG5)),
    ("big5-eten", Decoder::Table(encoding_rs::BIG5)),
];

#[derive(Debug, Clone, Copy)]
enum Decoder {
    Ascii,
    Utf7,
    /// Seven-bit Chinese.
    Hz,
    /// A code page of MS-DOS by its name.
    Dos(&'static str),
    /// The family read by one machine, with the name it is recorded by.
    Iso2022(&'static str),
    Table(&'static Encoding),
}

impl Decoder {
    fn table(self) -> Option<&'static Encoding> {
        match self {
            Self::Table(encoding) => Some(encoding),
            Self::Ascii | Self::Utf7 | Self::Hz | Self::Dos(_) | Self::Iso2022(_) => None,
        }
    }
}

/// A decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The text, unfiltered.
    pub(super) text: String,
    /// The decoder that was used, lower case.
    pub(super) charset: String,
    /// Some octets could not be read.
    pub(super) damaged: bool,
    /// The label was absent, unknown or wrong.
    pub(super) guessed: bool,
}

/// Decodes octets that claim a charset, or none.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let claimed = label.and_then(decoder_for);
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return run(Decoder::Table(encoding), bytes, false);
    }
    if claimed.and_then(Decoder::table) == Some(UTF_16LE) && sniff::is_big_endian(bytes) {
        return run(Decoder::Table(UTF_16BE), bytes, false);
    }
    let seven_bit = bytes.is_ascii();
    let is_iso2022 = matches!(claimed, Some(Decoder::Iso2022(_)));
    if seven_bit && !is_iso2022 && !matches!(claimed, Some(Decoder::Utf7)) && iso2022::has_escapes(bytes) {
        return run(Decoder::Iso2022("iso-2022-jp"), bytes, true);
    }
    let Some(claimed) = claimed else {
        let unknown = label.is_some();
        let found = if seven_bit {
            Decoder::Ascii
        } else {
            sniff(bytes, false)
        };
        return run(found, bytes, unknown || !seven_bit);
    };
    if !seven_bit && is_weak(claimed) {
        return against_weak_claim(bytes, claimed);
    }
    if sniff::is_utf8_against(bytes, claimed.table()) {
        return run(Decoder::Table(UTF_8), bytes, true);
    }
    let honest = run(claimed, bytes, false);
    if !honest.damaged || seven_bit {
        return honest;
    }
    if honest.charset == "utf-8" && sniff::is_mostly_readable(&honest.text) {
        return honest;
    }
    let guess = run(sniff(bytes, false), bytes, true);
    if sniff::replacements(&guess.text) < sniff::replacements(&honest.text)
        && sniff::japanese_score(&guess.text) > 0
    {
        guess
    } else {
        honest
    }
}

/// Octets of a header that are no encoded word, read by what they look like (raw JIS, UTF-8, CP932, EUC-JP).
pub(super) fn decode_header(bytes: Vec<u8>) -> String {
    if bytes.contains(&0x1B) {
        return decode(&bytes, None).text;
    }
    String::from_utf8(bytes).unwrap_or_else(|error| decode(error.as_bytes(), None).text)
}

/// Decodes with the charset a person chose; `None` when the name is unknown.
pub fn decode_as(bytes: &[u8], label: &str) -> Option<String> {
    decoder_for(label).map(|decoder| run(decoder, bytes, false).text)
}

fn decoder_for(label: &str) -> Option<Decoder> {
    if label.eq_ignore_ascii_case("utf-8") {
        return Some(Decoder::Table(UTF_8));
    }
    let label = label.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let folded = label.to_ascii_lowercase().replace('_', "-");
    let alias = ALIASES
        .iter()
        .find(|(name, _)| *name == folded)
        .map(|(_, decoder)| *decoder);
    if alias.is_some() || folded.starts_with("iso-2022-jp") {
        return alias.or(Some(Decoder::Iso2022("iso-2022-jp")));
    }
    // Registered labels are written with the one or the other (`ks_c_5601-1987`, `shift-jis`).
    let windows = folded.replacen("cp", "windows-", 1);
    [label, &folded, &windows]
        .iter()
        .find_map(|label| Encoding::for_label_no_replacement(label.as_bytes()))
        .map(Decoder::Table)
        .or_else(|| dos::page_of(&folded).map(Decoder::Dos))
}

/// Labels that mailers write without looking: their tables accept every octet.
fn is_weak(decoder: Decoder) -> bool {
    match decoder {
        Decoder::Ascii => true,
        Decoder::Table(encoding) => encoding == WINDOWS_1252,
        Decoder::Utf7 | Decoder::Hz | Decoder::Dos(_) | Decoder::Iso2022(_) => false,
    }
}

fn against_weak_claim(bytes: &[u8], claimed: Decoder) -> Decoded {
    let named_latin = matches!(claimed, Decoder::Table(_));
    let guess = sniff(bytes, named_latin);
    match guess {
        Decoder::Table(encoding) if encoding == WINDOWS_1252 => {
            run(Decoder::Table(WINDOWS_1252), bytes, !named_latin)
        }
        Decoder::Table(_)
        | Decoder::Ascii
        | Decoder::Utf7
        | Decoder::Hz
        | Decoder::Dos(_)
        | Decoder::Iso2022(_) => run(guess, bytes, true),
    }
}

fn run(decoder: Decoder, bytes: &[u8], guessed: bool) -> Decoded {
    let (text, charset, damaged) = match decoder {
        Decoder::Ascii => {
            let text = String::from_utf8_lossy(bytes);
            (text, "us-ascii".into(), !bytes.is_ascii())
        }
        Decoder::Utf7 => {
            let (text, damaged) = utf7::decode(bytes);
            (text.into(), "utf-7".into(), damaged)
        }
        Decoder::Hz => {
            let (text, damaged) = hz::decode(bytes);
            (text.into(), "hz-gb-2312".into(), damaged)
        }
        Decoder::Dos(page) => (dos::decode(bytes, page).into(), page.into(), false),
        Decoder::Iso2022(name) => {
            let (text, damaged) = iso2022::decode(bytes);
            (text.into(), name.into(), damaged)
        }
        Decoder::Table(encoding) => {
            let (text, used, damaged) = table(encoding, bytes);
            let name: Cow<'_, str> = used.name().to_ascii_lowercase().into();
            (text, name, damaged)
        }
    };
    let (text, cut) = bounded(text.into_owned(), damaged);
    Decoded {
        text,
        charset: charset.into_owned(),
        damaged: damaged || cut,
        guessed,
    }
}

/// Keeps a text that grows when it is decoded within bounds: of a long run of characters that could not be read
/// only the first ones say something, and no person writes more than the most that is kept.
fn bounded(text: String, damaged: bool) -> (String, bool) {
    const MOST_BYTES: usize = 40 * 1024 * 1024;
    const MOST_UNREADABLE: usize = 1_000;
    let mut text = if damaged && text.len() > MOST_UNREADABLE {
        let mut run = 0_usize;
        let mut text = text;
        text.retain(|c| {
            run = if c == char::REPLACEMENT_CHARACTER {
                run.saturating_add(1)
            } else {
                0
            };
            run <= MOST_UNREADABLE
        });
        text
    } else {
        text
    };
    let cut = text.len() > MOST_BYTES;
    if cut {
        text.truncate(text.floor_char_boundary(MOST_BYTES));
    }
    text.shrink_to_fit();
    (text, cut)
}

/// Decodes by a table; halves of surrogate pairs in UTF-8, as old Java and Oracle write them, are joined.
fn table<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, &'static Encoding, bool) {
    let (text, used, damaged) = encoding.decode(bytes);
    if damaged
        && used == UTF_8
        && let Some(mended) = utf7::join_surrogates(bytes)
    {
        let (text, used, damaged) = UTF_8.decode(&mended);
        return (text.into_owned().into(), used, damaged);
    }
    (text, used, damaged)
}

/// Finds the decoder of octets that have no label worth believing.
fn sniff(bytes: &[u8], claims_latin: bool) -> Decoder {
    if iso2022::has_escapes(bytes) && std::str::from_utf8(bytes).is_err() {
        return Decoder::Iso2022("iso-2022-jp");
    }
    Decoder::Table(sniff::guess(bytes, claims_latin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_when_it_is_decoded_stays_bounded() {
        let unreadable = decode(&vec![0xFF; 100_000], Some("utf-8"));
        assert!(unreadable.damaged && unreadable.text.len() < 10_000);
        let grown = decode(&vec![0xE9; 30 * 1024 * 1024], Some("iso-8859-1"));
        assert!(grown.damaged && grown.text.len() <= 40 * 1024 * 1024 && grown.text.ends_with('é'));
    }

    const JAPANESE: &str = "お世話になっております。EC2に接続できません。";

    fn bytes_of(encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(JAPANESE).0.into_owned()
    }

    #[test]
    fn unlabelled_japanese_is_found_out() {
        for encoding in [UTF_8, SHIFT_JIS, EUC_JP] {
            let decoded = decode(&bytes_of(encoding), None);
            assert_eq!(decoded.text, JAPANESE);
            assert_eq!(decoded.charset, encoding.name().to_ascii_lowercase());
        }
        let jis = decode(&bytes_of(encoding_rs::ISO_2022_JP), None);
        assert_eq!(
            (jis.text.as_str(), jis.charset.as_str()),
            (JAPANESE, "iso-2022-jp")
        );
    }

    #[test]
    fn wrong_labels_lose_against_the_bytes() {
        for label in ["us-ascii", "iso-8859-1", "utf-8", "iso-2022-jp", "euc-jp"] {
            assert_eq!(
                decode(&bytes_of(SHIFT_JIS), Some(label)).text,
                JAPANESE,
                "{label}"
            );
        }
        assert_eq!(decode(&bytes_of(UTF_8), Some("shift_jis")).text, JAPANESE);
        assert_eq!(
            decode(&bytes_of(encoding_rs::ISO_2022_JP), Some("utf-8")).text,
            JAPANESE
        );
    }

    #[test]
    fn utf_8_is_known_under_labels_of_other_tables() {
        for label in [
            "gb2312",
            "big5",
            "euc-kr",
            "windows-1251",
            "koi8-r",
            "utf-16",
            "iso-8859-2",
        ] {
            for text in ["您好测试", JAPANESE] {
                assert_eq!(decode(text.as_bytes(), Some(label)).text, text, "{label}");
            }
        }
        let gbk = encoding_rs::GBK.encode("您好，请确认实例的状态。").0;
        assert_eq!(decode(&gbk, Some("gb2312")).text, "您好，请确认实例的状态。");
        let cyrillic = encoding_rs::KOI8_R.encode("Счёт за март").0;
        assert_eq!(decode(&cyrillic, Some("koi8-r")).text, "Счёт за март");
    }

    #[test]
    fn every_alias_that_japanese_mailers_write_is_known() {
        for label in ["CP932", "ms_kanji", "MS932", "x-sjis", "Windows-31J"] {
            assert_eq!(
                decode(&bytes_of(SHIFT_JIS), Some(label)).charset,
                "shift_jis",
                "{label}"
            );
        }
        for label in ["cp50220", "CP50221", "ISO-2022-JP-MS", "iso-2022-jp-3"] {
            let bytes = bytes_of(encoding_rs::ISO_2022_JP);
            assert_eq!(decode(&bytes, Some(label)).text, JAPANESE, "{label}");
        }
        assert_eq!(decode(&bytes_of(EUC_JP), Some("x-euc-jp")).text, JAPANESE);
    }

    #[test]
    fn western_bytes_are_not_taken_for_japanese() {
        assert_eq!(
            decode(b"Caf\xe9 M\xfcller", Some("iso-8859-1")).text,
            "Café Müller"
        );
        assert_eq!(decode(b"Caf\xe9 M\xfcller", None).text, "Café Müller");
    }

    #[test]
    fn an_unknown_label_and_a_cut_character_leave_the_rest_readable() {
        assert_eq!(decode(JAPANESE.as_bytes(), Some("x-unknown")).text, JAPANESE);
        let cut = decode("日本語".as_bytes().get(..8).unwrap(), Some("utf-8"));
        assert_eq!((cut.text.as_str(), cut.damaged), ("日本\u{FFFD}", true));
    }
}
