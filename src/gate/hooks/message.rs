//! What git itself wrote into the file of a commit message.

use std::collections::BTreeSet;

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

/// The lines of a commit's message file that say what the commit takes out or leaves as it is.
///
/// `git commit --verbose` appends the change below the scissors, and takes it off again. Without
/// this a token could not be taken out of a file with its help. All else counts, comments too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitsOwn {
    /// 1-based.
    lines: BTreeSet<u64>,
}

impl GitsOwn {
    /// Finds them in the contents of a file that was shown in an editor: git appends nothing where
    /// it opens none, and cuts nothing off.
    ///
    /// What follows the first scissors must be what git writes there, to the end. Behind what somebody
    /// pasted git writes comments.
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
                None => (),
                Some(b'-' | b' ') if is_change => {
                    own.lines.insert(number);
                }
                Some(b'+') if is_change => (),
                _ if is_change && HEADERS.iter().any(|it| line.starts_with(it)) => (),
                _ => return Self::default(),
            }
        }
        own
    }

    /// Whether this line, 1-based, is among them.
    pub fn has(&self, line: u64) -> bool {
        self.lines.contains(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_taken_out_below_the_scissors_is_gits_own() {
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
            &[5, 8, 9],
        );
        let change = "diff --git a/f b/f\nindex 1..2 100644\n@@ -1 +1 @@\n-old\n+new\n";
        check(&format!("m\n{scissors}# more\n{change}"), &[7]);
        let dashes = "-".repeat(50);
        let between = format!("# {dashes}\n# not staged:\n");
        check(
            &format!("m\n{scissors}# staged:\n{change}{between}{change}"),
            &[7, 14],
        );
        // What somebody pasted, and kept: git does not cut there.
        check(
            &format!("m\n{scissors}# more\n{change}# On branch main\n"),
            &[],
        );
        check(&format!("m\n{scissors}# more\n{change}and text\n"), &[]);
        check(&format!("m\n{}\n{change}", &scissors[2..]), &[]);
    }
}
