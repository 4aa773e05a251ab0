//! Whatever a mail's fields say, screening says one thing with its reasons, and never acknowledges a machine.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use madoguchi::inquiry::screening::{OwnIdentity, Screening, SenderKind, screen};
use madoguchi::mail::bounce::Report;
use madoguchi::mail::parse::parse_mail;
use madoguchi::mail::{EmailAddress, InboundMessage, ReturnPath};
use madoguchi_fuzz::mutation::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});

static DESK: LazyLock<OwnIdentity> = LazyLock::new(|| OwnIdentity {
    addresses: EmailAddress::parse("contact@desk.example").into_iter().collect(),
    loop_token: Some("token".to_owned()),
    host_name: Some("mx.desk.example".to_owned()),
});

fuzz_target!(|raw: &[u8]| {
    let Ok(mail) = parse_mail(raw) else { return };
    holds_together(&mail, &screen(&mail, &OwnIdentity::default()));
    holds_together(&mail, &screen(&mail, &DESK));
});

fn holds_together(mail: &InboundMessage, found: &Screening) {
    let silenced = found.silencing().next().is_some();
    assert_eq!(found.acknowledge, found.kind == SenderKind::Person && !silenced);
    assert_eq!(found.machine_kind.is_some(), found.kind == SenderKind::AutoReply);
    assert!(
        found.kind == SenderKind::Person || silenced,
        "a machine without a reason"
    );
    let bounced = matches!(mail.report, Some(Report::Bounce { .. }));
    if found.kind == SenderKind::OwnMail {
        assert!(found.reasons.iter().all(|reason| reason.rule == "R0"));
    } else {
        assert_eq!(found.kind == SenderKind::Bounce, bounced);
    }
    assert!(found.reasons.is_sorted_by_key(|reason| reason.rule));
    for reason in &found.reasons {
        assert!(
            matches!(reason.rule.as_bytes(), [b'R', b'0'..=b'9']),
            "{}",
            reason.rule
        );
        assert!(reason.evidence.len() <= 200, "endless evidence");
        assert!(
            !reason
                .evidence
                .chars()
                .any(|c| c.is_control() && c != '\n' && c != '\t')
        );
    }
    never_answered(mail, found);
}

/// What must not be answered, whatever else the mail says (RFC 3834 §2, SPEC §5).
fn never_answered(mail: &InboundMessage, found: &Screening) {
    let says = |name: &str, value: &str| mail.headers_named(name).any(|seen| seen == value);
    let machine = mail.report.is_some()
        || mail.return_path == ReturnPath::Null
        || says("Auto-Submitted", "auto-replied")
        || says("Precedence", "bulk")
        || says("X-Autoreply", "yes")
        || mail.headers_named("X-Loop").next().is_some();
    assert!(!(machine && found.acknowledge), "a machine would be answered");
}
