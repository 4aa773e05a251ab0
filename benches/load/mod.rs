//! What a load run needs beside the desk itself: mails, a server that swallows answers, and measurements.

pub mod desk;
pub mod encodings;
pub mod generator;
pub mod sink;
pub mod usage;
