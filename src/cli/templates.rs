//! `madoguchi templates check DIR`: whether a directory of one's own texts can go into use. Comes in: the
//! directory. Goes out: a report, and whether all is well.

use std::path::Path;

use clap::Subcommand;

use crate::correspondence::{Templates, override_files};

#[derive(Debug, Subcommand)]
pub(super) enum TemplatesCommand {
    /// Render every text of a directory from sample values and say what is wrong.
    #[command(after_help = "Example: madoguchi templates check /etc/madoguchi/templates")]
    Check {
        /// The directory with the folders `ja` and `en`.
        directory: std::path::PathBuf,
    },
}

pub(super) fn templates(command: &TemplatesCommand) -> anyhow::Result<()> {
    let TemplatesCommand::Check { directory } = command;
    let (count, wrong) = check(directory)?;
    for error in &wrong {
        super::screen::say(error);
    }
    anyhow::ensure!(
        wrong.is_empty(),
        "{} of {count} texts cannot be used",
        wrong.len()
    );
    super::screen::say(format!("{count} texts can be used; the others stay as they are"));
    Ok(())
}

fn check(directory: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let count = override_files(directory).len();
    anyhow::ensure!(
        count > 0,
        "{}: there is no text here; put them into the folders `ja` and `en`, such as ja/answer.txt",
        directory.display()
    );
    let wrong = Templates::embedded()?.check_overrides(directory);
    Ok((count, wrong.into_iter().map(|error| error.0).collect()))
}
