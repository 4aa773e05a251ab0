//! The folder listing shows the path of a mail, and the `use` lines keep to it (DESIGN: Direction).

use std::path::{Path, PathBuf};

/// Stages from the language of mail up to the command line: a stage may use its own and the lower floors,
/// and of its own floor only what is listed beside it.
const FLOORS: &[&[&str]] = &[
    &["slug", "failpoints"],
    &["clock"],
    &["mail"],
    &["ticket", "registry", "calendar", "tls"],
    &["authentication", "store", "oauth", "billing"],
    &["inquiry", "correspondence"],
    &["config"],
    &["pipeline"],
    &["inbound", "outbound", "web"],
    &["app"],
    &["demo"],
    &["cli"],
];

/// Neighbours on one floor that may know each other, and the one step up that is meant.
const ALLOWED: &[(&str, &str)] = &[
    ("ticket", "registry"),
    ("registry", "ticket"),
    ("calendar", "ticket"),
    ("correspondence", "inquiry"),
    ("cli", "demo"),
];

/// What must stay apart whatever the floors say.
const FORBIDDEN: &[(&str, &str)] = &[
    ("inquiry", "store"),
    ("store", "inquiry"),
    ("store", "authentication"),
    ("authentication", "store"),
    ("inbound", "outbound"),
    ("outbound", "inbound"),
    ("correspondence", "store"),
];

#[test]
fn every_stage_uses_only_what_lies_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    let mut seen = 0;
    for file in rust_files(&root) {
        let stage = stage_of(&root, &file);
        for used in used_stages(&std::fs::read_to_string(&file).unwrap()) {
            seen += 1;
            if !may_use(&stage, &used) {
                broken.push(format!(
                    "{}: {stage} uses {used}",
                    file.strip_prefix(&root).unwrap().display()
                ));
            }
        }
    }
    assert!(seen > 50, "the use lines were not found");
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_rule_itself_refuses_what_it_should() {
    assert!(may_use("pipeline", "store") && may_use("inquiry", "mail"));
    assert!(!may_use("mail", "ticket") && !may_use("inquiry", "store") && !may_use("store", "pipeline"));
}

fn may_use(stage: &str, used: &str) -> bool {
    let floor = |name: &str| FLOORS.iter().position(|floor| floor.contains(&name));
    if stage == used || stage == "lib" || stage == "main" || ALLOWED.contains(&(stage, used)) {
        return true;
    }
    !FORBIDDEN.contains(&(stage, used))
        && matches!((floor(stage), floor(used)), (Some(own), Some(other)) if other < own)
}

fn stage_of(root: &Path, file: &Path) -> String {
    let first = file.strip_prefix(root).unwrap().components().next().unwrap();
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// The stages named in `crate::…` paths, outside the tests at the foot of a file.
fn used_stages(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect::<String>()
        })
        .filter(|name| !name.is_empty() && name != "slug_enum")
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}
