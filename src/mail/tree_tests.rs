//! Mails cut into their parts, whole and damaged.

use super::*;

fn tree(raw: &str) -> Result<(Vec<String>, Vec<&'static str>), UnreadableMail> {
    let cut = gate::open(raw.as_bytes())?;
    let body = raw.as_bytes().get(cut.body_at..).unwrap();
    let tree = split(&fields::split(&cut.block), body)?;
    let leaves = tree.leaves.iter().map(|leaf| {
        format!(
            "{} {}",
            leaf.media_type,
            String::from_utf8_lossy(&leaf.decoded().0)
        )
    });
    Ok((
        leaves.collect(),
        tree.problems.iter().map(|problem| problem.slug).collect(),
    ))
}

#[test]
fn a_boundary_that_starts_another_one_splits_rightly() {
    let (leaves, problems) = tree(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; \
         boundary=b1\n\n--b1\n\nplain\n--b1\nContent-Type: text/html\n\n<p>\n--b1--\n--b\nContent-Type: \
         image/png\n\nx\n--b--\nepilogue",
    )
    .unwrap();
    assert_eq!(leaves, ["text/plain plain", "text/html <p>", "image/png x"]);
    assert_eq!(problems, Vec::<&str>::new());
}

#[test]
fn a_boundary_that_never_occurs_leaves_the_text() {
    let (leaves, problems) = tree("Content-Type: multipart/mixed; boundary=b\n\nhello\n").unwrap();
    assert_eq!(
        (leaves, problems),
        (vec!["text/plain hello\n".to_owned()], vec!["boundary-missing"])
    );
}

#[test]
fn a_wrong_or_absent_boundary_is_found_in_the_body() {
    let parts = "\n\n--x=y\nContent-Type: text/plain\n\nhi\n--x=y--\n";
    for header in ["multipart/mixed", "multipart/mixed; boundary=other"] {
        let (leaves, problems) = tree(&format!("Content-Type: {header}{parts}")).unwrap();
        assert_eq!(
            (leaves, problems),
            (vec!["text/plain hi".to_owned()], vec!["boundary-mismatch"])
        );
    }
}

#[test]
fn an_unterminated_multipart_keeps_its_last_part() {
    let (leaves, problems) =
        tree("Content-Type: multipart/mixed; boundary=\"b\n\n--b\n\none\n--b  \n\ntwo").unwrap();
    assert_eq!(leaves, ["text/plain one", "text/plain two"]);
    assert_eq!(problems, ["boundary-unterminated"]);
}

#[test]
fn a_multipart_that_is_base64_as_a_whole_is_opened() {
    let inner = data_encoding::BASE64.encode(b"--b\n\nhi\n--b--\n");
    let head = "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n";
    assert_eq!(tree(&format!("{head}{inner}")).unwrap().0, ["text/plain hi"]);
}

#[test]
fn bombs_are_refused() {
    let mut nested = String::new();
    for n in 0..200 {
        nested.extend(["Content-Type: multipart/mixed; boundary=b", &n.to_string()]);
        nested.extend(["\n\n--b", &n.to_string(), "\n"]);
    }
    assert_eq!(tree(&nested).unwrap_err().slug, "nested-too-deep");
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\n\n".repeat(300_000)
    );
    assert_eq!(tree(&many).unwrap_err().slug, "parts-too-many");
}
