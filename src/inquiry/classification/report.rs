//! The report of an evaluation as text.

use std::fmt;

use super::evaluate::{Evaluation, Outcome, count, share};
use super::flag::Flag;
use crate::ticket::Category;

/// Upper ends of the rows of the reliability table.
const RELIABILITY_ROWS: [f64; 6] = [0.5, 0.7, 0.8, 0.9, 0.95, 1.01];

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "inquiries            {}", self.outcomes.len())?;
        writeln!(
            f,
            "forced choice        accuracy {:.3}, macro-F1 {:.3}",
            self.accuracy(),
            self.macro_f1()
        )?;
        writeln!(
            f,
            "routed by machine    {:.1} % of the decidable, {:.1} % of the routed right",
            self.coverage() * 100.0,
            self.routed_precision() * 100.0
        )?;
        writeln!(
            f,
            "left to a person     {:.1} % of those that should be",
            self.abstention_recall() * 100.0
        )?;
        self.write_categories(f)?;
        self.write_confusion(f)?;
        self.write_flags(f)?;
        self.write_reliability(f)?;
        self.write_mistakes(f)?;
        self.write_flag_mistakes(f)
    }
}

impl Evaluation {
    fn write_categories(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<18} {:>9} {:>9} {:>9} {:>6}",
            "forced choice", "precision", "recall", "F1", "n"
        )?;
        for (category, c) in self.categories() {
            let (p, r, f1) = (c.precision(), c.recall(), c.f1());
            writeln!(f, "{category:<18} {p:>9.3} {r:>9.3} {f1:>9.3} {:>6}", c.wanted)?;
        }
        Ok(())
    }

    fn write_confusion(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<18}", "right \\ decided")?;
        for category in Category::ALL {
            write!(f, " {category:>15}")?;
        }
        let cells = self.confusion();
        for right in Category::ALL {
            write!(f, "\n{right:<18}")?;
            for ours in Category::ALL {
                write!(f, " {:>15}", cells.get(&(*right, *ours)).copied().unwrap_or(0))?;
            }
        }
        writeln!(f)
    }

    fn write_flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<20} {:>9} {:>9} {:>6}",
            "flag", "precision", "recall", "n"
        )?;
        for flag in Flag::ALL {
            let (precision, recall) = self.flag(*flag);
            let wanted = self
                .outcomes
                .iter()
                .filter(|o| o.right_flags.contains(flag))
                .count();
            writeln!(f, "{flag:<20} {precision:>9.3} {recall:>9.3} {wanted:>6}")?;
        }
        Ok(())
    }

    fn write_reliability(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<18} {:>6} {:>9} {:>9}",
            "confidence", "n", "said", "right"
        )?;
        let mut from = 0.0;
        for to in RELIABILITY_ROWS {
            let row: Vec<&Outcome> = self
                .outcomes
                .iter()
                .filter(|o| from <= o.ours.confidence && o.ours.confidence < to)
                .collect();
            let n = count(row.len());
            let said = row.iter().map(|o| o.ours.confidence).sum::<f64>() / f64::from(n.max(1));
            let right = share(
                count(row.iter().filter(|o| o.ours.best_category == o.right).count()),
                n,
            );
            writeln!(
                f,
                "{from:.2} – {:<11.2} {n:>6} {said:>9.3} {right:>9.3}",
                f64::min(to, 1.0)
            )?;
            from = to;
        }
        Ok(())
    }

    fn write_mistakes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nmistakes")?;
        for outcome in self.outcomes.iter().filter(|o| o.is_mistaken()) {
            let ours = &outcome.ours;
            writeln!(
                f,
                "{:<8} {} → {} (best {}, {:.2})  {}",
                outcome.id,
                outcome.right,
                ours.category,
                ours.best_category,
                ours.confidence,
                outcome.subject
            )?;
        }
        Ok(())
    }

    /// Flags that are missing (`-`) or too many (`+`), one line an inquiry.
    fn write_flag_mistakes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nwrong flags")?;
        for outcome in &self.outcomes {
            let (right, ours) = (&outcome.right_flags, &outcome.ours.flags);
            let missing = right
                .iter()
                .filter(|flag| !ours.contains(flag))
                .map(|flag| ('-', flag));
            let extra = ours
                .iter()
                .filter(|flag| !right.contains(flag))
                .map(|flag| ('+', flag));
            let wrong: Vec<String> = missing
                .chain(extra)
                .map(|(sign, flag)| format!("{sign}{flag}"))
                .collect();
            if !wrong.is_empty() {
                writeln!(f, "{:<8} {}  {}", outcome.id, wrong.join(" "), outcome.subject)?;
            }
        }
        Ok(())
    }
}
