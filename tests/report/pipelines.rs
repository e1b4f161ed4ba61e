//! Commands to Azure Pipelines and GitHub Actions, and `JUnit` XML.

use patsweep::model::{
    BytePath, Finding, ProblemKind, Report, SourceKind, SuppressedBy, Suppression,
};
use patsweep::report::{Format, is_report};

use crate::history::{commit, in_git};
use crate::sample::{finding, full_report, place, problem, report, write};

/// What ends properties, starts lines and commands, and opens elements.
const EVIL: &str =
    "a]b;c,d:e%0A<b>&\"\r\n##vso[task.complete result=Succeeded;]\n::error::##[x]\u{1b}\u{fffe}";
/// The same where it can be seen.
const SHOWN: &str =
    r#"a]b;c,d:e%0A<b>&"\r\n##vso[task.complete result=Succeeded;]\n::error::##[x]\u{1b}"#;

const PROOF: &str = "proven: its checksum is right, so this is no look-alike";
const HELP: &str = "have its owner revoke it in Azure DevOps under User settings > Personal access \
                    tokens, then remove it here";
const LAST: &str =
    "1 leaked token in 1 place · 1,204 files, 33.1 MB in 0.12 s · INCOMPLETE: 1 problem";

fn evil_report() -> Report {
    let mut report = report(vec![finding('A', vec![place(EVIL, 1)])]);
    report.problems = vec![problem(EVIL, ProblemKind::Corrupt, EVIL)];
    report
}

fn suppressed(letter: char) -> Finding {
    let mut known = finding(letter, vec![place("known", 1)]);
    known.suppressed = Some(Suppression {
        by: SuppressedBy::Baseline,
        reason: "revoked".to_owned(),
    });
    known
}

#[test]
fn everything() {
    for (format, expected) in [
        (Format::AzurePipelines, include_str!("golden/full.azure")),
        (Format::Github, include_str!("golden/full.github")),
        (Format::Junit, include_str!("golden/full.junit.xml")),
    ] {
        assert_eq!(write(&full_report(), format), expected);
    }
}

#[test]
fn azure_pipelines_sees_our_commands_alone() {
    let path = SHOWN.replace('%', "%AZP25").replace(';', "%3B");
    let path = path.replace(']', "%5D") + "\u{fffe}";
    let expected = format!(
        "##vso[task.logissue type=error;sourcepath={path};linenumber=1;columnnumber=5;\
         code=azure-devops-pat;]Azure DevOps personal access token AAAA…zzzz ({PROOF}%3B issued in \
         November 2026), in 1 place%3B first of all {path}:1:5%3B id AAAAAAAAAAAAAAAAAAAA%3B {HELP}\n\
         ##vso[task.logissue type=warning;code=corrupt;]not scanned, or not whole: {path}: {path}\n\
         ##vso[task.complete result=Failed;]{LAST}\n"
    );
    assert_eq!(write(&evil_report(), Format::AzurePipelines), expected);
}

#[test]
fn github_sees_our_commands_alone() {
    let data = SHOWN.replace('%', "%25") + "\u{fffe}";
    let path = data.replace(':', "%3A").replace(',', "%2C");
    let expected = format!(
        "::error file={path},line=1,col=5,title=leak%3A Azure DevOps personal access token::\
         Azure DevOps personal access token AAAA…zzzz ({PROOF}; issued in November 2026), in 1 \
         place; first of all {data}:1:5; id AAAAAAAAAAAAAAAAAAAA; {HELP}\n\
         ::warning title=not scanned%3A corrupt::not scanned, or not whole: {data}: {data}\n\
         {LAST}\n"
    );
    assert_eq!(write(&evil_report(), Format::Github), expected);
}

#[test]
fn no_target_is_a_command() {
    let mut empty = report(Vec::new());
    empty.coverage.files.scanned = 0;
    empty.summary.files = 0;
    empty.summary.bytes = 0;
    empty.targets[0].path = BytePath::from("##vso[task.setvariable variable=x]y");
    for format in [Format::AzurePipelines, Format::Github] {
        assert_eq!(
            write(&empty, format),
            "nothing was scanned: no file to read in # #vso[task.setvariable variable=x]y · complete\n"
        );
    }
}

