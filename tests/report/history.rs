//! What reports say of places in a git repository.

use std::collections::BTreeSet;
use std::sync::Arc;

use patsweep::model::{
    BytePath, Commit, CommitDate, Evidence, Exposure, GitPlace, ObjectId, ObjectKind, Occurrence,
    Outcome, Outside, ProblemKind, Report, SkipReason, SourceKind, TargetKind, Unit,
};
use patsweep::report::{Format, Verbosity};
use serde_json::{Value, json};

use crate::sample::{NOW, clue, finding, place, problem, report, write, write_with};
use crate::sarif::log;

/// The name of an object: this digit forty times.
pub(crate) fn id(digit: char) -> ObjectId {
    ObjectId::from_hex(digit.to_string().repeat(40).as_bytes()).unwrap()
}

pub(crate) fn commit(digit: char) -> Commit {
    Commit {
        id: id(digit),
        author: "Ada Lovelace".to_owned(),
        email: "ada@contoso.example".to_owned(),
        date: CommitDate {
            at: NOW,
            offset: 60,
        },
        summary: format!("add the \"feed\" {digit}"),
        or_earlier: false,
    }
}

/// A place in `path` of a repository in the working directory.
pub(crate) fn in_git(source: SourceKind, path: &str, commit: Option<Commit>) -> Occurrence {
    let mut occurrence = place(path, 3);
    occurrence.origin.source = source;
    occurrence.origin.git = Some(GitPlace {
        repository: Arc::new(BytePath::from(".")),
        object: Some(id('b')),
        commit: commit.map(Arc::new),
        reachable: Some(true),
        kept_by: None,
    });
    occurrence
}

/// A report on one repository in the working directory.
fn repository(findings: Vec<patsweep::model::Finding>) -> Report {
    let mut report = report(findings);
    report.targets[0].kind = TargetKind::Repository;
    report.targets[0].path = BytePath::from(".");
    report.targets[0].head = Some(id('f'));
    report
}

/// Every source in a repository.
fn every_place() -> Vec<Occurrence> {
    let git = |source, path| in_git(source, path, Some(commit('1')));
    let mut author = git(SourceKind::GitMessage, "");
    author.position = None;
    author.excerpt = None;
    author.origin.git.as_mut().unwrap().object = Some(id('1'));
    let mut tagger = in_git(SourceKind::GitMessage, "", None);
    tagger.position = None;
    let mut dangling = in_git(SourceKind::GitObject, "", None);
    dangling.origin.git.as_mut().unwrap().reachable = Some(false);
    let mut packed = dangling.clone();
    packed.origin.path = BytePath::from("!/a/.env");
    let mut earlier = commit('2');
    earlier.or_earlier = true;
    let mut lost = in_git(SourceKind::GitObject, "conf/.npmrc", Some(earlier));
    lost.origin.git.as_mut().unwrap().reachable = Some(false);
    let mut reflog = git(SourceKind::GitReflog, ".git/logs/HEAD");
    reflog.origin.git.as_mut().unwrap().object = None;
    let mut stashed = git(SourceKind::GitObject, "conf/a.zip!/b");
    stashed.origin.git.as_mut().unwrap().kept_by = Some("stash@{0}".into());
    let mut named = git(SourceKind::GitName, "conf/…zzzz.txt");
    named.position = None;
    vec![
        git(SourceKind::GitObject, "conf/.npmrc"),
        author,
        tagger,
        dangling,
        git(SourceKind::GitMessage, ""),
        in_git(SourceKind::GitMessage, "", None),
        git(SourceKind::GitNote, ""),
        packed,
        reflog,
        lost,
        in_git(SourceKind::GitIndex, "conf/.npmrc", None),
        stashed,
        named,
        git(SourceKind::GitLfs, "conf/large.bin"),
    ]
}

