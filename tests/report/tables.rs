//! The report as markdown and as CSV.

use patsweep::model::{ProblemKind, Report};
use patsweep::report::{Format, Secrets, Verbosity};

use crate::sample::{finding, full_report, place, problem, report, token, write, write_with};

/// Markup of markdown and HTML, a formula, cells of their own.
const EVIL: &str = "=1|a,\"b\"`c`<b>&[x](https://y) @me *e*\n\r| d |";

fn evil_report() -> Report {
    let mut report = report(vec![finding('A', vec![place(EVIL, 1)])]);
    report.problems = vec![problem(EVIL, ProblemKind::Corrupt, EVIL)];
    report
}

#[test]
fn everything() {
    for (format, expected) in [
        (Format::Markdown, include_str!("golden/full.md")),
        (Format::Csv, include_str!("golden/full.csv")),
    ] {
        assert_eq!(write(&full_report(), format), expected);
    }
}

#[test]
fn markdown_makes_no_markup_of_names() {
    let text = r#"=1&#124;a,"b"&#96;c&#96;&#60;b&#62;&#38;&#91;x&#93;(https&#58;//y) &#64;me &#42;e&#42;&#92;n&#92;r&#124; d &#124;"#;
    let expected = format!(
        "## patsweep: leaked tokens\n\n\
         1 leaked token in 1 place · 1,204 files, 33.1 MB in 0.12 s · INCOMPLETE: 1 problem\n\n\
         | | Token | Where | Id | What to do |\n|---|---|---|---|---|\n\
         | **leak** | Azure DevOps personal access token <code>AAAA…zzzz</code> | \
         <code>{text}:1:5</code> | <code>AAAAAAAAAAAAAAAAAAAA</code> | have its owner revoke it in \
         Azure DevOps under User settings &#62; Personal access tokens, then remove it here |\n\n\
         | Not scanned | Where | Why |\n|---|---|---|\n\
         | corrupt | <code>{text}</code> | {text} |\n"
    );
    assert_eq!(write(&evil_report(), Format::Markdown), expected);
}

#[test]
fn markdown_is_short_enough_for_a_summary() {
    let letters = ('\u{4e00}'..).take(205);
    let many = report(letters.map(|c| finding(c, vec![place("f", 1)])).collect());
    let rows = |written: &str| written.matches("\n| **leak** |").count();
    let written = write(&many, Format::Markdown);
    assert_eq!(rows(&written), 200);
    assert!(written.ends_with("|\n\nand 5 more\n"), "{written}");
    let verbose = |options: &mut patsweep::report::Options<'_>| {
        options.verbosity = Verbosity::Verbose;
    };
    assert_eq!(rows(&write_with(&many, Format::Markdown, verbose)), 205);
}

#[test]
fn no_cell_is_a_formula_and_no_name_makes_cells() {
    let path = r#""'=1|a,""b""`c`<b>&[x](https://y) @me *e*\n\r| d |""#;
    let expected = format!(
        "kind,rule,severity,token,id,proof,validity,validity_reason,organizations,places,source,\
         path,line,column,repository,commit,encodings,note\n\
         leak,azure-devops-pat,critical,AAAA…zzzz,AAAAAAAAAAAAAAAAAAAA,checksum,unknown,\
         not_attempted,,1,file,{path},1,5,,,,\n\
         problem,corrupt,,,,,,,,,,{path},,,,,,{path}\n"
    );
    assert_eq!(write(&evil_report(), Format::Csv), expected);
}

#[test]
fn a_table_has_the_tokens_when_asked_for() {
    let written = write_with(&full_report(), Format::Csv, |options| {
        options.secrets = Secrets::Show;
    });
    let first = written.lines().nth(1).unwrap();
    assert_eq!(first.split(',').nth(3), Some(token('A').as_str()));
}
