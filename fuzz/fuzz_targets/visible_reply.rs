//! Any text with any HTML beside it is cut into pieces that together hold every character of the text.
//!
//! An input is a text; what stands behind a NUL is the HTML. A mail is now and then replaced by its text.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::reply::{PieceKind, find_forwarded, separate};
use madoguchi_fuzz::mutation::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match text_of_mail(&data[..size]).filter(|text| seed.is_multiple_of(2) && text.len() <= max_size) {
        Some(text) => {
            data[..text.len()].copy_from_slice(&text);
            text.len()
        }
        None => mutate(data, size, max_size, seed),
    }
});

/// The text of a mail, with its HTML behind it where that stands there unencoded.
fn text_of_mail(raw: &[u8]) -> Option<Vec<u8>> {
    if !(raw.starts_with(b"From: ") || raw.starts_with(b"Return-Path: ")) {
        return None;
    }
    let mut text = parse_mail(raw).ok()?.text.into_bytes();
    if let Some(at) = raw
        .windows(5)
        .position(|start| start.eq_ignore_ascii_case(b"<html"))
    {
        text.push(0);
        text.extend_from_slice(&raw[at..]);
    }
    Some(text)
}

fuzz_target!(|data: &[u8]| {
    let input = String::from_utf8_lossy(data);
    let (text, html) = match input.split_once('\0') {
        Some((text, html)) => (text, Some(html)),
        None => (input.as_ref(), None),
    };
    let reply = separate(text, html);
    let joined: String = reply.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(joined, text, "the pieces are not the text");
    assert!(
        reply.pieces.iter().all(|piece| !piece.text.is_empty()),
        "an empty piece"
    );
    let doubled = reply.pieces.windows(2).any(|pair| pair[0].kind == pair[1].kind);
    assert!(!doubled, "two neighbours of one kind");
    // Where nothing is quoted and no gateway spoke, somebody wrote what there is.
    let own = |kind| {
        matches!(
            kind,
            PieceKind::Written | PieceKind::Signature | PieceKind::Disclaimer
        )
    };
    if reply.pieces.iter().all(|piece| own(piece.kind)) {
        assert_eq!(
            reply.written().is_empty(),
            text.trim().is_empty(),
            "nobody wrote this"
        );
    }
    if let Some(header) = find_forwarded(text) {
        let told = [header.from, header.date, header.subject];
        assert!(told.iter().flatten().all(|value| text.contains(value.as_str())));
    }
});
