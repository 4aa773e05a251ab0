//! Where access tokens come from: one source an account, shared by IMAP and SMTP.
//!
//! Comes in: whoever wants to sign in. Goes out: a token that is good now. It is renewed before it ends, by
//! one caller at a time while the others use the old one, and under way to its end even where the caller goes
//! away: a refresh token that was spent must not be forgotten. A server that refuses is left alone for a while.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OwnedMutexGuard;

use super::answer::Granted;
use super::error::TokenError;
use super::post::{Form, escaped, post};
use super::refresh_file::{RefreshFile, RefreshToken, Room, peek};
use super::settings::{ClientAuthentication, Grant, TokenSettings};
use super::token::AccessToken;
use crate::clock::Clock;

/// After a refusal that a person must put right.
const AFTER_REFUSAL: TimeDelta = TimeDelta::minutes(15);
/// The longest wait after passing trouble that names no other.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// A token that is refused this soon is not refused for its age: the next one would be, too.
const YOUNG: TimeDelta = TimeDelta::minutes(1);

/// The source.
pub struct TokenSource {
    settings: TokenSettings,
    clock: Clock,
    state: Mutex<State>,
    /// Held by whoever renews.
    renewing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    token: Option<AccessToken>,
    trouble: Option<Trouble>,
    /// A refresh token that could not be written, and the spent one that the file still holds.
    unsaved: Option<(RefreshToken, SecretString)>,
    /// The refresh token that was shown last.
    shown: Option<SecretString>,
}

/// Why the last renewal failed, and until when the server is left alone.
struct Trouble {
    error: TokenError,
    until: DateTime<Utc>,
    failures: u32,
}

/// How long what signs in is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When the access token ends; `None` where there is none.
    pub access_expires: Option<DateTime<Utc>>,
    /// When the refresh token was given out; `None` where none is used.
    pub refresh_obtained: Option<DateTime<Utc>>,
    /// When it ends, where its lifetime is known.
    pub refresh_expires: Option<DateTime<Utc>>,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("client_id", &self.settings.client_id)
            .finish_non_exhaustive()
    }
}

impl TokenSource {
    /// A source that has asked for nothing yet.
    pub fn new(settings: TokenSettings, clock: Clock) -> Self {
        Self {
            settings,
            clock,
            state: Mutex::default(),
            renewing: Arc::default(),
        }
    }

    /// How tokens are asked for.
    pub const fn settings(&self) -> &TokenSettings {
        &self.settings
    }

    /// A token that is good now.
    pub async fn token(self: &Arc<Self>) -> Result<AccessToken, TokenError> {
        let now = self.clock.now();
        let held = self.state().token.clone().filter(|token| token.is_good(now));
        if let Some(token) = held.clone().filter(|token| !token.is_due(now)) {
            return Ok(token);
        }
        let renewing = Arc::clone(&self.renewing);
        let turn = match (renewing.try_lock_owned(), &held) {
            (Ok(turn), _) => turn,
            (Err(_), Some(token)) => return Ok(token.clone()),
            (Err(_), None) => Arc::clone(&self.renewing).lock_owned().await,
        };
        // Renewed early, the old one is good for a while where the new one cannot be had.
        let renewed = self.renew_if_due(turn).await;
        renewed.or_else(|error| held.ok_or(error))
    }

    /// Asks for a new token whatever there is.
    pub async fn renew(self: &Arc<Self>) -> Result<AccessToken, TokenError> {
        let turn = Arc::clone(&self.renewing).lock_owned().await;
        self.renew_now(turn).await
    }

    /// Forgets a token that a mail server has refused; whether another one may do better.
    pub fn distrust(&self, refused: &AccessToken) -> bool {
        let now = self.clock.now();
        let mut state = self.state();
        let same = |token: &AccessToken| token.access.expose_secret() == refused.access.expose_secret();
        if !state.token.as_ref().is_some_and(same) {
            return true;
        }
        let age = now - refused.obtained;
        let young = (TimeDelta::zero()..YOUNG).contains(&age);
        if !young {
            state.token = None;
        }
        !young
    }

    /// Why the last renewal failed; `None` where it did not.
    pub fn trouble(&self) -> Option<TokenError> {
        self.state().trouble.as_ref().map(|trouble| trouble.error.clone())
    }

