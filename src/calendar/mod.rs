//! Japanese business days. Comes in: a date or an instant, the holidays and the company's closures. Goes
//! out: whether the desk works, when it next opens, and times counted in business hours (SPEC §11). Pure:
//! the instant is an argument, the files are bytes somebody else has read.

mod business_days;
mod business_time;
mod closures;
mod holidays;
mod jst;
mod official;

pub use business_days::Calendar;
pub use business_time::{CLOSES_AT, OPENS_AT};
pub use closures::{Closures, ClosuresError};
pub use jst::{jst, to_jst};
pub use official::{OfficialCsvError, OfficialHolidays};
