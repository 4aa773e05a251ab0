//! Any bytes give exactly one line of valid JSON, with and without contracted accounts, and a page for people.

#![no_main]

use std::path::Path;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use madoguchi::cli::inspect::{json_line, page};
use madoguchi::registry::AccountId;
use madoguchi_fuzz::mutation::mutate;
use serde_json::Value;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});

const OUTCOMES: [&str; 6] = [
    "resolved",
    "several",
    "confirm",
    "not-contracted",
    "other-customer",
    "none",
];

fuzz_target!(|raw: &[u8]| {
    let file = Path::new("mail.eml");
    let contracted: Vec<AccountId> = ["480913372265", "583920471638"]
        .iter()
        .filter_map(|id| AccountId::parse(id).ok())
        .collect();
    for own in [&[], contracted.as_slice()] {
        let line = json_line(file, raw, own);
        assert!(!line.contains(['\n', '\r']), "more than one line");
        let reading: Value = serde_json::from_str(&line).expect("a line is one JSON object");
        assert_eq!(reading["path"], "mail.eml");
        if reading.get("error").is_none() {
            holds_together(&reading, own);
        }
    }
    assert!(page(file, raw, &contracted).starts_with("── mail.eml\n"));
});

fn holds_together(reading: &Value, own: &[AccountId]) {
    for key in ["text", "reply", "signature", "subject", "category"] {
        assert!(reading[key].is_string(), "{key}");
    }
    let strings = |value: &Value| -> Vec<String> {
        let all = value.as_array().expect("a list");
        all.iter()
            .map(|one| one.as_str().expect("a string").to_owned())
            .collect()
    };
    let (outcome, ids) = (
        &reading["account"]["outcome"],
        strings(&reading["account"]["ids"]),
    );
    assert!(OUTCOMES.iter().any(|known| outcome == known), "{outcome}");
    if outcome == "resolved" {
        // Only what is contracted is ever resolved.
        assert!(
            ids.len() == 1 && own.iter().any(|id| id.as_str() == ids[0]),
            "{ids:?}"
        );
    }
    let confidence = reading["confidence"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&confidence), "{confidence}");
    let bounced = reading["screening"]["kind"] == "bounce";
    assert!(!(bounced && reading["screening"]["acknowledge"] == true));
    assert!(
        !(bounced && reading["bounce"].is_null()),
        "a bounce without its report"
    );
}
