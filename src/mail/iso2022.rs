//! ISO-2022-JP as it is really sent. Comes in: bytes with escape sequences. Goes out: text.
//!
//! One machine reads RFC 1468, CP50220/CP50221, ISO-2022-JP-MS and -1/-2, JIS7 and JIS8 kana, and ISO-2022-KR:
//! it follows the escapes and hands each run to the matching EUC decoder of `encoding_rs`, which knows NEC
//! row 13 and the IBM extensions. Empty runs (`ESC $ B ESC ( B`) are no damage here, since mailers write
//! them. Carrier emoji and user-defined characters outside all tables become the geta mark 〓.

use encoding_rs::Encoding;

const ESC: u8 = 0x1B;
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;

/// Which set the octets of a run belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Kana,
    Jis0208,
    Jis0212,
    Gb2312,
    Ksc5601,
}

/// What an escape sequence does.
#[derive(Debug, Clone, Copy)]
enum Effect {
    Into(Set),
    /// Designates the set that SHIFT OUT switches to.
    Shift(Set),
    Nothing,
}

/// Longest first where one is the start of another.
const ESCAPES: &[(&[u8], Effect)] = &[
    (b"$(D", Effect::Into(Set::Jis0212)),
    (b"$(C", Effect::Into(Set::Ksc5601)),
    (b"$)C", Effect::Shift(Set::Ksc5601)),
    (b"$)A", Effect::Shift(Set::Gb2312)),
    (b"$(B", Effect::Into(Set::Jis0208)),
    (b"$(@", Effect::Into(Set::Jis0208)),
    (b"$(O", Effect::Into(Set::Jis0208)),
    (b"$(Q", Effect::Into(Set::Jis0208)),
    (b"$(?", Effect::Into(Set::Jis0208)),
    (b"$@", Effect::Into(Set::Jis0208)),
    (b"$B", Effect::Into(Set::Jis0208)),
    (b"$A", Effect::Into(Set::Gb2312)),
    (b"&@", Effect::Nothing),
    (b"(B", Effect::Into(Set::Ascii)),
    (b"(J", Effect::Into(Set::Ascii)),
    (b"(H", Effect::Into(Set::Ascii)),
    (b"(I", Effect::Into(Set::Kana)),
];

/// Whether bytes hold an escape sequence of the family.
pub(super) fn has_escapes(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(ESC, rest) {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        // Most escapes of other kinds (terminal colours) end the search here.
        let known_start = rest.first().is_some_and(|b| b"$(&".contains(b));
        if known_start && ESCAPES.iter().any(|(sequence, _)| rest.starts_with(sequence)) {
            return true;
        }
    }
    false
}

/// Decodes; the flag says whether something could not be read.
pub(super) fn decode(bytes: &[u8]) -> (String, bool) {
    let mut machine = Machine {
        text: String::with_capacity(bytes.len()),
        run: Vec::new(),
        set: Set::Ascii,
        shift_set: Set::Kana,
        shifted: false,
        damaged: false,
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = machine.step(rest);
        rest = rest.get(taken.max(1)..).unwrap_or_default();
    }
    machine.flush();
    (machine.text, machine.damaged)
}

#[derive(Debug)]
struct Machine {
    text: String,
    /// The octets of the current run, already in the form its decoder wants.
    run: Vec<u8>,
    set: Set,
    shift_set: Set,
    shifted: bool,
    damaged: bool,
}

impl Machine {
    fn current(&self) -> Set {
        if self.shifted { self.shift_set } else { self.set }
    }

    /// Reads from the start of `rest`; answers how many octets it took.
    fn step(&mut self, rest: &[u8]) -> usize {
        let first = rest.first().copied().unwrap_or_default();
        match first {
            ESC => self.escape(rest.get(1..).unwrap_or_default()),
            SHIFT_OUT | SHIFT_IN => {
                self.flush();
                self.shifted = first == SHIFT_OUT;
                1
            }
            b'\n' | b'\r' => {
                // RFC 1468: a line ends in ASCII; a line cut by a gateway often does not.
                self.flush();
                if !goes_on(rest.get(1..).unwrap_or_default()) {
                    self.set = Set::Ascii;
                    self.shifted = false;
                }
                self.text.push(char::from(first));
                1
            }
            0x00..=0x20 | 0x7F => {
                self.flush();
                self.text.push(char::from(first));
                1
            }
            0x21..=0x7E if self.current() == Set::Ascii => self.ascii_run(rest),
            0x21..=0x7E => self.graphic(first, rest.get(1).copied()),
            0x80..=0xFF => self.high(first, rest.get(1).copied()),
        }
    }

    fn ascii_run(&mut self, rest: &[u8]) -> usize {
        let length = rest
            .iter()
            .position(|b| !(b' '..=b'~').contains(b))
            .unwrap_or(rest.len());
        let run = rest.get(..length).unwrap_or_default();
        self.text.push_str(std::str::from_utf8(run).unwrap_or_default());
        length
    }

