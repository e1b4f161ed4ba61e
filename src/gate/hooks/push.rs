//! What a push brings, as git and the pre-commit framework tell it.

use std::path::PathBuf;

use thiserror::Error;

use crate::sources::git::part::{Remote, Sent, There};

/// What the pre-commit framework says of a push, or of the range that it was asked to run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framework {
    /// `PRE_COMMIT_FROM_REF`: what is there already.
    pub from: Option<String>,
    /// `PRE_COMMIT_TO_REF`: what is sent.
    pub to: Option<String>,
    /// `PRE_COMMIT_LOCAL_BRANCH`: the reference that is sent. Without the two above all of it is new.
    pub local: Option<String>,
    /// `PRE_COMMIT_REMOTE_BRANCH`: the reference that it becomes there.
    pub branch: Option<String>,
    /// `PRE_COMMIT_REMOTE_NAME`: whom to.
    pub remote: Option<String>,
    /// `PRE_COMMIT_REMOTE_URL`: where that is.
    pub url: Option<String>,
}

impl Framework {
    /// Reads it with `variable`, which answers with the value of a variable of the environment.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            from: variable("PRE_COMMIT_FROM_REF"),
            to: variable("PRE_COMMIT_TO_REF"),
            local: variable("PRE_COMMIT_LOCAL_BRANCH"),
            branch: variable("PRE_COMMIT_REMOTE_BRANCH"),
            remote: variable("PRE_COMMIT_REMOTE_NAME"),
            url: variable("PRE_COMMIT_REMOTE_URL"),
        }
    }

    /// What a push brings; `None` if it says nothing of one.
    ///
    /// It tells of one reference of several, so that each that is here may be pushed, too.
    pub fn sent(&self) -> Option<Sent> {
        let tip = self.to.as_ref().or(self.local.as_ref());
        if tip.is_none() && self.remote.is_none() {
            return None;
        }
        Some(Sent {
            tips: tip.map(|tip| vec![tip.clone()]),
            locals: self.remote.is_some(),
            names: self.branch.iter().cloned().collect(),
            known: self.from.iter().cloned().collect(),
            there: there(self.remote.as_deref(), self.url.as_deref()),
            ..Sent::default()
        })
    }

    /// The range that it was asked to run on; `None` if it was asked for none.
    pub fn range(&self) -> Option<Sent> {
        let (from, to) = (self.from.as_ref()?, self.to.as_ref()?);
        Some(Sent {
            tips: Some(vec![to.clone()]),
            known: vec![from.clone()],
            ..Sent::default()
        })
    }
}

/// What git would not say.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PushError {
    /// A line that it would not write.
    #[error("cannot understand line {line} of standard input as one that git gives to {hook}")]
    Line {
        /// 1-based.
        line: usize,
        /// The hook.
        hook: &'static str,
    },
    /// It gives at least one line.
    #[error("cannot tell what is received: standard input is empty")]
    Nothing,
}

/// What a push to `remote` at `url` brings, as git tells a `pre-push` hook: of each reference a line
/// with its name and object here and there. `None` if it only deletes.
///
/// Where nothing is told, whatever the remote lacks may be about to be pushed: somebody else may
/// have read the lines.
///
/// # Errors
///
/// The first line that is none of git's.
pub fn pushed(
    input: &[u8],
    remote: Option<&str>,
    url: Option<&str>,
) -> Result<Option<Sent>, PushError> {
    let mut sent = Sent {
        there: there(remote, url),
        ..Sent::default()
    };
    let (mut tips, mut said) = (Vec::new(), Vec::new());
    let mut is_told = false;
    for (index, line) in input.split(|&it| it == b'\n').enumerate() {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            continue;
        }
        is_told = true;
        let Told { to, here, there } = Told::parse(line).ok_or(PushError::Line {
            line: index + 1,
            hook: "pre-push",
        })?;
        tips.extend(here.map(str::to_owned));
        sent.known.extend(there.map(str::to_owned));
        if here.is_some() && there.is_none() {
            sent.names.push(to.clone());
        }
        said.push((to, there.map(str::to_owned)));
    }
    if let There::Tracking(remote) = &mut sent.there {
        remote.said = said;
    }
    if is_told {
        sent.tips = Some(tips).filter(|tips| !tips.is_empty());
        return Ok(sent.tips.is_some().then_some(sent));
    }
    Ok(Some(sent))
}

