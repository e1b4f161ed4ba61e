//! Asks a stand-in for Azure DevOps about tokens, as users do: with the program.

#[path = "../fake_azure_devops/checks/client.rs"]
#[expect(
    dead_code,
    reason = "the checks of the stand-in itself need more of it"
)]
mod client;
#[path = "../transcripts/server.rs"]
mod server;
#[path = "../fake_azure_devops/service/mod.rs"]
mod service;
#[path = "../shared/traces.rs"]
mod traces;

mod explore;
mod faults;
mod handover;
mod interrupt;
mod outcomes;
mod politeness;
mod program;
mod secrecy;
mod stopped;
