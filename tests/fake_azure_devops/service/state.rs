//! What the service knows: organisations, people, tokens, and what was done to them.

use std::collections::BTreeMap;

use data_encoding::BASE64_NOPAD;
use patsweep::model::{FindingId, IssueMonth};
use patsweep::token::{c3id, mint};
use sha2::{Digest, Sha256};

use super::time::{self, DAY};

/// The identity of nobody.
pub(crate) const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

/// An organisation.
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) instance_id: String,
    /// Has a project that anybody may read.
    pub(crate) public: bool,
    /// Refuses global tokens of owners that are on no allow-list.
    pub(crate) blocks_global: bool,
}

/// Whether somebody gets in at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Enabled,
    Disabled,
    /// Conditional Access lets nobody in under this name from here.
    Fenced,
}

/// Somebody in the directory.
pub(crate) struct User {
    /// The storage key, `connectionData.authenticatedUser.id`.
    pub(crate) id: String,
    /// What the subject descriptor encodes.
    pub(crate) subject_id: String,
    pub(crate) descriptor: String,
    pub(crate) name: String,
    pub(crate) upn: String,
    /// The organisations, by index, that have this member.
    pub(crate) member_of: Vec<usize>,
    /// Project Collection Administrator of all of them.
    pub(crate) administrator: bool,
    pub(crate) standing: Standing,
    /// May use global tokens where they are blocked.
    pub(crate) allow_listed: bool,
}

/// When a revocation shows, in the service's seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Revocation {
    /// From then on the token is refused.
    pub(crate) refused_from: i64,
    /// From then on the inventory says so.
    pub(crate) listed_from: i64,
}

/// A personal access token.
pub(crate) struct Pat {
    pub(crate) token: String,
    pub(crate) c3id: String,
    pub(crate) authorization_id: String,
    pub(crate) access_id: String,
    pub(crate) name: String,
    pub(crate) owner: usize,
    pub(crate) scope: String,
    /// The organisations, by index, that it opens; `None` is global.
    pub(crate) targets: Option<Vec<usize>>,
    pub(crate) valid_from: i64,
    pub(crate) valid_to: i64,
    pub(crate) revoked: Option<Revocation>,
    /// What the inventory says apart from revocations.
    pub(crate) listed_valid: bool,
    /// Gone from the inventory, as an old one is.
    pub(crate) forgotten: bool,
}

impl Pat {
    pub(crate) fn is_refused_at(&self, now: i64) -> bool {
        self.revoked.is_some_and(|when| when.refused_from <= now)
    }

    pub(crate) fn is_listed_as_revoked_at(&self, now: i64) -> bool {
        self.revoked.is_some_and(|when| when.listed_from <= now)
    }
}

/// A token that the service tells its user about.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    /// `active`, `refused` and so on; see [`super::seed`].
    pub(crate) state: &'static str,
    /// The organisation at which it is in that state.
    pub(crate) organization: String,
    pub(crate) c3id: String,
    /// `None` where it was never issued.
    pub(crate) authorization_id: Option<String>,
    pub(crate) owner: Option<String>,
    /// `new` or `legacy`.
    pub(crate) generation: &'static str,
}

/// Who may sign in with Entra.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Principal {
    Person(usize),
    Service,
}

/// A change that somebody asked for, for the audit log.
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) actor: usize,
    /// The token that was used, by index.
    pub(crate) with: Option<usize>,
    pub(crate) action: &'static str,
    pub(crate) area: &'static str,
    pub(crate) category: &'static str,
    pub(crate) details: String,
    pub(crate) data: serde_json::Value,
    pub(crate) ip: &'static str,
    pub(crate) agent: &'static str,
}

/// The whole of it.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) started: i64,
    /// Seconds by which the service's clock was put forward.
    pub(crate) advanced: i64,
    /// Where the service listens.
    pub(crate) url: String,
    /// Where the other host listens.
    pub(crate) elsewhere: String,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) service_principal_id: String,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) users: Vec<User>,
    pub(crate) pats: Vec<Pat>,
    pub(crate) issued: Vec<Issued>,
    pub(crate) bearers: BTreeMap<String, (Principal, i64)>,
    pub(crate) events: Vec<Event>,
    /// What was written over the defaults, by organisation and policy.
    pub(crate) policies: BTreeMap<(usize, String), serde_json::Value>,
}

