//! TNEF (`winmail.dat`, MS-OXTNEF), which Outlook sends to people who cannot read it. Comes in: its octets.
//! Goes out: the files and the body inside. A bounded walk over lengths; what does not fit ends it.

use super::charset;
use super::rtf::{self, RtfBody};
use super::rtf_compressed;

const SIGNATURE: [u8; 4] = 0x223E_9F78_u32.to_le_bytes();
/// Octets after the last attribute that mean nothing: shorter than the head of one.
const PADDING: usize = 8;

/// Most attributes and properties that are looked at.
const MAX_STEPS: usize = 20_000;

const BODY: u32 = 0x0002_800C;
const MESSAGE_CLASS: u32 = 0x0007_8008;
const ATTACH_TITLE: u32 = 0x0001_8010;
const ATTACH_DATA: u32 = 0x0006_800F;
const ATTACH_START: u32 = 0x0006_9002;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const ATTACH_PROPERTIES: u32 = 0x0006_9005;
const CODEPAGE: u32 = 0x0006_9007;

const PROPERTY_BODY: u16 = 0x1000;
const PROPERTY_RTF: u16 = 0x1009;
const PROPERTY_HTML: u16 = 0x1013;
const PROPERTY_LONG_NAME: u16 = 0x3707;
const PROPERTY_NAME: u16 = 0x3704;

/// What was inside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tnef {
    /// Files with their names.
    pub(super) files: Vec<TnefFile>,
    /// The body as text.
    pub(super) text: Option<String>,
    /// The body as HTML.
    pub(super) html: Option<String>,
    /// Outlook's kind of message, such as `IPM.Note`.
    pub(super) message_class: String,
    /// Everything inside was understood; else the container itself is still worth something to a person.
    pub(super) whole: bool,
}

/// One file of a container.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct TnefFile {
    /// The long name where there is one.
    pub(super) name: String,
    /// The contents.
    pub(super) bytes: Vec<u8>,
}

/// Opens a container; `None` when the octets are none.
pub(super) fn open(octets: &[u8]) -> Option<Tnef> {
    let mut reader = Reader {
        rest: octets.strip_prefix(&SIGNATURE)?.get(2..)?,
    };
    let mut tnef = Tnef::default();
    let mut codepage = "cp932".to_owned();
    for _ in 0..MAX_STEPS {
        let Some((id, data)) = reader.attribute() else {
            break;
        };
        match id {
            CODEPAGE => {
                if let Some(number) = (Reader { rest: data }).u32() {
                    codepage = format!("cp{number}");
                }
            }
            BODY => tnef.text = Some(text_of(data, &codepage)),
            MESSAGE_CLASS => tnef.message_class = text_of(data, "us-ascii"),
            MESSAGE_PROPERTIES => read_message(data, &codepage, &mut tnef),
            ATTACH_START => tnef.files.push(TnefFile::default()),
            ATTACH_TITLE | ATTACH_DATA | ATTACH_PROPERTIES => {
                if let Some(file) = tnef.files.last_mut() {
                    read_file(id, data, &codepage, file);
                }
            }
            _ => {}
        }
    }
    let opened = |file: &TnefFile| !file.bytes.is_empty();
    let all_opened = tnef.files.iter().all(opened);
    tnef.files.retain(opened);
    let empty = tnef.files.is_empty() && tnef.text.is_none() && tnef.html.is_none();
    tnef.whole = reader.rest.len() <= PADDING && all_opened && !(empty && tnef.message_class.is_empty());
    Some(tnef)
}

fn read_file(id: u32, data: &[u8], codepage: &str, file: &mut TnefFile) {
    match id {
        ATTACH_DATA => data.clone_into(&mut file.bytes),
        ATTACH_TITLE if file.name.is_empty() => file.name = text_of(data, codepage),
        ATTACH_PROPERTIES => {
            let properties = properties(data, codepage);
            let long = properties.iter().find(|p| p.id == PROPERTY_LONG_NAME);
            let short = || properties.iter().find(|p| p.id == PROPERTY_NAME);
            if let Some(name) = long.or_else(short) {
                name.text.clone_into(&mut file.name);
            }
        }
        _ => {}
    }
}

fn read_message(data: &[u8], codepage: &str, tnef: &mut Tnef) {
    let mut rich = None;
    for property in properties(data, codepage) {
        match property.id {
            PROPERTY_BODY => tnef.text = Some(property.text),
            PROPERTY_HTML => tnef.html = Some(property.text),
            PROPERTY_RTF => rich = Some(property.octets),
            _ => {}
        }
    }
    if tnef.html.is_none()
        && let Some(rtf) = rich.and_then(rtf_compressed::unpack)
    {
        match rtf::read(&rtf) {
            RtfBody::Html(html) => tnef.html = Some(html),
            RtfBody::Text(text) => {
                tnef.text.get_or_insert(text);
            }
        }
    }
}

