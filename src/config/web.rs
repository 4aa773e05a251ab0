//! `[web]`: where the support page is served, and what its public address has to be.

use std::net::SocketAddr;

use serde::Deserialize;

use super::ConfigError;

/// Hosts that browsers take for trustworthy without TLS, so that `Secure` cookies work on them.
const LOOPBACK_HOSTS: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

/// `[web]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WebSection {
    /// Where to listen, behind the proxy that speaks TLS; `None`: no page is served.
    pub listen: Option<SocketAddr>,
}

/// Where the page is served and as what it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Scheme, host and port that browsers show: what `Origin` must say.
    pub origin: String,
}

impl WebSection {
    /// The page's addresses, where it is served.
    pub(super) fn address(&self, page_url: Option<&str>) -> Result<Option<WebAddress>, ConfigError> {
        let Some(listen) = self.listen else {
            return Ok(None);
        };
        let refused = |problem: String| Err(ConfigError(format!("[web] listen: {problem}")));
        let Some(url) = page_url else {
            return refused(
                "set [desk] page_url too, the address under which people open the page".to_owned(),
            );
        };
        let origin = url.trim_end_matches('/');
        let Some((scheme, host)) = origin.split_once("://") else {
            return refused(format!(
                "[desk] page_url `{url}` is no address: write https://HOST"
            ));
        };
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) || host != host.to_ascii_lowercase() {
            return refused(format!(
                "[desk] page_url `{url}` must be scheme and host alone, in lower case, such as https://support.desk.example: the page's cookies belong to the whole host"
            ));
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        match scheme {
            "https" => {}
            "http" if LOOPBACK_HOSTS.contains(&name) => {}
            _ => {
                return refused(format!(
                    "[desk] page_url `{url}` must begin with https:// (http only for localhost): sign-in cookies are never sent in the clear"
                ));
            }
        }
        Ok(Some(WebAddress {
            listen,
            origin: origin.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: Option<&str>) -> Result<Option<WebAddress>, String> {
        let section = WebSection {
            listen: "127.0.0.1:8080".parse().ok(),
        };
        section.address(url).map_err(|error| error.to_string())
    }

    #[test]
    fn the_page_needs_a_public_address_that_protects_its_cookies() {
        let origin = |url| address(Some(url)).map(|address| address.unwrap().origin);
        assert_eq!(
            origin("https://support.desk.example/").as_deref(),
            Ok("https://support.desk.example")
        );
        assert_eq!(
            origin("http://localhost:8080").as_deref(),
            Ok("http://localhost:8080")
        );
        for refused in [
            "http://support.desk.example",
            "http://localhost.evil.example",
            "https://desk.example/support",
            "https://Support.desk.example",
            "support.desk.example",
            "ftp://localhost",
        ] {
            assert!(origin(refused).is_err(), "{refused}");
        }
        assert!(address(None).unwrap_err().contains("page_url"));
    }

    #[test]
    fn without_listen_no_page_is_served_and_nothing_is_asked_of_the_address() {
        assert_eq!(WebSection::default().address(Some("anything")).ok(), Some(None));
    }
}
