//! Which commits are new, and whose word on them is believed.

use super::{Cause, CiError, Gap, Push, Request, Run, Service, branch_of, repository_of};
use crate::model::ObjectId;
use crate::sources::git::part::{Checkout, Part, Sent};

/// What the operator asks for beside what the service tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `A..B`, in place of what the service tells.
    pub range: Option<String>,
    /// The branch that is believed, in place of the one that the service names.
    pub target: Option<String>,
}

/// What is scanned, and what steers that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is scanned.
    pub part: Part,
    /// What is scanned and why, in words.
    pub what: String,
    /// The last commits of what is scanned.
    pub tips: Vec<ObjectId>,
    /// The commits that were there before.
    pub known: Vec<ObjectId>,
    /// Whose configuration, baseline and marks count.
    pub trusted: Option<Trusted>,
    /// What is not here and would be of use.
    pub wants: Vec<Want>,
    /// What cannot be told for sure for lack of it, so that the scan is incomplete.
    pub gaps: Vec<Gap>,
}

/// A commit that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The commit.
    pub commit: ObjectId,
    /// Which one it is, in words.
    pub what: String,
}

/// Something that a checkout lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// A branch of the remote.
    Branch(String),
    /// A commit.
    Commit(String),
}

impl Plan {
    /// What is to be scanned of `checkout`, as `run` and `wish` have it. Without a run there must be
    /// a range.
    ///
    /// # Errors
    ///
    /// What cannot be told, or what is to be scanned and not here.
    pub fn of(run: Option<&Run>, checkout: &Checkout, wish: &Wish) -> Result<Self, CiError> {
        let target = wish.target.as_deref();
        let target = target.map(|target| branch_of(target).unwrap_or(target));
        let planner = Planner {
            checkout,
            service: run.map(|run| run.service),
            default: target.or(run.and_then(|it| it.default.as_deref())),
            is_wished: wish.target.is_some(),
            fork: run.and_then(|run| match &run.cause {
                Cause::Request(request) => request.fork.as_deref(),
                _ => None,
            }),
            wants: Vec::new(),
            gaps: Vec::new(),
        };
        match (&wish.range, run) {
            (Some(range), run) => planner.range(range, run),
            (None, None) => Err(CiError::Unrecognised),
            (None, Some(run)) => match &run.cause {
                Cause::Request(request) => planner.request(request),
                Cause::Push(push) => planner.push(push),
                Cause::Tag { name, tip } => planner.tag(name, tip),
                Cause::Look { branch, tip } => planner.look(branch.as_deref(), tip),
                Cause::Deleted { name } => Ok(Self {
                    part: Part::Sent(Sent {
                        tips: Some(Vec::new()),
                        ..Sent::default()
                    }),
                    what: format!("nothing, for {name} was deleted"),
                    tips: Vec::new(),
                    known: Vec::new(),
                    trusted: None,
                    wants: Vec::new(),
                    gaps: Vec::new(),
                }),
            },
        }
    }
}

/// Works a plan out.
struct Planner<'p> {
    checkout: &'p Checkout,
    service: Option<Service>,
    /// The default branch, or the one that the operator named.
    default: Option<&'p str>,
    /// Whether the operator named it.
    is_wished: bool,
    /// The repository whose branches are not believed.
    fork: Option<&'p str>,
    wants: Vec<Want>,
    gaps: Vec<Gap>,
}

/// What is new, before it is made into a plan.
#[derive(Default)]
struct New {
    what: String,
    tips: Vec<ObjectId>,
    /// Revisions that are scanned; where there is none the tips.
    revisions: Vec<String>,
    known: Vec<ObjectId>,
    /// The full name of a reference that is new.
    name: Option<String>,
    whole: bool,
}

