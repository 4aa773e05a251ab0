//! What an authenticated staff member's mail does: it is relayed, kept inside, carried out, sent back or
//! held (SPEC §13). Whether they may speak at all is decided in `staff`.

use super::commands::{
    Command, CommandFacts, CommandTrouble, Refused, StaffText, choose_held, judge, read_staff_text,
};
use super::decision::{Decision, DeskAnswer, Effect, Hold, StaffAct};
use super::leak_guard::{Inside, find_leak};
use super::notification_mark::carries_notification;
use super::on_behalf::is_yes;
use super::screening::Screening;
use super::situation::{Policy, Situation, TicketFacts};
use crate::mail::{InboundMessage, TextSource};
use crate::registry::StaffMember;
use crate::ticket::MailOutcome;

/// What is stored and matters once a staff member speaks.
#[derive(Debug, Clone, Default)]
pub struct SpeakingFacts {
    /// What the commands of the mail touch.
    pub commands: CommandFacts,
    /// What must stay inside.
    pub inside: Inside,
}

/// A staff member's mail on a ticket, both known to be what they claim.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech<'a> {
    pub(super) mail: &'a InboundMessage,
    pub(super) staff: &'a StaffMember,
    pub(super) ticket: &'a TicketFacts,
    pub(super) holds: Holds,
}

/// What in a text keeps it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Everything that a person should look at.
    All,
    /// Its author has looked at it: only a command out of place, which is never relayed.
    CommandsOnly,
    /// An administrator has read it: only a command in the middle of its text.
    StrayCommandsOnly,
}

