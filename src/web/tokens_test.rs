//! The contrast of the stylesheet's colours, computed from the stylesheet itself (WCAG 2.2 §1.4.3, §1.4.11).

use std::collections::BTreeMap;

const STYLESHEET: &str = include_str!("../../templates/web/assets/app.css");

/// Text and what it stands on: at least 4.5.
const TEXT: &[(&str, &[&str])] = &[
    ("ink", &["bg", "surface", "sunken", "primary-soft", "warn-soft"]),
    ("ink-2", &["bg", "surface", "sunken", "primary-soft"]),
    ("link", &["bg", "surface", "sunken", "primary-soft", "note-bg"]),
    ("link-hover", &["bg", "surface", "sunken", "primary-soft"]),
    ("on-primary", &["link", "link-hover"]),
    ("note-ink", &["note-bg"]),
    ("on-note-band", &["note-band"]),
    ("on-band", &["band", "aws-band"]),
    ("aws", &["aws-soft", "surface"]),
    ("danger", &["surface", "bg"]),
    ("warn", &["warn-soft", "surface"]),
    ("ok", &["surface"]),
    ("on-bar", &["bar"]),
    ("on-bar-2", &["bar"]),
    ("surface", &["ink-2"]),
];

/// Borders of controls and signs: at least 3.
const SIGNS: &[(&str, &[&str])] = &[
    ("edge", &["surface", "bg"]),
    ("note-edge", &["bg", "note-bg"]),
    ("focus-a", &["surface", "bg", "focus-b"]),
    ("danger", &["surface"]),
];

/// Every token with its light and its dark colour.
fn tokens() -> BTreeMap<String, [[u8; 3]; 2]> {
    let pattern =
        regex::Regex::new(r"--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);").unwrap();
    let colour = |text: &str| {
        let number = u32::from_str_radix(text, 16).unwrap().to_be_bytes();
        [number[1], number[2], number[3]]
    };
    pattern
        .captures_iter(STYLESHEET)
        .map(|found| (found[1].to_owned(), [colour(&found[2]), colour(&found[3])]))
        .collect()
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_pair_of_colours_has_its_contrast_in_both_themes() {
    let tokens = tokens();
    assert!(tokens.len() > 25, "the tokens were not read");
    let mut weak = Vec::new();
    for (pairs, least) in [(TEXT, 4.5), (SIGNS, 3.0)] {
        for (above, grounds) in pairs {
            for ground in *grounds {
                for (place, theme) in ["light", "dark"].iter().enumerate() {
                    let ratio = contrast(tokens[*above][place], tokens[*ground][place]);
                    if ratio < least {
                        weak.push(format!("{above} on {ground}, {theme}: {ratio:.2} < {least}"));
                    }
                }
            }
        }
    }
    assert!(weak.is_empty(), "{weak:#?}");
}

#[test]
fn no_rule_has_a_colour_that_is_no_token() {
    let rules = STYLESHEET.split("@layer base {").nth(1).unwrap();
    let colours = regex::Regex::new(r"#[0-9a-fA-F]{3,8}\b").unwrap();
    let strays: Vec<_> = colours.find_iter(rules).map(|found| found.as_str()).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn the_stylesheet_reaches_for_nothing_outside() {
    for refused in ["url(", "@import", "@font-face"] {
        assert!(!STYLESHEET.contains(refused), "{refused}");
    }
}
