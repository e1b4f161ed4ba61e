//! The Azure CLI gives the token of whoever is signed in there.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{RESOURCE, SignInError};
use crate::model::{Secret, Timestamp};
use crate::providers::{Scrubber, crash};

/// The program.
const PROGRAM: &str = if cfg!(windows) { "az.cmd" } else { "az" };
/// The most that is read of what it says.
const MAX_OUTPUT: u64 = 1 << 20;
/// It starts slowly, and may renew its own token first.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked whether it has ended.
const WATCH: Duration = Duration::from_millis(20);
/// How long its token lives where it does not say: older ones tell a time without a zone.
const SHORT: i64 = 300;
/// What it need not know.
const KEPT_BACK: [&str; 2] = ["PATSWEEP_ADMIN_PAT", "AZURE_CLIENT_SECRET"];

/// Whoever is signed in to the Azure CLI.
#[derive(Clone, Debug)]
pub struct Az {
    program: PathBuf,
    tenant: Option<String>,
}

/// What it prints.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    access_token: String,
    expires_on: Option<i64>,
}

/// Where the Azure CLI stands on `path`; never in `working_directory` nor in a folder that is
/// named relative to it, where whatever is scanned may have put a program of that name.
pub fn find_program(path: &OsStr, working_directory: Option<&Path>) -> Option<PathBuf> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let here = working_directory.and_then(real);
    env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .filter(|folder| here.is_none() || real(folder) != here)
        .map(|folder| folder.join(PROGRAM))
        .find(|program| is_program(program))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

impl Az {
    /// The one at `program`, an absolute path; of several tenants the one given.
    pub fn new(program: PathBuf, tenant: Option<String>) -> Self {
        Self { program, tenant }
    }

    pub(super) fn sign_in(
        &self,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<(Secret, Timestamp), SignInError> {
        let failed = |source| SignInError::Run {
            path: self.program.clone(),
            source,
        };
        let mut command = Command::new(&self.program);
        command.args(["account", "get-access-token", "--resource", RESOURCE]);
        command.args(["-o", "json"]);
        if let Some(tenant) = &self.tenant {
            command.args(["--tenant", tenant]);
        }
        // It is a Python program: started in a scanned folder it may import what lies there.
        if let Some(folder) = self.program.parent() {
            command.current_dir(folder);
        }
        for name in KEPT_BACK {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        crash::point();
        let mut child = command.spawn().map_err(failed)?;
        let output = Output::follow(&mut child);
        let is_success = wait(&mut child, timeout.min(PATIENCE)).map_err(failed);
        crash::point();
        let is_success = is_success?;
        let Some(is_success) = is_success else {
            // Its own children may still hold its streams open: nothing is waited for.
            let message = "it did not answer in time".to_owned();
            return Err(SignInError::Az { message });
        };
        let (out, error) = output.collect();
        match serde_json::from_slice::<Printed>(&out) {
            Ok(printed) if is_success && !printed.access_token.is_empty() => {
                let token = Zeroizing::new(printed.access_token);
                let expires = printed.expires_on.unwrap_or(now.0 + SHORT);
                Ok((Secret::new(token.as_bytes()), Timestamp(expires)))
            }
            _ => {
                let message = Scrubber::new(None).scrub(&String::from_utf8_lossy(&error));
                let message = if message.is_empty() {
                    "what it printed is no token".to_owned()
                } else {
                    message
                };
                Err(SignInError::Az { message })
            }
        }
    }
}

/// What a program says, read while it runs, for a full pipe would stop it.
struct Output {
    out: Option<thread::JoinHandle<Zeroizing<Vec<u8>>>>,
    error: Option<thread::JoinHandle<Zeroizing<Vec<u8>>>>,
}

impl Output {
    fn follow(child: &mut Child) -> Self {
        Self {
            out: child.stdout.take().map(read_aside),
            error: child.stderr.take().map(read_aside),
        }
    }

    fn collect(self) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        let text = |thread: Option<thread::JoinHandle<_>>| {
            thread
                .and_then(|thread| thread.join().ok())
                .unwrap_or_default()
        };
        (text(self.out), text(self.error))
    }
}

fn read_aside(stream: impl Read + Send + 'static) -> thread::JoinHandle<Zeroizing<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        // What came before the end of the stream is what there is.
        let _ended = stream.take(MAX_OUTPUT).read_to_end(&mut bytes);
        bytes
    })
}

/// Whether `child` ended well; `None` if it had to be ended.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<bool>> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(WATCH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_program_is_never_taken_from_where_one_works() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| {
            let folder = root.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            folder
        };
        let (work, bin, plain) = (folder("work"), folder("bin"), folder("plain"));
        let program = |folder: &Path, mode| {
            let path = folder.join(PROGRAM);
            fs::write(&path, "").expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
            path
        };
        program(&work, 0o755);
        program(&plain, 0o644);
        let expected = program(&bin, 0o755);
        let find = |folders: &[&Path]| {
            let path = env::join_paths(folders).expect("a path");
            find_program(&path, Some(&work))
        };
        let dot = Path::new(".");
        assert_eq!(find(&[&work, dot, &plain, &bin]), Some(expected));
        assert_eq!(find(&[&work, &work.join("../work"), dot, &plain]), None);
    }
}
