//! Which references tell what a remote has, and whether they may be believed.

use std::collections::{BTreeSet, HashMap};

use super::super::objects::Objects;
use super::super::program;
use super::opened::Opened;
use super::revision::peel;
use super::walk::new_to;
use crate::model::ObjectId;

/// Whom is sent to, as far as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// The name of the remote, or its URL.
    pub name: String,
    /// Where it is: another place than it is fetched from has something else.
    pub url: Option<String>,
    /// The references that it is asked to change, by full names, each with what the remote says that
    /// it leads to there; nothing if it has no such reference.
    pub said: Vec<(String, Option<String>)>,
}

/// The references that track a remote.
#[derive(Default)]
pub(super) struct Tracking {
    own: Vec<Spec>,
    /// Those of other remotes.
    others: Vec<Spec>,
    /// Whether they tell what it has.
    pub(super) is_believed: bool,
}

impl Tracking {
    /// Those of `remote` among `references`, which are sorted.
    pub(super) fn of(
        opened: &Opened,
        objects: &mut Objects<'_>,
        remote: &Remote,
        references: &[(String, ObjectId)],
        shallow: &BTreeSet<ObjectId>,
    ) -> Self {
        let names = opened.git.remotes();
        let names = names.iter().flatten().flatten().flatten();
        let names: Vec<&str> = names.collect();
        let (own, others) = if names.contains(&&*remote.name) {
            names.into_iter().partition(|name| *name == remote.name)
        } else {
            let url = remote.url.as_deref().unwrap_or(&remote.name);
            let is_it = |name: &&str| is_fetched_from(opened, name, url);
            names.into_iter().partition::<Vec<_>, _>(is_it)
        };
        let is_there = remote.url.as_deref().is_none_or(|url| {
            let mut own = own.iter();
            own.all(|name| is_fetched_from(opened, name, url))
        });
        let specs = |names: Vec<&str>| {
            let all = names.into_iter().flat_map(|name| fetched(opened, name));
            all.collect::<Vec<_>>()
        };
        let mut tracking = Self {
            own: specs(own),
            others: specs(others),
            is_believed: false,
        };
        tracking.is_believed = is_there && {
            let known: HashMap<_, _> = references.iter().map(|(name, id)| (&**name, *id)).collect();
            remote.said.iter().all(|(name, there)| {
                let tracked = tracking.tracks(name);
                let mut tracked = tracked.filter_map(|name| known.get(&*name));
                tracked.all(|id| is_no_newer(objects, *id, there.as_deref(), shallow))
            })
        };
        tracking
    }

    /// The names of those that track the remote's reference `name`.
    pub(super) fn tracks(&self, name: &str) -> impl Iterator<Item = String> {
        self.own.iter().filter_map(move |spec| spec.tracks(name))
    }

    /// Whether `name` is one of them. Where the names of remotes are nested, the longest counts.
    pub(super) fn has(&self, name: &str) -> bool {
        let longest = |specs: &[Spec]| {
            let owners = specs.iter().filter(|spec| spec.owns(name));
            owners.map(|spec| spec.to.0.len()).max()
        };
        longest(&self.own) > longest(&self.others)
    }
}

/// Whether what is tracked at `id` is what the remote says that it has `there`, or came before it.
/// Else it was learnt of another server, or does not stand there any more.
fn is_no_newer(
    objects: &mut Objects<'_>,
    id: ObjectId,
    there: Option<&str>,
    shallow: &BTreeSet<ObjectId>,
) -> bool {
    let Some(there) = there.and_then(|it| ObjectId::from_hex(it.as_bytes())) else {
        return false;
    };
    if id == there {
        return true;
    }
    let mut commit = |id| peel(objects, id).ok().map(|(commit, _)| commit);
    let (Some(id), Some(there)) = (commit(id), commit(there)) else {
        return false;
    };
    new_to(objects, &[id], &[there], shallow).commits.is_empty()
}

/// A line of a remote's configuration that says what is fetched, and which references track that.
#[derive(Debug, PartialEq, Eq)]
struct Spec {
    /// What stands before and behind the asterisk; without one, the name.
    from: (String, Option<String>),
    to: (String, Option<String>),
}

impl Spec {
    /// Only references that nobody works on tell of others.
    fn parse(text: &str) -> Option<Self> {
        let side = |text: &str| match text.split_once('*') {
            Some((before, behind)) => (before.to_owned(), Some(behind.to_owned())),
            None => (text.to_owned(), None),
        };
        let (from, to) = text.strip_prefix('+').unwrap_or(text).split_once(':')?;
        to.starts_with("refs/remotes/").then(|| Self {
            from: side(from),
            to: side(to),
        })
    }

    /// The reference that tracks the remote's reference `name`.
    fn tracks(&self, name: &str) -> Option<String> {
        let middle = middle(&self.from, name)?;
        Some(match &self.to {
            (before, Some(behind)) => format!("{before}{middle}{behind}"),
            (whole, None) => whole.clone(),
        })
    }

    /// Whether the reference `name` tracks one of the remote's.
    fn owns(&self, name: &str) -> bool {
        middle(&self.to, name).is_some()
    }
}

/// What the asterisk stands for in `name`.
fn middle<'n>((before, behind): &(String, Option<String>), name: &'n str) -> Option<&'n str> {
    match behind {
        Some(behind) => name.strip_prefix(&**before)?.strip_suffix(&**behind),
        None => (name == before).then_some(""),
    }
}

