//! How often a decision of this strength was right. Comes in: the lead of the best category over the next.
//! Goes out: the observed share of right decisions, read off the calibration of the rules file.

use serde::Deserialize;

/// One point of the calibration: with this lead, this share was right.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) lead: f64,
    pub(super) right: f64,
}

/// A rising line through the points; flat beyond both ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    points: Vec<Point>,
}

impl Calibration {
    /// Checks that leads and shares rise and shares lie between 0 and 1.
    pub(super) fn new(points: Vec<Point>) -> Option<Self> {
        let rising = points.windows(2).all(|pair| match pair {
            [a, b] => a.lead < b.lead && a.right <= b.right,
            _ => false,
        });
        let shares = points
            .iter()
            .all(|p| (0.0..=1.0).contains(&p.right) && p.lead.is_finite());
        (rising && shares && !points.is_empty()).then_some(Self { points })
    }

    /// The share of right decisions at that lead, 0 to 1.
    pub(super) fn confidence(&self, lead: f64) -> f64 {
        let above = self.points.partition_point(|point| point.lead <= lead);
        let low = above.checked_sub(1).and_then(|index| self.points.get(index));
        match (low, self.points.get(above)) {
            (Some(low), Some(high)) => {
                let way = (lead - low.lead) / (high.lead - low.lead);
                low.right + way * (high.right - low.right)
            }
            (Some(only), None) | (None, Some(only)) => only.right,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Calibration {
        let points = [(0.0, 0.5), (2.0, 0.9)].map(|(lead, right)| Point { lead, right });
        Calibration::new(points.to_vec()).unwrap()
    }

    #[test]
    fn between_points_the_line_is_straight_and_beyond_them_flat() {
        assert!((line().confidence(1.0) - 0.7).abs() < 1e-9);
        assert!((line().confidence(-1.0) - 0.5).abs() < 1e-9);
        assert!((line().confidence(9.0) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_falling_line_is_refused() {
        let points = [(0.0, 0.9), (1.0, 0.5)].map(|(lead, right)| Point { lead, right });
        assert!(Calibration::new(points.to_vec()).is_none());
    }
}
