//! From the text of a rule file to rules.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::HirKind;

use super::document::{self, Document, Field, KeyError, Section};
use super::{BuiltIn, Container, Example, Pattern, Place, Rule, RuleError, RuleKind, Severity};

/// The name of the group that holds the secret.
const SECRET_GROUP: &str = "secret";
/// Shorter anchors stand in nearly every file, and the regular expression would run everywhere.
const ANCHOR_BYTES: usize = 3;
/// No byte carries more bits.
const MOST_ENTROPY: f64 = 8.0;

const BUILT_IN_KEYS: &[&str] = &["id", "title", "description", "help", "severity", "detect"];
const USER_KEYS: &[&str] = &[
    "id",
    "title",
    "description",
    "help",
    "severity",
    "anchors",
    "regex",
    "min_entropy",
    "examples",
    "counterexamples",
];

/// The rules of an embedded file.
pub(super) fn built_in(path: &Path, text: &str) -> Result<Vec<Rule>, KeyError> {
    let document = Document::parse(text)?;
    let mut rules = Vec::new();
    for section in document.root(&["rules"])?.tables("rules", BUILT_IN_KEYS)? {
        let name = section.required("detect")?;
        let kind = BuiltIn::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name.value)
            .ok_or_else(|| name.reject("no such recogniser", None))?;
        rules.push(rule(path, &section, RuleKind::BuiltIn(kind))?);
    }
    Ok(rules)
}

/// The rules of a user's file. `taken` holds the ids that are taken, and by what, in words.
pub(super) fn user(
    path: &Path,
    bytes: &[u8],
    taken: &mut BTreeMap<Arc<str>, String>,
) -> Result<Vec<Rule>, RuleError> {
    let invalid = |error: KeyError| RuleError::Invalid {
        path: path.to_owned(),
        error,
    };
    let text = document::text(bytes).map_err(invalid)?;
    let document = Document::parse(text).map_err(invalid)?;
    let sections = document
        .root(&["rules"])
        .and_then(|root| root.tables("rules", USER_KEYS))
        .map_err(invalid)?;
    if sections.is_empty() {
        return Err(RuleError::Empty {
            path: path.to_owned(),
            container: Container::File,
        });
    }
    sections
        .iter()
        .map(|section| {
            let rule = rule(path, section, RuleKind::Pattern(pattern(section)?))?;
            let place = format!("the rule at {}:{}", path.display(), rule.place.line);
            if let Some(first) = taken.insert(rule.id.clone(), place) {
                let what = format!("`{}` is taken by {first}", rule.id);
                return Err(section.reject("id", what, Some("give the rule another id")));
            }
            Ok(rule)
        })
        .collect::<Result<_, KeyError>>()
        .map_err(invalid)
}

fn rule(path: &Path, section: &Section<'_, '_>, kind: RuleKind) -> Result<Rule, KeyError> {
    let id = section.required("id")?;
    if !is_id(&id.value) {
        let hint = "use 1 to 64 lower-case letters, digits and inner hyphens, such as contoso-key";
        return Err(id.reject(
            format!("`{}` is not an id", id.value.escape_debug()),
            Some(hint),
        ));
    }
    let severity = section.required("severity")?;
    let level = Severity::ALL
        .into_iter()
        .find(|level| level.as_str() == severity.value);
    Ok(Rule {
        id: id.value.into(),
        title: not_empty(section.required("title")?)?,
        description: not_empty(section.required("description")?)?,
        help: section
            .string("help")?
            .map_or_else(String::new, |help| help.value.trim().to_owned()),
        severity: level.ok_or_else(|| {
            let what = format!("`{}` is not a severity", severity.value.escape_debug());
            severity.reject(
                what,
                Some("the severities are low, medium, high and critical"),
            )
        })?,
        kind,
        place: Place {
            path: path.to_owned(),
            line: section.line(),
        },
    })
}