#[test]
fn what_is_suppressed_fails_nothing() {
    let known = report(vec![suppressed('A')]);
    for format in [Format::AzurePipelines, Format::Github] {
        assert_eq!(
            write(&known, format),
            "no leaked tokens in 1,204 files, 33.1 MB in 0.12 s · 1 suppressed · complete\n"
        );
    }
    assert_eq!(
        write(&known, Format::Junit),
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="patsweep" tests="2" failures="0" errors="0">
  <testsuite name="patsweep" tests="2" failures="0" errors="0" skipped="1">
    <testcase classname="patsweep" name="the scan came to its end"/>
    <testcase classname="azure-devops-pat" name="AAAA…zzzz AAAAAAAAAAAAAAAAAAAA known:1:5" file="known">
      <skipped message="suppressed by the baseline: revoked"/>
    </testcase>
  </testsuite>
</testsuites>
"#
    );
}

#[test]
fn xml_holds_every_name() {
    let path = SHOWN.replace('&', "&amp;").replace('<', "&lt;");
    let path = path.replace('>', "&gt;").replace('"', "&quot;") + "\u{fffd}";
    let help = HELP.replace('>', "&gt;");
    let expected = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="patsweep" tests="3" failures="1" errors="1">
  <testsuite name="patsweep" tests="3" failures="1" errors="1" skipped="0">
    <testcase classname="patsweep" name="the scan came to its end"/>
    <testcase classname="azure-devops-pat" name="AAAA…zzzz AAAAAAAAAAAAAAAAAAAA {path}:1:5" file="{path}">
      <failure message="Azure DevOps personal access token AAAA…zzzz ({PROOF}; issued in November 2026), in 1 place" type="azure-devops-pat">{path}:1:5
{help}</failure>
    </testcase>
    <testcase classname="problem.corrupt" name="{path}">
      <error message="{path}" type="problem.corrupt">{path}</error>
    </testcase>
  </testsuite>
</testsuites>
"#
    );
    assert_eq!(write(&evil_report(), Format::Junit), expected);
}

#[test]
fn an_interrupted_scan_is_no_passed_test() {
    let mut interrupted = report(Vec::new());
    interrupted.interrupted = true;
    let written = write(&interrupted, Format::Junit);
    assert!(
        written.contains(r#"tests="1" failures="0" errors="1""#),
        "{written}"
    );
    assert_eq!(
        write(&interrupted, Format::AzurePipelines),
        "##vso[task.complete result=Failed;]no leaked tokens in 1,204 files, 33.1 MB in 0.12 s · \
         INCOMPLETE: interrupted\n"
    );
}

#[test]
fn an_annotation_stands_in_the_file_that_can_be_opened() {
    let mut other = in_git(SourceKind::GitObject, "a", Some(commit('1')));
    other.origin.git.as_mut().unwrap().repository = std::sync::Arc::new("clones/x".into());
    for (places, expected) in [
        (
            vec![place("z.zip!/a", 7)],
            "::error file=z.zip,line=1,title=",
        ),
        (
            vec![other.clone()],
            "::error file=clones/x/a,line=3,col=5,title=",
        ),
        (
            vec![other, place("b", 9)],
            "::error file=b,line=9,col=5,title=",
        ),
        (
            vec![in_git(SourceKind::GitMessage, "", None)],
            "::error title=",
        ),
    ] {
        let written = write(&report(vec![finding('A', places)]), Format::Github);
        assert!(written.starts_with(expected), "{written}");
    }
}

/// So that a report may replace it, and is not taken for what was scanned.
#[test]
fn every_format_knows_its_own_reports() {
    for name in Format::NAMES {
        for report in [full_report(), report(Vec::new()), evil_report()] {
            let written = write(&report, name.parse().unwrap());
            assert!(
                is_report(written.as_bytes(), written.as_bytes()),
                "{name}: {written}"
            );
        }
    }
    for other in [
        "::notice::x\n",
        "| a |\n",
        "kind,rule\n",
        "<testsuites/>",
        "##vso[x]y",
    ] {
        assert!(!is_report(other.as_bytes(), other.as_bytes()), "{other}");
    }
}
