//! Reads TOML by hand, so that every complaint names its line and key.

use std::num::IntErrorKind;
use std::ops::Range;

use thiserror::Error;
use toml::de::{DeInteger, DeTable, DeValue};

/// What is wrong with a TOML file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{cause}", .key.as_ref().map(|key| format!("`{key}`: ")).unwrap_or_default())]
pub struct KeyError {
    /// 1-based.
    pub line: usize,
    /// The key, with the tables around it; `None` where the text is not TOML.
    pub key: Option<String>,
    /// What is wrong with it.
    pub cause: KeyCause,
}

/// What is wrong with a key or its value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyCause {
    /// The bytes are not text.
    #[error("not UTF-8")]
    Encoding,
    /// The text is not TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// No such key.
    #[error("unknown key")]
    Unknown {
        /// The keys that exist.
        known: &'static [&'static str],
    },
    /// A mandatory key is absent.
    #[error("missing")]
    Missing,
    /// The value has another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What is asked for, with its article.
        expected: &'static str,
        /// What stands there, with its article.
        found: &'static str,
    },
    /// The value has the right type and cannot be used.
    #[error("{what}")]
    Value {
        /// What is wrong with it, as a lowercase fragment.
        what: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl KeyError {
    /// What to do about it, where that is not obvious.
    pub fn hint(&self) -> Option<String> {
        match &self.cause {
            KeyCause::Unknown { known } => Some(format!("the keys here are {}", known.join(", "))),
            KeyCause::Encoding => {
                Some("save the file as UTF-8; Windows PowerShell writes UTF-16 by default".into())
            }
            KeyCause::Value { hint, .. } => hint.clone(),
            KeyCause::Syntax(_) | KeyCause::Missing | KeyCause::Type { .. } => None,
        }
    }
}

/// A value and the line on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// 1-based.
    pub line: usize,
    key: String,
}

impl<T> Field<T> {
    /// The complaint that this value cannot be used.
    pub fn reject(&self, what: impl Into<String>, hint: Option<&str>) -> KeyError {
        let cause = KeyCause::Value {
            what: what.into(),
            hint: hint.map(str::to_owned),
        };
        KeyError {
            line: self.line,
            key: Some(self.key.clone()),
            cause,
        }
    }
}

/// The text of a TOML file.
///
/// # Errors
///
/// The line of the first byte that is not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, KeyError> {
    std::str::from_utf8(bytes).map_err(|error| KeyError {
        line: line_after(&bytes[..error.valid_up_to()]),
        key: None,
        cause: KeyCause::Encoding,
    })
}

/// A parsed TOML file.
#[derive(Debug)]
pub struct Document<'i> {
    text: &'i str,
    root: DeTable<'i>,
}

impl<'i> Document<'i> {
    /// Parses `text`.
    ///
    /// # Errors
    ///
    /// Where it is not TOML.
    pub fn parse(text: &'i str) -> Result<Self, KeyError> {
        let root = DeTable::parse(text).map_err(|error| KeyError {
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            key: None,
            cause: KeyCause::Syntax(error.message().to_owned()),
        })?;
        Ok(Self {
            text,
            root: root.into_inner(),
        })
    }

    /// The top-level table.
    ///
    /// # Errors
    ///
    /// Where it holds a key that is not in `known`.
    pub fn root(&self, known: &'static [&'static str]) -> Result<Section<'_, 'i>, KeyError> {
        Section::new(self.text, &self.root, (String::new(), 1), known)
    }
}

/// One table of a [`Document`].
#[derive(Debug)]
pub struct Section<'d, 'i> {
    text: &'i str,
    table: &'d DeTable<'i>,
    name: String,
    line: usize,
}

