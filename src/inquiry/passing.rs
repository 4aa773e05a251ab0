//! Which attachments are passed on, and under which name (SPEC §13). Comes in: what a mail carries and its
//! text. Goes out: for each attachment whether it goes along. Pure; contents are not looked at.

use crate::mail::Attachment;

/// Octets of attachments that go along to staff in one notification; the rest is named.
const MOST_TO_STAFF: u64 = 10 * 1024 * 1024;

/// Octets that go along to a customer: what common mail servers still take, base64 included.
const MOST_TO_CUSTOMER: u64 = 15 * 1024 * 1024;

/// Name endings of what runs when it is opened. Named to staff, never sent.
const EXECUTABLE: &[&str] = &[
    "ade", "adp", "app", "appx", "apk", "bat", "chm", "cmd", "com", "cpl", "dll", "dmg", "exe", "gadget",
    "hta", "img", "inf", "ins", "iso", "isp", "jar", "js", "jse", "lnk", "mde", "msc", "msi", "msix", "msp",
    "mst", "nsh", "one", "pif", "pkg", "ps1", "psm1", "reg", "scf", "scr", "sct", "shb", "sys", "url", "vb",
    "vbe", "vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll", "xlsm", "xltm", "docm", "dotm", "pptm",
    "potm", "ppsm", "xlam",
];

/// Name endings of what staff may send to customers.
const SENDABLE: &[&str] = &[
    "pdf", "png", "jpg", "jpeg", "gif", "bmp", "webp", "txt", "log", "csv", "tsv", "json", "yaml", "yml",
    "xml", "md", "conf", "ini", "tf", "sql", "docx", "xlsx", "pptx", "zip", "gz", "pcap", "har",
];

crate::slug_enum! {
    /// Why an attachment stays behind.
    pub enum StaysBehind {
        /// It runs when it is opened.
        Executable = "executable",
        /// Nobody could look into it on the way.
        Encrypted = "encrypted",
        /// Together the attachments are too large for a mail.
        TooLarge = "too-large",
        /// Files of its type are not sent to customers.
        TypeNotSent = "type-not-sent",
        /// It is a picture of a signature.
        SignaturePicture = "signature-picture",
    }
}

/// What becomes of one attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// Its number in the raw mail.
    pub part: usize,
    /// The name it goes by.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in octets.
    pub size: u64,
    /// Why it stays behind; `None` where it goes along.
    pub stays: Option<StaysBehind>,
}

/// What of a customer's attachments staff get with the notification.
pub fn to_staff(attachments: &[Attachment]) -> Vec<Passing> {
    let mut total = 0_u64;
    attachments
        .iter()
        .map(|attachment| {
            let stays = danger(attachment).or_else(|| over(&mut total, attachment.size, MOST_TO_STAFF));
            passing(attachment, name_of(attachment), stays)
        })
        .collect()
}

/// What of a staff member's attachments the customer gets, and the text with the places of its pictures.
/// `signature` is the text that was cut off.
pub fn to_customer(attachments: &[Attachment], text: &str, signature: &str) -> (String, Vec<Passing>) {
    let mut text = text.to_owned();
    let mut total = 0_u64;
    let mut pictures = 0_u32;
    let mut passings = Vec::new();
    for attachment in attachments {
        let mut name = name_of(attachment);
        let mut stays = danger(attachment).or_else(|| not_sent(attachment));
        if attachment.inline {
            if is_in(attachment, signature) && !is_in(attachment, &text) {
                stays = stays.or(Some(StaysBehind::SignaturePicture));
            } else if stays.is_none() {
                pictures = pictures.saturating_add(1);
                let title = format!("画像{pictures}");
                text = with_place(&text, attachment, &title);
                name = format!("{title}.{}", ending(&name).unwrap_or_else(|| "png".to_owned()));
            }
        }
        let stays = stays.or_else(|| over(&mut total, attachment.size, MOST_TO_CUSTOMER));
        passings.push(passing(attachment, name, stays));
    }
    (text, passings)
}

fn passing(attachment: &Attachment, name: String, stays: Option<StaysBehind>) -> Passing {
    Passing {
        part: attachment.part,
        name,
        media_type: attachment.media_type.clone(),
        size: attachment.size,
        stays,
    }
}

/// A name that is safe in a header, in a folder and before a person's eyes.
fn name_of(attachment: &Attachment) -> String {
    let unsafe_in_names =
        |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let name = attachment.name.as_deref().unwrap_or_default();
    let safe: String = name
        .chars()
        .map(|c| if unsafe_in_names(c) { '_' } else { c })
        .collect();
    let bare = safe.trim().trim_start_matches('.');
    if bare.is_empty() {
        let kind = attachment.media_type.rsplit('/').next().unwrap_or("bin");
        return format!("attachment.{}", if kind == "plain" { "txt" } else { kind });
    }
    bare.to_owned()
}

/// The ending of a name in lower case; full-width letters and what follows the last dot count.
fn ending(name: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = name.nfkc().collect::<String>().to_lowercase();
    let (_, ending) = folded.trim_end_matches(['.', ' ']).rsplit_once('.')?;
    Some(ending.to_owned())
}

