//! What the token server's answers mean. Pure.
//!
//! Comes in: status, headers and body of one answer. Goes out: the granted tokens, or a [`TokenError`] that
//! tells a passing trouble from one that a person must put right.

use std::time::Duration;

use chrono::TimeDelta;
use secrecy::SecretString;
use serde::Deserialize;

use super::error::TokenError;

/// The life of a token whose server does not tell it (RFC 6749 §5.1 only recommends it): short, and a token
/// that is refused earlier is replaced anyway.
const UNTOLD_LIFE: TimeDelta = TimeDelta::minutes(5);
/// A longer life is not believed.
const LONGEST_LIFE: TimeDelta = TimeDelta::days(1);
/// Longest error code that is kept, in characters.
const MAX_CODE_CHARS: usize = 64;
/// A longer wait that a server asks for is cut: it may be a mistake.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// One answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The Retry-After header.
    pub(super) retry_after: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What the server grants.
pub(super) struct Granted {
    pub(super) access: SecretString,
    pub(super) life: TimeDelta,
    /// A new refresh token; the one used may be good for nothing now.
    pub(super) refresh: Option<SecretString>,
}

#[derive(Deserialize)]
struct Success {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
    error_description: Option<String>,
}

impl Answer {
    pub(super) fn read(&self) -> Result<Granted, TokenError> {
        if self.status == 200 {
            return self.read_success();
        }
        let (code, known) = self.code();
        let status = self.status;
        let passing = matches!(status, 408 | 425 | 429 | 500..)
            || matches!(known.as_deref(), Some("temporarily_unavailable" | "server_error"));
        // A refusal without a code comes from something between us and the server, which may go away; a
        // page that does not exist or has moved does not.
        let moved = matches!(status, 300..=399 | 404 | 405 | 410);
        if passing || (known.is_none() && !moved) {
            return Err(TokenError::Unavailable {
                status,
                code,
                retry_after: self.retry_after(),
            });
        }
        Err(TokenError::Refused { status, code })
    }

    fn read_success(&self) -> Result<Granted, TokenError> {
        let unusable = |what| TokenError::Unusable { what };
        let success: Success = serde_json::from_slice(&self.body)
            .map_err(|_words| unusable("it is not the JSON that RFC 6749 asks for"))?;
        let bearer = success.token_type.as_deref().unwrap_or("Bearer");
        if !bearer.eq_ignore_ascii_case("Bearer") {
            return Err(unusable("its type is not Bearer"));
        }
        // It is put between control characters into a SASL message.
        if success.access_token.is_empty() || !is_visible(&success.access_token) {
            return Err(unusable(
                "the token is empty or holds characters that tokens do not have",
            ));
        }
        let refresh = success.refresh_token.filter(|token| !token.is_empty());
        if refresh.as_deref().is_some_and(|token| !is_visible(token)) {
            return Err(unusable(
                "the refresh token holds characters that tokens do not have",
            ));
        }
        Ok(Granted {
            access: success.access_token.into(),
            life: life(success.expires_in.as_ref()),
            refresh: refresh.map(SecretString::from),
        })
    }

    /// The error code for people, and the same where it is one of OAuth's.
    fn code(&self) -> (String, Option<String>) {
        let Ok(failure) = serde_json::from_slice::<Failure>(&self.body) else {
            return ("without an error code".to_owned(), None);
        };
        let is_code = |c: char| c.is_ascii_lowercase() || c == '_';
        let code: String = failure.error.chars().take(MAX_CODE_CHARS).collect();
        if code.is_empty() || !code.chars().all(is_code) {
            return ("with an error code that is none".to_owned(), None);
        }
        let detail = failure.error_description.as_deref().and_then(microsoft_code);
        let shown = detail.map_or_else(|| code.clone(), |detail| format!("{code} {detail}"));
        (shown, Some(code))
    }

    /// Seconds alone: a date would have to be believed against our own clock.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.retry_after.as_deref()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
    }
}

