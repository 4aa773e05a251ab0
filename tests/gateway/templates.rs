//! Every text the desk can send, rendered from sample data in both languages.

use std::collections::BTreeMap;

use madoguchi::correspondence::{Templates, render_samples};
use madoguchi::inquiry::notification_mark;
use madoguchi::ticket::Language;

/// Phrases that make a letter sound like a machine or like a bad letter.
const FORBIDDEN: &[&str] = &[
    "御中 様",
    "様 様",
    "させていただきま",
    "undefined",
    "none",
    "{{",
    "{%",
    "  \n\n\n",
];

#[test]
fn every_template_renders_in_both_languages_from_sample_data() {
    let templates = Templates::embedded().unwrap();
    for language in Language::ALL {
        for name in Templates::names() {
            for text in render_samples(&templates, *language, name).unwrap() {
                reads_well(&text, &format!("{language}/{name}"));
            }
        }
    }
}

fn reads_well(text: &str, name: &str) {
    assert!(!text.trim().is_empty(), "{name} is empty");
    for phrase in FORBIDDEN {
        assert!(!text.contains(phrase), "{name} says {phrase:?}:\n{text}");
    }
    assert!(
        !text.contains("\n\n\n"),
        "{name} has two blank lines together:\n{text}"
    );
    if name.ends_with(".subject") {
        assert_eq!(text.lines().count(), 1, "{name}");
    }
}

#[test]
fn mails_to_staff_carry_the_mark_that_keeps_them_inside() {
    let templates = Templates::embedded().unwrap();
    for name in [
        "notification.txt",
        "receipt.txt",
        "returned.txt",
        "held-notice.txt",
        "held-answer.txt",
        "held-digest.txt",
        "probe.txt",
        "probe-answer.txt",
        "alarm.txt",
        "outage.txt",
        "self-probe.txt",
        "unregistered-digest.txt",
        "junk-list.txt",
        "ping-pong.txt",
        "warning.txt",
    ] {
        for language in Language::ALL {
            let text = rendered(&templates, *language, name);
            let mark = notification_mark(*language);
            assert_eq!(text.lines().next(), Some(mark), "{language}/{name}");
        }
    }
}

#[test]
fn letters_to_customers_begin_with_the_number_and_never_carry_the_mark() {
    let templates = Templates::embedded().unwrap();
    for name in [
        "acknowledgement.txt",
        "acknowledgement-bundle.txt",
        "acknowledgement-fixed.txt",
        "too-large.txt",
        "cannot-read-encrypted.txt",
        "account-completed.txt",
        "account-corrected.txt",
        "answer.txt",
        "answer-notice.txt",
        "clock-changed.txt",
        "pending-reminder.txt",
        "pending-closed.txt",
    ] {
        for language in Language::ALL {
            let text = rendered(&templates, *language, name);
            assert!(
                text.lines().next().unwrap().ends_with("DESK-000123"),
                "{language}/{name}:\n{text}"
            );
            for mark in Language::ALL.iter().map(|one| notification_mark(*one)) {
                assert!(!text.contains(mark), "{language}/{name}");
            }
        }
    }
}

#[test]
fn a_text_of_ones_own_replaces_the_embedded_one_and_a_misspelt_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ja")).unwrap();
    std::fs::write(folder.path().join("ja/answer.txt"), "{{ number }} {{ text }}").unwrap();
    let templates = Templates::embedded()
        .unwrap()
        .with_overrides(folder.path())
        .unwrap();
    assert!(rendered(&templates, Language::Japanese, "answer.txt").starts_with("DESK-000123 セキュリティ"));
    std::fs::write(folder.path().join("ja/anser.txt"), "").unwrap();
    let wrong = wrong_in(folder.path());
    assert!(wrong[0].contains("did you mean `answer.txt`?"), "{wrong:?}");
}

#[test]
fn a_value_that_no_mail_has_is_refused_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ja")).unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join("ja").join(name), text).unwrap();
    file("answer.txt", "{{ nummer }} {{ text }}");
    file("receipt.txt", "{% if text %}{{ text }}");
    file("alarm.txt", "{{ mark }} {{ recipient }}");
    let wrong = wrong_in(folder.path());
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(
        wrong[0].contains("`nummer` in this mail; did you mean `number`?"),
        "{wrong:?}"
    );
    assert!(wrong[1].contains("receipt.txt"), "{wrong:?}");
}

fn wrong_in(folder: &std::path::Path) -> Vec<String> {
    let wrong = Templates::embedded().unwrap().check_overrides(folder);
    wrong.into_iter().map(|error| error.0).collect()
}

#[test]
fn text_of_a_mail_is_never_taken_for_a_template() {
    let templates = Templates::embedded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ja")).unwrap();
    std::fs::write(folder.path().join("ja/answer.txt"), "{{ text }}").unwrap();
    let templates = templates.with_overrides(folder.path()).unwrap();
    let values = BTreeMap::from([("text", "{{ 7 * 7 }} {% raw %}")]);
    let text = templates
        .render(Language::Japanese, "answer.txt", &values)
        .unwrap();
    assert!(text.contains("{{ 7 * 7 }} {% raw %}"), "{text}");
}

fn rendered(templates: &Templates, language: Language, name: &str) -> String {
    let [full, _] = render_samples(templates, language, name)
        .unwrap_or_else(|error| panic!("{language}/{name}: {error}"));
    full
}
