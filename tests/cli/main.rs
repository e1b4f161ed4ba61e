//! The program as its users run it: flags, streams, files and exit codes.

mod bad_input;
mod environment;
mod generate;
mod own_files;
mod program;
mod readme;
mod rules;
mod scan;
