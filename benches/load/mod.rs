//! What a load run needs beside the desk itself: mails, a server that swallows answers, and measurements.

pub(crate) mod baseline;
pub(crate) mod desk;
pub(crate) mod encodings;
pub(crate) mod generator;
pub(crate) mod sink;
pub(crate) mod usage;
pub(crate) mod watch;
