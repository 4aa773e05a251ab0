//! RTF as Outlook keeps bodies in TNEF. Comes in: RTF. Goes out: its text, or the HTML it was made from
//! (MS-OXRTFEX). One pass; pictures, fonts and styles are passed over.

use std::collections::HashMap;

use super::charset;

/// The body inside RTF.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RtfBody {
    Text(String),
    Html(String),
}

/// Groups that hold no text.
const SILENT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "footer",
    "headerf",
    "footerf",
    "fldinst",
    "listtable",
    "listoverridetable",
    "themedata",
    "datastore",
    "xmlnstbl",
    "latentstyles",
];
/// Deepest nesting of groups that is told apart.
const MAX_DEPTH: usize = 10_000;

/// Reads RTF.
pub(super) fn read(rtf: &[u8]) -> RtfBody {
    let mut reader = Reader {
        text: String::new(),
        pending: Vec::new(),
        states: Vec::new(),
        state: State {
            fallback: 1,
            ..State::default()
        },
        fonts: HashMap::new(),
        page: 1252,
        is_html: false,
        skip: 0,
        destination: false,
        high: None,
    };
    let mut rest = rtf;
    while !rest.is_empty() {
        let taken = reader.step(rest);
        rest = rest.get(taken.max(1)..).unwrap_or_default();
    }
    reader.flush();
    if reader.is_html {
        RtfBody::Html(reader.text)
    } else {
        RtfBody::Text(reader.text)
    }
}

/// What holds within a group and the groups inside it.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    silent: bool,
    in_fonts: bool,
    /// Between `\htmlrtf` and `\htmlrtf0`: for readers that know no HTML.
    for_rtf_only: bool,
    /// How many characters stand in for one in Unicode.
    fallback: usize,
    font: i32,
}

#[derive(Debug)]
struct Reader {
    text: String,
    /// Octets of the current code page.
    pending: Vec<u8>,
    states: Vec<State>,
    state: State,
    /// Code pages of the fonts that name one.
    fonts: HashMap<i32, u16>,
    page: u16,
    is_html: bool,
    /// Characters to pass over, since Unicode was given for them.
    skip: usize,
    /// `\*` was just read: an unknown word makes the group silent.
    destination: bool,
    /// The first half of a character in two units.
    high: Option<u16>,
}

impl Reader {
    fn step(&mut self, rest: &[u8]) -> usize {
        let first = rest.first().copied().unwrap_or_default();
        match first {
            b'{' => {
                self.flush();
                if self.states.len() < MAX_DEPTH {
                    self.states.push(self.state);
                }
                self.skip = 0;
                1
            }
            b'}' => {
                self.flush();
                self.state = self.states.pop().unwrap_or(self.state);
                self.skip = 0;
                1
            }
            b'\\' => self.control(rest.get(1..).unwrap_or_default()).saturating_add(1),
            b'\r' | b'\n' | 0 => 1,
            octet => {
                self.octet(octet);
                1
            }
        }
    }

