//! Stage: keep.
