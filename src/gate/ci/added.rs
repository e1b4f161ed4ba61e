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
            if says(text) && !old.contains(text) {
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

/// Whether a line lets anything pass: comments, headings of tables and what frames entries do not.
fn says(line: &str) -> bool {
    let is_heading = line.starts_with('[') && line.ends_with(']');
    let is_frame = line == "null]}" || (line.starts_with("{\"schema\":") && line.ends_with('['));
    let has_words = line.chars().any(char::is_alphanumeric);
    has_words && !line.starts_with('#') && !is_heading && !is_frame
}

/// Whether the file at `path` steers.
fn steers(path: &[u8], baseline: &[u8]) -> bool {
    let name = path.rsplit(|&it| it == b'/').next();
    path == CONFIG_NAME.as_bytes() || path == baseline || name == Some(IGNORE_NAME.as_bytes())
}
