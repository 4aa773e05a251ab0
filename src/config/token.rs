//! `[oauth]`, and what signs in to mailbox and server: a password or one of its tokens.
//!
//! Comes in: the sections. Goes out: the one source of tokens, or what is wrong in words that say what to do.
//! No token is asked for here.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Config, ConfigError, SignInBy, read_secret};
use crate::clock::Clock;
use crate::oauth::{Credential, Grant, TokenServer, TokenSettings, TokenSource};

impl Config {
    /// What signs in to the mailbox.
    pub fn imap_credential(&self) -> Result<Credential, ConfigError> {
        match self.imap.auth {
            SignInBy::Password => self.imap_password().map(Credential::from),
            SignInBy::Xoauth2 => self.any_token_source().map(Credential::Token),
        }
    }

    /// What signs in to the submission server; `None` where nobody does.
    pub fn smtp_credential(&self) -> Result<Option<Credential>, ConfigError> {
        match self.smtp.auth {
            SignInBy::Password => Ok(self.smtp_password()?.map(Credential::from)),
            SignInBy::Xoauth2 => self
                .any_token_source()
                .map(|source| Some(Credential::Token(source))),
        }
    }

    /// The one source of access tokens, shared by all clones; `None` where passwords sign in.
    pub fn token_source(&self) -> Result<Option<Arc<TokenSource>>, ConfigError> {
        let by = [self.imap.auth, self.smtp.auth];
        if by.contains(&SignInBy::Xoauth2) {
            self.any_token_source().map(Some)
        } else {
            Ok(None)
        }
    }

    fn any_token_source(&self) -> Result<Arc<TokenSource>, ConfigError> {
        if let Some(source) = self.oauth.source.get() {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(TokenSource::new(self.token_settings()?, Clock::system()));
        Ok(Arc::clone(self.oauth.source.get_or_init(|| source)))
    }

    fn token_settings(&self) -> Result<TokenSettings, ConfigError> {
        let section = &self.oauth;
        let (url, client_id) = self.provider()?;
        let server = TokenServer::parse(url, section.ca_file.clone());
        let server = server.map_err(|problem| wrong(&format!("token_url: {problem}")))?;
        let (file, variable) = (&section.client_secret_file, &section.client_secret_env);
        let client_secret = if file.is_some() || variable.is_some() {
            let secret = read_secret("oauth", "client_secret", file.as_deref(), variable.as_deref())?;
            Some(secret.into())
        } else {
            None
        };
        Ok(TokenSettings {
            server,
            client_id: client_id.to_owned(),
            client_secret,
            client_authentication: section.client_authentication,
            scope: section.scope.clone(),
            grant: self.grant(),
        })
    }

    /// Address of the token server, and our name there.
    fn provider(&self) -> Result<(&str, &str), ConfigError> {
        let set = |setting: &str, value: &'_ Option<String>| -> Result<(), ConfigError> {
            if value.as_deref().is_some_and(|value| !value.is_empty()) {
                return Ok(());
            }
            Err(wrong(&format!(
                "{setting} is not set, and auth = \"xoauth2\" needs it; the example file shows it for Microsoft 365 and Google"
            )))
        };
        let (url, client_id) = (&self.oauth.token_url, &self.oauth.client_id);
        set("token_url", url)?;
        set("client_id", client_id)?;
        Ok((
            url.as_deref().unwrap_or_default(),
            client_id.as_deref().unwrap_or_default(),
        ))
    }

    fn grant(&self) -> Grant {
        let days = self.oauth.refresh_token_days;
        match &self.oauth.refresh_token_file {
            Some(file) => Grant::RefreshToken {
                file: file.clone(),
                lifetime: (days > 0).then(|| TimeDelta::try_days(days)).flatten(),
            },
            None => Grant::ClientCredentials,
        }
    }

