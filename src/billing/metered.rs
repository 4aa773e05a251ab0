//! A report's bytes, watched: how the file ends, and that no line is without end.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// No line of a report is this long; a quote that is never closed would make one of the rest of the file.
const LONGEST_LINE_OCTETS: usize = 16 * 1024 * 1024;

/// What was seen of the bytes so far; shared with whoever takes the lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Rc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    since_line: Cell<usize>,
    last: Cell<Option<u8>>,
    cut: Cell<bool>,
    endless: Cell<bool>,
}

impl Meter {
    /// A line has been taken.
    pub(super) fn line_taken(&self) {
        self.0.since_line.set(0);
    }

    /// Whether the compressed data ended before its end.
    pub(super) fn is_cut(&self) -> bool {
        self.0.cut.get()
    }

    /// Whether a line grew beyond all measure.
    pub(super) fn is_endless(&self) -> bool {
        self.0.endless.get()
    }

    /// Whether the last octet ends a line.
    pub(super) fn ends_a_line(&self) -> bool {
        matches!(self.0.last.get(), Some(b'\n' | b'\r'))
    }
}

/// Reads through a meter.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Metered<R> {
    pub(super) const fn new(inner: R, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let seen = &self.meter.0;
        if seen.since_line.get() > LONGEST_LINE_OCTETS {
            seen.endless.set(true);
            return Ok(0);
        }
        let count = match self.inner.read(buffer) {
            // The lines up to here say where the cut is; the reader of lines is told of an end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                seen.cut.set(true);
                return Ok(0);
            }
            other => other?,
        };
        seen.since_line.set(seen.since_line.get().saturating_add(count));
        let taken = buffer.get(..count).and_then(<[u8]>::last);
        seen.last.set(taken.copied().or(seen.last.get()));
        Ok(count)
    }
}
