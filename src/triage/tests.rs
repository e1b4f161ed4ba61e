//! Findings depend on what was seen, never on the order in which it was seen.

mod inline;

use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;

use crate::model::{
    BytePath, Candidate, Clue, Commit, CommitDate, Coverage, Encoding, Evidence, Excerpt, Exposure,
    FindingId, GitPlace, IssueMonth, ObjectId, Origin, Outcome, Position, Problem, ProblemKind,
    Proof, Report, Secret, SkipReason, SourceKind, Summary, TargetKind, TargetSummary, Timestamp,
    Unit,
};

use super::{Interrupted, MAX_NEARBY, Triage};

type Sighting = (Origin, Candidate);

fn sighting(token: char, path: &str, line: u64) -> Sighting {
    let secret: String = std::iter::repeat_n(token, 52).collect();
    let origin = Origin::new(SourceKind::File, BytePath::from(path));
    let candidate = Candidate {
        id: FindingId::C3id(format!("id-{token}")),
        rule: "azure-devops-pat".into(),
        secret: Secret::new(secret.as_bytes()),
        proof: Proof::Checksum,
        issued: None,
        expires: None,
        encodings: Vec::new(),
        position: Some(Position {
            offset: line * 10,
            line,
            column: 1,
        }),
        organizations: Vec::new(),
        excerpt: None,
        name_run: None,
        ignored: None,
    };
    (origin, candidate)
}

fn clues(names: &[(&str, Evidence)]) -> Vec<Clue> {
    names
        .iter()
        .map(|&(name, evidence)| Clue {
            organization: name.to_owned(),
            evidence,
        })
        .collect()
}

fn report(max_occurrences: usize, sightings: &[Sighting]) -> Report {
    let mut triage = Triage::new(NonZeroUsize::new(max_occurrences).unwrap());
    for (origin, candidate) in sightings {
        triage.add(origin.clone(), candidate.clone());
    }
    triage.finish(Vec::new(), Summary::default(), Interrupted::No)
}

/// One line a finding: id, rule, count, kept places, organisations.
fn lines(report: &Report) -> Vec<String> {
    let line = |finding: &crate::model::Finding| {
        let places: Vec<String> = finding
            .occurrences
            .iter()
            .map(|place| {
                let line = place.position.map_or(0, |position| position.line);
                let mut text = format!("{}:{line}", place.origin.path.to_text());
                for encoding in &place.encodings {
                    text.push('+');
                    text.push_str(encoding.as_str());
                }
                text
            })
            .collect();
        let organizations: Vec<String> = finding
            .organizations
            .iter()
            .map(|clue| format!("{}/{}", clue.organization, clue.evidence.as_str()))
            .collect();
        format!(
            "{} {} {} [{}] [{}]",
            finding.id,
            finding.rule,
            finding.occurrence_count,
            places.join(" "),
            organizations.join(" ")
        )
    };
    report.findings.iter().map(line).collect()
}

fn check(max_occurrences: usize, sightings: &[Sighting], expected: &[&str]) {
    assert_eq!(lines(&report(max_occurrences, sightings)), expected);
    let backwards: Vec<Sighting> = sightings.iter().rev().cloned().collect();
    assert_eq!(
        lines(&report(max_occurrences, &backwards)),
        expected,
        "added backwards"
    );
}

#[test]
fn one_finding_per_token_by_first_occurrence() {
    check(
        10,
        &[
            sighting('b', "z", 1),
            sighting('a', "m", 2),
            sighting('b', "a", 9),
            sighting('a', "m", 1),
        ],
        &[
            "id-b azure-devops-pat 2 [a:9 z:1] []",
            "id-a azure-devops-pat 2 [m:1 m:2] []",
        ],
    );
}

#[test]
fn paths_sort_by_bytes_and_names_before_contents() {
    let mut in_name = sighting('a', "b", 1);
    in_name.1.position = None;
    check(
        10,
        &[
            sighting('a', "b", 10),
            sighting('a', "b", 9),
            in_name,
            sighting('a', "B", 3),
        ],
        &["id-a azure-devops-pat 4 [B:3 b:0 b:9 b:10] []"],
    );
}

