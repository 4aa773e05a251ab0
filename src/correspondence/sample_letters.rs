//! Sample values of the letters to customers, in the letter's language: first with everything there is, then
//! with nothing that may be missing, then as they are written in practice. All people and companies are
//! invented.

use super::samples::{either, number};
use super::values::{
    AccountValue, AcknowledgementValues, AnswerValues, DeclineValues, LapsedValue, PendingValues,
};
use crate::ticket::Language;

fn salutation(language: Language) -> String {
    either(language, "株式会社サンプル\n佐藤 様", "Dear J. Smith,")
}

fn desk(language: Language) -> String {
    either(language, "AWSサポート窓口", "AWS Support Desk")
}

fn page() -> String {
    "https://support.desk.example/tickets/DESK-000123".to_owned()
}

fn account(language: Language, assumed: bool) -> AccountValue {
    AccountValue {
        id: "480913372265".to_owned(),
        label: either(language, "本番", "production"),
        assumed,
    }
}

fn named(language: Language, [japanese, english]: [&str; 2]) -> Vec<String> {
    vec![either(language, japanese, english)]
}

/// Everything that an acknowledgement can say, also what no single one does.
fn everything(language: Language) -> AcknowledgementValues {
    AcknowledgementValues {
        number: number(),
        salutation: salutation(language),
        desk_name: desk(language),
        category: Some(either(language, "技術的なお問い合わせ", "technical question")),
        account: Some(account(language, true)),
        also_accounts: named(language, ["046425940015(検証)", "046425940015 (staging)"]),
        unknown_accounts: vec!["999988887774".to_owned()],
        lapsed_accounts: lapsed(language),
        proposed_accounts: named(language, ["480913372265(本番)", "480913372265 (production)"]),
        asks_account: true,
        prior_case: true,
        business_hours: true,
        starts_at_once: false,
        starts: either(
            language,
            "3月3日(月)午前9時",
            "9:00 a.m. (JST) on Monday, March 3",
        ),
        target: Some(either(
            language,
            "3月4日(火)午前11時",
            "11:00 a.m. (JST) on Tuesday, March 4",
        )),
        limit_megabytes: 40,
        page: Some(page()),
        signature: desk(language),
    }
}

fn lapsed(language: Language) -> Vec<LapsedValue> {
    vec![
        LapsedValue {
            account: either(language, "731905824416(旧本番)", "731905824416 (old)"),
            ended: true,
            day: either(language, "2026年2月28日", "February 28, 2026"),
        },
        LapsedValue {
            account: "502814773920".to_owned(),
            ended: false,
            day: String::new(),
        },
    ]
}

/// No category, no account, nothing asked.
fn nothing(language: Language) -> AcknowledgementValues {
    AcknowledgementValues {
        category: None,
        account: None,
        also_accounts: Vec::new(),
        unknown_accounts: Vec::new(),
        lapsed_accounts: Vec::new(),
        proposed_accounts: Vec::new(),
        asks_account: false,
        prior_case: false,
        business_hours: false,
        starts_at_once: true,
        target: None,
        page: None,
        ..everything(language)
    }
}

/// The acknowledgements of SPEC §8 to §12, one of each.
pub(super) fn acknowledgements(language: Language) -> Vec<AcknowledgementValues> {
    let (everything, nothing) = (everything(language), nothing(language));
    let resolved = AcknowledgementValues {
        category: everything.category.clone(),
        account: Some(account(language, false)),
        ..nothing.clone()
    };
    let asks = AcknowledgementValues {
        account: None,
        asks_account: true,
        ..resolved.clone()
    };
    vec![
        everything.clone(),
        nothing.clone(),
        resolved.clone(),
        AcknowledgementValues {
            account: Some(account(language, true)),
            ..resolved.clone()
        },
        AcknowledgementValues {
            also_accounts: everything.also_accounts.clone(),
            page: Some(page()),
            ..resolved.clone()
        },
        AcknowledgementValues {
            proposed_accounts: everything.proposed_accounts.clone(),
            ..asks.clone()
        },
        AcknowledgementValues {
            proposed_accounts: vec!["480913372265".to_owned(), "046425940015".to_owned()],
            ..asks.clone()
        },
        AcknowledgementValues {
            unknown_accounts: everything.unknown_accounts.clone(),
            ..asks.clone()
        },
        asks,
        AcknowledgementValues {
            lapsed_accounts: everything.lapsed_accounts.clone(),
            prior_case: true,
            ..resolved.clone()
        },
        AcknowledgementValues {
            business_hours: true,
            starts_at_once: false,
            target: everything.target,
            ..resolved.clone()
        },
        AcknowledgementValues {
            business_hours: true,
            ..resolved
        },
    ]
}

/// The letters about an account, which always name one.
pub(super) fn accounts(language: Language) -> Vec<AcknowledgementValues> {
    let bare = |business_hours| AcknowledgementValues {
        account: Some(AccountValue {
            label: String::new(),
            ..account(language, false)
        }),
        business_hours,
        ..nothing(language)
    };
    vec![everything(language), bare(false), bare(true)]
}

pub(super) fn answers(language: Language) -> Vec<AnswerValues> {
    let full = AnswerValues {
        number: number(),
        salutation: salutation(language),
        desk_name: desk(language),
        text: either(
            language,
            "セキュリティグループをご確認ください。",
            "Please check the security group.",
        ),
        quote: either(language, "> 接続できません。", "> I cannot connect."),
        quoted_at: either(
            language,
            "2026年3月4日(水) 10:00",
            "Wednesday, March 4, 2026 at 10:00 (JST)",
        ),
        page: Some(page()),
        signature: either(language, "AWSサポート窓口\n田中", "AWS Support Desk\nTanaka"),
    };
    let bare = AnswerValues {
        quote: String::new(),
        quoted_at: String::new(),
        page: None,
        ..full.clone()
    };
    let greeted = AnswerValues {
        salutation: String::new(),
        text: either(
            language,
            "佐藤様\n\nセキュリティグループをご確認ください。",
            "Dear J. Smith,\n\nPlease check the security group.",
        ),
        ..full.clone()
    };
    vec![full, bare, greeted]
}

/// The notice that an answer is registered, which always greets.
pub(super) fn answer_notices(language: Language) -> Vec<AnswerValues> {
    let mut all = answers(language);
    all.retain(|values| !values.salutation.is_empty());
    all
}

pub(super) fn declines(language: Language) -> Vec<DeclineValues> {
    let of = |services: Vec<String>, partly_in_scope| DeclineValues {
        services,
        partly_in_scope,
    };
    let service = either(language, "AWS Control Tower", "AWS Control Tower");
    vec![
        of(vec![service], false),
        of(Vec::new(), false),
        of(Vec::new(), true),
    ]
}

pub(super) fn pending(language: Language) -> Vec<PendingValues> {
    let bare = PendingValues {
        number: number(),
        salutation: salutation(language),
        desk_name: desk(language),
        since: either(language, "3月4日(水)", "Wednesday, March 4"),
        closes: either(language, "3月18日(水)", "Wednesday, March 18"),
        page: None,
        signature: desk(language),
    };
    let full = PendingValues {
        page: Some(page()),
        ..bare.clone()
    };
    vec![full, bare]
}
