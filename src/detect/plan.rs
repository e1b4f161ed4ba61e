//! What is looked for: the rules of a run, prepared for searching.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use super::prefilter::MIN_RUN;
use crate::model::{FindingId, IssueMonth, Proof, Timestamp};
use crate::rules::{BuiltIn, RuleSet, entropy};
use crate::token::{Salt, c3id, salted};

/// The longest match of a user's rule, and how far around an anchor it is looked for.
const MAX_MATCH: usize = 8 << 10;
/// A secret of less entropy could be guessed from its hash: its id is salted.
const MIN_HASHED_BITS: f64 = 80.0;

/// Something that a rule takes for a token.
pub(super) struct Match {
    /// The rule's id.
    pub(super) rule: Arc<str>,
    /// Why it is believed.
    pub(super) proof: Proof,
    /// Where the token says when it was issued.
    pub(super) issued: Option<IssueMonth>,
    /// Where the token says when it expires.
    pub(super) expires: Option<Timestamp>,
    /// The id of the finding.
    pub(super) id: FindingId,
    /// The token.
    pub(super) secret: Vec<u8>,
}

impl Match {
    /// A token that a built-in rule found.
    pub(super) fn built_in(rule: &Arc<str>, proof: Proof, secret: &[u8]) -> Self {
        Self {
            rule: Arc::clone(rule),
            proof,
            issued: None,
            expires: None,
            id: c3id(secret),
            secret: secret.to_vec(),
        }
    }
}

/// The rules, prepared.
pub(super) struct Plan {
    /// The 84-character token.
    pub(super) pat: Option<Arc<str>>,
    /// The legacy token.
    pub(super) legacy: Option<Arc<str>>,
    /// The application secret.
    pub(super) app_secret: Option<Arc<str>>,
    /// The OAuth token.
    pub(super) oauth_token: Option<Arc<str>>,
    /// Either form with a wrong checksum.
    pub(super) unproven: Option<Arc<str>>,
    patterns: Option<Patterns>,
    salt: Salt,
}

/// The users' rules, their anchors in one automaton.
struct Patterns {
    anchors: AhoCorasick,
    /// For each anchor, the index of its rule.
    owners: Vec<usize>,
    rules: Vec<UserRule>,
}

struct UserRule {
    id: Arc<str>,
    regex: Regex,
    secret_group: usize,
    min_entropy: Option<f64>,
}

impl Plan {
    /// Whether users have rules of their own.
    pub(super) fn has_patterns(&self) -> bool {
        self.patterns.is_some()
    }

    /// Bytes of the shortest text that can hold anything: an anchor of the users, or a run.
    pub(super) fn shortest(&self) -> usize {
        match &self.patterns {
            Some(patterns) => patterns.anchors.min_pattern_len().min(MIN_RUN),
            None => MIN_RUN,
        }
    }

    /// Prepares the rules that are on.
    pub(super) fn new(rules: &RuleSet, salt: Salt) -> Self {
        let id = |kind| rules.enabled(kind).map(|rule| Arc::clone(&rule.id));
        Self {
            pat: id(BuiltIn::Pat),
            legacy: id(BuiltIn::PatLegacy),
            app_secret: id(BuiltIn::AppSecret),
            oauth_token: id(BuiltIn::OauthToken),
            unproven: id(BuiltIn::PatUnproven),
            patterns: Patterns::new(rules),
            salt,
        }
    }

    /// Finds what the users' rules match in `layer`, with an anchor that starts in `scan`; gives
    /// the span of each secret.
    pub(super) fn matches(
        &self,
        layer: &[u8],
        scan: &Range<usize>,
        found: &mut dyn FnMut(Range<usize>, Match),
    ) {
        let Some(patterns) = &self.patterns else {
            return;
        };
        for (rule, anchors) in patterns.anchored(layer, scan) {
            patterns.rules[rule].search(layer, &anchors, &mut |span, entropy_bits| {
                let secret = &layer[span.clone()];
                let id = if entropy_bits < MIN_HASHED_BITS {
                    salted(secret, &self.salt)
                } else {
                    c3id(secret)
                };
                let rule = &patterns.rules[rule].id;
                found(
                    span.clone(),
                    Match {
                        id,
                        ..Match::built_in(rule, Proof::Shape, secret)
                    },
                );
            });
        }
    }
}

