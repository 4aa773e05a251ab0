//! Japanese business days. Comes in: a date, the holidays and the company's closures. Goes out: whether
//! the desk works, and when it next opens. Pure.
