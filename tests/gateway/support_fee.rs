//! The support fee, explained at the command line and to staff who are asked about it (SPEC §18).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;

use crate::world::World;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/billing")
        .join(name)
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

/// A folder without configuration, where reports lie.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        name.to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command.current_dir(self.0.path()).arg("fee").args(arguments);
        command
    }

    /// What is printed.
    fn shows(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let (shown, said) = told(&output);
        assert!(output.status.success(), "{said}");
        assert_eq!(said, "", "no bar and no word where nobody looks");
        shown
    }

    /// What is said when nothing can be shown.
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let (shown, said) = told(&output);
        assert!(
            !output.status.success() && shown.is_empty(),
            "a half statement: {shown}"
        );
        said
    }
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const RATE: &[&str] = &["--rate", "150.25"];

#[test]
fn a_report_is_explained_line_by_line_with_each_exclusion_and_its_reason() {
    let folder = Folder::new();
    let report = folder.file("report.csv", text_of("cur2.csv"));
    assert_snapshot!(folder.shows(&[RATE, &[&report]].concat()), @"
    アカウント 046425940015 / 2025年2月分 / 請求書の区別なし
                                            明細行数                 USD
    サポート料金の対象
      利用料                                       1              33.335
      対象額                                                      33.335
    サポート料金(10%)                                             3.3335
      換算 1 USD = 150.25 円(出典: コマンドラインで指定)
    サポート料金(円未満切り捨て)                                  500 円
    消費税(10%)                                                    50 円
    税込                                                          550 円

    アカウント 480913372265 / 2025年2月分 / 請求書の区別なし
                                            明細行数                 USD
    サポート料金の対象
      利用料                                       2            1,000.50
      購入料金                                     1              500.00
      Savings Plans適用分                          1              200.00
      Savings Plans月額                            1              120.00
      リザーブドインスタンス月額                   1               60.00
      リザーブドインスタンス適用分                 1                0.00
      Savings Plans適用分の相殺                    1             -200.00
      対象額                                                    1,680.50
    サポート料金の対象外
      Amazon Bedrockの他社製モデル                 1              300.00
        AWS Marketplaceの購入として請求されるため、サポート料金の対象外です
      AWS Marketplace                              3            1,750.00
        AWS Marketplaceの購入は、サポート料金の対象外です
      Route 53 ドメイン登録                        1               90.00
        Amazon Route 53のドメイン登録料金は、サポート料金の対象外です(ホストゾーンとクエリは対象です)
      税                                           1              100.00
        税は、サポート料金の対象外です
      AWSサポート                                  1              150.00
        AWSサポートの料金には、サポート料金を重ねて加算しません
      クレジット                                   1             -100.00
        クレジットは、対象額から差し引きません
      返金                                         1              -50.00
        返金は、対象額から差し引きません
      パートナー割引                               1              -40.00
        弊社とAWSの間の割引であり、対象額に影響しません 【社外秘】
    サポート料金(10%)                                             168.05
      換算 1 USD = 150.25 円(出典: コマンドラインで指定)
    サポート料金(円未満切り捨て)                               25,249 円
    消費税(10%)                                                 2,524 円
    税込                                                       27,773 円
    ");
}

#[test]
fn both_dialects_of_a_report_packed_or_not_and_from_standard_input_say_the_same() {
    let folder = Folder::new();
    let plain = folder.file("report.csv", text_of("cur2.csv"));
    let expected = folder.shows(&[RATE, &[&plain]].concat());
    let legacy = folder.file("legacy.csv", text_of("legacy.csv"));
    assert_eq!(folder.shows(&[RATE, &[&legacy]].concat()), expected);
    let parts = [packed(text_of("cur2.csv").as_bytes()), packed(b"")].concat();
    let gzip = folder.file("report.csv.gz", parts);
    assert_eq!(folder.shows(&[RATE, &[&gzip]].concat()), expected);
    let mut piped = folder.command(&[RATE, &["-"]].concat());
    let mut piped = piped
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    piped
        .stdin
        .take()
        .unwrap()
        .write_all(text_of("cur2.csv").as_bytes())
        .unwrap();
    let output = piped.wait_with_output().unwrap();
    assert_eq!(told(&output).0, expected);
}

#[test]
fn each_invoice_has_a_statement_of_its_own_and_is_rounded_once() {
    let folder = Folder::new();
    let report = folder.file("report.csv", text_of("invoices.csv"));
    let csv = folder.shows(&[RATE, &["--format", "csv", &report]].concat());
    let fees: Vec<String> = csv
        .lines()
        .filter(|line| line.contains(",fee-yen,"))
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{} {} {}", cells[0], cells[2], cells[8])
        })
        .collect();
    assert_eq!(
        fees,
        [
            "046425940015 pending 500",
            "480913372265 2300000001 17737",
            "480913372265 2300000002 0",
            "480913372265 2300000003 7512",
        ]
    );
    let one = folder.shows(&[RATE, &["--invoice", "2300000003", &report]].concat());
    assert!(
        one.contains("請求書 2300000003") && one.matches("アカウント").count() == 1,
        "{one}"
    );
    let policy = folder
        .shows(&["--print-policy"])
        .replace("per = \"invoice\"", "per = \"month\"");
    let policy = folder.file("policy.toml", policy);
    let month = folder.shows(&[RATE, &["--policy", &policy, &report]].concat());
    assert!(
        month.contains("25,249 円") && month.matches("アカウント").count() == 2,
        "{month}"
    );
}