    /// Refuses what cannot sign in, before anything is read or asked.
    pub(super) fn check_sign_in(&self) -> Result<(), ConfigError> {
        self.check_passwords()?;
        let section = &self.oauth;
        if ![self.imap.auth, self.smtp.auth].contains(&SignInBy::Xoauth2) {
            if section.token_url.is_some() || section.client_id.is_some() {
                return Err(wrong(
                    "nothing signs in with its tokens; set auth = \"xoauth2\" in [imap] and in [smtp], or leave \
                     the section out",
                ));
            }
            return Ok(());
        }
        let (url, _client_id) = self.provider()?;
        TokenServer::parse(url, None).map_err(|problem| wrong(&format!("token_url: {problem}")))?;
        let secret = section.client_secret_file.is_some() || section.client_secret_env.is_some();
        if !secret && section.refresh_token_file.is_none() {
            return Err(wrong(
                "set client_secret_file or client_secret_env (client credentials), or refresh_token_file (a person's \
                 consent), or both",
            ));
        }
        if section.refresh_token_days < 0 {
            return Err(wrong(
                "refresh_token_days is less than 0; 0 means that nobody knows",
            ));
        }
        if section.refresh_token_days > 0 && section.refresh_token_file.is_none() {
            return Err(wrong("refresh_token_days is set and refresh_token_file is not"));
        }
        Ok(())
    }

    /// A password beside a token would be a mistake about which of them signs in.
    fn check_passwords(&self) -> Result<(), ConfigError> {
        let (imap, smtp) = (&self.imap, &self.smtp);
        let passwords = [
            (
                "imap",
                imap.auth,
                imap.password_file.is_some() || imap.password_env.is_some(),
            ),
            (
                "smtp",
                smtp.auth,
                smtp.password_file.is_some() || smtp.password_env.is_some(),
            ),
        ];
        for (section, by, password) in passwords {
            if by == SignInBy::Xoauth2 && password {
                return Err(ConfigError(format!(
                    "[{section}] auth = \"xoauth2\" signs in with a token; leave password_file and password_env out"
                )));
            }
        }
        if smtp.auth == SignInBy::Xoauth2 && smtp.user.is_none() {
            return Err(ConfigError(
                "[smtp] auth = \"xoauth2\" needs user: the mailbox that the token is for".to_owned(),
            ));
        }
        Ok(())
    }
}

fn wrong(problem: &str) -> ConfigError {
    ConfigError(format!("[oauth] {problem}"))
}

#[cfg(test)]
mod tests {
    use super::super::EXAMPLE;
    use super::*;

    const SECTION: &str = "[oauth]\ntoken_url = \"https://login.idp.example/token\"\nclient_id = \"desk\"\n";

    /// The example with tokens in place of passwords, and these lines in `[oauth]`.
    fn parsed(section: &str) -> Result<Config, String> {
        let text = EXAMPLE
            .replace("#auth = \"password\"", "auth = \"xoauth2\"")
            .replace("\npassword_file", "\n#password_file")
            .replace("[oauth]\n", section);
        Config::parse(&text).map_err(|error| error.to_string())
    }

    fn problem(section: &str) -> String {
        parsed(section).unwrap_err()
    }

    #[test]
    fn mailbox_and_server_share_one_source() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let section = format!("{SECTION}client_secret_file = \"{}\"\n", secret.display());
        let config = parsed(&section).unwrap();
        let sources = [
            config.imap_credential().unwrap(),
            config.clone().smtp_credential().unwrap().unwrap(),
        ];
        let [Credential::Token(imap), Credential::Token(smtp)] = sources else {
            panic!("{sources:?}");
        };
        assert!(Arc::ptr_eq(&imap, &smtp));
        assert!(!format!("{imap:?} {config:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_sign_in_is_refused_in_words() {
        assert!(problem("[oauth]\n").starts_with("[oauth] token_url is not set"));
        let url = "[oauth]\ntoken_url = \"login.idp.example\"\nclient_id = \"desk\"\n";
        assert!(problem(url).contains("must begin with https://"));
        assert!(problem(SECTION).contains("client_secret_file or client_secret_env"));
        let days = format!("{SECTION}client_secret_env = \"S\"\nrefresh_token_days = 90\n");
        assert!(problem(&days).contains("refresh_token_file is not"));
        let refresh = format!("{SECTION}refresh_token_file = \"/var/lib/desk/token\"\n");
        assert!(parsed(&refresh).is_ok());
        let password = EXAMPLE.replacen("#auth = \"password\"", "auth = \"xoauth2\"", 1);
        let error = Config::parse(&password).unwrap_err().to_string();
        assert!(
            error.starts_with("[imap] auth") && error.contains("leave password_file"),
            "{error}"
        );
    }

    #[test]
    fn a_section_that_nothing_uses_is_refused() {
        let error = Config::parse(&EXAMPLE.replace("[oauth]\n", SECTION))
            .unwrap_err()
            .to_string();
        assert!(error.contains("nothing signs in with its tokens"), "{error}");
    }
}
