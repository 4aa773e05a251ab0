//! Which settings there are, read off the documented example, so that the two cannot drift apart.

use super::EXAMPLE;

/// Refuses sections and settings that the example does not show, naming the nearest one.
pub(super) fn refuse_unknown(table: &toml::Table) -> Result<(), String> {
    let known = known_settings();
    for (section, value) in table {
        let Some((_, settings)) = known.iter().find(|(name, _)| name == section) else {
            let nearest = nearest(section, known.iter().map(|(name, _)| name.as_str()));
            return Err(format!("[{section}] is no section; did you mean [{nearest}]?"));
        };
        for setting in value.as_table().into_iter().flat_map(toml::Table::keys) {
            if !settings.contains(setting) {
                let nearest = nearest(setting, settings.iter().map(String::as_str));
                return Err(format!(
                    "[{section}] {setting} is no setting; did you mean {nearest}?"
                ));
            }
        }
    }
    Ok(())
}

/// Sections with their settings, commented ones included.
fn known_settings() -> Vec<(String, Vec<String>)> {
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            known.push((section.to_owned(), Vec::new()));
        } else if let (Some((name, _)), Some((_, settings))) = (line.split_once(" = "), known.last_mut()) {
            let name = name.trim_start_matches('#');
            if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                settings.push(name.to_owned());
            }
        }
    }
    known
}

fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    known
        .min_by_key(|name| strsim::damerau_levenshtein(text, name))
        .unwrap_or_default()
}