#[test]
fn the_same_sighting_counts_once() {
    let mut encoded = sighting('a', "a", 1);
    encoded.1.encodings = vec![Encoding::Base64];
    check(
        10,
        &[
            sighting('a', "a", 1),
            encoded.clone(),
            sighting('a', "a", 1),
            encoded,
        ],
        &["id-a azure-devops-pat 2 [a:1 a:1+base64] []"],
    );
}

#[test]
fn the_first_are_kept_and_all_are_counted() {
    let mut many: Vec<Sighting> = (1..=9).map(|line| sighting('a', "a", line)).collect();
    // A duplicate of one that is dropped must not count again.
    many.insert(0, sighting('a', "a", 9));
    many.push(sighting('a', "a", 9));
    check(2, &many, &["id-a azure-devops-pat 9 [a:1 a:2] []"]);
}

#[test]
fn the_stronger_rule_names_the_finding() {
    let with = |rule: &str, proof| {
        let (origin, mut candidate) = sighting('a', "a", 1);
        candidate.rule = rule.into();
        candidate.id = FindingId::C3id(format!("of-{rule}"));
        candidate.proof = proof;
        candidate.issued = (proof == Proof::Checksum).then_some(IssueMonth {
            year: 2026,
            month: 11,
        });
        (origin, candidate)
    };
    let user = with("acme-key", Proof::Shape);
    let other_user = with("zebra-key", Proof::Shape);
    let unproven = with("azure-devops-pat-unproven", Proof::Shape);
    let proven = with("azure-devops-pat", Proof::Checksum);
    check(
        9,
        &[user.clone(), other_user.clone()],
        &["of-acme-key acme-key 1 [a:1] []"],
    );
    check(
        9,
        &[user.clone(), unproven.clone(), other_user.clone()],
        &["of-azure-devops-pat-unproven azure-devops-pat-unproven 1 [a:1] []"],
    );
    let all = [user, unproven, proven, other_user];
    check(
        9,
        &all,
        &["of-azure-devops-pat azure-devops-pat 1 [a:1] []"],
    );
    assert_eq!(
        report(9, &all).findings[0].issued,
        Some(IssueMonth {
            year: 2026,
            month: 11
        })
    );
}

#[test]
fn entry_beats_nearby_wherever_it_stands() {
    let mut first = sighting('a', "a", 1);
    first.1.organizations = clues(&[
        ("contoso", Evidence::Nearby),
        ("fabrikam", Evidence::Nearby),
    ]);
    let mut second = sighting('a', "b", 1);
    second.1.organizations = clues(&[("contoso", Evidence::Entry), ("acme", Evidence::Entry)]);
    check(
        1,
        &[first, second],
        &["id-a azure-devops-pat 2 [a:1] [acme/entry contoso/entry fabrikam/nearby]"],
    );
}

#[test]
fn bystanders_are_few_and_the_first_named() {
    let mut far = sighting('a', "z", 1);
    far.1.organizations = clues(&[("aaa", Evidence::Nearby), ("own", Evidence::Entry)]);
    let mut near = sighting('a', "a", 1);
    near.1.organizations = clues(&[
        ("e", Evidence::Nearby),
        ("d", Evidence::Nearby),
        ("c", Evidence::Nearby),
        ("b", Evidence::Nearby),
        ("own", Evidence::Nearby),
    ]);
    let mut middle = sighting('a', "m", 1);
    middle.1.organizations = clues(&[("m1", Evidence::Nearby), ("m2", Evidence::Nearby)]);
    assert_eq!(MAX_NEARBY, 5);
    check(
        9,
        &[far, near, middle],
        &["id-a azure-devops-pat 3 [a:1 m:1 z:1] \
           [own/entry b/nearby c/nearby d/nearby e/nearby m1/nearby]"],
    );
}

