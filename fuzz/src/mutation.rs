//! Changes that keep a mail a mail, for libFuzzer's custom mutator: fields and lines come and go, stretches
//! are repeated (which shows what takes more than linear time), bodies are encoded, wrapped and transcoded.
//!
//! Comes in: an input and a seed. Goes out: the changed input, never longer than asked. Half of the changes are
//! libFuzzer's own, which know nothing of mail but `mail.dict`.

use std::ops::Range;

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};
use libfuzzer_sys::fuzzer_mutate;

use crate::dice::Dice;
use crate::dictionary::DICTIONARY;

type Change = fn(&[u8], &mut Dice, usize) -> Vec<u8>;

const CHANGES: [Change; 13] = [
    add_header,
    add_header,
    add_lines,
    add_lines,
    add_token,
    repeat_lines,
    repeat_octets,
    drop_lines,
    move_lines,
    encode_body,
    encode_word,
    transcode,
    rearrange,
];

const CHARSETS: [&str; 9] = [
    "UTF-8",
    "iso-2022-jp",
    "ISO-2022-JP-MS",
    "Shift_JIS",
    "cp932",
    "euc-jp",
    "utf-7",
    "us-ascii",
    "x-unknown",
];

/// Changes `data[..size]` in place; answers the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice::new(seed);
    if dice.below(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut mail = data[..size].to_vec();
    for _ in 0..=dice.below(3) {
        mail = dice.pick(&CHANGES)(&mail, &mut dice, max_size);
    }
    let kept = mail.len().min(max_size);
    data[..kept].copy_from_slice(&mail[..kept]);
    kept
}

/// The lines with their ends.
fn lines(mail: &[u8]) -> Vec<&[u8]> {
    mail.split_inclusive(|b| *b == b'\n').collect()
}

/// How many lines the header has.
fn header_lines(lines: &[&[u8]]) -> usize {
    let blank = lines.iter().position(|line| line.trim_ascii().is_empty());
    blank.unwrap_or(lines.len())
}

/// Up to `most` neighbouring lines.
fn some_lines(lines: &[&[u8]], dice: &mut Dice, most: usize) -> Range<usize> {
    let start = dice.below(lines.len());
    start..(start + 1 + dice.below(most)).min(lines.len())
}

fn spliced(lines: &[&[u8]], range: Range<usize>, between: &[u8]) -> Vec<u8> {
    let (before, after) = (&lines[..range.start], &lines[range.end..]);
    [&before.concat(), between, &after.concat()].concat()
}

fn add_header(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    // Parts have headers too: now and then a field goes anywhere.
    let end = if dice.below(4) == 0 {
        lines.len()
    } else {
        header_lines(&lines)
    };
    let at = dice.below(end + 1);
    spliced(
        &lines,
        at..at,
        &[dice.pick(&DICTIONARY.headers).as_slice(), b"\n"].concat(),
    )
}

fn add_lines(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    let head = header_lines(&lines);
    let at = head + dice.below(lines.len() - head + 1);
    let mut added = Vec::new();
    for _ in 0..=dice.below(3) {
        let kind = if dice.below(3) == 0 {
            &DICTIONARY.html
        } else {
            &DICTIONARY.texts
        };
        added.extend_from_slice(dice.pick(kind.as_slice()).as_slice());
        added.push(b'\n');
    }
    spliced(&lines, at..at, &added)
}

fn add_token(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let (before, after) = mail.split_at(dice.below(mail.len() + 1));
    let kind = if dice.below(3) == 0 {
        &DICTIONARY.html
    } else {
        &DICTIONARY.tokens
    };
    [before, dice.pick(kind.as_slice()).as_slice(), after].concat()
}

/// As often as chance and the space allow, mostly a few times, sometimes thousands.
fn repeated(stretch: &[u8], dice: &mut Dice, space: usize) -> Vec<u8> {
    let times = 1 << dice.below(14);
    stretch.repeat(times.min(space / stretch.len().max(1)))
}

fn repeat_lines(mail: &[u8], dice: &mut Dice, max_size: usize) -> Vec<u8> {
    let lines = lines(mail);
    let range = some_lines(&lines, dice, 3);
    let more = repeated(
        &lines[range.clone()].concat(),
        dice,
        max_size.saturating_sub(mail.len()),
    );
    spliced(&lines, range.end..range.end, &more)
}

