//! What is known of the token server and of us as its client.
//!
//! Comes in: the address as the configuration writes it. Goes out: an endpoint and a path. Nothing here reads
//! files or speaks to anybody.

use std::path::PathBuf;

use chrono::TimeDelta;
use hyper::Uri;
use secrecy::SecretString;

use crate::tls::{Endpoint, Security};

crate::slug_enum! {
    /// How the client secret is shown to the token server (RFC 6749 §2.3.1).
    pub enum ClientAuthentication {
        /// As a field of the form.
        Body = "body",
        /// In the Authorization header.
        Basic = "basic",
    }
}

/// Where access tokens come from.
#[derive(Debug, Clone)]
pub struct TokenServer {
    /// The server.
    pub(super) endpoint: Endpoint,
    /// Path and query of the token endpoint.
    pub(super) path: String,
}

impl TokenServer {
    /// Reads an address such as `https://login.example/oauth2/token`. Unprotected HTTP is for loopback alone,
    /// which the line itself enforces.
    pub fn parse(url: &str, ca_file: Option<PathBuf>) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL")?;
        let (security, port) = match uri.scheme_str() {
            Some("https") => (Security::Tls, 443),
            Some("http") => (Security::Plain, 80),
            Some(_) | None => return Err("it must begin with https://"),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err("a user and password have no place in it");
        }
        Ok(Self {
            endpoint: Endpoint {
                host: host.ok_or("it names no server")?.to_owned(),
                port: uri.port_u16().unwrap_or(port),
                security,
                ca_file,
            },
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }

    /// Whether a token could be read by others on its way.
    pub fn is_protected(&self) -> bool {
        self.endpoint.security == Security::Tls
    }
}

/// What entitles us to access tokens.
#[derive(Debug, Clone)]
pub enum Grant {
    /// The client secret alone (RFC 6749 §4.4).
    ClientCredentials,
    /// A token that a person's consent gave us (RFC 6749 §6).
    RefreshToken {
        /// The file that holds it; the desk replaces it.
        file: PathBuf,
        /// How long one is good for, where that is known.
        lifetime: Option<TimeDelta>,
    },
}

/// Everything needed to ask for an access token.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// Whom we ask.
    pub server: TokenServer,
    /// The name the server knows us by.
    pub client_id: String,
    /// The secret it knows us by; public clients have none.
    pub client_secret: Option<SecretString>,
    /// How the secret is shown.
    pub client_authentication: ClientAuthentication,
    /// What the token is to be good for.
    pub scope: Option<String>,
    /// What entitles us.
    pub grant: Grant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let server = TokenServer::parse("https://login.idp.example/t/oauth2/token?a=b", None).unwrap();
        assert_eq!(
            (server.endpoint.host.as_str(), server.endpoint.port),
            ("login.idp.example", 443)
        );
        assert_eq!(server.path, "/t/oauth2/token?a=b");
        assert!(server.is_protected());
        let server = TokenServer::parse("http://127.0.0.1:8080", None).unwrap();
        assert_eq!((server.endpoint.port, server.path.as_str()), (8080, "/"));
        assert!(!server.is_protected());
    }

    #[test]
    fn what_is_no_address_of_a_token_server_is_refused() {
        for url in [
            "",
            "login.idp.example/token",
            "ftp://idp.example/",
            "https://me:pw@idp.example/",
        ] {
            assert!(TokenServer::parse(url, None).is_err(), "{url}");
        }
    }
}
