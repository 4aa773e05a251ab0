//! The end-to-end load run: N mails through real servers (SPEC §19).
//!
//! It makes the mails and starts the servers; what the mails cost on the way in is measured here.

mod load;

use load::{generator, sink::SmtpSink, usage, usage::Usage};
use madoguchi::demo::dovecot::{Dovecot, DovecotOptions};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// The mailbox the inquiries arrive in.
const CONTACT: &str = "aws_tec@desk.example";

/// How many mails a run loads.
const MAILS: usize = 1_000;

/// The same mails in every run, so that runs can be compared.
const SEED: u64 = 20_260_601;

fn main() -> anyhow::Result<()> {
    let dovecot = Dovecot::start(DovecotOptions {
        password: "bench".to_owned(),
        ..DovecotOptions::default()
    })?;
    let sink = SmtpSink::start()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} customers, {} account IDs; IMAP on {}, SMTP sink on {}",
        generator::CUSTOMERS,
        generator::customers().map(|customer| customer.account_id).count(),
        dovecot.imap_port(),
        sink.port()
    )?;
    let mut times: Vec<Duration> = Vec::with_capacity(MAILS);
    let mut bytes = 0;
    for inquiry in generator::inquiries(MAILS, SEED, CONTACT) {
        let start = Instant::now();
        dovecot.deliver(CONTACT, &inquiry.bytes)?;
        times.push(start.elapsed());
        bytes += inquiry.bytes.len();
    }
    let used = Usage::of(std::process::id())?;
    let at = |percent| usage::percentile(&times, percent).unwrap_or_default();
    writeln!(
        out,
        "loaded {MAILS} mails, {bytes} bytes; per mail p50 {:?}, p99 {:?}",
        at(50),
        at(99)
    )?;
    writeln!(
        out,
        "generator: {:?} CPU, {} bytes at most",
        used.cpu, used.peak_resident_bytes
    )?;
    Ok(())
}
