//! Stage: who really wrote a mail.
