//! HZ (RFC 1843), seven-bit Chinese. Comes in: bytes labelled `hz-gb-2312`. Goes out: text. A line that ends
//! without its closing `~}` does not spoil the next.

use encoding_rs::GB18030;

/// Decodes; the flag says whether something could not be read.
pub(super) fn decode(bytes: &[u8]) -> (String, bool) {
    // The octets as the eight-bit form of the same set has them.
    let mut eight_bit = Vec::with_capacity(bytes.len());
    let mut chinese = false;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let second = after.first().copied();
        let taken = match (*first, second) {
            (b'~', Some(mark @ (b'{' | b'}'))) => {
                chinese = mark == b'{';
                2
            }
            (b'~', Some(b'~')) if !chinese => {
                eight_bit.push(b'~');
                2
            }
            // A line that was broken for its length.
            (b'~', Some(b'\n')) if !chinese => 2,
            (lead @ 0x21..=0x7E, Some(trail @ 0x21..=0x7E)) if chinese => {
                eight_bit.extend([lead | 0x80, trail | 0x80]);
                2
            }
            (other, _) => {
                chinese &= other != b'\n';
                eight_bit.push(other);
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    let (text, damaged) = GB18030.decode_without_bom_handling(&eight_bit);
    (text.into_owned(), damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_tildes_and_unended_lines_are_read() {
        assert_eq!(decode(b"~{Dz:C~} a~~b"), ("您好 a~b".to_owned(), false));
        assert_eq!(decode(b"~{Dz:C\nplain").0, "您好\nplain");
        assert_eq!(decode(b"a~\nb~").0, "ab~");
    }
}
