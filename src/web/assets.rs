//! The stylesheet and the icon, from the program itself. Comes in: a file's name with its hash. Goes out: the file,
//! for ever: another content has another name.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::error::PageError;

/// A year, the longest that RFC 9111 lets caches count on.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Octets of the hash that a name carries.
const HASH_OCTETS: usize = 6;

/// Name, media type, contents.
const ASSETS: &[(&str, &str, &str)] = &[
    (
        "app.css",
        "text/css; charset=utf-8",
        include_str!("../../templates/web/assets/app.css"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../templates/web/assets/icon.svg"),
    ),
];

/// The address of an asset.
pub(super) fn path_of(name: &str) -> Option<String> {
    let (stem, ending) = name.split_once('.')?;
    let (_, _, contents) = ASSETS.iter().find(|(known, _, _)| *known == name)?;
    let digest = Sha256::digest(contents.as_bytes());
    let hash = HEXLOWER.encode(digest.get(..HASH_OCTETS)?);
    Some(format!("/assets/{stem}-{hash}.{ending}"))
}

/// One asset.
pub(super) async fn show(Path(file): Path<String>) -> Response {
    let wanted = format!("/assets/{file}");
    let found = ASSETS
        .iter()
        .find(|(name, _, _)| path_of(name).is_some_and(|path| path == wanted));
    match found {
        Some((_, media_type, contents)) => (
            [
                (header::CONTENT_TYPE, *media_type),
                (header::CACHE_CONTROL, FOR_EVER),
            ],
            *contents,
        )
            .into_response(),
        None => PageError::NotFound.into_response(),
    }
}
