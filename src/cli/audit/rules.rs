//! `[audit]` of the file that `--rules` names.

use std::io;
use std::path::{Path, PathBuf};

use super::super::exit::Failure;
use crate::respond::audit::{PolicyName, Rules};
use crate::rules::document::{self, Document, Field, KeyError, Section};
use crate::rules::input;
use crate::verify::scopes;

/// The tables of the file.
const ROOT_KEYS: &[&str] = &["audit"];
/// The keys of the table.
const KEYS: &[&str] = &[
    "deny_global",
    "deny_full_access",
    "deny_disabled_owners",
    "deny_policy_breaches",
    "max_lifespan_days",
    "min_days_left",
    "max_tokens_per_user",
    "allowed_scopes",
    "require_policies",
];

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
enum RulesError {
    /// It cannot be opened or read.
    #[error("cannot read rules from {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A key or value cannot be used.
    #[error("{}:{}: {error}", path.display(), error.line)]
    Invalid { path: PathBuf, error: KeyError },
}

/// Reads the rules at `path`.
pub(super) fn load(path: &Path) -> Result<Rules, Failure> {
    let bytes = input::read(path).map_err(|source| {
        let path = path.to_owned();
        Failure::new(&RulesError::Read { path, source }, None)
    })?;
    let parsed = document::text(&bytes).and_then(parse);
    parsed.map_err(|error| {
        let hint = error.hint();
        let path = path.to_owned();
        Failure::new(&RulesError::Invalid { path, error }, hint)
    })
}

fn parse(text: &str) -> Result<Rules, KeyError> {
    let document = Document::parse(text)?;
    let root = document.root(ROOT_KEYS)?;
    let Some(table) = root.table("audit", KEYS)? else {
        return Err(root.missing("audit"));
    };
    let flag = |key| Ok(table.boolean(key)?.is_some_and(|field| field.value));
    Ok(Rules {
        deny_global: flag("deny_global")?,
        deny_full_access: flag("deny_full_access")?,
        deny_disabled_owners: flag("deny_disabled_owners")?,
        deny_policy_breaches: flag("deny_policy_breaches")?,
        max_lifespan_days: number(&table, "max_lifespan_days")?,
        min_days_left: number(&table, "min_days_left")?,
        max_tokens_per_user: number(&table, "max_tokens_per_user")?,
        allowed_scopes: allowed_scopes(&table)?,
        require_policies: policies(&table)?,
    })
}

fn number(table: &Section<'_, '_>, key: &str) -> Result<Option<u32>, KeyError> {
    let Some(field) = table.unsigned(key)? else {
        return Ok(None);
    };
    let number = u32::try_from(field.value);
    number
        .map(Some)
        .map_err(|_| field.reject("too large", None))
}

/// Scopes that the catalogue knows: a slip of the pen would deny what is meant to be allowed.
fn allowed_scopes(table: &Section<'_, '_>) -> Result<Option<Vec<String>>, KeyError> {
    let fields = table.strings("allowed_scopes")?;
    if fields.is_empty() {
        // Where it is there, it is no string. An empty one would deny every token, which nobody means.
        return match table.string("allowed_scopes") {
            Ok(_) => Ok(None),
            Err(_) => Err(table.reject("allowed_scopes", "it allows nothing", None)),
        };
    }
    let known = |field: Field<String>| {
        if scopes::find(&field.value).is_some() {
            return Ok(field.value);
        }
        let hint = "scopes are named as in `vso.code_write`";
        Err(field.reject("is no scope that is known", Some(hint)))
    };
    let all: Result<_, KeyError> = fields.into_iter().map(known).collect();
    all.map(Some)
}

fn policies(table: &Section<'_, '_>) -> Result<Vec<PolicyName>, KeyError> {
    let fields = table.strings("require_policies")?.into_iter();
    let named = |field: Field<String>| {
        PolicyName::named(&field.value).ok_or_else(|| {
            let names = PolicyName::ALL.map(PolicyName::as_str).join(", ");
            field.reject(format!("is none of {names}"), None)
        })
    };
    fields.map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_read() {
        let text = "[audit]\ndeny_global = true\ndeny_full_access = true\n\
                    deny_disabled_owners = true\ndeny_policy_breaches = true\n\
                    max_lifespan_days = 90\nmin_days_left = 7\nmax_tokens_per_user = 5\n\
                    allowed_scopes = [\"vso.code\", \"work\"]\n\
                    require_policies = [\"restrict_global\", \"max_lifespan\"]\n";
        let expected = Rules {
            deny_global: true,
            deny_full_access: true,
            deny_disabled_owners: true,
            deny_policy_breaches: true,
            max_lifespan_days: Some(90),
            min_days_left: Some(7),
            max_tokens_per_user: Some(5),
            allowed_scopes: Some(vec!["vso.code".to_owned(), "work".to_owned()]),
            require_policies: vec![PolicyName::RestrictGlobal, PolicyName::MaxLifespan],
        };
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse("[audit]\n"), Ok(Rules::default()));
    }

    #[test]
    fn complaints_name_line_and_key() {
        for (text, expected) in [
            ("", "1: `audit`: missing"),
            ("[audits]\n", "1: `audits`: unknown key"),
            (
                "[audit]\n\ndeny_globals = true\n",
                "3: `audit.deny_globals`: unknown key",
            ),
            (
                "[audit]\ndeny_global = 1\n",
                "2: `audit.deny_global`: expected true or false, found a whole number",
            ),
            (
                "[audit]\nmax_lifespan_days = 4294967296\n",
                "2: `audit.max_lifespan_days`: too large",
            ),
            (
                "[audit]\nallowed_scopes = [\n  \"vso.code\",\n  \"vso.cod\",\n]\n",
                "4: `audit.allowed_scopes`: is no scope that is known",
            ),
            (
                "[audit]\nallowed_scopes = []\n",
                "2: `audit.allowed_scopes`: it allows nothing",
            ),
            (
                "[audit]\nrequire_policies = [\"all\"]\n",
                "2: `audit.require_policies`: is none of restrict_global, restrict_full_scope, \
                 max_lifespan, restrict_creation, revoke_leaked, log_audit_events",
            ),
            ("[audit\n", "1: not valid TOML"),
        ] {
            let error = parse(text).expect_err(text);
            let said = format!("{}: {error}", error.line);
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }
}
