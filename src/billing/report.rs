//! Reads a report line by line. Comes in: the bytes of a file, CSV or gzip. Goes out: typed lines to a ledger, or
//! the line and column where the report is not what it should be.

use std::io::{BufReader, Cursor, Read};

use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;
use rust_decimal::Decimal;

use super::columns::Columns;
use super::error::FeeError;
use super::ledger::{Fingerprint, Ledger};
use super::line::Line;
use super::metered::{Meter, Metered};
use super::money::parse_amount;

/// Octets read at once; larger ones measured no faster.
const BUFFER_OCTETS: usize = 256 * 1024;

/// A place in a report, to blame.
#[derive(Debug)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) columns: &'a Columns,
}

impl At<'_> {
    pub(super) fn error(&self, column: usize, problem: String) -> FeeError {
        FeeError::Field {
            file: self.file.to_owned(),
            line: self.line,
            column: self.columns.name(column).to_owned(),
            problem,
        }
    }

    /// A field as text.
    pub(super) fn text<'f>(&self, field: &'f [u8], column: usize) -> Result<&'f str, FeeError> {
        std::str::from_utf8(field).map_err(|_| self.error(column, "it is not UTF-8".to_owned()))
    }
}

/// Reads a whole report into the ledger.
pub(super) fn read(ledger: &mut Ledger, file: &str, input: impl Read) -> Result<Fingerprint, FeeError> {
    let unreadable = |source| FeeError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let mut input = input;
    let mut start = Vec::new();
    input
        .by_ref()
        .take(4)
        .read_to_end(&mut start)
        .map_err(unreadable)?;
    let other = match start.as_slice() {
        b"PAR1" => Some("it is a Parquet file; let AWS write the report as CSV (text/csv) or GZIP"),
        b"PK\x03\x04" => Some("it is a ZIP archive; unpack it and name the CSV inside"),
        [] => Some("it is empty"),
        _ => None,
    };
    if let Some(problem) = other {
        return Err(FeeError::NoReport {
            file: file.to_owned(),
            problem: problem.to_owned(),
        });
    }
    let is_gzip = start.starts_with(&[0x1f, 0x8b]);
    let whole = Cursor::new(start).chain(input);
    if is_gzip {
        let packed = BufReader::with_capacity(BUFFER_OCTETS, whole);
        read_lines(ledger, file, MultiGzDecoder::new(packed))
    } else {
        read_lines(ledger, file, whole)
    }
}

fn read_lines(ledger: &mut Ledger, file: &str, text: impl Read) -> Result<Fingerprint, FeeError> {
    let meter = Meter::default();
    let mut reader = ReaderBuilder::new()
        .buffer_capacity(BUFFER_OCTETS)
        .from_reader(Metered::new(text, meter.clone()));
    let no_report = |problem| FeeError::NoReport {
        file: file.to_owned(),
        problem,
    };
    let header = reader
        .byte_headers()
        .map_err(|error| no_report(format!("line 1: {error}")))?;
    let columns = Columns::find(header).map_err(no_report)?;
    let mut record = ByteRecord::new();
    let mut last = Last {
        line: 1,
        quote_open: false,
    };
    let mut seen = Fingerprint {
        first: Vec::new(),
        lines: 0,
        sum: Decimal::ZERO,
    };
    loop {
        let next = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(broken(&error, (file, next), (&columns, &meter))),
        }
        meter.line_taken();
        let at = At {
            file,
            line: record.position().map_or(next, csv::Position::line),
            columns: &columns,
        };
        last = Last {
            line: at.line,
            quote_open: record
                .get(columns.last())
                .is_some_and(|field| field.ends_with(b"\n")),
        };
        let line = typed(&record, &at)?;
        one_currency(ledger, &record, &at)?;
        if seen.lines == 0 {
            seen.first = record.as_slice().to_vec();
        }
        seen.lines = seen.lines.saturating_add(1);
        seen.sum = seen.sum.saturating_add(line.cost);
        ledger.add(&line, &at)?;
    }
    ended_well(&last, (file, reader.position().line()), (&columns, &meter))?;
    Ok(seen)
}

