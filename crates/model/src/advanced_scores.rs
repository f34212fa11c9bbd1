//! Scores by category.

use std::collections::BTreeMap;

/// Raw scores by the name of their category, at least one, none of them 0.
///
/// AniList answers 0 for a category that was not scored, and keeps only positions, not names. A
/// category without a score is left out here, so that both ways of saying it are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct AdvancedScores(BTreeMap<String, f64>);

// Holds because `new` lets no NaN in.
impl Eq for AdvancedScores {}

impl AdvancedScores {
    /// Scores by category; `None` when nothing is scored. What is not a positive number is left out.
    pub fn new(scores: impl IntoIterator<Item = (String, f64)>) -> Option<Self> {
        let scores: BTreeMap<_, _> = scores
            .into_iter()
            .filter(|(_, raw)| raw.is_finite() && *raw > 0.0)
            .collect();
        (!scores.is_empty()).then_some(Self(scores))
    }

    /// The categories and their raw scores, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, raw)| (name.as_str(), *raw))
    }

    /// The raw score in a category.
    pub fn of(&self, category: &str) -> Option<f64> {
        self.0.get(category).copied()
    }

    /// The scores in the order of an account's categories, as AniList wants them written.
    ///
    /// A category that the account no longer has cannot be written and is left out.
    pub fn in_order_of<'a>(&self, categories: impl IntoIterator<Item = &'a str>) -> Vec<f64> {
        categories
            .into_iter()
            .map(|name| self.of(name).unwrap_or(0.0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_without_a_score_do_not_count() {
        let scores = AdvancedScores::new([("Story".to_owned(), 80.0), ("Music".to_owned(), 0.0)]);
        assert_eq!(scores, AdvancedScores::new([("Story".to_owned(), 80.0)]));
        assert_eq!(AdvancedScores::new([("Story".to_owned(), 0.0)]), None);
    }

    #[test]
    fn written_in_the_order_of_the_account() {
        let scores = AdvancedScores::new([("Story".to_owned(), 80.0), ("Art".to_owned(), 65.5)]);
        assert_eq!(
            scores.unwrap().in_order_of(["Art", "Music", "Story"]),
            [65.5, 0.0, 80.0]
        );
    }
}
