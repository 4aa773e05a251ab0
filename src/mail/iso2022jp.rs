//! Stage: ISO-2022-JP as mailers write it (RFC 1468, RFC 2237, CP50221). Comes in: octets with escape
//! sequences. Goes out: text. Half-width kana, NEC row 13, JIS X 0212 and missing escapes at a line's end
//! are read; it must not stop at anything.
//!
//! `encoding_rs`'s own decoder puts U+FFFD between two escape sequences without text between them, which is
//! what joined encoded words consist of. So each character set is moved to EUC-JP, which holds them all.

use encoding_rs::EUC_JP;

const ESC: u8 = 0x1B;
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;
/// EUC-JP's prefix of a half-width kana.
const SINGLE_SHIFT_KANA: u8 = 0x8E;
/// EUC-JP's prefix of a JIS X 0212 character.
const SINGLE_SHIFT_0212: u8 = 0x8F;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Kana,
    Double,
    Supplementary,
}

/// Whether the octets switch character sets as ISO-2022-JP does.
pub(super) fn has_escape(bytes: &[u8]) -> bool {
    bytes.contains(&ESC)
        && bytes.windows(3).any(|w| {
            matches!(
                w,
                [ESC, b'$', b'@' | b'B' | b'('] | [ESC, b'(', b'B' | b'J' | b'I']
            )
        })
}

/// Decodes octets with escape sequences.
pub(super) fn decode(bytes: &[u8]) -> String {
    let euc = to_euc(bytes);
    EUC_JP.decode_without_bom_handling(&euc).0.into_owned()
}

fn to_euc(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(2));
    let mut set = Set::Ascii;
    let mut shifted = false;
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return out,
            [ESC, after @ ..] => {
                let (next, after) = escape(after, set);
                set = next;
                after
            }
            [SHIFT_OUT, after @ ..] => {
                shifted = true;
                after
            }
            [SHIFT_IN, after @ ..] => {
                shifted = false;
                after
            }
            // RFC 1468: each line ends in ASCII, whether the mailer wrote the escape or not.
            [b'\n', after @ ..] => {
                (set, shifted) = (Set::Ascii, false);
                out.push(b'\n');
                after
            }
            [kana @ 0xA1..=0xDF, after @ ..] => {
                out.extend_from_slice(&[SINGLE_SHIFT_KANA, *kana]);
                after
            }
            _ if set == Set::Kana || shifted => kana(rest, &mut out),
            _ => character(rest, set, &mut out),
        };
    }
}

fn kana<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    match rest {
        [byte @ 0x21..=0x5F, after @ ..] => {
            out.extend_from_slice(&[SINGLE_SHIFT_KANA, *byte | 0x80]);
            after
        }
        [byte, after @ ..] => {
            out.push(*byte & 0x7F);
            after
        }
        [] => rest,
    }
}

fn character<'a>(rest: &'a [u8], set: Set, out: &mut Vec<u8>) -> &'a [u8] {
    let graphic = |byte: u8| matches!(byte, 0x21..=0x7E);
    match (set, rest) {
        (Set::Double, [a, b, after @ ..]) if graphic(*a) && graphic(*b) => {
            out.extend_from_slice(&[*a | 0x80, *b | 0x80]);
            after
        }
        (Set::Supplementary, [a, b, after @ ..]) if graphic(*a) && graphic(*b) => {
            out.extend_from_slice(&[SINGLE_SHIFT_0212, *a | 0x80, *b | 0x80]);
            after
        }
        // Half a character: kept visible as U+FFFD, so that a cut text is known as cut.
        (Set::Double | Set::Supplementary, [a, after @ ..]) if graphic(*a) => {
            out.push(0xFF);
            after
        }
        (_, [byte, after @ ..]) => {
            out.push(*byte);
            after
        }
        (_, []) => rest,
    }
}

/// Reads what follows ESC. JIS X 0201 Roman is read as ASCII: mailers use its escape for plain text, and
/// a backslash turned into a yen sign would break paths.
fn escape(after: &[u8], set: Set) -> (Set, &[u8]) {
    match after {
        [b'$', b'(', b'D', rest @ ..] => (Set::Supplementary, rest),
        [b'$', b'(', b'@' | b'B' | b'O' | b'Q', rest @ ..] | [b'$', b'@' | b'B', rest @ ..] => {
            (Set::Double, rest)
        }
        [b'(', b'I', rest @ ..] => (Set::Kana, rest),
        [b'(', b'B' | b'J' | b'H', rest @ ..] => (Set::Ascii, rest),
        // ESC & @ announces the 1990 revision and changes nothing.
        [b'&', b'@', rest @ ..] => (set, rest),
        other => (set, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_windows_are_read() {
        assert_eq!(decode(b"\x1B$B-!-j\x1B(B"), "①㈱");
        assert_eq!(decode(b"\x1B(I1\x5D\x1B(B."), "ｱﾝ.");
        assert_eq!(decode(b"\x0E1\x5D\x0F."), "ｱﾝ.");
    }

    #[test]
    fn joined_words_leave_no_mark_between_them() {
        assert_eq!(decode(b"\x1B$BF|\x1B(B\x1B$BK\\\x1B(B"), "日本");
    }

    #[test]
    fn a_line_without_its_closing_escape_ends_at_the_line_end() {
        assert_eq!(decode(b"\x1B$BF|K\\\nabc"), "日本\nabc");
    }

    #[test]
    fn half_a_character_shows_as_replaced() {
        assert_eq!(decode(b"\x1B$BF|K"), "日\u{FFFD}");
    }
}
