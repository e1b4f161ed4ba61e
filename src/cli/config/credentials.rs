//! `[[credentials]]`: as whom to ask at which organisations.

use std::path::{Path, PathBuf};

use super::{choice, names, value};
use crate::cli::args::Auth;
use crate::providers::azure_devops::is_organization;
use crate::rules::document::{Field, KeyError, Section};

/// The keys of a table.
const KEYS: &[&str] = &[
    "organizations",
    "auth",
    "tenant",
    "client-id",
    "secret-env",
    "secret-file",
    "token-file",
];

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Credentials {
    /// `organizations`, in lower case.
    pub(in crate::cli) organizations: Vec<String>,
    /// `auth`.
    pub(in crate::cli) auth: Auth,
    /// `tenant`.
    pub(in crate::cli) tenant: Option<String>,
    /// `client-id`.
    pub(in crate::cli) client_id: Option<String>,
    /// `secret-env` or `secret-file`.
    pub(in crate::cli) secret: Option<SecretPlace>,
    /// `token-file`, relative to the file's folder.
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// The line on which the table starts, 1-based.
    pub(in crate::cli) line: usize,
}

/// Where a secret stands; never in the configuration itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum SecretPlace {
    /// In an environment variable.
    Variable(String),
    /// In a file.
    File(PathBuf),
}

/// Reads all tables. Each names its organisations, and none is named twice.
pub(super) fn parse(root: &Section<'_, '_>, folder: &Path) -> Result<Vec<Credentials>, KeyError> {
    let mut all: Vec<Credentials> = Vec::new();
    for table in root.tables("credentials", KEYS)? {
        let credentials = one(&table, folder, &all)?;
        all.push(credentials);
    }
    Ok(all)
}

fn one(
    table: &Section<'_, '_>,
    folder: &Path,
    earlier: &[Credentials],
) -> Result<Credentials, KeyError> {
    let organizations = organizations(table, earlier)?;
    let auth = choice(table, "auth", value::<Auth>, &names::<Auth>())?;
    let auth = auth.ok_or_else(|| table.missing("auth"))?;
    refuse_unused(table, auth)?;
    let text = |key| Ok::<_, KeyError>(table.string(key)?.map(|field| field.value));
    let file = |key| Ok::<_, KeyError>(text(key)?.map(|path| folder.join(path)));
    let secret = match (text("secret-env")?, file("secret-file")?) {
        (Some(_), Some(_)) => {
            let what = "only one of `secret-env` and `secret-file` is used";
            return Err(table.reject("secret-file", what, None));
        }
        (Some(name), None) => Some(SecretPlace::Variable(name)),
        (None, Some(path)) => Some(SecretPlace::File(path)),
        (None, None) => None,
    };
    let credentials = Credentials {
        organizations,
        auth,
        tenant: text("tenant")?,
        client_id: text("client-id")?,
        secret,
        token_file: file("token-file")?,
        line: table.line(),
    };
    let is_application = matches!(auth, Auth::ClientSecret | Auth::WorkloadIdentity);
    let has_secret = matches!(auth, Auth::ClientSecret | Auth::Pat);
    for (is_needed, is_there, key) in [
        (is_application, credentials.tenant.is_some(), "tenant"),
        (is_application, credentials.client_id.is_some(), "client-id"),
        (has_secret, credentials.secret.is_some(), "secret-env"),
    ] {
        if is_needed && !is_there {
            return Err(table.missing(key));
        }
    }
    Ok(credentials)
}

fn organizations(
    table: &Section<'_, '_>,
    earlier: &[Credentials],
) -> Result<Vec<String>, KeyError> {
    let fields: Vec<Field<String>> = table.strings("organizations")?;
    if fields.is_empty() {
        return Err(table.missing("organizations"));
    }
    let mut organizations: Vec<String> = Vec::new();
    for field in fields {
        let name = field.value.to_ascii_lowercase();
        if !is_organization(&name) {
            let what = format!("`{}` is no name of an organization", name.escape_debug());
            return Err(field.reject(what, Some("name it as in https://dev.azure.com/NAME")));
        }
        let mut named = earlier.iter().flat_map(|table| &table.organizations);
        if named.any(|known| *known == name) || organizations.contains(&name) {
            return Err(field.reject(format!("`{name}` is named twice"), None));
        }
        organizations.push(name);
    }
    Ok(organizations)
}

/// A key that this way to sign in does not use is a mistake, not a wish.
fn refuse_unused(table: &Section<'_, '_>, auth: Auth) -> Result<(), KeyError> {
    let used: &[&str] = match auth {
        Auth::Az => &["tenant"],
        Auth::ClientSecret => &["tenant", "client-id", "secret-env", "secret-file"],
        Auth::WorkloadIdentity => &["tenant", "client-id", "token-file"],
        Auth::ManagedIdentity => &["client-id"],
        Auth::Pat => &["secret-env", "secret-file"],
    };
    for key in &KEYS[2..] {
        if !used.contains(key) && table.string(key)?.is_some() {
            let what = format!("not used by `auth = \"{}\"`", auth.as_str());
            return Err(table.reject(key, what, None));
        }
    }
    Ok(())
}
