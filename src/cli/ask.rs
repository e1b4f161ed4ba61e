//! Asks Azure DevOps about the findings of a report, as the flags say.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::administrator::Administrator;
use super::args::{CachePlace, Service};
use super::config::ConfigFile;
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, Failure};
use super::progress::Line;
use super::settings::now;
use crate::model::{FindingId, Report, Unprobed};
use crate::providers::azure_devops::{AzureDevOps, Base, is_organization};
use crate::providers::http::{Authority, AuthorityError, Http, HttpOptions};
use crate::report::Home;
use crate::verify::{self, Bounds, Cache, Organizations, Probe, Progress, Value};

/// How long a run asks at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// How often is looked whether the operator has had enough.
const WATCH: Duration = Duration::from_millis(50);
/// Longer than any run.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The most bytes of certificates that are read.
const MAX_AUTHORITIES: u64 = 4 << 20;

/// Whom to ask and how much, checked; no connection is open yet.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    base: Base,
    http: HttpOptions,
    organizations: Organizations,
    probe: Probe,
    timeout: Duration,
    max_requests: Option<u64>,
    administrator: Option<Administrator>,
    cache: Option<Arc<Cache>>,
}

/// Why nobody can be asked.
#[derive(Debug, Error)]
enum AskError {
    #[error("cannot read certificates from {}", path.display())]
    Authorities { path: PathBuf, source: io::Error },
    #[error("{} is too large to hold certificates", path.display())]
    TooLarge { path: PathBuf },
    #[error("cannot use certificates from {}", path.display())]
    NoAuthorities {
        path: PathBuf,
        source: AuthorityError,
    },
    #[error("no folder is known for caches; name a file with --cache=FILE")]
    NoCacheHome,
    #[error("`{name}` is no name of an organization")]
    Organization { name: String },
    #[error("the administrator's {kind} is itself among the leaks, as {id}")]
    Leaked { kind: &'static str, id: FindingId },
}

impl Asking {
    /// What the flags and the environment say.
    pub(super) fn resolve(
        args: &Service,
        file: &ConfigFile,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        check_organizations(&args.org)?;
        let gateway = args.azure_devops_url.as_ref();
        let base = base(args.server_url.as_ref(), gateway, environment)?;
        let administrator = match base {
            // It has no list to ask for.
            Base::Server(_) => None,
            Base::Microsoft | Base::Gateway(_) => {
                Administrator::resolve(&args.administrator, &args.listing, file, environment)?
            }
        };
        let asking = Self {
            http: http(&base, args.ca_file.as_deref())?,
            base,
            organizations: Organizations {
                names: args.org.clone(),
                for_all: args.org_all,
            },
            probe: if args.no_probe {
                Probe::Forbidden
            } else {
                Probe::Allowed
            },
            timeout: args.timeout.unwrap_or(DEFAULT_TIMEOUT),
            max_requests: args.max_requests,
            administrator,
            cache: cache(args, environment)?,
        };
        Ok(asking)
    }

    /// How far a run may go that begins now, and ends when `stop` is set.
    pub(super) fn bounds(&self, stop: &Arc<AtomicBool>) -> Bounds {
        let now = Instant::now();
        Bounds {
            // A time that no clock reaches is as good as a year.
            deadline: now.checked_add(self.timeout).unwrap_or(now + YEAR),
            requests_left: self.max_requests,
            stop: stop.clone(),
        }
    }

    /// Whom to ask what tokens may read, or why nobody is.
    pub(super) fn explorer(&self) -> Result<AzureDevOps, Unprobed> {
        if self.home() == Home::Server {
            return Err(Unprobed::OnServer);
        }
        if self.probe == Probe::Forbidden {
            return Err(Unprobed::Forbidden);
        }
        // Nobody was asked whether the tokens work, then, either.
        let http = Http::new(&self.http).map_err(|_| Unprobed::NotLetIn)?;
        Ok(AzureDevOps::new(http, self.base.clone()))
    }

    /// Whether the service is asked or a server on premises.
    pub(super) fn home(&self) -> Home {
        match self.base {
            Base::Microsoft | Base::Gateway(_) => Home::Services,
            Base::Server(_) => Home::Server,
        }
    }

