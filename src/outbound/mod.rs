//! Stage: mail out over SMTP.
