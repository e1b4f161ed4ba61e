//! Runs the program on something that holds tokens.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a run gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `patsweep ARGS` with `input` as standard input and none of the caller's settings.
pub(crate) fn patsweep(args: &[&str], input: &str) -> Run {
    let mut child = command(args).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A run that needs no input may be gone.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output: Output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The program with pipes.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
    command
        .args(args)
        .arg("--no-config")
        .env_remove("PATSWEEP_AZURE_DEVOPS_URL")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Run {
    /// The report.
    #[track_caller]
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The finding of a report that has one.
    #[track_caller]
    pub(crate) fn finding(&self) -> Value {
        let report = self.report();
        let findings = report["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), 1, "{report:#}");
        findings[0].clone()
    }
}

/// A line that names `organization` as that of `token`.
pub(crate) fn leak(token: &str, organization: &str) -> String {
    format!("git clone https://build:{token}@dev.azure.com/{organization}/Website/_git/Website\n")
}

/// Scans `input` and asks at `url`, with further flags; the report is JSON.
pub(crate) fn verify(url: &str, input: &str, flags: &[&str]) -> Run {
    let mut args = vec![
        "scan",
        "-",
        "--verify",
        "--azure-devops-url",
        url,
        "-f",
        "json",
    ];
    args.extend(flags);
    patsweep(&args, input)
}
