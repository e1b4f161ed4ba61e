//! The report as it is written: what of it is read, and where that is bounded.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::{
    Flaw, Handed, MAX_FINDINGS, MAX_PLACES, MAX_PLACES_OF_ONE, Recorded, Reported, SCHEMA,
};
use crate::model::{
    self, BytePath, CommitDate, Encoding, FindingId, ObjectId, Position, SourceKind, Timestamp,
};
use crate::rules::BuiltIn;
use crate::token::is_c3id;

/// Characters of a foreign schema that are shown, at most.
const SHOWN: usize = 40;

/// Bytes of a path that is followed, at most.
const MAX_PATH: usize = 32 << 10;

/// Bytes of a name or an address, at most.
const MAX_AUTHOR: usize = 320;

/// Places at which a token is still present that are kept, the first ones.
const MAX_PRESENT: usize = 1000;

/// What tells a report from other files, and its kinds from each other.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Head {
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    r#type: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Document {
    #[serde(default)]
    targets: Vec<Target>,
    #[serde(default)]
    coverage: Coverage,
    findings: Findings,
}

/// The last of JSON lines.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Summary {
    #[serde(default)]
    targets: Vec<Target>,
    #[serde(default)]
    coverage: Coverage,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "a coverage")]
struct Coverage {
    #[serde(default)]
    complete: Option<bool>,
}

#[derive(Deserialize)]
#[serde(expecting = "a target")]
struct Target {
    path: String,
}

#[derive(Deserialize)]
#[serde(expecting = "a finding")]
struct Finding {
    id: String,
    rule: String,
    #[serde(default)]
    expires: Option<String>,
    #[serde(default)]
    exposure: Option<Exposure>,
    #[serde(default)]
    occurrences: First<Occurrence, MAX_PLACES_OF_ONE>,
}

#[derive(Deserialize)]
#[serde(expecting = "an exposure")]
struct Exposure {
    #[serde(default)]
    first: Option<Commit>,
    #[serde(default)]
    present_at: First<String, MAX_PRESENT>,
    #[serde(default)]
    removed_by: Option<Commit>,
    #[serde(default)]
    partial: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an occurrence")]
struct Occurrence {
    source: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    path_base64: Option<String>,
    #[serde(default)]
    line: Option<u64>,
    #[serde(default)]
    column: Option<u64>,
    #[serde(default)]
    offset: Option<u64>,
    #[serde(default)]
    encodings: First<String, 16>,
    #[serde(default)]
    repository: Option<String>,
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    commit: Option<Commit>,
    #[serde(default)]
    reachable: Option<bool>,
    #[serde(default)]
    kept_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a commit")]
struct Commit {
    id: String,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    or_earlier: bool,
}

/// Parses a report, JSON or JSON lines.
pub(super) fn parse(text: &str) -> Result<Handed, Flaw> {
    if !text.trim_start().starts_with('{') {
        return Err(Flaw::NotJson {
            line: 1,
            column: 1,
            message: "expected an object".to_owned(),
        });
    }
    // Its first value tells which it is; what follows may be anything.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Head>();
    match values.next() {
        Some(Err(error)) => Err(flaw(&error, 1)),
        Some(Ok(Head {
            r#type: Some(_), ..
        })) => lines(text),
        _ => document(text),
    }
}

fn document(text: &str) -> Result<Handed, Flaw> {
    // Of another version everything may be different: this first.
    let head: Head = from_str(text, 1)?;
    check_schema(head.schema.as_deref())?;
    let document: Document = from_str(text, 1)?;
    let report = document.findings.0?;
    Ok(report.finish(&document.targets, &document.coverage))
}

fn lines(text: &str) -> Result<Handed, Flaw> {
    let lines = text.lines().enumerate();
    let lines = lines.map(|(index, line)| (index + 1, line));
    let lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
    let Some((&(last, summary), lines)) = lines.split_last() else {
        return Err(Flaw::NoSummary);
    };
    let head: Head = from_str(summary, last)?;
    if head.r#type.as_deref() != Some("summary") {
        return Err(Flaw::NoSummary);
    }
    check_schema(head.schema.as_deref())?;
    let mut report = Builder::default();
    for &(number, line) in lines {
        let head: Head = from_str(line, number)?;
        if head.r#type.as_deref() == Some("finding") {
            report.add(from_str(line, number)?)?;
        }
    }
    let summary: Summary = from_str(summary, last)?;
    Ok(report.finish(&summary.targets, &summary.coverage))
}

