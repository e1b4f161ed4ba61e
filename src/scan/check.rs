//! `rules check`: every rule against its own examples, through the real detector.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::detect::Detector;
use crate::model::Candidate;
use crate::rules::{BuiltIn, Pattern, Rule, RuleKind, RuleSet, Unproven, entropy};
use crate::token::Salt;
use crate::token::jwt;
use crate::token::mint;

/// What a check of rules says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckOutcome {
    /// How many rules were checked.
    pub rules: usize,
    /// How many examples and counterexamples, those minted for built-in rules included.
    pub examples: usize,
    /// The rules that come without an example, in the order of the rules.
    pub untested: Vec<Arc<str>>,
    /// What does not hold, in the order of the rules.
    pub failures: Vec<CheckFailure>,
}

/// An example that does not hold. Its text is not part of it, for it may be a secret.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{}:{line}: `{rule}.{key}`: {cause}", path.display())]
pub struct CheckFailure {
    /// The rule.
    pub rule: Arc<str>,
    /// The file of the rule.
    pub path: PathBuf,
    /// The line of the example, 1-based.
    pub line: usize,
    /// The key with the index of the example, from 0.
    pub key: String,
    /// Why it does not hold.
    pub cause: FailureCause,
}

/// Why an example does not hold.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FailureCause {
    /// An example that the expression does not match.
    #[error("the expression does not match")]
    NoMatch,
    /// An example that matches, without any anchor inside the match.
    #[error("the expression matches, but no anchor stands inside the match")]
    NoAnchor,
    /// An example that matches, with too little entropy.
    #[error("matches, but its entropy is {found:.2}, less than {least:.2}")]
    LowEntropy {
        /// Bits per character.
        found: f64,
        /// The rule's minimum.
        least: f64,
    },
    /// An example that should be found and is not.
    #[error("matches, but the detector does not report it")]
    NotReported,
    /// A counterexample that is found.
    #[error("is found, and must not be")]
    Found,
}

impl FailureCause {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoMatch => "mend the expression or the example",
            Self::NoAnchor => "name as anchor a text that every match contains",
            Self::LowEntropy { .. } => "lower min_entropy, or take a secret as it really looks",
            Self::NotReported => "a match spans at most 8 KiB",
            Self::Found => "narrow the expression, or raise min_entropy",
        }
    }
}

/// Checks every rule against its examples; built-in ones against tokens that are minted here.
pub fn check(rules: &RuleSet) -> CheckOutcome {
    let rules = rules.clone().unproven(Unproven::Include);
    // No id leaves this function, so that the salt may be known.
    let mut detector = Detector::new(&rules, Salt([0; 16]));
    let mut outcome = CheckOutcome::default();
    for rule in rules.iter() {
        outcome.rules += 1;
        match &rule.kind {
            RuleKind::BuiltIn(kind) => check_built_in(rule, *kind, &mut detector, &mut outcome),
            RuleKind::Pattern(pattern) => {
                check_pattern(rule, pattern, &mut detector, &mut outcome);
            }
        }
    }
    outcome
}

fn check_built_in(rule: &Rule, kind: BuiltIn, detector: &mut Detector, outcome: &mut CheckOutcome) {
    const SEED: u64 = 1;
    let text = match kind {
        BuiltIn::Pat => mint::pat(SEED),
        BuiltIn::PatLegacy => mint::legacy_pat(SEED),
        BuiltIn::AppSecret => mint::app_secret(SEED),
        BuiltIn::OauthToken => mint::oauth_token(SEED, jwt::ISSUER_HOST, None),
        BuiltIn::PatUnproven => {
            let token = mint::pat(SEED);
            let wrong = if token.ends_with('0') { '1' } else { '0' };
            format!("AZURE_DEVOPS_EXT_PAT={}{wrong}", &token[..token.len() - 1])
        }
    };
    outcome.examples += 1;
    if !finds(detector, rule, text.as_bytes()) {
        outcome.failures.push(failure(
            rule,
            "minted".into(),
            rule.place.line,
            FailureCause::NotReported,
        ));
    }
}

fn check_pattern(
    rule: &Rule,
    pattern: &Pattern,
    detector: &mut Detector,
    outcome: &mut CheckOutcome,
) {
    if pattern.examples.is_empty() {
        outcome.untested.push(rule.id.clone());
    }
    for (index, example) in pattern.examples.iter().enumerate() {
        outcome.examples += 1;
        let text = example.text.as_bytes();
        if !finds(detector, rule, text) {
            let key = format!("examples[{index}]");
            outcome
                .failures
                .push(failure(rule, key, example.line, diagnose(pattern, text)));
        }
    }
    for (index, example) in pattern.counterexamples.iter().enumerate() {
        outcome.examples += 1;
        if finds(detector, rule, example.text.as_bytes()) {
            let key = format!("counterexamples[{index}]");
            outcome
                .failures
                .push(failure(rule, key, example.line, FailureCause::Found));
        }
    }
}

fn failure(rule: &Rule, key: String, line: usize, cause: FailureCause) -> CheckFailure {
    CheckFailure {
        rule: rule.id.clone(),
        path: rule.place.path.clone(),
        line,
        key,
        cause,
    }
}

fn finds(detector: &mut Detector, rule: &Rule, text: &[u8]) -> bool {
    let mut found = false;
    detector.whole(text, &mut |candidate: Candidate| {
        found |= candidate.rule == rule.id;
    });
    found
}

/// Why the detector does not find `text`, as far as the pattern alone tells; the match that comes
/// nearest counts.
fn diagnose(pattern: &Pattern, text: &[u8]) -> FailureCause {
    let mut cause = FailureCause::NoMatch;
    for found in pattern.regex.captures_iter(text) {
        let (Some(whole), Some(secret)) = (found.get(0), found.get(pattern.secret_group)) else {
            continue;
        };
        let anchored = pattern.anchors.iter().any(|anchor| {
            whole
                .as_bytes()
                .windows(anchor.len())
                .any(|window| window == anchor.as_slice())
        });
        let bits = entropy(secret.as_bytes());
        match pattern.min_entropy {
            _ if !anchored => cause = FailureCause::NoAnchor,
            Some(least) if bits < least => {
                cause = FailureCause::LowEntropy { found: bits, least };
            }
            _ => return FailureCause::NotReported,
        }
    }
    cause
}
