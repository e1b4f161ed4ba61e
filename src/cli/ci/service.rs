//! What a service is told beside the report: a summary, and why nothing was scanned.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::exit::Complaint;
use super::super::output;
use super::told::Told;
use crate::gate::ci::{Service, Variables};
use crate::model::Report;
use crate::report::{self, Color, Format, Options, Redactor};

/// The summary cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the summary to {}", path.display())]
pub(super) struct Unwritten {
    path: PathBuf,
    source: io::Error,
}

/// The format that a service reads on standard output.
pub(super) fn format(service: Service) -> Format {
    match service {
        Service::AzurePipelines => Format::AzurePipelines,
        Service::GithubActions => Format::Github,
        Service::Gitlab => Format::Text,
    }
}

/// Hands a summary in markdown to services that show one. Commands go to standard output only if the
/// report there is for the service or for people.
pub(super) fn summarize(
    service: Service,
    variables: &Variables,
    report: &Report,
    options: &Options<'_>,
    told: &Told,
    on_stdout: Option<Format>,
) -> Result<(), Unwritten> {
    let is_free = matches!(
        on_stdout,
        None | Some(Format::Text | Format::AzurePipelines)
    );
    let place = match service {
        // <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>: the path is
        // absolute, and what is in the folder lasts as long as the job.
        Service::AzurePipelines => variables.get("AGENT_TEMPDIRECTORY").filter(|_| is_free),
        // <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
        Service::GithubActions => variables.get("GITHUB_STEP_SUMMARY"),
        Service::Gitlab => None,
    };
    let Some(place) = place.map(PathBuf::from) else {
        return Ok(());
    };
    let mut text = Vec::new();
    let options = Options {
        color: Color::Plain,
        ..*options
    };
    let written = report::write(report, Format::Markdown, &options, &mut text);
    text.extend(told.markdown(&Redactor::new(report)).into_bytes());
    let written = written.and_then(|()| match service {
        Service::AzurePipelines => upload(&place, &text),
        Service::GithubActions | Service::Gitlab => append(&place, &text),
    });
    written.map_err(|source| Unwritten {
        path: place,
        source,
    })
}

/// Other steps have their summaries in the same file.
fn append(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(text)
}

/// The agent reads the file later.
fn upload(folder: &Path, text: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder
        .prefix("patsweep-")
        .suffix(".md")
        .tempfile_in(folder)?;
    file.write_all(text)?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    let told = output::stdout(|out| writeln!(out, "##vso[task.uploadsummary]{}", path.display()));
    told.map_err(io::Error::other)
}

/// Tells a service why nothing was scanned.
pub(super) fn tell_failure(service: Service, complaint: &Complaint) {
    let text = match &complaint.hint {
        Some(hint) => format!("{}; {hint}", complaint.error),
        None => complaint.error.clone(),
    };
    if let Some(command) = report::failure(format(service), &text) {
        // The exit code says it, too.
        let _ = output::stdout(|out| writeln!(out, "{command}"));
    }
}
