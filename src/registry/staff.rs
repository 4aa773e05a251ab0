//! The desk's own people (SPEC §1).

use crate::mail::EmailAddress;
use crate::ticket::Desk;

crate::slug_enum! {
    /// What a staff member may do.
    pub enum Role {
        /// Answers tickets of their desks.
        Agent = "agent",
        /// Also hears of trouble and releases held mail of others.
        Lead = "lead",
        /// Also edits registry and rules.
        Admin = "admin",
        /// Has left, or is not to speak for the desk now.
        Disabled = "disabled",
    }
}

/// A member of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Stable small number; part of reply tokens.
    pub serial: u32,
    /// Name in signatures and notifications.
    pub name: String,
    /// Addresses they write from; notifications go to the first.
    pub addresses: Vec<EmailAddress>,
    /// Desks they serve.
    pub desks: Vec<Desk>,
    /// What they may do.
    pub role: Role,
}

impl StaffMember {
    /// Whether the member may act at all.
    pub fn is_enabled(&self) -> bool {
        self.role != Role::Disabled
    }

    /// Whether the member may answer tickets of that desk; leads and admins answer all.
    pub fn serves(&self, desk: Desk) -> bool {
        match self.role {
            Role::Agent => self.desks.contains(&desk),
            Role::Lead | Role::Admin => true,
            Role::Disabled => false,
        }
    }
}
