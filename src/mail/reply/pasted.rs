//! Lines that only look quoted: shell prompts, redirections, here-documents, `diff` output, pasted logs.
//! Comes in: a run of lines that start with `>`. Goes out: whether the author pasted it. It is asked only
//! for runs that no attribution line introduces; when in doubt the lines stay with the author's words.

use std::ops::Range;

use super::page::{Line, Page};
use crate::mail::pattern::patterns;

/// Lines of a run that are looked at; a paste shows its nature early.
const LOOKED_AT: usize = 40;

patterns! {
    prompt = r"^\s*(?:\$|#|%|❯|PS\s[A-Z]:[^>]*>|[A-Z]:\\[^>]*>|\[?[\w.-]+@[\w.-]+[^\s\]]*[\s:][^$#]*\]?[$#]|(?:mysql|MariaDB|postgres|psql|sqlite|redis|mongo|MySQL)[^>]*>|\w+=[#>])\s?\S";
    goes_on = r#"(?:\\|\||&&|<<-?\s?['"]?\w+['"]?|[({\[]|\^|`)\s*$"#;
    target = r"^(?:/|~/|\./|\.\./|[A-Za-z]:\\|&\d|/dev/)?[\w./\\~-]*\.?\w+\s*(?:2>&1|&)?$";
    code = r#"^(?:import |from \w+ import|def |class |print\(|for .* in |\w+\s?=\s?\S|\w+(?:\.\w+)+\(|SELECT |INSERT |UPDATE |DELETE |CREATE |FROM |WHERE |sudo |aws |docker |kubectl |terraform |curl |ssh |npm |pip |echo |cat |EOF|EOT|[{}\[\]"<])"#;
    log = r"(?i)^\[?\d{4}[-/]\d\d[-/]\d\d[T\s]\d\d:\d\d|^[a-z]{3}\s+\d{1,2}\s\d\d:\d\d:\d\d\s|\b(?:ERROR|WARN(?:ING)?|FATAL|INFO|DEBUG|Exception|Traceback|Caused by)\b|^at\s[\w.$]+\(|^HTTP/\d|\b(?:errno|stack trace|segfault|exit code)\b";
    announces = r"(?i)(?:ログ|エラー|出力|実行結果|結果|コマンド|メッセージ|以下|下記|次)(?:の?通り|のとおり|は|が|を|です|になります|に|の)?.{0,30}[:：。]?\s*$|(?:log|output|error|result|command|following|below)\S{0,3}\s?.{0,30}[:：]\s*$";
}

/// Whether the run of `>` lines was pasted from a terminal, a program or a log.
pub(super) fn is_pasted(page: &Page<'_>, run: Range<usize>) -> bool {
    let before = page
        .last_filled(run.start.saturating_sub(3)..run.start)
        .map_or("", |index| page.text(index));
    let after = page.text(page.next_filled(run.end));
    let lines: Vec<&Line<'_>> = page
        .lines(run)
        .iter()
        .filter(|line| !line.is_empty())
        .take(LOOKED_AT)
        .collect();
    if lines.is_empty() || after.starts_with("< ") || before.starts_with("< ") || before == "---" {
        return true;
    }
    if goes_on().is_match(before) || (prompt().is_match(before) && has_open_quote(before)) {
        return true;
    }
    let count = |test: fn(&Line<'_>) -> bool| lines.iter().filter(|line| test(line)).count();
    let compared = lines.len() <= 2 && lines.iter().all(|line| is_comparison(line));
    let python = lines.iter().all(|line| line.depth >= 3);
    let redirects = lines.len() <= 2 && lines.iter().all(|line| is_target(line.body));
    let coded = count(|line| code().is_match(line.body)).saturating_mul(2) >= lines.len();
    let logged = count(|line| log().is_match(line.body)).saturating_mul(3) >= lines.len();
    let japanese = count(|line| !line.body.is_ascii()).saturating_mul(2) > lines.len();
    let machine = coded || (logged && (!japanese || announces().is_match(before)));
    compared || python || redirects || machine || (prompt().is_match(before) && !japanese)
}

/// `>80%`, `>=3`: the author wrote "more than".
fn is_comparison(line: &Line<'_>) -> bool {
    line.text
        .trim_start()
        .strip_prefix('>')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '='))
}

/// A file name after `>`: a redirection broken over two lines.
fn is_target(body: &str) -> bool {
    body.is_ascii() && body.contains(['/', '.', '&']) && target().is_match(body)
}

fn has_open_quote(text: &str) -> bool {
    text.matches('\'').count() % 2 == 1 || text.matches('"').count() % 2 == 1
}

/// Whether a line looks like a program's output or input rather than a person's contact data.
pub(super) fn is_machine_line(text: &str) -> bool {
    log().is_match(text) || prompt().is_match(text) || code().is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pasted(text: &str) -> bool {
        let page = Page::read(text).unwrap();
        let start = (0..page.len()).find(|index| page.depth(*index) > 0).unwrap();
        let end = (start..page.len())
            .find(|index| page.depth(*index) == 0)
            .unwrap_or(page.len());
        is_pasted(&page, start..end)
    }

    #[test]
    fn terminals_and_logs_are_pasted() {
        for text in [
            "$ cat <<EOF\n> host=db\n> EOF\n",
            ">>> import boto3\n>>> boto3.client('s3')\n",
            "aws s3 ls \\\n> --recursive\n",
            "下記のエラーが出ます。\n> ERROR 2026-03-02 connection refused\n> at com.example.Main(Main.java:3)\n",
            "$ aws s3 ls\n> output.txt\n",
        ] {
            assert!(pasted(text), "{text}");
        }
    }

    #[test]
    fn peoples_sentences_are_quoted() {
        for text in [
            "お世話になっております。\n\n> いつ再起動されますか。\n> ご教示ください。\n",
            "> Could you tell us the region?\n\nTokyo.",
        ] {
            assert!(!pasted(text), "{text}");
        }
    }
}
