//! As which administrator to ask: flags, configuration and environment, resolved to ways to sign in.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::args::{self, Auth};
use super::config::{ConfigFile, Credentials as Table, SecretPlace};
use super::environment::Environment;
use super::exit::Failure;
use super::settings::now;
use crate::model::Secret;
use crate::providers::azure_devops::Base;
use crate::providers::entra::{
    AppService, AppServiceError, Application, Az, ClientSecret, Credentials, Directory,
    ManagedIdentity, Way, WorkloadIdentity, find_program,
};
use crate::providers::http::HttpOptions;
use crate::verify::{Access, Breadth, InventoryOptions, StateFile};

/// The most bytes of a secret.
const MAX_SECRET: usize = 64 << 10;

/// A credential that nobody has signed in with yet, and where it is used.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    /// The organisations, in lower case; empty for those that the operator names otherwise.
    pub(super) organizations: Vec<String>,
    /// How to sign in.
    pub(super) way: Way,
}

/// As whom the list of tokens is read, and how much of it.
#[derive(Clone, Debug)]
pub(super) struct Administrator {
    credentials: Vec<Credential>,
    authority: Option<String>,
    breadth: Breadth,
    state: Option<StateFile>,
}

/// Why an administrator cannot sign in.
#[derive(Debug, Error)]
enum AdministratorError {
    #[error("{of} needs {variable}, which is not set")]
    Missing { of: String, variable: String },
    #[error("--auth {} takes no --auth-file", auth.as_str())]
    NoFile { auth: Auth },
    #[error("cannot read a secret from {place}")]
    Read { place: String, source: io::Error },
    #[error("{place} holds no secret: {why}")]
    NoSecret { place: String, why: &'static str },
    #[error("cannot find `az` on PATH")]
    NoAz,
    #[error("cannot use IDENTITY_ENDPOINT")]
    Endpoint { source: AppServiceError },
    #[error("{flag} needs an administrator")]
    NoAdministrator { flag: &'static str },
}

impl AdministratorError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { variable, .. } if variable.starts_with("PATSWEEP_ADMIN_PAT") => {
                Some("set it, or name a file with --auth-file".to_owned())
            }
            Self::NoAz => {
                Some("install the Azure CLI; it is not looked for in the current folder".to_owned())
            }
            Self::NoAdministrator { .. } => Some(
                "name one with --auth, or write [[credentials]] into the configuration".to_owned(),
            ),
            _ => None,
        }
    }
}

impl From<AdministratorError> for Failure {
    fn from(error: AdministratorError) -> Self {
        Self::new(&error, error.hint())
    }
}

