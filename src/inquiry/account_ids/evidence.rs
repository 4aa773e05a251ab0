//! Why twelve digits are an account ID. Comes in: the text around them. Goes out: the strongest structural
//! evidence, and what each kind is worth. The figures follow how surely the form names *the* account of the
//! inquiry: a sign-in link always does, the owner of an image rarely.

use std::sync::LazyLock;

use regex::Regex;

use crate::inquiry::fixed_pattern::regex;

crate::slug_enum! {
    /// How an account ID was recognised.
    pub enum EvidenceKind {
        /// `https://<id>.signin.aws.amazon.com/…`
        SignInUrl = "sign-in-url",
        /// `https://<id>-<session>.<region>.console.aws.amazon.com/…`
        ConsoleUrl = "console-url",
        /// `account=<id>` in a link to switch roles or into the access portal.
        AccountParameter = "account-parameter",
        /// A label such as アカウントID or `account` before it.
        Label = "label",
        /// A label behind it: `…（本番アカウント）`.
        FollowingLabel = "following-label",
        /// Fifth field of an ARN.
        Arn = "arn",
        /// A key of JSON, CLI output, an environment variable or a billing report.
        Key = "key",
        /// An item of a list under a label.
        LabelledList = "labelled-list",
        /// Path of an SQS queue URL.
        SqsUrl = "sqs-url",
        /// `AWSLogs/<id>/` in an S3 path.
        LogPath = "log-path",
        /// Host name of an ECR registry.
        Registry = "ecr-registry",
        /// Name of a bucket that AWS names by account.
        BucketName = "bucket-name",
        /// Named after an environment: 本番環境（…）.
        Environment = "environment",
        /// `OwnerId`, which is often AWS.
        OwnerId = "owner-id",
        /// Nothing but twelve digits, grouped by hyphens.
        BareGrouped = "bare-grouped",
        /// Nothing but twelve digits.
        Bare = "bare",
        /// In another form than accounts are written, known only because it is contracted.
        OddForm = "odd-form",
    }
}

impl EvidenceKind {
    /// What it is worth in the author's own words, 1 to 10.
    pub const fn weight(self) -> u32 {
        match self {
            Self::SignInUrl | Self::ConsoleUrl => 10,
            Self::AccountParameter | Self::Label => 9,
            Self::FollowingLabel | Self::Arn | Self::Key => 8,
            Self::LabelledList | Self::SqsUrl | Self::LogPath => 7,
            Self::Registry => 6,
            Self::BucketName | Self::Environment => 5,
            Self::OwnerId | Self::BareGrouped => 3,
            Self::Bare | Self::OddForm => 2,
        }
    }
}

/// A form that AWS itself writes: what stands before and behind the digits.
struct Structure {
    kind: EvidenceKind,
    before: &'static str,
    behind: &'static str,
}

const fn structure(kind: EvidenceKind, before: &'static str, behind: &'static str) -> Structure {
    Structure { kind, before, behind }
}

/// Anything may stand here.
const ANY: &str = "";

/// Strongest first.
const STRUCTURES: &[Structure] = &[
    structure(
        EvidenceKind::SignInUrl,
        r"(?:^|[^0-9A-Za-z])$",
        r"^\.signin\.(?:aws\.amazon|amazonaws)\.(?:com|cn)",
    ),
    structure(
        EvidenceKind::ConsoleUrl,
        r"(?:^|[^0-9A-Za-z])$",
        r"^-[0-9a-z]{6,12}\.(?:[a-z0-9-]{1,40}\.)?console\.(?:aws\.amazon\.com|amazonaws)",
    ),
    structure(
        EvidenceKind::AccountParameter,
        r"(?i)(?:[?&#;]|%26)(?:account|account_?id|accountid)(?:=|%3d)$",
        ANY,
    ),
    structure(
        EvidenceKind::Arn,
        r"(?i)\barn:aws[a-z-]{0,12}:[a-z0-9-]{1,60}:[a-z0-9-]{0,40}:$",
        r"^:",
    ),
    structure(
        EvidenceKind::Key,
        r#"(?i)(?:^|[^a-z])(?:[a-z_]{0,40}[._]?)?(?:account|account[_.-]?id|account[_.-]?number|usage[_.-]?account[_.-]?id)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']$"#,
        ANY,
    ),
    structure(
        EvidenceKind::Key,
        r"(?:accountId|AccountId|AccountID|ACCOUNT_ID|account_id|account-id|ACCOUNT)\s{0,4}[:=]\s{0,4}$",
        ANY,
    ),
    structure(
        EvidenceKind::Key,
        r"(?:--account-ids?|--target-id|--account)[ =]$",
        ANY,
    ),
    structure(
        EvidenceKind::SqsUrl,
        r"(?i)(?:sqs|queue)[a-z0-9.-]{0,60}\.amazonaws\.com(?:\.cn)?/$",
        r"^/",
    ),
    structure(EvidenceKind::LogPath, r"AWSLogs/(?:o-[a-z0-9]{4,40}/)?$", ANY),
    structure(EvidenceKind::Registry, r"(?:^|[^0-9A-Za-z])$", r"^\.dkr[.-]ecr"),
    structure(
        EvidenceKind::BucketName,
        r"(?:cdk-[a-z0-9]{1,20}-(?:assets|container-assets)-|elasticbeanstalk-[a-z0-9-]{1,40}-|aws-cloudtrail-logs-|sagemaker-[a-z0-9-]{1,40}-|aws-athena-query-results-(?:[a-z0-9-]{1,40}-)?|aws-glue-assets-|config-bucket-|cf-templates-[a-z0-9-]{1,40}-|aws-waf-logs-)$",
        ANY,
    ),
    structure(
        EvidenceKind::OwnerId,
        r#"(?i)owner_?-?id\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?$"#,
        ANY,
    ),
];