    fn escape(&mut self, after: &[u8]) -> usize {
        let Some((sequence, effect)) = ESCAPES.iter().find(|(sequence, _)| after.starts_with(sequence))
        else {
            self.damaged = true;
            return 1;
        };
        self.flush();
        match effect {
            Effect::Into(set) => {
                self.set = *set;
                self.shifted = false;
            }
            Effect::Shift(set) => self.shift_set = *set,
            Effect::Nothing => {}
        }
        sequence.len().saturating_add(1)
    }

    fn graphic(&mut self, first: u8, second: Option<u8>) -> usize {
        let set = self.current();
        match set {
            Set::Ascii => {
                self.text.push(char::from(first));
                1
            }
            Set::Kana => {
                self.run.extend([0x8E, first | 0x80]);
                1
            }
            Set::Jis0208 | Set::Jis0212 | Set::Gb2312 | Set::Ksc5601 => {
                if let Some(second @ 0x21..=0x7E) = second {
                    if set == Set::Jis0212 {
                        self.run.push(0x8F);
                    }
                    self.run.extend([first | 0x80, second | 0x80]);
                    return 2;
                }
                self.flush();
                self.damaged = true;
                self.text.push(char::REPLACEMENT_CHARACTER);
                1
            }
        }
    }

    /// JIS8: half-width kana as single high octets. Shifted runs of ISO-2022-KR sent with the high bit set.
    fn high(&mut self, first: u8, second: Option<u8>) -> usize {
        match (self.current(), second) {
            (Set::Ascii | Set::Kana, _) if (0xA1..=0xDF).contains(&first) => {
                self.run.extend([0x8E, first]);
                // The run belongs to the kana decoder whatever set is current.
                self.flush_as(Set::Kana);
                1
            }
            (set @ (Set::Jis0208 | Set::Gb2312 | Set::Ksc5601), Some(second @ 0xA1..=0xFE))
                if first >= 0xA1 =>
            {
                self.run.extend([first, second]);
                self.flush_as(set);
                2
            }
            _ => {
                self.flush();
                self.damaged = true;
                self.text.push(char::REPLACEMENT_CHARACTER);
                1
            }
        }
    }

    fn flush(&mut self) {
        self.flush_as(self.current());
    }

    fn flush_as(&mut self, set: Set) {
        if self.run.is_empty() {
            return;
        }
        let (text, damaged) = decoder_of(set).decode_without_bom_handling(&self.run);
        self.damaged |= damaged;
        if damaged {
            self.text
                .push_str(&text.replace(char::REPLACEMENT_CHARACTER, "〓"));
        } else {
            self.text.push_str(&text);
        }
        self.run.clear();
    }
}

/// Whether a line that starts here closes a run it did not open: a gateway broke a long line inside the run.
fn goes_on(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\n").unwrap_or(line);
    let length = line
        .iter()
        .position(|b| !(0x21..=0x7E).contains(b))
        .unwrap_or(line.len());
    let after = line.get(length..).unwrap_or_default();
    length > 0 && length.is_multiple_of(2) && (after.starts_with(b"\x1b(B") || after.starts_with(b"\x1b(J"))
}

fn decoder_of(set: Set) -> &'static Encoding {
    match set {
        Set::Ascii | Set::Kana | Set::Jis0208 | Set::Jis0212 => encoding_rs::EUC_JP,
        Set::Gb2312 => encoding_rs::GBK,
        Set::Ksc5601 => encoding_rs::EUC_KR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let (text, damaged) = decode(bytes);
        assert!(!damaged, "{text}");
        text
    }

    #[test]
    fn nec_and_ibm_extensions_are_read() {
        assert_eq!(text(b"\x1b$B-!-j|b\x1b(B"), "①㈱髙");
    }

    #[test]
    fn half_width_kana_are_read_in_all_three_forms() {
        assert_eq!(text(b"\x1b(I6E\x1b(B"), "ｶﾅ");
        assert_eq!(text(b"\x0e6E\x0f"), "ｶﾅ");
        assert_eq!(text(b"\xb6\xc5"), "ｶﾅ");
    }

    #[test]
    fn empty_runs_and_jis_1978_are_no_damage() {
        assert_eq!(text(b"a\x1b$B\x1b(Bb\x1b$@F|K\\\x1b(J"), "ab日本");
    }

    #[test]
    fn a_line_without_its_closing_escape_does_not_spoil_the_next() {
        assert_eq!(text(b"\x1b$BF|K\\\nabc"), "日本\nabc");
        assert_eq!(text(b"\x1b$BF|K\\\r\n8l\x1b(B c\x1b(B"), "日本\r\n語 c");
    }

    #[test]
    fn korean_and_unknown_rows_are_read_as_far_as_possible() {
        assert_eq!(text(b"\x1b$)C\x0eGQ1[\x0f"), "한글");
        assert_eq!(decode(b"\x1b$Bu!F|\x1b(B"), ("〓日".to_owned(), true));
    }
}