    /// Asks about every finding within `bounds`, which the requests are taken from. Without one, no
    /// connection is made and no thread started.
    ///
    /// # Errors
    ///
    /// If the administrator's credential is among the findings, or nobody can be signed in with it:
    /// then nobody was asked.
    pub(super) fn ask(
        &self,
        report: &mut Report,
        values: &BTreeMap<FindingId, Value>,
        bounds: &mut Bounds,
        console: Console,
    ) -> Result<(), Failure> {
        if report.findings.is_empty() {
            return Ok(());
        }
        if self.home() == Home::Server {
            console.note(
                "Azure DevOps Server has no list to look tokens up in, and revokes a token for its \
                 owner alone",
            );
        }
        let progress = &Arc::new(Progress::default());
        let http = match Http::new(&self.http) {
            Ok(http) => http,
            // What was found is not lost for that.
            Err(error) => {
                verify::fail(report, &error, now);
                return Ok(());
            }
        };
        let inventory = match &self.administrator {
            Some(administrator) => Some(administrator.options(&self.http, &self.base)?),
            None => None,
        };
        let options = verify::Options {
            service: AzureDevOps::new(http, self.base.clone()),
            organizations: self.organizations.clone(),
            probe: self.probe,
            timeout: time_left(bounds),
            max_requests: bounds.requests_left,
            cache: self.cache.clone(),
            now,
            inventory,
        };
        sign_in(report, &options, bounds)?;
        let options = verify::Options {
            timeout: time_left(bounds),
            ..options
        };
        let line = console
            .shows_progress()
            .then(|| Line::asking(progress.clone()));
        verify::run(report, values, &options, progress, &bounds.stop);
        drop(line);
        if let Some(left) = &mut bounds.requests_left {
            *left = left.saturating_sub(progress.requests());
        }
        for note in progress.notes() {
            console.note(note);
        }
        if let Some(cache) = &self.cache
            && let Err(error) = cache.save(now())
        {
            // The answers stand in the report all the same.
            console.complain(&Complaint::from(&error));
        }
        Ok(())
    }
}

fn time_left(bounds: &Bounds) -> Duration {
    bounds.deadline.saturating_duration_since(Instant::now())
}

/// Signs in wherever an administrator is needed, with no credential that has leaked itself. Returns
/// when that is done, or when the operator has had enough.
fn sign_in(report: &Report, options: &verify::Options, bounds: &Bounds) -> Result<(), Failure> {
    let needed = verify::needed(report, options);
    for credentials in &needed {
        let kind = credentials.way().name();
        let leaked = credentials.id().filter(|id| {
            let mut findings = report.findings.iter();
            findings.any(|finding| finding.id == *id)
        });
        if let Some(id) = leaked {
            let hint = "revoke it, and use another; nobody was asked".to_owned();
            return Err(Failure::new(&AskError::Leaked { kind, id }, Some(hint)));
        }
    }
    if needed.is_empty() {
        return Ok(());
    }
    let (sender, signed_in) = mpsc::channel();
    let timeout = options.timeout;
    // Not scoped: when the operator has had enough, nobody waits for whom one signs in with.
    thread::spawn(move || {
        let granted = needed.iter().try_for_each(|it| it.grant(timeout).map(drop));
        let _ = sender.send(granted);
    });
    loop {
        match signed_in.recv_timeout(WATCH) {
            Ok(Err(error)) => return Err(Failure::new(&error, error.hint())),
            Err(RecvTimeoutError::Timeout) if !bounds.stop.load(Ordering::Relaxed) => {}
            Ok(Ok(())) | Err(_) => return Ok(()),
        }
    }
}

/// Names of organisations that the operator gives.
pub(super) fn check_organizations(names: &[String]) -> Result<(), Failure> {
    match names.iter().find(|name| !is_organization(name)) {
        None => Ok(()),
        Some(name) => {
            let name = name.clone();
            let hint = "name it as in https://dev.azure.com/NAME".to_owned();
            Err(Failure::new(&AskError::Organization { name }, Some(hint)))
        }
    }
}

/// Where requests go, as the flags and the environment say.
pub(super) fn base(
    server: Option<&String>,
    gateway: Option<&String>,
    environment: &Environment,
) -> Result<Base, Failure> {
    let gateway = gateway.or(environment.azure_devops_url.as_ref());
    match (server, gateway) {
        (Some(server), _) => Base::server(server),
        (None, Some(gateway)) => Base::gateway(gateway),
        (None, None) => Ok(Base::Microsoft),
    }
    .map_err(|error| Failure::new(&error, None))
}

/// How connections to `base` are made.
pub(super) fn http(base: &Base, ca_file: Option<&Path>) -> Result<HttpOptions, Failure> {
    let authorities = match ca_file {
        Some(path) => authorities(path).map_err(|error| Failure::new(&error, None))?,
        None => Vec::new(),
    };
    Ok(HttpOptions {
        authorities,
        // What stays on this machine passes no proxy.
        direct: base.is_loopback(),
    })
}

/// The user's own cache.
pub(super) fn own_cache(environment: &Environment) -> Option<PathBuf> {
    let home = environment.cache_home.as_ref()?;
    Some(home.join("patsweep").join("verification.json"))
}

/// The cache that is asked for.
fn cache(args: &Service, environment: &Environment) -> Result<Option<Arc<Cache>>, Failure> {
    let path = match &args.cache {
        None => return Ok(None),
        Some(CachePlace::File(path)) => path.clone(),
        Some(CachePlace::Own) => {
            own_cache(environment).ok_or_else(|| Failure::new(&AskError::NoCacheHome, None))?
        }
    };
    let cache = Cache::open(&path).map_err(|error| {
        let hint = "remove the file, or name another with --cache=FILE".to_owned();
        Failure::new(&error, Some(hint))
    })?;
    Ok(Some(Arc::new(cache)))
}

fn authorities(path: &Path) -> Result<Vec<Authority>, AskError> {
    Authority::read(&pem(path)?).map_err(|source| AskError::NoAuthorities {
        path: path.to_owned(),
        source,
    })
}

/// The certificates in the file at `path`, in PEM.
pub(super) fn certificates(path: &Path) -> Result<Vec<u8>, Failure> {
    let checked = authorities(path).and_then(|_| pem(path));
    checked.map_err(|error| Failure::new(&error, None))
}

fn pem(path: &Path) -> Result<Vec<u8>, AskError> {
    let read = || -> io::Result<Option<Vec<u8>>> {
        if fs::metadata(path)?.len() > MAX_AUTHORITIES {
            return Ok(None);
        }
        fs::read(path).map(Some)
    };
    let path = || path.to_owned();
    match read() {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(AskError::TooLarge { path: path() }),
        Err(source) => Err(AskError::Authorities {
            path: path(),
            source,
        }),
    }
}
