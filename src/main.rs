//! The `patsweep` program: hands the arguments to [`patsweep::cli::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    patsweep::cli::run(std::env::args_os())
}
