//! The requests that only read, one per scope, and what an answer to one says about the scope.
//!
//! Each was chosen from the published specification of the service, version 7.2, because one scope
//! alone opens it and because it tells as little about people as possible. None of them writes, and
//! none is malformed on purpose: rights to write are not probed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a probe asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The organisation.
    Organization,
    /// A project of it.
    Project,
}

/// What a refusal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The scope is not held.
    NotHeld,
    /// Either that or the owner is no administrator; the service answers the same.
    Ambiguous,
}

/// A request that only reads and that one scope opens.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// The scope, without `vso.`.
    pub scope: &'static str,
    /// The host.
    pub host: &'static str,
    /// The path and query, with `{o}`, `{p}`, `{identity}` and `{descriptor}` in it.
    pub template: &'static str,
    /// What it asks about.
    pub level: Level,
    /// What a 401 says.
    pub refusal: Refusal,
}

/// What the places in a template stand for. What is absent rules out the probes that need it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places<'a> {
    /// The organisation.
    pub organization: &'a str,
    /// A project that the token can see, by name or id.
    pub project: Option<&'a str>,
    /// The id of the owner's identity.
    pub identity: Option<&'a str>,
    /// The owner's subject descriptor.
    pub descriptor: Option<&'a str>,
}

/// Whom an answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Somebody.
    Somebody,
    /// The anonymous identity, whom public projects answer as well.
    Nobody,
    /// It does not say.
    Unsaid,
}

/// What was answered.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Whether the body is JSON (or the `OData` metadata, for analytics) as its type and bytes say.
    pub has_document: bool,
    /// Whom it names.
    pub named: Named,
    /// The `typeKey` of an error.
    pub type_key: Option<&'a str>,
}

/// What an answer says about the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is held.
    Held,
    /// It is held, and the owner may not do this here.
    HeldWithoutPermission,
    /// It is not held, or the token died meanwhile, which a look at `connectionData` tells.
    NotHeld,
    /// Nothing.
    Inconclusive,
    /// Nothing, and no further probe may be sent before the token was checked again: the service
    /// does not recognise it any more, or asks for fewer requests.
    Abort,
}

impl Probe {
    /// The path and query for these places; `None` if one that it needs is absent.
    pub fn path(&self, places: &Places<'_>) -> Option<String> {
        let mut path = String::with_capacity(self.template.len() + 32);
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            let value = match name {
                "o" => places.organization,
                "p" => places.project?,
                "identity" => places.identity?,
                "descriptor" => places.descriptor?,
                _ => return None,
            };
            path.push_str(before);
            path.extend(utf8_percent_encode(value, SEGMENT));
            rest = after;
        }
        path.push_str(rest);
        Some(path)
    }

    /// What `response` says about the scope.
    pub fn read(&self, response: Response<'_>) -> Reading {
        let has_identity = response.named == Named::Somebody;
        let missing_project = response.type_key == Some("ProjectDoesNotExistException");
        match response.status {
            200 if response.has_document && response.named != Named::Nobody => Reading::Held,
            // The page to sign in, or the way to it; too many requests.
            203 | 302 | 429 => Reading::Abort,
            401 if self.refusal == Refusal::NotHeld => Reading::NotHeld,
            403 | 404 if has_identity => Reading::HeldWithoutPermission,
            400 if has_identity && missing_project => Reading::HeldWithoutPermission,
            _ => Reading::Inconclusive,
        }
    }
}

const fn organization(scope: &'static str, host: &'static str, template: &'static str) -> Probe {
    Probe {
        scope,
        host,
        template,
        level: Level::Organization,
        refusal: Refusal::NotHeld,
    }
}

const fn project(scope: &'static str, host: &'static str, template: &'static str) -> Probe {
    Probe {
        level: Level::Project,
        ..organization(scope, host, template)
    }
}

const DEV: &str = "dev.azure.com";
const VSSPS: &str = "vssps.dev.azure.com";

