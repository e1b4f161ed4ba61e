//! The scopes of Azure DevOps: what each allows, how much harm it does and what comes with it.
//!
//! Names, what inherits what and the high-privilege marks are those of Microsoft's list of scopes
//! (`integrate/includes/scopes.md` of its documentation, 2025-07-16). That a level holds the ones
//! below it, as `code_write` does `code`, is what the interface shows. Which scopes a request that
//! only reads can show is computed from the published specification of the service, version 7.2.

use crate::model::Harm;

/// What a personal access token with full access has for its scope.
pub const FULL_ACCESS: &str = "app_token";

/// The same of an OAuth token.
const IMPERSONATION: &str = "user_impersonation";

/// Who can hold a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Personal access tokens and OAuth tokens.
    Any,
    /// Personal access tokens alone.
    Pat,
    /// OAuth tokens alone, of Microsoft Entra or of Azure DevOps.
    OAuth,
}

/// Whether a request that only reads shows that a scope is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// One does.
    Yes,
    /// None does, or none that is known and needs no id of something that exists.
    No,
}

/// A scope.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    /// Without `vso.`.
    pub name: &'static str,
    /// How much harm it can do. [`Harm::High`] and worse are those that Microsoft marks as
    /// high-privilege, and full access.
    pub harm: Harm,
    /// The scopes that come with it, without those that come with them.
    pub includes: &'static [&'static str],
    /// What it allows, in words.
    pub allows: &'static str,
    /// Whether it can be probed.
    pub readable: Readable,
    /// Who can hold it.
    pub holder: Holder,
}

impl Scope {
    /// The name as the service writes it: `vso.code`, `app_token`.
    pub fn full_name(&self) -> String {
        match self.name {
            FULL_ACCESS | IMPERSONATION => self.name.to_owned(),
            name => format!("vso.{name}"),
        }
    }

    /// Whether Microsoft marks it as high-privilege.
    pub fn is_high_privilege(&self) -> bool {
        self.harm <= Harm::High && self.name != FULL_ACCESS
    }

    /// Whether it is all that the owner may.
    pub fn is_full_access(&self) -> bool {
        matches!(self.name, FULL_ACCESS | IMPERSONATION)
    }

    /// Whether it comes with `wanted`, directly or not; it comes with itself.
    pub fn implies(&self, wanted: &Self) -> bool {
        if self == wanted || (self.is_full_access() && wanted.holder == Holder::Any) {
            return true;
        }
        let mut included = self.includes.iter().filter_map(|name| find(name));
        included.any(|scope| scope.implies(wanted))
    }
}

/// The scope of this name, with or without `vso.`.
pub fn find(name: &str) -> Option<&'static Scope> {
    let name = bare(name);
    CATALOGUE.iter().find(|scope| scope.name == name)
}