/// What is fetched from the remote `name`.
fn fetched(opened: &Opened, name: &str) -> Vec<Spec> {
    let lines = values(opened, name, "fetch");
    lines.iter().filter_map(|line| Spec::parse(line)).collect()
}

/// What is configured of the remote `name` as `key`.
fn values(opened: &Opened, name: &str, key: &str) -> Vec<String> {
    let mut values = Vec::new();
    let config = opened.git.config();
    let entries = config
        .as_ref()
        .ok()
        .and_then(|it| it.multivar(&format!("remote.{name}.{key}"), None).ok());
    if let Some(mut entries) = entries {
        while let Some(Ok(entry)) = entries.next() {
            values.push(String::from_utf8_lossy(entry.value_bytes()).into_owned());
        }
    }
    values
}

/// Whether the remote `name` is fetched from `url`, which is where git sends to: as it makes URLs of
/// others by `url.*.insteadOf` and `url.*.pushInsteadOf`.
fn is_fetched_from(opened: &Opened, name: &str, url: &str) -> bool {
    let url = url.as_bytes();
    let pushes_elsewhere = !values(opened, name, "pushurl").is_empty();
    // Of several git fetches from the first, and libgit2 from the last.
    let is_one = values(opened, name, "url").len() == 1;
    let found = opened.git.find_remote(name).ok();
    let is_known = found.filter(|_| is_one).is_some_and(|found| {
        let pushed = found.pushurl_bytes().filter(|_| !pushes_elsewhere);
        is_same(found.url_bytes(), url) || pushed.is_some_and(|it| is_same(it, url))
    });
    is_known || git_fetches_from(opened, name, url)
}

/// The same as git itself says.
fn git_fetches_from(opened: &Opened, name: &str, url: &[u8]) -> bool {
    let folder = &opened.database.folder;
    let ask = |args: &[&str]| program::ask_for_later(folder, folder, args);
    let fetched = ask(&["remote", "get-url", "--", name]);
    if fetched.is_some_and(|it| is_same(&it, url)) {
        return true;
    }
    let key = format!("remote.{name}.pushurl");
    let pushed = || ask(&["remote", "get-url", "--push", "--all", "--", name]);
    ask(&["config", "--get-all", &key]).is_none() && pushed().is_some_and(|it| is_same(&it, url))
}

/// Whether two URLs are of one repository: of one host by two protocols, with which many fetch and
/// push, paths are the same.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a == b || server(a).is_some_and(|a| server(b) == Some(a))
}

/// The host and the path of a URL; nothing of one without a host.
fn server(url: &[u8]) -> Option<(String, String)> {
    let url = std::str::from_utf8(url).ok()?;
    let (host, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').filter(|_| scheme != "file")?;
            let is_port = |port: &str| port.bytes().all(|it| it.is_ascii_digit());
            let (host, _) = host
                .rsplit_once(':')
                .filter(|(_, port)| is_port(port))
                .unwrap_or((host, ""));
            (host, path)
        }
        // A letter alone is a drive.
        None => url
            .split_once(':')
            .filter(|(host, _)| host.len() > 1 && !host.contains('/'))?,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_of_one_host_lead_to_one_repository() {
        let check = |a: &str, b: &str, expected| {
            assert_eq!(is_same(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        };
        check("https://h.example/a/b.git", "git@h.example:a/b", true);
        check(
            "https://u@H.example/a/b/",
            "ssh://git@h.example:22/a/b.git",
            true,
        );
        check("https://h.example/a/b", "https://h.example/a/c", false);
        check("https://h.example/a/b", "https://i.example/a/b", false);
        check("git@h.example:a", "git@i.example:a", false);
        check("../far", "../far", true);
        check("../far", "../further", false);
        check("file:///a/far", "file:///a/near", false);
        check("C:/a", "D:/a", false);
    }

    #[test]
    fn the_longest_name_of_a_remote_counts() {
        let spec = |text| Spec::parse(text).expect("one that tracks");
        let origin = || vec![spec("+refs/heads/*:refs/remotes/origin/*")];
        let nested = || vec![spec("refs/heads/*:refs/remotes/origin/x/*")];
        let has = |own, others, name| {
            let tracking = Tracking {
                own,
                others,
                is_believed: true,
            };
            tracking.has(name)
        };
        assert!(has(origin(), nested(), "refs/remotes/origin/main"));
        assert!(!has(origin(), nested(), "refs/remotes/origin/x/main"));
        assert!(has(nested(), origin(), "refs/remotes/origin/x/main"));
        assert!(!has(nested(), origin(), "refs/remotes/origin/main"));
        assert!(!has(origin(), origin(), "refs/remotes/origin/main"));
        let single = || vec![spec("+refs/heads/m:refs/remotes/origin/m")];
        assert!(has(single(), Vec::new(), "refs/remotes/origin/m"));
        assert!(!has(single(), Vec::new(), "refs/remotes/origin/main"));
    }

    #[test]
    fn what_is_tracked_has_another_name_here() {
        let spec = Spec::parse("+refs/heads/*:refs/remotes/origin/*").expect("one that tracks");
        assert_eq!(
            spec.tracks("refs/heads/a/b").as_deref(),
            Some("refs/remotes/origin/a/b")
        );
        assert_eq!(spec.tracks("refs/tags/a"), None);
        for nothing in ["^refs/heads/x", "+refs/*:refs/*", "refs/heads/main"] {
            assert_eq!(Spec::parse(nothing), None, "{nothing}");
        }
    }
}
