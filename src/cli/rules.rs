//! `madoguchi rules check` and `rules evaluate`. Comes in: the text of a rules file and of a file of labelled
//! inquiries. Goes out: a report as text, and whether all is well. It reads and prints nothing itself.

use crate::inquiry::classification::{Evaluation, LabelError, Labelled, Rules, RulesError};

/// A report and whether it is good news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For the terminal.
    pub text: String,
    /// Whether the exit status is 0.
    pub passed: bool,
}

/// Checks a rules file: it must read, and every example must hold.
pub fn check(toml: &str) -> Report {
    match Rules::parse(toml) {
        Ok(rules) => {
            let report = rules.check();
            Report {
                passed: report.broken.is_empty(),
                text: report.to_string(),
            }
        }
        Err(error) => Report {
            text: format!("{error}\n"),
            passed: false,
        },
    }
}

/// Applies rules to labelled inquiries (one JSON object a line: `subject`, `body`, `category`, `flags`).
pub fn evaluate(rules: &Rules, jsonl: &str) -> Result<Report, LabelError> {
    let labelled = Labelled::parse_lines(jsonl)?;
    let text = format!("rules {}\n{}", rules.version(), Evaluation::of(rules, &labelled));
    Ok(Report { text, passed: true })
}

/// The rules of a file for `evaluate`, or the compiled-in ones where none is given.
pub fn load(toml: Option<&str>) -> Result<Rules, RulesError> {
    toml.map_or_else(|| Ok(Rules::embedded().clone()), Rules::parse_checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_rules_pass_their_check() {
        let report = check(Rules::embedded_text());
        assert!(report.passed, "{}", report.text);
    }

    #[test]
    fn a_broken_example_is_named() {
        let text =
            Rules::embedded_text().replacen("examples = [\"", "examples = [\"無関係な文です。\", \"", 1);
        let report = check(&text);
        assert!(
            !report.passed
                && report
                    .text
                    .contains("does not match its example: 無関係な文です。"),
            "{}",
            report.text
        );
        assert!(load(Some(&text)).is_err(), "such a file is not put in force");
    }

    #[test]
    fn a_line_that_is_no_inquiry_is_named() {
        let error = evaluate(Rules::embedded(), "\n{\"subject\":\"x\"}").unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }
}
