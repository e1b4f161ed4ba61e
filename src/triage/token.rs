//! What is known of one token while sightings still come in.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::model::{
    BytePath, Candidate, Clue, Encoding, Evidence, Excerpt, Exposure, Finding, FindingId, GitPlace,
    IssueMonth, Occurrence, Origin, Position, Proof, Secret, SourceKind, Timestamp, ValidityReason,
};
use crate::rules::BuiltIn;

use super::{MAX_NEARBY, inline};

/// The place of an occurrence in the report: by path, then from the top of the file, names first,
/// then by source, repository and object.
type Key = (
    Vec<u8>,
    Option<Position>,
    SourceKind,
    Option<GitPlace>,
    Vec<Encoding>,
);

/// The same, borrowed from a finding.
type KeyRef<'f> = (
    &'f [u8],
    Option<Position>,
    SourceKind,
    Option<&'f GitPlace>,
    &'f [Encoding],
);

/// All sightings of one token.
#[derive(Debug, Default)]
pub(super) struct Token {
    best: Option<Identity>,
    /// The smallest ones.
    occurrences: BTreeMap<Key, Kept>,
    /// A hash of every key ever added, dropped ones included, so that each counts once whatever
    /// the order. Eight bytes an occurrence; two of a million collide once in 37 million runs.
    seen: HashSet<u64>,
    /// Those of `seen` at which every sighting has a mark that counts.
    ignored: HashSet<u64>,
    organizations: BTreeMap<String, Naming>,
    exposure: Option<Exposure>,
}

/// What is kept of one occurrence.
#[derive(Debug)]
struct Kept {
    excerpt: Option<Excerpt>,
    is_ignored: bool,
}

/// What the strongest rule says of the token.
#[derive(Debug)]
struct Identity {
    strength: Strength,
    rule: Arc<str>,
    id: FindingId,
    proof: Proof,
    issued: Option<IssueMonth>,
    expires: Option<Timestamp>,
}

/// How far a rule's word goes, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Proven,
    BuiltIn,
    User,
}

/// How an organisation is named: the strongest evidence, and where that stands first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Naming {
    evidence: Evidence,
    /// `None` where no occurrence names it but a remote of the repository.
    occurrence: Option<Key>,
    /// The rank in that occurrence, nearest first.
    nearness: usize,
}

impl Token {
    /// Adds a sighting, whose mark, if it has one, counts.
    pub(super) fn add(&mut self, origin: Origin, candidate: Candidate, max_occurrences: usize) {
        let key: Key = (
            origin.path.0,
            candidate.position,
            origin.source,
            origin.git,
            candidate.encodings.clone(),
        );
        self.name_organizations(&key, &candidate.organizations);
        let is_ignored = candidate.ignored.is_some();
        self.count(hash(&key), is_ignored);
        let kept = Kept {
            excerpt: candidate.excerpt.clone(),
            is_ignored,
        };
        self.keep(key, kept, max_occurrences);
        self.identify(candidate);
    }

    /// Two rules may see the token in one place, and a mark may be meant for one of them alone:
    /// then it is not passed over, whichever comes first.
    fn count(&mut self, place: u64, is_ignored: bool) {
        if !is_ignored {
            self.ignored.remove(&place);
            self.seen.insert(place);
        } else if self.seen.insert(place) {
            self.ignored.insert(place);
        }
    }

    pub(super) fn add_exposure(&mut self, exposure: Exposure) {
        match &mut self.exposure {
            Some(known) => known.merge(exposure),
            None => self.exposure = Some(exposure),
        }
    }

    pub(super) fn name_remotes(&mut self, organizations: impl IntoIterator<Item = String>) {
        for organization in organizations {
            self.name_organization(
                organization,
                Naming {
                    evidence: Evidence::Remote,
                    occurrence: None,
                    nearness: 0,
                },
            );
        }
    }