#[test]
fn problems_names_and_counts_are_merged() {
    let problem = |path: &str| Problem {
        path: BytePath::from(path),
        kind: ProblemKind::Unreadable,
        message: "cannot open".to_owned(),
    };
    let mut coverage = Coverage::default();
    coverage.tally_mut(Unit::File).add(Outcome::Scanned);
    coverage
        .tally_mut(Unit::File)
        .add(Outcome::Skipped(SkipReason::Link));
    let mut triage = Triage::new(NonZeroUsize::MIN);
    for run in ["run2", "run1", "run2"] {
        let (origin, mut candidate) = sighting('a', run, 1);
        candidate.name_run = Some(Secret::new(run.as_bytes()));
        triage.add(origin, candidate);
    }
    for path in ["b", "a", "b"] {
        triage.problem(problem(path));
    }
    triage.coverage(&coverage);
    triage.coverage(&coverage);
    assert_eq!(triage.tokens(), 1);
    let targets = vec![TargetSummary {
        kind: TargetKind::Path,
        path: BytePath::from("."),
        head: None,
    }];
    let summary = Summary {
        bytes: 3,
        files: 2,
        objects: 0,
        seconds: 0.5,
    };
    let report = triage.finish(targets.clone(), summary, Interrupted::Yes);
    assert_eq!(report.targets, targets);
    assert_eq!(report.summary, summary);
    assert!(report.interrupted);
    assert_eq!(report.problems, [problem("a"), problem("b")]);
    assert_eq!(
        report.name_runs,
        [Secret::new(b"run1"), Secret::new(b"run2")]
    );
    assert_eq!(
        (report.coverage.files.scanned, report.coverage.files.seen()),
        (2, 4)
    );
}

/// `sighting` in a repository, where its object is this digit and its commit too.
fn in_git(sighting: Sighting, source: SourceKind, repository: &str, digit: char) -> Sighting {
    let (mut origin, candidate) = sighting;
    let commit = commit(digit);
    origin.source = source;
    origin.git = Some(GitPlace {
        repository: Arc::new(BytePath::from(repository)),
        object: Some(commit.id),
        commit: Some(commit),
        reachable: Some(true),
        kept_by: None,
    });
    (origin, candidate)
}

fn commit(digit: char) -> Arc<Commit> {
    Arc::new(Commit {
        id: ObjectId::from_hex(digit.to_string().repeat(40).as_bytes()).unwrap(),
        author: "A".to_owned(),
        email: "a@example.com".to_owned(),
        date: CommitDate {
            at: Timestamp(0),
            offset: 0,
        },
        summary: digit.to_string(),
        or_earlier: false,
    })
}

#[test]
fn places_in_git_sort_after_files_by_repository_and_object() {
    let git = |line, source, repository, digit| {
        in_git(sighting('a', "f", line), source, repository, digit)
    };
    let expected = [
        sighting('a', "f", 1),
        git(1, SourceKind::GitObject, "r", '2'),
        git(1, SourceKind::GitObject, "s", '1'),
        git(1, SourceKind::GitObject, "s", '3'),
        git(1, SourceKind::GitLfs, "r", '1'),
        sighting('a', "f", 2),
        git(3, SourceKind::GitObject, "r", '1'),
    ];
    let mut all = expected.to_vec();
    all.reverse();
    all.extend(expected.clone());
    let report = report(10, &all);
    let origins: Vec<&Origin> = report.findings[0]
        .occurrences
        .iter()
        .map(|occurrence| &occurrence.origin)
        .collect();
    assert_eq!(origins, expected.each_ref().map(|(origin, _)| origin));
    assert_eq!(report.findings[0].occurrence_count, 7);
}

#[test]
fn what_repositories_tell_is_added_to_their_tokens() {
    let mut named = sighting('a', "a", 1);
    named.1.organizations = clues(&[("own", Evidence::Entry), ("near", Evidence::Nearby)]);
    let secret = named.1.secret.clone();
    let absent = sighting('z', "a", 1).1.secret;
    let exposure = |digit| Exposure {
        first: Some(commit(digit)),
        present_at: vec![format!("refs/heads/{digit}")],
        removed_by: None,
        is_partial: false,
    };
    let both = Exposure {
        present_at: vec!["refs/heads/1".to_owned(), "refs/heads/2".to_owned()],
        ..exposure('1')
    };
    let remotes = ["zulu", "own", "alpha", "near", "zulu"];
    for digits in [['1', '2'], ['2', '1']] {
        let mut triage = Triage::new(NonZeroUsize::MIN);
        triage.add(named.0.clone(), named.1.clone());
        let other = sighting('b', "b", 1);
        triage.add(other.0, other.1);
        for digit in digits {
            triage.exposure(&secret, exposure(digit));
        }
        triage.exposure(&absent, exposure('3'));
        triage.remote_clues(&secret, remotes.map(str::to_owned));
        triage.remote_clues(&absent, remotes.map(str::to_owned));
        let report = triage.finish(Vec::new(), Summary::default(), Interrupted::No);
        assert_eq!(
            lines(&report),
            [
                "id-a azure-devops-pat 1 [a:1] \
                 [own/entry near/nearby alpha/remote zulu/remote]",
                "id-b azure-devops-pat 1 [b:1] []",
            ]
        );
        let exposures: Vec<_> = report.findings.iter().map(|f| &f.exposure).collect();
        assert_eq!(exposures, [&Some(both.clone()), &None]);
    }
}