/// Text up to its closing NUL.
fn text_of(data: &[u8], label: &str) -> String {
    let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    charset::decode(data.get(..end).unwrap_or_default(), Some(label)).text
}

#[derive(Debug)]
struct Property<'a> {
    id: u16,
    text: String,
    /// The value as it lies there, of binary properties.
    octets: &'a [u8],
}

/// The string properties of a list (MS-OXTNEF §2.1.3.4).
fn properties<'a>(data: &'a [u8], codepage: &str) -> Vec<Property<'a>> {
    let mut reader = Reader { rest: data };
    let count = reader.u32().unwrap_or_default();
    let mut found = Vec::new();
    for _ in 0..count.min(u32::try_from(MAX_STEPS).unwrap_or_default()) {
        let Some(property) = reader.property(codepage) else {
            break;
        };
        found.push(property);
    }
    found
}

#[derive(Debug)]
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        self.u32().and_then(|length| usize::try_from(length).ok())
    }

    /// Level, id, length, data, checksum.
    fn attribute(&mut self) -> Option<(u32, &'a [u8])> {
        self.take(1)?;
        let id = self.u32()?;
        let length = self.length()?.min(self.rest.len());
        let data = self.take(length)?;
        // A cut container ends inside its last attribute: no checksum is left to skip.
        let checksum = self.rest.len().min(2);
        self.take(checksum)?;
        Some((id, data))
    }

    /// One property; one that is no text has none.
    fn property(&mut self, codepage: &str) -> Option<Property<'a>> {
        let kind = self.u16()?;
        let id = self.u16()?;
        if id >= 0x8000 {
            self.take(16)?;
            if self.u32()? == 0 {
                self.take(4)?;
            } else {
                let length = self.length()?;
                self.padded(length)?;
            }
        }
        let single = kind & !0x1000;
        let variable = matches!(single, 0x000D | 0x001E | 0x001F | 0x0102);
        let count = if variable || kind != single {
            self.u32()?
        } else {
            1
        };
        let mut text = String::new();
        let mut octets: &[u8] = &[];
        for _ in 0..count {
            if !variable {
                self.take(fixed_size(single)?)?;
                continue;
            }
            let length = self.length()?;
            let data = self.padded(length)?;
            octets = data;
            text = match single {
                0x001E => text_of(data, codepage),
                0x001F => charset::decode(data, Some("utf-16le"))
                    .text
                    .trim_end_matches('\0')
                    .to_owned(),
                0x0102 if id == PROPERTY_HTML => charset::decode(data, None).text,
                _ => String::new(),
            };
        }
        Some(Property { id, text, octets })
    }

    fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let data = self.take(length)?;
        let padding = length
            .next_multiple_of(4)
            .saturating_sub(length)
            .min(self.rest.len());
        self.take(padding)?;
        Some(data)
    }
}

fn fixed_size(kind: u16) -> Option<usize> {
    match kind {
        0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => Some(4),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        [&[1][..], &id.to_le_bytes(), &length.to_le_bytes(), data, &[0, 0]].concat()
    }

    fn container() -> Vec<u8> {
        let name: Vec<u8> = "請求書.pdf\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(name.len()).unwrap();
        let property = [
            &1_u32.to_le_bytes()[..],
            &0x001F_u16.to_le_bytes(),
            &PROPERTY_LONG_NAME.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &length.to_le_bytes(),
            &name,
            &[0; 2],
        ]
        .concat();
        [
            &SIGNATURE[..],
            &[1, 0],
            &attribute(BODY, b"\x93\xfa\x96\x7b\0"),
            &attribute(ATTACH_START, &[0; 14]),
            &attribute(ATTACH_TITLE, b"BILL~1.PDF\0"),
            &attribute(ATTACH_DATA, b"%PDF"),
            &attribute(ATTACH_PROPERTIES, &property),
        ]
        .concat()
    }

    #[test]
    fn files_and_body_are_taken_out() {
        let tnef = open(&container()).unwrap();
        assert_eq!(tnef.text.as_deref(), Some("日本"));
        assert_eq!(
            tnef.files,
            [TnefFile {
                name: "請求書.pdf".to_owned(),
                bytes: b"%PDF".to_vec()
            }]
        );
    }

    #[test]
    fn every_cut_of_a_container_is_survived() {
        let whole = container();
        for end in 0..whole.len() {
            open(whole.get(..end).unwrap());
        }
        assert_eq!(open(b"PK"), None);
    }
}
