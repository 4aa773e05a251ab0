//! iCalendar parts (RFC 5545, iTIP RFC 5546). Comes in: the text of a text/calendar part. Goes out: what it
//! asks, as text that a person can read and a ticket can hold.

/// Most lines that are looked at.
const MAX_LINES: usize = 5_000;

/// What a calendar part says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Invitation {
    /// The iTIP method in upper case, such as `REQUEST`.
    pub(super) method: String,
    summary: String,
    start: String,
    end: String,
    location: String,
    organizer: String,
    description: String,
}

/// Reads the first event of a calendar.
pub(super) fn parse(text: &str) -> Invitation {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut invitation = Invitation::default();
    let mut inside = String::new();
    for line in unfolded.lines().take(MAX_LINES) {
        let Some((field, value)) = line.split_once(':') else {
            continue;
        };
        let name = field.split(';').next().unwrap_or(field).to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" => inside = value.trim().to_ascii_uppercase(),
            "END" if value.trim().eq_ignore_ascii_case("VEVENT") => break,
            "END" => inside.clear(),
            "METHOD" => invitation.method = value.trim().to_ascii_uppercase(),
            // A time zone and an alarm have starts and descriptions of their own.
            _ if inside == "VEVENT" => invitation.set(&name, field, value),
            _ => {}
        }
    }
    invitation
}

impl Invitation {
    fn set(&mut self, name: &str, field: &str, value: &str) {
        match name {
            "SUMMARY" => self.summary = unescaped(value),
            "DTSTART" => self.start = moment(field, value),
            "DTEND" => self.end = moment(field, value),
            "LOCATION" => self.location = unescaped(value),
            "ORGANIZER" => {
                let address = value.trim_start_matches("mailto:").trim_start_matches("MAILTO:");
                address.clone_into(&mut self.organizer);
            }
            "DESCRIPTION" => self.description = unescaped(value),
            _ => {}
        }
    }

    /// The invitation in words; empty where the part holds no event.
    pub(super) fn text(&self) -> String {
        let times = if self.end.is_empty() {
            self.start.clone()
        } else {
            format!("{} – {}", self.start, self.end)
        };
        let lines = [
            ("予定", self.summary.as_str()),
            ("日時", times.as_str()),
            ("場所", self.location.as_str()),
            ("主催者", self.organizer.as_str()),
        ];
        let mut text = String::new();
        for (label, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
            text.extend([label, ": ", value, "\n"]);
        }
        if !self.description.is_empty() {
            text.extend(["\n", self.description.trim_end(), "\n"]);
        }
        text
    }
}

/// RFC 5545 §3.3.11.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            _ => text.push(c),
        }
    }
    text
}

/// `20261125T090000` as `2026-11-25 09:00`, with its zone; what has another shape stays as it is.
fn moment(field: &str, value: &str) -> String {
    let value = value.trim();
    let digits = |range: std::ops::Range<usize>| {
        value
            .get(range)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(4..6), digits(6..8)) else {
        return value.to_owned();
    };
    let date = format!("{year}-{month}-{day}");
    let (Some(hour), Some(minute)) = (digits(9..11), digits(11..13)) else {
        return date;
    };
    let zone = field
        .split(';')
        .find_map(|parameter| parameter.strip_prefix("TZID="));
    let zone = if value.ends_with('Z') {
        "UTC"
    } else {
        zone.unwrap_or_default()
    };
    format!("{date} {hour}:{minute} {zone}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_text() {
        let invitation = parse(
            "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\n\
             BEGIN:VEVENT\r\nSUMMARY:障害\r\n 報告会\r\nDTSTART;TZID=Asia/Tokyo:20261125T090000\r\n\
             LOCATION:会議室A\\, 3F\r\nDESCRIPTION:a\\nb\r\nEND:VEVENT\r\n",
        );
        assert_eq!(invitation.method, "REQUEST");
        let expected = "予定: 障害報告会\n日時: 2026-11-25 09:00 Asia/Tokyo\n場所: 会議室A, 3F\n\na\nb\n";
        assert_eq!(invitation.text(), expected);
    }
}
