//! `rules explain`: what a text is, and what the detector sees in it.

use std::sync::Arc;

use crate::detect::Detector;
use crate::model::{Candidate, Proof};
use crate::rules::{BuiltIn, RuleSet};
use crate::token::Salt;
use crate::token::explain::{self as token, Explanation, Refusal};

/// What is known of a text. It does not hold the text, but what is found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the text is as a whole, or why it is no token.
    pub whole: Result<Explanation, Refusal>,
    /// The rule that reports it as a whole.
    pub rule: Option<Arc<str>>,
    /// What stands inside it, encoded or with something around it, or matches a user's rule.
    pub inside: Vec<Candidate>,
}

impl Answer {
    /// Whether the text is, or holds, a token that is proven.
    pub fn is_proven(&self) -> bool {
        self.whole
            .as_ref()
            .is_ok_and(|token| token.proof == Proof::Checksum)
            || self
                .inside
                .iter()
                .any(|candidate| candidate.proof == Proof::Checksum)
    }
}

/// Says what `text` is.
pub fn explain(rules: &Arc<RuleSet>, salt: Salt, text: &[u8]) -> Answer {
    let whole = token::explain(text);
    let rule = whole.as_ref().ok().and_then(|explanation| {
        let kind = BuiltIn::of_kind(&explanation.kind);
        rules.enabled(kind).map(|rule| rule.id.clone())
    });
    let mut inside = Vec::new();
    Detector::new(rules, salt).whole(text, &mut |candidate| {
        let itself = whole.as_ref().is_ok_and(|token| token.id == candidate.id);
        if !itself {
            inside.push(candidate);
        }
    });
    Answer {
        whole,
        rule,
        inside,
    }
}
