//! Tells the program when it was built, for the one check that the machine's clock is not before that.

#![expect(clippy::disallowed_methods, reason = "a build script has no other clock")]

use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo:rerun-if-changed=Cargo.toml");
    println!("cargo:rerun-if-changed=Cargo.lock");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    // Builds that must come out the same octet by octet set the variable (reproducible-builds.org).
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let told = std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|text| text.parse().ok());
    println!("cargo:rustc-env=MADOGUCHI_BUILT_AT={}", told.unwrap_or(now));
}
