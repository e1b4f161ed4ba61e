//! What git itself wrote into the file of a commit message.

use std::collections::BTreeSet;

/// What stands in the line at which git cuts a message off.
const SCISSORS: &[u8] = b"------------------------ >8 ------------------------";

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
    /// Finds them in the contents of the file.
    pub fn of(message: &[u8]) -> Self {
        let mut own = Self::default();
        let (mut is_below, mut is_change) = (false, false);
        for (line, number) in message.split(|&it| it == b'\n').zip(1..) {
            is_below |= line.trim_ascii_end().ends_with(SCISSORS);
            is_change |= is_below && line.starts_with(b"diff --");
            if is_change && line.first().is_some_and(|it| matches!(it, b'-' | b' ')) {
                own.lines.insert(number);
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
    }
}