impl Patterns {
    fn new(rules: &RuleSet) -> Option<Self> {
        let mut anchors = Vec::new();
        let mut owners = Vec::new();
        let mut prepared = Vec::new();
        for (rule, pattern) in rules.patterns() {
            for anchor in &pattern.anchors {
                anchors.push(anchor.clone());
                owners.push(prepared.len());
            }
            prepared.push(UserRule {
                id: Arc::clone(&rule.id),
                regex: pattern.regex.clone(),
                secret_group: pattern.secret_group,
                min_entropy: pattern.min_entropy,
            });
        }
        if anchors.is_empty() {
            return None;
        }
        let anchors = AhoCorasick::new(&anchors)
            .expect("the anchors of rule files stay far below the automaton's limits");
        Some(Self {
            anchors,
            owners,
            rules: prepared,
        })
    }

    /// For each rule that has anchors in `scan`, where they stand, in clusters that lie within
    /// reach of each other.
    fn anchored(&self, layer: &[u8], scan: &Range<usize>) -> Vec<(usize, Vec<Range<usize>>)> {
        let mut clusters: Vec<(usize, Vec<Range<usize>>)> = Vec::new();
        let mut open = vec![None; self.rules.len()];
        let window = &layer[..layer.len().min(scan.end + MAX_MATCH)];
        let input = aho_corasick::Input::new(window).range(scan.start..);
        let mut state = aho_corasick::automaton::OverlappingState::start();
        loop {
            self.anchors.find_overlapping(input.clone(), &mut state);
            let Some(hit) = state.get_match() else { break };
            if hit.start() >= scan.end {
                continue;
            }
            let rule = self.owners[hit.pattern().as_usize()];
            let cluster = open[rule].filter(|&cluster: &usize| {
                let last = clusters[cluster].1.last().expect("a cluster is not empty");
                hit.start() <= last.end + MAX_MATCH
            });
            if let Some(cluster) = cluster {
                clusters[cluster].1.push(hit.range());
            } else {
                open[rule] = Some(clusters.len());
                clusters.push((rule, vec![hit.range()]));
            }
        }
        clusters
    }
}

impl UserRule {
    /// Gives the span of each secret whose match holds one of `anchors`, and its bits of entropy.
    fn search(
        &self,
        layer: &[u8],
        anchors: &[Range<usize>],
        found: &mut dyn FnMut(Range<usize>, f64),
    ) {
        let start = anchors[0].start.saturating_sub(MAX_MATCH);
        let end = layer.len().min(anchors[anchors.len() - 1].end + MAX_MATCH);
        let window = &layer[start..end];
        for captures in self.regex.captures_iter(window) {
            let whole = captures.get_match();
            let (from, to) = (start + whole.start(), start + whole.end());
            let first = anchors.partition_point(|anchor| anchor.start < from);
            let anchored = anchors[first..]
                .iter()
                .take_while(|anchor| anchor.start < to)
                .any(|anchor| anchor.end <= to);
            if whole.len() > MAX_MATCH || !anchored {
                continue;
            }
            let Some(secret) = captures.get(self.secret_group).filter(|s| !s.is_empty()) else {
                continue;
            };
            let per_character = entropy(secret.as_bytes());
            if self.min_entropy.is_none_or(|least| per_character >= least) {
                let length = u32::try_from(secret.len()).map_or(f64::INFINITY, f64::from);
                let bits = per_character * length;
                found(start + secret.start()..start + secret.end(), bits);
            }
        }
    }
}