#[test]
fn csv_goes_to_a_file_for_spreadsheets_and_customers_do_not_see_partner_discounts() {
    let folder = Folder::new();
    let report = folder.file("report.csv", text_of("cur2.csv"));
    let account = ["--account", "480913372265", "--month", "2025-02"];
    let table = folder.shows(&[RATE, &account, &["--csv", "out.csv", "--for-customer", &report]].concat());
    assert!(
        !table.contains("パートナー割引") && !table.contains("046425940015"),
        "{table}"
    );
    let written = std::fs::read_to_string(folder.0.path().join("out.csv")).unwrap();
    assert_snapshot!(written.strip_prefix('\u{feff}').unwrap(), @"
    account,month,invoice,kind,item,reason,lines,currency,amount
    480913372265,2025-02,,charged,利用料,,2,USD,1000.5
    480913372265,2025-02,,charged,購入料金,,1,USD,500
    480913372265,2025-02,,charged,Savings Plans適用分,,1,USD,200
    480913372265,2025-02,,charged,Savings Plans月額,,1,USD,120
    480913372265,2025-02,,charged,リザーブドインスタンス月額,,1,USD,60
    480913372265,2025-02,,charged,リザーブドインスタンス適用分,,1,USD,0
    480913372265,2025-02,,charged,Savings Plans適用分の相殺,,1,USD,-200
    480913372265,2025-02,,excluded,Amazon Bedrockの他社製モデル,AWS Marketplaceの購入として請求されるため、サポート料金の対象外です,1,USD,300
    480913372265,2025-02,,excluded,AWS Marketplace,AWS Marketplaceの購入は、サポート料金の対象外です,3,USD,1750
    480913372265,2025-02,,excluded,Route 53 ドメイン登録,Amazon Route 53のドメイン登録料金は、サポート料金の対象外です(ホストゾーンとクエリは対象です),1,USD,90
    480913372265,2025-02,,excluded,税,税は、サポート料金の対象外です,1,USD,100
    480913372265,2025-02,,excluded,AWSサポート,AWSサポートの料金には、サポート料金を重ねて加算しません,1,USD,150
    480913372265,2025-02,,excluded,クレジット,クレジットは、対象額から差し引きません,1,USD,-100
    480913372265,2025-02,,excluded,返金,返金は、対象額から差し引きません,1,USD,-50
    480913372265,2025-02,,base,対象額,,,USD,1680.5
    480913372265,2025-02,,fee,サポート料金,,,USD,168.05
    480913372265,2025-02,,fee-yen,サポート料金,1 USD = 150.25 JPY (コマンドラインで指定),,JPY,25249
    480913372265,2025-02,,tax-yen,消費税,,,JPY,2524
    480913372265,2025-02,,total-yen,税込,,,JPY,27773
    ");
}

#[test]
fn an_unknown_type_of_line_stops_the_statement_until_a_person_has_decided() {
    let folder = Folder::new();
    let report = folder.file(
        "report.csv",
        text_of("cur2.csv").replace("SavingsPlanRecurringFee", "FlexPlanFee"),
    );
    let said = folder.refuses(&[RATE, &[&report]].concat());
    assert!(
        said.contains("要確認: report.csv, line 14, column line_item_line_item_type: ")
            && said.contains("`FlexPlanFee`"),
        "{said}"
    );
    let other = folder.shows(&[RATE, &["--account", "046425940015", &report]].concat());
    assert!(
        other.contains("500 円"),
        "another account's statement stands: {other}"
    );
    let policy = folder
        .shows(&["--print-policy"])
        .replace("[charged]\n", "[charged]\nFlexPlanFee = \"Flex月額\"\n");
    let policy = folder.file("policy.toml", policy);
    let decided = folder.shows(&[RATE, &["--policy", &policy, &report]].concat());
    assert!(
        decided.contains("Flex月額") && decided.contains("25,249 円"),
        "{decided}"
    );
}

#[test]
fn a_report_that_is_not_whole_names_line_and_column_and_shows_nothing() {
    let folder = Folder::new();
    let whole = text_of("cur2.csv");
    let lines: Vec<&str> = whole.lines().collect();
    let cut_in_cost = whole.get(..whole.len() - 3).unwrap();
    let cut_in_line = whole.get(..whole.len() - 40).unwrap();
    let gzip = packed(whole.as_bytes());
    let cases: [(&str, Vec<u8>, &str); 10] = [
        (
            "cut.csv",
            cut_in_cost.into(),
            "line 20, column line_item_unblended_cost: the report ends without",
        ),
        (
            "cut.csv",
            cut_in_line.into(),
            "line 20, column line_item_currency_code: the report is cut off",
        ),
        ("cut.gz", gzip[..gzip.len() - 12].into(), "cut off here"),
        (
            "mixed.csv",
            whole.replace("USD,33.3", "JPY,33.3").into(),
            "line 20, column line_item_currency_code: `JPY` beside `USD` of mixed.csv, line 2",
        ),
        (
            "cost.csv",
            whole.replace("90.0000000000", "90,0").into(),
            "line 4, column (beyond the last): the line has 16 fields, the header 15",
        ),
        (
            "cost.csv",
            whole.replace("90.0000000000", "ninety").into(),
            "line 4, column line_item_unblended_cost: `ninety` is no amount",
        ),
        (
            "sheet.csv",
            whole.replace("046425940015", "46425940015").into(),
            "line 20, column line_item_usage_account_id: `46425940015` is not an AWS account ID",
        ),
        (
            "quote.csv",
            whole
                .replace(
                    "\"Amazon Web Services, Inc.\",480913372265,Tax",
                    "\"Amazon Web Services,480913372265,Tax",
                )
                .into(),
            "line 9, column",
        ),
        (
            "other.csv",
            format!("a,b\n{}", lines[1..].join("\n")).into(),
            "line 1 is no header of a Cost and Usage Report",
        ),
        ("empty.csv", Vec::new(), "empty.csv: it is empty"),
    ];
    for (name, bytes, words) in cases {
        folder.file(name, bytes);
        let said = folder.refuses(&[RATE, &[name]].concat());
        assert!(said.contains(words), "{name}: {said}");
    }
    let report = folder.file("report.csv", &whole);
    let again = folder.file("report.csv.gz", gzip);
    let said = folder.refuses(&[&*report, &again]);
    assert!(
        said.contains("report.csv.gz: it is the same report as report.csv"),
        "{said}"
    );
    let said = folder.refuses(&["--account", "480913372266", &report]);
    assert!(said.contains("hold no line of that account"), "{said}");
    assert!(folder.refuses(&["missing.csv"]).contains("missing.csv"));
    assert!(folder.refuses(&[]).contains("[billing] reports"));
}

#[tokio::test]
async fn staff_who_are_asked_about_the_fee_get_the_statement_of_account_and_month() {
    World::run_with_reports(&[&fixture("cur2.csv")], async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes(
            "サポート料金について",
            "480913372265 の2025年2月分のサポート料金の内訳を教えてください。請求額の確認です。",
        )
        .await;
        let early = tanaka.receives().await;
        assert!(
            early
                .text()
                .contains("madoguchi fee --account 480913372265 --month 2025-02"),
            "{}",
            early.text()
        );
        sato.receives().await;
        world.reads_reports();
        sato.writes(
            "サポート料金の件",
            "480913372265 の2025年2月分の請求について、サポート料金の計算方法を教えてください。",
        )
        .await;
        let notice = tanaka.receives().await;
        assert!(
            notice.text().contains("対象額") && notice.text().contains("168.05"),
            "{}",
            notice.text()
        );
        assert!(
            !notice.text().contains("046425940015"),
            "only that account: {}",
            notice.text()
        );
        sato.receives().await;
        sato.writes("請求書の再発行", "480913372265 の請求書の再発行をお願いします。")
            .await;
        let plain = tanaka.receives().await;
        assert!(!plain.text().contains("サポート料金の明細"), "{}", plain.text());
        sato.receives().await;
    })
    .await;
}
