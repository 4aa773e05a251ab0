//! A rule of the policy: which lines it is about, whether they bear the fee, and why.

use super::line::Line;

/// Lines the policy treats apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) reason: String,
    pub(super) bears_fee: bool,
    pub(super) confidential: bool,
    pub(super) when: Conditions,
}

/// What a line must be; an empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) line_type: Vec<Pattern>,
    pub(super) billing_entity: Vec<Pattern>,
    pub(super) product_code: Vec<Pattern>,
    pub(super) product_name: Vec<Pattern>,
}

impl Conditions {
    /// Whether it asks for nothing, and so would fit every line.
    pub(super) const fn is_empty(&self) -> bool {
        self.line_type.is_empty()
            && self.billing_entity.is_empty()
            && self.product_code.is_empty()
            && self.product_name.is_empty()
    }

    /// Whether the line is what it asks for. The name comes last: it may have to be dug out of a map.
    pub(super) fn fit(&self, line: &Line<'_>) -> bool {
        let any = |patterns: &[Pattern], value: &[u8]| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(value))
        };
        any(&self.line_type, line.kind)
            && any(&self.billing_entity, line.billing_entity)
            && any(&self.product_code, line.product_code)
            && (self.product_name.is_empty() || any(&self.product_name, &line.product_name()))
    }
}

/// A value or, with `*` at an end, what it begins with, ends with or contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    open_start: bool,
    open_end: bool,
}

impl Pattern {
    /// Reads a pattern; `None` where `*` stands anywhere but at the ends, or nothing else stands.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let (open_start, rest) = match written.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let (open_end, text) = match rest.strip_suffix('*') {
            Some(text) => (true, text),
            None => (false, rest),
        };
        (!text.is_empty() && !text.contains('*')).then(|| Self {
            text: text.to_owned(),
            open_start,
            open_end,
        })
    }

    pub(super) fn fits(&self, value: &[u8]) -> bool {
        let text = self.text.as_bytes();
        match (self.open_start, self.open_end) {
            (false, false) => value == text,
            (false, true) => value.starts_with(text),
            (true, false) => value.ends_with(text),
            (true, true) => memchr::memmem::find(value, text).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_opens_the_end_it_stands_at() {
        let fits = |pattern: &str, value: &str| Pattern::parse(pattern).unwrap().fits(value.as_bytes());
        assert!(fits("Tax", "Tax") && !fits("Tax", "TaxFree"));
        assert!(fits("AWSSupport*", "AWSSupportBusiness") && !fits("AWSSupport*", "OCBPremiumSupport"));
        assert!(fits("*Edition)", "Claude (Amazon Bedrock Edition)"));
        assert!(fits("*Bedrock*", "Claude (Amazon Bedrock Edition)") && !fits("*Bedrock*", "Claude"));
        for wrong in ["", "*", "**", "a*b"] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
    }
}
