//! Stage: characters. Comes in: octets and the label that came with them, if any. Goes out: text, the name
//! of the decoder that was used, and what was wrong. Labels are a hint: Japanese mail is often unlabelled
//! or labelled wrongly, so the octets themselves are asked (escape sequences, valid UTF-8, then `Shift_JIS`
//! against EUC-JP by score). It never fails; what no decoder knows becomes U+FFFD.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::iso2022jp;

/// Octets that decide between `Shift_JIS` and EUC-JP; more would not change the verdict.
const SCORED_OCTETS: usize = 16 * 1024;

/// Text, and how it was won.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedText {
    /// The text; line ends are as they were.
    pub text: String,
    /// Name of the decoder, such as `iso-2022-jp`.
    pub charset: &'static str,
    /// What was wrong, kebab-case: `unknown-charset`, `charset-mismatch` or `undecodable-characters`.
    pub problem: Option<&'static str>,
}

/// A way to read octets as characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decoder {
    Iso2022Jp,
    Standard(&'static Encoding),
}

impl Decoder {
    fn name(self) -> &'static str {
        match self {
            Self::Iso2022Jp => "iso-2022-jp",
            Self::Standard(encoding) => standard_name(encoding),
        }
    }

    /// The text, and whether octets had to be replaced.
    fn run(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match self {
            Self::Iso2022Jp => {
                let text = iso2022jp::decode(bytes);
                let broken = text.contains('\u{FFFD}');
                (Cow::Owned(text), broken)
            }
            Self::Standard(encoding) => encoding.decode_without_bom_handling(bytes),
        }
    }
}

