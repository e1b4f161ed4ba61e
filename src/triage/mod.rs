//! Turns sightings, in whatever order threads report them, into one finding per token.
//!
//! What comes out is a function of *what* was added and not of *when*: everything is kept in
//! ordered sets, every choice between two sightings is made by comparing them, and whatever is
//! dropped to bound memory is dropped from the far end of the report order. The property is held
//! by shuffling in `tests`.

pub mod baseline;
mod inline;
mod token;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use crate::model::{
    Candidate, Coverage, Exposure, Finding, Origin, Problem, ProblemKind, Report, Secret, Summary,
    TargetSummary,
};

pub use self::inline::InlineIgnores;

use self::token::Token;

/// How many organisations that merely stand near a token are reported with it, over all its
/// occurrences. Those named by its own URL, entry or section are all kept.
///
/// The detector keeps at most five near each occurrence. A token that stands in a thousand files
/// would otherwise gather thousands of bystanders, and later work presents it to each of them.
pub const MAX_NEARBY: usize = 5;

/// Collects what the scanning threads say.
#[derive(Debug)]
pub struct Triage {
    max_occurrences: NonZeroUsize,
    inline_ignores: InlineIgnores,
    tokens: BTreeMap<Secret, Token>,
    problems: BTreeSet<Problem>,
    accepted: BTreeSet<ProblemKind>,
    coverage: Coverage,
    name_runs: BTreeSet<Secret>,
}

impl Triage {
    /// An empty one that keeps at most `max_occurrences` of each token.
    pub fn new(max_occurrences: NonZeroUsize) -> Self {
        Self {
            max_occurrences,
            inline_ignores: InlineIgnores::All,
            tokens: BTreeMap::new(),
            problems: BTreeSet::new(),
            accepted: BTreeSet::new(),
            coverage: Coverage::default(),
            name_runs: BTreeSet::new(),
        }
    }

    /// Which marks beside tokens count, of what is added from now on; at first all do.
    pub fn trust(&mut self, inline_ignores: InlineIgnores) {
        self.inline_ignores = inline_ignores;
    }

    /// Adds a sighting.
    ///
    /// The same sighting added twice counts once. Where two rules see the same token, the stronger
    /// one names the finding: a built-in one that proves it, then one that does not, then a user's;
    /// then the smaller id.
    pub fn add(&mut self, origin: Origin, mut candidate: Candidate) {
        candidate.ignored = self.inline_ignores.counting(candidate.ignored);
        if let Some(run) = &candidate.name_run {
            self.name_runs.insert(run.clone());
        }
        self.tokens
            .entry(candidate.secret.clone())
            .or_default()
            .add(origin, candidate, self.max_occurrences.get());
    }

    /// Adds something that was not read.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.insert(problem);
    }

    /// Takes problems of these kinds for no gap, added before or after.
    pub fn accept(&mut self, kinds: impl IntoIterator<Item = ProblemKind>) {
        self.accepted.extend(kinds);
    }

    /// Adds where a token can still be had in one repository. Of several repositories it is
    /// [merged](Exposure::merge). A token that was never [added](Self::add) is left out.
    pub fn exposure(&mut self, secret: &Secret, exposure: Exposure) {
        if let Some(token) = self.tokens.get_mut(secret) {
            token.add_exposure(exposure);
        }
    }

    /// Adds organisations that the remotes of a repository name to a token that stands in it. Where
    /// the token's own surroundings name one of them too, that stronger evidence stays. A token that
    /// was never [added](Self::add) is left out.
    pub fn remote_clues(
        &mut self,
        secret: &Secret,
        organizations: impl IntoIterator<Item = String>,
    ) {
        if let Some(token) = self.tokens.get_mut(secret) {
            token.name_remotes(organizations);
        }
    }

    /// Adds what one thread counted.
    pub fn coverage(&mut self, coverage: &Coverage) {
        self.coverage.merge(coverage);
    }

    /// How many tokens were seen so far.
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// The report: findings by their first occurrence, problems by path, each once.
    pub fn finish(
        self,
        targets: Vec<TargetSummary>,
        summary: Summary,
        interrupted: Interrupted,
    ) -> Report {
        let mut findings: Vec<Finding> = self
            .tokens
            .into_iter()
            .filter_map(|(secret, token)| token.into_finding(secret))
            .collect();
        // Two tokens may start in the same encoded run. The sort is stable, so those stand in the
        // order of their bytes, which does not depend on ids that are salted per run.
        findings.sort_by(|a, b| token::first_key(a).cmp(&token::first_key(b)));
        Report {
            targets,
            findings,
            problems: self.problems.into_iter().collect(),
            accepted: self.accepted,
            coverage: self.coverage,
            summary,
            interrupted: interrupted == Interrupted::Yes,
            name_runs: self.name_runs.into_iter().collect(),
            baseline: None,
        }
    }
}

/// Whether the operator cut the run short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// It ran to its end.
    No,
    /// It was cut short.
    Yes,
}
