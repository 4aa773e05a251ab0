//! The boundaries between categories, case by case, from `fixtures/inquiries/boundaries.toml`; and that what is
//! shown as evidence stands in the author's own spelling.

use serde::Deserialize;

use super::{Classification, Field, Flag, Inquiry, Rules};
use crate::ticket::Category;

const BOUNDARIES: &str = include_str!("../../../fixtures/inquiries/boundaries.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    boundary: Vec<Boundary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Boundary {
    about: String,
    category: Option<Category>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    never: Vec<Flag>,
    texts: Vec<String>,
}

fn classify(subject: &str, written: &str) -> Classification {
    Rules::embedded().classify(&Inquiry {
        subject,
        written,
        ..Inquiry::default()
    })
}

/// What is wrong with a case, if anything.
fn complaint(boundary: &Boundary, text: &str) -> Option<String> {
    let got = classify(&boundary.subject, text);
    let has = |flag: &Flag| got.flags.contains(flag);
    let fine = boundary.category.is_none_or(|category| category == got.category)
        && boundary.flags.iter().all(has)
        && !boundary.never.iter().any(has);
    (!fine).then(|| {
        format!(
            "{}: {text:?} gave {} (best {}, lead {:.1}) with {:?}",
            boundary.about, got.category, got.best_category, got.lead, got.flags
        )
    })
}

#[test]
fn every_boundary_runs_where_its_cases_say() {
    let table: Table = toml::from_str(BOUNDARIES).unwrap();
    let wrong: Vec<String> = table
        .boundary
        .iter()
        .flat_map(|b| b.texts.iter().filter_map(move |text| complaint(b, text)))
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_boundary_has_three_cases() {
    let table: Table = toml::from_str(BOUNDARIES).unwrap();
    let thin: Vec<&str> = table
        .boundary
        .iter()
        .filter(|boundary| boundary.texts.len() < 3)
        .map(|boundary| boundary.about.as_str())
        .collect();
    assert!(thin.is_empty(), "{thin:?}");
}

#[test]
fn evidence_shows_the_spelling_of_the_author() {
    let table = [
        ("本日からｻｰﾊﾞｰに接続できません。", "できません"),
        ("㍻㌔ﾊﾟｰﾃｨ①ＥＣ２に接続できません。", "できません"),
        ("ＡＬＢが５０２を返しています。", "５０２"),
        ("カ\u{3099}イトの ｴﾗｰが発生しました。", "ｴﾗｰが"),
        ("Ｐｌｅａｓｅ ｉｎｖｅｓｔｉｇａｔｅ.", "ｉｎｖｅｓｔｉｇａｔｅ"),
        ("至急　ＥＣ２　を見てください", "至急"),
    ];
    for (written, shown) in table {
        let got = classify("", written);
        let at_place = |e: &&super::Evidence| written.get(e.range.clone()) == Some(e.text.as_str());
        assert!(
            got.evidence
                .iter()
                .filter(|e| e.field == Field::Written)
                .all(|e| at_place(&e)),
            "{written}: {:?}",
            got.evidence
        );
        assert!(
            got.evidence.iter().any(|e| e.text.contains(shown)),
            "{written}: {:?}",
            got.evidence
        );
    }
}