fn repeat_octets(mail: &[u8], dice: &mut Dice, max_size: usize) -> Vec<u8> {
    let start = dice.below(mail.len());
    let end = (start + 1 + dice.below(24)).min(mail.len());
    let more = repeated(&mail[start..end], dice, max_size.saturating_sub(mail.len()));
    [&mail[..end], &more, &mail[end..]].concat()
}

fn drop_lines(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    let most = lines.len() / 2 + 1;
    spliced(&lines, some_lines(&lines, dice, most), b"")
}

fn move_lines(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let mut all = lines(mail);
    let range = some_lines(&all, dice, 8);
    let moved: Vec<&[u8]> = all.drain(range).collect();
    let at = dice.below(all.len() + 1);
    spliced(&all, at..at, &moved.concat())
}

/// Encodes the body, and says so in the header.
fn encode_body(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    let head = header_lines(&lines);
    let body = lines[(head + 1).min(lines.len())..].concat();
    let (name, encoded) = if dice.below(2) == 0 {
        let line = data_encoding::BASE64.encode(&body);
        let cut = line.as_bytes().chunks(76).map(<[u8]>::to_vec);
        ("base64", cut.collect::<Vec<_>>().join(&b'\n'))
    } else {
        ("quoted-printable", quoted_printable(&body))
    };
    let field = format!("Content-Transfer-Encoding: {name}\n\n");
    [&lines[..head].concat(), field.as_bytes(), &encoded].concat()
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for octet in body {
        match octet {
            b'\n' | b' '..=b'<' | b'>'..=b'~' => encoded.push(*octet),
            _ => encoded.extend_from_slice(format!("={octet:02X}").as_bytes()),
        }
    }
    encoded
}

/// Makes an encoded word of a field's value, with any label.
fn encode_word(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    let at = dice.below(header_lines(&lines));
    let Some(line) = lines.get(at) else {
        return mail.to_vec();
    };
    let colon = line.iter().position(|b| *b == b':').map_or(0, |colon| colon + 1);
    let (name, value) = line.split_at(colon);
    let value = value.trim_ascii();
    let charset = dice.pick(&CHARSETS);
    let word = if dice.below(2) == 0 {
        format!(" =?{charset}?B?{}?=\n", data_encoding::BASE64.encode(value))
    } else {
        let quoted = String::from_utf8_lossy(&quoted_printable(value)).replace(' ', "_");
        format!(" =?{charset}?Q?{quoted}?=\n")
    };
    spliced(&lines, at..at + 1, &[name, word.as_bytes()].concat())
}

/// Writes some lines in one of the old charsets, whatever the header says.
fn transcode(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    let range = some_lines(&lines, dice, 16);
    let text = lines[range.clone()].concat();
    let charset = *dice.pick(&[ISO_2022_JP, SHIFT_JIS, EUC_JP]);
    let text = String::from_utf8_lossy(&text);
    let (encoded, ..) = charset.encode(&text);
    spliced(&lines, range, &encoded)
}

/// Quotes lines, changes line ends, cuts the mail off, or makes a part of it.
fn rearrange(mail: &[u8], dice: &mut Dice, _: usize) -> Vec<u8> {
    let lines = lines(mail);
    match dice.below(5) {
        0 => {
            let range = some_lines(&lines, dice, 16);
            let quoted: Vec<u8> = lines[range.clone()]
                .iter()
                .flat_map(|line| [b"> ", *line].concat())
                .collect();
            spliced(&lines, range, &quoted)
        }
        1 => with_line_ends(mail, b"\r\n"),
        2 => with_line_ends(mail, b"\r"),
        3 => mail[..dice.below(mail.len() + 1)].to_vec(),
        _ => {
            let kind = dice.pick(&["mixed", "alternative", "related", "digest", "report", "signed"]);
            let head = format!("From: a@b.example\nContent-Type: multipart/{kind}; boundary=b\n\n--b\n");
            let between = dice.pick(&["", "Content-Type: message/rfc822\n\n", "\n"]);
            [head.as_bytes(), between.as_bytes(), mail, b"\n--b--\n"].concat()
        }
    }
}

fn with_line_ends(mail: &[u8], end: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = mail
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect();
    lines.join(end)
}
