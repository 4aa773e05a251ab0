//! Forms of Unicode that `encoding_rs` has not: UTF-7 (RFC 2152), which some old mailers and attackers send, and
//! surrogates in UTF-8. Comes in: bytes. Goes out: text that is as little trusted as any other.

/// Decodes; the flag says whether something could not be read.
pub(super) fn decode(bytes: &[u8]) -> (String, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut damaged = false;
    let mut rest = bytes;
    while let Some(plus) = rest.iter().position(|b| *b == b'+') {
        damaged |= push_ascii(&mut text, rest.get(..plus).unwrap_or_default());
        let shifted = rest.get(plus.saturating_add(1)..).unwrap_or_default();
        let length = shifted.iter().take_while(|b| is_base64(**b)).count();
        if length == 0 {
            text.push('+');
        } else {
            damaged |= push_shifted(&mut text, shifted.get(..length).unwrap_or_default());
        }
        // The minus ends the run and is no part of the text.
        let minus = usize::from(shifted.get(length) == Some(&b'-'));
        rest = shifted.get(length.saturating_add(minus)..).unwrap_or_default();
    }
    damaged |= push_ascii(&mut text, rest);
    (text, damaged)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

fn push_ascii(text: &mut String, bytes: &[u8]) -> bool {
    text.push_str(&String::from_utf8_lossy(bytes));
    !bytes.is_ascii()
}

fn push_shifted(text: &mut String, run: &[u8]) -> bool {
    let mut units = Vec::with_capacity(run.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in run {
        bits = (bits << 6) | u32::from(value_of(*byte));
        count = count.saturating_add(6);
        if count >= 16 {
            count = count.saturating_sub(16);
            units.push(u16::try_from((bits >> count) & 0xFFFF).unwrap_or_default());
            bits &= (1 << count) - 1;
        }
    }
    let mut damaged = false;
    for unit in char::decode_utf16(units) {
        damaged |= unit.is_err();
        text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    damaged
}

/// UTF-8 in which characters beyond the first plane were written as two surrogates of three octets each (CESU-8,
/// UTR 26), as UTF-8; nothing where there are none.
pub(super) fn join_surrogates(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut found = false;
    while let Some(at) = memchr::memchr(0xED, rest) {
        joined.extend_from_slice(rest.get(..at).unwrap_or_default());
        let from = rest.get(at..).unwrap_or_default();
        let taken = if let Some(c) = surrogates_at(from) {
            found = true;
            joined.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            6
        } else {
            joined.push(0xED);
            1
        };
        rest = from.get(taken..).unwrap_or_default();
    }
    joined.extend_from_slice(rest);
    found.then_some(joined)
}

fn surrogates_at(from: &[u8]) -> Option<char> {
    let [0xED, high @ 0xA0..=0xAF, b, 0xED, low @ 0xB0..=0xBF, c] = *from.get(..6)? else {
        return None;
    };
    let half = |lead: u8, trail: u8| (u32::from(lead & 0x0F) << 6) | u32::from(trail & 0x3F);
    char::from_u32(0x1_0000 + ((half(high, b) << 10) | half(low & 0x0F, c)))
}

fn value_of(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_runs_a_plus_sign_and_markup_are_read_as_text() {
        assert_eq!(
            decode(b"A+ZeVnLIqe-B +- +ADw-b"),
            ("A日本語B + <b".to_owned(), false)
        );
    }
}
