//! Rules ready to be applied. Comes in: the text of a rules file. Goes out: [`Rules`], with all words in one
//! automaton and an index from each pattern to the rules that ask for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use super::confidence::Calibration;
use super::evaluate::Labelled;
use super::flag::Flag;
use super::inquiry::Field;
use super::learned::Learned;
use super::lexicon::{Lexicon, LexiconBuilder, SlotId};
use super::pattern::{self, Slot};
use super::rules_file::{RuleEntry, RulesError, RulesFile, Within};
use crate::inquiry::folded_text::{FoldedText, Folding};
use crate::ticket::{Category, Severity};

/// The rules that are compiled in; a configured file replaces them.
const EMBEDDED: &str = include_str!("rules.toml");

/// The labelled inquiries that the compiled-in words are learned from.
const EXAMPLES: &str = include_str!("../../../fixtures/inquiries/dev.jsonl");

/// Index of a pattern.
pub(super) type PatternId = usize;

/// One rule, with patterns by id.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) scores: BTreeMap<Category, f64>,
    pub(super) flag: Option<Flag>,
    pub(super) proposes: Option<Severity>,
    pub(super) any: Vec<PatternId>,
    pub(super) all: Vec<PatternId>,
    pub(super) unless: Vec<PatternId>,
    pub(super) within: Within,
    pub(super) fields: Vec<Field>,
    pub(super) from_aws: bool,
    pub(super) examples: Vec<String>,
    pub(super) counterexamples: Vec<String>,
}

/// A validated set of rules.
#[derive(Debug, Clone)]
pub struct Rules {
    version: String,
    pub(super) threshold: f64,
    pub(super) calibration: Calibration,
    pub(super) learned_weight: f64,
    pub(super) learned: Arc<Learned>,
    pub(super) lexicon: Lexicon,
    /// Slots of each pattern, in order.
    pub(super) patterns: Vec<Vec<SlotId>>,
    /// Patterns that begin with a slot.
    pub(super) beginning: Vec<Vec<PatternId>>,
    /// Rules that have the pattern in `any`.
    pub(super) asked_by: Vec<Vec<usize>>,
    pub(super) courtesy: Vec<PatternId>,
    pub(super) entries: Vec<Rule>,
}

static RULES: LazyLock<Rules> = LazyLock::new(embedded);

static EMBEDDED_WORDS: LazyLock<Arc<Learned>> =
    LazyLock::new(|| Arc::new(learn(&Labelled::parse_lines(EXAMPLES).unwrap_or_default())));

#[expect(
    clippy::expect_used,
    reason = "the file is a constant that a unit test parses"
)]
fn embedded() -> Rules {
    Rules::parse(EMBEDDED).expect("the embedded rules are valid")
}

impl Rules {
    /// The compiled-in rules.
    pub fn embedded() -> &'static Self {
        &RULES
    }

    /// The text of the compiled-in rules, for staff who want a file to start from.
    pub fn embedded_text() -> &'static str {
        EMBEDDED
    }

    /// Reads a rules file; whether its examples hold is asked by [`Rules::check`].
    pub fn parse(toml: &str) -> Result<Self, RulesError> {
        let file = RulesFile::parse(toml)?;
        let mut compiler = Compiler::new(&file);
        let rules = file
            .rule
            .iter()
            .map(|entry| compiler.rule(entry))
            .collect::<Result<Vec<_>, _>>()?;
        let courtesy = compiler
            .patterns_of(&file.courtesy)
            .map_err(|problem| RulesError::File(format!("courtesy: {problem}")))?;
        compiler.finish(&file, rules, courtesy)
    }

    /// The same rules with words learned from these inquiries beside the compiled-in ones: how staff's
    /// corrections come to count.
    #[must_use]
    pub fn with_examples(self, corrections: &[Labelled]) -> Self {
        let mut all = Labelled::parse_lines(EXAMPLES).unwrap_or_default();
        all.extend_from_slice(corrections);
        Self {
            learned: Arc::new(learn(&all)),
            ..self
        }
    }

    /// The file's version line, kept with every decision.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Below this confidence an inquiry is left to a person.
    pub const fn threshold(&self) -> f64 {
        self.threshold
    }
}

