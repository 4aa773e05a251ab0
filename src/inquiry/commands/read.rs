//! What a staff member's mail says: an answer, a note, commands, or something that must be held (SPEC §13).
//!
//! Comes in: the newly written text of the mail. Goes out: a [`StaffText`]. The rule behind the details: a
//! remark meant for colleagues is never relayed; in doubt the mail is held.

use unicode_normalization::UnicodeNormalization;

use super::command::{Command, WORDS};
use super::trouble::Refused;

/// What a staff member's text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffText {
    /// Relay this text to the customer, then carry out the commands.
    Answer {
        /// The text, commands removed.
        text: String,
        /// Commands from the top of the mail.
        commands: Vec<Command>,
    },
    /// Keep this text inside.
    Note {
        /// All that followed `#note`.
        text: String,
        /// Commands before the note.
        commands: Vec<Command>,
    },
    /// Nothing but commands.
    CommandsOnly(Vec<Command>),
    /// Nothing at all was written.
    Empty,
    /// A command that cannot be understood; nothing is done.
    Refused(Refused),
    /// A known command stands where it is no command: the mail is held.
    CommandInText(String),
}

/// Reads the newly written text of a staff mail; `number_prefix` is that of ticket numbers.
pub fn read_staff_text(written: &str, number_prefix: &str) -> StaffText {
    let mut commands = Vec::new();
    let mut lines = written.lines();
    let mut rest: Vec<&str> = Vec::new();
    for line in lines.by_ref() {
        if line.trim().is_empty() {
            continue;
        }
        match command_word(line) {
            None => {
                rest.push(line);
                break;
            }
            Some((word, tail)) if word == "note" => return note(&tail, lines, commands),
            Some((word, tail)) => match Command::parse(&word, &tail, line, number_prefix) {
                Ok(command) => commands.push(command),
                Err(refused) => return StaffText::Refused(refused),
            },
        }
    }
    rest.extend(lines);
    if let Some(line) = rest.iter().find(|line| begins_with_known(line)) {
        return StaffText::CommandInText(line.trim().to_owned());
    }
    let text = rest.join("\n").trim().to_owned();
    match (text.is_empty(), commands.is_empty()) {
        (true, true) => StaffText::Empty,
        (true, false) => StaffText::CommandsOnly(commands),
        (false, _) => StaffText::Answer { text, commands },
    }
}

fn note(tail: &str, lines: std::str::Lines<'_>, commands: Vec<Command>) -> StaffText {
    let rest = lines.collect::<Vec<_>>().join("\n");
    StaffText::Note {
        text: format!("{tail}\n{rest}").trim().to_owned(),
        commands,
    }
}

/// `#` directly followed by a letter a–z is a command; `# 手順` and `#1` are text. Input methods type a
/// full-width `＃`, so the test is made on folded text.
fn command_word(line: &str) -> Option<(String, String)> {
    let folded: String = line.nfkc().collect();
    let body = folded.trim_start().strip_prefix('#')?;
    let word: String = body.chars().take_while(char::is_ascii_alphabetic).collect();
    let tail = body.get(word.len()..).unwrap_or_default().trim().to_owned();
    (!word.is_empty()).then(|| (word.to_ascii_lowercase(), tail))
}

/// Whether a line begins with a known command, also behind quote marks or bullets.
fn begins_with_known(line: &str) -> bool {
    let bare = line.trim_start_matches(|c: char| c.is_whitespace() || ">＞・*-".contains(c));
    command_word(bare).is_some_and(|(word, _)| WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::trouble::CommandTrouble;
    use super::*;
    use crate::registry::AccountId;
    use crate::ticket::{Category, Severity};

    fn read(written: &str) -> StaffText {
        read_staff_text(written, "DESK-")
    }

    fn answer(text: &str, commands: &[Command]) -> StaffText {
        StaffText::Answer {
            text: text.to_owned(),
            commands: commands.to_vec(),
        }
    }

    #[test]
    fn commands_at_the_top_are_taken_and_the_rest_is_the_answer() {
        assert_eq!(
            read("\n#pending\nご確認ください。\n"),
            answer("ご確認ください。", &[Command::Pending])
        );
        assert_eq!(read("#close"), StaffText::CommandsOnly(vec![Command::Close]));
    }

    #[test]
    fn a_full_width_note_stays_inside_with_all_that_follows() {
        let note = StaffText::Note {
            text: "顧客は激怒\nご注意".to_owned(),
            commands: Vec::new(),
        };
        assert_eq!(read("＃note 顧客は激怒\nご注意"), note);
    }

    #[test]
    fn a_heading_and_an_issue_number_are_text() {
        assert_eq!(read("# 手順\n#1 を実施"), answer("# 手順\n#1 を実施", &[]));
    }

    #[test]
    fn a_command_below_a_greeting_holds_the_mail() {
        assert_eq!(
            read("お疲れさまです。\n ＃Note 内緒"),
            StaffText::CommandInText("＃Note 内緒".to_owned())
        );
        assert_eq!(
            read("本文\n> #note x"),
            StaffText::CommandInText("> #note x".to_owned())
        );
    }

    #[test]
    fn a_misspelt_command_does_nothing() {
        let refused = Refused::new("#colse", CommandTrouble::UnknownCommand).hinting("#close");
        assert_eq!(read("#colse\n本文"), StaffText::Refused(refused));
    }

    #[test]
    fn corrections_are_read_however_they_are_typed() {
        let account = AccountId::parse("480913372265").unwrap();
        for (line, command) in [
            ("#category billing", Command::Category(Category::AccountBilling)),
            ("#Category diagnosis", Command::Category(Category::Diagnosis)),
            (
                "＃account ４８０９－１３３７－２２６５",
                Command::Account(account),
            ),
            ("#severity High", Command::Severity(Severity::High)),
        ] {
            assert_eq!(read(line), StaffText::CommandsOnly(vec![command]), "{line}");
        }
    }

    #[test]
    fn nothing_written_is_empty() {
        assert_eq!(read(" \n"), StaffText::Empty);
    }
}
