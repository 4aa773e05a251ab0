//! TLS.
crate::slug_enum! {
    /// How a connection is protected.
    pub enum Security {
        /// From the first byte.
        Tls = "tls",
        /// By STARTTLS.
        StartTls = "starttls",
        /// Not at all; loopback only.
        Plain = "plain",
    }
}