/// Fields are added without another version; `patsweep-report/1.1` would say so.
fn check_schema(schema: Option<&str>) -> Result<(), Flaw> {
    let schema = schema.ok_or(Flaw::NoSchema)?;
    let is_known = match schema.strip_prefix(SCHEMA) {
        Some("") => true,
        Some(minor) => minor.strip_prefix('.').is_some_and(|minor| {
            !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
        }),
        None => false,
    };
    if is_known {
        return Ok(());
    }
    let mut found: String = schema.chars().take(SHOWN).collect();
    if found.len() < schema.len() {
        found.push('…');
    }
    Err(Flaw::Schema {
        found: found.escape_debug().to_string(),
    })
}

/// Collects findings and holds their bounds.
#[derive(Default)]
struct Builder {
    findings: Vec<Reported>,
    numbers: HashMap<FindingId, usize>,
    places: usize,
}

impl Builder {
    fn add(&mut self, finding: Finding) -> Result<(), Flaw> {
        let number = self.findings.len() + 1;
        if number > MAX_FINDINGS {
            return Err(Flaw::TooManyFindings);
        }
        if !is_c3id(&finding.id) {
            return Err(Flaw::Id { number });
        }
        if !is_rule(&finding.rule) {
            return Err(Flaw::Rule { number });
        }
        self.places += finding.occurrences.0.len();
        if self.places > MAX_PLACES {
            return Err(Flaw::TooManyPlaces);
        }
        let id = FindingId::C3id(finding.id);
        if let Some(first) = self.numbers.insert(id.clone(), number) {
            return Err(Flaw::Duplicate { first, number, id });
        }
        let is_oauth = BuiltIn::of_rule(&finding.rule) == Some(BuiltIn::OauthToken);
        let expires = finding.expires.filter(|_| is_oauth);
        let occurrences = finding.occurrences.0.into_iter();
        self.findings.push(Reported {
            id,
            rule: finding.rule,
            expires: expires.and_then(|text| time(&text)),
            exposure: finding.exposure.map(exposure),
            occurrences: occurrences.filter_map(recorded).collect(),
        });
        Ok(())
    }

    fn finish(self, targets: &[Target], coverage: &Coverage) -> Handed {
        let targets = targets.iter().map(|target| target.path.as_str());
        Handed {
            targets: targets.map(BytePath::from).collect(),
            is_incomplete: coverage.complete == Some(false),
            findings: self.findings,
        }
    }
}

/// As the ids of rules are checked when they are loaded.
fn is_rule(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_inner)
}

/// A place; `None` of one that a later version writes, or that contradicts itself.
fn recorded(occurrence: Occurrence) -> Option<Recorded> {
    let text = occurrence.path.unwrap_or_default();
    if text.len() > MAX_PATH {
        return None;
    }
    let path = match occurrence.path_base64 {
        None => BytePath(text.into_bytes()),
        Some(encoded) => {
            let path = BytePath(BASE64.decode(encoded.as_bytes()).ok()?);
            // What people see is what is read.
            (path.to_text() == text).then_some(path)?
        }
    };
    let position = match (occurrence.offset, occurrence.line, occurrence.column) {
        (Some(offset), Some(line), Some(column)) => Some(Position {
            offset,
            line,
            column,
        }),
        _ => None,
    };
    let encodings = occurrence.encodings.0.iter();
    let object = |hex: &str| ObjectId::from_hex(hex.as_bytes());
    Some(Recorded {
        source: SourceKind::named(&occurrence.source)?,
        path,
        position,
        encodings: encodings.filter_map(|it| Encoding::named(it)).collect(),
        repository: occurrence.repository.as_deref().map(BytePath::from),
        object: occurrence.object.as_deref().and_then(object),
        commit: occurrence.commit.and_then(commit),
        reachable: occurrence.reachable,
        kept_by: occurrence.kept_by.map(Arc::from),
    })
}