/// What is known of the last line when the report ends.
#[derive(Debug)]
struct Last {
    line: u64,
    /// Its last field ends with the end of a line: the quotation mark before it was never closed.
    quote_open: bool,
}

fn typed<'r>(record: &'r ByteRecord, at: &At<'_>) -> Result<Line<'r>, FeeError> {
    let columns = at.columns;
    let field = |index| record.get(index).unwrap_or_default();
    let optional = |index: Option<usize>| index.and_then(|index| record.get(index));
    let cost = field(columns.cost);
    let cost = std::str::from_utf8(cost)
        .ok()
        .and_then(parse_amount)
        .ok_or_else(|| {
            let shown = String::from_utf8_lossy(cost);
            at.error(
                columns.cost,
                format!("`{shown}` is no amount; a report writes 12.3400000000"),
            )
        })?;
    Ok(Line {
        account: field(columns.account),
        period: field(columns.period),
        invoice: optional(columns.invoice),
        kind: field(columns.line_type),
        billing_entity: field(columns.billing_entity),
        product_code: field(columns.product_code),
        name: optional(columns.product_name),
        attributes: optional(columns.attributes),
        cost,
    })
}

/// All reports of a statement are in one currency: sums of two would mean nothing.
fn one_currency(ledger: &mut Ledger, record: &ByteRecord, at: &At<'_>) -> Result<(), FeeError> {
    let column = at.columns.currency;
    let currency = record.get(column).unwrap_or_default();
    match &ledger.currency {
        Some((first, _)) if first == currency => Ok(()),
        Some((first, place)) => {
            let (first, found) = (String::from_utf8_lossy(first), String::from_utf8_lossy(currency));
            Err(at.error(
                column,
                format!("`{found}` beside `{first}` of {place}; give reports of one currency at a time"),
            ))
        }
        None if currency.len() == 3 && currency.iter().all(u8::is_ascii_uppercase) => {
            let place = format!("{}, line {}", at.file, at.line);
            ledger.currency = Some((currency.to_vec(), place));
            Ok(())
        }
        None => {
            let found = String::from_utf8_lossy(currency);
            Err(at.error(column, format!("`{found}` is no currency; a report writes USD")))
        }
    }
}

/// Where and why a line could not be taken.
fn broken(error: &csv::Error, (file, next): (&str, u64), (columns, meter): (&Columns, &Meter)) -> FeeError {
    let line = error.position().map_or(next, csv::Position::line);
    let at = At { file, line, columns };
    if let ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = error.kind()
    {
        let column = usize::try_from(*len).unwrap_or(usize::MAX);
        let problem = if meter.is_endless() {
            "a quotation mark is opened and never closed".to_owned()
        } else if meter.is_cut() || !meter.ends_a_line() {
            "the report is cut off here; fetch it again".to_owned()
        } else {
            format!("the line has {len} fields, the header {expected_len}")
        };
        return at.error(column.saturating_sub(usize::from(meter.is_endless())), problem);
    }
    at.error(
        0,
        format!("the data cannot be read on from here: {error}; fetch the report again"),
    )
}

/// A report ends with the end of a line; anything else was cut off, even where the last line looks whole.
fn ended_well(
    last: &Last,
    (file, next): (&str, u64),
    (columns, meter): (&Columns, &Meter),
) -> Result<(), FeeError> {
    let place = |line| At { file, line, columns };
    if meter.is_cut() {
        let problem = "the compressed report is cut off here; fetch it again";
        return Err(place(next).error(0, problem.to_owned()));
    }
    if meter.is_endless() || last.quote_open {
        let problem = "a quotation mark is opened and never closed";
        return Err(place(last.line).error(columns.last(), problem.to_owned()));
    }
    if !meter.ends_a_line() {
        let problem = "the report ends without the end of a line, so it may be cut off; fetch it again";
        return Err(place(last.line).error(columns.last(), problem.to_owned()));
    }
    Ok(())
}