/// What a repository receives, as git tells its `pre-receive` hook: of each reference a line with its
/// object before and after and its name. The objects are in the folder `quarantine`. `None` if it
/// only deletes, and nothing came.
///
/// # Errors
///
/// The first line that is none of git's, or that there is none.
pub fn received(input: &[u8], quarantine: Option<PathBuf>) -> Result<Option<Sent>, PushError> {
    let (mut tips, mut names) = (Vec::new(), Vec::new());
    let mut is_told = false;
    for (index, line) in input.split(|&it| it == b'\n').enumerate() {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            continue;
        }
        is_told = true;
        let words: Vec<&[u8]> = line.splitn(3, |&it| it == b' ').collect();
        let told = match words.as_slice() {
            &[before, after, name] => id(before).zip(id(after)).map(|ids| (ids, name)),
            _ => None,
        };
        let ((before, after), name) = told.ok_or(PushError::Line {
            line: index + 1,
            hook: "pre-receive",
        })?;
        if is_something(&after) {
            tips.push(after.to_owned());
            if !is_something(&before) {
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    if !is_told {
        return Err(PushError::Nothing);
    }
    let is_empty = tips.is_empty() && quarantine.is_none();
    Ok((!is_empty).then_some(Sent {
        tips: Some(tips),
        names,
        there: There::Here,
        quarantine,
        ..Sent::default()
    }))
}

fn there(remote: Option<&str>, url: Option<&str>) -> There {
    let remote = remote.map(|name| Remote {
        name: name.to_owned(),
        url: url.map(str::to_owned),
        said: Vec::new(),
    });
    remote.map(There::Tracking).unwrap_or_default()
}

/// A line of what git tells of a push.
struct Told<'l> {
    /// The reference there.
    to: String,
    /// What it shall lead to.
    here: Option<&'l str>,
    /// What it leads to.
    there: Option<&'l str>,
}

impl<'l> Told<'l> {
    fn parse(line: &'l [u8]) -> Option<Self> {
        let words: Vec<&[u8]> = line.split(|&it| it == b' ').collect();
        let &[from, here, to, there] = words.as_slice() else {
            return None;
        };
        if from.is_empty() || to.is_empty() {
            return None;
        }
        let (here, there) = (id(here)?, id(there)?);
        Some(Self {
            to: String::from_utf8_lossy(to).into_owned(),
            here: Some(here).filter(is_something),
            there: Some(there).filter(is_something),
        })
    }
}

/// The name of an object.
fn id(word: &[u8]) -> Option<&str> {
    let is_id = matches!(word.len(), 40 | 64) && word.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(word).ok().filter(|_| is_id)
}

/// Whether it names an object: zeros name none.
fn is_something(id: &&str) -> bool {
    id.bytes().any(|it| it != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn named(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    #[test]
    fn lines_of_git_are_read() {
        let (a, b, c) = (named('a'), named('b'), named('c'));
        let check = |input: &str, expected: Option<(Option<Vec<&str>>, Vec<&str>)>| {
            let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let new = input.lines().filter(|line| line.ends_with(ZERO));
            let new = new.map(|_| "refs/heads/m").collect::<Vec<_>>();
            let said = input.lines().filter_map(|line| {
                let (_, there) = line.rsplit_once(' ')?;
                let there = Some(there).filter(|it| *it != ZERO);
                Some(("refs/heads/m".to_owned(), there.map(str::to_owned)))
            });
            let remote = Remote {
                name: "origin".to_owned(),
                url: Some("../far".to_owned()),
                said: said.collect(),
            };
            let expected = expected.map(|(tips, known)| Sent {
                tips: tips.map(owned),
                names: new.iter().map(|it| (*it).to_owned()).collect(),
                known: owned(known),
                there: There::Tracking(remote),
                ..Sent::default()
            });
            assert_eq!(
                pushed(input.as_bytes(), Some("origin"), Some("../far")),
                Ok(expected),
                "{input}"
            );
        };
        let line = |here: &str, there: &str| format!("refs/heads/m {here} refs/heads/m {there}\n");
        check(&line(&a, &b), Some((Some(vec![&a]), vec![&b])));
        check(&line(&a, ZERO), Some((Some(vec![&a]), vec![])));
        check(
            &[line(&a, &b), line(&c, ZERO)].concat(),
            Some((Some(vec![&a, &c]), vec![&b])),
        );
        check(
            &[line(ZERO, &b), line(&c, &a)].concat(),
            Some((Some(vec![&c]), vec![&b, &a])),
        );
        check(&format!("(delete) {ZERO} refs/heads/m {b}\n"), None);
        for nothing in ["", "\n", "\r\n\n"] {
            check(nothing, Some((None, vec![])));
        }
    }

    #[test]
    fn other_lines_are_refused() {
        let (a, b) = (named('a'), named('b'));
        for line in [
            format!("refs/heads/m {a} refs/heads/m"),
            format!("refs/heads/m {a} refs/heads/m {b} more"),
            format!("refs/heads/m {} refs/heads/m {b}", &a[1..]),
            format!("refs/heads/m {a}  {b}"),
            "x".to_owned(),
        ] {
            let input = format!("refs/heads/m {a} refs/heads/m {b}\n{line}\n");
            assert_eq!(
                pushed(input.as_bytes(), None, None),
                Err(PushError::Line {
                    line: 2,
                    hook: "pre-push"
                }),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_received_is_told() {
        let (a, b) = (named('a'), named('b'));
        let folder = Some(PathBuf::from("incoming"));
        let sent = |tips: &[&String], names: &[&str], quarantine: &Option<PathBuf>| {
            Ok(Some(Sent {
                tips: Some(tips.iter().map(|it| (*it).clone()).collect()),
                names: names.iter().map(|it| (*it).to_owned()).collect(),
                there: There::Here,
                quarantine: quarantine.clone(),
                ..Sent::default()
            }))
        };
        let lines =
            format!("{a} {b} refs/heads/m\n{b} {ZERO} refs/heads/gone\n{ZERO} {a} refs/heads/n\n");
        assert_eq!(
            received(lines.as_bytes(), folder.clone()),
            sent(&[&b, &a], &["refs/heads/n"], &folder)
        );
        assert_eq!(
            received(lines.as_bytes(), None),
            sent(&[&b, &a], &["refs/heads/n"], &None)
        );
        let gone = format!("{b} {ZERO} refs/heads/n\n");
        assert_eq!(received(gone.as_bytes(), None), Ok(None));
        assert_eq!(
            received(gone.as_bytes(), folder.clone()),
            sent(&[], &[], &folder)
        );
        assert_eq!(received(b"\n", folder), Err(PushError::Nothing));
        let hook = "pre-receive";
        for line in [
            "x".to_owned(),
            format!("{a} {b}"),
            format!("{a} z refs/heads/m"),
        ] {
            assert_eq!(
                received(line.as_bytes(), None),
                Err(PushError::Line { line: 1, hook })
            );
        }
    }

    #[test]
    fn the_framework_tells_ranges() {
        let framework = |set: &[(&str, &str)]| {
            let value = |name: &str| {
                let found = set.iter().find(|(set, _)| *set == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Framework::read(value).sent()
        };
        let sent = |tips: Option<&str>, known: &[&str], remote: Option<&str>| {
            Some(Sent {
                tips: tips.map(|tip| vec![tip.to_owned()]),
                locals: remote.is_some(),
                known: known.iter().map(|it| (*it).to_owned()).collect(),
                there: there(remote, None),
                ..Sent::default()
            })
        };
        let (from, to) = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF");
        let (local, remote) = ("PRE_COMMIT_LOCAL_BRANCH", "PRE_COMMIT_REMOTE_NAME");
        assert_eq!(framework(&[]), None);
        assert_eq!(
            framework(&[(from, "a"), (to, "b"), (local, "m"), (remote, "o")]),
            sent(Some("b"), &["a"], Some("o"))
        );
        assert_eq!(
            framework(&[(local, "m"), (remote, "o")]),
            sent(Some("m"), &[], Some("o"))
        );
        assert_eq!(framework(&[(remote, "o")]), sent(None, &[], Some("o")));
        let range = sent(Some("b"), &["a"], None);
        assert_eq!(framework(&[(from, "a"), (to, "b")]), range);
        let mut framework = Framework {
            from: Some("a".to_owned()),
            to: Some("b".to_owned()),
            ..Framework::default()
        };
        assert_eq!(framework.range(), range);
        framework.from = None;
        assert_eq!(framework.range(), None);
    }
}
