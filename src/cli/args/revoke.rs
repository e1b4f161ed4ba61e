//! Flags of `revoke` and `journal`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::administrator::{AnswerFormat, AtOrganizations};
use super::service::duration;
use super::{Handover, Service};
use crate::providers::azure_devops::is_organization;

/// Flags of `revoke`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Revoke {
    /// Which tokens.
    #[command(flatten)]
    pub(in crate::cli) handover: Handover,
    /// Write the plan to a new FILE, to be executed later
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Revoking", conflicts_with = "execute")]
    pub(in crate::cli) plan_out: Option<PathBuf>,
    /// By which policy, and where the tokens leaked.
    #[command(flatten)]
    pub(in crate::cli) steering: Steering,
    /// Revoke what is only probably the recorded token, too
    ///
    /// Where the service tells no C3ID, the only token of the owner that can still be the leaked one is
    /// probable, if the service let the leaked one in within five minutes.
    #[arg(long, help_heading = "Revoking", conflicts_with = "execute")]
    pub(in crate::cli) accept_probable: bool,
    /// Ask what a token that works may read, where its record is not certain
    ///
    /// Up to 25 harmless requests each. A record whose scopes do not fit is not probable any more; none
    /// is chosen by that.
    #[arg(long, help_heading = "Revoking", conflicts_with = "execute")]
    pub(in crate::cli) probe_scopes: bool,
    /// Say which recorded token a leaked one is, as `C3ID=AUTHORIZATION_ID`; may be repeated
    ///
    /// Where several may be it, only a person can tell. The journal tells that a person did.
    #[arg(long = "match", value_name = "MATCH", value_parser = assertion)]
    #[arg(help_heading = "Revoking", conflicts_with = "execute")]
    pub(in crate::cli) assertions: Vec<Assertion>,
    /// Revoke what the plan of --plan orders, and nothing else
    ///
    /// Each token is looked up afresh first, and left alone if it is not what was planned. On a
    /// terminal the first 8 characters of the plan's id are asked for.
    #[arg(long, help_heading = "Revoking", requires = "plan")]
    #[arg(conflicts_with_all = ["resume", "exposure", "project"])]
    pub(in crate::cli) execute: bool,
    /// The plan that --plan-out wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Revoking", requires = "execute")]
    pub(in crate::cli) plan: Option<PathBuf>,
    /// The id of the plan, where nobody can be asked, or better its id and digest as `ID:DIGEST`
    ///
    /// The id says which tokens are revoked. The digest covers what was shown of them beside, too, and
    /// what people will be told: with it, a plan is refused that anybody changed in between.
    #[arg(
        long,
        value_name = "PLAN_ID",
        help_heading = "Revoking",
        requires = "execute"
    )]
    pub(in crate::cli) confirm: Option<String>,
    /// Go on with what the journal says was begun and has not ended
    #[arg(long, help_heading = "Revoking")]
    #[arg(conflicts_with_all = ["plan_out", "exposure", "project"])]
    #[arg(conflicts_with_all = ["accept_probable", "assertions", "probe_scopes"])]
    pub(in crate::cli) resume: bool,
    /// Look for so long whether the service has done it [default: 65m]
    ///
    /// Microsoft says that it may take an hour. Without this it is looked once.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "65m")]
    #[arg(help_heading = "Revoking")]
    pub(in crate::cli) watch: Option<Duration>,
    /// Where it is written down what is done
    #[command(flatten)]
    pub(in crate::cli) journal: JournalFile,
    /// Whom to ask, and how much.
    #[command(flatten)]
    pub(in crate::cli) service: Service,
}

/// By which policy to decide, and what it is to know of where the tokens leaked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Revoking")]
pub(in crate::cli) struct Steering {
    /// Take `[policy]` from this file, and not from the configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// Who can read the place where the tokens leaked
    ///
    /// The default policy revokes what everybody can read, as Microsoft does. Unknown counts as
    /// private.
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) exposure: Option<Place>,
    /// The project of Azure Repos in which they leaked, which is asked who can read it
    ///
    /// Nothing that was scanned is asked for that.
    #[arg(long, value_name = "ORG/PROJECT", value_parser = project)]
    #[arg(conflicts_with = "exposure")]
    pub(in crate::cli) project: Option<Project>,
}

/// Flags of `scan --enforce`.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Revoking")]
pub(in crate::cli) struct Enforcing {
    /// Verify what is found, and revoke it as the policy says, with nobody at hand
    ///
    /// The policy is a file outside of what is scanned that sets `auto_revoke`, `exposure` and
    /// `max_revocations`. Only tokens are revoked that an administrator's list holds by their C3ID,
    /// never in the pull request of a fork, and none if there are more than `max_revocations`. It is
    /// not waited for the effect: `patsweep revoke --resume` on a schedule tells it.
    #[arg(long, requires = "policy")]
    pub(in crate::cli) enforce: bool,
    /// By which policy, and where the tokens leak.
    #[command(flatten)]
    pub(in crate::cli) steering: Steering,
    /// Where it is written down what is done.
    #[command(flatten)]
    pub(in crate::cli) journal: JournalFile,
}