/// `encoding_rs` spells names as the WHATWG does; the usual ones are shown as mail writes them.
fn standard_name(encoding: &'static Encoding) -> &'static str {
    const LOWER: [(&str, &str); 8] = [
        ("UTF-8", "utf-8"),
        ("Shift_JIS", "shift_jis"),
        ("EUC-JP", "euc-jp"),
        ("UTF-16LE", "utf-16le"),
        ("UTF-16BE", "utf-16be"),
        ("GBK", "gbk"),
        ("Big5", "big5"),
        ("EUC-KR", "euc-kr"),
    ];
    let name = encoding.name();
    LOWER
        .iter()
        .find(|(given, _)| *given == name)
        .map_or(name, |(_, lower)| lower)
}

/// Decodes octets that carry a label (a charset parameter or an encoded word's), or none.
pub fn decode(bytes: &[u8], label: Option<&str>) -> DecodedText {
    if bytes.is_ascii() && !iso2022jp::has_escape(bytes) && !label.is_some_and(is_wide_label) {
        return DecodedText {
            text: String::from_utf8_lossy(bytes).into_owned(),
            charset: "us-ascii",
            problem: None,
        };
    }
    let named = label.map(str::trim).filter(|label| !label.is_empty());
    let Some(named) = named else {
        return finish(detect(bytes), bytes, None);
    };
    let Some(labelled) = for_label(named) else {
        return finish(detect(bytes), bytes, Some("unknown-charset"));
    };
    if let Some(text) = as_labelled(labelled, bytes) {
        return text;
    }
    let fitting = fitting(labelled, bytes);
    finish(
        fitting,
        bytes,
        (fitting != labelled).then_some("charset-mismatch"),
    )
}

/// Decodes octets by a label as it stands, for a person who knows better than the octets look; `None` for
/// a label nobody knows.
pub fn decode_as(bytes: &[u8], label: &str) -> Option<DecodedText> {
    for_label(label).map(|decoder| finish(decoder, bytes, None))
}

/// The text by its label, where the octets bear the label out; one pass for the usual mail.
fn as_labelled(labelled: Decoder, bytes: &[u8]) -> Option<DecodedText> {
    let Decoder::Standard(encoding) = labelled else {
        return None;
    };
    let doubtful = encoding == WINDOWS_1252
        || !encoding.is_ascii_compatible()
        || bytes.is_ascii()
        || (encoding != UTF_8 && is_telling_utf8(bytes));
    if doubtful {
        return None;
    }
    let decoded = finish(labelled, bytes, None);
    decoded.problem.is_none().then_some(decoded)
}

fn finish(decoder: Decoder, bytes: &[u8], problem: Option<&'static str>) -> DecodedText {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let (text, broken) = decoder.run(bytes);
    DecodedText {
        text: text.into_owned(),
        charset: decoder.name(),
        problem: problem.or(broken.then_some("undecodable-characters")),
    }
}

fn is_wide_label(label: &str) -> bool {
    matches!(
        for_label(label),
        Some(Decoder::Standard(encoding)) if !encoding.is_ascii_compatible()
    )
}

/// The decoder of a label, by the WHATWG's names and those that Japanese mailers use.
fn for_label(label: &str) -> Option<Decoder> {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    match label.as_str() {
        "iso-2022-jp"
        | "csiso2022jp"
        | "iso-2022-jp-1"
        | "iso-2022-jp-2"
        | "iso-2022-jp-3"
        | "iso-2022-jp-2004"
        | "iso-2022-jp-ms"
        | "iso-2022-jp-ext"
        | "cp50220"
        | "cp50221"
        | "cp50222"
        | "x-windows-iso2022jp"
        | "windows-50221"
        | "jis"
        | "iso2022jp"
        | "x-iso-2022-jp" => Some(Decoder::Iso2022Jp),
        "cp932" | "ms932" | "windows-932" | "x-ms-cp932" | "cswindows31j" | "sjis-win" | "shift-jis"
        | "shiftjis" | "x-sjis-win" | "shift_jisx0213" | "shift_jis-2004" | "sjis_win" => {
            Some(Decoder::Standard(SHIFT_JIS))
        }
        "eucjp" | "euc_jp" | "eucjp-win" | "eucjp-ms" | "cp51932" | "ujis" | "euc-jis-2004" => {
            Some(Decoder::Standard(EUC_JP))
        }
        "utf8" | "utf_8" | "unicode-1-1-utf-8" | "utf-8n" | "utf8mb4" | "cp65001" => {
            Some(Decoder::Standard(UTF_8))
        }
        other => Encoding::for_label_no_replacement(other.as_bytes()).map(|encoding| {
            if encoding == encoding_rs::ISO_2022_JP {
                Decoder::Iso2022Jp
            } else {
                Decoder::Standard(encoding)
            }
        }),
    }
}

/// The labelled decoder where the octets bear the label out, else the one they point to.
fn fitting(labelled: Decoder, bytes: &[u8]) -> Decoder {
    let Decoder::Standard(encoding) = labelled else {
        return if bytes.is_ascii() {
            labelled
        } else {
            escaped_or(bytes, detect(bytes))
        };
    };
    if !encoding.is_ascii_compatible() {
        return labelled;
    }
    if bytes.is_ascii() {
        return if iso2022jp::has_escape(bytes) {
            Decoder::Iso2022Jp
        } else {
            labelled
        };
    }
    if encoding != UTF_8 && is_telling_utf8(bytes) {
        return Decoder::Standard(UTF_8);
    }
    if encoding == WINDOWS_1252 {
        return japanese_or(bytes, labelled);
    }
    let (_, broken) = labelled.run(bytes);
    if broken { better(labelled, bytes) } else { labelled }
}

/// A text with more well-formed characters than replaced ones keeps its label: it was cut or damaged.
fn better(labelled: Decoder, bytes: &[u8]) -> Decoder {
    let found = japanese_or(bytes, labelled);
    let cost = |decoder: Decoder| decoder.run(bytes).0.matches('\u{FFFD}').count();
    if cost(found) < cost(labelled) {
        found
    } else {
        labelled
    }
}

fn escaped_or(bytes: &[u8], other: Decoder) -> Decoder {
    if iso2022jp::has_escape(bytes) {
        Decoder::Iso2022Jp
    } else {
        other
    }
}

/// What unlabelled octets are.
fn detect(bytes: &[u8]) -> Decoder {
    match bytes {
        [0xFE, 0xFF, ..] => return Decoder::Standard(UTF_16BE),
        [0xFF, 0xFE, ..] => return Decoder::Standard(UTF_16LE),
        _ => {}
    }
    if iso2022jp::has_escape(bytes) {
        return Decoder::Iso2022Jp;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Decoder::Standard(UTF_8);
    }
    if mostly_utf8(bytes) {
        return Decoder::Standard(UTF_8);
    }
    japanese_or(bytes, Decoder::Standard(SHIFT_JIS))
}

/// UTF-8 that was cut or damaged in a few places: more than eight sound characters to each broken one.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        sound = sound.saturating_add(chunk.valid().chars().filter(|c| !c.is_ascii()).count());
        broken = broken.saturating_add(usize::from(!chunk.invalid().is_empty()));
    }
    sound > broken.saturating_mul(8)
}

/// Valid UTF-8 with a character of three octets or more; other charsets do not look so by chance.
fn is_telling_utf8(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| *b >= 0xE0) && std::str::from_utf8(bytes).is_ok()
}

