//! Amounts: read from a report exactly, written for people with groups of three.

use rust_decimal::Decimal;

/// An amount as reports write it, scientific notation included; never by way of a binary fraction.
pub(super) fn parse_amount(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// An amount of a currency with at least two decimals, and all that it has: `1,680.50`.
pub(super) fn amount_words(amount: Decimal) -> String {
    let plain = amount.normalize();
    let shown = if plain.scale() < 2 {
        format!("{plain:.2}")
    } else {
        plain.to_string()
    };
    grouped(&shown)
}

/// Yen without decimals: `25,249`.
pub(super) fn yen_words(yen: Decimal) -> String {
    grouped(&yen.normalize().to_string())
}

fn grouped(plain: &str) -> String {
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_written_for_people() {
        for (text, words) in [
            ("1000.0000000000", "1,000.00"),
            ("-150.5", "-150.50"),
            ("0.0000000123", "0.0000000123"),
            ("1.2E-7", "0.00000012"),
            ("1234567.335", "1,234,567.335"),
            ("0", "0.00"),
        ] {
            assert_eq!(amount_words(parse_amount(text).unwrap()), words);
        }
        assert_eq!(yen_words(Decimal::new(-1_234_567, 0)), "-1,234,567");
        for wrong in ["", "1,000.00", "USD 1", "NaN", "0x10", "1.0.0"] {
            assert_eq!(parse_amount(wrong), None, "{wrong}");
        }
    }
}
