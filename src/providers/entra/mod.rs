//! Signing in as an administrator: one file per way, and none is tried that was not asked for.
//!
//! | file | way |
//! |---|---|
//! | `az` | the Azure CLI, as whoever is signed in there |
//! | `client_secret` | an application with its secret |
//! | `workload_identity` | an application that a federated token speaks for |
//! | `managed_identity` | the identity of this machine or app |
//! | `answer` | what all of them answer |

mod answer;
mod az;
mod client_secret;
mod managed_identity;
mod workload_identity;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;

use super::azure_devops::{Base, BaseError};
use super::http::{ClientError, Credential, Fault, Http, HttpOptions};
use crate::model::{FindingId, Secret, Timestamp};
use crate::token::c3id;

pub use az::{Az, find_program};
pub use client_secret::ClientSecret;
pub use managed_identity::{AppService, AppServiceError, ManagedIdentity};
pub use workload_identity::WorkloadIdentity;

/// Azure DevOps, as Entra names it.
const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";
/// Where Entra is, unless the operator has another cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com/";
/// A token that has no longer to live than this is asked for anew.
const MARGIN: i64 = 300;

/// A way to show who asks.
#[derive(Clone, Debug)]
pub enum Way {
    /// A personal access token of an administrator.
    Pat(Secret),
    /// Whoever is signed in to the Azure CLI.
    Az(Az),
    /// An application with its secret.
    ClientSecret(ClientSecret),
    /// An application that a federated token speaks for.
    WorkloadIdentity(WorkloadIdentity),
    /// The identity of this machine or app.
    ManagedIdentity(ManagedIdentity),
}

impl Way {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pat(_) => "personal access token",
            Self::Az(_) => "Azure CLI",
            Self::ClientSecret(_) => "client secret",
            Self::WorkloadIdentity(_) => "workload identity",
            Self::ManagedIdentity(_) => "managed identity",
        }
    }
}

/// An application in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The tenant, by id or by name.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
}

/// Where one signs in.
#[derive(Clone, Debug)]
pub struct Directory {
    http: Http,
    /// Instance metadata is asked without a proxy, which would send it the identity's token.
    direct: Http,
    base: Base,
    authority: Url,
}

/// Gives what requests of an administrator carry, and renews it before it ends. It prints nothing
/// of it.
#[derive(Debug)]
pub struct Credentials {
    way: Way,
    directory: Directory,
    now: fn() -> Timestamp,
    bearer: Mutex<Option<Bearer>>,
}

/// What is good for some requests now.
#[derive(Clone, Debug)]
pub struct Grant {
    secret: Arc<Secret>,
    is_bearer: bool,
}

/// An Entra token.
#[derive(Clone, Debug)]
struct Bearer {
    secret: Arc<Secret>,
    expires: Timestamp,
    renew_at: Timestamp,
}

/// Why nobody could be signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No answer came.
    #[error("cannot sign in with {way}")]
    Unreachable {
        /// How.
        way: &'static str,
        /// Why not.
        source: Fault,
    },
    /// The answer is no.
    #[error("sign-in with {way} was refused: {message}")]
    Refused {
        /// How.
        way: &'static str,
        /// The HTTP status.
        status: u16,
        /// What was answered, without what was presented.
        message: String,
    },
    /// The answer is none of Entra's.
    #[error("sign-in with {way} was answered with {status} and no token")]
    NoToken {
        /// How.
        way: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The Azure CLI cannot be started.
    #[error("cannot run {}", path.display())]
    Run {
        /// The program.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The Azure CLI gave no token.
    #[error("the Azure CLI gave no token: {message}")]
    Az {
        /// What it said.
        message: String,
    },
    /// The federated token cannot be read.
    #[error("cannot read a federated token from {}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl SignInError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Az { .. } => Some("sign in first: az login".to_owned()),
            Self::Refused { message, .. } if message.contains("AADSTS7000215") => Some(
                "give the value of the secret, not its id, and see that it has not expired".into(),
            ),
            _ => None,
        }
    }
}

