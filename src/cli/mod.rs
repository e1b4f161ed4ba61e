//! The command line: arguments to settings, settings to a run, a run to an exit code.

mod administrator;
mod args;
mod ask;
mod audit;
mod auth;
mod baseline;
mod cell;
mod ci;
mod config;
mod console;
mod desk;
mod doctor;
mod environment;
mod exit;
mod explain;
mod explore;
mod fork;
mod generate;
mod handover;
mod hook;
mod import;
mod interrupt;
mod journal;
mod map;
mod notify;
mod output;
mod policy;
mod progress;
mod revoke;
mod rules;
mod scan;
mod scrub;
mod seal;
mod settings;
mod size;
mod steering;
mod survey;
mod table;
mod timeline;
mod verify;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use args::{
    AuthSubcommand, BaselineCommand, Cli, Command, HookCommand, JournalSubcommand,
    PolicySubcommand, RulesCommand,
};
use console::Console;
use environment::Environment;
use exit::{Complaint, Exit, Failure};

/// Runs the program on `args`, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let environment = Environment::read();
    let console = Console::new(&cli.common, &environment);
    let result = match &cli.command {
        Command::Scan(scan) => {
            let order = matches.subcommand_matches("scan").map(args::output_order);
            scan::run(&cli.common, scan, &order.unwrap_or_default(), &environment)
        }
        Command::Verify(verify) => {
            let order = matches.subcommand_matches("verify").map(args::output_order);
            verify::run(
                &cli.common,
                verify,
                &order.unwrap_or_default(),
                &environment,
            )
        }
        Command::Map(map) => map::run(&cli.common, map, &environment),
        Command::Revoke(revoke) => revoke::run(&cli.common, revoke, &environment),
        Command::Policy(policy) => match &policy.command {
            PolicySubcommand::Show(args) => policy::show(&cli.common, args, &environment),
        },
        Command::Audit(audit) => audit::run(&cli.common, audit, &environment),
        Command::Timeline(timeline) => timeline::run(&cli.common, timeline, &environment),
        Command::Journal(journal) => match &journal.command {
            JournalSubcommand::Show(args) => journal::show(args, &environment),
            JournalSubcommand::Verify(args) => journal::verify(args, &environment),
        },
        Command::Baseline(args) => match &args.command {
            BaselineCommand::Add(add) => baseline::add(&cli.common, add, &environment),
            BaselineCommand::Prune(prune) => baseline::prune(&cli.common, prune, &environment),
            BaselineCommand::Explain(explain) => {
                baseline::explain(&cli.common, explain, &environment)
            }
            BaselineCommand::Check(check) => baseline::check(&cli.common, check, &environment),
        },
        Command::Import(import) => import::run(&cli.common, import, &environment),
        Command::Ci(ci) => {
            let order = matches.subcommand_matches("ci").map(args::output_order);
            ci::run(&cli.common, ci, &order.unwrap_or_default(), &environment)
        }
        Command::Doctor(args) => doctor::run(&cli.common, args, &environment),
        Command::Hook(hook) => match &hook.command {
            HookCommand::Install(names) => hook::install(names, &environment),
            HookCommand::Uninstall(names) => hook::uninstall(names, &environment),
            HookCommand::Status(names) => hook::status(names, &environment),
            HookCommand::Run(run) => hook::run(&cli.common, run, &environment),
        },
        Command::Rules(rules) => match &rules.command {
            RulesCommand::List(list) => rules::list(&cli.common, list, &environment),
            RulesCommand::Check(check) => rules::check(&cli.common, check, &environment),
            RulesCommand::Explain(explain) => explain::run(&cli.common, explain, &environment),
        },
        Command::Auth(auth) => match &auth.command {
            AuthSubcommand::Check(check) => auth::check(&cli.common, check, &environment),
        },
        Command::Generate(generate) => generate::run(&generate.command),
    };
    result.unwrap_or_else(|failure: Failure| {
        for complaint in &failure.complaints {
            console.complain(complaint);
        }
        Exit::CouldNotRun.into()
    })
}

/// Help and version go to stdout with code 0, complaints about usage to stderr with code 2.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    if !error.use_stderr() {
        let printed = generate::print_to(anstream::stdout().lock(), text.as_bytes());
        return printed.unwrap_or_else(|failure| {
            for complaint in &failure.complaints {
                Console::plain().complain(complaint);
            }
            Exit::CouldNotRun.into()
        });
    }
    // It quotes arguments. A reader that is gone has nothing to be told.
    let _ = write!(anstream::stderr(), "{}", console::redacted(&text));
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && std::path::Path::new(name).exists()
    {
        let command = format!("to scan it, run `patsweep scan {}`", name.escape_debug());
        Console::plain().hint(&command);
    }
    Exit::CouldNotRun.into()
}

impl<E: std::error::Error> From<&E> for Complaint {
    fn from(error: &E) -> Self {
        Self::new(error, None)
    }
}