/// All probes, the most telling first; at most 25, for each is billed to the owner.
///
/// Left out for that: `notification`, `symbols` and `githubconnections`, which tell little, and
/// `taskgroups_read`, which needs the id of a task group.
#[rustfmt::skip]
pub static PROBES: [Probe; 25] = [
    organization("code", DEV, "/{o}/_apis/git/repositories?api-version=7.1"),
    Probe {
        refusal: Refusal::Ambiguous,
        ..organization("tokenadministration", VSSPS, "/{o}/_apis/tokenadmin/personalaccesstokens/{descriptor}?pageSize=1&api-version=7.1")
    },
    organization("security_manage", DEV, "/{o}/_apis/permissionsreport?api-version=7.1-preview"),
    organization("serviceendpoint", DEV, "/{o}/_apis/serviceendpoint/types?api-version=7.1"),
    organization("agentpools", DEV, "/{o}/_apis/distributedtask/pools?poolName=x&api-version=7.1"),
    organization("build", DEV, "/{o}/_apis/build/resourceusage?api-version=7.1-preview"),
    organization("packaging", "feeds.dev.azure.com", "/{o}/_apis/packaging/globalpermissions?api-version=7.1-preview"),
    organization("work", DEV, "/{o}/_apis/work/processes?api-version=7.1-preview"),
    organization("project", DEV, "/{o}/_apis/teams?$top=1&api-version=7.1-preview"),
    organization("memberentitlementmanagement", "vsaex.dev.azure.com", "/{o}/_apis/userentitlementsummary?api-version=7.1-preview"),
    organization("graph", VSSPS, "/{o}/_apis/graph/serviceprincipals?api-version=7.1-preview"),
    organization("identity", VSSPS, "/{o}/_apis/identities?identityIds={identity}&queryMembership=None&api-version=7.1"),
    organization("auditlog", "auditservice.dev.azure.com", "/{o}/_apis/audit/actions?areaName=Token&api-version=7.1-preview"),
    organization("extension", "extmgmt.dev.azure.com", "/{o}/_apis/extensionmanagement/installedextensions?api-version=7.1-preview"),
    organization("advsec", "advsec.dev.azure.com", "/{o}/_apis/management/enablement?api-version=7.2-preview.3"),
    organization("profile", DEV, "/{o}/_apis/favorite/favorites?api-version=7.1-preview"),
    organization("analytics", "analytics.dev.azure.com", "/{o}/_odata/v4.0-preview/$metadata"),
    project("variablegroups_read", DEV, "/{o}/{p}/_apis/distributedtask/variablegroups?$top=1&api-version=7.1"),
    project("securefiles_read", DEV, "/{o}/{p}/_apis/distributedtask/securefiles?namePattern=none&api-version=7.1-preview"),
    project("release", "vsrm.dev.azure.com", "/{o}/{p}/_apis/release/definitions?$top=1&api-version=7.1"),
    project("environment_manage", DEV, "/{o}/{p}/_apis/pipelines/environments?$top=1&api-version=7.1"),
    project("machinegroup_manage", DEV, "/{o}/{p}/_apis/distributedtask/deploymentgroups?$top=1&api-version=7.1"),
    project("wiki", DEV, "/{o}/{p}/_apis/wiki/wikis?api-version=7.1"),
    project("test", DEV, "/{o}/{p}/_apis/test/runs?$top=1&api-version=7.1"),
    project("dashboards", DEV, "/{o}/{p}/_apis/dashboard/widgettypes?api-version=7.1-preview"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::scopes::{self, CATALOGUE, Readable};
    use super::*;

    #[test]
    fn every_scope_that_can_be_read_is_probed_or_left_out_on_purpose() {
        let probed: BTreeSet<&str> = PROBES.iter().map(|probe| probe.scope).collect();
        assert_eq!(probed.len(), PROBES.len());
        let readable = CATALOGUE
            .iter()
            .filter(|scope| scope.readable == Readable::Yes);
        let left_out: Vec<&str> = readable
            .map(|scope| scope.name)
            .filter(|name| !probed.contains(name))
            .collect();
        assert_eq!(
            left_out,
            [
                "githubconnections",
                "notification",
                "symbols",
                "taskgroups_read"
            ]
        );
        for name in probed {
            let scope = scopes::find(name).map(|scope| scope.readable);
            assert_eq!(scope, Some(Readable::Yes), "{name}");
        }
    }

    #[test]
    fn every_template_is_filled_or_says_what_it_lacks() {
        let mut places = Places {
            organization: "contoso",
            project: Some("Fiber & Ö/7"),
            identity: Some("1234"),
            descriptor: Some("aad.ABC"),
        };
        for probe in &PROBES {
            let path = probe.path(&places).unwrap();
            assert!(path.starts_with("/contoso/"), "{path}");
            assert!(!path.contains(['{', '}', ' ']), "{path}");
            assert_eq!(
                probe.level == Level::Project,
                path.contains("Fiber%20%26%20%C3%96%2F7")
            );
        }
        places.project = None;
        places.identity = None;
        places.descriptor = None;
        let left: Vec<&Probe> = PROBES
            .iter()
            .filter(|probe| probe.path(&places).is_some())
            .collect();
        assert_eq!(left.len(), 15);
        assert!(left.iter().all(|probe| probe.level == Level::Organization));
    }

    #[test]
    fn readings() {
        use Named::{Nobody, Somebody, Unsaid};
        let probe = |scope: &str| PROBES.iter().find(|probe| probe.scope == scope).unwrap();
        let check = |scope, status, has_document, named, expected| {
            let response = Response {
                status,
                has_document,
                named,
                type_key: None,
            };
            let reading = probe(scope).read(response);
            assert_eq!(reading, expected, "{scope} {response:?}");
        };
        check("code", 200, true, Unsaid, Reading::Held);
        check("code", 200, true, Somebody, Reading::Held);
        check("code", 200, true, Nobody, Reading::Inconclusive);
        check("code", 200, false, Somebody, Reading::Inconclusive);
        check("code", 401, false, Unsaid, Reading::NotHeld);
        check("code", 401, true, Somebody, Reading::NotHeld);
        let administration = "tokenadministration";
        check(administration, 401, false, Unsaid, Reading::Inconclusive);
        check(administration, 200, true, Unsaid, Reading::Held);
        for status in [403, 404] {
            check(
                "wiki",
                status,
                true,
                Somebody,
                Reading::HeldWithoutPermission,
            );
            check("wiki", status, true, Nobody, Reading::Inconclusive);
            check("wiki", status, false, Unsaid, Reading::Inconclusive);
        }
        for status in [203, 302, 429] {
            check("code", status, true, Somebody, Reading::Abort);
        }
        for status in [400, 407, 500, 503] {
            check("code", status, true, Somebody, Reading::Inconclusive);
        }
    }

    #[test]
    fn a_project_that_is_not_seen_shows_the_scope() {
        let read = |named, type_key| {
            PROBES[0].read(Response {
                status: 400,
                has_document: true,
                named,
                type_key: Some(type_key),
            })
        };
        let missing = "ProjectDoesNotExistException";
        assert_eq!(
            read(Named::Somebody, missing),
            Reading::HeldWithoutPermission
        );
        assert_eq!(read(Named::Unsaid, missing), Reading::Inconclusive);
        assert_eq!(
            read(Named::Somebody, "VssServiceException"),
            Reading::Inconclusive
        );
    }
}
