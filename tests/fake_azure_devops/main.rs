//! Runs a stand-in for Azure DevOps on this machine.

mod service;

use clap::Parser;

use service::{Fake, Options};

/// Runs a stand-in for Azure DevOps on this machine
#[derive(Parser)]
struct Args {
    /// Listen on this port; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print one line of JSON instead of text for people
    #[arg(long)]
    json: bool,
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

fn main() {
    let args = Args::parse();
    let fake = Fake::start_with(Options {
        port: args.port,
        seed: args.seed,
        tokens: args.tokens,
        organizations: args.organizations,
    });
    if args.json {
        println!("{}", fake.to_json());
    }
    fake.wait();
}