fn learn(examples: &[Labelled]) -> Learned {
    let folded: Vec<(Category, String)> = examples
        .iter()
        .map(|example| {
            let own: Vec<&str> = example
                .body
                .lines()
                .filter(|line| !line.starts_with('>'))
                .collect();
            let text = format!("{}\n{}", example.subject, own.join("\n"));
            (
                example.category,
                FoldedText::new(&text, Folding::Words).as_str().to_owned(),
            )
        })
        .collect();
    Learned::from_examples(&folded)
}

struct Compiler<'a> {
    words: &'a BTreeMap<String, Vec<String>>,
    builder: LexiconBuilder,
    ids: HashMap<Vec<SlotId>, PatternId>,
    patterns: Vec<Vec<SlotId>>,
}

impl<'a> Compiler<'a> {
    fn new(file: &'a RulesFile) -> Self {
        let mut builder = LexiconBuilder::default();
        file.neutral.iter().for_each(|phrase| builder.neutral(phrase));
        Self {
            words: &file.words,
            builder,
            ids: HashMap::new(),
            patterns: Vec::new(),
        }
    }

    fn rule(&mut self, entry: &RuleEntry) -> Result<Rule, RulesError> {
        let mut compiled = |patterns: &[String]| self.patterns_of(patterns).map_err(|p| entry.error(p));
        Ok(Rule {
            any: compiled(&entry.any)?,
            all: compiled(&entry.all)?,
            unless: compiled(&entry.unless)?,
            id: entry.id.clone(),
            scores: entry.scores.clone(),
            flag: entry.flag,
            proposes: entry.proposes,
            within: entry.within,
            fields: entry.fields.clone(),
            from_aws: entry.from_aws,
            examples: entry.examples.clone(),
            counterexamples: entry.counterexamples.clone(),
        })
    }

    fn patterns_of(&mut self, written: &[String]) -> Result<Vec<PatternId>, String> {
        written.iter().map(|text| self.pattern(text)).collect()
    }

    fn pattern(&mut self, text: &str) -> Result<PatternId, String> {
        let slots = pattern::parse(text).map_err(|error| error.to_string())?;
        let slots = slots
            .iter()
            .map(|slot| self.slot(slot))
            .collect::<Result<Vec<_>, _>>()?;
        let next = self.patterns.len();
        let id = *self.ids.entry(slots.clone()).or_insert(next);
        if id == next {
            self.patterns.push(slots);
        }
        Ok(id)
    }

    fn slot(&mut self, slot: &Slot) -> Result<SlotId, String> {
        let words = match slot {
            Slot::Word(word) => vec![word.clone()],
            Slot::List(name) => {
                let list = self.words.get(name).filter(|list| !list.is_empty());
                list.cloned()
                    .ok_or_else(|| format!("there is no word list `{name}`"))?
            }
        };
        if words.iter().any(|word| word.trim_matches('*').trim().is_empty()) {
            return Err("a word list holds an empty word".to_owned());
        }
        Ok(self.builder.slot(slot, &words))
    }

    fn finish(
        self,
        file: &RulesFile,
        rules: Vec<Rule>,
        courtesy: Vec<PatternId>,
    ) -> Result<Rules, RulesError> {
        let calibration = Calibration::new(file.calibration.clone())
            .ok_or_else(|| RulesError::File("`calibration` must rise from point to point".to_owned()))?;
        let lexicon = self
            .builder
            .build()
            .map_err(|error| RulesError::File(error.to_string()))?;
        let slots = self.patterns.iter().flatten().max().map_or(0, |last| last + 1);
        let mut beginning = vec![Vec::new(); slots];
        for (id, pattern) in self.patterns.iter().enumerate() {
            if let Some(list) = pattern.first().and_then(|first| beginning.get_mut(*first)) {
                list.push(id);
            }
        }
        let mut asked_by = vec![Vec::new(); self.patterns.len()];
        for (index, rule) in rules.iter().enumerate() {
            for pattern in &rule.any {
                if let Some(list) = asked_by.get_mut(*pattern) {
                    list.push(index);
                }
            }
        }
        Ok(Rules {
            version: file.version.clone(),
            threshold: file.threshold,
            calibration,
            learned_weight: file.learned_weight,
            learned: Arc::clone(&EMBEDDED_WORDS),
            lexicon,
            patterns: self.patterns,
            beginning,
            asked_by,
            courtesy,
            entries: rules,
        })
    }
}