    /// The finding; `None` where nothing was added.
    pub(super) fn into_finding(self, secret: Secret) -> Option<Finding> {
        let best = self.best?;
        let occurrence_count = self.seen.len() as u64;
        let is_ignored = self.ignored.len() == self.seen.len();
        Some(Finding {
            id: best.id,
            rule: best.rule,
            secret,
            proof: best.proof,
            issued: best.issued,
            expires: best.expires,
            validity: ValidityReason::NotAttempted,
            verification: None,
            organizations: choose_organizations(self.organizations),
            exposure: self.exposure,
            suppressed: is_ignored.then(|| inline::suppression(occurrence_count)),
            overruled: None,
            occurrence_count,
            occurrences: self.occurrences.into_iter().map(occurrence).collect(),
        })
    }

    fn identify(&mut self, candidate: Candidate) {
        let strength = match candidate.proof {
            Proof::Checksum => Strength::Proven,
            Proof::Shape if BuiltIn::of_rule(&candidate.rule).is_some() => Strength::BuiltIn,
            Proof::Shape => Strength::User,
        };
        let is_stronger = self
            .best
            .as_ref()
            .is_none_or(|best| (strength, &candidate.rule) < (best.strength, &best.rule));
        if is_stronger {
            self.best = Some(Identity {
                strength,
                rule: candidate.rule,
                id: candidate.id,
                proof: candidate.proof,
                issued: candidate.issued,
                expires: candidate.expires,
            });
        }
    }

    fn keep(&mut self, key: Key, new: Kept, max_occurrences: usize) {
        if let Some(kept) = self.occurrences.get_mut(&key) {
            // Two rules may cut the line around the token differently.
            if is_better(new.excerpt.as_ref(), kept.excerpt.as_ref()) {
                kept.excerpt = new.excerpt;
            }
            kept.is_ignored &= new.is_ignored;
            return;
        }
        self.occurrences.insert(key, new);
        if self.occurrences.len() > max_occurrences {
            self.occurrences.pop_last();
        }
    }

    fn name_organizations(&mut self, key: &Key, clues: &[Clue]) {
        for (nearness, clue) in clues.iter().enumerate() {
            let naming = Naming {
                evidence: clue.evidence,
                occurrence: Some(key.clone()),
                nearness,
            };
            self.name_organization(clue.organization.clone(), naming);
        }
    }

    fn name_organization(&mut self, organization: String, naming: Naming) {
        match self.organizations.entry(organization) {
            Entry::Occupied(known) if *known.get() <= naming => {}
            Entry::Occupied(mut known) => *known.get_mut() = naming,
            Entry::Vacant(unknown) => {
                unknown.insert(naming);
            }
        }
    }
}

/// The place of a finding in the report.
pub(super) fn first_key(finding: &Finding) -> Option<KeyRef<'_>> {
    finding.occurrences.first().map(|occurrence| {
        let origin = &occurrence.origin;
        (
            &*origin.path.0,
            occurrence.position,
            origin.source,
            origin.git.as_ref(),
            &*occurrence.encodings,
        )
    })
}

fn occurrence((key, kept): (Key, Kept)) -> Occurrence {
    let (path, position, source, git, encodings) = key;
    let origin = Origin {
        source,
        path: BytePath(path),
        git,
    };
    Occurrence {
        origin,
        position,
        encodings,
        excerpt: kept.excerpt,
        is_ignored: kept.is_ignored,
    }
}

/// All that stand with the token itself, and of the bystanders those that are named first.
fn choose_organizations(named: BTreeMap<String, Naming>) -> Vec<Clue> {
    let mut named: Vec<(Naming, String)> = named
        .into_iter()
        .map(|(organization, naming)| (naming, organization))
        .collect();
    named.sort();
    let mut nearby = 0;
    let mut clues: Vec<Clue> = named
        .into_iter()
        .filter(|(naming, _)| {
            nearby += usize::from(naming.evidence == Evidence::Nearby);
            naming.evidence != Evidence::Nearby || nearby <= MAX_NEARBY
        })
        .map(|(naming, organization)| Clue {
            organization,
            evidence: naming.evidence,
        })
        .collect();
    clues.sort_by(|a, b| (a.evidence, &a.organization).cmp(&(b.evidence, &b.organization)));
    clues
}

/// Whether `a` is rather kept than `b`: one that is there, else the smaller one.
fn is_better(a: Option<&Excerpt>, b: Option<&Excerpt>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (&a.text, a.span) < (&b.text, b.span),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
