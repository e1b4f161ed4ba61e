//! `generate`: completions and manual pages on standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use thiserror::Error;

use super::args::{Cli, GenerateCommand};
use super::exit::{Exit, Failure};

/// No such command.
#[derive(Debug, Error)]
#[error("no command `{0}`")]
struct NoCommand(String);

/// Why nothing was generated.
#[derive(Debug, Error)]
#[error("cannot write to standard output")]
struct WriteError(#[source] io::Error);

/// Writes what is asked for.
pub(super) fn run(command: &GenerateCommand) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    match command {
        GenerateCommand::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "patsweep", &mut text);
        }
        GenerateCommand::Man { command } => man(command, &mut text)?,
    }
    print(&text)
}

/// Writes `text` to standard output; a reader that is gone has read enough.
pub(super) fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    print_to(io::stdout().lock(), text)
}

/// The same through what decides about colours.
pub(super) fn print_to(mut stdout: impl Write, text: &[u8]) -> Result<ExitCode, Failure> {
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(&WriteError(error), None))
        }
        _ => Ok(Exit::Clean.into()),
    }
}

fn man(names: &[String], out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut root = Cli::command();
    // Without it commands do not know what stands before their name, nor the flags of all.
    root.build();
    let mut command = &root;
    for name in names {
        command = command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = command
                .get_subcommands()
                .map(clap::Command::get_name)
                .collect();
            let hint = match known.as_slice() {
                [] => format!("`{}` has no commands", command.get_name()),
                known => format!(
                    "the commands of `{}` are {}",
                    command.get_name(),
                    known.join(", ")
                ),
            };
            Failure::new(&NoCommand(name.escape_debug().to_string()), Some(hint))
        })?;
    }
    let page = clap_mangen::Man::new(command.clone())
        .manual("User Commands")
        .date("");
    page.render(out)
        .map_err(|error| Failure::new(&WriteError(error), None))
}
