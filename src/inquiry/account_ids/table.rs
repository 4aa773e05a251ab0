//! The table of cases in `fixtures/account_ids.toml`, and properties that hold for any text.

use proptest::prelude::*;
use serde::Deserialize;

use super::{AccountOutcome, Contracts, Place, Source, decide, find};
use crate::registry::AccountId;

const TABLE: &str = include_str!("../../../fixtures/account_ids.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    contracted: Vec<String>,
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    #[serde(default = "written")]
    place: Place,
    outcome: AccountOutcome,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    my_number: bool,
    texts: Vec<String>,
}

fn written() -> Place {
    Place::Written
}

fn ids(texts: &[String]) -> Vec<AccountId> {
    texts.iter().map(|text| AccountId::parse(text).unwrap()).collect()
}

fn own() -> Vec<AccountId> {
    ids(&["583920471638".to_owned(), "027481936505".to_owned()])
}

/// What is wrong with a case, if anything.
fn complaint(group: &Group, text: &str, own: &[AccountId]) -> Option<String> {
    let findings = find(
        &[Source {
            place: group.place,
            text,
        }],
        own,
    );
    let decision = decide(&findings, Contracts { own, elsewhere: &[] });
    let right = (decision.outcome, &decision.ids) == (group.outcome, &ids(&group.ids));
    let exact = findings
        .candidates
        .iter()
        .all(|c| text.get(c.range.clone()) == Some(c.text.as_str()));
    let fine = right && exact && findings.has_my_number() == group.my_number;
    (!fine).then(|| format!("{}: {text:?} gave {decision:?} from {findings:?}", group.about))
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    let table: Table = toml::from_str(TABLE).unwrap();
    let own = ids(&table.contracted);
    let cases = || {
        table
            .group
            .iter()
            .flat_map(|g| g.texts.iter().map(move |t| (g, t)))
    };
    assert!(cases().count() > 250, "the table lost cases");
    let wrong: Vec<String> = cases()
        .filter_map(|(group, text)| complaint(group, text, &own))
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_label_goes_with_every_form() {
    let labels = [
        "アカウントID",
        "AWSアカウント",
        "対象アカウント番号",
        "Account ID",
        "AWS account",
        "acct",
        "本番アカウント",
    ];
    let joins = ["：", ": ", " ", "は", "=", "「", " (", "→ "];
    let forms = [
        "583920471638",
        "5839-2047-1638",
        "５８３９２０４７１６３８",
        "5839 2047 1638",
        "5839−2047−1638",
    ];
    let ends = joins
        .iter()
        .flat_map(|join| forms.iter().map(move |form| format!("{join}{form}")));
    let ends: Vec<String> = ends.collect();
    for (label, end) in labels
        .iter()
        .flat_map(|label| ends.iter().map(move |end| (label, end)))
    {
        let text = format!("お世話になります。\n{label}{end}\nの件です。");
        let findings = find(
            &[Source {
                place: Place::Written,
                text: &text,
            }],
            &[],
        );
        let decision = decide(&findings, Contracts::default());
        assert_eq!(decision.outcome, AccountOutcome::NotContracted, "{text}");
    }
}

#[test]
fn every_label_of_another_number_keeps_it_from_being_an_account() {
    let labels = [
        "電話番号",
        "注文番号",
        "伝票番号",
        "請求書番号",
        "会議ID",
        "マイナンバー",
        "Invoice",
        "Order",
        "TEL",
        "Tracking",
        "口座番号",
    ];
    for (label, form) in labels
        .iter()
        .flat_map(|l| ["694027158341", "6940-2715-8341", "6940 2715 8341"].map(|f| (l, f)))
    {
        let text = format!("{label}: {form}");
        let findings = find(
            &[Source {
                place: Place::Written,
                text: &text,
            }],
            &own(),
        );
        assert!(findings.candidates.is_empty(), "{text}");
    }
}

#[test]
fn the_authors_words_outrank_what_they_quote() {
    let sources = [
        Source {
            place: Place::Written,
            text: "アカウント 027481936505 でも同じです",
        },
        Source {
            place: Place::Quoted,
            text: "アカウントID: 583920471638",
        },
    ];
    let own = own();
    let decision = decide(
        &find(&sources, &own),
        Contracts {
            own: &own,
            elsewhere: &[],
        },
    );
    assert_eq!(
        decision.filed_under().map(|id| id.to_string()).as_deref(),
        Some("027481936505")
    );
}

#[test]
fn the_only_account_is_taken_when_none_is_named() {
    let own: Vec<AccountId> = own().into_iter().take(1).collect();
    let decided = |text| {
        decide(
            &find(
                &[Source {
                    place: Place::Written,
                    text,
                }],
                &own,
            ),
            Contracts {
                own: &own,
                elsewhere: &[],
            },
        )
    };
    assert_eq!(decided("EC2が停止しました").reason.as_str(), "only-account");
    assert_eq!(
        decided("694027158341 の件").reason.as_str(),
        "weak-id-against-only-account"
    );
    assert_eq!(
        decided("アカウントID: 694027158341").outcome,
        AccountOutcome::NotContracted
    );
}

#[test]
fn another_customers_account_is_seen_by_staff_only() {
    let elsewhere = ids(&["694027158341".to_owned()]);
    let findings = find(
        &[Source {
            place: Place::Written,
            text: "アカウントID: 694027158341",
        }],
        &own(),
    );
    let decision = decide(
        &findings,
        Contracts {
            own: &own(),
            elsewhere: &elsewhere,
        },
    );
    assert_eq!(decision.outcome, AccountOutcome::OtherCustomer);
    assert_eq!(decision.filed_under(), None);
}

#[test]
fn a_ticket_is_not_bound_anew_but_the_difference_is_seen() {
    let own = own();
    let findings = find(
        &[Source {
            place: Place::Written,
            text: "アカウントID: 027481936505",
        }],
        &own,
    );
    let decision = decide(
        &findings,
        Contracts {
            own: &own,
            elsewhere: &[],
        },
    );
    let [first, second] = <[AccountId; 2]>::try_from(own).unwrap();
    assert!(decision.differs_from(first) && !decision.differs_from(second));
}

#[test]
fn a_number_that_was_left_alone_says_whose_it_is() {
    let findings = find(
        &[Source {
            place: Place::Written,
            text: "arn:aws:iam::464622532012:root",
        }],
        &[],
    );
    let owners: Vec<_> = findings.rejected.iter().map(|r| r.owner).collect();
    assert_eq!(owners, [Some("Datadog")]);
}

proptest! {
    #[test]
    fn no_text_makes_the_search_panic_and_evidence_stays_inside(text in "\\PC{0,200}|[0-9 ０-９ー\\-\n:.+Ea-zアカウント電話]{0,200}|([1-9][.][0-9]{4,6}E[+]?11|[0-9]{10,12}|5839-2047|[, \n]){0,40}") {
        let sources = [
            Source { place: Place::Subject, text: "アカウント 583920471638" },
            Source { place: Place::Written, text: &text },
        ];
        let findings = find(&sources, &own());
        for candidate in &findings.candidates {
            let text = sources[candidate.source].text;
            prop_assert_eq!(text.get(candidate.range.clone()), Some(candidate.text.as_str()));
        }
        let rejected = findings.rejected.iter().map(|r| (r.source, &r.range));
        let suggested = findings.suggestions.iter().map(|s| (s.source, &s.range));
        for (source, range) in rejected.chain(suggested) {
            prop_assert!(sources[source].text.get(range.clone()).is_some_and(|seen| !seen.is_empty()));
        }
    }

    #[test]
    fn an_own_account_is_found_behind_its_label_whatever_stands_around(before in "[ぁ-ん]{0,40}", after in "[ぁ-ん、。]{0,40}") {
        let text = format!("{before}。アカウントID：5839-2047-1638{after}");
        let own = own();
        let decision = decide(&find(&[Source { place: Place::Written, text: &text }], &own), Contracts { own: &own, elsewhere: &[] });
        prop_assert_eq!(decision.outcome, AccountOutcome::Resolved);
    }
}