/// What must stand before and behind, compiled; each pattern is anchored at the number, so that it is given up
/// after a few bytes however long the context is.
static COMPILED: LazyLock<Vec<(EvidenceKind, Regex, Option<Regex>)>> = LazyLock::new(|| {
    STRUCTURES
        .iter()
        .map(|s| {
            let behind = (s.behind != ANY).then(|| regex(s.behind));
            (s.kind, regex(s.before), behind)
        })
        .collect()
});

/// The strongest form of AWS's own in which digits between these two texts stand.
pub(super) fn structural(before: &str, behind: &str) -> Option<EvidenceKind> {
    // Cheap first: in running Japanese text nothing that AWS writes touches the digits.
    let written_by_machine =
        before.ends_with(|c: char| c.is_ascii()) || behind.starts_with(['.', '-', ':', '/']);
    if !written_by_machine {
        return None;
    }
    COMPILED
        .iter()
        .find(|(_, is_before, is_behind)| {
            is_behind.as_ref().is_none_or(|pattern| pattern.is_match(behind)) && is_before.is_match(before)
        })
        .map(|(kind, _, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_aws_is_recognised() {
        let table = [
            ("https://@.signin.aws.amazon.com/console", EvidenceKind::SignInUrl),
            (
                "https://@-x7k2m9qa.ap-northeast-1.console.aws.amazon.com/",
                EvidenceKind::ConsoleUrl,
            ),
            (
                "switchrole?account=@&roleName=ops",
                EvidenceKind::AccountParameter,
            ),
            (
                "https://x.awsapps.com/start/#/console?account_id=@&role_name=a",
                EvidenceKind::AccountParameter,
            ),
            ("arn:aws:iam::@:role/Admin", EvidenceKind::Arn),
            ("arn:aws-cn:ec2:cn-north-1:@:instance/i-1", EvidenceKind::Arn),
            ("\"Account\": \"@\",", EvidenceKind::Key),
            ("recipientAccountId: @", EvidenceKind::Key),
            ("export AWS_ACCOUNT_ID=@", EvidenceKind::Key),
            ("line_item_usage_account_id=@", EvidenceKind::Key),
            (
                "https://sqs.ap-northeast-1.amazonaws.com/@/jobs",
                EvidenceKind::SqsUrl,
            ),
            ("AWSLogs/o-ab12cd34ef/@/CloudTrail/", EvidenceKind::LogPath),
            (
                "@.dkr.ecr.ap-northeast-1.amazonaws.com/app",
                EvidenceKind::Registry,
            ),
            ("@.dkr-ecr.us-east-1.on.aws/app", EvidenceKind::Registry),
            ("cdk-hnb659fds-assets-@-ap-northeast-1", EvidenceKind::BucketName),
            ("elasticbeanstalk-ap-northeast-1-@", EvidenceKind::BucketName),
            ("\"OwnerId\": \"@\"", EvidenceKind::OwnerId),
        ];
        for (text, kind) in table {
            let (before, behind) = text.split_once('@').unwrap();
            assert_eq!(structural(before, behind), Some(kind), "{text}");
        }
    }

    #[test]
    fn plain_words_are_no_structure() {
        assert_eq!(structural("対象は ", " です"), None);
    }
}