/// A finding everywhere and one that is gone, and a ledger of objects.
fn full_report() -> Report {
    let mut everywhere = finding('A', every_place());
    everywhere.organizations = vec![clue("contoso", Evidence::Remote)];
    everywhere.exposure = Some(Exposure {
        first: Some(Arc::new(commit('1'))),
        present_at: ["work-tree", "index", "HEAD", "refs/heads/a"]
            .into_iter()
            .chain(["refs/heads/b", "refs/tags/v1"])
            .map(str::to_owned)
            .collect(),
        removed_by: None,
        is_partial: false,
    });
    let mut gone = finding(
        'G',
        vec![in_git(
            SourceKind::GitObject,
            "old/.npmrc",
            Some(commit('2')),
        )],
    );
    gone.exposure = Some(Exposure {
        first: Some(Arc::new(commit('1'))),
        present_at: Vec::new(),
        removed_by: Some(Arc::new(commit('3'))),
        is_partial: false,
    });
    let mut report = repository(vec![everywhere, gone]);
    report.problems = vec![
        problem(
            ".",
            ProblemKind::Shallow,
            "the history before 2 commits is missing; git fetch --unshallow",
        ),
        problem(
            ".",
            ProblemKind::Promisor,
            "3 objects are missing; git fetch --refetch",
        ),
    ];
    report.accepted = BTreeSet::from([ProblemKind::Shallow]);
    for (kind, scanned) in [
        (ObjectKind::Blob, 700),
        (ObjectKind::Tree, 400),
        (ObjectKind::Commit, 134),
    ] {
        report.coverage.tally_mut(Unit::Object(kind)).scanned = scanned;
    }
    let corrupt = Outcome::Skipped(SkipReason::Corrupt);
    for kind in [ObjectKind::Blob, ObjectKind::Unknown] {
        report.coverage.tally_mut(Unit::Object(kind)).add(corrupt);
    }
    report.coverage.outside = Outside {
        missing_promisor: 3,
        lfs_absent: 0,
        shallow_boundary: 2,
        submodules: 1,
    };
    report.summary.objects = 1234;
    report
}

#[test]
fn everything_as_text() {
    let verbose = write_with(&full_report(), Format::Text, |options| {
        options.verbosity = Verbosity::Verbose;
    });
    assert_eq!(verbose, include_str!("golden/history.txt"));
}

