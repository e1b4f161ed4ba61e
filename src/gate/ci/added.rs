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
    /// The line, without what says nothing there.
    pub text: String,
}

/// The lines that `after` has in files that steer and `before` has not there, by file. Baselines are
/// at `baselines`.
///
/// # Errors
///
/// A file that cannot be read.
pub fn additions(
    checkout: &Checkout,
    before: Option<ObjectId>,
    after: ObjectId,
    baselines: &[&[u8]],
) -> Result<Vec<Addition>, PartError> {
    let mut additions = Vec::new();
    let paths = checkout.changed(before, after).into_iter();
    for path in paths.filter(|path| steers(path, baselines)) {
        let new = checkout.file(&State::Commit(after), &path)?;
        let old = match before {
            Some(before) => checkout.file(&State::Commit(before), &path)?,
            None => None,
        };
        let (new, old) = (new.unwrap_or_default(), old.unwrap_or_default());
        let (new, old) = (String::from_utf8_lossy(&new), String::from_utf8_lossy(&old));
        let form = Form::of(&path, &new);
        let old: BTreeSet<_> = old.lines().map(|line| form.plain(line)).collect();
        for (index, text) in new.lines().map(|line| form.plain(line)).enumerate() {
            if form.says(text) && !old.contains(text) {
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

/// How a file that steers is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// TOML. Its strings are in one line each.
    Config,
    /// TOML with strings of several lines, in which a line may say anything.
    Wide,
    /// Patterns, in which blanks and commas count.
    Ignore,
    /// JSON.
    Baseline,
}

impl Form {
    fn of(path: &[u8], text: &str) -> Self {
        let is_wide = || ["\"\"\"", "'''"].iter().any(|it| text.contains(it));
        match () {
            () if is_ignore_file(path) => Self::Ignore,
            () if path != CONFIG_NAME.as_bytes() => Self::Baseline,
            () if is_wide() => Self::Wide,
            () => Self::Config,
        }
    }

    /// A line without what changes nothing about it: in lists it is the same whether or not another
    /// follows.
    fn plain(self, line: &str) -> &str {
        match self {
            Self::Config | Self::Baseline => line.trim().trim_end_matches(','),
            Self::Wide | Self::Ignore => line.trim_end(),
        }
    }

    /// Whether a line lets anything pass: comments, headings of tables and what frames entries do
    /// not. In doubt it does.
    fn says(self, line: &str) -> bool {
        let is_comment = line.starts_with('#');
        let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_frame = match self {
            Self::Wide => false,
            Self::Ignore => is_comment,
            Self::Config => {
                let inside = line.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
                let is_heading = inside.is_some_and(|name| name.chars().all(is_key));
                is_comment || is_heading || "[]{}".contains(line)
            }
            Self::Baseline => {
                line == "null]}" || (line.starts_with("{\"schema\":") && line.ends_with('['))
            }
        };
        !line.trim().is_empty() && !is_frame
    }
}

/// Whether the file at `path` steers.
fn steers(path: &[u8], baselines: &[&[u8]]) -> bool {
    path == CONFIG_NAME.as_bytes() || baselines.contains(&path) || is_ignore_file(path)
}

/// Whether the file at `path` leaves others out.
pub fn is_ignore_file(path: &[u8]) -> bool {
    path.rsplit(|&it| it == b'/').next() == Some(IGNORE_NAME.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_let_something_pass_is_told() {
        let told = |path: &str, text: &str| -> Vec<String> {
            let form = Form::of(path.as_bytes(), text);
            let lines = text.lines().map(|line| form.plain(line));
            let lines = lines.filter(|line| form.says(line));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(
            told(
                "a/.patsweepignore",
                "*\n**\n[a-z]*[a-z.]\n!src\n#*\n\n #x\nfoo,\n"
            ),
            ["*", "**", "[a-z]*[a-z.]", "!src", " #x", "foo,"]
        );
        assert_eq!(
            told(
                "patsweep.toml",
                "[scan]\nexclude = [\n\"**\",\n]\n# x\n[\"a\"]\n"
            ),
            ["exclude = [", "\"**\"", "[\"a\"]"]
        );
        assert_eq!(
            told("patsweep.toml", "[scan]\nexclude = ['''a\n#b''', \"**\"]\n"),
            ["[scan]", "exclude = ['''a", "#b''', \"**\"]"]
        );
        assert_eq!(
            told(
                "known.json",
                "{\"schema\":1,\"entries\":[\n{\"id\":\"x\"},\nnull]}"
            ),
            ["{\"id\":\"x\"}"]
        );
    }
}
