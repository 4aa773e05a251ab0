//! What one session with a mailbox claims, and what it must never claim.
