//! Code pages of MS-DOS, which `encoding_rs` has not. Comes in: bytes that claim one of them. Goes out: text.

/// The characters of the octets from 128 on, by code page.
const PAGES: &[(&str, &str)] = &[
    (
        "cp437",
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
         └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    ),
    (
        "cp850",
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
         └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}",
    ),
    (
        "cp852",
        "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
         └┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{AD}˝˛ˇ˘§÷¸°¨˙űŘř■\u{A0}",
    ),
    (
        "cp857",
        "ÇüéâäàåçêëèïîıÄÅÉæÆôöòûùİÖÜø£ØŞşáíóúñÑĞğ¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
         └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ºªÊËÈ\u{FFFD}ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµ\u{FFFD}×ÚÛÙìÿ¯´\u{AD}±\u{FFFD}¾¶§÷¸°¨·¹³²■\u{A0}",
    ),
    (
        "cp737",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
         └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀ωάέήϊίόύϋώΆΈΉΊΌΎΏ±≥≤ΪΫ÷≈°∙·√ⁿ²■\u{A0}",
    ),
    (
        "cp775",
        "ĆüéāäģåćłēŖŗīŹÄÅÉæÆōöĢ¢ŚśÖÜø£Ø×¤ĀĪóŻżź”¦©®¬½¼Ł«»░▒▓│┤ĄČĘĖ╣║╗╝ĮŠ┐\
         └┴┬├─┼ŲŪ╚╔╩╦╠═╬Žąčęėįšųūž┘┌█▄▌▐▀ÓßŌŃõÕµńĶķĻļņĒŅ’\u{AD}±“¾¶§÷„°∙·¹³²■\u{A0}",
    ),
];

/// The name of a code page that is known here, from a folded label (`ibm850`, `cp-850`, `850`).
pub(super) fn page_of(label: &str) -> Option<&'static str> {
    let number = label.trim_start_matches(|c: char| !c.is_ascii_digit());
    let known = |start: &str| {
        matches!(
            start,
            "" | "cp" | "cp-" | "ibm" | "ibm-" | "dos-" | "cspc" | "oem"
        )
    };
    if !known(label.strip_suffix(number)?) {
        return None;
    }
    // The page of 1998 differs from 850 in the euro sign, which stands for the dotless i.
    let number = if number == "858" { "850" } else { number };
    PAGES
        .iter()
        .map(|(name, _)| *name)
        .find(|name| name.strip_prefix("cp") == Some(number))
}

/// Decodes by a page that [`page_of`] named; every octet has its character.
pub(super) fn decode(bytes: &[u8], page: &str) -> String {
    let upper = PAGES.iter().find(|(name, _)| *name == page);
    let upper: Vec<char> = upper
        .map(|(_, upper)| upper.chars().collect())
        .unwrap_or_default();
    let character = |b: &u8| {
        let beyond = b.checked_sub(0x80).map(usize::from);
        beyond.map_or(char::from(*b), |at| {
            upper.get(at).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
        })
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_all_its_characters() {
        for (name, upper) in PAGES {
            assert_eq!(upper.chars().count(), 128, "{name}");
        }
    }

    #[test]
    fn labels_in_use_name_their_page() {
        for label in ["cp850", "ibm850", "cp-850", "850", "ibm858"] {
            assert_eq!(page_of(label), Some("cp850"), "{label}");
        }
        assert_eq!(page_of("windows-850"), None);
        assert_eq!(page_of("iso-8859-1"), None);
        assert_eq!(decode(b"Gr\x94\xe1e", "cp850"), "Größe");
    }
}
