//! Stored values back to typed ones, with the place of whatever cannot be read.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::error::StoreError;
use crate::clock::from_millis;

/// The table, column and key a value comes from.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) table: &'static str,
    pub(super) row: &'a dyn Display,
}

impl Place<'_> {
    /// Reads a text column by its `FromStr`.
    pub(super) fn read<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        text.parse()
            .map_err(|error: T::Err| self.unreadable(column, error))
    }

    /// Reads a text column that may be null.
    pub(super) fn read_option<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.read(column, text)).transpose()
    }

    /// Reads an integer column into a narrower type.
    pub(super) fn narrow<T: TryFrom<i64, Error: Display>>(
        &self,
        column: &'static str,
        value: i64,
    ) -> Result<T, StoreError> {
        T::try_from(value).map_err(|error| self.unreadable(column, error))
    }

    fn unreadable(&self, column: &'static str, problem: impl Display) -> StoreError {
        StoreError::row(self.table, column, self.row, problem)
    }
}

/// An instant column that may be null.
pub(super) fn instant(millis: Option<i64>) -> Option<DateTime<Utc>> {
    millis.map(from_millis)
}

/// An instant as it is stored.
pub(super) fn millis(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp_millis())
}