fn pattern(section: &Section<'_, '_>) -> Result<Pattern, KeyError> {
    let source = section.required("regex")?;
    let regex = regex::bytes::Regex::new(&source.value).map_err(|error| {
        source.reject(
            format!("not a regular expression: {}", one_line(&error)),
            None,
        )
    })?;
    let secret_group = regex
        .capture_names()
        .position(|name| name == Some(SECRET_GROUP));
    let secret_group = secret_group.ok_or_else(|| {
        let hint = "put the part that is the secret into (?P<secret>…)";
        source.reject(format!("has no group named `{SECRET_GROUP}`"), Some(hint))
    })?;
    if regex.is_match(b"") {
        return Err(source.reject("matches the empty text", None));
    }
    if can_only_be_empty(&source.value, SECRET_GROUP) {
        let what = format!("the group named `{SECRET_GROUP}` can only match nothing");
        let hint = "put the part that is the secret into (?P<secret>…)";
        return Err(source.reject(what, Some(hint)));
    }
    let min_entropy = section.number("min_entropy")?;
    if let Some(field) = &min_entropy
        && !(0.0..=MOST_ENTROPY).contains(&field.value)
    {
        let hint =
            "it is counted in bits per character; random base64 of 40 characters has about 4.8";
        return Err(field.reject("not between 0 and 8", Some(hint)));
    }
    Ok(Pattern {
        anchors: anchors(section)?,
        regex,
        secret_group,
        min_entropy: min_entropy.map(|field| field.value),
        examples: examples(section, "examples")?,
        counterexamples: examples(section, "counterexamples")?,
    })
}

/// Whether the group `name` of an expression that compiles holds nothing, whatever it matches.
fn can_only_be_empty(expression: &str, name: &str) -> bool {
    let mut parser = ParserBuilder::new().utf8(false).build();
    let Ok(whole) = parser.parse(expression) else {
        return false;
    };
    let mut open = vec![&whole];
    while let Some(part) = open.pop() {
        match part.kind() {
            HirKind::Capture(group) if group.name.as_deref() == Some(name) => {
                // None is that of what can not match at all, too.
                let longest = group.sub.properties().maximum_len();
                return longest == Some(0)
                    || matches!(group.sub.kind(), HirKind::Class(class) if class.is_empty());
            }
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Repetition(repeated) => open.push(&repeated.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => open.extend(parts),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
        }
    }
    false
}

fn anchors(section: &Section<'_, '_>) -> Result<Vec<Vec<u8>>, KeyError> {
    let anchors = section.strings("anchors")?;
    if anchors.is_empty() {
        let hint = "name a fixed text of at least three bytes that stands inside every match";
        return Err(section.reject("anchors", "no anchor", Some(hint)));
    }
    for anchor in &anchors {
        if anchor.value.len() < ANCHOR_BYTES {
            let what = format!("`{}` is too short", anchor.value.escape_debug());
            let hint =
                "an anchor has at least three bytes: the expression runs wherever one stands";
            return Err(anchor.reject(what, Some(hint)));
        }
    }
    Ok(anchors
        .into_iter()
        .map(|anchor| anchor.value.into_bytes())
        .collect())
}

fn examples(section: &Section<'_, '_>, key: &str) -> Result<Vec<Example>, KeyError> {
    let fields = section.strings(key)?;
    Ok(fields
        .into_iter()
        .map(|field| Example {
            text: field.value,
            line: field.line,
        })
        .collect())
}

fn not_empty(field: Field<String>) -> Result<String, KeyError> {
    if field.value.trim().is_empty() {
        return Err(field.reject("empty", None));
    }
    Ok(field.value)
}

fn is_id(text: &str) -> bool {
    let legal = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let bytes = text.as_bytes();
    (1..=64).contains(&bytes.len())
        && bytes.iter().all(legal)
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

/// The last line of a regular expression's complaint; the others draw a picture of it.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