fn danger(attachment: &Attachment) -> Option<StaysBehind> {
    let runs = |name: &str| ending(name).is_some_and(|ending| EXECUTABLE.contains(&ending.as_str()));
    let declared = [
        "application/x-msdownload",
        "application/x-dosexec",
        "text/html",
        "image/svg+xml",
    ];
    if attachment.name.as_deref().is_some_and(runs) || declared.contains(&attachment.media_type.as_str()) {
        return Some(StaysBehind::Executable);
    }
    attachment.encrypted.then_some(StaysBehind::Encrypted)
}

fn not_sent(attachment: &Attachment) -> Option<StaysBehind> {
    let picture = ["image/png", "image/jpeg", "image/gif"].contains(&attachment.media_type.as_str());
    let sendable = match ending(&name_of(attachment)) {
        Some(ending) => SENDABLE.contains(&ending.as_str()),
        None => picture || attachment.media_type == "text/plain",
    };
    (!sendable).then_some(StaysBehind::TypeNotSent)
}

fn over(total: &mut u64, size: u64, most: u64) -> Option<StaysBehind> {
    let with_this = total.saturating_add(size);
    if with_this > most {
        return Some(StaysBehind::TooLarge);
    }
    *total = with_this;
    None
}

/// The marks by which mail clients write a picture into plain text.
fn marks(attachment: &Attachment) -> Vec<String> {
    let by_id = attachment.content_id.iter().map(|id| format!("[cid:{id}]"));
    let by_name = attachment
        .name
        .iter()
        .flat_map(|name| ["[image: ", "[画像: ", "[Image: ", "["].map(|before| format!("{before}{name}]")));
    by_id.chain(by_name).collect()
}

fn is_in(attachment: &Attachment, text: &str) -> bool {
    marks(attachment).iter().any(|mark| text.contains(mark.as_str()))
}

/// Names the picture where it stood; one whose place is unknown is named at the end.
fn with_place(text: &str, attachment: &Attachment, title: &str) -> String {
    let found = marks(attachment)
        .into_iter()
        .find(|mark| text.contains(mark.as_str()));
    match found {
        Some(mark) => text.replacen(&mark, &format!("[{title}]"), 1),
        None => format!("{}\n\n[{title}]", text.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, size: u64) -> Attachment {
        Attachment {
            name: Some(name.to_owned()),
            media_type: "application/octet-stream".to_owned(),
            size,
            inline: false,
            part: 1,
            encrypted: false,
            content_id: None,
        }
    }

    fn picture(name: &str, id: &str) -> Attachment {
        Attachment {
            media_type: "image/png".to_owned(),
            inline: true,
            content_id: Some(id.to_owned()),
            ..file(name, 9)
        }
    }

    fn why(attachment: &Attachment) -> Option<StaysBehind> {
        to_customer(std::slice::from_ref(attachment), "本文", "")
            .1
            .remove(0)
            .stays
    }

    #[test]
    fn what_runs_stays_behind_however_its_name_is_dressed() {
        for name in ["setup.exe", "見積.pdf.ＥＸＥ", "a.js.", "macro.xlsm", "b.lnk "] {
            assert_eq!(why(&file(name, 1)), Some(StaysBehind::Executable), "{name}");
            assert_eq!(
                to_staff(&[file(name, 1)])[0].stays,
                Some(StaysBehind::Executable),
                "{name}"
            );
        }
    }

    #[test]
    fn customers_get_the_types_of_the_list_alone_and_staff_get_the_rest_too() {
        assert_eq!(why(&file("手順.pdf", 1)), None);
        assert_eq!(why(&file("page.html", 1)), Some(StaysBehind::TypeNotSent));
        assert_eq!(why(&file("dump.core", 1)), Some(StaysBehind::TypeNotSent));
        assert_eq!(to_staff(&[file("dump.core", 1)])[0].stays, None);
    }

    #[test]
    fn an_encrypted_archive_is_named_only() {
        let zip = Attachment {
            encrypted: true,
            ..file("資料.zip", 1)
        };
        assert_eq!(to_staff(&[zip])[0].stays, Some(StaysBehind::Encrypted));
    }

    #[test]
    fn what_does_not_fit_any_more_is_named_and_smaller_ones_still_go() {
        let stays: Vec<_> = to_staff(&[
            file("a.log", 9 << 20),
            file("b.log", 2 << 20),
            file("c.log", 1 << 19),
        ])
        .into_iter()
        .map(|passing| passing.stays)
        .collect();
        assert_eq!(stays, [None, Some(StaysBehind::TooLarge), None]);
    }

    #[test]
    fn pictures_are_numbered_at_their_place_and_those_of_the_signature_dropped() {
        let attachments = [
            picture("image001.png", "i1"),
            picture("logo.png", "i2"),
            picture("x.png", "i3"),
        ];
        let text = "次の画面です。\n[cid:i1]\nご確認ください。";
        let (text, passings) = to_customer(&attachments, text, "株式会社\n[cid:i2]");
        assert_eq!(text, "次の画面です。\n[画像1]\nご確認ください。\n\n[画像2]");
        let names: Vec<_> = passings
            .iter()
            .map(|one| (one.name.as_str(), one.stays))
            .collect();
        assert_eq!(
            names,
            [
                ("画像1.png", None),
                ("logo.png", Some(StaysBehind::SignaturePicture)),
                ("画像2.png", None)
            ]
        );
    }

    #[test]
    fn a_name_cannot_leave_its_folder_or_its_header() {
        assert_eq!(
            to_staff(&[file("../../etc/passwd\r\nX: y.txt", 1)])[0].name,
            "_.._etc_passwd__X_ y.txt"
        );
    }
}