/// The names in the scope text of a token, separated by blanks: without `vso.`, each once, in
/// order. Those that the catalogue does not know are kept.
pub fn parse(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split_ascii_whitespace().map(bare) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether a token that holds the scope `held` may do what `wanted` allows. A scope that the
/// catalogue does not know implies itself alone, and full access.
pub fn implies(held: &str, wanted: &str) -> bool {
    match (find(held), find(wanted)) {
        (Some(held), Some(wanted)) => held.implies(wanted),
        (Some(held), None) => held.is_full_access(),
        (None, _) => bare(held) == bare(wanted),
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix("vso.").unwrap_or(name)
}

/// A row of the catalogue.
const fn row(
    name: &'static str,
    harm: Harm,
    includes: &'static [&'static str],
    readable: Readable,
    allows: &'static str,
) -> Scope {
    Scope {
        name,
        harm,
        includes,
        allows,
        readable,
        holder: Holder::Any,
    }
}

/// A row that not every token can hold.
const fn only(holder: Holder, mut row: Scope) -> Scope {
    row.holder = holder;
    row
}

use Harm::{Critical as C, High as H, Low as L, Medium as M};
use Readable::{No as N, Yes as Y};

/// All scopes, by name.
#[rustfmt::skip]
pub static CATALOGUE: [Scope; 90] = [
    row("advsec", H, &[], Y, "read security alerts"),
    row("advsec_manage", H, &["advsec_write"], N, "turn security scanning on and off"),
    row("advsec_write", H, &["advsec"], N, "upload and dismiss security alerts"),
    row("agentpools", M, &[], Y, "list agent pools and agents"),
    row("agentpools_manage", C, &["agentpools"], N, "add agents, which run pipelines and see their secrets"),
    row("analytics", L, &[], Y, "query analytics"),
    only(Holder::Pat, row(FULL_ACCESS, C, &[], N, "do all that its owner may")),
    row("auditlog", M, &[], Y, "read the audit log"),
    row("auditstreams_manage", C, &["auditlog"], N, "redirect or stop the audit log"),
    row("build", M, &["hooks_write"], Y, "read builds, their logs and definitions"),
    row("build_execute", C, &["build"], N, "change and queue builds"),
    row("code", M, &["hooks_write"], Y, "read source code"),
    row("code_full", C, &["code_manage"], N, "change and delete source code and repositories, and read all of version control"),
    row("code_manage", C, &["code_write"], N, "change source code, create and delete repositories"),
    row("code_status", M, &[], N, "read and set the status of commits and pull requests"),
    row("code_write", C, &["code"], N, "change source code and pull requests"),
    row("connected_server", M, &[], N, "reach the service from an on-premises server"),
    row("dashboards", L, &[], Y, "read dashboards"),
    row("dashboards_manage", M, &["dashboards"], N, "change dashboards"),
    row("entitlements", M, &[], N, "read licences"),
    row("environment_manage", C, &["agentpools_manage"], Y, "change the environments that are deployed to"),
    row("extension", L, &["profile"], Y, "list installed extensions"),
    row("extension.data", L, &[], N, "read what extensions store"),
    row("extension.data_write", M, &["extension.data"], N, "change what extensions store"),
    row("extension_manage", C, &["extension"], N, "install extensions, which run as whoever uses them"),
    row("gallery", L, &[], N, "read private marketplace items"),
    row("gallery_acquire", M, &["gallery"], N, "buy and install marketplace items"),
    row("gallery_manage", C, &["gallery_publish"], N, "publish and remove marketplace items, and manage publishers"),
    row("gallery_publish", C, &["gallery"], N, "publish marketplace items, which others install"),
    row("githubconnections", L, &[], Y, "read connections to GitHub"),
    row("githubconnections_manage", H, &["githubconnections"], N, "change connections to GitHub"),
    only(Holder::Pat, row("governance", M, &[], N, "read results of component governance")),
    row("graph", M, &[], Y, "list users and groups"),
    row("graph_manage", C, &["graph"], N, "change users, groups and memberships"),
    row("hooks", M, &[], N, "read service hooks"),
    row("hooks_interact", M, &[], N, "act on what service hooks receive"),
    row("hooks_write", M, &["hooks"], N, "send events elsewhere by service hooks"),
    row("identity", M, &[], Y, "look up identities and groups"),
    row("identity_manage", C, &["identity"], N, "change identities and groups"),
    row("machinegroup_manage", C, &["agentpools_manage"], Y, "change the machines that are deployed to"),
    row("memberentitlementmanagement", M, &[], Y, "list members and their licences"),
    row("memberentitlementmanagement_write", C, &["memberentitlementmanagement"], N, "add and remove members"),
    row("notification", L, &[], Y, "read subscriptions to notifications"),
    row("notification_diagnostics", L, &["notification"], N, "read diagnostic logs of notifications"),
    row("notification_manage", M, &["notification_write"], N, "change subscriptions to notifications, and read diagnostic logs"),
    row("notification_write", M, &["notification"], N, "change subscriptions to notifications"),
    row("packaging", M, &[], Y, "read feeds and packages"),
    row("packaging_manage", C, &["packaging_write"], N, "publish packages, create and delete feeds"),
    row("packaging_write", C, &["packaging"], N, "publish packages, which others install"),
    only(Holder::OAuth, row("pats", H, &[], N, "list the owner's personal access tokens")),
    only(Holder::OAuth, row("pats_manage", C, &["pats"], N, "create personal access tokens of the owner")),
    row("pipelineresources_manage", C, &["pipelineresources_use"], N, "let pipelines use protected resources, and change their checks"),
    row("pipelineresources_use", C, &[], N, "approve the use of protected resources by pipelines"),
    row("profile", L, &[], Y, "read the owner's profile"),
    row("profile_write", M, &["profile"], N, "change the owner's profile"),
    row("project", L, &[], Y, "list projects and teams"),
    row("project_manage", C, &["project_write"], N, "create, change and delete projects and teams"),
    row("project_write", H, &["project"], N, "change projects and teams"),
    row("release", M, &[], Y, "read releases and their definitions"),
    row("release_execute", C, &["release"], N, "change and start releases"),
    row("release_manage", C, &["release_execute"], N, "change, start and delete releases"),
    row("securefiles_manage", C, &["securefiles_write"], N, "use, change and delete secure files"),
    row("securefiles_read", C, &[], Y, "use secure files"),
    row("securefiles_write", C, &["securefiles_read"], N, "use and change secure files"),
    row("security_manage", C, &[], Y, "read and change permissions"),
    row("serviceendpoint", M, &[], Y, "list service connections"),
    row("serviceendpoint_manage", C, &["serviceendpoint_query"], N, "use and change service connections"),
    row("serviceendpoint_query", M, &["serviceendpoint"], N, "list and query service connections"),
    row("settings", L, &[], N, "read settings"),
    row("settings_write", M, &["settings"], N, "change settings"),
    row("symbols", L, &[], Y, "read symbols"),
    row("symbols_manage", M, &["symbols_write"], N, "change and delete symbols"),
    row("symbols_write", M, &["symbols"], N, "change symbols"),
    row("taskgroups_manage", H, &["taskgroups_write"], N, "change and delete task groups"),
    row("taskgroups_read", M, &[], Y, "read task groups"),
    row("taskgroups_write", M, &["taskgroups_read"], N, "change task groups"),
    row("test", L, &[], Y, "read test plans and results"),
    row("test_write", M, &["test"], N, "change test plans and results"),
    row("threads_full", M, &[], N, "read and write comments on pull requests"),
    row("tokenadministration", C, &[], Y, "revoke other people's tokens, if the owner is an administrator"),
    row("tokens", C, &[], N, "create and revoke tokens of the owner"),
    only(Holder::OAuth, row(IMPERSONATION, C, &[], N, "do all that its owner may")),
    row("variablegroups_manage", C, &["variablegroups_write"], N, "change and delete variable groups"),
    row("variablegroups_read", M, &[], Y, "read variable groups"),
    row("variablegroups_write", M, &["variablegroups_read"], N, "change variable groups"),
    row("wiki", M, &[], Y, "read wikis"),
    row("wiki_write", M, &["wiki"], N, "change wikis"),
    row("work", M, &["hooks_write"], Y, "read work items"),
    row("work_full", M, &["work_write"], N, "change and delete work items, queries and boards"),
    row("work_write", M, &["work"], N, "change work items"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_and_refers_to_itself() {
        assert!(CATALOGUE.is_sorted_by(|a, b| a.name < b.name));
        for scope in &CATALOGUE {
            for included in scope.includes {
                assert!(find(included).is_some(), "{}: {included}", scope.name);
            }
            assert_eq!(find(&scope.full_name()), Some(scope));
            assert!(scope.implies(scope));
        }
    }

    #[test]
    fn levels_and_inheritance() {
        let check = |held, wanted, expected| {
            assert_eq!(implies(held, wanted), expected, "{held} {wanted}");
        };
        check("vso.code_full", "code", true);
        check("code_write", "vso.code", true);
        check("code", "code_write", false);
        check("code", "hooks", true);
        check("environment_manage", "agentpools", true);
        check("auditstreams_manage", "auditlog", true);
        check("extension_manage", "profile", true);
        check("code_write", "code_status", false);
        check("app_token", "security_manage", true);
        check("app_token", "pats", false);
        check("app_token", "vso.new_one", true);
        check("new_one", "vso.new_one", true);
        check("new_one", "code", false);
        check("code_full", "new_one", false);
    }

    #[test]
    fn scope_texts() {
        assert_eq!(
            parse("vso.code  vso.work_write vso.new code"),
            ["code", "work_write", "new"]
        );
        assert_eq!(parse("app_token"), ["app_token"]);
        assert_eq!(parse(" "), [""; 0]);
    }

    /// Microsoft's marks, one by one: a wrong one would change what is called severe.
    #[test]
    fn high_privilege_marks() {
        let marked: Vec<&str> = CATALOGUE
            .iter()
            .filter(|scope| scope.is_high_privilege() && scope.holder == Holder::Any)
            .map(|scope| scope.name)
            .collect();
        let expected = "advsec advsec_manage advsec_write agentpools_manage auditstreams_manage \
            build_execute code_full code_manage code_write environment_manage extension_manage \
            gallery_manage gallery_publish githubconnections_manage graph_manage identity_manage \
            machinegroup_manage memberentitlementmanagement_write packaging_manage packaging_write \
            pipelineresources_manage pipelineresources_use project_manage project_write \
            release_execute release_manage securefiles_manage securefiles_read securefiles_write \
            security_manage serviceendpoint_manage taskgroups_manage tokenadministration tokens \
            variablegroups_manage";
        assert_eq!(marked, expected.split_whitespace().collect::<Vec<_>>());
    }
}
