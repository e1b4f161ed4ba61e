//! What can be said on the command line, as plain structs.

mod administrator;
mod audit;
mod baseline;
mod ci;
mod doctor;
mod examples;
mod git;
mod handover;
mod hook;
mod revoke;
mod scan;
mod seal;
mod service;
mod verify;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::{ArgMatches, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub(super) use self::administrator::{
    Administrator, AnswerFormat, Auth, AuthCheck, AuthCommand, AuthSubcommand, Breadth, Listing,
    Reach,
};
pub(super) use self::audit::{Audit, TableFormat, Timeline};
pub(super) use self::baseline::{
    Baseline, BaselineAdd, BaselineCheck, BaselineCommand, BaselineExplain, BaselineFile,
    BaselinePrune, Import, Known, Looking, Peer, Remark,
};
pub(super) use self::ci::Ci;
pub(super) use self::doctor::Doctor;
use self::examples::{
    AUDIT_EXAMPLES, BASELINE_EXAMPLES, CI_EXAMPLES, DOCTOR_EXAMPLES, EXAMPLES, EXPLAIN_EXAMPLES,
    HOOK_EXAMPLES, IMPORT_EXAMPLES, MAN_EXAMPLES, MAP_EXAMPLES, REVOKE_EXAMPLES, SCAN_EXAMPLES,
    TIMELINE_EXAMPLES, VERIFY_EXAMPLES,
};
use self::git::Git;
pub(super) use self::handover::Handover;
pub(super) use self::hook::{HookArgs, HookCommand, HookNames, HookRun, HookRunCommand};
pub(super) use self::revoke::{
    Assertion, Enforcing, JournalCommand, JournalFile, JournalShow, JournalSubcommand,
    JournalVerify, Place, PolicyCommand, PolicyShow, PolicySubcommand, Project, Revoke, Steering,
};
pub(super) use self::scan::Scan;
pub(super) use self::seal::Seal;
pub(super) use self::service::{CachePlace, Service};
pub(super) use self::verify::{Map, Verify};
use super::size;
use crate::report::Format;

/// Finds leaked Azure DevOps tokens and proves them offline
///
/// patsweep finds leaked Azure DevOps personal access tokens, application secrets and OAuth tokens
/// in files, archives and streams, however they are encoded. Personal access tokens carry a
/// checksum: patsweep verifies it, so that what it reports as proven is a token and nothing that
/// looks like one. It opens no network connection but to ask Azure DevOps whether a token still works,
/// and only where you say so.
#[derive(Debug, Parser)]
#[command(name = "patsweep", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true, styles = STYLES)]
#[command(
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub(super) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub(super) common: Common,
    /// Print version
    #[arg(short = 'V', long, action = clap::ArgAction::Version, help_heading = "General")]
    pub(super) version: Option<bool>,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const STYLES: Styles = Styles::styled()
    .header(anstyle::Style::new().bold())
    .usage(anstyle::Style::new().bold())
    .literal(anstyle::AnsiColor::Cyan.on_default())
    .placeholder(anstyle::Style::new());

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(super) struct Common {
    /// Print the report only: no progress, no notes
    ///
    /// Nothing goes to standard error but errors. The report stays as it is.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more: all of a text report, and which configuration is used
    ///
    /// Text reports list every finding, place and problem in full, and what was skipped. Standard
    /// error tells which configuration and rules are used.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// When to use colours
    ///
    /// `auto` uses them on a terminal unless `NO_COLOR` is set or TERM is `dumb`, and elsewhere if
    /// `CLICOLOR_FORCE` is set. Reports in files are never coloured.
    #[arg(long, global = true, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// The same as --color never
    #[arg(long, global = true, conflicts_with = "color")]
    pub(super) no_color: bool,
    /// Read the configuration from this file
    ///
    /// Without it, configuration is read from `patsweep/config.toml` in your own configuration
    /// folder (`XDG_CONFIG_HOME` or ~/.config; %APPDATA% on Windows), if that file exists. A file met
    /// in a scanned folder is never used, but for the patsweep.toml of a repository, by hooks and
    /// `ci`. Flags win over the file; lists are joined.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config")]
    pub(super) no_config: bool,
    /// Print help; --help says more than -h
    #[arg(short, long, global = true, action = clap::ArgAction::Help)]
    pub(super) help: Option<bool>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find tokens in files, folders, archives or standard input
    ///
    /// Finds tokens in files, folders, archives or standard input, whether they stand there plainly
    /// or in base64, UTF-16, hexadecimal, quoted-printable or gzip, up to four layers deep.
    ///
    /// Hidden and git-ignored files are scanned, too: that is where .env and .npmrc are. So are the
    /// names of files, and what is in archives (zip, tar, gz, bz2, xz, lzma, zst and their
    /// relatives), whatever they are called. Of a git repository the whole history is scanned, too:
    /// every object, whether or not a reference leads to it, and what LFS stores.
    /// System folders such as /proc and /sys are entered only when named.
    #[command(after_long_help = SCAN_EXAMPLES)]
    Scan(Box<Scan>),
    /// Check the credential of an administrator
    #[command(arg_required_else_help = true)]
    Auth(AuthCommand),
    /// Ask Azure DevOps whether tokens that were found still work
    ///
    /// Takes the tokens of a report, or those on standard input, one a line, and says of each
    /// whether it works and how that is known. Only what a checksum proves is ever presented, and
    /// only to organizations that stand with it or that you name.
    #[command(after_long_help = VERIFY_EXAMPLES)]
    Verify(Box<Verify>),
    /// Show what tokens can do, to whom, and who uses them
    ///
    /// Verifies the tokens first, as `patsweep verify` does. What they may do is known for sure of
    /// those that an administrator's list holds; of others, --probe-scopes asks what they may read.
    #[command(after_long_help = MAP_EXAMPLES)]
    Map(Box<Map>),
    /// Revoke leaked tokens, exactly and with a receipt
    ///
    /// Shows what would be revoked, whose it is, and why: the plan. Nothing is revoked without
    /// --execute and a confirmation. A token is revoked only if an administrator's list holds its C3ID
    /// and the policy allows it; a leaked token is never used to revoke anything.
    #[command(after_long_help = REVOKE_EXAMPLES)]
    Revoke(Box<Revoke>),
    /// Show what is done about leaked tokens, and why
    #[command(arg_required_else_help = true)]
    Policy(PolicyCommand),
    /// Show what the tokens of an organization can do, and what of it is not accepted
    ///
    /// Reads as an administrator the policies on tokens, the tokens of everybody and the audit log,
    /// and tells what stands out. With --rules, it exits with 1 if anything is not accepted. Nothing is
    /// changed.
    #[command(after_long_help = AUDIT_EXAMPLES)]
    Audit(Box<Audit>),
    /// Show what was done with leaked tokens, as far as the audit log tells
    ///
    /// Tells of each token when it was issued, exposed and revoked, and what the log says was done with
    /// it: first what came from addresses or programs that its owner had not used in the 30 days
    /// before, and what changed tokens, policies, permissions, service connections or extensions.
    /// The log does not tell what was read. No token is presented.
    #[command(after_long_help = TIMELINE_EXAMPLES)]
    Timeline(Box<Timeline>),
    /// Show and check the journal of what was revoked
    #[command(arg_required_else_help = true)]
    Journal(JournalCommand),
    /// Keep a list of the leaks that are known and passed over
    #[command(arg_required_else_help = true, after_long_help = BASELINE_EXAMPLES)]
    Baseline(Baseline),
    /// Take over what another scanner's baseline or report knows
    ///
    /// Scans, and matches what is found with the entries of FILE: by the token's value or hash, else
    /// by its place. What is matched is added to the baseline. What is not is listed; nothing is
    /// guessed. Exits with 0 if every entry was matched, with 1 if some were not, with 2 if it could
    /// not run, with 3 if some were not and the scan was incomplete.
    #[command(after_long_help = IMPORT_EXAMPLES)]
    Import(Box<Import>),
    /// Scan what a pull request or a push brings, in Azure Pipelines, GitHub Actions or GitLab CI
    ///
    /// Finds out from the service what is new, scans that, and tells the service in its own form.
    /// What the change itself says of configuration, baseline and marks beside tokens does not
    /// count: these are taken from the branch that it is for.
    #[command(after_long_help = CI_EXAMPLES)]
    Ci(Box<Ci>),
    /// Keep leaks out of commits and pushes with the hooks of git
    #[command(arg_required_else_help = true, after_long_help = HOOK_EXAMPLES)]
    Hook(HookArgs),
    /// Try whether a leak would get past the hooks and pipelines of a repository
    ///
    /// Makes a copy of the repository, with a remote in a temporary folder and without its own, plants
    /// a token in it that nobody issued, and tries to commit and push it, and to bring it in with a pull
    /// request, as each CI service would show it to `patsweep ci`. Says what stopped it. Nothing in
    /// the repository changes.
    #[command(after_long_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// List, check and explain rules
    #[command(arg_required_else_help = true)]
    Rules(Rules),
    /// Generate shell completions and manual pages
    #[command(arg_required_else_help = true)]
    Generate(Generate),
}

/// Which leaks set the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Every leak
    Any,
    /// Only tokens that are proven by their checksum
    Proven,
    /// Only tokens confirmed active; where that is not known, the scan is incomplete (3)
    Active,
    /// None; an incomplete scan still exits with 3
    Never,
}