/// What a new token is like.
pub(crate) struct NewPat<'a> {
    pub(crate) label: &'a str,
    pub(crate) legacy: bool,
    pub(crate) owner: usize,
    pub(crate) scope: &'a str,
    pub(crate) targets: Option<Vec<usize>>,
    /// Days before the first of December 2026 on which it was issued.
    pub(crate) issued_days: i64,
    /// Days from the start of the service at which it ends; negative ones are past.
    pub(crate) valid_days: i64,
}

impl World {
    pub(crate) fn now(&self) -> i64 {
        time::machine_now() + self.advanced
    }

    pub(crate) fn organization(&self, name: &str) -> Option<usize> {
        self.organizations
            .iter()
            .position(|organization| organization.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn pat(&self, token: &str) -> Option<usize> {
        self.pats.iter().position(|pat| pat.token == token)
    }

    pub(crate) fn user_by_descriptor(&self, descriptor: &str) -> Option<usize> {
        self.users
            .iter()
            .position(|user| user.descriptor.eq_ignore_ascii_case(descriptor))
    }

    /// A GUID that is the same on every start.
    pub(crate) fn guid(&self, label: &str) -> String {
        guid(self.seed, label)
    }

    pub(crate) fn add_user(&mut self, name: &str, domain: &str, member_of: &[usize]) -> usize {
        let subject_id = guid(self.seed, &format!("subject {name}"));
        let first = name.split(' ').next().expect("a name").to_lowercase();
        self.users.push(User {
            id: guid(self.seed, &format!("user {name}")),
            descriptor: format!("aad.{}", BASE64_NOPAD.encode(subject_id.as_bytes())),
            subject_id,
            name: name.to_owned(),
            upn: format!("{first}@{domain}"),
            member_of: member_of.to_vec(),
            administrator: false,
            standing: Standing::Enabled,
            allow_listed: false,
        });
        self.users.len() - 1
    }

    pub(crate) fn add_pat(&mut self, new: NewPat<'_>) -> usize {
        // Tokens name the month of their issue, so that it must not depend on the day of a run.
        const DECEMBER_2026: i64 = 1_796_083_200;
        let valid_from = DECEMBER_2026 - new.issued_days * DAY;
        let (year, month) = time::month(valid_from);
        let seed = number(self.seed, new.label);
        let token = if new.legacy {
            mint::legacy_pat(seed)
        } else {
            mint::pat_issued(seed, IssueMonth { year, month })
        };
        let today = self.started - self.started.rem_euclid(DAY);
        self.pats.push(Pat {
            c3id: id_of(&token),
            token,
            authorization_id: guid(self.seed, &format!("authorization {}", new.label)),
            access_id: guid(self.seed, &format!("access {}", new.label)),
            name: new.label.to_owned(),
            owner: new.owner,
            scope: new.scope.to_owned(),
            targets: new.targets,
            valid_from,
            valid_to: today + new.valid_days * DAY,
            revoked: None,
            listed_valid: true,
            forgotten: false,
        });
        self.pats.len() - 1
    }

    /// Tells of the token `pat`, which is in `state` at `organization`.
    pub(crate) fn tell(&mut self, pat: usize, state: &'static str, organization: usize) {
        let known = &self.pats[pat];
        self.issued.push(Issued {
            token: known.token.clone(),
            state,
            organization: self.organizations[organization].name.clone(),
            c3id: known.c3id.clone(),
            authorization_id: Some(known.authorization_id.clone()),
            owner: Some(self.users[known.owner].upn.clone()),
            generation: generation(&known.token),
        });
    }
}

/// `new` or `legacy`.
pub(crate) fn generation(token: &str) -> &'static str {
    if token.len() == 52 { "legacy" } else { "new" }
}

/// The C3ID of `token`.
pub(crate) fn id_of(token: &str) -> String {
    match c3id(token.as_bytes()) {
        FindingId::C3id(id) | FindingId::Salted(id) => id,
    }
}

/// A number that `seed` and `label` decide.
pub(crate) fn number(seed: u64, label: &str) -> u64 {
    let hash = hash(seed, label);
    u64::from_le_bytes(std::array::from_fn(|at| hash[at]))
}

/// A GUID of version 4 that `seed` and `label` decide.
pub(crate) fn guid(seed: u64, label: &str) -> String {
    let hash = hash(seed, label);
    let mut bytes: [u8; 16] = std::array::from_fn(|at| hash[at]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

fn hash(seed: u64, label: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(label.as_bytes());
    hash.finalize().to_vec()
}