/// `Shift_JIS` or EUC-JP where the octets read as Japanese in one of them, else `other`.
fn japanese_or(bytes: &[u8], other: Decoder) -> Decoder {
    if iso2022jp::has_escape(bytes) {
        return Decoder::Iso2022Jp;
    }
    let sample = bytes.get(..SCORED_OCTETS).unwrap_or(bytes);
    let shift_jis = score(SHIFT_JIS, sample);
    let euc_jp = score(EUC_JP, sample);
    if shift_jis.max(euc_jp) <= 0 {
        return other;
    }
    Decoder::Standard(if euc_jp > shift_jis { EUC_JP } else { SHIFT_JIS })
}

/// How much octets read as Japanese: kana and kanji speak for it, half-width kana (what
/// EUC-JP looks like in `Shift_JIS`) do not, octets without meaning speak strongly against it.
fn score(encoding: &'static Encoding, sample: &[u8]) -> i64 {
    let (text, _) = encoding.decode_without_bom_handling(sample);
    text.chars()
        .map(|c| match c {
            '\u{FFFD}' => -12,
            '\u{3041}'..='\u{30FF}' => 3,
            '\u{4E00}'..='\u{9FFF}' | '\u{3000}'..='\u{3020}' | '\u{FF01}'..='\u{FF5E}' => 2,
            '\u{E000}'..='\u{F8FF}' => -4,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], label: Option<&str>) -> (String, &'static str) {
        let decoded = decode(bytes, label);
        (decoded.text, decoded.charset)
    }

    #[test]
    fn labels_of_japanese_mailers_are_known() {
        for label in ["CP932", "windows-31j", "x-sjis", "MS932", "Shift_JIS", "sjis"] {
            assert_eq!(
                read(b"\x93\xFA\x96\x7B", Some(label)),
                ("日本".to_owned(), "shift_jis")
            );
        }
        for label in ["cp50220", "CP50221", "ISO-2022-JP-MS", "csISO2022JP"] {
            assert_eq!(
                read(b"\x1B$BF|K\\\x1B(B", Some(label)),
                ("日本".to_owned(), "iso-2022-jp")
            );
        }
        for label in ["x-euc-jp", "eucJP-ms", "EUC-JP"] {
            assert_eq!(
                read(b"\xC6\xFC\xCB\xDC", Some(label)),
                ("日本".to_owned(), "euc-jp")
            );
        }
    }

    #[test]
    fn unlabelled_octets_are_recognised() {
        let text = "お世話になっております。";
        let (sjis, _, _) = SHIFT_JIS.encode(text);
        let (euc, _, _) = EUC_JP.encode(text);
        assert_eq!(read(&sjis, None), (text.to_owned(), "shift_jis"));
        assert_eq!(read(&euc, None), (text.to_owned(), "euc-jp"));
        assert_eq!(read(text.as_bytes(), None), (text.to_owned(), "utf-8"));
        assert_eq!(
            read(b"\x1B$BF|K\\\x1B(B", None),
            ("日本".to_owned(), "iso-2022-jp")
        );
    }

    #[test]
    fn a_wrong_label_gives_way_to_the_octets() {
        let text = "接続できません";
        let (sjis, _, _) = SHIFT_JIS.encode(text);
        assert_eq!(decode(text.as_bytes(), Some("iso-8859-1")).text, text);
        assert_eq!(decode(text.as_bytes(), Some("Shift_JIS")).text, text);
        assert_eq!(decode(&sjis, Some("us-ascii")).text, text);
        assert_eq!(decode(&sjis, Some("utf-8")).text, text);
        assert_eq!(decode(&sjis, Some("iso-2022-jp")).text, text);
        assert_eq!(decode(&sjis, Some("utf-8")).problem, Some("charset-mismatch"));
        assert_eq!(
            decode(text.as_bytes(), Some("x-nobody")).problem,
            Some("unknown-charset")
        );
    }

    #[test]
    fn a_person_may_choose_the_charset() {
        let chosen = decode_as("日本".as_bytes(), "windows-1252").unwrap();
        assert_eq!((chosen.text.as_str(), chosen.charset), ("æ—¥æœ¬", "windows-1252"));
        assert_eq!(decode_as(b"a", "x-nobody"), None);
    }

    #[test]
    fn western_text_stays_western() {
        assert_eq!(
            decode(b"caf\xE9 au lait", Some("iso-8859-1")).text,
            "café au lait"
        );
    }
}
