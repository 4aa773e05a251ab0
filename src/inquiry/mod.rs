//! Stage: decide. Comes in: a typed mail, the verdict on its author and everything stored that matters.
//! Goes out: one decision with its reason. Pure and total: no store, no clock, no I/O, no error.

pub mod screening;