fn exposure(exposure: Exposure) -> model::Exposure {
    model::Exposure {
        first: exposure.first.and_then(commit),
        present_at: exposure.present_at.0,
        removed_by: exposure.removed_by.and_then(commit),
        is_partial: exposure.partial,
    }
}

/// A commit, if its id can be that of one.
fn commit(commit: Commit) -> Option<Arc<model::Commit>> {
    let person = |text: Option<String>| {
        let is_plain = |text: &String| text.len() <= MAX_AUTHOR && !text.contains(char::is_control);
        text.filter(is_plain).unwrap_or_default()
    };
    Some(Arc::new(model::Commit {
        id: ObjectId::from_hex(commit.id.as_bytes())?,
        author: person(commit.author),
        email: person(commit.email),
        date: commit.date.as_deref().and_then(date).unwrap_or(NO_DATE),
        summary: commit.summary.unwrap_or_default(),
        or_earlier: commit.or_earlier,
    }))
}

/// Too early for any calendar, so that reports write none.
const NO_DATE: CommitDate = CommitDate {
    at: Timestamp(i64::MIN),
    offset: 0,
};

fn date(text: &str) -> Option<CommitDate> {
    let parts = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let minutes = parts.to_numeric_offset()?.seconds() / 60;
    Some(CommitDate {
        at: time(text)?,
        offset: i16::try_from(minutes).ok()?,
    })
}

fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(time.as_second()))
}

/// Findings, taken one at a time, so that no more than is allowed is ever in memory.
struct Findings(Result<Builder, Flaw>);

impl<'de> Deserialize<'de> for Findings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Take;

        impl<'de> Visitor<'de> for Take {
            type Value = Findings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of findings")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Findings, A::Error> {
                let mut builder = Builder::default();
                while let Some(finding) = list.next_element()? {
                    if let Err(flaw) = builder.add(finding) {
                        while list.next_element::<IgnoredAny>()?.is_some() {}
                        return Ok(Findings(Err(flaw)));
                    }
                }
                Ok(Findings(Ok(builder)))
            }
        }
        deserializer.deserialize_seq(Take)
    }
}

/// A list of which the first `MAX` are kept, and the rest is read over.
struct First<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for First<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for First<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Take<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Take<T, MAX> {
            type Value = First<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MAX {
                    match list.next_element()? {
                        Some(value) => kept.push(value),
                        None => return Ok(First(kept)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(kept))
            }
        }
        deserializer.deserialize_seq(Take(PhantomData))
    }
}

/// Parses a text that starts in line `first`.
fn from_str<T: DeserializeOwned>(text: &str, first: usize) -> Result<T, Flaw> {
    serde_json::from_str(text).map_err(|error| flaw(&error, first))
}

/// What is wrong, without a word of what the report says there.
fn flaw(error: &serde_json::Error, first: usize) -> Flaw {
    let (line, column) = (first + error.line().max(1) - 1, error.column());
    let text = error.to_string();
    let (text, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    match error.classify() {
        Category::Eof => Flaw::CutOff { line },
        Category::Data => Flaw::Wrong {
            line,
            column,
            message: match text.rsplit_once(", expected ") {
                Some((_, expected)) => format!("expected {expected}"),
                // Of fields that are read, and so by their own names.
                None if text.starts_with("missing field") => text.to_owned(),
                None if text.starts_with("duplicate field") => text.to_owned(),
                None => "it is not what stands there in a report".to_owned(),
            },
        },
        Category::Syntax | Category::Io => Flaw::NotJson {
            line,
            column,
            message: text.to_owned(),
        },
    }
}