#[test]
fn accepted_kinds_of_problem_leave_a_report_complete() {
    let check = |accepted: &[ProblemKind], is_complete| {
        let mut triage = Triage::new(NonZeroUsize::MIN);
        let problem = |kind| Problem {
            path: BytePath::from("r"),
            kind,
            message: "not there".to_owned(),
        };
        triage.problem(problem(ProblemKind::Shallow));
        triage.accept(accepted.iter().copied());
        triage.problem(problem(ProblemKind::Lfs));
        let report = triage.finish(Vec::new(), Summary::default(), Interrupted::No);
        assert_eq!(report.problems.len(), 2);
        assert_eq!(report.is_complete(), is_complete);
        for problem in &report.problems {
            assert_eq!(report.accepts(problem), accepted.contains(&problem.kind));
        }
    };
    check(&[], false);
    check(&[ProblemKind::Shallow], false);
    check(&[ProblemKind::Lfs, ProblemKind::Shallow], true);
    check(&[ProblemKind::Corrupt], false);
}

/// Few values for each field, so that sightings meet in every way.
fn any_sighting() -> impl Strategy<Value = Sighting> {
    let place = prop::option::of((
        prop::sample::select(vec![SourceKind::GitObject, SourceKind::GitMessage]),
        prop::sample::select(vec!["r", "s"]),
        prop::sample::select(vec!['1', '2']),
    ));
    (any_candidate(), place).prop_map(|(sighting, place)| match place {
        Some((source, repository, digit)) => in_git(sighting, source, repository, digit),
        None => sighting,
    })
}

fn any_candidate() -> impl Strategy<Value = Sighting> {
    let clue = (
        0..8_u8,
        prop_oneof![Just(Evidence::Entry), Just(Evidence::Nearby)],
    )
        .prop_map(|(name, evidence)| Clue {
            organization: format!("org{name}"),
            evidence,
        });
    (
        prop::sample::select(vec!['a', 'b', 'c']),
        prop::sample::select(vec!["x", "y", "y/z"]),
        prop::option::of(1..4_u64),
        prop::collection::vec(Just(Encoding::Base64), 0..2),
        prop::sample::select(vec![
            ("azure-devops-pat", Proof::Checksum),
            ("azure-devops-pat-unproven", Proof::Shape),
            ("acme", Proof::Shape),
        ]),
        prop::collection::vec(clue, 0..6),
        prop::sample::select(vec!["one", "two"]),
    )
        .prop_map(
            |(token, path, line, encodings, (rule, proof), organizations, text)| {
                let (origin, mut candidate) = sighting(token, path, 1);
                candidate.position = line.map(|line| Position {
                    offset: line * 10,
                    line,
                    column: 1,
                });
                candidate.encodings = encodings;
                candidate.id = FindingId::C3id(format!("{token}-{rule}"));
                candidate.rule = rule.into();
                candidate.proof = proof;
                candidate.organizations = organizations;
                candidate.excerpt = line.map(|_| Excerpt {
                    text: text.to_owned(),
                    span: (0, 1),
                });
                candidate.name_run = line
                    .is_none()
                    .then(|| Secret::new(format!("{token}{text}").as_bytes()));
                (origin, candidate)
            },
        )
}

proptest! {
    #[test]
    fn order_of_arrival_does_not_show(
        (sightings, shuffled) in prop::collection::vec(any_sighting(), 0..60)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        max_occurrences in 1..6_usize,
    ) {
        prop_assert_eq!(report(max_occurrences, &sightings), report(max_occurrences, &shuffled));
    }
}