    /// Waits until no renewal is under way.
    pub async fn settle(&self) {
        drop(self.renewing.lock().await);
    }

    /// How long what signs in is good for.
    pub fn standing(&self) -> Result<Standing, TokenError> {
        let access_expires = self.state().token.as_ref().map(AccessToken::expires);
        let Grant::RefreshToken { file, lifetime } = &self.settings.grant else {
            return Ok(Standing {
                access_expires,
                refresh_obtained: None,
                refresh_expires: None,
            });
        };
        let obtained = peek(file)?.obtained;
        Ok(Standing {
            access_expires,
            refresh_obtained: Some(obtained),
            refresh_expires: lifetime.map(|lifetime| obtained + lifetime),
        })
    }

    async fn renew_if_due(self: &Arc<Self>, turn: OwnedMutexGuard<()>) -> Result<AccessToken, TokenError> {
        let now = self.clock.now();
        // Whoever waited for its turn finds the work done.
        if let Some(token) = self.state().token.clone().filter(|token| !token.is_due(now)) {
            return Ok(token);
        }
        match self.left_alone(now) {
            Some(error) => Err(error),
            None => self.renew_now(turn).await,
        }
    }

    async fn renew_now(self: &Arc<Self>, turn: OwnedMutexGuard<()>) -> Result<AccessToken, TokenError> {
        let source = Arc::clone(self);
        let renewal = tokio::spawn(async move {
            let _turn = turn;
            let asked = source.ask().await;
            source.note(&asked);
            asked
        });
        renewal.await.unwrap_or(Err(TokenError::Interrupted))
    }

    /// Why the server is not asked now. A file that a person has put right is looked at again at once.
    fn left_alone(&self, now: DateTime<Utc>) -> Option<TokenError> {
        let state = self.state();
        let trouble = state.trouble.as_ref()?;
        let waits = now < trouble.until && trouble.until - now <= AFTER_REFUSAL.max(TimeDelta::hours(1));
        if !waits || matches!(trouble.error, TokenError::File { .. } | TokenError::Busy { .. }) {
            return None;
        }
        if let Grant::RefreshToken { file, .. } = &self.settings.grant
            && !trouble.error.is_transient()
            && let (Ok(there), Some(shown)) = (peek(file), &state.shown)
            && there.token.expose_secret() != shown.expose_secret()
        {
            return None;
        }
        Some(trouble.error.clone())
    }

    fn note(&self, asked: &Result<AccessToken, TokenError>) {
        let now = self.clock.now();
        let random = self.clock.random();
        let mut state = self.state();
        match asked {
            Ok(token) => {
                state.token = Some(token.clone());
                state.trouble = None;
            }
            Err(error) => {
                let failures = state.trouble.as_ref().map_or(0, |trouble| trouble.failures);
                let failures = failures.saturating_add(1);
                state.trouble = Some(Trouble {
                    error: error.clone(),
                    until: now + wait_after(error, failures, random),
                    failures,
                });
            }
        }
    }

    async fn ask(&self) -> Result<AccessToken, TokenError> {
        match &self.settings.grant {
            Grant::ClientCredentials => {
                let asked = self.clock.now();
                let granted = self.post(vec![("grant_type", "client_credentials")]).await?;
                Ok(self.token_of(granted, asked))
            }
            Grant::RefreshToken { file, .. } => self.ask_with_refresh_token(file).await,
        }
    }

