//! Matches what another scanner knows with what was found: by value, else by place.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};
use thiserror::Error;

use super::{Claim, Place, Told};
use crate::model::{Finding, Occurrence, Report, Secret};

/// How an entry was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By the value of the secret, or by a hash of nothing else.
    Value,
    /// By its place, at which no other token stands.
    Place,
}

impl By {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Value => "by value",
            Self::Place => "by place",
        }
    }
}

/// A token that an entry names.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'r> {
    /// The token.
    pub finding: &'r Finding,
    /// How that is known.
    pub by: By,
}

/// Why an entry was not matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unmatched {
    /// Nothing that was found has its value.
    #[error("no token that is found here has this value")]
    Value,
    /// It does not tell the value, and nothing was found at its place.
    #[error("it does not tell the value, and no token is found at its place")]
    Place,
    /// It does not tell the value, and more than one token was found at its place.
    #[error("it does not tell the value, and several tokens stand at its place")]
    Several,
    /// It tells neither value nor place.
    #[error("it tells neither value nor place")]
    Nothing,
}

/// For each claim the token of `report` that it names.
///
/// A claim that tells the value, or its hash, is matched by that alone: another secret may stand at
/// the same place. Paths are compared relative to the `roots`, the folders that were scanned,
/// without links.
pub fn matched<'r>(
    claims: &[Claim],
    report: &'r Report,
    roots: &[PathBuf],
) -> Vec<Result<Matched<'r>, Unmatched>> {
    let hashes: Vec<String> = report
        .findings
        .iter()
        .map(|finding| HEXLOWER.encode(&Sha1::digest(finding.secret.expose())))
        .collect();
    let roots: Vec<String> = roots
        .iter()
        .map(|root| slashes(&root.to_string_lossy()))
        .collect();
    let by_value = |is_it: &dyn Fn(usize, &Finding) -> bool| {
        let mut findings = report.findings.iter().enumerate();
        let found = findings.find(|(index, finding)| is_it(*index, finding));
        let by = By::Value;
        found
            .map(|(_, finding)| Matched { finding, by })
            .ok_or(Unmatched::Value)
    };
    let one = |claim: &Claim| match (&claim.value, &claim.place) {
        (Told::Whole(value), _) => by_value(&|_, finding| finding.secret == *value),
        (Told::Sha1(hash), _) => by_value(&|index, _| hashes[index] == *hash),
        (Told::Start(start), Some(place)) => by_place(place, Some(start), report, &roots),
        (Told::Nothing, Some(place)) => by_place(place, None, report, &roots),
        (Told::Start(_) | Told::Nothing, None) => Err(Unmatched::Nothing),
    };
    claims.iter().map(one).collect()
}

/// The one token at `place`, which must start as is told.
fn by_place<'r>(
    place: &Place,
    start: Option<&Secret>,
    report: &'r Report,
    roots: &[String],
) -> Result<Matched<'r>, Unmatched> {
    let stands = |finding: &&Finding| {
        let mut occurrences = finding.occurrences.iter();
        occurrences.any(|occurrence| stands_at(occurrence, place, roots))
    };
    // Who knows no more than the place may mean any secret on that line: so all of them count,
    // before it is asked how they start.
    let mut there = report.findings.iter().filter(stands);
    let finding = there.next().ok_or(Unmatched::Place)?;
    if there.next().is_some() {
        return Err(Unmatched::Several);
    }
    let starts = |start: &Secret| finding.secret.expose().starts_with(start.expose());
    if start.is_none_or(starts) {
        let by = By::Place;
        Ok(Matched { finding, by })
    } else {
        Err(Unmatched::Place)
    }
}

fn stands_at(occurrence: &Occurrence, place: &Place, roots: &[String]) -> bool {
    let line = occurrence.position.map(|position| position.line);
    if line != Some(place.line) {
        return false;
    }
    let commit = occurrence
        .origin
        .git
        .as_ref()
        .and_then(|git| git.commit.as_ref());
    if let Some(named) = &place.commit {
        let is_it =
            commit.is_some_and(|commit| commit.id.to_string() == named.to_ascii_lowercase());
        if !is_it {
            return false;
        }
    }
    let ours = slashes(&occurrence.origin.path.to_text());
    let ours = relative(&ours, roots);
    let theirs = slashes(&place.path);
    let theirs = theirs.strip_suffix('/').unwrap_or(&theirs);
    let theirs = relative(theirs, roots);
    // kingfisher writes the name of the folder that it scanned before the path.
    let inside = theirs.split_once('/').filter(|(folder, _)| {
        let names = roots.iter().filter_map(|root| root.rsplit('/').next());
        names.into_iter().any(|name| name == *folder)
    });
    ours == theirs || inside.is_some_and(|(_, rest)| ours == rest)
}

/// `path` without a root before it, nor `./`.
fn relative<'p>(path: &'p str, roots: &[String]) -> &'p str {
    let mut inside = roots
        .iter()
        .filter_map(|root| path.strip_prefix(root.as_str())?.strip_prefix('/'));
    let path = inside.next().unwrap_or(path);
    path.strip_prefix("./").unwrap_or(path)
}

/// A path as all systems write it.
fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}
