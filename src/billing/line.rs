//! One line of a report, typed, with its texts still in the report's buffer.

use std::borrow::Cow;

use rust_decimal::Decimal;

/// The fields of a line that the fee depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) account: &'a [u8],
    pub(super) period: &'a [u8],
    /// `None` where the report has no such column.
    pub(super) invoice: Option<&'a [u8]>,
    pub(super) kind: &'a [u8],
    pub(super) billing_entity: &'a [u8],
    pub(super) product_code: &'a [u8],
    /// The name's own column.
    pub(super) name: Option<&'a [u8]>,
    /// The map of product attributes, JSON, where CUR 2.0 keeps the name.
    pub(super) attributes: Option<&'a [u8]>,
    pub(super) cost: Decimal,
}

impl Line<'_> {
    /// The product's name: its own column, else the one of the map; empty where neither has it.
    pub(super) fn product_name(&self) -> Cow<'_, [u8]> {
        #[derive(serde::Deserialize)]
        struct Attributes {
            product_name: Option<String>,
        }
        match (self.name.filter(|name| !name.is_empty()), self.attributes) {
            (Some(name), _) => Cow::Borrowed(name),
            (None, Some(map)) => serde_json::from_slice(map)
                .ok()
                .and_then(|Attributes { product_name }| product_name)
                .map_or(Cow::Borrowed(&[]), |name| Cow::Owned(name.into_bytes())),
            (None, None) => Cow::Borrowed(&[]),
        }
    }
}
