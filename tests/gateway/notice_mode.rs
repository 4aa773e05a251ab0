//! Customers who are told only that an answer is registered need a page to read it on (SPEC §12): without one the
//! desk refuses them in words, at the import and at every check.

use std::path::Path;
use std::process::Command;

const CUSTOMERS: &str =
    "id,name,name_kana,language,answer_mode\nacme,アクメ,,ja,notice\nbeta,ベータ,,ja,answer\n";

fn configured(folder: &Path, page: &str) {
    let root = folder.display();
    std::fs::write(folder.join("password"), "secret\n").unwrap();
    std::fs::write(folder.join("key"), "0123456789abcdef0123456789abcdef\n").unwrap();
    std::fs::write(folder.join("customers.csv"), CUSTOMERS).unwrap();
    let staff = "serial,name,addresses,desks,role\n1,田中,tanaka@desk.example,technical,lead\n";
    std::fs::write(folder.join("staff.csv"), staff).unwrap();
    let text = format!(
        "[desk]\ncontact_address = \"aws_tec@desk.example\"\nname = \"窓口\"\nsignature = \"窓口\"\n{page}\
         [database]\nurl = \"sqlite:{root}/desk.db\"\n\
         [imap]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\nuser = \"aws_tec@desk.example\"\npassword_file = \"{root}/password\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\n\
         [staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n[tokens]\nkey_file = \"{root}/key\"\n"
    );
    std::fs::write(folder.join("desk.toml"), text).unwrap();
}

fn runs(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .current_dir(folder)
        .args(["--config", "desk.toml"])
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn a_notice_without_a_page_is_refused_at_the_import_and_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configured(folder, "");
    let files = ["registry", "import", "customers.csv", "staff.csv"];
    let (done, said) = runs(folder, &files);
    assert!(!done, "{said}");
    for words in [
        "`notice` of acme tells customers only",
        "set [desk] page_url",
        "nothing was imported",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    configured(folder, "page_url = \"https://support.desk.example\"\n");
    let (done, said) = runs(folder, &files);
    assert!(done, "{said}");
    let (_, said) = runs(folder, &["check"]);
    assert!(!said.contains("answer_mode"), "{said}");
    // Whoever takes the page away afterwards hears of it too.
    configured(folder, "");
    let (done, said) = runs(folder, &["check"]);
    assert!(
        !done && said.contains("`notice` of acme tells customers only"),
        "{said}"
    );
}