/// Why there is nowhere to sign in.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The address of the authority cannot be used.
    #[error("cannot use the authority host")]
    Authority(#[source] BaseError),
    /// There is no client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Directory {
    /// Entra as `base` reaches it: a gateway has it as a folder. `authority` is that of another
    /// cloud.
    ///
    /// # Errors
    ///
    /// If the authority is no address to send secrets to, or no client can be made.
    pub fn new(
        options: &HttpOptions,
        base: Base,
        authority: Option<&str>,
    ) -> Result<Self, DirectoryError> {
        let direct = HttpOptions {
            direct: true,
            ..options.clone()
        };
        let authority =
            Base::address(authority.unwrap_or(AUTHORITY)).map_err(DirectoryError::Authority)?;
        Ok(Self {
            http: Http::new(options)?,
            direct: Http::new(&direct)?,
            base,
            authority,
        })
    }

    /// Where tokens of `tenant` are given out.
    fn token_url(&self, tenant: &str) -> Url {
        let host = self.authority.host_str().unwrap_or_default();
        let mut url = self.base.folder(host).unwrap_or(self.authority.clone());
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend([tenant, "oauth2", "v2.0", "token"]);
        }
        url
    }
}

impl Credentials {
    /// Those of `way`; nobody is signed in yet.
    pub fn new(way: Way, directory: Directory, now: fn() -> Timestamp) -> Self {
        Self {
            way,
            directory,
            now,
            bearer: Mutex::new(None),
        }
    }

    /// How one signs in.
    pub fn way(&self) -> &Way {
        &self.way
    }

    /// The id under which the secret would be found if it had leaked; `None` of a way that holds
    /// no secret.
    pub fn id(&self) -> Option<FindingId> {
        let secret = match &self.way {
            Way::Pat(secret) => secret,
            Way::ClientSecret(application) => application.secret(),
            Way::Az(_) | Way::WorkloadIdentity(_) | Way::ManagedIdentity(_) => return None,
        };
        Some(c3id(secret.expose()))
    }

    /// What is good for the next requests: signs in where that was not done, or where what was had
    /// is about to end.
    ///
    /// # Errors
    ///
    /// If nobody could be signed in within `timeout`.
    pub fn grant(&self, timeout: Duration) -> Result<Grant, SignInError> {
        if let Way::Pat(secret) = &self.way {
            return Ok(Grant {
                secret: Arc::new(secret.clone()),
                is_bearer: false,
            });
        }
        let now = (self.now)();
        let known = self.lock().clone();
        if let Some(bearer) = &known
            && now < bearer.renew_at
        {
            return Ok(bearer.grant());
        }
        // Not under the lock: two threads may sign in at once, which harms nobody.
        match self.sign_in(timeout) {
            Ok(bearer) => {
                let grant = bearer.grant();
                *self.lock() = Some(bearer);
                Ok(grant)
            }
            // What is still good is used to its end.
            Err(error) => match known {
                Some(bearer) if now < bearer.expires => Ok(bearer.grant()),
                _ => Err(error),
            },
        }
    }

    fn sign_in(&self, timeout: Duration) -> Result<Bearer, SignInError> {
        let now = (self.now)();
        let directory = &self.directory;
        let (secret, expires) = match &self.way {
            // Needs no sign-in; it is what it is.
            Way::Pat(secret) => (secret.clone(), Timestamp(i64::MAX)),
            Way::Az(az) => az.sign_in(now, timeout)?,
            Way::ClientSecret(way) => way.sign_in(directory, now, timeout)?,
            Way::WorkloadIdentity(way) => way.sign_in(directory, now, timeout)?,
            Way::ManagedIdentity(way) => way.sign_in(directory, now, timeout)?,
        };
        let lifetime = expires.0.saturating_sub(now.0).max(0);
        Ok(Bearer {
            secret: Arc::new(secret),
            expires,
            renew_at: Timestamp(expires.0 - MARGIN.min(lifetime / 2)),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Bearer>> {
        self.bearer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grant {
    /// Whether it is an Entra token: people are let at their own tokens with nothing else.
    pub fn is_bearer(&self) -> bool {
        self.is_bearer
    }

    /// What a request carries.
    pub fn credential(&self) -> Credential<'_> {
        if self.is_bearer {
            Credential::Bearer(&self.secret)
        } else {
            Credential::Pat(&self.secret)
        }
    }
}

impl Bearer {
    fn grant(&self) -> Grant {
        Grant {
            secret: self.secret.clone(),
            is_bearer: true,
        }
    }
}