/// The credentials that the flags name, else those of the configuration.
pub(super) fn credentials(
    args: &args::Administrator,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<Vec<Credential>, Failure> {
    if let Some(auth) = args.auth {
        let given = Given::of_flags(auth, args, environment)?;
        return Ok(vec![Credential {
            organizations: Vec::new(),
            way: given.way(environment)?,
        }]);
    }
    let tables = file.credentials.iter().map(|table| {
        let given = Given::of_table(table, file, environment)?;
        Ok(Credential {
            organizations: table.organizations.clone(),
            way: given.way(environment)?,
        })
    });
    tables.collect()
}

/// Makes `credential` ready to sign in through `base`.
pub(super) fn ready(
    credential: &Credential,
    (http, base): (&HttpOptions, &Base),
    authority: Option<&str>,
) -> Result<Access, Failure> {
    let directory = Directory::new(http, base.clone(), authority)
        .map_err(|error| Failure::new(&error, None))?;
    Ok(Access {
        organizations: credential.organizations.clone(),
        credentials: Arc::new(Credentials::new(credential.way.clone(), directory, now)),
    })
}

impl Administrator {
    /// What flags, configuration and environment say; `None` if there is no administrator.
    pub(super) fn resolve(
        args: &args::Administrator,
        listing: &args::Listing,
        file: &ConfigFile,
        environment: &Environment,
    ) -> Result<Option<Self>, Failure> {
        let credentials = credentials(args, file, environment)?;
        if credentials.is_empty() {
            let given = [
                (listing.inventory.is_some(), "--inventory"),
                (listing.inventory_state.is_some(), "--inventory-state"),
            ];
            return match given.into_iter().find(|(is_given, _)| *is_given) {
                Some((_, flag)) => Err(AdministratorError::NoAdministrator { flag }.into()),
                None => Ok(None),
            };
        }
        let state = listing.inventory_state.as_deref().map(StateFile::open);
        Ok(Some(Self {
            credentials,
            authority: environment.authority_host.clone(),
            breadth: match listing.inventory {
                Some(args::Breadth::Full) => Breadth::Full,
                Some(args::Breadth::Likely) | None => Breadth::Likely,
            },
            state: state
                .transpose()
                .map_err(|error| Failure::new(&error, None))?,
        }))
    }

    /// How the list is read.
    pub(super) fn options(
        &self,
        http: &HttpOptions,
        base: &Base,
    ) -> Result<InventoryOptions, Failure> {
        let authority = self.authority.as_deref();
        let access = self.credentials.iter();
        let access = access.map(|credential| ready(credential, (http, base), authority));
        Ok(InventoryOptions {
            access: access.collect::<Result<_, _>>()?,
            breadth: self.breadth,
            state: self.state.clone(),
        })
    }
}

/// The values of a way to sign in, wherever they were given.
struct Given {
    auth: Auth,
    /// Who needs them, for complaints.
    of: String,
    tenant: (Option<String>, String),
    client_id: (Option<String>, String),
    secret: (Option<Secret>, String),
    token_file: (Option<PathBuf>, String),
}

impl Given {
    fn of_flags(
        auth: Auth,
        args: &args::Administrator,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (from_environment, variable) = match auth {
            Auth::Pat => (&environment.admin_pat, "PATSWEEP_ADMIN_PAT"),
            _ => (&environment.client_secret, "AZURE_CLIENT_SECRET"),
        };
        let secret = match &args.auth_file {
            Some(_) if !matches!(auth, Auth::Pat | Auth::ClientSecret) => {
                return Err(AdministratorError::NoFile { auth }.into());
            }
            Some(path) => Some(read(path)?),
            None => from_environment.clone(),
        };
        // Whoever is signed in to the Azure CLI is so in a tenant already.
        let tenant = environment.tenant_id.clone().filter(|_| auth != Auth::Az);
        Ok(Self {
            auth,
            of: format!("--auth {}", auth.as_str()),
            tenant: (tenant, "AZURE_TENANT_ID".to_owned()),
            client_id: (environment.client_id.clone(), "AZURE_CLIENT_ID".to_owned()),
            secret: (secret, variable.to_owned()),
            token_file: (
                environment.federated_token_file.clone(),
                "AZURE_FEDERATED_TOKEN_FILE".to_owned(),
            ),
        })
    }

    fn of_table(
        table: &Table,
        file: &ConfigFile,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let of = match &file.path {
            Some(path) => format!("{}:{}: [[credentials]]", path.display(), table.line),
            None => "[[credentials]]".to_owned(),
        };
        let (secret, variable) = match &table.secret {
            Some(SecretPlace::Variable(name)) => (environment.secret(name), name.clone()),
            Some(SecretPlace::File(path)) => (Some(read(path)?), String::new()),
            None => (None, "secret-env".to_owned()),
        };
        let token_file = table.token_file.clone();
        Ok(Self {
            auth: table.auth,
            of,
            tenant: (table.tenant.clone(), "tenant".to_owned()),
            client_id: (table.client_id.clone(), "client-id".to_owned()),
            secret: (secret, variable),
            token_file: (
                token_file.or_else(|| environment.federated_token_file.clone()),
                "AZURE_FEDERATED_TOKEN_FILE".to_owned(),
            ),
        })
    }

    fn way(self, environment: &Environment) -> Result<Way, Failure> {
        let Self {
            auth,
            of,
            tenant,
            client_id,
            secret,
            token_file,
        } = self;
        let application = |tenant, client_id| -> Result<Application, AdministratorError> {
            Ok(Application {
                tenant: needed(&of, tenant)?,
                client_id: needed(&of, client_id)?,
            })
        };
        Ok(match auth {
            Auth::Pat => Way::Pat(needed(&of, secret)?),
            Auth::ClientSecret => {
                let application = application(tenant, client_id)?;
                Way::ClientSecret(ClientSecret::new(application, needed(&of, secret)?))
            }
            Auth::WorkloadIdentity => {
                let application = application(tenant, client_id)?;
                Way::WorkloadIdentity(WorkloadIdentity::new(application, needed(&of, token_file)?))
            }
            Auth::ManagedIdentity => Way::ManagedIdentity(ManagedIdentity {
                client_id: client_id.0,
                app_service: app_service(environment)?,
            }),
            Auth::Az => {
                let path = environment.path.as_deref().unwrap_or_default();
                let here = environment.working_directory.as_deref();
                let program = find_program(path, here).ok_or(AdministratorError::NoAz)?;
                Way::Az(Az::new(program, tenant.0))
            }
        })
    }
}

fn needed<T>(of: &str, (value, variable): (Option<T>, String)) -> Result<T, AdministratorError> {
    value.ok_or_else(|| AdministratorError::Missing {
        of: of.to_owned(),
        variable,
    })
}

/// Where an app asks, if this runs in one.
fn app_service(environment: &Environment) -> Result<Option<AppService>, AdministratorError> {
    let (Some(endpoint), Some(header)) =
        (&environment.identity_endpoint, &environment.identity_header)
    else {
        return Ok(None);
    };
    AppService::new(endpoint, header.clone())
        .map(Some)
        .map_err(|source| AdministratorError::Endpoint { source })
}

/// The one line of a file, or of standard input.
fn read(path: &Path) -> Result<Secret, AdministratorError> {
    let is_stdin = path.as_os_str() == "-";
    let place = if is_stdin {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    // Room for all of it, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 1));
    let limit = MAX_SECRET as u64 + 1;
    let read = if is_stdin {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    if let Err(source) = read {
        return Err(AdministratorError::Read { place, source });
    }
    let secret = bytes.trim_ascii();
    let why = if secret.is_empty() {
        "it is empty"
    } else if bytes.len() > MAX_SECRET {
        "it is too long"
    } else if !secret.iter().all(u8::is_ascii_graphic) {
        "it is not one word of ASCII"
    } else {
        return Ok(Secret::new(secret));
    };
    Err(AdministratorError::NoSecret { place, why })
}
