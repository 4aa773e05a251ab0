//! Templates and what surrounds a page. Comes in: a template's name, the frame and the page's own values. Goes
//! out: HTML. Everything is escaped, whatever a file is called; no template marks anything as safe.

use axum::http::HeaderValue;
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::assets;
use super::words::Words;
use crate::ticket::Language;

/// Operations one page may take: far above the longest thread.
const FUEL: u64 = 5_000_000;

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/web/", $name)))),+];
    };
}

templates![
    "desk.html",
    "error.html",
    "icons.html",
    "layout.html",
    "link.html",
    "parts.html",
    "sent.html",
    "sign_in.html",
    "ticket.html",
    "tickets.html",
];

/// A template or a catalogue that does not work: a fault of the program.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a page could not be made: {0}")]
pub struct ViewError(pub(super) String);

/// Every template, compiled.
#[derive(Debug)]
pub(super) struct Views {
    environment: Environment<'static>,
    words: Words,
}

/// What surrounds a page.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Frame {
    /// The language of its words.
    pub(super) language: Language,
    /// `light`, `dark`, or `auto`.
    pub(super) theme: &'static str,
    /// Its path, for links to itself.
    pub(super) path: String,
    /// `customer`, `staff` or `nobody`.
    pub(super) side: &'static str,
    /// The visitor's name; empty where unknown.
    pub(super) person: String,
    /// The customer that is looked at; empty for others.
    pub(super) customer: String,
    /// The customers one may turn to: key and name; empty unless there are several.
    pub(super) customers: Vec<(String, String)>,
    /// What its forms carry.
    pub(super) form_token: String,
    /// The desk's name.
    pub(super) desk_name: String,
    /// The desk's address for mail.
    pub(super) contact: String,
}

impl Views {
    /// The templates and words that come with the program.
    pub(super) fn embedded() -> Result<Self, ViewError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_function("asset", |name: &str| {
            assets::path_of(name)
                .ok_or_else(|| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "no such asset"))
        });
        environment.add_filter("fill", fill);
        for (name, text) in TEMPLATES {
            environment
                .add_template(name, text)
                .map_err(|error| ViewError(format!("{error:#}")))?;
        }
        Ok(Self {
            environment,
            words: Words::embedded()?,
        })
    }

    /// Renders a page.
    pub(super) fn render(
        &self,
        template: &str,
        frame: &Frame,
        page: &impl Serialize,
    ) -> Result<Response, ViewError> {
        let t = self.words.of(frame.language);
        let html = self
            .environment
            .get_template(template)
            .and_then(|template| template.render(context! { t, frame => Serde(frame), page => Serde(page) }))
            .map_err(|error| ViewError(format!("{error:#}").lines().take(4).collect::<Vec<_>>().join(" ")))?;
        let mut response = Html(html).into_response();
        if let Ok(language) = HeaderValue::from_str(frame.language.as_str()) {
            response.headers_mut().insert("content-language", language);
        }
        Ok(response)
    }
}

/// Puts values into the `{gaps}` of a text; what comes out is escaped like any other text.
#[expect(
    clippy::needless_pass_by_value,
    reason = "template functions are handed their arguments"
)]
fn fill(text: &str, values: Kwargs) -> Result<String, minijinja::Error> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&values.get::<Value>(name)?.to_string());
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_template_lets_anything_past_the_escaping() {
        for (name, text) in TEMPLATES {
            for refused in ["|safe", "| safe", "style=", "<script>", "onclick", "autoescape"] {
                assert!(!text.contains(refused), "{name} has {refused}");
            }
        }
    }

    #[test]
    fn what_fills_a_gap_is_not_searched_for_gaps() {
        let views = Views::embedded().unwrap();
        let text = views
            .environment
            .render_str("{{ '<{a}> {b}'|fill(a='{b}', b='&') }}", ())
            .unwrap();
        assert_eq!(text, "&lt;{b}&gt; &amp;");
    }
}
