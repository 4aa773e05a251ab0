//! Whom a customer's mail was copied to without their taking part (SPEC §7). Comes in: the mail and who takes
//! part. Goes out: the addresses that wait for staff, in the mail's order. Pure.

use std::collections::BTreeSet;

use crate::mail::{EmailAddress, InboundMessage};

/// The addresses in To and Cc that belong neither to the desk nor to the ticket.
pub fn waiting_copies<'a>(
    mail: &'a InboundMessage,
    taking_part: &[EmailAddress],
    of_the_desk: &dyn Fn(&EmailAddress) -> bool,
) -> Vec<&'a EmailAddress> {
    let author = mail.single_author().map(|author| &author.address);
    let mut seen = BTreeSet::new();
    let named = mail.to.iter().chain(&mail.cc).map(|mailbox| &mailbox.address);
    named
        .filter(|address| {
            Some(*address) != author
                && !taking_part.contains(address)
                && !of_the_desk(address)
                && seen.insert(address.folded())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::parse_mail;

    #[test]
    fn who_takes_part_and_the_desk_itself_do_not_wait() {
        let mail = parse_mail(
            b"From: <sato@customer.example>\r\nTo: <desk@desk.example>, <boss@customer.example>\r\n\
              Cc: <guest@partner.example>, <GUEST@partner.example>, <sato@customer.example>\r\n\r\nhello\r\n",
        )
        .unwrap();
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        let desk = address("desk@desk.example");
        let of_the_desk = |one: &EmailAddress| *one == desk;
        let waiting = waiting_copies(&mail, &[address("boss@customer.example")], &of_the_desk);
        assert_eq!(waiting, [&address("guest@partner.example")]);
    }
}
