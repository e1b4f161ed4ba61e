//! Which tokens are looked for: the built-in rules and the user's, read from TOML.
//!
//! A rule is metadata and a way to find it: a recogniser that is built in, or anchors and a regular
//! expression. This room says *what*; the detector knows *how*. The file format is described in
//! `docs/rules.md`.

pub mod document;
mod entropy;
mod error;
pub mod input;
mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use crate::token::explain::TokenKind;
use crate::token::legacy::LegacyKind;

pub use entropy::entropy;
pub use error::{Container, RuleError};

/// The built-in rules, in the order in which they are listed. A new one is a file and a row.
const BUILT_IN: [(&str, &str); 5] = [
    (
        "rules/azure-devops-pat.toml",
        include_str!("../../rules/azure-devops-pat.toml"),
    ),
    (
        "rules/azure-devops-pat-legacy.toml",
        include_str!("../../rules/azure-devops-pat-legacy.toml"),
    ),
    (
        "rules/azure-devops-app-secret.toml",
        include_str!("../../rules/azure-devops-app-secret.toml"),
    ),
    (
        "rules/azure-devops-oauth-token.toml",
        include_str!("../../rules/azure-devops-oauth-token.toml"),
    ),
    (
        "rules/azure-devops-pat-unproven.toml",
        include_str!("../../rules/azure-devops-pat-unproven.toml"),
    ),
];

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique; lower-case letters, digits and inner hyphens.
    pub id: Arc<str>,
    /// A few words, for lists and headings.
    pub title: String,
    /// One sentence: what is found.
    pub description: String,
    /// What it is and what to do about it, in Markdown; may be empty for a user's rule.
    pub help: String,
    /// How bad a leak is.
    pub severity: Severity,
    /// How it is found.
    pub kind: RuleKind,
    /// Where the rule is written down.
    pub place: Place,
}

/// Where a rule is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file; relative to the source of patsweep for a built-in rule.
    pub path: PathBuf,
    /// The line on which the rule starts, 1-based.
    pub line: usize,
}

/// How bad a leak is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Probably nothing.
    Low,
    /// Of limited use to a stranger.
    Medium,
    /// Of use to a stranger, for a while or within bounds.
    High,
    /// Opens the door.
    Critical,
}

impl Severity {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in rule files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a rule finds its tokens.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// By a recogniser in the detector.
    BuiltIn(BuiltIn),
    /// By anchors and a regular expression.
    Pattern(Pattern),
}

/// The recognisers in the detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltIn {
    /// The 84-character personal access token.
    Pat,
    /// The 52-character personal access token.
    PatLegacy,
    /// The application secret.
    AppSecret,
    /// The OAuth access token.
    OauthToken,
    /// Shaped like a personal access token, with a wrong checksum, in a named context.
    PatUnproven,
}

impl BuiltIn {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Pat,
        Self::PatLegacy,
        Self::AppSecret,
        Self::OauthToken,
        Self::PatUnproven,
    ];

    /// The name in rule files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pat => "pat",
            Self::PatLegacy => "pat-legacy",
            Self::AppSecret => "app-secret",
            Self::OauthToken => "oauth-token",
            Self::PatUnproven => "pat-unproven",
        }
    }

    /// The recogniser of tokens of this kind.
    pub fn of_kind(kind: &TokenKind) -> Self {
        match kind {
            TokenKind::Pat(_) => Self::Pat,
            TokenKind::Legacy(LegacyKind::UserPat) => Self::PatLegacy,
            TokenKind::Legacy(LegacyKind::AppSecret) => Self::AppSecret,
            TokenKind::Oauth(_) => Self::OauthToken,
        }
    }

    /// The id of its rule.
    pub fn rule_id(self) -> String {
        format!("azure-devops-{}", self.as_str())
    }

    /// The recogniser behind the rule with this id; `None` for a user's rule.
    pub fn of_rule(id: &str) -> Option<Self> {
        let name = id.strip_prefix("azure-devops-")?;
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Anchors and a regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// At least one of them stands inside every match; not empty, each at least three bytes long.
    pub anchors: Vec<Vec<u8>>,
    /// Run around each anchor that is met.
    pub regex: regex::bytes::Regex,
    /// The index of the group named `secret`.
    pub secret_group: usize,
    /// The least [`entropy()`] of the secret.
    pub min_entropy: Option<f64>,
    /// Texts in which the rule must find something.
    pub examples: Vec<Example>,
    /// Texts in which it must not.
    pub counterexamples: Vec<Example>,
}

/// A text that belongs to a rule's self-test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// The line on which it stands in the rule file, 1-based.
    pub line: usize,
}

/// The rules of one run.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    unproven: Unproven,
}

/// Whether tokens without a proof are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unproven {
    /// They are not.
    #[default]
    Exclude,
    /// They are.
    Include,
}

impl RuleSet {
    /// The built-in rules.
    ///
    /// # Panics
    ///
    /// Never: a test loads the embedded files.
    pub fn builtin() -> Self {
        let parse = |(path, text): &(&str, &str)| {
            parse::built_in(Path::new(path), text).expect("embedded rule files are tested")
        };
        Self {
            rules: BUILT_IN.iter().flat_map(parse).collect(),
            unproven: Unproven::Exclude,
        }
    }

    /// The built-in rules, then those in `paths`, each a TOML file or a folder of `*.toml` files.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in the order of `paths`, files of a folder by name.
    pub fn load(paths: &[PathBuf]) -> Result<Self, RuleError> {
        let mut set = Self::builtin();
        let mut taken: BTreeMap<Arc<str>, String> = set
            .rules
            .iter()
            .map(|rule| (rule.id.clone(), "a built-in rule".to_owned()))
            .collect();
        for path in paths {
            for file in files(path)? {
                let bytes = input::read(&file).map_err(|source| RuleError::Read {
                    path: file.clone(),
                    source,
                })?;
                set.rules.extend(parse::user(&file, &bytes, &mut taken)?);
            }
        }
        Ok(set)
    }

    /// Turns the rule for unproven tokens on or off; it is off at first.
    #[must_use]
    pub fn unproven(mut self, unproven: Unproven) -> Self {
        self.unproven = unproven;
        self
    }

    /// The rule of a built-in recogniser, unless it is off.
    pub fn enabled(&self, kind: BuiltIn) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| matches!(rule.kind, RuleKind::BuiltIn(found) if found == kind))
            .filter(|rule| self.is_enabled(rule))
    }

    /// Whether `rule` is looked for.
    pub fn is_enabled(&self, rule: &Rule) -> bool {
        self.unproven == Unproven::Include
            || !matches!(rule.kind, RuleKind::BuiltIn(BuiltIn::PatUnproven))
    }

    /// The rules that are found by anchors and a regular expression.
    pub fn patterns(&self) -> impl Iterator<Item = (&Rule, &Pattern)> {
        self.rules.iter().filter_map(|rule| match &rule.kind {
            RuleKind::Pattern(pattern) => Some((rule, pattern)),
            RuleKind::BuiltIn(_) => None,
        })
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }

    /// All rules, also those that are off: built-in ones first, then the user's as loaded.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }
}

/// The rule files at `path`.
fn files(path: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let failed = |source: io::Error| RuleError::Read {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(RuleError::Empty {
            path: path.to_owned(),
            container: Container::Folder,
        });
    }
    Ok(files)
}
