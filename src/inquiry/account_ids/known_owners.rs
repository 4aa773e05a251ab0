//! Account IDs that are public knowledge: AWS's own, well-known vendors', and those that documentation uses
//! as examples. Comes in: an ID. Goes out: whose it is. Source of the list: AWS's documentation of each
//! service, as gathered in notes on public accounts.

/// Whose a well-known account is, `None` for every other one.
pub fn owner_of(digits: &str) -> Option<&'static str> {
    OWNERS
        .iter()
        .find(|(id, _)| *id == digits)
        .map(|(_, owner)| *owner)
}

/// Whether documentation and forms use the ID as an example.
pub(super) fn is_placeholder(digits: &str) -> bool {
    PLACEHOLDERS.contains(&digits) || groups_repeat(digits)
}

/// `111122223333`, `000000000000`: each group of four is one digit.
fn groups_repeat(digits: &str) -> bool {
    digits
        .as_bytes()
        .chunks(4)
        .all(|group| group.windows(2).all(|pair| pair.first() == pair.last()))
}

const PLACEHOLDERS: &[&str] = &[
    "123456789012",
    "012345678901",
    "012345678912",
    "210987654321",
    "987654321098",
    "123412341234",
    "123456781234",
    "123456123456",
    "112233445566",
    "121212121212",
];

const OWNERS: &[(&str, &str)] = &[
    ("582318560864", "AWS: Elastic Load Balancing logs, Tokyo"),
    ("383597477331", "AWS: Elastic Load Balancing logs, Osaka"),
    ("127311923021", "AWS: Elastic Load Balancing logs, N. Virginia"),
    ("033677994240", "AWS: Elastic Load Balancing logs, Ohio"),
    ("797873946194", "AWS: Elastic Load Balancing logs, Oregon"),
    ("027434742980", "AWS: Elastic Load Balancing logs, N. California"),
    ("114774131450", "AWS: Elastic Load Balancing logs, Singapore"),
    ("600734575887", "AWS: Elastic Load Balancing logs, Seoul"),
    ("602401143452", "AWS: EKS images"),
    ("877085696533", "AWS: EKS images"),
    ("800184023465", "AWS: EKS images"),
    ("900889452093", "AWS: EKS images, Osaka"),
    ("216624486486", "AWS: CloudTrail, Tokyo"),
    ("404641285394", "AWS: Redshift logs, Tokyo"),
    ("386209384616", "AWS: billing reports"),
    ("763104351884", "AWS: Deep Learning Containers"),
    ("137112412989", "AWS: Amazon Linux images"),
    ("591542846629", "AWS: ECS-optimised images"),
    ("801119661308", "AWS: Windows images"),
    ("906394416424", "AWS: Fluent Bit image"),
    ("679593333241", "AWS Marketplace images"),
    ("309956199498", "Red Hat images"),
    ("013907871322", "SUSE images"),
    ("136693071363", "Debian images"),
    ("099720109477", "Canonical (Ubuntu images)"),
    ("464622532012", "Datadog"),
    ("754728514883", "New Relic"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_account_has_twelve_digits_and_stands_once() {
        let ids: std::collections::BTreeSet<_> = OWNERS.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), OWNERS.len());
        assert!(ids.iter().chain(PLACEHOLDERS).all(|id| id.len() == 12));
    }

    #[test]
    fn repeated_groups_are_examples() {
        assert!(is_placeholder("111122223333") && is_placeholder("000000000000"));
        assert!(!is_placeholder("480913372265"));
    }
}
