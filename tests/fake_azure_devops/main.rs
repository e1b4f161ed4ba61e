//! Runs a stand-in for Azure DevOps on this machine, with tokens to find and to verify.

mod leaks;
mod service;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::Parser;

use service::{Fake, Issued, Options};

/// Runs a stand-in for Azure DevOps on this machine
#[derive(Parser)]
struct Args {
    /// Listen on this port; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print one line of JSON instead of text for people
    #[arg(long)]
    json: bool,
    /// Write the folder of leaks here, which must be new or empty
    #[arg(long)]
    leaks: Option<PathBuf>,
    /// Decides all tokens and ids
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Issue so many more tokens, at the organisations of --organizations
    #[arg(long, default_value_t = 0)]
    tokens: usize,
    /// Have so many more organisations, crowd-001 and on
    #[arg(long, default_value_t = 0)]
    organizations: usize,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let fake = Fake::start_with(Options {
        port: args.port,
        seed: args.seed,
        tokens: args.tokens,
        organizations: args.organizations,
    });
    if args.json {
        if let Some(folder) = &args.leaks {
            leaks::write(folder, &fake.tokens)?;
        }
        println!("{}", fake.to_json());
    } else {
        let folder = match args.leaks {
            Some(folder) => folder,
            None => tempfile::Builder::new().prefix("leaks-").tempdir()?.keep(),
        };
        leaks::write(&folder, &fake.tokens)?;
        print!("{}", guide(&fake, &folder.display().to_string()));
    }
    fake.wait();
    Ok(())
}

/// What a person needs to try patsweep.
fn guide(fake: &Fake, folder: &str) -> String {
    let (url, organization) = (&fake.url, &fake.organization);
    let row = |issued: &Issued| {
        let owner = issued.owner.as_deref().unwrap_or("never issued");
        let (state, organization) = (issued.state, &issued.organization);
        format!(
            "  {}  {state:<17} at {organization:<10} {owner}\n",
            issued.c3id
        )
    };
    let table: String = fake.tokens.iter().map(row).collect();
    let all: BTreeSet<&str> = (fake.tokens.iter())
        .map(|issued| &*issued.organization)
        .collect();
    let all = Vec::from_iter(all).join(",");
    let (token, administrator) = (&fake.token("active").token, &fake.admin_pat);
    format!(
        "\
A stand-in for Azure DevOps listens at {url}. Nothing leaves this machine; Ctrl-C ends it.

Its tokens leaked into {folder}:

{table}
Find and verify them:

  patsweep scan {folder} --verify --azure-devops-url {url}

Scan now and verify later; the places of the report are read again:

  patsweep scan {folder} -f json -o leaks.json
  patsweep verify --from leaks.json --source {folder} --azure-devops-url {url}

See what they can do, or one of them:

  patsweep map --from leaks.json --source {folder} --probe-scopes --azure-devops-url {url}
  echo {token} | patsweep map --org {organization} --azure-devops-url {url}

Ask the inventory as an administrator, and present none of them:

  export PATSWEEP_ADMIN_PAT={administrator}
  patsweep auth check --auth pat --org {organization} --azure-devops-url {url}
  patsweep scan {folder} --verify --no-probe --auth pat --inventory full --org {all} --azure-devops-url {url}

Make the service misbehave, list how it can, and read what it was asked:

  curl {url}/__control -d '{{\"target\":{{\"organization\":\"{organization}\"}},\"behavior\":\"throttled\",\"delay_s\":5}}'
  curl {url}/__control
  curl {url}/__log
"
    )
}
