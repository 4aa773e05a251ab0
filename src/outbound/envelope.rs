//! Addresses and bytes in the form in which SMTP carries them.
//!
//! Comes in: an address, a mail's final bytes. Goes out: the address as lettre writes it into a command,
//! the parameters of MAIL, or the reason why this mail cannot be sent.

use lettre::Address;
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter, ServerInfo};

use crate::mail::EmailAddress;

/// The address for MAIL or RCPT. A local part that is no dot-atom goes quoted (RFC 5321 §4.1.2):
/// `a..b@docomo.ne.jp` is written `"a..b"@docomo.ne.jp`.
///
/// lettre's own check is not asked, since it refuses such addresses; [`EmailAddress`] has made sure that
/// no white space, control character or angle bracket is in it.
pub(super) fn smtp_address(address: &EmailAddress) -> Address {
    let local = address.local_part();
    if is_dot_atom(local) {
        return Address::new_dangerous(local, address.domain());
    }
    let quoted = format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""));
    Address::new_dangerous(quoted, address.domain())
}

fn is_dot_atom(local: &str) -> bool {
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// RFC 5322 §3.2.3, with RFC 6531 §3.3 for what is not ASCII.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// The parameters MAIL needs for these addresses and bytes, or why this server cannot carry them.
pub(super) fn mail_parameters(
    server: &ServerInfo,
    addresses: [Option<&EmailAddress>; 2],
    bytes: &[u8],
) -> Result<Vec<MailParameter>, &'static str> {
    let mut parameters = Vec::new();
    if addresses
        .into_iter()
        .flatten()
        .any(|address| !address.as_str().is_ascii())
    {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err("the address is not ASCII and the server does not carry such (SMTPUTF8)");
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err("the mail is not ASCII and the server does not carry such (8BITMIME)");
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

/// Why these bytes must not go over the line: a bare CR or LF lets a mail end early and another begin on
/// servers that read it as a line end (SMTP smuggling), and NUL is forbidden (RFC 5321 §2.3.8, §4.5.2).
pub(super) fn unsendable(bytes: &[u8]) -> Option<&'static str> {
    let mut before = 0;
    for &byte in bytes {
        match (before, byte) {
            (_, 0) => return Some("the mail holds a NUL"),
            (b'\r', b'\n') => (),
            (_, b'\n') => return Some("the mail holds a line feed without a carriage return"),
            (b'\r', _) => return Some("the mail holds a carriage return without a line feed"),
            (_, _) => (),
        }
        before = byte;
    }
    (before == b'\r').then_some("the mail ends with a carriage return")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(address: &str) -> String {
        smtp_address(&EmailAddress::parse(address).unwrap()).to_string()
    }

    #[test]
    fn carrier_addresses_go_quoted_and_others_as_they_are() {
        assert_eq!(written("a..b@docomo.ne.jp"), "\"a..b\"@docomo.ne.jp");
        assert_eq!(written("ab.@ezweb.ne.jp"), "\"ab.\"@ezweb.ne.jp");
        assert_eq!(
            written("Sato.Ken+aws@customer.example"),
            "Sato.Ken+aws@customer.example"
        );
        assert_eq!(written("a\"b@customer.example"), "\"a\\\"b\"@customer.example");
    }

    #[test]
    fn bytes_that_could_end_a_mail_early_are_not_sent() {
        assert_eq!(unsendable(b"Subject: x\r\n\r\n.\r\nbody\r\n"), None);
        assert!(unsendable(b"x\n.\nMAIL FROM:<>").is_some());
        assert!(unsendable(b"x\r.\r\n").is_some());
        assert!(unsendable(b"x\r").is_some());
        assert!(unsendable(b"x\0").is_some());
    }

    #[test]
    fn what_the_server_cannot_carry_is_said_before_it_is_sent() {
        let plain = ServerInfo::default();
        let recipient = EmailAddress::parse("佐藤@customer.example").unwrap();
        assert!(mail_parameters(&plain, [None, Some(&recipient)], b"x").is_err());
        assert!(mail_parameters(&plain, [None, None], "本文".as_bytes()).is_err());
        assert_eq!(mail_parameters(&plain, [None, None], b"x"), Ok(vec![]));
    }
}
