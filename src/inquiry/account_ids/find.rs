//! The search itself. Comes in: the texts of a mail and the accounts contracted to the sender's customer.
//! Goes out: candidates with evidence that points at the original text, rejected numbers with reasons, and
//! suggestions. Linear in the length of the texts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::digits::{Form, Run, Twelve, runs, twelves};
use super::evidence::{EvidenceKind, structural};
use super::known_owners::owner_of;
use super::labels::{Naming, is_environment, is_named_behind, named_before, named_by_heading};
use super::masks::{is_masked, masks};
use super::reject::{Rejected, Rejection, by_digits, by_surroundings, touches_a_word};
use super::repair::{RepairKind, Suggestion, leading_zeros, scientific, typo_of};
use super::source::{Place, Source};
use crate::inquiry::folded_text::{FoldedText, Folding};
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

/// So much of the text before and behind a number is looked at, in bytes.
const CONTEXT_BYTES: usize = 160;

/// More numbers than this in one text are not judged: it is a table, and the first lines say what of.
const MOST_JUDGED: usize = 1_000;

/// Looks for account IDs in the texts of one mail; `own` are the accounts contracted to the sender's customer.
pub fn find(sources: &[Source<'_>], own: &[AccountId]) -> Findings {
    let mut findings = Findings::default();
    let own_digits: BTreeSet<&str> = own.iter().map(AccountId::as_str).collect();
    for (index, source) in sources.iter().enumerate() {
        let folded = FoldedText::new(source.text, Folding::Numbers);
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
        let before = before(text, twelve.range.start);
        let behind = behind(text, twelve.range.end);
        if is_masked(&self.masks, &twelve.range) {
            return Judgement::No(Rejection::Masked);
        }
        let structure = structural(before, behind);
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        let line_behind = behind.split('\n').next().unwrap_or_default();
        let naming = named_before(line_before).or_else(|| list.naming(text, twelve));
        if !own && structure.is_none() {
            let named = matches!(naming, Some(Naming::Account)) || is_named_behind(line_behind);
            if let Some(reason) = against(twelve, (before, behind), naming, named) {
                return Judgement::No(reason);
            }
        } else if !own && let Some(reason) = by_digits(twelve).filter(|r| *r != Rejection::Timestamp) {
            return Judgement::No(reason);
        } else if own && structure.is_none() && touches_a_word(before, behind) && !is_user_at(before, behind)
        {
            return Judgement::No(Rejection::InsideWord);
        } else if own && naming == Some(Naming::Other(Rejection::MyNumber)) {
            return Judgement::No(Rejection::MyNumber);
        }
        let labelled = if named_before(line_before) == Some(Naming::Account) {
            Some(EvidenceKind::Label)
        } else if is_named_behind(line_behind) {
            Some(EvidenceKind::FollowingLabel)
        } else if naming == Some(Naming::Account) {
            Some(EvidenceKind::LabelledList)
        } else if is_environment(line_before) {
            Some(EvidenceKind::Environment)
        } else {
            None
        };
        let bare = match twelve.form {
            Form::Hyphens => EvidenceKind::BareGrouped,
            Form::Plain | Form::Spaces | Form::Triples => EvidenceKind::Bare,
            Form::Odd => EvidenceKind::OddForm,
        };
        let all = [structure, labelled, Some(bare)];
        let strongest = all.into_iter().flatten().max_by_key(|kind| kind.weight());
        Judgement::Account(strongest.unwrap_or(bare))
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

/// The first reason against a number that is neither contracted nor in a form of AWS's own.
fn against(
    twelve: &Twelve,
    (before, behind): (&str, &str),
    naming: Option<Naming>,
    named_account: bool,
) -> Option<Rejection> {
    if let Some(Naming::Other(reason)) = naming.filter(|_| !touches_a_word(before, behind)) {
        return Some(reason);
    }
    let surroundings = by_surroundings(twelve, before, behind);
    let digits = by_digits(twelve);
    let overruled = |reason: &Rejection| {
        named_account
            && matches!(
                reason,
                Rejection::MyNumber | Rejection::Timestamp | Rejection::MeetingForm
            )
    };
    surroundings
        .filter(|reason| !overruled(reason))
        .or_else(|| digits.filter(|reason| !overruled(reason)))
}

/// `user@480913372265`: how AWS writes an IAM user of an account.
fn is_user_at(before: &str, behind: &str) -> bool {
    before.ends_with('@') && !behind.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Remembers what the heading above a list calls its items, so that a long list is read once.
#[derive(Debug, Default)]
struct ListHeading {
    /// Start of the line of the last item and what it was called.
    last: Option<(usize, Option<Naming>)>,
}

impl ListHeading {
    fn naming(&mut self, text: &str, twelve: &Twelve) -> Option<Naming> {
        let line_start = line_start(text, twelve.range.start);
        let lead = text.get(line_start..twelve.range.start).unwrap_or_default();
        if !is_item_lead(lead) {
            return None;
        }
        let above_start = line_start
            .checked_sub(1)
            .map(|end| line_start_before_blank(text, end));
        let naming = match (self.last, above_start) {
            (Some((last, naming)), _) if last == line_start => naming,
            (Some((last, naming)), Some((above, _))) if above == last => naming,
            (_, Some((above, end))) => text.get(above..end).and_then(named_by_heading),
            (_, None) => None,
        };
        self.last = Some((line_start, naming));
        naming
    }
}

/// What may stand before an item of a list: a bullet, and a short name with a colon.
fn is_item_lead(lead: &str) -> bool {
    let name = lead.trim_start_matches(is_bullet).trim_end();
    name.is_empty() || (name.chars().count() <= 12 && name.ends_with([':', '(', '=', '「']))
}

fn is_bullet(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '*' | '・' | '●' | '○' | '■' | '□' | '◆' | '▼' | '(' | ')' | '.' | '>'
        )
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|head| head.rfind('\n'))
        .map_or(0, |newline| newline + 1)
}

/// Start and end of the line that ends at `end`, or of the one above it where that line is blank.
fn line_start_before_blank(text: &str, end: usize) -> (usize, usize) {
    let start = line_start(text, end);
    let blank = text.get(start..end).is_some_and(|line| line.trim().is_empty());
    match start.checked_sub(1).filter(|_| blank) {
        Some(above_end) => (line_start(text, above_end), above_end),
        None => (start, end),
    }
}

fn before(text: &str, at: usize) -> &str {
    let mut start = at.saturating_sub(CONTEXT_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

fn behind(text: &str, at: usize) -> &str {
    let mut end = (at + CONTEXT_BYTES).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}
