//! A service, a home without configuration, and a program to run on both.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{ask, get};
use crate::service::{Fake, Issued};

/// What the program takes from its environment.
const VARIABLES: [&str; 17] = [
    "SYSTEM_PULLREQUEST_ISFORK",
    "GITHUB_EVENT_PATH",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "PATSWEEP_AZURE_DEVOPS_URL",
    "PATSWEEP_ADMIN_PAT",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "RUST_LOG",
    "NO_COLOR",
];

pub(crate) struct Bench {
    pub(crate) fake: Fake,
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// A program that runs.
pub(crate) struct Started {
    pub(crate) child: Child,
    arguments: Vec<u8>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What the list of processes has of it.
    pub(crate) arguments: Vec<u8>,
}

impl Bench {
    /// A service and a home, without any credential.
    pub(crate) fn new() -> Self {
        Self {
            fake: Fake::start(),
            home: tempfile::tempdir().expect("a folder"),
            environment: Vec::new(),
        }
    }

    /// With the token of an administrator in the environment.
    pub(crate) fn administrator() -> Self {
        let bench = Self::new();
        let token = bench.fake.admin_pat.clone();
        bench.with("PATSWEEP_ADMIN_PAT", &token)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// Runs `patsweep ARGS`, separated by blanks, against the service, with `input`.
    pub(crate) fn patsweep(&self, args: &str, input: &str) -> Run {
        let args = format!("{args} --azure-devops-url {}", self.fake.url);
        let program = Command::new(env!("CARGO_BIN_EXE_patsweep"));
        Run::of(self.start(program, &args, input))
    }

    /// Runs `patsweep ARGS`, which asks nobody, with `input`.
    pub(crate) fn plain(&self, args: &str, input: &str) -> Run {
        let program = Command::new(env!("CARGO_BIN_EXE_patsweep"));
        Run::of(self.start(program, args, input))
    }

    /// Starts `command ARGS` on `input`, in an environment that is known.
    pub(crate) fn start(&self, mut command: Command, args: &str, input: &str) -> Started {
        for name in VARIABLES {
            command.env_remove(name);
        }
        command
            .args(args.split_whitespace())
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("APPDATA", self.home.path().join(".config"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let arguments = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        let mut stdin = child.stdin.take().expect("a pipe");
        // A run that needs no input may be gone.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Started { child, arguments }
    }

    /// Scans `input` and asks, with further flags; the report is JSON. Administrators are asked at
    /// the organisations of the service unless the flags say at which.
    pub(crate) fn verify(&self, input: &str, flags: &str) -> Run {
        let named = if flags.contains("--org") {
            ""
        } else {
            "--org contoso,northwind"
        };
        self.patsweep(&format!("scan - --verify -f json {named} {flags}"), input)
    }

    /// Orders `behavior` for as many requests as `times` whose path or query holds `path`.
    #[track_caller]
    pub(crate) fn order(&self, path: &str, behavior: &str, times: u64) {
        let order = json!({
            "target": { "path": path },
            "behavior": behavior,
            "times": times,
        });
        let got = ask("POST", "/__control").json(&order).to(&self.fake);
        assert_eq!(got.status, 204, "{behavior}: {}", got.text());
    }

    pub(crate) fn forget_orders(&self) {
        assert_eq!(ask("DELETE", "/__control").to(&self.fake).status, 204);
    }

    pub(crate) fn forget_log(&self) {
        assert_eq!(ask("DELETE", "/__log").to(&self.fake).status, 204);
    }

    /// Every request that the service saw.
    pub(crate) fn log(&self) -> Vec<Value> {
        let log = get("/__log").to(&self.fake).json();
        log.as_array().expect("a list").clone()
    }

    /// What was asked, in short: `users`, `list NAME`, `connectionData ORG` and so on, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.log().iter().map(short).collect();
        asked.sort();
        asked
    }

    /// Whether anybody presented `token`.
    pub(crate) fn was_presented(&self, token: &Issued) -> bool {
        let log = self.log();
        log.iter().any(|request| request["c3id"] == token.c3id)
    }
}

/// A request in a word or two.
fn short(request: &Value) -> String {
    let path = request["path"].as_str().expect("a path");
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        [_, "_apis", "graph", "users"] => "users".to_owned(),
        [_, "_apis", "tokenadmin", _, _] => {
            let version = request["api_version"].as_str().unwrap_or_default();
            format!("list {version}")
        }
        [organization, "_apis", what] => format!("{what} {organization}"),
        _ => request["host"].as_str().unwrap_or_default().to_owned(),
    }
}

/// A line that names `user` and an organisation beside `token`.
pub(crate) fn leak(user: &str, token: &Issued) -> String {
    let Issued {
        token,
        organization,
        ..
    } = token;
    format!("git clone https://{user}:{token}@dev.azure.com/{organization}/Site/_git/Site\n")
}

impl Run {
    /// What `started` gives until it ends.
    pub(crate) fn of(started: Started) -> Self {
        let output = started.child.wait_with_output().expect("the program ends");
        Self {
            arguments: started.arguments,
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    #[track_caller]
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The finding of `token`.
    #[track_caller]
    pub(crate) fn finding(&self, token: &Issued) -> Value {
        let report = self.report();
        let findings = report["findings"].as_array().expect("findings");
        let mut findings = findings.iter();
        let found = findings.find(|finding| finding["id"] == token.c3id);
        found.unwrap_or_else(|| panic!("{report:#}")).clone()
    }

    /// How the finding of `token` was settled: the reason and the method.
    #[track_caller]
    pub(crate) fn settled(&self, token: &Issued) -> (String, String) {
        let finding = self.finding(token);
        let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
        (
            text(&finding["validity_reason"]),
            text(&finding["verification"]["method"]),
        )
    }

    /// Each attempt about `token`: how, what it told, and by which message.
    #[track_caller]
    pub(crate) fn attempts(&self, token: &Issued) -> Vec<(String, String, String)> {
        let finding = self.finding(token);
        let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
        let attempts = finding["verification"]["attempts"].as_array();
        let attempts = attempts.expect("attempts").iter();
        attempts
            .map(|attempt| {
                (
                    text(&attempt["method"]),
                    text(&attempt["validity_reason"]),
                    text(&attempt["evidence"]["message"]),
                )
            })
            .collect()
    }
}

/// `(how, what)` as text of their own.
pub(crate) fn told(reason: &str, method: &str) -> (String, String) {
    (reason.to_owned(), method.to_owned())
}
