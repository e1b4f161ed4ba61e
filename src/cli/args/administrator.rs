//! As which administrator, and whose tokens to list.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

/// As which administrator.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Administrator")]
pub(in crate::cli) struct Administrator {
    /// Sign in as an administrator, in this way and no other
    ///
    /// The credential goes to the organizations of --org and to no other, whatever a leak names.
    /// Values come from the environment: `PATSWEEP_ADMIN_PAT`; `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and
    /// `AZURE_CLIENT_SECRET` or `AZURE_FEDERATED_TOKEN_FILE`. For several tenants, write tables
    /// `[[credentials]]` into the configuration file.
    #[arg(long, value_name = "WAY", conflicts_with = "server_url")]
    pub(in crate::cli) auth: Option<Auth>,
    /// Read the token or the client secret from FILE; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "auth")]
    pub(in crate::cli) auth_file: Option<PathBuf>,
}

/// Whose tokens an administrator lists.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Administrator")]
pub(in crate::cli) struct Listing {
    /// Whose tokens to list [default: likely]
    ///
    /// A token that the list knows is never presented. Likely owners are authors of commits, and
    /// accounts on the line of the token.
    #[arg(long, value_name = "WHOSE", conflicts_with = "server_url")]
    pub(in crate::cli) inventory: Option<Breadth>,
    /// Keep in FILE who was listed when, and go on there
    ///
    /// It holds subject descriptors, accounts, C3IDs and authorization ids, and never a token. Whoever
    /// was listed within a day is not listed again.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "server_url")]
    pub(in crate::cli) inventory_state: Option<PathBuf>,
}

impl Listing {
    /// Whether the tokens of everybody are to be listed, and not only those of likely owners.
    pub(in crate::cli) fn is_of_everybody(&self) -> bool {
        self.inventory == Some(Breadth::Full)
    }
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Auth {
    /// As whoever is signed in to the Azure CLI
    Az,
    /// As an application with its secret
    ClientSecret,
    /// As an application that a federated token speaks for
    WorkloadIdentity,
    /// As the identity of this machine or app
    ManagedIdentity,
    /// With a personal access token
    Pat,
}

impl Auth {
    /// As it is written.
    pub(in crate::cli) fn as_str(self) -> &'static str {
        match self {
            Self::Az => "az",
            Self::ClientSecret => "client-secret",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::Pat => "pat",
        }
    }
}

/// Whose tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Breadth {
    /// Those of likely owners
    Likely,
    /// Everybody's, those of likely owners first
    Full,
}

/// `auth`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuthCommand {
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: AuthSubcommand,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  patsweep auth check --org contoso --auth az
      Say as whom the Azure CLI is signed in, and what that may do.

  patsweep auth check --org contoso --auth pat --auth-file - < token.txt
      The same of a personal access token.

Exit codes:
  0    it has all the rights
  1    it lacks one
  2    could not run, or nobody could be signed in
  3    whether it has one could not be told";

/// Commands of `auth`.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum AuthSubcommand {
    /// Say who an administrator's credential is, and which of the needed rights it has
    ///
    /// Asks each organization as whom it knows the credential, and whether it may read users, list
    /// the tokens of others, read policies and the audit log. Nothing is changed.
    #[command(after_long_help = CHECK_EXAMPLES)]
    Check(AuthCheck),
}

/// Flags of `auth check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuthCheck {
    /// Where to ask.
    #[command(flatten)]
    pub(in crate::cli) at: AtOrganizations,
    /// Answer in this format [default: text]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<AnswerFormat>,
}

/// Organisations that are asked as an administrator.
#[derive(Debug, Args)]
pub(in crate::cli) struct AtOrganizations {
    /// Ask this organization; may be repeated
    #[arg(long, value_name = "ORG", value_delimiter = ',', required = true)]
    #[arg(help_heading = "Asking Azure DevOps")]
    pub(in crate::cli) org: Vec<String>,
    /// As which administrator.
    #[command(flatten)]
    pub(in crate::cli) administrator: Administrator,
    /// Give up after this time, such as 90s or 10m [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = super::service::duration)]
    #[arg(help_heading = "Asking Azure DevOps")]
    pub(in crate::cli) timeout: Option<std::time::Duration>,
    /// Ask this address in place of Microsoft's hosts
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    #[arg(help_heading = "Asking Azure DevOps", conflicts_with = "server_url")]
    pub(in crate::cli) azure_devops_url: Option<String>,
    /// Ask a collection of Azure DevOps Server, which has none of these rights
    #[arg(long, value_name = "URL", hide = true)]
    pub(in crate::cli) server_url: Option<String>,
    /// Trust the certificates in FILE, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Asking Azure DevOps")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
}

impl AtOrganizations {
    /// The same for whoever acts there.
    pub(in crate::cli) fn reach(&self) -> Reach<'_> {
        Reach {
            organizations: &self.org,
            gateway: self.azure_devops_url.as_ref(),
            server: self.server_url.as_ref(),
            ca_file: self.ca_file.as_deref(),
            administrator: &self.administrator,
        }
    }
}

/// Where an administrator acts, and as whom.
pub(in crate::cli) struct Reach<'a> {
    /// The organisations that are named.
    pub(in crate::cli) organizations: &'a [String],
    /// `--azure-devops-url`.
    pub(in crate::cli) gateway: Option<&'a String>,
    /// `--server-url`.
    pub(in crate::cli) server: Option<&'a String>,
    /// `--ca-file`.
    pub(in crate::cli) ca_file: Option<&'a Path>,
    /// As whom.
    pub(in crate::cli) administrator: &'a Administrator,
}

/// How a command answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AnswerFormat {
    /// For people
    Text,
    /// For programs
    Json,
}