    fn octet(&mut self, octet: u8) {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(1);
        } else if self.shows() {
            self.pending.push(octet);
        }
    }

    fn shows(&self) -> bool {
        let passed_over = self.state.silent || (self.is_html && self.state.for_rtf_only);
        !passed_over
    }

    fn push(&mut self, text: &str) {
        self.flush();
        if self.shows() {
            self.text.push_str(text);
        }
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let page = self.fonts.get(&self.state.font).copied().unwrap_or(self.page);
            let octets = std::mem::take(&mut self.pending);
            if octets.is_ascii() {
                self.text.push_str(&String::from_utf8_lossy(&octets));
            } else {
                self.text
                    .push_str(&charset::decode(&octets, Some(&format!("cp{page}"))).text);
            }
        }
    }

    /// Reads what follows a backslash; answers its length.
    fn control(&mut self, after: &[u8]) -> usize {
        let letters = after.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.symbol(after);
        }
        let word = String::from_utf8_lossy(after.get(..letters).unwrap_or_default()).into_owned();
        let tail = after.get(letters..).unwrap_or_default();
        let sign = usize::from(tail.first() == Some(&b'-'));
        let digits = tail
            .iter()
            .skip(sign)
            .take(10)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let length = if digits > 0 {
            sign.saturating_add(digits)
        } else {
            0
        };
        let number = String::from_utf8_lossy(tail.get(..length).unwrap_or_default())
            .parse::<i32>()
            .ok();
        let space = usize::from(tail.get(length) == Some(&b' '));
        let mut taken = letters.saturating_add(length).saturating_add(space);
        if word == "bin" {
            taken = taken.saturating_add(number.and_then(|n| usize::try_from(n).ok()).unwrap_or_default());
        }
        self.word(&word, number);
        taken
    }

    fn symbol(&mut self, after: &[u8]) -> usize {
        match after.first() {
            Some(b'\'') => {
                let digits = after.get(1).zip(after.get(2));
                if let Some(octet) = digits.and_then(|(a, b)| super::transfer::hex_pair(*a, *b)) {
                    self.octet(octet);
                }
                3
            }
            Some(b'*') => {
                self.destination = true;
                1
            }
            Some(b'~') => {
                self.push(" ");
                1
            }
            Some(b'_') => {
                self.push("-");
                1
            }
            Some(octet @ (b'{' | b'}' | b'\\')) => {
                self.octet(*octet);
                1
            }
            _ => 1,
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let optional = std::mem::take(&mut self.destination);
        match word {
            "par" | "line" | "row" | "sect" | "page" => self.push("\n"),
            "tab" | "cell" => self.push("\t"),
            "lquote" => self.push("‘"),
            "rquote" => self.push("’"),
            "ldblquote" => self.push("“"),
            "rdblquote" => self.push("”"),
            "bullet" => self.push("•"),
            "endash" => self.push("–"),
            "emdash" => self.push("—"),
            "u" => self.unicode(number.unwrap_or_default()),
            "uc" => self.state.fallback = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            "ansicpg" => self.page = number.and_then(|n| u16::try_from(n).ok()).unwrap_or(1252),
            "fromhtml" => self.is_html = true,
            "htmlrtf" => {
                self.flush();
                self.state.for_rtf_only = number != Some(0);
            }
            "f" | "af" if !self.state.in_fonts => {
                self.flush();
                self.state.font = number.unwrap_or_default();
            }
            "f" => self.state.font = number.unwrap_or_default(),
            "fcharset" if self.state.in_fonts => {
                if let Some(page) = page_of(number.unwrap_or_default()) {
                    self.fonts.insert(self.state.font, page);
                }
            }
            "htmltag" if self.is_html => {}
            _ if optional || SILENT.contains(&word) => {
                self.flush();
                self.state.silent = true;
                self.state.in_fonts |= word == "fonttbl";
            }
            _ => {}
        }
    }

    fn unicode(&mut self, number: i32) {
        self.flush();
        // Numbers are signed sixteen-bit units; a character beyond the first plane comes as two of them.
        let unit = u16::try_from(number & 0xFFFF).unwrap_or_default();
        let units = self.high.take().into_iter().chain([unit]);
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
        } else if self.shows() {
            let read = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
            self.text.extend(read);
        }
        self.skip = self.state.fallback;
    }
}

/// The code page of a font's character set (RTF 1.9.1, `\fcharset`).
fn page_of(charset: i32) -> Option<u16> {
    match charset {
        0 => Some(1252),
        128 => Some(932),
        129 => Some(949),
        134 => Some(936),
        136 => Some(950),
        161 => Some(1253),
        162 => Some(1254),
        177 => Some(1255),
        178 => Some(1256),
        186 => Some(1257),
        204 => Some(1251),
        222 => Some(874),
        238 => Some(1250),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_the_code_page_of_its_font() {
        let rtf = br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 MS;}}\f0 Caf\'e9\par {\f1 \'93\'fa\'96\'7b}\tab \u26085?\u-10179?\u-8704?\'7d{\*\generator x;}{\pict 00ff}}";
        assert_eq!(read(rtf), RtfBody::Text("Café\n日本\t日😀}".to_owned()));
    }

    #[test]
    fn the_html_it_was_made_from_is_taken_out() {
        let rtf = br"{\rtf1\ansi\ansicpg932\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\f0 \htmlrtf0 \'93\'fa\htmlrtf }\htmlrtf0 {\*\htmltag72 </p>}{\*\mhtmltag x}}";
        assert_eq!(read(rtf), RtfBody::Html("<p>日</p>".to_owned()));
    }
}