impl<'d, 'i> Section<'d, 'i> {
    fn new(
        text: &'i str,
        table: &'d DeTable<'i>,
        (name, line): (String, usize),
        known: &'static [&'static str],
    ) -> Result<Self, KeyError> {
        let section = Self {
            text,
            table,
            name,
            line,
        };
        // The first in the file, for people mend a file from the top.
        let unknown = table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        match unknown {
            None => Ok(section),
            Some(key) => Err(KeyError {
                line: line_at(text, key.span().start),
                key: Some(section.full(key.get_ref())),
                cause: KeyCause::Unknown { known },
            }),
        }
    }

    /// The line on which the table starts, 1-based.
    pub fn line(&self) -> usize {
        self.line
    }

    /// A table inside this one.
    ///
    /// # Errors
    ///
    /// Where it is no table, or holds a key that is not in `known`.
    pub fn table(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Option<Section<'d, 'i>>, KeyError> {
        let Some((value, span)) = self.find(key) else {
            return Ok(None);
        };
        let DeValue::Table(table) = value else {
            return Err(self.wrong_type(key, span, "a table", value));
        };
        let place = (self.full(key), line_at(self.text, span.start));
        Section::new(self.text, table, place, known).map(Some)
    }

    /// An array of tables, empty where it is absent.
    ///
    /// # Errors
    ///
    /// Where it is none, or one of them holds a key that is not in `known`.
    pub fn tables(
        &self,
        key: &str,
        known: &'static [&'static str],
    ) -> Result<Vec<Section<'d, 'i>>, KeyError> {
        let Some((value, span)) = self.find(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(array) = value else {
            return Err(self.wrong_type(key, span, "an array of tables", value));
        };
        let mut sections = Vec::new();
        for (index, item) in array.iter().enumerate() {
            let DeValue::Table(table) = item.get_ref() else {
                return Err(self.wrong_type(
                    key,
                    item.span(),
                    "an array of tables",
                    item.get_ref(),
                ));
            };
            let name = format!("{}[{index}]", self.full(key));
            let place = (name, line_at(self.text, item.span().start));
            sections.push(Section::new(self.text, table, place, known)?);
        }
        Ok(sections)
    }

    /// A string.
    ///
    /// # Errors
    ///
    /// Where the value is none.
    pub fn string(&self, key: &str) -> Result<Option<Field<String>>, KeyError> {
        self.read(key, "a string", |value| match value {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => None,
        })
    }

    /// A string that must be there.
    ///
    /// # Errors
    ///
    /// Where it is absent or no string.
    pub fn required(&self, key: &str) -> Result<Field<String>, KeyError> {
        self.string(key)?.ok_or_else(|| self.missing(key))
    }

    /// A boolean.
    ///
    /// # Errors
    ///
    /// Where the value is none.
    pub fn boolean(&self, key: &str) -> Result<Option<Field<bool>>, KeyError> {
        self.read(key, "true or false", |value| match value {
            DeValue::Boolean(value) => Some(*value),
            _ => None,
        })
    }

    /// A number that is not negative.
    ///
    /// # Errors
    ///
    /// Where the value is none.
    pub fn unsigned(&self, key: &str) -> Result<Option<Field<u64>>, KeyError> {
        match self.find(key) {
            Some((DeValue::Integer(number), _)) if is_too_large(number) => {
                Err(self.reject(key, "too large", None))
            }
            _ => self.read(key, "a whole number, not negative", whole),
        }
    }

    /// A string, or a number that is not negative as its decimal digits; `expected` is what it
    /// stands for, with its article.
    ///
    /// # Errors
    ///
    /// Where the value is neither.
    pub fn string_or_unsigned(
        &self,
        key: &str,
        expected: &'static str,
    ) -> Result<Option<Field<String>>, KeyError> {
        match self.find(key) {
            Some((DeValue::Integer(number), _)) if is_too_large(number) => {
                Err(self.reject(key, "too large", None))
            }
            _ => self.read(key, expected, |value| match value {
                DeValue::String(text) => Some(text.clone().into_owned()),
                number => whole(number).map(|number| number.to_string()),
            }),
        }
    }

    /// A number, whole or not.
    ///
    /// # Errors
    ///
    /// Where the value is none.
    pub fn number(&self, key: &str) -> Result<Option<Field<f64>>, KeyError> {
        self.read(key, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        })
    }

    /// An array of strings, empty where it is absent.
    ///
    /// # Errors
    ///
    /// Where the value is none.
    pub fn strings(&self, key: &str) -> Result<Vec<Field<String>>, KeyError> {
        const EXPECTED: &str = "an array of strings";
        let Some((value, span)) = self.find(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(array) = value else {
            return Err(self.wrong_type(key, span, EXPECTED, value));
        };
        let one = |item: &toml::Spanned<DeValue<'i>>| match item.get_ref() {
            DeValue::String(text) => Ok(Field {
                value: text.clone().into_owned(),
                line: line_at(self.text, item.span().start),
                key: self.full(key),
            }),
            other => Err(self.wrong_type(key, item.span(), EXPECTED, other)),
        };
        array.iter().map(one).collect()
    }

    /// The complaint that `key` is absent.
    pub fn missing(&self, key: &str) -> KeyError {
        KeyError {
            line: self.line,
            key: Some(self.full(key)),
            cause: KeyCause::Missing,
        }
    }

    /// The line of `key`, for complaints about what it lacks; the table's where it is absent.
    pub fn line_of(&self, key: &str) -> usize {
        self.find(key)
            .map_or(self.line, |(_, span)| line_at(self.text, span.start))
    }

    /// The complaint that the value of `key` cannot be used.
    pub fn reject(&self, key: &str, what: impl Into<String>, hint: Option<&str>) -> KeyError {
        Field {
            value: (),
            line: self.line_of(key),
            key: self.full(key),
        }
        .reject(what, hint)
    }

    fn find(&self, key: &str) -> Option<(&'d DeValue<'i>, Range<usize>)> {
        self.table
            .get(key)
            .map(|value| (value.get_ref(), value.span()))
    }

    fn read<T>(
        &self,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(&DeValue<'i>) -> Option<T>,
    ) -> Result<Option<Field<T>>, KeyError> {
        let Some((value, span)) = self.find(key) else {
            return Ok(None);
        };
        match convert(value) {
            Some(value) => {
                let line = line_at(self.text, span.start);
                Ok(Some(Field {
                    value,
                    line,
                    key: self.full(key),
                }))
            }
            None => Err(self.wrong_type(key, span, expected, value)),
        }
    }

    fn wrong_type(
        &self,
        key: &str,
        span: Range<usize>,
        expected: &'static str,
        found: &DeValue<'_>,
    ) -> KeyError {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(number) if number.as_str().starts_with('-') => "a negative number",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let cause = KeyCause::Type { expected, found };
        KeyError {
            line: line_at(self.text, span.start),
            key: Some(self.full(key)),
            cause,
        }
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

/// A number that is not negative.
fn whole(value: &DeValue<'_>) -> Option<u64> {
    match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

fn is_too_large(number: &DeInteger<'_>) -> bool {
    u64::from_str_radix(number.as_str(), number.radix())
        .is_err_and(|error| *error.kind() == IntErrorKind::PosOverflow)
}

/// The line of the byte at `offset`, 1-based.
fn line_at(text: &str, offset: usize) -> usize {
    line_after(&text.as_bytes()[..offset.min(text.len())])
}

/// The line on which a text goes on after `before`, 1-based.
fn line_after(before: &[u8]) -> usize {
    before.split(|&byte| byte == b'\n').count()
}
