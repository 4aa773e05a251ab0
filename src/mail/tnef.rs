//! Stage: TNEF, the `winmail.dat` of Outlook (MS-OXTNEF). Comes in: its decoded octets. Goes out: the text
//! and the files inside. What is damaged ends the reading; what was read until then stays. Embedded
//! messages and compressed RTF are not opened.

use super::charset;

/// Most files read from one container.
const MAX_FILES: usize = 200;
/// First octets of every container.
const SIGNATURE: &[u8] = &[0x78, 0x9F, 0x3E, 0x22];
/// Attributes, by type and name as they stand (MS-OXTNEF §2.1.3.2).
const BODY: u32 = 0x0002_800C;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const CODE_PAGE: u32 = 0x0006_9007;
const FILE_STARTS: u32 = 0x0006_9002;
const FILE_TITLE: u32 = 0x0001_8010;
const FILE_DATA: u32 = 0x0006_800F;
const FILE_PROPERTIES: u32 = 0x0006_9005;
/// MAPI properties that are wanted.
const PLAIN_BODY: u16 = 0x1000;
const LONG_NAME: u16 = 0x3707;

/// What a container holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Container {
    /// The message text, where it is there as plain text.
    pub(super) text: Option<String>,
    /// The files, in order.
    pub(super) files: Vec<ContainedFile>,
}

/// One file of a container.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ContainedFile {
    /// Its name as sent.
    pub(super) name: Option<String>,
    /// Its content.
    pub(super) content: Vec<u8>,
}

/// Whether a media type names TNEF.
pub(super) fn is_tnef(media_type: &str) -> bool {
    matches!(media_type, "application/ms-tnef" | "application/vnd.ms-tnef")
}

/// Reads a container; `None` for other octets.
pub(super) fn read(bytes: &[u8]) -> Option<Container> {
    // The signature is followed by a key of two octets that nobody uses.
    let mut input = Input(bytes.strip_prefix(SIGNATURE)?.get(2..)?);
    let mut container = Container::default();
    let mut label = "cp932".to_owned();
    while let Some((id, data)) = input.attribute() {
        match id {
            CODE_PAGE => label = Input(data).u32().map_or(label, |page| format!("cp{page}")),
            BODY => container.text = Some(text(data, &label)),
            MESSAGE_PROPERTIES => {
                let found = Input(data).property(PLAIN_BODY, &label);
                container.text = found.or(container.text);
            }
            FILE_STARTS if container.files.len() < MAX_FILES => {
                container.files.push(ContainedFile::default());
            }
            FILE_STARTS => break,
            other => {
                if let Some(file) = container.files.last_mut() {
                    describe(file, other, data, &label);
                }
            }
        }
    }
    Some(container)
}

fn describe(file: &mut ContainedFile, id: u32, data: &[u8], label: &str) {
    match id {
        FILE_TITLE if file.name.is_none() => file.name = Some(text(data, label)),
        FILE_DATA => file.content = data.to_vec(),
        FILE_PROPERTIES => file.name = Input(data).property(LONG_NAME, label).or(file.name.take()),
        _ => {}
    }
}

/// Text of the container's code page, up to its NUL.
fn text(data: &[u8], label: &str) -> String {
    let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    charset::decode(data.get(..end).unwrap_or_default(), Some(label)).text
}

/// Octets that are read from the front; every number is little-endian.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        self.u32().and_then(|n| usize::try_from(n).ok())
    }

    /// A counted value, padded to four octets.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let value = self.take(length)?;
        self.take(length.next_multiple_of(4).saturating_sub(length))?;
        Some(value)
    }

    /// The next attribute: level, identifier, length, data, checksum.
    fn attribute(&mut self) -> Option<(u32, &'a [u8])> {
        self.take(1)?;
        let id = self.u32()?;
        let length = self.length()?;
        let data = self.take(length)?;
        self.take(2)?;
        Some((id, data))
    }

    /// The text of one MAPI property (MS-OXTNEF §2.1.3.4).
    fn property(mut self, wanted: u16, label: &str) -> Option<String> {
        let count = self.length()?;
        for _ in 0..count {
            let (kind, id) = (self.u16()?, self.u16()?);
            if id >= 0x8000 {
                self.skip_name()?;
            }
            let value = self.property_value(kind)?;
            if id == wanted {
                return match kind {
                    0x001E => Some(text(value, label)),
                    0x001F => Some(utf16(value)),
                    _ => None,
                };
            }
        }
        None
    }

    /// A named property tells its set, then a number or a name.
    fn skip_name(&mut self) -> Option<()> {
        self.take(16)?;
        if self.u32()? == 0 {
            self.u32().map(|_| ())
        } else {
            self.counted().map(|_| ())
        }
    }

    /// The value of a property, the first of several.
    fn property_value(&mut self, kind: u16) -> Option<&'a [u8]> {
        let several = kind & 0x1000 != 0;
        let base = kind & 0x0FFF;
        let counted = matches!(base, 0x001E | 0x001F | 0x0102 | 0x000D);
        let count = if several || counted { self.length()? } else { 1 };
        let size = match base {
            0x0048 => 16,
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
            _ => 4,
        };
        let mut first: Option<&'a [u8]> = None;
        for _ in 0..count {
            let value = if counted {
                self.counted()?
            } else {
                self.take(size)?
            };
            first.get_or_insert(value);
        }
        Some(first.unwrap_or_default())
    }
}

fn utf16(value: &[u8]) -> String {
    let text = charset::decode(value, Some("utf-16le")).text;
    text.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&[1], id.to_le_bytes().as_slice(), &length, data, &[0, 0]].concat()
    }

    fn long_name(name: &str) -> Vec<u8> {
        let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let pad = vec![0; utf16.len().next_multiple_of(4) - utf16.len()];
        let length = u32::try_from(utf16.len()).unwrap().to_le_bytes();
        [
            &[1, 0, 0, 0, 0x1F, 0, 0x07, 0x37, 1, 0, 0, 0],
            length.as_slice(),
            &utf16,
            &pad,
        ]
        .concat()
    }

    fn container(attributes: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE, &[0, 0], &attributes.concat()].concat()
    }

    #[test]
    fn text_and_files_are_found_with_their_long_names() {
        let bytes = container(&[
            attribute(CODE_PAGE, &932u32.to_le_bytes()),
            attribute(BODY, b"\x93\xFA\x96\x7B\0"),
            attribute(FILE_STARTS, &[]),
            attribute(FILE_TITLE, b"SEIKYU~1.PDF\0"),
            attribute(FILE_DATA, b"%PDF"),
            attribute(FILE_PROPERTIES, &long_name("請求書.pdf")),
        ]);
        let found = read(&bytes).unwrap();
        assert_eq!(found.text.as_deref(), Some("日本"));
        let file = ContainedFile {
            name: Some("請求書.pdf".to_owned()),
            content: b"%PDF".to_vec(),
        };
        assert_eq!(found.files, [file]);
    }

    #[test]
    fn damage_ends_the_reading_and_nothing_else() {
        let whole = container(&[attribute(BODY, b"a"), attribute(FILE_STARTS, &[])]);
        for length in 6..whole.len() {
            assert!(read(whole.get(..length).unwrap()).is_some());
        }
        assert_eq!(read(b"PK"), None);
        let endless = container(&[attribute(MESSAGE_PROPERTIES, &[0xFF; 64])]);
        assert_eq!(read(&endless).unwrap().text, None);
    }
}