/// Some servers write the number as a string.
fn life(told: Option<&serde_json::Value>) -> TimeDelta {
    let seconds = told.and_then(|value| {
        let written = value.as_str().and_then(|text| text.trim().parse().ok());
        value.as_i64().or(written)
    });
    let life = seconds.map_or(Some(UNTOLD_LIFE), TimeDelta::try_seconds);
    life.unwrap_or(LONGEST_LIFE)
        .clamp(TimeDelta::zero(), LONGEST_LIFE)
}

/// The number by which Microsoft tells more than the code says: `AADSTS` and digits at the very beginning.
fn microsoft_code(description: &str) -> Option<String> {
    let digits: String = description
        .strip_prefix("AADSTS")?
        .chars()
        .take_while(char::is_ascii_digit)
        .take(10)
        .collect();
    (!digits.is_empty()).then(|| format!("AADSTS{digits}"))
}

fn is_visible(token: &str) -> bool {
    token.bytes().all(|octet| octet.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Granted, TokenError> {
        let (retry_after, body) = (Some("7".to_owned()), body.as_bytes().to_vec());
        let answer = Answer {
            status,
            retry_after,
            body,
        };
        answer.read()
    }

    fn error(status: u16, body: &str) -> TokenError {
        answer(status, body).err().unwrap()
    }

    #[test]
    fn the_life_is_read_as_number_or_text_and_guessed_short_where_it_is_not_told() {
        for (told, seconds) in [
            (r#","expires_in":3599"#, 3_599),
            (r#","expires_in":"3599""#, 3_599),
            ("", 300),
            (r#","expires_in":null"#, 300),
            (r#","expires_in":"soon""#, 300),
            (r#","expires_in":-5"#, 0),
            (r#","expires_in":9223372036854775807"#, 86_400),
        ] {
            let granted = answer(
                200,
                &format!(r#"{{"access_token":"abc","token_type":"bearer"{told}}}"#),
            );
            let granted = granted.unwrap_or_else(|error| panic!("{told}: {error}"));
            assert_eq!(granted.life.num_seconds(), seconds, "{told}");
            assert_eq!(granted.access.expose_secret(), "abc");
        }
    }

    #[test]
    fn a_success_without_a_token_that_fits_a_sasl_message_is_none() {
        for body in [
            "",
            "<html>signed in</html>",
            r#"{"token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"a\u0001b","token_type":"Bearer"}"#,
            r#"{"access_token":"abc","token_type":"mac"}"#,
            r#"{"access_token":"abc","refresh_token":"a\nb"}"#,
        ] {
            assert!(matches!(error(200, body), TokenError::Unusable { .. }), "{body}");
        }
    }

    #[test]
    fn passing_trouble_is_told_from_what_a_person_must_put_right() {
        for (status, body) in [
            (500, r#"{"error":"invalid_grant"}"#),
            (503, "busy"),
            (429, ""),
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (403, "<html>the proxy is asleep</html>"),
        ] {
            let error = error(status, body);
            assert!(error.is_transient(), "{status} {body}: {error}");
            let TokenError::Unavailable { retry_after, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
        }
        for (status, body) in [
            (400, r#"{"error":"invalid_grant"}"#),
            (401, r#"{"error":"invalid_client"}"#),
            (400, r#"{"error":"some_new_code"}"#),
            (404, "no such page"),
            (302, ""),
        ] {
            assert!(!error(status, body).is_transient(), "{status} {body}");
        }
    }

    #[test]
    fn of_a_description_only_microsofts_number_is_kept() {
        let body =
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret 's3cret' sent"}"#;
        let words = error(401, body).to_string();
        assert!(
            words.contains("invalid_client AADSTS7000215") && !words.contains("s3cret"),
            "{words}"
        );
        let echo = r#"{"error":"s3cret is wrong","error_description":"s3cret"}"#;
        assert!(!format!("{:?}", error(400, echo)).contains("s3cret"));
    }
}