    async fn ask_with_refresh_token(&self, path: &Path) -> Result<AccessToken, TokenError> {
        let mut file = RefreshFile::lock(path).await?;
        let written = file.read()?;
        let (shown, room) = match self.unsaved(&written) {
            // The disk failed when it was given out; the desk goes on with what it remembers.
            Some(unsaved) => (unsaved, file.reserve().ok()),
            None => (written.clone(), Some(file.reserve()?)),
        };
        self.state().shown = Some(shown.token.clone());
        let asked = self.clock.now();
        let form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", shown.token.expose_secret()),
        ];
        let granted = self.post(form).await?;
        let differs = |token: &&SecretString| token.expose_secret() != shown.token.expose_secret();
        let next = granted
            .refresh
            .as_ref()
            .filter(differs)
            .map(|token| RefreshToken {
                token: token.clone(),
                obtained: asked,
            });
        let next = next.unwrap_or(shown);
        if next.token.expose_secret() != written.token.expose_secret() {
            self.save(&file, room, &next, written.token);
        }
        Ok(self.token_of(granted, asked))
    }

    /// The token that could not be written, while the file still holds the one spent for it.
    fn unsaved(&self, written: &RefreshToken) -> Option<RefreshToken> {
        let state = self.state();
        let (unsaved, spent) = state.unsaved.as_ref()?;
        (spent.expose_secret() == written.token.expose_secret()).then(|| unsaved.clone())
    }

    /// Before the access token is used: the refresh token spent for it may be good for nothing now.
    fn save(&self, file: &RefreshFile, room: Option<Room>, next: &RefreshToken, spent: SecretString) {
        let saved = room.map(|room| file.replace(room, next));
        let mut state = self.state();
        state.unsaved = match saved {
            Some(Ok(())) => None,
            Some(Err(_)) | None => Some((next.clone(), spent)),
        };
        if let Some(Err(error)) = saved {
            tracing::error!(%error, "the new refresh token is held in memory alone; it is lost when the desk stops");
        }
    }

    async fn post(&self, mut form: Form<'_>) -> Result<Granted, TokenError> {
        let settings = &self.settings;
        let secret = settings.client_secret.as_ref().map(SecretString::expose_secret);
        let mut authorization = None;
        match (settings.client_authentication, secret) {
            (ClientAuthentication::Basic, Some(secret)) => {
                let pair = format!("{}:{}", escaped(&settings.client_id), escaped(secret));
                authorization = Some(format!("Basic {}", BASE64.encode(pair.as_bytes())));
            }
            (ClientAuthentication::Body, Some(secret)) => {
                form.extend([
                    ("client_id", settings.client_id.as_str()),
                    ("client_secret", secret),
                ]);
            }
            (_, None) => form.push(("client_id", &settings.client_id)),
        }
        form.extend(settings.scope.as_deref().map(|scope| ("scope", scope)));
        post(&settings.server, authorization.as_deref(), &form)
            .await?
            .read()
    }

    fn token_of(&self, granted: Granted, asked: DateTime<Utc>) -> AccessToken {
        AccessToken::new(granted.access, asked, granted.life, self.clock.random())
    }

    /// Nothing in it is left half-changed by a panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the server is left alone after so many failures in a row.
fn wait_after(error: &TokenError, failures: u32, random: u32) -> TimeDelta {
    if !error.is_transient() {
        return AFTER_REFUSAL;
    }
    let doubled = Duration::from_secs(2_u64.saturating_pow(failures.saturating_sub(1)));
    let whole = match error {
        TokenError::Unavailable {
            retry_after: Some(asked),
            ..
        } => *asked,
        TokenError::Unreachable { .. }
        | TokenError::TimedOut { .. }
        | TokenError::Lost { .. }
        | TokenError::Unavailable { .. }
        | TokenError::Refused { .. }
        | TokenError::Unusable { .. }
        | TokenError::File { .. }
        | TokenError::Busy { .. }
        | TokenError::Interrupted => doubled.min(LONGEST_WAIT),
    };
    // Never earlier than a server asks for, and not all desks at once.
    let spread = (whole / 2).mul_f64(f64::from(random) / f64::from(u32::MAX));
    TimeDelta::from_std(whole.saturating_add(spread)).unwrap_or(AFTER_REFUSAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_trouble_is_waited_for_longer_each_time_and_as_long_as_asked() {
        let waits = |error: &TokenError| -> Vec<i64> {
            let failures = [1, 2, 3, 20, u32::MAX];
            let seconds = failures.map(|n| wait_after(error, n, 0).num_seconds());
            seconds.into()
        };
        assert_eq!(waits(&TokenError::Interrupted), [1, 2, 4, 300, 300]);
        let busy = TokenError::Unavailable {
            status: 429,
            code: String::new(),
            retry_after: Some(Duration::from_secs(90)),
        };
        assert_eq!(waits(&busy), [90; 5]);
        assert_eq!(wait_after(&busy, 1, u32::MAX).num_seconds(), 135);
        let refused = TokenError::Refused {
            status: 400,
            code: "invalid_grant".to_owned(),
        };
        assert_eq!(waits(&refused), [900; 5]);
    }
}