#[test]
fn everything_as_json() {
    let written = write(&full_report(), Format::Json);
    let expected = include_str!("golden/history.json");
    assert_eq!(
        written,
        expected.replace("{VERSION}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn everything_as_sarif() {
    let log = log(&full_report());
    let run = &log["runs"][0];
    let expected: Value =
        serde_json::from_str(include_str!("golden/history-results.json")).unwrap();
    let told = json!({"invocations": run["invocations"], "results": run["results"]});
    assert_eq!(told, expected, "{told:#}");
}

#[test]
fn many_references_are_cut_and_counted() {
    let written = write(&full_report(), Format::Text);
    assert!(
        written.contains("= present in: work tree, index, HEAD, refs/heads/a (and 2 more)\n"),
        "{written}"
    );
}

#[test]
fn a_line_each_tells_the_commit() {
    let place = || {
        vec![in_git(
            SourceKind::GitObject,
            "conf/.npmrc",
            Some(commit('1')),
        )]
    };
    let findings = ('A'..='Z').map(|letter| finding(letter, place())).collect();
    let written = write(&repository(findings), Format::Text);
    assert!(
        written.contains(
            "\nleak[azure-devops-pat]: conf/.npmrc:3:5 in commit 111111111111: ZZZZ…zzzz, \
             id ZZZZZZZZZZZZZZZZZZZZ\n"
        ),
        "{written}"
    );
}

#[test]
fn of_several_repositories_each_is_named() {
    let occurrence = || in_git(SourceKind::GitObject, "conf/.npmrc", Some(commit('1')));
    let mut elsewhere = occurrence();
    elsewhere.origin.git.as_mut().unwrap().repository = Arc::new(BytePath::from("clones/x"));
    let mut report = report(vec![finding('A', vec![occurrence(), elsewhere])]);
    report.targets[0].path = BytePath::from(".");
    let written = write(&report, Format::Text);
    let line = "in commit 111111111111  2026-11-22  Ada Lovelace <ada@contoso.example>  \"add the \
                \"feed\" 1\"  blob bbbbbbbbbbbb";
    assert!(
        written.contains(&format!(
            " --> conf/.npmrc:3:5\n     {line}  repository .\n"
        )),
        "{written}"
    );
    assert!(
        written.contains(&format!(
            "      conf/.npmrc:3:5\n        {line}  repository clones/x\n"
        )),
        "{written}"
    );
    let log = log(&report);
    let uri = &log["runs"][0]["results"][0]["locations"][1]["physicalLocation"]["artifactLocation"];
    assert_eq!(
        uri,
        &json!({"uri": "clones/x/conf/.npmrc", "uriBaseId": "%SRCROOT%"})
    );
}

#[test]
fn what_is_only_staged_is_no_history() {
    let staged = in_git(SourceKind::GitIndex, "conf/.npmrc", None);
    let written = write(&repository(vec![finding('A', vec![staged])]), Format::Text);
    assert!(
        written.contains("     staged  blob bbbbbbbbbbbb\n"),
        "{written}"
    );
    assert!(written.contains(", then remove it here\n"), "{written}");
}

#[test]
fn long_texts_of_commits_fit_a_line() {
    let long = Commit {
        author: "x".repeat(50),
        email: "e".repeat(70),
        summary: "s".repeat(80),
        date: CommitDate {
            at: patsweep::model::Timestamp(i64::MAX),
            offset: 0,
        },
        ..commit('1')
    };
    let occurrence = in_git(SourceKind::GitObject, "f", Some(long));
    let report = repository(vec![finding('A', vec![occurrence])]);
    let expected = format!(
        "     in commit 111111111111  no date  {}… <{}…>  \"{}…\"  blob bbbbbbbbbbbb\n",
        "x".repeat(40),
        "e".repeat(60),
        "s".repeat(72)
    );
    let written = write(&report, Format::Text);
    assert!(written.contains(&expected), "{written}");
    let document: Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
    let commit = &document["findings"][0]["occurrences"][0]["commit"];
    assert_eq!(
        (&commit["date"], &commit["summary"]),
        (&Value::Null, &json!("s".repeat(80)))
    );
}

#[test]
fn what_is_accepted_is_told_and_no_gap() {
    let check = |accepted: &[ProblemKind], interrupted, expected: &str, complete: bool| {
        let mut report = repository(Vec::new());
        report.summary.objects = 7;
        report.interrupted = interrupted;
        report.problems = vec![
            problem("a", ProblemKind::Shallow, "cut off"),
            problem("b", ProblemKind::Lfs, "not fetched"),
        ];
        report.accepted = accepted.iter().copied().collect();
        let written = write(&report, Format::Text);
        let tail = written.lines().last().unwrap();
        assert_eq!(
            tail,
            format!(
                "no leaked tokens in 1,204 files and 7 git objects, 33.1 MB in 0.12 s · {expected}"
            )
        );
        let is_marked = written.starts_with("problem[shallow] (accepted): a: cut off\n");
        assert_eq!(is_marked, accepted.contains(&ProblemKind::Shallow));
        let document: Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
        assert_eq!(document["coverage"]["complete"], json!(complete));
        let log = log(&report);
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], json!(complete));
    };
    check(&[], false, "INCOMPLETE: 2 problems", false);
    check(
        &[ProblemKind::Shallow],
        false,
        "INCOMPLETE: 1 problem, 1 accepted",
        false,
    );
    let both = [ProblemKind::Shallow, ProblemKind::Lfs];
    check(&both, false, "complete but for 2 accepted problems", true);
    check(&both, true, "INCOMPLETE: interrupted, 2 accepted", false);
}

#[test]
fn a_bare_repository_has_no_files_and_is_scanned() {
    let mut bare = repository(Vec::new());
    bare.coverage.files.scanned = 0;
    bare.summary.files = 0;
    bare.summary.objects = 1;
    assert_eq!(
        write(&bare, Format::Text),
        "no leaked tokens in 1 git object, 33.1 MB in 0.12 s · complete\n"
    );
}
