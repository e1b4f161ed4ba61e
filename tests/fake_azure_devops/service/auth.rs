//! Who asks, and whether the service lets them: the ladder from nobody to a scope.

use super::call::{Call, Scheme};
use super::reply::Reply;
use super::rows;
use super::state::{ANONYMOUS, Principal, Standing, World};

/// Who was let in.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    /// `None` is nobody, who may read what is public.
    pub(crate) principal: Option<Principal>,
    /// The token that was presented, by index.
    pub(crate) pat: Option<usize>,
    /// The organisation that was asked, by index.
    pub(crate) organization: Option<usize>,
}

/// How an owner is named in answers.
pub(crate) struct Owner {
    pub(crate) id: String,
    /// `X-VSS-UserData` of accepted requests.
    pub(crate) user_data: String,
}

impl Caller {
    /// The person, if it is one.
    pub(crate) fn person(&self) -> Option<usize> {
        match self.principal {
            Some(Principal::Person(user)) => Some(user),
            _ => None,
        }
    }
}

/// Lets the caller in, who must hold the scope `need`.
///
/// # Errors
///
/// The refusal.
pub(crate) fn admit(world: &World, call: &Call, need: Option<&str>) -> Result<Caller, Reply> {
    let organization = match &call.organization {
        Some(name) => match world.organization(name) {
            None => return Err(rows::organization_not_found()),
            known => known,
        },
        None => None,
    };
    let caller = |principal, pat| Caller {
        principal,
        pat,
        organization,
    };
    let (principal, pat) = match identify(world, call) {
        Some((principal, pat)) => (principal, pat),
        None if call.active.has("accepted") => (Principal::Person(0), None),
        None => {
            let public = organization.is_some_and(|at| world.organizations[at].public);
            if call.method == "GET" && (public || call.active.has("public-project")) {
                return Ok(caller(None, None));
            }
            return Err(nobody(world, call));
        }
    };
    let admitted = caller(Some(principal), pat);
    if call.active.has("accepted") {
        return Ok(admitted);
    }
    if let Some(pat) = pat {
        judge(world, call, pat, organization)?;
        if need.is_some_and(|need| !holds(&world.pats[pat].scope, need)) {
            let owner = owner_of(world, Principal::Person(world.pats[pat].owner));
            return Err(if call.active.has("scope-with-identity") {
                rows::identity_refused(&owner.user_data)
            } else {
                rows::refused()
            });
        }
    } else if let (Principal::Person(user), Some(at)) = (principal, organization) {
        let user = &world.users[user];
        if !user.member_of.contains(&at) {
            return Err(rows::identity_elsewhere(&user.id));
        }
    }
    Ok(admitted)
}

/// Whether the token itself is good here, apart from scopes.
fn judge(world: &World, call: &Call, pat: usize, at: Option<usize>) -> Result<(), Reply> {
    let pat = &world.pats[pat];
    let owner = &world.users[pat.owner];
    let now = world.now();
    if pat.is_refused_at(now) || owner.standing == Standing::Disabled {
        return Err(rows::refused());
    }
    if pat.valid_to <= now {
        return Err(if call.active.has("expired-bare") {
            rows::refused()
        } else {
            rows::expired()
        });
    }
    let Some(at) = at else {
        return Ok(());
    };
    let targeted = pat.targets.as_ref().is_none_or(|all| all.contains(&at));
    if !targeted || !owner.member_of.contains(&at) {
        return Err(if call.active.has("elsewhere-refused") {
            rows::refused()
        } else if call.active.has("elsewhere-unauthorized") {
            nobody(world, call)
        } else {
            rows::identity_elsewhere(&owner.id)
        });
    }
    if owner.standing == Standing::Fenced {
        return Err(rows::conditional_access());
    }
    if pat.targets.is_none() && world.organizations[at].blocks_global && !owner.allow_listed {
        return Err(rows::global_blocked());
    }
    Ok(())
}

/// What nobody is told.
pub(crate) fn nobody(world: &World, call: &Call) -> Reply {
    if call.active.has("redirect-unknown") {
        rows::redirect_sign_in(call)
    } else if call.suppresses_sign_in() {
        rows::unauthorized(world, call)
    } else {
        rows::sign_in()
    }
}

/// Who presents the credential, whatever became of it.
fn identify(world: &World, call: &Call) -> Option<(Principal, Option<usize>)> {
    match call.scheme {
        Scheme::None | Scheme::Garbage => None,
        Scheme::Basic => {
            let pat = world.pat(&call.credential)?;
            Some((Principal::Person(world.pats[pat].owner), Some(pat)))
        }
        Scheme::Bearer => {
            let (principal, expires) = world.bearers.get(&call.credential)?;
            (*expires > world.now()).then_some((*principal, None))
        }
    }
}

/// Who owns the credential, or the administrator if nobody does.
pub(crate) fn owner(world: &World, call: &Call) -> Owner {
    let principal = identify(world, call).map_or(Principal::Person(0), |known| known.0);
    owner_of(world, principal)
}

/// How `principal` is named in answers.
pub(crate) fn owner_of(world: &World, principal: Principal) -> Owner {
    match principal {
        Principal::Person(user) => {
            let user = &world.users[user];
            Owner {
                id: user.id.clone(),
                user_data: format!("{}:{}", user.id, user.upn),
            }
        }
        Principal::Service => Owner {
            id: world.service_principal_id.clone(),
            user_data: format!("{}:{}", world.service_principal_id, world.client_id),
        },
    }
}

/// `X-VSS-UserData` of whoever asks.
pub(crate) fn user_data(world: &World, call: &Call) -> String {
    match identify(world, call) {
        Some((principal, _)) => owner_of(world, principal).user_data,
        None => anonymous_user_data(),
    }
}

/// `X-VSS-UserData` of nobody.
pub(crate) fn anonymous_user_data() -> String {
    format!("{ANONYMOUS}:Anonymous")
}

/// Whether the scopes in `held` contain `need`, such as `code` or `work_write`.
pub(crate) fn holds(held: &str, need: &str) -> bool {
    /// Scopes that contain others under another name.
    const CONTAIN: [(&str, &str); 6] = [
        ("extension", "profile"),
        ("environment_manage", "agentpools_manage"),
        ("environment_manage", "agentpools"),
        ("machinegroup_manage", "agentpools"),
        ("auditstreams_manage", "auditlog"),
        ("memberentitlementmanagement", "entitlements"),
    ];
    /// What a scope ends in, weakest first.
    const LEVELS: [&str; 7] = ["read", "query", "write", "execute", "use", "manage", "full"];
    let split = |scope: &str| -> (String, usize) {
        let (family, level) = scope.rsplit_once('_').unwrap_or((scope, ""));
        match LEVELS.iter().position(|known| *known == level) {
            Some(level) => (family.to_owned(), level + 1),
            None => (scope.to_owned(), 0),
        }
    };
    let (family, level) = split(need);
    held.split(' ').any(|scope| {
        let scope = scope.trim_start_matches("vso.");
        let (held_family, held_level) = split(scope);
        scope == "app_token"
            || scope == "user_impersonation"
            || held_family == family && held_level >= level
            || CONTAIN.contains(&(scope, need))
            || CONTAIN.contains(&(held_family.as_str(), need))
    })
}
