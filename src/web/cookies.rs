//! The page's cookies. Comes in: headers. Goes out: values, and headers again.
//!
//! The sign-in cookie bears the `__Host-` prefix, so that no other host of the domain can set it (RFC 6265bis
//! §4.1.3): always `Secure`, also on `http://localhost`, which Chromium and Firefox take for trustworthy. Before
//! somebody signs in it holds a random value that no session has; it only ties forms to the browser.

use axum::http::{HeaderMap, HeaderValue, header};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Name of the sign-in cookie.
const VISIT: &str = "__Host-madoguchi";

/// Names of the cookies that keep how somebody wants the page to look.
pub(super) const LANGUAGE: &str = "madoguchi-language";
pub(super) const THEME: &str = "madoguchi-theme";

/// Length of a token of 256 bits in base64url.
const TOKEN_LENGTH: usize = 43;

/// Seconds that a choice of looks is kept: a year.
const CHOICE_SECONDS: u32 = 31_536_000;

/// The value of a cookie.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The token of the sign-in cookie, if it has a token's form.
pub(super) fn read_token(headers: &HeaderMap) -> Option<&str> {
    read(headers, VISIT).filter(|token| token.len() == TOKEN_LENGTH && token.is_ascii())
}

/// Sets the sign-in cookie; it goes when the browser is closed, and the session ends by itself before long.
pub(super) fn give_token(token: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!(
        "{VISIT}={token}; Path=/; Secure; HttpOnly; SameSite=Lax"
    ))
    .ok()
}

/// Takes the sign-in cookie away.
pub(super) fn take_token() -> HeaderValue {
    HeaderValue::from_static("__Host-madoguchi=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Keeps a choice of looks.
pub(super) fn keep_choice(name: &str, value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={CHOICE_SECONDS}"
    ))
    .ok()
}

/// What a form has to carry, made of the visitor's own cookie: a page elsewhere cannot know it.
pub(super) fn form_token(token: &str) -> String {
    mac(token).map_or_else(String::new, |mac| HEXLOWER.encode(&mac))
}

/// Whether a form carries what belongs to the cookie.
pub(super) fn is_form_token(token: &str, carried: &str) -> bool {
    let expected = form_token(token);
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(carried.as_bytes()))
}

fn mac(token: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(b"form");
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_belongs_to_one_cookie() {
        assert!(is_form_token("a", &form_token("a")));
        assert!(!is_form_token("b", &form_token("a")));
        assert!(!is_form_token("a", ""));
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("x__Host-madoguchi=no; a=b=c"),
        );
        assert_eq!(read_token(&headers), None);
        assert_eq!(read(&headers, "a"), Some("b=c"));
        headers.append(header::COOKIE, give_token(&"t".repeat(43)).unwrap());
        assert_eq!(read_token(&headers).map(str::len), Some(43));
    }
}