/// `rules`.
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: RulesCommand,
}

/// Commands of `rules`.
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the rules: built-in ones and your own
    List(RulesList),
    /// Try rules on their examples and counterexamples
    ///
    /// Loads the rules and runs each example and counterexample through the detector. Built-in
    /// rules are tried on tokens minted for the purpose. Exits with 0 if everything holds, with 1
    /// if an example does not, and with 2 if rules cannot be loaded; each complaint names file,
    /// line and key.
    Check(RulesCheck),
    /// Say what the token on standard input is, without printing it
    ///
    /// Reads one line from standard input and says what it is, whether its checksum proves it or
    /// why not, when it was issued or expires where it says so, and its C3ID. The token is never
    /// taken from the command line, where other users of the machine could see it, and never
    /// printed.
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(RulesExplain),
}

/// Flags of `rules list`.
#[derive(Debug, Args)]
pub(super) struct RulesList {
    /// Load rules of your own; may be repeated
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(super) rules: Vec<PathBuf>,
}

/// Flags of `rules check`.
#[derive(Debug, Args)]
pub(super) struct RulesCheck {
    /// Rule files, or folders of them
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    /// The same as FILE|DIR, as `scan` has it; may be repeated
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(super) rules: Vec<PathBuf>,
}

/// Flags of `rules explain`.
#[derive(Debug, Args)]
pub(super) struct RulesExplain {
    /// Load rules of your own; may be repeated
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "What to look for")]
    pub(super) rules: Vec<PathBuf>,
}

