//! What a run takes from its environment: variables, folders and terminals, read once.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::fork::Change;
use crate::gate::ci::Variables;
use crate::gate::hooks::Framework;
use crate::model::Secret;

/// Everything that is read from outside the command line, read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Environment {
    /// `NO_COLOR` is set and not empty.
    pub(super) no_color: bool,
    /// `CLICOLOR_FORCE` is set, not empty and not 0.
    pub(super) force_color: bool,
    /// `TERM` is `dumb`.
    pub(super) dumb_terminal: bool,
    /// `GIT_DIR`: the git folder that a hook is about.
    pub(super) git_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: the index that a hook is about.
    pub(super) git_index: Option<PathBuf>,
    /// `GIT_EDITOR` is `:`, which git has hooks see where it opens no editor.
    pub(super) no_editor: bool,
    /// `GIT_QUARANTINE_PATH`: where git keeps what it has received and not taken in yet.
    pub(super) git_quarantine: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES`: where objects are that a hook
    /// is about.
    pub(super) git_objects: Vec<PathBuf>,
    /// `PATSWEEP_AZURE_DEVOPS_URL`: a gateway to ask in place of Microsoft's hosts.
    pub(super) azure_devops_url: Option<String>,
    /// `PATSWEEP_ADMIN_PAT`: a personal access token of an administrator.
    pub(super) admin_pat: Option<Secret>,
    /// `AZURE_TENANT_ID`.
    pub(super) tenant_id: Option<String>,
    /// `AZURE_CLIENT_ID`.
    pub(super) client_id: Option<String>,
    /// `AZURE_CLIENT_SECRET`.
    pub(super) client_secret: Option<Secret>,
    /// `AZURE_FEDERATED_TOKEN_FILE`.
    pub(super) federated_token_file: Option<PathBuf>,
    /// `AZURE_AUTHORITY_HOST`: where Entra is in another cloud.
    pub(super) authority_host: Option<String>,
    /// `IDENTITY_ENDPOINT`: where an app asks for its identity.
    pub(super) identity_endpoint: Option<String>,
    /// `IDENTITY_HEADER`: what it shows for that.
    pub(super) identity_header: Option<Secret>,
    /// Where a change comes from, as CI services say.
    pub(super) change: Change,
    /// What the pre-commit framework says of a push.
    pub(super) pre_commit: Framework,
    /// What CI services say of a run.
    pub(super) ci: Variables,
    /// Where this program is.
    pub(super) program: Option<PathBuf>,
    /// The names of all variables.
    pub(super) variables: Vec<OsString>,
    /// `PATH`: where programs are.
    pub(super) path: Option<OsString>,
    /// The folder in which this runs.
    pub(super) working_directory: Option<PathBuf>,
    /// The folder in which programs keep the user's configuration.
    pub(super) config_home: Option<PathBuf>,
    /// The folder in which programs keep what they can do without.
    pub(super) cache_home: Option<PathBuf>,
    /// The folder in which programs keep what must last.
    pub(super) state_home: Option<PathBuf>,
    /// Standard output is a terminal.
    pub(super) stdout_terminal: bool,
    /// Standard error is a terminal.
    pub(super) stderr_terminal: bool,
    /// Standard input is a terminal.
    pub(super) stdin_terminal: bool,
}

impl Environment {
    /// Reads it.
    pub(super) fn read() -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            no_color: set("NO_COLOR"),
            force_color: set("CLICOLOR_FORCE")
                && env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb_terminal: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            git_dir: env::var_os("GIT_DIR").map(PathBuf::from),
            git_index: env::var_os("GIT_INDEX_FILE").map(PathBuf::from),
            no_editor: env::var_os("GIT_EDITOR").is_some_and(|editor| editor == ":"),
            git_quarantine: env::var_os("GIT_QUARANTINE_PATH").map(PathBuf::from),
            git_objects: git_objects(),
            azure_devops_url: variable("PATSWEEP_AZURE_DEVOPS_URL"),
            admin_pat: secret("PATSWEEP_ADMIN_PAT"),
            tenant_id: variable("AZURE_TENANT_ID"),
            client_id: variable("AZURE_CLIENT_ID"),
            client_secret: secret("AZURE_CLIENT_SECRET"),
            federated_token_file: variable("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
            authority_host: variable("AZURE_AUTHORITY_HOST"),
            identity_endpoint: variable("IDENTITY_ENDPOINT"),
            identity_header: secret("IDENTITY_HEADER"),
            change: Change::read(variable),
            pre_commit: Framework::read(variable),
            ci: Variables::read(variable),
            program: env::current_exe().ok(),
            variables: env::vars_os().map(|(name, _)| name).collect(),
            path: env::var_os("PATH"),
            working_directory: env::current_dir().ok(),
            config_home: config_home(),
            cache_home: cache_home(),
            state_home: state_home(),
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            stdin_terminal: io::stdin().is_terminal(),
        }
    }

    /// The secret in the variable `name`, which the configuration names.
    #[expect(
        clippy::unused_self,
        reason = "the environment is read here and nowhere else"
    )]
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        secret(name)
    }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The same, of what must not be printed. White space around it was not meant.
fn secret(name: &str) -> Option<Secret> {
    let value = Zeroizing::new(env::var(name).ok()?);
    let value = value.trim();
    (!value.is_empty()).then(|| Secret::new(value.as_bytes()))
}

/// The folders of objects that git names. Of alternates that are not there it takes no notice.
fn git_objects() -> Vec<PathBuf> {
    let own = env::var_os("GIT_OBJECT_DIRECTORY").map(PathBuf::from);
    let others = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    let others = env::split_paths(&others).filter(|path| path.is_dir());
    own.into_iter().chain(others).collect()
}

/// The user's folder for caches; a relative one is passed over likewise.
fn cache_home() -> Option<PathBuf> {
    if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
    }
}

/// The user's folder for what must last; a relative one is passed over likewise.
fn state_home() -> Option<PathBuf> {
    if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
    }
}

fn absolute(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// The user's configuration folder. A relative one is passed over: it would lie in whatever folder
/// is being scanned.
fn config_home() -> Option<PathBuf> {
    if cfg!(windows) {
        absolute("APPDATA")
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
    }
}
