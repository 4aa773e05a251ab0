//! Compressed RTF (MS-OXRTFCP), in which Outlook keeps bodies. Comes in: the octets of the property. Goes out: RTF.
//! What is cut or lies about its length gives what is there.

/// Longest RTF that is unpacked, in octets: text, since pictures are attachments of their own.
const MAX_OCTETS: usize = 8 * 1024 * 1024;
/// Length of the window that references look back into.
const WINDOW: usize = 4096;
/// What the window holds at the start (MS-OXRTFCP §2.1.3.1.1).
const START: &[u8] =
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \
\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Unpacks; `None` where the octets are no compressed RTF.
pub(super) fn unpack(octets: &[u8]) -> Option<Vec<u8>> {
    let (header, contents) = octets.split_at_checked(16)?;
    let length = header.get(4..8)?.try_into().ok().map(u32::from_le_bytes)?;
    let length = usize::try_from(length).ok()?.min(MAX_OCTETS);
    match header.get(8..12)? {
        b"MELA" => Some(contents.get(..length).unwrap_or(contents).to_vec()),
        b"LZFu" => Some(expanded(contents, length)),
        _ => None,
    }
}

fn expanded(contents: &[u8], length: usize) -> Vec<u8> {
    // The window is a ring that starts filled; here it is the beginning of the output.
    let mut output = START.to_vec();
    let end = length.saturating_add(START.len());
    let mut input = contents.iter().copied();
    'groups: while let Some(flags) = input.next() {
        for bit in 0..8 {
            if output.len() >= end {
                break 'groups;
            }
            let Some(first) = input.next() else { break 'groups };
            if flags & (1 << bit) == 0 {
                output.push(first);
                continue;
            }
            let Some(second) = input.next() else { break 'groups };
            let place = (usize::from(first) << 4) | usize::from(second >> 4);
            let count = usize::from(second & 0x0F).saturating_add(2);
            if !copy_back(place, count, &mut output) {
                break 'groups;
            }
        }
    }
    output.truncate(end);
    output.drain(..START.len());
    output
}

/// Copies from a place of the ring; false at the place that is written next, which ends the text.
fn copy_back(place: usize, count: usize, output: &mut Vec<u8>) -> bool {
    let write = output.len() % WINDOW;
    if place == write {
        return false;
    }
    let back = write.wrapping_sub(place) % WINDOW;
    for _ in 0..count {
        // A place that nothing was written to yet is blank.
        let octet = output
            .len()
            .checked_sub(back)
            .and_then(|at| output.get(at).copied());
        output.push(octet.unwrap_or(b' '));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(magic: &[u8], length: u32, contents: &[u8]) -> Vec<u8> {
        [&[0; 4][..], &length.to_le_bytes(), magic, &[0; 4], contents].concat()
    }

    #[test]
    fn literals_references_and_plain_contents_are_unpacked() {
        assert_eq!(unpack(&packed(b"MELA", 3, b"abcd")).unwrap(), b"abc");
        assert_eq!(START.len(), 207);
        // `{\rtf1` from the start of the window, then `ab`, then a run that copies itself.
        let contents = [0b0000_1001, 0x00, 0x04, b'a', b'b', 0x0D, 0x54];
        assert_eq!(
            unpack(&packed(b"LZFu", 100, &contents)).unwrap(),
            b"{\\rtf1abababab"
        );
    }

    #[test]
    fn lying_lengths_are_bounded() {
        let bomb = packed(b"LZFu", u32::MAX, &[0xFF, 0x00, 0x0F].repeat(100_000));
        assert!(unpack(&bomb).unwrap().len() <= MAX_OCTETS);
        assert_eq!(unpack(b"short"), None);
    }
}
