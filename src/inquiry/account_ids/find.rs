//! The search itself. Comes in: the texts of a mail and the accounts contracted to the sender's customer.
//! Goes out: candidates with evidence that points at the original text, rejected numbers with reasons, and
//! suggestions. Linear in the length of the texts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::context::{before, behind, line_before, line_behind};
use super::digits::{Form, Run, Twelve, runs, twelves};
use super::evidence::{EvidenceKind, structural};
use super::known_owners::owner_of;
use super::labels::{Naming, is_environment, is_named_behind, named_before};
use super::list_heading::ListHeading;
use super::masks::{is_masked, masks};
use super::reject::{Rejected, Rejection, by_digits, by_surroundings, ends_with_label, touches_a_word};
use super::repair::{RepairKind, Suggestion, leading_zeros, scientific, typo_of};
use super::source::{Place, Source};
use crate::inquiry::folded_text::{FoldedText, Folding, head};
use crate::registry::AccountId;

/// An account ID that stands in the mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Candidate {
    /// The account.
    pub id: AccountId,
    /// How it was recognised.
    pub evidence: EvidenceKind,
    /// What the evidence is worth here, 0 to 100.
    pub score: u32,
    /// Whether the account is contracted to the sender's customer.
    pub own: bool,
    /// Which of the given texts.
    pub source: usize,
    /// Where that text stood.
    pub place: Place,
    /// Bytes of that text.
    pub range: Range<usize>,
    /// The original characters at that range.
    pub text: String,
}

/// Everything that was found in a mail's texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Findings {
    /// Account IDs, in the order of the texts.
    pub candidates: Vec<Candidate>,
    /// Numbers that were looked at and left alone.
    pub rejected: Vec<Rejected>,
    /// Contracted accounts that a damaged number probably means.
    pub suggestions: Vec<Suggestion>,
}

impl Findings {
    /// The best candidate of each account, strongest first; equal ones in the order of the mail.
    pub fn best(&self) -> Vec<&Candidate> {
        let mut best: BTreeMap<AccountId, &Candidate> = BTreeMap::new();
        for candidate in &self.candidates {
            let known = best.entry(candidate.id).or_insert(candidate);
            if candidate.score > known.score {
                *known = candidate;
            }
        }
        let mut ordered: Vec<&Candidate> = best.into_values().collect();
        ordered.sort_by_key(|c| (std::cmp::Reverse(c.score), c.source, c.range.start));
        ordered
    }

    /// Whether a My Number, or something that may be one, stands in the mail (SPEC §8).
    pub fn has_my_number(&self) -> bool {
        self.rejected
            .iter()
            .any(|rejected| rejected.reason == Rejection::MyNumber)
    }
}

/// So much of one text is searched: an account that first stands behind half a megabyte is not the question's.
const MOST_BYTES: usize = 512 * 1024;

/// More numbers than this in one text are not judged: it is a table, and the first lines say what of.
const MOST_JUDGED: usize = 1_000;

/// Looks for account IDs in the texts of one mail; `own` are the accounts contracted to the sender's customer.
pub fn find(sources: &[Source<'_>], own: &[AccountId]) -> Findings {
    let mut findings = Findings::default();
    let own_digits: BTreeSet<&str> = own.iter().map(AccountId::as_str).collect();
    for (index, source) in sources.iter().enumerate() {
        let folded = FoldedText::new(head(source.text, MOST_BYTES), Folding::Numbers);
        Search {
            index,
            source,
            masks: masks(folded.as_str()),
            runs: runs(folded.as_str()),
            folded,
            own,
            own_digits: &own_digits,
        }
        .run(&mut findings);
    }
    findings
}

struct Search<'a> {
    index: usize,
    source: &'a Source<'a>,
    folded: FoldedText,
    masks: Vec<Range<usize>>,
    runs: Vec<Run>,
    own: &'a [AccountId],
    own_digits: &'a BTreeSet<&'a str>,
}

enum Judgement {
    Account(EvidenceKind),
    No(Rejection),
}

