//! `madoguchi rules check`, `rules evaluate` and `rules corrections`. Comes in: rules files, files of labelled
//! inquiries, and what staff have corrected. Goes out: reports and labelled inquiries as text.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::arguments::RulesCommand;
use super::screen::say;
use crate::app;
use crate::config::Config;
use crate::inquiry::classification::{Evaluation, LabelError, Labelled, Rules, RulesError};
use crate::store::corrections::{self, CorrectedField, StoredCorrection};

/// Checks, evaluates, or prints what was corrected.
pub(super) async fn rules(config: &Path, command: &RulesCommand) -> anyhow::Result<()> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let report = match command {
        RulesCommand::Check { file } => check(&read(file)?),
        RulesCommand::Evaluate {
            file,
            corrections,
            rules,
        } => {
            let text = rules.as_ref().map(read).transpose()?;
            let rules = load(text.as_deref())?;
            let mut lines = file.as_ref().map(read).transpose()?.unwrap_or_default();
            let from = file
                .as_ref()
                .map_or_else(String::new, |file| file.display().to_string());
            if *corrections {
                lines = format!("{}\n{}", lines.trim_end(), corrected(config).await?);
            }
            evaluate(&rules, &lines).with_context(|| from)?
        }
        RulesCommand::Corrections => Report {
            text: corrected(config).await?,
            passed: true,
        },
    };
    if !report.text.trim().is_empty() {
        say(report.text.trim_end());
    }
    anyhow::ensure!(
        report.passed,
        "the rules file is refused; the lines above say why"
    );
    Ok(())
}

/// What staff have corrected, in the form that `evaluate` reads.
async fn corrected(config: &Path) -> anyhow::Result<String> {
    let database = app::open_database(&Config::load(config)?).await?;
    let mut tx = database.read().await?;
    let rows = corrections::list_corrections(&mut tx, CorrectedField::Category).await?;
    drop(tx);
    database.close().await;
    let lines = rows.iter().map(|row| labelled(row).map(|label| label.to_line()));
    Ok(lines.collect::<anyhow::Result<Vec<_>>>()?.join("\n"))
}

fn labelled(row: &StoredCorrection) -> anyhow::Result<Labelled> {
    let flags = row.flags.split_whitespace().map(str::parse);
    Ok(Labelled {
        id: row.ticket_id.to_string(),
        subject: row.subject.clone(),
        body: row.body.clone(),
        category: row.became.parse()?,
        flags: flags.collect::<Result<_, _>>()?,
        sender_is_aws: false,
    })
}

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
