//! Stories played on real servers; the list of modules is the table of contents.

#[cfg(test)]
mod servers;
