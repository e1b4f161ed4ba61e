//! The files that describe products: what they must hold.

use serde::Deserialize;
use thiserror::Error;

use crate::model::{Consumer, ScopeFit};

use super::super::scopes;

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub enum ConsumerError {
    /// It is not TOML, or a key is missing, unknown or of another type.
    #[error("{file}.toml: {}", .source.message().trim_end())]
    Document {
        /// The file, without `.toml`.
        file: String,
        /// What is wrong with it.
        source: Box<toml::de::Error>,
    },
    /// A value cannot be used.
    #[error("{file}.toml: `{key}`: {what}")]
    Value {
        /// The file, without `.toml`.
        file: String,
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A product that uses tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    #[serde(skip)]
    id: String,
    name: String,
    /// What it asks for, and each other set with which it works as well.
    pub(super) scopes: Vec<Vec<String>>,
    /// Whether what it asks for depends on how it is used.
    #[serde(default)]
    pub(super) scopes_vary: bool,
    keeps: String,
    rotate: Vec<String>,
    lifetime: Option<String>,
    instead: Option<String>,
    source: String,
    read_on: String,
    pub(super) found: Found,
}

/// What points at a product where a token stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    /// The last parts of a path, with `*` for anything within one.
    pub(super) paths: Vec<String>,
    /// Words on the line.
    pub(super) words: Vec<String>,
}

impl Product {
    /// Reads the file of this name, which is that of the product.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, ConsumerError> {
        let product: Self = toml::from_str(text).map_err(|source| ConsumerError::Document {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        match product.flaw() {
            Some((key, what)) => Err(ConsumerError::Value {
                file: file.to_owned(),
                key,
                what,
            }),
            None => Ok(Self {
                id: file.to_owned(),
                ..product
            }),
        }
    }

    /// The first key whose value cannot be used, and why.
    fn flaw(&self) -> Option<(&'static str, &'static str)> {
        let is_blank = |text: &String| text.trim().is_empty();
        let optional = |text: &Option<String>| text.as_ref().is_some_and(is_blank);
        let mut scopes = self.scopes.iter().flatten();
        let checks = [
            (is_blank(&self.name), "name", "empty"),
            (
                self.scopes.is_empty() || self.scopes.iter().any(Vec::is_empty),
                "scopes",
                "empty",
            ),
            (
                scopes.any(|scope| scope.starts_with("vso.") || scopes::find(scope).is_none()),
                "scopes",
                "not the name of a scope, without `vso.`",
            ),
            (is_blank(&self.keeps), "keeps", "empty"),
            (
                self.rotate.len() < 2 || self.rotate.iter().any(is_blank),
                "rotate",
                "fewer than two steps, or an empty one",
            ),
            (
                self.rotate.iter().any(|step| step.ends_with('.')),
                "rotate",
                "a step that ends with a full stop",
            ),
            (optional(&self.lifetime), "lifetime", "empty"),
            (optional(&self.instead), "instead", "empty"),
            (
                !self.source.starts_with("https://"),
                "source",
                "not an https address",
            ),
            (
                !is_day(&self.read_on),
                "read_on",
                "not a day such as 2026-11-22",
            ),
            (
                self.found.paths.is_empty() || self.found.paths.iter().any(is_blank),
                "found.paths",
                "empty",
            ),
            (
                self.found.words.is_empty() || self.found.words.iter().any(is_blank),
                "found.words",
                "empty",
            ),
        ];
        let flaw = checks.into_iter().find(|(is_flawed, ..)| *is_flawed)?;
        Some((flaw.1, flaw.2))
    }

    /// The product as reports name it.
    pub(super) fn consumer(&self, fit: ScopeFit, why: Vec<String>) -> Consumer {
        Consumer {
            id: self.id.clone(),
            name: self.name.clone(),
            fit,
            why,
            keeps: self.keeps.clone(),
            rotate: self.rotate.clone(),
            lifetime: self.lifetime.clone(),
            instead: self.instead.clone(),
            source: self.source.clone(),
            read_on: self.read_on.clone(),
        }
    }
}

/// Whether this is a day as ISO 8601 writes it.
fn is_day(text: &str) -> bool {
    let shape = text.bytes().map(|byte| match byte {
        b'0'..=b'9' => b'0',
        other => other,
    });
    shape.eq(*b"0000-00-00")
}