impl Enforcing {
    /// The first flag that was given, for a run that enforces nothing.
    pub(in crate::cli) fn first_given(&self) -> Option<&'static str> {
        let given = [
            (self.steering.policy.is_some(), "--policy"),
            (self.steering.exposure.is_some(), "--exposure"),
            (self.steering.project.is_some(), "--project"),
            (self.journal.journal.is_some(), "--journal"),
        ];
        let given = given.into_iter().find(|(is_given, _)| *is_given);
        given.map(|(_, flag)| flag).filter(|_| !self.enforce)
    }
}

/// A project of Azure Repos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Project {
    /// The organisation, in lower case.
    pub(in crate::cli) organization: String,
    /// The project in it.
    pub(in crate::cli) name: String,
}

/// Why a project cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected ORG/PROJECT")]
struct ProjectError;

fn project(text: &str) -> Result<Project, ProjectError> {
    let (organization, name) = text.split_once('/').ok_or(ProjectError)?;
    let is_name = !matches!(name, "" | "." | "..") && !name.contains('/');
    if !is_organization(organization) || !is_name {
        return Err(ProjectError);
    }
    Ok(Project {
        organization: organization.to_ascii_lowercase(),
        name: name.to_owned(),
    })
}

/// What a person says a leaked token is recorded as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Assertion {
    /// Which leaked token.
    pub(in crate::cli) c3id: String,
    /// As what it is recorded.
    pub(in crate::cli) authorization_id: String,
}

/// Why an assertion cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected C3ID=AUTHORIZATION_ID")]
pub(in crate::cli) struct AssertionError;

pub(super) fn assertion(text: &str) -> Result<Assertion, AssertionError> {
    let (c3id, authorization_id) = text.split_once('=').ok_or(AssertionError)?;
    if c3id.is_empty() || authorization_id.is_empty() {
        return Err(AssertionError);
    }
    Ok(Assertion {
        c3id: c3id.to_owned(),
        authorization_id: authorization_id.to_owned(),
    })
}

/// Who can read a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Place {
    /// Everybody
    Public,
    /// Those who are let in
    Private,
}

/// Which journal.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct JournalFile {
    /// Use this journal
    ///
    /// Without it, `patsweep/journal.jsonl` in your folder for what programs keep (`XDG_STATE_HOME`
    /// or ~/.local/state; %LOCALAPPDATA% on Windows).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Revoking")]
    pub(in crate::cli) journal: Option<PathBuf>,
}

/// `journal`.
#[derive(Debug, Args)]
pub(in crate::cli) struct JournalCommand {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: JournalSubcommand,
}

/// Commands of `journal`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JournalSubcommand {
    /// Show what was planned, done and answered
    Show(JournalShow),
    /// Say whether the journal is as it was written
    ///
    /// Exits with 0 if it is, with 1 if not, with 2 if it cannot be read.
    Verify(JournalVerify),
}

/// Flags of `journal show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct JournalShow {
    /// Which.
    #[command(flatten)]
    pub(in crate::cli) journal: JournalFile,
}

/// Flags of `journal verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct JournalVerify {
    /// Which.
    #[command(flatten)]
    pub(in crate::cli) journal: JournalFile,
    /// The hash that a receipt tells: nothing up to there may be missing
    #[arg(long, value_name = "HASH", value_parser = digest)]
    pub(in crate::cli) head: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("expected 64 hexadecimal digits, as a receipt has them behind `head`")]
struct NoDigest;

/// A SHA-256 in hexadecimal digits.
fn digest(text: &str) -> Result<String, NoDigest> {
    let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| text.to_owned()).ok_or(NoDigest)
}

/// `policy`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyCommand {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: PolicySubcommand,
}

/// Commands of `policy`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PolicySubcommand {
    /// Show which policy on leaked tokens applies, and why
    ///
    /// Reads the policy of the tenant, and `[policy]` of the configuration. Exits with 0, with 2 if it
    /// could not run, with 3 if the tenant's policy cannot be read.
    Show(PolicyShow),
}

/// Flags of `policy show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyShow {
    /// Where to ask.
    #[command(flatten)]
    pub(in crate::cli) at: AtOrganizations,
    /// Take `[policy]` from this file, and not from the configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// Answer in this format [default: text]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<AnswerFormat>,
}
