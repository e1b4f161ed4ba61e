//! The text of an installed hook.

use super::Hook;

/// What every installed hook says in its second line, whatever version wrote it.
const MARK: &str = "# Written by `patsweep hook install`";

/// What a hook that was there before is called behind its name.
pub(super) const BEFORE: &str = ".before-patsweep";

/// The hook that runs `program`.
///
/// What was there before runs first, for it may stage files or edit the message. What a push
/// brings is given to both.
pub(super) fn text(hook: Hook, program: &str) -> String {
    let (name, subject) = (hook.name(), hook.subject());
    let (read, give) = match hook {
        // The dot keeps line ends that the shell would cut off.
        Hook::PrePush => (
            "input=$(cat; echo .)\ninput=${input%.}\n",
            "printf '%s' \"$input\" | ",
        ),
        Hook::PreCommit | Hook::CommitMsg => ("", ""),
    };
    let program = quoted(program);
    format!(
        r#"#!/bin/sh
{MARK}; `patsweep hook uninstall {name}` takes it out.
patsweep={program}
before="${{0%/*}}/{name}{BEFORE}"
{read}if [ -x "$before" ]; then
	{give}"$before" "$@" || exit
fi
blocked() {{
	echo "patsweep: $1" >&2
	echo "patsweep: so it is not known what this {subject} holds, and it is blocked" >&2
	exit "$2"
}}
if [ ! -x "$patsweep" ]; then
	blocked "there is no program at $patsweep: install it there, or run \`patsweep hook install {name}\` with the one that you have" 2
fi
{give}"$patsweep" hook run {name} "$@"
code=$?
case $code in
0 | 1 | 4) exit $code ;;
2) blocked "it could not run (exit code 2)" 2 ;;
3) blocked "it could not read everything (exit code 3)" 3 ;;
*) blocked "it ended before it was done (exit code $code)" $code ;;
esac
"#
    )
}

/// Whether `text` is a hook that was installed.
pub(super) fn is_ours(text: &[u8]) -> bool {
    let mut lines = text.split(|&it| it == b'\n');
    lines
        .nth(1)
        .is_some_and(|line| line.starts_with(MARK.as_bytes()))
}

/// The program that an installed hook runs.
pub(super) fn program(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let quoted = text
        .lines()
        .find_map(|line| line.strip_prefix("patsweep='"))?;
    Some(quoted.strip_suffix('\'')?.replace(r"'\''", "'"))
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_known_again() {
        for path in ["/usr/bin/patsweep", "/a b/it's $HOME/`x`/patsweep"] {
            for hook in Hook::ALL {
                let text = text(hook, path);
                assert!(is_ours(text.as_bytes()));
                assert_eq!(program(text.as_bytes()).as_deref(), Some(path));
            }
        }
        assert!(!is_ours(b"#!/bin/sh\npatsweep hook run pre-commit\n"));
        assert!(!is_ours(b""));
    }

    #[test]
    fn what_is_not_known_is_called_no_leak() {
        for hook in Hook::ALL {
            assert!(!text(hook, "/usr/bin/patsweep").contains("leak"));
        }
    }
}