impl Search<'_> {
    fn run(&self, findings: &mut Findings) {
        let text = self.folded.as_str();
        let mut reached = 0;
        let (mut judged, mut list) = (0, ListHeading::default());
        for twelve in twelves(text, &self.runs) {
            let own = self.own_digits.contains(twelve.digits.as_str());
            if twelve.range.start < reached || (twelve.form == Form::Odd && !own) || judged == MOST_JUDGED {
                continue;
            }
            judged += 1;
            reached = twelve.range.end;
            self.keep(&twelve, own, self.judge(&twelve, own, &mut list), findings);
        }
        let zeros = leading_zeros(text, &self.runs, self.own);
        findings
            .suggestions
            .extend(self.suggestions(RepairKind::LeadingZeros, zeros));
        findings
            .suggestions
            .extend(self.suggestions(RepairKind::Scientific, scientific(text, self.own)));
    }

    fn judge(&self, twelve: &Twelve, own: bool, list: &mut ListHeading) -> Judgement {
        let text = self.folded.as_str();
        if is_masked(&self.masks, &twelve.range) {
            return Judgement::No(Rejection::Masked);
        }
        let seen = Surroundings::of(text, twelve, list);
        let reason = match (own, seen.structure) {
            (true, structure) => seen.against_own(structure.is_some()),
            (false, None) => seen.against(twelve),
            // A timestamp does not stand where AWS writes an account.
            (false, Some(_)) => by_digits(twelve).filter(|reason| *reason != Rejection::Timestamp),
        };
        reason.map_or_else(|| Judgement::Account(seen.evidence(twelve.form)), Judgement::No)
    }

    fn keep(&self, twelve: &Twelve, own: bool, judgement: Judgement, findings: &mut Findings) {
        let range = self.folded.original_range(&twelve.range);
        let (source, place) = (self.index, self.source.place);
        match (judgement, AccountId::parse(&twelve.digits)) {
            (Judgement::Account(evidence), Ok(id)) => {
                if let Some(meant) = (!own).then(|| typo_of(&twelve.digits, self.own)).flatten() {
                    let suggested = self.suggestions(RepairKind::Typo, vec![(meant, twelve.range.clone())]);
                    findings.suggestions.extend(suggested);
                }
                findings.candidates.push(Candidate {
                    id,
                    evidence,
                    score: evidence.weight() * place.weight_percent() / 10,
                    own,
                    source,
                    place,
                    text: self.source.text.get(range.clone()).unwrap_or_default().to_owned(),
                    range,
                });
            }
            (Judgement::No(reason), _) => findings.rejected.push(Rejected {
                reason,
                owner: owner_of(&twelve.digits),
                source,
                place,
                range,
            }),
            (Judgement::Account(_), Err(_)) => {}
        }
    }

    fn suggestions(&self, kind: RepairKind, found: Vec<(AccountId, Range<usize>)>) -> Vec<Suggestion> {
        found
            .into_iter()
            .map(|(id, range)| Suggestion {
                id,
                kind,
                source: self.index,
                place: self.source.place,
                range: self.folded.original_range(&range),
            })
            .collect()
    }
}

/// The text around a number and what it calls it.
struct Surroundings<'a> {
    before: &'a str,
    behind: &'a str,
    structure: Option<EvidenceKind>,
    /// What the words before it in its line, or else the heading of its list, call it.
    naming: Option<Naming>,
    labelled: Option<EvidenceKind>,
}

impl<'a> Surroundings<'a> {
    fn of(text: &'a str, twelve: &Twelve, list: &mut ListHeading) -> Self {
        let (before, behind) = (before(text, twelve.range.start), behind(text, twelve.range.end));
        let (line_before, line_behind) = (line_before(before), line_behind(behind));
        let in_line = named_before(line_before);
        let naming = in_line.or_else(|| list.naming(text, twelve));
        let labels = [
            (in_line == Some(Naming::Account), EvidenceKind::Label),
            (is_named_behind(line_behind), EvidenceKind::FollowingLabel),
            (naming == Some(Naming::Account), EvidenceKind::LabelledList),
            (is_environment(line_before), EvidenceKind::Environment),
        ];
        let labelled = labels.into_iter().find(|(holds, _)| *holds).map(|(_, kind)| kind);
        Self {
            before,
            behind,
            structure: structural(before, behind),
            naming,
            labelled,
        }
    }

    /// The only reasons against a number that is contracted to the sender's customer. An underscore does not
    /// speak against it: `583920471638_AdministratorAccess` is how AWS names profiles.
    fn against_own(&self, structural: bool) -> Option<Rejection> {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let touched_before = letter(self.before.chars().next_back()) && !ends_with_label(self.before);
        let touched = touched_before || letter(self.behind.chars().next());
        let inside = touched && !structural;
        if inside && !is_user_at(self.before, self.behind) {
            Some(Rejection::InsideWord)
        } else {
            (self.naming == Some(Naming::Other(Rejection::MyNumber))).then_some(Rejection::MyNumber)
        }
    }

    /// The first reason against a number that is neither contracted nor in a form of AWS's own.
    fn against(&self, twelve: &Twelve) -> Option<Rejection> {
        if let Some(Naming::Other(reason)) = self.naming.filter(|_| !touches_a_word(self.before, self.behind))
        {
            return Some(reason);
        }
        let named =
            self.naming == Some(Naming::Account) || self.labelled == Some(EvidenceKind::FollowingLabel);
        // A label outweighs what only the form suggests.
        let counts = |reason: &Rejection| {
            let by_form = matches!(
                reason,
                Rejection::MyNumber | Rejection::Timestamp | Rejection::MeetingForm
            );
            !(named && by_form)
        };
        let surroundings = by_surroundings(twelve, self.before, self.behind);
        surroundings
            .filter(counts)
            .or_else(|| by_digits(twelve).filter(counts))
    }

    fn evidence(&self, form: Form) -> EvidenceKind {
        let bare = match form {
            Form::Hyphens => EvidenceKind::BareGrouped,
            Form::Plain | Form::Spaces | Form::Triples => EvidenceKind::Bare,
            Form::Odd => EvidenceKind::OddForm,
        };
        let all = [self.structure, self.labelled].into_iter().flatten();
        all.max_by_key(|kind| kind.weight()).unwrap_or(bare)
    }
}

/// `user@480913372265`: how AWS writes an IAM user of an account.
fn is_user_at(before: &str, behind: &str) -> bool {
    before.ends_with('@') && !behind.starts_with(|c: char| c.is_ascii_alphanumeric())
}