impl Speech<'_> {
    /// Decides what the mail does.
    pub(super) fn decide(self, situation: &Situation, policy: &Policy, screening: &Screening) -> Decision {
        let decided = |outcome, reason, effect| Decision::new(outcome, reason, screening.clone(), effect);
        let hold = |reason| decided(MailOutcome::Held, reason, self.hold());
        let text = read_staff_text(&self.mail.reply.written(), &policy.number_prefix);
        let read_by_administrator = self.holds == Holds::StrayCommandsOnly;
        if self.mail.text_source == TextSource::Html && has_commands(&text) && !read_by_administrator {
            return hold("command-in-html");
        }
        let text = if Self::confirms(&text, situation) {
            StaffText::CommandsOnly(vec![Command::Accept(None)])
        } else {
            text
        };
        let returned = |refused| {
            decided(
                MailOutcome::StaffCommand,
                "command-refused",
                self.returned(refused),
            )
        };
        if let Some(refused) = self.refused(&text, situation) {
            return returned(Some(refused));
        }
        match text {
            StaffText::Answer { text, commands } => {
                if let Some((reason, words)) = self.kept_back(&text, situation) {
                    return hold(reason).because(words);
                }
                let effect = Effect::Relay(self.act(text, commands));
                decided(MailOutcome::StaffReply, "staff-answer", effect)
            }
            StaffText::Note { text, commands } => {
                let effect = Effect::Inside(self.act(text, commands));
                decided(MailOutcome::StaffCommand, "staff-note", effect)
            }
            StaffText::CommandsOnly(commands) => {
                let released = self.released(&commands, situation);
                let reason = if released.is_some() {
                    "send-asked"
                } else {
                    "staff-command"
                };
                let effect = released.unwrap_or_else(|| Effect::Inside(self.act(String::new(), commands)));
                decided(MailOutcome::StaffCommand, reason, effect)
            }
            StaffText::Empty => returned(None),
            StaffText::Refused(refused) => returned(Some(refused)),
            StaffText::CommandInText(line) => hold("command-in-text").because(line),
        }
    }

    /// One word of consent confirms for whom a ticket was opened; on such a ticket it is never relayed.
    fn confirms(text: &StaffText, situation: &Situation) -> bool {
        let proposed = situation.speaking.commands.proposal.is_some();
        matches!(text, StaffText::Answer { text, commands } if proposed && commands.is_empty() && is_yes(text))
    }

    /// The first command that what is stored does not allow: then none of the mail is carried out.
    fn refused(&self, text: &StaffText, situation: &Situation) -> Option<Refused> {
        let facts = &situation.speaking.commands;
        let declines = |command: &&Command| matches!(command, Command::Decline(_));
        let prepared = commands_of(text).iter().find(declines);
        if let (StaffText::Note { .. }, Some(command)) = (text, prepared) {
            return Some(Refused::new(&command.to_string(), CommandTrouble::NotWithNote));
        }
        if let Some(send) = commands_of(text).iter().find(|command| sends(command))
            && let Some(trouble) = self.send_out_of_place(text)
        {
            return Some(Refused::new(&send.to_string(), trouble));
        }
        let waits = facts
            .proposal
            .as_ref()
            .is_some_and(|proposal| !proposal.confirmed);
        if let (StaffText::Answer { text, .. }, true) = (text, waits) {
            let line = text.lines().next().unwrap_or_default();
            return Some(Refused::new(line, CommandTrouble::NotConfirmed));
        }
        commands_of(text)
            .iter()
            .find_map(|command| judge(command, &self.ticket.ticket, self.staff, facts).err())
    }

    /// Why a held mail cannot be let go by this one, whichever it is.
    fn send_out_of_place(&self, text: &StaffText) -> Option<CommandTrouble> {
        match text {
            // What is itself let go lets nothing else go.
            _ if self.holds != Holds::All => Some(CommandTrouble::SendElsewhere),
            StaffText::Note { .. } => Some(CommandTrouble::NotWithNote),
            StaffText::CommandsOnly(all) if all.len() == 1 => None,
            StaffText::CommandsOnly(_)
            | StaffText::Answer { .. }
            | StaffText::Empty
            | StaffText::Refused(_)
            | StaffText::CommandInText(_) => Some(CommandTrouble::SendAlone),
        }
    }

    /// Why a person should look at the text before it goes out; nothing once a person has.
    fn kept_back(&self, text: &str, situation: &Situation) -> Option<(&'static str, String)> {
        if self.holds != Holds::All {
            return None;
        }
        if carries_notification(text) {
            return Some(("notification-in-text", String::new()));
        }
        find_leak(text, &situation.speaking.inside).map(|(leak, words)| (leak.as_str(), words))
    }

    fn act(&self, text: String, commands: Vec<Command>) -> StaffAct {
        StaffAct {
            ticket: self.ticket.ticket.id,
            staff: self.staff.serial,
            text,
            commands,
        }
    }

    /// A held mail goes out by the word of the person it was held for, whose own hand wrote this one.
    fn released(&self, commands: &[Command], situation: &Situation) -> Option<Effect> {
        let send = commands.iter().find(|command| sends(command))?;
        let (id, number) = choose_held(send, &situation.speaking.commands).ok()?;
        Some(Effect::Answered(DeskAnswer::Confirmation {
            number,
            held: id,
            staff: self.staff.serial,
            enrols: None,
        }))
    }

    fn hold(&self) -> Effect {
        Effect::Hold(Hold {
            ticket: Some(self.ticket.ticket.id),
            staff: Some(self.staff.serial),
            body: self.mail.reply.written(),
        })
    }

    fn returned(&self, refused: Option<Refused>) -> Effect {
        Effect::Return {
            ticket: self.ticket.ticket.id,
            staff: self.staff.serial,
            refused,
        }
    }
}

/// The commands a text asks for.
pub fn commands_of(text: &StaffText) -> &[Command] {
    match text {
        StaffText::Answer { commands, .. }
        | StaffText::Note { commands, .. }
        | StaffText::CommandsOnly(commands) => commands,
        StaffText::Empty | StaffText::Refused(_) | StaffText::CommandInText(_) => &[],
    }
}

const fn sends(command: &Command) -> bool {
    matches!(command, Command::Send(_))
}

fn has_commands(text: &StaffText) -> bool {
    match text {
        StaffText::Answer { commands, .. } => !commands.is_empty(),
        StaffText::Empty => false,
        StaffText::Note { .. }
        | StaffText::CommandsOnly(_)
        | StaffText::Refused(_)
        | StaffText::CommandInText(_) => true,
    }
}