impl Planner<'_> {
    fn done(self, new: New, trusted: Option<Trusted>) -> Plan {
        let mut known = new.known;
        known.sort();
        known.dedup();
        let revisions = if new.revisions.is_empty() {
            new.tips.iter().map(ToString::to_string).collect()
        } else {
            new.revisions
        };
        Plan {
            part: Part::Sent(Sent {
                tips: Some(revisions),
                known: known.iter().map(ToString::to_string).collect(),
                names: new.name.into_iter().collect(),
                whole: new.whole,
                ..Sent::default()
            }),
            what: new.what,
            tips: new.tips,
            known,
            trusted,
            wants: self.wants,
            gaps: self.gaps,
        }
    }

    /// The tip of a branch of the remote.
    fn branch(&mut self, name: &str) -> Result<Option<Trusted>, CiError> {
        let mut remotes = self.checkout.remotes();
        let all = remotes.len();
        remotes.retain(|remote| !self.is_of_fork(remote));
        // Nor is what was made of its branches.
        let is_clean = remotes.len() == all;
        let tracking = remotes
            .iter()
            .filter(|name| *name == "origin")
            .chain(&remotes);
        let tracking = tracking.map(|remote| format!("{remote}/{name}"));
        let all = tracking.map(|short| (format!("refs/remotes/{short}"), short));
        let own = is_clean.then(|| (format!("refs/heads/{name}"), name.to_owned()));
        let mut all = all.chain(own);
        let found = all.find_map(|(reference, short)| {
            let commit = self.checkout.reference(&reference)?;
            Some(Trusted {
                commit,
                what: short,
            })
        });
        if found.is_none() {
            self.wants.push(Want::Branch(name.to_owned()));
            if self.is_wished && self.default == Some(name) {
                return Err(CiError::NoTarget(name.to_owned()));
            }
        }
        Ok(found)
    }

    /// Whether a remote is where the request comes from, and not what it is for.
    fn is_of_fork(&self, remote: &str) -> bool {
        let url = self.checkout.remote_url(remote);
        let named = url.as_deref().and_then(repository_of);
        let is_fork = |fork: &str| named.is_some_and(|it| it.eq_ignore_ascii_case(fork));
        self.fork.is_some_and(is_fork)
    }

    /// The commit that a service names, if it is here.
    fn commit(&mut self, id: &str) -> Option<ObjectId> {
        let found = self.checkout.commit(id);
        if found.is_none() {
            self.wants.push(Want::Commit(id.to_owned()));
        }
        found
    }

    /// The commit that is to be scanned.
    fn tip(&self, id: &str, whose: &str) -> Result<ObjectId, CiError> {
        self.checkout.commit(id).ok_or_else(|| CiError::NoTip {
            what: format!("{id}, {whose}"),
            want: Some(Want::Commit(id.to_owned())),
            service: self.service,
        })
    }

    fn request(mut self, request: &Request) -> Result<Plan, CiError> {
        let target = match self.default {
            Some(wished) if self.is_wished => wished,
            _ => &request.target,
        };
        let (tips, merged_with) = self.last_of(request)?;
        let branch = if request.is_elsewhere {
            self.gaps.push(Gap::of_fork(format!(
                "this runs in the project of whoever made the request, whose {target} is not the one \
                 that the request is for"
            )));
            None
        } else {
            self.branch(target)?
        };
        // Of another branch than the one that the operator named nothing is believed.
        let merged_with = merged_with.filter(|_| !self.is_wished);
        let onto = merged_with.filter(|base| self.checkout.commit(&base.to_string()).is_some());
        let onto = onto.map(|commit| Trusted {
            commit,
            what: format!("the tip of {target} that it is merged with"),
        });
        if merged_with.is_some() && onto.is_none() {
            self.wants
                .extend(merged_with.map(|it| Want::Commit(it.to_string())));
        }
        // The branch says more, and is what is fetched.
        let bases = request.bases.iter().filter(|_| !self.is_wished);
        let bases: Vec<_> = bases.filter_map(|id| self.checkout.commit(id)).collect();
        let of_service = bases.first().map(|commit| Trusted {
            commit: *commit,
            what: format!("the tip of {target} that the service names"),
        });
        let mut known: Vec<_> = onto.iter().chain(&branch).map(|it| it.commit).collect();
        known.extend(bases);
        let trusted = match (branch, onto) {
            // What the service merged it with may be the later one.
            (Some(branch), Some(onto)) if self.is_later(&onto, &branch) => Some(onto),
            (branch, onto) => branch.or(onto),
        };
        let trusted = trusted.or(of_service);
        if let (None, Some(fork)) = (&trusted, self.fork) {
            self.gaps.push(Gap::of_fork(format!(
                "the tip of {target} that the request is for is not here, and what {fork} calls so \
                 is not believed"
            )));
        }
        if trusted.is_none() && known.is_empty() {
            let parted = request.parted.as_deref();
            if let Some(parted) = parted.and_then(|id| self.commit(id)) {
                known.push(parted);
                self.gaps.push(Gap::of_depth(format!(
                    "the tip of {target} is not here, and where the merge request is said to have \
                     parted from it may be of another branch"
                )));
            }
        }
        let what = format!("what the request brings that {target} has not");
        Ok(self.done(
            New {
                what,
                tips,
                known,
                ..New::default()
            },
            trusted,
        ))
    }

    /// Whether `onto` has more than `branch`.
    fn is_later(&self, onto: &Trusted, branch: &Trusted) -> bool {
        onto.commit != branch.commit && self.checkout.leads_to(onto.commit, branch.commit)
    }

    /// The last commits of a request; with the tip of the target if the service merges it with that.
    fn last_of(&self, request: &Request) -> Result<(Vec<ObjectId>, Option<ObjectId>), CiError> {
        let head = request.head.as_deref();
        let merge = request.merge.as_deref();
        let merge = merge.and_then(|id| self.checkout.commit(id));
        let parents = merge.map(|merge| self.checkout.parents(merge));
        // Whoever wrote the request could have merged something else.
        let is_of_head = |id: &ObjectId| head.is_none_or(|head| head == id.to_string());
        if let (Some(merge), Some([onto, merged])) = (merge, parents.as_deref())
            && is_of_head(merged)
        {
            return Ok((vec![merge], Some(*onto)));
        }
        // Both are of the request then, if they are here.
        let here = head.and_then(|id| self.checkout.commit(id));
        let mut tips: Vec<_> = merge.into_iter().chain(here).collect();
        tips.dedup();
        if tips.is_empty() {
            let last = head.or(request.merge.as_deref()).unwrap_or("HEAD");
            return Ok((
                vec![self.tip(last, "the last commit of the request")?],
                None,
            ));
        }
        Ok((tips.into_iter().collect(), None))
    }

    fn push(mut self, push: &Push) -> Result<Plan, CiError> {
        let tip = self.tip(&push.tip, "the commit that was pushed")?;
        let branch = &push.branch;
        let before = push.before.as_ref();
        let before = before.and_then(|id| self.commit(id));
        let is_onward = |old: ObjectId| !push.forced && self.checkout.leads_to(tip, old);
        let onward = before.filter(|old| is_onward(*old));
        let name = self.default_name();
        let is_default = name.as_ref().is_ok_and(|name| name == branch);
        let default = match &name {
            Ok(name) if !is_default => self.branch(name)?,
            _ => None,
        };
        let known = before
            .into_iter()
            .chain(default.as_ref().map(|it| it.commit));
        let known = known.collect();
        let of_before = |commit| Trusted {
            commit,
            what: format!("the tip of {branch} before the push"),
        };
        let (what, trusted) = match (onward, &push.before) {
            (Some(before), _) => (
                format!("what the push brings to {branch}"),
                Some(of_before(before)),
            ),
            (None, None) => {
                let what = format!("what the new branch {branch} brings");
                (what, default)
            }
            (None, Some(_)) => {
                let how = if before.is_none() && !push.forced {
                    "whose tip before the push is not here"
                } else {
                    "written anew"
                };
                let what = format!("what {branch}, {how}, brings");
                let before = before.map(of_before);
                (what, if is_default { before } else { default })
            }
        };
        if let (None, Err(error)) = (&trusted, name) {
            return Err(error);
        }
        Ok(self.done(
            New {
                what,
                tips: vec![tip],
                known,
                name: push
                    .before
                    .is_none()
                    .then(|| format!("refs/heads/{branch}")),
                ..New::default()
            },
            trusted,
        ))
    }

    fn no_default(&self) -> CiError {
        self.service
            .map_or(CiError::Unrecognised, CiError::NoDefault)
    }

    /// The name of the default branch: as the operator or the service has it, else as the remote
    /// had it when it was cloned.
    fn default_name(&self) -> Result<String, CiError> {
        if let Some(default) = self.default {
            return Ok(default.to_owned());
        }
        let head = self.checkout.symbolic("refs/remotes/origin/HEAD");
        let head = head
            .as_deref()
            .and_then(|it| it.strip_prefix("refs/remotes/origin/"));
        head.map(str::to_owned).ok_or_else(|| self.no_default())
    }

    fn tag(mut self, name: &str, tip: &str) -> Result<Plan, CiError> {
        let default = self.default_name()?;
        let trusted = self.branch(&default)?;
        let commit = self.tip(tip, "the commit that the tag names")?;
        // An annotated tag has a message of its own. Checkouts put its commit in its place.
        let reference = format!("refs/tags/{name}");
        let here = self.checkout.reference(&reference);
        let reference = Some(reference).filter(|_| here == Some(commit));
        let revisions = reference.into_iter().chain([tip.to_owned()]).collect();
        Ok(self.done(
            New {
                what: format!("what the tag {name} brings that {default} has not"),
                tips: vec![commit],
                revisions,
                name: Some(format!("refs/tags/{name}")),
                known: trusted.iter().map(|it| it.commit).collect(),
                ..New::default()
            },
            trusted,
        ))
    }

    fn look(mut self, branch: Option<&str>, tip: &str) -> Result<Plan, CiError> {
        let tip = self.tip(tip, "the commit that the service runs on")?;
        let default = self.default_name()?;
        if branch.is_none_or(|branch| branch != default) {
            let trusted = self.branch(&default)?;
            let what = match branch {
                Some(branch) => format!("what {branch} has that {default} has not"),
                None => format!("what {tip} has that {default} has not"),
            };
            let new = New {
                what,
                tips: vec![tip],
                known: trusted.iter().map(|it| it.commit).collect(),
                ..New::default()
            };
            return Ok(self.done(new, trusted));
        }
        let before = self.checkout.parents(tip).into_iter().next();
        let known = before.and_then(|before| self.commit(&before.to_string()));
        let new = New {
            what: format!("all files of {default}, and what its last commit brings"),
            tips: vec![tip],
            known: known.into_iter().collect(),
            whole: true,
            ..New::default()
        };
        let trusted = Trusted {
            commit: tip,
            what: format!("the tip of {default}"),
        };
        Ok(self.done(new, Some(trusted)))
    }

    /// What the operator asked for. What it starts from is believed, unless a branch is known that
    /// the change is for.
    fn range(mut self, range: &str, run: Option<&Run>) -> Result<Plan, CiError> {
        let target = match run.map(|run| &run.cause) {
            Some(Cause::Request(request)) if !self.is_wished => Some(request.target.as_str()),
            _ => self.default.filter(|_| self.is_wished),
        };
        let target = match target {
            Some(target) => self.branch(target)?,
            None => None,
        };
        let (from, to) = match range.split_once("..") {
            Some((from, to)) => (Some(from), to.strip_prefix('.').unwrap_or(to)),
            None => (None, range),
        };

        let find = |revision| {
            let revision = named(revision);
            self.checkout
                .commit(revision)
                .ok_or_else(|| CiError::NoTip {
                    what: format!("'{revision}' of --range {range}"),
                    want: None,
                    service: self.service,
                })
        };
        let tip = find(to)?;
        let known = from.map(find).transpose()?;
        let trusted = target.or(known.zip(from).map(|(commit, from)| Trusted {
            commit,
            what: named(from).to_owned(),
        }));
        Ok(Plan {
            part: Part::Range(range.to_owned()),
            what: format!("what {range} brings"),
            tips: vec![tip],
            known: known.into_iter().collect(),
            trusted,
            wants: self.wants,
            gaps: self.gaps,
        })
    }
}

/// An end of a range that is left out is `HEAD`.
fn named(revision: &str) -> &str {
    if revision.is_empty() {
        "HEAD"
    } else {
        revision
    }
}