/// `generate`.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// What to generate.
    #[command(subcommand)]
    pub(super) command: GenerateCommand,
}

/// Commands of `generate`.
#[derive(Debug, Subcommand)]
pub(super) enum GenerateCommand {
    /// Write a completion script for a shell to standard output
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write a manual page (roff) to standard output
    #[command(after_long_help = MAN_EXAMPLES)]
    Man {
        /// The command whose page to write, such as `scan` or `rules check` [default: the overview]
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

/// One `-f` or `-o`, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OutputArg {
    /// `-f`.
    Format(Format),
    /// `-o`.
    File(PathBuf),
}

/// The `-f` and `-o` of `scan`, in the order given.
pub(super) fn output_order(scan: &ArgMatches) -> Vec<OutputArg> {
    let formats = scan
        .indices_of("format")
        .into_iter()
        .flatten()
        .zip(scan.get_many::<Format>("format").into_iter().flatten())
        .map(|(index, &format)| (index, OutputArg::Format(format)));
    let files = scan
        .indices_of("output")
        .into_iter()
        .flatten()
        .zip(scan.get_many::<PathBuf>("output").into_iter().flatten())
        .map(|(index, file)| (index, OutputArg::File(file.clone())));
    let mut order: Vec<_> = formats.chain(files).collect();
    order.sort_by_key(|(index, _)| *index);
    order.into_iter().map(|(_, arg)| arg).collect()
}
