//! What git itself wrote into the file of a commit message.

use std::collections::BTreeSet;

use crate::model::BytePath;

/// What stands in the line at which git cuts a message off.
const SCISSORS: &[u8] = b"------------------------ >8 ------------------------";

/// What stands between what is staged and what is not, where both are shown.
const BETWEEN: &[u8] = b"--------------------------------------------------";

/// How the lines of a change start that are no lines of a file.
const HEADERS: [&[u8]; 15] = [
    b"diff --",
    b"index ",
    b"mode ",
    b"old mode ",
    b"new mode ",
    b"new file mode ",
    b"deleted file mode ",
    b"similarity index ",
    b"dissimilarity index ",
    b"rename ",
    b"copy ",
    b"Binary files ",
    b"Submodule ",
    b"@@",
    b"\\ ",
];

/// What stands before the name of a file that is changed.
const NAMING: [&[u8]; 6] = [
    b"--- ",
    b"+++ ",
    b"rename from ",
    b"rename to ",
    b"copy from ",
    b"copy to ",
];

/// The lines of a commit's message file that show the change which it is about.
///
/// `git commit --verbose` appends it below the scissors, and takes it off again. Without this a token
/// could not be taken out of a file with its help. All else counts, comments too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitsOwn {
    /// 1-based.
    lines: BTreeSet<u64>,
    /// Whatever may be a file that is changed.
    paths: BTreeSet<BytePath>,
}

impl GitsOwn {
    /// Finds them in the contents of a file that was shown in an editor: git appends nothing where
    /// it opens none, and cuts nothing off.
    ///
    /// What follows the first scissors must be what git writes there, to the end. Behind what somebody
    /// pasted git writes comments, if it was not told to leave them out.
    pub fn of(message: &[u8]) -> Self {
        let mut lines = message.split(|&it| it == b'\n').zip(1..);
        let cut = |(line, _): (&'_ [u8], u64)| {
            let comment = line.trim_ascii_end().strip_suffix(SCISSORS)?;
            comment.strip_suffix(b" ").map(<[u8]>::to_vec)
        };
        let Some(comment) = lines.find_map(cut).filter(|it| !it.is_empty()) else {
            return Self::default();
        };
        let mut own = Self::default();
        let (mut is_change, mut is_between) = (false, false);
        for (line, number) in lines {
            if let Some(said) = line.strip_prefix(&comment[..]) {
                let was_between = std::mem::replace(&mut is_between, said.trim_ascii() == BETWEEN);
                if is_change && !is_between && !was_between {
                    return Self::default();
                }
                continue;
            }
            is_change |= line.starts_with(b"diff --") || line.starts_with(b"Submodule ");
            match line.first() {
                None => continue,
                Some(b'-' | b' ' | b'+') if is_change => (),
                _ if is_change && HEADERS.iter().any(|it| line.starts_with(it)) => (),
                _ => return Self::default(),
            }
            own.lines.insert(number);
            own.paths.extend(paths(line).map(BytePath));
        }
        own
    }

    /// Whether this line, 1-based, is among them.
    pub fn has(&self, line: u64) -> bool {
        self.lines.contains(&line)
    }

    /// The files that are changed, and others that may be.
    pub fn paths(&self) -> impl Iterator<Item = &BytePath> {
        self.paths.iter()
    }
}

/// What a line of a change may name: with what git writes before a path, and without. Names that git
/// quotes are none.
fn paths(line: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let named = NAMING.iter().find_map(|it| line.strip_prefix(*it));
    let named = named.or_else(|| twice(line.strip_prefix(b"diff --git ")?));
    // Git ends a name with spaces by a tab.
    let named = named.map(|named| named.strip_suffix(b"\t").unwrap_or(named));
    let behind = named.and_then(|named| {
        let slash = named.iter().position(|it| *it == b'/')?;
        named.get(slash + 1..)
    });
    named.into_iter().chain(behind).map(<[u8]>::to_vec)
}

/// The second half of two names that differ in what stands before the first slash alone.
fn twice<'n>(names: &'n [u8]) -> Option<&'n [u8]> {
    let (first, second) = names.split_at_checked(names.len() / 2)?;
    let second = second.strip_prefix(b" ")?;
    let path = |name: &'n [u8]| {
        let slash = name.iter().position(|it| *it == b'/')?;
        Some(&name[slash..])
    };
    (path(first)? == path(second)?).then_some(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_git_shows_below_the_scissors_is_its_own() {
        let check = |text: &str, expected: &[u64]| {
            let own = GitsOwn::of(text.as_bytes());
            let lines: Vec<u64> = (1..20).filter(|line| own.has(*line)).collect();
            assert_eq!(lines, expected, "{text}");
        };
        let scissors = "# ------------------------ >8 ------------------------\n";
        check("- a list\n- of two\n", &[]);
        check("m\n\ndiff --git a/f b/f\n-old\n", &[]);
        check(&format!("{scissors}-old\n"), &[]);
        check(
            &format!(
                "m\n{scissors}# more\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@\n same\n-old\n+new\n"
            ),
            &[4, 5, 6, 7, 8, 9, 10],
        );
        let change = "diff --git a/f b/f\nindex 1..2 100644\n@@ -1 +1 @@\n-old\n+new\n";
        check(&format!("m\n{scissors}# more\n{change}"), &[4, 5, 6, 7, 8]);
        let dashes = "-".repeat(50);
        let between = format!("# {dashes}\n# not staged:\n");
        check(
            &format!("m\n{scissors}# staged:\n{change}{between}{change}"),
            &[4, 5, 6, 7, 8, 11, 12, 13, 14, 15],
        );
        // What somebody pasted, and kept: git does not cut there.
        check(
            &format!("m\n{scissors}# more\n{change}# On branch main\n"),
            &[],
        );
        check(&format!("m\n{scissors}# more\n{change}and text\n"), &[]);
        check(&format!("m\n{}\n{change}", &scissors[2..]), &[]);
    }

    #[test]
    fn files_are_named_in_many_ways() {
        let check = |line: &str, expected: &[&str]| {
            let names = paths(line.as_bytes()).map(|it| String::from_utf8(it).unwrap());
            assert_eq!(names.collect::<Vec<_>>(), expected, "{line}");
        };
        check("--- a/b/c", &["a/b/c", "b/c"]);
        check("+++ w/with space\t", &["w/with space", "with space"]);
        check("+++ no-prefix", &["no-prefix"]);
        check("rename from x/y", &["x/y", "y"]);
        check("diff --git a/b c b/b c", &["b/b c", "b c"]);
        check("diff --git a/b b/c", &[]);
        check("diff --git x", &[]);
        check("+x/y", &[]);
    }
}
