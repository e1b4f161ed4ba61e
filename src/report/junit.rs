//! `JUnit` XML: the findings as failed tests, for services that show those.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::view::{FindingView, ProblemView, View};
use super::{Reporter, advice, escape_for_terminal, place, words};

/// Writes `JUnit` XML.
#[derive(Debug)]
pub(super) struct Junit;

impl Reporter for Junit {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut cases = vec![Case::whole(view)];
        cases.extend(view.findings().map(|it| Case::of_finding(&it, view)));
        cases.extend(view.problems().map(|it| Case::of_problem(&it)));
        let count = |of: fn(&Outcome) -> bool| {
            let cases = cases.iter().filter(|case| of(&case.outcome));
            cases.count().to_string()
        };
        let totals = [
            ("name", env!("CARGO_PKG_NAME").to_owned()),
            ("tests", cases.len().to_string()),
            ("failures", count(|it| matches!(it, Outcome::Failure(_)))),
            ("errors", count(|it| matches!(it, Outcome::Error(_)))),
            ("skipped", count(|it| matches!(it, Outcome::Skipped))),
        ];
        let totals = || totals.iter().map(|(name, value)| (*name, value.as_str()));
        let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        // Some readers know no `skipped` of all suites.
        let suites = writer.create_element("testsuites");
        suites
            .with_attributes(totals().take(4))
            .write_inner_content(|writer| {
                let suite = writer.create_element("testsuite");
                suite
                    .with_attributes(totals())
                    .write_inner_content(|writer| {
                        cases.iter().try_for_each(|it| it.write(writer))
                    })?;
                Ok(())
            })?;
        writeln!(out)
    }

    fn wrote(&self, head: &[u8], _: &[u8]) -> bool {
        let start = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"patsweep\" ";
        head.starts_with(start)
    }
}

/// One test. All texts are such as XML can hold.
struct Case {
    class: String,
    name: String,
    /// The file, where there is one.
    file: Option<String>,
    message: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// With all there is to say.
    Failure(String),
    /// With all there is to say.
    Error(String),
    Skipped,
}

impl Case {
    /// Whether the scan came to its end: so that a report without findings has a test that passed.
    fn whole(view: &View<'_>) -> Self {
        let message = "the scan was interrupted";
        Self {
            class: env!("CARGO_PKG_NAME").to_owned(),
            name: "the scan came to its end".to_owned(),
            file: None,
            message: message.to_owned(),
            outcome: if view.is_interrupted() {
                Outcome::Error(message.to_owned())
            } else {
                Outcome::Passed
            },
        }
    }

    fn of_finding(finding: &FindingView<'_>, view: &View<'_>) -> Self {
        let places = place::best_first(finding);
        let first = places.first();
        let mut name = format!("{} {}", finding.redacted, finding.id);
        if let Some(first) = first {
            name = format!("{name} {}", place::label(first));
        }
        let (message, outcome) = if let Some((by, reason)) = &finding.suppressed {
            let by = words::suppressed_by(*by);
            (format!("suppressed {by}: {reason}"), Outcome::Skipped)
        } else {
            let places = places.iter().map(|it| text(&place::label(it)));
            let mut lines: Vec<String> = places.collect();
            lines.push(text(&advice::next_step(finding, view.now)));
            let message = words::sentence(finding, view.now);
            (message, Outcome::Failure(lines.join("\n")))
        };
        Self {
            class: text(finding.rule),
            name: text(&name),
            file: first.and_then(place::spot).map(|spot| text(&spot.file)),
            message: text(&message),
            outcome,
        }
    }

    fn of_problem(problem: &ProblemView) -> Self {
        let message = text(&problem.message);
        Self {
            class: format!("problem.{}", problem.kind.as_str()),
            name: text(&problem.path.to_text()),
            file: None,
            message: message.clone(),
            outcome: if problem.accepted {
                Outcome::Skipped
            } else {
                Outcome::Error(message)
            },
        }
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let mut case = writer
            .create_element("testcase")
            .with_attribute(("classname", self.class.as_str()))
            .with_attribute(("name", self.name.as_str()));
        if let Some(file) = &self.file {
            case = case.with_attribute(("file", file.as_str()));
        }
        let message = ("message", self.message.as_str());
        let kind = ("type", self.class.as_str());
        let told = |writer: &mut Writer<W>, element: &str, all: &str| {
            let element = writer.create_element(element);
            let element = element.with_attribute(message).with_attribute(kind);
            element.write_text_content(BytesText::new(all)).map(drop)
        };
        match &self.outcome {
            Outcome::Passed => case.write_empty().map(drop),
            Outcome::Failure(all) => case
                .write_inner_content(|writer| told(writer, "failure", all))
                .map(drop),
            Outcome::Error(all) => case
                .write_inner_content(|writer| told(writer, "error", all))
                .map(drop),
            Outcome::Skipped => case
                .write_inner_content(|writer| {
                    let skipped = writer.create_element("skipped").with_attribute(message);
                    skipped.write_empty().map(drop)
                })
                .map(drop),
        }
    }
}

/// On one line, and without what XML 1.0 cannot hold even as an entity.
fn text(text: &str) -> String {
    escape_for_terminal(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
