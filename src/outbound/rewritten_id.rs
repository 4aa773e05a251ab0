//! Servers that write their own Message-ID over ours. Comes in: the server's name and its reply to the dot.
//! Goes out: the identifier under which the recipients know the mail, so that their answers and bounces find
//! the ticket (SPEC §7). Pure.

use crate::mail::MessageId;

/// The domain of the identifiers that Amazon SES writes in the region of its SMTP endpoint (SES developer
/// guide, "Header fields": the id in the reply, then the region; `email` alone for us-east-1).
pub fn rewritten_id_domain(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let region = host
        .strip_prefix("email-smtp.")
        .or_else(|| host.strip_prefix("email-smtp-fips."))?
        .strip_suffix(".amazonaws.com")?;
    Some(match region {
        "us-east-1" => "email.amazonses.com".to_owned(),
        region => format!("{region}.amazonses.com"),
    })
}

/// The identifier in a reply such as `250 Ok 0106018c…-000000`.
pub(super) fn rewritten_id(domain: &str, reply: &str) -> Option<MessageId> {
    let (_, id) = reply.trim().rsplit_once(' ')?;
    let plausible = id.len() >= 20
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plausible.then(|| MessageId::parse(&format!("<{id}@{domain}>")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_carries_the_region_of_the_endpoint() {
        let domain = rewritten_id_domain("email-smtp.ap-northeast-1.amazonaws.com").unwrap();
        let id = rewritten_id(
            &domain,
            "250 Ok 0106018cabcdef12-0a1b2c3d-4e5f-6789-abcd-ef0123456789-000000",
        );
        assert_eq!(
            id.unwrap().as_str(),
            "0106018cabcdef12-0a1b2c3d-4e5f-6789-abcd-ef0123456789-000000@ap-northeast-1.amazonses.com"
        );
        assert_eq!(
            rewritten_id_domain("email-smtp.us-east-1.amazonaws.com").as_deref(),
            Some("email.amazonses.com")
        );
    }

    #[test]
    fn other_servers_and_other_words_give_none() {
        assert_eq!(rewritten_id_domain("smtp.desk.example"), None);
        assert_eq!(
            rewritten_id("x.amazonses.com", "250 2.0.0 Ok: queued as 4XyZ"),
            None
        );
    }
}
