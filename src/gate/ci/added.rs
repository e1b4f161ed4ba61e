//! What a change adds to the files that steer: shown, and not believed.

use std::collections::BTreeSet;

use super::super::steering::{CONFIG_NAME, IGNORE_NAME};
use crate::model::ObjectId;
use crate::sources::git::part::{Checkout, PartError, State};

/// A line that a change adds to a file that steers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addition {
    /// The file, from the root of the repository.
    pub path: Vec<u8>,
    /// 1-based.
    pub line: usize,
    /// The line, without blanks around it.
    pub text: String,
}

/// The lines that `after` has in files that steer and `before` has not there, by file. The baseline
/// is at `baseline`.
///
/// # Errors
///
/// A file that cannot be read.
pub fn additions(
    checkout: &Checkout,
    before: Option<ObjectId>,
    after: ObjectId,
    baseline: &[u8],
) -> Result<Vec<Addition>, PartError> {
    let mut additions = Vec::new();
    let paths = checkout.changed(before, after).into_iter();
    for path in paths.filter(|path| steers(path, baseline)) {
        let new = checkout.file(&State::Commit(after), &path)?;
        let old = match before {
            Some(before) => checkout.file(&State::Commit(before), &path)?,
            None => None,
        };
        let (new, old) = (new.unwrap_or_default(), old.unwrap_or_default());
        let (new, old) = (String::from_utf8_lossy(&new), String::from_utf8_lossy(&old));
        let old: BTreeSet<_> = old.lines().map(plain).collect();
        for (index, text) in new.lines().map(plain).enumerate() {
            if says(&path, text) && !old.contains(text) {
                additions.push(Addition {
                    path: path.clone(),
                    line: index + 1,
                    text: text.to_owned(),
                });
            }
        }
    }
    Ok(additions)
}

/// A line of JSON is the same whether or not another follows.
fn plain(line: &str) -> &str {
    line.trim().trim_end_matches(',')
}

/// Whether a line of the file at `path` lets anything pass: comments, headings of tables and what
/// frames entries do not. In doubt it does.
fn says(path: &[u8], line: &str) -> bool {
    if line.is_empty() || line.starts_with('#') {
        return false;
    }
    let is_frame = if path == CONFIG_NAME.as_bytes() {
        let inside = line.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        inside.is_some_and(|name| name.chars().all(is_key)) || "[]{}".contains(line)
    } else if is_ignore_file(path) {
        false
    } else {
        line == "null]}" || (line.starts_with("{\"schema\":") && line.ends_with('['))
    };
    !is_frame
}

/// Whether the file at `path` steers.
fn steers(path: &[u8], baseline: &[u8]) -> bool {
    path == CONFIG_NAME.as_bytes() || path == baseline || is_ignore_file(path)
}

fn is_ignore_file(path: &[u8]) -> bool {
    path.rsplit(|&it| it == b'/').next() == Some(IGNORE_NAME.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_let_something_pass_is_told() {
        let told = |path: &str, lines: &[&str]| -> Vec<bool> {
            lines
                .iter()
                .map(|line| says(path.as_bytes(), line))
                .collect()
        };
        let all = ["*", "**", "[a-z]*[a-z.]", "!src", "#*", ""];
        assert_eq!(
            told("a/.patsweepignore", &all),
            [true, true, true, true, false, false]
        );
        let all = ["[scan]", "exclude = [", "\"**\"", "]", "# x", "[\"a\"]"];
        assert_eq!(
            told("patsweep.toml", &all),
            [false, true, true, false, false, true]
        );
        let all = ["{\"schema\":1,\"entries\":[", "{\"id\":\"x\"}", "null]}"];
        assert_eq!(told("known.json", &all), [false, true, false]);
    }
}
