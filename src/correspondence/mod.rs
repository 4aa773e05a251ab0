//! Stage: what is written to whom.
