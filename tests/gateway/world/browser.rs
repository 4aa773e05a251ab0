//! The support page of a story, served on a real port, and browsers that ask it as if through a proxy that speaks
//! TLS. A browser keeps cookies, follows redirects and fills in forms; what it is not asked to do it does not do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::BodyExt;
use madoguchi::app;
use madoguchi::pipeline::Pipeline;
use madoguchi::web::{LinkSender, Page, serve};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{Letter, Person, World};

/// The page's public address in stories.
pub(crate) const PAGE: &str = "https://support.desk.example";

/// The page while it is open.
pub(crate) struct Site {
    world: Arc<World>,
    address: SocketAddr,
    links: Mutex<LinkSender>,
    stop: CancellationToken,
}

/// Somebody's browser.
pub(crate) struct Browser {
    site: Arc<Site>,
    /// Cookies by name.
    pub(crate) cookies: BTreeMap<String, String>,
    /// What the proxy says of where it asks from.
    pub(crate) client: String,
    /// The page that is shown.
    pub(crate) shown: Shown,
}

/// An answer of the page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Shown {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> String {
        let named = self.headers.iter().filter(|(key, _)| key == name);
        named
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What the page's forms carry.
    pub(crate) fn form_token(&self) -> String {
        let after = self.body.split_once("name=\"form_token\" value=\"");
        after
            .and_then(|(_, rest)| rest.split_once('"'))
            .map_or_else(String::new, |(token, _)| token.to_owned())
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let after = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap()
            .1;
        after.split_once('"').unwrap().0.replace("&#x2f;", "/")
    }

    /// The page's text without its tags, spaces run together.
    pub(crate) fn text(&self) -> String {
        let tags = regex::Regex::new("(?s)<[^>]*>").unwrap();
        let text = tags.replace_all(&self.body, " ").into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl World {
    /// The page is opened.
    pub(crate) async fn opens_page(self: &Arc<Self>) -> Arc<Site> {
        self.opens_page_of(Arc::clone(&self.pipeline)).await
    }

    /// The page is opened by a desk whose database is gone.
    pub(crate) async fn opens_page_without_database(self: &Arc<Self>) -> Arc<Site> {
        let database = app::open_database(&self.config).await.unwrap();
        database.close().await;
        let pipeline = app::build_pipeline(&self.config, database, self.clock.clone()).unwrap();
        self.opens_page_of(Arc::new(pipeline)).await
    }

    async fn opens_page_of(self: &Arc<Self>, pipeline: Arc<Pipeline>) -> Arc<Site> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (page, links) = Page::new(pipeline, PAGE.to_owned(), Arc::default()).unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, page, stop.clone()));
        Arc::new(Site {
            world: Arc::clone(self),
            address,
            links: Mutex::new(links),
            stop,
        })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Site {
    /// Somebody opens a browser.
    pub(crate) fn browser(self: &Arc<Self>) -> Browser {
        Browser {
            site: Arc::clone(self),
            cookies: BTreeMap::new(),
            client: "192.0.2.10".to_owned(),
            shown: Shown::default(),
        }
    }

    /// Links that were asked for go out.
    pub(crate) async fn sends_links(&self) {
        Box::pin(async { self.links.lock().await.drain().await }).await;
        self.world.sends_mail().await;
    }

    /// Asks exactly this, without a browser's doing.
    pub(crate) async fn asks(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Shown {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        let driver = tokio::spawn(connection);
        let mut request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "support.desk.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        drop(sender);
        driver.await.unwrap().unwrap();
        Shown {
            status,
            path: path.to_owned(),
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

impl Browser {
    /// Opens a page and follows where it leads.
    pub(crate) async fn opens(&mut self, path: &str) -> Shown {
        self.goes("GET", path, &[], "").await
    }

    /// Sends a form of the page that is shown.
    pub(crate) async fn sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        if path.ends_with("/reply") {
            self.site.world.remembers_post();
        }
        let token = self.shown.form_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(fields);
        self.sends_from(PAGE, path, &all).await
    }

    /// Sends exactly these fields from a page of that origin; an empty one is not named.
    pub(crate) async fn sends_from(&mut self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Shown {
        let headers = [
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let named = usize::from(origin.is_empty());
        self.goes("POST", path, &headers[named..], &encoded(fields)).await
    }

    async fn goes(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Shown {
        let mut shown = self.asks(method, path, headers, body).await;
        for _ in 0..5 {
            if !(300..400).contains(&shown.status) {
                break;
            }
            shown = self.asks("GET", &shown.header("location"), &[], "").await;
        }
        self.shown = shown.clone();
        shown
    }

    /// Asks once, with the cookies, and keeps those that come back.
    pub(crate) async fn asks(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Shown {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let forwarded = format!("203.0.113.77, {}", self.client);
        let mut all = vec![
            ("cookie", cookies.as_str()),
            ("x-forwarded-for", forwarded.as_str()),
        ];
        all.extend_from_slice(headers);
        let shown = self.site.asks(method, path, &all, body).await;
        for line in shown.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = line.1.split_once(';').unwrap();
            for needed in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(attributes.contains(needed), "{}", line.1);
            }
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        shown
    }

    /// Asks for a sign-in link and reads the letter with it.
    pub(crate) async fn asks_for_link(&mut self, person: &Person, path: &str) -> Letter {
        self.opens(path).await;
        let returns_to = self.shown.field("returns_to");
        self.sends(
            "/sign-in",
            &[("address", &person.address), ("returns_to", &returns_to)],
        )
        .await;
        self.site.sends_links().await;
        person.receives().await
    }

    /// Signs in, by way of the page that is wanted.
    pub(crate) async fn signs_in(&mut self, person: &Person, path: &str) -> Shown {
        let letter = self.asks_for_link(person, path).await;
        let link = link_in(&letter);
        self.opens(&link).await;
        self.sends(&link, &[]).await
    }
}

/// The path of the link in a letter.
pub(super) fn link_in(letter: &Letter) -> String {
    letter
        .text()
        .lines()
        .find_map(|line| line.strip_prefix(PAGE))
        .unwrap()
        .to_owned()
}

impl Letter {
    /// The path of the sign-in link.
    pub(crate) fn sign_in_path(&self) -> String {
        link_in(self)
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| {
        text.bytes().fold(String::new(), |mut all, byte| {
            if byte.is_ascii_alphanumeric() {
                all.push(char::from(byte));
            } else {
                all.push_str(&format!("%{byte:02X}"));
            }
            all
        })
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)))
        .collect();
    pairs.join("&")
}
